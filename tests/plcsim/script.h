/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script: the commands of ctl, a line each. The first that fails ends it.
 */
#ifndef PLCSIM_SCRIPT_H
#define PLCSIM_SCRIPT_H

#include "tests/plcsim/diagnostics.h"
#include "tests/plcsim/session.h"

struct script_line {
	unsigned int number;
	struct command command;
};

struct script {
	const char *path;
	GArray *lines;
	unsigned int next;
	bool keep; /* the simulator goes on after it */
	struct session session;
};

/* Reads all lines; what is wrong goes to the diagnostics. */
void script_read(struct script *script, FILE *file, struct diagnostics *d);
void script_clear(struct script *script);

void script_start(struct script *script, struct simulator *simulator);
void script_end(struct script *script);

#endif /* PLCSIM_SCRIPT_H */
