// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/base.h"
#include "tests/plcsim/lines.h"

// clang-format off
static const struct cpu_family families[] = {
	{ "05",    { { 5, 10, 0 } }, 1, 1, "H0-ECOM100", 1,
	  { { 01200, 07377 } },
	  { 0400, 0400, 01000, 0400, 0200, 0200, 0, 0 } },
	{ "06",    { { 2, 10, 0 } }, 1, 4, "H0-ECOM100", 1,
	  { { 00400, 00677 }, { 01200, 07377 }, { 010000, 017777 } },
	  { 01000, 01000, 02000, 02000, 0400, 0200, 04000, 04000 } },
	{ "250-1", { { 4, 60, 0 } }, 1, 7, "H2-ECOM100", 0,
	  { { 01400, 07377 }, { 010000, 017777 } },
	  { 01000, 01000, 02000, 02000, 0400, 0200, 0, 0 } },
	{ "260",   { { 2, 40, 0 } }, 1, 7, "H2-ECOM100", 0,
	  { { 00400, 00777 }, { 01400, 07377 }, { 010000, 035777 } },
	  { 02000, 02000, 04000, 02000, 0400, 0400, 04000, 04000 } },
	{ "450",   { { 3, 30, 0 } }, 0, 7, "H4-ECOM100", 0,
	  { { 01400, 07377 }, { 010000, 037777 } },
	  { 02000, 02000, 04000, 02000, 0400, 0400, 04000, 04000 } },
};

static const struct { const char *name; struct firmware minimum; } modules[] = {
	{ "H0-ECOM100", { { 4, 0, 119 } } },
	{ "H2-ECOM100", { { 4, 0, 1031 } } },
	{ "H4-ECOM100", { { 4, 0, 1031 } } },
};
// clang-format on

static const struct cpu_family *find_family(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
		if (strcmp(families[i].name, name) == 0)
			return &families[i];
	return NULL;
}

const struct firmware *module_firmware_minimum(const char *module)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modules); i++)
		if (strcmp(modules[i].name, module) == 0)
			return &modules[i].minimum;
	return NULL;
}

