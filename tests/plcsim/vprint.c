// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/vprint.h"

#define CHARACTERS_MAX 128

struct vprint_form;

/* Text if there is no form, else an element printed by that form */
struct vprint_item {
	const struct vprint_form *form;
	GString *text;
	struct element element;
	unsigned int count; /* of V3000%count */
};

struct vprint_form {
	const char *suffix;
	bool bit;
	unsigned int minimum;
	unsigned int maximum;
	void (*print)(const struct vprint_item *item, const struct memory *memory, GString *out);
};

static uint32_t double_word(const struct vprint_item *item, const struct memory *memory)
{
	uint16_t word = item->element.word;

	return memory->v[word] | (uint32_t)memory->v[(uint16_t)(word + 1)] << 16;
}

static void print_decimal(const struct vprint_item *item, const struct memory *memory,
			  GString *out)
{
	g_string_append_printf(out, "%u", element_get(memory, &item->element));
}

static void print_double(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	g_string_append_printf(out, "%u", double_word(item, memory));
}

static void print_bcd(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	g_string_append_printf(out, "%04X", element_get(memory, &item->element));
}

static void print_bcd_short(const struct vprint_item *item, const struct memory *memory,
			    GString *out)
{
	g_string_append_printf(out, "%X", element_get(memory, &item->element));
}

static void print_double_bcd(const struct vprint_item *item, const struct memory *memory,
			     GString *out)
{
	g_string_append_printf(out, "%08X", double_word(item, memory));
}

static void print_double_bcd_short(const struct vprint_item *item, const struct memory *memory,
				   GString *out)
{
	g_string_append_printf(out, "%X", double_word(item, memory));
}

static float real(const struct vprint_item *item, const struct memory *memory)
{
	uint32_t bits = double_word(item, memory);
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void print_real(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	g_string_append_printf(out, "%.6g", (double)real(item, memory));
}

static void print_exponent(const struct vprint_item *item, const struct memory *memory,
			   GString *out)
{
	g_string_append_printf(out, "%.5E", (double)real(item, memory));
}

/* V3000%16: so many characters; V3000%0: as many as V3000 says, from V3001 on */
static void print_characters(const struct vprint_item *item, const struct memory *memory,
			     GString *out)
{
	uint8_t bytes[CHARACTERS_MAX];
	uint16_t word = item->element.word;
	unsigned int count = item->count;

	if (!count) {
		count = MIN(memory->v[word], CHARACTERS_MAX);
		word++;
	}
	memory_get(memory, word, bytes, count);
	g_string_append_len(out, (char *)bytes, count);
}

static void print_bool(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	g_string_append(out, element_get(memory, &item->element) ? "TRUE" : "FALSE");
}

static void print_onoff(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	g_string_append(out, element_get(memory, &item->element) ? "ON" : "OFF");
}

/* Every form of a reference, and all that is known of its width, is here. */
// clang-format off
static const struct vprint_form forms[] = {
	/* suffix   bit    minimum maximum */
	{ "",       false, 1,      5,   print_decimal },
	{ ":B",     false, 4,      4,   print_bcd },
	{ ":BC0",   false, 4,      4,   print_bcd },
	{ ":B0",    false, 1,      4,   print_bcd_short },
	{ ":BS",    false, 1,      4,   print_bcd_short },
	{ ":D",     false, 1,      10,  print_double },
	{ ":DB",    false, 8,      8,   print_double_bcd },
	{ ":DBC0",  false, 8,      8,   print_double_bcd },
	{ ":DB0",   false, 1,      8,   print_double_bcd_short },
	{ ":DBS",   false, 1,      8,   print_double_bcd_short },
	{ ":R",     false, 1,      12,  print_real },
	{ ":E",     false, 3,      12,  print_exponent },
	{ "%",      false, 0,      CHARACTERS_MAX, print_characters },
	{ "",       true,  1,      1,   print_decimal },
	{ ":BOOL",  true,  4,      5,   print_bool },
	{ ":ONOFF", true,  2,      3,   print_onoff },
};

static const struct { char letter; const char *text; } escapes[] = {
	{ '$', "$" }, { '"', "\"" }, { 'L', "\n" }, { 'N', "\r\n" },
	{ 'P', "\f" }, { 'R', "\r" }, { 'T', "\t" },
};
// clang-format on

struct parser {
	const char *source;
	const char *name;
	struct diagnostics *diagnostics;
	unsigned int line;
	struct vprint *vprint;
};

static void item_clear(void *data)
{
	struct vprint_item *item = data;

	if (item->text)
		g_string_free(item->text, TRUE);
}

static struct vprint *vprint_new(void)
{
	struct vprint *vprint = g_new0(struct vprint, 1);

	vprint->items = g_array_new(FALSE, TRUE, sizeof(struct vprint_item));
	g_array_set_clear_func(vprint->items, item_clear);
	return vprint;
}

void vprint_free(struct vprint *vprint)
{
	if (!vprint)
		return;
	g_array_unref(vprint->items);
	g_free(vprint);
}

static bool is_hex_pair(const char *p)
{
	return isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]);
}

