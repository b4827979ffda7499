// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many requests of two slots through a server with a fault every so many
 * mails. Nothing is said of a single outcome, but of each that it is true:
 * what the ladder program is told, and what the server has, fit together.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/journal.h"
#include "daemon/slot.h"
#include "device-fake.h"
#include "fault-server.h"
#include "loop.h"

#define SLOTS	   2
#define IN_FLIGHT  12 /* requests of a slot: its driver has 16 */
#define TIMEOUT_MS 1200 /* the daemon ends them 250 ms earlier */
#define STOP_AFTER 150 /* outcomes */

/* Of 100,000 with the sanitizers one turn or the other waits for their locks: */
#ifdef __SANITIZE_ADDRESS__
#define LONG_STALL_US 100000 /* the plain build judges */
#else
#define LONG_STALL_US LOOP_STALL_US
#endif

struct run {
	sd_event *event;
	struct backplane *backplane;
	struct fault_server *server;
	struct device_fake *fake[SLOTS];
	unsigned int requests;
	unsigned int pushed; /* so far; their numbers are 1 to this */
	uint64_t before; /* the identifier of number 0 */
	unsigned int told[SLOTS]; /* outcomes */
	unsigned char *completed; /* times, of each number */
	enum slave89_sent *sent;
	unsigned char *released; /* likewise, for the next daemon */
	unsigned int succeeded;
	uint64_t worst_us; /* longest turn of the loop */
	unsigned int statuses[1000];
};

static char *write_configuration(unsigned int port)
{
	char *file = g_strdup_printf("/tmp/ecemaild-faults-%d.conf", getpid());
	g_autofree char *text = g_strdup_printf(
		"[Daemon]\nSessions=4\nKeepOpen=5\n[Mail]\nServer=127.0.0.1:%u\n"
		"SenderAddress=plc@acme.com\nHeloName=plc.acme.com\nTimeout=1\nRateLimit=no\n",
		port);

	assert_true(g_file_set_contents(file, text, -1, NULL));
	return file;
}

static void push(struct run *run, unsigned int slot)
{
	g_autofree char *to = g_strdup_printf("r%u@hosteng.com", ++run->pushed);
	const struct ecom_request *request;

	device_fake_mail(run->fake[slot], to, "Widget Report", "Shift # 3\n.\n", TIMEOUT_MS);
	request = g_queue_peek_tail(&run->fake[slot]->queue);
	if (run->pushed == 1)
		run->before = request->id - 1;
	assert_int_equal(request->id, run->before + run->pushed);
}

/* "… r123": the mail that the server's words were about, 0: they do not say. */
static unsigned int number_in(const struct ecom_result *result)
{
	g_autofree char *text = g_strndup((const char *)result->text, sizeof(result->text));
	const char *at = strstr(text, " r");

	return at ? (unsigned int)strtoul(at + 2, NULL, 10) : 0;
}

static void take_outcome(struct run *run, const struct ecom_complete *complete)
{
	const struct ecom_result *result = &complete->result;
	unsigned int number = (unsigned int)(complete->id - run->before);
	unsigned int named = number_in(result);

	assert_in_range(number, 1, run->pushed);
	run->completed[number]++;
	run->sent[number] = (enum slave89_sent)result->sent;
	run->succeeded += result->status == 0;
	run->statuses[MIN(result->status, 999)]++;
	if (named && named != number)
		fail_msg("request %u has the reply to %u: %s", number, named, result->text);
	assert_int_equal(result->sent == SENT_YES, result->status == 0);
}

static unsigned int ended(const struct run *run)
{
	return run->told[0] + run->told[1];
}

/* Nothing is kept: to let such a row grow would take the loop longer than a mail. */
static unsigned int take_outcomes(struct run *run, unsigned int slot)
{
	struct device_fake *fake = run->fake[slot];
	unsigned int n = fake->complete->len;

	for (unsigned int i = 0; i < n; i++)
		take_outcome(run, &g_array_index(fake->complete, struct ecom_complete, i));
	run->told[slot] += n;
	g_array_set_size(fake->complete, 0);
	g_array_set_size(fake->progress, 0);
	return n;
}

/* Looks at the outcomes that have come, and asks for as many mails again. */
static void turn(struct run *run, unsigned int slot)
{
	for (unsigned int n = take_outcomes(run, slot); n && run->pushed < run->requests; n--)
		push(run, slot);
}

/* Until so many outcomes have come. */
static void run_until(struct run *run, unsigned int outcomes)
{
	uint64_t end = now_us(CLOCK_MONOTONIC) + (60 + run->requests / 20) * G_USEC_PER_SEC;
	uint64_t worst;
	bool never = false;

	for (unsigned int slot = 0; slot < SLOTS; slot++)
		for (unsigned int i = 0; i < IN_FLIGHT; i++)
			push(run, slot);
	while (ended(run) < outcomes && now_us(CLOCK_MONOTONIC) < end) {
		worst = loop_run(run->event, &never, 2);
		run->worst_us = MAX(run->worst_us, worst);
		for (unsigned int slot = 0; slot < SLOTS; slot++)
			turn(run, slot);
	}
	assert_true(ended(run) >= outcomes);
}

