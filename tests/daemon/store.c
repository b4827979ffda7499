// SPDX-License-Identifier: GPL-2.0-or-later
/* The two levels of a setup: precedence, persistence, generations, failures of the disk. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <glib/gstdio.h>

#include "daemon/journal.h"
#include "daemon/store.h"
#include "loop.h"

#define PLACE "pci-0000:05:00.0-slot1"

static const struct store_author engineer = { .name = "ann (uid 1000)" };
static const struct store_author program = { .ladder = true, .name = "ladder program" };

struct bench {
	sd_event *event;
	struct disk *disk;
	char *directory;
	struct store *store;
	unsigned int changed; /* how often the setup has */
	unsigned int done;
	int error; /* of the last one that is done */
	char *kept;
};

static void changed(void *userdata)
{
	((struct bench *)userdata)->changed++;
}

/* The site's Port is 587, all else is undefined. */
static char *site(void *userdata, const char *field)
{
	(void)userdata;
	return strcmp(field, "Port") ? NULL : g_strdup("587");
}

static void done(void *userdata, int error, char *const *kept)
{
	struct bench *bench = userdata;

	bench->done++;
	bench->error = error;
	g_free(bench->kept);
	bench->kept = g_strjoinv(",", (char **)kept);
}

static const struct store_callbacks callbacks = { .changed = changed, .site = site };

static void open_store(struct bench *bench, uint32_t generation)
{
	bench->store = store_open(bench->disk, bench->directory, PLACE, &callbacks, bench);
	store_set_generation(bench->store, generation);
}

/* As at a restart of the daemon or of the PC. */
static void reopen(struct bench *bench, uint32_t generation)
{
	store_close(bench->store);
	open_store(bench, generation);
}

static int set_up(void **state)
{
	struct bench *bench = g_new0(struct bench, 1);

	bench->directory = g_dir_make_tmp("ecemail-store-XXXXXX", NULL);
	assert_non_null(bench->directory);
	assert_int_equal(sd_event_new(&bench->event), 0);
	assert_int_equal(disk_new(&bench->disk, bench->event), 0);
	open_store(bench, 1);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	g_autoptr(GDir) directory = NULL;
	const char *name;

	store_close(bench->store);
	disk_free(bench->disk);
	sd_event_unref(bench->event);
	directory = g_dir_open(bench->directory, 0, NULL);
	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *path = g_build_filename(bench->directory, name, NULL);

		g_remove(path);
	}
	g_rmdir(bench->directory);
	g_free(bench->directory);
	g_free(bench->kept);
	g_free(bench);
	return 0;
}

static char *path_of(const struct bench *bench)
{
	return g_strdup_printf("%s/" PLACE ".conf", bench->directory);
}

