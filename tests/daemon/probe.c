// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl probe: the conversation with a scripted server, and what it reports. */

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <glib/gstdio.h>

#include "certificate.h"
#include "daemon/ctl/certificate.h"
#include "daemon/ctl/probe.h"
#include "server.h"

static GString *lines;

static void on_line(void *userdata, const char *kind, const char *text, double seconds)
{
	(void)userdata;
	(void)seconds;
	g_string_append_printf(lines, "%s %s|", kind, text);
}

static struct setup *make_setup(unsigned int port, const char *tls)
{
	static const char *const fields[][2] = { { "SenderAddress", "plc@acme.com" },
						 { "HeloName", "plc.acme.com" },
						 { "Timeout", "20" } };
	g_autofree char *server = g_strdup_printf("127.0.0.1:%u", port);
	struct setup *setup = setup_new();

	assert_null(setup_set(setup, "TLS", tls));
	assert_null(setup_set(setup, "Server", server));
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		assert_null(setup_set(setup, fields[i][0], fields[i][1]));
	return setup;
}

static void hold(struct conversation *conversation, struct setup *setup, const char *to)
{
	if (lines)
		g_string_free(lines, TRUE);
	lines = g_string_new(NULL);
	setup_finish(setup);
	conversation->setup = setup;
	conversation->line = on_line;
	conversation->recipients = g_ptr_array_new();
	if (to)
		g_ptr_array_add(conversation->recipients, (char *)to);
	probe_hold(conversation);
	g_ptr_array_unref(conversation->recipients);
}

static JsonObject *step_of(const struct conversation *conversation, const char *name)
{
	JsonArray *steps = json_object_get_array_member(conversation->report, "steps");

	for (guint i = 0; i < json_array_get_length(steps); i++) {
		JsonObject *step = json_array_get_object_element(steps, i);

		if (!strcmp(json_object_get_string_member(step, "step"), name))
			return step;
	}
	return NULL;
}

static void test_all_well(void **state)
{
	struct server *server = server_start(NULL, true);
	struct setup *setup = make_setup(server_port(server), "none");
	struct conversation conversation = { 0 };

	(void)state;
	hold(&conversation, setup, "a@x.org");
	server_settle(server);
	assert_int_equal(conversation.outcome.status, 0);
	assert_int_equal(conversation.outcome.sent, SENT_NO);
	assert_string_equal(server_commands(server),
			    "EHLO plc.acme.com|MAIL FROM:<plc@acme.com>|RCPT TO:<a@x.org>|RSET|"
			    "VRFY plc@acme.com|HELP|NOOP|QUIT|");
	assert_int_equal(server_messages(server), 0);
	assert_non_null(strstr(lines->str, "|sent EHLO plc.acme.com|received 250-"));
	assert_non_null(strstr(lines->str, "|sent RCPT TO:<a@x.org>|received 250 "));
	assert_int_equal(json_object_get_int_member(step_of(&conversation, "greeting"), "code"),
			 220);
	assert_true(json_object_get_double_member(step_of(&conversation, "MAIL"), "seconds") >= 0);
	assert_string_equal(json_object_get_string_member(conversation.report, "address"),
			    "127.0.0.1");
	conversation_clear(&conversation);
	setup_unref(setup);
	server_stop(server);
}

/* The first refusal counts; what needs no mail is asked all the same. */
static void test_refusal(void **state)
{
	static const struct server_step script[] = {
		{ "RCPT", SAY, "550 5.1.1 no such user\r\n", 0 },
		{ "NOOP", SAY, "250-a\r\n250 b\r\n", 0 },
		{ 0 },
	};
	struct server *server = server_start(script, true);
	struct setup *setup = make_setup(server_port(server), "none");
	struct conversation conversation = { 0 };
	JsonObject *noop;

	(void)state;
	hold(&conversation, setup, "a@x.org");
	assert_int_equal(conversation.outcome.status, 550);
	assert_int_equal(conversation.outcome.state, STATE_RCPT);
	assert_int_equal(conversation.outcome.enhanced[1], 1);
	noop = step_of(&conversation, "NOOP");
	assert_int_equal(json_array_get_length(json_object_get_array_member(noop, "received")), 2);
	assert_non_null(step_of(&conversation, "QUIT"));
	conversation_clear(&conversation);
	setup_unref(setup);
	server_stop(server);
}

