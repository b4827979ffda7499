// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl submit: the daemon's engine without daemon and device.
 *
 * As many mails are on their way as there are sessions, and as many again are
 * made, so that no session has to wait. Outcomes are printed in the order of the mails,
 * each as soon as those before it are known.
 */

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "command.h"
#include "daemon/address.h"
#include "daemon/engine.h"
#include "output.h"
#include "submit-options.h"
#include "submit.h"

#define KEEP_OPEN_US (15 * G_USEC_PER_SEC)
#define FILL_MAX     16 /* mails of one turn */
#define PRINT_MAX    16 /* outcomes of one turn: thousands may have waited for the first */

struct run {
	const struct submit_options *options;
	GPtrArray *to;
	sd_event *event;
	struct engine *engine;
	struct message *shared; /* with --compose-once */
	char id[SD_ID128_STRING_MAX];
	GTimeZone *zone; /* GLib reads it from the disk each time it is asked for */
	GQueue orders; /* not printed yet, in their order */
	GList *next; /* of them, to be given to the engine; NULL: all were */
	unsigned int made;
	unsigned int ahead; /* made and not given to the engine */
	unsigned int open; /* with the engine */
	unsigned int succeeded;
	uint64_t worst_ns; /* longest turn of the loop */
	uint64_t worst_cpu_ns; /* likewise, in the processor's time; with --json, as asking costs */
};

/* One mail of them. */
struct order {
	struct run *run;
	struct submission submission;
	struct message *message; /* NULL: shared */
	bool done;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Printing */

static JsonArray *list_recipients(const struct message *message, const unsigned int *codes)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; message && i < message->recipients->len; i++) {
		JsonObject *row = json_object_new();

		json_object_set_string_member(row, "address", message->recipients->pdata[i]);
		json_object_set_int_member(row, "reply", codes ? codes[i] : 0);
		json_array_add_object_element(array, row);
	}
	return array;
}

static void print_json(const struct outcome *outcome, const struct message *message,
		       const unsigned int *codes)
{
	g_autoptr(JsonObject) object = json_object_new();
	const unsigned int *number = outcome->enhanced;
	g_autofree char *enhanced = g_strdup_printf("%u.%u.%u", number[0], number[1], number[2]);

	json_object_set_int_member(object, "status", outcome->status);
	json_object_set_int_member(object, "state", outcome->state);
	json_object_set_int_member(object, "reply", outcome->reply);
	if (number[0])
		json_object_set_string_member(object, "enhanced", enhanced);
	else
		json_object_set_null_member(object, "enhanced");
	json_object_set_int_member(object, "detail", outcome->detail);
	json_object_set_string_member(object, "sent", sent_name(outcome->sent));
	json_object_set_string_member(object, "text", outcome->text);
	json_object_set_array_member(object, "recipients", list_recipients(message, codes));
	output_json(object);
}

static void print_text(const struct outcome *outcome)
{
	const struct detail *detail = detail_find(outcome->detail);

	if (outcome->status == STATUS_SUCCESS) {
		printf("sent: %s\n", outcome->text);
		return;
	}
	fprintf(stderr, "ecemailctl: status %u in state %u (%s)%s%s%s%s; sent: %s\n",
		outcome->status, outcome->state, state_doing(outcome->state),
		detail && detail->code ? ", " : "", detail && detail->code ? detail->text : "",
		*outcome->text ? ": " : "", outcome->text, sent_name(outcome->sent));
}

static void print_outcome(const struct submit_options *options, const struct outcome *outcome,
			  const struct message *message, const unsigned int *codes)
{
	if (options->json)
		print_json(outcome, message, codes);
	else if (!options->counted || outcome->status != STATUS_SUCCESS)
		print_text(outcome);
}

/* None if there was nothing to send. */
static double rate_of(const struct run *run, double seconds)
{
	return run->engine ? run->made / seconds : 0;
}

