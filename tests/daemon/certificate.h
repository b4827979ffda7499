/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_CERTIFICATE_H
#define TESTS_DAEMON_CERTIFICATE_H

#include <openssl/ssl.h>

/*
 * A certificate for @name, an IP address if it begins with a digit, signed by
 * itself and valid from @from to @to seconds from now; written to @file in PEM
 * format. Returns what a server needs to use it, to be freed with
 * SSL_CTX_free(); *@pin, unless NULL, is libcurl's pin of its key (g_free()).
 */
SSL_CTX *certificate_new(const char *name, long from, long to, const char *file, char **pin);

#endif /* TESTS_DAEMON_CERTIFICATE_H */
