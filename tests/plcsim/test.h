/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the unit tests of plcsim share */
#ifndef PLCSIM_TEST_H
#define PLCSIM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/plcsim/base.h"
#include "tests/plcsim/program.h"

/* Programs and base files from text instead of files; their path is "p". */
struct program *read_program(const char *text, struct diagnostics *d);
void read_base(struct base *base, const char *text, struct diagnostics *d);
/* All messages as they are printed; for g_free() */
char *messages(struct diagnostics *d);
/* What "plcsim check" says; base_text NULL: the default base */
char *check_text(const char *program_text, const char *base_text);
/* The text with one part of it, which must be there, replaced */
char *edited(const char *text, const char *part, const char *by);

/* The Widget Report of seed 000, section 8 */
extern const char widget_report[];

/* The optional first argument of each test program selects tests by name. */
#define TEST_MAIN(tests)                                          \
	int main(int argc, char **argv)                           \
	{                                                         \
		if (argc > 1)                                     \
			cmocka_set_test_filter(argv[1]);          \
		return cmocka_run_group_tests(tests, NULL, NULL); \
	}

#endif /* PLCSIM_TEST_H */
