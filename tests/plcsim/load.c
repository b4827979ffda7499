// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "tests/plcsim/check.h"
#include "tests/plcsim/subcommand.h"

static bool load_base(struct base *base, const char *path, FILE *messages)
{
	struct diagnostics d;
	bool good;
	FILE *file;

	base_default(base);
	if (!path)
		return true;
	diagnostics_init(&d, path);
	file = fopen(path, "re");
	if (file) {
		base_read(base, file, &d);
		fclose(file);
	} else {
		diagnostics_error(&d, 0, "cannot read the base file: %s", strerror(errno));
	}
	diagnostics_print(&d, messages);
	good = !d.errors;
	diagnostics_clear(&d);
	return good;
}

struct program *load_program(const char *base_path, const char *path, struct base *base,
			     FILE *messages)
{
	struct program *program = NULL;
	struct diagnostics d;
	FILE *file;

	if (!load_base(base, base_path, messages))
		return NULL;
	diagnostics_init(&d, path);
	file = fopen(path, "re");
	if (file) {
		program = program_read(file, path, &d);
		fclose(file);
		check_program(program, base, &d);
	} else {
		diagnostics_error(&d, 0, "cannot read the program: %s", strerror(errno));
	}
	diagnostics_print(&d, messages);
	if (d.errors) {
		program_free(program);
		program = NULL;
	}
	diagnostics_clear(&d);
	return program;
}
