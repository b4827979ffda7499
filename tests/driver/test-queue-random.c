// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The queue against its reference, by random operations: 200,000, or 50 million
 * with ECEMAIL_LONG=1. ECEMAIL_SEED repeats a run; the short one always does
 * the same, the long one takes its seed from the clock. ECEMAIL_OPERATIONS is
 * their number.
 */
#include "unit.h"
#include <stdlib.h>
#include <time.h>
#include "operations.h"

static struct operations o;

/* splitmix64 */
static uint32_t random_number(void *source, uint32_t limit)
{
	uint64_t *state = source;
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

static uint64_t variable(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

/* One load of the driver; returns how many operations it took. */
static uint64_t run_life(uint64_t seed)
{
	uint32_t length, i;

	o.choose = random_number;
	o.source = &seed;
	operations_start(&o);
	length = 20 + random_number(&seed, 480);
	for (i = 0; i < length; i++)
		if (!operations_step(&o))
			return i;
	operations_end(&o);
	return i;
}

static void test_random_operations(void **state)
{
	bool is_long = variable("ECEMAIL_LONG", 0);
	uint64_t seed = variable("ECEMAIL_SEED", is_long ? (uint64_t)time(NULL) << 24 : 1);
	uint64_t count = variable("ECEMAIL_OPERATIONS", is_long ? 50000000 : 200000);
	uint64_t done = 0;

	(void)state;
	print_message("# ECEMAIL_SEED=%llu\n", (unsigned long long)seed);
	for (; done < count; seed++) {
		done += run_life(seed);
		if (!*o.mismatch)
			continue;
		operations_explain(&o, stdout);
		fail_msg("ECEMAIL_SEED=%llu ECEMAIL_OPERATIONS=1: %s", (unsigned long long)seed,
			 o.mismatch);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_random_operations),
};

UNIT_MAIN(tests)
