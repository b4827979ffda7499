// SPDX-License-Identifier: GPL-2.0-or-later
/* The token bucket against a clock of its own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/rate.h"

#define SECOND UINT64_C(1000000)

static const struct rate_limit ten_a_minute = { 10, 60 };

/* Takes until there is none left; returns how many there were. */
static unsigned int take_all(struct rate *rate, const struct rate_limit *limit, uint64_t now_us)
{
	unsigned int n = 0;

	while (n < 1000 && !rate_take(rate, limit, now_us))
		n++;
	return n;
}

static void test_burst(void **state)
{
	struct rate rate = { 0 };
	uint64_t now = 3600 * SECOND;

	(void)state;
	assert_int_equal(take_all(&rate, &ten_a_minute, now), 10);
	assert_int_equal(rate_take(&rate, &ten_a_minute, now), 6 * SECOND);
	assert_int_equal(rate_take(&rate, &ten_a_minute, now + 2 * SECOND), 4 * SECOND);
	assert_int_equal(rate_take(&rate, &ten_a_minute, now + 6 * SECOND - 1), 1);
	assert_int_equal(take_all(&rate, &ten_a_minute, now + 6 * SECOND), 1);
	assert_int_equal(take_all(&rate, &ten_a_minute, now + 36 * SECOND), 5);
	assert_int_equal(take_all(&rate, &ten_a_minute, now + 3600 * SECOND), 10);
}

/* A contact that chatters for a day gets the burst and what has filled up since. */
static void test_chatter(void **state)
{
	static const struct rate_limit hundred_an_hour = { 100, 3600 };
	struct rate rate = { 0 };
	unsigned int n = 0;

	(void)state;
	for (uint64_t now = 0; now < 86400 * SECOND; now += SECOND / 2)
		n += !rate_take(&rate, &hundred_an_hour, now);
	assert_in_range(n, 100 + 24 * 100 - 1, 100 + 24 * 100);
}

/* Right after boot, when the clock is less than a period. */
static void test_first_moment(void **state)
{
	struct rate rate = { 0 };

	(void)state;
	assert_int_equal(take_all(&rate, &ten_a_minute, 1), 10);
}

static void test_no_limit(void **state)
{
	static const struct rate_limit none = { 0, 0 };
	struct rate rate = { 0 };

	(void)state;
	assert_int_equal(take_all(&rate, &none, SECOND), 1000);
	assert_int_equal(take_all(&rate, &ten_a_minute, SECOND), 10);
}

/* A smaller limit holds at once, one that is gone does not hold on. */
static void test_other_limit(void **state)
{
	static const struct rate_limit two_a_minute = { 2, 60 };
	struct rate rate = { 0 };

	(void)state;
	assert_int_equal(take_all(&rate, &ten_a_minute, SECOND), 10);
	assert_int_equal(take_all(&rate, &two_a_minute, SECOND), 0);
	assert_int_equal(rate_take(&rate, &two_a_minute, SECOND), 30 * SECOND);
	assert_int_equal(take_all(&rate, &two_a_minute, 61 * SECOND), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_chatter),
		cmocka_unit_test(test_first_moment),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_other_limit),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
