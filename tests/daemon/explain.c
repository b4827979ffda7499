// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every code, digit, command and row of the five documents that the project
 * was made from, and of the registry of enhanced codes: each is explained, and
 * what can be a box's Error Code is in the catalogue of the journal. The lists
 * are written by hand from those documents, not from the tables.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/ctl/codes.h"
#include "daemon/ctl/command.h"
#include "daemon/ctl/explain.h"
#include "daemon/ctl/output.h"

/* clang-format would give each entry of the lists a line of its own. */
/* clang-format off */

/* Appendix of seed 000, seeds 002 to 004, and the RFCs since; a word that its meaning must have. */
static const struct {
	const char *code;
	const char *word;
} numbers[] = {
	{ "0", "accepted the mail" }, { "1", "processed" },	 { "10", "time-out" },
	{ "11", "time-out" },	      { "12", "in time" },	 { "13", "in time" },
	{ "14", "in time" },	      { "15", "in time" },	 { "16", "in time" },
	{ "17", "in time" },	      { "18", "in time" },	 { "19", "time-out" },
	{ "20", "write error" },      { "21", "recipient" },	 { "22", "server's answers" },
	{ "23", "malformed" },	      { "24", "setup" },	 { "25", "memory" },
	{ "30", "not allow" },	      { "31", "limit" },	 { "32", "cannot be changed" },
	{ "33", "unknown" },	      { "34", "unknown" },	 { "200", "Nonstandard" },
	{ "211", "System status" },   { "214", "Help" },	 { "220", "Service ready" },
	{ "221", "closing" },	      { "235", "succeeded" },	 { "250", "okay" },
	{ "251", "not local" },	      { "252", "Cannot verify" }, { "253", "pending messages" },
	{ "334", "challenge" },	      { "354", "Start mail" },	 { "355", "Octet-offset" },
	{ "421", "not available" },   { "422", "transition" },	 { "430", "reached" },
	{ "432", "transition" },      { "450", "unavailable" },	 { "451", "aborted" },
	{ "452", "storage" },	      { "453", "no mail" },	 { "454", "TLS not available" },
	{ "455", "parameters" },      { "458", "queue" },	 { "459", "not allowed" },
	{ "500", "unrecognized" },    { "501", "parameters" },	 { "502", "not implemented" },
	{ "503", "sequence" },	      { "504", "parameter" },	 { "521", "not accept" },
	{ "523", "Encryption" },      { "524", "Encryption" },	 { "525", "disabled" },
	{ "530", "STARTTLS" },	      { "533", "required" },	 { "534", "too weak" },
	{ "535", "invalid" },	      { "538", "Encryption" },	 { "541", "rejected" },
	{ "550", "unavailable" },     { "551", "not local" },	 { "552", "storage" },
	{ "553", "not allowed" },     { "554", "failed" },	 { "555", "not recognized" },
	{ "556", "not accept" },      { "557", "duplicate" },	 { "571", "not authorized" },
	{ "572", "Relay" },	      { "1001", "SP error bit" },
};

