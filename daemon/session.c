// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One SMTP session: input and output for one transaction.
 *
 *   RESOLVING    the server's name (resolution.c); state 1
 *   CONNECTING   libcurl has the socket (connection.c); states 1 and 2
 *   BUSY         we have it: transaction.c says what to send; states 3 to 8
 *   QUITTING     QUIT was sent, the server has a moment to close; nobody waits
 *
 * Every state is reported to the submission before a byte of what belongs to
 * it leaves, and a report that fails ends the session there and then. So the
 * claim of state 8 needs no code of its own: without it the final dot stays in
 * the buffer.
 *
 * A transaction that ended clean says QUIT. All others just close: the server
 * may be amid the message, where QUIT would be text.
 */

#include <netdb.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "resolution.h"
#include "session.h"
#include "transaction.h"

#define TURN_MAX 16 /* calls of one turn, so that a flood cannot hold the loop */
#define QUIT_US	 (2 * G_USEC_PER_SEC)

enum session_phase {
	SESSION_RESOLVING,
	SESSION_CONNECTING,
	SESSION_BUSY,
	SESSION_QUITTING,
};

struct session {
	struct engine *engine;
	struct submission *submission; /* NULL while quitting */
	enum session_phase phase;
	struct resolution *resolution;
	struct connection connection;
	struct reply_parser parser;
	struct transaction transaction;
	enum transaction_step step; /* whose bytes are in @out */
	GString *out;
	size_t out_sent;
	sd_event_source *io;
	sd_event_source *quit_timer;
};

void session_drop(struct session *session)
{
	sd_event_source_disable_unref(session->io);
	sd_event_source_disable_unref(session->quit_timer);
	resolution_cancel(session->resolution);
	if (session->connection.easy)
		connection_close(&session->connection, engine_multi(session->engine));
	engine_remove_session(session->engine, session);
	g_string_free(session->out, TRUE);
	g_free(session);
}

static int quit_expired(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	session_drop(userdata);
	return 0;
}

/* The server's 221 and its close are awaited for politeness only. */
static void quit(struct session *session)
{
	size_t sent;

	session->phase = SESSION_QUITTING;
	session->submission = NULL;
	if (curl_easy_send(session->connection.easy, "QUIT\r\n", 6, &sent) != CURLE_OK ||
	    sd_event_add_time_relative(engine_event(session->engine), &session->quit_timer,
				       CLOCK_MONOTONIC, QUIT_US, 0, quit_expired, session) < 0)
		session_drop(session);
	else
		sd_event_source_set_io_events(session->io, EPOLLIN);
}

/* Hands the outcome to the submission, which may be gone afterwards. */
static void end(struct session *session, const struct outcome *result, bool clean)
{
	struct submission *submission = session->submission;
	struct outcome outcome = *result;

	engine_session_free(session->engine);
	if (clean)
		quit(session);
	else
		session_drop(session);
	submission_end(submission, &outcome);
}

/* Somebody else has ended the request: nothing more is sent for it. */
static void end_stale(struct session *session)
{
	unsigned int state = session->submission->state;
	struct outcome outcome = { 0 };

	outcome_fail(&outcome, STATUS_TIMEOUT + state, state, DETAIL_NONE);
	end(session, &outcome, false);
}

/* Input */

static void take(struct session *session, const char *data, size_t length)
{
	struct transaction *transaction = &session->transaction;
	struct reply *reply = &session->parser.reply;
	char prefix[] = "State: 0x0 Received data: ";
	size_t used;

	for (; length && !transaction->ended; data += used, length -= used) {
		enum reply_event event = reply_parse(&session->parser, data, length, &used);

		prefix[9] = (char)('0' + transaction_state(transaction));
		if (event == REPLY_GARBAGE)
			transaction_broken(transaction, STATUS_INVALID_STATE, DETAIL_GARBAGE);
		else if (event == REPLY_TOO_LONG)
			transaction_broken(transaction, STATUS_INVALID_STATE, DETAIL_LINE_TOO_LONG);
		else if (event != REPLY_MORE)
			submission_trace(session->submission, prefix, reply->text);
		if (event == REPLY_COMPLETE)
			transaction_reply(transaction, reply);
	}
	if (length)
		transaction->clean = false; /* it said more than it was asked */
}

static void break_tcp(struct session *session, unsigned int otherwise)
{
	unsigned int detail = connection_error(&session->connection, otherwise);

	if (detail)
		transaction_broken(&session->transaction, STATUS_TCP_ERROR, detail);
	else
		transaction_timeout(&session->transaction);
}

