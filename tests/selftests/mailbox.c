// SPDX-License-Identifier: GPL-2.0-or-later
/* The card's side of the driver: Documentation/hardware.rst. */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <linux/ecom.h>
#include "kselftest_harness.h"
#include "card.h"

#define DEVICE "/dev/ecom0s1"

static int requests(void)
{
	struct ecom_info info = { 0 };
	int i, fd = -1;

	for (i = 0; fd < 0 && i < 300; i++) {
		fd = open(DEVICE, O_RDONLY);
		if (fd < 0)
			sleep_ms(10);
	}
	if (fd < 0 || ioctl(fd, ECOM_IOC_GET_INFO, &info))
		return -1;
	close(fd);
	return info.queue_used;
}

FIXTURE(mailbox)
{
	struct card card;
	uint32_t generation;
};

FIXTURE_SETUP(mailbox)
{
	ASSERT_EQ(0, card_open(&self->card));
	self->generation = 0x2000 + getpid();
	card_power_up(&self->card, self->generation);
	ASSERT_EQ(0, card_bind(&self->card));
}

FIXTURE_TEARDOWN(mailbox)
{
	card_close(&self->card);
}

TEST_F(mailbox, start_up)
{
	EXPECT_EQ(0, card_wait(&self->card, 0x108, self->generation, PATIENCE_MS));
	EXPECT_NE(0, card_get(&self->card, 0x100));
	EXPECT_EQ(card_get(&self->card, 0x440), card_get(&self->card, 0x600));
	EXPECT_EQ(2, card_get(&self->card, 0x604));
	EXPECT_EQ(card_get(&self->card, 0x4d0), card_get(&self->card, 0x608));
	EXPECT_EQ(0, card_get(&self->card, 0x614));
	/* with 17 vectors each slot and the card have their own */
	EXPECT_EQ(0, card_get(&self->card, 0x10c));
	EXPECT_EQ(1, card_get(&self->card, 0x610));
	EXPECT_EQ(2, card_get(&self->card, 0xa10));
}

TEST_F(mailbox, host_heart_beats)
{
	uint32_t before = card_get(&self->card, 0x104);

	sleep_ms(2500);
	EXPECT_LE(before + 2, card_get(&self->card, 0x104));
	EXPECT_GE(before + 3, card_get(&self->card, 0x104));
}

