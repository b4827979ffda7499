/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_STORE_H
#define ECEMAIL_STORE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "configuration.h"

/*
 * The e-mail setup of one slot in its two levels (seed 000, section 6):
 *
 *   site defaults < stored setup < working copy
 *
 * Both are kept in one file per slot, below the state directory, named by the
 * card's place and the slot's number, so that a spare card in the same place
 * takes over. The working copy is that of one card generation.
 */
struct store;

enum store_level {
	STORE_BOTH, /* stored and, but for what the ladder has changed, working */
	STORE_STORED,
	STORE_WORKING,
};

/* Who changes it: decides what is allowed, and is named in the journal. */
struct store_author {
	bool ladder;
	char *name; /* "user ann (1000)", "ladder program, request 12" */
};

/*
 * A change: values by field name, NULL for a field that is to follow the level
 * below it again.
 */
GHashTable *store_change_new(void);
void store_change_set(GHashTable *change, const char *field, const char *value);

/*
 * Reads the file in @directory for @place ("pci-0000:05:00.0-slot1"), or starts
 * with an empty one. A working copy of another generation than @generation is
 * discarded. Always returns a store; what was wrong goes to the journal.
 */
struct store *store_open(const char *directory, const char *place, uint32_t generation);
void store_close(struct store *store);

/* The card has been powered up: the stored setup becomes the working copy. */
void store_set_generation(struct store *store, uint32_t generation);

/* The setup that counts now, over the site's defaults; a new reference. */
struct setup *store_setup(const struct store *store, const struct configuration *configuration,
			  unsigned int card, unsigned int slot);

/* Values of single fields, NULL: the level does not have it. */
const char *store_stored(const struct store *store, const char *field);
const char *store_working(const struct store *store, const char *field);

/* True if a ladder program has changed the field since the card's power-up. */
bool store_is_ladder(const struct store *store, const char *field);

/*
 * Checks all of @change and has it written. Returns NULL, or what is wrong (to
 * be freed); @done is not called then and nothing has changed. @done is called
 * once it is on disk and in force (0), or could not be written (a negative
 * errno, nothing has changed), from the event loop, never from within. Changes
 * are done in the order in which they were asked for.
 */
typedef void (*store_done_fn)(void *userdata, int error, char *const kept[]);
char *store_change(struct store *store, enum store_level level, GHashTable *change,
		   const struct store_author *author, store_done_fn done, void *userdata);

/* Likewise: the stored setup becomes the working copy. */
void store_restore(struct store *store, const struct store_author *author, store_done_fn done,
		   void *userdata);

#endif /* ECEMAIL_STORE_H */
