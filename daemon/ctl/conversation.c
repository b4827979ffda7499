// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A conversation with a mail server, line by line. Connecting, TLS and login
 * are those of the daemon (connection.c), so that what works here works there.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "certificate.h"
#include "conversation.h"
#include "daemon/connection.h"
#include "daemon/helo.h"

struct talk {
	struct conversation *conversation;
	struct connection connection;
	CURLM *multi;
	char *helo;
	gint64 began;
	gint64 asked; /* when the last command went out */
	JsonArray *steps;
	JsonObject *step; /* the one that is open; owned by @steps */
	gboolean broken;
};

static double since(gint64 then)
{
	return (double)(g_get_monotonic_time() - then) / G_USEC_PER_SEC;
}

static void tell(struct talk *talk, const char *kind, const char *text)
{
	struct conversation *conversation = talk->conversation;

	if (conversation->line)
		conversation->line(conversation->userdata, kind, text, since(talk->began));
}

/* Steps of the report */

static void open_step(struct talk *talk, const char *name, const char *sent)
{
	talk->step = json_object_new();
	json_object_set_string_member(talk->step, "step", name);
	if (sent)
		json_object_set_string_member(talk->step, "sent", sent);
	json_object_set_array_member(talk->step, "received", json_array_new());
	json_array_add_object_element(talk->steps, talk->step);
	talk->asked = g_get_monotonic_time();
	if (sent)
		tell(talk, "sent", sent);
}

static void take_line(struct talk *talk, const char *text)
{
	if (!talk->step)
		open_step(talk, "greeting", NULL);
	json_array_add_string_element(json_object_get_array_member(talk->step, "received"), text);
	json_object_set_int_member(talk->step, "code", (gint64)g_ascii_strtoull(text, NULL, 10));
	json_object_set_double_member(talk->step, "seconds", since(talk->asked));
	tell(talk, "received", text);
}

/* What the connection tells of its own part, in the words of the trace. */
static void on_trace(void *userdata, const char *line)
{
	static const char received[] = "State: 0x2 Received data: ", sending[] = "Sending ",
			  secured[] = "Secured by ";
	struct talk *talk = userdata;
	g_autofree char *command = NULL, *name = NULL;

	if (g_str_has_prefix(line, received)) {
		take_line(talk, line + sizeof(received) - 1);
	} else if (g_str_has_prefix(line, secured)) {
		json_object_set_string_member(talk->conversation->report, "tls",
					      line + sizeof(secured) - 1);
		tell(talk, "note", line);
	} else if (g_str_has_prefix(line, sending)) {
		command = g_strdup(line + sizeof(sending) - 1);
		name = g_strndup(command, strcspn(command, " "));
		if (g_str_has_suffix(command, " msg")) {
			g_free(command);
			command = g_strdup_printf("%s %s", name, talk->helo);
		}
		open_step(talk, name, command);
	}
}

/* Connecting */

static void set_time(JsonObject *report, CURL *easy, const char *name, CURLINFO info)
{
	curl_off_t us = 0;

	curl_easy_getinfo(easy, info, &us);
	if (us > 0)
		json_object_set_double_member(report, name, (double)us / 1e6);
}

static void report_connection(struct talk *talk)
{
	JsonObject *report = talk->conversation->report;
	CURL *easy = talk->connection.easy;
	char *address = NULL;

	set_time(report, easy, "resolved_seconds", CURLINFO_NAMELOOKUP_TIME_T);
	set_time(report, easy, "connected_seconds", CURLINFO_CONNECT_TIME_T);
	set_time(report, easy, "secured_seconds", CURLINFO_APPCONNECT_TIME_T);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
	if (address && *address)
		json_object_set_string_member(report, "address", address);
	certificate_report(report, easy);
}

/* The state is as of the daemon's session: 1 until TCP is connected. */
static CURLcode perform(struct talk *talk)
{
	CURLcode code = CURLE_OPERATION_TIMEDOUT;
	CURLMsg *message;
	int running = 1, left;

	curl_multi_add_handle(talk->multi, talk->connection.easy);
	while (running) {
		curl_multi_perform(talk->multi, &running);
		while ((message = curl_multi_info_read(talk->multi, &left)))
			if (message->msg == CURLMSG_DONE)
				code = message->data.result;
		if (running)
			curl_multi_poll(talk->multi, NULL, 0, 1000, NULL);
	}
	return code;
}

