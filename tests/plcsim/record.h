/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every RX and WX on the card, written down with its end, and read again. The
 * file is text, a line each for beginning and end:
 *
 *   MS SLOT wx|rx STATION ADDRESS LENGTH [HEX]
 *   MS SLOT done|busy|error REASON [HEX]
 *
 * MS are milliseconds since the recording began, the station is BCD, the
 * address octal; HEX is what was written or read.
 */
#ifndef PLCSIM_RECORD_H
#define PLCSIM_RECORD_H

#include <stdio.h>

#include "tests/plcsim/base.h"
#include "tests/plcsim/backplane.h"

/* Stands between CPU and card, and hands everything on. */
struct recorder {
	struct backplane backplane;
	struct backplane *card;
	FILE *file;
	int error; /* the first one in writing it, 0: none */
	uint64_t (*now)(void);
	uint64_t began;
	bool running[BASE_SLOTS];
	struct transfer transfers[BASE_SLOTS];
};

struct record_entry {
	unsigned int line;
	uint64_t milliseconds;
	unsigned int slot;
	struct transfer transfer;
	bool ended; /* in the recording */
	enum transfer_outcome outcome;
	unsigned int reason;
};

void recorder_init(struct recorder *recorder, struct backplane *card, FILE *file,
		   uint64_t (*now)(void));

/* Returns a GArray of entries; what is wrong goes to the diagnostics. */
GArray *record_read(FILE *file, struct diagnostics *d);
const char *outcome_name(enum transfer_outcome outcome);

#endif /* PLCSIM_RECORD_H */
