// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ECEMAIL and ECOM100 boxes against a card that does what the test says,
 * scan by scan. Addresses and bytes are from Documentation/mock-slave-89.rst.
 */
#include "tests/plcsim/fake-card.h"
#include "tests/plcsim/ecom100.h"

/* The example of section 1.1, but for the tag */
static const uint8_t golden_frame[64] = {
	0x01, 0x01, 0x05, 0x00, 0x10, 0x0d, 0x1b, 0x00, 0x6d, 0x61, 0x72, 0x6b, 0x40,
	0x68, 0x6f, 0x73, 0x74, 0x65, 0x6e, 0x67, 0x2e, 0x63, 0x6f, 0x6d, 0x57, 0x69,
	0x64, 0x67, 0x65, 0x74, 0x20, 0x52, 0x65, 0x70, 0x6f, 0x72, 0x74, 0x53, 0x68,
	0x69, 0x66, 0x74, 0x20, 0x23, 0x20, 0x33, 0x20, 0x6d, 0x61, 0x64, 0x65, 0x20,
	0x34, 0x37, 0x31, 0x31, 0x20, 0x77, 0x69, 0x64, 0x67, 0x65, 0x74, 0x73
};

/* The box's three outputs, as they are at the end of a scan */
static void expect(struct fake_card *card, unsigned int success, unsigned int error,
		   unsigned int code)
{
	assert_int_equal(get(card, "C0"), success);
	assert_int_equal(get(card, "C1"), error);
	assert_int_equal(get(card, "V1504"), code);
}

/* In RUN, the first scans done, the first status read */
static struct fake_card *running_card(void)
{
	struct fake_card *card = fake_card_new(widget_report, NULL);

	set(card, "V3000", 3);
	set(card, "V3001", 4711);
	scan(card);
	scan(card);
	assert_int_equal(get(card, "V1400"), 0);
	return card;
}

/* Up to the scan in which the WX has started */
static void trigger(struct fake_card *card)
{
	set(card, "X0", 0);
	scan(card);
	set(card, "X0", 1);
	scan(card);
	scan(card);
	assert_true(running(card)->write);
}

/* … and the RX for its result */
static void trigger_accepted(struct fake_card *card)
{
	trigger(card);
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_false(running(card)->write);
}

static void test_success_scan_by_scan(void **state)
{
	struct fake_card *card = running_card();
	uint8_t tag;

	(void)state;
	expect(card, 0, 0, 0);
	assert_int_equal(get(card, "V1503"), 0x0000);
	set(card, "X0", 1);
	scan(card); /* the edge */
	expect(card, 0, 0, 1);
	assert_int_equal(get(card, "V1503"), 0x8100);
	assert_false(card->slots[1].busy);
	scan(card); /* WX starts */
	expect(card, 0, 0, 1);
	assert_int_equal(running(card)->station, 0x89);
	assert_int_equal(running(card)->address, 0);
	assert_int_equal(running(card)->length, 64);
	tag = running(card)->data[2];
	assert_int_equal(get(card, "V1503"), 0x8200 | tag);
	for (int i = 0; i < 64; i++)
		assert_int_equal(running(card)->data[i], i == 2 ? tag : golden_frame[i]);
	assert_int_equal(get(card, "SP122"), 1);
	scan(card); /* nothing happens while it runs */
	expect(card, 0, 0, 1);
	answer(card, TRANSFER_DONE);
	scan(card); /* accepted, RX starts */
	expect(card, 0, 0, 1);
	assert_false(running(card)->write);
	assert_int_equal(running(card)->station, 0x89);
	assert_int_equal(running(card)->address, 040000 + tag * 0100);
	assert_int_equal(get(card, "V1503"), 0x8400 | tag);
	answer_status(card, 1);
	scan(card); /* still busy, next RX */
	expect(card, 0, 0, 1);
	answer_status(card, 0);
	assert_int_equal(get(card, "SP122"), 1);
	scan(card);
	expect(card, 1, 0, 0);
	assert_int_equal(get(card, "SP122"), 0);
	assert_int_equal(get(card, "V1503"), 0x8000);
	assert_false(card->slots[1].busy);
	fake_card_free(card);
}

