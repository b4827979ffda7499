// SPDX-License-Identifier: GPL-2.0-or-later
/* ECEMAIL frames: the texts lie one behind the other and fill the frame. */
#include <errno.h>
#include <stdbool.h>
#include "daemon/frame.h"
#include "fuzz.h"

static bool adds_up(const uint8_t *frame, size_t length)
{
	if (length < 8 || length > 128 || frame[7] != 0)
		return false;
	return length == 8UL + frame[4] + frame[5] + frame[6];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *frame = exact_copy(data, size);
	const char *text = (const char *)frame + 8;
	struct ecemail e;
	int err = ecemail_decode(&e, frame, size);

	if (!adds_up(frame, size)) {
		MUST(err == -EINVAL);
	} else {
		MUST(!err);
		MUST(e.to.data == text && e.to.length == frame[4]);
		MUST(e.subject.data == text + frame[4] && e.subject.length == frame[5]);
		MUST(e.body.data == text + frame[4] + frame[5] && e.body.length == frame[6]);
	}
	free(frame);
	return 0;
}
