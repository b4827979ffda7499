// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands of ctl and scripts as text, conditions, and the meaning of outcomes. */
#include "tests/plcsim/command.h"
#include "tests/plcsim/outcome.h"
#include "tests/plcsim/test.h"

static void test_good_commands(void **state)
{
	static const char *const lines[] = {
		"set X0=1",
		"set X0=1 V3000=65535",
		"set  V3000 = 5",
		"get V1504",
		"get C0 C1",
		"wait C0=1",
		"wait C0=1 5",
		"wait C0=1 0.5",
		"wait C0=1 and V1504!=1",
		"wait V1 >= 3 and V2<=4 and V3 > 1 and V4 < 2 10",
		"expect C0=1",
		"watch C0 C1 V1504",
		"watch C0 for 5",
		"sleep 0.25",
		"status",
		"plc off",
		"plc on",
		"plc run",
		"plc program",
		"card reset",
		"card reset 3",
		"frame 1 01 01 05 00",
		"frame 1 01010500",
		"frame 15",
		"raw 1 rx 89 40500 24",
		"raw 1 wx 90 77 2 0102",
		"raw 0 wx 0 177777 255",
		"scan run",
		"scan step",
		"scan step 0",
		"scan step 1000000",
		"scan time 1",
		"scan time 1000",
		"misbehave length-flips",
		"misbehave zero-fill 12345678901",
		"misbehave zero-fill 1 3",
		"misbehave off",
		"misbehave off 3",
		"clock 2006-03-01 10:48:26",
		"clock 2024-02-29 23:59:59",
		"download /tmp/p.ld",
		"save /tmp/s",
		"save /tmp/s V3000 C0",
		"save \"/tmp/my files/s\" V3000",
		"download \"p q\"",
		"port",
		"quit",
		"  status  ",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *error = NULL;
		struct command command;

		if (!command_parse(lines[i], &command, &error))
			fail_msg("'%s': %s", lines[i], error);
	}
}

static void test_wrong_commands(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "", "'': no such command" },
		{ "start", "'start': no such command" },
		{ "set", "usage: set ELEMENT=VALUE …" },
		{ "set X0", "a relation such as = is missing" },
		{ "set X0>1", "only = sets a value" },
		{ "set X0=2", "the value of a bit must be 0 or 1" },
		{ "set V0=65536", "the value must be from 0 to 65535" },
		{ "set V0=-1", "a decimal number is missing" },
		{ "set V0=1x", "a decimal number is missing" },
		{ "set Q0=1", "'set Q0=1': not V, X, Y, C, S, T, CT, SP, GX or GY" },
		{ "get", "not V, X" },
		{ "wait", "usage: wait CONDITION [SECONDS]" },
		{ "wait C0=1 and", "not V, X" },
		{ "wait C0=1 android", "the number of seconds is wrong" },
		{ "wait C0=1 or C1=1", "the number of seconds is wrong" },
		{ "wait C0=1 5 5", "'5' is too much" },
		{ "expect C0=1 5", "'5' is too much" },
		{ "watch", "usage: watch" },
		{ "watch C0 for", "the number of seconds is wrong" },
		{ "sleep", "the number of seconds is wrong" },
		{ "sleep -1", "the number of seconds is wrong" },
		{ "status now", "'now' is too much" },
		{ "plc", "off, on, run or program is missing" },
		{ "plc stop", "off, on, run or program is missing" },
		{ "scan", "run, step or time is missing" },
		{ "scan run 5", "'5' is too much" },
		{ "scan step x", "the number is wrong or too large" },
		{ "scan step 1000001", "the number is wrong or too large" },
		{ "scan time", "the scan time must be 1 to 1000 milliseconds" },
		{ "scan time 0", "the scan time must be 1 to 1000 milliseconds" },
		{ "scan time 1001", "the scan time must be 1 to 1000 milliseconds" },
		{ "clock", "the time must be YYYY-MM-DD HH:MM:SS" },
		{ "clock 10:48:26", "the time must be YYYY-MM-DD HH:MM:SS" },
		{ "clock 2006-03-01", "the time must be" },
		{ "clock 2006-02-30 10:48:26", "there is no such day" },
		{ "clock 2006-12-31 23:59:60", "the second must be 0 to 59" },
		{ "clock 2006-03-01 10:48:26 5", "'5' is too much" },
		{ "card", "reset is missing" },
		{ "misbehave", "the mode must be one of random-frames " },
		{ "misbehave zero-fill x", "the seed must be a number" },
		{ "misbehave zero-fill 1 4", "the card must be a number from 0 to 3" },
		{ "misbehave off 4", "the card must be a number from 0 to 3" },
		{ "misbehave off 1 1", "'1' is too much" },
		{ "frame", "the slot must be a number from 0 to 15" },
		{ "frame 16 00", "the slot must be a number from 0 to 15" },
		{ "frame 1 0", "the data must be pairs of hex digits" },
		{ "frame 1 0x", "the data must be pairs of hex digits" },
		{ "raw 1 tx 89 0 1", "wx or rx is missing" },
		{ "raw 1 rx 100 0 1", "the station must be" },
		{ "raw 1 rx 89 8 1", "the address must be an octal number" },
		{ "raw 1 rx 89 0 256", "the length must be a number from 0 to 255" },
		{ "raw 1 rx 89 0 1 00", "'00' is too much" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *error = NULL;
		struct command command;

		if (command_parse(cases[i].line, &command, &error))
			fail_msg("'%s' is taken", cases[i].line);
		if (!strstr(error, cases[i].message))
			fail_msg("'%s': %s", cases[i].line, error);
	}
}

