// SPDX-License-Identifier: GPL-2.0-or-later
/* "plcsim check" and "plcsim preview": a program without a PLC */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/configuration.h"
#include "daemon/expand.h"
#include "tests/plcsim/condition.h"
#include "tests/plcsim/subcommand.h"
#include "uapi/linux/ecom_slave89.h"

struct arguments {
	const char *base;
	const char *setup;
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
		{ "setup", required_argument, NULL, 'u' },
		{ 0 },
	};
	int option;

	*arguments = (struct arguments){ 0 };
	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'b')
			arguments->base = optarg;
		else if (option == 'u' && with_set)
			arguments->setup = optarg;
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

	if (!parse_arguments(argc, argv, false, &arguments))
		return subcommand_wrong("check");
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

static void print_list(const char *name, const GPtrArray *list)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned int i = 0; i < list->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", (char *)list->pdata[i]);
	print_text(name, text);
}

/* What the PC makes of To and Body: it is the daemon's own code that says so. */
static void preview_setup(const struct setup *setup, const GString *to, const GString *body)
{
	const struct text to_text = { to->str, to->len }, body_text = { body->str, body->len };
	g_autofree char *problem = NULL;
	g_autoptr(GString) recipients = expand_to(setup, &to_text, &problem);
	g_autoptr(GString) mail = recipients ? expand_body(setup, &body_text, &problem) : NULL;

	if (setup->problem)
		printf("  %-8s %s: would end with Error Code 24\n", "Setup", setup->problem);
	if (!mail) {
		printf("  %-8s %s: would end with Error Code 23\n", "Mail", problem);
		return;
	}
	print_text("Mail to", recipients);
	print_list("Cc", setup->cc);
	print_text("Mail", mail);
}

/* The slot that the box's module is in, and the card that has it */
static struct setup *setup_of(const struct configuration *configuration,
			      const struct program *program, const struct base *base,
			      const struct box *box)
{
	for (unsigned int i = 0; i < program->instructions->len; i++) {
		const struct box *module = program_at(program, i)->box;
		unsigned int slot = module ? module->values[ECOM100_SLOT].k : 0;

		if (module && module->type->configuration &&
		    module->values[ECOM100_NUMBER].k == box->values[REQUEST_NUMBER].k)
			return configuration_setup(configuration, base->slots[slot].card, slot);
	}
	return configuration_setup(configuration, 0, 0);
}

static void preview_mail(const struct program *program, const struct box *box,
			 const struct memory *memory, const struct setup *setup)
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
	if (setup)
		preview_setup(setup, to, body);
}

/* NULL, and messages, if the setup file is not there or not right */
static struct configuration *load_setup(const char *path)
{
	struct configuration *configuration;

	if (access(path, R_OK) < 0) {
		fprintf(stderr, "%s: error: cannot read the setup: %s\n", path, strerror(errno));
		return NULL;
	}
	configuration = configuration_load(path);
	for (unsigned int i = 0; i < configuration->problems->len; i++)
		fprintf(stderr, "%s: error: %s\n", path,
			(char *)configuration->problems->pdata[i]);
	if (!configuration->problems->len)
		return configuration;
	configuration_free(configuration);
	return NULL;
}

static void preview_mails(const struct program *program, const struct base *base,
			  const struct memory *memory, const struct configuration *configuration)
{
	for (unsigned int i = 0; i < program->instructions->len; i++) {
		const struct box *box = program_at(program, i)->box;
		struct setup *setup;

		if (!box || box->type->ib != ECEMAIL_IB)
			continue;
		setup = configuration ? setup_of(configuration, program, base, box) : NULL;
		preview_mail(program, box, memory, setup);
		if (setup)
			setup_unref(setup);
	}
}

/* Exit status */
static int preview(const struct arguments *arguments)
{
	struct configuration *configuration = NULL;
	struct program *program;
	struct base base;

	if (arguments->setup) {
		configuration = load_setup(arguments->setup);
		if (!configuration)
			return EXIT_FAILURE;
	}
	program = load_program(arguments->base, arguments->program, &base, stderr);
	if (program)
		preview_mails(program, &base, &arguments->memory, configuration);
	if (configuration)
		configuration_free(configuration);
	program_free(program);
	return program ? EXIT_SUCCESS : EXIT_FAILURE;
}

int subcommand_preview(int argc, char **argv)
{
	struct arguments *arguments = g_new(struct arguments, 1);
	bool good = parse_arguments(argc, argv, true, arguments);
	int status = good ? preview(arguments) : subcommand_wrong("preview");

	g_free(arguments);
	return status;
}
