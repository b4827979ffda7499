/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ECOM_FRAME_H
#define ECOM_FRAME_H

#include <linux/ecom_slave89.h>
#include "card.h"
#include "pure.h"

/* One mailbox request, copied out of DPRAM once. */
struct mailbox_transfer {
	__u32 sequence;
	__u32 header;
	__u32 address;
	__u8 data[MAILBOX_DATA_MAX];
};

static inline bool mailbox_header_valid(__u32 header)
{
	return !(header & ~MAILBOX_HEADER_MASK) && MAILBOX_LENGTH(header) >= 1 &&
	       MAILBOX_LENGTH(header) <= MAILBOX_DATA_MAX;
}

enum mailbox_reason frame_check_wx(const struct mailbox_transfer *wx, __u32 dip);
enum mailbox_reason frame_check_rx(const struct mailbox_transfer *rx, __u32 dip);

#endif /* ECOM_FRAME_H */