static gboolean greet(struct talk *talk)
{
	struct conversation *conversation = talk->conversation;
	struct connection *connection = &talk->connection;
	CURLcode code;

	curl_easy_setopt(connection->easy, CURLOPT_CERTINFO, 1L);
	code = connection_check(connection, perform(talk));
	report_connection(talk);
	if (code == CURLE_OK)
		return TRUE;
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		outcome_fail(&conversation->outcome, STATUS_TCP_ERROR, STATE_CONNECT,
			     DETAIL_NO_NAME);
	else
		connection_failure(connection, code,
				   connection_is_up(connection) ? STATE_GREETING : STATE_CONNECT,
				   &conversation->outcome);
	return FALSE;
}

/* Asking */

static void fail_broken(struct talk *talk, unsigned int state, unsigned int status,
			unsigned int detail)
{
	talk->broken = TRUE;
	if (!talk->conversation->outcome.status)
		outcome_fail(&talk->conversation->outcome, status, state, detail);
}

/* Waits until the socket is ready; false: the set-up's time-out came first. */
static gboolean wait_socket(struct talk *talk, short events)
{
	gint64 left = (gint64)talk->conversation->setup->timeout * 1000 -
		      (g_get_monotonic_time() - talk->asked) / 1000;
	struct pollfd poll_fd = { .fd = -1, .events = events };
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(talk->connection.easy, CURLINFO_ACTIVESOCKET, &fd);
	poll_fd.fd = fd;
	return left > 0 && poll(&poll_fd, 1, (int)MIN(left, G_MAXINT)) > 0;
}

static gboolean send_all(struct talk *talk, const char *data, size_t length, unsigned int state)
{
	while (length) {
		size_t sent = 0;
		CURLcode code = curl_easy_send(talk->connection.easy, data, length, &sent);

		data += sent;
		length -= sent;
		if (code == CURLE_AGAIN && !wait_socket(talk, POLLOUT)) {
			fail_broken(talk, state, STATUS_TIMEOUT + state, DETAIL_NONE);
			return FALSE;
		}
		if (code != CURLE_OK && code != CURLE_AGAIN) {
			fail_broken(talk, state, STATUS_TCP_ERROR,
				    connection_error(&talk->connection, DETAIL_WRITE));
			return FALSE;
		}
	}
	return TRUE;
}

/* Bytes behind the end of a reply belong to no command: nothing is pipelined. */
static enum reply_event parse(struct talk *talk, const char *data, size_t length)
{
	struct reply_parser *parser = &talk->connection.parser;
	enum reply_event event = REPLY_MORE;

	for (size_t used, i = 0; i < length; i += used) {
		event = reply_parse(parser, data + i, length - i, &used);
		if (event == REPLY_GARBAGE || event == REPLY_TOO_LONG)
			return event;
		if (event != REPLY_MORE)
			take_line(talk, parser->reply.text);
	}
	return event;
}

static gboolean receive(struct talk *talk, unsigned int state)
{
	enum reply_event event = REPLY_MORE;

	while (event == REPLY_MORE || event == REPLY_LINE) {
		char buffer[1024];
		size_t n = 0;
		CURLcode code = curl_easy_recv(talk->connection.easy, buffer, sizeof(buffer), &n);

		if (code == CURLE_AGAIN && !wait_socket(talk, POLLIN))
			fail_broken(talk, state, STATUS_TIMEOUT + state, DETAIL_NONE);
		else if (code != CURLE_AGAIN && (code != CURLE_OK || !n))
			fail_broken(talk, state, STATUS_TCP_ERROR,
				    connection_error(&talk->connection, DETAIL_CLOSED));
		else if (n)
			event = parse(talk, buffer, n);
		if (event == REPLY_GARBAGE || event == REPLY_TOO_LONG)
			fail_broken(talk, state, STATUS_INVALID_STATE,
				    event == REPLY_GARBAGE ? DETAIL_GARBAGE : DETAIL_LINE_TOO_LONG);
		if (talk->broken)
			return FALSE;
	}
	return TRUE;
}

