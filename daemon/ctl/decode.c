// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands in the registers and frames of a slot. */

#include <linux/ecom_slave89.h>
#include <stdio.h>
#include <string.h>

#include "daemon/outcome.h"
#include "daemon/status.h"
#include "decode.h"

enum form {
	NUMBER,
	DOUBLE, /* two words, low first */
	HEX, /* two words, low first */
	VERSION, /* two words: major << 24 | minor << 16 | build */
	DOTTED, /* four words, an octet each */
	ETHERNET, /* three words */
	NAME, /* bytes, their number in the word before */
	DESCRIPTION,
};

static const struct {
	unsigned int address;
	unsigned int words;
	enum form form;
	const char *name;
} registers[] = {
	{ REG_MAP_VERSION, 1, NUMBER, "map_version" },
	{ REG_HEALTH, 1, NUMBER, "health" },
	{ REG_TIMEOUT, 1, NUMBER, "timeout" },
	{ REG_QUEUE_DEPTH, 1, NUMBER, "queue_depth" },
	{ REG_QUEUE_USED, 1, NUMBER, "queue_used" },
	{ REG_ATTACHED, 1, NUMBER, "attached" },
	{ REG_SLOT, 1, NUMBER, "number" },
	{ REG_DIP, 1, NUMBER, "dip" },
	{ REG_CARD_GENERATION, 2, HEX, "card_generation" },
	{ REG_HOST_GENERATION, 2, HEX, "host_generation" },
	{ REG_WX_ACCEPTED, 2, DOUBLE, "wx_accepted" },
	{ REG_WX_BUSY, 2, DOUBLE, "wx_busy" },
	{ REG_WX_REFUSED, 2, DOUBLE, "wx_refused" },
	{ INFO_VERSION, 1, NUMBER, "info_version" },
	{ INFO_MODULE_ID, 1, NUMBER, "module_id" },
	{ INFO_FLAGS, 1, NUMBER, "flags" },
	{ INFO_DETAIL, 1, NUMBER, "detail" },
	{ INFO_IP_ADDRESS, 4, DOTTED, "ip_address" },
	{ INFO_SUBNET_MASK, 4, DOTTED, "subnet_mask" },
	{ INFO_GATEWAY, 4, DOTTED, "gateway" },
	{ INFO_ETHERNET, 3, ETHERNET, "ethernet" },
	{ INFO_FIRMWARE, 2, VERSION, "firmware" },
	{ INFO_CHANGED, 1, NUMBER, "changed_by_ladder" },
	{ INFO_NAME_LENGTH, 1 + INFO_NAME_SIZE / 2, NAME, "module_name" },
	{ INFO_DESCRIPTION_LENGTH, 1 + INFO_DESCRIPTION_SIZE / 2, DESCRIPTION,
	  "module_description" },
};

static guint32 pair(const guint16 *words)
{
	return words[0] | (guint32)words[1] << 16;
}

/* First character in the low byte; what is unused of it is 0. */
static char *text_of(const guint16 *words, size_t length)
{
	g_autofree char *bytes = g_malloc(length + 1);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)(words[i / 2] >> (i % 2 ? 8 : 0));
	while (length && !bytes[length - 1])
		length--;
	return g_utf8_make_valid(bytes, (gssize)length);
}

static char *form_text(enum form form, const guint16 *w)
{
	guint32 number = pair(w);

	switch (form) {
	case HEX:
		return g_strdup_printf("%08x", number);
	case VERSION:
		return g_strdup_printf("%u.%u.%u", number >> 24, number >> 16 & 0xff,
				       number & 0xffff);
	case DOTTED:
		return g_strdup_printf("%u.%u.%u.%u", w[0], w[1], w[2], w[3]);
	case ETHERNET:
		return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", w[0] & 0xff, w[0] >> 8,
				       w[1] & 0xff, w[1] >> 8, w[2] & 0xff, w[2] >> 8);
	case NAME:
		return text_of(w + 1, MIN(w[0], INFO_NAME_SIZE));
	default:
		return text_of(w + 1, MIN(w[0], INFO_DESCRIPTION_SIZE));
	}
}

