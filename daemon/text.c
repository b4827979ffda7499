// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A ladder program's bytes as UTF-8. One text may have characters of both
 * kinds: UTF-8 from the program, bytes of an operator panel from V-memory. So
 * it is read character by character, as UTF-8 wherever that is possible.
 */

#include <string.h>

#include "text.h"

#define CHARACTER_MAX 4 /* bytes of a character in any set that has ASCII in it */
#define NOT_OPEN      ((GIConv)-1)
#define REPLACEMENT   0xfffd /* a byte of which nobody knows what it means */

struct reader {
	const char *data;
	const char *end;
	const char *character_set;
	GIConv converter; /* not opened for plain UTF-8 */
};

/* Some sets have another sign for \ and ~, which does no harm. */
static bool has_ascii(GIConv converter)
{
	for (int c = ' '; c < '~'; c++) {
		char in = (char)c, out[8], *from = &in, *to = out;
		gsize left = 1, room = sizeof(out);

		if (c == '\\')
			continue;
		if (g_iconv(converter, &from, &left, &to, &room) || to != out + 1 || *out != c)
			return false;
	}
	return true;
}

bool character_set_check(const char *name)
{
	GIConv converter = strchr(name, '/') || !*name ? NOT_OPEN : g_iconv_open("UTF-8", name);
	bool good = converter != NOT_OPEN && has_ascii(converter);

	if (converter != NOT_OPEN)
		g_iconv_close(converter);
	return good;
}

/* Takes the first character of the set: as few bytes as make one. */
static gunichar take_foreign(struct reader *reader)
{
	gsize length = MIN((gsize)(reader->end - reader->data), CHARACTER_MAX);

	if (reader->converter == NOT_OPEN)
		reader->converter = g_iconv_open("UTF-8", reader->character_set);
	for (gsize n = 1; n <= length && reader->converter != NOT_OPEN; n++) {
		char out[16], *from = (char *)reader->data, *to = out;
		gsize left = n, room = sizeof(out);
		gsize r = g_iconv(reader->converter, &from, &left, &to, &room);

		g_iconv(reader->converter, NULL, NULL, NULL, NULL);
		if (r == (gsize)-1 || to == out)
			continue;
		reader->data += n;
		return g_utf8_get_char(out);
	}
	reader->data++;
	return REPLACEMENT;
}

static gunichar take_character(struct reader *reader)
{
	gunichar c = g_utf8_get_char_validated(reader->data, reader->end - reader->data);

	if (c == (gunichar)-1 || c == (gunichar)-2)
		return take_foreign(reader);
	reader->data = g_utf8_next_char(reader->data);
	return c;
}

GString *text_to_utf8(const struct text *text, const char *character_set, bool lines)
{
	GString *utf8 = g_string_sized_new(text->length + 1);
	struct reader reader = { text->data, text->data + text->length, character_set, NOT_OPEN };

	while (reader.data < reader.end) {
		const char *data = reader.data;
		gunichar c;

		if (lines && (*data == '\r' || *data == '\n')) {
			bool two = *data == '\r' && data + 1 < reader.end && data[1] == '\n';

			reader.data += two ? 2 : 1;
			g_string_append_c(utf8, '\n');
		} else if (g_ascii_isprint(*data)) {
			while (reader.data < reader.end && g_ascii_isprint(*reader.data))
				reader.data++;
			g_string_append_len(utf8, data, reader.data - data);
		} else if (*data == '\t' || g_ascii_iscntrl(*data)) {
			reader.data++;
			g_string_append_c(utf8, *data == '\t' ? '\t' : '?');
		} else {
			c = take_character(&reader);
			g_string_append_unichar(utf8, g_unichar_iscntrl(c) ? '?' : c);
		}
	}
	if (reader.converter != NOT_OPEN)
		g_iconv_close(reader.converter);
	return utf8;
}
