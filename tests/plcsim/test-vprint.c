// SPDX-License-Identifier: GPL-2.0-or-later
/* PRINT/VPRINT: each form, each escape, and E499. */
#include "tests/plcsim/test.h"

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
	static const struct {
		const char *source, *expected;
	} cases[] = {
		{ "", "" },
		{ "   ", "" },
		{ "\"\"", "" },
		{ "\"Shift # \" V2000 \" made\"", "Shift # 18 made" },
		{ "V2000", "18" },
		{ "V2002", "57555" },
		{ "v2000", "18" },
		{ "V2000:B", "0012" },
		{ "V2000:BC0", "0012" },
		{ "V2000:B0", "12" },
		{ "V2000:BS", "12" },
		{ "V2000:D", "65554" },
		{ "V2000:DB", "00010012" },
		{ "V2000:DBS", "10012" },
		{ "V2000:DB0", "10012" },
		{ "V2000:DBC0", "00010012" },
		{ "V2100:R", "12.5" },
		{ "V2100:E", "1.25000E+01" },
		{ "V2102:R", "-1.23457e-20" },
		{ "V2102:E", "-1.23457E-20" },
		{ "V2021%3", "foo" },
		{ "V2021%1", "f" },
		{ "V2020%0", "foo" },
		{ "V2030%0", "" },
		{ "C140", "1" },
		{ "C141", "0" },
		{ "V2000.1", "1" },
		{ "C140:BOOL", "TRUE" },
		{ "C141:BOOL", "FALSE" },
		{ "C140:ONOFF", "ON" },
		{ "C141:ONOFF", "OFF" },
		{ "V2000 V2001\tC140", "1811" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		expect_print(cases[i].source, cases[i].expected, strlen(cases[i].expected));
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
		{ "\"text", "E499: the closing double quote is missing" },
		{ "\"a\"V2000", "E499: a space is missing before 'V2000'" },
		{ "V2000\"a\"", "E499: a space is missing before '\"a\"'" },
		{ "\"a\"\"b\"", "E499: a space is missing" },
		{ "\"$x\"", "E499: '$x\"' is no escape" },
		{ "\"$4\"", "E499: '$4\"' is no escape" },
		{ "\"$", "is no escape" },
		{ "V2000:X", "E499: 'V2000:X' outside of double quotes: a word is printed" },
		{ "C0:B", "a bit is printed plain, :BOOL or :ONOFF" },
		{ "V2000%129", "after % stands the number of characters, 1 to 128, or 0" },
		{ "V2000%", "after % stands" },
		{ "V2000%x", "after % stands" },
		{ "V41240", "beyond V41237" },
		{ "V2008", "not an octal V-memory address" },
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
