/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every fuzz target needs. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold; else libFuzzer keeps the input. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The fuzzer's bytes, taken one after the other; zeroes once there are no more. */
struct input {
	const uint8_t *data;
	size_t size;
};

static inline uint32_t take(struct input *in, size_t bytes)
{
	uint32_t value = 0;
	size_t i;

	for (i = 0; i < bytes && in->size; i++, in->size--)
		value |= (uint32_t)*in->data++ << 8 * i;
	return value;
}

/* A copy that ends where its memory ends, so that ASan sees a byte read beyond. */
static inline void *exact_copy(const void *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	MUST(copy);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

#endif /* TESTS_FUZZ_FUZZ_H */
