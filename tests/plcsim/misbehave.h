/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card that breaks the rules of Documentation/hardware.rst, in one of the ways
 * that Documentation/plcsim.rst, 5.3, names.
 */
#ifndef PLCSIM_MISBEHAVE_H
#define PLCSIM_MISBEHAVE_H

#include "tests/plcsim/card.h"

#define MISBEHAVE_PERIOD 2 /* milliseconds from step to step */

struct misbehaviour {
	struct card *card;
	int mode; /* negative: none */
	uint64_t random;
};

/* Number of the mode with that name, or -1 */
int misbehave_find(const char *name);
/* All names with blanks between them; for g_free() */
char *misbehave_names(void);
/* The seed makes what is random the same again. */
void misbehave_start(struct misbehaviour *m, struct card *card, int mode, uint64_t seed);
/* One more bad deed; nothing without a mode */
void misbehave_step(struct misbehaviour *m);
/* A card that keeps the rules, powered up anew; nothing without a mode */
void misbehave_stop(struct misbehaviour *m);

#endif /* PLCSIM_MISBEHAVE_H */
