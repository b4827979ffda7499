// SPDX-License-Identifier: GPL-2.0-only
/* Frames and registers as compiled for the kernel, byte by byte. */
#include "memory-card.h"

/* Widget Report with tag 5: Documentation/mock-slave-89.rst, section 1.1 */
static const u8 golden_frame[] = {
	0x01, 0x01, 0x05, 0x00, 0x10, 0x0d, 0x1b, 0x00, 0x6d, 0x61, 0x72, 0x6b,
	0x40, 0x68, 0x6f, 0x73, 0x74, 0x65, 0x6e, 0x67, 0x2e, 0x63, 0x6f, 0x6d,
	0x57, 0x69, 0x64, 0x67, 0x65, 0x74, 0x20, 0x52, 0x65, 0x70, 0x6f, 0x72,
	0x74, 0x53, 0x68, 0x69, 0x66, 0x74, 0x20, 0x23, 0x20, 0x33, 0x20, 0x6d,
	0x61, 0x64, 0x65, 0x20, 0x34, 0x37, 0x31, 0x31, 0x20, 0x77, 0x69, 0x64,
	0x67, 0x65, 0x74, 0x73,
};

#define GOLDEN_SIZE sizeof(golden_frame)

/* V-memory address of a word of tag 5's result block, and of the ring */
#define RESULT_5 (040000 + 5 * 0100)
#define RING	 01000

static int mailbox_init(struct kunit *test)
{
	test->priv = memory_card_serve(test, 41, 2);
	return 0;
}

static void mailbox_exit(struct kunit *test)
{
	memory_card_remove(test->priv);
}

/* Words of slot 0's RX data */
static u16 answer(struct memory_card *m, unsigned int word)
{
	return le16_to_cpu(*(__le16 *)(m->dpram + 0x620 + 2 * word));
}

static void host_start_is_in_dpram(struct kunit *test)
{
	struct memory_card *m = test->priv;

	KUNIT_EXPECT_EQ(test, m->card->host_generation, memory_get(m, 0x100));
	KUNIT_EXPECT_EQ(test, 0x1234U, memory_get(m, 0x108));
	KUNIT_EXPECT_EQ(test, 0xffffffffU, memory_get(m, 0x10c)); /* no vectors */
	KUNIT_EXPECT_EQ(test, 0xffffffffU, memory_get(m, 0x610));
	KUNIT_EXPECT_EQ(test, 2U, memory_get(m, 0x604));
	KUNIT_EXPECT_EQ(test, 0x5000U, le32_to_cpu(*(__le32 *)(m->doorbells + 0x0c)));
}

static void frame_is_taken_byte_by_byte(struct kunit *test)
{
	struct memory_card *m = test->priv;
	struct ecom_request r;

	KUNIT_ASSERT_EQ(test, 56UL + 8, GOLDEN_SIZE);
	KUNIT_EXPECT_EQ(test, 0U, memory_wx(m, 0, 0x89, 0, golden_frame, GOLDEN_SIZE));
	KUNIT_EXPECT_EQ(test, memory_get(m, 0x440), memory_get(m, 0x600));
	KUNIT_EXPECT_EQ(test, 0x5100U, le32_to_cpu(*(__le32 *)(m->doorbells + 0x0c)));
	KUNIT_ASSERT_TRUE(test, queue_deliver(&m->card->slots[0]->queue, &r));
	KUNIT_EXPECT_EQ(test, 5, r.tag);
	KUNIT_EXPECT_EQ(test, 1, r.command);
	KUNIT_EXPECT_EQ(test, (u32)GOLDEN_SIZE, r.length);
	KUNIT_EXPECT_EQ(test, 0, memcmp(golden_frame, r.frame, GOLDEN_SIZE));
	KUNIT_EXPECT_EQ(test, 0x1234U, r.card_generation);
}

