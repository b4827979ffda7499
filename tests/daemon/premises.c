// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl's view of the PC: a sysfs, a folder of modules and a control group
 * made of files, and what is found wrong in them.
 */

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/ctl/command.h"
#include "daemon/ctl/premises.h"
#include "daemon/ctl/slots.h"

static char *root;

static void put(const char *path, const char *text)
{
	g_autofree char *full = g_build_filename(root, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
	assert_true(g_file_set_contents(full, text, -1, NULL));
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL :
									  g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		remove_tree(below);
	}
	g_remove(path);
}

static int set_up(void **state)
{
	static char *modules, *cgroup, *sysfs;

	(void)state;
	/* nobody's bus */
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
	root = g_dir_make_tmp(NULL, NULL);
	g_free(modules);
	g_free(cgroup);
	g_free(sysfs);
	sysfs = g_build_filename(root, "sys", NULL);
	modules = g_build_filename(root, "modules", NULL);
	cgroup = g_build_filename(root, "cgroup", NULL);
	slots_sysfs = sysfs;
	premises_modules = modules;
	premises_cgroup = cgroup;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_tree(root);
	g_clear_pointer(&root, g_free);
	return 0;
}

static void put_module(void)
{
	struct utsname kernel;
	g_autofree char *path = NULL;

	uname(&kernel);
	path = g_strdup_printf("modules/%s/modules.dep", kernel.release);
	put(path, "kernel/fs/x.ko:\nupdates/ecom.ko:\n");
}

static void put_card(const char *trouble)
{
	put("sys/module/ecom/version", "0.1.0\n");
	put("sys/bus/pci/drivers/ecom/0000:05:00.0/ecom_trouble", trouble);
	put("sys/bus/pci/drivers/ecom/0000:05:00.0/ecom_serial", "A-1\n");
}

static void put_slot(const char *device, const char *dip, const char *attached)
{
	static const char *const files[][2] = { { "module", "H2-ECOM100\n" },
						{ "firmware", "4.0.1031\n" },
						{ "serving", "1\n" },
						{ "health", "0\n" } };
	g_autofree char *folder = g_strconcat("sys/class/ecom/", device, "/", NULL);
	g_autofree char *dip_file = g_strconcat(folder, "dip", NULL);
	g_autofree char *attached_file = g_strconcat(folder, "attached", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *file = g_strconcat(folder, files[i][0], NULL);

		put(file, files[i][1]);
	}
	put(dip_file, dip);
	put(attached_file, attached);
}

/* What the first finding of that name says; it must be of that verdict. */
static void expect(const char *check, enum verdict verdict, const char *words)
{
	g_autoptr(JsonArray) findings = premises_check(NULL);

	for (guint i = 0; i < json_array_get_length(findings); i++) {
		JsonObject *finding = json_array_get_object_element(findings, i);
		const char *text = json_object_get_string_member(finding, "text");

		if (strcmp(json_object_get_string_member(finding, "check"), check) != 0)
			continue;
		if (finding_verdict(finding) != verdict || !strstr(text, words))
			fail_msg("%s: '%s' is %s", check, text,
				 verdict_name(finding_verdict(finding)));
		assert_int_equal(json_object_has_member(finding, "remedy"),
				 verdict != VERDICT_OK);
		return;
	}
	fail_msg("no finding on %s", check);
}

static void test_not_built(void **state)
{
	(void)state;
	expect("driver", VERDICT_WRONG, "was not built for the running kernel");
}

static void test_not_loaded(void **state)
{
	(void)state;
	put_module();
	expect("driver", VERDICT_WRONG, "but not loaded");
}

static void test_no_card(void **state)
{
	(void)state;
	put("sys/module/ecom/refcnt", "0\n");
	expect("driver", VERDICT_OK, "is loaded");
	expect("card", VERDICT_WRONG, "no card");
}

static void test_card_not_served(void **state)
{
	(void)state;
	put_card("heartbeat stands still\n");
	expect("card", VERDICT_WRONG, "heartbeat stands still");
}

