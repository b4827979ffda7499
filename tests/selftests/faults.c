// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each allocation and each copy of an operation fails once, by
 * /proc/self/fail-nth, until the operation goes through without a fault. Each
 * failure must be clean: an error, nothing changed, and the operation works
 * afterwards. Debug kernel only.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include <linux/ecom.h>
#include <linux/ecom_netlink.h>
#include "kselftest_harness.h"
#include "card.h"

#define TRIES 5000

FIXTURE(faults)
{
	struct card card;
	int fd;
};

FIXTURE_SETUP(faults)
{
	/* sleeping allocations may fail too; the log would drown in traces */
	ASSERT_EQ(0, write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"));
	ASSERT_EQ(0, write_file("/sys/kernel/debug/failslab/verbose", "0"));
	ASSERT_EQ(0, write_file("/sys/kernel/debug/fail_usercopy/verbose", "0"));
	ASSERT_EQ(0, card_open(&self->card));
	card_power_up(&self->card, 0x5000 + getpid());
	ASSERT_EQ(0, card_bind(&self->card));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(faults)
{
	close(self->fd);
	card_close(&self->card);
}

static int fail_nth_file(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth", (long)syscall(SYS_gettid));
	return open(path, O_RDWR);
}

/*
 * Calls @operation with the first, second … fault until none is left to
 * inject. Returns the number of the last, or -1. A faulted call may succeed all
 * the same; @undo then takes it back. From the 100th on only each @step-th
 * fault is tried, unless ECEMAIL_LONG is set.
 */
static int with_faults(int (*operation)(void *), void (*undo)(void *), void *argument, int step)
{
	int fail = fail_nth_file(), nth;

	if (getenv("ECEMAIL_LONG"))
		step = 1;
	for (nth = 1; fail >= 0 && nth < TRIES; nth += nth < 100 ? 1 : step) {
		char text[16];
		bool left;
		int result;

		snprintf(text, sizeof(text), "%d", nth);
		if (pwrite(fail, text, strlen(text), 0) < 0)
			return -1;
		result = operation(argument);
		memset(text, 0, sizeof(text));
		/* a fault that was not reached may hit the reading of the count */
		left = pread(fail, text, sizeof(text) - 1, 0) < 0 || atoi(text);
		pwrite(fail, "0", 1, 0);
		if (result >= 0 && undo)
			undo(argument);
		if (left) {
			close(fail);
			return result >= 0 ? nth - 1 : -1;
		}
	}
	return -1;
}

static int do_open(void *argument)
{
	*(int *)argument = open("/dev/ecom0s1", O_RDWR | O_CLOEXEC);
	return *(int *)argument;
}

static void undo_open(void *argument)
{
	close(*(int *)argument);
}

TEST_F(faults, open)
{
	int fd = -1;

	close(self->fd);
	EXPECT_LT(0, with_faults(do_open, undo_open, &fd, 1));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	EXPECT_LE(0, self->fd);
}

struct one_read {
	int fd;
	struct ecom_request r;
};

static int do_read(void *argument)
{
	struct one_read *o = argument;

	return read(o->fd, &o->r, sizeof(o->r)) == sizeof(o->r) ? 0 : -1;
}

static void undo_read(void *argument)
{
	struct one_read *o = argument;
	struct ecom_release release = { .id = o->r.id };

	ioctl(o->fd, ECOM_IOC_RELEASE, &release);
}

TEST_F(faults, read_keeps_the_request)
{
	struct one_read o = { .fd = self->fd };

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	EXPECT_LT(0, with_faults(do_read, undo_read, &o, 1));
	EXPECT_EQ(0, do_read(&o));
	EXPECT_EQ(1, o.r.id);
	EXPECT_EQ(0, o.r.charges);
}

struct one_ioctl {
	int fd;
	unsigned long command;
	void *argument;
};

static int do_ioctl(void *argument)
{
	struct one_ioctl *o = argument;

	return ioctl(o->fd, o->command, o->argument);
}

TEST_F(faults, every_ioctl)
{
	struct ecom_registers registers = { .station = 0x90, .count = 1 };
	struct ecom_settings settings = { .timeout = 60 };
	struct ecom_progress progress = { .id = 1, .on_expire = 10 };
	struct ecom_complete complete = { .id = 1 };
	struct ecom_release release = { .id = 1 };
	struct ecom_frames frames;
	struct ecom_info info;
	struct ecom_request r;
	struct one_ioctl calls[] = {
		{ self->fd, ECOM_IOC_GET_INFO, &info },
		{ self->fd, ECOM_IOC_GET_FRAMES, &frames },
		{ self->fd, ECOM_IOC_GET_REGISTERS, &registers },
		{ self->fd, ECOM_IOC_SET_REGISTERS, &registers },
		{ self->fd, ECOM_IOC_SET, &settings },
		{ self->fd, ECOM_IOC_PROGRESS, &progress },
	};
	struct one_ioctl last = { self->fd, ECOM_IOC_COMPLETE, &complete };
	struct one_ioctl hand_back = { self->fd, ECOM_IOC_RELEASE, &release };
	size_t i;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		EXPECT_LT(0, with_faults(do_ioctl, NULL, &calls[i], 1))
		{
			TH_LOG("ioctl %zu", i);
		}
	EXPECT_LT(0, with_faults(do_ioctl, NULL, &hand_back, 1));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(0, r.charges);
	EXPECT_LT(0, with_faults(do_ioctl, NULL, &last, 1));
	EXPECT_EQ(0, card_result(&self->card, 0, 1, 1));
}

static int do_poll(void *argument)
{
	struct pollfd p = { *(int *)argument, POLLIN, 0 };

	return poll(&p, 1, 0) == 1 && p.revents == POLLIN ? 0 : -1;
}

/* Of its own, so that nothing is left of one that has failed */
static int do_epoll(void *argument)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0), n = -1;

	if (epoll >= 0 && !epoll_ctl(epoll, EPOLL_CTL_ADD, *(int *)argument, &event))
		n = epoll_wait(epoll, &event, 1, 0);
	close(epoll);
	return n == 1 && event.events == EPOLLIN ? 0 : -1;
}

