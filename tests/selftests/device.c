// SPDX-License-Identifier: GPL-2.0-or-later
/* The character device: what uapi/linux/ecom.h promises. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ecom.h>
#include "kselftest_harness.h"
#include "card.h"

#define DEVICE "/dev/ecom0s1"

FIXTURE(device)
{
	struct card card;
	int fd;
};

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, card_open(&self->card));
	card_power_up(&self->card, 0x1000 + getpid());
	ASSERT_EQ(0, card_bind(&self->card));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(device)
{
	close(self->fd);
	card_close(&self->card);
}

static int progress(int fd, uint64_t id, uint16_t state, uint16_t on_release)
{
	struct ecom_progress p = {
		.id = id,
		.state = state,
		.on_expire = 10 + state,
		.on_expire_sent = 1,
		.on_release = on_release,
		.label = "Widget Report",
	};

	return ioctl(fd, ECOM_IOC_PROGRESS, &p);
}

static int complete(int fd, uint64_t id, uint16_t status)
{
	struct ecom_complete c = { .id = id, .result.status = status };

	return ioctl(fd, ECOM_IOC_COMPLETE, &c);
}

static int set_timeout(int fd, uint32_t seconds)
{
	struct ecom_settings s = { .timeout = seconds };

	return ioctl(fd, ECOM_IOC_SET, &s);
}

TEST_F(device, golden_frame_is_read_as_written)
{
	static const uint8_t frame[64] =
		"\x01\x01\x05\x00\x10\x0d\x1b\x00"
		"mark@hosteng.com"
		"Widget Report"
		"Shift # 3 made 4711 widgets";
	struct ecom_request r;
	struct ecom_frames frames;
	uint8_t zeroes[64] = { 0 };

	ASSERT_EQ(0, card_wx(&self->card, 0, 0x89, 0, frame, 64));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(1, r.id);
	EXPECT_EQ(64, r.length);
	EXPECT_EQ(1, r.command);
	EXPECT_EQ(5, r.tag);
	EXPECT_EQ(0, r.flags);
	EXPECT_EQ(card_get(&self->card, 0x20), r.card_generation);
	EXPECT_EQ(card_get(&self->card, 0x100), r.host_generation);
	EXPECT_EQ(60000000000ULL, r.deadline_ns - r.accepted_ns);
	EXPECT_EQ(0, memcmp(r.frame, frame, 64));
	EXPECT_EQ(0, memcmp(r.frame + 64, zeroes, 64));
	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_GET_FRAMES, &frames));
	EXPECT_EQ(card_get(&self->card, 0x440), frames.wx.sequence);
	EXPECT_EQ(0x89, frames.wx.station);
	EXPECT_EQ(64, frames.wx.length);
	EXPECT_EQ(0, frames.wx.result);
	EXPECT_EQ(0, memcmp(frames.wx.data, frame, 64));
}

/* The driver reads whole words, so up to three bytes that are not the frame's. */
TEST_F(device, bytes_behind_a_frame_are_not_kept)
{
	uint8_t bytes[128] =
		"\x01\x01\x05\x00\x10\x0d\x18\x00"
		"mark@hosteng.com"
		"Widget Report"
		"Shift # 3 made 4711 widg";
	struct ecom_request r;
	struct ecom_frames frames;
	uint8_t zeroes[67] = { 0 };

	memset(bytes + 61, 0xff, 67);
	card_set_bytes(&self->card, 0x450, bytes, 128);
	card_set(&self->card, 0x444, 61 << 8 | 0x89);
	card_set(&self->card, 0x448, 0);
	card_set(&self->card, 0x440, card_get(&self->card, 0x440) + 1);
	card_raise(&self->card, 0);
	ASSERT_EQ(0, card_wait_acknowledge(&self->card, 0, false));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(61, r.length);
	EXPECT_EQ(0, memcmp(r.frame, bytes, 61));
	EXPECT_EQ(0, memcmp(r.frame + 61, zeroes, 67));
	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_GET_FRAMES, &frames));
	EXPECT_EQ(61, frames.wx.length);
	EXPECT_EQ(0, memcmp(frames.wx.data, bytes, 61));
	EXPECT_EQ(0, memcmp(frames.wx.data + 61, zeroes, 67));
}

