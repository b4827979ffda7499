// SPDX-License-Identifier: GPL-2.0-or-later
/* The program text: what is read, and each message about what cannot be. */
#include "tests/plcsim/test.h"

struct text_case {
	const char *text;
	const char *message; /* NULL: none at all */
};

static void expect_message(const char *text, const char *message)
{
	struct diagnostics d;
	struct program *program;
	g_autofree char *all = NULL;

	diagnostics_init(&d, "p");
	program = read_program(text, &d);
	all = messages(&d);
	if (message ? !strstr(all, message) : *all)
		fail_msg("for:\n%s\nwanted: %s\ngot: %s", text, message ? message : "nothing",
			 all);
	program_free(program);
	diagnostics_clear(&d);
}

static void expect_messages(const struct text_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_message(cases[i].text, cases[i].message);
}

static void test_widget_report(void **state)
{
	struct diagnostics d;
	struct program *program;
	const struct box *box;

	(void)state;
	diagnostics_init(&d, "p");
	program = read_program(widget_report, &d);
	assert_int_equal(d.errors + d.warnings, 0);
	assert_int_equal(program->instructions->len, 4);
	box = program_at(program, 0)->box;
	assert_int_equal(box->type->ib, 710);
	assert_int_equal(box->line, 2);
	assert_int_equal(box->values[ECOM100_SLOT].k, 1);
	assert_int_equal(box->values[ECOM100_BUFFER].element.word, 01402);
	assert_int_equal(program_at(program, 1)->type->opcode, OP_STR);
	assert_int_equal(program_at(program, 1)->operands[0].element.word, 040400);
	assert_int_equal(program_at(program, 1)->operands[0].element.bit, 0);
	box = program_at(program, 2)->box;
	assert_int_equal(box->values[REQUEST_CODE].element.word, 01504);
	assert_string_equal(box->values[ECEMAIL_TO].text, "mark@hosteng.com");
	assert_string_equal(box->values[ECEMAIL_SUBJECT].text, "Widget Report");
	assert_int_equal(box->values[ECEMAIL_SUBJECT].line, 16);
	assert_int_equal(program_at(program, 3)->type->opcode, OP_END);
	program_free(program);
	diagnostics_clear(&d);
}

/* "Error Code V1504" is not the parameter Error with the value "Code V1504". */
static void test_longest_name(void **state)
{
	struct diagnostics d;
	struct program *program;
	const struct box *box;

	(void)state;
	diagnostics_init(&d, "p");
	program = read_program("ECEMAIL IB-711\n\tError Code\tV2000\n\tError C1\n", &d);
	box = program_at(program, 0)->box;
	assert_string_equal(box->values[REQUEST_CODE].text, "V2000");
	assert_string_equal(box->values[REQUEST_ERROR].text, "C1");
	program_free(program);
	diagnostics_clear(&d);
}

static void test_comments(void **state)
{
	static const struct text_case cases[] = {
		{ "// one\n   // indented\n\n\tEND\n", NULL },
		{ "END // here\n", NULL },
		{ "STR X0\t//here\n", NULL },
		{ "STR X0//\n", "p:1: error: STR 'X0//': X bits are octal" },
		{ "STR X0 / here\n", "p:1: error: 'STR X0 / here': STR takes a bit, or" },
		{ "VPRINT V2000 \"http://x\" // x\n", "E499: '//' outside of double quotes" },
	};
	g_autofree char *url = edited(widget_report, "Widget Report", "http://x/ // y");
	struct diagnostics d;
	struct program *program;

	(void)state;
	expect_messages(cases, G_N_ELEMENTS(cases));
	expect_message(url, NULL);
	diagnostics_init(&d, "p");
	program = read_program(url, &d);
	assert_string_equal(program_at(program, 2)->box->values[ECEMAIL_SUBJECT].text,
			    "http://x/ // y");
	program_free(program);
	diagnostics_clear(&d);
}