/* Seeds 001 and 003, RFC 3463, RFC 5248 and its registry */
static const struct {
	const char *code;
	const char *word;
} enhanced[] = {
	{ "X.0.0", "Other" },		{ "X.1.0", "address" },	      { "X.1.1", "destination mailbox" },
	{ "X.1.2", "destination system" }, { "X.1.3", "syntax" },     { "X.1.4", "Ambiguous" },
	{ "X.1.5", "valid" },		{ "X.1.6", "moved" },	      { "X.1.7", "sender's address" },
	{ "X.1.8", "sender's system" }, { "X.1.9", "Relayed" },	      { "X.1.10", "null MX" },
	{ "X.2.0", "mailbox" },		{ "X.2.1", "disabled" },      { "X.2.2", "full" },
	{ "X.2.3", "longer" },		{ "X.2.4", "expansion" },     { "X.3.0", "mail system" },
	{ "X.3.1", "full" },		{ "X.3.2", "not accepting" }, { "X.3.3", "not capable" },
	{ "X.3.4", "too big" },		{ "X.3.5", "configured" },    { "X.3.6", "priority" },
	{ "X.4.0", "routing" },		{ "X.4.1", "No answer" },     { "X.4.2", "Bad connection" },
	{ "X.4.3", "server failed" },	{ "X.4.4", "route" },	      { "X.4.5", "congestion" },
	{ "X.4.6", "loop" },		{ "X.4.7", "expired" },	      { "X.5.0", "conversation" },
	{ "X.5.1", "Invalid command" }, { "X.5.2", "Syntax" },	      { "X.5.3", "Too many" },
	{ "X.5.4", "arguments" },	{ "X.5.5", "version" },	      { "X.5.6", "too long" },
	{ "X.6.0", "content" },		{ "X.6.1", "Media" },	      { "X.6.2", "prohibited" },
	{ "X.6.3", "not supported" },	{ "X.6.4", "loss" },	      { "X.6.5", "failed" },
	{ "X.6.6", "not available" },	{ "X.6.7", "ASCII" },	      { "X.6.8", "UTF-8" },
	{ "X.6.9", "UTF-8" },		{ "X.6.10", "X.6.8" },	      { "X.7.0", "policy" },
	{ "X.7.1", "not authorized" },	{ "X.7.2", "prohibited" },    { "X.7.3", "not possible" },
	{ "X.7.4", "not supported" },	{ "X.7.5", "Cryptographic" }, { "X.7.6", "not supported" },
	{ "X.7.7", "integrity" },	{ "X.7.8", "wrong" },	      { "X.7.9", "weak" },
	{ "X.7.10", "Encryption" },	{ "X.7.11", "Encryption" },   { "X.7.12", "transition" },
	{ "X.7.13", "disabled" },	{ "X.7.14", "trust" },	      { "X.7.15", "Priority" },
	{ "X.7.16", "too big" },	{ "X.7.17", "owner" },	      { "X.7.18", "owner" },
	{ "X.7.19", "owner" },		{ "X.7.20", "DKIM" },	      { "X.7.21", "DKIM" },
	{ "X.7.22", "DKIM" },		{ "X.7.23", "SPF" },	      { "X.7.24", "SPF" },
	{ "X.7.25", "Reverse DNS" },	{ "X.7.26", "checks" },	      { "X.7.27", "null MX" },
	{ "X.7.28", "flood" },		{ "X.7.29", "ARC" },	      { "X.7.30", "REQUIRETLS" },
};

/* Seed 002; whether mails of ours use it */
static const struct {
	const char *name;
	bool used;
} commands[] = {
	{ "HELO", true },  { "MAIL", true },  { "RCPT", true },	 { "DATA", true },  { "SEND", false },
	{ "SOML", false }, { "SAML", false }, { "RSET", true },	 { "VRFY", false }, { "EXPN", false },
	{ "HELP", false }, { "NOOP", false }, { "QUIT", true },	 { "TURN", false },
};

/* clang-format on */

static const char *text_of(JsonObject *object, const char *member)
{
	assert_true(json_object_has_member(object, member));
	return json_object_get_string_member(object, member);
}

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(JsonObject) object = explain_word(numbers[i].code);

		assert_non_null(object);
		if (!strstr(text_of(object, "meaning"), numbers[i].word))
			fail_msg("%s: '%s' lacks '%s'", numbers[i].code, text_of(object, "meaning"),
				 numbers[i].word);
		assert_true(*text_of(object, "cause") && *text_of(object, "remedy"));
	}
}

static void test_enhanced(void **state)
{
	(void)state;
	assert_int_equal(n_enhanced_codes, G_N_ELEMENTS(enhanced));
	for (size_t i = 0; i < G_N_ELEMENTS(enhanced); i++) {
		g_autoptr(JsonObject) object = explain_word(enhanced[i].code);

		assert_non_null(object);
		if (!strstr(text_of(object, "meaning"), enhanced[i].word))
			fail_msg("%s: '%s' lacks '%s'", enhanced[i].code,
				 text_of(object, "meaning"), enhanced[i].word);
		assert_true(*text_of(object, "remedy") && *text_of(object, "origin"));
	}
}

/* A code that the registry lacks is read by its first two numbers. */
static void test_enhanced_forms(void **state)
{
	static const char *const bad[] = { "1.1.1", "5.1", "5.1.1.1", "5.1.x", "5..1", "5.1000.1",
					   "X", "X.", "", "5.-1.1" };
	g_autoptr(JsonObject) known = explain_word("4.7.1"), unknown = explain_word("5.2.99"),
			      strange = explain_word("5.77.1");

	(void)state;
	assert_non_null(strstr(text_of(known, "class"), "later"));
	assert_non_null(strstr(text_of(known, "subject"), "policy"));
	assert_non_null(strstr(text_of(unknown, "meaning"), "first two numbers"));
	assert_non_null(strstr(text_of(unknown, "subject"), "mailbox"));
	assert_string_equal(text_of(strange, "subject"), "unknown");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_null(explain_word(bad[i]));
}

static void test_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		g_autofree char *lower = g_ascii_strdown(commands[i].name, -1);
		g_autoptr(JsonObject) object = explain_word(lower);

		assert_non_null(object);
		assert_int_equal(json_object_get_boolean_member(object, "used"), commands[i].used);
		assert_true(*text_of(object, "meaning") && *text_of(object, "when"));
	}
}

