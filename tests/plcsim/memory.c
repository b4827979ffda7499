// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/memory.h"

struct bit_area {
	const char *name;
	uint16_t word;
	unsigned int bits;
	bool output;
	const char *range;
};

// clang-format off
static const struct bit_area bit_areas[] = {
	{ "GX", 040000, 04000, true,  "GX bits are octal, GX0 to GX3777" },
	{ "GY", 040200, 04000, true,  "GY bits are octal, GY0 to GY3777" },
	{ "X",  040400, 02000, false, "X bits are octal, X0 to X1777" },
	{ "Y",  040500, 02000, true,  "Y bits are octal, Y0 to Y1777" },
	{ "C",  040600, 04000, true,  "C bits are octal, C0 to C3777" },
	{ "S",  041000, 02000, true,  "S bits are octal, S0 to S1777" },
	{ "T",  041100, 00400, false, "T bits are octal, T0 to T377" },
	{ "CT", 041140, 00400, false, "CT bits are octal, CT0 to CT377" },
	{ "SP", 041200, 01000, false, "SP bits are octal, SP0 to SP777" },
};
// clang-format on

#define BIT_AREAS (sizeof(bit_areas) / sizeof(bit_areas[0]))
#define SP_WORD	  041200

/* Reads an unsigned number that fills the text to its end. */
static bool number(const char *text, int base, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	*value = strtoul(text, &end, base);
	return *end == '\0';
}

/* Current values of timers and counters have names of their own. */
static const struct value_area {
	const char *name;
	uint16_t word;
	unsigned int count;
} value_areas[] = {
	{ "TA", TIMER_VALUES, 0400 },
	{ "CTA", COUNTER_VALUES, 0400 },
};

bool is_read_only(unsigned int first, unsigned int last)
{
	for (size_t i = 0; i < BIT_AREAS; i++) {
		const struct bit_area *area = &bit_areas[i];

		if (!area->output && first < area->word + area->bits / 16 && last >= area->word)
			return true;
	}
	return false;
}

static const char *parse_word(const char *digits, struct element *element)
{
	char address[16];
	const char *dot = strchr(digits, '.');
	unsigned long word, bit;

	snprintf(address, sizeof(address), "%.*s", dot ? (int)(dot - digits) : 15, digits);
	if (!number(address, 8, &word))
		return "a V-memory address is octal, such as V2000";
	if (word >= MEMORY_WORDS)
		return "beyond V177777";
	element->word = word;
	element->bit = -1;
	element->output = !is_read_only(word, word);
	if (!dot)
		return NULL;
	if (!number(dot + 1, 10, &bit) || bit > 15)
		return "the bit of a word is a decimal number from 0 to 15";
	element->bit = bit;
	return NULL;
}

/* Returns true if the name is one of those; wrong tells whether it is good. */
static bool parse_value(const char *name, const char *digits, struct element *element,
			const char **wrong)
{
	unsigned long value = 0;

	for (size_t i = 0; i < sizeof(value_areas) / sizeof(value_areas[0]); i++) {
		const struct value_area *area = &value_areas[i];

		if (strcmp(area->name, name) != 0)
			continue;
		*wrong = number(digits, 8, &value) && value < area->count ?
				 NULL :
				 "not an octal number from 0 to 377";
		element->word = area->word + value;
		element->bit = -1;
		element->output = true;
		return true;
	}
	return false;
}

static const char *parse_bit(const char *name, const char *digits, struct element *element)
{
	unsigned long bit;

	for (size_t i = 0; i < BIT_AREAS; i++) {
		const struct bit_area *area = &bit_areas[i];

		if (strcmp(area->name, name) != 0)
			continue;
		if (!number(digits, 8, &bit) || bit >= area->bits)
			return area->range;
		element->word = area->word + bit / 16;
		element->bit = bit % 16;
		element->output = area->output;
		return NULL;
	}
	return "not V, X, Y, C, S, T, CT, SP, GX or GY and an octal number";
}

const char *element_parse(const char *text, struct element *element)
{
	char name[4] = "";
	const char *wrong;
	size_t letters = 0;

	if (strlen(text) >= sizeof(element->name))
		return "not V, X, Y, C, S, T, CT, SP, GX or GY and an octal number";
	for (size_t i = 0; i <= strlen(text); i++)
		element->name[i] = toupper((unsigned char)text[i]);
	while (isalpha((unsigned char)text[letters]))
		letters++;
	if (letters < sizeof(name))
		memcpy(name, element->name, letters);
	if (strcmp(name, "V") == 0)
		return parse_word(text + letters, element);
	if (strcmp(name, "B") == 0)
		return strchr(text, '.') ? parse_word(text + letters, element) :
					   "B takes a word and its bit, such as B2000.15";
	if (parse_value(name, text + letters, element, &wrong))
		return wrong;
	return parse_bit(name, text + letters, element);
}

unsigned int element_get(const struct memory *memory, const struct element *element)
{
	uint16_t word = memory->v[element->word];

	return element->bit < 0 ? word : word >> element->bit & 1;
}

void element_set(struct memory *memory, const struct element *element, unsigned int value)
{
	uint16_t *word = &memory->v[element->word];

	if (element->bit < 0)
		*word = value;
	else if (value)
		*word |= 1 << element->bit;
	else
		*word &= ~(1 << element->bit);
}

void memory_put(struct memory *memory, uint16_t word, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t *v = &memory->v[(uint16_t)(word + i / 2)];

		if (i % 2)
			*v = (*v & 0x00ff) | bytes[i] << 8;
		else
			*v = (*v & 0xff00) | bytes[i];
	}
}

void memory_get(const struct memory *memory, uint16_t word, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = memory->v[(uint16_t)(word + i / 2)] >> (i % 2 ? 8 : 0);
}

void memory_set_sp(struct memory *memory, unsigned int sp, bool on)
{
	struct element element = { .word = SP_WORD + sp / 16, .bit = sp % 16 };

	element_set(memory, &element, on);
}

void memory_clear_bits(struct memory *memory)
{
	for (size_t i = 0; i < BIT_AREAS; i++)
		if (bit_areas[i].output)
			memset(&memory->v[bit_areas[i].word], 0, bit_areas[i].bits / 8);
}
