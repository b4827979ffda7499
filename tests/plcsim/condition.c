// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/condition.h"

/* Longer ones first */
static const char *const relations[] = { "!=", "<=", ">=", "=", "<", ">" };

static void skip_blanks(const char **text)
{
	*text += strspn(*text, " \t");
}

static const char *take_relation(const char **text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(relations); i++) {
		if (g_str_has_prefix(*text, relations[i])) {
			*text += strlen(relations[i]);
			return relations[i];
		}
	}
	return NULL;
}

static const char *take_value(struct comparison *c, const char **text)
{
	char *end;
	unsigned long value = strtoul(*text, &end, 10);

	if (!isdigit((unsigned char)**text) || (*end && !isblank((unsigned char)*end)))
		return "a decimal number is missing after the relation";
	if (value > (c->element.bit < 0 ? 65535 : 1))
		return c->element.bit < 0 ? "the value must be from 0 to 65535" :
					    "the value of a bit must be 0 or 1";
	c->value = value;
	*text = end;
	return NULL;
}

const char *comparison_parse(struct comparison *c, const char **text)
{
	size_t length;
	g_autofree char *name = NULL;
	const char *wrong;

	skip_blanks(text);
	length = strcspn(*text, " \t=!<>");
	name = g_strndup(*text, length);
	wrong = element_parse(name, &c->element);
	if (wrong)
		return wrong;
	*text += length;
	skip_blanks(text);
	c->relation = take_relation(text);
	if (!c->relation)
		return "a relation such as = is missing";
	skip_blanks(text);
	return take_value(c, text);
}

static bool take_and(const char **text)
{
	skip_blanks(text);
	if (strncmp(*text, "and", 3) != 0 || ((*text)[3] && !isblank((unsigned char)(*text)[3])))
		return false;
	*text += 3;
	return true;
}

const char *condition_parse(struct condition *condition, const char **text)
{
	condition->count = 0;
	do {
		const char *wrong;

		if (condition->count == COMPARISONS_MAX)
			return "too many comparisons";
		wrong = comparison_parse(&condition->comparisons[condition->count], text);
		if (wrong)
			return wrong;
		condition->count++;
	} while (take_and(text));
	return NULL;
}

static bool comparison_holds(const struct comparison *c, const struct memory *memory)
{
	unsigned int value = element_get(memory, &c->element);

	switch (c->relation[0]) {
	case '!':
		return value != c->value;
	case '=':
		return value == c->value;
	case '<':
		return c->relation[1] ? value <= c->value : value < c->value;
	default:
		return c->relation[1] ? value >= c->value : value > c->value;
	}
}

bool condition_holds(const struct condition *condition, const struct memory *memory)
{
	for (unsigned int i = 0; i < condition->count; i++)
		if (!comparison_holds(&condition->comparisons[i], memory))
			return false;
	return true;
}

void condition_show(const struct condition *condition, const struct memory *memory, GString *out)
{
	for (unsigned int i = 0; i < condition->count; i++) {
		const struct element *element = &condition->comparisons[i].element;

		g_string_append_printf(out, "%s%s=%u", i ? " " : "", element->name,
				       element_get(memory, element));
	}
}
