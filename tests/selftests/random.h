/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers that look random and are the same each time, unless ECEMAIL_SEED is
 * another.
 */
#ifndef SELFTESTS_RANDOM_H
#define SELFTESTS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static inline uint64_t variable(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

static inline uint64_t first_seed(void)
{
	return variable("ECEMAIL_SEED", 1);
}

/* splitmix64: 0 to @limit - 1 */
static inline uint32_t choose(uint64_t *state, uint32_t limit)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

static inline bool one_in(uint64_t *state, uint32_t n)
{
	return choose(state, n) == 0;
}

#endif /* SELFTESTS_RANDOM_H */