static void test_slots(void **state)
{
	(void)state;
	put_card("none\n");
	expect("card", VERDICT_OK, "serial A-1");
	put_slot("ecom0s1", "12\n", "1\n");
	expect("slot", VERDICT_WRONG, "0:K1: DIP switch 7");
	put_slot("ecom0s1", "140\n", "0\n");
	expect("slot", VERDICT_WRONG, "no daemon");
	put_slot("ecom0s1", "140\n", "1\n");
	expect("slot", VERDICT_OK, "H2-ECOM100");
}

/* Of several slots, only the one that is asked for */
static void test_one_slot(void **state)
{
	g_autoptr(JsonArray) findings = NULL;
	unsigned int found = 0;

	(void)state;
	put_card("none\n");
	put_slot("ecom0s1", "12\n", "1\n");
	put_slot("ecom0s2", "140\n", "1\n");
	expect("slot", VERDICT_WRONG, "0:K1: DIP switch 7");
	findings = premises_check("0:K2");
	for (guint i = 0; i < json_array_get_length(findings); i++) {
		JsonObject *finding = json_array_get_object_element(findings, i);

		if (strcmp(json_object_get_string_member(finding, "check"), "slot") != 0)
			continue;
		assert_true(g_str_has_prefix(json_object_get_string_member(finding, "text"), "0:K2: "));
		found++;
	}
	assert_int_equal(found, 1);
}

/* Without the bus the control group tells whether it runs. */
static void test_bus_down(void **state)
{
	(void)state;
	expect("bus", VERDICT_WRONG, "does not answer");
	expect("service", VERDICT_WRONG, "stopped");
	put("cgroup/cgroup.procs", "");
	expect("service", VERDICT_WRONG, "stopped");
	put("cgroup/cgroup.procs", "4711\n");
	expect("service", VERDICT_OK, "runs");
}

static void test_names(void **state)
{
	static const char *const good[] = { "K1", "k1", "0:K1", "ecom0s1", "/dev/ecom0s1", NULL };
	static const char *const bad[] = { "K2", "1:K1", "ecom0s2", "Barry", "K", "K1x", "1", NULL };
	struct slot slot;

	(void)state;
	put_slot("ecom0s1", "140\n", "1\n");
	for (size_t i = 0; good[i]; i++) {
		assert_int_equal(slots_find(good[i], &slot), EXIT_OK);
		assert_string_equal(slot.name, "0:K1");
		assert_string_equal(slot.device, "/dev/ecom0s1");
	}
	for (size_t i = 0; bad[i]; i++)
		assert_int_equal(slots_find(bad[i], &slot), EXIT_USAGE);
	assert_int_equal(slots_find(NULL, &slot), EXIT_OK);
	put_slot("ecom0s10", "140\n", "1\n");
	assert_int_equal(slots_find(NULL, &slot), EXIT_USAGE);
	assert_int_equal(slots_find("K10", &slot), EXIT_OK);
	put_slot("ecom1s1", "140\n", "1\n");
	assert_int_equal(slots_find("K1", &slot), EXIT_USAGE);
	assert_int_equal(slots_find("1:K1", &slot), EXIT_OK);
	assert_int_equal(slot.card, 1);
}

static void test_no_slot(void **state)
{
	struct slot slot;

	(void)state;
	assert_int_equal(slots_find(NULL, &slot), EXIT_UNKNOWN);
	assert_int_equal(slots_find("K1", &slot), EXIT_UNKNOWN);
}

static void test_describe(void **state)
{
	struct slot slot;
	g_autoptr(JsonObject) object = NULL;

	(void)state;
	put_slot("ecom0s1", "140\n", "1\n");
	assert_int_equal(slots_find("K1", &slot), EXIT_OK);
	object = slots_describe(&slot);
	assert_int_equal(json_object_get_int_member(object, "module_id"), 12);
	assert_true(json_object_get_boolean_member(object, "dip7"));
	assert_true(json_object_get_null_member(object, "timeout"));
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_not_built),
		TEST(test_not_loaded),
		TEST(test_no_card),
		TEST(test_card_not_served),
		TEST(test_slots),
		TEST(test_one_slot),
		TEST(test_bus_down),
		TEST(test_names),
		TEST(test_no_slot),
		TEST(test_describe),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("premises", tests, NULL, NULL);
}
