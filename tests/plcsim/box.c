// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/box.h"
#include "uapi/linux/ecom_slave89.h"

unsigned int box_words(const struct box *box, unsigned int parameter)
{
	const struct parameter *p = &box->type->parameters[parameter];
	const struct box_value *bytes = &box->values[box->type->bytes];

	switch (p->kind) {
	case PARAMETER_V:
		return p->size;
	case PARAMETER_SOURCE:
	case PARAMETER_TARGET:
		return bytes->valid && !bytes->is_word ? (bytes->k + 1) / 2 :
							 FRAME_SIZE_MAX / 2;
	default:
		return 1;
	}
}

bool box_has(const struct box *box, unsigned int parameter)
{
	return box->values[parameter].present && box->values[parameter].valid;
}

struct box *box_new(const struct box_type *type, unsigned int line)
{
	struct box *box = g_new0(struct box, 1);

	box->type = type;
	box->line = line;
	return box;
}

void box_free(struct box *box)
{
	if (!box)
		return;
	for (size_t i = 0; i < box->type->parameter_count; i++) {
		g_free(box->values[i].text);
		vprint_free(box->values[i].vprint);
	}
	g_free(box);
}

/* What the parameter takes, for g_free() */
static char *allowed(const struct parameter *p)
{
	switch (p->kind) {
	case PARAMETER_K:
		return g_strdup_printf("K and a decimal number, K%u to K%u", p->minimum, p->size);
	case PARAMETER_K_OR_V:
		return g_strdup_printf("K%u to K%u, or a V-memory register with that in BCD",
				       p->minimum, p->size);
	case PARAMETER_V:
	case PARAMETER_SOURCE:
	case PARAMETER_TARGET:
	case PARAMETER_REMOTE:
		return g_strdup("a V-memory register such as V2000 (octal)");
	case PARAMETER_BIT:
		return g_strdup("an output bit such as C0, Y0 or V2000.0");
	case PARAMETER_IP:
		return g_strdup("four numbers from 0 to 255, such as 192.168.12.86");
	case PARAMETER_TEXT:
		return p->size ? g_strdup_printf("text of at most %u bytes", p->size) :
				 g_strdup("text");
	case PARAMETER_ESCAPED:
	case PARAMETER_VPRINT:
		break;
	}
	return g_strdup("text");
}

/* wrong: why, or NULL if there is no more to be said */
static void refuse(const struct parameter *parameter, const struct box_value *value,
		   const char *wrong, struct diagnostics *d)
{
	g_autofree char *wanted = allowed(parameter);

	diagnostics_error(d, value->line, "%s '%s': must be %s%s%s", parameter->name, value->text,
			  wanted, wrong ? ": " : "", wrong ? wrong : "");
}

static void parse_k(const struct parameter *parameter, struct box_value *value,
		    struct diagnostics *d)
{
	char *end;
	unsigned long number = strtoul(value->text + (*value->text != '\0'), &end, 10);

	value->valid = value->text[0] == 'K' && isdigit((unsigned char)value->text[1]) && !*end &&
		       number >= parameter->minimum && number <= parameter->size;
	value->k = number;
	if (!value->valid)
		refuse(parameter, value, NULL, d);
}

static void parse_v(const struct parameter *parameter, struct box_value *value,
		    struct diagnostics *d)
{
	const char *wrong = element_parse(value->text, &value->element);

	if (!wrong && value->element.bit >= 0)
		wrong = "a bit, not a word";
	value->valid = !wrong;
	if (wrong)
		refuse(parameter, value, wrong, d);
}

static void parse_k_or_v(const struct parameter *parameter, struct box_value *value,
			 struct diagnostics *d)
{
	value->is_word = toupper((unsigned char)*value->text) == 'V';
	if (value->is_word)
		parse_v(parameter, value, d);
	else
		parse_k(parameter, value, d);
}

static void parse_bit(const struct parameter *parameter, struct box_value *value,
		      struct diagnostics *d)
{
	const char *wrong = element_parse(value->text, &value->element);

	if (!wrong && value->element.bit < 0)
		wrong = "a word, not a bit";
	if (!wrong && !value->element.output)
		wrong = "X, T, CT and SP are not for a program to write";
	value->valid = !wrong;
	if (wrong)
		refuse(parameter, value, wrong, d);
}

static void parse_text(const struct parameter *parameter, struct box_value *value,
		       struct diagnostics *d)
{
	size_t length = strlen(value->text);

	value->valid = !parameter->size || length <= parameter->size;
	if (!value->valid)
		diagnostics_error(d, value->line, "%s '%s': %zu bytes, at most %u are allowed",
				  parameter->name, value->text, length, parameter->size);
}

static void parse_ip(const struct parameter *parameter, struct box_value *value,
		     struct diagnostics *d)
{
	struct in_addr address;

