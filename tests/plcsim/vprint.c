// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/bcd.h"
#include "tests/plcsim/vprint.h"

#define CHARACTERS_MAX VPRINT_BYTES_MAX

/* Where the CPU keeps its clock, in BCD */
#define CLOCK_MINUTE 07767
#define CLOCK_HOUR   07770
#define CLOCK_DAY    07772
#define CLOCK_MONTH  07773
#define CLOCK_YEAR   07774

struct vprint_form;

/* Text if there is no form, else an element or the clock printed by that form */
struct vprint_item {
	const struct vprint_form *form;
	GString *text;
	struct element element;
	unsigned int count; /* of V3000%count */
	bool full; /* leading zeros up to the form's width */
};

enum form_kind {
	FORM_WORD, /* a number in one or two words; takes the modifiers */
	FORM_CHARACTERS,
	FORM_BIT,
	FORM_CLOCK, /* names no element */
};

struct vprint_form {
	const char *suffix; /* the whole name of FORM_CLOCK */
	enum form_kind kind;
	unsigned int words;
	unsigned int minimum;
	unsigned int maximum;
	bool full; /* unless a modifier says otherwise */
	unsigned int full_minimum; /* with leading zeros */
	void (*print)(const struct vprint_item *item, const struct memory *memory, GString *out);
};

static uint32_t double_word(const struct vprint_item *item, const struct memory *memory)
{
	uint16_t word = item->element.word;

	return memory->v[word] | (uint32_t)memory->v[(uint16_t)(word + 1)] << 16;
}

/* Puts zeros before what was appended since start, behind its sign. */
static void fill_up(const struct vprint_item *item, GString *out, size_t start)
{
	size_t digits = start + (out->str[start] == '-');

	while (item->full && out->len - start < item->form->maximum)
		g_string_insert_c(out, digits, '0');
}

static void print_decimal(const struct vprint_item *item, const struct memory *memory,
			  GString *out)
{
	size_t start = out->len;

	g_string_append_printf(out, "%u", element_get(memory, &item->element));
	fill_up(item, out, start);
}

static void print_double(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	size_t start = out->len;

	g_string_append_printf(out, "%d", (int32_t)double_word(item, memory));
	fill_up(item, out, start);
}

/* A digit that is none prints as A to F. */
static void print_bcd(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	size_t start = out->len;

	g_string_append_printf(out, "%X",
			       item->form->words == 2 ? double_word(item, memory) :
							element_get(memory, &item->element));
	fill_up(item, out, start);
}

/* INF, -INF and NAN have no leading zeros. */
static void print_float(const struct vprint_item *item, const struct memory *memory,
			const char *format, GString *out)
{
	uint32_t bits = double_word(item, memory);
	size_t start = out->len;
	float value;

	memcpy(&value, &bits, sizeof(value));
	if (value == 0)
		value = 0; /* without the sign that a zero can have */
	if (isnan(value)) {
		g_string_append(out, "NAN");
	} else if (isinf(value)) {
		g_string_append(out, value < 0 ? "-INF" : "INF");
	} else {
		char text[24];

		g_ascii_formatd(text, sizeof(text), format, value);
		g_string_append(out, text);
		fill_up(item, out, start);
	}
}

static void print_real(const struct vprint_item *item, const struct memory *memory, GString *out)
{
	print_float(item, memory, "%.6g", out);
}

