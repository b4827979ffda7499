// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The boxes of setup and module information, IB-712 to IB-736, against a card
 * that does what the test says. Bytes and addresses are from
 * Documentation/mock-slave-89.rst, spelled out.
 */
#include "tests/plcsim/fake-card.h"

#define MODULE                                                                   \
	"ECOM100 IB-710\n ECOM# K0\n Slot K1\n Status V1400\n Workspace V1401\n" \
	" Msg Buffer V1402\n"
#define OUTPUTS		      " ECOM# K0\n Workspace V1503\n Success C0\n Error C1\n"
#define CODE		      " Error Code V1504\n"
#define BOX(name, parameters) MODULE "STR X0\n" name "\n" OUTPUTS CODE parameters "END\n"
#define FRAME_BYTES_MAX	      40

/* A box and the frame that it sends, the tag left 0 */
struct frame_case {
	const char *box;
	const char *parameters;
	unsigned int length;
	uint8_t frame[FRAME_BYTES_MAX];
};

// clang-format off
static const struct frame_case frame_cases[] = {
	/* the examples of 1.2 and 1.3 */
	{ "ECEMSUP IB-712", " Port K587\n Timeout K90\n", 13,
	  { 1, 0x81, 0, 0, 5, 3, '5', '8', '7', 6, 2, '9', '0' } },
	{ "EMLCFG IB-712", " Port K587\n Timeout K90\n", 13,
	  { 1, 0x81, 0, 0, 5, 3, '5', '8', '7', 6, 2, '9', '0' } },
	{ "ECEMRDS IB-713", "", 4, { 1, 0x82, 0, 0 } },
	{ "ECEMSUP IB-712", " Server m\n Sender Name Bo $ \"B\"\n Sender Address a@b\n Cc\n", 24,
	  { 1, 0x81, 0, 0, 1, 1, 'm', 2, 8, 'B', 'o', ' ', '$', ' ', '"', 'B', '"',
	    3, 3, 'a', '@', 'b', 4, 0 } },
	{ "ECIPSUP IB-717", " Subnet Mask 255.255.0.0\n", 17,
	  { 1, 0x84, 0, 0, 5, 11, '2', '5', '5', '.', '2', '5', '5', '.', '0', '.', '0' } },
	{ "ECWRMID IB-721", " Module ID K12\n", 8, { 1, 0x84, 0, 0, 3, 2, '1', '2' } },
	{ "ECWRIP IB-723", " IP Address 10.1.2.3\n", 14,
	  { 1, 0x84, 0, 0, 4, 8, '1', '0', '.', '1', '.', '2', '.', '3' } },
	{ "ECWRNAM IB-725", " Module Name Barry\n", 11,
	  { 1, 0x84, 0, 0, 1, 5, 'B', 'a', 'r', 'r', 'y' } },
	{ "ECWRDES IB-727", " Module Desc Rutles Drummer\n", 20,
	  { 1, 0x84, 0, 0, 2, 14, 'R', 'u', 't', 'l', 'e', 's', ' ', 'D', 'r', 'u', 'm', 'm', 'e',
	    'r' } },
	{ "ECWRGWA IB-731", " Gateway 10.0.0.1\n", 14,
	  { 1, 0x84, 0, 0, 6, 8, '1', '0', '.', '0', '.', '0', '.', '1' } },
	{ "ECWRSNM IB-733", " Subnet Mask 255.0.0.0\n", 15,
	  { 1, 0x84, 0, 0, 5, 9, '2', '5', '5', '.', '0', '.', '0', '.', '0' } },
	{ "ECDHCPE IB-735", "", 7, { 1, 0x84, 0, 0, 7, 1, '1' } },
	{ "ECDHCPD IB-736", "", 7, { 1, 0x84, 0, 0, 7, 1, '0' } },
	{ "ECRDMID IB-720", " Module ID V2000\n", 4, { 1, 0x83, 0, 0 } },
};
// clang-format on

static struct fake_card *running_card(const char *program)
{
	struct fake_card *card = fake_card_new(program, NULL);

	scan(card);
	scan(card);
	return card;
}

