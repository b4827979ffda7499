/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_EXPLAIN_H
#define ECEMAIL_CTL_EXPLAIN_H

#include <json-glib/json-glib.h>
#include <stdio.h>

/* Explains a number of 0 to 65535; NULL: it is none. */
JsonObject *explain_number(unsigned int code);

/* Explains a status code, a reply code, an enhanced code or an SMTP command; NULL: it is none. */
JsonObject *explain_word(const char *word);

/* The same in words for a reader. */
void explain_print(JsonObject *explanation);

/* All tables, as Documentation/status-codes.rst. */
void explain_rst(FILE *out);

/* An entry for each status and reply code, for journalctl -x. */
void explain_catalogue(FILE *out);

#endif /* ECEMAIL_CTL_EXPLAIN_H */
