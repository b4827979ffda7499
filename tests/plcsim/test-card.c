// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The card model against a host that is written from Documentation/hardware.rst
 * alone: offsets and bytes here are literal numbers, so that a mistake in the
 * header that card and driver share does not pass.
 */
#include <endian.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "tests/plcsim/card.h"
#include "tests/plcsim/test.h"

struct bench {
	struct card card;
	uint8_t *dpram; /* the host's own mapping */
	unsigned int raised[32];
};

/* --- the host ---------------------------------------------------------- */

static uint32_t get32(const struct bench *b, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, b->dpram + offset, 4);
	return le32toh(word);
}

static void put32(struct bench *b, uint32_t offset, uint32_t value)
{
	uint32_t word = htole32(value);

	memcpy(b->dpram + offset, &word, 4);
}

/* Section 4.2, with vector 0 for card events and 1 for slot block 0 */
static void host_start(struct bench *b)
{
	put32(b, 0x108, 0);
	assert_int_equal(get32(b, 0x00), 0x4d4f4345);
	put32(b, 0x100, 0x1234);
	put32(b, 0x104, get32(b, 0x104) + 1);
	put32(b, 0x10c, 0);
	put32(b, 0x600 + 0x10, 1);
	put32(b, 0x600 + 0x14, 1);
	put32(b, 0x600, get32(b, 0x440));
	put32(b, 0x604, 2);
	put32(b, 0x608, get32(b, 0x4d0));
	put32(b, 0x60c, 2);
	put32(b, 0x108, get32(b, 0x20));
	card_look(&b->card);
	assert_int_equal(card_host(&b->card), CARD_HOST_READY);
}

static void acknowledge_wx(struct bench *b, uint32_t result)
{
	put32(b, 0x604, result);
	put32(b, 0x600, get32(b, 0x440));
}

static void acknowledge_rx(struct bench *b, uint32_t result)
{
	put32(b, 0x60c, result);
	put32(b, 0x608, get32(b, 0x4d0));
}

/* --- the CPU ----------------------------------------------------------- */

static const struct transfer widget_report_wx = {
	.write = true,
	.station = 0x89,
	.length = 64,
	.data = { 0x01, 0x01, 0x05, 0x00, 0x10, 0x0d, 0x1b, 0x00, 0x6d, 0x61, 0x72, 0x6b, 0x40,
		  0x68, 0x6f, 0x73, 0x74, 0x65, 0x6e, 0x67, 0x2e, 0x63, 0x6f, 0x6d, 0x57, 0x69,
		  0x64, 0x67, 0x65, 0x74, 0x20, 0x52, 0x65, 0x70, 0x6f, 0x72, 0x74, 0x53, 0x68,
		  0x69, 0x66, 0x74, 0x20, 0x23, 0x20, 0x33, 0x20, 0x6d, 0x61, 0x64, 0x65, 0x20,
		  0x34, 0x37, 0x31, 0x31, 0x20, 0x77, 0x69, 0x64, 0x67, 0x65, 0x74, 0x73 },
};

static const struct transfer result_rx = {
	.station = 0x89,
	.length = 5,
	.address = 0x4140, /* V40500 */
};

static void start(struct bench *b, const struct transfer *transfer)
{
	b->card.backplane.start(&b->card.backplane, 1, transfer);
}

static bool busy(struct bench *b)
{
	return b->card.backplane.busy(&b->card.backplane, 1);
}

static void expect_end(struct bench *b, enum transfer_outcome outcome, unsigned int reason)
{
	const struct transfer_result *result = b->card.backplane.result(&b->card.backplane, 1);

	assert_false(busy(b));
	assert_int_equal(result->outcome, outcome);
	assert_int_equal(result->reason, reason);
}

/* --- */

static void count_vector(void *owner, uint32_t vector)
{
	struct bench *b = owner;

	assert_in_range(vector, 0, 31);
	b->raised[vector]++;
}

