// SPDX-License-Identifier: GPL-2.0-or-later
/* ECRX and ECWX against a card that does what the test says. */
#include "tests/plcsim/fake-card.h"

#define MODULE                                                                   \
	"ECOM100 IB-710\n ECOM# K0\n Slot K1\n Status V1400\n Workspace V1401\n" \
	" Msg Buffer V1402\n"
#define ECRX(station, bytes)                                                   \
	"STR X0\nECRX IB-740\n ECOM# K0\n Workspace V1510\n Slave ID " station \
	"\n From Slave Element V40500\n Number of Bytes " bytes                \
	"\n To Master Element V2000\n Success C10\n Error C11\n"
#define ECWX(station, bytes)                                                   \
	"STR X1\nECWX IB-741\n ECOM# K0\n Workspace V1511\n Slave ID " station \
	"\n From Master Element V2100\n Number of Bytes " bytes                \
	"\n To Slave Element V17\n Success C12\n Error C13\n"
#define ECEMAIL                                                              \
	"STR X2\nECEMAIL IB-711\n ECOM# K0\n Workspace V1503\n Success C0\n" \
	" Error C1\n Error Code V1504\n To a@b\n Body \"x\"\n"

/* In RUN, the status read */
static struct fake_card *running_card(const char *program)
{
	struct fake_card *card = fake_card_new(program, NULL);

	scan(card);
	scan(card);
	return card;
}

static void test_ecrx(void **state)
{
	struct fake_card *card = running_card(MODULE ECRX("K89", "K3") "END\n");

	(void)state;
	set(card, "V2001", 0xaaaa);
	assert_int_equal(get(card, "V1510"), 0);
	set(card, "X0", 1);
	scan(card);
	assert_false(running(card)->write);
	assert_int_equal(running(card)->station, 0x89);
	assert_int_equal(running(card)->address, 040500);
	assert_int_equal(running(card)->length, 3);
	assert_int_equal(get(card, "V1510"), 0x8200);
	memcpy(card->slots[1].result.data, "\1\2\3\4", 4);
	set(card, "X0", 0);
	scan(card); /* the loss of power flow does not abort it */
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_int_equal(get(card, "V2000"), 0x0201);
	assert_int_equal(get(card, "V2001"), 0xaa03);
	assert_int_equal(get(card, "C10"), 1);
	assert_int_equal(get(card, "C11"), 0);
	assert_int_equal(get(card, "V1510"), 0);
	scan(card);
	assert_int_equal(card->slots[1].started, 1);
	fake_card_free(card);
}

/* Level driven: the next one follows as long as there is power flow. */
static void test_ecwx_repeats(void **state)
{
	struct fake_card *card = running_card(MODULE ECWX("K90", "K4") "END\n");

	(void)state;
	set(card, "X1", 1);
	for (unsigned int i = 1; i <= 5; i++) {
		set(card, "V2100", 0x0100 + i);
		scan(card);
		assert_int_equal(card->slots[1].started, i);
		assert_true(running(card)->write);
		assert_int_equal(running(card)->station, 0x90);
		assert_int_equal(running(card)->address, 017);
		assert_int_equal(running(card)->data[0], i);
		assert_int_equal(running(card)->data[1], 1);
		assert_int_equal(get(card, "C12"), i > 1);
		answer(card, TRANSFER_DONE);
	}
	fake_card_free(card);
}

static void test_error(void **state)
{
	struct fake_card *card = running_card(MODULE ECRX("K5", "K2") "END\n");

	(void)state;
	set(card, "X0", 1);
	scan(card);
	memcpy(card->slots[1].result.data, "\1\2", 2);
	answer(card, TRANSFER_ERROR);
	scan(card);
	assert_int_equal(get(card, "C11"), 1);
	assert_int_equal(get(card, "C10"), 0);
	assert_int_equal(get(card, "V2000"), 0);
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_int_equal(get(card, "C11"), 0);
	assert_int_equal(get(card, "C10"), 1);
	fake_card_free(card);
}

