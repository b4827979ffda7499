// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "tests/plcsim/tag.h"

void tags_power_up(struct tags *tags)
{
	memset(tags, 0, sizeof(*tags));
	if (getrandom(&tags->next, sizeof(tags->next), 0) < 0)
		tags->next = time(NULL);
}

int tags_take(struct tags *tags, uint64_t now)
{
	for (int i = 0; i < TAGS; i++) {
		uint8_t tag = tags->next++;

		if (tags->reserved_until[tag] > now)
			continue;
		tags->reserved_until[tag] = UINT64_MAX;
		return tag;
	}
	return -1;
}

void tags_release(struct tags *tags, int tag, uint64_t until)
{
	tags->reserved_until[tag] = until;
}
