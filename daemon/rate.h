/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_RATE_H
#define ECEMAIL_RATE_H

#include <stdint.h>

/* How many in how many seconds; a count of 0: any number. */
struct rate_limit {
	unsigned int count;
	unsigned int seconds;
};

/*
 * A token bucket that holds @count and fills up within @seconds. It is kept
 * as the moment at which it will be full; all zeroes: full now.
 */
struct rate {
	uint64_t full_us;
};

/* Takes one. Returns 0, or if there is none, in how many microseconds there will be. */
uint64_t rate_take(struct rate *rate, const struct rate_limit *limit, uint64_t now_us);

#endif /* ECEMAIL_RATE_H */
