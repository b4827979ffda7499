// SPDX-License-Identifier: GPL-2.0-only
/* How words and bytes go to and from the card. */
#include <linux/delay.h>
#include <linux/kthread.h>

#include "memory-card.h"

#define GUARD 0xa5

static struct memory_card *card_of(struct kunit *test)
{
	return test->priv;
}

static int dpram_init(struct kunit *test)
{
	test->priv = memory_card_create(test, 40, 2);
	return 0;
}

static void dpram_exit(struct kunit *test)
{
	memory_card_remove(test->priv);
}

static void words_are_little_endian(struct kunit *test)
{
	static const u8 bytes[4] = { 0x78, 0x56, 0x34, 0x12 };
	struct memory_card *m = card_of(test);

	memcpy(m->dpram + 0x800, bytes, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, 0x12345678U, ecom_read(m->card, 0x800));
	ecom_write(m->card, 0x804, 0x12345678);
	KUNIT_EXPECT_EQ(test, 0, memcmp(m->dpram + 0x804, bytes, sizeof(bytes)));
}

static void doorbell_is_rung_where_the_card_says(struct kunit *test)
{
	struct memory_card *m = card_of(test);

	ecom_ring(m->card, 0x0c, 0x00010002);
	KUNIT_EXPECT_EQ(test, 0x00010002U, le32_to_cpu(*(__le32 *)(m->doorbells + 0x0c)));
	memset(m->doorbells + 0x0c, 0, 4);
	KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(m->doorbells, 0, MEMORY_DOORBELLS));
}

/* Whole words, all of them, and not a byte more: neither here nor there */
static void bytes_are_read_as_words(struct kunit *test)
{
	struct memory_card *m = card_of(test);
	u8 *to = kunit_kmalloc(test, 256, GFP_KERNEL);
	size_t size, i;

	KUNIT_ASSERT_NOT_NULL(test, to);
	for (i = 0; i < 0x400; i++)
		m->dpram[0x800 + i] = i * 7;
	for (size = 1; size <= 128; size++) {
		size_t whole = ALIGN(size, 4);

		memset(to, GUARD, 256);
		ecom_read_bytes(m->card, 0x844, to, size);
		KUNIT_EXPECT_EQ(test, 0, memcmp(to, m->dpram + 0x844, whole));
		KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(to + whole, GUARD, 256 - whole));
	}
}

static void bytes_are_written_as_words(struct kunit *test)
{
	struct memory_card *m = card_of(test);
	u8 from[128];
	size_t size, i;

	for (i = 0; i < sizeof(from); i++)
		from[i] = i * 5 + 1;
	for (size = 1; size <= 128; size++) {
		size_t whole = ALIGN(size, 4);

		memset(m->dpram + 0x800, GUARD, 0x400);
		ecom_write_bytes(m->card, 0x844, from, size);
		KUNIT_EXPECT_EQ(test, 0, memcmp(m->dpram + 0x844, from, whole));
		KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(m->dpram + 0x800, GUARD, 0x44));
		KUNIT_EXPECT_PTR_EQ(test, NULL,
				    memchr_inv(m->dpram + 0x844 + whole, GUARD, 0x200));
	}
}

/* Behind the last word is a page that faults. */
static void last_word_is_the_last(struct kunit *test)
{
	struct memory_card *m = card_of(test);
	u8 bytes[128] = { 0 };

	memset(m->dpram + MEMORY_DPRAM - 128, 0x3c, 128);
	ecom_read_bytes(m->card, MEMORY_DPRAM - 128, bytes, 127);
	KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(bytes, 0x3c, 128));
	ecom_write_bytes(m->card, MEMORY_DPRAM - 128, bytes, 125);
	KUNIT_EXPECT_EQ(test, 0x3c3c3c3cU, ecom_read(m->card, MEMORY_DPRAM - 4));
}

static void identification_is_read_whole(struct kunit *test)
{
	struct memory_card *m = card_of(test);
	struct identification id;

	memcpy(m->dpram + 0x38, "MEM\x01RY\xff", 8);
	ecom_read_identification(m->card, &id);
	KUNIT_EXPECT_EQ(test, 0x4d4f4345U, id.magic);
	KUNIT_EXPECT_EQ(test, (u32)MEMORY_DPRAM, id.dpram_size);
	KUNIT_EXPECT_EQ(test, 2U, id.slot_count);
	KUNIT_EXPECT_EQ(test, 1U, id.slot_numbers[0]);
	KUNIT_EXPECT_EQ(test, 2U, id.slot_numbers[1]);
	KUNIT_EXPECT_EQ(test, 0x1234U, id.generation);
	KUNIT_EXPECT_EQ(test, 0, memcmp(id.serial, "MEM?RY?", 8));
	KUNIT_EXPECT_FALSE(test, ecom_identification_stale(m->card, &id));
	memory_set(m, 0x20, 0x1235);
	KUNIT_EXPECT_TRUE(test, ecom_identification_stale(m->card, &id));
}

/* Powers the card up as often as it can: hardware specification, section 4.1 */
static int power_up_thread(void *data)
{
	struct memory_card *m = data;
	u32 generation = 0;

	while (!kthread_should_stop()) {
		memory_set(m, 0x00, 0);
		smp_wmb(); /* no magic while the rest changes */
		generation = (generation + 1) % 0x1000;
		memory_set(m, 0x34, generation + 1);
		memory_set(m, 0x400, generation % 8);
		memory_set(m, 0x800, 8 + generation % 8);
		smp_wmb(); /* all of it before the generation */
		memory_set(m, 0x20, generation + 1);
		smp_wmb(); /* the magic last */
		memory_set(m, 0x00, 0x4d4f4345);
		usleep_range(50, 500); /* or no read would ever see a whole one */
	}
	return 0;
}

static void identification_is_never_half_of_each(struct kunit *test)
{
	struct memory_card *m = card_of(test);
	struct task_struct *thread = kthread_run(power_up_thread, m, "ecom-kunit-card");
	struct identification id;
	unsigned int whole = 0, torn = 0, i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	while (memory_get(m, 0x20) == 0x1234)
		msleep(20);
	for (i = 0; i < 20000; i++) {
		ecom_read_identification(m->card, &id);
		if (id.magic != 0x4d4f4345)
			continue;
		whole++;
		torn += id.firmware != id.generation ||
			id.slot_numbers[0] != (id.generation - 1) % 8 ||
			id.slot_numbers[1] != 8 + (id.generation - 1) % 8;
		cond_resched();
	}
	kthread_stop(thread);
	KUNIT_EXPECT_EQ(test, 0U, torn);
	KUNIT_EXPECT_GT(test, whole, 0U);
	KUNIT_EXPECT_LT(test, whole, 20000U);
}

static struct kunit_case dpram_cases[] = {
	KUNIT_CASE(words_are_little_endian),
	KUNIT_CASE(doorbell_is_rung_where_the_card_says),
	KUNIT_CASE(bytes_are_read_as_words),
	KUNIT_CASE(bytes_are_written_as_words),
	KUNIT_CASE(last_word_is_the_last),
	KUNIT_CASE(identification_is_read_whole),
	KUNIT_CASE(identification_is_never_half_of_each),
	{}
};

static struct kunit_suite dpram_suite = {
	.name = "ecom-dpram",
	.suite_init = memory_driver_start,
	.init = dpram_init,
	.exit = dpram_exit,
	.test_cases = dpram_cases,
};

kunit_test_suite(dpram_suite);