TEST_F(device, empty_queue)
{
	struct ecom_request r;
	struct pollfd p = { self->fd, POLLIN, 0 };

	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, poll(&p, 1, 0));
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	EXPECT_EQ(1, poll(&p, 1, 1000));
	EXPECT_EQ(POLLIN, p.revents);
}

TEST_F(device, short_or_faulting_buffer_keeps_the_request)
{
	struct ecom_request r;
	size_t page = getpagesize();
	void *volatile nowhere = NULL;
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	ASSERT_TRUE(pages != MAP_FAILED);
	ASSERT_EQ(0, munmap(pages + page, page));
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r) - 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->fd, &r, 0));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->fd, nowhere, sizeof(r)));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(self->fd, pages + page - sizeof(r) + 1, sizeof(r)));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(sizeof(r), read(self->fd, pages + page - sizeof(r), 4096));
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(device, status_reaches_rx_and_only_once)
{
	struct ecom_request r;

	EXPECT_EQ(33, card_result(&self->card, 0, 7, 1));
	ASSERT_EQ(0, card_mail(&self->card, 0, 7));
	EXPECT_EQ(1, card_result(&self->card, 0, 7, 1));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(0, progress(self->fd, r.id, 4, 0));
	EXPECT_EQ(4, card_result(&self->card, 0, 7, 2));
	EXPECT_EQ(0, complete(self->fd, r.id, 550));
	EXPECT_EQ(550, card_result(&self->card, 0, 7, 1));
	EXPECT_EQ(-1, complete(self->fd, r.id, 0));
	EXPECT_EQ(ESTALE, errno);
	EXPECT_EQ(-1, progress(self->fd, r.id, 8, 18));
	EXPECT_EQ(ESTALE, errno);
	EXPECT_EQ(550, card_result(&self->card, 0, 7, 1));
}

TEST_F(device, unknown_request)
{
	struct ecom_release release = { .id = 1 };

	EXPECT_EQ(-1, complete(self->fd, 1, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, progress(self->fd, 0, 1, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_RELEASE, &release));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(device, deadline_fires_without_daemon)
{
	ASSERT_EQ(0, set_timeout(self->fd, 1));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, card_mail(&self->card, 0, 3));
	EXPECT_EQ(1, card_result(&self->card, 0, 3, 1));
	sleep_ms(700);
	EXPECT_EQ(1, card_result(&self->card, 0, 3, 1));
	sleep_ms(700);
	EXPECT_EQ(10, card_result(&self->card, 0, 3, 1));
	EXPECT_EQ(1, card_result(&self->card, 0, 3, 010)); /* sent: no */
}

TEST_F(device, deadline_wins_over_a_late_claim)
{
	struct ecom_request r;

	ASSERT_EQ(0, set_timeout(self->fd, 1));
	ASSERT_EQ(0, card_mail(&self->card, 0, 3));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	ASSERT_EQ(0, progress(self->fd, r.id, 5, 0));
	sleep_ms(1300);
	EXPECT_EQ(-1, progress(self->fd, r.id, 8, 18));
	EXPECT_EQ(ESTALE, errno);
	EXPECT_EQ(15, card_result(&self->card, 0, 3, 1));
}

TEST_F(device, killed_daemon_gives_its_requests_back)
{
	struct ecom_request r;
	int status;
	pid_t child;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(0, card_mail(&self->card, 0, 2));
	close(self->fd);
	child = fork();
	if (!child) {
		int fd = open(DEVICE, O_RDWR);

		if (read(fd, &r, sizeof(r)) != sizeof(r) || progress(fd, r.id, 8, 18) ||
		    read(fd, &r, sizeof(r)) != sizeof(r))
			_exit(1);
		raise(SIGKILL);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(18, card_result(&self->card, 0, 1, 1));
	EXPECT_EQ(1, card_result(&self->card, 0, 2, 1));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(2, r.tag);
	EXPECT_EQ(ECOM_REQUEST_REDELIVERED, r.flags);
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(device, one_daemon_many_watchers)
{
	struct ecom_settings s = { .timeout = 5 };
	struct ecom_request r;
	struct ecom_info info;
	int second;

	EXPECT_EQ(-1, open(DEVICE, O_RDWR));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(-1, open(DEVICE, O_WRONLY));
	EXPECT_EQ(EINVAL, errno);
	second = open(DEVICE, O_RDONLY);
	ASSERT_LE(0, second);
	EXPECT_EQ(-1, read(second, &r, sizeof(r)));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, ioctl(second, ECOM_IOC_SET, &s));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(0, ioctl(second, ECOM_IOC_GET_INFO, &info));
	close(second);
	EXPECT_EQ(1, card_get(&self->card, 0x614)); /* attached */
	close(self->fd);
	EXPECT_EQ(0, card_wait(&self->card, 0x614, 0, 1000));
	self->fd = open(DEVICE, O_RDWR);
	EXPECT_LE(0, self->fd);
}

TEST_F(device, info_tells_the_slot)
{
	struct ecom_info info;

	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_GET_INFO, &info));
	EXPECT_EQ(0, info.features);
	EXPECT_EQ(0, info.card);
	EXPECT_EQ(1, info.slot);
	EXPECT_EQ(0x8c, info.dip);
	EXPECT_EQ(4 << 24 | 1031, info.firmware);
	EXPECT_EQ(1 << 24, info.card_firmware);
	EXPECT_EQ(card_get(&self->card, 0x20), info.card_generation);
	EXPECT_EQ(16, info.queue_depth);
	EXPECT_EQ(60, info.timeout);
	EXPECT_STREQ("H2-ECOM100", (char *)info.module);
	EXPECT_STREQ("SELFTEST-1", (char *)info.serial);
	EXPECT_EQ(0, memcmp(info.ethernet, "\x00\xe0\x62\x20\x41\x86", 6));
}

