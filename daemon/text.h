/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_TEXT_H
#define ECEMAIL_TEXT_H

#include <glib.h>
#include <stdbool.h>

#include "frame.h"

#define CHARACTER_SET_DEFAULT "windows-1252"

/* True if iconv knows the set and ASCII is part of it. */
bool character_set_check(const char *name);

/*
 * @text as UTF-8 without control characters; line ends become \n if @lines,
 * else "?". Bytes that are not UTF-8 are read as of @character_set.
 */
GString *text_to_utf8(const struct text *text, const char *character_set, bool lines);

#endif /* ECEMAIL_TEXT_H */