static void print_exponent(const struct vprint_item *item, const struct memory *memory,
			   GString *out)
{
	print_float(item, memory, "%.5E", out);
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

static void print_three(const struct memory *memory, uint16_t first, uint16_t second,
			uint16_t third, GString *out)
{
	g_string_append_printf(out, "%02X/%02X/%02X", memory->v[first] & 0xff,
			       memory->v[second] & 0xff, memory->v[third] & 0xff);
}

static void print_american(const struct vprint_item *item __attribute__((unused)),
			   const struct memory *memory, GString *out)
{
	print_three(memory, CLOCK_MONTH, CLOCK_DAY, CLOCK_YEAR, out);
}

static void print_european(const struct vprint_item *item __attribute__((unused)),
			   const struct memory *memory, GString *out)
{
	print_three(memory, CLOCK_DAY, CLOCK_MONTH, CLOCK_YEAR, out);
}

static void print_asian(const struct vprint_item *item __attribute__((unused)),
			const struct memory *memory, GString *out)
{
	print_three(memory, CLOCK_YEAR, CLOCK_MONTH, CLOCK_DAY, out);
}

/* An hour that is none prints as it is, as AM. */
static void print_half_day(const struct vprint_item *item __attribute__((unused)),
			   const struct memory *memory, GString *out)
{
	uint32_t bcd = memory->v[CLOCK_HOUR] & 0xff;
	int64_t hour = bcd_value(bcd);
	bool valid = hour >= 0 && hour < 24;

	if (valid)
		bcd = bcd_digits(hour % 12 ? hour % 12 : 12);
	g_string_append_printf(out, "%02X:%02X %s", bcd, memory->v[CLOCK_MINUTE] & 0xff,
			       valid && hour >= 12 ? "PM" : "AM");
}

static void print_whole_day(const struct vprint_item *item __attribute__((unused)),
			    const struct memory *memory, GString *out)
{
	g_string_append_printf(out, "%02X:%02X", memory->v[CLOCK_HOUR] & 0xff,
			       memory->v[CLOCK_MINUTE] & 0xff);
}

/* Every form of a reference, and all that is known of its width, is here. */
// clang-format off
static const struct vprint_form forms[] = {
	/* suffix     kind       words min max full  full_min */
	{ "",         FORM_WORD,       1, 1, 5,  false, 5,  print_decimal },
	{ ":B",       FORM_WORD,       1, 1, 4,  true,  4,  print_bcd },
	{ ":D",       FORM_WORD,       2, 1, 11, false, 11, print_double },
	{ ":DB",      FORM_WORD,       2, 1, 8,  true,  8,  print_bcd },
	{ ":R",       FORM_WORD,       2, 1, 12, false, 3,  print_real },
	{ ":E",       FORM_WORD,       2, 3, 12, false, 3,  print_exponent },
	{ "%",        FORM_CHARACTERS, 1, 0, CHARACTERS_MAX, false, 0, print_characters },
	{ "",         FORM_BIT,        1, 1, 1,  false, 0,  print_decimal },
	{ ":BOOL",    FORM_BIT,        1, 4, 5,  false, 0,  print_bool },
	{ ":ONOFF",   FORM_BIT,        1, 2, 3,  false, 0,  print_onoff },
	{ "_Date:us", FORM_CLOCK,      0, 8, 8,  false, 0,  print_american },
	{ "_Date:e",  FORM_CLOCK,      0, 8, 8,  false, 0,  print_european },
	{ "_Date:a",  FORM_CLOCK,      0, 8, 8,  false, 0,  print_asian },
	{ "_Time:12", FORM_CLOCK,      0, 8, 8,  false, 0,  print_half_day },
	{ "_Time:24", FORM_CLOCK,      0, 5, 5,  false, 0,  print_whole_day },
};

/* After the form of a word; nothing may stand between them but the first colon. */
static const struct { const char *suffix; bool full; } modifiers[] = {
	{ "S", false }, { "C0", true }, { "0", false },
};

static const struct { char letter; const char *text; } escapes[] = {
	{ '$', "$" }, { '"', "\"" }, { 'L', "\n" }, { 'N', "\r\n" },
	{ 'P', "\f" }, { 'R', "\r" }, { 'T', "\t" },
};
// clang-format on

const char *vprint_form_name(size_t i)
{
	return i < G_N_ELEMENTS(forms) ? forms[i].suffix : NULL;
}

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
					  "%s: E499: '%s': a double quote must be written $\"",
					  parser->name, parser->source);
			return false;
		}
		g_string_append_c(text, *parser->source++);
	}
	return true;
}

static bool take_quoted(struct parser *parser)
{
	const char *start = parser->source++;

	if (!take_text(parser, '"'))
		return false;
	if (*parser->source != '"') {
		diagnostics_error(parser->diagnostics, parser->line,
				  "%s: E499: '%s': the closing double quote is missing",
				  parser->name, start);
		return false;
	}
	parser->source++;
	return true;
}

