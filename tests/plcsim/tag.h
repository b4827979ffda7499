/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tags of one module's requests: 8 bits, in turn, from a random start at
 * power-up, never one whose request may still be outstanding.
 */
#ifndef PLCSIM_TAG_H
#define PLCSIM_TAG_H

#include <stdint.h>

#define TAGS 256

struct tags {
	uint8_t next;
	uint64_t reserved_until[TAGS]; /* milliseconds; 0: free */
};

void tags_power_up(struct tags *tags);
/* Returns the tag, or -1 if all are outstanding. */
int tags_take(struct tags *tags, uint64_t now);
/* The request has ended, or will have at the time given. */
void tags_release(struct tags *tags, int tag, uint64_t until);

#endif /* PLCSIM_TAG_H */