void decode_registers(JsonObject *object, unsigned int address, const guint16 *words,
		      unsigned int count)
{
	for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
		unsigned int first = registers[i].address, n = registers[i].words;
		const guint16 *w = words + (first - address);
		g_autofree char *text = NULL;

		if (first < address || first + n > address + count)
			continue;
		if (registers[i].form == NUMBER || registers[i].form == DOUBLE) {
			json_object_set_int_member(object, registers[i].name,
						   n == 1 ? *w : pair(w));
			continue;
		}
		text = form_text(registers[i].form, w);
		json_object_set_string_member(object, registers[i].name, text);
	}
}

JsonObject *decode_ring_entry(const guint16 *words)
{
	g_autofree char *label = NULL;
	JsonObject *object;
	bool used = false;

	for (unsigned int i = 0; i < RING_ENTRY_WORDS; i++)
		used |= words[i] != 0;
	if (!used)
		return NULL;
	object = json_object_new();
	label = text_of(words + RING_LABEL, RING_LABEL_SIZE);
	json_object_set_int_member(object, "tag", words[RING_TAG]);
	json_object_set_int_member(object, "status", words[RING_STATUS]);
	json_object_set_string_member(object, "sent", sent_name(words[RING_SENT]));
	json_object_set_string_member(object, "subject", label);
	return object;
}

JsonObject *decode_result(const guint16 *words)
{
	JsonObject *object = json_object_new();
	const guint16 *number = words + RESULT_ENHANCED;
	g_autofree char *enhanced = g_strdup_printf("%u.%u.%u", number[0], number[1], number[2]);
	g_autofree char *text = text_of(words + RESULT_TEXT,
					MIN(words[RESULT_TEXT_LENGTH], RESULT_TEXT_SIZE));

	json_object_set_int_member(object, "tag", words[RESULT_TAG]);
	json_object_set_int_member(object, "status", words[RESULT_STATUS]);
	json_object_set_int_member(object, "state", words[RESULT_STATE]);
	json_object_set_int_member(object, "reply", words[RESULT_REPLY]);
	if (number[0])
		json_object_set_string_member(object, "enhanced", enhanced);
	else
		json_object_set_null_member(object, "enhanced");
	json_object_set_int_member(object, "detail", words[RESULT_DETAIL]);
	json_object_set_string_member(object, "sent", sent_name(words[RESULT_SENT]));
	json_object_set_int_member(object, "timeout", words[RESULT_TIMEOUT]);
	json_object_set_int_member(object, "request", pair(words + RESULT_REQUEST));
	json_object_set_string_member(object, "text", text);
	return object;
}

/* Frames */

char *decode_mailbox_result(unsigned int result)
{
	static const char *const results[] = { "accepted", "busy: the queue is full", "refused" };
	static const char *const reasons[] = {
		"not served: the driver has just started",
		"station: neither 89 nor 90",
		"DIP switch 7 was off at power-up",
		"number of data bytes is not 1 to 128",
		"address: no such registers, or not writable",
		"frame: version, size or reserved byte wrong",
		"tag: the request with this tag has not ended yet",
	};
	unsigned int low = result & 0xff, reason = result >> 8;

	if (low >= G_N_ELEMENTS(results))
		return g_strdup_printf("unknown result %u", low);
	if (low < 2)
		return g_strdup(results[low]);
	return g_strdup_printf("%s, %s", results[low],
			       reason < G_N_ELEMENTS(reasons) ? reasons[reason] : "unknown reason");
}

static const char *command_name(unsigned int command)
{
	switch (command) {
	case COMMAND_ECEMAIL:
		return "ECEMAIL, send an e-mail";
	case COMMAND_ECEMSUP:
		return "ECEMSUP, set up e-mail";
	case COMMAND_ECEMRDS:
		return "ECEMRDS, restore the setup";
	case COMMAND_READ:
		return "READ, publish the module information";
	case COMMAND_WRITE:
		return "WRITE, module name and description";
	default:
		return "unknown";
	}
}

static void set_text(JsonObject *object, const char *name, const guint8 *data, size_t length)
{
	g_autofree char *text = g_utf8_make_valid((const char *)data, (gssize)length);

	json_object_set_string_member(object, name, text);
}

