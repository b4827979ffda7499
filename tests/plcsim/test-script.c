// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts that need no PC: another program, saved values, and the port. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/plcsim/subcommand.h"
#include "tests/plcsim/test.h"

#define MODULE                                                                   \
	"ECOM100 IB-710\n ECOM# K0\n Slot K1\n Status V1400\n Workspace V1401\n" \
	" Msg Buffer V1402\n"

#define C16 "0123456789abcdef"
#define C64 C16 C16 C16 C16

static char folder[] = "/tmp/plcsim-script-XXXXXX";

static char *file(const char *name)
{
	return g_strdup_printf("%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
	g_autofree char *path = file(name);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static char *read_file(const char *name)
{
	g_autofree char *path = file(name);
	char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

/* As main() does, with the output in a file */
static int call(int argc, const char **argv, int (*subcommand)(int argc, char **argv))
{
	g_autofree char *path = file("out");
	int saved = dup(1), status;

	assert_non_null(freopen(path, "w", stdout));
	status = subcommand(argc, (char **)argv);
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	return status;
}

/* Runs program p with a script, in which @ stands for the folder. */
static int run(const char *script)
{
	g_autofree char *listen = file("card"), *control = file("control"), *program = file("p"),
			*path = file("script");
	g_auto(GStrv) parts = g_strsplit(script, "@", -1);
	g_autofree char *text = g_strjoinv(folder, parts);
	const char *argv[] = { "run", "--listen", listen, "--control", control,
			       "--script", path, program };

	write_file("script", text);
	return call(G_N_ELEMENTS(argv), argv, subcommand_run);
}

static const char counting[] = MODULE "STR X0\nPD C0\nSTR C0\nINC V2000\nSTR SP0\nINC V2001\nEND\n";

/* Memory, bits and scans go on; SP0 does not come again, and what is on is no edge. */
static void test_download(void **state)
{
	(void)state;
	write_file("p", counting);
	write_file("q", MODULE "STR X0\nPD C0\nSTR C0\nINC V2002\nSTR SP0\nINC V2003\n"
			       "STR SP1\nOUT C1\nEND\n");
	assert_int_equal(run("set X0=0\nset X0=1 C7=1 V3000=9\nexpect V2000=1 and V2001=1\n"
			     "download @/q\n"
			     "expect C1=1 and C7=1 and V3000=9 and V2000=1\n"
			     "expect V2002=0 and V2003=0\n"
			     "set X0=0\nset X0=1\nexpect V2002=1 and V2000=1\n"),
			 0);
}

static void test_bad_download_keeps_the_program(void **state)
{
	g_autofree char *text = NULL;

	(void)state;
	write_file("p", counting);
	write_file("q", "STR X0\nSET C1\nECEMAIL IB-711\n ECOM# K5\n Workspace V2500\n Success C2\n"
			" Error C3\n Error Code V2501\nEND\n");
	assert_int_equal(run("set X0=1\ndownload @/q\n"), 1);
	text = read_file("out");
	assert_non_null(strstr(text, "q:4: error: ECOM# K5: no ECOM100"));
	assert_int_equal(run("download @/none\n"), 1);
}

/* One that will not work can be downloaded. */
static void test_download_of_trouble(void **state)
{
	g_autofree char *text = NULL;

	(void)state;
	write_file("p", counting);
	write_file("q", "ECOM100 IB-710\n ECOM# K0\n Slot K2\n Status V1400\n Workspace V1401\n"
			" Msg Buffer V1402\nSTR SP1\nOUT C1\nEND\n");
	assert_int_equal(run("download @/q\nexpect C1=1\nwait V1400=1001 10\n"), 0);
	text = read_file("out");
	assert_non_null(strstr(text, "will not work: Slot K2"));
}

/* In PROGRAM mode it just waits for RUN. */
static void test_download_in_program_mode(void **state)
{
	(void)state;
	write_file("p", counting);
	write_file("q", "STR SP0\nINC V2003\nEND\n");
	assert_int_equal(run("plc program\ndownload @/q\nsleep 0.1\nexpect V2003=0\nplc run\n"
			     "wait V2003=1 5\n"),
			 0);
}

/* What the CPU does not have is a mistake in the script, not a 0. */
static void test_missing_elements(void **state)
{
	(void)state;
	write_file("p", counting);
	assert_int_equal(run("expect V2000=0 and TA0=0 and SP1=1 and GX0=0\n"), 0);
	assert_int_equal(run("expect V50000=0\n"), 1);
	assert_int_equal(run("wait V50000=0\n"), 1);
	assert_int_equal(run("set V41240=0\n"), 1);
	assert_int_equal(run("get V2000 V36000\n"), 0);
	assert_int_equal(run("get V2000 V41240\n"), 1);
	assert_int_equal(run("watch V177777 for 0\n"), 1);
	assert_int_equal(run("save @/values V1000 V41240\n"), 1);
}

static void test_save(void **state)
{
	g_autofree char *some = NULL, *all = NULL;

	(void)state;
	write_file("p", counting);
	assert_int_equal(run("set V3000=7 V3001=65535 X0=1 C17=1 V2500=0\nsave @/some V3000 C17 V2500\n"
			     "save @/all\n"),
			 0);
	some = read_file("some");
	assert_string_equal(some, "set V3000=7\nset C17=1\nset V2500=0\n");
	all = read_file("all");
	assert_non_null(strstr(all, "set V3000=7\nset V3001=65535\n"));
	assert_null(strstr(all, "V2500"));
	assert_null(strstr(all, "V777")); /* the clock */
	assert_null(strstr(all, "V412")); /* SP bits */
	assert_int_equal(run(all), 0); /* a script itself */
	assert_int_equal(run("save @/no/such\n"), 1);
}

/* What has been saved comes back. */
static void test_save_and_restore(void **state)
{
	g_autofree char *all = NULL, *text = NULL;

	(void)state;
	write_file("p", counting);
	assert_int_equal(run("set V3000=7 X5=1 C17=1\nsave @/all\n"), 0);
	all = read_file("all");
	text = g_strconcat(all, "expect V3000=7 and X5=1 and C17=1\n", NULL);
	assert_int_equal(run(text), 0);
}

/* A message each time that the port is free, 960 bytes a second */
static void test_port(void **state)
{
	g_autofree char *text = NULL;

	(void)state;
	write_file("p", "STR C0\nPRINT K2 \"Shift \" V3000 \" " C64 "$N\"\nEND\n");
	assert_int_equal(run("set V3000=3\nset C0=1\nwait SP116=1 5\nset C0=0 V3000=4\nport\nport\n"
			     "wait SP116=0 5\n"),
			 0);
	text = read_file("out");
	assert_non_null(strstr(text, "Shift 3 " C64 "\r\n"));
	assert_null(strstr(text, "Shift 4"));
}

/* The reminder of seed 000, section 5, unless the base file knows */
static void test_reminder(void **state)
{
	g_autofree char *program = file("p"), *base = file("base"), *first = NULL, *second = NULL;
	const char *bare[] = { "check", program };
	const char *known[] = { "check", "--base", base, program };

	(void)state;
	write_file("p", counting);
	write_file("base", "[cpu]\nfamily=260\nfirmware=v2.40\n[slot 1]\nmodule=H2-ECOM100\n"
			   "firmware=4.0.1031\ndip7=on\n");
	assert_int_equal(call(2, bare, subcommand_check), 0);
	first = read_file("out");
	assert_non_null(strstr(first, "p:3: reminder: dipswitch 7 of the ECOM100 in slot K1 must be on"));
	assert_int_equal(call(4, known, subcommand_check), 0);
	second = read_file("out");
	assert_null(strstr(second, "reminder"));
}

/* What the PC makes of it: groups and texts of the setup of the module's slot */
static void test_preview_with_setup(void **state)
{
	g_autofree char *program = file("p"), *setup = file("setup"), *good = NULL, *bad = NULL;
	const char *argv[] = { "preview", "--set", "V3000=4", "--setup", setup, program };

	(void)state;
	write_file("p", MODULE "STR X0\nECEMAIL IB-711\n ECOM# K0\n Workspace V1503\n Success C0\n"
			       " Error C1\n Error Code V1504\n To night, a@b.com\n Subject s\n"
			       " Body \"@jam \" V3000\nEND\n");
	write_file("setup", "[Mail]\nServer=mail\nSenderAddress=plc@acme.com\nCc=boss@acme.com\n"
			    "[Slot K1]\nGroup.night=joe@acme.com, ann@acme.com\n"
			    "Text.jam=Line {1} is jammed, please come.\n");
	assert_int_equal(call(6, argv, subcommand_preview), 0);
	good = read_file("out");
	assert_non_null(strstr(good, "  To       night, a@b.com\n"));
	assert_non_null(strstr(good, "  Mail to  joe@acme.com,ann@acme.com, a@b.com\n"));
	assert_non_null(strstr(good, "  Cc       boss@acme.com\n"));
	assert_non_null(strstr(good, "  Mail     Line 4 is jammed, please come.\n"));
	write_file("setup", "[Mail]\nServer=mail\n");
	assert_int_equal(call(6, argv, subcommand_preview), 0);
	bad = read_file("out");
	assert_non_null(strstr(bad, "would end with Error Code 24"));
	assert_non_null(strstr(bad, "would end with Error Code 23"));
	write_file("setup", "[Mail]\nPort=x\n");
	assert_int_equal(call(6, argv, subcommand_preview), 1);
	unlink(setup);
	assert_int_equal(call(6, argv, subcommand_preview), 1);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	(void)state;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = file(name);

		unlink(path);
	}
	g_dir_close(dir);
	return rmdir(folder);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_download),
	cmocka_unit_test(test_bad_download_keeps_the_program),
	cmocka_unit_test(test_download_of_trouble),
	cmocka_unit_test(test_download_in_program_mode),
	cmocka_unit_test(test_missing_elements),
	cmocka_unit_test(test_save),
	cmocka_unit_test(test_save_and_restore),
	cmocka_unit_test(test_port),
	cmocka_unit_test(test_reminder),
	cmocka_unit_test(test_preview_with_setup),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
