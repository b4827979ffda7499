// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each box and a module in trouble: one that is not there, one that gets stuck,
 * one that restarts, one that answers nonsense, at each of the box's transfers.
 * The scan goes on, and the box ends with an error.
 */
#include "tests/plcsim/fake-card.h"

#define SECONDS_MAX 200

/* A rung below all boxes counts the scans that come to their end, in BCD. */
#define COUNT "STR SP1\nINC V3000\nEND\n"
#define MODULE                                                                   \
	"ECOM100 IB-710\n ECOM# K0\n Slot K1\n Status V1400\n Workspace V1401\n" \
	" Msg Buffer V1402\n"
#define OUTPUTS " ECOM# K0\n Workspace V1503\n Success C0\n Error C1\n"

struct box_case {
	const char *name, *parameters;
	unsigned int transfers; /* of a request that goes well */
	bool has_code;
};

// clang-format off
static const struct box_case boxes[] = {
	{ "ECEMAIL IB-711", " To a@b\n Body \"x\"\n",                 2, true },
	{ "ECEMSUP IB-712", " Port K25\n",                            2, true },
	{ "ECEMRDS IB-713", "",                                       2, true },
	{ "ECIPSUP IB-717", " Gateway 10.0.0.1\n",                    2, true },
	{ "ECRDMID IB-720", " Module ID V2000\n",                     3, true },
	{ "ECWRMID IB-721", " Module ID K12\n",                       2, true },
	{ "ECRDIP IB-722",  " IP Address V2000\n",                    3, true },
	{ "ECWRIP IB-723",  " IP Address 10.0.0.2\n",                 2, true },
	{ "ECRDNAM IB-724", " Module Name V2000\n Number of Bytes K8\n", 3, true },
	{ "ECWRNAM IB-725", " Module Name Barry\n",                   2, true },
	{ "ECRDDES IB-726", " Module Desc V2000\n Number of Bytes K8\n", 3, true },
	{ "ECWRDES IB-727", " Module Desc Drummer\n",                 2, true },
	{ "ECRDGWA IB-730", " Gateway V2000\n",                       3, true },
	{ "ECWRGWA IB-731", " Gateway 10.0.0.1\n",                    2, true },
	{ "ECRDSNM IB-732", " Subnet Mask V2000\n",                   3, true },
	{ "ECWRSNM IB-733", " Subnet Mask 255.0.0.0\n",               2, true },
	{ "ECDHCPQ IB-734", " DHCP Enabled C7\n",                     3, true },
	{ "ECDHCPE IB-735", "",                                       2, true },
	{ "ECDHCPD IB-736", "",                                       2, true },
	{ "ECRX IB-740", " Slave ID K90\n From Slave Element V0\n Number of Bytes K8\n"
			 " To Master Element V2000\n",                1, false },
	{ "ECWX IB-741", " Slave ID K90\n From Master Element V2000\n Number of Bytes K8\n"
			 " To Slave Element V0\n",                    1, false },
};
// clang-format on

enum trouble { STUCK,
	       ABSENT,
	       RESTARTED,
	       NONSENSE };

struct course {
	struct fake_card *card;
	const struct box_case *box;
	enum trouble trouble;
	unsigned int from; /* the transfer with which the trouble begins */
	unsigned int ended; /* transfers, so far */
	unsigned int scans;
};

static struct fake_card *card_with(const struct box_case *box)
{
	g_autofree char *text = g_strdup_printf(MODULE "STR X0\n%s\n" OUTPUTS "%s%s" COUNT, box->name,
						box->has_code ? " Error Code V1504\n" : "",
						box->parameters);

	return fake_card_new(text, NULL);
}

static void go_well(struct fake_card *card)
{
	const struct transfer *t = running(card);

	if (!t->write && t->station == 0x89 && t->address >= 040000)
		answer_status(card, 0);
	else
		answer(card, TRANSFER_DONE);
}

/* One that has restarted knows nothing of the tag. */
static void answer_in_trouble(struct course *c)
{
	bool asks = !running(c->card)->write && running(c->card)->address >= 040000;

	if (c->trouble == STUCK)
		return;
	if (asks && c->trouble != ABSENT)
		answer_status(c->card, c->trouble == RESTARTED ? 33 : 2000);
	else
		answer(c->card, TRANSFER_ERROR);
	c->ended++;
}

/* One scan, and what the module does then */
static void step(struct course *c)
{
	struct fake_card *card = c->card;
	bool in_trouble = c->ended >= c->from;

	if (in_trouble && c->trouble == STUCK)
		pass_time(card, 500);
	else
		scan(card);
	c->scans++;
	if (!card->slots[1].busy)
		return;
	if (in_trouble) {
		answer_in_trouble(c);
	} else {
		go_well(card);
		c->ended++;
	}
}

