// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The card comes and goes while files are open, requests are out and readers
 * are blocked. ECEMAIL_STORM sets the rounds of the storms (20).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/ecom.h>
#include "kselftest_harness.h"
#include "card.h"

FIXTURE(lifecycle)
{
	struct card card;
	uint32_t generation;
	int fd;
};

FIXTURE_SETUP(lifecycle)
{
	ASSERT_EQ(0, card_open(&self->card));
	self->generation = 0x3000 + getpid();
	card_power_up(&self->card, self->generation);
	ASSERT_EQ(0, card_bind(&self->card));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(lifecycle)
{
	close(self->fd);
	card_close(&self->card);
}

static int rounds(void)
{
	const char *text = getenv("ECEMAIL_STORM");

	return text ? atoi(text) : 20;
}

/* The slot works: a mail goes in, is read, and its status comes out by RX. */
static int works(struct card *card, int fd, uint8_t tag)
{
	struct ecom_complete c = { .result.status = 250 };
	struct ecom_request r;
	int i;

	if (card_mail(card, 0, tag))
		return -1;
	do {
		if (read(fd, &r, sizeof(r)) != sizeof(r))
			return -2;
		c.id = r.id;
		if (ioctl(fd, ECOM_IOC_COMPLETE, &c))
			return -3;
	} while (r.tag != tag);
	i = card_result(card, 0, tag, 1);
	return i == 250 ? 0 : i;
}

TEST_F(lifecycle, function_reset_keeps_requests_and_results)
{
	ASSERT_EQ(0, works(&self->card, self->fd, 1));
	ASSERT_EQ(0, card_mail(&self->card, 0, 2));
	ASSERT_EQ(0, card_attribute(&self->card, "reset", "1"));
	ASSERT_EQ(0, card_wait(&self->card, 0x108, self->generation, PATIENCE_MS));
	EXPECT_EQ(250, card_result(&self->card, 0, 1, 1));
	EXPECT_EQ(1, card_result(&self->card, 0, 2, 1));
	EXPECT_EQ(0, works(&self->card, self->fd, 3));
	EXPECT_EQ(250, card_result(&self->card, 0, 2, 1));
}

TEST_F(lifecycle, suspend_and_resume)
{
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(0, write_file("/sys/power/pm_test", "devices"));
	ASSERT_EQ(0, write_file("/sys/power/state", "freeze"));
	ASSERT_EQ(0, card_wait(&self->card, 0x108, self->generation, PATIENCE_MS));
	EXPECT_EQ(1, card_result(&self->card, 0, 1, 1));
	EXPECT_EQ(0, works(&self->card, self->fd, 2));
}

TEST_F(lifecycle, removal_from_the_bus)
{
	struct pollfd p = { self->fd, POLLIN, 0 };
	struct ecom_request r;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	ASSERT_EQ(0, card_remove(&self->card));
	EXPECT_EQ(1, poll(&p, 1, 1000));
	EXPECT_EQ(POLLHUP | POLLERR, p.revents);
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(ENODEV, errno);
	ASSERT_EQ(0, card_rescan(&self->card));
	card_power_up(&self->card, self->generation);
	ASSERT_EQ(0, card_bind(&self->card));
	/* request numbers begin anew, so the host generation is another */
	EXPECT_NE(r.host_generation, card_get(&self->card, 0x100));
	/* the old file holds a slot that is gone, the new one is another */
	close(self->fd);
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(33, card_result(&self->card, 0, 1, 1));
	EXPECT_EQ(0, works(&self->card, self->fd, 1));
}

TEST_F(lifecycle, module_stays_while_a_file_is_open)
{
	ASSERT_EQ(0, card_unbind(&self->card));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "ecom", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

struct storm {
	bool over;
	unsigned int reads;
};

static bool over(struct storm *storm)
{
	return __atomic_load_n(&storm->over, __ATOMIC_ACQUIRE);
}

/* The daemon: opens, reads blocking, completes some, drops others. */
static void *storm_daemon(void *argument)
{
	struct storm *storm = argument;
	struct ecom_request r;

	while (!over(storm)) {
		struct ecom_complete c = { .result.status = 250 };
		int fd = open("/dev/ecom0s1", O_RDWR);

		while (fd >= 0 && read(fd, &r, sizeof(r)) == sizeof(r)) {
			c.id = r.id;
			if (r.id % 3)
				ioctl(fd, ECOM_IOC_COMPLETE, &c);
			__atomic_add_fetch(&storm->reads, 1, __ATOMIC_RELAXED);
		}
		if (fd >= 0)
			close(fd);
		sleep_ms(1);
	}
	return NULL;
}

/* A watcher: sysfs, inspection and poll. */
static void *storm_watcher(void *argument)
{
	struct storm *storm = argument;
	struct ecom_frames frames;
	struct ecom_info info;
	char text[64];

	while (!over(storm)) {
		int fd = open("/dev/ecom0s1", O_RDONLY);
		int attribute = open("/sys/class/ecom/ecom0s1/queue_used", O_RDONLY);
		struct pollfd p = { fd, POLLIN, 0 };

		if (fd >= 0) {
			poll(&p, 1, 5);
			ioctl(fd, ECOM_IOC_GET_INFO, &info);
			ioctl(fd, ECOM_IOC_GET_FRAMES, &frames);
			close(fd);
		}
		if (attribute >= 0) {
			while (pread(attribute, text, sizeof(text), 0) > 0 && over(storm))
				;
			close(attribute);
		}
	}
	return NULL;
}

static void post_some(struct card *card)
{
	uint8_t tag;

	for (tag = 0; tag < 6; tag++)
		card_post_wx(card, 0, 0x89, 0, (uint8_t[]){ 1, 1, tag, 0 }, 4);
}

static void start_storm(struct storm *storm, pthread_t threads[3])
{
	pthread_create(&threads[0], NULL, storm_daemon, storm);
	pthread_create(&threads[1], NULL, storm_watcher, storm);
	pthread_create(&threads[2], NULL, storm_watcher, storm);
}

static void end_storm(struct storm *storm, pthread_t threads[3])
{
	int i;

	__atomic_store_n(&storm->over, true, __ATOMIC_RELEASE);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

/* --- storms: the card comes and goes in one way or another, again and again --- */

static int unbind_and_bind(struct card *card)
{
	return card_unbind(card) || card_bind(card) ? -1 : 0;
}

static int reset(struct card *card)
{
	return card_attribute(card, "reset", "1");
}

static int remove_and_rescan(struct card *card)
{
	if (card_remove(card) || card_rescan(card))
		return -1;
	card_power_up(card, card_get(card, 0x20) + 1);
	return card_bind(card);
}

static int suspend_and_resume(struct card *card)
{
	if (write_file("/sys/module/suspend/parameters/pm_test_delay", "0") ||
	    write_file("/sys/power/pm_test", "devices"))
		return -1;
	return write_file("/sys/power/state", "freeze");
}

FIXTURE(storm)
{
	struct card card;
	struct storm storm;
	pthread_t threads[3];
	int fd;
};

// clang-format off
FIXTURE_VARIANT(storm)
{
	int (*round)(struct card *card);
};

FIXTURE_VARIANT_ADD(storm, of_unbinds)
{
	.round = unbind_and_bind,
};

FIXTURE_VARIANT_ADD(storm, of_resets)
{
	.round = reset,
};

FIXTURE_VARIANT_ADD(storm, of_removals_from_the_bus)
{
	.round = remove_and_rescan,
};

FIXTURE_VARIANT_ADD(storm, of_suspends)
{
	.round = suspend_and_resume,
};
// clang-format on

FIXTURE_SETUP(storm)
{
	ASSERT_EQ(0, card_open(&self->card));
	card_power_up(&self->card, 0x3800 + getpid());
	ASSERT_EQ(0, card_bind(&self->card));
	start_storm(&self->storm, self->threads);
}

FIXTURE_TEARDOWN(storm)
{
	close(self->fd);
	card_close(&self->card);
}

TEST_F_TIMEOUT(storm, is_survived, 3000)
{
	int i;

	for (i = 0; i < rounds(); i++) {
		/* accepted, busy or refused, but answered */
		ASSERT_LE(0, card_mail(&self->card, 0, 200 + i % 32));
		post_some(&self->card);
		ASSERT_EQ(0, variant->round(&self->card))
		TH_LOG("round %d: %s", i, strerror(errno));
	}
	card_unbind(&self->card);
	end_storm(&self->storm, self->threads);
	EXPECT_LT(0, self->storm.reads);
	ASSERT_EQ(0, card_bind(&self->card));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	EXPECT_EQ(0, works(&self->card, self->fd, 1));
}

TEST_HARNESS_MAIN
