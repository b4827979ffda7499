// SPDX-License-Identifier: GPL-2.0-or-later
/* A slot's requests from read() to COMPLETE, with a fake device and a scripted server. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/slot.h"
#include "device-fake.h"
#include "loop.h"
#include "server.h"

struct bench {
	sd_event *event;
	struct backplane *backplane;
	struct device_fake *fake;
	struct server *server;
	char *file;
};

static void write_configuration(struct bench *bench, const char *text)
{
	g_assert(g_file_set_contents(bench->file, text, -1, NULL));
}

static struct bench *bench_new(const struct server_step *script, const char *more)
{
	struct bench *bench = g_new0(struct bench, 1);
	g_autofree char *text = NULL;

	bench->server = server_start(script, false);
	bench->file = g_strdup_printf("/tmp/ecemaild-test-%d.conf", getpid());
	text = g_strdup_printf("[Mail]\nServer=127.0.0.1:%u\nSenderAddress=plc@acme.com\n"
			       "HeloName=plc.acme.com\nTimeout=7\n%s",
			       server_port(bench->server), more ? more : "");
	write_configuration(bench, text);
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
	server_stop(bench->server);
	unlink(bench->file);
	g_free(bench->file);
	g_free(bench);
}

/* Runs until so many requests are complete. */
static void run(struct bench *bench, unsigned int completed)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + 5000000;
	bool never = false;

	while (bench->fake->complete->len < completed && now_us(CLOCK_MONOTONIC) < end)
		loop_run(bench->event, &never, 5);
	assert_int_equal(bench->fake->complete->len, completed);
}

static const struct ecom_result *result(const struct bench *bench, unsigned int i)
{
	return &g_array_index(bench->fake->complete, struct ecom_complete, i).result;
}

static void test_sent(void **state)
{
	struct bench *bench = bench_new(NULL, NULL);
	g_autofree char *states = NULL;

	(void)state;
	assert_int_equal(bench->fake->settings.timeout, 7);
	assert_int_equal(bench->fake->settings.health, 0);
	device_fake_mail(bench->fake, "mark@hosteng.com", "Widget Report", "Shift # 3", 5000);
	run(bench, 1);
	assert_int_equal(result(bench, 0)->status, 0);
	assert_int_equal(result(bench, 0)->state, 8);
	assert_int_equal(result(bench, 0)->reply, 250);
	assert_int_equal(result(bench, 0)->enhanced[0], 2);
	assert_int_equal(result(bench, 0)->sent, SENT_YES);
	assert_memory_equal(result(bench, 0)->text, "250 2.0.0 Ok: queued as 42", 26);
	states = device_fake_states(bench->fake);
	assert_string_equal(states, "0 1 2 3 4 5 6 7 8");
	server_settle(bench->server);
	assert_string_equal(server_commands(bench->server),
			    "EHLO plc.acme.com|MAIL FROM:<plc@acme.com>|"
			    "RCPT TO:<mark@hosteng.com>|DATA|QUIT|");
	assert_int_equal(server_messages(bench->server), 1);
	assert_non_null(strstr(server_text(bench->server), "Shift # 3\r\n"));
	bench_free(bench);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
