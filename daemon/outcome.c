// SPDX-License-Identifier: GPL-2.0-or-later
/* How a request ended, and its form for the module's registers. */

#include <string.h>

#include "outcome.h"

void outcome_fail(struct outcome *outcome, unsigned int status, unsigned int state,
		  unsigned int detail)
{
	outcome->status = status;
	outcome->state = state;
	outcome->detail = detail;
	outcome->sent = state < STATE_END ? SENT_NO : SENT_UNKNOWN;
}

void outcome_say(struct outcome *outcome, const char *text)
{
	size_t i;

	for (i = 0; text[i] && i < sizeof(outcome->text) - 1; i++)
		outcome->text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	outcome->text[i] = '\0';
}

void outcome_take_reply(struct outcome *outcome, const struct reply *reply)
{
	outcome->reply = reply->code;
	memcpy(outcome->enhanced, reply->enhanced, sizeof(outcome->enhanced));
	memcpy(outcome->text, reply->text, sizeof(outcome->text));
}

void outcome_refuse(struct outcome *outcome, unsigned int state, const struct reply *reply)
{
	outcome->status = reply->code;
	outcome->state = state;
	outcome->detail = DETAIL_NONE;
	outcome->sent = SENT_NO;
	outcome_take_reply(outcome, reply);
}

void outcome_result(const struct outcome *outcome, struct ecom_result *result)
{
	memset(result, 0, sizeof(*result));
	result->status = (__u16)outcome->status;
	result->state = (__u16)outcome->state;
	result->reply = (__u16)outcome->reply;
	for (int i = 0; i < 3; i++)
		result->enhanced[i] = (__u16)outcome->enhanced[i];
	result->detail = (__u16)outcome->detail;
	result->sent = (__u16)outcome->sent;
	result->text_length = (__u16)strnlen(outcome->text, ECOM_TEXT_MAX);
	memcpy(result->text, outcome->text, result->text_length);
}

const char *sent_name(enum slave89_sent sent)
{
	static const char *const names[] = {
		[SENT_UNKNOWN] = "unknown",
		[SENT_NO] = "no",
		[SENT_YES] = "yes",
		[SENT_PARTLY] = "partly",
	};

	return names[sent];
}