/* At the $ of an escape: appends what it means, steps over it. */
static bool take_escape(struct parser *parser, GString *text)
{
	const char *p = parser->source + 1;

	for (size_t i = 0; i < G_N_ELEMENTS(escapes); i++) {
		if (*p && toupper((unsigned char)*p) == escapes[i].letter) {
			g_string_append(text, escapes[i].text);
			parser->source += 2;
			return true;
		}
	}
	if (is_hex_pair(p)) {
		g_string_append_c(text, g_ascii_xdigit_value(p[0]) << 4 |
						g_ascii_xdigit_value(p[1]));
		parser->source += 3;
		return true;
	}
	diagnostics_error(parser->diagnostics, parser->line,
			  "%s: E499: '$%.2s' is no escape; write $$ for a dollar sign, $\" for a "
			  "quote, $L, $N, $P, $R, $T or $ and two hex digits",
			  parser->name, p);
	return false;
}

static void add_text(struct parser *parser, GString *text)
{
	struct vprint_item item = { .text = text };

	g_array_append_val(parser->vprint->items, item);
}

/* Text up to the character that ends it; the empty text's end is '\0'. */
static bool take_text(struct parser *parser, char end)
{
	GString *text = g_string_new(NULL);

	add_text(parser, text);
	while (*parser->source && *parser->source != end) {
		if (*parser->source == '$') {
			if (!take_escape(parser, text))
				return false;
			continue;
		}
		if (*parser->source == '"') {
			diagnostics_error(parser->diagnostics, parser->line,
					  "%s: E499: a double quote must be written $\"",
					  parser->name);
			return false;
		}
		g_string_append_c(text, *parser->source++);
	}
	return true;
}

static bool take_quoted(struct parser *parser)
{
	parser->source++;
	if (!take_text(parser, '"'))
		return false;
	if (*parser->source != '"') {
		diagnostics_error(parser->diagnostics, parser->line,
				  "%s: E499: the closing double quote is missing", parser->name);
		return false;
	}
	parser->source++;
	return true;
}

static const struct vprint_form *find_form(const char *suffix, bool bit)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		if (forms[i].bit == bit && g_ascii_strcasecmp(forms[i].suffix, suffix) == 0)
			return &forms[i];
	return NULL;
}

/* Splits V3000%16 and V3000:B into element and form. */
static const char *parse_reference(const char *word, struct vprint_item *item)
{
	size_t length = strcspn(word, ":%");
	g_autofree char *address = g_strndup(word, length);
	const char *suffix = word + length;
	const char *wrong = element_parse(address, &item->element);
	char *end;

	if (wrong)
		return wrong;
	if (*suffix == '%') {
		unsigned long count = strtoul(suffix + 1, &end, 10);

		if (!isdigit((unsigned char)suffix[1]) || *end || count > CHARACTERS_MAX)
			return "after % stands the number of characters, 1 to 128, or 0";
		item->count = count;
		suffix = "%";
	}
	item->form = find_form(suffix, item->element.bit >= 0);
	if (!item->form)
		return item->element.bit >= 0 ? "a bit is printed plain, :BOOL or :ONOFF" :
						"a word is printed plain, :B, :D, :DB, :R, :E or %n";
	return item->element.word < MEMORY_END ? NULL : "beyond V41237";
}

static bool take_reference(struct parser *parser)
{
	size_t length = strcspn(parser->source, " \t\"");
	g_autofree char *word = g_strndup(parser->source, length);
	struct vprint_item item = { 0 };
	const char *wrong = parse_reference(word, &item);

	if (wrong) {
		diagnostics_error(parser->diagnostics, parser->line,
				  "%s: E499: '%s' outside of double quotes: %s", parser->name,
				  word, wrong);
		return false;
	}
	g_array_append_val(parser->vprint->items, item);
	parser->source += length;
	return true;
}

static bool take_item(struct parser *parser)
{
	bool good = *parser->source == '"' ? take_quoted(parser) : take_reference(parser);

	if (!good)
		return false;
	if (*parser->source && !isblank((unsigned char)*parser->source)) {
		diagnostics_error(parser->diagnostics, parser->line,
				  "%s: E499: a space is missing before '%.10s'", parser->name,
				  parser->source);
		return false;
	}
	return true;
}

struct vprint *vprint_parse(const char *source, const char *name, struct diagnostics *d,
			    unsigned int line)
{
	struct parser parser = { source, name, d, line, vprint_new() };

	for (;;) {
		parser.source += strspn(parser.source, " \t");
		if (!*parser.source)
			return parser.vprint;
		if (!take_item(&parser)) {
			vprint_free(parser.vprint);
			return NULL;
		}
	}
}

struct vprint *vprint_parse_text(const char *source, const char *name, struct diagnostics *d,
				 unsigned int line)
{
	struct parser parser = { source, name, d, line, vprint_new() };

	if (take_text(&parser, '\0'))
		return parser.vprint;
	vprint_free(parser.vprint);
	return NULL;
}

static size_t width(const struct vprint *vprint, bool most)
{
	size_t sum = 0;

	for (unsigned int i = 0; i < vprint->items->len; i++) {
		const struct vprint_item *item =
			&g_array_index(vprint->items, struct vprint_item, i);

		if (!item->form)
			sum += item->text->len;
		else if (item->count)
			sum += item->count;
		else
			sum += most ? item->form->maximum : item->form->minimum;
	}
	return sum;
}

size_t vprint_minimum(const struct vprint *vprint)
{
	return width(vprint, false);
}

size_t vprint_maximum(const struct vprint *vprint)
{
	return width(vprint, true);
}

void vprint_print(const struct vprint *vprint, const struct memory *memory, GString *out)
{
	for (unsigned int i = 0; i < vprint->items->len; i++) {
		const struct vprint_item *item =
			&g_array_index(vprint->items, struct vprint_item, i);

		if (item->form)
			item->form->print(item, memory, out);
		else
			g_string_append_len(out, item->text->str, item->text->len);
	}
}
