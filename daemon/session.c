// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One SMTP session: input and output for one transaction after the other.
 *
 *   RESOLVING    the server's name (resolution.c); state 1
 *   CONNECTING   libcurl has the socket (connection.c); states 1 and 2
 *   BUSY         we have it: transaction.c says what to send; states 3 to 8
 *   RESETTING    RSET was sent, its 2yz is awaited
 *   IDLE         kept open for the next submission with the same setup
 *   QUITTING     QUIT was sent, the server has a moment to close; nobody waits
 *
 * Every state is reported to the submission before a byte of what belongs to
 * it leaves, and a report that fails ends the session there and then. So the
 * claim of state 8 needs no code of its own: without it the final dot stays in
 * the buffer.
 *
 * Only a transaction that ended clean leads on to IDLE, by way of RESETTING if
 * the server may still be amid it; with nothing kept open it says QUIT, along
 * with the end of data where the server takes that. All others just close: the
 * server may be amid the message, where QUIT would be text. An idle session
 * that is spoken to, whatever is said, is dropped.
 *
 * Sockets are watched edge-triggered: with many ready at once, sd-event would
 * otherwise be told of all of them again before each one's turn. So whoever
 * reads goes on until there is nothing left, or asks to be called again. Less
 * than was asked for is all there was, unless the stream has ended behind it,
 * which the event says, or TLS is in between.
 *
 * A kept-open session whose first command gets a 421, or no reply but a close,
 * had died before: the submission is started again, on a new session, once.
 */

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "multi.h"
#include "resolution.h"
#include "retry.h"
#include "session.h"
#include "transaction.h"

#define TURN_MAX 4 /* calls of one turn, so that a flood cannot hold the loop */
#define QUIT_US	 (2 * G_USEC_PER_SEC)
#define RESET_US (G_USEC_PER_SEC / 2) /* somebody may wait for the place */

#define REPLY_CLOSING 421

#define QUIT "QUIT\r\n"

/* A whole TLS record: what OpenSSL has read of the socket no event tells of. */
#define RECORD_MAX 16384

#define IN_EVENTS  (EPOLLIN | EPOLLRDHUP | EPOLLET)
#define IO_EVENTS  (IN_EVENTS | EPOLLOUT) /* once it had no room to write */
#define END_EVENTS (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

enum session_phase {
	SESSION_RESOLVING,
	SESSION_CONNECTING,
	SESSION_BUSY,
	SESSION_RESETTING,
	SESSION_IDLE,
	SESSION_QUITTING,
};

struct session {
	struct engine *engine;
	struct setup *setup;
	struct submission *submission; /* NULL if there is none */
	enum session_phase phase;
	unsigned int server; /* which one of the setup */
	bool reused; /* it has carried a submission before this one */
	bool retired; /* no further submission */
	bool quit_said;
	bool ending; /* the stream has an end, perhaps behind what is still to be read */
	struct resolution *resolution;
	struct connection connection;
	struct multi *multi; /* that has the connection; NULL: none yet */
	struct reply_parser parser;
	struct transaction transaction;
	enum transaction_step step; /* whose bytes are in @out */
	GString *out;
	size_t out_sent;
	sd_event_source *io;
	sd_event_source *timer; /* ends all but BUSY, where it means nothing */
};

enum session_use session_use(const struct session *session)
{
	switch (session->phase) {
	case SESSION_RESETTING:
		return USE_RESETTING;
	case SESSION_IDLE:
		return USE_IDLE;
	case SESSION_QUITTING:
		return USE_ENDING;
	default:
		return USE_BUSY;
	}
}

const struct setup *session_setup(const struct session *session)
{
	return session->setup;
}

unsigned int session_server(const struct session *session)
{
	return session->server;
}

void session_drop(struct session *session)
{
	sd_event_source_disable_unref(session->io);
	sd_event_source_disable_unref(session->timer);
	resolution_cancel(session->resolution);
	if (session->multi)
		multi_connected(session->multi, session);
	if (session->connection.easy)
		connection_close(&session->connection,
				 session->multi ? multi_handle(session->multi) : NULL);
	engine_remove_session(session->engine, session);
	if (session->phase != SESSION_QUITTING) /* else its place was free already */
		engine_wake(session->engine);
	setup_unref(session->setup);
	g_string_free(session->out, TRUE);
	g_free(session);
}

static int timer_expired(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct session *session = userdata;

	(void)source;
	(void)usec;
	if (session->phase == SESSION_IDLE)
		session_quit(session);
	else if (session->phase < SESSION_BUSY)
		session_timeout(session);
	else if (session->phase != SESSION_BUSY)
		session_drop(session);
	return 0;
}

