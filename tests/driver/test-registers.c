// SPDX-License-Identifier: GPL-2.0-or-later
/* The register map, with its addresses as the specification writes them. */
#include "unit.h"
#include "driver/registers.h"

static struct queue q;
static const struct registers_slot slot = { .number = 1, .dip = 0x8c };

static int setup(void **state)
{
	(void)state;
	queue_init(&q, 0xaaaabbbb);
	queue_power_up(&q, 0xccccdddd);
	return 0;
}

static uint16_t v(uint32_t address)
{
	uint16_t word;

	registers_read(&q, &slot, 0x89, address, 1, &word);
	return word;
}

static void test_module(void **state)
{
	(void)state;
	assert_int_equal(v(0), 0x0100);
	assert_int_equal(v(01), 10);
	assert_int_equal(v(02), 60);
	assert_int_equal(v(03), 16);
	assert_int_equal(v(04), 0);
	assert_int_equal(v(05), 0);
	assert_int_equal(v(06), 1);
	assert_int_equal(v(07), 0x8c);
	assert_int_equal(v(010), 0xdddd);
	assert_int_equal(v(011), 0xcccc);
	assert_int_equal(v(012), 0xbbbb);
	assert_int_equal(v(013), 0xaaaa);
	q.counters.accepted = 0x10002;
	q.counters.busy = 0x30004;
	q.counters.refused = 0x50006;
	assert_int_equal(v(014), 2);
	assert_int_equal(v(015), 1);
	assert_int_equal(v(016), 4);
	assert_int_equal(v(017), 3);
	assert_int_equal(v(020), 6);
	assert_int_equal(v(021), 5);
	assert_int_equal(v(022), 0);
	assert_int_equal(v(0100), 0);
	assert_int_equal(v(0377), 0);
	queue_attach(&q);
	assert_int_equal(v(05), 1);
}

static void test_unused_tag_is_never_success(void **state)
{
	(void)state;
	assert_int_equal(v(040500), 5);
	assert_int_equal(v(040501), 33);
	assert_int_equal(v(040510), 0);
	assert_int_equal(v(077700), 255);
	assert_int_equal(v(077701), 33);
}

static void end_request_5(void)
{
	const uint8_t frame[] = { 1, 1, 5, 0 };
	struct ecom_request r;
	struct ecom_progress p = { .id = 1, .on_expire = 10, .label = "Widget" };
	struct ecom_complete c = {
		.id = 1,
		.result = {
			.status = 550,
			.state = 4,
			.reply = 550,
			.enhanced = { 5, 1, 2 },
			.detail = 60,
			.sent = 3,
			.text_length = 3,
			.text = "No!",
		},
	};

	q.timeout = 90;
	assert_int_equal(queue_accept(&q, frame, sizeof(frame), 0), 0);
	assert_int_equal(v(040501), 1);
	assert_int_equal(v(040510), 0);
	assert_true(queue_deliver(&q, &r));
	assert_int_equal(queue_progress(&q, &p), 0);
	assert_int_equal(queue_complete(&q, &c), 0);
}

static void test_result(void **state)
{
	static const uint16_t expected[] = { 5,	 550, 4, 550, 5, 1, 2, 60, 3, 90,
					     1,	 0,   0, 0,   0, 0, 3, 'N' | 'o' << 8,
					     '!', 0 };
	uint16_t words[64];
	unsigned int i;

	(void)state;
	end_request_5();
	registers_read(&q, &slot, 0x89, 040500, 64, words);
	for (i = 0; i < 20; i++)
		assert_int_equal(words[i], expected[i]);
}

static void test_ring(void **state)
{
	(void)state;
	assert_int_equal(v(01001), 0);
	end_request_5();
	assert_int_equal(v(01000), 5);
	assert_int_equal(v(01001), 550);
	assert_int_equal(v(01002), 3);
	assert_int_equal(v(01003), 0);
	assert_int_equal(v(01004), 'W' | 'i' << 8);
	assert_int_equal(v(01006), 'e' | 't' << 8);
	assert_int_equal(v(01007), 0);
	assert_int_equal(v(01020), 0);
}

static void test_scratch(void **state)
{
	uint16_t words[2];

	(void)state;
	q.scratch[124] = 0x34;
	q.scratch[125] = 0x12;
	q.scratch[127] = 0x56;
	registers_read(&q, &slot, 0x90, 076, 2, words);
	assert_int_equal(words[0], 0x1234);
	assert_int_equal(words[1], 0x5600);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_module, setup),
	cmocka_unit_test_setup(test_unused_tag_is_never_success, setup),
	cmocka_unit_test_setup(test_result, setup),
	cmocka_unit_test_setup(test_ring, setup),
	cmocka_unit_test_setup(test_scratch, setup),
};

UNIT_MAIN(tests)
