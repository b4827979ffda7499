// SPDX-License-Identifier: GPL-2.0-or-later
/* A slot's requests from read() to COMPLETE, with a fake device and a scripted server. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/slot.h"
#include "daemon/trace.h"
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
	text = g_strdup_printf("[Daemon]\nKeepOpen=0\n[Mail]\nServer=127.0.0.1:%u\nSenderAddress=plc@acme.com\n"
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

/* Runs until the newest request has reached the state. */
static void run_to_state(struct bench *bench, unsigned int state)
{
	const GArray *progress = bench->fake->progress;
	bool never = false;

	for (int i = 0; i < 1000; i++) {
		if (progress->len &&
		    g_array_index(progress, struct ecom_progress, progress->len - 1).state == state)
			return;
		loop_run(bench->event, &never, 5);
	}
	fail();
}

/* Runs until no request is left; the fake device may be gone by then. */
static void run_out(struct bench *bench)
{
	bool never = false;

	for (int i = 0; i < 1000 && bench->backplane->requests; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(bench->backplane->requests, 0);
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

/* Mail to other domains than the site's is refused as a whole, before any connection. */
static void test_allowed(void **state)
{
	struct bench *bench = bench_new(NULL, "AllowedDomains=Acme.com, hosteng.com\n");

	(void)state;
	device_fake_mail(bench->fake, "mark@hosteng.com, joe@ACME.com", "x", "", 5000);
	run(bench, 1);
	device_fake_mail(bench->fake, "mark@hosteng.com, joe@sub.acme.com", "x", "", 5000);
	device_fake_mail(bench->fake, "nobody", "x", "", 5000);
	run(bench, 3);
	assert_int_equal(result(bench, 0)->status, 0);
	assert_int_equal(result(bench, 1)->status, 30);
	assert_int_equal(result(bench, 1)->state, 0);
	assert_int_equal(result(bench, 1)->sent, SENT_NO);
	assert_int_equal(result(bench, 2)->status, 23);
	server_settle(bench->server);
	assert_int_equal(server_connections(bench->server), 1);
	bench_free(bench);
}

/* A Cc of the setup is held to the same. */
static void test_allowed_cc(void **state)
{
	struct bench *bench = bench_new(NULL, "AllowedDomains=acme.com\nCc=boss@other.com\n");

	(void)state;
	device_fake_mail(bench->fake, "joe@acme.com", "x", "", 5000);
	run(bench, 1);
	assert_int_equal(result(bench, 0)->status, 30);
	bench_free(bench);
}

/* One session, two slots that both have much to send: they take turns. */
static void push_text(struct bench *bench, const char *to, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		device_fake_mail(bench->fake, to, "x", "", 5000);
}

/* What is over the limit ends at once; what cannot be mailed does not count, nor a reload. */
static void test_rate_limit(void **state)
{
	struct bench *bench = bench_new(NULL, "RateLimit=3/hour\n");

	(void)state;
	push_text(bench, "nobody", 5);
	push_text(bench, "mark@hosteng.com", 3);
	run(bench, 8);
	backplane_reload(bench->backplane);
	push_text(bench, "mark@hosteng.com", 1);
	push_text(bench, "nobody", 1);
	run(bench, 10);
	assert_int_equal(result(bench, 8)->status, 31);
	assert_int_equal(result(bench, 8)->detail, 80);
	assert_int_equal(result(bench, 8)->state, 0);
	assert_int_equal(result(bench, 8)->sent, SENT_NO);
	assert_memory_equal(result(bench, 8)->text, "RateLimit: 3 mails in 3600 s reached, next in", 45);
	assert_int_equal(result(bench, 9)->status, 23);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(result(bench, i)->status, i < 5 ? 23 : 0);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 3);
	bench_free(bench);
}

static void test_turns(void **state)
{
	struct bench *bench = bench_new(NULL, "[Daemon]\nSessions=1\nKeepOpen=10\n");
	struct device_fake *other = device_fake_new();
	bool never = false;
	const char *at;

	(void)state;
	assert_int_equal(slot_new(bench->backplane, &other->device, "/dev/other"), 0);
	for (int i = 0; i < 4; i++) {
		device_fake_mail(bench->fake, "a@x.org", "x", "", 5000);
		device_fake_mail(other, "b@x.org", "x", "", 5000);
	}
	run(bench, 4);
	for (int i = 0; i < 1000 && other->complete->len < 4; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(other->complete->len, 4);
	at = strstr(server_commands(bench->server), "RCPT TO:<");
	for (const char *next; (next = strstr(at + 9, "RCPT TO:<")); at = next)
		assert_int_not_equal(at[9], next[9]);
	bench_free(bench);
}

/* What the driver is told in each state: contract of the claim. */
/* The service's status text is for everybody: no address, no Subject, no word of the server. */
static void expect_last_error(const struct bench *bench, const char *beginning)
{
	static const char *const secrets[] = { "@", "Widget", "5.1.1", "who" };
	const char *text = bench->backplane->last_error;

	assert_non_null(text);
	if (!g_str_has_prefix(text, beginning))
		print_message("%s\n", text);
	assert_true(g_str_has_prefix(text, beginning));
	for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
		assert_null(strstr(text, secrets[i]));
}

/* One of two is refused: the other gets it, and each one's reply is kept and journalled. */
static void test_partly(void **state)
{
	static const struct server_step script[] = {
		{ "RCPT TO:<joe", SAY, "550 5.1.1 who\r\n", 0 }, { 0 }
	};
	struct bench *bench = bench_new(script, NULL);
	const struct slot *slot = g_queue_peek_head(&bench->backplane->slots);
	const struct ended *ended;

	(void)state;
	device_fake_mail(bench->fake, "joe@acme.com, mark@hosteng.com", "Widget", "y", 5000);
	run(bench, 1);
	assert_int_equal(result(bench, 0)->status, 550);
	assert_int_equal(result(bench, 0)->detail, DETAIL_PARTLY);
	assert_int_equal(result(bench, 0)->sent, SENT_PARTLY);
	ended = g_queue_peek_head((GQueue *)&slot->history.ended);
	assert_string_equal(ended->to, "joe@acme.com (550), mark@hosteng.com (250)");
	expect_last_error(bench, "0:K1: status 550 in state 4 ");
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 1);
	bench_free(bench);
}

static void expect_progress(const char *configuration, unsigned int on_release)
{
	struct bench *bench = bench_new(NULL, configuration);

	device_fake_mail(bench->fake, "mark@hosteng.com", "A subject of more than 24 characters", "",
			 5000);
	run(bench, 1);
	assert_int_equal(bench->fake->progress->len, 9);
	for (guint i = 0; i <= 8; i++) {
		const struct ecom_progress *progress =
			&g_array_index(bench->fake->progress, struct ecom_progress, i);

		assert_int_equal(progress->state, i);
		assert_int_equal(progress->on_expire, 10 + i);
		assert_int_equal(progress->on_expire_sent, i < 8 ? SENT_NO : SENT_UNKNOWN);
		assert_int_equal(progress->on_release, i < 8 ? 0 : on_release);
		assert_int_equal(progress->on_release_sent, SENT_UNKNOWN);
		assert_memory_equal(progress->label, "A subject of more than 2", ECOM_LABEL_MAX);
	}
	bench_free(bench);
}

static void test_progress(void **state)
{
	(void)state;
	expect_progress(NULL, 18);
	expect_progress("Resend=yes\n", 0);
}

/* One request that must end without the server being asked. */
static void expect_refused(const char *configuration, const struct ecom_request *request,
			   unsigned int status, unsigned int detail, const char *text)
{
	struct bench *bench = bench_new(NULL, configuration);

	device_fake_push(bench->fake, request);
	run(bench, 1);
	assert_int_equal(result(bench, 0)->status, status);
	assert_int_equal(result(bench, 0)->detail, detail);
	assert_int_equal(result(bench, 0)->state, 0);
	assert_int_equal(result(bench, 0)->sent, SENT_NO);
	assert_int_equal(result(bench, 0)->text_length, strlen(text));
	assert_memory_equal(result(bench, 0)->text, text, strlen(text));
	assert_int_equal(bench->fake->settings.health, configuration ? 24 : 0);
	server_settle(bench->server);
	assert_string_equal(server_commands(bench->server), "");
	bench_free(bench);
}

static struct ecom_request make_request(const char *to, const char *subject)
{
	struct device_fake *fake = device_fake_new();
	struct ecom_request request, *head;

	device_fake_mail(fake, to, subject, "body", 5000);
	head = g_queue_peek_head(&fake->queue);
	request = *head;
	fake->device.operations->close(&fake->device);
	return request;
}

/* Each check, and which comes first: frame, setup, sendee, address. */
static void test_checks(void **state)
{
	static const char no_server[] = "[Slot K1]\nServer=\n", no_sender[] = "SenderAddress=\n",
			  bad_cc[] = "[Slot 0:K1]\nCc=nobody\n";
	struct ecom_request good = make_request("mark@hosteng.com", "x");
	struct ecom_request empty = make_request(" ,", "a\tb");
	struct ecom_request bad_to = make_request("mark@", "a\tb");
	struct ecom_request no_group = make_request("mark", "a\tb");
	struct ecom_request bad_subject = make_request("mark@hosteng.com", "a\tb");
	struct ecom_request malformed = empty, unknown = empty;

	(void)state;
	malformed.length--;
	unknown.command = 0x02;
	expect_refused(no_server, &unknown, 34, 0, "unknown command");
	expect_refused(no_server, &malformed, 23, 50, "");
	expect_refused(no_server, &empty, 24, 20, "Server -- undefined --");
	expect_refused(no_sender, &good, 24, 21, "SenderAddress -- undefined --");
	expect_refused(bad_cc, &good, 24, 23, "Cc=nobody: \"nobody\": no @; allowed: name@domain, "
					      "name@domain, ...");
	expect_refused(NULL, &empty, 21, 0, "");
	expect_refused(NULL, &bad_to, 23, 51, "To \"mark@\": nothing after the @");
	expect_refused(NULL, &no_group, 23, 53,
		       "To \"mark\": neither an address nor a group of the setup");
	expect_refused(NULL, &bad_subject, 23, 52, "");
}

static void test_cc_only(void **state)
{
	struct bench *bench = bench_new(NULL, "Cc=joe@acme.com\n");

	(void)state;
	device_fake_mail(bench->fake, "", "x", "y", 5000);
	run(bench, 1);
	assert_int_equal(result(bench, 0)->status, 0);
	bench_free(bench);
}

/* A little before the kernel does it, so that the better status wins. */
static void test_deadline(void **state)
{
	static const struct server_step script[] = { { "RCPT", HANG, NULL, 0 }, { 0 } };
	struct bench *bench = bench_new(script, NULL);
	uint64_t start = now_us(CLOCK_BOOTTIME), took;

	(void)state;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 1500);
	run(bench, 1);
	took = now_us(CLOCK_BOOTTIME) - start;
	assert_int_equal(result(bench, 0)->status, 14);
	assert_in_range(took, 1245000, 1499000);
	bench_free(bench);
}

