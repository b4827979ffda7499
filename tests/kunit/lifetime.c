// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who lives until when. That what should be freed is freed, and not used after
 * it, is for KASAN and kmemleak to say.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>

#include "memory-card.h"

#define DEVICE "/dev/ecom43s1"

/* The test's own reference, so that the count can be read to the end */
static struct memory_card *card_of(struct kunit *test, unsigned int slots)
{
	struct memory_card *m = memory_card_serve(test, 43, slots);

	kref_get(&m->card->ref);
	return m;
}

static void card_lives_until_its_last_slot(struct kunit *test)
{
	struct memory_card *m = card_of(test, 3);
	struct ecom_slot *slot = m->card->slots[1];

	KUNIT_EXPECT_EQ(test, 5U, kref_read(&m->card->ref));
	get_device(&slot->dev);
	memory_card_remove(m);
	KUNIT_EXPECT_TRUE(test, memory_card_wait(m, 2));
	msleep(100);
	KUNIT_EXPECT_EQ(test, 2U, kref_read(&m->card->ref));
	KUNIT_EXPECT_PTR_EQ(test, m->card, slot->card);
	KUNIT_EXPECT_TRUE(test, slot->gone);
	put_device(&slot->dev);
	KUNIT_EXPECT_TRUE(test, memory_card_wait(m, 1));
	ecom_card_put(m->card);
}

static struct file *open_device(struct kunit *test)
{
	struct file *file = filp_open(DEVICE, O_RDWR, 0);

	KUNIT_ASSERT_EQ(test, 0, PTR_ERR_OR_ZERO(file));
	return file;
}

static __poll_t poll_now(struct file *file)
{
	struct poll_table_struct table = { ._qproc = NULL, ._key = ~(__poll_t)0 };

	return vfs_poll(file, &table);
}

static void open_file_outlives_its_card(struct kunit *test)
{
	static const u8 frame[4] = { 1, 1, 7, 0 };
	struct memory_card *m = card_of(test, 1);
	struct file *file;

	KUNIT_ASSERT_EQ(test, 0, ecom_slot_publish(m->card->slots[0]));
	file = open_device(test);
	KUNIT_EXPECT_EQ(test, 1U, memory_get(m, 0x614)); /* attached */
	KUNIT_EXPECT_EQ(test, (__poll_t)0, poll_now(file));
	KUNIT_EXPECT_EQ(test, 0U, memory_wx(m, 0, 0x89, 0, frame, sizeof(frame)));
	KUNIT_EXPECT_EQ(test, EPOLLIN | EPOLLRDNORM, poll_now(file));
	memory_card_remove(m);
	KUNIT_EXPECT_EQ(test, EPOLLHUP | EPOLLERR, poll_now(file));
	KUNIT_EXPECT_EQ(test, (long)-ENODEV,
			file->f_op->unlocked_ioctl(file, ECOM_IOC_GET_INFO, 0));
	KUNIT_EXPECT_TRUE(test, IS_ERR(filp_open(DEVICE, O_RDONLY, 0)));
	KUNIT_EXPECT_EQ(test, 2U, kref_read(&m->card->ref));
	filp_close(file, NULL);
	KUNIT_EXPECT_TRUE(test, memory_card_wait(m, 1));
	ecom_card_put(m->card);
}

static void second_daemon_is_turned_away(struct kunit *test)
{
	struct memory_card *m = card_of(test, 1);
	struct file *file, *watcher;

	KUNIT_ASSERT_EQ(test, 0, ecom_slot_publish(m->card->slots[0]));
	file = open_device(test);
	KUNIT_EXPECT_PTR_EQ(test, ERR_PTR(-EBUSY), filp_open(DEVICE, O_RDWR, 0));
	KUNIT_EXPECT_PTR_EQ(test, ERR_PTR(-EINVAL), filp_open(DEVICE, O_WRONLY, 0));
	watcher = filp_open(DEVICE, O_RDONLY, 0);
	KUNIT_EXPECT_FALSE(test, IS_ERR(watcher));
	filp_close(watcher, NULL);
	filp_close(file, NULL);
	memory_card_remove(m);
	KUNIT_EXPECT_TRUE(test, memory_card_wait(m, 1));
	ecom_card_put(m->card);
}

/* A heart that stands still, and the same card's return, keep the requests. */
static void request_outlives_a_pause(struct kunit *test)
{
	static const u8 frame[4] = { 1, 1, 7, 0 };
	struct memory_card *m = card_of(test, 1);
	int i;

	KUNIT_EXPECT_EQ(test, 0U, memory_wx(m, 0, 0x89, 0, frame, sizeof(frame)));
	down_read(&m->card->io_lock);
	for (i = 0; i < 6; i++)
		ecom_card_check(m->card, true);
	KUNIT_EXPECT_FALSE(test, m->card->serving);
	KUNIT_EXPECT_EQ(test, 0U, memory_get(m, 0x108));
	memory_set(m, 0x24, 1);
	ecom_card_check(m->card, true);
	up_read(&m->card->io_lock);
	KUNIT_EXPECT_TRUE(test, m->card->serving);
	KUNIT_EXPECT_EQ(test, 0x1234U, memory_get(m, 0x108));
	KUNIT_EXPECT_EQ(test, 1U, queue_used(&m->card->slots[0]->queue));
	KUNIT_EXPECT_EQ(test, 1, m->card->slots[0]->queue.results[7].result.status);
	memory_card_remove(m);
	ecom_card_put(m->card);
}

static struct kunit_case lifetime_cases[] = {
	KUNIT_CASE(card_lives_until_its_last_slot),
	KUNIT_CASE(open_file_outlives_its_card),
	KUNIT_CASE(second_daemon_is_turned_away),
	KUNIT_CASE(request_outlives_a_pause),
	{}
};

static struct kunit_suite lifetime_suite = {
	.name = "ecom-lifetime",
	.suite_init = memory_driver_start,
	.test_cases = lifetime_cases,
};

kunit_test_suite(lifetime_suite);
