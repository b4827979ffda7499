// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SMTP replies: what the parser makes of a stream must not depend on how the
 * stream is cut into pieces, and must be a reply whatever the server sends.
 *
 * Input: a byte that chooses the pieces, then the stream.
 */
#include "daemon/reply.h"
#include "fuzz.h"

struct transcript {
	size_t count;
	enum reply_event events[4096];
	unsigned int codes[4096];
	unsigned long sums[4096];	/* of text and enhanced code */
};

static unsigned long sum(const struct reply *reply)
{
	unsigned long s = reply->enhanced[0] * 7919UL + reply->enhanced[1] * 31 +
			  reply->enhanced[2];
	const char *c;

	for (c = reply->text; *c; c++)
		s = s * 1000003 + (unsigned char)*c;
	return s;
}

static void check_reply(const struct reply *reply)
{
	size_t length = strnlen(reply->text, sizeof(reply->text)), i;
	char code[16];

	MUST(length < sizeof(reply->text) && length >= 3);
	for (i = 0; i < length; i++)
		MUST(reply->text[i] >= ' ' && reply->text[i] <= '~');
	MUST(reply->code >= 100 && reply->code <= 599);
	snprintf(code, sizeof(code), "%u", reply->code);
	MUST(!strncmp(reply->text, code, 3));
	MUST(!reply->enhanced[0] || reply->enhanced[0] == reply->code / 100);
	MUST(reply->enhanced[1] <= 999 && reply->enhanced[2] <= 999);
}

/* The text is the line without its end, printable. */
static void check_text(const struct reply *reply, const uint8_t *line, size_t length)
{
	size_t i;

	MUST(length && line[--length] == '\n');
	if (length && line[length - 1] == '\r')
		length--;
	MUST(strlen(reply->text) == length);
	for (i = 0; i < length; i++)
		MUST(reply->text[i] == (line[i] >= 0x20 && line[i] <= 0x7e ? line[i] : '?'));
}

/* Lines as the specification counts them: at most 512 bytes with their end. */
static bool next_line_too_long(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);

	return end ? end - data + 1 > REPLY_LINE_MAX : size >= REPLY_LINE_MAX;
}

static void note(struct transcript *t, enum reply_event event, const struct reply *reply)
{
	if (event == REPLY_MORE || t->count == 4096)
		return;
	t->events[t->count] = event;
	t->codes[t->count] = 0;
	t->sums[t->count] = 0;
	if (event == REPLY_LINE || event == REPLY_COMPLETE) {
		check_reply(reply);
		t->codes[t->count] = reply->code;
		t->sums[t->count] = sum(reply);
	}
	t->count++;
}

/* @piece: bytes at a time, 0: all. Returns where the parser stopped. */
static void parse(const uint8_t *data, size_t size, size_t piece, struct transcript *t)
{
	struct reply_parser *parser = calloc(1, sizeof(*parser));
	size_t line = 0, position = 0;

	MUST(parser);
	t->count = 0;
	while (position < size) {
		size_t n = piece && piece < size - position ? piece : size - position, used;
		char *copy = exact_copy(data + position, n);
		enum reply_event event = reply_parse(parser, copy, n, &used);

		free(copy);
		MUST(used >= 1 && used <= n);
		position += used;
		note(t, event, &parser->reply);
		if (event == REPLY_TOO_LONG)
			MUST(next_line_too_long(data + line, size - line));
		if (event == REPLY_TOO_LONG || event == REPLY_GARBAGE)
			break;
		if (event != REPLY_MORE) {
			MUST(!next_line_too_long(data + line, size - line));
			check_text(&parser->reply, data + line, position - line);
			line = position;
		}
	}
	free(parser);
}

static void compare(const struct transcript *a, const struct transcript *b)
{
	size_t i;

	MUST(a->count == b->count);
	for (i = 0; i < a->count; i++)
		MUST(a->events[i] == b->events[i] && a->codes[i] == b->codes[i] &&
		     a->sums[i] == b->sums[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct transcript whole, bytes, pieces;

	if (!size)
		return 0;
	parse(data + 1, size - 1, 0, &whole);
	parse(data + 1, size - 1, 1, &bytes);
	parse(data + 1, size - 1, data[0] + 2, &pieces);
	compare(&whole, &bytes);
	compare(&whole, &pieces);
	return 0;
}
