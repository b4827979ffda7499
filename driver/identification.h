/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ECOM_IDENTIFICATION_H
#define ECOM_IDENTIFICATION_H

#include "card.h"
#include "pure.h"

/* The card block as read from DPRAM, and the slot numbers. */
struct identification {
	__u32 magic;
	__u32 layout;
	__u32 dpram_size;
	__u32 slot_count;
	__u32 slot_offset;
	__u32 slot_size;
	__u32 host_offset;
	__u32 generation;
	__u32 doorbell_offset;
	__u32 doorbell_value;
	__u32 firmware;
	__u8 serial[CARD_SERIAL_SIZE];
	__u32 slot_numbers[CARD_SLOTS_MAX];
};

const char *identification_check(const struct identification *id, __u64 dpram_bar,
				 __u64 doorbell_bar);
void identification_clean(__u8 *text, __u32 size);
const char *identification_check_slots(const struct identification *id);

#endif /* ECOM_IDENTIFICATION_H */