static const struct vprint_form *find_form(const char *suffix, enum form_kind kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		if (forms[i].kind == kind && g_ascii_strcasecmp(forms[i].suffix, suffix) == 0)
			return &forms[i];
	return NULL;
}

/* The form of a word with its modifier: "", ":B", ":BS", ":DC0", ":0" */
static void find_word_form(const char *suffix, struct vprint_item *item)
{
	item->form = find_form(suffix, FORM_WORD);
	item->full = item->form && item->form->full;
	for (size_t i = 0; !item->form && i < G_N_ELEMENTS(modifiers); i++) {
		size_t length = strlen(suffix), tail = strlen(modifiers[i].suffix);
		g_autofree char *rest = NULL;

		if (length <= tail ||
		    g_ascii_strcasecmp(suffix + length - tail, modifiers[i].suffix) != 0)
			continue;
		rest = g_strndup(suffix, length - tail);
		item->form = find_form(strcmp(rest, ":") == 0 ? "" : rest, FORM_WORD);
		item->full = modifiers[i].full;
	}
}

static const char *parse_count(const char *digits, struct vprint_item *item)
{
	char *end;
	unsigned long count = strtoul(digits, &end, 10);

	if (!isdigit((unsigned char)*digits) || *end || count > CHARACTERS_MAX)
		return "after % stands the number of characters, 1 to 128, or 0";
	item->count = count;
	item->form = find_form("%", FORM_CHARACTERS);
	return NULL;
}

static const char *parse_clock(const char *word, struct vprint_item *item)
{
	item->form = find_form(word, FORM_CLOCK);
	return item->form ? NULL :
			    "a date is _Date:us, _Date:e or _Date:a, a time _Time:12 or _Time:24";
}

/* Splits V3000%16 and V3000:B into element and form. */
static const char *parse_reference(const char *word, struct vprint_item *item)
{
	size_t length = strcspn(word, ":%");
	g_autofree char *address = g_strndup(word, length);
	const char *suffix = word + length;
	const char *wrong;

	if (*word == '_')
		return parse_clock(word, item);
	wrong = element_parse(address, &item->element);
	if (wrong)
		return wrong;
	if (item->element.word >= MEMORY_END)
		return "beyond V41237";
	if (item->element.bit >= 0) {
		item->form = find_form(suffix, FORM_BIT);
		return item->form ? NULL : "a bit is printed plain, :BOOL or :ONOFF";
	}
	if (*suffix == '%')
		return parse_count(suffix + 1, item);
	find_word_form(suffix, item);
	return item->form ? NULL :
			    "a word is printed plain, :B, :D, :DB, :R, :E or %n, each but %n also "
			    "with the modifier S, C0 or 0";
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

static size_t item_width(const struct vprint_item *item, bool most)
{
	if (!item->form)
		return item->text->len;
	if (item->count)
		return item->count;
	if (most)
		return item->form->maximum;
	return item->full ? item->form->full_minimum : item->form->minimum;
}

static size_t width(const struct vprint *vprint, bool most)
{
	size_t sum = 0;

	for (unsigned int i = 0; i < vprint->items->len; i++)
		sum += item_width(&g_array_index(vprint->items, struct vprint_item, i), most);
	return sum;
}

bool vprint_item(const struct vprint *vprint, unsigned int i, const struct element **element,
		 unsigned int *least, unsigned int *most)
{
	const struct vprint_item *item;

	if (i >= vprint->items->len)
		return false;
	item = &g_array_index(vprint->items, struct vprint_item, i);
	*element = item->form && item->form->kind != FORM_CLOCK ? &item->element : NULL;
	*least = item->count ? (item->count + 1) / 2 : item->form ? item->form->words :
								    0;
	*most = *least;
	if (item->form && item->form->kind == FORM_CHARACTERS && !item->count)
		*most += CHARACTERS_MAX / 2; /* behind its length */
	return true;
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
