/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_HISTORY_H
#define ECEMAIL_HISTORY_H

#include <glib.h>
#include <stdint.h>

#include "outcome.h"

#define HISTORY_MAX 64

/* One request that has ended. */
struct ended {
	uint64_t request; /* 0: a test mail */
	unsigned int tag;
	uint64_t time_us; /* of its end, CLOCK_REALTIME */
	uint64_t duration_ms;
	bool late;
	struct outcome outcome;
	char *server;
	char *to; /* each with its reply code */
	char *subject;
	char *message_id;
	char *words; /* as the journal has it */
};

/* The newest requests that have ended, and counts of all. */
struct history {
	GQueue ended; /* struct ended, the newest first */
	uint64_t sent;
	uint64_t failed;
	GHashTable *statuses; /* status: how often */
};

void history_init(struct history *history);
void history_clear(struct history *history);

/* Owns @ended from then on. */
void history_add(struct history *history, struct ended *ended);
void ended_free(struct ended *ended);

/* How often a request has ended with the status. */
unsigned int history_count(const struct history *history, unsigned int status);

#endif /* ECEMAIL_HISTORY_H */
