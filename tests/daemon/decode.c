// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl frames, registers and monitor: bytes, words and netlink messages
 * written by hand from the documents, and what is read out of them.
 */

#include <linux/ecom_netlink.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/ctl/decode.h"
#include "daemon/ctl/events.h"

/* Documentation/mock-slave-89.rst, section 1.1: Widget Report with tag 5 */
static const char golden[] =
	"\x01\x01\x05\x00\x10\x0d\x1b\x00"
	"mark@hosteng.comWidget ReportShift # 3 made 4711 widgets";

static const char *text_of(JsonObject *object, const char *member)
{
	assert_true(json_object_has_member(object, member));
	return json_object_get_string_member(object, member);
}

static gint64 number_of(JsonObject *object, const char *member)
{
	assert_true(json_object_has_member(object, member));
	return json_object_get_int_member(object, member);
}

static struct ecom_frame make_wx(const char *data, size_t length)
{
	struct ecom_frame frame = { .when_ns = 1, .station = 0x89, .length = (__u16)length };

	memcpy(frame.data, data, length);
	return frame;
}

static void test_golden_frame(void **state)
{
	struct ecom_frame frame = make_wx(golden, sizeof(golden) - 1);
	g_autoptr(JsonObject) object = decode_frame(&frame, FALSE);

	(void)state;
	assert_int_equal(number_of(object, "station"), 89);
	assert_string_equal(text_of(object, "address"), "V0");
	assert_string_equal(text_of(object, "result_text"), "accepted");
	assert_int_equal(number_of(object, "tag"), 5);
	assert_string_equal(text_of(object, "to"), "mark@hosteng.com");
	assert_string_equal(text_of(object, "subject"), "Widget Report");
	assert_string_equal(text_of(object, "body"), "Shift # 3 made 4711 widgets");
	assert_true(g_str_has_prefix(text_of(object, "data"), "01010500100d1b006d61726b"));
}

/* What the PLC may write is not what it should: nothing is read beyond it. */
static void test_bad_frames(void **state)
{
	static const char longer[] = "\x01\x01\x05\x00\x10\x0d\x1c\x00mark";
	static const struct {
		const char *data;
		size_t length;
		const char *problem; /* NULL: none is named */
	} cases[] = { { longer, sizeof(longer) - 1, "do not add up" },
		      { "\x01\x01\x05\x00\x00\x00", 6, "too short" },
		      { "\x01\x01", 2, NULL },
		      { "", 0, NULL },
		      { "\x01\x99\x05\x00", 4, NULL } };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct ecom_frame frame = make_wx(cases[i].data, cases[i].length);
		g_autoptr(JsonObject) object = decode_frame(&frame, FALSE);

		assert_false(json_object_has_member(object, "to"));
		assert_int_equal(json_object_has_member(object, "problem"), !!cases[i].problem);
		if (cases[i].problem)
			assert_non_null(strstr(text_of(object, "problem"), cases[i].problem));
	}
}

static void test_rx(void **state)
{
	struct ecom_frame frame = { .when_ns = 1,
				    .station = 0x89,
				    .address = 040500,
				    .length = 4,
				    .data = { 5, 0, 20, 0 } };
	g_autoptr(JsonObject) object = decode_frame(&frame, TRUE);

	(void)state;
	assert_string_equal(text_of(object, "area"), "results");
	assert_string_equal(text_of(object, "address"), "V40500");
	assert_int_equal(number_of(object, "tag"), 5);
	assert_int_equal(number_of(object, "status"), 20);
}

static void test_mailbox_results(void **state)
{
	static const struct {
		unsigned int result;
		const char *text;
	} cases[] = { { 0, "accepted" },
		      { 1, "busy: the queue is full" },
		      { 0x0202, "refused, DIP switch 7 was off at power-up" },
		      { 0x0602, "refused, tag: the request with this tag has not ended yet" },
		      { 0x4402, "refused, unknown reason" },
		      { 9, "unknown result 9" } };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = decode_mailbox_result(cases[i].result);

		assert_string_equal(text, cases[i].text);
	}
}

/* Section 2.1: words by their octal addresses; section 2.2: a result block */
static void test_registers(void **state)
{
	guint16 module[18] = { 0x0100, 24, 60, 16, 3, 1, 1, 0x81, 0x5678, 0x1234 };
	guint16 part[2] = { 60, 16 };
	g_autoptr(JsonObject) object = json_object_new(), half = json_object_new();

	(void)state;
	module[014] = 2;
	module[015] = 1;
	decode_registers(object, 0, module, G_N_ELEMENTS(module));
	assert_int_equal(number_of(object, "health"), 24);
	assert_int_equal(number_of(object, "queue_used"), 3);
	assert_int_equal(number_of(object, "dip"), 0x81);
	assert_string_equal(text_of(object, "card_generation"), "12345678");
	assert_int_equal(number_of(object, "wx_accepted"), 0x10002);
	decode_registers(half, 2, part, G_N_ELEMENTS(part));
	assert_int_equal(json_object_get_size(half), 2);
	assert_int_equal(number_of(half, "timeout"), 60);
}

