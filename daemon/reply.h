/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_REPLY_H
#define ECEMAIL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define REPLY_LINE_MAX	512 /* bytes of a reply line with its CRLF: RFC 5321, 4.5.3.1.5 */
#define REPLY_LINES_MAX 200 /* of one reply; the longest in use, to EHLO, have some twenty */

/* One reply of an SMTP server, all of its lines. */
struct reply {
	unsigned int code; /* 100 to 599 */
	unsigned int enhanced[3]; /* class, subject, detail (RFC 3463); 0 0 0: none */
	char text[REPLY_LINE_MAX]; /* last line with its code, printable ASCII */
};

/* Collects one reply after the other from a stream of bytes; starts as all zeroes. */
struct reply_parser {
	struct reply reply; /* valid at REPLY_LINE and REPLY_COMPLETE */
	unsigned int lines; /* of a multi-line reply so far */
	size_t length;
	char line[REPLY_LINE_MAX];
};

enum reply_event {
	REPLY_MORE, /* all bytes taken, the line has not ended */
	REPLY_LINE, /* a line of a reply that goes on */
	REPLY_COMPLETE, /* the last or only line of a reply */
	REPLY_GARBAGE, /* not an SMTP reply */
	REPLY_TOO_LONG, /* a line that does not end within REPLY_LINE_MAX, or too many of them */
};

/* First digit: 2 done, 3 go on, 4 transient and 5 permanent refusal. */
static inline unsigned int reply_class(const struct reply *reply)
{
	return reply->code / 100;
}

static inline bool reply_refuses(const struct reply *reply)
{
	return reply_class(reply) == 4 || reply_class(reply) == 5;
}

/*
 * Takes bytes up to the end of a line at most; *used says how many. After
 * REPLY_GARBAGE and REPLY_TOO_LONG the stream cannot be trusted any more.
 */
enum reply_event reply_parse(struct reply_parser *parser, const char *data, size_t length,
			     size_t *used);

#endif /* ECEMAIL_REPLY_H */