static int setup(void **state)
{
	static const struct card_module module = {
		.number = 1,
		.dip = 0x80 | 12,
		.firmware = 4 << 24 | 1031,
		.type = "H2-ECOM100",
	};
	struct bench *b = g_new0(struct bench, 1);

	if (card_init(&b->card, 1, &module, 1) < 0)
		return -1;
	b->card.raise = count_vector;
	b->card.raise_owner = b;
	b->dpram = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, b->card.memory_fd, 0);
	put32(b, 0x10c, 0xffffffff); /* as a host that polls leaves it */
	card_power(&b->card, true);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	munmap(b->dpram, 65536);
	card_release(&b->card);
	g_free(b);
	return 0;
}

static void test_dpram_after_power_up(void **state)
{
	// clang-format off
	static const uint8_t card_block[0x48] = {
		0x45, 0x43, 0x4f, 0x4d, /* ECOM */
		0x00, 0x00, 0x01, 0x00, /* layout 1.0 */
		0x00, 0x00, 0x01, 0x00, /* 65,536 bytes */
		0x01, 0x00, 0x00, 0x00, /* one slot */
		0x00, 0x04, 0x00, 0x00, /* at 0x400 */
		0x00, 0x04, 0x00, 0x00, /* 0x400 from one to the next */
		0x00, 0x01, 0x00, 0x00, /* host block at 0x100 */
		0x00, 0x00, 0x00, 0x00, /* features */
		0x00, 0x00, 0x00, 0x00, /* generation: looked at below */
		0x00, 0x00, 0x00, 0x00, /* heartbeat */
		0x01, 0x00, 0x00, 0x00, /* power good */
		0x0c, 0x00, 0x00, 0x00, /* doorbell at offset 12 */
		0x00, 0x00, 0x01, 0x00, /* value: peer 1, vector 0 */
		0x00, 0x00, 0x00, 0x01, /* firmware 1.0.0 */
		'P', 'L', 'C', 'S', 'I', 'M', '-', '0', '0', '0', '1'
	};
	static const uint8_t slot_block[0x400] = {
		0x01, 0x00, 0x00, 0x00, /* K1 */
		0x8c, 0x00, 0x00, 0x00, /* id 12, switch 7 on */
		0x07, 0x04, 0x00, 0x04, /* 4.0.1031 */
		0x01, 0x00, 0x01, 0x00, /* peer 1, vector 1 */
		'H', '2', '-', 'E', 'C', 'O', 'M', '1', '0', '0', 0, 0, 0, 0, 0, 0,
		0x02, 'e', 'c', 'o', 'm', 0x01
	};
	// clang-format on
	static const uint8_t zero[0x10000];
	struct bench *b = *state;

	assert_int_not_equal(get32(b, 0x20), 0);
	assert_memory_equal(b->dpram, card_block, 0x20);
	assert_memory_equal(b->dpram + 0x24, card_block + 0x24, 0x48 - 0x24);
	assert_memory_equal(b->dpram + 0x48, zero, 0x100 - 0x48);
	assert_memory_equal(b->dpram + 0x110, zero, 0x400 - 0x110);
	assert_memory_equal(b->dpram + 0x400, slot_block, 0x400);
	assert_memory_equal(b->dpram + 0x800, zero, 0x10000 - 0x800);
}

static void test_sixteen_slots(void **state)
{
	struct card_module modules[16] = { 0 };
	struct card card;

	(void)state;
	for (int i = 0; i < 16; i++)
		modules[i].number = 15 - i;
	assert_int_equal(card_init(&card, 1, modules, 16), 0);
	card_power(&card, true);
	assert_int_equal(card.dpram[0x0c], 16);
	for (int i = 0; i < 16; i++) {
		assert_int_equal(card.dpram[0x400 + i * 0x400], 15 - i);
		assert_int_equal(card.dpram[0x40c + i * 0x400], i + 1);
		assert_int_equal(card.dpram[0x40e + i * 0x400], 1);
	}
	card_release(&card);
}

/* Section 4.3: SP error at once, mailbox untouched */
static void test_not_ready(void **state)
{
	struct bench *b = *state;

	start(b, &widget_report_wx);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(get32(b, 0x440), 0);
	assert_int_equal(get32(b, 0x444), 0);
	host_start(b);
	put32(b, 0x108, get32(b, 0x20) + 1);
	start(b, &widget_report_wx);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(get32(b, 0x440), 0);
	assert_int_equal(b->raised[1], 0);
}

