// SPDX-License-Identifier: GPL-2.0-or-later
/* "plcsim check" and "plcsim preview": a program without a PLC */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/condition.h"
#include "tests/plcsim/subcommand.h"
#include "uapi/linux/ecom_slave89.h"

struct arguments {
	const char *base;
	const char *program;
	struct memory memory;
};

static bool set_element(struct arguments *arguments, const char *text)
{
	struct comparison comparison;
	const char *rest = text;
	const char *wrong = comparison_parse(&comparison, &rest);

	if (!wrong && (*rest || strcmp(comparison.relation, "=") != 0))
		wrong = "one ELEMENT=VALUE is wanted";
	if (wrong) {
		fprintf(stderr, "plcsim: --set %s: %s\n", text, wrong);
		return false;
	}
	element_set(&arguments->memory, &comparison.element, comparison.value);
	return true;
}

static bool parse_arguments(int argc, char **argv, bool with_set, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "base", required_argument, NULL, 'b' },
		{ "set", required_argument, NULL, 's' },
		{ 0 },
	};
	int option;

	*arguments = (struct arguments){ 0 };
	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'b')
			arguments->base = optarg;
		else if (option != 's' || !with_set || !set_element(arguments, optarg))
			return false;
	}
	if (optind != argc - 1)
		return false;
	arguments->program = argv[optind];
	return true;
}

/* As the editor does after each ECOM100 (section 5): nobody but the base file knows the switch. */
static void remind_of_dip7(const struct program *program, const struct base *base)
{
	for (unsigned int i = 0; i < program->instructions->len; i++) {
		const struct box *box = program_at(program, i)->box;
		const struct box_value *slot;

		if (!box || !box->type->configuration)
			continue;
		slot = &box->values[ECOM100_SLOT];
		if (base->slots[slot->k].present && !base->slots[slot->k].dip7_known)
			printf("%s:%u: reminder: dipswitch 7 of the ECOM100 in slot K%u must be "
			       "on\n",
			       program->path, slot->line, slot->k);
	}
}

int subcommand_check(int argc, char **argv)
{
	struct arguments arguments;
	struct program *program;
	struct base base;
	unsigned int troubles;

	if (!parse_arguments(argc, argv, false, &arguments)) {
		fprintf(stderr, "usage: plcsim check [--base FILE] PROGRAM\n");
		return EXIT_USAGE;
	}
	program = load_program(arguments.base, arguments.program, &base, stdout);
	if (!program)
		return EXIT_FAILURE;
	troubles = program->troubles;
	remind_of_dip7(program, &base);
	if (!troubles)
		printf("%s: no errors\n", arguments.program);
	program_free(program);
	return troubles ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Control characters other than line ends are shown as escapes. */
static void print_text(const char *name, const GString *text)
{
	printf("  %-8s ", name);
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = text->str[i];

		if (c == '\r' && i + 1 < text->len && text->str[i + 1] == '\n')
			continue;
		if (c == '\n' || c == '\r')
			printf("\n           ");
		else if (c < ' ' || c == 0x7f)
			printf("$%02X", c);
		else
			putchar(c);
	}
	putchar('\n');
}

static void preview_mail(const struct program *program, const struct box *box,
			 const struct memory *memory)
{
	g_autoptr(GString) to = g_string_new(box->values[ECEMAIL_TO].text);
	g_autoptr(GString) subject = g_string_new(NULL);
	g_autoptr(GString) body = g_string_new(NULL);
	size_t size;

	vprint_print(box->values[ECEMAIL_SUBJECT].vprint, memory, subject);
	vprint_print(box->values[ECEMAIL_BODY].vprint, memory, body);
	size = ECEMAIL_TEXT + to->len + subject->len + body->len;
	printf("%s:%u: ECEMAIL by ECOM# K%u\n", program->path, box->line,
	       box->values[REQUEST_NUMBER].k);
	print_text("To", to);
	print_text("Subject", subject);
	print_text("Body", body);
	printf("  %-8s %zu of %d bytes%s\n", "Frame", size, FRAME_SIZE_MAX,
	       size > FRAME_SIZE_MAX ? ": too long, would end with Error Code 23" : "");
}

int subcommand_preview(int argc, char **argv)
{
	struct arguments *arguments = g_new(struct arguments, 1);
	struct program *program;
	struct base base;
	int status = EXIT_USAGE;

	if (!parse_arguments(argc, argv, true, arguments)) {
		fprintf(stderr, "usage: plcsim preview [--base FILE] [--set ELEMENT=VALUE]… "
				"PROGRAM\n");
		goto out;
	}
	status = EXIT_FAILURE;
	program = load_program(arguments->base, arguments->program, &base, stderr);
	if (!program)
		goto out;
	for (unsigned int i = 0; i < program->instructions->len; i++) {
		const struct box *box = program_at(program, i)->box;

		if (box && strcmp(box->type->name, "ECEMAIL") == 0)
			preview_mail(program, box, &arguments->memory);
	}
	program_free(program);
	status = EXIT_SUCCESS;
out:
	g_free(arguments);
	return status;
}