static void print_total_json(const struct run *run, double seconds, double stall)
{
	double cpu = (double)run->worst_cpu_ns / 1e6;
	g_autoptr(JsonObject) object = json_object_new();

	json_object_set_int_member(object, "messages", run->made);
	json_object_set_int_member(object, "succeeded", run->succeeded);
	json_object_set_double_member(object, "seconds", seconds);
	json_object_set_double_member(object, "rate", rate_of(run, seconds));
	json_object_set_double_member(object, "worst_loop_stall_ms", stall);
	json_object_set_double_member(object, "worst_loop_cpu_ms", cpu);
	output_json(object);
}

static void print_total(const struct run *run, uint64_t took_ns)
{
	double seconds = (double)took_ns / 1e9;
	double stall = (double)run->worst_ns / 1e6;

	if (!run->options->counted)
		return;
	if (run->options->json)
		print_total_json(run, seconds, stall);
	else
		printf("%u mails, %u succeeded, %.3f s, %.1f a second, "
		       "worst stall of the loop %.3f ms\n",
		       run->made, run->succeeded, seconds, rate_of(run, seconds), stall);
}

/* Mails */

static const struct message *message_of(const struct order *order)
{
	return order->message ? order->message : order->run->shared;
}

static bool is_ready(struct run *run)
{
	const struct order *order = g_queue_peek_head(&run->orders);

	return order && order->done;
}

static void print_ready(struct run *run)
{
	for (int i = 0; i < PRINT_MAX && is_ready(run); i++) {
		struct order *order = g_queue_pop_head(&run->orders);

		print_outcome(run->options, &order->submission.outcome, message_of(order),
			      order->submission.recipient_codes);
		g_free(order->submission.recipient_codes);
		message_free(order->message);
		g_free(order);
	}
}

static int on_progress(void *userdata, unsigned int state)
{
	(void)userdata;
	(void)state;
	return 0;
}

static void on_done(void *userdata)
{
	struct order *order = userdata;

	order->done = true;
	order->run->open--;
	order->run->succeeded += order->submission.outcome.status == STATUS_SUCCESS;
}

static struct message *compose(const struct run *run)
{
	const struct submit_options *options = run->options;
	struct text subject = { options->subject, strlen(options->subject) };
	struct text body = { options->body, strlen(options->body) };
	g_autoptr(GDateTime) now = g_date_time_new_now(run->zone);
	g_autofree char *id = g_strdup_printf("%s.%u@ecemailctl.ecemail", run->id, run->made);

	return message_compose(options->setup, run->to, &subject, &body, id, now);
}

/* Made ahead, while servers work on those before it. */
static void make_one(struct run *run)
{
	static const struct submission_callbacks callbacks = { on_progress, on_done, NULL };
	struct order *order = g_new0(struct order, 1);

	order->run = run;
	if (!run->shared)
		order->message = compose(run);
	order->submission.setup = run->options->setup;
	order->submission.message = message_of(order);
	order->submission.callbacks = &callbacks;
	order->submission.userdata = order;
	g_queue_push_tail(&run->orders, order);
	if (!run->next)
		run->next = run->orders.tail;
	run->made++;
	run->ahead++;
}

/* From here on its time counts. */
static int start_one(struct run *run)
{
	struct order *order = run->next->data;

	order->submission.deadline_us =
		now_ns(CLOCK_BOOTTIME) / 1000 + run->options->setup->timeout * G_USEC_PER_SEC;
	run->next = run->next->next;
	run->ahead--;
	run->open++;
	return engine_submit(run->engine, &order->submission);
}

static int start_ready(struct run *run)
{
	int r = 0;

	while (r >= 0 && run->next && run->open < run->options->sessions)
		r = start_one(run);
	return r;
}

/* A free session does not wait until all that can be made ahead is made. */
static int fill(struct run *run)
{
	const struct submit_options *options = run->options;
	int r = start_ready(run);

	for (int i = 0; r >= 0 && i < FILL_MAX && run->made < options->count &&
			run->ahead < options->sessions;
	     i++) {
		make_one(run);
		r = start_ready(run);
	}
	return r;
}