int firmware_compare(const struct firmware *a, const struct firmware *b)
{
	for (int i = 0; i < 3; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return 0;
}

char *cpu_firmware_text(const struct firmware *f)
{
	return g_strdup_printf("v%u.%02u", f->part[0], f->part[1]);
}

uint32_t firmware_word(const struct firmware *firmware)
{
	return firmware->part[0] << 24 | firmware->part[1] << 16 | firmware->part[2];
}

bool is_user_memory(const struct cpu_family *family, uint16_t first, unsigned int words)
{
	for (const struct user_memory *m = family->user_memory; m->last; m++)
		if (first >= m->first && first + words - 1 <= m->last)
			return true;
	return false;
}

char *user_memory_text(const struct cpu_family *family)
{
	GString *text = g_string_new(NULL);

	for (const struct user_memory *m = family->user_memory; m->last; m++)
		g_string_append_printf(text, "%sV%o to V%o", text->len ? ", " : "", m->first, m->last);
	return g_string_free(text, FALSE);
}

/*
 * The last bit of that kind that the CPU has, as a program names it; NULL if
 * the element itself is one of the CPU's. For g_free().
 */
static char *missing_bit(const struct cpu_family *family, const struct element *element)
{
	const struct cpu_bits *bits = &family->bits;
	const struct {
		const char *name;
		unsigned int count;
		uint16_t word;
	} kinds[] = {
		{ "GX", bits->gx, 040000 },
		{ "GY", bits->gy, 040200 },
		{ "X", bits->x, 040400 },
		{ "Y", bits->y, 040500 },
		{ "CT", bits->ct, 041140 },
		{ "C", bits->c, 040600 },
		{ "S", bits->s, 041000 },
		{ "T", bits->t, 041100 },
	};

	for (size_t i = 0; element->bit >= 0 && i < G_N_ELEMENTS(kinds); i++) {
		size_t length = strlen(kinds[i].name);

		if (strncmp(element->name, kinds[i].name, length) != 0 ||
		    !g_ascii_isdigit(element->name[length]))
			continue;
		if ((element->word - kinds[i].word) * 16u + element->bit < kinds[i].count)
			return NULL;
		return kinds[i].count ?
			       g_strdup_printf("%s0 to %s%o", kinds[i].name, kinds[i].name,
					       kinds[i].count - 1) :
			       g_strdup_printf("no %s at all", kinds[i].name);
	}
	return NULL;
}

/* Beyond the user's memory: values of timers and counters, system, bits */
static bool is_system_memory(const struct cpu_family *family, uint16_t word)
{
	const struct user_memory areas[] = {
		{ TIMER_VALUES, TIMER_VALUES + family->bits.t - 1 },
		{ COUNTER_VALUES, COUNTER_VALUES + family->bits.ct - 1 },
		{ 07400, 07777 },
		{ 036000, 037777 },
		{ 040000, MEMORY_END - 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(areas); i++)
		if (word >= areas[i].first && word <= areas[i].last)
			return true;
	return false;
}

/* Words that the CPU has: the user's, values, system parameters, bits */
static bool is_memory(const struct cpu_family *family, uint16_t first, unsigned int words)
{
	for (unsigned int i = 0; i < words; i++)
		if (!is_user_memory(family, first + i, 1) && !is_system_memory(family, first + i))
			return false;
	return true;
}

char *missing_element(const struct cpu_family *family, const struct element *element,
		      unsigned int words)
{
	g_autofree char *bits = missing_bit(family, element);
	g_autofree char *user = user_memory_text(family);

	if (bits)
		return g_strdup_printf("a %s CPU has %s", family->name, bits);
	if (element->word + words > MEMORY_END)
		return g_strdup("the last address is V41237");
	return is_memory(family, element->word, words) ?
		       NULL :
		       g_strdup_printf("a %s CPU has no such memory; its user V-memory is %s",
				       family->name, user);
}

#define BIT_IMAGES 040000 /* GX, GY, X, Y, C and S, up to those of timers */

bool is_program_memory(const struct cpu_family *family, uint16_t word)
{
	return is_user_memory(family, word, 1) || (word >= BIT_IMAGES && word < TIMER_BITS);
}

unsigned int base_cards(const struct base *base)
{
	unsigned int count = 1;

	for (unsigned int i = 0; i < BASE_SLOTS; i++)
		if (base->slots[i].present && !base->slots[i].remote)
			count = MAX(count, base->slots[i].card + 1);
	return count;
}

void base_default(struct base *base)
{
	*base = (struct base){
		.family = find_family("260"),
		.firmware = { { 2, 40, 0 } },
		.slots[1] = { .present = true,
			      .dip7 = true,
			      .id = 12,
			      .module = "H2-ECOM100",
			      .firmware = { { 4, 0, 1031 } } },
	};
}

static bool parse_number(const char *text, unsigned int maximum, unsigned int *value)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (!g_ascii_isdigit(*text) || *end || number > maximum)
		return false;
	*value = number;
	return true;
}

/* v2.40 or 4.0.1031: each part must fit into its place in firmware_word() */
static bool parse_firmware(const char *text, struct firmware *firmware)
{
	static const unsigned int maximum[] = { 255, 255, 65535 };
	g_auto(GStrv) parts = g_strsplit(text + (*text == 'v'), ".", 4);
	unsigned int count = g_strv_length(parts);

	*firmware = (struct firmware){ 0 };
	if (count < 2 || count > 3)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (!parse_number(parts[i], maximum[i], &firmware->part[i]))
			return false;
	return true;
}

#define KEYS 8

struct base_parser {
	struct base *base;
	struct diagnostics *diagnostics;
	unsigned int line;
	struct base_slot *slot; /* NULL in [cpu] */
	bool in_section;
	unsigned int cpu_line; /* 0: no [cpu] yet */
	unsigned int key_lines[KEYS]; /* of the section, 0: not there yet */
};

/* DL260 and D2-260 are how catalogues have it. */
static const char *plain_name(const char *name)
{
	if (g_str_has_prefix(name, "DL"))
		return name + 2;
	return name[0] == 'D' && g_ascii_isdigit(name[1]) && name[2] == '-' ? name + 3 : name;
}

/* Key setters return NULL or what is allowed. */
static const char *set_family(struct base_parser *p, const char *value)
{
	static const char *const without_boxes[] = { "105", "230", "240", "250", "330",
						     "340", "350", "430", "440" };

	p->base->family = find_family(value);
	for (size_t i = 0; i < G_N_ELEMENTS(without_boxes); i++)
		if (strcmp(plain_name(value), without_boxes[i]) == 0)
			return "05, 06, 250-1, 260 or 450: that CPU has no MDS and MDE "
			       "instructions, so no IBoxes";
	if (!p->base->family && find_family(plain_name(value)))
		return "05, 06, 250-1, 260 or 450: the family's number alone";
	return p->base->family ? NULL : "05, 06, 250-1, 260 or 450";
}

static const char *set_cpu_firmware(struct base_parser *p, const char *value)
{
	return parse_firmware(value, &p->base->firmware) ? NULL : "a version such as v2.40";
}

static const char *set_module(struct base_parser *p, const char *value)
{
	if (!module_firmware_minimum(value))
		return "H0-ECOM100, H2-ECOM100 or H4-ECOM100";
	g_strlcpy(p->slot->module, value, sizeof(p->slot->module));
	return NULL;
}

static const char *set_module_firmware(struct base_parser *p, const char *value)
{
	return parse_firmware(value, &p->slot->firmware) ? NULL : "a version such as 4.0.1031";
}

static const char *set_id(struct base_parser *p, const char *value)
{
	return parse_number(value, 63, &p->slot->id) ? NULL : "a number from 0 to 63";
}

static const char *set_dip7(struct base_parser *p, const char *value)
{
	p->slot->dip7 = strcmp(value, "on") == 0;
	p->slot->dip7_known = true;
	return p->slot->dip7 || strcmp(value, "off") == 0 ? NULL : "on or off";
}

static const char *set_card(struct base_parser *p, const char *value)
{
	return parse_number(value, CARDS_MAX - 1, &p->slot->card) ? NULL : "a number from 0 to 3";
}

static const char *set_placement(struct base_parser *p, const char *value)
{
	p->slot->remote = strcmp(value, "remote") == 0;
	return p->slot->remote || strcmp(value, "local") == 0 ? NULL : "local or remote";
}

// clang-format off
static const struct base_key {
	bool slot;
	const char *name;
	const char *(*set)(struct base_parser *p, const char *value);
} keys[KEYS] = {
	{ false, "family",   set_family },
	{ false, "firmware", set_cpu_firmware },
	{ true,  "module",   set_module },
	{ true,  "firmware", set_module_firmware },
	{ true,  "id",       set_id },
	{ true,  "dip7",     set_dip7 },
	{ true,  "base",     set_placement },
	{ true,  "card",     set_card },
};
// clang-format on

static void report_again(struct base_parser *p, const char *section, unsigned int first)
{
	diagnostics_error(p->diagnostics, p->line,
			  "section [%s] is there already, in line %u; each may be there once",
			  section, first);
}

static void parse_section(struct base_parser *p, const char *line)
{
	g_autofree char *name = g_strndup(line + 1, strcspn(line + 1, "]"));
	unsigned int number;

	p->in_section = true;
	p->slot = NULL;
	memset(p->key_lines, 0, sizeof(p->key_lines));
	if (strcmp(name, "cpu") == 0) {
		if (p->cpu_line)
			report_again(p, name, p->cpu_line);
		p->cpu_line = p->line;
		return;
	}
	if (!g_str_has_prefix(name, "slot ") ||
	    !parse_number(name + 5, BASE_SLOTS - 1, &number)) {
		diagnostics_error(p->diagnostics, p->line,
				  "section [%s]: only [cpu] and [slot 0] to [slot %d] are known", name,
				  BASE_SLOTS - 1);
		p->in_section = false;
		return;
	}
	p->slot = &p->base->slots[number];
	if (p->slot->present)
		report_again(p, name, p->slot->line);
	*p->slot = (struct base_slot){ .present = true, .dip7 = true, .line = p->line };
}

static void set_key(struct base_parser *p, const char *name, const char *value)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *allowed;

		if (keys[i].slot != !!p->slot || strcmp(keys[i].name, name) != 0)
			continue;
		if (p->key_lines[i])
			diagnostics_error(p->diagnostics, p->line,
					  "%s=%s: %s= is there already, in line %u; each may be "
					  "there once in a section",
					  name, value, name, p->key_lines[i]);
		p->key_lines[i] = p->line;
		allowed = keys[i].set(p, value);
		if (allowed)
			diagnostics_error(p->diagnostics, p->line, "%s=%s: must be %s", name, value,
					  allowed);
		return;
	}
	diagnostics_error(p->diagnostics, p->line, "key '%s' is not known here, only %s", name,
			  p->slot ? "module, firmware, id, dip7, base and card" : "family and firmware");
}

