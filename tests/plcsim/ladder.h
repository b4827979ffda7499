/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One scan of a program: power flow, accumulator, timers and counters, and the
 * RX, WX and VPRINT instructions.
 */
#ifndef PLCSIM_LADDER_H
#define PLCSIM_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "tests/plcsim/base.h"

#define LADDER_STACK 8

#define PRINTED_MAX 65536 /* bytes; older ones are lost */

struct plc;
struct memory;
struct instruction;

/* Where the data of an RX that runs goes */
struct ladder_rx {
	struct memory *memory;
	uint16_t word;
	uint8_t length;
};

struct ladder {
	bool stack[LADDER_STACK];
	unsigned int depth;
	bool rung_ended;
	uint32_t accumulator[LADDER_STACK]; /* and its stack, newest first */
	struct ladder_rx rx[BASE_SLOTS];
	GString *printed; /* what PRINT has sent to port 2 and nobody has fetched */
	uint64_t printed_at; /* milliseconds, when the port has sent it all */
};

/* An instruction on the accumulator or on words, in arithmetic.c */
void arithmetic(struct plc *plc, const struct instruction *instruction);

void ladder_scan(struct plc *plc, bool first);
/* Leaving RUN: results of RX that run are not stored. */
void ladder_stop(struct plc *plc);

#endif /* PLCSIM_LADDER_H */
