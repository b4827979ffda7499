// SPDX-License-Identifier: GPL-2.0-or-later
/* BCD arithmetic, timers, counters, one shots and VPRINT of a ladder program. */
#include "tests/plcsim/fake-card.h"

/* Flags as SP numbers: 63 zero, 64/65 borrow, 66/67 carry, 75 no BCD */
struct arithmetic_case {
	const char *program; /* leaves its result in V2100 and V2101 */
	uint16_t low, high; /* V2000 and V2001 before */
	uint32_t result;
	const char *flag; /* that is on; NULL: none of them */
};

#define WORD(operation)	  "LD V2000\n" operation "\nOUT V2100\nEND\n"
#define DOUBLE(operation) "LDD V2000\n" operation "\nOUTD V2100\nEND\n"
#define IN_PLACE(name)	  name " V2000\nLDD V2000\nOUTD V2100\nEND\n"

// clang-format off
static const struct arithmetic_case arithmetic_cases[] = {
	{ "LD K1234\nOUT V2100\nEND\n", 0, 0, 0x1234, NULL },
	{ "LDD K12345678\nOUTD V2100\nEND\n", 0, 0, 0x12345678, NULL },
	{ "LDD K12\nOUTD V2100\nEND\n", 0, 0, 0x12, NULL },
	{ "LDD V2000\nOUTD V2100\nEND\n", 0x5678, 0x1234, 0x12345678, NULL },
	{ "LDD V2000\nOUT V2100\nEND\n", 0x5678, 0x1234, 0x5678, NULL },
	{ "LDA O2000\nOUT V2100\nEND\n", 0, 0, 02000, NULL },
	{ WORD("ADD V2001"), 0x0018, 0x0025, 0x0043, NULL },
	{ WORD("ADD V2001"), 0x0999, 0x0001, 0x1000, NULL },
	{ WORD("ADD V2001"), 0x9999, 0x0001, 0x0000, "SP66" },
	{ WORD("ADD V2001"), 0x9999, 0x9999, 0x9998, "SP66" },
	{ WORD("ADD V2001"), 0x0000, 0x0000, 0x0000, "SP63" },
	{ WORD("ADD V2001"), 0x00a0, 0x0001, 0x00a0, "SP75" },
	{ WORD("ADD V2001"), 0x0001, 0xffff, 0x0001, "SP75" },
	{ WORD("SUB V2001"), 0x1000, 0x0001, 0x0999, NULL },
	{ WORD("SUB V2001"), 0x0025, 0x0025, 0x0000, "SP63" },
	{ WORD("SUB V2001"), 0x0000, 0x0001, 0x9999, "SP64" },
	{ WORD("SUB V2001"), 0x0001, 0x000a, 0x0001, "SP75" },
	{ DOUBLE("ADDD K1"), 0x9999, 0x0009, 0x00100000, NULL },
	{ DOUBLE("ADDD K1"), 0x9999, 0x9999, 0x00000000, "SP67" },
	{ DOUBLE("ADDD V2000"), 0x5000, 0x1234, 0x24690000, NULL },
	{ "STR SP1\nLDD K1000000A\nOUTD V2200\n" DOUBLE("ADDD V2200"), 0, 1, 0x00010000, "SP75" },
	{ DOUBLE("SUBD K1"), 0x0000, 0x0001, 0x00009999, NULL },
	{ DOUBLE("SUBD K1"), 0x0000, 0x0000, 0x99999999, "SP65" },
	{ DOUBLE("SUBD K12345678"), 0x5678, 0x1234, 0, "SP63" },
	{ IN_PLACE("INC"), 0x0009, 7, 0x00070010, NULL },
	{ IN_PLACE("INC"), 0x9999, 7, 0x00070000, "SP66" },
	{ IN_PLACE("INC"), 0x00ff, 7, 0x000700ff, "SP75" },
	{ IN_PLACE("DEC"), 0x0010, 7, 0x00070009, NULL },
	{ IN_PLACE("DEC"), 0x0000, 7, 0x00079999, "SP64" },
	{ IN_PLACE("DEC"), 0x0001, 7, 0x00070000, "SP63" },
	{ IN_PLACE("INCD"), 0x9999, 7, 0x00080000, NULL },
	{ IN_PLACE("INCD"), 0x9999, 0x9999, 0, "SP67" },
	{ IN_PLACE("DECD"), 0x0000, 7, 0x00069999, NULL },
	{ IN_PLACE("DECD"), 0x0000, 0, 0x99999999, "SP65" },
	{ DOUBLE("BIN"), 0x5678, 0x1234, 12345678, NULL },
	{ DOUBLE("BIN"), 0x9999, 0x9999, 99999999, NULL },
	{ DOUBLE("BIN"), 0, 0, 0, "SP63" },
	{ DOUBLE("BIN"), 0x000a, 0, 0x0a, "SP75" },
	{ DOUBLE("BCD"), 0x614e, 0xbc, 0x12345678, NULL },
	{ DOUBLE("BCD"), 0, 0, 0, "SP63" },
	{ DOUBLE("BCD"), 0xe0ff, 0x5f5, 0x99999999, NULL },
	{ DOUBLE("BCD"), 0xe100, 0x5f5, 0x05f5e100, "SP75" },
};
// clang-format on

