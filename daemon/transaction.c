// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mail transaction (RFC 5321, 3.3) without any input or output: it says
 * what to send and is told the replies. Sequential and pipelined (RFC 2920)
 * differ only in how far commands may run ahead of their replies.
 *
 *   command      MAIL   RCPT 1 … n   DATA    (text)   end of data
 *   number       0      1 … n        n + 1            n + 2
 *   state        3      4            5       6, 7     8
 *
 * The state is that of the oldest unanswered command. How it ends:
 *
 *   MAIL, all RCPT or DATA refused: the first refusal in command order, after
 *     the replies to what was pipelined. If the server answers DATA with 354
 *     all the same, the session is not clean: it must be closed, never ended
 *     with a lone dot.
 *   some RCPT refused: the others get the mail, the first refusal is reported
 *     with detail 60, unless the end of data is refused, which wins.
 *     Or, all-or-nothing, nobody gets it: DATA is not said before the last
 *     reply to RCPT, the first refusal is reported with detail 61.
 *   421, and a refusal amid the text: at once, the server is closing.
 *   2yz to the end of data: the only success.
 *   anything else: 22.
 *
 * A refusal that has decided the transaction outlives a broken session or a
 * deadline that comes while the remaining replies are read.
 */

#include <string.h>

#include "transaction.h"

#define REPLY_CLOSING	 421
#define REPLY_START_MAIL 354
#define REPLY_BYE	 221

static unsigned int data_command(const struct transaction *transaction)
{
	return transaction->message->recipients->len + 1;
}

static unsigned int state_of(const struct transaction *transaction, unsigned int command)
{
	if (command == 0)
		return STATE_MAIL;
	if (command < data_command(transaction))
		return STATE_RCPT;
	return command == data_command(transaction) ? STATE_DATA : STATE_END;
}

unsigned int transaction_state(const struct transaction *transaction)
{
	if (transaction->text_state && transaction->issued == transaction->answered)
		return transaction->text_state;
	return state_of(transaction, transaction->answered);
}

void transaction_start(struct transaction *transaction, const struct message *message,
		       bool pipelining, bool all_or_nothing, unsigned int *recipient_codes)
{
	memset(transaction, 0, sizeof(*transaction));
	transaction->message = message;
	transaction->pipelining = pipelining;
	transaction->all_or_nothing = all_or_nothing;
	transaction->recipient_codes = recipient_codes;
}

static void end(struct transaction *transaction, bool clean)
{
	transaction->ended = true;
	transaction->clean = clean && transaction->issued == transaction->answered;
}

/* No recipient is left, or DATA was refused: the mail cannot go out any more. */
static bool decided(const struct transaction *transaction)
{
	unsigned int data = data_command(transaction);

	if (!transaction->refused)
		return false;
	if (transaction->outcome.state == STATE_MAIL)
		return true;
	if (transaction->answered >= data &&
	    (!transaction->accepted || transaction->all_or_nothing))
		return true;
	return transaction->answered > data && !transaction->wanted;
}

static bool may_issue(const struct transaction *transaction)
{
	if (transaction->issued > data_command(transaction) || decided(transaction))
		return false;
	if (transaction->all_or_nothing && transaction->issued == data_command(transaction))
		return transaction->issued == transaction->answered;
	return transaction->pipelining || transaction->issued == transaction->answered;
}

static void append_command(struct transaction *transaction, GString *out)
{
	unsigned int command = transaction->issued++;
	const struct message *message = transaction->message;

	if (command == 0)
		g_string_append_printf(out, "MAIL FROM:<%s>\r\n", message->sender);
	else if (command < data_command(transaction))
		g_string_append_printf(out, "RCPT TO:<%s>\r\n",
				       (char *)message->recipients->pdata[command - 1]);
	else
		g_string_append(out, "DATA\r\n");
}

enum transaction_step transaction_next(struct transaction *transaction, GString *out)
{
	bool issued = false;

	if (transaction->ended)
		return TRANSACTION_ENDED;
	for (; may_issue(transaction); issued = true)
		append_command(transaction, out);
	if (issued)
		return TRANSACTION_SEND;
	if (!transaction->wanted || transaction->issued > transaction->answered)
		return TRANSACTION_WAIT;
	if (!transaction->text_issued) {
		transaction->text_issued = true;
		g_string_append_len(out, transaction->message->text->str,
				    (gssize)transaction->message->text->len);
		return TRANSACTION_TEXT;
	}
	transaction->issued++;
	g_string_append(out, ".\r\n");
	return TRANSACTION_END_OF_DATA;
}

void transaction_text_sent(struct transaction *transaction, size_t sent)
{
	if (sent >= transaction->message->header_length)
		transaction->text_state = STATE_BODY;
}

