// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions that are kept open: who may use them again, and when they must not be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "loop.h"
#include "mail.h"
#include "server.h"

#define KEEP_US 10000000

static struct setup *setup;

static struct server *begin(const struct server_step *script, bool pipelining)
{
	struct server *server = server_start(script, pipelining);

	engine_set_keep_open(engine, KEEP_US);
	engine_set_sessions_max(engine, 4);
	setup = mail_setup(server_port(server));
	return server;
}

/* The sessions are closed for good, so that no test meets those of another. */
static void finish(struct server *server, unsigned int connections)
{
	bool never = false;

	engine_retire(engine, setup);
	loop_run(event, &never, 30);
	server_settle(server);
	assert_int_equal(server_connections(server), connections);
	setup_unref(setup);
	server_stop(server);
}

/* Pipelined replies may come all at once: then 4 and 5 are not seen. */
static void expect_states(const struct mail *mail, const char *expected)
{
	const char *seen = mail->states->str;

	for (const char *at = expected; *at; at++) {
		if (*at == *seen)
			seen++;
		else if (*at != '4' && *at != '5')
			fail_msg("states %s, not %s", mail->states->str, expected);
	}
	if (*seen)
		fail_msg("states %s, not %s", mail->states->str, expected);
}

/* Sends one mail, expects its status, the states it went through and "sent". */
static void send_one(unsigned int status, const char *states, enum slave89_sent sent)
{
	unsigned int timeout_ms = status >= 10 && status < 20 ? TIMEOUT_MS : PATIENCE_MS;
	struct mail *mail = mail_new_with(setup, "mark@hosteng.com", timeout_ms);

	mail_run(mail);
	assert_int_equal(mail->submission.outcome.status, status);
	expect_states(mail, states);
	assert_int_equal(mail->submission.outcome.sent, sent);
	mail_free(mail);
}

static void test_reused(void **state)
{
	struct server *server = begin(NULL, true);
	struct mail *mail;

	(void)state;
	send_one(0, "12345678", SENT_YES);
	mail = mail_new_with(setup, "joe@acme.com", PATIENCE_MS);
	mail_run(mail);
	expect_states(mail, "345678");
	assert_true(g_str_has_prefix(mail->trace->str, "Session reused\nSending MAIL FROM\n"));
	mail_free(mail);
	finish(server, 1);
}

static void test_commands(void **state)
{
	struct server *server = begin(NULL, false);

	(void)state;
	send_one(0, "12345678", SENT_YES);
	send_one(0, "345678", SENT_YES);
	engine_retire(engine, setup);
	server_settle(server);
	assert_string_equal(server_commands(server),
			    "EHLO plc.acme.com|"
			    "MAIL FROM:<plc@acme.com>|RCPT TO:<mark@hosteng.com>|DATA|"
			    "MAIL FROM:<plc@acme.com>|RCPT TO:<mark@hosteng.com>|DATA|QUIT|");
	assert_int_equal(server_messages(server), 2);
	finish(server, 1);
}

/* After a refusal RSET, and the session goes on if that is accepted, with just that. */
static void expect_reset(const struct server_step *script, const char *states,
			 unsigned int connections)
{
	static const char wanted[] = "RCPT TO:<mark@hosteng.com>|RSET|";
	struct server *server = begin(script, false);
	bool never = false;

	send_one(550, "1234", SENT_NO);
	for (int i = 0; i < 100 && !strstr(server_commands(server), wanted); i++)
		loop_run(event, &never, 60);
	assert_non_null(strstr(server_commands(server), wanted));
	loop_run(event, &never, 60); /* the answer */
	send_one(0, states, SENT_YES);
	finish(server, connections);
}

