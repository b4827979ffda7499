// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mailbox transfers against the reference: what is taken, what is queued, and
 * what an RX gets.
 *
 * Input: the DIP switches, then for each transfer a byte of flags (1 RX,
 * 2 header of four bytes, 4 address of four bytes, 8 complete a request
 * before, 16 written by the PC), header and address (two bytes, little endian)
 * and the data of a WX. For what the PC writes, the header's length is a number
 * of words.
 */
#include "driver/frame.h"
#include "driver/registers.h"
#include "fuzz.h"
#include "tests/driver/reference.h"

#define FLAG_RX		1
#define FLAG_HEADER	2
#define FLAG_ADDRESS	4
#define FLAG_COMPLETE	8
#define FLAG_PC		16

static struct queue queue;
static struct reference reference;

static void start(uint32_t dip)
{
	queue_init(&queue, 0x12345678);
	queue_power_up(&queue, 0x9abcdef0);
	reference_init(&reference, 0x12345678);
	reference_power_up(&reference, 0x9abcdef0);
	reference.slot = 1;
	reference.dip = dip;
}

static void complete_next(uint8_t seed)
{
	struct ecom_request record, expected;
	struct ecom_complete c = {
		.result = {
			.status = seed ? 100 + seed : 0,
			.sent = 2,
			.text_length = seed % 95,
			.text = "250 2.0.0",
		},
	};

	if (!queue_deliver(&queue, &record))
		return;
	MUST(reference_deliver(&reference, &expected));
	MUST(!memcmp(&record, &expected, sizeof(record)));
	c.id = record.id;
	MUST(!queue_complete(&queue, &c));
	MUST(!reference_complete(&reference, &c));
}

static void write_scratch(const struct mailbox_transfer *wx, uint32_t length)
{
	MUST(wx->address * 2 + length <= sizeof(queue.scratch));
	memcpy(queue.scratch + wx->address * 2, wx->data, length);
	memcpy(reference.scratch + wx->address * 2, wx->data, length);
}

static void serve_wx(const struct mailbox_transfer *wx)
{
	uint32_t reason = reference_reason(&reference, true, wx->header, wx->address, wx->data);
	uint32_t length = MAILBOX_LENGTH(wx->header);
	uint8_t *frame;

	MUST(frame_check_wx(wx, reference.dip) == reason);
	if (reason)
		return;
	if (MAILBOX_STATION(wx->header) == 0x90) {
		write_scratch(wx, length);
		return;
	}
	frame = exact_copy(wx->data, length);
	MUST(queue_accept(&queue, frame, length, 0) ==
	     reference_accept(&reference, frame, length, 0));
	free(frame);
}

/* Do the two agree on which words exist? */
static void compare_existence(uint32_t station, uint32_t address, uint32_t count)
{
	bool exist = registers_exist(station, address, count);

	MUST(!exist ||
	     reference_word(&reference, station, address) != REFERENCE_NO_REGISTER);
	MUST(!exist || reference_word(&reference, station, address + count - 1) !=
			       REFERENCE_NO_REGISTER);
}

static void compare_words(uint32_t station, uint32_t address, uint32_t count)
{
	const struct registers_slot slot = { reference.slot, reference.dip };
	uint16_t *words = malloc(count * sizeof(*words));
	uint32_t i;

	MUST(words);
	registers_read(&queue, &slot, station, address, count, words);
	for (i = 0; i < count; i++)
		MUST(words[i] == reference_word(&reference, station, address + i));
	free(words);
}

static void serve_rx(const struct mailbox_transfer *rx)
{
	uint32_t reason = reference_reason(&reference, false, rx->header, rx->address, rx->data);
	uint32_t station = MAILBOX_STATION(rx->header);
	uint32_t count = (MAILBOX_LENGTH(rx->header) + 1) / 2;

	MUST(frame_check_rx(rx, reference.dip) == reason);
	if (count)
		compare_existence(station, rx->address, count);
	if (reason == REASON_NONE || reason == REASON_ADDRESS)
		MUST(registers_exist(station, rx->address, count) == !reason);
	if (!reason)
		compare_words(station, rx->address, count);
}

/* SET_REGISTERS */
static void write_words(struct input *in, uint32_t station, uint32_t address, uint32_t count)
{
	uint16_t *words = malloc(count * sizeof(*words));
	uint32_t i;
	bool ok;

	MUST(words);
	for (i = 0; i < count; i++)
		words[i] = take(in, 2);
	ok = registers_writable(station, address, count);
	MUST(ok == !reference_write(&reference, station, address, count, words));
	if (ok) {
		MUST(registers_exist(station, address, count));
		registers_write(&queue, station, address, count, words);
		compare_words(station, address, count);
	}
	free(words);
}

static void serve_one(struct input *in)
{
	uint32_t flags = take(in, 1), i;
	struct mailbox_transfer *t = calloc(1, sizeof(*t));

	MUST(t);
	if (flags & FLAG_COMPLETE)
		complete_next(flags >> 4);
	t->header = take(in, flags & FLAG_HEADER ? 4 : 2);
	t->address = take(in, flags & FLAG_ADDRESS ? 4 : 2);
	if (flags & FLAG_PC) {
		write_words(in, MAILBOX_STATION(t->header), t->address,
			    1 + MAILBOX_LENGTH(t->header) % 64);
	} else if (flags & FLAG_RX) {
		serve_rx(t);
	} else {
		for (i = 0; i < MAILBOX_LENGTH(t->header) && i < sizeof(t->data); i++)
			t->data[i] = take(in, 1);
		serve_wx(t);
	}
	free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	start(take(&in, 1));
	while (in.size && reference.count < REFERENCE_REQUESTS)
		serve_one(&in);
	return 0;
}
