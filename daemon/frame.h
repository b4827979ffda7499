/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_FRAME_H
#define ECEMAIL_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* A run of bytes from the ladder program: not terminated, any value. */
struct text {
	const char *data;
	size_t length;
};

/* What an ECEMAIL frame asks for; points into the frame. */
struct ecemail {
	struct text to;
	struct text subject;
	struct text body;
};

/* Returns 0, or -EINVAL if the lengths in the frame do not add up. */
int ecemail_decode(struct ecemail *ecemail, const uint8_t *frame, size_t length);

#endif /* ECEMAIL_FRAME_H */