static void test_late_already(void **state)
{
	struct bench *bench = bench_new(NULL, NULL);

	(void)state;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 200);
	run(bench, 1);
	assert_int_equal(result(bench, 0)->status, 10);
	assert_int_equal(result(bench, 0)->sent, SENT_NO);
	server_settle(bench->server);
	assert_string_equal(server_commands(bench->server), "");
	bench_free(bench);
}

/* The kernel's deadline came first: no dot, whatever the daemon believes. */
static void test_stale_claim(void **state)
{
	struct bench *bench = bench_new(NULL, NULL);

	(void)state;
	bench->fake->stale_at = 8;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	run(bench, 1);
	assert_int_equal(result(bench, 0)->status, 17);
	assert_int_equal(result(bench, 0)->sent, SENT_NO);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 0);
	assert_non_null(strstr(server_text(bench->server), "Subject: x\r\n"));
	bench_free(bench);
}

static void test_stale_at_once(void **state)
{
	struct bench *bench = bench_new(NULL, NULL);

	(void)state;
	bench->fake->stale_at = 0;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	run(bench, 1);
	server_settle(bench->server);
	assert_string_equal(server_commands(bench->server), "");
	bench_free(bench);
}

/* The card goes while the mail is on its way: the file is closed, the mail goes out. */
static void test_card_gone(void **state)
{
	static const struct server_step script[] = { { "MAIL", SAY, "250 x\r\n", 100 }, { 0 } };
	struct bench *bench = bench_new(script, NULL);
	unsigned int closed = 0;

	(void)state;
	bench->fake->closed = &closed;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	run_to_state(bench, 3);
	slot_gone(g_queue_peek_head(&bench->backplane->slots));
	assert_int_equal(closed, 1);
	assert_int_equal(bench->backplane->requests, 1);
	run_out(bench);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 1);
	bench_free(bench);
}

