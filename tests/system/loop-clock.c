// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded to the daemon itself: how long its event loop does not come back to
 * wait for events. On stderr, whenever a turn was longer than all before it:
 * "loop-clock: CPU WALL", in microseconds.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static int loop = -1; /* the epoll that is waited for first */
static long long ran, began, worst_cpu, worst_wall; /* ns */

static long long now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void turn_ends(int fd)
{
	long long cpu, wall;

	if (gettid() != getpid() || (loop >= 0 && fd != loop))
		return;
	loop = fd;
	cpu = now(CLOCK_THREAD_CPUTIME_ID) - ran;
	wall = now(CLOCK_MONOTONIC) - began;
	/* the first turn is the daemon's start */
	if (!began || (cpu <= worst_cpu && wall <= worst_wall))
		return;
	worst_cpu = cpu > worst_cpu ? cpu : worst_cpu;
	worst_wall = wall > worst_wall ? wall : worst_wall;
	dprintf(STDERR_FILENO, "loop-clock: %lld %lld\n", worst_cpu / 1000, worst_wall / 1000);
}

static void turn_begins(int fd)
{
	if (gettid() != getpid() || fd != loop)
		return;
	ran = now(CLOCK_THREAD_CPUTIME_ID);
	began = now(CLOCK_MONOTONIC);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	int (*next)(int, struct epoll_event *, int, int) = dlsym(RTLD_NEXT, __func__);
	int n;

	turn_ends(fd);
	n = next(fd, events, max, timeout);
	turn_begins(fd);
	return n;
}

int epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
		 const sigset_t *mask)
{
	int (*next)(int, struct epoll_event *, int, const struct timespec *, const sigset_t *) =
		dlsym(RTLD_NEXT, __func__);
	int n;

	turn_ends(fd);
	n = next(fd, events, max, timeout, mask);
	turn_begins(fd);
	return n;
}
