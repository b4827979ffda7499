// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tests/plcsim/command.h"
#include "tests/plcsim/subcommand.h"

// clang-format off
const struct subcommand subcommands[] = {
	{ "check",   subcommand_check,   "check a program as the editor does",
	  "[--base FILE] PROGRAM" },
	{ "xref",    subcommand_xref,    "show where a program uses which memory",
	  "PROGRAM" },
	{ "preview", subcommand_preview, "show the mails of a program",
	  "[--base FILE] [--setup FILE] [--set ELEMENT=VALUE]… PROGRAM" },
	{ "run",     subcommand_run,     "run a program, with the card at an ivshmem socket",
	  "--listen SOCKET… [--base FILE] [--script FILE [--keep]] [--control FILE]\n"
	  "                  [--scan-time MS] [--record FILE] PROGRAM" },
	{ "replay",  subcommand_replay,  "send a recording's frames again",
	  "--listen SOCKET… [--base FILE] RECORD" },
	{ "ctl",     subcommand_ctl,     "give a command to a running plcsim",
	  "[--socket FILE] COMMAND" },
	{ 0 },
};
// clang-format on

const struct subcommand *subcommand_find(const char *name)
{
	for (const struct subcommand *s = subcommands; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

void subcommand_help(const struct subcommand *subcommand, FILE *out)
{
	g_autoptr(GString) commands = g_string_new(NULL);

	fprintf(out, "usage: plcsim %s %s\n", subcommand->name, subcommand->usage);
	if (subcommand->run != subcommand_ctl)
		return;
	command_usage(commands);
	fprintf(out, "Commands:\n%s", commands->str);
}

int subcommand_wrong(const char *name)
{
	subcommand_help(subcommand_find(name), stderr);
	return EXIT_USAGE;
}

int subcommand_run_one(const struct subcommand *subcommand, int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		subcommand_help(subcommand, stdout);
	else
		status = subcommand->run(argc, argv);
	if ((fflush(stdout) == 0 && !ferror(stdout)) || status)
		return status;
	perror("plcsim: cannot write the output");
	return EXIT_FAILURE;
}
