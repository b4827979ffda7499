// SPDX-License-Identifier: GPL-2.0-or-later
/* Other servers, and the same again later: when, and when not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/retry.h"
#include "loop.h"
#include "mail.h"
#include "server.h"

/* A setup that lists the server on @port first, then @other. */
static struct mail *mail_for(unsigned int port, struct server *other, const char *mode,
			     unsigned int timeout_ms)
{
	struct mail *mail = mail_new(port, "mark@hosteng.com", timeout_ms);
	g_autofree char *both = other ? g_strdup_printf("127.0.0.1:%u, 127.0.0.1:%u", port,
							server_port(other)) :
					g_strdup_printf("127.0.0.1:%u", port);

	assert_null(setup_set(mail->setup, "Server", both));
	assert_null(setup_set(mail->setup, "Retry", mode));
	return mail;
}

/* The first server does as @script; does the mail go by the second? */
static void expect(const struct server_step *script, const char *states, unsigned int status,
		   unsigned int in_state, unsigned int detail)
{
	struct server *first = server_start(script, false), *second = server_start(NULL, false);
	struct mail *mail = mail_for(server_port(first), second, "no", 2 * TIMEOUT_MS);

	mail_run(mail);
	server_settle(first);
	server_settle(second);
	expect_outcome(mail, status, in_state, detail, status ? SENT_NO : SENT_YES);
	assert_string_equal(mail->states->str, states);
	assert_int_equal(server_messages(first), 0);
	assert_int_equal(server_messages(second), status ? 0 : 1);
	mail_free(mail);
	server_stop(first);
	server_stop(second);
}

static void test_next_server(void **state)
{
	static const struct server_step busy[] = { { "connect", SAY, "421 4.3.2 x\r\n", 0 }, { 0 } };
	static const struct server_step none[] = { { "connect", SAY, "554 no\r\n", 0 }, { 0 } };
	static const struct server_step later[] = { { "connect", SAY, "450 x\r\n", 0 }, { 0 } };
	static const struct server_step closes[] = { { "EHLO", SAY_CLOSE, NULL, 0 }, { 0 } };
	static const struct server_step hangs[] = { { "connect", HANG, NULL, 0 }, { 0 } };
	static const struct server_step ssh[] = { { "connect", SAY, "SSH-2.0\r\n", 0 }, { 0 } };
	static const struct server_step mail[] = { { "MAIL", SAY, "451 4.3.0 x\r\n", 0 }, { 0 } };
	static const struct server_step dead[] = { { "MAIL", SAY_CLOSE, NULL, 0 }, { 0 } };

	(void)state;
	expect(busy, "1212345678", 0, 8, 0);
	expect(none, "1212345678", 0, 8, 0);
	expect(later, "1212345678", 0, 8, 0);
	expect(closes, "1212345678", 0, 8, 0);
	expect(hangs, "1212345678", 0, 8, 0);
	expect(ssh, "1212345678", 0, 8, 0);
	expect(mail, "123", 451, 3, 0);
	expect(dead, "123", 20, 3, DETAIL_CLOSED);
}

/* All fail: the last one's outcome. A name that is unknown is a failure, too. */
static void test_last_server(void **state)
{
	static const struct server_step busy[] = { { "connect", SAY, "421 4.3.2 x\r\n", 0 }, { 0 } };
	static const struct server_step none[] = { { "connect", SAY, "554 no\r\n", 0 }, { 0 } };
	struct server *first = server_start(busy, false), *second = server_start(none, false);
	struct mail *mail = mail_for(server_port(first), second, "no", PATIENCE_MS);

	(void)state;
	mail_run(mail);
	expect_outcome(mail, 554, 2, 0, SENT_NO);
	assert_int_equal(mail->submission.server, 1);
	mail_free(mail);
	server_stop(first);
	server_stop(second);
}

/*
 * The session to the second server is kept: the next mail is said to go there.
 * Once that is dead, the first one has its turn again.
 */
static void test_kept_server(void **state)
{
	static const struct server_step busy[] = { { "connect", SAY, "421 4.3.2 x\r\n", 0 }, { 0 } };
	static const struct server_step dead[] = { { "MAIL FROM", SAY, "250 ok\r\n", 0 },
						   { "MAIL FROM", SAY, "250 ok\r\n", 0 },
						   { "MAIL FROM", SAY_CLOSE, NULL, 0 },
						   { 0 } };
	struct server *first = server_start(busy, false), *second = server_start(dead, false);
	struct mail *mail[3];

	(void)state;
	engine_set_keep_open(engine, 1000000);
	mail[0] = mail_for(server_port(first), second, "no", PATIENCE_MS);
	for (int i = 1; i < 3; i++)
		mail[i] = mail_new_with(mail[0]->setup, "b@x.org", PATIENCE_MS);
	for (unsigned int i = 0; i < 3; i++) {
		mail_run(mail[i]);
		expect_outcome(mail[i], 0, 8, 0, SENT_YES);
		assert_int_equal(mail[i]->submission.server, i < 2);
	}
	engine_retire(engine, mail[0]->setup);
	engine_set_keep_open(engine, 0);
	server_settle(first);
	server_settle(second);
	assert_int_equal(server_messages(first), 1);
	assert_int_equal(server_messages(second), 2);
	for (int i = 0; i < 3; i++)
		mail_free(mail[i]);
	server_stop(first);
	server_stop(second);
}