static void test_reset(void **state)
{
#define REFUSAL                                    \
	{                                          \
		"RCPT", SAY, "550 5.1.1 no\r\n", 0 \
	}
	static const struct server_step plain[] = { REFUSAL, { 0 } };
	static const struct server_step drips[] = {
		REFUSAL, { "RSET", DRIP, "250-a\r\n250 b\r\n", 0 }, { 0 }
	};
	static const struct server_step refused[] = {
		REFUSAL, { "RSET", SAY, "502 5.5.1 what\r\n", 0 }, { 0 }
	};
	static const struct server_step twice[] = {
		REFUSAL, { "RSET", SAY, "250 a\r\n250 b\r\n", 0 }, { 0 }
	};
	static const struct server_step garbage[] = { REFUSAL, { "RSET", SAY, "ok\r\n", 0 }, { 0 } };
	static const struct server_step closes[] = {
		REFUSAL, { "RSET", SAY_CLOSE, "250 a\r\n", 0 }, { 0 }
	};
	static const struct server_step hangs[] = { REFUSAL, { "RSET", HANG, NULL, 0 }, { 0 } };

	(void)state;
	expect_reset(plain, "345678", 1);
	expect_reset(drips, "345678", 1);
	expect_reset(refused, "12345678", 2);
	expect_reset(twice, "12345678", 2);
	expect_reset(garbage, "12345678", 2);
	expect_reset(closes, "12345678", 2);
	expect_reset(hangs, "12345678", 2);
}

/* With one session only, the next mail waits for the answer to RSET, but not for ever. */
static void test_reset_hangs(void **state)
{
	static const struct server_step script[] = { REFUSAL, { "RSET", HANG, NULL, 0 }, { 0 } };
	struct server *server = begin(script, false);

	(void)state;
	engine_set_sessions_max(engine, 1);
	send_one(550, "1234", SENT_NO);
	send_one(0, "12345678", SENT_YES);
	finish(server, 2);
}

/* A refusal at the end of data, and one of two recipients refused. */
static void test_refused_end(void **state)
{
	static const struct server_step script[] = { { ".", SAY, "554 5.6.0 no\r\n", 0 }, { 0 } };
	struct server *server = begin(script, true);
	bool never = false;

	(void)state;
	send_one(554, "12345678", SENT_NO);
	loop_run(event, &never, 30);
	assert_non_null(strstr(server_commands(server), "RSET|"));
	send_one(0, "345678", SENT_YES);
	finish(server, 1);
}

/* Two replies of equal length, 20 ms apart. */
#define QUEUED_THEN_DOWN "250 2.0.0 queued\r\n421 4.4.2 asleep\r\n"

/* The server has spoken on an idle session, seen by the loop or only when it is to be used. */
static void expect_late(const struct server_step *script, bool loop)
{
	struct server *server = begin(script, false);
	bool never = false;

	send_one(0, "12345678", SENT_YES);
	if (loop)
		loop_run(event, &never, 60);
	else
		usleep(60000);
	send_one(0, "12345678", SENT_YES);
	assert_int_equal(server_messages(server), 2);
	finish(server, 2);
}

static void test_late_byte(void **state)
{
	static const struct server_step down[] = { { ".", SPLIT, QUEUED_THEN_DOWN, 0 }, { 0 } };
	static const struct server_step closes[] = {
		{ ".", SPLIT_CLOSE, QUEUED_THEN_DOWN, 0 }, { 0 }
	};
	static const struct server_step at_once[] = {
		{ ".", SAY, "250 2.0.0 a\r\n250 2.0.0 b\r\n", 0 }, { 0 }
	};

	(void)state;
	expect_late(down, true);
	expect_late(down, false);
	expect_late(closes, true);
	expect_late(closes, false);
	expect_late(at_once, false);
}

#define FINE                                   \
	{                                      \
		"MAIL", SAY, "250 fine\r\n", 0 \
	}
#define DOWN "421 4.3.2 down\r\n"

/* The first command on a kept-open session is answered so; what becomes of its mail. */
static void expect_dead(const struct server_step *script, bool pipelining, unsigned int status,
			const char *states, unsigned int connections)
{
	struct server *server = begin(script, pipelining);

	send_one(0, "12345678", SENT_YES);
	send_one(status, states, SENT_NO + (status == 0));
	assert_int_equal(server_messages(server), status ? 1 : 2);
	finish(server, connections);
}