/* One turn of the loop; all that it does but wait is what it stands still for others. */
static int turn(struct run *run)
{
	uint64_t before, cpu = 0;
	int r = sd_event_prepare(run->event);

	if (r == 0)
		r = sd_event_wait(run->event, is_ready(run) ? 0 : UINT64_MAX);
	before = now_ns(CLOCK_MONOTONIC);
	if (run->options->json)
		cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	if (r > 0)
		r = sd_event_dispatch(run->event);
	print_ready(run);
	if (r >= 0)
		r = fill(run);
	run->worst_ns = MAX(run->worst_ns, now_ns(CLOCK_MONOTONIC) - before);
	if (run->options->json)
		run->worst_cpu_ns = MAX(run->worst_cpu_ns, now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
	return r;
}

static int send_all(struct run *run)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC);
	int r = fill(run);

	while (r >= 0 && (run->open || is_ready(run)))
		r = turn(run);
	print_total(run, now_ns(CLOCK_MONOTONIC) - begin);
	return r;
}

/* What the daemon would refuse before it connects, in its order. */
static bool check(struct run *run, struct outcome *outcome)
{
	const struct submit_options *options = run->options;
	struct text subject = { options->subject, strlen(options->subject) };
	g_autofree char *problem = NULL;

	run->to = address_list_parse(options->to, strlen(options->to), &problem);
	if (options->setup->problem) {
		outcome_fail(outcome, STATUS_INVALID_SETUP, STATE_WAITING, options->setup->detail);
		outcome_say(outcome, options->setup->problem);
	} else if (run->to && !run->to->len && !options->setup->cc->len) {
		outcome_fail(outcome, STATUS_NO_SENDEE, STATE_WAITING, DETAIL_NONE);
	} else if (!run->to) {
		outcome_fail(outcome, STATUS_INVALID_DATA, STATE_WAITING, DETAIL_BAD_TO);
		outcome_say(outcome, problem);
	} else if (subject_check(&subject)) {
		outcome_fail(outcome, STATUS_INVALID_DATA, STATE_WAITING, DETAIL_BAD_SUBJECT);
	} else {
		return true;
	}
	return false;
}

static int run_engine(struct run *run)
{
	int r = sd_event_new(&run->event);

	if (r >= 0)
		r = engine_new(&run->engine, run->event, run->options->sessions);
	if (r < 0)
		return r;
	engine_set_keep_open(run->engine, run->options->fresh ? 0 : KEEP_OPEN_US);
	if (run->options->compose_once)
		run->shared = compose(run);
	r = send_all(run);
	engine_retire(run->engine, run->options->setup);
	return r;
}

static void run_free(struct run *run)
{
	engine_free(run->engine);
	g_time_zone_unref(run->zone);
	sd_event_unref(run->event);
	message_free(run->shared);
	if (run->to)
		g_ptr_array_unref(run->to);
}

/* None of them is begun, but each has its outcome. */
static void refuse_all(struct run *run, const struct outcome *outcome)
{
	uint64_t begin = now_ns(CLOCK_MONOTONIC);

	for (; run->made < run->options->count; run->made++)
		print_outcome(run->options, outcome, NULL, NULL);
	print_total(run, now_ns(CLOCK_MONOTONIC) - begin);
}

static int submit_run(const struct submit_options *options)
{
	struct run run = { .options = options, .zone = g_time_zone_new_local() };
	struct outcome outcome = { 0 };
	sd_id128_t id;
	int r;

	sd_id128_randomize(&id);
	sd_id128_to_string(id, run.id);
	if (check(&run, &outcome)) {
		r = run_engine(&run);
		if (r < 0)
			fprintf(stderr, "ecemailctl: %s\n", strerror(-r));
	} else {
		refuse_all(&run, &outcome);
	}
	run_free(&run);
	return run.succeeded == options->count ? EXIT_SUCCESS : EXIT_FAILURE;
}

int submit(int argc, char **argv)
{
	struct submit_options options;
	int r = submit_options_read(&options, argc, argv);

	if (!r) {
		signal(SIGPIPE, SIG_IGN);
		curl_global_init(CURL_GLOBAL_DEFAULT);
		message_init();
		r = submit_run(&options);
		curl_global_cleanup();
	}
	setup_unref(options.setup);
	return MAX(r, 0);
}

const struct command submit_command = {
	.name = "submit",
	.arguments = "--server URL --from ADDRESS …",
	.summary = "send mails as the daemon would, without it",
	.run_raw = submit,
};