static void test_nobody_listens(void **state)
{
	struct server *server = server_start(NULL, true);
	struct setup *setup = make_setup(server_port(server), "none");
	struct conversation conversation = { 0 };

	(void)state;
	server_stop(server);
	hold(&conversation, setup, NULL);
	assert_int_equal(conversation.outcome.status, STATUS_TCP_ERROR);
	assert_int_equal(conversation.outcome.detail, DETAIL_REFUSED);
	assert_int_equal(conversation.outcome.state, STATE_CONNECT);
	conversation_clear(&conversation);
	setup_unref(setup);
}

static void test_broken(void **state)
{
	static const struct server_step hang[] = { { "MAIL", HANG, NULL, 0 }, { 0 } };
	static const struct server_step closes[] = { { "MAIL", SAY_CLOSE, NULL, 0 }, { 0 } };
	static const struct server_step garbage[] = { { "MAIL", SAY, "hello\r\n", 0 }, { 0 } };
	static const struct {
		const struct server_step *script;
		unsigned int status, detail;
	} cases[] = { { hang, STATUS_TIMEOUT + STATE_MAIL, 0 },
		      { closes, STATUS_TCP_ERROR, DETAIL_CLOSED },
		      { garbage, STATUS_INVALID_STATE, DETAIL_GARBAGE } };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct server *server = server_start(cases[i].script, true);
		struct setup *setup = make_setup(server_port(server), "none");
		struct conversation conversation = { 0 };

		assert_null(setup_set(setup, "Timeout", "1"));
		hold(&conversation, setup, NULL);
		assert_int_equal(conversation.outcome.status, cases[i].status);
		assert_int_equal(conversation.outcome.detail, cases[i].detail);
		assert_int_equal(conversation.outcome.state, STATE_MAIL);
		conversation_clear(&conversation);
		setup_unref(setup);
		server_stop(server);
	}
}

static void test_send(void **state)
{
	static const char subject[] = "Hi";
	struct server *server = server_start(NULL, true);
	struct setup *setup = make_setup(server_port(server), "none");
	struct text subject_text = { subject, 2 }, body_text = { ".dot", 4 };
	g_autoptr(GPtrArray) to = g_ptr_array_new();
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	struct conversation conversation = { 0 };
	struct message *message;

	(void)state;
	message_init();
	setup_finish(setup);
	g_ptr_array_add(to, (char *)"a@x.org");
	message = message_compose(setup, to, &subject_text, &body_text, "1@x", now);
	conversation.message = message;
	hold(&conversation, setup, "a@x.org");
	server_settle(server);
	assert_int_equal(conversation.outcome.status, 0);
	assert_int_equal(conversation.outcome.sent, SENT_YES);
	assert_int_equal(server_messages(server), 1);
	assert_non_null(strstr(server_text(server), "\r\n\r\n..dot\r\n"));
	conversation_clear(&conversation);
	message_free(message);
	setup_unref(setup);
	server_stop(server);
}

/* A certificate that was refused is shown all the same. */
static void test_untrusted(void **state)
{
	g_autofree char *folder = g_dir_make_tmp(NULL, NULL);
	g_autofree char *file = g_build_filename(folder, "certificate.pem", NULL);
	SSL_CTX *tls = certificate_new("127.0.0.1", -60, 10 * 86400, file, NULL);
	struct server *server = server_start_tls(NULL, tls, false);
	struct setup *setup = make_setup(server_port(server), "starttls");
	struct conversation conversation = { 0 };
	JsonObject *certificate;

	(void)state;
	hold(&conversation, setup, NULL);
	assert_int_equal(conversation.outcome.status, STATUS_INVALID_SETUP);
	assert_int_equal(conversation.outcome.detail, DETAIL_CERTIFICATE_UNTRUSTED);
	certificate = json_object_get_object_member(conversation.report, "certificate");
	assert_non_null(certificate);
	assert_in_range(json_object_get_int_member(certificate, "days_left"), 9, 10);
	conversation_clear(&conversation);
	setup_unref(setup);
	server_stop(server);
	SSL_CTX_free(tls);
	g_unlink(file);
	g_rmdir(folder);
}

static void test_time(void **state)
{
	(void)state;
	assert_int_equal(certificate_time("Jan  2 00:00:01 1970 GMT"), 86401);
	assert_int_equal(certificate_time("Nov 23 00:45:00 2026 GMT"), 1795394700);
	assert_int_equal(certificate_time("yesterday"), -1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_well),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_untrusted),
		cmocka_unit_test(test_time),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
