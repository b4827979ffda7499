// SPDX-License-Identifier: GPL-2.0-or-later
/* An event loop with a stop-watch. */

#include <fcntl.h>
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "loop.h"

#ifdef __SANITIZE_ADDRESS__
#define SLOWNESS 3 /* of a build with sanitizers */
#else
#define SLOWNESS 1
#endif

static uint64_t stall_us = LOOP_STALL_US;
static bool waiting_counts = true;

uint64_t now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* How long this thread has waited for a processor while it could have run. */
static uint64_t queued_us(void)
{
	static int fd = -1;
	char text[96] = "";
	unsigned long long ran, queued = 0;

	if (fd < 0)
		fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_int_equal(sscanf(text, "%llu %llu", &ran, &queued), 2);
	return queued / 1000;
}

/* How often this thread has given the processor away by itself. */
static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/*
 * What a call that blocks sleeps counts (but see loop_count_waiting()), as does
 * what the processor does for us; but not that other processes or another virtual
 * machine have it. Who has not slept has had but the processor's time.
 */
static uint64_t dispatch(sd_event *event)
{
	uint64_t wall = now_us(CLOCK_MONOTONIC), cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
	uint64_t queued = queued_us();
	long slept = sleeps();

	sd_event_dispatch(event);
	if (!waiting_counts || sleeps() == slept)
		return now_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
	queued = queued_us() - queued;
	wall = now_us(CLOCK_MONOTONIC) - wall;
	return wall > queued ? wall - queued : 0;
}

void loop_allow(uint64_t usec)
{
	stall_us = usec;
}

void loop_count_waiting(bool count)
{
	waiting_counts = count;
}

uint64_t loop_run(sd_event *event, const bool *until, unsigned int limit_ms)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + limit_ms * 1000ULL, worst = 0;

	while (!*until && now_us(CLOCK_MONOTONIC) < end &&
	       sd_event_get_state(event) != SD_EVENT_FINISHED) {
		int r = sd_event_prepare(event);
		uint64_t took = 0;

		if (r == 0)
			r = sd_event_wait(event, 10000);
		if (r > 0)
			took = dispatch(event);
		worst = MAX(worst, took);
	}
	if (worst > stall_us * SLOWNESS && !getenv("UNIT_VALGRIND"))
		fail_msg("the loop stood still for %u us", (unsigned int)worst);
	return worst;
}
