// SPDX-License-Identifier: GPL-2.0-or-later
/* An event loop with a stop-watch. */

#include <glib.h>
#include <time.h>

#include "loop.h"

uint64_t now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* CPU time, so that a busy machine does not count, would miss blocking calls: it is wall time. */
uint64_t loop_run(sd_event *event, const bool *until, unsigned int limit_ms)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + limit_ms * 1000ULL, start, worst = 0;

	while (!*until && now_us(CLOCK_MONOTONIC) < end &&
	       sd_event_get_state(event) != SD_EVENT_FINISHED) {
		int r = sd_event_prepare(event);

		if (r == 0)
			r = sd_event_wait(event, 10000);
		start = now_us(CLOCK_MONOTONIC);
		if (r > 0)
			sd_event_dispatch(event);
		worst = MAX(worst, now_us(CLOCK_MONOTONIC) - start);
	}
	return worst;
}
