/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every cmocka test of the driver's pure files needs. */
#ifndef TESTS_DRIVER_UNIT_H
#define TESTS_DRIVER_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A first argument chooses tests by name, with * and ?. */
#define UNIT_MAIN(tests)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		if (argc > 1)                                                                      \
			cmocka_set_test_filter(argv[1]);                                           \
		return cmocka_run_group_tests(tests, NULL, NULL);                                  \
	}

#endif /* TESTS_DRIVER_UNIT_H */