/* Length word, then the frame, first byte in the low half of V1403 */
static void test_message_buffer(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger(card);
	assert_int_equal(get(card, "V1402"), 64);
	assert_int_equal(get(card, "V1403"), 0x0101);
	assert_int_equal(get(card, "V1405"), 0x0d10);
	assert_int_equal(get(card, "V1407"), 'm' | 'a' << 8);
	assert_int_equal(get(card, "V1442"), 't' | 's' << 8);
	fake_card_free(card);
}

static void test_status_becomes_error_code(void **state)
{
	static const unsigned int codes[] = { 10, 19, 20, 21, 22, 23, 24, 25, 33, 34, 421, 550 };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
		struct fake_card *card = running_card();

		trigger_accepted(card);
		answer_status(card, codes[i]);
		scan(card);
		expect(card, 0, 1, codes[i]);
		fake_card_free(card);
	}
}

static void test_outputs_stay_until_the_next_edge_resets_them(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger_accepted(card);
	answer_status(card, 550);
	for (int i = 0; i < 10; i++) {
		scan(card);
		expect(card, 0, 1, 550);
	}
	set(card, "X0", 0);
	scan(card);
	expect(card, 0, 1, 550);
	set(card, "X0", 1);
	scan(card);
	expect(card, 0, 0, 1);
	fake_card_free(card);
}

/* The box writes its outputs at start and end only: others' writes stay. */
static void test_outputs_are_not_refreshed(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger_accepted(card);
	answer_status(card, 0);
	scan(card);
	set(card, "C1", 1);
	set(card, "V1504", 7);
	scan(card);
	expect(card, 1, 1, 7);
	fake_card_free(card);
}

static void test_power_flow_at_first_scan_is_no_edge(void **state)
{
	struct fake_card *card = fake_card_new(widget_report, NULL);

	(void)state;
	set(card, "X0", 1);
	for (int i = 0; i < 10; i++)
		scan(card);
	expect(card, 0, 0, 0);
	assert_int_equal(card->slots[1].started, 0);
	set(card, "X0", 0);
	scan(card);
	set(card, "X0", 1);
	scan(card);
	expect(card, 0, 0, 1);
	fake_card_free(card);
}

static void test_edge_while_busy_is_ignored(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger_accepted(card);
	for (int i = 0; i < 6; i++) {
		set(card, "X0", i % 2);
		scan(card);
	}
	answer_status(card, 0);
	scan(card);
	expect(card, 1, 0, 0);
	for (int i = 0; i < 10; i++)
		scan(card);
	assert_int_equal(card->slots[1].started, 2);
	fake_card_free(card);
}

static void test_loss_of_power_flow_does_not_abort(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger(card);
	set(card, "X0", 0);
	scan(card);
	answer(card, TRANSFER_DONE);
	scan(card);
	answer_status(card, 0);
	scan(card);
	expect(card, 1, 0, 0);
	fake_card_free(card);
}

static void test_texts_are_those_of_the_edge(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	set(card, "X0", 1);
	scan(card);
	set(card, "V3000", 9);
	scan(card);
	assert_int_equal(running(card)->data[45], '3');
	answer(card, TRANSFER_BUSY);
	scan(card);
	assert_int_equal(running(card)->data[45], '3');
	fake_card_free(card);
}

/* Busy: the same frame again each scan, and 10 when the time-out is over */
static void test_busy_until_timeout(void **state)
{
	struct fake_card *card;
	uint64_t edge;
	uint8_t tag;

	(void)state;
	card = running_card();
	card->timeout = 2;
	pass_time(card, 1000);
	scan(card);
	trigger(card);
	edge = card->now - SCAN_MS;
	tag = running(card)->data[2];
	while (card->now < edge + 2000 - SCAN_MS) {
		answer(card, TRANSFER_BUSY);
		scan(card);
		expect(card, 0, 0, 1);
		assert_int_equal(get(card, "SP123"), 0);
		if (!card->slots[1].busy)
			scan(card); /* the status was read in between */
		assert_true(running(card)->write);
		assert_int_equal(running(card)->data[2], tag);
	}
	assert_true(card->slots[1].started > 190);
	answer(card, TRANSFER_BUSY);
	while (card->now < edge + 2000)
		scan(card);
	expect(card, 0, 1, 10);
	scan(card);
	assert_false(card->slots[1].busy);
	fake_card_free(card);
}