static int set_timer(struct session *session, uint64_t usec)
{
	int r;

	if (!session->timer)
		return sd_event_add_time_relative(engine_event(session->engine), &session->timer,
						  CLOCK_MONOTONIC, usec, 0, timer_expired, session);
	r = sd_event_source_set_time_relative(session->timer, usec);
	return r < 0 ? r : sd_event_source_set_enabled(session->timer, SD_EVENT_ONESHOT);
}

static void await(struct session *session, enum session_phase phase, uint64_t usec)
{
	session->phase = phase;
	if (set_timer(session, usec) < 0)
		session_drop(session);
}

/* A command whose answer no submission waits for. Six bytes always fit a drained socket. */
static void say(struct session *session, enum session_phase phase, const char *line, uint64_t usec)
{
	size_t sent = 0, length = strlen(line);

	if (connection_send(&session->connection, line, length, false, &sent) == CURLE_OK &&
	    sent == length) {
		await(session, phase, usec);
	} else {
		session->phase = phase;
		session_drop(session);
	}
}

/* The server's 221 and its close are awaited for politeness only. */
void session_quit(struct session *session)
{
	struct engine *engine = session->engine;

	engine_remove_session(engine, session);
	engine_add_session(engine, session); /* the newest goes last */
	if (session->quit_said)
		await(session, SESSION_QUITTING, QUIT_US);
	else
		say(session, SESSION_QUITTING, QUIT, QUIT_US);
	engine_wake(engine);
}

void session_retire(struct session *session)
{
	session->retired = true;
	if (session->phase == SESSION_IDLE)
		session_quit(session);
}

static bool is_kept(const struct session *session)
{
	return engine_keep_open(session->engine) && !session->retired;
}

/* The newest goes last. */
static void idle(struct session *session)
{
	struct engine *engine = session->engine;

	if (!is_kept(session)) {
		session_quit(session);
		return;
	}
	session->phase = SESSION_IDLE;
	engine_remove_session(engine, session);
	engine_add_session(engine, session);
	engine_wake(engine);
	if (set_timer(session, engine_keep_open(engine)) < 0)
		session_drop(session);
}

/* After a transaction that ended clean. */
static void settle(struct session *session, const struct outcome *outcome)
{
	if (!is_kept(session) || session->quit_said)
		session_quit(session);
	else if (outcome->sent == SENT_NO)
		say(session, SESSION_RESETTING, "RSET\r\n", RESET_US);
	else
		idle(session);
}

/* Hands the outcome to the submission, which may be gone afterwards. */
static void end(struct session *session, const struct outcome *result, bool clean)
{
	struct submission *submission = session->submission;
	struct outcome outcome = *result;

	session->submission = NULL;
	if (clean)
		settle(session, &outcome);
	else
		session_drop(session);
	submission_end(submission, &outcome);
}

/* Nothing of the message has left: a session that had died while it was idle. */
static bool was_dead(const struct session *session)
{
	const struct transaction *transaction = &session->transaction;

	return session->reused && !transaction->answered &&
	       (transaction->outcome.status == STATUS_TCP_ERROR ||
		transaction->outcome.status == REPLY_CLOSING);
}

static void start_again(struct session *session)
{
	struct submission *submission = session->submission;

	submission_trace(submission, "Session was dead, connecting again", NULL);
	session_drop(session);
	submission->server = 0;
	submission_again(submission);
}

