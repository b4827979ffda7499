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

static void parse_k(const struct parameter *parameter, struct box_value *value,
		    struct diagnostics *d)
{
	char *end;
	unsigned long number = strtoul(value->text + (*value->text != '\0'), &end, 10);

	value->valid = value->text[0] == 'K' && isdigit((unsigned char)value->text[1]) && !*end &&
		       number >= parameter->minimum && number <= parameter->size;
	value->k = number;
	if (!value->valid)
		diagnostics_error(d, value->line,
				  "%s '%s': must be K and a decimal number, K%u to K%u",
				  parameter->name, value->text, parameter->minimum,
				  parameter->size);
}

static void parse_v(const struct parameter *parameter, struct box_value *value,
		    struct diagnostics *d)
{
	const char *wrong = element_parse(value->text, &value->element);

	if (!wrong && value->element.bit >= 0)
		wrong = "a bit, not a word";
	value->valid = !wrong;
	if (wrong)
		diagnostics_error(d, value->line,
				  "%s '%s': must be a V-memory register such as V2000 (octal): %s",
				  parameter->name, value->text, wrong);
}

static void parse_k_or_v(const struct parameter *parameter, struct box_value *value,
			 struct diagnostics *d)
{
	char *end;
	unsigned long k;

	value->is_word = toupper((unsigned char)*value->text) == 'V';
	if (value->is_word) {
		parse_v(parameter, value, d);
		return;
	}
	k = strtoul(value->text + (*value->text != '\0'), &end, 10);
	value->valid = value->text[0] == 'K' && isdigit((unsigned char)value->text[1]) && !*end &&
		       k >= parameter->minimum && k <= parameter->size;
	value->k = k;
	if (!value->valid)
		diagnostics_error(d, value->line,
				  "%s '%s': must be K%u to K%u, or a V-memory register with that in "
				  "BCD",
				  parameter->name, value->text, parameter->minimum,
				  parameter->size);
}

static void parse_bit(const struct parameter *parameter, struct box_value *value,
		      struct diagnostics *d)
{
	const char *wrong = element_parse(value->text, &value->element);

	if (!wrong && value->element.bit < 0)
		wrong = "a word, not a bit";
	if (!wrong && !value->element.output)
		wrong = "an input of the program";
	value->valid = !wrong;
	if (wrong)
		diagnostics_error(d, value->line,
				  "%s '%s': must be an output bit such as C0, Y0 or V2000.0: %s",
				  parameter->name, value->text, wrong);
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
		diagnostics_error(d, value->line,
				  "%s '%s': must be four numbers from 0 to 255, such as "
				  "192.168.12.86",
				  parameter->name, value->text);
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

/* The longest parameter name that the text starts with, as a whole word */
static const struct parameter *find_parameter(const struct box_type *type, const char *text)
{
	const struct parameter *found = NULL;

	for (size_t i = 0; i < type->parameter_count; i++) {
		const struct parameter *p = &type->parameters[i];
		size_t length = strlen(p->name);

		if (strncmp(text, p->name, length) != 0 ||
		    (text[length] && !isblank((unsigned char)text[length])))
			continue;
		if (!found || length > strlen(found->name))
			found = p;
	}
	return found;
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
		diagnostics_error(d, line, "%s is given twice, first in line %u", parameter->name,
				  value->line);
		return;
	}
	value->present = true;
	value->line = line;
	value->text = g_strstrip(g_strdup(text + strlen(parameter->name)));
	if (*value->text || (parameter->optional && is_text(parameter)))
		parse_value(parameter, value, d);
	else
		diagnostics_error(d, line, "%s has no value", parameter->name);
}

void box_complete(struct box *box, struct diagnostics *d)
{
	for (size_t i = 0; i < box->type->parameter_count; i++) {
		const struct parameter *parameter = &box->type->parameters[i];
		struct box_value *value = &box->values[i];

		if (value->present)
			continue;
		if (!parameter->optional) {
			diagnostics_error(d, box->line, "%s: the parameter %s is missing",
					  box->type->name, parameter->name);
			continue;
		}
		value->line = box->line;
		value->text = g_strdup("");
		if (is_text(parameter))
			parse_value(parameter, value, d);
	}
}
