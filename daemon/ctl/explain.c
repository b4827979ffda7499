// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl explain: what a number or a word means, what is likely behind it
 * and what to do. Needs nothing but the tables.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "command.h"
#include "daemon/status.h"
#include "explain.h"
#include "output.h"

#define INDENT 11

static const char *const categories[][2] = {
	{ "normal", "0-1, normal status" },
	{ "module", "2-99, internal errors of the module" },
	{ "protocol", "100-999, reply code of the SMTP server" },
	{ "ladder", "1000-1999, assigned by the box in the ladder program" },
	{ "invalid", "2000-65535, invalid" },
};

static const char *describe_category(const char *category)
{
	for (size_t i = 0; i < G_N_ELEMENTS(categories); i++)
		if (!strcmp(categories[i][0], category))
			return categories[i][1];
	return category;
}

/* Numbers */

static void add_details(JsonObject *object, unsigned int status)
{
	JsonArray *array = json_array_new();

	for (size_t i = 0; i < n_details; i++) {
		JsonObject *row;

		if (!details[i].code || details[i].status != status)
			continue;
		row = json_object_new();
		json_object_set_int_member(row, "detail", details[i].code);
		json_object_set_string_member(row, "text", details[i].text);
		json_array_add_object_element(array, row);
	}
	json_object_set_array_member(object, "details", array);
}

static void add_causes(JsonObject *object, unsigned int status)
{
	JsonArray *array = json_array_new();

	for (size_t i = 0; i < n_causes; i++) {
		JsonObject *row;

		if (causes[i].code != status)
			continue;
		row = json_object_new();
		json_object_set_string_member(row, "cause", causes[i].cause);
		json_object_set_string_member(row, "remedy", causes[i].remedy);
		json_array_add_object_element(array, row);
	}
	if (json_array_get_length(array))
		json_object_set_array_member(object, "causes", array);
	else
		json_array_unref(array);
}

static void add_digit(JsonArray *array, unsigned int digit, const char *meaning)
{
	JsonObject *row = json_object_new();

	json_object_set_int_member(row, "digit", digit);
	json_object_set_string_member(row, "meaning", meaning);
	json_array_add_object_element(array, row);
}

static void add_digits(JsonObject *object, unsigned int code)
{
	JsonArray *array = json_array_new();

	add_digit(array, code / 100, first_digit(code / 100));
	add_digit(array, code / 10 % 10, second_digit(code / 10));
	add_digit(array, code % 10, "tells apart what the first two have in common");
	json_object_set_array_member(object, "digits", array);
}

JsonObject *explain_number(unsigned int code)
{
	JsonObject *object;
	struct code row;

	if (!status_explain(code, &row))
		return NULL;
	object = json_object_new();
	json_object_set_int_member(object, "code", code);
	json_object_set_string_member(object, "category", status_category(code));
	if (row.name)
		json_object_set_string_member(object, "name", row.name);
	json_object_set_string_member(object, "meaning", row.meaning);
	json_object_set_string_member(object, "cause", row.cause);
	json_object_set_string_member(object, "remedy", row.remedy);
	if (row.origin)
		json_object_set_string_member(object, "origin", row.origin);
	if (row.name)
		add_details(object, code);
	if (code >= 100 && code <= 999)
		add_digits(object, code);
	add_causes(object, code);
	return object;
}

/* Enhanced codes and commands */

/* "5.1.1", or "X.1.1" as the lists have it */
static bool parse_enhanced(const char *word, unsigned int number[3])
{
	g_auto(GStrv) parts = g_strsplit(word, ".", 4);
	bool any = g_ascii_toupper(word[0]) == 'X' && word[1] == '.';

	number[0] = 0;
	if (g_strv_length(parts) != 3)
		return false;
	for (int i = any ? 1 : 0; i < 3; i++) {
		guint64 value;

		if (strlen(parts[i]) > 3 ||
		    !g_ascii_string_to_unsigned(parts[i], 10, 0, 999, &value, NULL))
			return false;
		number[i] = (unsigned int)value;
	}
	return any || enhanced_class(number[0]);
}

static JsonObject *explain_enhanced(const char *word, const unsigned int number[3])
{
	const struct enhanced *row = enhanced_find(number[1], number[2]);
	const char *subject = enhanced_subject(number[1]);
	JsonObject *object = json_object_new();
	g_autofree char *upper = g_ascii_strup(word, -1);

	json_object_set_string_member(object, "enhanced", upper);
	json_object_set_string_member(object, "meaning",
				      row ? row->meaning :
					    "Not in the registry: read it by its first two numbers.");
	json_object_set_string_member(object, "remedy",
				      row ? row->remedy :
					    "Read the server's text; ask its administrator.");
	json_object_set_string_member(object, "origin", row ? row->origin : "RFC 3463");
	if (number[0])
		json_object_set_string_member(object, "class", enhanced_class(number[0]));
	json_object_set_string_member(object, "subject", subject ? subject : "unknown");
	return object;
}

static JsonObject *explain_smtp_command(const struct smtp_command *command)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "command", command->name);
	json_object_set_string_member(object, "meaning", command->doing);
	json_object_set_boolean_member(object, "used", command->used);
	json_object_set_string_member(object, "when", command->ours);
	json_object_set_string_member(object, "origin", command->origin);
	return object;
}

JsonObject *explain_word(const char *word)
{
	const struct smtp_command *command = smtp_command_find(word);
	unsigned int number[3];
	guint64 code;

	if (command)
		return explain_smtp_command(command);
	if (parse_enhanced(word, number))
		return explain_enhanced(word, number);
	if (!g_ascii_string_to_unsigned(word, 10, 0, 65535, &code, NULL))
		return NULL;
	return explain_number((unsigned int)code);
}

