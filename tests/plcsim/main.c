// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "tests/plcsim/subcommand.h"

// clang-format off
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *purpose;
} subcommands[] = {
	{ "check",   subcommand_check,   "check a program as the editor does" },
	{ "xref",    subcommand_xref,    "show where a program uses which memory" },
	{ "preview", subcommand_preview, "show the mails of a program" },
	{ "run",     subcommand_run,     "run a program, with the card at an ivshmem socket" },
	{ "replay",  subcommand_replay,  "send a recording's frames again" },
	{ "ctl",     subcommand_ctl,     "give a command to a running plcsim" },
};
// clang-format on

static void help(FILE *out)
{
	fprintf(out, "plcsim: a PLC and its backplane adapter card, simulated\n\n");
	for (size_t i = 0; i < G_N_ELEMENTS(subcommands); i++)
		fprintf(out, "  plcsim %-8s %s\n", subcommands[i].name, subcommands[i].purpose);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < G_N_ELEMENTS(subcommands); i++)
		if (strcmp(subcommands[i].name, argv[1]) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("plcsim %s\n", ECEMAIL_VERSION);
		return 0;
	}
	help(stderr);
	return EXIT_USAGE;
}
