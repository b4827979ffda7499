// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Submissions and the sessions that carry them.
 *
 *   engine_submit()   waiting (state 0) → a session is free: session.c, states
 *                     1 to 8 → submission_end() → done()
 *   deadline          the session ends it with 10 + state; waiting: with 10
 *
 * A submission that fails to connect goes to the setup's next server, and one
 * that fails for a time waits and begins again if the setup says so (retry.c).
 *
 * One timer serves all deadlines. It is not put off when the earliest one goes,
 * as nearly each does in time: it then expires in vain, once, and is set anew.
 *
 * done() and room() may submit again, so both are called from a place where
 * neither libcurl nor a session is in the middle of something.
 */

#include <errno.h>
#include <string.h>

#include "multi.h"
#include "pool.h"
#include "retry.h"

#define START_MAX 8 /* of one turn: a new session costs up to a tenth of a millisecond */

struct engine {
	sd_event *event;
	struct multis *multis; /* libcurl's handles */
	sd_event_source *starter; /* starts what waits */
	sd_event_source *deadline; /* of the submission that has the earliest one, or earlier */
	uint64_t deadline_us;
	GQueue open; /* all submissions */
	GQueue waiting; /* those of them without a session */
	GQueue sessions; /* all, quitting ones too; the newest idle one last */
	unsigned int sessions_max; /* of one server */
	uint64_t keep_open;
	void (*room)(void *userdata);
	void *userdata;
};

sd_event *engine_event(struct engine *engine)
{
	return engine->event;
}

struct multis *engine_multis(struct engine *engine)
{
	return engine->multis;
}

void engine_add_session(struct engine *engine, struct session *session)
{
	g_queue_push_tail(&engine->sessions, session);
}

void engine_remove_session(struct engine *engine, struct session *session)
{
	g_queue_remove(&engine->sessions, session);
}

uint64_t engine_keep_open(const struct engine *engine)
{
	return engine->keep_open;
}

void engine_wake(struct engine *engine)
{
	sd_event_source_set_enabled(engine->starter, SD_EVENT_ONESHOT);
}

/* Submissions */

int submission_report(struct submission *submission, unsigned int state)
{
	int r;

	if (submission->state == state)
		return 0;
	if (state == STATE_END && retry_is_late(submission))
		return -ETIME; /* its answer could not come in time, and it would be unknown */
	r = submission->callbacks->progress(submission->userdata, state);
	if (r >= 0)
		submission->state = state;
	return r;
}

void submission_trace(struct submission *submission, const char *format, const char *text)
{
	g_autofree char *line = NULL;

	if (!submission->callbacks->trace)
		return;
	line = g_strconcat(format, text, NULL);
	submission->callbacks->trace(submission->userdata, line);
}

/* The timer stays as it is: it comes too early for the next one, but is seldom set. */
static void forget(struct submission *submission)
{
	g_queue_unlink(&submission->engine->open, &submission->open);
}

void submission_end(struct submission *submission, const struct outcome *outcome)
{
	if (retry_submission(submission, outcome))
		return;
	forget(submission);
	submission->session = NULL;
	submission->outcome = *outcome;
	if (outcome->status == STATUS_SUCCESS)
		submission_trace(submission, "Success!", NULL);
	submission->callbacks->done(submission->userdata);
}

void submission_again(struct submission *submission)
{
	submission->session = NULL;
	submission->fresh = true;
	if (submission->message) /* a probe has none */
		memset(submission->recipient_codes, 0,
		       submission->message->recipients->len *
			       sizeof(*submission->recipient_codes));
	g_queue_push_head(&submission->engine->waiting, submission);
	engine_wake(submission->engine);
}

static void submission_expire(struct submission *submission)
{
	struct outcome outcome = { 0 };

	if (submission->session) {
		session_timeout(submission->session);
		return;
	}
	submission->pause = sd_event_source_disable_unref(submission->pause);
	submission->stale = true;
	g_queue_remove(&submission->engine->waiting, submission);
	engine_wake(submission->engine);
	outcome_fail(&outcome, STATUS_TIMEOUT, STATE_WAITING, DETAIL_NONE);
	submission_end(submission, &outcome);
}

static struct submission *earliest(const struct engine *engine)
{
	struct submission *first = NULL;

	for (const GList *at = engine->open.head; at; at = at->next) {
		struct submission *submission = at->data;

		if (!first || submission->deadline_us < first->deadline_us)
			first = submission;
	}
	return first;
}

static int watch_deadline(struct engine *engine, uint64_t usec)
{
	int r = sd_event_source_set_time(engine->deadline, usec);

	engine->deadline_us = usec;
	return r < 0 ? r : sd_event_source_set_enabled(engine->deadline, SD_EVENT_ONESHOT);
}

/* One at a time, so that many that expire together do not hold up others. */
static int deadline_passed(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct engine *engine = userdata;
	struct submission *first = earliest(engine);
	uint64_t now;

	(void)usec;
	engine->deadline_us = UINT64_MAX;
	sd_event_now(sd_event_source_get_event(source), CLOCK_BOOTTIME, &now);
	if (first && first->deadline_us <= now)
		submission_expire(first);
	first = earliest(engine);
	return first ? watch_deadline(engine, first->deadline_us) : 0;
}

static void submission_connect(struct engine *engine, struct submission *submission)
{
	struct outcome outcome = { 0 };

	if (submission_report(submission, STATE_CONNECT) < 0) {
		submission->stale = true;
		outcome_fail(&outcome, STATUS_TIMEOUT, STATE_WAITING, DETAIL_NONE);
		submission_end(submission, &outcome);
	} else if (session_new(&submission->session, engine, submission) < 0) {
		outcome = submission->outcome;
		submission_end(submission, &outcome);
	}
}

