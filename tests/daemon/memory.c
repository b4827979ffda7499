// SPDX-License-Identifier: GPL-2.0-or-later
/* What the daemon keeps from mail to mail, and what it does when there are none. */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/slot.h"
#include "device-fake.h"
#include "fault-server.h"
#include "loop.h"

/* Of the address sanitizer, whose header gcc does not bring along. Without it valgrind watches. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

#define BATCH	 10
#define GROWTH	 16384 /* bytes, whatever the number of mails */
#define WATCH_US (3 * G_USEC_PER_SEC)

struct bench {
	sd_event *event;
	struct backplane *backplane;
	struct device_fake *fake;
	struct fault_server *server;
};

static void bench_start(struct bench *bench)
{
	g_autofree char *file = g_strdup_printf("/tmp/ecemaild-memory-%d.conf", getpid());
	g_autofree char *text = NULL;

	bench->server = fault_server_start(1, UINT_MAX);
	text = g_strdup_printf("[Daemon]\nKeepOpen=1\n[Mail]\nServer=127.0.0.1:%u\n"
			       "SenderAddress=plc@acme.com\nHeloName=plc.acme.com\nRateLimit=no\n",
			       fault_server_port(bench->server));
	assert_true(g_file_set_contents(file, text, -1, NULL));
	sd_event_new(&bench->event);
	assert_int_equal(backplane_new(&bench->backplane, bench->event, file), 0);
	unlink(file);
	bench->fake = device_fake_new();
	assert_int_equal(slot_new(bench->backplane, &bench->fake->device, "/dev/fake"), 0);
}

static void bench_end(struct bench *bench)
{
	backplane_free(bench->backplane);
	fault_server_settle(bench->server);
	fault_server_stop(bench->server);
	sd_event_unref(bench->event);
}

static void send_mails(struct bench *bench, unsigned int count)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + (60 + count / 20) * G_USEC_PER_SEC;
	bool never = false;

	for (unsigned int sent = 0; sent < count; sent += BATCH) {
		g_array_set_size(bench->fake->progress, 0);
		g_array_set_size(bench->fake->complete, 0);
		for (int i = 0; i < BATCH; i++)
			device_fake_mail(bench->fake, "r1@hosteng.com", "Widget Report", "x", 5000);
		while (bench->fake->complete->len < BATCH && now_us(CLOCK_MONOTONIC) < end)
			loop_run(bench->event, &never, 1);
		assert_int_equal(bench->fake->complete->len, BATCH);
	}
}

static size_t bytes_in_use(void)
{
	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() :
							 0;
}

static void test_flat(void **state)
{
	struct bench bench;
	size_t before, after;

	(void)state;
	bench_start(&bench);
	send_mails(&bench, 500);
	before = bytes_in_use();
	send_mails(&bench, getenv("ECEMAIL_LONG") ? 100000 : 1000);
	after = bytes_in_use();
	print_message("%zu bytes in use, then %zu\n", before, after);
	assert_true(after < before + GROWTH);
	bench_end(&bench);
}

/* Two wake-ups a minute are allowed: none in three seconds, but for one of them. */
static void test_idle(void **state)
{
	struct bench bench;
	uint64_t end;
	int turns = 0;

	(void)state;
	bench_start(&bench);
	send_mails(&bench, BATCH);
	loop_run(bench.event, &(bool){ false }, 1500);
	end = now_us(CLOCK_MONOTONIC) + WATCH_US;
	for (uint64_t now; (now = now_us(CLOCK_MONOTONIC)) < end;)
		turns += sd_event_run(bench.event, end - now) > 0;
	assert_in_range(turns, 0, 1);
	bench_end(&bench);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_idle),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
