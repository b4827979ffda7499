// SPDX-License-Identifier: GPL-2.0-or-later
/* "plcsim xref": the editor's Cross Reference View */
#include "tests/plcsim/reference.h"
#include "tests/plcsim/subcommand.h"

int subcommand_xref(int argc, char **argv)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct program *program;

	if (argc != 2 || *argv[1] == '-')
		return subcommand_wrong("xref");
	program = load_text(argv[1], stderr);
	if (!program)
		return 1;
	references_print(program, out);
	fputs(out->str, stdout);
	program_free(program);
	return 0;
}
