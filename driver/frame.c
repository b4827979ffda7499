// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the mailboxes take and what they refuse, without looking at what a
 * request means. The order of the checks is part of the specification.
 */
#include "frame.h"
#include "registers.h"

static enum mailbox_reason check_station(const struct mailbox_transfer *t, __u32 dip)
{
	__u32 station = MAILBOX_STATION(t->header);

	if (!mailbox_header_valid(t->header))
		return REASON_LENGTH;
	if (station != STATION_MAILBOX && station != STATION_SCRATCH)
		return REASON_STATION;
	if (!(dip & SLOT_DIP_7))
		return REASON_DIP7;
	return REASON_NONE;
}

static bool names_registers(const struct mailbox_transfer *t)
{
	return registers_exist(MAILBOX_STATION(t->header), t->address,
			       (MAILBOX_LENGTH(t->header) + 1) / 2);
}

static bool command_frame_valid(const struct mailbox_transfer *wx)
{
	return MAILBOX_LENGTH(wx->header) >= FRAME_HEADER_SIZE &&
	       wx->data[FRAME_VERSION] == FRAME_VERSION_VALUE && wx->data[FRAME_FLAGS] == 0;
}

/**
 * frame_check_wx() - can this WX be taken?
 * @wx: the copy of the mailbox
 * @dip: DIP switches of the slot
 *
 * Return: REASON_NONE, or why it is refused. For station 89 the data then is
 * a command frame with a valid header.
 */
enum mailbox_reason frame_check_wx(const struct mailbox_transfer *wx, __u32 dip)
{
	enum mailbox_reason reason = check_station(wx, dip);

	if (reason != REASON_NONE)
		return reason;
	if (MAILBOX_STATION(wx->header) == STATION_SCRATCH)
		return names_registers(wx) ? REASON_NONE : REASON_ADDRESS;
	if (wx->address != COMMAND_ADDRESS)
		return REASON_ADDRESS;
	return command_frame_valid(wx) ? REASON_NONE : REASON_FRAME;
}

/**
 * frame_check_rx() - can this RX be answered?
 * @rx: the copy of the mailbox; its data is not looked at
 * @dip: DIP switches of the slot
 *
 * Return: REASON_NONE, or why it is refused.
 */
enum mailbox_reason frame_check_rx(const struct mailbox_transfer *rx, __u32 dip)
{
	enum mailbox_reason reason = check_station(rx, dip);

	if (reason != REASON_NONE)
		return reason;
	return names_registers(rx) ? REASON_NONE : REASON_ADDRESS;
}
