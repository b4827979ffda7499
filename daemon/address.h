/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_ADDRESS_H
#define ECEMAIL_ADDRESS_H

#include <glib.h>
#include <stdbool.h>

#define LOCAL_PART_MAX 64 /* RFC 5321, 4.5.3.1.1 */
#define DOMAIN_MAX     255 /* 4.5.3.1.2 */
#define ADDRESS_MAX    254 /* 4.5.3.1.3: a path of 256 with its brackets */

/* Returns NULL if local@domain may go into an SMTP command, else what is wrong with it. */
const char *address_check(const char *address);

/* Equal for a server: the case of the domain does not matter, that of the local part may. */
bool address_equal(const char *a, const char *b);

/*
 * Reads a comma separated list; blanks around and empty entries are ignored,
 * repeated addresses kept once. Returns an array of strings, or NULL with
 * *problem (to be freed) naming the entry and what is wrong with it.
 */
GPtrArray *address_list_parse(const char *list, size_t length, char **problem);

/* Appends the addresses of @list that @to does not have yet. */
void address_list_merge(GPtrArray *to, const GPtrArray *list);

#endif /* ECEMAIL_ADDRESS_H */