	value->valid = inet_pton(AF_INET, value->text, &address) == 1;
	if (!value->valid)
		refuse(parameter, value, NULL, d);
}

static void parse_value(const struct parameter *parameter, struct box_value *value,
			struct diagnostics *d)
{
	switch (parameter->kind) {
	case PARAMETER_K:
		parse_k(parameter, value, d);
		break;
	case PARAMETER_K_OR_V:
		parse_k_or_v(parameter, value, d);
		break;
	case PARAMETER_V:
	case PARAMETER_SOURCE:
	case PARAMETER_TARGET:
	case PARAMETER_REMOTE:
		parse_v(parameter, value, d);
		break;
	case PARAMETER_BIT:
		parse_bit(parameter, value, d);
		break;
	case PARAMETER_TEXT:
		parse_text(parameter, value, d);
		break;
	case PARAMETER_IP:
		parse_ip(parameter, value, d);
		break;
	case PARAMETER_ESCAPED:
		value->vprint =
			vprint_parse_text(value->text, parameter->name, d, value->line);
		value->valid = value->vprint;
		break;
	case PARAMETER_VPRINT:
		value->vprint = vprint_parse(value->text, parameter->name, d, value->line);
		value->valid = value->vprint;
		break;
	}
}

/* The parameter whose name is the first words of the text */
static const struct parameter *find_parameter(const struct box_type *type, const char *text)
{
	size_t length = box_parameter_name(text);

	for (size_t i = 0; length && i < type->parameter_count; i++)
		if (strlen(type->parameters[i].name) == length &&
		    strncmp(text, type->parameters[i].name, length) == 0)
			return &type->parameters[i];
	return NULL;
}

static void report_unknown(const struct box *box, const char *text, unsigned int line,
			   struct diagnostics *d)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (size_t i = 0; i < box->type->parameter_count; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       box->type->parameters[i].name);
	diagnostics_error(d, line, "'%s': %s has no such parameter, only %s", text,
			  box->type->name, names->str);
}

/* May have no value at all */
static bool is_text(const struct parameter *parameter)
{
	return parameter->kind == PARAMETER_TEXT || parameter->kind == PARAMETER_ESCAPED ||
	       parameter->kind == PARAMETER_VPRINT;
}

/* A // at the beginning or behind a blank, and what follows */
static void cut_comment(char *text)
{
	for (char *slashes = text; (slashes = strstr(slashes, "//")); slashes++) {
		if (slashes > text && !isblank((unsigned char)slashes[-1]))
			continue;
		*slashes = '\0';
		g_strchomp(text);
		return;
	}
}

static void report_empty(const struct parameter *parameter, unsigned int line,
			 struct diagnostics *d)
{
	g_autofree char *wanted = allowed(parameter);

	diagnostics_error(d, line, "%s has no value; it must be %s", parameter->name, wanted);
}

static void report_again(const struct parameter *parameter, const struct box_value *first,
			 const char *text, unsigned int line, struct diagnostics *d)
{
	g_autofree char *value = g_strstrip(g_strdup(text + strlen(parameter->name)));

	if (!is_text(parameter))
		cut_comment(value);
	diagnostics_error(d, line, "%s '%s' is given twice, first in line %u; each may be there once",
			  parameter->name, value, first->line);
}

void box_take_parameter(struct box *box, const char *text, unsigned int line,
			struct diagnostics *d)
{
	const struct parameter *parameter = find_parameter(box->type, text);
	struct box_value *value;

	if (!parameter) {
		report_unknown(box, text, line, d);
		return;
	}
	value = &box->values[parameter - box->type->parameters];
	if (value->present) {
		report_again(parameter, value, text, line, d);
		return;
	}
	value->present = true;
	value->line = line;
	value->text = g_strstrip(g_strdup(text + strlen(parameter->name)));
	if (!is_text(parameter))
		cut_comment(value->text);
	if (*value->text || is_text(parameter))
		parse_value(parameter, value, d);
	else
		report_empty(parameter, line, d);
}

static void report_missing(const struct box *box, const struct parameter *parameter,
			   struct diagnostics *d)
{
	g_autofree char *wanted = allowed(parameter);

	diagnostics_error(d, box->line, "%s: the parameter %s is missing; it must be %s",
			  box->type->name, parameter->name, wanted);
}

void box_complete(struct box *box, struct diagnostics *d)
{
	for (size_t i = 0; i < box->type->parameter_count; i++) {
		const struct parameter *parameter = &box->type->parameters[i];
		struct box_value *value = &box->values[i];

		if (value->present)
			continue;
		if (!parameter->optional) {
			report_missing(box, parameter, d);
			continue;
		}
		value->line = box->line;
		value->text = g_strdup("");
		if (is_text(parameter))
			parse_value(parameter, value, d);
	}
}