static void test_wx_golden(void **state)
{
	static const uint8_t mailbox[16] = {
		0x01, 0x00, 0x00, 0x00, /* request sequence */
		0x89, 0x40, 0x00, 0x00, /* station 89, 64 bytes */
		0x00, 0x00, 0x00, 0x00, /* V0 */
	};
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	assert_true(busy(b));
	assert_int_equal(b->raised[1], 1);
	assert_memory_equal(b->dpram + 0x440, mailbox, 16);
	assert_memory_equal(b->dpram + 0x450, widget_report_wx.data, 128);
	assert_int_equal(get32(b, 0x4d0), 0);
	acknowledge_wx(b, 0);
	assert_true(busy(b)); /* nobody has told it yet */
	card_look(&b->card);
	expect_end(b, TRANSFER_DONE, 0);
	assert_int_equal(get32(b, 0x440), 1);
	start(b, &widget_report_wx);
	assert_int_equal(get32(b, 0x440), 2);
}

static void test_rx_golden(void **state)
{
	static const uint8_t mailbox[12] = {
		0x01, 0x00, 0x00, 0x00, /* request sequence */
		0x89, 0x05, 0x00, 0x00, /* station 89, 5 bytes */
		0x40, 0x41, 0x00, 0x00, /* V40500 */
	};
	struct bench *b = *state;

	host_start(b);
	start(b, &result_rx);
	assert_memory_equal(b->dpram + 0x4d0, mailbox, 12);
	assert_int_equal(get32(b, 0x440), 0);
	memcpy(b->dpram + 0x620, "\x11\x22\x33\x44\x55\x66", 6);
	acknowledge_rx(b, 0);
	card_look(&b->card);
	expect_end(b, TRANSFER_DONE, 0);
	assert_memory_equal(b->card.slots[0].result.data, "\x11\x22\x33\x44\x55\x00", 6);
}

/* The last word of an odd frame is filled up with 0. */
static void test_odd_length(void **state)
{
	static const struct transfer transfer = {
		.write = true,
		.station = 0x90,
		.length = 5,
		.address = 0x3f,
		.data = { 1, 2, 3, 4, 5, 6 },
	};
	struct bench *b = *state;

	host_start(b);
	start(b, &transfer);
	assert_memory_equal(b->dpram + 0x450, "\1\2\3\4\5\0\0\0\0", 9);
	assert_int_equal(get32(b, 0x444), 0x0590);
	assert_int_equal(get32(b, 0x448), 0x3f);
}

static void test_results(void **state)
{
	static const struct {
		bool write;
		uint32_t result;
		enum transfer_outcome outcome;
		unsigned int reason;
	} cases[] = {
		{ true, 0x000, TRANSFER_DONE, 0 },
		{ true, 0x001, TRANSFER_BUSY, 0 },
		{ true, 0x602, TRANSFER_ERROR, 6 },
		{ true, 0x502, TRANSFER_ERROR, 5 },
		{ true, 0x0ff, TRANSFER_ERROR, 0 },
		{ false, 0x000, TRANSFER_DONE, 0 },
		{ false, 0x001, TRANSFER_ERROR, 0 },
		{ false, 0x402, TRANSFER_ERROR, 4 },
	};
	struct bench *b = *state;

	host_start(b);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		start(b, cases[i].write ? &widget_report_wx : &result_rx);
		if (cases[i].write)
			acknowledge_wx(b, cases[i].result);
		else
			acknowledge_rx(b, cases[i].result);
		card_look(&b->card);
		expect_end(b, cases[i].outcome, cases[i].reason);
	}
}

/* A host that accepts more than there is room for gives what there is room for. */
static void test_too_long_rx(void **state)
{
	struct transfer rx = result_rx;
	struct bench *b = *state;
	struct card_slot behind;

	rx.length = 255;
	host_start(b);
	start(b, &rx);
	memset(b->dpram + 0x620, 0xaa, 255);
	acknowledge_rx(b, 0);
	behind = b->card.slots[1];
	card_look(&b->card);
	expect_end(b, TRANSFER_DONE, 0);
	assert_memory_equal(&b->card.slots[1], &behind, sizeof(behind));
}

