// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mail from the ladder program's texts. GMime makes header and MIME; ours
 * are the reading of the ladder's bytes (text.c), the encoded words, as GMime's
 * are of any length where a text has no blanks, strict CRLF and the dot-stuffing,
 * since what leaves here goes to the socket as it is.
 */

#include <gmime/gmime.h>
#include <string.h>

#include "address.h"
#include "message.h"
#include "text.h"

#define BODY_LINE_MAX 998 /* RFC 5322, 2.1.1 */
#define HEADER_LINE_MAX 78 /* likewise; GMime folds longer ones, and leaves these as they are */

/* Of a header's text: longer ones do not fold, and GMime's encoded words get too long, too. */
#define HEADER_WORD_MAX 66
#define ENCODED_MAX	54 /* of one encoded word: its line has up to 76 characters (RFC 2047, 2) */

void message_init(void)
{
	g_mime_init();
}

const char *subject_check(const struct text *subject)
{
	for (size_t i = 0; i < subject->length; i++)
		if (g_ascii_iscntrl(subject->data[i]))
			return "a control character";
	return NULL;
}

static bool is_plain(const GString *body)
{
	size_t line = 0;

	for (gsize i = 0; i < body->len; i++) {
		line = body->str[i] == '\n' ? 0 : line + 1;
		if (line > BODY_LINE_MAX || (unsigned char)body->str[i] > '~')
			return false;
	}
	return true;
}

static void add_field(GString *mail, const char *name, const char *value)
{
	g_string_append(mail, name);
	g_string_append(mail, ": ");
	g_string_append(mail, value);
	g_string_append_c(mail, '\n');
}

/* For what may be long and has blanks to fold it at. */
static void add_folded(GString *mail, const char *name, const char *value)
{
	g_autofree char *field = NULL;

	if (strlen(name) + strlen(": ") + strlen(value) <= HEADER_LINE_MAX) {
		add_field(mail, name, value);
		return;
	}
	field = g_mime_utils_header_printf(NULL, NULL, "%s: %s\n", name, value);
	g_string_append(mail, field);
}

static void add_addresses(GString *mail, const char *name, const GPtrArray *list, guint from,
			  guint to)
{
	g_autoptr(GString) value = g_string_new(NULL);

	for (guint i = from; i < to; i++) {
		g_string_append(value, i > from ? ", " : "");
		g_string_append(value, list->pdata[i]);
	}
	if (to > from)
		add_folded(mail, name, value->str);
}

/* What arrives as it is, folded at single blanks; not what looks like an encoded word. */
static bool is_foldable(const char *text)
{
	size_t word = 0;

	if (*text == ' ' || strstr(text, "=?"))
		return false;
	for (; *text; text++) {
		if (*text < ' ' || *text > '~' || (*text == ' ' && !word))
			return false;
		word = *text == ' ' ? 0 : word + 1;
		if (word > HEADER_WORD_MAX)
			return false;
	}
	return word;
}

/* One character as in quoted-printable; what may stand in a name is left (RFC 2047, 5 (3)). */
static void encode_character(GString *encoded, const char *character, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (g_ascii_isalnum(character[i]) || strchr("!*+-/", character[i]))
			g_string_append_c(encoded, character[i]);
		else if (character[i] == ' ')
			g_string_append_c(encoded, '_');
		else
			g_string_append_printf(encoded, "=%02X", (unsigned char)character[i]);
	}
}

/*
 * Words of whole characters, as each is read by itself. Not in base64: GMime,
 * when it reads, takes the padding of one word for the end of all.
 */
static void add_encoded(GString *mail, const char *name, const char *text)
{
	g_string_append_printf(mail, "%s:", name);
	while (*text) {
		g_autoptr(GString) word = g_string_new(NULL);
		gsize whole = 0;

		for (const char *next; *text; text = next, whole = word->len) {
			next = g_utf8_next_char(text);
			encode_character(word, text, (size_t)(next - text));
			if (word->len > ENCODED_MAX)
				break;
		}
		g_string_truncate(word, whole);
		g_string_append_printf(mail, " =?UTF-8?Q?%s?=\n", word->str);
	}
}

static void add_sender(GString *mail, const struct setup *setup)
{
	g_autofree char *name = NULL, *value = NULL;

	if (!setup->sender_name) {
		add_folded(mail, "From", setup->sender_address);
		return;
	}
	if (!is_foldable(setup->sender_name)) {
		add_encoded(mail, "From", setup->sender_name);
		g_string_append_printf(mail, " <%s>\n", setup->sender_address);
		return;
	}
	name = g_mime_utils_header_encode_phrase(NULL, setup->sender_name, "utf-8");
	value = g_strdup_printf("%s <%s>", name, setup->sender_address);
	add_folded(mail, "From", value);
}