static void receive(struct session *session)
{
	char buffer[4096];
	CURLcode code;
	size_t n;

	for (int i = 0; i < TURN_MAX && !session->transaction.ended; i++) {
		code = curl_easy_recv(session->connection.easy, buffer, sizeof(buffer), &n);
		if (code == CURLE_AGAIN)
			return;
		if (code != CURLE_OK || !n) {
			if (code == CURLE_OK)
				transaction_broken(&session->transaction, STATUS_TCP_ERROR,
						   DETAIL_CLOSED);
			else
				break_tcp(session, DETAIL_RESET);
			return;
		}
		take(session, buffer, n);
	}
}

/* Output */

static void trace_commands(struct session *session)
{
	const char *line = session->out->str;

	for (; line; line = strstr(line, "\r\n"), line = line && line[2] ? line + 2 : NULL) {
		if (g_str_has_prefix(line, "MAIL"))
			submission_trace(session->submission, "Sending MAIL FROM", NULL);
		else if (g_str_has_prefix(line, "RCPT"))
			submission_trace(session->submission, "Sending RCPT TO", NULL);
		else if (g_str_has_prefix(line, "DATA"))
			submission_trace(session->submission, "Sending DATA", NULL);
	}
}

/* The trace says what was really sent, so after it was. */
static void trace_sent(struct session *session)
{
	if (!session->submission->callbacks->trace || !session->out->len)
		return;
	if (session->step == TRANSACTION_SEND)
		trace_commands(session);
	if (session->step == TRANSACTION_TEXT)
		submission_trace(session->submission, "Sending SUBJECT", NULL);
	if (session->step == TRANSACTION_TEXT)
		submission_trace(session->submission, "Sending BODY", NULL);
	if (session->step == TRANSACTION_END_OF_DATA)
		submission_trace(session->submission, "Sending END", NULL);
}

/* A server that refuses and closes makes sending fail: its words are still to be read. */
static void send_failed(struct session *session)
{
	unsigned int detail = connection_error(&session->connection, DETAIL_WRITE);

	receive(session);
	if (!session->transaction.ended)
		transaction_broken(&session->transaction, STATUS_TCP_ERROR,
				   detail ? detail : DETAIL_WRITE);
}

/* Returns true once all of @out has been taken by the socket. */
static bool flush(struct session *session)
{
	GString *out = session->out;
	CURLcode code = CURLE_OK;
	size_t n;

	for (int i = 0; session->out_sent < out->len && code == CURLE_OK; i++) {
		code = i == TURN_MAX ? CURLE_AGAIN :
				       curl_easy_send(session->connection.easy,
						      out->str + session->out_sent,
						      out->len - session->out_sent, &n);
		if (code == CURLE_OK)
			session->out_sent += n;
	}
	if (session->step == TRANSACTION_TEXT)
		transaction_text_sent(&session->transaction, session->out_sent);
	if (code != CURLE_OK && code != CURLE_AGAIN)
		send_failed(session);
	if (code != CURLE_OK)
		return false;
	trace_sent(session);
	g_string_truncate(out, 0);
	session->out_sent = 0;
	return true;
}

static int report(struct session *session)
{
	return submission_report(session->submission, transaction_state(&session->transaction));
}

/*
 * Sends what the transaction has to say until it must wait. Before the end of
 * data the server is listened to once more: it may have given up meanwhile.
 */
static int advance(struct session *session)
{
	struct transaction *transaction = &session->transaction;

	while (!transaction->ended) {
		if (report(session) < 0)
			return -1;
		if (!flush(session))
			return transaction->ended ? 0 : report(session);
		if (session->step == TRANSACTION_TEXT) {
			if (report(session) < 0)
				return -1;
			receive(session);
		}
		session->step = transaction_next(transaction, session->out);
		if (session->step == TRANSACTION_WAIT)
			break;
	}
	return 0;
}

static void work(struct session *session)
{
	struct transaction *transaction = &session->transaction;
	uint32_t events = EPOLLIN;

	receive(session);
	if (!transaction->ended && advance(session) < 0) {
		end_stale(session);
		return;
	}
	if (transaction->ended) {
		end(session, &transaction->outcome, transaction->clean);
		return;
	}
	if (session->out_sent < session->out->len)
		events |= EPOLLOUT;
	sd_event_source_set_io_events(session->io, events);
}