TEST_F(device, structures_of_other_sizes)
{
	struct {
		struct ecom_release release;
		uint64_t tail;
	} longer = { .release.id = 1 };
	struct {
		struct ecom_info info;
		uint64_t tail;
	} info = { .tail = ~0ULL };
	struct ecom_request r;
	uint64_t shorter = 1;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	longer.tail = 1;
	EXPECT_EQ(-1, ioctl(self->fd, _IOW(0xec, 3, longer), &longer));
	EXPECT_EQ(E2BIG, errno);
	longer.tail = 0;
	EXPECT_EQ(0, ioctl(self->fd, _IOW(0xec, 3, longer), &longer));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(-1, ioctl(self->fd, _IOW(0xec, 3, shorter), &shorter));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IOW(0xec, 2, shorter), &shorter));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, ioctl(self->fd, _IOR(0xec, 0, info), &info));
	EXPECT_EQ(0, info.tail);
}

TEST_F(device, bad_calls)
{
	struct ecom_registers registers = { .station = 0x89, .count = 65 };
	struct ecom_release release = { .id = 1, .reserved = 1 };
	struct ecom_settings s = { .timeout = 0 };

	EXPECT_EQ(-1, ioctl(self->fd, _IO(0xec, 0x77)));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IO('x', 0)));
	EXPECT_EQ(ENOTTY, errno);
	/* the number of a command, but not its direction */
	EXPECT_EQ(-1, ioctl(self->fd, _IOR(0xec, 4, struct ecom_settings), &s));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_RELEASE, &release));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_SET, &s));
	EXPECT_EQ(EINVAL, errno);
	s.timeout = 65536;
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_SET, &s));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_SET, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_GET_REGISTERS, &registers));
	EXPECT_EQ(EINVAL, errno);
	registers.count = 1;
	registers.address = 0400;
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_GET_REGISTERS, &registers));
	EXPECT_EQ(EINVAL, errno);
	registers.address = 6;
	EXPECT_EQ(0, ioctl(self->fd, ECOM_IOC_GET_REGISTERS, &registers));
	EXPECT_EQ(1, registers.words[0]);
}

/* Every ioctl with a structure that would do, given as bytes */
struct call {
	unsigned long command;
	bool gives; /* writes to the structure */
	size_t size;
	union {
		struct ecom_progress progress;
		struct ecom_complete complete;
		struct ecom_release release;
		struct ecom_settings settings;
		struct ecom_registers registers;
		uint8_t bytes[512];
	} argument;
};

#define CALL(_command, _gives, ...) \
	{ \
		_command, _gives, _IOC_SIZE(_command), .argument = { __VA_ARGS__ } \
	}

