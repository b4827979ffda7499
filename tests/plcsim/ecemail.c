// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ECEMAIL box. One request goes through these states; a scan does at most
 * one step, and nothing waits:
 *
 *   IDLE ──edge──> SEND ──turn──> SENDING ──accepted──> ASK ──turn──> ASKING
 *                   ^                │                   ^               │
 *                   └──────busy──────┘                   └─still busy────┘
 *
 * and from each of them back to IDLE with Success or Error: from ASKING with
 * the final status of the module, from SEND with 10 when the time-out is over
 * and the module had no room for it, from SENDING, ASK and ASKING with 1001
 * when the slot's error bit comes on or when the time-out and five seconds are
 * over. A frame that is too long ends with 23 instead of being sent.
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
#define RESULT_BYTES	    ((RESULT_TIMEOUT + 1) * 2)

enum state { IDLE,
	     SEND,
	     SENDING,
	     ASK,
	     ASKING };

static const char *const state_names[] = {
	[IDLE] = "idle",
	[SEND] = "waiting to send",
	[SENDING] = "sending",
	[ASK] = "waiting to ask",
	[ASKING] = "asking for the result",
};

struct ecemail {
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

static struct element *element(const struct ecemail *mail, unsigned int parameter)
{
	return (struct element *)&mail->box->values[parameter].element;
}

static void set(struct ecemail *mail, unsigned int parameter, unsigned int value)
{
	element_set(&mail->plc->memory, element(mail, parameter), value);
}

static void release_tag(struct ecemail *mail, uint64_t until)
{
	if (mail->tag >= 0)
		tags_release(mail->module->tags, mail->tag, until);
	mail->tag = -1;
}

/* The outcome is unknown: the module may have the tag for so long. */
static void abandon_tag(struct ecemail *mail)
{
	release_tag(mail, mail->plc->now + (mail->timeout + BOX_GRACE) * 1000);
}

static void end(struct ecemail *mail, unsigned int status)
{
	set(mail, status == STATUS_SUCCESS ? ECEMAIL_SUCCESS : ECEMAIL_ERROR, 1);
	set(mail, ECEMAIL_CODE, status);
	mail->state = IDLE;
	ecom100_withdraw(&mail->client);
	if (status == STATUS_SLOT_ERROR)
		abandon_tag(mail);
	else
		release_tag(mail, 0);
}

/* Tag and version are put in; the lengths may be wrong if it is too long. */
static void form_frame(struct ecemail *mail)
{
	const struct box_value *values = mail->box->values;
	GString *frame = mail->frame;
	size_t subject, body;

	g_string_set_size(frame, ECEMAIL_TEXT);
	memset(frame->str, 0, ECEMAIL_TEXT);
	g_string_append(frame, values[ECEMAIL_TO].text);
	subject = frame->len;
	vprint_print(values[ECEMAIL_SUBJECT].vprint, &mail->plc->memory, frame);
	body = frame->len;
	vprint_print(values[ECEMAIL_BODY].vprint, &mail->plc->memory, frame);
	frame->str[FRAME_VERSION] = FRAME_VERSION_VALUE;
	frame->str[FRAME_COMMAND] = COMMAND_ECEMAIL;
	frame->str[ECEMAIL_TO_LENGTH] = subject - ECEMAIL_TEXT;
	frame->str[ECEMAIL_SUBJECT_LENGTH] = body - subject;
	frame->str[ECEMAIL_BODY_LENGTH] = frame->len - body;
}

static void begin(struct ecemail *mail)
{
	set(mail, ECEMAIL_SUCCESS, 0);
	set(mail, ECEMAIL_ERROR, 0);
	set(mail, ECEMAIL_CODE, STATUS_BUSY);
	form_frame(mail);
	mail->triggered = true;
	mail->timeout = mail->module->timeout;
	mail->since = mail->plc->now;
	mail->state = SEND;
}

/* The Msg Buffer is a VPRINT image: the number of bytes, then the bytes. */
static void fill_buffer(struct ecemail *mail)
{
	uint16_t buffer = mail->module->box->values[ECOM100_BUFFER].element.word;

	mail->frame->str[FRAME_TAG] = mail->tag;
	mail->plc->memory.v[buffer] = mail->frame->len;
	memory_put(&mail->plc->memory, buffer + 1, (uint8_t *)mail->frame->str, mail->frame->len);
}

static void send_frame(struct ecemail *mail)
{
	uint16_t buffer = mail->module->box->values[ECOM100_BUFFER].element.word;
	struct transfer transfer = {
		.write = true,
		.station = STATION_MAILBOX,
		.address = COMMAND_ADDRESS,
		.length = mail->frame->len,
	};

	if (mail->tag < 0)
		mail->tag = tags_take(mail->module->tags, mail->plc->now);
	if (mail->tag < 0 || !ecom100_turn(&mail->client))
		return;
	fill_buffer(mail);
	memory_get(&mail->plc->memory, buffer + 1, transfer.data, transfer.length);
	ecom100_transfer(&mail->client, &transfer);
	mail->state = SENDING;
}

static void ask(struct ecemail *mail)
{
	struct transfer transfer = {
		.station = STATION_MAILBOX,
		.address = REG_RESULT(mail->tag),
		.length = RESULT_BYTES,
	};

	if (!ecom100_turn(&mail->client))
		return;
	ecom100_transfer(&mail->client, &transfer);
	mail->state = ASKING;
}

static unsigned int result_word(const struct ecemail *mail, unsigned int word)
{
	const uint8_t *data = mail->client.result.data + 2 * word;

	return data[0] | data[1] << 8;
}

static void take_answer(struct ecemail *mail)
{
	unsigned int status = result_word(mail, RESULT_STATUS);
	unsigned int timeout = result_word(mail, RESULT_TIMEOUT);

	if (status != STATUS_BUSY) {
		end(mail, status);
		return;
	}
	if (timeout)
		mail->timeout = timeout;
	mail->state = ASK;
}

/* The WX or RX of the box has ended. */
static void collect(struct ecemail *mail)
{
	mail->client.finished = false;
	if (mail->client.result.outcome == TRANSFER_ERROR) {
		end(mail, STATUS_SLOT_ERROR);
	} else if (mail->state == ASKING) {
		take_answer(mail);
	} else if (mail->client.result.outcome == TRANSFER_BUSY) {
		mail->state = SEND;
	} else {
		mail->state = ASK;
		mail->since = mail->plc->now;
	}
}

static bool is_over(const struct ecemail *mail)
{
	unsigned int grace = mail->state == SEND ? 0 : BOX_GRACE;

	return mail->plc->now >= mail->since + (mail->timeout + grace) * 1000;
}

static void advance(struct ecemail *mail)
{
	if (mail->client.finished)
		collect(mail);
	if (mail->state == IDLE)
		return;
	if (mail->frame->len > FRAME_SIZE_MAX)
		end(mail, STATUS_INVALID_DATA);
	else if (is_over(mail))
		end(mail, mail->state == SEND ? STATUS_TIMEOUT : STATUS_SLOT_ERROR);
	else if (mail->state == SEND)
		send_frame(mail);
	else if (mail->state == ASK)
		ask(mail);
}

static void write_workspace(struct ecemail *mail)
{
	set(mail, ECEMAIL_WORKSPACE,
	    (mail->power_flow ? 0x8000 : 0) | mail->state << 8 | MAX(mail->tag, 0));
}

static void scan(void *state, bool power_flow, bool first)
{
	struct ecemail *mail = state;
	bool edge = power_flow && !mail->power_flow && !first;

	mail->power_flow = power_flow;
	if (mail->state != IDLE)
		advance(mail);
	else if (edge)
		begin(mail);
	write_workspace(mail);
}

static void *start(struct plc *plc, const struct box *box)
{
	struct ecemail *mail = g_new0(struct ecemail, 1);

	mail->plc = plc;
	mail->box = box;
	mail->module = plc_module(plc, box->values[ECEMAIL_NUMBER].k);
	mail->tag = -1;
	mail->frame = g_string_new(NULL);
	ecom100_join(mail->module, &mail->client);
	return mail;
}

static void stop(void *state)
{
	struct ecemail *mail = state;

	abandon_tag(mail);
	ecom100_leave(&mail->client);
	g_string_free(mail->frame, TRUE);
	g_free(mail);
}

static void view(const void *state, struct box_view *view)
{
	const struct ecemail *mail = state;

	view->busy = mail->state != IDLE;
	view->state = mail->triggered || view->busy ? state_names[mail->state] :
						      "never triggered";
}

const struct box_operations ecemail_operations = { start, stop, scan, view };