static void test_dead(void **state)
{
	static const struct server_step down[] = { FINE, { "MAIL", SAY_CLOSE, DOWN, 0 }, { 0 } };
	static const struct server_step closes[] = { FINE, { "MAIL", SAY_CLOSE, NULL, 0 }, { 0 } };
	static const struct server_step resets[] = { FINE, { "MAIL", SAY_RESET, NULL, 30 }, { 0 } };
	static const struct server_step twice[] = {
		FINE, { "MAIL", SAY_CLOSE, DOWN, 0 }, { "MAIL", SAY_CLOSE, DOWN, 0 }, { 0 }
	};
	static const struct server_step hangs[] = { FINE, { "MAIL", HANG, NULL, 0 }, { 0 } };
	static const struct server_step refuses[] = {
		FINE, { "MAIL", SAY, "451 4.3.0 x\r\n", 0 }, { 0 }
	};
	static const struct server_step later[] = {
		FINE, FINE, { "RCPT", SAY, "250 a\r\n", 0 }, { "RCPT", SAY_CLOSE, DOWN, 0 }, { 0 }
	};

	(void)state;
	for (int pipelining = 0; pipelining < 2; pipelining++) {
		expect_dead(down, pipelining, 0, "312345678", 2);
		expect_dead(closes, pipelining, 0, "312345678", 2);
		expect_dead(resets, pipelining, 0, "312345678", 2);
		expect_dead(twice, pipelining, 421, "3123", 2);
		expect_dead(hangs, pipelining, 13, "3", 1);
		expect_dead(later, pipelining, 421, "34", 1);
	}
	expect_dead(refuses, false, 451, "3", 1);
}

/* An equal setup is another one: what it is allowed to see may differ by and by. */
static void test_own_setup(void **state)
{
	struct server *server = begin(NULL, false);
	struct setup *other = mail_setup(server_port(server)), *mine = setup;

	(void)state;
	send_one(0, "12345678", SENT_YES);
	setup = other;
	send_one(0, "12345678", SENT_YES);
	engine_retire(engine, other);
	setup_unref(other);
	setup = mine;
	send_one(0, "345678", SENT_YES);
	finish(server, 2);
}

/* Replaced while its session is idle or busy: it is not used again. */
static void test_retired(void **state)
{
	struct server *server = begin(NULL, false);
	struct mail *mail = mail_new_with(setup, "a@x.org", PATIENCE_MS);

	(void)state;
	send_one(0, "12345678", SENT_YES);
	engine_retire(engine, setup);
	engine_submit(engine, &mail->submission);
	while (!strchr(mail->states->str, '3'))
		sd_event_run(event, 10000);
	engine_retire(engine, setup);
	loop_run(event, &mail->done, PATIENCE_MS);
	assert_string_equal(mail->states->str, "12345678");
	expect_outcome(mail, 0, 8, 0, SENT_YES);
	mail_free(mail);
	send_one(0, "12345678", SENT_YES);
	finish(server, 3);
}

/* With nothing kept open QUIT travels with the end of data: who skips a reply gives it away. */
static void test_early_quit(void **state)
{
	static const struct server_step skips[] = { { ".", SAY, NULL, 0 }, { 0 } };
	struct server *server = begin(skips, true);

	(void)state;
	engine_set_keep_open(engine, 0);
	send_one(22, "12345678", SENT_UNKNOWN);
	send_one(0, "12345678", SENT_YES);
	finish(server, 2);

	server = begin(skips, false);
	engine_set_keep_open(engine, 0);
	send_one(18, "12345678", SENT_UNKNOWN);
	finish(server, 1);

	server = begin(skips, true);
	send_one(18, "12345678", SENT_UNKNOWN);
	finish(server, 1);
}

/* QUIT was said, so that it is too late to keep the session; said once only. */
static void test_kept_too_late(void **state)
{
	static const struct server_step script[] = { { ".", SAY, "250 ok\r\n", 100 },
						     { "QUIT", SAY, "221 bye\r\n", 100 },
						     { 0 } };
	struct server *server = begin(script, true);
	struct mail *mail = mail_new_with(setup, "a@x.org", PATIENCE_MS);

	(void)state;
	engine_set_keep_open(engine, 0);
	engine_submit(engine, &mail->submission);
	while (!strchr(mail->states->str, '8'))
		sd_event_run(event, 10000);
	engine_set_keep_open(engine, KEEP_US);
	loop_run(event, &mail->done, PATIENCE_MS);
	expect_outcome(mail, 0, 8, 0, SENT_YES);
	mail_free(mail);
	send_one(0, "12345678", SENT_YES);
	assert_null(strstr(server_commands(server), "QUIT|QUIT"));
	assert_non_null(strstr(server_commands(server), "DATA|QUIT|EHLO"));
	finish(server, 2);
}

