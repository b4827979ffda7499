// SPDX-License-Identifier: GPL-2.0-or-later
/* Mails for the engine's tests, and what was heard of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/address.h"
#include "loop.h"
#include "mail.h"

struct engine *engine;
sd_event *event;

static int on_progress(void *userdata, unsigned int state)
{
	struct mail *mail = userdata;

	g_string_append_printf(mail->states, "%u", state);
	if (state == mail->dawdle_at)
		usleep(DAWDLE_US);
	return (int)state == mail->stale_at ? -ESTALE : 0;
}

static void on_done(void *userdata)
{
	struct mail *mail = userdata;

	assert_false(mail->done);
	mail->done = true;
	mail->took_us = now_us(CLOCK_BOOTTIME);
}

static void on_trace(void *userdata, const char *line)
{
	struct mail *mail = userdata;

	g_string_append_printf(mail->trace, "%s\n", line);
}

static const struct submission_callbacks callbacks = { on_progress, on_done, on_trace };

struct setup *mail_setup(unsigned int port)
{
	struct setup *setup = setup_new();

	setup_set(setup, "Server", "127.0.0.1");
	setup_set(setup, "SenderAddress", "plc@acme.com");
	setup_set(setup, "HeloName", "plc.acme.com");
	setup->port = port;
	setup_finish(setup);
	assert_null(setup->problem);
	return setup;
}

struct mail *mail_new_with(struct setup *setup, const char *to, unsigned int timeout_ms)
{
	struct mail *mail = g_new0(struct mail, 1);
	struct text subject = { "Widget Report", 13 }, body = { "Shift\n.5", 8 };
	g_autoptr(GDateTime) date = g_date_time_new_now_utc();
	char *problem = NULL;
	GPtrArray *list = address_list_parse(to, strlen(to), &problem);

	assert_null(problem);
	mail->setup = setup_ref(setup);
	mail->message = message_compose(mail->setup, list, &subject, &body, "1@test", date);
	g_ptr_array_unref(list);
	mail->states = g_string_new(NULL);
	mail->trace = g_string_new(NULL);
	mail->stale_at = -1;
	mail->stall_us = LOOP_STALL_US;
	mail->submission.setup = mail->setup;
	mail->submission.message = mail->message;
	mail->submission.callbacks = &callbacks;
	mail->submission.userdata = mail;
	mail->submission.deadline_us = now_us(CLOCK_BOOTTIME) + timeout_ms * 1000ULL;
	return mail;
}

struct mail *mail_new(unsigned int port, const char *to, unsigned int timeout_ms)
{
	struct setup *setup = mail_setup(port);
	struct mail *mail = mail_new_with(setup, to, timeout_ms);

	setup_unref(setup);
	return mail;
}

void mail_free(struct mail *mail)
{
	g_free(mail->submission.recipient_codes);
	message_free(mail->message);
	setup_unref(mail->setup);
	g_string_free(mail->states, TRUE);
	g_string_free(mail->trace, TRUE);
	g_free(mail);
}

void mail_run(struct mail *mail)
{
	assert_int_equal(engine_submit(engine, &mail->submission), 0);
	loop_allow(mail->stall_us);
	loop_run(event, &mail->done, PATIENCE_MS);
	loop_allow(LOOP_STALL_US);
	assert_true(mail->done);
}

void expect_outcome(const struct mail *mail, unsigned int status, unsigned int state,
		    unsigned int detail, enum slave89_sent sent)
{
	assert_int_equal(mail->submission.outcome.status, status);
	assert_int_equal(mail->submission.outcome.state, state);
	assert_int_equal(mail->submission.outcome.detail, detail);
	assert_int_equal(mail->submission.outcome.sent, sent);
}

int mail_set_up(void **state)
{
	(void)state;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	return sd_event_new(&event) < 0 || engine_new(&engine, event, 4) < 0;
}

int mail_tear_down(void **state)
{
	(void)state;
	engine_free(engine);
	sd_event_unref(event);
	return 0;
}