/* In words */

static void print_list(JsonObject *object, const char *member, const char *label, const char *mark,
		       const char *first, const char *second)
{
	JsonArray *array = json_object_has_member(object, member) ?
				   json_object_get_array_member(object, member) :
				   NULL;

	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonObject *row = json_array_get_object_element(array, i);
		g_autofree char *a = output_member(row, first), *b = output_member(row, second);
		g_autofree char *text = g_strdup_printf("%s%s %s", mark, a, b);

		output_indented(i ? "" : label, INDENT, text);
	}
}

static void print_title(JsonObject *object)
{
	static const char *const members[] = { "code", "enhanced", "command" };

	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		g_autofree char *text = output_member(object, members[i]);

		if (text)
			fputs(text, stdout);
	}
	if (json_object_has_member(object, "name"))
		printf("  %s", json_object_get_string_member(object, "name"));
	fputs("\n\n", stdout);
}

void explain_print(JsonObject *object)
{
	static const struct output_label labels[] = {
		{ "meaning", "Meaning" },
		{ "class", "Class" },
		{ "subject", "Subject" },
		{ "cause", "Cause" },
		{ "remedy", "Remedy" },
		{ "used", "We say it" },
		{ "when", "When" },
		{ "origin", "Origin" },
		{ NULL, NULL },
	};

	print_title(object);
	if (json_object_has_member(object, "category"))
		output_indented("Area", INDENT,
				describe_category(
					json_object_get_string_member(object, "category")));
	for (const struct output_label *label = labels; label->member; label++) {
		g_autofree char *text = output_member(object, label->member);

		output_indented(label->label, INDENT, text);
	}
	print_list(object, "details", "Details", "", "detail", "text");
	print_list(object, "digits", "Digits", "", "digit", "meaning");
	print_list(object, "causes", "Look for", "* ", "cause", "remedy");
}

/* The command */

static struct {
	char *error;
	char *success;
	gboolean rst;
	gboolean catalogue;
} options;

static const GOptionEntry entries[] = {
	{ "error", 0, 0, G_OPTION_ARG_STRING, &options.error,
	  "the box's Error bit; with --success", "0|1" },
	{ "success", 0, 0, G_OPTION_ARG_STRING, &options.success, "the box's Success bit", "0|1" },
	{ "rst", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.rst, NULL, NULL },
	{ "catalogue", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.catalogue, NULL, NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static bool is_bit(const char *text)
{
	return text && (!strcmp(text, "0") || !strcmp(text, "1"));
}

static void add_bits(JsonObject *object)
{
	const struct bits *row = bits_find(*options.error == '1', *options.success == '1',
					   (unsigned int)json_object_get_int_member(object, "code"));
	JsonObject *bits = json_object_new();

	json_object_set_int_member(bits, "error", *options.error == '1');
	json_object_set_int_member(bits, "success", *options.success == '1');
	json_object_set_boolean_member(bits, "valid", row->valid);
	json_object_set_string_member(bits, "meaning", row->meaning);
	json_object_set_string_member(bits, "remedy", row->remedy);
	json_object_set_object_member(object, "bits", bits);
}

static void print_bits(JsonObject *object)
{
	JsonObject *bits = json_object_get_object_member(object, "bits");

	printf("Error bit %s, Success bit %s\n\n", options.error, options.success);
	output_indented("Meaning", INDENT, json_object_get_string_member(bits, "meaning"));
	output_indented("Remedy", INDENT, json_object_get_string_member(bits, "remedy"));
	putchar('\n');
}

static void explain_one(JsonObject *object)
{
	if (options.error)
		add_bits(object);
	if (output_as_json) {
		output_json(object);
		return;
	}
	if (options.error)
		print_bits(object);
	explain_print(object);
}

static int check_arguments(int count, char **words)
{
	if (!count)
		return usage_error("explain wants a code: 20, 550, 5.1.1 or RCPT");
	if (!options.error != !options.success)
		return usage_error("--error and --success belong together");
	if (options.error && (!is_bit(options.error) || !is_bit(options.success)))
		return usage_error("a bit is 0 or 1");
	for (int i = 0; i < count; i++) {
		g_autoptr(JsonObject) object = explain_word(words[i]);

		if (!object)
			return usage_error("'%s' is neither a status code from 0 to 65535, nor an "
					   "enhanced code like 5.1.1, nor an SMTP command",
					   words[i]);
		if (options.error && !json_object_has_member(object, "code"))
			return usage_error("'%s' is no Error Code, but --error and --success go "
					   "with one",
					   words[i]);
	}
	return EXIT_OK;
}

static int run(int count, char **words)
{
	int r;

	if (options.rst)
		return explain_rst(stdout), EXIT_OK;
	if (options.catalogue)
		return explain_catalogue(stdout), EXIT_OK;
	r = check_arguments(count, words);
	for (int i = 0; !r && i < count; i++) {
		g_autoptr(JsonObject) object = explain_word(words[i]);

		if (i && !output_as_json)
			putchar('\n');
		explain_one(object);
	}
	return r;
}

const struct command explain_command = {
	.name = "explain",
	.arguments = "CODE…",
	.summary = "what an Error Code, a server's code or an SMTP command means, and what to do",
	.description =
		"CODE is the Error Code of a box (0 to 65535), a server's reply code (550), its\n"
		"enhanced code (5.1.1) or a command of SMTP (RCPT).\n"
		"\n"
		"Examples:\n"
		"  ecemailctl explain 24\n"
		"  ecemailctl explain 550 5.1.1\n"
		"  ecemailctl explain --error 1 --success 1 20\n"
		"  ecemailctl explain VRFY",
	.options = entries,
	.run = run,
};
