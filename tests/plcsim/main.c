// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "tests/plcsim/subcommand.h"

static void help(FILE *out)
{
	fprintf(out, "plcsim: a PLC and its backplane adapter card, simulated\n\n");
	for (const struct subcommand *s = subcommands; s->name; s++)
		fprintf(out, "  plcsim %-8s %s\n", s->name, s->purpose);
	fprintf(out, "\nplcsim COMMAND --help shows what a command takes.\n");
}

int main(int argc, char **argv)
{
	const struct subcommand *subcommand = argc > 1 ? subcommand_find(argv[1]) : NULL;

	if (subcommand)
		return subcommand_run_one(subcommand, argc - 1, argv + 1);
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