static void test_boxes(void **state)
{
	// clang-format off
	static const struct { const char *part, *by, *message; } cases[] = {
		{ "IB-710", "IB-711", "p:2: error: ECOM100 'IB-711': must be IB-710" },
		{ "ECEMAIL IB-711", "ECEMAIL", "p:9: error: ECEMAIL '': must be IB-711" },
		{ "ECEMAIL", "ECMAIL", "p:9: error: 'ECMAIL': no such instruction or box" },
		{ "    Status      V1400\n", "", "p:2: error: ECOM100: the parameter Status is missing" },
		{ "Status      V1400", "Status", "p:5: error: Status has no value" },
		{ "Status  ", "Stat  ", "p:5: error: 'Stat      V1400': ECOM100 has no such parameter, "
		  "only ECOM#, Slot, Status, Workspace, Msg Buffer" },
		{ "    Success", "    Error C7\n    Success", "p:14: error: Error 'C1' is given twice, "
		  "first in line 12; each may be there once" },
		{ "Slot        K1", "Slot        1", "p:4: error: Slot '1': must be K and a decimal "
		  "number, K0 to K7" },
		{ "Slot        K1", "Slot        K8", "K0 to K7" },
		{ "ECOM#       K0", "ECOM#       K256", "p:3: error: ECOM# 'K256'" },
		{ "ECOM#       K0", "ECOM#       K-1", "p:3: error: ECOM# 'K-1'" },
		{ "ECOM#       K0", "ECOM#       K255", NULL },
		{ "V1504", "V1508", "p:14: error: Error Code 'V1508': must be a V-memory register such "
		  "as V2000 (octal): a V-memory address is octal" },
		{ "V1504", "C7", "p:14: error: Error Code 'C7'" },
		{ "V1504", "V200000", "beyond V177777" },
		{ "C0", "V1600", "p:12: error: Success 'V1600': must be an output bit such as C0, Y0 or "
		  "V2000.0: a word, not a bit" },
		{ "C0", "X1", "X, T, CT and SP are not for a program to write" },
		{ "C0", "C4000", "C bits are octal, C0 to C3777" },
		{ "C0", "C8", "C bits are octal, C0 to C3777" },
		{ "C0", "C3777 // the last one", NULL },
		{ "C0", "C0//x", "C bits are octal" },
		{ "C0", "V1600.3", NULL },
		{ "C0", "V1600.16", "a decimal number from 0 to 15" },
		{ "C0", "GY17", NULL },
		{ "    To          mark@hosteng.com\n", "", NULL },
		{ "mark@hosteng.com", "", NULL },
		{ "Subject     Widget Report", "Subject", NULL },
		{ "    Body", "    Body\n    // Body", NULL },
		{ "Widget Report", "5$ bill", "p:16: error: Subject: E499: '$ b' is no escape" },
		{ "Widget Report", "say \"hi\"", "p:16: error: Subject: E499: '\"hi\"': a double quote" },
		{ "Widget Report", "$$5 $\"x$\"", NULL },
		{ "V3001 \" w", "V3001\" w", "p:17: error: Body: E499: a space is missing before" },
		{ "\" widgets\"", "\" widgets", "p:17: error: Body: E499: '\" widgets': the closing double quote" },
	};
	// clang-format on

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = edited(widget_report, cases[i].part, cases[i].by);

		expect_message(text, cases[i].message);
	}
}

static const char *const box_names[] = {
	"ECOM100",
	"ECEMAIL",
	"ECEMSUP",
	"EMLCFG",
	"ECEMRDS",
	"ECIPSUP",
	"ECRDMID",
	"ECWRMID",
	"ECRDIP",
	"ECWRIP",
	"ECRDNAM",
	"ECWRNAM",
	"ECRDDES",
	"ECWRDES",
	"ECRDGWA",
	"ECWRGWA",
	"ECRDSNM",
	"ECWRSNM",
	"ECDHCPQ",
	"ECDHCPE",
	"ECDHCPD",
	"ECRX",
	"ECWX",
};

/* What a number may be, by its parameter's name */
static const struct range {
	const char *name;
	unsigned int first, last;
} ranges[] = {
	{ "ECOM#", 0, 255 },
	{ "Slot", 0, 7 },
	{ "Port", 1, 65535 },
	{ "Timeout", 1, 65535 },
	{ "Module ID", 1, 63 },
	{ "Number of Bytes", 1, 128 },
	{ "Slave ID", 0, 90 },
};

static const struct range *range_of(const struct parameter *p)
{
	for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
		if (strcmp(ranges[i].name, p->name) == 0)
			return &ranges[i];
	fail_msg("no range is known of %s", p->name);
	return NULL;
}

static bool is_number(const struct parameter *p)
{
	return p->kind == PARAMETER_K || p->kind == PARAMETER_K_OR_V;
}

/* A value that is right */
static char *good_value(const struct parameter *p)
{
	switch (p->kind) {
	case PARAMETER_K:
	case PARAMETER_K_OR_V:
		return g_strdup_printf("K%u", range_of(p)->last);
	case PARAMETER_BIT:
		return g_strdup("C0");
	case PARAMETER_TEXT:
	case PARAMETER_ESCAPED:
		return g_strnfill(p->size ? p->size : 9, 'x');
	case PARAMETER_IP:
		return g_strdup("10.0.0.255");
	case PARAMETER_VPRINT:
		return g_strdup("\"x\"");
	default:
		return g_strdup("V2000");
	}
}

