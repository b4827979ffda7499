// SPDX-License-Identifier: GPL-2.0-or-later
/* The module information registers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/module.h"
#include "device-fake.h"
#include "loop.h"

struct bench {
	sd_event *event;
	struct backplane *backplane;
	struct device_fake *fake;
	char *file;
};

static struct bench *bench_new(const char *more)
{
	struct bench *bench = g_new0(struct bench, 1);
	g_autofree char *text = g_strdup_printf("[Mail]\n%s", more);

	bench->file = g_strdup_printf("/tmp/ecemaild-module-%d.conf", getpid());
	g_assert(g_file_set_contents(bench->file, text, -1, NULL));
	sd_event_new(&bench->event);
	assert_int_equal(backplane_new(&bench->backplane, bench->event, bench->file), 0);
	bench->fake = device_fake_new();
	assert_int_equal(slot_new(bench->backplane, &bench->fake->device, "/dev/fake"), 0);
	return bench;
}

static void bench_free(struct bench *bench)
{
	backplane_free(bench->backplane);
	sd_event_unref(bench->event);
	unlink(bench->file);
	g_free(bench->file);
	g_free(bench);
}

/* Addresses and forms as the document has them, spelled out */
static void test_information(void **state)
{
	struct bench *bench = bench_new("SourceInterface=lo\nModuleName=Barry\n"
					"ModuleDescription=Rutles Drummer\n");
	const uint16_t *v = bench->fake->registers;

	(void)state;
	assert_int_equal(v[0100], 0x0100);
	assert_int_equal(v[0101], 12);
	assert_int_equal(v[0102], 0);
	assert_int_equal(v[0103], 20);
	assert_int_equal(v[0104], 127);
	assert_int_equal(v[0107], 1);
	assert_int_equal(v[0110], 255);
	assert_int_equal(v[0111], 0);
	assert_int_equal(v[0114], 0);
	assert_int_equal(v[0120], 0xe000);
	assert_int_equal(v[0122], 0x8641);
	assert_int_equal(v[0124], 1031);
	assert_int_equal(v[0125], 0x0400);
	assert_int_equal(v[0126], 0);
	assert_int_equal(v[0130], 5);
	assert_memory_equal(&v[0131], "Barry", 6);
	assert_int_equal(v[0160], 14);
	assert_memory_equal(&v[0161], "Rutles Drummer", 15);
	bench_free(bench);
}

/* A text that was there before leaves nothing behind, nor does one too long spoil others. */
static void test_texts(void **state)
{
	struct bench *bench = bench_new("ModuleDescription="
					"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
	const uint16_t *v = bench->fake->registers;

	(void)state;
	memset(bench->fake->registers, 0xff, sizeof(bench->fake->registers));
	assert_int_equal(module_publish(g_queue_peek_head(&bench->backplane->slots)), 0);
	assert_int_equal(v[0077], 0xffff);
	assert_int_equal(v[0130], 0);
	assert_int_equal(v[0150], 0);
	assert_int_equal(v[0160], 64);
	assert_int_equal(v[0220], 'e' | 'f' << 8);
	assert_int_equal(v[0221], 0xffff);
	bench_free(bench);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_information),
	cmocka_unit_test(test_texts),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