/* Only the first one counts. */
static void refuse(struct transaction *transaction, unsigned int state, const struct reply *reply)
{
	if (!transaction->refused)
		outcome_refuse(&transaction->outcome, state, reply);
	transaction->refused = true;
}

/* Ends without a refusal, unless one has decided the transaction already. */
static void fail(struct transaction *transaction, unsigned int status, unsigned int detail,
		 const struct reply *reply)
{
	struct outcome *outcome = &transaction->outcome;

	end(transaction, false);
	if (decided(transaction))
		return;
	memset(outcome, 0, sizeof(*outcome));
	outcome_fail(outcome, status, transaction_state(transaction), detail);
	if (reply)
		outcome_take_reply(outcome, reply);
}

static void recipient_answered(struct transaction *transaction, unsigned int recipient,
			       const struct reply *reply)
{
	transaction->recipient_codes[recipient] = reply->code;
	if (reply_refuses(reply))
		refuse(transaction, STATE_RCPT, reply);
	else
		transaction->accepted++;
}

static void data_answered(struct transaction *transaction, const struct reply *reply)
{
	if (reply_refuses(reply)) {
		refuse(transaction, STATE_DATA, reply);
		return;
	}
	transaction->wanted = true;
	if (decided(transaction)) {
		transaction->outcome.detail = DETAIL_NO_RECIPIENT;
		end(transaction, false);
		return;
	}
	transaction->text_state = STATE_HEADER;
}

static void end_of_data_answered(struct transaction *transaction, const struct reply *reply)
{
	struct outcome *outcome = &transaction->outcome;

	if (reply_refuses(reply)) {
		outcome_refuse(outcome, STATE_END, reply);
	} else if (transaction->refused) {
		outcome->detail = DETAIL_PARTLY;
		outcome->sent = SENT_PARTLY;
	} else {
		outcome_take_reply(outcome, reply);
		outcome->status = STATUS_SUCCESS;
		outcome->state = STATE_END;
		outcome->sent = SENT_YES;
	}
	end(transaction, true);
}

/*
 * 4yz and 5yz fit everywhere, 2yz where a command is to be done, 354 at DATA
 * only. 221 answers QUIT, which may have been said along with the end of data:
 * a server that leaves out a reply must not make a success of it.
 */
static bool fits(unsigned int state, const struct reply *reply)
{
	if (reply_refuses(reply))
		return true;
	if (state == STATE_DATA)
		return reply->code == REPLY_START_MAIL;
	return reply_class(reply) == 2 && reply->code != REPLY_BYE;
}

static void closing(struct transaction *transaction, const struct reply *reply)
{
	unsigned int state = transaction_state(transaction);

	if (state == STATE_RCPT)
		transaction->recipient_codes[transaction->answered - 1] = reply->code;
	if (state == STATE_END)
		outcome_refuse(&transaction->outcome, state, reply);
	else
		refuse(transaction, state, reply);
	end(transaction, false);
}

void transaction_reply(struct transaction *transaction, const struct reply *reply)
{
	unsigned int command = transaction->answered;
	unsigned int state = state_of(transaction, command);

	if (transaction->ended)
		return;
	if (reply->code == REPLY_CLOSING ||
	    (command == transaction->issued && reply_refuses(reply))) {
		closing(transaction, reply);
		return;
	}
	if (command == transaction->issued || !fits(state, reply)) {
		fail(transaction, STATUS_INVALID_STATE,
		     command == transaction->issued ? DETAIL_UNASKED : DETAIL_NONE, reply);
		return;
	}
	transaction->answered++;
	if (state == STATE_MAIL && reply_refuses(reply))
		refuse(transaction, state, reply);
	else if (state == STATE_RCPT)
		recipient_answered(transaction, command - 1, reply);
	else if (state == STATE_DATA)
		data_answered(transaction, reply);
	else if (state == STATE_END)
		end_of_data_answered(transaction, reply);
	if (!transaction->ended && decided(transaction) &&
	    transaction->answered == transaction->issued) {
		if (transaction->all_or_nothing && transaction->accepted &&
		    transaction->outcome.state == STATE_RCPT)
			transaction->outcome.detail = DETAIL_NOT_ALL;
		end(transaction, true);
	}
}

void transaction_broken(struct transaction *transaction, unsigned int status, unsigned int detail)
{
	if (!transaction->ended)
		fail(transaction, status, detail, NULL);
}

void transaction_timeout(struct transaction *transaction)
{
	transaction_broken(transaction, STATUS_TIMEOUT + transaction_state(transaction),
			   DETAIL_NONE);
}
