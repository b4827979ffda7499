/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ECOM_REGISTERS_H
#define ECOM_REGISTERS_H

#include "queue.h"

/* What the registers show of a slot beyond its queue. */
struct registers_slot {
	__u32 number;
	__u32 dip;
};

bool registers_writable(__u32 station, __u32 address, __u32 count);
void registers_write(struct queue *q, __u32 station, __u32 address, __u32 count,
		     const __u16 *words);
bool registers_exist(__u32 station, __u32 address, __u32 count);
void registers_read(const struct queue *q, const struct registers_slot *slot, __u32 station,
		    __u32 address, __u32 count, __u16 *words);

#endif /* ECOM_REGISTERS_H */
