// SPDX-License-Identifier: GPL-2.0-or-later
/* Power flow, accumulator, RX and WX of a program of one's own. */
#include "tests/plcsim/fake-card.h"

/* One scan with X0 to X2 as the bits of inputs; returns Y0 */
static unsigned int evaluate(const char *program, unsigned int inputs)
{
	struct fake_card *card = fake_card_new(program, NULL);
	unsigned int value;

	set(card, "X0", inputs & 1);
	set(card, "X1", inputs >> 1 & 1);
	set(card, "X2", inputs >> 2 & 1);
	set(card, "V2000", 0x0100);
	scan(card);
	value = get(card, "Y0");
	fake_card_free(card);
	return value;
}

static void test_power_flow(void **state)
{
	/* truth: bit n is Y0 for the inputs n */
	static const struct {
		const char *program;
		unsigned int truth;
	} cases[] = {
		{ "STR X0\nOUT Y0\nEND\n", 0xaa },
		{ "STRN X0\nOUT Y0\nEND\n", 0x55 },
		{ "STR X0\nAND X1\nOUT Y0\nEND\n", 0x88 },
		{ "STR X0\nANDN X1\nOUT Y0\nEND\n", 0x22 },
		{ "STR X0\nOR X1\nOUT Y0\nEND\n", 0xee },
		{ "STR X0\nORN X1\nOUT Y0\nEND\n", 0xbb },
		{ "STR X0\nSTR X1\nOR X2\nANDSTR\nOUT Y0\nEND\n", 0xa8 },
		{ "STR X0\nSTR X1\nAND X2\nORSTR\nOUT Y0\nEND\n", 0xea },
		{ "STR X1\nOUT Y1\nSTR X0\nOUT Y0\nEND\n", 0xaa },
		{ "STR X0\nOUT Y1\nOUT Y0\nEND\n", 0xaa },
		{ "OUT Y0\nEND\n", 0xff },
		{ "STR SP1\nOUT Y0\nEND\n", 0xff },
		{ "STR SP0\nOUT Y0\nEND\n", 0xff },
		{ "STR X0\nSET Y0\nSTR X1\nRST Y0\nEND\n", 0x22 },
		{ "STR V2000 K100\nOUT Y0\nEND\n", 0xff },
		{ "STR V2000 K101\nOUT Y0\nEND\n", 0x00 },
		{ "STRN V2000 K101\nOUT Y0\nEND\n", 0xff },
		{ "STRE V2000 K100\nOUT Y0\nEND\n", 0xff },
		{ "STRNE V2000 K100\nOUT Y0\nEND\n", 0x00 },
		{ "STRE V2000 V2001\nOUT Y0\nEND\n", 0x00 },
		{ "STR X0\nANDE V2000 K100\nOUT Y0\nEND\n", 0xaa },
		{ "STR X0\nORNE V2000 K100\nOUT Y0\nEND\n", 0xaa },
		{ "STR V2000.8\nOUT Y0\nEND\n", 0xff },
		{ "STR X0\nOUT V2010.3\nSTR V2010 K8\nOUT Y0\nEND\n", 0xaa },
		{ "END\nSTR SP1\nOUT Y0\n", 0x00 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		for (unsigned int inputs = 0; inputs < 8; inputs++)
			if (evaluate(cases[i].program, inputs) != (cases[i].truth >> inputs & 1))
				fail_msg("inputs %u:\n%s", inputs, cases[i].program);
}

/* Each rung has the stack for itself. */
static void test_many_rungs(void **state)
{
	g_autoptr(GString) program = g_string_new(NULL);

	(void)state;
	for (int i = 0; i < 9; i++)
		g_string_append(program, "STR X2\nOUT Y1\n");
	g_string_append(program, "STR X0\nSTR X1\nANDSTR\nOUT Y0\nEND\n");
	assert_int_equal(evaluate(program->str, 1), 0);
	assert_int_equal(evaluate(program->str, 2), 0);
	assert_int_equal(evaluate(program->str, 3), 1);
}

static void test_first_scan_bit(void **state)
{
	struct fake_card *card = fake_card_new("STR SP0\nOUT Y0\nEND\n", NULL);

	(void)state;
	scan(card);
	assert_int_equal(get(card, "Y0"), 1);
	scan(card);
	assert_int_equal(get(card, "Y0"), 0);
	fake_card_free(card);
}

static void test_accumulator(void **state)
{
	struct fake_card *card =
		fake_card_new("LD K1234\nOUT V2000\nLD V2000\nOUT V2001\nLDA O2001\nOUT V2002\n"
			      "STR X0\nLD K9999\nSTR SP1\nOUT V2003\nEND\n",
			      NULL);

	(void)state;
	scan(card);
	assert_int_equal(get(card, "V2000"), 0x1234);
	assert_int_equal(get(card, "V2001"), 0x1234);
	assert_int_equal(get(card, "V2002"), 02001);
	assert_int_equal(get(card, "V2003"), 02001);
	fake_card_free(card);
}

#define WX_PROGRAM "STR X0\nLD K0189\nLD K5\nLDA O2000\nWX V17\nEND\n"
#define RX_PROGRAM "STR X0\nLD K0189\nLD K3\nLDA O2000\nRX V40500\nEND\n"

static void test_wx(void **state)
{
	struct fake_card *card = fake_card_new(WX_PROGRAM, NULL);

	(void)state;
	set(card, "V2000", 0x0201);
	set(card, "V2001", 0x0403);
	set(card, "V2002", 0x0605);
	set(card, "X0", 1);
	scan(card);
	assert_true(running(card)->write);
	assert_int_equal(running(card)->station, 0x89);
	assert_int_equal(running(card)->address, 017);
	assert_int_equal(running(card)->length, 5);
	assert_memory_equal(running(card)->data, "\1\2\3\4\5\0", 6);
	assert_int_equal(get(card, "SP122"), 1);
	scan(card); /* does nothing while busy */
	assert_int_equal(card->slots[1].started, 1);
	answer(card, TRANSFER_ERROR);
	set(card, "X0", 0);
	scan(card);
	assert_int_equal(get(card, "SP122"), 0);
	assert_int_equal(get(card, "SP123"), 1);
	set(card, "X0", 1);
	scan(card); /* the next one clears the error bit */
	assert_int_equal(get(card, "SP123"), 0);
	fake_card_free(card);
}

/* Three bytes: the high half of the last word stays. */
static void test_rx(void **state)
{
	struct fake_card *card = fake_card_new(RX_PROGRAM, NULL);

	(void)state;
	set(card, "V2001", 0xaaaa);
	set(card, "X0", 1);
	scan(card);
	assert_false(running(card)->write);
	assert_int_equal(running(card)->address, 040500);
	memcpy(card->slots[1].result.data, "\1\2\3\4", 4);
	set(card, "X0", 0);
	answer(card, TRANSFER_DONE);
	assert_int_equal(get(card, "V2000"), 0);
	scan(card);
	assert_int_equal(get(card, "V2000"), 0x0201);
	assert_int_equal(get(card, "V2001"), 0xaa03);
	fake_card_free(card);
}

static void test_rx_error_stores_nothing(void **state)
{
	struct fake_card *card = fake_card_new(RX_PROGRAM, NULL);

	(void)state;
	set(card, "X0", 1);
	scan(card);
	memcpy(card->slots[1].result.data, "\1\2\3\4", 4);
	answer(card, TRANSFER_ERROR);
	scan(card);
	assert_int_equal(get(card, "V2000"), 0);
	fake_card_free(card);
}

static void test_wrong_lengths_are_refused_by_the_cpu(void **state)
{
	static const char *const lengths[] = { "K0", "K129", "KA" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree char *text = edited(WX_PROGRAM, "K5", lengths[i]);
		struct fake_card *card = fake_card_new(text, NULL);

		set(card, "X0", 1);
		scan(card);
		assert_int_equal(card->slots[1].started, 0);
		assert_int_equal(get(card, "SP123"), 1);
		fake_card_free(card);
	}
}

static void test_length_is_bcd(void **state)
{
	g_autofree char *text = edited(WX_PROGRAM, "K5", "K128");
	struct fake_card *card = fake_card_new(text, NULL);

	(void)state;
	set(card, "X0", 1);
	scan(card);
	assert_int_equal(running(card)->length, 128);
	fake_card_free(card);
}

/* On a DL06 slot 1 has SP120 and SP121. */
static void test_sp_bits_of_a_dl06(void **state)
{
	struct fake_card *card =
		fake_card_new(WX_PROGRAM, "[cpu]\nfamily=06\nfirmware=v2.10\n[slot 1]\n"
					  "module=H0-ECOM100\nfirmware=4.0.119\n");

	(void)state;
	set(card, "X0", 1);
	scan(card);
	assert_int_equal(get(card, "SP120"), 1);
	assert_int_equal(get(card, "SP121"), 0);
	answer(card, TRANSFER_ERROR);
	set(card, "X0", 0);
	scan(card);
	assert_int_equal(get(card, "SP120"), 0);
	assert_int_equal(get(card, "SP121"), 1);
	fake_card_free(card);
}

static void test_going_to_run_clears_bits_not_words(void **state)
{
	struct fake_card *card = fake_card_new("STR X0\nSET C5\nEND\n", NULL);

	(void)state;
	set(card, "X0", 1);
	set(card, "V2000", 7);
	scan(card);
	set(card, "X0", 0);
	plc_set_run(&card->plc, false);
	scan(card);
	assert_int_equal(get(card, "C5"), 1);
	plc_set_run(&card->plc, true);
	scan(card);
	assert_int_equal(get(card, "C5"), 0);
	assert_int_equal(get(card, "V2000"), 7);
	fake_card_free(card);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_power_flow),
	cmocka_unit_test(test_many_rungs),
	cmocka_unit_test(test_first_scan_bit),
	cmocka_unit_test(test_accumulator),
	cmocka_unit_test(test_wx),
	cmocka_unit_test(test_rx),
	cmocka_unit_test(test_rx_error_stores_nothing),
	cmocka_unit_test(test_wrong_lengths_are_refused_by_the_cpu),
	cmocka_unit_test(test_length_is_bcd),
	cmocka_unit_test(test_sp_bits_of_a_dl06),
	cmocka_unit_test(test_going_to_run_clears_bits_not_words),
};

TEST_MAIN(tests)
