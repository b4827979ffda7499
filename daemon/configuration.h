/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CONFIGURATION_H
#define ECEMAIL_CONFIGURATION_H

#include <glib.h>
#include <stdbool.h>

#include "setup.h"

#define SESSIONS_DEFAULT  4
#define SESSIONS_MAX	  64
#define KEEP_OPEN_DEFAULT 15
#define KEEP_OPEN_MAX	  300
#define TRACE_TO_MAX	  8
#define PROBE_MAX	  1440

/* ecemaild.conf and its drop-ins, as read at one moment. */
struct configuration {
	GKeyFile *keys; /* all files merged */
	GKeyFile *origins; /* for each of the keys, the file it is from */
	char *credentials_file; /* beside ecemaild.conf */
	unsigned int sessions; /* to one server */
	unsigned int keep_open; /* seconds, for a session without a mail */
	bool trace;
	char **trace_to; /* IP addresses, NULL: none */
	unsigned int probe; /* minutes between two looks at the server, 0: none */
	GPtrArray *problems; /* bad values, in words */
	GPtrArray *warnings; /* what was ignored, in words */
};

/*
 * Reads @file, then @file.d/ *.conf in the order of their names; what does not
 * exist is empty. Always returns a configuration; it is usable as it is if
 * @problems is empty, else with the bad fields undefined.
 */
struct configuration *configuration_load(const char *file);
void configuration_free(struct configuration *configuration);

/*
 * The setup of one slot: [Mail], then [Slot K1], then [Slot 0:K1], then @over,
 * a table of values by field name, or NULL.
 */
struct setup *configuration_setup_over(const struct configuration *configuration,
				       unsigned int card, unsigned int slot, GHashTable *over);
struct setup *configuration_setup(const struct configuration *configuration, unsigned int card,
				  unsigned int slot);

/* One field of it, NULL if the files do not have it; to be freed. */
char *configuration_value(const struct configuration *configuration, unsigned int card,
			  unsigned int slot, const char *field);

/* Adds the names of the slot's groups and texts to a set. */
void configuration_add_names(const struct configuration *configuration, unsigned int card,
			     unsigned int slot, GHashTable *names);

#endif /* ECEMAIL_CONFIGURATION_H */
