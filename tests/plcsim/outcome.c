// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "tests/plcsim/outcome.h"

// clang-format off
static const struct { unsigned int code; const char *text; } codes[] = {
	{ 20,   "TCP error" },
	{ 21,   "no sendee" },
	{ 22,   "invalid state" },
	{ 23,   "invalid data" },
	{ 24,   "invalid SMTP configuration" },
	{ 25,   "memory allocation error" },
	{ 30,   "recipient not allowed by the site" },
	{ 31,   "rate limit of the site" },
	{ 32,   "setting owned by the PC" },
	{ 33,   "module restarted, outcome unknown" },
	{ 34,   "command unknown or not served" },
	{ 1001, "SP slot error, outcome unknown" },
};

static const char *const states[10] = {
	"waiting for its turn", "connecting", "greeting and login", "MAIL FROM", "RCPT TO",
	"DATA", "sending the header", "sending the body", "waiting for the answer to the end",
	"unknown state",
};
// clang-format on

static const char *code_text(unsigned int code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].text;
	return NULL;
}

static void error_text(unsigned int code, char *text, size_t size)
{
	const char *known = code_text(code);

	if (known)
		snprintf(text, size, "error: %s", known);
	else if (code >= 10 && code <= 19)
		snprintf(text, size, "error: time-out: %s", states[code - 10]);
	else if (code < 2 || code >= 2000)
		snprintf(text, size, "INVALID: Error is set, but its code means no error");
	else if (code < 100)
		snprintf(text, size, "error of the ECOM100");
	else if (code < 1000)
		snprintf(text, size, "error: the mail server answered %u", code);
	else
		snprintf(text, size, "error of the box");
}

void outcome_text(const struct outcome *o, char *text, size_t size)
{
	if (o->error && o->success)
		snprintf(text, size, "INVALID: both Error and Success are set");
	else if (o->error)
		error_text(o->code, text, size);
	else if (o->success && o->code)
		snprintf(text, size, "INVALID: Success, but Error Code is set");
	else if (o->success)
		snprintf(text, size, "success%s", o->mail ? ": the mail server has the mail" : "");
	else if (o->busy)
		snprintf(text, size, "still processing the request");
	else
		snprintf(text, size, "no power flow edge since going to RUN");
}

const char *health_text(unsigned int status)
{
	switch (status) {
	case 0:
		return "in order";
	case 1:
		return "not yet read";
	case 10:
		return "no daemon on the PC serves the slot";
	case 24:
		return "e-mail setup incomplete";
	case 1001:
		return "SP slot error: the PC does not answer";
	default:
		return "see the status codes";
	}
}
