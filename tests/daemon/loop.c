// SPDX-License-Identifier: GPL-2.0-or-later
/* An event loop with a stop-watch. */

#include <glib.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "loop.h"

uint64_t now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t cpu_us(void)
{
	return now_us(CLOCK_THREAD_CPUTIME_ID);
}

static long waits(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

/* A call that blocks gives the processor away: then it is wall time that counts, else CPU time. */
static uint64_t dispatch(sd_event *event)
{
	uint64_t wall = now_us(CLOCK_MONOTONIC), cpu = cpu_us();
	long before = waits();

	sd_event_dispatch(event);
	return waits() > before ? now_us(CLOCK_MONOTONIC) - wall : cpu_us() - cpu;
}

uint64_t loop_run(sd_event *event, const bool *until, unsigned int limit_ms)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + limit_ms * 1000ULL, worst = 0;

	while (!*until && now_us(CLOCK_MONOTONIC) < end &&
	       sd_event_get_state(event) != SD_EVENT_FINISHED) {
		int r = sd_event_prepare(event);

		if (r == 0)
			r = sd_event_wait(event, 10000);
		if (r > 0)
			worst = MAX(worst, dispatch(event));
	}
	/* valgrind takes ten times as long for everything */
	return getenv("UNIT_VALGRIND") ? 0 : worst;
}
