// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The three severities, from the command line on: what cannot be downloaded,
 * what can and then shows the trouble that the seed describes, and the rest.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/plcsim/fake-card.h"
#include "tests/plcsim/reference.h"
#include "tests/plcsim/subcommand.h"

static char path[] = "/tmp/plcsim-test-XXXXXX";

static void write_program(const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Calls it as main() does, without its output */
static int quietly(int (*subcommand)(int argc, char **argv), const char *name)
{
	char *argv[] = { (char *)name, path, NULL };
	int saved[2] = { dup(1), dup(2) };
	int null = open("/dev/null", O_WRONLY);
	int status;

	fflush(stdout);
	dup2(null, 1);
	dup2(null, 2);
	status = subcommand(2, argv);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
	}
	close(null);
	return status;
}

static void test_exit_status(void **state)
{
	// clang-format off
	static const struct {
		const char *part, *by;
		int check, xref, preview;
	} cases[] = {
		{ "END", "END", 0, 0, 0 },
		{ "END", "END\nOUT Y0", 0, 0, 0 }, /* a warning */
		{ "STR X0", "STR SP1", 1, 0, 0 }, /* will not work */
		{ "END", "STR X1\nOUT C0\nEND", 1, 0, 0 },
		{ "Slot        K1", "Slot        K2", 1, 0, 0 },
		{ "V1401", "V1400", 1, 0, 1 }, /* cannot be downloaded */
		{ "STR X0", "STR Q0", 1, 1, 1 }, /* no program at all */
	};
	// clang-format on

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = edited(widget_report, cases[i].part, cases[i].by);

		write_program(text);
		if (quietly(subcommand_check, "check") != cases[i].check ||
		    quietly(subcommand_xref, "xref") != cases[i].xref ||
		    quietly(subcommand_preview, "preview") != cases[i].preview)
			fail_msg("case %zu", i);
	}
	unlink(path);
	assert_int_equal(quietly(subcommand_check, "check"), 1);
	assert_int_equal(quietly(subcommand_xref, "xref"), 1);
}

static void test_cross_reference(void **state)
{
	static const char *const lines[] = {
		"Element           Line  Used by               Use\n",
		"V1400                5  ECOM100 Status        writes, for itself\n",
		"V1402-V1502          7  ECOM100 Msg Buffer    writes, for itself\n",
		"V1503               11  ECEMAIL Workspace     writes, for itself\n",
		"V1503               19  INC                   writes\n",
		"V3000               17  ECEMAIL Body          reads\n",
		"X0                   8  STR                   reads\n",
		"C0                  12  ECEMAIL Success       writes\n",
		"C0                  18  STR                   reads\n",
	};
	g_autofree char *text = edited(widget_report, "END", "STR C0\nINC V1503\nEND");
	g_autoptr(GString) out = g_string_new(NULL);
	const char *place;
	struct diagnostics d;
	struct program *program;

	(void)state;
	diagnostics_init(&d, "p");
	program = read_program(text, &d);
	references_print(program, out);
	place = out->str;
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		place = strstr(place, lines[i]);
		if (!place)
			fail_msg("'%s' is missing or out of order in\n%s", lines[i], out->str);
	}
	program_free(program);
	diagnostics_clear(&d);
}

static void run_until_over(struct fake_card *card)
{
	for (int i = 0; i < 100 && !get(card, "C1") && !get(card, "C0"); i++) {
		set(card, "X0", i > 2);
		pass_time(card, 1000);
		assert_int_equal(get(card, "SP0"), i == 0); /* no slot's busy bit */
	}
}

/* No SMTP client in the module: it does not know what the box wants. */
static void test_old_module(void **state)
{
	struct fake_card *card = fake_card_new(
		widget_report, "[cpu]\nfamily=260\nfirmware=v2.40\n"
			       "[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1030\n");

	(void)state;
	run_until_over(card);
	assert_int_equal(get(card, "C1"), 1);
	assert_int_equal(get(card, "V1504"), 1001);
	assert_int_equal(get(card, "V1400"), 1001);
	assert_int_equal(card->slots[1].started, 0);
	fake_card_free(card);
}

/* A slot that a DL06 cannot have: the scan goes on, the box gives up. */
static void test_impossible_slot(void **state)
{
	g_autofree char *text = edited(widget_report, "Slot        K1", "Slot        K0");
	struct fake_card *card = fake_card_new(
		text, "[cpu]\nfamily=06\nfirmware=v2.10\n"
		      "[slot 1]\nmodule=H0-ECOM100\nfirmware=4.0.119\n");

	(void)state;
	run_until_over(card);
	assert_int_equal(get(card, "C1"), 1);
	assert_int_equal(get(card, "V1504"), 1001);
	fake_card_free(card);
}

/* A module stands there, but no box of a DL205 can use its first slot. */
static void test_module_in_an_invalid_slot(void **state)
{
	g_autofree char *text = edited(widget_report, "Slot        K1", "Slot        K0");
	struct fake_card *card = fake_card_new(
		text, "[cpu]\nfamily=260\nfirmware=v2.40\n"
		      "[slot 0]\nmodule=H2-ECOM100\nfirmware=4.0.1031\n");

	(void)state;
	run_until_over(card);
	assert_int_equal(get(card, "C1"), 1);
	assert_int_equal(get(card, "V1504"), 1001);
	assert_int_equal(get(card, "V1400"), 1001);
	assert_int_equal(card->slots[0].started, 0);
	fake_card_free(card);
}

/* Always on is never an edge. */
static void test_sp1_never_executes(void **state)
{
	g_autofree char *text = edited(widget_report, "STR X0", "STR SP1");
	struct fake_card *card = fake_card_new(text, NULL);

	(void)state;
	run_until_over(card);
	assert_int_equal(get(card, "C0") + get(card, "C1") + get(card, "V1504"), 0);
	fake_card_free(card);
}

/* Someone else's OUT makes one of the INVALID rows. */
static void test_success_written_elsewhere(void **state)
{
	g_autofree char *text = edited(widget_report, "END", "STR SP1\nOUT C0\nEND");
	struct fake_card *card = fake_card_new(text, NULL);

	(void)state;
	scan(card);
	set(card, "X0", 1);
	scan(card);
	assert_int_equal(get(card, "C0"), 1);
	assert_int_equal(get(card, "V1504"), 1);
	fake_card_free(card);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_exit_status, make_file, remove_file),
	cmocka_unit_test(test_cross_reference),
	cmocka_unit_test(test_old_module),
	cmocka_unit_test(test_impossible_slot),
	cmocka_unit_test(test_module_in_an_invalid_slot),
	cmocka_unit_test(test_sp1_never_executes),
	cmocka_unit_test(test_success_written_elsewhere),
};

TEST_MAIN(tests)
