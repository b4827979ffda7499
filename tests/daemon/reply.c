// SPDX-License-Identifier: GPL-2.0-or-later
/* The reply parser, fed whole and byte by byte. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/reply.h"

/* Parses up to the first complete reply or fault; returns what it was. */
static enum reply_event parse(struct reply_parser *parser, const char *text, size_t piece)
{
	size_t length = strlen(text), used;

	for (size_t i = 0; i < length; i += used) {
		size_t n = length - i < piece ? length - i : piece;
		enum reply_event event = reply_parse(parser, text + i, n, &used);

		assert_in_range(used, 1, n);
		if (event != REPLY_MORE && event != REPLY_LINE)
			return event;
	}
	return REPLY_MORE;
}

static void expect(const char *text, enum reply_event event, unsigned int code,
		   const unsigned int *enhanced, const char *line)
{
	static const unsigned int none[3];
	const size_t pieces[] = { 1, 2, 7, 100000 };

	if (!enhanced)
		enhanced = none;
	for (size_t i = 0; i < 4; i++) {
		struct reply_parser parser = { 0 };

		assert_int_equal(parse(&parser, text, pieces[i]), event);
		if (event != REPLY_COMPLETE)
			continue;
		assert_int_equal(parser.reply.code, code);
		assert_memory_equal(parser.reply.enhanced, enhanced, sizeof(none));
		assert_string_equal(parser.reply.text, line);
	}
}

static void expect_lines(unsigned int lines, enum reply_event event)
{
	struct reply_parser parser = { 0 };
	char text[8 * 300 + 16] = "";

	for (unsigned int i = 1; i < lines; i++)
		strcat(text, "250-x\r\n");
	strcat(text, "250 y\r\n");
	assert_int_equal(parse(&parser, text, 100000), event);
}

/* A reply has an end. */
static void test_lines(void **state)
{
	(void)state;
	expect_lines(REPLY_LINES_MAX, REPLY_COMPLETE);
	expect_lines(REPLY_LINES_MAX + 1, REPLY_TOO_LONG);
}

#define ENHANCED(...) ((const unsigned int[3]){ __VA_ARGS__ })

static void test_replies(void **state)
{
	(void)state;
	expect("250 Ok\r\n", REPLY_COMPLETE, 250, NULL, "250 Ok");
	expect("250\r\n", REPLY_COMPLETE, 250, NULL, "250");
	expect("250 \r\n", REPLY_COMPLETE, 250, NULL, "250 ");
	expect("250 Ok\n", REPLY_COMPLETE, 250, NULL, "250 Ok");
	expect("250-a\r\n250-b\r\n250 c\r\n", REPLY_COMPLETE, 250, NULL, "250 c");
	expect("250-a\r\n250\r\n", REPLY_COMPLETE, 250, NULL, "250");
	expect("250 caf\xc3\xa9\x01\r\n", REPLY_COMPLETE, 250, NULL, "250 caf???");
	expect("250-a\r\n", REPLY_MORE, 0, NULL, NULL);
	expect("250 a", REPLY_MORE, 0, NULL, NULL);
}

static void test_enhanced(void **state)
{
	(void)state;
	expect("550 5.1.1 who\r\n", REPLY_COMPLETE, 550, ENHANCED(5, 1, 1), "550 5.1.1 who");
	expect("550 5.1.10\r\n", REPLY_COMPLETE, 550, ENHANCED(5, 1, 10), "550 5.1.10");
	expect("451 4.7.999 x\r\n", REPLY_COMPLETE, 451, ENHANCED(4, 7, 999), "451 4.7.999 x");
	expect("550-5.7.1 a\r\n550 b\r\n", REPLY_COMPLETE, 550, ENHANCED(5, 7, 1), "550 b");
	expect("550 4.1.1 class\r\n", REPLY_COMPLETE, 550, NULL, "550 4.1.1 class");
	expect("550 5.1 x\r\n", REPLY_COMPLETE, 550, NULL, "550 5.1 x");
	expect("550 5.1.1x\r\n", REPLY_COMPLETE, 550, NULL, "550 5.1.1x");
	expect("550 5.1.1234 x\r\n", REPLY_COMPLETE, 550, NULL, "550 5.1.1234 x");
	expect("550 5.1.\r\n", REPLY_COMPLETE, 550, NULL, "550 5.1.");
}

/* What the first reply said must not stick to the second. */
static void test_two(void **state)
{
	struct reply_parser parser = { 0 };

	(void)state;
	assert_int_equal(parse(&parser, "550 5.1.1 who\r\n", 4), REPLY_COMPLETE);
	assert_int_equal(parse(&parser, "250 ok\r\n", 4), REPLY_COMPLETE);
	assert_int_equal(parser.reply.code, 250);
	assert_int_equal(parser.reply.enhanced[0], 0);
}

static void test_garbage(void **state)
{
	static const char *const lines[] = {
		"\r\n",
		"25\r\n",
		"SSH-2.0-x\r\n",
		"650 x\r\n",
		"050 x\r\n",
		"2a0 x\r\n",
		"250x\r\n",
		"2500 x\r\n",
		" 250\r\n",
		"250-a\r\n251 b\r\n",
		"HTTP/1.1 400 Bad Request\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect(lines[i], REPLY_GARBAGE, 0, NULL, NULL);
}

static void test_length(void **state)
{
	char line[REPLY_LINE_MAX + 8];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "250 ", 4);
	strcpy(line + REPLY_LINE_MAX - 2, "\r\n");
	line[REPLY_LINE_MAX - 1] = '\n';
	{
		struct reply_parser parser = { 0 };

		assert_int_equal(parse(&parser, line, 100), REPLY_COMPLETE);
		assert_int_equal(strlen(parser.reply.text), REPLY_LINE_MAX - 2);
	}
	strcpy(line + REPLY_LINE_MAX - 2, "x\r\n");
	expect(line, REPLY_TOO_LONG, 0, NULL, NULL);
	memset(line, '2', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	expect(line, REPLY_TOO_LONG, 0, NULL, NULL);
}

/* Any bytes: no event but the defined ones, no step of length 0. */
static void test_noise(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct reply_parser parser = { 0 };
		char noise[64];
		size_t used;

		for (size_t i = 0; i < sizeof(noise); i++) {
			seed = seed * 1664525 + 1013904223;
			noise[i] = "0123456789-. \r\nx\xff\0"[(seed >> 16) % 18];
		}
		for (size_t i = 0; i < sizeof(noise); i += used) {
			enum reply_event event = reply_parse(&parser, noise + i, sizeof(noise) - i,
							     &used);

			assert_in_range(used, 1, sizeof(noise) - i);
			if (event == REPLY_COMPLETE || event == REPLY_LINE)
				assert_in_range(parser.reply.code, 100, 599);
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_enhanced),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_noise),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