/* Somebody else has ended the request: nothing more is sent for it. */
static void end_stale(struct session *session)
{
	unsigned int state = session->submission->state;
	struct outcome outcome = { 0 };

	session->submission->stale = true;
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
		connection_redact(&session->connection, reply);
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

/* Its turn is over, but there may be more to read or room to write. */
static void take_another_turn(struct session *session)
{
	sd_event_source_set_io_events(session->io, IO_EVENTS);
}

/* Not asked for from the start, since a socket that has just connected has it, and tells. */
static void await_room(const struct session *session)
{
	uint32_t events = 0;

	sd_event_source_get_io_events(session->io, &events);
	if (!(events & EPOLLOUT))
		sd_event_source_set_io_events(session->io, IO_EVENTS);
}

/* No need to ask the socket once more. */
static bool is_drained(const struct session *session, size_t n)
{
	return n < RECORD_MAX && !session->ending && !session->connection.tls_wanted;
}

/* @closed is what the end of the stream means. */
static void receive_until(struct session *session, unsigned int closed)
{
	char buffer[RECORD_MAX];
	CURLcode code;
	size_t n;

	for (int i = 0; i < TURN_MAX && !session->transaction.ended; i++) {
		code = connection_receive(&session->connection, buffer, sizeof(buffer), &n);
		if (code == CURLE_AGAIN)
			return;
		if (code != CURLE_OK || !n) {
			if (code == CURLE_OK)
				transaction_broken(&session->transaction, STATUS_TCP_ERROR, closed);
			else
				break_tcp(session, DETAIL_RESET);
			return;
		}
		take(session, buffer, n);
		if (is_drained(session, n))
			return;
	}
	if (!session->transaction.ended)
		take_another_turn(session);
}

static void receive(struct session *session)
{
	receive_until(session, DETAIL_CLOSED);
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

	if (!detail)
		detail = DETAIL_WRITE;
	receive_until(session, detail); /* once told, the socket forgets its error */
	if (!session->transaction.ended)
		transaction_broken(&session->transaction, STATUS_TCP_ERROR, detail);
}

/* Returns true once all of @out has been taken by the socket. */
static bool flush(struct session *session)
{
	GString *out = session->out;
	CURLcode code = CURLE_OK;
	size_t n;

	for (int i = 0; session->out_sent < out->len && code == CURLE_OK; i++) {
		if (i == TURN_MAX) {
			take_another_turn(session);
			code = CURLE_AGAIN;
			break;
		}
		code = connection_send(&session->connection, out->str + session->out_sent,
				       out->len - session->out_sent,
				       session->step == TRANSACTION_TEXT, &n);
		if (code == CURLE_OK)
			session->out_sent += n;
		else if (code == CURLE_AGAIN)
			await_room(session);
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
 * The end of data is claimed after the text was sent, but may travel with it:
 * else most mails would take two segments, and wake the server twice. Only
 * within TLS does that need more than a flag of send().
 */
static void cork(const struct session *session, int on)
{
	if (session->connection.tls_wanted)
		setsockopt(session->connection.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

/* Only where the server takes several commands at once: QUIT may be the last (RFC 2920, 3.1). */
static void quit_early(struct session *session)
{
	session->quit_said = session->connection.pipelining && !is_kept(session);
	if (session->quit_said)
		g_string_append(session->out, QUIT);
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
		if (session->step == TRANSACTION_END_OF_DATA)
			cork(session, false);
		session->step = transaction_next(transaction, session->out);
		if (session->step == TRANSACTION_WAIT)
			break;
		if (session->step == TRANSACTION_TEXT)
			cork(session, true);
		else if (session->step == TRANSACTION_END_OF_DATA)
			quit_early(session);
	}
	return 0;
}

static void proceed(struct session *session)
{
	struct transaction *transaction = &session->transaction;

	if (!transaction->ended && advance(session) < 0) {
		end_stale(session);
		return;
	}
	if (transaction->ended && was_dead(session))
		start_again(session);
	else if (transaction->ended)
		end(session, &transaction->outcome, transaction->clean && !session->out->len);
}

static void work(struct session *session)
{
	receive(session);
	proceed(session);
}

static void await_close(struct session *session)
{
	char buffer[REPLY_LINE_MAX];
	size_t n = 0;

	if (connection_receive(&session->connection, buffer, sizeof(buffer), &n) != CURLE_AGAIN)
		session_drop(session);
}

/* One 2yz and not a byte more, else the session has had its day. */
static bool is_reset(const struct session *session, enum reply_event event, size_t rest)
{
	return event == REPLY_COMPLETE && !rest && reply_class(&session->parser.reply) == 2;
}

/* Within TLS each line may come by itself, and no event tells of those behind the first. */
static void await_reset(struct session *session)
{
	char buffer[RECORD_MAX];
	enum reply_event event;
	size_t n, used, at;

	do {
		event = REPLY_LINE;
		n = at = 0;
		if (connection_receive(&session->connection, buffer, sizeof(buffer), &n) ==
		    CURLE_AGAIN)
			return;
		for (; at < n && event == REPLY_LINE; at += used)
			event = reply_parse(&session->parser, buffer + at, n - at, &used);
	} while (n && (event == REPLY_LINE || event == REPLY_MORE));
	if (is_reset(session, event, n - at))
		idle(session);
	else
		session_drop(session);
}

static int socket_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct session *session = userdata;

	(void)source;
	(void)fd;
	session->ending |= revents & END_EVENTS;
	if (session->phase == SESSION_BUSY)
		work(session);
	else if (session->phase == SESSION_RESETTING)
		await_reset(session);
	else
		await_close(session);
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
	int64_t limit = (int64_t)retry_limit(submission) / 1000;
	int r = connection_init(&session->connection, submission->setup, addresses,
				(long)(limit ? MIN(limit, left) : left));

	if (r < 0)
		return r;
	session->phase = SESSION_CONNECTING;
	curl_easy_setopt(session->connection.easy, CURLOPT_PRIVATE, session);
	session->multi = multi_connect(engine_multis(session->engine), session,
				       session->connection.easy);
	return session->multi ? 0 : -ENOMEM;
}

/* Why it cannot even begin: no memory, or no login for this server. */
static void say_why(const struct session *session, int error, struct outcome *outcome)
{
	if (error != -EACCES) {
		outcome_fail(outcome, STATUS_NO_MEMORY, STATE_CONNECT, DETAIL_NONE);
		return;
	}
	outcome_fail(outcome, STATUS_INVALID_SETUP, STATE_CONNECT, DETAIL_NO_CREDENTIAL);
	outcome_say(outcome, session->connection.problem);
}

static void resolved(void *userdata, int error, const char *addresses)
{
	struct session *session = userdata;
	struct outcome outcome = { 0 };
	int r;

	session->resolution = NULL;
	if (error == EAI_MEMORY)
		fail_connecting(session, STATUS_NO_MEMORY, DETAIL_NONE);
	else if (error)
		fail_connecting(session, STATUS_TCP_ERROR,
				error == EAI_AGAIN ? DETAIL_NO_NAME_SERVER : DETAIL_NO_NAME);
	if (error)
		return;
	r = start_connecting(session, addresses);
	if (r >= 0)
		return;
	say_why(session, r, &outcome);
	end(session, &outcome, false);
}

static int start(struct session *session)
{
	struct submission *submission = session->submission;
	struct connection *connection = &session->connection;
	uint64_t limit = retry_limit(submission);

	connection->host = setup_server(session->setup, session->server, &connection->port);
	if (limit && set_timer(session, limit) < 0)
		return -ENOMEM;
	if (is_ip_address(connection->host))
		return start_connecting(session, NULL);
	session->phase = SESSION_RESOLVING;
	return resolution_start(&session->resolution, engine_event(session->engine),
				connection->host, resolved, session);
}

int session_new(struct session **result, struct engine *engine, struct submission *submission)
{
	struct session *session = g_new0(struct session, 1);
	int r;

	session->engine = engine;
	session->server = submission->server;
	session->submission = submission;
	session->setup = setup_ref(submission->setup);
	session->connection.trace = submission->callbacks->trace;
	session->connection.userdata = submission->userdata;
	session->out = g_string_new(NULL);
	engine_add_session(engine, session);
	r = start(session);
	if (r < 0) {
		say_why(session, r, &submission->outcome);
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
	if (session->phase != SESSION_CONNECTING)
		return;
	if (session->submission->state < STATE_GREETING &&
	    connection_is_up(&session->connection) &&
	    submission_report(session->submission, STATE_GREETING) < 0)
		end_stale(session);
	else if (session->connection.fault != REPLY_MORE)
		connect_failed(session, CURLE_WEIRD_SERVER_REPLY);
}

/* Makes ready for the transaction. */
static void converse(struct session *session)
{
	struct submission *submission = session->submission;

	session->phase = SESSION_BUSY;
	memset(&session->parser, 0, sizeof(session->parser));
	g_string_truncate(session->out, 0);
	session->out_sent = 0;
	transaction_start(&session->transaction, submission->message,
			  session->connection.pipelining, session->setup->all_or_nothing,
			  submission->recipient_codes);
	session->step = TRANSACTION_WAIT;
}

void session_connected(struct session *session, CURLcode code)
{
	const struct outcome connected = { .state = STATE_GREETING, .sent = SENT_NO };

	code = connection_check(&session->connection, code);
	if (code != CURLE_OK ||
	    sd_event_add_io(engine_event(session->engine), &session->io, session->connection.fd,
			    IN_EVENTS, socket_ready, session) < 0) {
		connect_failed(session, code);
		return;
	}
	session->connection.trace = NULL; /* its submission is not the last one */
	if (session->submission->message) {
		converse(session);
		if (session->connection.silent)
			proceed(session);
		else
			work(session);
	} else {
		end(session, &connected, true);
	}
}

bool session_reuse(struct session *session, struct submission *submission)
{
	char byte;
	size_t n;

	if (connection_receive(&session->connection, &byte, 1, &n) != CURLE_AGAIN) {
		session_drop(session);
		return false;
	}
	session->submission = submission;
	submission->session = session;
	submission->server = session->server;
	session->reused = true;
	submission_trace(submission, "Session reused", NULL);
	converse(session);
	proceed(session); /* there is nothing to receive, as was just seen */
	return true;
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
	receive(session); /* what has come in time, if the whole process stood still */
	if (session->transaction.ended) {
		proceed(session);
		return;
	}
	transaction_timeout(&session->transaction);
	end(session, &session->transaction.outcome, false);
}
