/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_EXPAND_H
#define ECEMAIL_EXPAND_H

#include "frame.h"
#include "setup.h"

/*
 * Groups and texts of the setup, which save a ladder program the bytes of its
 * frame. Both return NULL and say what is not known if a name is not.
 */

/* To with each entry that has no @ replaced by the addresses of that group. */
GString *expand_to(const struct setup *setup, const struct text *to, char **problem);

/*
 * A body "@name words, words" as the text of that name with the words, split
 * at commas, in its {1}, {2}, …; the last one of them gets all that is left.
 * For "@@" at the beginning there is one @. Any other body is as it is.
 */
GString *expand_body(const struct setup *setup, const struct text *body, char **problem);

#endif /* ECEMAIL_EXPAND_H */