static void expect_flags(struct fake_card *card, const char *program, const char *on)
{
	static const char *const flags[] = { "SP63", "SP64", "SP65", "SP66", "SP67", "SP75" };

	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		bool wanted = on && strcmp(on, flags[i]) == 0;

		/* 9999 + 1 is zero, too */
		if (strcmp(flags[i], "SP63") == 0 && get(card, "V2100") == 0 && on)
			continue;
		if (get(card, flags[i]) != wanted)
			fail_msg("%s: %s is %d", program, flags[i], !wanted);
	}
}

static void test_arithmetic(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(arithmetic_cases); i++) {
		const struct arithmetic_case *c = &arithmetic_cases[i];
		struct fake_card *card = fake_card_new(c->program, NULL);
		uint32_t result;

		set(card, "V2000", c->low);
		set(card, "V2001", c->high);
		scan(card);
		result = get(card, "V2100") | (uint32_t)get(card, "V2101") << 16;
		if (result != c->result)
			fail_msg("case %zu: %sV2000=%04x V2001=%04x gives %08x, not %08x", i,
				 c->program, c->low, c->high, result, c->result);
		expect_flags(card, c->program, c->flag);
		fake_card_free(card);
	}
}

/* Nothing of it happens without power flow. */
static void test_no_power_flow(void **state)
{
	static const char *const instructions[] = {
		"LD K5", "LDD K5", "LDA O5", "OUT V2000", "OUTD V2000", "ADD V2000",
		"BIN", "ADDD K1", "INC V2000", "DEC V2000", "INCD V2000", "SUB V2000",
		"SUBD K1", "DECD V2000", "SET V2000.0", "BCD", "VPRINT V2000 \"text\""
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(instructions); i++) {
		g_autofree char *program = g_strdup_printf(
			"LDD K77\nSTR X0\n%s\nSTR SP1\nOUTD V2100\nEND\n", instructions[i]);
		struct fake_card *card = fake_card_new(program, NULL);

		scan(card);
		assert_int_equal(get(card, "V2000"), 0);
		assert_int_equal(get(card, "V2100"), 0x77);
		fake_card_free(card);
	}
}

static void test_timer(void **state)
{
	struct fake_card *card =
		fake_card_new("STR X0\nTMR T2 K12\nSTR T2\nOUT Y0\nSTR TA2 K3\nOUT Y1\nEND\n", NULL);

	(void)state;
	scan(card);
	set(card, "X0", 1);
	scan(card);
	assert_int_equal(get(card, "V2"), 0);
	pass_time(card, 1190);
	assert_int_equal(get(card, "TA2"), 0x0011);
	assert_int_equal(get(card, "T2"), 0);
	assert_int_equal(get(card, "Y1"), 1);
	pass_time(card, 10);
	assert_int_equal(get(card, "TA2"), 0x0012);
	assert_int_equal(get(card, "Y0"), 1);
	pass_time(card, 5000000);
	assert_int_equal(get(card, "TA2"), 0x9999);
	set(card, "X0", 0);
	scan(card);
	assert_int_equal(get(card, "TA2"), 0);
	assert_int_equal(get(card, "Y0"), 0);
	fake_card_free(card);
}

/* The preset may be a word. */
static void test_timer_of_a_word(void **state)
{
	struct fake_card *card = fake_card_new("STR X0\nTMR T0 V2000\nEND\n", NULL);

	(void)state;
	set(card, "V2000", 0x0010);
	set(card, "X0", 1);
	scan(card);
	pass_time(card, 990);
	assert_int_equal(get(card, "T0"), 0);
	pass_time(card, 10);
	assert_int_equal(get(card, "T0"), 1);
	fake_card_free(card);
}

static void pulse(struct fake_card *card, const char *input)
{
	set(card, input, 1);
	scan(card);
	scan(card);
	set(card, input, 0);
	scan(card);
}

static void test_counter(void **state)
{
	struct fake_card *card = fake_card_new("STR X0\nSTR X1\nCNT CT3 K12\nSTR CT3\nOUT Y0\nEND\n",
					       NULL);

	(void)state;
	scan(card);
	for (int i = 1; i <= 11; i++)
		pulse(card, "X0");
	assert_int_equal(get(card, "CTA3"), 0x0011);
	assert_int_equal(get(card, "Y0"), 0);
	pulse(card, "X0");
	assert_int_equal(get(card, "V1003"), 0x0012);
	assert_int_equal(get(card, "Y0"), 1);
	set(card, "CTA3", 0x9998);
	pulse(card, "X0");
	pulse(card, "X0");
	assert_int_equal(get(card, "CTA3"), 0x9999);
	set(card, "X1", 1);
	pulse(card, "X0");
	assert_int_equal(get(card, "CTA3"), 0);
	assert_int_equal(get(card, "CT3"), 0);
	set(card, "X1", 0);
	scan(card);
	pulse(card, "X0");
	assert_int_equal(get(card, "CTA3"), 1);
	fake_card_free(card);
}

