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
			.text = "No! Behind the text",
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

static void test_wide_numbers(void **state)
{
	uint16_t words[64];

	(void)state;
	q.results[255].request = 0x70008;
	q.results[255].timeout = 65535;
	q.results[255].result.text_length = 94;
	memset(q.results[255].result.text, 'x', 93);
	q.results[255].result.text[93] = 'y';
	registers_read(&q, &slot, 0x89, 077700, 64, words);
	assert_int_equal(words[0], 255);
	assert_int_equal(words[011], 65535);
	assert_int_equal(words[012], 8);
	assert_int_equal(words[013], 7);
	assert_int_equal(words[014], 0);
	assert_int_equal(words[020], 94);
	assert_int_equal(words[077], 'x' | 'y' << 8);
}

static void test_text_ends(void **state)
{
	(void)state;
	q.results[5].request = 1;
	memset(q.results[5].result.text, 'x', 94);
	q.results[5].result.text_length = 4;
	assert_int_equal(v(040522), 'x' | 'x' << 8);
	assert_int_equal(v(040523), 0);
	q.results[5].result.text_length = 5;
	assert_int_equal(v(040523), 'x');
	assert_int_equal(v(040524), 0);
}

static void test_writable(void **state)
{
	(void)state;
	assert_true(registers_writable(0x89, 0100, 64));
	assert_true(registers_writable(0x89, 0300, 64));
	assert_true(registers_writable(0x90, 0, 64));
	assert_false(registers_writable(0x89, 077, 1));
	assert_false(registers_writable(0x89, 077, 2));
	assert_false(registers_writable(0x89, 0377, 2));
	assert_false(registers_writable(0x89, 0400, 1));
	assert_false(registers_writable(0x89, 01000, 1));
	assert_false(registers_writable(0x89, 040000, 1));
	assert_false(registers_writable(0x90, 077, 2));
	assert_false(registers_writable(0x91, 0100, 1));
	assert_false(registers_writable(0x89, 0xffffffff, 2));
}

static void test_write(void **state)
{
	static const uint16_t words[] = { 0x1234, 0x5678 };
	uint16_t read[2];

	(void)state;
	registers_write(&q, 0x89, 0376, 2, words);
	assert_int_equal(v(0376), 0x1234);
	assert_int_equal(v(0377), 0x5678);
	assert_int_equal(v(0375), 0);
	registers_write(&q, 0x89, 0100, 1, words);
	assert_int_equal(v(0100), 0x1234);
	assert_int_equal(v(0101), 0);
	registers_write(&q, 0x90, 076, 2, words);
	registers_read(&q, &slot, 0x90, 076, 2, read);
	assert_memory_equal(read, words, sizeof(words));
	assert_int_equal(q.scratch[124], 0x34);
	assert_int_equal(q.scratch[127], 0x56);
}

/* The newest first, also once the ring has come round. */
static void test_ring_order(void **state)
{
	unsigned int i;

	(void)state;
	q.newest = 2;
	for (i = 0; i < 16; i++) {
		q.outcomes[(2 + 16 - i) % 16].used = true;
		q.outcomes[(2 + 16 - i) % 16].tag = 100 + i;
		memset(q.outcomes[(2 + 16 - i) % 16].label, 'a' + i, 24);
	}
	for (i = 0; i < 16; i++) {
		assert_int_equal(v(01000 + i * 020), 100 + i);
		assert_int_equal(v(01003 + i * 020), 0);
		assert_int_equal(v(01017 + i * 020), ('a' + i) * 0x101);
	}
}

static void test_ring_unused_is_0(void **state)
{
	unsigned int i;

	(void)state;
	memset(q.outcomes, 0xff, sizeof(q.outcomes));
	for (i = 0; i < 16; i++)
		q.outcomes[i].used = false;
	for (i = 01000; i < 01400; i++)
		assert_int_equal(v(i), 0);
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
	cmocka_unit_test_setup(test_wide_numbers, setup),
	cmocka_unit_test_setup(test_text_ends, setup),
	cmocka_unit_test_setup(test_writable, setup),
	cmocka_unit_test_setup(test_write, setup),
	cmocka_unit_test_setup(test_ring, setup),
	cmocka_unit_test_setup(test_ring_order, setup),
	cmocka_unit_test_setup(test_ring_unused_is_0, setup),
	cmocka_unit_test_setup(test_scratch, setup),
};

UNIT_MAIN(tests)
