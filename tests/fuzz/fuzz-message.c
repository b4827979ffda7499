// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mails of a ladder program's Subject and Body: no line of theirs becomes a
 * header field, ends the mail or is longer than SMTP allows.
 *
 * Input: number of bytes of Subject, Subject, Body. The character set of what
 * is not UTF-8 goes by the input's size.
 */
#include "daemon/address.h"
#include "daemon/message.h"
#include "fuzz.h"

static const char *const fields[] = {
	"From", "Reply-To", "To", "Cc", "Subject", "Date", "Message-Id", "Auto-Submitted", "MIME-Version",
	"Content-Type", "Content-Transfer-Encoding", "Importance", "X-Priority",
};

static const char *const sets[] = { "windows-1252", "CP437", "SHIFT_JIS", "GB18030" };
static struct setup *setups[G_N_ELEMENTS(sets)];
static GPtrArray *to;
static GDateTime *date;

static struct setup *make_setup(const char *set)
{
	struct setup *setup = setup_new();

	MUST(!setup_set(setup, "Server", "mail.example"));
	MUST(!setup_set(setup, "SenderAddress", "plc@example.com"));
	MUST(!setup_set(setup, "ReplyTo", "joe@acme.com"));
	MUST(!setup_set(setup, "Importance", "high"));
	MUST(!setup_set(setup, "CharacterSet", set));
	setup_finish(setup);
	return setup;
}

static void prepare(void)
{
	char *problem;
	size_t i;

	if (*setups)
		return;
	message_init();
	for (i = 0; i < G_N_ELEMENTS(sets); i++)
		setups[i] = make_setup(sets[i]);
	to = address_list_parse("mark@hosteng.com", 16, &problem);
	date = g_date_time_new_utc(2024, 2, 29, 12, 0, 0);
	MUST(to && date);
}

/* Returns which of the fields the line begins, or -1. */
static int field_of(const char *line, size_t length)
{
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(fields); i++) {
		size_t n = strlen(fields[i]);

		if (n < length && !g_ascii_strncasecmp(line, fields[i], n) && line[n] == ':')
			return (int)i;
	}
	return -1;
}

/* A field of ours, each at most once, or the continuation of one. */
static void check_header_line(const char *line, size_t length, unsigned int *seen)
{
	int field;

	if (!length || ((*line == ' ' || *line == '\t') && *seen))
		return;
	field = field_of(line, length);
	MUST(field >= 0);
	MUST(!(*seen & 1U << field));
	*seen |= 1U << field;
}

static void check_wire_line(const char *line, size_t length)
{
	MUST(length <= 999); /* a doubled dot is not of the line */
	MUST(!memchr(line, '\r', length) && !memchr(line, '\n', length));
	MUST(!memchr(line, '\0', length));
	if (length && *line == '.')
		MUST(length >= 2 && line[1] == '.');
}

static void check_wire(const struct message *message)
{
	const char *line = message->text->str, *end = line + message->text->len;
	const char *body = line + message->header_length;
	unsigned int seen = 0;

	MUST(message->header_length >= 4 && message->header_length <= message->text->len);
	MUST(!memcmp(body - 4, "\r\n\r\n", 4));
	while (line < end) {
		const char *next = memmem(line, (size_t)(end - line), "\r\n", 2);

		MUST(next);
		check_wire_line(line, (size_t)(next - line));
		if (line < body)
			check_header_line(line, (size_t)(next - line), &seen);
		line = next + 2;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	size_t length = take(&in, 1);
	const struct setup *setup;
	struct text subject, body;
	char *copy;

	prepare();
	setup = setups[size % G_N_ELEMENTS(setups)];
	if (length > in.size)
		length = in.size;
	copy = exact_copy(in.data, in.size);
	subject = (struct text){ copy, length };
	body = (struct text){ copy + length, in.size - length };
	if (!subject_check(&subject)) {
		struct message *message = message_compose(setup, to, &subject, &body,
							  "1.2@example", date);

		check_wire(message);
		message_free(message);
	}
	free(copy);
	return 0;
}