/* An input that is on at the first scan is no edge, as for the boxes. */
static void test_counter_at_first_scan(void **state)
{
	struct fake_card *card = fake_card_new("STR X0\nSTR X1\nCNT CT0 K5\nEND\n", NULL);

	(void)state;
	set(card, "X0", 1);
	scan(card);
	scan(card);
	assert_int_equal(get(card, "CTA0"), 0);
	fake_card_free(card);
}

static void test_one_shot(void **state)
{
	struct fake_card *card = fake_card_new("STR X0\nPD C0\nSTR C0\nINC V2000\nEND\n", NULL);

	(void)state;
	set(card, "X0", 1);
	scan(card);
	assert_int_equal(get(card, "V2000"), 0);
	set(card, "X0", 0);
	scan(card);
	for (int i = 1; i <= 3; i++) {
		pulse(card, "X0");
		assert_int_equal(get(card, "V2000"), i);
		assert_int_equal(get(card, "C0"), 0);
	}
	fake_card_free(card);
}

/* First the number of bytes, then the text, its first byte in the low half */
static void test_vprint(void **state)
{
	struct fake_card *card =
		fake_card_new("STR X0\nVPRINT V2100 \"Made  \" V2000 \"!\"\nEND\n", NULL);

	(void)state;
	set(card, "V2000", 57555);
	set(card, "X0", 1);
	scan(card);
	assert_int_equal(get(card, "V2100"), 12);
	assert_int_equal(get(card, "V2101"), 'M' | 'a' << 8);
	assert_int_equal(get(card, "V2106"), '5' | '!' << 8);
	fake_card_free(card);
}

/* 128 bytes are all that there is room for. */
static void test_vprint_overflow(void **state)
{
	struct fake_card *card =
		fake_card_new("VPRINT V3000 V2000%0 \"ab\"\nEND\n", NULL);

	(void)state;
	set(card, "V2000", 127);
	set(card, "V3101", 0x1234);
	scan(card);
	assert_int_equal(get(card, "V3000"), 128);
	assert_int_equal(get(card, "V3100"), 'a' << 8);
	assert_int_equal(get(card, "V3101"), 0x1234);
	fake_card_free(card);
}

static void test_clock(void **state)
{
	struct fake_card *card =
		fake_card_new("VPRINT V3000 _Date:us \" \" _Time:24\nEND\n", NULL);

	(void)state;
	/* 2006-03-01, Wednesday, 10:48:26 */
	plc_set_clock(&card->plc, 1141210106, card->now);
	pass_time(card, 1000);
	assert_int_equal(get(card, "V7766"), 0x27);
	assert_int_equal(get(card, "V7767"), 0x48);
	assert_int_equal(get(card, "V7770"), 0x10);
	assert_int_equal(get(card, "V7771"), 0x03);
	assert_int_equal(get(card, "V7772"), 0x01);
	assert_int_equal(get(card, "V7773"), 0x03);
	assert_int_equal(get(card, "V7774"), 0x06);
	assert_memory_equal(&card->plc.memory.v[03001], "03/01/06 10:48", 14);
	fake_card_free(card);
}

/* One message while the port sends, 20 bytes in 21 ms */
static void test_print(void **state)
{
	struct fake_card *card =
		fake_card_new("STR C0\nPRINT K2 \"0123456789abcdef\" V2000:B\nEND\n", NULL);
	const GString *printed = card->plc.ladder.printed;

	(void)state;
	scan(card);
	assert_int_equal(printed->len, 0);
	set(card, "C0", 1);
	set(card, "V2000", 0x4711);
	scan(card);
	assert_string_equal(printed->str, "0123456789abcdef4711");
	scan(card);
	assert_int_equal(get(card, "SP116"), 1);
	scan(card);
	assert_int_equal(get(card, "SP116"), 1);
	assert_int_equal(printed->len, 20);
	scan(card);
	assert_int_equal(get(card, "SP116"), 0);
	assert_int_equal(printed->len, 40);
	fake_card_free(card);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_print),
	cmocka_unit_test(test_arithmetic),
	cmocka_unit_test(test_no_power_flow),
	cmocka_unit_test(test_timer),
	cmocka_unit_test(test_timer_of_a_word),
	cmocka_unit_test(test_counter),
	cmocka_unit_test(test_counter_at_first_scan),
	cmocka_unit_test(test_one_shot),
	cmocka_unit_test(test_vprint),
	cmocka_unit_test(test_vprint_overflow),
	cmocka_unit_test(test_clock),
};

TEST_MAIN(tests)
