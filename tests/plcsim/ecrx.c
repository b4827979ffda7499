// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ECRX and ECWX boxes: RX and WX to any station of a module, in turn with
 * the other boxes. They are level driven: while there is power flow, one
 * transfer follows the other.
 *
 *   IDLE ──power flow──> WAITING ──turn──> TRANSFER ──end──> IDLE
 *
 * Success and Error are reset when the power flow comes on, and then tell how
 * the last transfer ended; one that the module had no room for is none. A
 * transfer that has not ended five seconds after it was wanted is an error. A
 * loss of power flow does not abort one.
 *
 * Workspace: bits 8 to 11 the state (IDLE is 0), bit 15 the power flow in the
 * last scan.
 */
#include "tests/plcsim/bcd.h"
#include "tests/plcsim/ecom100.h"
#include "tests/plcsim/plc.h"
#include "uapi/linux/ecom_slave89.h"

#define GIVES_UP (BOX_GRACE * 1000)

enum state { IDLE,
	     WAITING,
	     TRANSFER };

static const char *const state_names[] = {
	[IDLE] = "idle",
	[WAITING] = "waiting for the module",
	[TRANSFER] = "transfer",
};

struct ecrx {
	struct plc *plc;
	const struct box *box;
	struct ecom100_client client;
	enum state state;
	bool power_flow;
	struct transfer transfer;
	uint64_t since; /* milliseconds */
};

static void set(struct ecrx *rx, unsigned int parameter, unsigned int value)
{
	element_set(&rx->plc->memory, &rx->box->values[parameter].element, value);
}

static void end(struct ecrx *rx, bool success)
{
	set(rx, ECRX_SUCCESS, success);
	set(rx, ECRX_ERROR, !success);
	ecom100_withdraw(&rx->client);
	rx->state = IDLE;
}

/* K as it is, a word in BCD. Returns -1 if it is out of range. */
static int number(const struct ecrx *rx, unsigned int parameter)
{
	const struct parameter *p = &rx->box->type->parameters[parameter];
	const struct box_value *value = &rx->box->values[parameter];
	int64_t k = value->is_word ? bcd_value(element_get(&rx->plc->memory, &value->element)) :
				     value->k;

	return k < p->minimum || k > p->size ? -1 : (int)k;
}

/* Returns false if the program's words make no transfer. */
static bool form_transfer(struct ecrx *rx)
{
	int station = number(rx, ECRX_STATION);
	int bytes = number(rx, ECRX_BYTES);

	if (station < 0 || bytes < 0)
		return false;
	rx->transfer = (struct transfer){
		.write = rx->box->type->ib == ECWX_IB,
		.station = bcd_digits(station),
		.length = bytes,
		.address = rx->box->values[ECRX_REMOTE].element.word,
	};
	return true;
}

/* What is written is what the words are in the scan of the transfer. */
static void start_transfer(struct ecrx *rx)
{
	if (!ecom100_turn(&rx->client))
		return;
	if (!form_transfer(rx)) {
		end(rx, false);
		return;
	}
	if (rx->transfer.write)
		memory_get(&rx->plc->memory, rx->box->values[ECRX_LOCAL].element.word,
			   rx->transfer.data, rx->transfer.length);
	ecom100_transfer(&rx->client, &rx->transfer);
	rx->state = TRANSFER;
}

static void collect(struct ecrx *rx)
{
	const struct transfer_result *result = &rx->client.result;

	if (result->outcome == TRANSFER_BUSY) {
		rx->client.finished = false;
		rx->state = WAITING;
		return;
	}
	if (result->outcome == TRANSFER_DONE && !rx->transfer.write)
		memory_put(&rx->plc->memory, rx->box->values[ECRX_LOCAL].element.word,
			   result->data, rx->transfer.length);
	end(rx, result->outcome == TRANSFER_DONE);
}

static void write_workspace(struct ecrx *rx)
{
	set(rx, ECRX_WORKSPACE, (rx->power_flow ? 0x8000 : 0) | rx->state << 8);
}

static void scan(void *state, bool power_flow, bool first)
{
	struct ecrx *rx = state;

	(void)first;
	if (power_flow && !rx->power_flow) {
		set(rx, ECRX_SUCCESS, 0);
		set(rx, ECRX_ERROR, 0);
	}
	rx->power_flow = power_flow;
	if (rx->client.finished)
		collect(rx);
	else if (rx->state != IDLE && rx->plc->now >= rx->since + GIVES_UP)
		end(rx, false);
	if (rx->state == IDLE && power_flow) {
		rx->state = WAITING;
		rx->since = rx->plc->now;
	}
	if (rx->state == WAITING)
		start_transfer(rx);
	write_workspace(rx);
}

static void *start(struct plc *plc, const struct box *box)
{
	struct ecrx *rx = g_new0(struct ecrx, 1);

	rx->plc = plc;
	rx->box = box;
	ecom100_join(plc_module(plc, box->values[ECRX_NUMBER].k), &rx->client);
	return rx;
}

static void stop(void *state)
{
	struct ecrx *rx = state;

	ecom100_leave(&rx->client);
	g_free(rx);
}

static void view(const void *state, struct box_view *view)
{
	const struct ecrx *rx = state;

	view->busy = rx->state != IDLE;
	view->state = state_names[rx->state];
}

const struct box_operations ecrx_operations = { start, stop, scan, view };
