// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups in To and texts in Body. */

#include <string.h>

#include "expand.h"
#include "text.h"

#define WORDS_MAX 9 /* {1} to {9} */

static struct text strip(struct text text)
{
	while (text.length && *text.data == ' ')
		text.data++, text.length--;
	while (text.length && text.data[text.length - 1] == ' ')
		text.length--;
	return text;
}

/* What is before the next comma; the rest stays, NULL if there was no comma. */
static struct text take_entry(struct text *rest)
{
	const char *comma = memchr(rest->data, ',', rest->length);
	struct text entry = { rest->data, comma ? (size_t)(comma - rest->data) : rest->length };

	rest->data = comma ? comma + 1 : NULL;
	rest->length = comma ? rest->length - entry.length - 1 : 0;
	return entry;
}

static void *lookup(GHashTable *table, const struct text *name)
{
	g_autofree char *key = g_strndup(name->data, name->length);

	return setup_is_name(name->data, name->length) ? g_hash_table_lookup(table, key) : NULL;
}

static void say_unknown(const struct text *name, const char *what, char **problem)
{
	g_autofree char *raw = g_strndup(name->data, MIN(name->length, 40));
	g_autofree char *shown = g_strescape(raw, NULL);

	*problem = g_strdup_printf("\"%s\": %s", shown, what);
}

static bool expand_entry(const struct setup *setup, const struct text *entry, GString *to)
{
	const struct text name = strip(*entry);
	const GPtrArray *group = lookup(setup->groups, &name);

	if (!name.length || memchr(name.data, '@', name.length)) {
		g_string_append_len(to, entry->data, (gssize)entry->length);
		return true;
	}
	for (guint i = 0; group && i < group->len; i++)
		g_string_append_printf(to, "%s%s", i ? "," : "", (char *)group->pdata[i]);
	return group != NULL;
}

GString *expand_to(const struct setup *setup, const struct text *to, char **problem)
{
	g_autoptr(GString) list = g_string_new(NULL);
	struct text rest = *to;

	while (rest.data) {
		struct text entry = take_entry(&rest);

		if (!expand_entry(setup, &entry, list)) {
			entry = strip(entry);
			say_unknown(&entry, "neither an address nor a group of the setup", problem);
			return NULL;
		}
		if (rest.data)
			g_string_append_c(list, ',');
	}
	return g_steal_pointer(&list);
}

/* The highest {n} of a text. */
static unsigned int count_words(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		if (text[0] == '{' && text[1] >= '1' && text[1] <= '9' && text[2] == '}')
			count = MAX(count, (unsigned int)(text[1] - '0'));
	return count;
}

static void split_words(const struct setup *setup, struct text rest, unsigned int count,
			GString *words[WORDS_MAX])
{
	for (unsigned int i = 0; i < WORDS_MAX; i++) {
		struct text word = { "", 0 };

		if (rest.data && i < count) {
			word = i + 1 < count ? take_entry(&rest) : rest;
			if (i + 1 == count)
				rest.data = NULL;
		}
		word = strip(word);
		words[i] = text_to_utf8(&word, setup->character_set, true);
	}
}

/* \n and {1} mean something, \\ is one of them; all else stands for itself. */
static GString *fill(const char *text, GString *words[WORDS_MAX])
{
	GString *out = g_string_new(NULL);

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] == 'n') {
			g_string_append_c(out, '\n');
			text++;
		} else if (text[0] == '\\' && text[1] == '\\') {
			g_string_append_c(out, '\\');
			text++;
		} else if (text[0] == '{' && text[1] >= '1' && text[1] <= '9' && text[2] == '}') {
			g_string_append(out, words[text[1] - '1']->str);
			text += 2;
		} else {
			g_string_append_c(out, *text);
		}
	}
	return out;
}

/* What a text without a place for it has got is not lost, but follows it. */
static void append_rest(const struct setup *setup, struct text rest, GString *out)
{
	g_autoptr(GString) words = NULL;

	rest = strip(rest);
	words = text_to_utf8(&rest, setup->character_set, true);
	if (words->len)
		g_string_append_printf(out, "\n%s", words->str);
}

static GString *fill_text(const struct setup *setup, const char *text, struct text rest)
{
	unsigned int count = count_words(text);
	GString *words[WORDS_MAX], *out;

	rest = strip(rest);
	if (rest.length && *rest.data == ',')
		rest.data++, rest.length--;
	split_words(setup, rest, count, words);
	out = fill(text, words);
	if (!count)
		append_rest(setup, rest, out);
	for (unsigned int i = 0; i < WORDS_MAX; i++)
		g_string_free(words[i], TRUE);
	return out;
}

GString *expand_body(const struct setup *setup, const struct text *body, char **problem)
{
	struct text name = { body->data + 1, 0 };
	const char *text;

	if (body->length && body->data[0] == '@')
		while (name.length + 1 < body->length &&
		       setup_is_name(name.data + name.length, 1))
			name.length++;
	if (body->length > 1 && body->data[0] == '@' && body->data[1] == '@')
		return g_string_new_len(body->data + 1, (gssize)body->length - 1);
	if (!name.length)
		return g_string_new_len(body->data, (gssize)body->length);
	text = lookup(setup->texts, &name);
	if (!text) {
		say_unknown(&name, "not a text of the setup", problem);
		return NULL;
	}
	return fill_text(setup, text,
			 (struct text){ name.data + name.length, body->length - 1 - name.length });
}
