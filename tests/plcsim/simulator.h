/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "plcsim run": PLC, card and PC connection put together, and time.
 */
#ifndef PLCSIM_SIMULATOR_H
#define PLCSIM_SIMULATOR_H

#include "tests/plcsim/card.h"
#include "tests/plcsim/ivshmem.h"
#include "tests/plcsim/loop.h"
#include "tests/plcsim/misbehave.h"
#include "tests/plcsim/plc.h"
#include "tests/plcsim/record.h"

/* One card, and the PC that it is in */
struct simulator_card {
	struct simulator *simulator;
	struct card card;
	struct ivshmem ivshmem;
	struct misbehaviour misbehaviour;
	const char *pc_state; /* as last reported */
};

struct simulator {
	struct loop loop;
	struct base base;
	struct program *program;
	struct simulator_card cards[CARDS_MAX];
	unsigned int card_count;
	unsigned int listened; /* the last card that simulator_init() has tried a socket of */
	struct backplane backplane; /* to the card that has the slot */
	struct plc plc;
	FILE *record; /* NULL: nothing is recorded */
	struct recorder recorder;
	unsigned int scan_time; /* milliseconds */
	bool stepping; /* no scans but … */
	unsigned int steps; /* … so many */
	struct source scan_timer;
	struct source card_timer;
	struct source misbehaviour_timer; /* fd -1 while all cards behave */
	struct source signals;
	GPtrArray *sessions;
	int exit_status;
};

/*
 * Needs base, program and scan_time, and may have record. Each card has a
 * socket, as many as base_cards() says. Returns 0, or a negative errno and has
 * nothing to be released then.
 */
int simulator_init(struct simulator *simulator, const char *const socket_paths[]);
void simulator_release(struct simulator *simulator);

void simulator_stop(struct simulator *simulator, int exit_status);
/* One scan, unless it stands still, and what waits for it */
void simulator_scan(struct simulator *simulator);
/* Only so many scans from now on; simulator_run() ends that */
void simulator_step(struct simulator *simulator, unsigned int scans);
void simulator_run(struct simulator *simulator);
int simulator_set_scan_time(struct simulator *simulator, unsigned int milliseconds);
/* Another program, which is the simulator's from then on */
void simulator_download(struct simulator *simulator, struct program *program);
/*
 * One of the cards breaks the rules from now on, or with a negative mode no
 * longer. Returns 0 or a negative errno.
 */
int simulator_misbehave(struct simulator *simulator, unsigned int card, int mode, uint64_t seed);
void simulator_set_power(struct simulator *simulator, bool on);
/* "unplugged", "connected", "ready" or "silent" */
const char *simulator_pc_state(const struct simulator_card *card);

#endif /* PLCSIM_SIMULATOR_H */
