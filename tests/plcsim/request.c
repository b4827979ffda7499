// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The boxes that send a request to the module at the leading edge: ECEMAIL, and
 * those of setup and module information. A request goes through these states; a
 * scan does at most one step, and nothing waits:
 *
 *   IDLE ──edge──> SEND ──turn──> SENDING ──accepted──> ASK ──turn──> ASKING
 *                   ^                │                   ^               │
 *                   └──────busy──────┘                   └─still busy────┘
 *
 * and from each of them back to IDLE with Success or Error: from ASKING with
 * the final status of the module, from SEND with 10 when the time-out is over
 * and the module had no room for it, from the others with 1001 when the slot's
 * error bit comes on or when the time-out and five seconds are over. A frame
 * that is too long ends with 23 instead of being sent. Boxes that read go on
 * from a status of 0 and end with what they have read:
 *
 *   ASKING ──0──> FETCH ──turn──> FETCHING ──> IDLE
 *
 * The texts are formed at the edge, with the values of that scan. They go to
 * the Msg Buffer, and from there to the module, when the box has its turn.
 *
 * Workspace: bits 0 to 7 the tag, bits 8 to 11 the state (IDLE is 0), bit 15
 * the power flow in the last scan.
 */
#include <string.h>

#include "tests/plcsim/ecom100.h"
#include "tests/plcsim/plc.h"
#include "uapi/linux/ecom_slave89.h"

#define STATUS_INVALID_DATA 23
#define STATUS_MODULE_MAX   999 /* above are those of the boxes */
#define RESULT_BYTES	    ((RESULT_TIMEOUT + 1) * 2)

enum state { IDLE,
	     SEND,
	     SENDING,
	     ASK,
	     ASKING,
	     FETCH,
	     FETCHING };

static const char *const state_names[] = {
	[IDLE] = "idle",
	[SEND] = "waiting to send",
	[SENDING] = "sending",
	[ASK] = "waiting to ask",
	[ASKING] = "asking for the result",
	[FETCH] = "waiting to read",
	[FETCHING] = "reading",
};

struct request {
	struct plc *plc;
	const struct box *box;
	struct ecom100 *module;
	struct ecom100_client client;
	enum state state;
	bool power_flow;
	bool triggered; /* since going to RUN */
	int tag; /* -1: none taken */
	GString *frame;
	unsigned int timeout; /* seconds */
	uint64_t since; /* the edge; later the acceptance */
};

/* A box need not have an Error Code. */
static void set(struct request *request, unsigned int parameter, unsigned int value)
{
	if (request->box->values[parameter].valid)
		element_set(&request->plc->memory, &request->box->values[parameter].element,
			    value);
}

static void release_tag(struct request *request, uint64_t until)
{
	if (request->tag >= 0)
		tags_release(request->module->tags, request->tag, until);
	request->tag = -1;
}

/* The outcome is unknown: the module may have the tag for so long. */
static void abandon_tag(struct request *request)
{
	release_tag(request, request->plc->now + (request->timeout + BOX_GRACE) * 1000);
}

static void end(struct request *request, unsigned int status)
{
	set(request, status == STATUS_SUCCESS ? REQUEST_SUCCESS : REQUEST_ERROR, 1);
	set(request, REQUEST_CODE, status);
	request->state = IDLE;
	ecom100_withdraw(&request->client);
	if (status == STATUS_SLOT_ERROR)
		abandon_tag(request);
	else
		release_tag(request, 0);
}

/* Tag and version are put in; it may have become too long. */
static void form_frame(struct request *request)
{
	const struct box_request *type = request->box->type->request;
	GString *frame = request->frame;

	g_string_set_size(frame, FRAME_HEADER_SIZE);
	memset(frame->str, 0, FRAME_HEADER_SIZE);
	frame->str[FRAME_VERSION] = FRAME_VERSION_VALUE;
	frame->str[FRAME_COMMAND] = type->command;
	if (type->form)
		type->form(request->box, &request->plc->memory, frame);
}

static void begin(struct request *request)
{
	set(request, REQUEST_SUCCESS, 0);
	set(request, REQUEST_ERROR, 0);
	set(request, REQUEST_CODE, STATUS_BUSY);
	form_frame(request);
	request->triggered = true;
	request->timeout = request->module->timeout;
	request->since = request->plc->now;
	request->state = SEND;
}

/* The Msg Buffer is a VPRINT image: the number of bytes, then the bytes. */
static void fill_buffer(struct request *request)
{
	uint16_t buffer = request->module->box->values[ECOM100_BUFFER].element.word;
	GString *frame = request->frame;

	frame->str[FRAME_TAG] = request->tag;
	request->plc->memory.v[buffer] = frame->len;
	memory_put(&request->plc->memory, buffer + 1, (uint8_t *)frame->str, frame->len);
}

