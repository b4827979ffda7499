/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_CERTIFICATE_H
#define ECEMAIL_CTL_CERTIFICATE_H

#include <curl/curl.h>
#include <json-glib/json-glib.h>

#include "daemon/setup.h"

/* Adds the server's "certificate", if there was TLS, from a handle with CURLOPT_CERTINFO. */
void certificate_report(JsonObject *report, CURL *easy);

/*
 * Likewise, by a connection of its own that accepts any certificate and says
 * nothing after the handshake: for one that was refused.
 */
void certificate_fetch(JsonObject *report, const struct setup *setup);

/* Seconds since 1970 of libcurl's "Nov 23 00:45:00 2026 GMT"; -1: it is none. */
gint64 certificate_time(const char *text);

#endif /* ECEMAIL_CTL_CERTIFICATE_H */
