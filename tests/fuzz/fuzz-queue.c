// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The queue against its reference, with operations that the fuzzer chooses:
 * one, two or four bytes for each choice, as many as its range needs.
 */
#include "fuzz.h"
#include "tests/driver/operations.h"

static struct operations operations;

static uint32_t next_number(void *source, uint32_t limit)
{
	size_t bytes = 1;

	if (limit > 0x100)
		bytes = limit > 0x10000 ? 4 : 2;
	return take(source, bytes) % limit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	bool same = true;

	operations.choose = next_number;
	operations.source = &in;
	operations_start(&operations);
	while (same && in.size)
		same = operations_step(&operations);
	if (!same || !operations_end(&operations)) {
		operations_explain(&operations, stderr);
		abort();
	}
	return 0;
}
