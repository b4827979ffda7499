/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ECOM100 box: it reads the module's status, and shares the module out
 * among all boxes that name its ECOM#.
 */
#ifndef PLCSIM_ECOM100_H
#define PLCSIM_ECOM100_H

#include "tests/plcsim/box.h"
#include "tests/plcsim/port.h"
#include "tests/plcsim/tag.h"

struct ecom100;

/*
 * A box that uses the module, one WX or RX at a time: it asks for its turn in
 * each scan until it has it, starts the transfer in that scan, and later finds
 * it finished.
 */
struct ecom100_client {
	struct ecom100 *module;
	uint64_t ticket; /* place in the queue; 0: not in it */
	bool running;
	bool finished; /* for the client to clear */
	struct transfer_result result;
};

struct ecom100 {
	struct plc *plc;
	const struct box *box;
	struct port *port;
	struct tags *tags;
	GPtrArray *clients;
	uint64_t last_ticket;
	unsigned int timeout; /* seconds, as the module last said */
	struct ecom100_client self; /* for its own reading of the status */
	uint64_t next_read; /* milliseconds */
	uint64_t idle_at; /* when the slot was idle last */
};

void ecom100_join(struct ecom100 *module, struct ecom100_client *client);
void ecom100_leave(struct ecom100_client *client);
/* Queues up. True: the module is the client's, in this scan. */
bool ecom100_turn(struct ecom100_client *client);
void ecom100_transfer(struct ecom100_client *client, const struct transfer *transfer);
/* Gives up its place in the queue, and the result of a transfer that runs. */
void ecom100_withdraw(struct ecom100_client *client);

#endif /* PLCSIM_ECOM100_H */
