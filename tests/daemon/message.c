// SPDX-License-Identifier: GPL-2.0-or-later
/* Golden messages, written by hand from the RFCs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <gmime/gmime.h>

#include "daemon/address.h"
#include "daemon/message.h"
#include "daemon/text.h"

static struct setup *make_setup(const char *name, const char *cc)
{
	struct setup *setup = setup_new();

	assert_null(setup_set(setup, "Server", "192.168.0.1"));
	assert_null(setup_set(setup, "SenderName", name));
	assert_null(setup_set(setup, "SenderAddress", "PLC@acme.com"));
	assert_null(setup_set(setup, "Cc", cc));
	return setup;
}

static struct message *compose(const char *name, const char *cc, const char *to,
			       struct text subject, struct text body)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_offset(-5 * 3600);
	g_autoptr(GDateTime) date = g_date_time_new(zone, 2006, 3, 1, 10, 48, 30);
	struct setup *setup = make_setup(name, cc);
	char *problem = NULL;
	GPtrArray *list = address_list_parse(to, strlen(to), &problem);
	struct message *message;

	message = message_compose(setup, list, &subject, &body, "7.1.0.aa.bb@cc.ecemail", date);
	g_ptr_array_unref(list);
	setup_unref(setup);
	return message;
}

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

static void test_widget_report(void **state)
{
	struct message *message = compose("Machine A-42F",
					  "supervisor@acme.com, mark@HOSTENG.com, joe@yahoo.com",
					  "mark@hosteng.com", TEXT("Widget Report"),
					  TEXT("Shift # 3 made 4711 widgets"));

	(void)state;
	assert_string_equal(message->text->str,
			    "Date: Wed, 01 Mar 2006 10:48:30 -0500\r\n"
			    "From: Machine A-42F <PLC@acme.com>\r\n"
			    "Subject: Widget Report\r\n"
			    "To: mark@hosteng.com\r\n"
			    "Cc: supervisor@acme.com, joe@yahoo.com\r\n"
			    "Message-Id: <7.1.0.aa.bb@cc.ecemail>\r\n"
			    "Auto-Submitted: auto-generated\r\n"
			    "MIME-Version: 1.0\r\n"
			    "Content-Type: text/plain; charset=us-ascii\r\n"
			    "Content-Transfer-Encoding: 7bit\r\n"
			    "\r\n"
			    "Shift # 3 made 4711 widgets\r\n");
	assert_string_equal(message->text->str + message->header_length,
			    "Shift # 3 made 4711 widgets\r\n");
	assert_string_equal(message->sender, "PLC@acme.com");
	assert_int_equal(message->recipients->len, 3);
	assert_string_equal(message->recipients->pdata[0], "mark@hosteng.com");
	message_free(message);
}

static void test_cc_only(void **state)
{
	struct message *message = compose("", "joe@acme.com", "", TEXT(""), TEXT(""));

	(void)state;
	assert_non_null(strstr(message->text->str, "\r\nFrom: PLC@acme.com\r\n"));
	assert_non_null(strstr(message->text->str, "\r\nCc: joe@acme.com\r\n"));
	assert_null(strstr(message->text->str, "\r\nTo:"));
	assert_null(strstr(message->text->str, "\r\nSubject:"));
	assert_string_equal(message->text->str + message->header_length, "\r\n");
	assert_int_equal(message->recipients->len, 1);
	message_free(message);
}

static void test_utf8(void **state)
{
	struct message *message = compose("Presse \xc3\x84", "", "a@b", TEXT("T\xc3\xbcr auf"),
					  TEXT("\xc3\x9c"
					       "berdruck = 3"));

	(void)state;
	assert_non_null(strstr(message->text->str, "charset=utf-8\r\n"));
	assert_non_null(strstr(message->text->str, "quoted-printable\r\n"));
	assert_non_null(strstr(message->text->str, "Subject: =?UTF-8?Q?T=C3=BCr_auf?=\r\n"));
	assert_non_null(strstr(message->text->str,
			       "From: =?UTF-8?Q?Presse_=C3=84?=\r\n <PLC@acme.com>\r\n"));
	assert_null(strstr(message->text->str, "\xc3"));
	assert_string_equal(message->text->str + message->header_length,
			    "=C3=9Cberdruck =3D 3\r\n");
	message_free(message);
}

/* The header's lines are all right, and the field reads as @expected. */
static void expect_field(const char *mail, const char *field, const char *expected)
{
	g_auto(GStrv) lines = g_strsplit(mail, "\r\n", -1);
	g_autoptr(GString) value = g_string_new(NULL);
	g_autofree char *begin = g_strconcat(field, ": ", NULL), *text = NULL;
	bool in_field = false;

	for (char **line = lines; **line; line++) {
		assert_true(strlen(*line) <= 78);
		assert_true((*line)[strspn(*line, " ")]);
		for (const char *word = *line; (word = strstr(word, "=?UTF-8?Q?")); word += 10)
			assert_true(strlen(*line) <= 76 && strstr(word + 10, "?=") - word <= 73);
		in_field = **line == ' ' ? in_field : g_str_has_prefix(*line, begin);
		if (in_field)
			g_string_append(value, **line == ' ' ? *line : *line + strlen(begin));
	}
	text = g_mime_utils_header_decode_text(NULL, value->str);
	assert_string_equal(text, expected);
}