/* Runs the loop until so many changes are done. */
static void wait_done(struct bench *bench, unsigned int wanted)
{
	bool never = false;

	for (int i = 0; i < 1000 && bench->done < wanted; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(bench->done, wanted);
}

/* @value NULL: follow the level below. */
static int change(struct bench *bench, enum store_level level, const char *field, const char *value,
		  const struct store_author *author)
{
	g_autoptr(GHashTable) values = store_change_new();
	unsigned int before = bench->done;
	g_autofree char *problem = NULL;
	int r;

	store_change_set(values, field, value);
	assert_int_equal(store_check(values, &problem), 0);
	r = store_change(bench->store, level, values, author, done, bench);
	if (r < 0)
		return r;
	wait_done(bench, before + 1);
	return bench->error;
}

static void restore(struct bench *bench)
{
	unsigned int before = bench->done;

	assert_int_equal(store_restore(bench->store, &engineer, done, bench), 0);
	wait_done(bench, before + 1);
	assert_int_equal(bench->error, 0);
}

/* What counts over the site's defaults, "-" if nothing does. */
static void expect(const struct bench *bench, const char *field, const char *value)
{
	g_autoptr(GHashTable) values = store_values(bench->store);
	const char *found = g_hash_table_lookup(values, field);

	assert_string_equal(found ? found : "-", value);
}

static void expect_stored(const struct bench *bench, const char *field, const char *value)
{
	const char *found = store_stored(bench->store, field);

	assert_string_equal(found ? found : "-", value);
}

static void test_empty(void **state)
{
	const struct bench *bench = *state;
	g_autofree char *path = path_of(bench);

	expect(bench, "Server", "-");
	assert_false(store_is_ladder(bench->store, "Server"));
	assert_int_equal(access(path, F_OK), -1);
}

/* set: both levels; the file outlives the store. */
static void test_both(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(change(bench, STORE_BOTH, "Server", "10.0.0.1", &engineer), 0);
	assert_int_equal(bench->changed, 1);
	expect(bench, "Server", "10.0.0.1");
	reopen(bench, 1);
	expect(bench, "Server", "10.0.0.1");
	reopen(bench, 2);
	expect(bench, "Server", "10.0.0.1");
	assert_int_equal(change(bench, STORE_BOTH, "Server", NULL, &engineer), 0);
	expect(bench, "Server", "-");
}

/* Fields that the ladder has changed keep its value, and are named. */
static void test_kept(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(change(bench, STORE_WORKING, "Cc", "a@x.org", &program), 0);
	assert_true(store_is_ladder(bench->store, "Cc"));
	assert_int_equal(change(bench, STORE_BOTH, "Cc", "b@x.org", &engineer), 0);
	assert_string_equal(bench->kept, "Cc");
	expect(bench, "Cc", "a@x.org");
	expect_stored(bench, "Cc", "b@x.org");
	restore(bench);
	assert_false(store_is_ladder(bench->store, "Cc"));
	expect(bench, "Cc", "b@x.org");
	assert_int_equal(change(bench, STORE_BOTH, "Cc", "c@x.org", &engineer), 0);
	assert_string_equal(bench->kept, "");
	expect(bench, "Cc", "c@x.org");
}

/* The working copy is its own from power-up on, whatever is stored then. */
static void test_stored_only(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(change(bench, STORE_BOTH, "Server", "10.0.0.1", &engineer), 0);
	assert_int_equal(change(bench, STORE_STORED, "Server", "10.0.0.2", &engineer), 0);
	expect(bench, "Server", "10.0.0.1");
	expect_stored(bench, "Server", "10.0.0.2");
	assert_int_equal(change(bench, STORE_STORED, "Port", "2525", &engineer), 0);
	expect(bench, "Port", "587"); /* the site's */
	assert_int_equal(change(bench, STORE_STORED, "SenderName", "x", &engineer), 0);
	expect(bench, "SenderName", ""); /* undefined until now */
	assert_int_equal(change(bench, STORE_STORED, "TLS", "implicit", &engineer), 0);
	expect(bench, "TLS", "none"); /* nothing is "" that cannot be */
	assert_int_equal(change(bench, STORE_STORED, "Timeout", "90", &engineer), 0);
	expect(bench, "Timeout", "60");
	reopen(bench, 1);
	expect(bench, "Server", "10.0.0.1");
	reopen(bench, 2);
	expect(bench, "Server", "10.0.0.2");
	expect(bench, "Port", "2525");
}

/* The working copy survives restarts within its generation, and no other. */
static void test_generations(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(change(bench, STORE_BOTH, "Timeout", "90", &engineer), 0);
	assert_int_equal(change(bench, STORE_WORKING, "Timeout", "300", &program), 0);
	reopen(bench, 1);
	expect(bench, "Timeout", "300");
	assert_true(store_is_ladder(bench->store, "Timeout"));
	reopen(bench, 0); /* the card does not answer yet */
	expect(bench, "Timeout", "300");
	assert_false(store_set_generation(bench->store, 1));
	expect(bench, "Timeout", "300");
	assert_true(store_set_generation(bench->store, 2));
	expect(bench, "Timeout", "90");
	assert_false(store_is_ladder(bench->store, "Timeout"));
	reopen(bench, 1); /* nothing was written since, but this generation is no more */
	reopen(bench, 3);
	expect(bench, "Timeout", "90");
}

/* A card powered up while a change is being written: the stored part counts. */
static void test_power_up_meanwhile(void **state)
{
	struct bench *bench = *state;
	g_autoptr(GHashTable) values = store_change_new();

	store_change_set(values, "Timeout", "300");
	assert_int_equal(store_change(bench->store, STORE_WORKING, values, &program, done, bench),
			 0);
	store_set_generation(bench->store, 2);
	wait_done(bench, 1);
	assert_int_equal(bench->error, 0);
	expect(bench, "Timeout", "-");
	reopen(bench, 2);
	expect(bench, "Timeout", "-");
}

/* Changes asked for at once are made in their order, each on top of the one before. */
static void test_order(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 10; i++) {
		g_autoptr(GHashTable) values = store_change_new();
		g_autofree char *field = g_strdup_printf("Group.g%d", i);
		g_autofree char *port = g_strdup_printf("%d", 1000 + i);

		store_change_set(values, field, "a@x.org");
		store_change_set(values, "Port", port);
		assert_int_equal(
			store_change(bench->store, STORE_BOTH, values, &engineer, done, bench), 0);
	}
	wait_done(bench, 10);
	reopen(bench, 1);
	expect(bench, "Port", "1009");
	expect(bench, "Group.g0", "a@x.org");
	expect(bench, "Group.g9", "a@x.org");
}

