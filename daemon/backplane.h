/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_BACKPLANE_H
#define ECEMAIL_BACKPLANE_H

#include <glib.h>
#include <stdbool.h>
#include <systemd/sd-device.h>

#include "configuration.h"
#include "engine.h"

/* All slots of all cards, and what they share. */
struct backplane {
	sd_event *event;
	struct engine *engine;
	struct disk *disk;
	char *state_directory; /* of the stored setups, NULL: none */
	struct bus *bus;
	struct trace_sender *trace_sender;
	struct events *events; /* of the driver; NULL: none */
	struct configuration *configuration;
	char *configuration_file;
	char machine[33]; /* this machine's name in Message-IDs */
	GQueue slots;
	sd_device_monitor *monitor;
	unsigned int requests; /* read and not ended */
	int64_t turn; /* counts requests read, so that slots take turns */
	bool stopping;
	uint64_t sent;
	uint64_t failed;
	char *last_error;
};

/* Reads the configuration, too. */
int backplane_new(struct backplane **backplane, sd_event *event, const char *configuration_file);
void backplane_free(struct backplane *backplane);

/* Opens the slots that are there and watches for others. */
int backplane_watch(struct backplane *backplane);

/* Reads the configuration again; keeps the old one if the new one has a bad value. */
void backplane_reload(struct backplane *backplane);

/*
 * Hands all requests back that are before state 8 and reads no more. Ends the
 * event loop once the others have their outcomes. Returns how many
 * microseconds that may take at most.
 */
uint64_t backplane_stop(struct backplane *backplane);

/* A request has ended, with what kind of outcome and which words for it, for everybody to read. */
void backplane_count(struct backplane *backplane, bool success, const char *summary);

/* Lets the slots' requests be read, or not, as there is room for them. */
void backplane_update_reading(struct backplane *backplane);

#endif /* ECEMAIL_BACKPLANE_H */
