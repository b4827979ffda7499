// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of codes.def and the rules for numbers that are not in them. */

#include "status.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

const struct code statuses[] = {
#define STATUS(code, name, meaning, cause, remedy) { code, NULL, name, meaning, cause, remedy },
#include "codes.def"
};
const size_t n_statuses = ARRAY_SIZE(statuses);

const struct code replies[] = {
#define REPLY(code, origin, meaning, cause, remedy) { code, origin, NULL, meaning, cause, remedy },
#include "codes.def"
};
const size_t n_replies = ARRAY_SIZE(replies);

const struct detail details[] = {
#define DETAIL(code, status, text) { code, status, text },
#include "codes.def"
};
const size_t n_details = ARRAY_SIZE(details);

static const char *const states[] = {
#define STATE(number, name, doing) [number] = doing,
#include "codes.def"
};

/* Reply codes that the table lacks, by their first digit. */
static const struct code reply_classes[] = {
	[1] = { 0, "first digit", NULL, "Informational reply.",
		"SMTP servers do not use it.", "Check that the port belongs to a mail server." },
	[2] = { 0, "first digit", NULL, "Success reply.",
		"The server did what it was asked, but the answer does not fit here.",
		"Look at the trace." },
	[3] = { 0, "first digit", NULL, "Intermediate reply: the server wants more.",
		"The answer does not fit here.", "Look at the trace." },
	[4] = { 0, "first digit", NULL, "Transient error reply.",
		"The server cannot do it now, but may do so later.",
		"Try again later; read the server's text in the journal." },
	[5] = { 0, "first digit", NULL, "Permanent error reply.",
		"The server will not do it, however often it is asked.",
		"Read the server's text in the journal; ask the server's administrator." },
};

static const struct code unassigned_reply = {
	0, "first digit", NULL, "Not a reply code of SMTP, whose first digit is 2 to 5.",
	"The port belongs to another service.", "Check the port."
};
static const struct code unassigned_module = {
	0, NULL, "Not assigned", "A number of the module's errors that is not in use.",
	"Other logic writes to Error Code, or the module is newer than this command.",
	"Check the Cross Reference View for other uses of Error Code."
};
static const struct code unassigned_ladder = {
	0, NULL, "Not assigned", "A number of the box's errors that is not in use.",
	"Other logic writes to Error Code, or the box is newer than this command.",
	"Check the Cross Reference View for other uses of Error Code."
};
static const struct code invalid = {
	0, NULL, "Invalid", "No box and no module gives this number.",
	"Other logic of the ladder program writes to Error Code.",
	"Check the Cross Reference View: Success, Error and Error Code must be written by this one box only."
};

static const struct code *find(const struct code *table, size_t n, unsigned int code)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

const struct code *status_find(unsigned int code)
{
	return find(statuses, n_statuses, code);
}

const struct code *reply_find(unsigned int code)
{
	return find(replies, n_replies, code);
}

const struct detail *detail_find(unsigned int code)
{
	for (size_t i = 0; i < n_details; i++)
		if (details[i].code == code)
			return &details[i];
	return NULL;
}

const char *state_doing(unsigned int state)
{
	return state < ARRAY_SIZE(states) ? states[state] : "in an unknown state";
}

const char *status_category(unsigned int code)
{
	if (code <= 1)
		return "normal";
	if (code <= 99)
		return "module";
	if (code <= 999)
		return "protocol";
	if (code <= 1999)
		return "ladder";
	return "invalid";
}

static const struct code *unassigned(unsigned int code)
{
	if (code <= 99)
		return &unassigned_module;
	if (code <= 999)
		return code / 100 < ARRAY_SIZE(reply_classes) ? &reply_classes[code / 100] :
								&unassigned_reply;
	return code <= 1999 ? &unassigned_ladder : &invalid;
}

bool status_explain(unsigned int code, struct code *explanation)
{
	const struct code *row = status_find(code);

	if (code > 65535)
		return false;
	if (!row)
		row = reply_find(code);
	if (!row)
		row = unassigned(code);
	*explanation = *row;
	explanation->code = code;
	return true;
}
