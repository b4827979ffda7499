// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/plcsim/test.h"

#define CPU "[cpu]\nfamily=260\nfirmware=v2.40\n"

static void test_default_is_the_documented_file(void **state)
{
	struct base expected, base;
	struct diagnostics d;

	(void)state;
	diagnostics_init(&d, "p");
	base_default(&expected);
	read_base(&base, CPU "[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031\nid=12\n"
			     "dip7=on\nbase=local\n",
		  &d);
	assert_int_equal(d.errors, 0);
	base.slots[1].line = 0;
	base.slots[1].dip7_known = false;
	assert_memory_equal(&base, &expected, sizeof(base));
	diagnostics_clear(&d);
}

static void test_values(void **state)
{
	struct base base;
	struct diagnostics d;

	(void)state;
	diagnostics_init(&d, "p");
	read_base(&base,
		  "# a comment\n; another\n\n[cpu]\n family = 06 \nfirmware=2.10\n"
		  "[slot 4]\nmodule=H0-ECOM100\nfirmware=4.0.119\nid=63\ndip7=off\nbase=remote\n",
		  &d);
	assert_int_equal(d.errors, 0);
	assert_string_equal(base.family->name, "06");
	assert_int_equal(firmware_word(&base.firmware), 0x020a0000);
	assert_true(base.slots[4].present && base.slots[4].remote && !base.slots[4].dip7);
	assert_int_equal(base.slots[4].id, 63);
	assert_int_equal(firmware_word(&base.slots[4].firmware), 0x04000077);
	assert_false(base.slots[1].present);
	diagnostics_clear(&d);
}

static void test_errors(void **state)
{
	// clang-format off
	static const struct { const char *text, *message; } cases[] = {
		{ "", "p: error: [cpu] family= is missing" },
		{ "[cpu]\nfamily=260\n", "p: error: [cpu] firmware= is missing" },
		{ "[cpu]\nfamily=250\n", "p:2: error: family=250: must be 05, 06, 250-1, 260 or 450" },
		{ "[cpu]\nfamily=250\n", "that CPU has no MDS and MDE instructions, so no" },
		{ "[cpu]\nfamily=230\n", "that CPU has no MDS and MDE instructions, so no IBoxes" },
		{ "[cpu]\nfamily=350\n", "that CPU has no MDS and MDE instructions, so no IBoxes" },
		{ "[cpu]\nfirmware=new\n", "p:2: error: firmware=new: must be a version such as v2.40" },
		{ "[cpu]\nfirmware=2.300\n", "must be a version" },
		{ "[cpu]\nfirmware=2\n", "must be a version" },
		{ "[cpu]\ncolour=red\n", "p:2: error: key 'colour' is not known here, only family and" },
		{ "[slot 1]\nfamily=260\n", "p:2: error: key 'family' is not known here, only module" },
		{ "[slot 16]\n", "p:1: error: section [slot 16]: only [cpu] and [slot 0] to [slot 15]" },
		{ "[rack]\n", "section [rack]" },
		{ "family=260\n", "p:1: error: key 'family' is in no known section" },
		{ "[cpu]\nfamily\n", "p:2: error: 'family': neither [section] nor key=value" },
		{ "[slot 1]\nmodule=H2-ECOM\n", "must be H0-ECOM100, H2-ECOM100 or H4-ECOM100" },
		{ "[slot 1]\nid=64\n", "p:2: error: id=64: must be a number from 0 to 63" },
		{ "[slot 1]\nid=-1\n", "a number from 0 to 63" },
		{ "[slot 1]\ndip7=yes\n", "p:2: error: dip7=yes: must be on or off" },
		{ "[slot 1]\nbase=far\n", "p:2: error: base=far: must be local or remote" },
		{ "[slot 1]\n[slot 1]\n", "p:2: error: section [slot 1] is there already, in line 1" },
		{ CPU "[slot 1]\nfirmware=4.0.1031\n", "p:4: error: [slot 1] has no module=" },
		{ CPU "[slot 1]\nmodule=H2-ECOM100\n", "p:4: error: [slot 1] has no firmware=" },
		{ CPU "[slot 1]\nmodule=H4-ECOM100\nfirmware=4.0.1031\n",
		  "p:4: error: [slot 1] module=H4-ECOM100 does not fit a 260 CPU, only H2-ECOM100" },
		{ "[cpu]\nfamily=06\nfirmware=v2.10\n[slot 0]\nmodule=H0-ECOM100\nfirmware=4.0.119\n",
		  "p:4: error: [slot 0]: slot numbers start at 1 on a 06 CPU" },
		{ CPU "[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031\ncard=1\n",
		  "p: error: no slot has card=0, but one has card=1" },
		{ "[slot 1]\ncard=4\n", "p:2: error: card=4: must be a number from 0 to 3" },
	};
	// clang-format on

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct diagnostics d;
		struct base base;
		g_autofree char *text = NULL;

		diagnostics_init(&d, "p");
		read_base(&base, cases[i].text, &d);
		text = messages(&d);
		if (!strstr(text, cases[i].message))
			fail_msg("for:\n%s\nwanted: %s\ngot: %s", cases[i].text,
				 cases[i].message, text);
		diagnostics_clear(&d);
	}
}

/* Each CPU that has no IBoxes is known by its name, and no other. */
static void test_cpus_without_boxes(void **state)
{
	static const char *const names[] = { "105", "230", "240", "250", "330",
					     "340", "350", "430", "440", "440-1" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *line = g_strdup_printf("[cpu]\nfamily=%s\n", names[i]);
		g_autofree char *text = NULL;
		struct diagnostics d;
		struct base base;

		diagnostics_init(&d, "p");
		read_base(&base, line, &d);
		text = messages(&d);
		assert_non_null(strstr(text, names[i]));
		assert_non_null(strstr(text, "must be 05, 06, 250-1, 260 or 450"));
		assert_int_equal(!strstr(text, "no MDS and MDE"), !strcmp(names[i], "440-1"));
		diagnostics_clear(&d);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_default_is_the_documented_file),
	cmocka_unit_test(test_values),
	cmocka_unit_test(test_errors),
	cmocka_unit_test(test_cpus_without_boxes),
};

TEST_MAIN(tests)