/* A box that gives up in the queue lets the others pass. */
static void test_giving_up_leaves_the_queue(void **state)
{
	struct fake_card *card = running_card();
	unsigned int reads;

	(void)state;
	card->hold_status = true;
	pass_time(card, 1000); /* the status is being read, and not answered */
	set(card, "X0", 1);
	scan(card);
	scan(card);
	pass_time(card, 60000);
	expect(card, 0, 1, 10);
	reads = card->slots[1].status_reads;
	card->hold_status = false;
	answer(card, TRANSFER_DONE);
	scan(card);
	assert_int_equal(card->slots[1].status_reads, reads + 1);
	fake_card_free(card);
}

static void test_busy_then_accepted(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger(card);
	for (int i = 0; i < 5; i++) {
		answer(card, TRANSFER_BUSY);
		scan(card);
	}
	answer(card, TRANSFER_DONE);
	scan(card);
	answer_status(card, 0);
	scan(card);
	expect(card, 1, 0, 0);
	fake_card_free(card);
}

static void test_sp_error_of_wx(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger(card);
	answer(card, TRANSFER_ERROR);
	scan(card);
	expect(card, 0, 1, 1001);
	assert_int_equal(get(card, "SP123"), 1);
	fake_card_free(card);
}

static void test_sp_error_of_rx(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger_accepted(card);
	answer_status(card, 1);
	scan(card);
	answer(card, TRANSFER_ERROR);
	scan(card);
	expect(card, 0, 1, 1001);
	fake_card_free(card);
}

/* Accepted, but the module never ends it: 1001 after time-out + 5 s */
static void test_never_ends(void **state)
{
	struct fake_card *card = running_card();
	uint64_t accepted;

	(void)state;
	trigger_accepted(card);
	accepted = card->now;
	pass_time(card, 64000);
	answer_status(card, 1);
	pass_time(card, accepted + 65000 - SCAN_MS - card->now);
	expect(card, 0, 0, 1);
	scan(card);
	expect(card, 0, 1, 1001);
	fake_card_free(card);
}

/* The time-out that the request got counts, not the module's of before. */
static void test_timeout_of_the_request(void **state)
{
	struct fake_card *card = running_card();
	uint64_t accepted;

	(void)state;
	trigger_accepted(card);
	accepted = card->now;
	card->timeout = 300;
	answer_status(card, 1);
	scan(card);
	pass_time(card, accepted + 305000 - SCAN_MS - card->now);
	expect(card, 0, 0, 1);
	scan(card);
	expect(card, 0, 1, 1001);
	fake_card_free(card);
}

static void test_wx_never_answered(void **state)
{
	struct fake_card *card = running_card();
	uint64_t edge;

	(void)state;
	trigger(card);
	edge = card->now - SCAN_MS;
	pass_time(card, edge + 65000 - SCAN_MS - card->now);
	expect(card, 0, 0, 1);
	scan(card);
	expect(card, 0, 1, 1001);
	answer(card, TRANSFER_DONE); /* far too late: nobody's */
	scan(card);
	scan(card);
	expect(card, 0, 1, 1001);
	trigger(card); /* nor the next request's */
	expect(card, 0, 0, 1);
	fake_card_free(card);
}

static void test_overflow_is_23(void **state)
{
	g_autofree char *text = edited(widget_report, "V3001", "V3001%0");
	struct fake_card *card = fake_card_new(text, NULL);

	(void)state;
	scan(card);
	scan(card);
	set(card, "V3001", 120 - 16 - 13 - 8 - 1 - 6 - 8); /* just fits */
	trigger(card);
	assert_int_equal(running(card)->length, 128);
	answer(card, TRANSFER_ERROR);
	scan(card);
	set(card, "V3001", 120 - 16 - 13 - 8 - 1 - 6 - 8 + 1);
	set(card, "X0", 0);
	scan(card);
	set(card, "X0", 1);
	scan(card);
	expect(card, 0, 0, 1);
	scan(card);
	expect(card, 0, 1, 23);
	assert_int_equal(card->slots[1].started, 1);
	fake_card_free(card);
}

