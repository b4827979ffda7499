/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_OUTCOME_H
#define ECEMAIL_OUTCOME_H

#include <linux/ecom.h>
#include <linux/ecom_slave89.h>

#include "reply.h"
#include "status.h"

/* How a request ended. */
struct outcome {
	unsigned int status;
	unsigned int state;
	unsigned int reply; /* 0: none */
	unsigned int enhanced[3];
	unsigned int detail;
	enum slave89_sent sent;
	char text[REPLY_LINE_MAX]; /* the server's last line, or what is wrong with the setup */
};

/* Ends without a reply: in state 8 nobody knows what became of the mail, before that it is safe. */
void outcome_fail(struct outcome *outcome, unsigned int status, unsigned int state,
		  unsigned int detail);

/* Ends by a refusal of the server. */
void outcome_refuse(struct outcome *outcome, unsigned int state, const struct reply *reply);

/* Replaces the text by @text, in printable ASCII. */
void outcome_say(struct outcome *outcome, const char *text);

/* Takes over code, enhanced code and text of a reply. */
void outcome_take_reply(struct outcome *outcome, const struct reply *reply);

/* The register form. */
void outcome_result(const struct outcome *outcome, struct ecom_result *result);

const char *sent_name(enum slave89_sent sent);

#endif /* ECEMAIL_OUTCOME_H */