/*
 * The daemon stalls, the kernel ends the request as not sent, and the card goes
 * before the claim: a mail that the ladder program may repeat must not go out.
 */
static void test_claim_on_a_card_gone_after_the_deadline(void **state)
{
	struct bench *bench = bench_new(NULL, NULL);

	(void)state;
	bench->fake->gone_at = 8;
	bench->fake->stall_ms = 1200;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 1000);
	run_out(bench);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 0);
	bench_free(bench);
}

/* What a removed card answers to read(): the slot is closed, the daemon goes on. */
static void test_read_fails(void **state)
{
	struct bench *bench = bench_new(NULL, NULL);
	unsigned int closed = 0;
	bool never = false;

	(void)state;
	bench->fake->closed = &closed;
	bench->fake->read_error = -ENODEV;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	for (int i = 0; i < 1000 && !closed; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(closed, 1);
	assert_int_equal(g_queue_get_length(&bench->backplane->slots), 0);
	bench_free(bench);
}

static void test_stop_hands_back(void **state)
{
	static const struct server_step script[] = {
		{ "DATA", HANG, NULL, 0 }, { 0 }
	};
	struct bench *bench = bench_new(script, NULL);
	bool never = false;

	(void)state;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	run_to_state(bench, 5);
	assert_int_equal(backplane_stop(bench->backplane), 0);
	assert_int_equal(bench->fake->release->len, 1);
	assert_int_equal(bench->fake->complete->len, 0);
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	loop_run(bench->event, &never, 500);
	assert_int_equal(sd_event_get_state(bench->event), SD_EVENT_FINISHED);
	assert_int_equal(g_queue_get_length(&bench->fake->queue), 1);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 0);
	bench_free(bench);
}

