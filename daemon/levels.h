/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_LEVELS_H
#define ECEMAIL_LEVELS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The two levels of a slot's setup, as they are in its file. */
struct levels {
	GHashTable *stored; /* values by field name */
	GHashTable *working; /* where the working copy differs */
	GHashTable *ladder; /* set: fields of it that the ladder has changed */
	uint32_t generation; /* of the card whose working copy it is, 0: not known */
};

struct levels *levels_new(void);
struct levels *levels_copy(const struct levels *levels);
void levels_free(struct levels *levels);

/* Forgets the working copy: the stored setup takes its place. */
void levels_restore(struct levels *levels);

/*
 * From a file's text. Fields that do not exist are left out, with a word on it
 * in @warnings. Returns NULL if it cannot be read, with the reason.
 */
struct levels *levels_parse(const char *text, GPtrArray *warnings, char **problem);

/* The file's text; to be freed. */
char *levels_text(const struct levels *levels);

#endif /* ECEMAIL_LEVELS_H */
