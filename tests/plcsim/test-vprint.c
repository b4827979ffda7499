// SPDX-License-Identifier: GPL-2.0-or-later
/* PRINT/VPRINT: each form, each escape, and E499. */
#include "tests/plcsim/test.h"
#include "tests/plcsim/vprint-cases.h"

static struct memory memory;

static void put_real(uint16_t word, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	memory.v[word] = bits;
	memory.v[word + 1] = bits >> 16;
}

static int setup(void **state)
{
	(void)state;
	memset(&memory, 0, sizeof(memory));
	memory.v[02000] = 18;
	memory.v[02001] = 1;
	memory.v[02002] = 57555;
	memory.v[02010] = 0x4142 << 8 >> 8;
	memory.v[02020] = 3;
	memory.v[02021] = 'o' << 8 | 'f';
	memory.v[02022] = 'x' << 8 | 'o';
	memory.v[040606] = 0x0001; /* C140 */
	put_real(02100, 12.5f);
	put_real(02102, -1.234567e-20f);
	return 0;
}

static void expect_print(const char *source, const char *expected, size_t length)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct diagnostics d;
	struct vprint *vprint;

	diagnostics_init(&d, "p");
	vprint = vprint_parse(source, "Body", &d, 1);
	if (!vprint)
		fail_msg("'%s' is not taken", source);
	vprint_print(vprint, &memory, out);
	if (out->len != length || memcmp(out->str, expected, length) != 0)
		fail_msg("'%s' prints '%s', not '%s'", source, out->str, expected);
	if (out->len < vprint_minimum(vprint) || out->len > vprint_maximum(vprint))
		fail_msg("'%s': %zu is not between %zu and %zu", source, out->len,
			 vprint_minimum(vprint), vprint_maximum(vprint));
	vprint_free(vprint);
	diagnostics_clear(&d);
}

static void test_forms(void **state)
{
	(void)state;
	assert_true(G_N_ELEMENTS(vprint_cases) >= 300);
	for (size_t i = 0; i < G_N_ELEMENTS(vprint_cases); i++) {
		const struct vprint_case *c = &vprint_cases[i];

		memory.v[02000] = c->low;
		memory.v[02001] = c->high;
		memory.v[07767] = c->low & 0xff;
		memory.v[07770] = c->low >> 8;
		memory.v[07772] = c->high & 0xff;
		memory.v[07773] = c->high >> 8;
		memory.v[07774] = 0x26;
		expect_print(c->source, c->expected, strlen(c->expected));
	}
}

static void test_escapes(void **state)
{
	(void)state;
	expect_print("\"$$ $\" $L$N$P$R$T$41$7a$00!\"", "$ \" \n\r\n\f\r\tAz\0!", 14);
	expect_print("\"$l$n$p$r$t\"", "\n\r\n\f\r\t", 6);
}

static void test_e499(void **state)
{
	static const struct {
		const char *source, *message;
	} cases[] = {
		{ "text", "p:7: error: Body: E499: 'text' outside of double quotes" },
		{ "\"text", "E499: '\"text': the closing double quote is missing" },
		{ "\"a\"V2000", "E499: a space is missing before 'V2000'" },
		{ "V2000\"a\"", "E499: a space is missing before '\"a\"'" },
		{ "\"a\"\"b\"", "E499: a space is missing" },
		{ "\"$x\"", "E499: '$x\"' is no escape" },
		{ "\"$4\"", "E499: '$4\"' is no escape" },
		{ "\"$", "is no escape" },
		{ "V2000:X", "E499: 'V2000:X' outside of double quotes: a word is printed" },
		{ "C0:B", "a bit is printed plain, :BOOL or :ONOFF" },
		{ "V2000:S0", "a word is printed plain, :B, :D" },
		{ "V2000:BSS", "a word is printed plain" },
		{ "V2000:C", "a word is printed plain" },
		{ "V2000S", "a V-memory address is octal, such as V2000" },
		{ "V2000:", "a word is printed plain" },
		{ "V2000%2S", "after % stands" },
		{ "C0:S", "a bit is printed plain, :BOOL or :ONOFF" },
		{ "V2000:BOOL", "a word is printed plain" },
		{ "_Date", "a date is _Date:us, _Date:e or _Date:a, a time _Time:12 or _Time:24" },
		{ "_Date:uk", "a date is _Date:us" },
		{ "_Time:13", "a date is _Date:us" },
		{ "_Date:usS", "a date is _Date:us" },
		{ "V2000%129", "after % stands the number of characters, 1 to 128, or 0" },
		{ "V2000%", "after % stands" },
		{ "V2000%x", "after % stands" },
		{ "V41240", "beyond V41237" },
		{ "V2008", "a V-memory address is octal, such as V2000" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct diagnostics d;
		g_autofree char *text = NULL;

		diagnostics_init(&d, "p");
		assert_null(vprint_parse(cases[i].source, "Body", &d, 7));
		text = messages(&d);
		if (!strstr(text, cases[i].message))
			fail_msg("'%s': %s", cases[i].source, text);
		diagnostics_clear(&d);
	}
}

/* The widths that the size check relies on, with values that need them all */
static void test_widest(void **state)
{
	static const struct {
		const char *source;
		size_t minimum, maximum;
	} cases[] = {
		{ "V2000", 1, 5 },
		{ "V2000:B", 4, 4 },
		{ "V2000:D", 1, 11 },
		{ "V2000:DB", 8, 8 },
		{ "V2000:R", 1, 12 },
		{ "V2000:E", 3, 12 },
		{ "V2000%16", 16, 16 },
		{ "V2000%0", 0, 128 },
		{ "C0", 1, 1 },
		{ "C0:BOOL", 4, 5 },
		{ "C0:ONOFF", 2, 3 },
		{ "\"abc\" V2000", 4, 8 },
		{ "V2000:C0", 5, 5 },
		{ "V2000:BS", 1, 4 },
		{ "V2000:DC0", 11, 11 },
		{ "V2000:DB0", 1, 8 },
		{ "V2000:RC0", 3, 12 },
		{ "_Date:us _Time:12 _Time:24", 21, 21 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct diagnostics d;
		struct vprint *vprint;

		diagnostics_init(&d, "p");
		vprint = vprint_parse(cases[i].source, "Body", &d, 1);
		assert_int_equal(vprint_minimum(vprint), cases[i].minimum);
		assert_int_equal(vprint_maximum(vprint), cases[i].maximum);
		vprint_free(vprint);
		diagnostics_clear(&d);
	}
	memset(&memory, 0xff, sizeof(memory));
	expect_print("V2000", "65535", 5);
	expect_print("V2000:D", "-1", 2);
	put_real(02000, -3.40282e38f);
	expect_print("V2000:R", "-3.40282e+38", 12);
	expect_print("V2000:E", "-3.40282E+38", 12);
	memory.v[02000] = 0xffff;
	memory.v[02020] = 0xffff; /* a length that no text can have */
	memset(&memory.v[02021], 'a', 128);
	expect_print("V2020%0",
		     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		     128);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_forms, setup),
	cmocka_unit_test_setup(test_escapes, setup),
	cmocka_unit_test_setup(test_e499, setup),
	cmocka_unit_test_setup(test_widest, setup),
};

TEST_MAIN(tests)
