// SPDX-License-Identifier: GPL-2.0-or-later
/* plcsim as a tool: its help, and files that it cannot read, write or find. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/plcsim/fake-host.h"
#include "tests/plcsim/subcommand.h"
#include "tests/plcsim/test.h"

/* As main() does */
static int tool(int argc, char **argv)
{
	return subcommand_run_one(subcommand_find(argv[0]), argc, argv);
}

#define CALL(b, ...) \
	wait_for(b, spawn(b, tool, (const char *[]){ __VA_ARGS__, NULL }))

static char *in_folder(const struct bench *b, const char *name)
{
	return g_strdup_printf("%s/%s", b->folder, name);
}

static void test_help(void **state)
{
	struct bench *b = *state;

	for (const struct subcommand *s = subcommands; s->name; s++) {
		g_autofree char *wanted = g_strdup_printf("usage: plcsim %s ", s->name);
		g_autofree char *text = NULL;

		assert_int_equal(CALL(b, s->name, "--help"), 0);
		text = output(b);
		assert_true(g_str_has_prefix(text, wanted));
		assert_int_equal(CALL(b, s->name, "--no-such-option"), 2);
	}
}

static void test_output_that_cannot_be_written(void **state)
{
	struct bench *b = *state;

	g_free(b->output);
	b->output = g_strdup("/dev/full");
	assert_int_equal(CALL(b, "check", b->program), 1);
	assert_int_equal(CALL(b, "xref", b->program), 1);
	assert_int_equal(CALL(b, "preview", b->program), 1);
	assert_int_equal(CALL(b, "check", "--help"), 1);
}

static void test_folders_are_no_files(void **state)
{
	struct bench *b = *state;

	assert_int_equal(CALL(b, "check", b->folder), 1);
	assert_int_equal(CALL(b, "check", "--base", b->folder, b->program), 1);
	assert_int_equal(CALL(b, "xref", b->folder), 1);
	assert_int_equal(CALL(b, "preview", b->folder), 1);
	assert_int_equal(CALL(b, "preview", "--setup", b->folder, b->program), 1);
	assert_int_equal(CALL(b, "replay", "--listen", b->listen, b->folder), 1);
	assert_int_equal(CALL(b, "run", "--listen", b->listen, "--control", b->control,
			      "--script", b->folder, b->program),
			 2);
}

static void test_scan_time(void **state)
{
	static const char *const wrong[] = { "5x", "0", "1001", "", "-5", " 5", "5.5" };
	struct bench *b = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		assert_int_equal(CALL(b, "run", "--listen", b->listen, "--control", b->control,
				      "--scan-time", wrong[i], b->program),
				 2);
}

/* Runs program p with the script and a recording; the exit status */
static int record(struct bench *b, const char *text, const char *to)
{
	g_autofree char *script = in_folder(b, "script");

	assert_true(g_file_set_contents(script, text, -1, NULL));
	return CALL(b, "run", "--listen", b->listen, "--control", b->control, "--script", script,
		    "--record", to, b->program);
}

static void test_recordings(void **state)
{
	struct bench *b = *state;
	g_autofree char *link = in_folder(b, "link");
	g_autofree char *good = in_folder(b, "good");
	g_autofree char *text = NULL;

	assert_int_equal(symlink(b->program, link), 0);
	assert_int_equal(record(b, "quit\n", b->program), 1);
	assert_int_equal(record(b, "quit\n", link), 1);
	assert_true(g_file_get_contents(b->program, &text, NULL, NULL));
	assert_string_equal(text, widget_report);
	assert_int_equal(record(b, "wait V1400=1001\n", "/dev/full"), 1);
	assert_int_equal(record(b, "wait V1400=1001\n", good), 0);
}

static const char *work_folder;

static int tool_elsewhere(int argc, char **argv)
{
	return chdir(work_folder) == 0 ? tool(argc, argv) : 99;
}

/* Of the one who gives the command, even if its name has blanks */
static void test_relative_paths(void **state)
{
	struct bench *b = *state;
	g_autofree char *folder = in_folder(b, "my files");
	g_autofree char *program = in_folder(b, "my files/other");
	g_autofree char *there = in_folder(b, "my files/there");
	const char *save[] = { "ctl", "--socket", b->control, "save there V3000 C0", NULL };
	const char *download[] = { "ctl", "--socket", b->control, "download", "other", NULL };
	g_autofree char *text = NULL;

	assert_int_equal(mkdir(folder, 0700), 0);
	assert_true(g_file_set_contents(program, "STR SP1\nOUT C7\nEND\n", -1, NULL));
	work_folder = folder;
	start_simulator(b, NULL);
	assert_int_equal(ctl(b, "set V3000=7"), 0);
	assert_int_equal(wait_for(b, spawn(b, tool_elsewhere, save)), 0);
	assert_true(g_file_get_contents(there, &text, NULL, NULL));
	assert_string_equal(text, "set V3000=7\nset C0=0\n");
	assert_int_equal(wait_for(b, spawn(b, tool_elsewhere, download)), 0);
	assert_int_equal(ctl(b, "wait C7=1 10"), 0);
	download[4] = "\"../my files/other\"";
	assert_int_equal(wait_for(b, spawn(b, tool_elsewhere, download)), 0);
	download[4] = "../my files/other";
	assert_int_equal(wait_for(b, spawn(b, tool_elsewhere, download)), 0);
	download[4] = "none";
	assert_int_equal(wait_for(b, spawn(b, tool_elsewhere, download)), 1);
	stop_simulator(b, SIGTERM, 0);
}

/* What a script's first line sets is an edge: the first scan was without it. */
static void test_first_scan(void **state)
{
	struct bench *b = *state;
	g_autofree char *to = in_folder(b, "record");

	assert_int_equal(record(b, "set X0=1\nexpect V1504=1\n", to), 0);
	assert_int_equal(record(b, "plc program\nset X0=1\nplc run\nsleep 0.1\nexpect V1504=0\n", to),
			 0);
}

#define TOOL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static const struct CMUnitTest tests[] = {
	TOOL(test_help),
	TOOL(test_output_that_cannot_be_written),
	TOOL(test_folders_are_no_files),
	TOOL(test_scan_time),
	TOOL(test_recordings),
	TOOL(test_relative_paths),
	TOOL(test_first_scan),
};

TEST_MAIN(tests)