/* There is no device to hand it back to, so the mail goes out, and systemd is told how long. */
static void test_stop_card_gone(void **state)
{
	static const struct server_step script[] = { { "MAIL", SAY, "250 x\r\n", 300 }, { 0 } };
	struct bench *bench = bench_new(script, NULL);
	bool never = false;

	(void)state;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	run_to_state(bench, 3);
	slot_gone(g_queue_peek_head(&bench->backplane->slots));
	assert_in_range(backplane_stop(bench->backplane), 3000000, 5000000);
	loop_run(bench->event, &never, 3000);
	assert_int_equal(sd_event_get_state(bench->event), SD_EVENT_FINISHED);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 1);
	bench_free(bench);
}

/* After the claim there is nothing to hand back: the answer is awaited. */
static void test_stop_waits(void **state)
{
	static const struct server_step script[] = {
		{ ".", SAY, "250 2.0.0 taken\r\n", 300 }, { 0 }
	};
	struct bench *bench = bench_new(script, NULL);
	bool never = false;

	(void)state;
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	run_to_state(bench, 8);
	assert_in_range(backplane_stop(bench->backplane), 3000000, 5000000);
	assert_int_equal(bench->fake->release->len, 0);
	device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	loop_run(bench->event, &never, 3000);
	assert_int_equal(sd_event_get_state(bench->event), SD_EVENT_FINISHED);
	assert_int_equal(bench->fake->complete->len, 1);
	assert_int_equal(result(bench, 0)->status, 0);
	assert_int_equal(g_queue_get_length(&bench->fake->queue), 1); /* for the next daemon */
	bench_free(bench);
}

