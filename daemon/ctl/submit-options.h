/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_SUBMIT_OPTIONS_H
#define ECEMAIL_SUBMIT_OPTIONS_H

#include "daemon/credential.h"
#include "daemon/setup.h"

/* The command line of ecemailctl submit. */
struct submit_options {
	struct setup *setup;
	struct credential_source source; /* used if there is a user */
	const char *to;
	const char *subject;
	const char *body;
	unsigned int count;
	unsigned int sessions;
	bool counted; /* --count was given */
	bool fresh; /* a session for each mail */
	bool compose_once;
	bool json;
};

#define SUBMIT_SESSIONS_MAX 256

/* Returns 0, or the exit status of a command line that is wrong or asks for help. */
int submit_options_read(struct submit_options *options, int argc, char **argv);

#endif /* ECEMAIL_SUBMIT_OPTIONS_H */
