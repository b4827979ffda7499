// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of codes.def that only explain needs. */

#include <glib.h>
#include <string.h>

#include "codes.h"

const struct cause causes[] = {
#define CAUSE(code, cause, remedy) { code, cause, remedy },
#include "../codes.def"
};
const size_t n_causes = G_N_ELEMENTS(causes);

const struct smtp_command smtp_commands[] = {
#define COMMAND(name, used, origin, doing, ours) { name, used, origin, doing, ours },
#include "../codes.def"
};
const size_t n_smtp_commands = G_N_ELEMENTS(smtp_commands);

const struct extension extensions[] = {
#define EXTENSION(name, origin, meaning) { name, origin, meaning },
#include "../codes.def"
};
const size_t n_extensions = G_N_ELEMENTS(extensions);

const struct enhanced enhanced_codes[] = {
#define ENHANCED(subject, detail, origin, meaning, remedy) \
	{ subject, detail, origin, meaning, remedy },
#include "../codes.def"
};
const size_t n_enhanced_codes = G_N_ELEMENTS(enhanced_codes);

static const struct bits bits[] = {
#define BITS(error, success, low, high, valid, meaning, remedy) \
	{ error, success, low, high, valid, meaning, remedy },
#include "../codes.def"
};

static const char *const first[10] = {
#define FIRST(digit, meaning) [digit] = meaning,
#include "../codes.def"
};

static const char *const second[10] = {
#define SECOND(digit, meaning) [digit] = meaning,
#include "../codes.def"
};

static const char *const classes[10] = {
#define CLASS(number, meaning) [number] = meaning,
#include "../codes.def"
};

static const char *const subjects[10] = {
#define SUBJECT(number, meaning) [number] = meaning,
#include "../codes.def"
};

const struct bits *bits_find(bool error, bool success, unsigned int code)
{
	const struct bits *row = bits;

	while (row->error != error || row->success != success || code < row->low ||
	       code > row->high)
		row++;
	return row;
}

const struct smtp_command *smtp_command_find(const char *name)
{
	for (size_t i = 0; i < n_smtp_commands; i++)
		if (!g_ascii_strcasecmp(smtp_commands[i].name, name))
			return &smtp_commands[i];
	return NULL;
}

const struct extension *extension_find(const char *offer)
{
	size_t length = strcspn(offer, " =");

	for (size_t i = 0; i < n_extensions; i++)
		if (strlen(extensions[i].name) == length &&
		    !g_ascii_strncasecmp(extensions[i].name, offer, length))
			return &extensions[i];
	return NULL;
}

const struct enhanced *enhanced_find(unsigned int subject, unsigned int detail)
{
	for (size_t i = 0; i < n_enhanced_codes; i++)
		if (enhanced_codes[i].subject == subject && enhanced_codes[i].detail == detail)
			return &enhanced_codes[i];
	return NULL;
}

const char *first_digit(unsigned int digit)
{
	return first[digit % 10];
}

const char *second_digit(unsigned int digit)
{
	return second[digit % 10];
}

const char *enhanced_class(unsigned int number)
{
	return number < G_N_ELEMENTS(classes) ? classes[number] : NULL;
}

const char *enhanced_subject(unsigned int number)
{
	return number < G_N_ELEMENTS(subjects) ? subjects[number] : NULL;
}