static void test_reload(void **state)
{
	struct bench *bench = bench_new(NULL, NULL);
	const struct slot *slot = g_queue_peek_head(&bench->backplane->slots);

	(void)state;
	write_configuration(bench, "[Mail]\nServer=mail\nSenderAddress=a@b\nTimeout=99\n"
				   "[Daemon]\nSessions=2\n");
	backplane_reload(bench->backplane);
	assert_int_equal(bench->fake->settings.timeout, 99);
	assert_string_equal(slot->setup->server, "mail");
	write_configuration(bench, "[Mail]\nServer=other\nSenderAddress=a@b\nTimeout=0\n");
	backplane_reload(bench->backplane);
	assert_int_equal(bench->fake->settings.timeout, 99);
	assert_string_equal(slot->setup->server, "mail");
	assert_int_equal(bench->backplane->configuration->sessions, 2);
	write_configuration(bench, "[Mail]\nSenderAddress=a@b\n");
	backplane_reload(bench->backplane);
	assert_int_equal(bench->fake->settings.timeout, 60);
	assert_int_equal(bench->fake->settings.health, 24);
	bench_free(bench);
}

/* What cannot be sent yet stays in the kernel's queue. */
static void test_sessions(void **state)
{
	static const struct server_step script[] = { { "MAIL", SAY, "250 x\r\n", 200 }, { 0 } };
	struct bench *bench = bench_new(script, "[Daemon]\nSessions=1\n");

	(void)state;
	for (int i = 0; i < 5; i++)
		device_fake_mail(bench->fake, "mark@hosteng.com", "x", "y", 5000);
	run_to_state(bench, 3);
	assert_int_equal(g_queue_get_length(&bench->fake->queue), 4);
	assert_int_equal(bench->backplane->requests, 1);
	run(bench, 5);
	for (guint i = 0; i < 5; i++)
		assert_int_equal(result(bench, i)->status, 0);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 5);
	bench_free(bench);
}

/* Delivered twice, it is the same mail; the next request is another one. */
static void test_message_id(void **state)
{
	struct ecom_request first = make_request("a@b", "x"), second = make_request("a@b", "x");
	struct bench *bench = bench_new(NULL, "[Daemon]\nSessions=1\n");
	g_auto(GStrv) parts = NULL;

	(void)state;
	device_fake_push(bench->fake, &first);
	device_fake_push(bench->fake, &first);
	device_fake_push(bench->fake, &second);
	run(bench, 3);
	server_settle(bench->server);
	parts = g_strsplit(server_text(bench->server), "Message-Id: ", -1);
	assert_int_equal(g_strv_length(parts), 4);
	for (int i = 1; i < 4; i++)
		parts[i][strcspn(parts[i], "\r")] = '\0';
	assert_string_equal(parts[1], parts[2]);
	assert_string_not_equal(parts[1], parts[3]);
	bench_free(bench);
}

