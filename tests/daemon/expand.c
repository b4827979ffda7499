// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups in To, texts in Body. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/expand.h"

static struct setup *setup;

static int set_up(void **state)
{
	(void)state;
	setup = setup_new();
	assert_null(setup_set(setup, "Group.maint", "joe@acme.com, ann@acme.com"));
	assert_null(setup_set(setup, "Text.alarm", "Pump {1} at {2} bar.\\nCall {3}!"));
	assert_null(setup_set(setup, "Text.plain", "All is well \\\\o/ {0} {x}"));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	setup_unref(setup);
	return 0;
}

typedef GString *(*expand_fn)(const struct setup *setup, const struct text *text, char **problem);

static void expect(expand_fn expand, const char *text, const char *wanted)
{
	struct text bytes = { text, strlen(text) };
	g_autofree char *problem = NULL;
	g_autoptr(GString) result = expand(setup, &bytes, &problem);

	assert_non_null(result);
	assert_string_equal(result->str, wanted);
}

static void expect_unknown(expand_fn expand, const char *text, const char *wanted)
{
	struct text bytes = { text, strlen(text) };
	g_autofree char *problem = NULL;

	assert_null(expand(setup, &bytes, &problem));
	assert_string_equal(problem, wanted);
}

static void test_groups(void **state)
{
	(void)state;
	expect(expand_to, "", "");
	expect(expand_to, "mark@hosteng.com", "mark@hosteng.com");
	expect(expand_to, "maint", "joe@acme.com,ann@acme.com");
	expect(expand_to, " maint , mark@hosteng.com,", "joe@acme.com,ann@acme.com, mark@hosteng.com,");
	expect_unknown(expand_to, "maint, night",
		       "\"night\": neither an address nor a group of the setup");
	expect_unknown(expand_to, "ma\nint",
		       "\"ma\\nint\": neither an address nor a group of the setup");
}

static void test_texts(void **state)
{
	(void)state;
	expect(expand_body, "", "");
	expect(expand_body, "Pump 3", "Pump 3");
	expect(expand_body, "@alarm 3, 17,Joe", "Pump 3 at 17 bar.\nCall Joe!");
	expect(expand_body, "@alarm,3,17,Joe", "Pump 3 at 17 bar.\nCall Joe!");
	expect(expand_body, "@alarm 3", "Pump 3 at  bar.\nCall !");
	expect(expand_body, "@alarm 3,17,Joe, or Ann", "Pump 3 at 17 bar.\nCall Joe, or Ann!");
	expect(expand_body, "@alarm", "Pump  at  bar.\nCall !");
	expect(expand_body, "@plain", "All is well \\o/ {0} {x}");
	expect(expand_body, "@plain 5, 6", "All is well \\o/ {0} {x}\n5, 6");
	expect_unknown(expand_body, "@alarms 3", "\"alarms\": not a text of the setup");
}

/* A body may begin with an @ that means nothing. */
static void test_at(void **state)
{
	(void)state;
	expect(expand_body, "@", "@");
	expect(expand_body, "@ 12:00", "@ 12:00");
	expect(expand_body, "@@alarm", "@alarm");
}

/* Words of the ladder program are read as its bodies are. */
static void test_bytes(void **state)
{
	(void)state;
	expect(expand_body, "@alarm \260C,\001,", "Pump °C at ? bar.\nCall !");
	expect(expand_body, "@alarm {2},\\n,", "Pump {2} at \\n bar.\nCall !");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_groups),
		TEST(test_texts),
		TEST(test_at),
		TEST(test_bytes),
	};

	return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
