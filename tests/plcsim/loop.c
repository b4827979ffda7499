// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/plcsim/loop.h"

int loop_init(struct loop *loop)
{
	*loop = (struct loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	return loop->epoll_fd < 0 ? -errno : 0;
}

static int control(struct loop *loop, int operation, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(loop->epoll_fd, operation, source->fd, &event) < 0 ? -errno : 0;
}

int loop_add(struct loop *loop, struct source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, source, events);
}

int loop_change(struct loop *loop, struct source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, source, events);
}

int source_set_period(struct source *source, unsigned int milliseconds)
{
	struct timespec period = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
	struct itimerspec timer = { period, period };

	return timerfd_settime(source->fd, 0, &timer, NULL) < 0 ? -errno : 0;
}

int loop_add_timer(struct loop *loop, struct source *source, unsigned int milliseconds)
{
	source->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (source->fd < 0 || source_set_period(source, milliseconds) < 0)
		return -errno;
	return loop_add(loop, source, EPOLLIN);
}

void loop_remove(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	close(source->fd);
	source->fd = -1;
}

/* One event at a time: a source may remove another that is ready too. */
int loop_run(struct loop *loop)
{
	struct epoll_event event;

	while (!loop->stop) {
		int count = epoll_wait(loop->epoll_fd, &event, 1, -1);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0) {
			struct source *source = event.data.ptr;

			source->ready(source, event.events);
		}
	}
	return 0;
}

void loop_release(struct loop *loop)
{
	close(loop->epoll_fd);
}

void source_drain(struct source *source)
{
	uint64_t count;
	ssize_t got = read(source->fd, &count, sizeof(count));

	(void)got; /* nothing there is quiet, too */
}

uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
