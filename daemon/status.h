/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_STATUS_H
#define ECEMAIL_STATUS_H

#include <stdbool.h>
#include <stddef.h>

/* SMTP states; a time-out in state n is status 10 + n. */
enum smtp_state {
	STATE_WAITING = 0,
	STATE_CONNECT = 1,
	STATE_GREETING = 2,
	STATE_MAIL = 3,
	STATE_RCPT = 4,
	STATE_DATA = 5,
	STATE_HEADER = 6,
	STATE_BODY = 7,
	STATE_END = 8,
};

/* The daemon's statuses; those the kernel gives are in ecom_slave89.h. */
enum status_code {
	STATUS_TCP_ERROR = 20,
	STATUS_NO_SENDEE = 21,
	STATUS_INVALID_DATA = 23,
	STATUS_INVALID_SETUP = 24,
	STATUS_NO_MEMORY = 25,
	STATUS_NOT_ALLOWED = 30,
	STATUS_RATE_LIMIT = 31,
	STATUS_PC_SETTING = 32,
};

enum detail_code {
	DETAIL_NONE = 0,
	DETAIL_REFUSED = 10,
	DETAIL_RESET = 11,
	DETAIL_CLOSED = 12,
	DETAIL_NO_ROUTE = 13,
	DETAIL_NO_NAME = 14,
	DETAIL_NO_NAME_SERVER = 15,
	DETAIL_WRITE = 16,
	DETAIL_NO_SERVER = 20,
	DETAIL_NO_SENDER = 21,
	DETAIL_BAD_SENDER = 22,
	DETAIL_BAD_CC = 23,
	DETAIL_BAD_FIELD = 24,
	DETAIL_TLS_NOT_OFFERED = 30,
	DETAIL_TLS_FAILED = 31,
	DETAIL_CERTIFICATE_EXPIRED = 32,
	DETAIL_CERTIFICATE_TOO_NEW = 33,
	DETAIL_CERTIFICATE_NAME = 34,
	DETAIL_CERTIFICATE_UNTRUSTED = 35,
	DETAIL_CERTIFICATE_PIN = 36,
	DETAIL_AUTH_NOT_OFFERED = 40,
	DETAIL_AUTH_MECHANISM = 41,
	DETAIL_NO_CREDENTIAL = 42,
	DETAIL_AUTH_REFUSED = 43,
	DETAIL_LENGTHS = 50,
	DETAIL_BAD_TO = 51,
	DETAIL_BAD_SUBJECT = 52,
	DETAIL_NO_GROUP = 53,
	DETAIL_NO_TEXT = 54,
	DETAIL_BAD_ENTRY = 55,
	DETAIL_NOT_SAVED = 56,
	DETAIL_PARTLY = 60,
	DETAIL_NOT_ALL = 61,
	DETAIL_GARBAGE = 71,
	DETAIL_LINE_TOO_LONG = 72,
	DETAIL_UNASKED = 73,
	DETAIL_NO_RECIPIENT = 74,
	DETAIL_RATE_LIMIT = 80,
};

/* One row of codes.def: a status or an SMTP reply code. */
struct code {
	unsigned int code;
	const char *origin; /* replies: RFC; statuses: NULL */
	const char *name; /* statuses only, else NULL */
	const char *meaning;
	const char *cause;
	const char *remedy;
};

struct detail {
	unsigned int code;
	unsigned int status; /* that it goes with, 0: several */
	const char *text;
};

extern const struct code statuses[];
extern const size_t n_statuses;
extern const struct code replies[];
extern const size_t n_replies;
extern const struct detail details[];
extern const size_t n_details;

/* NULL if the table has no such row. */
const struct code *status_find(unsigned int code);
const struct code *reply_find(unsigned int code);
const struct detail *detail_find(unsigned int code);

/* "connecting" and the like; "in an unknown state" beyond 8. */
const char *state_doing(unsigned int state);

/* Area of a status code: "normal", "module", "protocol", "ladder", "invalid" (seed 000, 9). */
const char *status_category(unsigned int code);

/*
 * Explains any number of 0 to 65535. A reply code that the table lacks is
 * read by its first digit (RFC 5321, 4.2), other unassigned numbers by their
 * category. Returns false above 65535.
 */
bool status_explain(unsigned int code, struct code *explanation);

#endif /* ECEMAIL_STATUS_H */
