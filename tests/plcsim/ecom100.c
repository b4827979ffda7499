// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sharing: a module does one RX or WX at a time, so a box gets it for that
 * long and no longer. Boxes that want it draw a ticket, and the oldest ticket
 * is served when the slot is idle; a box that has just had the module draws a
 * new one and so comes after all that are waiting. The module's own reading of
 * its status stands in the same queue, once a second; while one RX or WX does
 * not end, whoever has started it, nothing can be read.
 *
 * Workspace: bits 8 to 11 are 0 at rest, 1 waiting for its turn to read the
 * status, 2 reading it; bits 0 to 7 are the tag that a request would get next.
 */
#include "tests/plcsim/ecom100.h"
#include "tests/plcsim/plc.h"
#include "uapi/linux/ecom_slave89.h"

#define READ_PERIOD	1000
#define READ_GIVES_UP	(BOX_GRACE * 1000)
#define READ_BYTES	4 /* REG_HEALTH and REG_TIMEOUT */
#define STATUS_NOT_READ STATUS_BUSY

void ecom100_join(struct ecom100 *module, struct ecom100_client *client)
{
	*client = (struct ecom100_client){ .module = module };
	g_ptr_array_add(module->clients, client);
}

void ecom100_leave(struct ecom100_client *client)
{
	ecom100_withdraw(client);
	g_ptr_array_remove(client->module->clients, client);
}

static bool someone_is_before(const struct ecom100_client *client)
{
	const GPtrArray *clients = client->module->clients;

	for (unsigned int i = 0; i < clients->len; i++) {
		const struct ecom100_client *other = clients->pdata[i];

		if (other->ticket && other->ticket < client->ticket)
			return true;
	}
	return false;
}

bool ecom100_turn(struct ecom100_client *client)
{
	if (!client->ticket)
		client->ticket = ++client->module->last_ticket;
	return !client->module->port->busy && !someone_is_before(client);
}

static void transfer_done(void *owner, const struct transfer_result *result)
{
	struct ecom100_client *client = owner;

	client->running = false;
	client->finished = true;
	client->result = *result;
}

void ecom100_transfer(struct ecom100_client *client, const struct transfer *transfer)
{
	client->ticket = 0;
	client->running = true;
	client->finished = false;
	port_start(client->module->port, transfer, transfer_done, client);
}

void ecom100_withdraw(struct ecom100_client *client)
{
	client->ticket = 0;
	client->running = false;
	client->finished = false;
	port_disown(client->module->port, client);
}

static void set_status(struct ecom100 *module, unsigned int status)
{
	element_set(&module->plc->memory, &module->box->values[ECOM100_STATUS].element, status);
}

static void *start(struct plc *plc, const struct box *box)
{
	struct ecom100 *module = g_new0(struct ecom100, 1);
	unsigned int slot = box->values[ECOM100_SLOT].k;

	module->plc = plc;
	module->box = box;
	module->port = &plc->ports[slot];
	module->tags = &plc->tags[slot];
	module->clients = g_ptr_array_new();
	module->timeout = REQUEST_TIMEOUT_DEFAULT;
	module->next_read = module->idle_at = plc->now;
	ecom100_join(module, &module->self);
	set_status(module, STATUS_NOT_READ);
	return module;
}

static void stop(void *state)
{
	struct ecom100 *module = state;

	ecom100_leave(&module->self);
	g_ptr_array_unref(module->clients);
	g_free(module);
}

static void take_status(struct ecom100 *module)
{
	const struct transfer_result *result = &module->self.result;
	unsigned int timeout;

	module->self.finished = false;
	if (result->outcome != TRANSFER_DONE) {
		set_status(module, STATUS_SLOT_ERROR);
		return;
	}
	set_status(module, result->data[0] | result->data[1] << 8);
	timeout = result->data[2] | result->data[3] << 8;
	if (timeout)
		module->timeout = timeout;
}

static void read_status(struct ecom100 *module)
{
	static const struct transfer transfer = {
		.station = STATION_MAILBOX,
		.address = REG_HEALTH,
		.length = READ_BYTES,
	};

	if (!ecom100_turn(&module->self))
		return;
	ecom100_transfer(&module->self, &transfer);
	module->next_read = module->plc->now + READ_PERIOD;
}

static void write_workspace(struct ecom100 *module)
{
	unsigned int stage = module->self.running ? 2 : module->self.ticket ? 1 :
									      0;

	element_set(&module->plc->memory, &module->box->values[ECOM100_WORKSPACE].element,
		    stage << 8 | module->tags->next);
}

static void scan(void *state, bool power_flow, bool first)
{
	struct ecom100 *module = state;
	uint64_t now = module->plc->now;

	(void)first;
	if (!power_flow)
		return;
	if (module->self.finished)
		take_status(module);
	if (!module->port->busy)
		module->idle_at = now;
	else if (now >= module->idle_at + READ_GIVES_UP)
		set_status(module, STATUS_SLOT_ERROR);
	if (!module->self.running && now >= module->next_read)
		read_status(module);
	write_workspace(module);
}

static void view(const void *state, struct box_view *view)
{
	const struct ecom100 *module = state;

	view->busy = module->self.running || module->self.ticket;
	view->state = module->self.running ? "reading status" : "at rest";
}

const struct box_operations ecom100_operations = { start, stop, scan, view };
