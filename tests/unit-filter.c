// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Linked into every unit test: runs only the tests whose name matches the
 * pattern (with * and ?) in ECEMAIL_TEST_FILTER. cmocka has the filter, but no
 * variable for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void set_filter(void)
{
	const char *pattern = getenv("ECEMAIL_TEST_FILTER");

	if (pattern && *pattern)
		cmocka_set_test_filter(pattern);
}
