/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of ctl and scripts, as text: parsing only, so that a wrong
 * command is a usage error before anything is done.
 */
#ifndef PLCSIM_COMMAND_H
#define PLCSIM_COMMAND_H

#include "tests/plcsim/backplane.h"
#include "tests/plcsim/condition.h"

enum command_verb {
	COMMAND_SET,
	COMMAND_GET,
	COMMAND_WAIT,
	COMMAND_EXPECT,
	COMMAND_WATCH,
	COMMAND_SLEEP,
	COMMAND_STATUS,
	COMMAND_PLC,
	COMMAND_CARD,
	COMMAND_FRAME,
	COMMAND_RAW,
	COMMAND_SCAN,
	COMMAND_CLOCK,
	COMMAND_DOWNLOAD,
	COMMAND_SAVE,
	COMMAND_PORT,
	COMMAND_MISBEHAVE,
	COMMAND_QUIT,
};

#define COMMAND_PATH_MAX 1024
#define SCAN_TIME_MAX	 1000 /* milliseconds */

#define COMMAND_VERBS (COMMAND_QUIT + 1)

enum command_action { ACTION_OFF,
		      ACTION_ON,
		      ACTION_RUN,
		      ACTION_PROGRAM,
		      ACTION_RESET,
		      ACTION_STEP,
		      ACTION_TIME };

struct command {
	enum command_verb verb;
	struct condition elements; /* set: the values; get, watch: no relation */
	double seconds; /* negative: not given */
	enum command_action action;
	unsigned int count; /* scans, or milliseconds of a scan */
	int64_t clock; /* seconds since 1970, local time */
	int misbehaviour; /* negative: none */
	uint64_t seed;
	unsigned int slot;
	unsigned int card;
	struct transfer transfer;
	char path[COMMAND_PATH_MAX];
};

/* Returns true, or false and an error text for g_free(). */
bool command_parse(const char *line, struct command *command, char **error);
/* The same line with another path, for g_free(); NULL if that path cannot be written. */
char *command_with_path(const char *line, const char *path);
/* All commands, a line each */
void command_usage(GString *out);

#endif /* PLCSIM_COMMAND_H */
