/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_MAIL_H
#define TESTS_DAEMON_MAIL_H

#include "daemon/engine.h"
#include "loop.h"

#define DAWDLE_US   125000
#define TIMEOUT_MS  600
#define PATIENCE_MS 10000

/* Of the test as a whole; each session ends with its mail unless the test says otherwise. */
extern struct engine *engine;
extern sd_event *event;

/* One mail and what was heard of it. */
struct mail {
	struct submission submission;
	struct setup *setup;
	struct message *message;
	GString *states;
	GString *trace;
	int stale_at;
	unsigned int dawdle_at; /* state whose report takes DAWDLE_US */
	uint64_t stall_us; /* how long the loop may stand still for it */
	bool done;
	uint64_t took_us;
};

/* A setup for the server at 127.0.0.1:port. */
struct setup *mail_setup(unsigned int port);

/* With a setup of its own, or a given one. */
struct mail *mail_new(unsigned int port, const char *to, unsigned int timeout_ms);
struct mail *mail_new_with(struct setup *setup, const char *to, unsigned int timeout_ms);
void mail_free(struct mail *mail);

/* Submits it and waits for its end, watching that the loop does not stand still. */
void mail_run(struct mail *mail);

void expect_outcome(const struct mail *mail, unsigned int status, unsigned int state,
		    unsigned int detail, enum slave89_sent sent);

/* Of the group of tests. */
int mail_set_up(void **state);
int mail_tear_down(void **state);

#endif /* TESTS_DAEMON_MAIL_H */
