// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses and lists of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/address.h"

static void test_good(void **state)
{
	static const char *const good[] = {
		"a@b",
		"mark@hosteng.com",
		"first.last+tag@a-b.example",
		"x!#$%&'*/=?^_`{|}~@y",
		"root@[192.0.2.1]",
		"r@[IPv6:2001:db8::1]",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		assert_null(address_check(good[i]));
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"",
		"mark",
		"@b",
		"a@",
		"a@b@c",
		"a b@c",
		"a@b c",
		"<a@b>",
		"a@b>",
		"a\r\n@b",
		"a@b\r\nDATA",
		"a\t@b",
		"\"a\"@b",
		"a@.b",
		"a@b.",
		"a@b..c",
		"a@[1.2.3.4",
		"a@[]",
		"a@[1 2]",
		"\xc3\xa4@b",
		"a@\xc3\xa4",
		"a@b,c@d",
		"a;b@c",
		"a(b)@c",
		"a@b\x7f",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_non_null(address_check(bad[i]));
}

/* An address with so many characters before and after its @. */
static char *sized(size_t local, size_t domain)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < local; i++)
		g_string_append_c(text, 'l');
	g_string_append_c(text, '@');
	for (size_t i = 0; i < domain; i++)
		g_string_append_c(text, i % 10 == 9 && i + 1 < domain ? '.' : 'd');
	return g_string_free(text, FALSE);
}

static void test_length(void **state)
{
	g_autofree char *local_64 = sized(64, 3), *local_65 = sized(65, 3);
	g_autofree char *all_254 = sized(5, 248), *all_255 = sized(5, 249);

	(void)state;
	assert_null(address_check(local_64));
	assert_non_null(address_check(local_65));
	assert_null(address_check(all_254));
	assert_non_null(address_check(all_255));
}

static void expect_list(const char *list, size_t length, const char *expected)
{
	char *problem = NULL;
	g_autoptr(GPtrArray) addresses = address_list_parse(list, length, &problem);
	g_autofree char *joined = NULL;

	assert_null(problem);
	g_ptr_array_add(addresses, NULL);
	joined = g_strjoinv("|", (char **)addresses->pdata);
	assert_string_equal(joined, expected);
}

static void test_list(void **state)
{
	(void)state;
	expect_list("", 0, "");
	expect_list(" , ,", 4, "");
	expect_list("a@b", 3, "a@b");
	expect_list("a@b,", 4, "a@b");
	expect_list(" a@b , c@d ", 11, "a@b|c@d");
	expect_list("a@b,a@B,A@b", 11, "a@b|A@b");
	expect_list("a@b,c@d", 3, "a@b");
}

static void test_bad_list(void **state)
{
	static const struct text {
		const char *list;
		size_t length;
		const char *problem;
	} bad[] = {
		{ "a@b,mark", 8, "\"mark\": no @" },
		{ "a@b\0c,d@e", 9, "\"a@b\": a NUL character" },
		{ "a@b,c@d\r\nRCPT", 13, "\"c@d\\r\\nRCPT\": a character that a domain cannot have" },
		{ "a@b c@d", 7, "\"a@b c@d\": more than one @" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *problem = NULL;

		assert_null(address_list_parse(bad[i].list, bad[i].length, &problem));
		assert_string_equal(problem, bad[i].problem);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_bad_list),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