/* The outputs are reset when power flow comes on, not before. */
static void test_outputs_stay(void **state)
{
	struct fake_card *card = running_card(MODULE ECRX("K89", "K2") "END\n");

	(void)state;
	set(card, "X0", 1);
	scan(card);
	set(card, "X0", 0);
	answer(card, TRANSFER_DONE);
	for (int i = 0; i < 5; i++) {
		scan(card);
		assert_int_equal(get(card, "C10"), 1);
	}
	set(card, "X0", 1);
	scan(card);
	assert_int_equal(get(card, "C10"), 0);
	fake_card_free(card);
}

/* No room in the queue is no end: the WX comes again. */
static void test_busy(void **state)
{
	struct fake_card *card = running_card(MODULE ECWX("K89", "K2") "END\n");

	(void)state;
	set(card, "X1", 1);
	scan(card);
	set(card, "X1", 0);
	for (int i = 0; i < 3; i++) {
		answer(card, TRANSFER_BUSY);
		scan(card);
		assert_int_equal(get(card, "C12") + get(card, "C13"), 0);
	}
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_int_equal(get(card, "C12"), 1);
	fake_card_free(card);
}

static void test_stuck_module(void **state)
{
	struct fake_card *card = running_card(MODULE ECRX("K89", "K2") "END\n");

	(void)state;
	set(card, "X0", 1);
	scan(card);
	pass_time(card, 4990);
	assert_int_equal(get(card, "C11"), 0);
	pass_time(card, 10);
	assert_int_equal(get(card, "C11"), 1);
	memcpy(card->slots[1].result.data, "\1\2", 2);
	answer(card, TRANSFER_DONE); /* far too late: nobody's */
	scan(card);
	assert_int_equal(get(card, "V2000"), 0);
	fake_card_free(card);
}