static const struct call calls[] = {
	CALL(ECOM_IOC_GET_INFO, true),
	CALL(ECOM_IOC_GET_FRAMES, true),
	CALL(ECOM_IOC_GET_REGISTERS, true, .registers = { .station = 0x89, .count = 64 }),
	CALL(ECOM_IOC_SET_REGISTERS, false, .registers = { .station = 0x90, .count = 64 }),
	CALL(ECOM_IOC_SET, false, .settings = { .timeout = 60 }),
	CALL(ECOM_IOC_PROGRESS, false, .progress = { .id = 1, .on_expire = 12 }),
	CALL(ECOM_IOC_RELEASE, false, .release = { .id = 1 }),
	CALL(ECOM_IOC_COMPLETE, false, .complete = { .id = 1, .result.status = 250 }),
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* A page that can be used, and behind it one that can not */
static char *two_pages(size_t page)
{
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	return pages == MAP_FAILED || munmap(pages + page, page) ? NULL : pages;
}

TEST_F(device, no_ioctl_goes_past_the_end_of_a_page)
{
	size_t page = getpagesize(), i, missing;
	char *pages = two_pages(page), *end;
	struct ecom_request r;

	ASSERT_TRUE(pages != NULL);
	end = pages + page;
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	for (i = 0; i < CALLS; i++) {
		for (missing = calls[i].size; missing; missing -= missing < 8 ? 1 : 7) {
			memcpy(end - calls[i].size + missing, calls[i].argument.bytes,
			       calls[i].size - missing);
			EXPECT_EQ(-1, ioctl(self->fd, calls[i].command,
					    end - calls[i].size + missing));
			EXPECT_EQ(EFAULT, errno)
			{
				TH_LOG("call %zu without its last %zu bytes", i, missing);
			}
		}
	}
	/* nothing of all that has happened, and the last byte of the page will do */
	EXPECT_EQ(1, card_result(&self->card, 0, 1, 1));
	for (i = 0; i < CALLS; i++) {
		memcpy(end - calls[i].size, calls[i].argument.bytes, calls[i].size);
		EXPECT_EQ(0, ioctl(self->fd, calls[i].command, end - calls[i].size))
		{
			TH_LOG("call %zu: errno %d", i, errno);
		}
		if (calls[i].command == ECOM_IOC_RELEASE)
			EXPECT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	}
	EXPECT_EQ(250, card_result(&self->card, 0, 1, 1));
}

TEST_F(device, read_only_memory_can_be_given_but_not_filled)
{
	size_t page = getpagesize(), i;
	char *pages = two_pages(page);
	struct ecom_request r;

	ASSERT_TRUE(pages != NULL);
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(0, mprotect(pages, page, PROT_READ));
	EXPECT_EQ(-1, read(self->fd, pages, page));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	for (i = 0; i < CALLS; i++) {
		ASSERT_EQ(0, mprotect(pages, page, PROT_READ | PROT_WRITE));
		memcpy(pages, calls[i].argument.bytes, calls[i].size);
		ASSERT_EQ(0, mprotect(pages, page, PROT_READ));
		EXPECT_EQ(calls[i].gives ? -1 : 0, ioctl(self->fd, calls[i].command, pages));
		if (calls[i].gives)
			EXPECT_EQ(EFAULT, errno)
			{
				TH_LOG("call %zu", i);
			}
		if (calls[i].command == ECOM_IOC_RELEASE)
			EXPECT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	}
	EXPECT_EQ(250, card_result(&self->card, 0, 1, 1));
}

static void *unbind_later(void *card)
{
	sleep_ms(200);
	card_unbind(card);
	return NULL;
}

TEST_F(device, removal_wakes_a_blocked_reader)
{
	struct pollfd p = { self->fd, POLLIN, 0 };
	struct ecom_request r;
	struct ecom_info info;
	pthread_t thread;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, unbind_later, &self->card));
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(ENODEV, errno);
	pthread_join(thread, NULL);
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLHUP | POLLERR, p.revents);
	EXPECT_EQ(-1, ioctl(self->fd, ECOM_IOC_GET_INFO, &info));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(0, card_get(&self->card, 0x108)); /* ready_for */
	ASSERT_EQ(0, card_bind(&self->card));
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r))); /* the old file stays dead */
	EXPECT_EQ(ENODEV, errno);
}

static void nothing(int signal)
{
}

TEST_F(device, signal_interrupts_a_blocked_reader)
{
	struct sigaction action = { .sa_handler = nothing };
	struct ecom_request r;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ualarm(200000, 0);
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(EINTR, errno);
}

