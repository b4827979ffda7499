/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_SESSION_H
#define ECEMAIL_SESSION_H

#include "engine.h"

/* One SMTP session; the engine's own. It frees itself when it has ended. */

/* Starts to connect for @submission. */
int session_new(struct session **session, struct engine *engine, struct submission *submission);

/* libcurl is done with connecting. */
void session_connected(struct session *session, CURLcode code);

/* Something may have happened while connecting: is TCP up? */
void session_check(struct session *session);

/* The deadline of its submission. */
void session_timeout(struct session *session);

/* Closes at once, without a word to the server or the submission. */
void session_drop(struct session *session);

/* What sessions need of the engine. */
sd_event *engine_event(struct engine *engine);
CURLM *engine_multi(struct engine *engine);
void engine_add_session(struct engine *engine, struct session *session);
void engine_remove_session(struct engine *engine, struct session *session);
/* The session has no submission any more, though it may linger to say QUIT. */
void engine_session_free(struct engine *engine);

int submission_report(struct submission *submission, unsigned int state);
void submission_trace(struct submission *submission, const char *format, const char *text);
void submission_end(struct submission *submission, const struct outcome *outcome);

#endif /* ECEMAIL_SESSION_H */
