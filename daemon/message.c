// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mail from the ladder program's texts. GMime makes header and MIME; ours
 * are the reading of the ladder's bytes, strict CRLF and the dot-stuffing,
 * since what leaves here goes to the socket as it is.
 */

#include <gmime/gmime.h>
#include <string.h>

#include "address.h"
#include "message.h"

#define BODY_LINE_MAX 998 /* RFC 5322, 2.1.1 */

/* Code points of the windows-1252 bytes 0x80 to 0x9f; 0: not assigned. */
static const gunichar windows_1252[32] = {
	0x20ac,
	0,
	0x201a,
	0x0192,
	0x201e,
	0x2026,
	0x2020,
	0x2021,
	0x02c6,
	0x2030,
	0x0160,
	0x2039,
	0x0152,
	0,
	0x017d,
	0,
	0,
	0x2018,
	0x2019,
	0x201c,
	0x201d,
	0x2022,
	0x2013,
	0x2014,
	0x02dc,
	0x2122,
	0x0161,
	0x203a,
	0x0153,
	0,
	0x017e,
	0x0178,
};

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

static gunichar from_windows_1252(unsigned char byte)
{
	gunichar c = byte < 0xa0 ? windows_1252[byte - 0x80] : byte;

	return c ? c : 0xfffd;
}

/* Takes one character; a byte that is not UTF-8 stands for itself. */
static gunichar take_character(const char **data, const char *end)
{
	gunichar c = g_utf8_get_char_validated(*data, end - *data);

	if (c == (gunichar)-1 || c == (gunichar)-2)
		return from_windows_1252((unsigned char)*(*data)++);
	*data = g_utf8_next_char(*data);
	return c;
}

GString *text_to_utf8(const struct text *text, bool lines)
{
	GString *utf8 = g_string_sized_new(text->length + 1);
	const char *data = text->data, *end = data + text->length;

	while (data < end) {
		char ascii = *data;
		gunichar c;

		if (lines && (ascii == '\r' || ascii == '\n')) {
			data += ascii == '\r' && data + 1 < end && data[1] == '\n' ? 2 : 1;
			g_string_append_c(utf8, '\n');
		} else if (ascii == '\t') {
			data++;
			g_string_append_c(utf8, '\t');
		} else if (g_ascii_iscntrl(ascii)) {
			data++;
			g_string_append_c(utf8, '?');
		} else {
			c = take_character(&data, end);
			g_string_append_unichar(utf8, g_unichar_iscntrl(c) ? '?' : c);
		}
	}
	return utf8;
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

static GMimeObject *compose_body(const struct text *text)
{
	g_autoptr(GString) body = text_to_utf8(text, true);
	GMimeTextPart *part = g_mime_text_part_new();
	bool plain = is_plain(body);
	GMimeStream *stream;
	GMimeDataWrapper *content;

	if (!body->len || body->str[body->len - 1] != '\n')
		g_string_append_c(body, '\n');
	stream = g_mime_stream_mem_new_with_buffer(body->str, body->len);
	content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
	g_mime_text_part_set_charset(part, plain ? "us-ascii" : "utf-8");
	g_mime_part_set_content(GMIME_PART(part), content);
	g_mime_part_set_content_encoding(GMIME_PART(part),
					 plain ? GMIME_CONTENT_ENCODING_7BIT :
						 GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_object_unref(content);
	g_object_unref(stream);
	return GMIME_OBJECT(part);
}

static void add_recipients(GMimeMessage *mail, GMimeAddressType type, const GPtrArray *list)
{
	for (guint i = 0; i < list->len; i++)
		g_mime_message_add_mailbox(mail, type, NULL, list->pdata[i]);
}

/* The Cc header names those who are not in To. */
static void add_cc(GMimeMessage *mail, const GPtrArray *recipients, guint n_to)
{
	for (guint i = n_to; i < recipients->len; i++)
		g_mime_message_add_mailbox(mail, GMIME_ADDRESS_TYPE_CC, NULL, recipients->pdata[i]);
}

static void add_sender(GMimeMessage *mail, const struct setup *setup)
{
	InternetAddressList *from = g_mime_message_get_addresses(mail, GMIME_ADDRESS_TYPE_FROM);
	InternetAddress *sender = internet_address_mailbox_new(setup->sender_name,
							       setup->sender_address);

	internet_address_set_charset(sender, "utf-8");
	internet_address_list_add(from, sender);
	g_object_unref(sender);
}

static GMimeMessage *compose(const struct setup *setup, const GPtrArray *to,
			     const struct message *message, const struct text *subject,
			     const struct text *body, GDateTime *date)
{
	g_autoptr(GString) title = text_to_utf8(subject, false);
	GMimeMessage *mail = g_mime_message_new(TRUE);
	GMimeObject *part = compose_body(body);

	add_sender(mail, setup);
	add_recipients(mail, GMIME_ADDRESS_TYPE_TO, to);
	add_cc(mail, message->recipients, to->len);
	if (title->len)
		g_mime_message_set_subject(mail, title->str, "utf-8");
	g_mime_message_set_date(mail, date);
	g_mime_message_set_message_id(mail, message->id);
	g_mime_object_set_header(GMIME_OBJECT(mail), "Auto-Submitted", "auto-generated", NULL);
	g_mime_message_set_mime_part(mail, part);
	g_object_unref(part);
	return mail;
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

static GString *serialize(GMimeMessage *mail)
{
	g_autofree char *text = g_mime_object_to_string(GMIME_OBJECT(mail), NULL);

	return wire_text(text, strlen(text));
}

struct message *message_compose(const struct setup *setup, const GPtrArray *to,
				const struct text *subject, const struct text *body, const char *id,
				GDateTime *date)
{
	struct message *message = g_new0(struct message, 1);
	GMimeMessage *mail;

	message->sender = g_strdup(setup->sender_address);
	message->id = g_strdup(id);
	message->recipients = g_ptr_array_new_with_free_func(g_free);
	address_list_merge(message->recipients, to);
	address_list_merge(message->recipients, setup->cc);
	mail = compose(setup, to, message, subject, body, date);
	message->text = serialize(mail);
	message->header_length = (size_t)(strstr(message->text->str, "\r\n\r\n") + 4 -
					  message->text->str);
	g_object_unref(mail);
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
