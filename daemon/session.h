/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_SESSION_H
#define ECEMAIL_SESSION_H

#include "engine.h"

/* One SMTP session; the engine's own. It frees itself when it has ended. */

enum session_use {
	USE_BUSY, /* it has a submission */
	USE_IDLE, /* open, and nothing is to be said */
	USE_RESETTING, /* idle as soon as RSET is answered */
	USE_ENDING, /* for politeness' sake only */
};

enum session_use session_use(const struct session *session);
const struct setup *session_setup(const struct session *session);
/* Which one of the setup's servers it is with. */
unsigned int session_server(const struct session *session);

/*
 * Gives an idle session its next submission. Returns false if the session was
 * not usable any more; it is gone then and the submission untouched.
 */
bool session_reuse(struct session *session, struct submission *submission);

/* Says QUIT on an idle session; nobody waits for the answer. */
void session_quit(struct session *session);

/* Its setup has been replaced: it ends as soon as it is idle. */
void session_retire(struct session *session);

/* Starts to connect for @submission; if that fails its outcome says why. */
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
struct multis *engine_multis(struct engine *engine);
uint64_t engine_keep_open(const struct engine *engine);
void engine_add_session(struct engine *engine, struct session *session);
void engine_remove_session(struct engine *engine, struct session *session);
/* The session has become idle or has gone: what waits may be able to start. */
void engine_wake(struct engine *engine);

/* Its kept-open session turned out to be dead: starts it again, on a new one. */
void submission_again(struct submission *submission);
int submission_report(struct submission *submission, unsigned int state);
void submission_trace(struct submission *submission, const char *format, const char *text);
void submission_end(struct submission *submission, const struct outcome *outcome);

#endif /* ECEMAIL_SESSION_H */