static void start(struct run *run, unsigned int requests, unsigned int period)
{
	g_autofree char *file = NULL;

	run->requests = requests;
	run->completed = g_new0(unsigned char, requests + 1);
	run->sent = g_new0(enum slave89_sent, requests + 1);
	run->released = g_new0(unsigned char, requests + 1);
	run->server = fault_server_start(requests, period);
	file = write_configuration(fault_server_port(run->server));
	sd_event_new(&run->event);
	assert_int_equal(backplane_new(&run->backplane, run->event, file), 0);
	unlink(file);
	for (unsigned int slot = 0; slot < SLOTS; slot++) {
		g_autofree char *path = g_strdup_printf("/dev/fake%u", slot);

		run->fake[slot] = device_fake_new();
		assert_int_equal(slot_new(run->backplane, &run->fake[slot]->device, path), 0);
	}
}

/* What server and ladder program know, now that nothing is on its way any more. */
static void compare(const struct run *run)
{
	for (unsigned int number = 1; number <= run->pushed; number++) {
		const struct fault_mail *mail = fault_server_mail(run->server, number);
		bool wrong = run->completed[number] + run->released[number] != 1 ||
			     mail->ended > 1 || (run->released[number] && mail->ended) ||
			     (run->sent[number] == SENT_YES && mail->accepted != 1) ||
			     (run->sent[number] == SENT_NO && mail->accepted);

		if (wrong)
			fail_msg("request %u: %u outcomes, sent %u; server: %u times, accepted %u",
				 number, run->completed[number], run->sent[number], mail->ended,
				 mail->accepted);
	}
}

/* The run was one of faults: every kind of outcome has come, and most mails went. */
static void expect_variety(const struct run *run)
{
	static const unsigned int expected[] = { 0, 12, 13, 14, 15, 18, 20, 22, 421, 451, 554 };
	unsigned int had, kinds = fault_server_kinds(run->server, &had);

	print_message("%u requests, %u succeeded, %u faults, %u of %u kinds; longest turn %u us\n",
		      run->requests, run->succeeded, fault_server_faults(run->server), had, kinds,
		      (unsigned int)run->worst_us);
	if (getenv("UNIT_VALGRIND")) /* too slow for the deadlines */
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
		if (!run->statuses[expected[i]])
			fail_msg("no request ended with %u", expected[i]);
	assert_true(had >= kinds * 3 / 4);
	assert_true(run->succeeded > run->requests / 2);
}

static void finish(struct run *run)
{
	fault_server_stop(run->server);
	sd_event_unref(run->event);
	g_free(run->completed);
	g_free(run->sent);
	g_free(run->released);
}

static void test_faults(void **state)
{
	bool lengthy = getenv("ECEMAIL_LONG");
	struct run run = { 0 };

	(void)state;
	loop_allow(lengthy ? LONG_STALL_US : LOOP_STALL_US);
	start(&run, lengthy ? 100000 : 1000, lengthy ? 250 : 10);
	run_until(&run, run.requests);
	loop_allow(LOOP_STALL_US);
	backplane_free(run.backplane);
	fault_server_settle(run.server);
	compare(&run);
	expect_variety(&run);
	finish(&run);
}

static int stop(sd_event_source *source, void *userdata)
{
	(void)source;
	backplane_stop(userdata);
	return 0;
}

static void leave(struct run *run, uint64_t id)
{
	assert_in_range(id - run->before, 1, run->pushed);
	run->released[id - run->before]++;
}

/* What the daemon has not answered it must have handed back, or not have taken. */
static void take_rest(struct run *run, unsigned int slot)
{
	const struct device_fake *fake = run->fake[slot];

	take_outcomes(run, slot);
	for (guint i = 0; i < fake->release->len; i++)
		leave(run, g_array_index(fake->release, struct ecom_release, i).id);
	for (const GList *at = fake->queue.head; at; at = at->next)
		leave(run, ((const struct ecom_request *)at->data)->id);
}

/*
 * Told to stop amid faults at each mail: the loop goes on without a stall,
 * comes to its end, and each request is answered or left to the next daemon.
 */
static void test_stop(void **state)
{
	struct run run = { 0 };
	bool never = false;

	(void)state;
	start(&run, 2 * STOP_AFTER, 1);
	run_until(&run, STOP_AFTER);
	sd_event_add_defer(run.event, NULL, stop, run.backplane);
	loop_run(run.event, &never, 10000);
	assert_int_equal(sd_event_get_state(run.event), SD_EVENT_FINISHED);
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		take_rest(&run, slot);
	backplane_free(run.backplane);
	fault_server_settle(run.server);
	compare(&run);
	finish(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_stop),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	journal_start();
	failed = cmocka_run_group_tests_name("faults", tests, NULL, NULL);
	journal_stop();
	return failed;
}