/* Seeds 001 and 004: each digit of each place says something. */
static void test_digits(void **state)
{
	(void)state;
	for (unsigned int code = 100; code <= 999; code += 1) {
		g_autoptr(JsonObject) object = explain_number(code);
		JsonArray *digits = json_object_get_array_member(object, "digits");

		assert_int_equal(json_array_get_length(digits), 3);
		for (guint i = 0; i < 3; i++)
			assert_true(*text_of(json_array_get_object_element(digits, i), "meaning"));
	}
	assert_non_null(strstr(first_digit(4), "later"));
	assert_non_null(strstr(first_digit(5), "never"));
	assert_non_null(strstr(first_digit(8), "successful two-way"));
	assert_non_null(strstr(second_digit(5), "mail system"));
	assert_non_null(strstr(second_digit(2), "connection"));
}

/* Seed 000, section 9: its table, row by row and at its edges. */
static void test_bits(void **state)
{
	static const struct {
		bool error, success;
		unsigned int code;
		bool valid;
	} rows[] = {
		{ 0, 0, 0, true },
		{ 0, 0, 65535, true },
		{ 0, 1, 0, true },
		{ 0, 1, 1, false },
		{ 0, 1, 65535, false },
		{ 1, 0, 0, false },
		{ 1, 0, 1, false },
		{ 1, 0, 2, true },
		{ 1, 0, 1999, true },
		{ 1, 0, 2000, false },
		{ 1, 0, 65535, false },
		{ 1, 1, 0, false },
		{ 1, 1, 20, false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_int_equal(bits_find(rows[i].error, rows[i].success, rows[i].code)->valid,
				 rows[i].valid);
}

static void test_slot_error(void **state)
{
	static const char *const words[] = { "off, booting", "driver is not loaded", "DIP switch 7",
					     "another slot", "station other", "collide",
					     "within the time-out" };
	g_autoptr(JsonObject) object = explain_number(1001), other = explain_number(20);
	JsonArray *causes_of = json_object_get_array_member(object, "causes");

	(void)state;
	assert_false(json_object_has_member(other, "causes"));
	assert_int_equal(json_array_get_length(causes_of), G_N_ELEMENTS(words));
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		assert_non_null(strstr(
			text_of(json_array_get_object_element(causes_of, i), "cause"), words[i]));
}

/* Each number of the lists has its entry, under the id that record.c gives it. */
static void test_catalogue(void **state)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	explain_catalogue(out);
	fclose(out);
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *heading =
			g_strdup_printf("\n-- 055a27428b9d44809c819c364f19%04d\nSubject: A mail "
					"has failed with status %s: ",
					atoi(numbers[i].code), numbers[i].code);
		g_autoptr(JsonObject) object = explain_word(numbers[i].code);

		if (!strstr(text, heading))
			fail_msg("no entry for %s", numbers[i].code);
		assert_non_null(strstr(text, text_of(object, "remedy")));
	}
	free(text);
}

static void test_extensions(void **state)
{
	(void)state;
	assert_string_equal(extension_find("auth=PLAIN LOGIN")->name, "AUTH");
	assert_string_equal(extension_find("SIZE 10240000")->name, "SIZE");
	assert_null(extension_find("2.0.0 Ok"));
	assert_null(extension_find("AUTHENTIC"));
}

/* Exit statuses of the command: what is no code is a wrong command line, and nothing is printed. */
static void test_exit_statuses(void **state)
{
	static const struct {
		const char *words[3];
		int status;
	} cases[] = {
		{ { "20" }, EXIT_OK },
		{ { "550", "5.1.1", "rcpt" }, EXIT_OK },
		{ { "65536" }, EXIT_USAGE },
		{ { "-1" }, EXIT_USAGE },
		{ { "20", "twenty" }, EXIT_USAGE },
		{ { NULL }, EXIT_USAGE },
	};

	(void)state;
	output_as_json = TRUE;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int count = 0;

		while (count < 3 && cases[i].words[count])
			count++;
		assert_int_equal(explain_command.run(count, (char **)cases[i].words),
				 cases[i].status);
	}
	output_as_json = FALSE;
}

/* What a terminal would obey is not shown to it, be it of ASCII or beyond. */
static void test_clean(void **state)
{
	g_autofree char *text = output_clean("a\x1b[2J\x7f\xc2\x9b"
					     "31m \xc3\xa4\xff");

	(void)state;
	assert_string_equal(text, "a?[2J??31m \xc3\xa4\xef\xbf\xbd");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_enhanced),
		cmocka_unit_test(test_enhanced_forms),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_slot_error),
		cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_exit_statuses),
		cmocka_unit_test(test_clean),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
