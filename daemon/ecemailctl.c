// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl: the engineer's command. Each subcommand is a row of commands[]. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "submit.h"

#define EXIT_USAGE 2

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

static int usage_error(const char *format, const char *argument)
{
	fputs("ecemailctl: ", stderr);
	fprintf(stderr, "%s '%s'; see ecemailctl --help\n", format, argument);
	return EXIT_USAGE;
}

/* A code as a PLC has it: 0 to 65535, decimal. */
static int parse_code(const char *text, unsigned int *code)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || !*text || *end || *text == '-' || *text == '+' || number > 65535)
		return -EINVAL;
	*code = (unsigned int)number;
	return 0;
}

static int run_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "rst", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int json = 0, rst = 0, option;
	unsigned int code;

	argv[0] = program_invocation_short_name;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == '?')
			return EXIT_USAGE;
		json |= option == 'j';
		rst |= option == 'r';
	}
	if (rst)
		return explain_rst(stdout), EXIT_SUCCESS;
	if (optind + 1 != argc)
		return usage_error("explain wants one code, not", optind < argc ? argv[argc - 1] : "");
	if (parse_code(argv[optind], &code) < 0)
		return usage_error("a status code is a decimal number from 0 to 65535, not",
				   argv[optind]);
	if (json)
		explain_json(stdout, code);
	else
		explain_text(stdout, code);
	return EXIT_SUCCESS;
}

static const struct command commands[] = {
	{ "explain", run_explain,
	  "explain CODE [--json]   what a status code (0 to 65535) means and what to do" },
	{ "submit", submit,
	  "submit --server URL …   send mails as the daemon would; submit --help" },
};

static void help(void)
{
	puts("Usage: ecemailctl COMMAND …\n\nCommands:");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %s\n", commands[i].help);
	puts("\n  --help      this text\n"
	     "  --version   version\n\n"
	     "Exit status: 0 done, 1 failed, 2 wrong usage.");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(), EXIT_USAGE;
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(), EXIT_SUCCESS;
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return puts("ecemailctl " ECEMAIL_VERSION), EXIT_SUCCESS;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return usage_error("unknown command", argv[1]);
}