static void test_lost_doorbell(void **state)
{
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	acknowledge_wx(b, 0);
	card_tick(&b->card);
	expect_end(b, TRANSFER_DONE, 0);
}

static void test_no_vector(void **state)
{
	struct bench *b = *state;

	host_start(b);
	put32(b, 0x610, 0xffffffff);
	start(b, &widget_report_wx);
	assert_true(busy(b));
	assert_int_equal(b->raised[0] + b->raised[1], 0);
	put32(b, 0x610, 7);
	acknowledge_wx(b, 0);
	card_look(&b->card);
	start(b, &widget_report_wx);
	assert_int_equal(b->raised[7], 1);
}

static void test_sequence_wraps(void **state)
{
	struct bench *b = *state;

	put32(b, 0x600, 0xffffffff);
	card_power_up(&b->card);
	assert_int_equal(get32(b, 0x440), 0xffffffff);
	host_start(b);
	start(b, &widget_report_wx);
	assert_int_equal(get32(b, 0x440), 0);
	assert_true(busy(b));
	acknowledge_wx(b, 0);
	card_look(&b->card);
	expect_end(b, TRANSFER_DONE, 0);
}

/* Section 5: four ticks without a heartbeat are life, five are death. */
static void test_host_dies(void **state)
{
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	for (int i = 0; i < 4; i++)
		card_tick(&b->card);
	assert_true(busy(b));
	card_tick(&b->card);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(card_host(&b->card), CARD_HOST_DEAD);
	assert_int_equal(get32(b, 0x440), 1); /* the frame stays */
	assert_memory_equal(b->dpram + 0x450, widget_report_wx.data, 64);
	start(b, &result_rx);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(get32(b, 0x4d0), 0);
}

/* It was only slow: the mailbox opens again when the old frame is answered. */
static void test_host_comes_back(void **state)
{
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	for (int i = 0; i < 5; i++)
		card_tick(&b->card);
	put32(b, 0x104, get32(b, 0x104) + 1);
	start(b, &widget_report_wx);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(get32(b, 0x440), 1);
	start(b, &result_rx); /* the other mailbox is free */
	assert_true(busy(b));
	acknowledge_rx(b, 0);
	card_look(&b->card);
	expect_end(b, TRANSFER_DONE, 0);
	acknowledge_wx(b, 0);
	start(b, &widget_report_wx);
	assert_true(busy(b));
	assert_int_equal(get32(b, 0x440), 2);
}

static void test_host_stays_alive(void **state)
{
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	for (int i = 0; i < 20; i++) {
		if (i % 4 == 0)
			put32(b, 0x104, get32(b, 0x104) + 1);
		card_tick(&b->card);
		assert_true(busy(b));
	}
	assert_int_equal(get32(b, 0x24), 20); /* the card's own heartbeat */
}

static void test_host_stops_in_order(void **state)
{
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	put32(b, 0x108, 0);
	card_look(&b->card);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(card_host(&b->card), CARD_HOST_NOT_READY);
}

/* A driver that restarts between two looks refuses what was pending. */
static void test_host_restarts_fast(void **state)
{
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	host_start(b);
	expect_end(b, TRANSFER_ERROR, 0);
}

/* An acknowledge without ready_for is not believed. */
static void test_acknowledge_while_not_ready(void **state)
{
	struct bench *b = *state;

	host_start(b);
	start(b, &widget_report_wx);
	put32(b, 0x108, 0);
	acknowledge_wx(b, 0);
	card_look(&b->card);
	expect_end(b, TRANSFER_ERROR, 0);
}

/* Section 4.1 */
static void test_card_reset(void **state)
{
	struct bench *b = *state;
	uint32_t generation = get32(b, 0x20);

	host_start(b);
	start(b, &widget_report_wx);
	card_power_up(&b->card);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(b->raised[0], 1);
	assert_int_equal(get32(b, 0x00), 0x4d4f4345);
	assert_int_not_equal(get32(b, 0x20), generation);
	assert_int_not_equal(get32(b, 0x20), 0);
	assert_int_equal(get32(b, 0x440), get32(b, 0x600));
	assert_int_equal(get32(b, 0x108), generation); /* the host's word stays */
	start(b, &widget_report_wx);
	expect_end(b, TRANSFER_ERROR, 0);
	host_start(b);
	start(b, &widget_report_wx);
	assert_true(busy(b));
}