static void send_frame(struct request *request)
{
	uint16_t buffer = request->module->box->values[ECOM100_BUFFER].element.word;
	struct transfer transfer = {
		.write = true,
		.station = STATION_MAILBOX,
		.address = COMMAND_ADDRESS,
		.length = request->frame->len,
	};

	if (request->tag < 0)
		request->tag = tags_take(request->module->tags, request->plc->now);
	if (request->tag < 0 || !ecom100_turn(&request->client))
		return;
	fill_buffer(request);
	memory_get(&request->plc->memory, buffer + 1, transfer.data, transfer.length);
	ecom100_transfer(&request->client, &transfer);
	request->state = SENDING;
}

static void ask(struct request *request)
{
	struct transfer transfer = {
		.station = STATION_MAILBOX,
		.address = REG_RESULT(request->tag),
		.length = RESULT_BYTES,
	};

	if (!ecom100_turn(&request->client))
		return;
	ecom100_transfer(&request->client, &transfer);
	request->state = ASKING;
}

static void fetch(struct request *request)
{
	const struct box_request *type = request->box->type->request;
	const struct transfer transfer = {
		.station = STATION_MAILBOX,
		.address = type->address,
		.length = type->words * 2,
	};

	if (!ecom100_turn(&request->client))
		return;
	ecom100_transfer(&request->client, &transfer);
	request->state = FETCHING;
}

static unsigned int result_word(const struct request *request, unsigned int word)
{
	const uint8_t *data = request->client.result.data + 2 * word;

	return data[0] | data[1] << 8;
}

static void take_answer(struct request *request)
{
	unsigned int status = result_word(request, RESULT_STATUS);
	unsigned int timeout = result_word(request, RESULT_TIMEOUT);

	if (status == STATUS_SUCCESS && request->box->type->request->take) {
		request->state = FETCH;
		return;
	}
	if (status != STATUS_BUSY) {
		end(request, status <= STATUS_MODULE_MAX ? status : STATUS_SLOT_ERROR);
		return;
	}
	if (timeout)
		request->timeout = timeout;
	request->state = ASK;
}

/* The WX or RX of the box has ended. */
static void collect(struct request *request)
{
	request->client.finished = false;
	if (request->client.result.outcome == TRANSFER_ERROR) {
		end(request, STATUS_SLOT_ERROR);
	} else if (request->state == ASKING) {
		take_answer(request);
	} else if (request->state == FETCHING) {
		request->box->type->request->take(request->box, &request->plc->memory,
						  request->client.result.data);
		end(request, STATUS_SUCCESS);
	} else if (request->client.result.outcome == TRANSFER_BUSY) {
		request->state = SEND;
	} else {
		request->state = ASK;
		request->since = request->plc->now;
	}
}

static bool is_over(const struct request *request)
{
	unsigned int grace = request->state == SEND ? 0 : BOX_GRACE;

	return request->plc->now >= request->since + (request->timeout + grace) * 1000;
}

static void advance(struct request *request)
{
	if (request->client.finished)
		collect(request);
	if (request->state == IDLE)
		return;
	if (request->frame->len > FRAME_SIZE_MAX)
		end(request, STATUS_INVALID_DATA);
	else if (is_over(request))
		end(request, request->state == SEND ? STATUS_TIMEOUT : STATUS_SLOT_ERROR);
	else if (request->state == SEND)
		send_frame(request);
	else if (request->state == ASK)
		ask(request);
	else if (request->state == FETCH)
		fetch(request);
}

static void write_workspace(struct request *request)
{
	set(request, REQUEST_WORKSPACE,
	    (request->power_flow ? 0x8000 : 0) | request->state << 8 | MAX(request->tag, 0));
}

static void scan(void *state, bool power_flow, bool first)
{
	struct request *request = state;
	bool edge = power_flow && !request->power_flow && !first;

	request->power_flow = power_flow;
	if (request->state != IDLE)
		advance(request);
	else if (edge)
		begin(request);
	write_workspace(request);
}

static void *start(struct plc *plc, const struct box *box)
{
	struct request *request = g_new0(struct request, 1);

	request->plc = plc;
	request->box = box;
	request->module = plc_module(plc, box->values[REQUEST_NUMBER].k);
	request->tag = -1;
	request->frame = g_string_new(NULL);
	ecom100_join(request->module, &request->client);
	return request;
}

static void stop(void *state)
{
	struct request *request = state;

	abandon_tag(request);
	ecom100_leave(&request->client);
	g_string_free(request->frame, TRUE);
	g_free(request);
}

static void view(const void *state, struct box_view *view)
{
	const struct request *request = state;

	view->busy = request->state != IDLE;
	view->state = request->triggered || view->busy ? state_names[request->state] :
							 "never triggered";
}

const struct box_operations request_operations = { start, stop, scan, view };
