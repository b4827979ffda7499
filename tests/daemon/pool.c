// SPDX-License-Identifier: GPL-2.0-or-later
/* How many sessions there are, and whose turn it is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/pool.h"
#include "loop.h"
#include "mail.h"
#include "server.h"

#define REFUSING_PORT 1
#define MAILS	      12
#define QUITTING      40
#define QUITTING_MOST 17
#define SERVERS	      5
#define OF_EACH	      60 /* together more than there may be */

/* Runs them to their ends; returns how many were with their second server at a time. */
static unsigned int run_all(struct mail **mails, size_t n)
{
	unsigned int most = 0, there, open;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(engine_submit(engine, &mails[i]->submission), 0);
	do {
		sd_event_run(event, 10000);
		open = there = 0;
		for (size_t i = 0; i < n; i++) {
			open += !mails[i]->done;
			there += !mails[i]->done && mails[i]->submission.session &&
				 mails[i]->submission.server;
		}
		most = MAX(most, there);
	} while (open);
	return most;
}

/* A first server that nobody else has, and that refuses; a second one that all share. */
static struct mail *mail_over(const char *first, struct server *second)
{
	struct mail *mail = mail_new(server_port(second), "a@x.org", PATIENCE_MS);
	g_autofree char *both = g_strdup_printf("%s:%u, 127.0.0.1:%u", first, REFUSING_PORT,
						server_port(second));

	assert_null(setup_set(mail->setup, "Server", both));
	return mail;
}

/* The limit is the server's, whichever setups lead there. */
static void test_shared_server(void **state)
{
	struct server_step script[MAILS + 1] = { { 0 } };
	struct mail *mails[MAILS];
	struct server *server;

	(void)state;
	for (size_t i = 0; i < MAILS; i++)
		script[i] = (struct server_step){ "MAIL", SAY, "250 ok\r\n", 30 };
	server = server_start(script, false);
	engine_set_sessions_max(engine, 2);
	for (size_t i = 0; i < MAILS; i++)
		mails[i] = mail_over(i % 2 ? "127.0.0.1" : "127.0.0.2", server);
	assert_int_equal(run_all(mails, MAILS), 2);
	server_settle(server);
	for (size_t i = 0; i < MAILS; i++) {
		expect_outcome(mails[i], 0, 8, 0, SENT_YES);
		mail_free(mails[i]);
	}
	assert_int_equal(server_messages(server), MAILS);
	engine_set_sessions_max(engine, 4);
	server_stop(server);
}

/* One that is at its limit there leaves room for who goes elsewhere first. */
static void test_room(void **state)
{
	static const struct server_step hangs[] = { { "MAIL", HANG, NULL, 0 }, { 0 } };
	struct server *server = server_start(hangs, false), *other = server_start(NULL, false);
	struct mail *mail = mail_over("127.0.0.1", server);
	struct setup *there = mail_setup(server_port(server));
	struct setup *elsewhere = mail_setup(server_port(other));

	(void)state;
	engine_set_sessions_max(engine, 1);
	engine_submit(engine, &mail->submission);
	while (!strchr(mail->states->str, '3'))
		sd_event_run(event, 10000);
	assert_false(engine_has_room(engine, mail->setup));
	assert_false(engine_has_room(engine, there));
	assert_true(engine_has_room(engine, elsewhere));
	engine_withdraw(engine, &mail->submission);
	assert_true(engine_has_room(engine, there));
	engine_set_sessions_max(engine, 4);
	setup_unref(there);
	setup_unref(elsewhere);
	mail_free(mail);
	server_stop(server);
	server_stop(other);
}

/* A server that does not answer QUIT has few of ours to wait for. */
static void test_quitting(void **state)
{
	struct server_step script[QUITTING + 1] = { { 0 } };
	struct server *server;

	(void)state;
	for (size_t i = 0; i < QUITTING; i++)
		script[i] = (struct server_step){ "QUIT", HANG, NULL, 0 };
	server = server_start(script, false);
	for (size_t i = 0; i < QUITTING; i++) {
		struct mail *mail = mail_new(server_port(server), "a@x.org", PATIENCE_MS);

		mail_run(mail);
		expect_outcome(mail, 0, 8, 0, SENT_YES);
		mail_free(mail);
	}
	/* while the loop does not run, time ends none of them */
	for (int i = 0; i < PATIENCE_MS && server_sessions(server) > QUITTING_MOST; i++)
		usleep(1000);
	assert_in_range(server_sessions(server), 2, QUITTING_MOST);
	server_settle(server);
	assert_int_equal(server_messages(server), QUITTING);
	server_stop(server);
}

static unsigned int count_sessions(struct mail **mails, size_t n)
{
	unsigned int sessions = 0;

	for (size_t i = 0; i < n; i++)
		sessions += mails[i]->submission.session != NULL;
	return sessions;
}

/* Many servers that hang, and not even all together may have more than so many sessions. */
static void test_total(void **state)
{
	static const struct server_step hangs[] = { { "connect", HANG, NULL, 0 }, { 0 } };
	struct server *servers[SERVERS];
	struct mail *mails[SERVERS * OF_EACH];
	bool never = false;

	(void)state;
	engine_set_sessions_max(engine, OF_EACH);
	for (size_t i = 0; i < SERVERS; i++)
		servers[i] = server_start(hangs, false);
	for (size_t i = 0; i < SERVERS * OF_EACH; i++) {
		mails[i] = mail_new(server_port(servers[i % SERVERS]), "a@x.org", 3 * PATIENCE_MS);
		assert_int_equal(engine_submit(engine, &mails[i]->submission), 0);
	}
	for (int i = 0; i < 1000 && count_sessions(mails, SERVERS * OF_EACH) < POOL_TOTAL; i++)
		loop_run(event, &never, 20);
	loop_run(event, &never, 100);
	assert_int_equal(count_sessions(mails, SERVERS * OF_EACH), POOL_TOTAL);
	for (size_t i = 0; i < SERVERS * OF_EACH; i++) {
		engine_withdraw(engine, &mails[i]->submission);
		mail_free(mails[i]);
	}
	engine_set_sessions_max(engine, 4);
	for (size_t i = 0; i < SERVERS; i++)
		server_stop(servers[i]);
}

/* Who gets a turn in the last moment has waited for it all the time. */
static void test_last_moment(void **state)
{
	static const struct server_step hangs[] = { { "MAIL", HANG, NULL, 0 }, { 0 } };
	struct server *server = server_start(hangs, false);
	struct mail *mails[2];

	(void)state;
	engine_set_sessions_max(engine, 1);
	for (int i = 0; i < 2; i++)
		mails[i] = mail_new(server_port(server), "a@x.org", TIMEOUT_MS);
	mails[1]->submission.deadline_us = mails[0]->submission.deadline_us + 20000;
	run_all(mails, 2);
	server_settle(server);
	expect_outcome(mails[0], 13, 3, 0, SENT_NO);
	expect_outcome(mails[1], 10, 0, 0, SENT_NO);
	assert_string_equal(mails[1]->states->str, "");
	assert_int_equal(server_connections(server), 1);
	engine_set_sessions_max(engine, 4);
	mail_free(mails[0]);
	mail_free(mails[1]);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared_server),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_quitting),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_last_moment),
	};

	return cmocka_run_group_tests_name("pool", tests, mail_set_up, mail_tear_down);
}