static void parse_line(void *owner, char *line, unsigned int number)
{
	struct base_parser *p = owner;
	char *equals;

	p->line = number;
	g_strstrip(line);
	if (!*line || *line == '#' || *line == ';')
		return;
	if (*line == '[') {
		parse_section(p, line);
		return;
	}
	equals = strchr(line, '=');
	if (!equals) {
		diagnostics_error(p->diagnostics, p->line,
				  "'%s': neither [section] nor key=value", line);
		return;
	}
	*equals = '\0';
	if (p->in_section)
		set_key(p, g_strstrip(line), g_strstrip(equals + 1));
	else
		diagnostics_error(p->diagnostics, p->line, "key '%s' is in no known section",
				  g_strstrip(line));
}

/* What can only be said once all is read: modules that the base cannot hold */
static void check_slots(struct base *base, struct diagnostics *d)
{
	for (unsigned int i = 0; i < BASE_SLOTS; i++) {
		const struct base_slot *slot = &base->slots[i];

		if (!slot->present)
			continue;
		if (!*slot->module)
			diagnostics_error(d, slot->line, "[slot %u] has no module=; it must be %s", i,
					  base->family->module);
		else if (strcmp(slot->module, base->family->module) != 0)
			diagnostics_error(d, slot->line,
					  "[slot %u] module=%s does not fit a %s CPU, only %s", i,
					  slot->module, base->family->name, base->family->module);
		if (!firmware_word(&slot->firmware))
			diagnostics_error(d, slot->line, "[slot %u] has no firmware=; it must be a version such as "
							 "4.0.1031",
					  i);
		if (i < base->family->sp_first_slot)
			diagnostics_error(d, slot->line,
					  "[slot %u]: slot numbers start at %u on a %s CPU, up to %u", i,
					  base->family->first_slot, base->family->name,
					  base->family->last_slot);
		else if (i < base->family->first_slot || i > base->family->last_slot)
			diagnostics_warning(d, slot->line,
					    "[slot %u]: a %s system takes an ECOM100 in slots %u to "
					    "%u only, no box can use this one",
					    i, base->family->name, base->family->first_slot,
					    base->family->last_slot);
	}
}

static void check_cards(const struct base *base, struct diagnostics *d)
{
	unsigned int found = 0, last = base_cards(base) - 1;

	for (unsigned int i = 0; i < BASE_SLOTS; i++)
		if (base->slots[i].present && !base->slots[i].remote)
			found |= 1U << base->slots[i].card;
	for (unsigned int card = 0; card < last; card++)
		if (!(found & 1U << card))
			diagnostics_error(d, 0, "no slot has card=%u, but one has card=%u", card, last);
}

void base_read(struct base *base, FILE *file, struct diagnostics *d)
{
	struct base_parser p = { .base = base, .diagnostics = d };

	*base = (struct base){ 0 };
	lines_read(file, d, parse_line, &p);
	if (!base->family && !d->errors)
		diagnostics_error(d, 0, "[cpu] family= is missing; it must be 05, 06, 250-1, 260 or "
					"450");
	if (!firmware_word(&base->firmware) && !d->errors)
		diagnostics_error(d, 0, "[cpu] firmware= is missing; it must be a version such as v2.40");
	if (base->family && !d->errors)
		check_slots(base, d);
	if (!d->errors)
		check_cards(base, d);
}
