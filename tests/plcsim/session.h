/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One who gives commands, one after the other: a script or a connection of
 * the control socket. A command that takes time is looked at around each scan.
 */
#ifndef PLCSIM_SESSION_H
#define PLCSIM_SESSION_H

#include "tests/plcsim/command.h"
#include "tests/plcsim/simulator.h"

enum session_state { SESSION_DONE,
		     SESSION_FAILED,
		     SESSION_RUNNING };

struct session {
	struct simulator *simulator;
	/* answer lines have been added to out; always called for the end, too */
	void (*progress)(struct session *session, enum session_state state);
	void *owner;
	GString *out;
	GString *error; /* of a command that failed */
	struct command command;
	bool running;
	uint64_t deadline; /* milliseconds */
	unsigned int shown[COMPARISONS_MAX]; /* values that watch printed last */
	bool transfer_started;
	bool transfer_finished;
	struct transfer_result result;
};

void session_init(struct session *session, struct simulator *simulator,
		  void (*progress)(struct session *session, enum session_state state),
		  void *owner);
void session_release(struct session *session);

/* Starts a command. Calls progress with its end, now or later. */
void session_run(struct session *session, const struct command *command);
void session_before_scan(struct session *session);
void session_after_scan(struct session *session);

#endif /* PLCSIM_SESSION_H */
