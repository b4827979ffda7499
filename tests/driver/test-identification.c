// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"
#include "driver/identification.h"

static const struct identification good = {
	.magic = 0x4d4f4345,
	.layout = 0x00010000,
	.dpram_size = 0x10000,
	.slot_count = 2,
	.slot_offset = 0x400,
	.slot_size = 0x400,
	.host_offset = 0x100,
	.generation = 0x12345678,
	.doorbell_offset = 0x0c,
	.slot_numbers = { 1, 2 },
};

static const char *check(const struct identification *id)
{
	return identification_check(id, 0x10000, 0x100);
}

static void test_magic_spells_ecom(void **state)
{
	const uint32_t magic = CARD_MAGIC_VALUE;

	(void)state;
	assert_memory_equal(&magic, "ECOM", 4);
}

static void test_good(void **state)
{
	struct identification id = good;

	(void)state;
	assert_null(check(&id));
	assert_null(identification_check_slots(&id));
	id.layout = 0x00010007; /* another minor is taken */
	assert_null(check(&id));
}

#define BAD(field, value, what)                         \
	do {                                            \
		struct identification bad = good;       \
		bad.field = value;                      \
		assert_non_null(check(&bad));           \
		assert_string_equal(check(&bad), what); \
	} while (0)

static void test_bad_fields(void **state)
{
	struct identification id = good;

	(void)state;
	BAD(magic, 0, "magic");
	BAD(magic, 0xffffffff, "magic");
	BAD(layout, 0x00020000, "layout version");
	BAD(dpram_size, 0xffc, "size of DPRAM");
	BAD(dpram_size, 0x10004, "size of DPRAM");
	BAD(dpram_size, 0xffffffff, "size of DPRAM");
	BAD(slot_count, 0, "number of slots");
	BAD(slot_count, 17, "number of slots");
	BAD(slot_count, 0xffffffff, "number of slots");
	BAD(slot_size, 0x3fc, "distance of slot blocks");
	BAD(slot_size, 0x401, "distance of slot blocks");
	BAD(slot_size, 0xfffffffc, "offset of slot blocks");
	BAD(slot_offset, 0xfc, "offset of slot blocks");
	BAD(slot_offset, 0x402, "offset of slot blocks");
	BAD(slot_offset, 0xf804, "offset of slot blocks");
	BAD(slot_offset, 0xfffffffc, "offset of slot blocks");
	BAD(host_offset, 0, "offset of host block");
	BAD(host_offset, 0x101, "offset of host block");
	BAD(host_offset, 0xffe4, "offset of host block");
	BAD(host_offset, 0x400, "overlap of host block and slot blocks");
	BAD(host_offset, 0xbfc, "overlap of host block and slot blocks");
	BAD(host_offset, 0x3e4, "overlap of host block and slot blocks");
	BAD(generation, 0, "card generation");
	BAD(doorbell_offset, 0x0d, "offset of doorbell");
	BAD(doorbell_offset, 0x100, "offset of doorbell");
	BAD(doorbell_offset, 0xfffffffc, "offset of doorbell");
	id.dpram_size = 0x100004;
	assert_string_equal(identification_check(&id, 0x200000, 0x100), "size of DPRAM");
}

static void test_edges_that_fit(void **state)
{
	struct identification id = good;

	(void)state;
	id.slot_offset = 0xf800;
	assert_null(check(&id));
	id = good;
	id.host_offset = 0x3e0;
	assert_null(check(&id));
	id.host_offset = 0xc00;
	assert_null(check(&id));
	id = good;
	id.doorbell_offset = 0xfc;
	assert_null(check(&id));
	id = good;
	id.dpram_size = 0x1000;
	assert_null(check(&id));
	id = good;
	id.slot_count = 16;
	assert_null(check(&id));
	id.slot_offset = 0xc000;
	assert_null(check(&id));
	id = good;
	id.slot_offset = 0x120;
	assert_null(check(&id));
	id.dpram_size = 0x100000;
	assert_null(identification_check(&id, 0x100000, 0x100));
	assert_null(identification_check(&id, 0x200000, 0x100));
}

static void test_host_block_between_slot_blocks(void **state)
{
	struct identification id = good;

	(void)state;
	id.slot_size = 0x800;
	id.host_offset = 0x800;
	assert_null(check(&id));
	id.host_offset = 0x7fc;
	assert_string_equal(check(&id), "overlap of host block and slot blocks");
	id.host_offset = 0xbe4;
	assert_string_equal(check(&id), "overlap of host block and slot blocks");
	id.host_offset = 0x1000;
	assert_null(check(&id));
}

static void test_texts_are_made_fit_to_be_shown(void **state)
{
	__u8 text[8] = { 'H', '2', '\n', 0x1b, 0xff, 0, 'x', 0 };

	(void)state;
	identification_clean(text, sizeof(text));
	assert_memory_equal(text, "H2???\0\0\0", 8);
}

static void test_slot_numbers(void **state)
{
	struct identification id = good;

	(void)state;
	id.slot_numbers[1] = 15;
	assert_null(identification_check_slots(&id));
	id.slot_numbers[1] = 16;
	assert_string_equal(identification_check_slots(&id), "slot number");
	id.slot_numbers[1] = 1;
	assert_string_equal(identification_check_slots(&id), "slot number used twice");
	id.slot_count = 1;
	assert_null(identification_check_slots(&id));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_magic_spells_ecom),
	cmocka_unit_test(test_good),
	cmocka_unit_test(test_bad_fields),
	cmocka_unit_test(test_edges_that_fit),
	cmocka_unit_test(test_slot_numbers),
	cmocka_unit_test(test_host_block_between_slot_blocks),
	cmocka_unit_test(test_texts_are_made_fit_to_be_shown),
};

UNIT_MAIN(tests)