static void add_subject(GString *mail, const struct setup *setup, const struct text *subject)
{
	g_autoptr(GString) title = text_to_utf8(subject, setup->character_set, false);

	if (is_foldable(title->str))
		add_folded(mail, "Subject", title->str);
	else if (title->len)
		add_encoded(mail, "Subject", title->str);
}

static void add_date(GString *mail, GDateTime *date)
{
	g_autofree char *value = g_mime_utils_header_format_date(date);

	add_field(mail, "Date", value);
}

/* RFC 2156, 5.3.4, and what was there before it and is still looked at. */
static void add_importance(GString *mail, enum importance importance)
{
	if (importance == IMPORTANCE_NORMAL)
		return;
	g_string_append(mail, importance == IMPORTANCE_HIGH ? "Importance: high\nX-Priority: 1\n" :
							      "Importance: low\nX-Priority: 5\n");
}

static void add_quoted_printable(GString *mail, const GString *body)
{
	g_autofree char *encoded = NULL;
	GMimeEncoding state;
	size_t n;

	g_mime_encoding_init_encode(&state, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	encoded = g_malloc(g_mime_encoding_outlen(&state, body->len));
	n = g_mime_encoding_flush(&state, body->str, body->len, encoded);
	g_string_append_len(mail, encoded, (gssize)n);
}

static void add_body(GString *mail, const struct setup *setup, const struct text *text)
{
	g_autoptr(GString) body = text_to_utf8(text, setup->character_set, true);
	bool plain = is_plain(body);

	if (!body->len || body->str[body->len - 1] != '\n')
		g_string_append_c(body, '\n');
	add_field(mail, "MIME-Version", "1.0");
	add_field(mail, "Content-Type",
		  plain ? "text/plain; charset=us-ascii" : "text/plain; charset=utf-8");
	add_field(mail, "Content-Transfer-Encoding", plain ? "7bit\n" : "quoted-printable\n");
	if (plain)
		g_string_append_len(mail, body->str, (gssize)body->len);
	else
		add_quoted_printable(mail, body);
}

/* For the wire: every line ends with CRLF, a leading dot is doubled (RFC 5321, 4.5.2). */
static GString *wire_text(const char *text, size_t length)
{
	GString *wire = g_string_sized_new(length + length / 16 + 16);
	const char *end = text + length;

	while (text < end) {
		size_t n = strcspn(text, "\r\n");

		if (*text == '.')
			g_string_append_c(wire, '.');
		g_string_append_len(wire, text, (gssize)n);
		g_string_append(wire, "\r\n");
		text += n;
		text += text + 1 < end && text[0] == '\r' && text[1] == '\n' ? 2 : 1;
	}
	return wire;
}

struct message *message_compose(const struct setup *setup, const GPtrArray *to,
				const struct text *subject, const struct text *body, const char *id,
				GDateTime *date)
{
	struct message *message = g_new0(struct message, 1);
	g_autoptr(GString) mail = g_string_sized_new(500);

	message->sender = g_strdup(setup->sender_address);
	message->id = g_strdup(id);
	message->recipients = g_ptr_array_new_with_free_func(g_free);
	address_list_merge(message->recipients, to);
	address_list_merge(message->recipients, setup->cc);

	add_date(mail, date);
	add_sender(mail, setup);
	add_subject(mail, setup, subject);
	add_addresses(mail, "Reply-To", setup->reply_to, 0, setup->reply_to->len);
	add_addresses(mail, "To", message->recipients, 0, to->len);
	add_addresses(mail, "Cc", message->recipients, to->len, message->recipients->len);
	g_string_append(mail, "Message-Id: <");
	g_string_append(mail, id);
	g_string_append(mail, ">\nAuto-Submitted: auto-generated\n");
	add_importance(mail, setup->importance);
	add_body(mail, setup, body);
	message->text = wire_text(mail->str, mail->len);
	message->header_length = (size_t)(strstr(message->text->str, "\r\n\r\n") + 4 -
					  message->text->str);
	return message;
}

void message_free(struct message *message)
{
	if (!message)
		return;
	g_free(message->sender);
	g_free(message->id);
	g_ptr_array_unref(message->recipients);
	g_string_free(message->text, TRUE);
	g_free(message);
}