/* Its time is up: QUIT, and a server that does not answer it holds up nobody. */
static void test_idle_end(void **state)
{
	static const struct server_step script[] = { { "QUIT", HANG, NULL, 0 }, { 0 } };
	struct server *server = begin(script, false);
	bool never = false;

	(void)state;
	engine_set_keep_open(engine, 50000);
	send_one(0, "12345678", SENT_YES);
	loop_run(event, &never, 200);
	assert_true(g_str_has_suffix(server_commands(server), "DATA|QUIT|"));
	send_one(0, "12345678", SENT_YES);
	finish(server, 2);
}

/* One session a server: an idle one of another setup makes way. */
static void test_makes_way(void **state)
{
	struct server *server = begin(NULL, false);
	struct setup *other = mail_setup(server_port(server)), *mine = setup;

	(void)state;
	engine_set_sessions_max(engine, 1);
	send_one(0, "12345678", SENT_YES);
	setup = other;
	send_one(0, "12345678", SENT_YES);
	engine_retire(engine, other);
	setup_unref(other);
	setup = mine;
	finish(server, 2);
}

/* 64 hang at one server; neither it nor its full share delays mail to another. */
static void test_healthy_server(void **state)
{
	struct server_step hang[65] = { { 0 } };
	struct server *server, *healthy;
	struct mail *hung[64], *mail;
	unsigned int lasting = getenv("UNIT_VALGRIND") ? 6 * PATIENCE_MS : 3 * TIMEOUT_MS;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		hang[i] = (struct server_step){ "MAIL", HANG, NULL, 0 };
	server = begin(hang, false);
	healthy = server_start(NULL, false);
	engine_set_sessions_max(engine, 64);
	for (size_t i = 0; i < 64; i++) {
		hung[i] = mail_new_with(setup, "a@x.org", lasting);
		engine_submit(engine, &hung[i]->submission);
	}
	for (size_t i = 0; i < 64; i++)
		while (!hung[i]->done && !strchr(hung[i]->states->str, '3'))
			sd_event_run(event, 10000);
	assert_false(engine_has_room(engine, setup));
	mail = mail_new(server_port(healthy), "a@x.org", lasting / 3);
	assert_true(engine_has_room(engine, mail->setup));
	mail_run(mail);
	expect_outcome(mail, 0, 8, 0, SENT_YES);
	for (size_t i = 0; i < 64; i++) {
		loop_run(event, &hung[i]->done, 7 * PATIENCE_MS);
		expect_outcome(hung[i], 13, 3, 0, SENT_NO);
		mail_free(hung[i]);
	}
	engine_retire(engine, mail->setup);
	mail_free(mail);
	server_stop(healthy);
	finish(server, 64);
}

/*
 * An answer waits to be read while another session connects: libcurl, which
 * then looks for dead connections, must not take it for a sign of one.
 */
static void test_unread_answer(void **state)
{
	static const struct server_step script[] = { { "MAIL", SAY, "250 fine\r\n", 1200 }, { 0 } };
	struct server *server = begin(script, false);
	struct mail *first = mail_new_with(setup, "a@x.org", PATIENCE_MS);
	struct mail *second = mail_new_with(setup, "b@x.org", PATIENCE_MS);

	(void)state;
	engine_submit(engine, &first->submission);
	while (!strchr(first->states->str, '3'))
		sd_event_run(event, 10000);
	usleep(1400000);
	engine_submit(engine, &second->submission);
	loop_run(event, &first->done, PATIENCE_MS);
	loop_run(event, &second->done, PATIENCE_MS);
	expect_outcome(first, 0, 8, 0, SENT_YES);
	expect_outcome(second, 0, 8, 0, SENT_YES);
	mail_free(first);
	mail_free(second);
	finish(server, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reused),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_reset_hangs),
		cmocka_unit_test(test_refused_end),
		cmocka_unit_test(test_late_byte),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_own_setup),
		cmocka_unit_test(test_retired),
		cmocka_unit_test(test_early_quit),
		cmocka_unit_test(test_kept_too_late),
		cmocka_unit_test(test_idle_end),
		cmocka_unit_test(test_makes_way),
		cmocka_unit_test(test_healthy_server),
		cmocka_unit_test(test_unread_answer),
	};

	return cmocka_run_group_tests_name("session", tests, mail_set_up, mail_tear_down);
}
