// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mail from the ladder program's texts. GMime makes header and MIME; ours
 * are the reading of the ladder's bytes (text.c), strict CRLF and the
 * dot-stuffing, since what leaves here goes to the socket as it is.
 */

#include <gmime/gmime.h>
#include <string.h>

#include "address.h"
#include "message.h"
#include "text.h"

#define BODY_LINE_MAX 998 /* RFC 5322, 2.1.1 */

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

static GMimeObject *compose_body(const struct setup *setup, const struct text *text)
{
	g_autoptr(GString) body = text_to_utf8(text, setup->character_set, true);
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

static void add_header(GMimeMessage *mail, const char *name, const char *value)
{
	g_mime_object_set_header(GMIME_OBJECT(mail), name, value, NULL);
}

/* RFC 2156, 5.3.4, and what was there before it and is still looked at. */
static void add_importance(GMimeMessage *mail, enum importance importance)
{
	if (importance == IMPORTANCE_NORMAL)
		return;
	add_header(mail, "Importance", importance == IMPORTANCE_HIGH ? "high" : "low");
	add_header(mail, "X-Priority", importance == IMPORTANCE_HIGH ? "1" : "5");
}

static GMimeMessage *compose(const struct setup *setup, const GPtrArray *to,
			     const struct message *message, const struct text *subject,
			     const struct text *body, GDateTime *date)
{
	g_autoptr(GString) title = text_to_utf8(subject, setup->character_set, false);
	GMimeMessage *mail = g_mime_message_new(TRUE);
	GMimeObject *part = compose_body(setup, body);

	add_sender(mail, setup);
	add_recipients(mail, GMIME_ADDRESS_TYPE_REPLY_TO, setup->reply_to);
	add_recipients(mail, GMIME_ADDRESS_TYPE_TO, to);
	add_cc(mail, message->recipients, to->len);
	if (title->len)
		g_mime_message_set_subject(mail, title->str, "utf-8");
	g_mime_message_set_date(mail, date);
	g_mime_message_set_message_id(mail, message->id);
	add_header(mail, "Auto-Submitted", "auto-generated");
	add_importance(mail, setup->importance);
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
