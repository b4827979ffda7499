// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A request of the ladder program from read() to its final status.
 *
 *   request_start()     PROGRESS state 0; decode and check the frame, compose
 *                       the mail, engine_submit()
 *   request_progress()  PROGRESS, called by the engine before each state. Up to
 *                       state 7 a dying daemon's request is requeued; state 8
 *                       is the claim: after it, it ends with 18, sent unknown
 *   request_done()      COMPLETE, one journal entry
 *   request_hand_back() RELEASE, at an orderly stop
 *
 * The kernel's word is final: a request that it has ended (ESTALE) is dropped,
 * and what we know of it goes to the journal only. If the card is gone
 * (ENODEV), nobody will read the status, but the mail still goes out: it may
 * be the one that says why.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "bus.h"
#include "command.h"
#include "expand.h"
#include "record.h"
#include "request.h"
#include "trace.h"

/* How much earlier than the kernel the daemon ends a request: its status is the better one. */
#define MARGIN_NS (250 * 1000 * 1000ULL)

static const struct submission_callbacks callbacks, callbacks_trace;

static void test_free(struct request *request)
{
	if (!request->test)
		return;
	request->slot->testing = false;
	for (size_t i = 0; i < G_N_ELEMENTS(request->test_texts); i++)
		g_free(request->test_texts[i]);
	g_free(request->test->author);
	g_free(request->test);
}

static void request_free(struct request *request)
{
	struct slot *slot = request->slot;
	struct backplane *backplane = slot->backplane;

	message_free(request->message);
	g_free(request->submission.recipient_codes);
	if (request->to)
		g_ptr_array_unref(request->to);
	if (request->body)
		g_string_free(request->body, TRUE);
	setup_unref(request->setup);
	test_free(request);
	slot_forget(slot, request);
	g_free(request);
	backplane->requests--;
	if (backplane->stopping && !backplane->requests)
		sd_event_exit(backplane->event, 0);
}