struct reader {
	int fd;
	struct ecom_request r;
	ssize_t n;
	bool done;
};

static void *read_one(void *argument)
{
	struct reader *reader = argument;

	reader->n = read(reader->fd, &reader->r, sizeof(reader->r));
	__atomic_store_n(&reader->done, true, __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(device, signal_with_sa_restart_goes_on_reading)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct reader reader = { .fd = self->fd };
	pthread_t thread;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_one, &reader));
	sleep_ms(100);
	pthread_kill(thread, SIGUSR1);
	sleep_ms(200);
	EXPECT_FALSE(__atomic_load_n(&reader.done, __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, card_mail(&self->card, 0, 2));
	pthread_join(thread, NULL);
	EXPECT_EQ(sizeof(reader.r), reader.n);
}

/* One record, in whatever pieces; it does not wait for another one while it holds one. */
TEST_F(device, readv_gives_one_record)
{
	struct ecom_request r[2];
	struct iovec two[] = { { &r[0], sizeof(r[0]) }, { &r[1], sizeof(r[1]) } };
	struct iovec halves[] = { { &r[0], 100 }, { (char *)&r[0] + 100, sizeof(r[0]) - 100 } };

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	alarm(20); /* ends a test that hangs */
	EXPECT_EQ(sizeof(r[0]), readv(self->fd, two, 2));
	EXPECT_EQ(1, r[0].tag);
	ASSERT_EQ(0, card_mail(&self->card, 0, 2));
	EXPECT_EQ(sizeof(r[0]), readv(self->fd, halves, 2));
	EXPECT_EQ(2, r[0].tag);
	alarm(0);
}

TEST_F(device, edge_triggered_poll)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct ecom_release release = { 0 };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct ecom_request r;

	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 5000));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	release.id = r.id;
	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_RELEASE, &release));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 5000));
	EXPECT_EQ(0, epoll_wait(epoll, &event, 1, 0));
	ASSERT_EQ(0, card_unbind(&self->card));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, 5000));
	EXPECT_EQ(EPOLLHUP | EPOLLERR, event.events & ~EPOLLIN);
	close(epoll);
	ASSERT_EQ(0, card_bind(&self->card));
}

static uint64_t boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* When a deadline has passed, registers and poll() say so, even if its timer is late. */
TEST_F(device, past_deadline_is_seen_by_all)
{
	int i;

	for (i = 0; i < 6; i++) {
		struct ecom_registers g = { .station = 0x89, .address = 040101, .count = 1 };
		struct pollfd p = { self->fd, POLLIN, 0 };
		struct ecom_frames frames;
		uint64_t deadline, now;

		ASSERT_EQ(0, set_timeout(self->fd, 1));
		ASSERT_EQ(0, card_mail(&self->card, 0, 1));
		ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_GET_FRAMES, &frames));
		deadline = frames.wx.when_ns + 1000000000ULL;
		while (boottime_ns() + 20000000 < deadline)
			sleep_ms(5);
		do {
			now = boottime_ns();
			p.revents = 0;
			if (i % 2)
				poll(&p, 1, 0);
			ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_GET_REGISTERS, &g));
			if (now >= deadline && i % 2)
				EXPECT_EQ(0, p.revents);
			if (now >= deadline)
				EXPECT_EQ(10, g.words[0]);
		} while (now < deadline);
	}
}

TEST_F(device, unbound_card_has_nobody_attached)
{
	EXPECT_EQ(0, card_wait(&self->card, 0x614, 1, 1000)); /* slot 1's attached */
	ASSERT_EQ(0, card_unbind(&self->card));
	EXPECT_EQ(0, card_get(&self->card, 0x614));
	ASSERT_EQ(0, card_bind(&self->card));
}

TEST_F(device, slots_are_apart)
{
	int other = open("/dev/ecom0s2", O_RDWR | O_NONBLOCK);
	struct ecom_request r;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, card_mail(&self->card, 1, 1));
	EXPECT_EQ(-1, read(self->fd, &r, sizeof(r)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(sizeof(r), read(other, &r, sizeof(r)));
	EXPECT_EQ(0, complete(other, r.id, 0));
	EXPECT_EQ(0, card_result(&self->card, 1, 1, 1));
	EXPECT_EQ(33, card_result(&self->card, 0, 1, 1));
	close(other);
}

TEST_HARNESS_MAIN