static void test_result(void **state)
{
	guint16 words[64] = { 5, 550, 4, 550, 5, 1, 1, 0, 1, 60, 7, 0 };
	g_autoptr(JsonObject) object = NULL;

	(void)state;
	words[020] = 3;
	words[021] = '5' | '5' << 8;
	words[022] = '0';
	object = decode_result(words);
	assert_int_equal(number_of(object, "status"), 550);
	assert_string_equal(text_of(object, "enhanced"), "5.1.1");
	assert_string_equal(text_of(object, "sent"), "no");
	assert_int_equal(number_of(object, "request"), 7);
	assert_string_equal(text_of(object, "text"), "550");
	/* a length beyond the block */
	words[020] = 0xffff;
	json_object_unref(object);
	object = decode_result(words);
	assert_true(strlen(text_of(object, "text")) <= 94 * 3);
}

static void test_ring(void **state)
{
	guint16 words[16] = { 0 };
	g_autoptr(JsonObject) object = NULL;

	(void)state;
	assert_null(decode_ring_entry(words));
	words[0] = 5;
	words[1] = 20;
	words[2] = 1;
	words[4] = 'H' | 'i' << 8;
	object = decode_ring_entry(words);
	assert_string_equal(text_of(object, "subject"), "Hi");
	assert_int_equal(number_of(object, "status"), 20);
}

/* Events */

static void test_sequence(void **state)
{
	guint64 last = 41;

	(void)state;
	assert_int_equal(events_follow(&last, 41), EVENTS_OLD);
	assert_int_equal(events_follow(&last, 42), EVENTS_NEXT);
	assert_int_equal(last, 42);
	assert_int_equal(events_follow(&last, 44), EVENTS_LOST);
	assert_int_equal(last, 42);
	last = EVENTS_ANY;
	assert_int_equal(events_follow(&last, 7), EVENTS_NEXT);
	assert_int_equal(last, 7);
}

static struct nl_msg *make_event(guint32 kind)
{
	struct nl_msg *message = nlmsg_alloc();

	genlmsg_put(message, NL_AUTO_PORT, 9, 30, 0, 0, ECOM_CMD_EVENT, 1);
	nla_put_u64(message, ECOM_A_EVENT_SEQUENCE, 8);
	nla_put_u32(message, ECOM_A_EVENT_KIND, kind);
	nla_put_u64(message, ECOM_A_EVENT_TIME, 1000);
	nla_put_u32(message, ECOM_A_EVENT_CARD, 0);
	nla_put_u32(message, ECOM_A_EVENT_SLOT, 1);
	return message;
}

static void test_event(void **state)
{
	struct nl_msg *message = make_event(ECOM_EVENT_REQUEST_COMPLETED);
	g_autoptr(JsonObject) object = NULL;
	g_autofree char *line = NULL;

	(void)state;
	nla_put_u64(message, ECOM_A_EVENT_REQUEST, 3);
	nla_put_u32(message, ECOM_A_EVENT_TAG, 5);
	nla_put_u32(message, ECOM_A_EVENT_STATE, 4);
	nla_put_u32(message, ECOM_A_EVENT_STATUS, 550);
	nla_put_u32(message, ECOM_A_EVENT_SENT, 1);
	object = events_decode(nlmsg_hdr(message));
	assert_string_equal(text_of(object, "event"), "request-completed");
	assert_int_equal(number_of(object, "status"), 550);
	line = events_describe(object);
	assert_non_null(strstr(line, "0:K1 request 3 (tag 5): ended, status 550, sent: no"));
	nlmsg_free(message);
}

static void test_refused_event(void **state)
{
	struct nl_msg *message = make_event(ECOM_EVENT_WX_REFUSED);
	g_autoptr(JsonObject) object = NULL;
	g_autofree char *line = NULL;

	(void)state;
	nla_put_u32(message, ECOM_A_EVENT_TAG, 9);
	nla_put_u32(message, ECOM_A_EVENT_REASON, 6);
	object = events_decode(nlmsg_hdr(message));
	line = events_describe(object);
	assert_non_null(strstr(line, "frame refused (tag 9): refused, tag: the request"));
	nlmsg_free(message);
}

/* A driver that is newer than this program */
static void test_unknown_event(void **state)
{
	struct nl_msg *message = make_event(999);
	g_autoptr(JsonObject) object = events_decode(nlmsg_hdr(message));
	g_autofree char *line = events_describe(object);

	(void)state;
	assert_string_equal(text_of(object, "event"), "unknown");
	assert_non_null(strstr(line, "event 999, unknown"));
	nlmsg_free(message);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_frame),
		cmocka_unit_test(test_bad_frames),
		cmocka_unit_test(test_rx),
		cmocka_unit_test(test_mailbox_results),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_refused_event),
		cmocka_unit_test(test_unknown_event),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