/* Runs until the module's health is @status. */
static void run_to_health(struct bench *bench, unsigned int status)
{
	bool never = false;

	for (int i = 0; i < 2000 && bench->fake->settings.health != status; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(bench->fake->settings.health, status);
}

/* Probe=: a server that greets with 554 shows in the health, without any mail or command. */
static void test_probe(void **state)
{
	static const struct server_step script[] = {
		{ "connect", SAY_CLOSE, "554 5.3.2 No\r\n", 0 },
		{ 0 },
	};
	struct bench *bench = bench_new(script, "[Daemon]\nProbe=1\n");
	bool never = false;

	(void)state;
	assert_int_equal(bench->fake->settings.health, 0);
	run_to_health(bench, 554);
	backplane_reload(bench->backplane); /* begins anew */
	assert_int_equal(bench->fake->settings.health, 0);
	for (int i = 0; i < 2000 && server_connections(bench->server) < 2; i++)
		loop_run(bench->event, &never, 5);
	for (int i = 0; i < 20; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(server_connections(bench->server), 2);
	assert_int_equal(bench->fake->settings.health, 0);
	assert_int_equal(server_messages(bench->server), 0);
	assert_null(strstr(server_commands(bench->server), "MAIL"));
	write_configuration(bench, "[Mail]\n"); /* nothing to look at: 24 */
	backplane_reload(bench->backplane);
	assert_int_equal(bench->fake->settings.health, 24);
	bench_free(bench);
}

/* It goes to the next server, and again, as a mail does, though it has no recipients. */
static void test_probe_again(void **state)
{
	static const struct server_step script[] = {
		{ "connect", SAY_CLOSE, "450 4.3.2 Later\r\n", 0 },
		{ 0 },
	};
	struct bench *bench = bench_new(script, "Retry=transient\n[Daemon]\nProbe=1\n");
	bool never = false;

	(void)state;
	for (int i = 0; i < 2000 && server_connections(bench->server) < 2; i++)
		loop_run(bench->event, &never, 5);
	assert_in_range(server_connections(bench->server), 2, 3);
	bench_free(bench);
}

/* The trace as datagrams: time stamp, module, text. */
static void test_trace_to(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(TRACE_PORT),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_autoptr(GString) text = g_string_new(NULL);
	struct bench *bench = bench_new(NULL, "[Daemon]\nTraceTo=::1, 127.0.0.1\n");
	struct slot *slot = g_queue_peek_head(&bench->backplane->slots);
	char line[512];
	ssize_t n;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	device_fake_mail(bench->fake, "mark@hosteng.com", "untraced", "", 5000);
	run(bench, 1);
	assert_int_equal(trace_switch(slot, true), 0);
	device_fake_mail(bench->fake, "mark@hosteng.com", "Widget Report", "x", 5000);
	run(bench, 2);
	assert_int_equal(trace_switch(slot, false), 0);
	while ((n = recv(fd, line, sizeof(line), MSG_DONTWAIT)) > 0)
		g_string_append_len(text, line, n);
	close(fd);
	assert_non_null(strstr(text->str, " 0:K1: EMail Trace On\n"));
	assert_non_null(strstr(text->str, " 0:K1: Subject: Widget Report\n"));
	assert_non_null(strstr(text->str, " 0:K1: Success!\n"));
	assert_non_null(strstr(text->str, " 0:K1: EMail Trace Off\n"));
	assert_null(strstr(text->str, "untraced"));
	bench_free(bench);
}

/* A text and a group of the setup, all the way. */
static void test_names(void **state)
{
	struct bench *bench = bench_new(NULL, "Group.maint=joe@acme.com, ann@acme.com\n"
					      "Text.alarm=Pump {1}.\\nCall {2}!\n");

	(void)state;
	device_fake_mail(bench->fake, "maint", "x", "@alarm 3,Joe", 5000);
	device_fake_mail(bench->fake, "maint", "x", "@alarms 3,Joe", 5000);
	run(bench, 2);
	assert_int_equal(result(bench, 0)->status + result(bench, 1)->status, 23);
	server_settle(bench->server);
	assert_non_null(strstr(server_commands(bench->server), "RCPT TO:<ann@acme.com>"));
	assert_non_null(strstr(server_text(bench->server), "Pump 3.\r\nCall Joe!\r\n"));
	assert_int_equal(server_messages(bench->server), 1);
	bench_free(bench);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_rate_limit),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_allowed_cc),
		cmocka_unit_test(test_partly),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_again),
		cmocka_unit_test(test_trace_to),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cc_only),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_late_already),
		cmocka_unit_test(test_stale_claim),
		cmocka_unit_test(test_stale_at_once),
		cmocka_unit_test(test_card_gone),
		cmocka_unit_test(test_claim_on_a_card_gone_after_the_deadline),
		cmocka_unit_test(test_read_fails),
		cmocka_unit_test(test_stop_hands_back),
		cmocka_unit_test(test_stop_waits),
		cmocka_unit_test(test_stop_card_gone),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_message_id),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
