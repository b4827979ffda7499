// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Card blocks that identification_check() takes are those that the hardware
 * specification (2.1) describes.
 *
 * Input, words little endian: sizes of the BARs of DPRAM and doorbell, then
 * magic, layout version, size of DPRAM, number of slots, offset of the first
 * slot block, distance, offset of the host block, generation, offset of the
 * doorbell; then a byte for each slot number.
 */
#include "driver/identification.h"
#include "fuzz.h"

struct block {
	uint64_t start;
	uint64_t end;
};

/* Card, host, slots; returns how many. */
static size_t list_blocks(const struct identification *id, struct block blocks[18])
{
	size_t n = 0, i;

	blocks[n++] = (struct block){ 0, 0x100 };
	blocks[n++] = (struct block){ id->host_offset, (uint64_t)id->host_offset + 0x20 };
	for (i = 0; i < id->slot_count; i++) {
		uint64_t start = id->slot_offset + (uint64_t)i * id->slot_size;

		blocks[n++] = (struct block){ start, start + 0x400 };
	}
	return n;
}

static bool overlap(const struct block *a, const struct block *b)
{
	return a->start < b->end && b->start < a->end;
}

static bool blocks_in_order(const struct identification *id)
{
	struct block blocks[18];
	size_t n = list_blocks(id, blocks), i, k;

	for (i = 0; i < n; i++) {
		if (blocks[i].end > id->dpram_size)
			return false;
		for (k = 0; k < i; k++)
			if (overlap(&blocks[i], &blocks[k]))
				return false;
	}
	return true;
}

static bool numbers_in_order(const struct identification *id, uint64_t dpram_bar,
			     uint64_t doorbell_bar)
{
	return id->magic == 0x4d4f4345 && id->layout >> 16 == 1 && id->dpram_size >= 0x1000 &&
	       id->dpram_size <= 0x100000 && id->dpram_size <= dpram_bar && id->slot_count >= 1 &&
	       id->slot_count <= 16 && id->slot_size >= 0x400 && id->slot_size % 4 == 0 &&
	       id->slot_offset % 4 == 0 && id->host_offset % 4 == 0 && id->generation != 0 &&
	       id->doorbell_offset % 4 == 0 && (uint64_t)id->doorbell_offset + 4 <= doorbell_bar;
}

static bool slots_in_order(const struct identification *id)
{
	uint32_t i, k;

	for (i = 0; i < id->slot_count; i++) {
		if (id->slot_numbers[i] > 15)
			return false;
		for (k = 0; k < i; k++)
			if (id->slot_numbers[i] == id->slot_numbers[k])
				return false;
	}
	return true;
}

static void fill(struct identification *id, struct input *in)
{
	size_t i;

	id->magic = take(in, 4);
	id->layout = take(in, 4);
	id->dpram_size = take(in, 4);
	id->slot_count = take(in, 4);
	id->slot_offset = take(in, 4);
	id->slot_size = take(in, 4);
	id->host_offset = take(in, 4);
	id->generation = take(in, 4);
	id->doorbell_offset = take(in, 4);
	for (i = 0; i < 16; i++)
		id->slot_numbers[i] = take(in, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t dpram_bar = take(&in, 4), doorbell_bar = take(&in, 4);
	struct identification id = { 0 };
	const char *wrong;

	fill(&id, &in);
	wrong = identification_check(&id, dpram_bar, doorbell_bar);
	if (!numbers_in_order(&id, dpram_bar, doorbell_bar) || !blocks_in_order(&id)) {
		MUST(wrong && *wrong);
		return 0;
	}
	MUST(!wrong);
	MUST(!identification_check_slots(&id) == slots_in_order(&id));
	return 0;
}
