/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PLC with a card that does what the test says: each transfer stays busy
 * until the test answers it, but the module's own status, which is answered at
 * once as long as nothing else is said.
 */
#ifndef PLCSIM_FAKE_CARD_H
#define PLCSIM_FAKE_CARD_H

#include "tests/plcsim/plc.h"
#include "tests/plcsim/test.h"

#define SCAN_MS 10

struct fake_slot {
	bool busy;
	struct transfer transfer;
	struct transfer_result result;
	unsigned int started; /* transfers, without those for the status */
	unsigned int status_reads;
};

struct fake_card {
	struct backplane backplane;
	struct fake_slot slots[BASE_SLOTS];
	bool hold_status; /* does not answer reads of the status */
	enum transfer_outcome status_outcome;
	uint16_t status;
	uint16_t timeout;
	struct program *program;
	struct base base;
	struct plc plc;
	uint64_t now;
};

/* A PLC in RUN whose first scan is still to come */
struct fake_card *fake_card_new(const char *program_text, const char *base_text);
void fake_card_free(struct fake_card *card);

void scan(struct fake_card *card);
/* Many scans in little time: the clock jumps before the next one. */
void pass_time(struct fake_card *card, unsigned int milliseconds);
void set(struct fake_card *card, const char *element, unsigned int value);
unsigned int get(struct fake_card *card, const char *element);

/* The transfer that slot 1 is busy with; fails if there is none. */
const struct transfer *running(struct fake_card *card);
/* Ends it. */
void answer(struct fake_card *card, enum transfer_outcome outcome);
/* Ends an RX of a result block. */
void answer_status(struct fake_card *card, unsigned int status);

#endif /* PLCSIM_FAKE_CARD_H */
