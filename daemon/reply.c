// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SMTP replies (RFC 5321, 4.2): "250-text" lines that go on, "250 text" or
 * "250" as the last one, all with the same code. Strict in what makes a reply
 * line, because a port may belong to anything; lenient in the line end, which
 * may lack its CR. Memory use is constant, whatever the server sends.
 */

#include <string.h>

#include "reply.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One to three digits, as in an enhanced code; returns how many. */
static size_t parse_number(const char *text, unsigned int *number)
{
	size_t n = 0;

	for (*number = 0; n < 3 && is_digit(text[n]); n++)
		*number = *number * 10 + (unsigned int)(text[n] - '0');
	return n;
}

/* "5.1.1 text": the class must be that of the reply (RFC 2034, 4). */
static void parse_enhanced(struct reply *reply, const char *text)
{
	unsigned int number[3];

	for (int i = 0; i < 3; i++) {
		size_t n = parse_number(text, &number[i]);

		text += n;
		if (!n || (i < 2 && *text++ != '.'))
			return;
	}
	if ((*text == ' ' || *text == '\0') && number[0] == reply_class(reply))
		memcpy(reply->enhanced, number, sizeof(number));
}

/* Keeps the line as text, for registers and journal. */
static void keep_text(struct reply *reply, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		reply->text[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	reply->text[length] = '\0';
}

static enum reply_event parse_line(struct reply_parser *parser, size_t length)
{
	const char *line = parser->line;
	struct reply *reply = &parser->reply;
	unsigned int code;

	if (length < 3 || line[0] < '1' || line[0] > '5' || !is_digit(line[1]) ||
	    !is_digit(line[2]) || (length > 3 && line[3] != ' ' && line[3] != '-'))
		return REPLY_GARBAGE;
	parse_number(line, &code);
	if (parser->lines && code != reply->code)
		return REPLY_GARBAGE;
	if (!parser->lines)
		memset(reply->enhanced, 0, sizeof(reply->enhanced));
	reply->code = code;
	keep_text(reply, line, length);
	if (length > 4)
		parse_enhanced(reply, reply->text + 4);
	if (length == 3 || line[3] == ' ') {
		parser->lines = 0;
		return REPLY_COMPLETE;
	}
	return ++parser->lines < REPLY_LINES_MAX ? REPLY_LINE : REPLY_TOO_LONG;
}

enum reply_event reply_parse(struct reply_parser *parser, const char *data, size_t length,
			     size_t *used)
{
	const char *end = memchr(data, '\n', length);
	size_t n = end ? (size_t)(end - data) + 1 : length;

	*used = n;
	if (n > sizeof(parser->line) - parser->length)
		return REPLY_TOO_LONG;
	memcpy(parser->line + parser->length, data, n);
	parser->length += n;
	if (!end)
		return parser->length == sizeof(parser->line) ? REPLY_TOO_LONG : REPLY_MORE;

	n = parser->length - 1;
	parser->length = 0;
	if (n && parser->line[n - 1] == '\r')
		n--;
	return parse_line(parser, n);
}
