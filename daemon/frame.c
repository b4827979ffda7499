// SPDX-License-Identifier: GPL-2.0-or-later
/* The ECEMAIL command frame (Mock Slave 89 specification, 1.1). */

#include <errno.h>
#include <linux/ecom_slave89.h>

#include "frame.h"

static struct text take(const uint8_t **frame, size_t length)
{
	struct text text = { (const char *)*frame, length };

	*frame += length;
	return text;
}

int ecemail_decode(struct ecemail *ecemail, const uint8_t *frame, size_t length)
{
	const uint8_t *text = frame + ECEMAIL_TEXT;

	if (length < ECEMAIL_TEXT || length > FRAME_SIZE_MAX || frame[ECEMAIL_RESERVED])
		return -EINVAL;
	if (length != (size_t)ECEMAIL_TEXT + frame[ECEMAIL_TO_LENGTH] +
			      frame[ECEMAIL_SUBJECT_LENGTH] + frame[ECEMAIL_BODY_LENGTH])
		return -EINVAL;
	ecemail->to = take(&text, frame[ECEMAIL_TO_LENGTH]);
	ecemail->subject = take(&text, frame[ECEMAIL_SUBJECT_LENGTH]);
	ecemail->body = take(&text, frame[ECEMAIL_BODY_LENGTH]);
	return 0;
}
