// SPDX-License-Identifier: GPL-2.0-or-later
/* What each way of misbehaving does to DPRAM and doorbells, and that it ends. */
#include <glib.h>
#include <stdbool.h>

#include "tests/plcsim/misbehave.h"
#include "tests/plcsim/test.h"

#define DPRAM 0x10000

struct bench {
	struct card card;
	struct misbehaviour misbehaviour;
	unsigned int raised[32];
	uint8_t before[DPRAM];
};

static void count_vector(void *owner, uint32_t vector)
{
	struct bench *b = owner;

	assert_in_range(vector, 0, 31);
	b->raised[vector]++;
}

static int setup(void **state)
{
	static const struct card_module module = { .number = 1, .dip = 0x8c };
	struct bench *b = g_new0(struct bench, 1);

	if (card_init(&b->card, 1, &module, 1) < 0)
		return -1;
	b->card.raise = count_vector;
	b->card.raise_owner = b;
	card_power(&b->card, true);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	card_release(&b->card);
	g_free(b);
	return 0;
}

static void misbehave(struct bench *b, const char *name, int steps)
{
	int mode = misbehave_find(name);

	assert_true(mode >= 0);
	memcpy(b->before, b->card.dpram, DPRAM);
	memset(b->raised, 0, sizeof(b->raised));
	misbehave_start(&b->misbehaviour, &b->card, mode, 1);
	while (steps--)
		misbehave_step(&b->misbehaviour);
}

/* Has anything from the one offset up to the other been changed? */
static bool changed(const struct bench *b, uint32_t from, uint32_t to)
{
	return memcmp(b->before + from, b->card.dpram + from, to - from) != 0;
}

static void expect_rings(const struct bench *b, bool any)
{
	for (int i = 0; i < 17; i++)
		assert_int_equal(b->raised[i] > 0, any);
}

static void test_names(void **state)
{
	g_autofree char *names = misbehave_names();
	g_auto(GStrv) each = g_strsplit(names, " ", -1);

	(void)state;
	assert_int_equal(g_strv_length(each), 13);
	for (int i = 0; i < 13; i++)
		assert_int_equal(misbehave_find(each[i]), i);
	assert_int_equal(misbehave_find("off"), -1);
}

/* The slot's block is spoilt but for its number; card and host block are not. */
static void test_slot(void **state)
{
	static const char *const modes[] = { "random-frames", "length-flips", "sequence-jumps",
					     "stuck-acknowledge", "random-words" };
	struct bench *b = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		misbehave(b, modes[i], 20);
		assert_true(changed(b, 0x404, 0x800));
		assert_false(changed(b, 0, 0x404));
		assert_false(changed(b, 0x800, DPRAM));
		expect_rings(b, true);
		misbehave_stop(&b->misbehaviour);
	}
}

/* What the host has acknowledged is not to be seen. */
static void test_stuck_acknowledge(void **state)
{
	struct bench *b = *state;

	misbehave(b, "stuck-acknowledge", 1);
	assert_true(changed(b, 0x600, 0x604));
	assert_true(changed(b, 0x608, 0x60c));
	assert_false(changed(b, 0x400, 0x600));
}

static void test_fills(void **state)
{
	struct bench *b = *state;

	misbehave(b, "zero-fill", 1);
	for (int i = 0; i < DPRAM; i++)
		assert_int_equal(b->card.dpram[i], 0);
	misbehave(b, "one-fill", 1);
	for (int i = 0; i < DPRAM; i++)
		assert_int_equal(b->card.dpram[i], 0xff);
}

static void test_identification(void **state)
{
	static const char *const modes[] = { "wrong-identification", "torn-identification",
					     "generation-changes" };
	struct bench *b = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		misbehave(b, modes[i], 20);
		assert_true(changed(b, 0, 0x48));
		assert_false(changed(b, 0x48, DPRAM));
		expect_rings(b, true);
		misbehave_stop(&b->misbehaviour);
	}
}

static void test_doorbells(void **state)
{
	static const struct transfer wx = { .write = true, .station = 0x89, .length = 4 };
	struct bench *b = *state;

	misbehave(b, "doorbell-storm", 10);
	expect_rings(b, true);
	assert_false(changed(b, 0, DPRAM));
	misbehave(b, "no-doorbells", 10);
	card_poke(&b->card, 0x108, card_peek(&b->card, 0x20)); /* ready_for */
	card_poke(&b->card, 0x104, 1);
	b->card.backplane.start(&b->card.backplane, 1, &wx);
	assert_true(changed(b, 0x440, 0x444));
	expect_rings(b, false);
}

static void test_heart(void **state)
{
	struct bench *b = *state;

	misbehave(b, "heart-stop", 1);
	card_tick(&b->card);
	assert_false(changed(b, 0, DPRAM));
	misbehave_stop(&b->misbehaviour);
	memcpy(b->before, b->card.dpram, DPRAM);
	card_tick(&b->card);
	assert_true(changed(b, 0x24, 0x28));
}

/* After each mode, a card that has been powered up, and nothing more happens. */
static void test_end(void **state)
{
	struct bench *b = *state;

	for (int mode = 0; mode < 13; mode++) {
		uint32_t generation = b->card.generation;

		misbehave_start(&b->misbehaviour, &b->card, mode, 2);
		misbehave_step(&b->misbehaviour);
		misbehave_stop(&b->misbehaviour);
		assert_int_not_equal(b->card.generation, generation);
		assert_int_equal(card_peek(&b->card, 0x00), 0x4d4f4345);
		assert_int_equal(card_peek(&b->card, 0x0c), 1);
		assert_int_equal(card_peek(&b->card, 0x20), b->card.generation);
		assert_int_equal(card_peek(&b->card, 0x440), card_peek(&b->card, 0x600));
		assert_false(b->card.mute || b->card.lifeless);
		memcpy(b->before, b->card.dpram, DPRAM);
		misbehave_step(&b->misbehaviour);
		assert_false(changed(b, 0, DPRAM));
	}
}

static void test_seed(void **state)
{
	static uint8_t first[DPRAM];
	struct bench *b = *state;

	misbehave(b, "random-words", 50);
	memcpy(first, b->card.dpram, DPRAM);
	memcpy(b->card.dpram, b->before, DPRAM);
	misbehave(b, "random-words", 50);
	assert_memory_equal(first, b->card.dpram, DPRAM);
}

#define BENCH_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_names),
	BENCH_TEST(test_slot),
	BENCH_TEST(test_stuck_acknowledge),
	BENCH_TEST(test_fills),
	BENCH_TEST(test_identification),
	BENCH_TEST(test_doorbells),
	BENCH_TEST(test_heart),
	BENCH_TEST(test_end),
	BENCH_TEST(test_seed),
};

TEST_MAIN(tests)