static void expect(struct fake_card *card, unsigned int success, unsigned int error,
		   unsigned int code)
{
	assert_int_equal(get(card, "C0"), success);
	assert_int_equal(get(card, "C1"), error);
	assert_int_equal(get(card, "V1504"), code);
}

/* The leading edge, up to the scan in which the WX has started */
static void trigger(struct fake_card *card)
{
	set(card, "X0", 1);
	scan(card);
	expect(card, 0, 0, 1);
	scan(card);
	assert_true(running(card)->write);
	assert_int_equal(running(card)->station, 0x89);
	assert_int_equal(running(card)->address, 0);
}

/* … and the RX of its result block, which says success */
static void trigger_done(struct fake_card *card)
{
	trigger(card);
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_int_equal(running(card)->address & ~037700, 040000);
	answer_status(card, 0);
	scan(card);
}

static void expect_frame(const struct frame_case *c)
{
	g_autofree char *program =
		g_strdup_printf(MODULE "STR X0\n%s\n" OUTPUTS CODE "%sEND\n", c->box, c->parameters);
	struct fake_card *card = running_card(program);
	uint8_t tag;

	trigger(card);
	assert_int_equal(running(card)->length, c->length);
	tag = running(card)->data[2];
	for (unsigned int i = 0; i < c->length; i++)
		assert_int_equal(running(card)->data[i], i == 2 ? tag : c->frame[i]);
	fake_card_free(card);
}

static void test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(frame_cases); i++)
		expect_frame(&frame_cases[i]);
}

/* Success and each sort of error, at every scan */
static void test_outcomes(void **state)
{
	static const unsigned int codes[] = { 0, 10, 23, 25, 32, 33, 34 };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		struct fake_card *card = running_card(BOX("ECEMSUP IB-712", " Port K25\n"));

		trigger(card);
		answer(card, TRANSFER_DONE);
		scan(card);
		expect(card, 0, 0, 1);
		answer_status(card, 1);
		scan(card);
		expect(card, 0, 0, 1);
		answer_status(card, codes[i]);
		scan(card);
		expect(card, codes[i] == 0, codes[i] != 0, codes[i]);
		for (int n = 0; n < 5; n++)
			scan(card);
		expect(card, codes[i] == 0, codes[i] != 0, codes[i]);
		assert_int_equal(card->slots[1].started, 3);
		fake_card_free(card);
	}
}

/* A READ, then the RX of what it has published */
static void test_read_ip_address(void **state)
{
	struct fake_card *card = running_card(BOX("ECRDIP IB-722", " IP Address V2000\n"));

	(void)state;
	trigger_done(card);
	expect(card, 0, 0, 1);
	assert_int_equal(get(card, "V1503") & 0xff00, 0x8600);
	assert_false(running(card)->write);
	assert_int_equal(running(card)->station, 0x89);
	assert_int_equal(running(card)->address, 0104);
	assert_int_equal(running(card)->length, 8);
	memcpy(card->slots[1].result.data, "\300\0\250\0\14\0\126\0", 8);
	answer(card, TRANSFER_DONE);
	scan(card);
	expect(card, 1, 0, 0);
	assert_int_equal(get(card, "V2000"), 192);
	assert_int_equal(get(card, "V2001"), 168);
	assert_int_equal(get(card, "V2002"), 12);
	assert_int_equal(get(card, "V2003"), 86);
	assert_int_equal(get(card, "V1503"), 0x8000);
	fake_card_free(card);
}