#define TWO_BOXES                                                                \
	"ECOM100 IB-710\n ECOM# K0\n Slot K1\n Status V1400\n Workspace V1401\n" \
	" Msg Buffer V1402\n"                                                    \
	"STR X0\n"                                                               \
	"ECEMAIL IB-711\n ECOM# K0\n Workspace V1503\n Success C0\n Error C1\n"  \
	" Error Code V1504\n To a@b\n Body \"first\"\n"                          \
	"STR X1\n"                                                               \
	"ECEMAIL IB-711\n ECOM# K0\n Workspace V1505\n Success C2\n Error C3\n"  \
	" Error Code V1506\n To a@b\n Body \"second\"\n"                         \
	"END\n"

static void test_two_boxes_share_the_module(void **state)
{
	struct fake_card *card = fake_card_new(TWO_BOXES, NULL);
	uint16_t first, second;

	(void)state;
	scan(card);
	scan(card);
	set(card, "X0", 1);
	set(card, "X1", 1);
	scan(card);
	assert_int_equal(get(card, "V1504"), 1);
	assert_int_equal(get(card, "V1506"), 1);
	scan(card);
	assert_memory_equal(running(card)->data + 11, "first", 5);
	first = running(card)->data[2];
	answer(card, TRANSFER_DONE);
	scan(card); /* the second's turn, though the first could ask now */
	assert_memory_equal(running(card)->data + 11, "second", 6);
	second = running(card)->data[2];
	assert_int_not_equal(first, second);
	answer(card, TRANSFER_DONE);
	for (int i = 0; i < 6; i++) {
		scan(card);
		assert_int_equal(running(card)->address,
				 040000 + 0100 * (i % 2 ? second : first));
		answer_status(card, 1);
	}
	scan(card);
	answer_status(card, 550);
	scan(card);
	expect(card, 0, 1, 550);
	answer_status(card, 0);
	scan(card);
	assert_int_equal(get(card, "C2"), 1);
	assert_int_equal(get(card, "V1506"), 0);
	fake_card_free(card);
}

/* Neither waits for the other's mail, and the status is read meanwhile. */
static void test_status_and_mail_do_not_starve_each_other(void **state)
{
	struct fake_card *card = running_card();
	unsigned int asked = 0;
	unsigned int reads = card->slots[1].status_reads;

	(void)state;
	trigger_accepted(card);
	for (int i = 0; i < 1000; i++) {
		if (card->slots[1].busy) {
			answer_status(card, 1);
			asked++;
		}
		scan(card);
	}
	assert_in_range(card->slots[1].status_reads - reads, 9, 11);
	assert_in_range(asked, 950, 1000);
	fake_card_free(card);
}

static void test_health(void **state)
{
	struct fake_card *card = fake_card_new(widget_report, NULL);

	(void)state;
	card->status = 10;
	scan(card);
	assert_int_equal(get(card, "V1400"), 1); /* not yet read */
	scan(card);
	assert_int_equal(get(card, "V1400"), 10);
	card->status = 0;
	pass_time(card, 500);
	scan(card);
	assert_int_equal(get(card, "V1400"), 10);
	pass_time(card, 500);
	scan(card);
	assert_int_equal(get(card, "V1400"), 0);
	card->status_outcome = TRANSFER_ERROR;
	pass_time(card, 1000);
	scan(card);
	assert_int_equal(get(card, "V1400"), 1001);
	card->status_outcome = TRANSFER_DONE;
	pass_time(card, 1000);
	scan(card);
	assert_int_equal(get(card, "V1400"), 0);
	card->hold_status = true;
	pass_time(card, 1000);
	pass_time(card, 4990);
	assert_int_equal(get(card, "V1400"), 0);
	pass_time(card, 10);
	assert_int_equal(get(card, "V1400"), 1001);
	fake_card_free(card);
}

/* A WX of a box that never ends keeps the status from being read, too. */
static void test_health_of_a_stuck_slot(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger(card);
	running(card);
	pass_time(card, 4990);
	assert_int_equal(get(card, "V1400"), 0);
	pass_time(card, 10);
	assert_int_equal(get(card, "V1400"), 1001);
	answer(card, TRANSFER_DONE);
	scan(card);
	scan(card);
	assert_int_equal(get(card, "V1400"), 0);
	fake_card_free(card);
}

