/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations on a queue and on its reference at once, with what they answer
 * and what RX shows compared after each. What is done is chosen by numbers
 * from a source: a generator of random numbers, or a fuzzer's bytes.
 */
#ifndef TESTS_DRIVER_OPERATIONS_H
#define TESTS_DRIVER_OPERATIONS_H

#include <stdio.h>
#include "driver/registers.h"
#include "reference.h"

#define OPERATION_KINDS		13
#define OPERATIONS_TRACED	40

/* What has been seen of one request from outside, whatever the reference says. */
struct observation {
	bool out;
	bool ended;
	bool alone;
	bool told;		/* its end, to those who watch */
	uint16_t status;	/* once RX has shown a final one, + 1 */
};

struct operations {
	/* gives 0 to limit - 1 */
	uint32_t (*choose)(void *source, uint32_t limit);
	void *source;
	struct queue queue;
	struct reference reference;
	struct registers_slot slot;
	uint64_t now;
	uint32_t tags;			/* in use: 0 to @tags - 1 */
	uint32_t weights[OPERATION_KINDS];
	uint32_t weight;		/* of all */
	int tag;			/* that the operation was about, or -1 */
	struct observation observations[REFERENCE_REQUESTS + 1];
	uint32_t told_busy, told_refused, told_expired;
	uint64_t completing;		/* request, within queue_complete() */
	unsigned long steps;
	struct {
		const char *name;
		uint64_t id;
		long answer;
		uint64_t now;
	} trace[OPERATIONS_TRACED];
	char mismatch[200];		/* "" while all is well */
};

/* A new driver load and card; chooses how often each operation is to come. */
void operations_start(struct operations *o);
/* One operation; false once something has differed. */
bool operations_step(struct operations *o);
/* Lets all deadlines pass: every request must have ended. */
bool operations_end(struct operations *o);
/* What differed, and the operations that led to it. */
void operations_explain(const struct operations *o, FILE *to);

#endif /* TESTS_DRIVER_OPERATIONS_H */