/* Slave ID and Number of Bytes from words, in BCD; nonsense is an error. */
static void test_words(void **state)
{
	static const struct {
		uint16_t station, bytes, good;
	} cases[] = {
		{ 0x89, 0x12, 1 },
		{ 0x00, 0x01, 1 },
		{ 0x90, 0x128, 1 },
		{ 0x91, 0x01, 0 },
		{ 0x89, 0x00, 0 },
		{ 0x89, 0x129, 0 },
		{ 0x8a, 0x01, 0 },
		{ 0x89, 0x0a, 0 },
		{ 0x189, 0x01, 0 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fake_card *card = running_card(MODULE ECRX("V3000", "V3001") "END\n");

		set(card, "V3000", cases[i].station);
		set(card, "V3001", cases[i].bytes);
		set(card, "X0", 1);
		scan(card);
		assert_int_equal(card->slots[1].started, cases[i].good);
		assert_int_equal(get(card, "C11"), !cases[i].good);
		if (cases[i].good)
			assert_int_equal(running(card)->station, cases[i].station);
		fake_card_free(card);
	}
}

/* A box that always wants the module leaves the others their turns. */
static void test_round_robin(void **state)
{
	struct fake_card *card =
		running_card(MODULE ECRX("K89", "K2") ECWX("K90", "K2") ECEMAIL "END\n");
	unsigned int counts[3] = { 0 };

	(void)state;
	set(card, "X0", 1);
	set(card, "X1", 1);
	set(card, "X2", 1);
	scan(card);
	for (int i = 0; i < 300; i++) {
		const struct transfer *t;

		if (!card->slots[1].busy) {
			scan(card);
			continue;
		}
		t = running(card);
		counts[t->station == 0x90 ? 1 : t->length == 2 ? 0 :
								 2]++;
		if (!t->write && t->length > 2)
			answer_status(card, 1);
		else
			answer(card, TRANSFER_DONE);
		scan(card);
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(counts[i], 90, 105);
	assert_true(card->slots[1].status_reads > 1);
	fake_card_free(card);
}

static void test_program_mode(void **state)
{
	struct fake_card *card = running_card(MODULE ECRX("K89", "K2") "END\n");

	(void)state;
	set(card, "X0", 1);
	scan(card);
	plc_set_run(&card->plc, false);
	scan(card);
	memcpy(card->slots[1].result.data, "\1\2", 2);
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_int_equal(get(card, "V2000"), 0);
	plc_set_run(&card->plc, true);
	scan(card);
	scan(card);
	assert_true(card->slots[1].busy); /* level driven: at the first scan, too */
	fake_card_free(card);
}

struct check_case {
	const char *program, *message;
};

static void test_checks(void **state)
{
	// clang-format off
	static const struct check_case cases[] = {
		{ MODULE ECRX("V3000", "K1") ECWX("V3000", "V3001") "END\n", NULL },
		{ MODULE ECRX("K0", "K1") "END\n", "p:11: will not work: Slave ID K0: the module answers" },
		{ MODULE ECRX("K90", "K128") "END\n", "p:12: will not work: From Slave Element V40500" },
		{ MODULE ECWX("K89", "K8") "END\n", "p:14: will not work: To Slave Element V17: station 89" },
		{ MODULE ECRX("K91", "K2") "END\n", "p:11: error: Slave ID 'K91': must be K0 to K90, or" },
		{ MODULE ECRX("89", "K2") "END\n", "p:11: error: Slave ID '89': must be K0 to K90, or" },
		{ MODULE ECRX("K89", "K0") "END\n", "p:13: error: Number of Bytes 'K0': must be K1 to K128" },
		{ MODULE ECRX("K89", "K129") "END\n", "p:13: error: Number of Bytes 'K129'" },
		{ MODULE ECRX("V41240", "K2") "END\n", "p:11: error: Slave ID V41240: the last address" },
		{ ECRX("K89", "K2") "END\n", "p:3: error: ECOM# K0: no ECOM100 at the top of the program "
		  "has this number, there is none" },
		{ MODULE ECRX("K89", "K2") "STR X3\nOUT C10\nEND\n",
		  "p:18: will not work: OUT C10 writes Success of the box in line 8" },
		{ MODULE ECRX("K89", "K128") "STR X3\nOUT V2077\nEND\n",
		  "p:18: will not work: OUT V2077 writes To Master Element" },
		{ MODULE ECRX("K89", "K128") "STR X3\nOUT V2100\nEND\n", NULL },
		{ MODULE ECWX("V3000", "K128") "STR X3\nOUT V2100\nEND\n", NULL },
		{ MODULE ECRX("K89", "K2") "STR X3\nOUT V1510\nEND\n", "p:18: error: OUT V1510 writes Work" },
		{ MODULE "STR SP1\nECRX IB-740\n ECOM# K0\n Workspace V1510\n Slave ID K89\n"
		  " From Slave Element V40500\n Number of Bytes K2\n To Master Element V1403\n"
		  " Success C10\n Error C11\nEND\n",
		  "p:14: error: To Master Element V1403 overlaps Msg Buffer V1402 in line 6" },
		{ MODULE "STR SP1\nECRX IB-740\n ECOM# K0\n Workspace V1510\n Slave ID K89\n"
		  " From Slave Element V40500\n Number of Bytes K2\n To Master Element V400\n"
		  " Success C10\n Error C11\nEND\n", NULL },
		{ MODULE "STR SP1\nECRX IB-740\n ECOM# K0\n Workspace V1510\n Slave ID K89\n"
		  " From Slave Element V40500\n Number of Bytes K2\n To Master Element V777\n"
		  " Success C10\n Error C11\nEND\n", NULL },
		{ MODULE "STR SP1\nECRX IB-740\n ECOM# K0\n Workspace V1510\n Slave ID K89\n"
		  " From Slave Element V40500\n Number of Bytes K3\n To Master Element V777\n"
		  " Success C10\n Error C11\nEND\n",
		  "p:14: error: To Master Element V777: 2 words from there are not all user V-memory" },
	};
	// clang-format on

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = check_text(cases[i].program, NULL);

		if (cases[i].message ? !strstr(text, cases[i].message) : *text)
			fail_msg("case %zu:\n%s\ngot: %s", i, cases[i].program, text);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_ecrx),
	cmocka_unit_test(test_ecwx_repeats),
	cmocka_unit_test(test_error),
	cmocka_unit_test(test_outputs_stay),
	cmocka_unit_test(test_busy),
	cmocka_unit_test(test_stuck_module),
	cmocka_unit_test(test_words),
	cmocka_unit_test(test_round_robin),
	cmocka_unit_test(test_program_mode),
	cmocka_unit_test(test_checks),
};

TEST_MAIN(tests)
