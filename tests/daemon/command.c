// SPDX-License-Identifier: GPL-2.0-or-later
/* The ladder program's setup commands, from the frame to registers, setup and file. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <glib/gstdio.h>

#include "daemon/journal.h"
#include "daemon/slot.h"
#include "device-fake.h"
#include "loop.h"

struct bench {
	sd_event *event;
	struct backplane *backplane;
	struct device_fake *fake;
	char *directory;
	char *file;
};

static struct slot *slot_of(const struct bench *bench)
{
	return g_queue_peek_head(&bench->backplane->slots);
}

static void start(struct bench *bench)
{
	assert_int_equal(backplane_new(&bench->backplane, bench->event, bench->file), 0);
	bench->fake = device_fake_new();
	assert_int_equal(slot_new(bench->backplane, &bench->fake->device, "/dev/fake"), 0);
}

static int set_up(void **state)
{
	struct bench *bench = g_new0(struct bench, 1);

	bench->directory = g_dir_make_tmp("ecemail-command-XXXXXX", NULL);
	bench->file = g_build_filename(bench->directory, "ecemaild.conf", NULL);
	assert_true(g_file_set_contents(bench->file,
					"[Mail]\nServer=10.0.0.9\nSenderAddress=plc@acme.com\n"
					"Timeout=7\nAllowedDomains=acme.com\n",
					-1, NULL));
	setenv("STATE_DIRECTORY", bench->directory, 1);
	sd_event_new(&bench->event);
	start(bench);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	g_autoptr(GDir) directory = NULL;
	const char *name;

	backplane_free(bench->backplane);
	sd_event_unref(bench->event);
	directory = g_dir_open(bench->directory, 0, NULL);
	while ((name = g_dir_read_name(directory))) {
		g_autofree char *path = g_build_filename(bench->directory, name, NULL);

		g_remove(path);
	}
	g_rmdir(bench->directory);
	g_free(bench->directory);
	g_free(bench->file);
	g_free(bench);
	return 0;
}

static void restart(struct bench *bench)
{
	backplane_free(bench->backplane);
	start(bench);
}

/* Runs one command to its end; @parameters in one string with its length. */
static const struct ecom_result *command(struct bench *bench, unsigned int number,
					 const char *parameters, size_t length)
{
	guint before = bench->fake->complete->len;
	bool never = false;

	device_fake_command(bench->fake, number, parameters, length, 5000);
	for (int i = 0; i < 1000 && bench->fake->complete->len == before; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(bench->fake->complete->len, before + 1);
	return &g_array_index(bench->fake->complete, struct ecom_complete, before).result;
}

#define COMMAND(number, parameters) command(bench, number, parameters, sizeof(parameters) - 1)

static void expect_refused(struct bench *bench, const struct ecom_result *result,
			   unsigned int status, unsigned int detail)
{
	assert_int_equal(result->status, status);
	assert_int_equal(result->detail, detail);
	assert_int_equal(result->sent, SENT_NO);
	assert_string_equal(slot_of(bench)->setup->server, "10.0.0.9");
	assert_int_equal(bench->fake->settings.timeout, 7);
	assert_int_equal(bench->fake->registers[INFO_CHANGED], 0);
}

/* The document's example, then another field: cumulative, in force, on disk, in the registers. */
static void test_ecemsup(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(COMMAND(COMMAND_ECEMSUP, "\005\003587\006\00290")->status, 0);
	assert_int_equal(slot_of(bench)->setup->port, 587);
	assert_int_equal(bench->fake->settings.timeout, 90);
	assert_int_equal(bench->fake->registers[INFO_CHANGED],
			 1 << FIELD_PORT | 1 << FIELD_TIMEOUT);
	assert_int_equal(COMMAND(COMMAND_ECEMSUP, "\004\015 joe@acme.com")->status, 0);
	assert_int_equal(slot_of(bench)->setup->cc->len, 1);
	assert_int_equal(slot_of(bench)->setup->port, 587);
	restart(bench);
	assert_int_equal(slot_of(bench)->setup->port, 587);
	assert_int_equal(slot_of(bench)->setup->cc->len, 1);
	assert_string_equal(slot_of(bench)->setup->server, "10.0.0.9");
}

/* An empty Server is "undefined": 24 from then on, and the module's status says so. */
static void test_undefined(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(COMMAND(COMMAND_ECEMSUP, "\001\000")->status, 0);
	assert_int_equal(bench->fake->settings.health, 24);
	assert_int_equal(bench->fake->registers[INFO_DETAIL], 20);
	assert_int_equal(COMMAND(COMMAND_ECEMRDS, "")->status, 0);
	assert_int_equal(bench->fake->settings.health, 0);
	assert_int_equal(bench->fake->registers[INFO_DETAIL], 0);
	assert_int_equal(bench->fake->registers[INFO_CHANGED], 0);
}

static void test_bad_entries(void **state)
{
	struct bench *bench = *state;

	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, ""), 23, 50);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\006"), 23, 50);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\006\00390"), 23, 50);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\006\00290x"), 23, 50);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\006\0029\0"), 23, 50);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\006\00290\006\00291"), 23, 50);
	expect_refused(bench, COMMAND(COMMAND_ECEMRDS, "x"), 23, 50);
	expect_refused(bench, COMMAND(COMMAND_READ, "x"), 23, 50);
}