static void test_where_each_is_read(void **state)
{
	static const struct {
		const char *box;
		const char *parameters;
		unsigned int address;
		unsigned int length;
	} cases[] = {
		{ "ECRDMID IB-720", " Module ID V2000\n", 0101, 2 },
		{ "ECRDNAM IB-724", " Module Name V2000\n Number of Bytes K4\n", 0130, 34 },
		{ "ECRDDES IB-726", " Module Desc V2000\n Number of Bytes K4\n", 0160, 66 },
		{ "ECRDGWA IB-730", " Gateway V2000\n", 0114, 8 },
		{ "ECRDSNM IB-732", " Subnet Mask V2000\n", 0110, 8 },
		{ "ECDHCPQ IB-734", " DHCP Enabled C7\n", 0102, 2 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *program =
			g_strdup_printf(MODULE "STR X0\n%s\n" OUTPUTS CODE "%sEND\n", cases[i].box,
					cases[i].parameters);
		struct fake_card *card = running_card(program);

		trigger_done(card);
		assert_int_equal(running(card)->address, cases[i].address);
		assert_int_equal(running(card)->length, cases[i].length);
		memset(card->slots[1].result.data, 0, TRANSFER_BYTES_MAX);
		card->slots[1].result.data[0] = 13;
		answer(card, TRANSFER_DONE);
		scan(card);
		expect(card, 1, 0, 0);
		fake_card_free(card);
	}
}

/* As many characters as there are and are wanted, the rest 0; no more words */
static void test_read_name(void **state)
{
	struct fake_card *card = running_card(
		BOX("ECRDNAM IB-724", " Module Name V2000\n Number of Bytes K8\n"));

	(void)state;
	set(card, "V2003", 0x7777);
	set(card, "V2004", 0x7777);
	trigger_done(card);
	memset(card->slots[1].result.data, 'x', TRANSFER_BYTES_MAX);
	memcpy(card->slots[1].result.data, "\5\0Barry", 7);
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_int_equal(get(card, "V2000"), 'B' | 'a' << 8);
	assert_int_equal(get(card, "V2002"), 'y');
	assert_int_equal(get(card, "V2003"), 0);
	assert_int_equal(get(card, "V2004"), 0x7777);
	fake_card_free(card);
}

static void test_dhcp_bit(void **state)
{
	struct fake_card *card = running_card(BOX("ECDHCPQ IB-734", " DHCP Enabled C7\n"));

	(void)state;
	for (unsigned int flags = 4; flags-- > 0;) {
		trigger_done(card);
		memset(card->slots[1].result.data, 0, TRANSFER_BYTES_MAX);
		card->slots[1].result.data[0] = flags;
		answer(card, TRANSFER_DONE);
		scan(card);
		assert_int_equal(get(card, "C7"), flags % 2);
		set(card, "X0", 0);
		scan(card);
	}
	fake_card_free(card);
}

/* The words are the program's own until all is well. */
static void test_error_leaves_the_words(void **state)
{
	struct fake_card *card = running_card(BOX("ECRDIP IB-722", " IP Address V2000\n"));

	(void)state;
	set(card, "V2000", 77);
	trigger(card);
	answer(card, TRANSFER_DONE);
	scan(card);
	answer_status(card, 34);
	scan(card);
	expect(card, 0, 1, 34);
	set(card, "X0", 0);
	scan(card);
	trigger_done(card);
	answer(card, TRANSFER_ERROR);
	scan(card);
	expect(card, 0, 1, 1001);
	assert_int_equal(get(card, "V2000"), 77);
	fake_card_free(card);
}

/* A module that no longer answers the last RX */
static void test_stuck_while_reading(void **state)
{
	struct fake_card *card = running_card(BOX("ECRDIP IB-722", " IP Address V2000\n"));

	(void)state;
	trigger_done(card);
	pass_time(card, 64900);
	expect(card, 0, 0, 1);
	pass_time(card, 200);
	expect(card, 0, 1, 1001);
	fake_card_free(card);
}

/* Boxes that read do without an Error Code. */
static void test_no_error_code(void **state)
{
	struct fake_card *card = running_card(MODULE "STR X0\nECRDMID IB-720\n" OUTPUTS
						     " Module ID V2000\nEND\n");

	(void)state;
	set(card, "V0", 5);
	set(card, "X0", 1);
	scan(card);
	scan(card);
	answer(card, TRANSFER_ERROR);
	scan(card);
	assert_int_equal(get(card, "C1"), 1);
	assert_int_equal(get(card, "V0"), 5);
	fake_card_free(card);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_frames),
	cmocka_unit_test(test_outcomes),
	cmocka_unit_test(test_read_ip_address),
	cmocka_unit_test(test_where_each_is_read),
	cmocka_unit_test(test_read_name),
	cmocka_unit_test(test_dhcp_bit),
	cmocka_unit_test(test_error_leaves_the_words),
	cmocka_unit_test(test_stuck_while_reading),
	cmocka_unit_test(test_no_error_code),
};

TEST_MAIN(tests)
