/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_ENGINE_H
#define ECEMAIL_ENGINE_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "connection.h"
#include "message.h"

/*
 * The SMTP engine: takes submissions, gives each exactly one outcome by its
 * deadline, never blocks. It knows nothing of slots and devices.
 */
struct engine;
struct submission;
struct session;

struct submission_callbacks {
	/*
	 * Called before the submission does anything in this state, once for
	 * each, rising; but a kept-open session begins with 3, and when it
	 * turns out to be dead the next one begins with 1. An error ends it
	 * there: what belongs to the state is not sent. For state 8 that is
	 * the end of data.
	 */
	int (*progress)(void *userdata, unsigned int state);
	/* Final; the submission is the caller's again. */
	void (*done)(void *userdata);
	/* One line of the trace; NULL: off. */
	trace_fn trace;
};

/* One message on its way. The caller fills in the first part and keeps it alive until done(). */
struct submission {
	struct setup *setup;
	const struct message *message; /* NULL: only a look whether the server is there */
	uint64_t deadline_us; /* CLOCK_BOOTTIME */
	const struct submission_callbacks *callbacks;
	void *userdata;

	struct outcome outcome; /* valid in and after done() */
	unsigned int *recipient_codes; /* reply to each recipient, 0: none; free with g_free() */
	unsigned int state; /* SMTP state, as last reported */
	bool fresh; /* not on a kept-open session again */
	bool stale; /* somebody else has ended it: no other server, no retry */
	unsigned int server; /* which one of the setup it is at */
	unsigned int retries;
	sd_event_source *pause; /* before the next retry */
	struct engine *engine;
	struct session *session; /* NULL while it waits */
	GList open; /* its place in the engine's queue */
};

/* @sessions_max is how many sessions one server may have. */
int engine_new(struct engine **engine, sd_event *event, unsigned int sessions_max);
void engine_free(struct engine *engine);
void engine_set_sessions_max(struct engine *engine, unsigned int sessions_max);

/* How long a session without a submission stays open; 0, the default: not at all. */
void engine_set_keep_open(struct engine *engine, uint64_t usec);

/* The setup has been replaced: none of its sessions is used again. */
void engine_retire(struct engine *engine, const struct setup *setup);

/* True if a submission with this setup would be started at once. */
bool engine_has_room(const struct engine *engine, const struct setup *setup);

/* Called, outside of any other callback, when there may be room again. */
void engine_on_room(struct engine *engine, void (*room)(void *userdata), void *userdata);

/* done() is called later, never from within. Returns 0, or a negative errno. */
int engine_submit(struct engine *engine, struct submission *submission);

/* The latest deadline of all submissions, 0: there are none. */
uint64_t engine_latest_us(const struct engine *engine);

/* Takes a submission back without an outcome; for state 8 that leaves it unknown. */
void engine_withdraw(struct engine *engine, struct submission *submission);

#endif /* ECEMAIL_ENGINE_H */
