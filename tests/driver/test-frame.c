// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers stand here as in the documents, not as in the headers. */
#include "unit.h"
#include "driver/frame.h"

#define DIP 0x8c /* switch 7, module id 12 */

/* The Widget Report of the Mock Slave 89 specification */
static const uint8_t widget_report[64] =
	"\x01\x01\x05\x00\x10\x0d\x1b\x00"
	"mark@hosteng.com"
	"Widget Report"
	"Shift # 3 made 4711 widgets";

static struct mailbox_transfer transfer(uint32_t station, uint32_t length, uint32_t address)
{
	struct mailbox_transfer t = {
		.header = length << 8 | station,
		.address = address,
	};

	memcpy(t.data, widget_report, sizeof(widget_report));
	return t;
}

static int wx(uint32_t station, uint32_t length, uint32_t address, uint32_t dip)
{
	struct mailbox_transfer t = transfer(station, length, address);

	return frame_check_wx(&t, dip);
}

static int rx(uint32_t station, uint32_t length, uint32_t address)
{
	struct mailbox_transfer t = transfer(station, length, address);

	return frame_check_rx(&t, DIP);
}

static void test_widget_report(void **state)
{
	(void)state;
	assert_int_equal(wx(0x89, 64, 0, DIP), 0);
}

static void test_station(void **state)
{
	(void)state;
	assert_int_equal(wx(89, 64, 0, DIP), 1);
	assert_int_equal(wx(0x88, 64, 0, DIP), 1);
	assert_int_equal(rx(0x91, 2, 0), 1);
	assert_int_equal(rx(0, 2, 0), 1);
}

static void test_dip_7(void **state)
{
	(void)state;
	assert_int_equal(wx(0x89, 64, 0, 0x7f), 2);
	assert_int_equal(wx(0x90, 64, 0, 0), 2);
}

static void test_length(void **state)
{
	struct mailbox_transfer t = transfer(0x89, 64, 0);

	(void)state;
	assert_int_equal(wx(0x89, 0, 0, DIP), 3);
	assert_int_equal(wx(0x89, 129, 0, DIP), 3);
	assert_int_equal(wx(0x89, 255, 0, DIP), 3);
	assert_int_equal(wx(0x89, 128, 0, DIP), 0);
	t.header |= 0x10000;
	assert_int_equal(frame_check_wx(&t, DIP), 3);
}

static void test_wx_address(void **state)
{
	(void)state;
	assert_int_equal(wx(0x89, 64, 1, DIP), 4);
	assert_int_equal(wx(0x89, 64, 0xffffffff, DIP), 4);
	assert_int_equal(wx(0x90, 128, 0, DIP), 0);
	assert_int_equal(wx(0x90, 1, 63, DIP), 0);
	assert_int_equal(wx(0x90, 2, 63, DIP), 0);
	assert_int_equal(wx(0x90, 3, 63, DIP), 4);
	assert_int_equal(wx(0x90, 1, 64, DIP), 4);
}

static void test_command_frame(void **state)
{
	struct mailbox_transfer t = transfer(0x89, 64, 0);

	(void)state;
	t.data[0] = 2;
	assert_int_equal(frame_check_wx(&t, DIP), 5);
	t = transfer(0x89, 64, 0);
	t.data[3] = 1;
	assert_int_equal(frame_check_wx(&t, DIP), 5);
	assert_int_equal(wx(0x89, 3, 0, DIP), 5);
	assert_int_equal(wx(0x89, 4, 0, DIP), 0);
}

static void test_rx_areas(void **state)
{
	(void)state;
	assert_int_equal(rx(0x89, 128, 0), 0);
	assert_int_equal(rx(0x89, 2, 0377), 0);
	assert_int_equal(rx(0x89, 4, 0377), 4);
	assert_int_equal(rx(0x89, 2, 0400), 4);
	assert_int_equal(rx(0x89, 2, 0777), 4);
	assert_int_equal(rx(0x89, 128, 01000), 0);
	assert_int_equal(rx(0x89, 2, 01377), 0);
	assert_int_equal(rx(0x89, 2, 01400), 4);
	assert_int_equal(rx(0x89, 2, 037777), 4);
	assert_int_equal(rx(0x89, 128, 040500), 0);
	assert_int_equal(rx(0x89, 128, 077700), 0);
	assert_int_equal(rx(0x89, 128, 077701), 4);
	assert_int_equal(rx(0x89, 2, 0100000), 4);
	assert_int_equal(rx(0x89, 2, 0xffffffff), 4);
	assert_int_equal(rx(0x90, 128, 0), 0);
	assert_int_equal(rx(0x90, 128, 1), 4);
	assert_int_equal(rx(0x90, 2, 01000), 4);
	assert_int_equal(rx(0x89, 3, 0377), 4); /* half a word more */
}

/* An RX has no data: a command frame's rules are not its rules. */
static void test_rx_is_no_command(void **state)
{
	struct mailbox_transfer t = transfer(0x89, 2, 1);

	(void)state;
	memset(t.data, 0, sizeof(t.data));
	assert_int_equal(frame_check_rx(&t, DIP), 0);
	assert_int_equal(frame_check_rx(&t, 0x7f), 2);
	t.header = 0x89;
	assert_int_equal(frame_check_rx(&t, DIP), 3);
}

/* More than one thing wrong: 3, 1, 2, 4, 5 is the order. */
static void test_order(void **state)
{
	(void)state;
	assert_int_equal(wx(0x55, 0, 7, 0), 3);
	assert_int_equal(wx(0x55, 3, 7, 0), 1);
	assert_int_equal(wx(0x89, 3, 7, 0), 2);
	assert_int_equal(wx(0x89, 3, 7, DIP), 4);
	assert_int_equal(wx(0x89, 3, 0, DIP), 5);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_widget_report), cmocka_unit_test(test_station),
	cmocka_unit_test(test_dip_7),	      cmocka_unit_test(test_length),
	cmocka_unit_test(test_wx_address),    cmocka_unit_test(test_command_frame),
	cmocka_unit_test(test_rx_areas),      cmocka_unit_test(test_rx_is_no_command),
	cmocka_unit_test(test_order),
};

UNIT_MAIN(tests)
