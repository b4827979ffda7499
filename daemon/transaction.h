/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_TRANSACTION_H
#define ECEMAIL_TRANSACTION_H

#include <glib.h>
#include <stdbool.h>

#include "message.h"
#include "outcome.h"

struct transaction {
	const struct message *message;
	bool pipelining;
	bool all_or_nothing; /* one recipient refused: nobody gets it */
	unsigned int issued; /* commands handed out: MAIL, each RCPT, DATA, end of data */
	unsigned int answered; /* of these */
	unsigned int accepted; /* recipients */
	unsigned int *recipient_codes; /* reply to each recipient, 0: none; owned by the caller */
	bool wanted; /* DATA was answered 354 */
	bool text_issued;
	unsigned int text_state; /* 6 or 7 while the text is on its way */
	bool refused; /* @outcome holds the first refusal */
	bool ended; /* @outcome is final */
	bool clean; /* ended such that the session may be used on */
	struct outcome outcome;
};

enum transaction_step {
	TRANSACTION_SEND, /* send what was appended, then ask again */
	TRANSACTION_TEXT, /* likewise, and it is the message: report what of it has gone */
	TRANSACTION_END_OF_DATA, /* likewise, after the claim has succeeded */
	TRANSACTION_WAIT, /* for a reply */
	TRANSACTION_ENDED,
};

/* @recipient_codes has room for the reply to each recipient. */
void transaction_start(struct transaction *transaction, const struct message *message,
		       bool pipelining, bool all_or_nothing, unsigned int *recipient_codes);

/* Says what to do next, appending to @out what is to be sent for it. */
enum transaction_step transaction_next(struct transaction *transaction, GString *out);

/* So many bytes of the text have been taken by the socket. */
void transaction_text_sent(struct transaction *transaction, size_t sent);

/* The server's next reply. */
void transaction_reply(struct transaction *transaction, const struct reply *reply);

/* The session broke, or what came is no reply: ends with @status, unless already refused. */
void transaction_broken(struct transaction *transaction, unsigned int status, unsigned int detail);

/* The deadline: ends with 10 + state, unless already refused. */
void transaction_timeout(struct transaction *transaction);

/* 3 to 8: of the oldest command that has no reply yet. */
unsigned int transaction_state(const struct transaction *transaction);

#endif /* ECEMAIL_TRANSACTION_H */
