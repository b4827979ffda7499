/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_STORE_H
#define ECEMAIL_STORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

/*
 * The e-mail setup of one slot in its two levels (seed 000, section 6):
 *
 *   site defaults < stored setup < working copy
 *
 * Both levels are kept in one file per slot, named by the card's place and the
 * slot's number, so that a spare card in the same place takes over. The working
 * copy is that of one card generation.
 */
struct store;

enum store_level {
	STORE_BOTH, /* stored and, but for what the ladder has changed, working */
	STORE_STORED, /* the working copy keeps its values */
	STORE_WORKING,
	STORE_REPLACE, /* like BOTH; fields not in the change follow the site's default again */
};

/* Who changes it; the name is for the journal: "user ann", "ladder program, request 12". */
struct store_author {
	bool ladder;
	const char *name;
};

struct store_callbacks {
	/* The setup has changed. */
	void (*changed)(void *userdata);
	/* The site's value of a field, NULL if it has none; to be freed. */
	char *(*site)(void *userdata, const char *field);
};

#define STORE_PENDING_MAX 32
#define STORE_FIELDS_MAX  128 /* of a level, groups and texts included */
#define STORE_VALUE_MAX	  4096

/*
 * Reads the file in @directory (NULL: nothing can be kept) for @place
 * ("pci-0000:05:00.0-slot1"). Always returns a store; what was wrong goes to
 * the journal.
 */
struct store *store_open(struct disk *disk, const char *directory, const char *place,
			 const struct store_callbacks *callbacks, void *userdata);

/* No callbacks any more, but those of changes under way. */
void store_close(struct store *store);

/*
 * The card's generation, 0 if not known. Another one than before: the card has
 * been powered up, the stored setup becomes the working copy. True if so.
 */
bool store_set_generation(struct store *store, uint32_t generation);

/* What lies over the site's defaults: values by field name; a new table. */
GHashTable *store_values(const struct store *store);

/* Values of single fields, NULL: the level does not have it. */
const char *store_stored(const struct store *store, const char *field);
const char *store_working(const struct store *store, const char *field);

/* True if a ladder program has changed the field since the card's power-up. */
bool store_is_ladder(const struct store *store, const char *field);

/* The names of all fields that a level has, as a set; a new table. */
GHashTable *store_names(const struct store *store);

/* A change: values by field name, NULL for a field that is to follow the level below. */
GHashTable *store_change_new(void);
void store_change_set(GHashTable *change, const char *field, const char *value);

/*
 * Is each value allowed? 0, -ENOENT (no such field), -EPERM (only the site may
 * set it) or -EINVAL, with the reason.
 */
int store_check(GHashTable *change, char **problem);

/*
 * Has a change written; it must have been checked. Later, from the event loop,
 * @done is told 0: it is on disk and in force, or a negative errno: nothing has
 * changed. @kept are the fields that BOTH and REPLACE left alone since a ladder
 * program has changed them. Changes are made in the order of the calls.
 * Returns 0, or a negative errno: nothing has changed, and @done is not called.
 */
typedef void (*store_done_fn)(void *userdata, int error, char *const *kept);
int store_change(struct store *store, enum store_level level, GHashTable *change,
		 const struct store_author *author, store_done_fn done, void *userdata);

/* Likewise: the stored setup becomes the working copy. */
int store_restore(struct store *store, const struct store_author *author, store_done_fn done,
		  void *userdata);

#endif /* ECEMAIL_STORE_H */
