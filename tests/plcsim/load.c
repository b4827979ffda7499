// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "tests/plcsim/check.h"
#include "tests/plcsim/subcommand.h"

bool load_base(struct base *base, const char *path, FILE *messages)
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

static struct program *read_text(const char *path, struct diagnostics *d)
{
	struct program *program = NULL;
	FILE *file = fopen(path, "re");

	if (file) {
		program = program_read(file, path, d);
		fclose(file);
	} else {
		diagnostics_error(d, 0, "cannot read the program: %s", strerror(errno));
	}
	return program;
}

/* Prints and forgets the messages, and a program with errors. */
static struct program *finish(struct program *program, struct diagnostics *d, FILE *messages)
{
	diagnostics_print(d, messages);
	if (program)
		program->troubles = d->troubles;
	if (d->errors) {
		program_free(program);
		program = NULL;
	}
	diagnostics_clear(d);
	return program;
}

struct program *load_program(const char *base_path, const char *path, struct base *base,
			     FILE *messages)
{
	return load_base(base, base_path, messages) ? load_download(base, path, messages) : NULL;
}

struct program *load_download(const struct base *base, const char *path, FILE *messages)
{
	struct program *program;
	struct diagnostics d;

	diagnostics_init(&d, path);
	program = read_text(path, &d);
	if (program)
		check_program(program, base, &d);
	return finish(program, &d, messages);
}

struct program *load_text(const char *path, FILE *messages)
{
	struct diagnostics d;
	struct program *program;

	diagnostics_init(&d, path);
	program = read_text(path, &d);
	return finish(program, &d, messages);
}
