/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_COMMAND_H
#define ECEMAIL_CTL_COMMAND_H

#include <glib.h>

/*
 * Exit statuses of every command. Scripts rely on them:
 * Documentation/ecemailctl.rst.
 */
enum exit_status {
	EXIT_OK = 0, /* done; what was asked about is in order */
	EXIT_WRONG = 1, /* it is not in order, or has failed */
	EXIT_USAGE = 2, /* the command line is wrong; nothing was done */
	EXIT_UNKNOWN = 3, /* cannot be known or reached from here: no right, no daemon, no card */
};

/* One command of ecemailctl; each has a file of its own. */
struct command {
	const char *name;
	const char *arguments; /* what follows the name: "[SLOT]" */
	const char *summary; /* one line */
	const char *description; /* more, with examples that can be run as they are */
	const GOptionEntry *options; /* NULL: none but --json and --help */
	/* Gets the words that are left; @arguments[0] is the first of them. */
	int (*run)(int count, char **arguments);
	/* Instead of all that: does its own command line, from its name on. */
	int (*run_raw)(int argc, char **argv);
};

extern const struct command credential_command;
extern const struct command doctor_command;
extern const struct command explain_command;
extern const struct command frames_command;
extern const struct command history_command;
extern const struct command metrics_command;
extern const struct command monitor_command;
extern const struct command probe_command;
extern const struct command registers_command;
extern const struct command requests_command;
extern const struct command setup_command;
extern const struct command status_command;
extern const struct command submit_command;
extern const struct command test_command;
extern const struct command trace_command;

/* Says on stderr what is wrong with the command line; returns EXIT_USAGE. */
int usage_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Says on stderr what went wrong; returns @status. */
int complain(enum exit_status status, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif /* ECEMAIL_CTL_COMMAND_H */