static void test_tags_are_never_outstanding(void **state)
{
	struct tags tags;
	bool seen[TAGS] = { false };

	(void)state;
	tags_power_up(&tags);
	for (int i = 0; i < TAGS; i++) {
		int tag = tags_take(&tags, 1000);

		assert_in_range(tag, 0, 255);
		assert_false(seen[tag]);
		seen[tag] = true;
	}
	assert_int_equal(tags_take(&tags, 1000), -1);
	tags_release(&tags, 77, 0);
	assert_int_equal(tags_take(&tags, 1000), 77);
	tags_release(&tags, 78, 2000);
	assert_int_equal(tags_take(&tags, 1999), -1);
	assert_int_equal(tags_take(&tags, 2000), 78);
}

static void test_first_tag_is_random(void **state)
{
	struct tags tags;
	int different = 0, last = -1;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int tag;

		tags_power_up(&tags);
		tag = tags_take(&tags, 1);
		different += tag != last;
		last = tag;
	}
	assert_true(different > 10);
}

/* PROGRAM mode forgets a request, but keeps its tag while it may be there. */
static void test_program_mode(void **state)
{
	struct fake_card *card = running_card();
	uint8_t tag;

	(void)state;
	trigger(card);
	tag = running(card)->data[2];
	plc_set_run(&card->plc, false);
	scan(card);
	plc_set_run(&card->plc, true);
	answer(card, TRANSFER_DONE);
	scan(card);
	expect(card, 0, 0, 1); /* V-memory is retentive */
	scan(card);
	assert_int_equal(card->slots[1].started, 1);
	card->plc.tags[1].next = tag;
	trigger(card);
	assert_int_equal(running(card)->data[2], (uint8_t)(tag + 1));
	fake_card_free(card);
}

static void test_power_up_begins_anew(void **state)
{
	struct fake_card *card = running_card();

	(void)state;
	trigger_accepted(card);
	answer_status(card, 0);
	scan(card);
	expect(card, 1, 0, 0);
	plc_set_power(&card->plc, false);
	scan(card);
	plc_set_power(&card->plc, true);
	scan(card);
	expect(card, 0, 0, 0);
	assert_int_equal(get(card, "X0"), 1);
	assert_int_equal(get(card, "SP0"), 1);
	scan(card);
	scan(card);
	assert_int_equal(card->slots[1].started, 2);
	fake_card_free(card);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_success_scan_by_scan),
	cmocka_unit_test(test_message_buffer),
	cmocka_unit_test(test_status_becomes_error_code),
	cmocka_unit_test(test_outputs_stay_until_the_next_edge_resets_them),
	cmocka_unit_test(test_outputs_are_not_refreshed),
	cmocka_unit_test(test_power_flow_at_first_scan_is_no_edge),
	cmocka_unit_test(test_edge_while_busy_is_ignored),
	cmocka_unit_test(test_loss_of_power_flow_does_not_abort),
	cmocka_unit_test(test_texts_are_those_of_the_edge),
	cmocka_unit_test(test_busy_until_timeout),
	cmocka_unit_test(test_giving_up_leaves_the_queue),
	cmocka_unit_test(test_busy_then_accepted),
	cmocka_unit_test(test_sp_error_of_wx),
	cmocka_unit_test(test_sp_error_of_rx),
	cmocka_unit_test(test_never_ends),
	cmocka_unit_test(test_timeout_of_the_request),
	cmocka_unit_test(test_wx_never_answered),
	cmocka_unit_test(test_overflow_is_23),
	cmocka_unit_test(test_two_boxes_share_the_module),
	cmocka_unit_test(test_status_and_mail_do_not_starve_each_other),
	cmocka_unit_test(test_health),
	cmocka_unit_test(test_health_of_a_stuck_slot),
	cmocka_unit_test(test_tags_are_never_outstanding),
	cmocka_unit_test(test_first_tag_is_random),
	cmocka_unit_test(test_program_mode),
	cmocka_unit_test(test_power_up_begins_anew),
};

TEST_MAIN(tests)