/* One command and its reply; a refusal is the outcome if the mail needs the command. */
static gboolean ask(struct talk *talk, unsigned int state, gboolean needed, const char *line)
{
	struct outcome *outcome = &talk->conversation->outcome;
	const struct reply *reply = &talk->connection.parser.reply;
	g_autofree char *name = g_strndup(line, strcspn(line, " "));
	g_autofree char *bytes = g_strconcat(line, "\r\n", NULL);

	if (talk->broken)
		return FALSE;
	open_step(talk, name, line);
	if (!send_all(talk, bytes, strlen(bytes), state) || !receive(talk, state))
		return FALSE;
	if (needed && reply_refuses(reply) && !outcome->status)
		outcome_refuse(outcome, state, reply);
	return !reply_refuses(reply);
}

static gboolean ask_recipients(struct talk *talk)
{
	GPtrArray *recipients = talk->conversation->recipients;
	gboolean any = FALSE;

	for (guint i = 0; i < recipients->len; i++) {
		g_autofree char *line = g_strdup_printf("RCPT TO:<%s>",
							(char *)recipients->pdata[i]);

		any |= ask(talk, STATE_RCPT, TRUE, line);
	}
	return any;
}

/* The text ends with the dot already stuffed where it must be. */
static void ask_message(struct talk *talk)
{
	const struct message *message = talk->conversation->message;

	if (!ask(talk, STATE_DATA, TRUE, "DATA"))
		return;
	open_step(talk, "text", "(header and body)");
	if (!send_all(talk, message->text->str, message->text->len, STATE_BODY))
		return;
	if (ask(talk, STATE_END, TRUE, "."))
		talk->conversation->outcome.sent =
			talk->conversation->outcome.status ? SENT_PARTLY : SENT_YES;
}

static void ask_all(struct talk *talk)
{
	struct conversation *conversation = talk->conversation;
	const char *sender = conversation->setup->sender_address;
	g_autofree char *mail = g_strdup_printf("MAIL FROM:<%s>", sender ? sender : "");
	gboolean mail_ok = ask(talk, STATE_MAIL, TRUE, mail);
	gboolean any = mail_ok && ask_recipients(talk);

	if (any && conversation->message && !conversation->outcome.status)
		ask_message(talk);
	ask(talk, STATE_MAIL, FALSE, "RSET");
	if (sender) {
		g_autofree char *verify = g_strdup_printf("VRFY %s", sender);

		ask(talk, STATE_MAIL, FALSE, verify);
	}
	ask(talk, STATE_MAIL, FALSE, "HELP");
	ask(talk, STATE_MAIL, FALSE, "NOOP");
	ask(talk, STATE_MAIL, FALSE, "QUIT");
}

static void start(struct talk *talk)
{
	const struct setup *setup = talk->conversation->setup;
	JsonObject *report = talk->conversation->report;
	const char *host = setup_server(setup, 0, &talk->connection.port);

	talk->connection.host = host;
	talk->connection.trace = on_trace;
	talk->connection.userdata = talk;
	talk->helo = setup->helo_name ? g_strdup(setup->helo_name) :
					helo_name(host, setup->source_interface);
	json_object_set_string_member(report, "server", host);
	json_object_set_int_member(report, "port", talk->connection.port);
	json_object_set_string_member(report, "helo", talk->helo);
}

void conversation_hold(struct conversation *conversation)
{
	struct talk talk = { .conversation = conversation, .began = g_get_monotonic_time() };

	conversation->outcome = (struct outcome){ .sent = SENT_NO };
	conversation->report = json_object_new();
	talk.steps = json_array_new();
	talk.asked = talk.began;
	talk.multi = curl_multi_init();
	start(&talk);
	if (connection_init(&talk.connection, conversation->setup, NULL,
			    (long)conversation->setup->timeout * 1000) < 0) {
		outcome_fail(&conversation->outcome, STATUS_INVALID_SETUP, STATE_GREETING,
			     DETAIL_NO_CREDENTIAL);
		if (talk.connection.problem)
			outcome_say(&conversation->outcome, talk.connection.problem);
	} else if (greet(&talk)) {
		ask_all(&talk);
	}
	json_object_set_array_member(conversation->report, "steps", talk.steps);
	json_object_set_double_member(conversation->report, "seconds", since(talk.began));
	if (talk.connection.easy)
		connection_close(&talk.connection, talk.multi);
	curl_multi_cleanup(talk.multi);
	g_free(talk.helo);
}

void conversation_clear(struct conversation *conversation)
{
	json_object_unref(conversation->report);
	conversation->report = NULL;
}
