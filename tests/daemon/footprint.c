// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon's private dirty memory with one slot, before and after many mails,
 * as the kernel counts it. The fake of the device counts with it, the server has
 * a process of its own.
 */

#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/journal.h"
#include "daemon/slot.h"
#include "device-fake.h"
#include "fault-server.h"
#include "loop.h"

#define BATCH	    10
#define DIRTY_MAX   8192 /* KiB */
#define GROWTH_MAX  256 /* KiB: heaps of threads and caches of the C library settle late */
#define FEW_MAILS   2000
#define MANY_MAILS  100000
#define SETTLE	    1000 /* mails before it is looked at first */

struct bench {
	sd_event *event;
	struct backplane *backplane;
	struct device_fake *fake;
	pid_t server;
};

/* Returns its port. */
static unsigned int start_server(pid_t *server)
{
	unsigned int port;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	*server = fork();
	assert_true(*server >= 0);
	if (!*server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		port = fault_server_port(fault_server_start(1, UINT_MAX));
		if (write(pipes[1], &port, sizeof(port)) == sizeof(port))
			pause();
		_exit(1);
	}
	assert_int_equal(read(pipes[0], &port, sizeof(port)), sizeof(port));
	close(pipes[0]);
	close(pipes[1]);
	return port;
}

static void bench_start(struct bench *bench)
{
	g_autofree char *file = g_strdup_printf("/tmp/ecemaild-footprint-%d.conf", getpid());
	g_autofree char *text = NULL;

	text = g_strdup_printf("[Daemon]\nKeepOpen=1\n[Mail]\nServer=127.0.0.1:%u\n"
			       "SenderAddress=plc@acme.com\nHeloName=plc.acme.com\nRateLimit=no\n",
			       start_server(&bench->server));
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
	kill(bench->server, SIGKILL);
	waitpid(bench->server, NULL, 0);
	sd_event_unref(bench->event);
}

static void send_batch(struct bench *bench)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + 30 * G_USEC_PER_SEC;
	const struct ecom_complete *complete;
	bool never = false;

	g_array_set_size(bench->fake->progress, 0);
	g_array_set_size(bench->fake->complete, 0);
	for (int i = 0; i < BATCH; i++)
		device_fake_mail(bench->fake, "r1@hosteng.com", "Widget Report", "x", 30000);
	while (bench->fake->complete->len < BATCH && now_us(CLOCK_MONOTONIC) < end)
		loop_run(bench->event, &never, 1);
	assert_int_equal(bench->fake->complete->len, BATCH);
	complete = (const struct ecom_complete *)(void *)bench->fake->complete->data;
	for (guint i = 0; i < BATCH; i++)
		assert_int_equal(complete[i].result.status, 0);
}

static unsigned int field_kib(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	assert_non_null(at);
	return (unsigned int)strtoul(at + strlen(key), NULL, 10);
}

/* What the server's process still shares would be private if it were not there. */
static unsigned int dirty_kib(void)
{
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents("/proc/self/smaps_rollup", &text, NULL, NULL));
	return field_kib(text, "Private_Dirty:") + field_kib(text, "Shared_Dirty:");
}

static void test_footprint(void **state)
{
	unsigned int mails = getenv("ECEMAIL_LONG") ? MANY_MAILS : FEW_MAILS, before, after;
	struct bench bench;

	(void)state;
	bench_start(&bench);
	journal_start();
	for (unsigned int sent = 0; sent < SETTLE; sent += BATCH)
		send_batch(&bench);
	before = dirty_kib();
	for (unsigned int sent = 0; sent < mails; sent += BATCH)
		send_batch(&bench);
	after = dirty_kib();
	print_message("%u KiB private dirty, %u after %u mails\n", before, after, mails);
	assert_in_range(after, 1, DIRTY_MAX);
	assert_true(after <= before + GROWTH_MAX);
	bench_end(&bench);
	journal_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_footprint),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	failed = cmocka_run_group_tests_name("footprint", tests, NULL, NULL);
	return failed;
}