/* Whom the kernel has given up is not tried anywhere else. */
static void test_stale(void **state)
{
	struct server *first = server_start(NULL, false), *second = server_start(NULL, false);
	struct mail *mail = mail_for(server_port(first), second, "transient", PATIENCE_MS);

	(void)state;
	mail->stale_at = 2;
	mail_run(mail);
	expect_outcome(mail, 11, 1, 0, SENT_NO);
	server_settle(second);
	assert_int_equal(server_connections(second), 0);
	mail_free(mail);
	server_stop(first);
	server_stop(second);
}

/* Fails once as @script says. */
static void expect_retry(const struct server_step *script, const char *mode,
			 unsigned int timeout_ms, unsigned int status, unsigned int connections)
{
	struct server *server = server_start(script, true);
	struct mail *mail = mail_for(server_port(server), NULL, mode, timeout_ms);

	mail_run(mail);
	server_settle(server);
	assert_int_equal(mail->submission.outcome.status, status);
	assert_int_equal(server_connections(server), connections);
	mail_free(mail);
	server_stop(server);
}

static void test_transient(void **state)
{
	static const struct server_step busy[] = { { "connect", SAY, "421 4.3.2 x\r\n", 0 }, { 0 } };
	static const struct server_step grey[] = { { "RCPT", SAY, "450 4.2.0 grey\r\n", 0 }, { 0 } };
	static const struct server_step for_good[] = { { "RCPT", SAY, "550 x\r\n", 0 }, { 0 } };
	static const struct server_step dot[] = { { ".", SAY, "451 4.3.0 x\r\n", 0 }, { 0 } };
	static const struct server_step lost[] = { { "MAIL", SAY_CLOSE, NULL, 0 }, { 0 } };

	(void)state;
	expect_retry(busy, "transient", PATIENCE_MS, 0, 2);
	expect_retry(grey, "transient", PATIENCE_MS, 0, 2);
	expect_retry(busy, "no", PATIENCE_MS, 421, 1);
	expect_retry(busy, "transient", 900, 421, 1);
	expect_retry(for_good, "transient", PATIENCE_MS, 550, 1);
	expect_retry(dot, "transient", PATIENCE_MS, 451, 1);
	expect_retry(lost, "transient", PATIENCE_MS, 20, 1);
}

/* Pauses grow, and the last try is not long before the deadline, whatever that is. */
static void test_pauses(void **state)
{
	static const unsigned int timeouts[] = { 5, 7, 30, 60, 300 };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(timeouts); i++) {
		uint64_t left = timeouts[i] * G_USEC_PER_SEC, pause;
		unsigned int tries = 0;

		while ((pause = retry_pause(tries, left))) {
			assert_in_range(pause, G_USEC_PER_SEC, 30 * G_USEC_PER_SEC);
			assert_true(pause < left);
			left -= pause;
			tries++;
		}
		assert_in_range(left, 1, 3 * G_USEC_PER_SEC);
		assert_in_range(tries, 2, 20);
	}
}

/* Taken back while it waits for its next try. */
static void test_withdraw(void **state)
{
	static const struct server_step busy[] = { { "connect", SAY, "421 4.3.2 x\r\n", 0 }, { 0 } };
	struct server *server = server_start(busy, false);
	struct mail *mail = mail_for(server_port(server), NULL, "transient", PATIENCE_MS);
	bool never = false;

	(void)state;
	engine_submit(engine, &mail->submission);
	while (!mail->submission.pause)
		sd_event_run(event, 10000);
	engine_withdraw(engine, &mail->submission);
	loop_run(event, &never, 1300);
	assert_false(mail->done);
	server_settle(server);
	assert_int_equal(server_connections(server), 1);
	mail_free(mail);
	server_stop(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_server),
		cmocka_unit_test(test_last_server),
		cmocka_unit_test(test_kept_server),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_transient),
		cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_withdraw),
	};

	return cmocka_run_group_tests_name("retry", tests, mail_set_up, mail_tear_down);
}