TEST_F(mailbox, wrong_identification_is_not_bound)
{
	static const struct {
		uint32_t offset, value;
	} wrong[] = {
		{ 0x00, 0xffffffff },
		{ 0x04, 0x00020000 },
		{ 0x08, 0x20000 },
		{ 0x0c, 17 },
		{ 0x10, 0xfc00 },
		{ 0x14, 0x200 },
		{ 0x18, 0x400 },
		{ 0x20, 0 },
		{ 0x2c, 0x100 },
		{ 0x800, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		card_unbind(&self->card);
		card_power_up(&self->card, self->generation);
		card_set(&self->card, wrong[i].offset, wrong[i].value);
		EXPECT_EQ(-1, card_bind(&self->card))
		{
			TH_LOG("offset 0x%x", wrong[i].offset);
		}
	}
	card_power_up(&self->card, self->generation);
	EXPECT_EQ(0, card_bind(&self->card));
}

TEST_F(mailbox, refusals_and_their_reasons)
{
	static const uint8_t frame[128] = { 1, 1, 9 };
	static const uint8_t version[4] = { 2, 1, 9 };

	EXPECT_EQ(3 << 8 | 2, card_wx(&self->card, 0, 0x89, 0, frame, 0));
	EXPECT_EQ(3 << 8 | 2, card_wx(&self->card, 0, 0x89, 0, frame, 129));
	EXPECT_EQ(1 << 8 | 2, card_wx(&self->card, 0, 0x59, 0, frame, 8));
	EXPECT_EQ(4 << 8 | 2, card_wx(&self->card, 0, 0x89, 1, frame, 8));
	EXPECT_EQ(5 << 8 | 2, card_wx(&self->card, 0, 0x89, 0, version, 4));
	EXPECT_EQ(0, card_wx(&self->card, 0, 0x89, 0, frame, 128));
	EXPECT_EQ(6 << 8 | 2, card_wx(&self->card, 0, 0x89, 0, frame, 8));
	EXPECT_EQ(4 << 8 | 2, card_rx(&self->card, 0, 0x89, 0400, 2, NULL));
	EXPECT_EQ(3 << 8 | 2, card_rx(&self->card, 0, 0x89, 0, 0, NULL));
	EXPECT_EQ(1, requests());
}

TEST_F(mailbox, dip_7_off)
{
	card_set(&self->card, 0x404, 0x0c);
	EXPECT_EQ(0, card_mail(&self->card, 0, 1)); /* latched at power-up */
	card_set(&self->card, 0x00, 0);
	card_set(&self->card, 0x20, self->generation + 1);
	card_set(&self->card, 0x00, 0x4d4f4345);
	card_raise_event(&self->card);
	ASSERT_EQ(0, card_wait(&self->card, 0x108, self->generation + 1, PATIENCE_MS));
	EXPECT_EQ(2 << 8 | 2, card_mail(&self->card, 0, 2));
	EXPECT_EQ(2 << 8 | 2, card_rx(&self->card, 0, 0x90, 0, 2, NULL));
}

TEST_F(mailbox, full_queue_is_busy)
{
	unsigned int tag;

	for (tag = 0; tag < 16; tag++)
		ASSERT_EQ(0, card_mail(&self->card, 0, tag));
	EXPECT_EQ(1, card_mail(&self->card, 0, 16));
	EXPECT_EQ(33, card_result(&self->card, 0, 16, 1));
	EXPECT_EQ(16, requests());
}

TEST_F(mailbox, repetition_is_not_queued_again)
{
	uint32_t sequence;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	sequence = card_get(&self->card, 0x440);
	/* a refused request follows, then the card goes back */
	ASSERT_EQ(1 << 8 | 2, card_wx(&self->card, 0, 0x11, 0, "", 1));
	card_set(&self->card, 0x440, sequence);
	card_raise(&self->card, 0);
	EXPECT_EQ(0, card_wait_acknowledge(&self->card, 0, false));
	EXPECT_EQ(1, requests());
	/* as new: neither the last one nor one more than it */
	card_set(&self->card, 0x440, sequence + 7);
	card_set(&self->card, 0x444, 9 << 8 | 0x89);
	card_set(&self->card, 0x450, 0x00020101);
	card_raise(&self->card, 0);
	EXPECT_EQ(0, card_wait_acknowledge(&self->card, 0, false));
	EXPECT_EQ(2, requests());
}

TEST_F(mailbox, lost_doorbell_is_made_up_for)
{
	card_set(&self->card, 0x450, 0x00010101);
	card_set(&self->card, 0x444, 4 << 8 | 0x89);
	card_set(&self->card, 0x448, 0);
	card_set(&self->card, 0x440, card_get(&self->card, 0x440) + 1);
	EXPECT_EQ(0, card_wait_acknowledge(&self->card, 0, false));
	EXPECT_EQ(1, requests());
}

/* Ticks of the host's heart while both slots are asked 20 times, one by one */
static int ticks_of_answers(struct card *card)
{
	uint32_t before = card_get(card, 0x104);
	int i;

	for (i = 0; i < 40; i++)
		if (card_result(card, i % 2, 1, 1) != 33)
			return 1000;
	return card_get(card, 0x104) - before;
}

/* Each answer would cost a tick if it came from the look into all mailboxes. */
TEST_F(mailbox, doorbell_of_each_slot_is_heard)
{
	EXPECT_GT(10, ticks_of_answers(&self->card));
}

TEST_F(mailbox, pending_at_start_is_refused)
{
	card_unbind(&self->card);
	card_post_wx(&self->card, 0, 0x89, 0, "\1\1\1\0", 4);
	ASSERT_EQ(0, card_bind(&self->card));
	EXPECT_EQ(2, card_wait_acknowledge(&self->card, 0, false));
	EXPECT_EQ(0, requests());
}

TEST_F(mailbox, power_up_orphans_requests_and_forgets_results)
{
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	EXPECT_EQ(1, card_result(&self->card, 0, 1, 1));
	card_power_up(&self->card, self->generation + 1);
	ASSERT_EQ(0, card_wait(&self->card, 0x108, self->generation + 1, PATIENCE_MS));
	EXPECT_EQ(33, card_result(&self->card, 0, 1, 1));
	EXPECT_EQ(1, requests());
}

TEST_F(mailbox, still_heart_is_noticed_and_same_card_keeps_its_results)
{
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	card_beat(&self->card, false);
	ASSERT_EQ(0, card_wait(&self->card, 0x108, 0, PATIENCE_MS));
	card_post_wx(&self->card, 0, 0x89, 0, "\1\1\2\0", 4);
	EXPECT_EQ(-1, card_wait(&self->card, 0x600, card_get(&self->card, 0x440), 3000));
	card_beat(&self->card, true);
	EXPECT_EQ(2, card_wait_acknowledge(&self->card, 0, false));
	EXPECT_EQ(1, card_result(&self->card, 0, 1, 1));
	EXPECT_EQ(0, card_mail(&self->card, 0, 2));
	EXPECT_EQ(2, requests());
}

TEST_F(mailbox, doorbells_do_not_count_as_seconds)
{
	uint32_t before = card_get(&self->card, 0x104), beats;
	time_t begin = time(NULL);
	int i;

	for (i = 0; i < 100; i++) {
		card_raise_event(&self->card);
		sleep_ms(10);
	}
	beats = card_get(&self->card, 0x104) - before;
	EXPECT_GE(time(NULL) - begin + 2, beats);
}

TEST_F(mailbox, all_ones_is_a_card_that_is_gone)
{
	static uint8_t saved[0x10000];

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	card_beat(&self->card, false);
	sleep_ms(300);
	memcpy(saved, (void *)self->card.dpram, sizeof(saved));
	memset((void *)self->card.dpram, 0xff, sizeof(saved));
	sleep_ms(2500);
	memcpy((void *)self->card.dpram, saved, sizeof(saved));
	card_beat(&self->card, true);
	sleep_ms(2500);
	EXPECT_EQ(self->generation, card_get(&self->card, 0x108));
	EXPECT_EQ(1, card_result(&self->card, 0, 1, 1));
}

/* Until the driver names this trouble of the card */
static int wait_trouble(struct card *card, const char *expected)
{
	char text[100];
	int i;

	for (i = 0; i < PATIENCE_MS / 10; i++) {
		if (card_read_attribute(card, "ecom_trouble", text, sizeof(text)))
			return -1;
		if (!strcmp(text, expected))
			return 0;
		sleep_ms(10);
	}
	return -1;
}

/* Slots are devices, and those do not change their names. */
TEST_F(mailbox, card_with_other_slots_is_not_served)
{
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	card_set(&self->card, 0x00, 0);
	card_set(&self->card, 0x20, self->generation + 1);
	card_set(&self->card, 0x400, 5);
	card_set(&self->card, 0x00, 0x4d4f4345);
	card_raise_event(&self->card);
	EXPECT_EQ(0, wait_trouble(&self->card,
				  "set of slots (unbind and bind the driver to take it)\n"));
	EXPECT_EQ(0, card_get(&self->card, 0x108));
	card_set(&self->card, 0x400, 1);
	card_raise_event(&self->card);
	EXPECT_EQ(0, card_wait(&self->card, 0x108, self->generation + 1, PATIENCE_MS));
	EXPECT_EQ(0, wait_trouble(&self->card, "none\n"));
	EXPECT_EQ(1, requests());
}

/*
 * A PC has 1024 of them, for all the times that a card comes and goes. The debug
 * kernel lets go of a device some seconds late, so they may come back late.
 */
TEST_F(mailbox, device_numbers_are_used_again)
{
	uint64_t seen = 0;
	struct stat node;
	int i;

	for (i = 0; i < 60; i++) {
		ASSERT_LE(0, requests());
		ASSERT_EQ(0, stat(DEVICE, &node));
		if (minor(node.st_rdev) > 63 || seen & 1ULL << minor(node.st_rdev))
			break;
		seen |= 1ULL << minor(node.st_rdev);
		card_unbind(&self->card);
		ASSERT_EQ(0, card_bind(&self->card));
		sleep_ms(100);
	}
	EXPECT_GT(64, minor(node.st_rdev));
	EXPECT_GT(60, i);
}

TEST_F(mailbox, scratch_file_of_station_90)
{
	uint8_t data[128];

	EXPECT_EQ(0, card_wx(&self->card, 0, 0x90, 5, "hello", 5));
	EXPECT_EQ(0, card_rx(&self->card, 0, 0x90, 0, 128, data));
	EXPECT_EQ(0, memcmp(data + 10, "hello", 5));
	EXPECT_EQ(0, data[9]);
	EXPECT_EQ(0, data[15]);
	EXPECT_EQ(4 << 8 | 2, card_wx(&self->card, 0, 0x90, 63, "abc", 3));
}

TEST_HARNESS_MAIN
