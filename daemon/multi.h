/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_MULTI_H
#define ECEMAIL_MULTI_H

#include <curl/curl.h>
#include <systemd/sd-event.h>

/* libcurl's multi handles on sd-event; the engine's own. */
struct multis;
struct multi;
struct session;

int multis_new(struct multis **multis, sd_event *event);
void multis_free(struct multis *multis);

/*
 * Has libcurl connect the session's handle. session_check() is called whenever
 * something may have happened, session_connected() at the end. Returns NULL if
 * there is no memory.
 */
struct multi *multi_connect(struct multis *multis, struct session *session, CURL *easy);

/* The session is connected: the multi handle can take another one. */
void multi_connected(struct multi *multi, const struct session *session);

/* For curl_multi_remove_handle(). */
CURLM *multi_handle(const struct multi *multi);

#endif /* ECEMAIL_MULTI_H */
