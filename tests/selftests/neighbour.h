/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A blameless user of slot K2, in a thread of its own: mail after mail goes in,
 * is read, completed and found by RX, whatever happens at slot K1 meanwhile.
 */
#ifndef SELFTESTS_NEIGHBOUR_H
#define SELFTESTS_NEIGHBOUR_H

#include <pthread.h>
#include <stdbool.h>
#include "card.h"

struct neighbour {
	struct card *card;
	pthread_t thread;
	pthread_mutex_t lock; /* held for one mail */
	bool over;
	int fd; /* -1: to be opened */
	unsigned long mails; /* that went well */
	char trouble[160]; /* the first, or "" */
};

/* Paused at first */
void neighbour_start(struct neighbour *n, struct card *card);
/* The card is to be taken away or spoilt as a whole: wait meanwhile. */
void neighbour_pause(struct neighbour *n);
void neighbour_resume(struct neighbour *n);
/* While paused. Returns how many mails went well, or -1 and why on stderr. */
long neighbour_end(struct neighbour *n);

#endif /* SELFTESTS_NEIGHBOUR_H */