static void set_label(struct ecom_progress *progress, const struct text *subject)
{
	memcpy(progress->label, subject->data, MIN(subject->length, sizeof(progress->label)));
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* 0: the next daemon sends it. */
static unsigned int status_of_release(const struct request *request, unsigned int state)
{
	return state < STATE_END || request->submission.setup->resend ? 0 : STATUS_TIMEOUT + state;
}

static int request_progress(void *userdata, unsigned int state)
{
	struct request *request = userdata;
	struct device *device = request->slot->device;
	struct ecom_progress progress = {
		.id = request->record.id,
		.state = (__u16)state,
		.on_expire = (__u16)(STATUS_TIMEOUT + state),
		.on_expire_sent = state < STATE_END ? SENT_NO : SENT_UNKNOWN,
		.on_release = (__u16)status_of_release(request, state),
		.on_release_sent = SENT_UNKNOWN,
	};
	int r = -ENODEV;

	if (request->ecemail.subject.length)
		set_label(&progress, &request->ecemail.subject);
	if (device && !request->test)
		r = device->operations->progress(device, &progress);
	if (r < 0 && r != -ESTALE && r != -ENODEV)
		journal_log(LOG_ERR, NULL, "%s: request %llu cannot enter state %u: %s",
			    request->slot->name, request->record.id, state, strerror(-r));
	if (r != -ENODEV)
		return r;
	/* before it went the kernel may have ended the request, but not before its deadline */
	return now_ns() < request->record.deadline_ns ? 0 : -ESTALE;
}

static int request_complete(const struct request *request, const struct outcome *outcome)
{
	struct device *device = request->slot->device;
	struct ecom_complete complete = { .id = request->record.id };

	if (request->test)
		return 0;
	outcome_result(outcome, &complete.result);
	return device ? device->operations->complete(device, &complete) : -ENODEV;
}

/* Nobody but the slot's history needs it longer than the call. */
static void tell_tester(const struct request *request, const struct ended *ended)
{
	if (request->test)
		request->test->done(request->test->userdata, ended);
}

void request_finish(struct request *request, const struct outcome *outcome)
{
	int r = request_complete(request, outcome);
	struct ended *ended;

	if (command_name(request->record.command)) {
		record_command(request, outcome, command_name(request->record.command), r);
	} else {
		ended = record_outcome(request, outcome, r);
		tell_tester(request, ended);
		history_add(&request->slot->history, ended);
		bus_touch(request->slot);
	}
	request_free(request);
}

static void request_done(void *userdata)
{
	struct request *request = userdata;

	request_finish(request, &request->submission.outcome);
}

static void request_trace(void *userdata, const char *line)
{
	const struct request *request = userdata;

	if (trace_is_on(request->slot))
		trace_say(request->slot, request->record.id, request->record.tag, line);
}

static const struct submission_callbacks callbacks = {
	.progress = request_progress,
	.done = request_done,
};
static const struct submission_callbacks callbacks_trace = {
	.progress = request_progress,
	.done = request_done,
	.trace = request_trace,
};

static void refuse(struct outcome *outcome, unsigned int status, unsigned int detail,
		   const char *text)
{
	outcome_fail(outcome, status, STATE_WAITING, detail);
	if (text)
		outcome_say(outcome, text);
}

static bool check_to(struct request *request, struct outcome *outcome)
{
	const struct text *to = &request->ecemail.to;
	g_autofree char *problem = NULL, *text = NULL;
	g_autoptr(GString) list = expand_to(request->setup, to, &problem);

	if (list)
		request->to = address_list_parse(list->str, list->len, &problem);
	if (request->to)
		return true;
	text = g_strdup_printf("To %s", problem);
	refuse(outcome, STATUS_INVALID_DATA, list ? DETAIL_BAD_TO : DETAIL_NO_GROUP, text);
	return false;
}

static bool check_body(struct request *request, struct outcome *outcome)
{
	struct text *body = &request->ecemail.body;
	g_autofree char *problem = NULL, *text = NULL;

	if (!body->length || body->data[0] != '@')
		return true;
	request->body = expand_body(request->setup, body, &problem);
	if (request->body) {
		*body = (struct text){ request->body->str, request->body->len };
		return true;
	}
	text = g_strdup_printf("Body %s", problem);
	refuse(outcome, STATUS_INVALID_DATA, DETAIL_NO_TEXT, text);
	return false;
}

/* True if neither To, apart from blanks and commas, nor Cc has anything. */
static bool no_sendee(const struct request *request)
{
	const struct text *to = &request->ecemail.to;

	for (size_t i = 0; i < to->length; i++)
		if (to->data[i] != ' ' && to->data[i] != ',')
			return false;
	return !request->setup->cc->len;
}

static bool check_allowed(const struct request *request, const GPtrArray *list,
			  struct outcome *outcome)
{
	g_autofree char *text = NULL;

	for (guint i = 0; i < list->len; i++) {
		if (setup_allows(request->setup, list->pdata[i]))
			continue;
		text = g_strdup_printf("%s is not in AllowedDomains", (char *)list->pdata[i]);
		refuse(outcome, STATUS_NOT_ALLOWED, DETAIL_NONE, text);
		return false;
	}
	return true;
}

/* Only what would be mailed counts. */
static bool check_rate(struct request *request, struct outcome *outcome)
{
	const struct rate_limit *limit = &request->setup->rate_limit;
	uint64_t wait_us = rate_take(&request->slot->rate, limit, now_ns() / 1000);
	g_autofree char *text = NULL;

	if (!wait_us)
		return true;
	text = g_strdup_printf("RateLimit: %u mails in %u s reached, next in %" PRIu64 " s",
			       limit->count, limit->seconds, wait_us / G_USEC_PER_SEC + 1);
	refuse(outcome, STATUS_RATE_LIMIT, DETAIL_RATE_LIMIT, text);
	return false;
}

/* In the order of the status codes' precedence: frame, setup, sendee, address, site. */
static bool request_check(struct request *request, struct outcome *outcome)
{
	const struct setup *setup = request->setup;

	if (request->record.command != COMMAND_ECEMAIL) {
		refuse(outcome, STATUS_NOT_SERVED, DETAIL_NONE, "unknown command");
	} else if (!request->test &&
		   ecemail_decode(&request->ecemail, request->record.frame,
				  request->record.length) < 0) {
		refuse(outcome, STATUS_INVALID_DATA, DETAIL_LENGTHS, NULL);
	} else if (setup->problem) {
		refuse(outcome, STATUS_INVALID_SETUP, setup->detail, setup->problem);
	} else if (no_sendee(request)) {
		refuse(outcome, STATUS_NO_SENDEE, DETAIL_NONE, NULL);
	} else if (!check_to(request, outcome) || !check_body(request, outcome)) {
		return false;
	} else if (subject_check(&request->ecemail.subject)) {
		refuse(outcome, STATUS_INVALID_DATA, DETAIL_BAD_SUBJECT, NULL);
	} else {
		return check_allowed(request, request->to, outcome) &&
		       check_allowed(request, setup->cc, outcome) && check_rate(request, outcome);
	}
	return false;
}

/* Always the same for one request, never for two, on this or any other machine. */
static char *message_id(const struct request *request)
{
	const struct ecom_request *record = &request->record;
	const struct slot *slot = request->slot;

	if (request->test)
		return g_strdup_printf("test.%llu.%u.%u@%s.ecemail", record->accepted_ns,
				       slot->number, slot->card, slot->backplane->machine);
	return g_strdup_printf("%llu.%u.%u.%08x.%08x@%s.ecemail", record->id, slot->number,
			       slot->card, record->card_generation, record->host_generation,
			       slot->backplane->machine);
}

static void request_compose(struct request *request)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *id = message_id(request);

	request->message = message_compose(request->setup, request->to, &request->ecemail.subject,
					   &request->ecemail.body, id, now);
}