/* The box with all its parameters, but that the one has this value; NULL: not there */
static char *box_with(const struct box_type *type, const struct parameter *odd, const char *value)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%s IB-%u\n", type->name, type->ib);
	for (size_t i = 0; i < type->parameter_count; i++) {
		const struct parameter *p = &type->parameters[i];
		g_autofree char *good = good_value(p);

		if (p != odd)
			g_string_append_printf(text, " %s %s\n", p->name, good);
		else if (value)
			g_string_append_printf(text, " %s %s\n", p->name, value);
	}
	return g_string_free(text, FALSE);
}

static void expect_parameter_value(const struct box_type *type, const struct parameter *p,
				   const char *value, const char *allowed)
{
	g_autofree char *text = box_with(type, p, value);
	g_autofree char *message =
		allowed ? g_strdup_printf("p:%td: error: %s '%s': %s", p - type->parameters + 2,
					  p->name, value, allowed) :
			  NULL;

	expect_message(text, message);
}

/* The first and last that is allowed, and those beside them */
static void expect_parameter_range(const struct box_type *type, const struct parameter *p)
{
	const struct range *range = range_of(p);
	g_autofree char *allowed =
		p->kind == PARAMETER_K ?
			g_strdup_printf("must be K and a decimal number, K%u to K%u", range->first,
					range->last) :
			g_strdup_printf("must be K%u to K%u, or a V-memory register", range->first,
					range->last);
	int64_t edges[] = { (int64_t)range->first - 1, range->first, range->last, range->last + 1 };

	for (size_t i = 0; i < G_N_ELEMENTS(edges); i++) {
		g_autofree char *value = g_strdup_printf("K%" G_GINT64_FORMAT, edges[i]);

		expect_parameter_value(type, p, value, i == 0 || i == 3 ? allowed : NULL);
	}
	expect_parameter_value(type, p, "12", allowed);
}

static void expect_kind(const struct box_type *type, const struct parameter *p)
{
	g_autofree char *too_long = g_strnfill(p->size + 1, 'x');
	g_autofree char *size = g_strdup_printf("%u bytes, at most %u are allowed", p->size + 1,
						p->size);

	if (is_number(p))
		expect_parameter_range(type, p);
	else if (p->kind == PARAMETER_BIT)
		expect_parameter_value(type, p, "V2000", "must be an output bit such as C0, Y0 or V2000.0");
	else if (p->kind == PARAMETER_IP)
		expect_parameter_value(type, p, "10.0.0.256", "must be four numbers from 0 to 255");
	else if (p->kind == PARAMETER_TEXT && p->size)
		expect_parameter_value(type, p, too_long, size);
	else if (p->kind == PARAMETER_V || p->kind == PARAMETER_SOURCE ||
		 p->kind == PARAMETER_TARGET || p->kind == PARAMETER_REMOTE)
		expect_parameter_value(type, p, "V2008", "must be a V-memory register such as V2000 (octal)");
}

/* Each parameter of each box: there, missing, without a value, twice, out of its range */
static void expect_parameter(const struct box_type *type, const struct parameter *p)
{
	g_autofree char *good = good_value(p);
	g_autofree char *twice_value = g_strdup_printf("%s\n %s %s", good, p->name, good);
	g_autofree char *missing = box_with(type, p, NULL);
	g_autofree char *empty = box_with(type, p, "");
	g_autofree char *twice = box_with(type, p, twice_value);
	g_autofree char *not_there = g_strdup_printf("p:1: error: %s: the parameter %s is missing",
						     type->name, p->name);
	g_autofree char *again = g_strdup_printf("p:%td: error: %s '%s' is given twice, first in line %td",
						 p - type->parameters + 3, p->name, good,
						 p - type->parameters + 2);
	g_autofree char *no_value = g_strdup_printf("p:%td: error: %s has no value",
						    p - type->parameters + 2, p->name);
	bool text = p->kind == PARAMETER_TEXT || p->kind == PARAMETER_ESCAPED ||
		    p->kind == PARAMETER_VPRINT;

	expect_parameter_value(type, p, good, NULL);
	expect_message(missing, p->optional ? NULL : not_there);
	expect_message(empty, text ? NULL : no_value);
	expect_message(twice, again);
	expect_kind(type, p);
}

static void test_every_parameter(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(box_names); i++) {
		const struct box_type *type = box_type_find(box_names[i]);

		assert_non_null(type);
		for (size_t n = 0; n < type->parameter_count; n++)
			expect_parameter(type, &type->parameters[n]);
	}
}

