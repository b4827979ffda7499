/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_EXPLAIN_H
#define ECEMAIL_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

/* Explains a number of 0 to 65535 in words or as JSON; false: it is none. */
bool explain_text(FILE *out, unsigned int code);
bool explain_json(FILE *out, unsigned int code);

/* All tables, as Documentation/status-codes.rst. */
void explain_rst(FILE *out);

#endif /* ECEMAIL_EXPLAIN_H */