static void test_generations_differ(void **state)
{
	struct bench *b = *state;
	uint32_t last = get32(b, 0x20);

	for (int i = 0; i < 100; i++) {
		card_power_up(&b->card);
		assert_int_not_equal(get32(b, 0x20), last);
		last = get32(b, 0x20);
	}
}

static void test_backplane_power(void **state)
{
	struct bench *b = *state;
	uint32_t generation = get32(b, 0x20);

	host_start(b);
	start(b, &widget_report_wx);
	card_power(&b->card, false);
	expect_end(b, TRANSFER_ERROR, 0);
	assert_int_equal(get32(b, 0x28), 0);
	assert_int_equal(get32(b, 0x20), generation);
	assert_int_equal(get32(b, 0x440), 1); /* pending: the host may still take it */
	assert_int_equal(b->raised[0], 1);
	start(b, &result_rx);
	expect_end(b, TRANSFER_ERROR, 0);
	card_power(&b->card, true);
	assert_int_equal(get32(b, 0x28), 1);
	assert_int_not_equal(get32(b, 0x20), generation);
	assert_int_equal(b->raised[0], 2);
}

/* A host that writes into the card's half does not confuse it. */
static void test_scribbling_host(void **state)
{
	struct bench *b = *state;
	uint32_t generation = get32(b, 0x20);

	host_start(b);
	memset(b->dpram, 0xff, 0x100);
	memset(b->dpram + 0x400, 0xff, 0x200);
	assert_int_equal(card_host(&b->card), CARD_HOST_READY);
	start(b, &widget_report_wx);
	assert_true(busy(b));
	assert_int_equal(get32(b, 0x440), 1);
	acknowledge_wx(b, 0);
	card_look(&b->card);
	expect_end(b, TRANSFER_DONE, 0);
	memset(b->dpram, 0xff, 65536);
	card_look(&b->card);
	start(b, &result_rx);
	expect_end(b, TRANSFER_ERROR, 0);
	card_power_up(&b->card);
	assert_int_equal(get32(b, 0x00), 0x4d4f4345);
	assert_int_not_equal(get32(b, 0x20), generation);
	assert_int_equal(get32(b, 0x440), 0xffffffff);
}

static void test_no_such_slot(void **state)
{
	struct bench *b = *state;

	b->card.backplane.start(&b->card.backplane, 2, &widget_report_wx);
	assert_false(b->card.backplane.busy(&b->card.backplane, 2));
	assert_int_equal(b->card.backplane.result(&b->card.backplane, 2)->outcome,
			 TRANSFER_ERROR);
}

#define CARD_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const struct CMUnitTest tests[] = {
	CARD_TEST(test_dpram_after_power_up),
	cmocka_unit_test(test_sixteen_slots),
	CARD_TEST(test_not_ready),
	CARD_TEST(test_wx_golden),
	CARD_TEST(test_rx_golden),
	CARD_TEST(test_odd_length),
	CARD_TEST(test_results),
	CARD_TEST(test_too_long_rx),
	CARD_TEST(test_lost_doorbell),
	CARD_TEST(test_no_vector),
	CARD_TEST(test_sequence_wraps),
	CARD_TEST(test_host_dies),
	CARD_TEST(test_host_comes_back),
	CARD_TEST(test_host_stays_alive),
	CARD_TEST(test_host_stops_in_order),
	CARD_TEST(test_host_restarts_fast),
	CARD_TEST(test_acknowledge_while_not_ready),
	CARD_TEST(test_card_reset),
	CARD_TEST(test_generations_differ),
	CARD_TEST(test_backplane_power),
	CARD_TEST(test_scribbling_host),
	CARD_TEST(test_no_such_slot),
};

TEST_MAIN(tests)