/* Returns false if it has to wait on. */
static bool submission_start(struct engine *engine, struct submission *submission)
{
	struct session *idle;

	while (!submission->fresh && (idle = pool_idle(&engine->sessions, submission->setup))) {
		g_queue_remove(&engine->waiting, submission);
		if (session_reuse(idle, submission))
			return true;
		g_queue_push_head(&engine->waiting, submission);
	}
	if (!pool_make_room(&engine->sessions, submission->setup, submission->server,
			    engine->sessions_max))
		return false;
	g_queue_remove(&engine->waiting, submission);
	submission_connect(engine, submission);
	return true;
}

static unsigned int count_waiting(const struct engine *engine, const struct setup *setup)
{
	unsigned int waiting = 0;

	for (const GList *at = engine->waiting.head; at; at = at->next) {
		const struct submission *submission = at->data;

		waiting += pool_counts(submission->setup, submission->server, setup);
	}
	return waiting;
}

bool engine_has_room(const struct engine *engine, const struct setup *setup)
{
	return pool_busy(&engine->sessions, setup) + count_waiting(engine, setup) <
		       engine->sessions_max &&
	       engine->waiting.length < POOL_TOTAL;
}

/*
 * Who waits for a full server holds up nobody else, nor does who is almost at
 * the deadline and so has waited until then. Starting one may change the queue.
 */
static bool start_first(struct engine *engine)
{
	const struct submission *full = NULL;

	for (GList *next, *at = engine->waiting.head; at; at = next) {
		struct submission *submission = at->data;

		next = at->next;
		if ((full && submission->setup == full->setup &&
		     submission->server == full->server) ||
		    retry_is_late(submission))
			continue;
		if (submission_start(engine, submission))
			return true;
		full = submission;
	}
	return false;
}

static int engine_start_waiting(sd_event_source *source, void *userdata)
{
	struct engine *engine = userdata;
	int started = 0;

	(void)source;
	while (started < START_MAX && start_first(engine))
		started++;
	if (started == START_MAX)
		engine_wake(engine);
	if (engine->room)
		engine->room(engine->userdata);
	return 0;
}

int engine_submit(struct engine *engine, struct submission *submission)
{
	int r;

	memset(&submission->outcome, 0, sizeof(submission->outcome));
	submission->state = STATE_WAITING;
	submission->session = NULL;
	submission->fresh = !submission->message; /* an idle session would prove nothing */
	submission->stale = false;
	submission->server = 0;
	submission->retries = 0;
	submission->pause = NULL;
	submission->engine = engine;
	submission->recipient_codes =
		submission->message ?
			g_new0(unsigned int, submission->message->recipients->len) :
			NULL;
	if (submission->deadline_us < engine->deadline_us) {
		r = watch_deadline(engine, submission->deadline_us);
		if (r < 0)
			return r;
	}
	submission->open = (GList){ .data = submission };
	g_queue_push_tail_link(&engine->open, &submission->open);
	g_queue_push_tail(&engine->waiting, submission);
	return sd_event_source_set_enabled(engine->starter, SD_EVENT_ONESHOT);
}

uint64_t engine_latest_us(const struct engine *engine)
{
	uint64_t latest = 0;

	for (const GList *at = engine->open.head; at; at = at->next)
		latest = MAX(latest, ((const struct submission *)at->data)->deadline_us);
	return latest;
}

void engine_withdraw(struct engine *engine, struct submission *submission)
{
	forget(submission);
	submission->pause = sd_event_source_disable_unref(submission->pause);
	g_queue_remove(&engine->waiting, submission);
	if (submission->session)
		session_drop(submission->session);
	submission->session = NULL;
	engine_wake(engine);
}

static int add_sources(struct engine *engine)
{
	int r = multis_new(&engine->multis, engine->event);

	if (r < 0)
		return r;
	r = sd_event_add_time(engine->event, &engine->deadline, CLOCK_BOOTTIME, UINT64_MAX, 1,
			      deadline_passed, engine);
	if (r < 0)
		return r;
	sd_event_source_set_enabled(engine->deadline, SD_EVENT_OFF);
	r = sd_event_add_defer(engine->event, &engine->starter, engine_start_waiting, engine);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(engine->starter, SD_EVENT_OFF);
}

int engine_new(struct engine **result, sd_event *event, unsigned int sessions_max)
{
	struct engine *engine = g_new0(struct engine, 1);
	int r;

	engine->event = sd_event_ref(event);
	engine->sessions_max = sessions_max;
	engine->deadline_us = UINT64_MAX;
	r = add_sources(engine);
	if (r < 0) {
		engine_free(engine);
		return r;
	}
	*result = engine;
	return 0;
}

void engine_set_sessions_max(struct engine *engine, unsigned int sessions_max)
{
	engine->sessions_max = sessions_max;
	engine_wake(engine);
}

void engine_set_keep_open(struct engine *engine, uint64_t usec)
{
	engine->keep_open = usec;
}

void engine_retire(struct engine *engine, const struct setup *setup)
{
	pool_retire(&engine->sessions, setup);
}

void engine_on_room(struct engine *engine, void (*room)(void *userdata), void *userdata)
{
	engine->room = room;
	engine->userdata = userdata;
}

void engine_free(struct engine *engine)
{
	struct session *session;

	if (!engine)
		return;
	while ((session = g_queue_peek_head(&engine->sessions)))
		session_drop(session);
	multis_free(engine->multis);
	sd_event_source_disable_unref(engine->starter);
	sd_event_source_disable_unref(engine->deadline);
	g_queue_clear(&engine->waiting);
	sd_event_unref(engine->event);
	g_free(engine);
}
