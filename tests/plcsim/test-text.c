// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "tests/plcsim/check.h"
#include "tests/plcsim/test.h"

const char widget_report[] = "// Widget report\n"
			     "ECOM100 IB-710\n"
			     "    ECOM#       K0\n"
			     "    Slot        K1\n"
			     "    Status      V1400\n"
			     "    Workspace   V1401\n"
			     "    Msg Buffer  V1402\n"
			     "STR X0\n"
			     "ECEMAIL IB-711\n"
			     "    ECOM#       K0\n"
			     "    Workspace   V1503\n"
			     "    Success     C0\n"
			     "    Error       C1\n"
			     "    Error Code  V1504\n"
			     "    To          mark@hosteng.com\n"
			     "    Subject     Widget Report\n"
			     "    Body        \"Shift # \" V3000 \" made \" V3001 \" widgets\"\n"
			     "END\n";

static FILE *open_text(const char *text)
{
	/* fmemopen() takes no empty buffer */
	FILE *file = *text ? fmemopen((char *)text, strlen(text), "r") : fopen("/dev/null", "r");

	assert_non_null(file);
	return file;
}

struct program *read_program(const char *text, struct diagnostics *d)
{
	FILE *file = open_text(text);
	struct program *program = program_read(file, "p", d);

	fclose(file);
	return program;
}

void read_base(struct base *base, const char *text, struct diagnostics *d)
{
	FILE *file = open_text(text);

	base_read(base, file, d);
	fclose(file);
}

char *messages(struct diagnostics *d)
{
	char *text = NULL, *copy;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	diagnostics_print(d, file);
	fclose(file);
	copy = g_strdup(text);
	free(text);
	return copy;
}

char *check_text(const char *program_text, const char *base_text)
{
	struct diagnostics d;
	struct program *program;
	struct base base;
	char *text;

	diagnostics_init(&d, "p");
	base_default(&base);
	if (base_text)
		read_base(&base, base_text, &d);
	assert_int_equal(d.errors, 0);
	program = read_program(program_text, &d);
	check_program(program, &base, &d);
	text = messages(&d);
	program_free(program);
	diagnostics_clear(&d);
	return text;
}

char *edited(const char *text, const char *part, const char *by)
{
	const char *found = strstr(text, part);

	assert_non_null(found);
	return g_strdup_printf("%.*s%s%s", (int)(found - text), text, by, found + strlen(part));
}
