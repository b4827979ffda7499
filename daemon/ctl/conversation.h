/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_CONVERSATION_H
#define ECEMAIL_CTL_CONVERSATION_H

#include <json-glib/json-glib.h>

#include "daemon/message.h"
#include "daemon/outcome.h"
#include "daemon/setup.h"

/*
 * The conversation of seed 001 with a mail server, said by the machine: greeting,
 * EHLO, MAIL, RCPT, then RSET, VRFY, HELP, NOOP and QUIT; DATA and a mail only
 * if there is one to send. It blocks: this is for a command, not for the daemon.
 */
struct conversation {
	const struct setup *setup;
	GPtrArray *recipients; /* addresses, maybe none */
	const struct message *message; /* to be sent, or NULL */
	/* Told of each line at once: "sent", "received" or "note", and the time since the start. */
	void (*line)(void *userdata, const char *kind, const char *text, double seconds);
	void *userdata;

	/* The result: */
	struct outcome outcome; /* as a box would get it; status 0: all of it went well */
	JsonObject *report; /* server, address, times, tls, certificate, steps */
};

void conversation_hold(struct conversation *conversation);
void conversation_clear(struct conversation *conversation);

#endif /* ECEMAIL_CTL_CONVERSATION_H */