static void test_instructions(void **state)
{
	static const struct text_case cases[] = {
		{ "STR X0\nANDN C17\nOR V2000.15\nORN SP5\nOUT Y0\nSET C1\nRST C1\n", NULL },
		{ "STRN V2000 K10\nANDE V1 V2\nORNE V1 KFFFF\nSTR C0\nANDSTR\nOUT V2000\n", NULL },
		{ "LD K0189\nLD K64\nLDA O1403\nWX V0\nRX V40500\nLD V3000\nEND\n", NULL },
		{ "STR\n", "p:1: error: 'STR': STR takes a bit, or a V-memory word and" },
		{ "STR V2000\n", "STR takes a bit, or a V-memory word and a V-memory word or K" },
		{ "STR X0 X1\n", "'STR X0 X1': STR takes a bit" },
		{ "OUT X0 X1 X2\n", "'OUT X0 X1 X2': OUT takes a bit, or a V-memory word" },
		{ "SET V2000\n", "SET takes a bit" },
		{ "LDA V2000\n", "LDA takes O and an octal address" },
		{ "LDA O1409\n", "LDA 'O1409': O takes an octal V-memory address, O0 to O41237" },
		{ "LD K12345\n", "'LD K12345': LD takes a V-memory word or K (1 to 4 digits)" },
		{ "LDD K123456789\n", "LDD 'K123456789': K takes one to four BCD or hex digits" },
		{ "LDD K12345678\nADDD K5\nSUBD V2000\nOUTD V2000\nLDD V2000\n", NULL },
		{ "PD C0\nTMR T0 K100\nTMR T377 V2000\nCNT CT0 K5\nBIN\nBCD\n", NULL },
		{ "ADD V2000\nSUB TA0\nINC CTA377\nDEC V1\nINCD V1\nDECD V1\n", NULL },
		{ "ADD K5\n", "'ADD K5': ADD takes a V-memory word" },
		{ "TMR CT0 K5\n", "TMR takes a timer such as T0 and a V-memory word or K" },
		{ "TMR V0 K5\n", "TMR takes a timer such as T0" },
		{ "CNT T0 K5\n", "CNT takes a counter such as CT0 and" },
		{ "CNT C0 K5\n", "CNT takes a counter such as CT0 and" },
		{ "STR TA400 K5\n", "STR 'TA400': not an octal number from 0 to 377" },
		{ "VPRINT V2000 \"a b\" V2100:B\n", NULL },
		{ "VPRINT V2000 \"a\n", "p:1: error: VPRINT: E499: '\"a': the closing double quote" },
		{ "VPRINT C0 \"a\"\n", "VPRINT takes a V-memory word" },
		{ "VPRINT\n", "'VPRINT': VPRINT takes a V-memory word" },
		{ "LD K\n", "K takes one to four" },
		{ "STR B2000.15\nOUT B2001.0\n", NULL },
		{ "STR B2000\n", "STR 'B2000': B takes a word and its bit, such as B2000.15" },
		{ "STR B2000.16\n", "the bit of a word is a decimal number from 0 to 15" },
		{ "STR Q0\n", "p:1: error: STR 'Q0': not V, X, Y, C, S, T, CT, SP, GX or GY" },
		{ "STR X\n", "STR 'X': X bits are octal, X0 to X1777" },
		{ "STR X99999999999999999999999999\n", "not V, X" },
		{ "str X0\n", "'str': no such instruction or box" },
		{ "STR\tX0\r\nOUT\tY0\r\n", NULL },
	};

	(void)state;
	expect_messages(cases, G_N_ELEMENTS(cases));
}

static void test_indentation(void **state)
{
	static const struct text_case cases[] = {
		{ "  STR X0\n  OUT Y0\n", NULL },
		{ "ECEMAIL IB-711\nTo a@b\n", "p:2: error: 'To': no such instruction" },
	};

	(void)state;
	expect_messages(cases, G_N_ELEMENTS(cases));
}

static void test_messages_in_order_of_lines(void **state)
{
	g_autofree char *text = check_text("ECEMAIL IB-711\n  ECOM# 0\n  Success Q\nFOO\n", NULL);
	const char *second = strstr(text, "p:2:");
	const char *third = strstr(text, "p:3:");

	(void)state;
	assert_true(strncmp(text, "p: error: E401", 14) == 0);
	assert_non_null(second);
	assert_non_null(third);
	assert_true(second < third && third < strstr(text, "p:4:"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_widget_report),
	cmocka_unit_test(test_longest_name),
	cmocka_unit_test(test_comments),
	cmocka_unit_test(test_boxes),
	cmocka_unit_test(test_every_parameter),
	cmocka_unit_test(test_instructions),
	cmocka_unit_test(test_indentation),
	cmocka_unit_test(test_messages_in_order_of_lines),
};

TEST_MAIN(tests)