static unsigned int bcd(unsigned int value)
{
	return value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12;
}

static bool has_ended(struct course *c)
{
	return get(c->card, "C0") || get(c->card, "C1");
}

static void run_course(struct course *c)
{
	uint64_t limit;

	c->card = card_with(c->box);
	step(c);
	set(c->card, "X0", 1);
	step(c);
	set(c->card, "X0", 0);
	limit = c->card->now + SECONDS_MAX * 1000;
	while (!has_ended(c) && c->card->now < limit)
		step(c);
	assert_int_equal(get(c->card, "V3000"), bcd(c->scans)); /* none stood still */
}

static void expect_error(struct course *c)
{
	unsigned int code = c->box->has_code ? get(c->card, "V1504") : 1001;

	if (get(c->card, "C0") || !get(c->card, "C1") || (code != 1001 && code != 33))
		fail_msg("%s, trouble %d from transfer %u on: C0=%u C1=%u code %u", c->box->name,
			 c->trouble, c->from, get(c->card, "C0"), get(c->card, "C1"), code);
}

static void expect_trouble_to_end(enum trouble trouble)
{
	for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
		for (unsigned int from = 0; from < boxes[i].transfers; from++) {
			struct course c = { .box = &boxes[i], .trouble = trouble, .from = from };

			run_course(&c);
			expect_error(&c);
			fake_card_free(c.card);
		}
	}
}

static void test_stuck_module(void **state)
{
	(void)state;
	expect_trouble_to_end(STUCK);
}

static void test_absent_module(void **state)
{
	(void)state;
	expect_trouble_to_end(ABSENT);
}

static void test_restarted_module(void **state)
{
	(void)state;
	expect_trouble_to_end(RESTARTED);
}

/* A status that is none does not become an Error Code that the seed calls INVALID. */
static void test_nonsense(void **state)
{
	(void)state;
	expect_trouble_to_end(NONSENSE);
}

/* A module that hangs on its own status: the others do not get it, and end. */
static void test_stuck_with_its_status(void **state)
{
	struct fake_card *card = card_with(&boxes[0]);

	(void)state;
	card->hold_status = true;
	scan(card);
	set(card, "X0", 1);
	pass_time(card, 4900);
	assert_int_equal(get(card, "V1400"), 1);
	pass_time(card, 200);
	assert_int_equal(get(card, "V1400"), 1001);
	assert_int_equal(get(card, "V1504"), 1);
	pass_time(card, 61000);
	assert_int_equal(get(card, "C1"), 1);
	assert_int_equal(get(card, "V1504"), 10);
	assert_int_equal(get(card, "V3000"), 4);
	fake_card_free(card);
}

/* Well-behaved: success, after so many transfers */
static void test_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
		struct course c = { .box = &boxes[i], .from = 99 };

		run_course(&c);
		assert_int_equal(get(c.card, "C0"), 1);
		assert_int_equal(get(c.card, "C1"), 0);
		assert_int_equal(c.ended, boxes[i].transfers);
		fake_card_free(c.card);
	}
}

static unsigned int transfers(const struct fake_card *card)
{
	return card->slots[1].started + card->slots[1].status_reads;
}

/* All boxes at once on one module that answers before the next scan */
static void test_one_transfer_per_scan(void **state)
{
	g_autoptr(GString) text = g_string_new(MODULE);
	struct fake_card *card;
	unsigned int before, most = 0;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(boxes); i++) {
		unsigned int n = i;

		g_string_append_printf(text,
				       "STR X0\n%s\n ECOM# K0\n Workspace V15%02o\n Success C1%02o\n"
				       " Error C2%02o\n%s",
				       boxes[i].name, n, n, n, boxes[i].parameters);
		if (boxes[i].has_code)
			g_string_append_printf(text, " Error Code V16%02o\n", n);
	}
	g_string_append(text, COUNT);
	card = fake_card_new(text->str, NULL);
	scan(card);
	set(card, "X0", 1);
	for (unsigned int n = 0; n < 2000; n++) {
		before = transfers(card);
		scan(card);
		most = MAX(most, transfers(card) - before);
		assert_in_range(transfers(card) - before, 0, 1);
		if (card->slots[1].busy)
			go_well(card);
	}
	assert_int_equal(most, 1);
	assert_true(card->slots[1].status_reads >= 10);
	assert_int_equal(get(card, "V3000"), bcd(2001));
	fake_card_free(card);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_in_order),
	cmocka_unit_test(test_stuck_module),
	cmocka_unit_test(test_absent_module),
	cmocka_unit_test(test_restarted_module),
	cmocka_unit_test(test_nonsense),
	cmocka_unit_test(test_stuck_with_its_status),
	cmocka_unit_test(test_one_transfer_per_scan),
};

TEST_MAIN(tests)
