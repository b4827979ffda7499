// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/plcsim/port.h"

static void show_bits(struct port *port)
{
	if (!port->sp_busy)
		return;
	memory_set_sp(port->memory, port->sp_busy, port->busy);
	memory_set_sp(port->memory, port->sp_busy + 1, port->error);
}

void port_start(struct port *port, const struct transfer *transfer,
		void (*done)(void *owner, const struct transfer_result *result), void *owner)
{
	port->busy = true;
	port->error = false;
	port->used = true;
	port->last = *transfer;
	port->done = done;
	port->owner = owner;
	if (!port->deaf)
		port->backplane->start(port->backplane, port->slot, transfer);
	show_bits(port);
}

void port_refuse(struct port *port)
{
	port->error = true;
	show_bits(port);
}

void port_disown(struct port *port, const void *owner)
{
	if (port->owner == owner)
		port->owner = NULL;
}

static bool has_ended(const struct port *port)
{
	return port->deaf || !port->backplane->busy(port->backplane, port->slot);
}

void port_update(struct port *port)
{
	static const struct transfer_result failed = { .outcome = TRANSFER_ERROR };
	void *owner = port->owner;

	if (port->busy && has_ended(port)) {
		port->last_result =
			port->deaf ? failed :
				     *port->backplane->result(port->backplane, port->slot);
		port->busy = false;
		port->error = port->last_result.outcome == TRANSFER_ERROR;
		port->owner = NULL;
		if (owner)
			port->done(owner, &port->last_result);
	}
	show_bits(port);
}

void port_reset(struct port *port)
{
	port->busy = false;
	port->error = false;
	port->used = false;
	port->owner = NULL;
}