/* Nobody can have the daemon keep more than so many changes. */
static void test_too_many(void **state)
{
	struct bench *bench = *state;
	unsigned int taken = 0;

	for (int i = 0; i < STORE_PENDING_MAX + 5; i++)
		taken += store_restore(bench->store, &engineer, done, bench) == 0;
	assert_int_equal(taken, STORE_PENDING_MAX);
	wait_done(bench, STORE_PENDING_MAX);
}

static void test_replace(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(change(bench, STORE_BOTH, "Server", "10.0.0.1", &engineer), 0);
	assert_int_equal(change(bench, STORE_WORKING, "Cc", "a@x.org", &program), 0);
	assert_int_equal(change(bench, STORE_REPLACE, "Timeout", "5", &engineer), 0);
	assert_string_equal(bench->kept, "Cc");
	expect(bench, "Server", "-");
	expect(bench, "Timeout", "5");
	expect(bench, "Cc", "a@x.org");
}

/* What cannot be written has not happened, neither now nor after a restart. */
static void test_not_written(void **state)
{
	struct bench *bench = *state;
	g_autofree char *blocked = g_strdup_printf("%s/" PLACE ".conf.new", bench->directory);

	assert_int_equal(change(bench, STORE_BOTH, "Server", "10.0.0.1", &engineer), 0);
	assert_int_equal(mkdir(blocked, 0700), 0);
	assert_int_equal(change(bench, STORE_BOTH, "Server", "10.0.0.2", &engineer), -EISDIR);
	assert_int_equal(bench->changed, 1);
	expect(bench, "Server", "10.0.0.1");
	expect_stored(bench, "Server", "10.0.0.1");
	assert_int_equal(rmdir(blocked), 0);
	reopen(bench, 1);
	expect(bench, "Server", "10.0.0.1");
	assert_int_equal(change(bench, STORE_BOTH, "Server", "10.0.0.2", &engineer), 0);
	expect(bench, "Server", "10.0.0.2");
}

static void test_no_directory(void **state)
{
	struct bench *bench = *state;
	struct store *store = store_open(bench->disk, NULL, PLACE, &callbacks, bench);

	assert_int_equal(store_restore(store, &engineer, done, bench), -EROFS);
	store_close(store);
	assert_int_equal(bench->done, 0);
}