static void expect_subject(const char *subject)
{
	struct text text = { subject, strlen(subject) };
	struct message *message = compose("", "", "a@b", text, TEXT(""));

	expect_field(message->text->str, "Subject", subject);
	message_free(message);
}

static void expect_name(const char *name, const char *expected)
{
	struct message *message = compose(name, "", "a@b", TEXT("x"), TEXT(""));

	expect_field(message->text->str, "From", expected);
	message_free(message);
}

/* Texts of all lengths, with blanks and without, and those that look like encoded words. */
static void test_header_texts(void **state)
{
	static const char *const pieces[] = { "x", "\xc3\xa4", "\xf0\x9f\x98\x80", "\xe2\x82\xac", "ab ",
					      "\xc3\xbc x ", "  ", "=?", "_" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		for (unsigned int n = 1; n < 260; n += n < 100 ? 1 : 53) {
			g_autoptr(GString) subject = g_string_new(NULL);

			for (unsigned int j = 0; j < n; j++)
				g_string_append(subject, pieces[i]);
			expect_subject(subject->str);
			g_string_append_c(subject, 'x'); /* no blank at the end: to be folded */
			expect_subject(subject->str);
		}
	}
	expect_subject("=?utf-8?B?SGFsbG8=?= 5");
	expect_subject("  three  blanks here ");
	expect_subject("Kessel 3: \xc3\x9c"
		       "bertemperatur, bitte um R\xc3\xbc"
		       "ckruf bei der Leitwarte Nord unter der Nummer 4711");
	expect_name("\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
		    "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
		    "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f",
		    "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
		    "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
		    "\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f\xc3\x9f"
		    " <PLC@acme.com>");
	expect_name("=?utf-8?q?x?=", "=?utf-8?q?x?= <PLC@acme.com>");
	expect_name("Press \"A\", (x)", "\"Press \\\"A\\\", (x)\" <PLC@acme.com>");
}

/* The body's bytes in, its wire form out. */
static void expect_body(struct text body, const char *expected)
{
	struct message *message = compose("", "", "a@b", TEXT("x"), body);

	assert_string_equal(message->text->str + message->header_length, expected);
	message_free(message);
}

static void test_body(void **state)
{
	(void)state;
	expect_body(TEXT("a\r\nb\nc\rd\n\re"), "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n");
	expect_body(TEXT("a\n"), "a\r\n");
	expect_body(TEXT("."), "..\r\n");
	expect_body(TEXT("a\n.\nb\n..c"), "a\r\n..\r\nb\r\n...c\r\n");
	expect_body(TEXT("tab\there\x07\x1b[1m\x7f\0!"), "tab\there?"
							 "?[1m?"
							 "?!\r\n");
	expect_body(TEXT("25\xb0 \x80"), "25=C2=B0 =E2=82=AC\r\n"); /* windows-1252 */
	expect_body(TEXT("a\xc3"), "a=C3=83\r\n");
	expect_body(TEXT("\xc3\xa4 and \xe4"), "=C3=A4 and =C3=A4\r\n");
	expect_body(TEXT("\xc2\x85"), "?\r\n"); /* a control character beyond ASCII */
	expect_body(TEXT("From here"), "From here\r\n");
}

/* What a setup of one more field makes of a mail. */
static struct message *compose_with(const char *field, const char *value, struct text body)
{
	g_autoptr(GDateTime) date = g_date_time_new_utc(2006, 3, 1, 10, 48, 30);
	struct setup *setup = make_setup("", "joe@acme.com");
	g_autoptr(GPtrArray) to = g_ptr_array_new();
	struct message *message;

