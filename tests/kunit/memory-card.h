/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A card whose DPRAM and doorbells are plain memory, with a page behind each
 * that faults. It is no PCI function: no probe, no interrupts, no tick; a test
 * calls what those would call. Offsets in the tests are numbers from
 * Documentation/hardware.rst on purpose.
 */
#ifndef KUNIT_MEMORY_CARD_H
#define KUNIT_MEMORY_CARD_H

#include <kunit/test.h>

#include "../../driver/ecom.h"

#define MEMORY_DPRAM	 0x10000
#define MEMORY_DOORBELLS 0x1000

struct memory_card {
	struct ecom_card *card; /* one reference */
	u8 *dpram;
	u8 *doorbells;
};

/* Class and netlink family of the driver, before the first suite */
int memory_driver_start(struct kunit_suite *suite);

/* Ends the test if there is no memory. The slots are K1 to K15, K0; DIP 7 is on. */
struct memory_card *memory_card_create(struct kunit *test, int index, unsigned int slots);
/* Identified and served, as after a probe, with the slots not published */
struct memory_card *memory_card_serve(struct kunit *test, int index, unsigned int slots);
/* What remove() does, in its order; open files and references live on */
void memory_card_remove(struct memory_card *m);

u32 memory_get(struct memory_card *m, u32 offset);
void memory_set(struct memory_card *m, u32 offset, u32 value);

/* Put a request of the card into the mailbox and have it served: the result. */
u32 memory_wx(struct memory_card *m, unsigned int slot, u8 station, u16 address, const void *data,
	      u8 length);
u32 memory_rx(struct memory_card *m, unsigned int slot, u8 station, u16 address, u8 length);

/* Wait until no more than @count references to the card are left. */
bool memory_card_wait(struct memory_card *m, unsigned int count);

#endif /* KUNIT_MEMORY_CARD_H */