static void result_is_in_the_registers(struct kunit *test)
{
	struct memory_card *m = test->priv;
	struct queue *q = &m->card->slots[0]->queue;
	struct ecom_complete c = { 0 };
	struct ecom_request r;

	c.result.state = 8;
	c.result.reply = 250;
	c.result.sent = 2;
	c.result.text_length = 2;
	memcpy(c.result.text, "OK", 2);
	memory_wx(m, 0, 0x89, 0, golden_frame, GOLDEN_SIZE);
	KUNIT_EXPECT_EQ(test, 0U, memory_rx(m, 0, 0x89, RESULT_5, 4));
	KUNIT_EXPECT_EQ(test, 5, answer(m, 0));
	KUNIT_EXPECT_EQ(test, 1, answer(m, 1));
	KUNIT_ASSERT_TRUE(test, queue_deliver(q, &r));
	c.id = r.id;
	KUNIT_ASSERT_EQ(test, 0, queue_complete(q, &c));
	KUNIT_EXPECT_EQ(test, 0U, memory_rx(m, 0, 0x89, RESULT_5, 64));
	KUNIT_EXPECT_EQ(test, 0, answer(m, 1));
	KUNIT_EXPECT_EQ(test, 8, answer(m, 2));
	KUNIT_EXPECT_EQ(test, 250, answer(m, 3));
	KUNIT_EXPECT_EQ(test, 2, answer(m, 010));
	KUNIT_EXPECT_EQ(test, 60, answer(m, 011));
	KUNIT_EXPECT_EQ(test, 1, answer(m, 012));
	KUNIT_EXPECT_EQ(test, 2, answer(m, 020));
	KUNIT_EXPECT_EQ(test, 'O' | 'K' << 8, answer(m, 021));
	KUNIT_EXPECT_EQ(test, 0U, memory_rx(m, 0, 0x89, RING, 6));
	KUNIT_EXPECT_EQ(test, 5, answer(m, 0));
	KUNIT_EXPECT_EQ(test, 0, answer(m, 1));
	KUNIT_EXPECT_EQ(test, 2, answer(m, 2));
}

/* An odd number of bytes is rounded up to a word, and no further. */
static void answer_keeps_to_its_words(struct kunit *test)
{
	struct memory_card *m = test->priv;

	memset(m->dpram + 0x620, 0xa5, 128);
	KUNIT_EXPECT_EQ(test, 0U, memory_rx(m, 0, 0x89, RESULT_5, 3));
	KUNIT_EXPECT_EQ(test, 33, answer(m, 1));
	KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(m->dpram + 0x624, 0xa5, 124));
}

static void scratch_is_read_back(struct kunit *test)
{
	struct memory_card *m = test->priv;

	KUNIT_EXPECT_EQ(test, 0U, memory_wx(m, 1, 0x90, 7, "PLC", 3));
	KUNIT_EXPECT_EQ(test, 0U, memory_rx(m, 1, 0x90, 0, 128));
	KUNIT_EXPECT_EQ(test, 0, memcmp(m->dpram + 0xa20 + 14, "PLC\0\0", 5));
	/* each slot has its own */
	KUNIT_EXPECT_EQ(test, 0U, memory_rx(m, 0, 0x90, 0, 128));
	KUNIT_EXPECT_PTR_EQ(test, NULL, memchr_inv(m->dpram + 0x620, 0, 128));
}

static void bad_frames_are_refused(struct kunit *test)
{
	struct memory_card *m = test->priv;

	KUNIT_EXPECT_EQ(test, 3U << 8 | 2, memory_wx(m, 0, 0x89, 0, "", 0));
	KUNIT_EXPECT_EQ(test, 1U << 8 | 2, memory_wx(m, 0, 0x59, 0, golden_frame, 8));
	KUNIT_EXPECT_EQ(test, 5U << 8 | 2, memory_wx(m, 0, 0x89, 0, "\2\1\1", 4));
	KUNIT_EXPECT_EQ(test, 4U << 8 | 2, memory_rx(m, 0, 0x89, 0400, 2));
	KUNIT_EXPECT_EQ(test, 0U, queue_used(&m->card->slots[0]->queue));
}

static void repetition_is_accepted_once(struct kunit *test)
{
	struct memory_card *m = test->priv;
	u32 sequence;

	KUNIT_EXPECT_EQ(test, 0U, memory_wx(m, 0, 0x89, 0, golden_frame, GOLDEN_SIZE));
	sequence = memory_get(m, 0x440);
	KUNIT_EXPECT_NE(test, 0U, memory_wx(m, 0, 0x59, 0, golden_frame, 8));
	memory_set(m, 0x440, sequence - 1);
	KUNIT_EXPECT_EQ(test, 0U, memory_wx(m, 0, 0x89, 0, golden_frame, GOLDEN_SIZE));
	KUNIT_EXPECT_EQ(test, 1U, queue_used(&m->card->slots[0]->queue));
}

static struct kunit_case mailbox_cases[] = {
	KUNIT_CASE(host_start_is_in_dpram),
	KUNIT_CASE(frame_is_taken_byte_by_byte),
	KUNIT_CASE(result_is_in_the_registers),
	KUNIT_CASE(answer_keeps_to_its_words),
	KUNIT_CASE(scratch_is_read_back),
	KUNIT_CASE(bad_frames_are_refused),
	KUNIT_CASE(repetition_is_accepted_once),
	{}
};

static struct kunit_suite mailbox_suite = {
	.name = "ecom-mailbox",
	.suite_init = memory_driver_start,
	.init = mailbox_init,
	.exit = mailbox_exit,
	.test_cases = mailbox_cases,
};

kunit_test_suite(mailbox_suite);
