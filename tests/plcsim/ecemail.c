// SPDX-License-Identifier: GPL-2.0-or-later
/* The frame of ECEMAIL: To, Subject and Body with the values of this scan */
#include "tests/plcsim/box.h"
#include "uapi/linux/ecom_slave89.h"

/* The lengths are wrong if it has become too long; nobody sends it then. */
static void form(const struct box *box, const struct memory *memory, GString *frame)
{
	size_t subject, body;

	g_string_set_size(frame, ECEMAIL_TEXT);
	g_string_append(frame, box->values[ECEMAIL_TO].text);
	subject = frame->len;
	vprint_print(box->values[ECEMAIL_SUBJECT].vprint, memory, frame);
	body = frame->len;
	vprint_print(box->values[ECEMAIL_BODY].vprint, memory, frame);
	frame->str[ECEMAIL_TO_LENGTH] = subject - ECEMAIL_TEXT;
	frame->str[ECEMAIL_SUBJECT_LENGTH] = body - subject;
	frame->str[ECEMAIL_BODY_LENGTH] = frame->len - body;
	frame->str[ECEMAIL_RESERVED] = 0;
}

const struct box_request ecemail_request = { .command = COMMAND_ECEMAIL, .form = form };