/* One bad value, and nothing of the others is done. */
static void test_bad_value(void **state)
{
	struct bench *bench = *state;
	const struct ecom_result *result = COMMAND(COMMAND_ECEMSUP, "\006\00290\005\0010");

	expect_refused(bench, result, 23, 55);
	assert_memory_equal(result->text, "Port=0: ", 8);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\003\003plc"), 23, 55);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\002\002\377\376"), 23, 55);
}

/* What is not the seed's is the PC's. */
static void test_pc_setting(void **state)
{
	struct bench *bench = *state;

	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\000\000"), 32, 0);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\007\001x\006\00290"), 32, 0);
	expect_refused(bench, COMMAND(COMMAND_WRITE, "\003\0017"), 32, 0);
	expect_refused(bench, COMMAND(COMMAND_WRITE, "\004\01010.0.0.1"), 32, 0);
}

static void test_module(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(COMMAND(COMMAND_WRITE, "\001\005Barry\002\016Rutles Drummer")->status,
			 0);
	assert_string_equal(slot_of(bench)->setup->module_name, "Barry");
	assert_int_equal(bench->fake->registers[INFO_NAME_LENGTH], 5);
	assert_int_equal(bench->fake->registers[INFO_NAME], 'B' | 'a' << 8);
	bench->fake->generation = 2; /* stored, so it survives a power-up */
	slot_check_card(slot_of(bench));
	assert_string_equal(slot_of(bench)->setup->module_description, "Rutles Drummer");
	memset(bench->fake->registers, 0, sizeof(bench->fake->registers));
	assert_int_equal(COMMAND(COMMAND_READ, "")->status, 0);
	assert_int_equal(bench->fake->registers[INFO_VERSION], INFO_VERSION_VALUE);
	assert_int_equal(bench->fake->registers[INFO_DESCRIPTION_LENGTH], 14);
}

/* The card's power-up restores, at the latest before its first request is looked at. */
static void test_power_up(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(COMMAND(COMMAND_ECEMSUP, "\006\00290")->status, 0);
	assert_int_equal(bench->fake->settings.timeout, 90);
	bench->fake->generation = 2;
	assert_int_equal(COMMAND(COMMAND_READ, "")->status, 0);
	assert_int_equal(bench->fake->settings.timeout, 7);
	assert_int_equal(COMMAND(COMMAND_ECEMSUP, "\006\00290")->status, 0);
	bench->fake->generation = 0; /* lost, and back as it was */
	slot_check_card(slot_of(bench));
	bench->fake->generation = 2;
	slot_check_card(slot_of(bench));
	assert_int_equal(bench->fake->settings.timeout, 90);
}

/* A full or read-only disk: the command fails, mail and setup stay as they are. */
static void test_not_saved(void **state)
{
	struct bench *bench = *state;
	g_autofree char *blocked = g_strdup_printf("%s/%s.conf.new", bench->directory,
						   bench->fake->device.place);

	assert_int_equal(mkdir(blocked, 0700), 0);
	expect_refused(bench, COMMAND(COMMAND_ECEMSUP, "\006\00290"), 25, 56);
	expect_refused(bench, COMMAND(COMMAND_ECEMRDS, ""), 25, 56);
	assert_int_equal(rmdir(blocked), 0);
	assert_int_equal(COMMAND(COMMAND_ECEMSUP, "\006\00290")->status, 0);
}

static void test_unknown(void **state)
{
	struct bench *bench = *state;

	expect_refused(bench, COMMAND(0x85, ""), 34, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_ecemsup),
		TEST(test_undefined),
		TEST(test_bad_entries),
		TEST(test_bad_value),
		TEST(test_pc_setting),
		TEST(test_module),
		TEST(test_power_up),
		TEST(test_not_saved),
		TEST(test_unknown),
	};
	int failed;

	message_init();
	journal_start(); /* its thread writes the files, as in the daemon */
	failed = cmocka_run_group_tests_name("command", tests, NULL, NULL);
	journal_stop();
	return failed;
}
