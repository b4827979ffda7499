// SPDX-License-Identifier: GPL-2.0-or-later
/* The ECEMAIL frame, with the example of the specification as bytes. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/frame.h"

/* Mock Slave 89 specification, 1.1, the Widget Report. */
static const uint8_t widget_report[64] = {
	0x01,
	0x01,
	0x05,
	0x00,
	0x10,
	0x0d,
	0x1b,
	0x00,
	0x6d,
	0x61,
	0x72,
	0x6b,
	0x40,
	0x68,
	0x6f,
	0x73,
	0x74,
	0x65,
	0x6e,
	0x67,
	0x2e,
	0x63,
	0x6f,
	0x6d,
	0x57,
	0x69,
	0x64,
	0x67,
	0x65,
	0x74,
	0x20,
	0x52,
	0x65,
	0x70,
	0x6f,
	0x72,
	0x74,
	0x53,
	0x68,
	0x69,
	0x66,
	0x74,
	0x20,
	0x23,
	0x20,
	0x33,
	0x20,
	0x6d,
	0x61,
	0x64,
	0x65,
	0x20,
	0x34,
	0x37,
	0x31,
	0x31,
	0x20,
	0x77,
	0x69,
	0x64,
	0x67,
	0x65,
	0x74,
	0x73,
};

static void expect_text(const struct text *text, const char *expected)
{
	assert_int_equal(text->length, strlen(expected));
	assert_memory_equal(text->data, expected, text->length);
}

static void test_example(void **state)
{
	struct ecemail ecemail;

	(void)state;
	assert_int_equal(ecemail_decode(&ecemail, widget_report, sizeof(widget_report)), 0);
	expect_text(&ecemail.to, "mark@hosteng.com");
	expect_text(&ecemail.subject, "Widget Report");
	expect_text(&ecemail.body, "Shift # 3 made 4711 widgets");
}

static void test_limits(void **state)
{
	uint8_t frame[129] = { 1, 1, 5, 0, 0, 0, 0, 0 };
	struct ecemail ecemail;

	(void)state;
	assert_int_equal(ecemail_decode(&ecemail, frame, 8), 0);
	expect_text(&ecemail.body, "");
	frame[6] = 120;
	assert_int_equal(ecemail_decode(&ecemail, frame, 128), 0);
	assert_int_equal(ecemail.body.length, 120);
	assert_int_equal(ecemail_decode(&ecemail, frame, 127), -EINVAL);
	frame[6] = 121;
	assert_int_equal(ecemail_decode(&ecemail, frame, 129), -EINVAL);
	frame[4] = frame[5] = frame[6] = 255;
	assert_int_equal(ecemail_decode(&ecemail, frame, 128), -EINVAL);
}

static void test_malformed(void **state)
{
	uint8_t frame[64];
	struct ecemail ecemail;

	(void)state;
	memcpy(frame, widget_report, sizeof(frame));
	for (size_t length = 0; length < sizeof(frame); length++)
		assert_int_equal(ecemail_decode(&ecemail, frame, length), -EINVAL);
	frame[7] = 1;
	assert_int_equal(ecemail_decode(&ecemail, frame, sizeof(frame)), -EINVAL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_malformed),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