TEST_F(faults, poll)
{
	struct ecom_request r;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	EXPECT_LT(0, with_faults(do_poll, NULL, &self->fd, 1));
	EXPECT_LT(0, with_faults(do_epoll, NULL, &self->fd, 1));
	EXPECT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
}

/* --- netlink --- */

struct operation {
	int family;
	int command;
	int expected; /* objects that the dump has */
	int objects;
};

static int count_object(struct nl_msg *message, void *argument)
{
	struct operation *o = argument;

	o->objects++;
	return NL_OK;
}

/* A dump that ends without an error is whole. */
static int do_dump(void *argument)
{
	struct operation *o = argument;
	struct nl_sock *socket = nl_socket_alloc();
	int err = -1;

	o->objects = 0;
	if (socket && !genl_connect(socket)) {
		nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, count_object, o);
		err = genl_send_simple(socket, o->family, o->command, 1, NLM_F_DUMP);
		if (err >= 0)
			err = nl_recvmsgs_default(socket);
	}
	nl_socket_free(socket);
	if (err >= 0 && o->objects != o->expected)
		fprintf(stderr, "# command %d: %d objects without an error\n", o->command,
			o->objects);
	return err < 0 || o->objects != o->expected ? -1 : 0;
}

static int do_join(void *argument)
{
	struct nl_sock *socket = nl_socket_alloc();
	int err = -1;

	if (socket && !genl_connect(socket))
		err = nl_socket_add_membership(socket, *(int *)argument);
	nl_socket_free(socket);
	return err < 0 ? -1 : 0;
}

static struct nl_sock *netlink(int *family, int *group)
{
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket || genl_connect(socket))
		return NULL;
	*family = genl_ctrl_resolve(socket, ECOM_GENL_NAME);
	*group = genl_ctrl_resolve_grp(socket, ECOM_GENL_NAME, ECOM_GENL_EVENTS);
	return *family < 0 || *group < 0 ? NULL : socket;
}

TEST_F(faults, every_netlink_operation)
{
	struct operation operations[] = {
		{ .command = ECOM_CMD_CARD_GET, .expected = 1 },
		{ .command = ECOM_CMD_SLOT_GET, .expected = CARD_SLOTS },
	};
	int family, group;
	struct nl_sock *socket = netlink(&family, &group);
	size_t i;

	ASSERT_TRUE(socket != NULL);
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		operations[i].family = family;
		EXPECT_LT(0, with_faults(do_dump, NULL, &operations[i], 1))
		{
			TH_LOG("command %d", operations[i].command);
		}
	}
	EXPECT_LT(0, with_faults(do_join, NULL, &group, 1));
	nl_socket_free(socket);
}

/* Not card_bind(): the faults are for the driver, not for mapping its BARs */
static int do_bind(void *argument)
{
	struct card *card = argument;

	return write_file("/sys/bus/pci/drivers/ecom/bind", card->pci);
}

static void undo_bind(void *argument)
{
	card_unbind(argument);
}

TEST_F_TIMEOUT(faults, probe, 3000)
{
	close(self->fd);
	ASSERT_EQ(0, card_unbind(&self->card));
	card_beat(&self->card, false);
	EXPECT_LT(0, with_faults(do_bind, undo_bind, &self->card, 61));
	ASSERT_EQ(0, card_bind(&self->card));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	EXPECT_LE(0, self->fd);
}

static int do_unbind(void *argument)
{
	return card_unbind(argument);
}

static void undo_unbind(void *argument)
{
	do_bind(argument);
}

/*
 * A card that goes cannot be kept: what fails meanwhile is not the unbinding.
 * Somebody listens, so that its events are made, or are missing in their order.
 */
TEST_F_TIMEOUT(faults, unbind, 3000)
{
	int family, group;
	struct nl_sock *socket = netlink(&family, &group);

	ASSERT_TRUE(socket != NULL);
	ASSERT_EQ(0, nl_socket_add_membership(socket, group));
	close(self->fd);
	card_beat(&self->card, false);
	EXPECT_LT(0, with_faults(do_unbind, undo_unbind, &self->card, 7));
	nl_socket_free(socket);
	card_unbind(&self->card);
	card_beat(&self->card, true);
	ASSERT_EQ(0, card_bind(&self->card));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	EXPECT_LE(0, self->fd);
}

TEST_HARNESS_MAIN