static void await_close(struct session *session)
{
	char buffer[REPLY_LINE_MAX];
	size_t n = 0;

	if (curl_easy_recv(session->connection.easy, buffer, sizeof(buffer), &n) != CURLE_AGAIN)
		session_drop(session);
}

static int socket_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct session *session = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	if (session->phase == SESSION_QUITTING)
		await_close(session);
	else
		work(session);
	return 0;
}

/* Connecting */

static void fail_connecting(struct session *session, unsigned int status, unsigned int detail)
{
	struct outcome outcome = { 0 };

	outcome_fail(&outcome, status, session->submission->state, detail);
	end(session, &outcome, false);
}

static int64_t milliseconds_left(uint64_t deadline_us)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)(deadline_us / 1000) - now.tv_sec * 1000 - now.tv_nsec / 1000000;
}

static int start_connecting(struct session *session, const char *addresses)
{
	const struct submission *submission = session->submission;
	int64_t left = MAX(milliseconds_left(submission->deadline_us), 1);
	int r = connection_init(&session->connection, submission->setup, addresses, (long)left);

	if (r < 0)
		return r;
	session->phase = SESSION_CONNECTING;
	curl_easy_setopt(session->connection.easy, CURLOPT_PRIVATE, session);
	curl_multi_add_handle(engine_multi(session->engine), session->connection.easy);
	return 0;
}

static void resolved(void *userdata, int error, const char *addresses)
{
	struct session *session = userdata;

	session->resolution = NULL;
	if (error == EAI_MEMORY)
		fail_connecting(session, STATUS_NO_MEMORY, DETAIL_NONE);
	else if (error)
		fail_connecting(session, STATUS_TCP_ERROR,
				error == EAI_AGAIN ? DETAIL_NO_NAME_SERVER : DETAIL_NO_NAME);
	else if (start_connecting(session, addresses) < 0)
		fail_connecting(session, STATUS_NO_MEMORY, DETAIL_NONE);
}

static int start(struct session *session)
{
	const char *server = session->submission->setup->server;

	if (is_ip_address(server))
		return start_connecting(session, NULL);
	session->phase = SESSION_RESOLVING;
	return resolution_start(&session->resolution, engine_event(session->engine), server,
				resolved, session);
}

int session_new(struct session **result, struct engine *engine, struct submission *submission)
{
	struct session *session = g_new0(struct session, 1);
	int r;

	session->engine = engine;
	session->submission = submission;
	session->connection.trace = submission->callbacks->trace;
	session->connection.userdata = submission->userdata;
	session->out = g_string_new(NULL);
	engine_add_session(engine, session);
	r = start(session);
	if (r < 0) {
		session_drop(session);
		return r;
	}
	*result = session;
	return 0;
}

static void connect_failed(struct session *session, CURLcode code)
{
	struct outcome outcome = { 0 };

	connection_failure(&session->connection, code, session->submission->state, &outcome);
	end(session, &outcome, false);
}

void session_check(struct session *session)
{
	if (session->phase == SESSION_CONNECTING && session->submission->state < STATE_GREETING &&
	    connection_is_up(&session->connection) &&
	    submission_report(session->submission, STATE_GREETING) < 0)
		end_stale(session);
}

void session_connected(struct session *session, CURLcode code)
{
	struct submission *submission = session->submission;
	curl_socket_t fd;

	if (code == CURLE_OK)
		code = curl_easy_getinfo(session->connection.easy, CURLINFO_ACTIVESOCKET, &fd);
	if (code != CURLE_OK || sd_event_add_io(engine_event(session->engine), &session->io, fd,
						EPOLLIN, socket_ready, session) < 0) {
		connect_failed(session, code);
		return;
	}
	session->phase = SESSION_BUSY;
	transaction_start(&session->transaction, submission->message,
			  session->connection.pipelining, submission->recipient_codes);
	session->step = TRANSACTION_WAIT;
	work(session);
}

void session_timeout(struct session *session)
{
	if (session->phase == SESSION_RESOLVING) {
		fail_connecting(session, STATUS_TIMEOUT + STATE_CONNECT, DETAIL_NO_NAME_SERVER);
		return;
	}
	if (session->phase == SESSION_CONNECTING) {
		connect_failed(session, CURLE_OPERATION_TIMEDOUT);
		return;
	}
	transaction_timeout(&session->transaction);
	end(session, &session->transaction.outcome, false);
}
