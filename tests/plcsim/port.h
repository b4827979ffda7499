/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU's side of one slot: its SP busy and error bits, and whose RX or WX
 * is running there. Whoever finds the port idle may start one; the end is
 * noticed between two scans and told to the one who started it.
 */
#ifndef PLCSIM_PORT_H
#define PLCSIM_PORT_H

#include "tests/plcsim/backplane.h"
#include "tests/plcsim/memory.h"

struct port {
	struct backplane *backplane;
	struct memory *memory;
	unsigned int slot;
	unsigned int sp_busy; /* the error bit is the next one; 0: there are none */
	bool deaf; /* the module's firmware or slot is none for boxes: each transfer fails */
	bool busy;
	bool error;
	bool used; /* last and last_result mean something */
	struct transfer last;
	struct transfer_result last_result;
	void (*done)(void *owner, const struct transfer_result *result);
	void *owner;
};

void port_start(struct port *port, const struct transfer *transfer,
		void (*done)(void *owner, const struct transfer_result *result), void *owner);
/* The CPU itself refuses the instruction: only the error bit goes on. */
void port_refuse(struct port *port);
/* The owner no longer wants to know. */
void port_disown(struct port *port, const void *owner);
/* Between two scans: has the transfer ended? */
void port_update(struct port *port);
/* Power-up of the CPU */
void port_reset(struct port *port);

#endif /* PLCSIM_PORT_H */