	assert_null(setup_set(setup, field, value));
	message = message_compose(setup, to, &TEXT("\x84"), &body, "1@ecemail", date);
	setup_unref(setup);
	return message;
}

static void expect_with(const char *field, const char *value, const char *expected)
{
	struct message *message = compose_with(field, value, TEXT("x"));
	const char *at = strstr(message->text->str, expected);

	assert_non_null(at);
	assert_true(at < message->text->str + message->header_length);
	message_free(message);
}

static void test_header_fields(void **state)
{
	struct message *normal = compose_with("Importance", "normal", TEXT("x"));

	(void)state;
	expect_with("Importance", "high", "\r\nImportance: high\r\nX-Priority: 1\r\n");
	expect_with("Importance", "low", "\r\nImportance: low\r\nX-Priority: 5\r\n");
	expect_with("ReplyTo", "a@b, c@d", "\r\nReply-To: a@b, c@d\r\n");
	assert_null(strstr(normal->text->str, "Importance"));
	assert_null(strstr(normal->text->str, "Priority"));
	assert_null(strstr(normal->text->str, "Reply-To"));
	message_free(normal);
}

static void expect_characters(const char *set, struct text body, const char *expected)
{
	struct message *message = compose_with("CharacterSet", set, body);

	assert_string_equal(message->text->str + message->header_length, expected);
	message_free(message);
}

static void test_character_sets(void **state)
{
	struct text subject = TEXT("\x84");
	g_autoptr(GString) utf8 = NULL;

	(void)state;
	expect_characters("CP437", TEXT("\xf8 \x84"), "=C2=B0 =C3=A4\r\n");
	expect_characters("ISO-8859-15", TEXT("\xa4 \xe4"), "=E2=82=AC =C3=A4\r\n");
	expect_characters("KOI8-R", TEXT("\xc1\xc2"), "=D0=B0=D0=B1\r\n");
	expect_characters("ISO-8859-1", TEXT("\x85!"), "?!\r\n"); /* a control character there */
	expect_characters("windows-1252", TEXT("\x81!"), "=EF=BF=BD!\r\n"); /* not assigned */
	/* two bytes a character, the second one maybe of ASCII */
	expect_characters("SHIFT_JIS", TEXT("\x83\x65!"), "=E3=83=86!\r\n");
	expect_characters("SHIFT_JIS", TEXT("a\x83"), "a=EF=BF=BD\r\n"); /* half of one */
	expect_characters("CP437", TEXT("\xc3\xa4\x84"), "=C3=A4=C3=A4\r\n"); /* UTF-8 first */
	utf8 = text_to_utf8(&subject, "CP437", false); /* as journal and trace show it */
	assert_string_equal(utf8->str, "\xc3\xa4");
}

/* No line of any message is longer than allowed or ends otherwise than with CRLF. */
static void test_wire(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 500; round++) {
		char bytes[120];
		struct message *message;
		size_t line = 0;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = round % 2 ? (char)(seed >> 24) : "\r\n.ax \xc3\xa4"[(seed >> 24) % 8];
		}
		message = compose("n", "", "a@b", TEXT("s"), (struct text){ bytes, sizeof(bytes) });
		for (const char *at = message->text->str; *at; at++, line++) {
			bool ends = at[0] == '\r' && at[1] == '\n';

			assert_true(ends || (*at != '\r' && *at != '\n' && (*at & 0x80) == 0));
			assert_true(line < 998);
			assert_false(line == 0 && at[0] == '.' && at[1] == '\r');
			if (ends) {
				at++;
				line = (size_t)-1;
			}
		}
		message_free(message);
	}
}

static void test_long_line(void **state)
{
	char bytes[2000];
	struct message *message;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	message = compose("n", "", "a@b", TEXT("s"), (struct text){ bytes, sizeof(bytes) });
	assert_non_null(strstr(message->text->str, "quoted-printable"));
	message_free(message);
}

static void test_subject(void **state)
{
	static const char *const bad[] = { "a\r\nBcc: x@y", "a\nb", "a\tb", "\x7f", "\x1b" };

	(void)state;
	assert_null(subject_check(&TEXT("Widget \xe4 \"Report\"")));
	assert_non_null(subject_check(&TEXT("a\0b")));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_non_null(subject_check(&(struct text){ bad[i], strlen(bad[i]) }));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_widget_report),
		cmocka_unit_test(test_cc_only),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_header_texts),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_header_fields),
		cmocka_unit_test(test_character_sets),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_subject),
	};

	message_init();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