static void decode_ecemail(JsonObject *object, const guint8 *data, size_t length)
{
	size_t to, subject, body;

	if (length < ECEMAIL_TEXT) {
		json_object_set_string_member(object, "problem", "too short for an ECEMAIL frame");
		return;
	}
	to = data[ECEMAIL_TO_LENGTH];
	subject = data[ECEMAIL_SUBJECT_LENGTH];
	body = data[ECEMAIL_BODY_LENGTH];
	if (ECEMAIL_TEXT + to + subject + body != length) {
		json_object_set_string_member(object, "problem", "the lengths do not add up");
		return;
	}
	data += ECEMAIL_TEXT;
	set_text(object, "to", data, to);
	set_text(object, "subject", data + to, subject);
	set_text(object, "body", data + to + subject, body);
}

static const char *area_of(unsigned int address)
{
	if (address < REG_MODULE_END)
		return "module registers";
	if (address >= REG_RING && address < REG_RING_END)
		return "the last 16 outcomes";
	if (address >= REG_RESULTS && address < REG_RESULTS_END)
		return "results";
	return "no registers";
}

/* The box reads from the beginning of its tag's block. */
static void decode_rx(JsonObject *object, const struct ecom_frame *frame)
{
	unsigned int offset = frame->address - REG_RESULTS;

	json_object_set_string_member(object, "area", area_of(frame->address));
	if (frame->address < REG_RESULTS || frame->address >= REG_RESULTS_END)
		return;
	json_object_set_int_member(object, "tag", offset / RESULT_WORDS);
	if (offset % RESULT_WORDS == 0 && frame->length >= 4)
		json_object_set_int_member(object, "status", frame->data[2] | frame->data[3] << 8);
}

static void decode_wx(JsonObject *object, const struct ecom_frame *frame)
{
	if (frame->address != COMMAND_ADDRESS || frame->length < FRAME_HEADER_SIZE)
		return;
	json_object_set_int_member(object, "version", frame->data[FRAME_VERSION]);
	json_object_set_int_member(object, "command", frame->data[FRAME_COMMAND]);
	json_object_set_string_member(object, "command_name",
				      command_name(frame->data[FRAME_COMMAND]));
	json_object_set_int_member(object, "tag", frame->data[FRAME_TAG]);
	if (frame->data[FRAME_COMMAND] == COMMAND_ECEMAIL)
		decode_ecemail(object, frame->data, frame->length);
}

static char *hex_of(const guint8 *data, size_t length)
{
	GString *hex = g_string_new(NULL);

	for (size_t i = 0; i < length; i++)
		g_string_append_printf(hex, "%02x", data[i]);
	return g_string_free(hex, FALSE);
}

JsonObject *decode_frame(const struct ecom_frame *frame, gboolean rx)
{
	g_autofree char *result = decode_mailbox_result(frame->result);
	g_autofree char *address = g_strdup_printf("V%o", frame->address);
	g_autofree char *hex = NULL;
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "kind", rx ? "RX" : "WX");
	if (!frame->when_ns)
		return object;
	hex = hex_of(frame->data, MIN(frame->length, ECOM_FRAME_MAX));
	json_object_set_int_member(object, "sequence", frame->sequence);
	json_object_set_int_member(object, "result", frame->result);
	json_object_set_string_member(object, "result_text", result);
	json_object_set_int_member(object, "station",
				   (frame->station >> 4) * 10 + (frame->station & 0xf));
	json_object_set_string_member(object, "address", address);
	json_object_set_int_member(object, "length", frame->length);
	if (frame->station == STATION_MAILBOX && rx)
		decode_rx(object, frame);
	else if (frame->station == STATION_MAILBOX)
		decode_wx(object, frame);
	json_object_set_string_member(object, "data", hex);
	return object;
}

/* Printing */

void decode_print_words(unsigned int address, const guint16 *words, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (i % 8 == 0)
			printf("%sV%-6o", i ? "\n" : "", address + i);
		printf(" %04x", words[i]);
	}
	putchar('\n');
}

void decode_print_bytes(const char *hex)
{
	size_t length = strlen(hex) / 2;

	for (size_t i = 0; i < length; i++) {
		if (i % 16 == 0)
			printf("%s  %02zx  ", i ? "\n" : "", i);
		printf(" %.2s", hex + 2 * i);
	}
	putchar('\n');
}
