// SPDX-License-Identifier: GPL-2.0-or-later
/* The limit of mails in a time. Not a lock: a burst passes, then an even flow. */

#include "rate.h"

uint64_t rate_take(struct rate *rate, const struct rate_limit *limit, uint64_t now_us)
{
	uint64_t whole = limit->seconds * UINT64_C(1000000), one, full;

	if (!limit->count)
		return 0;
	one = whole / limit->count;
	full = (rate->full_us > now_us ? rate->full_us : now_us) + one;
	if (full - now_us > whole)
		return full - now_us - whole;
	rate->full_us = full;
	return 0;
}
