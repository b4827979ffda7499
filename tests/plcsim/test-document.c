// SPDX-License-Identifier: GPL-2.0-or-later
/* Documentation/plcsim.rst names the source of each instruction, box and form. */
#include "tests/plcsim/test.h"

/* The text of plcsim.rst from one title up to another; for g_free() */
static char *section(const char *from, const char *to)
{
	g_autofree char *text = NULL;
	char *start, *end;

	assert_true(g_file_get_contents("Documentation/plcsim.rst", &text, NULL, NULL));
	start = strstr(text, from);
	assert_non_null(start);
	end = strstr(start, to);
	assert_non_null(end);
	return g_strndup(start, end - start);
}

/* Rows of a table: the first column, and whether the second says where from */
static bool has_source(const char *table, const char *pattern)
{
	g_autofree char *row = g_strdup_printf("^.{0,30}(?<![\\w-])%s(?![\\w:%%.]).*$", pattern);
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GRegex) regex = g_regex_new(row, G_REGEX_MULTILINE, 0, NULL);

	assert_non_null(regex);
	return g_regex_match(regex, table, 0, &match);
}

static void test_instructions(void **state)
{
	g_autofree char *table = section("2.1 Sources", "2.2 Memory");

	(void)state;
	for (size_t i = 0; instruction_name(i); i++)
		if (!has_source(table, instruction_name(i)))
			fail_msg("%s has no source", instruction_name(i));
	assert_false(has_source(table, "JMP"));
}

/* EMLCFG is another name of ECEMSUP. */
static void test_boxes(void **state)
{
	g_autofree char *table = section("2.1 Sources", "2.2 Memory");

	(void)state;
	for (size_t i = 0; box_type_at(i); i++) {
		const struct box_type *type = box_type_at(i);
		g_autofree char *name =
			g_strdup_printf("%s IB-%u", strcmp(type->name, "EMLCFG") ? type->name : "ECEMSUP",
					type->ib);

		if (!has_source(table, name))
			fail_msg("%s has no source", name);
	}
}

/* Their table has the source in the same row. */
static void test_forms(void **state)
{
	g_autofree char *table = section("3. VPRINT", "4. Base file");

	(void)state;
	for (size_t i = 0; vprint_form_name(i); i++) {
		const char *form = vprint_form_name(i);
		g_autofree char *row =
			g_strdup_printf("%s%s%s.*(seed|manual|ours)", *form == '_' ? "" : "(V2000|C100)",
					form, strcmp(form, "%") ? "" : "16");

		if (!has_source(table, row))
			fail_msg("'%s' has no source", form);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_instructions),
	cmocka_unit_test(test_boxes),
	cmocka_unit_test(test_forms),
};

TEST_MAIN(tests)