/* A damaged file is put aside, and what a field of tomorrow means is left to tomorrow. */
static void test_damaged(void **state)
{
	struct bench *bench = *state;
	g_autofree char *path = path_of(bench), *bad = g_strconcat(path, ".bad", NULL);

	assert_true(g_file_set_contents(path, "Server=1\n", -1, NULL));
	reopen(bench, 1);
	expect(bench, "Server", "-");
	assert_int_equal(access(bad, F_OK), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_true(g_file_set_contents(path, "[Stored]\nFuture=1\nServer=10.0.0.1\n", -1, NULL));
	reopen(bench, 1);
	expect(bench, "Server", "10.0.0.1");
	expect(bench, "Future", "-");
}

static void expect_bad(const char *field, const char *value, int error, const char *words)
{
	g_autoptr(GHashTable) values = store_change_new();
	g_autofree char *problem = NULL;

	store_change_set(values, field, value);
	assert_int_equal(store_check(values, &problem), error);
	assert_non_null(strstr(problem, words));
}

static void test_checks(void **state)
{
	g_autofree char *long_text = g_strnfill(STORE_VALUE_MAX + 1, 'x');

	(void)state;
	expect_bad("Sevrer", "x", -ENOENT, "no such field");
	expect_bad("Group.a b", "x@y.z", -ENOENT, "no such field");
	expect_bad("Port", "0", -EINVAL, "1 to 65535");
	expect_bad("SenderAddress", "plc", -EINVAL, "name@domain");
	expect_bad("SenderName", "a\nb", -EINVAL, "control character");
	expect_bad("Group.maint", "joe", -EINVAL, "name@domain");
	expect_bad("Text.alarm", long_text, -EINVAL, "4096");
	expect_bad("AllowedDomains", "acme.com", -EPERM, "ecemaild.conf");
	expect_bad("CAFile", "/tmp/mine.pem", -EPERM, "ecemaild.conf");
	expect_bad("Login", "a\xff", -EINVAL, "UTF-8");
}

/* What has special meaning in a key file comes back as it was. */
static void test_characters(void **state)
{
	struct bench *bench = *state;
	static const char text[] = "#{1}; [x]\\n= \\\\ä ; $";

	assert_int_equal(change(bench, STORE_BOTH, "Text.a", text, &engineer), 0);
	reopen(bench, 1);
	expect(bench, "Text.a", text);
}

/* journalctl shows no text of an entry that is not UTF-8. */
static void test_long_value(void **state)
{
	struct bench *bench = *state;
	g_autofree char *path = g_build_filename(bench->directory, "stderr", NULL);
	g_autofree char *said = NULL, *beginning = g_strnfill(199, 'x');
	g_autofree char *value = g_strconcat(beginning, "\xc3\xa4", beginning, NULL);
	int old = dup(STDERR_FILENO);

	assert_non_null(freopen(path, "w", stderr));
	assert_int_equal(change(bench, STORE_BOTH, "Text.long", value, &engineer), 0);
	for (int i = 0; i < 1000 && (!said || !*said); i++) {
		g_usleep(5000);
		fflush(stderr);
		g_free(said);
		g_file_get_contents(path, &said, NULL, NULL);
	}
	dup2(old, STDERR_FILENO);
	close(old);
	assert_non_null(strstr(said, beginning));
	assert_true(g_utf8_validate(said, -1, NULL));
	assert_null(strstr(said, value));
}

/* A store that is closed while a change is under way. */
static void test_closed(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(store_restore(bench->store, &engineer, done, bench), 0);
	assert_int_equal(store_restore(bench->store, &engineer, done, bench), 0);
	store_close(bench->store);
	bench->store = NULL;
	wait_done(bench, 2);
	assert_int_equal(bench->changed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_both),
		TEST(test_kept),
		TEST(test_stored_only),
		TEST(test_generations),
		TEST(test_power_up_meanwhile),
		TEST(test_order),
		TEST(test_too_many),
		TEST(test_replace),
		TEST(test_not_written),
		TEST(test_no_directory),
		TEST(test_damaged),
		TEST(test_checks),
		TEST(test_characters),
		TEST(test_long_value),
		TEST(test_closed),
	};
	int failed;

	journal_start(); /* its thread writes the files, as in the daemon */
	failed = cmocka_run_group_tests_name("store", tests, NULL, NULL);
	journal_stop();
	return failed;
}