static int request_submit(struct request *request)
{
	struct backplane *backplane = request->slot->backplane;
	bool trace = trace_is_on(request->slot);
	struct submission *submission = &request->submission;

	request_compose(request);
	if (trace)
		record_mail(request);
	submission->setup = request->setup;
	submission->message = request->message;
	submission->deadline_us = (request->record.deadline_ns - MARGIN_NS) / 1000;
	submission->callbacks = trace ? &callbacks_trace : &callbacks;
	submission->userdata = request;
	return engine_submit(backplane->engine, submission);
}

static bool is_late(const struct ecom_request *record)
{
	return record->deadline_ns <= now_ns() + MARGIN_NS;
}

static struct request *request_new(struct slot *slot, const struct ecom_request *record)
{
	struct request *request = g_new0(struct request, 1);

	request->slot = slot;
	request->record = *record;
	request->setup = setup_ref(slot->setup);
	g_queue_push_tail(&slot->requests, request);
	slot->backplane->requests++;
	return request;
}

static void request_begin(struct request *request)
{
	struct outcome outcome = { 0 };
	bool command = command_name(request->record.command);
	bool fit = command || request_check(request, &outcome); /* the label is the Subject */

	if (request_progress(request, STATE_WAITING) < 0 || is_late(&request->record)) {
		outcome_fail(&outcome, STATUS_TIMEOUT, STATE_WAITING, DETAIL_NONE);
		request_finish(request, &outcome);
	} else if (!fit) {
		request_finish(request, &outcome);
	} else if (command) {
		command_run(request);
	} else if (request_submit(request) < 0) {
		outcome_fail(&outcome, STATUS_NO_MEMORY, STATE_WAITING, DETAIL_NONE);
		request_finish(request, &outcome);
	}
}

void request_start(struct slot *slot, const struct ecom_request *record)
{
	request_begin(request_new(slot, record));
}

static struct text as_text(const char *string)
{
	return (struct text){ string, strlen(string) };
}

void request_start_test(struct slot *slot, const char *const texts[3],
			const struct request_test *test)
{
	struct ecom_request record = { .command = COMMAND_ECEMAIL, .accepted_ns = now_ns() };
	struct request *request;

	record.deadline_ns = record.accepted_ns + slot->setup->timeout * 1000000000ULL;
	request = request_new(slot, &record);
	request->test = g_memdup2(test, sizeof(*test));
	for (size_t i = 0; i < G_N_ELEMENTS(request->test_texts); i++)
		request->test_texts[i] = g_strdup(texts[i]);
	request->ecemail.to = as_text(request->test_texts[0]);
	request->ecemail.subject = as_text(request->test_texts[1]);
	request->ecemail.body = as_text(request->test_texts[2]);
	slot->testing = true;
	request_begin(request);
}

void request_hand_back(struct request *request)
{
	struct device *device = request->slot->device;
	struct ecom_release release = { .id = request->record.id };
	struct outcome stopped = { 0 };
	int r;

	if (request->submission.state >= STATE_END || request->saving || !device)
		return;
	if (request->test) {
		engine_withdraw(request->slot->backplane->engine, &request->submission);
		outcome_fail(&stopped, STATUS_TIMEOUT, STATE_WAITING, DETAIL_DAEMON_ENDED);
		request_finish(request, &stopped);
		return;
	}
	engine_withdraw(request->slot->backplane->engine, &request->submission);
	r = device->operations->release(device, &release);
	journal_log(LOG_INFO, NULL, "%s request %llu: %s", request->slot->name, request->record.id,
		    r < 0 ? "could not be handed back, it has ended" :
			    "handed back, to be sent after the restart");
	request_free(request);
}