static void test_too_much_data(void **state)
{
	g_autofree char *hex = g_strnfill(258, '0');
	g_autofree char *line = g_strdup_printf("frame 1 %s", hex);
	g_autofree char *error = NULL;
	struct command command;

	(void)state;
	assert_false(command_parse(line, &command, &error));
	assert_non_null(strstr(error, "more than 128 bytes of data"));
	line[strlen(line) - 2] = '\0';
	assert_true(command_parse(line, &command, &error));
	assert_int_equal(command.transfer.length, 128);
}

static void test_raw_values(void **state)
{
	g_autofree char *error = NULL;
	struct command command;

	(void)state;
	assert_true(command_parse("raw 3 wx 90 77 3 0a0B", &command, &error));
	assert_int_equal(command.slot, 3);
	assert_true(command.transfer.write);
	assert_int_equal(command.transfer.station, 0x90);
	assert_int_equal(command.transfer.address, 077);
	assert_int_equal(command.transfer.length, 3);
	assert_memory_equal(command.transfer.data, "\x0a\x0b\x00", 3);
}

static void test_conditions(void **state)
{
	static struct memory memory;
	static const struct {
		const char *text;
		bool holds;
	} cases[] = {
		{ "V2000=5", true },
		{ "V2000=6", false },
		{ "V2000!=5", false },
		{ "V2000!=6", true },
		{ "V2000<6", true },
		{ "V2000<5", false },
		{ "V2000>4", true },
		{ "V2000>5", false },
		{ "V2000<=5", true },
		{ "V2000<=4", false },
		{ "V2000>=5", true },
		{ "V2000>=6", false },
		{ "C0=1", true },
		{ "V2000=5 and C0=1", true },
		{ "V2000=5 and C0=0", false },
		{ "V2000=4 and C0=1", false },
	};

	(void)state;
	memory.v[02000] = 5;
	memory.v[040600] = 1;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *text = cases[i].text;
		struct condition condition;

		assert_null(condition_parse(&condition, &text));
		if (condition_holds(&condition, &memory) != cases[i].holds)
			fail_msg("%s", cases[i].text);
	}
}

/* The rows of seed 000's table, section 9 */
static void test_outcomes(void **state)
{
	static const struct {
		struct outcome outcome;
		const char *text;
	} cases[] = {
		{ { true, false, false, 1, true }, "still processing" },
		{ { true, false, false, 0, false }, "no power flow edge since going to RUN" },
		{ { true, true, false, 0, false }, "success: the mail server has the mail" },
		{ { true, true, false, 5, false }, "INVALID: Success, but Error Code is set" },
		{ { true, false, true, 0, false }, "INVALID: Error is set, but its code means no error" },
		{ { true, false, true, 1, false }, "INVALID: Error is set" },
		{ { true, false, true, 2000, false }, "INVALID: Error is set" },
		{ { true, false, true, 2, false }, "error of the ECOM100" },
		{ { true, false, true, 13, false }, "time-out: MAIL FROM" },
		{ { true, false, true, 24, false }, "invalid SMTP configuration" },
		{ { true, false, true, 550, false }, "the mail server answered 550" },
		{ { true, false, true, 1001, false }, "SP slot error" },
		{ { true, false, true, 1999, false }, "error of the box" },
		{ { false, true, false, 0, false }, "success" },
		{ { true, true, true, 0, false }, "INVALID: both Error and Success are set" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char text[80];

		outcome_text(&cases[i].outcome, text, sizeof(text));
		if (!g_str_has_prefix(strstr(text, cases[i].text) ?: "", cases[i].text) ||
		    (!cases[i].outcome.mail && strcmp(text, cases[i].text) != 0))
			fail_msg("wanted %s, got %s", cases[i].text, text);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_good_commands),
	cmocka_unit_test(test_wrong_commands),
	cmocka_unit_test(test_too_much_data),
	cmocka_unit_test(test_raw_values),
	cmocka_unit_test(test_conditions),
	cmocka_unit_test(test_outcomes),
};

TEST_MAIN(tests)
