// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl's part of a session: TCP, greeting, EHLO or HELO. With
 * CURLOPT_CONNECT_ONLY it stops there and the transaction is ours.
 *
 * Its result codes do not tell the states apart and its response code is stale
 * after a failure, so every reply line (HEADERFUNCTION) and every command sent
 * (DEBUGFUNCTION) is watched here: they say which reply was the last one and
 * whether another was awaited.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "connection.h"
#include "helo.h"

/* libcurl must not end first: our own deadline knows the state. */
#define MARGIN_MS 5000L

/* After it the server closes: libcurl may say HELO once more, but in vain. */
#define REPLY_CLOSING 421

static void trace(struct connection *connection, const char *format, const char *text)
{
	g_autofree char *line = NULL;

	if (!connection->trace)
		return;
	line = g_strconcat(format, text, NULL);
	connection->trace(connection->userdata, line);
}

static void take_capability(struct connection *connection, const struct reply *reply)
{
	if (reply->code == 250 && strlen(reply->text) > 4 &&
	    !g_ascii_strcasecmp(reply->text + 4, "PIPELINING"))
		connection->pipelining = true;
}

static void take_line(struct connection *connection, bool complete)
{
	const struct reply *reply = &connection->parser.reply;

	trace(connection, "State: 0x2 Received data: ", reply->text);
	take_capability(connection, reply);
	if (!complete)
		return;
	connection->answered = true;
	if (!connection->greeted && reply_class(reply) == 2)
		trace(connection, "Received Greeting.", NULL);
	connection->greeted = true;
}

/* Returning less than @count makes libcurl give up. */
static size_t header_received(char *data, size_t size, size_t count, void *userdata)
{
	struct connection *connection = userdata;
	size_t length = size * count;

	for (size_t used, i = 0; i < length; i += used) {
		enum reply_event event = reply_parse(&connection->parser, data + i, length - i,
						     &used);

		if (event == REPLY_GARBAGE || event == REPLY_TOO_LONG) {
			connection->fault = event;
			return 0;
		}
		if (event != REPLY_MORE)
			take_line(connection, event == REPLY_COMPLETE);
	}
	return length;
}

static int command_sent(CURL *easy, curl_infotype type, char *data, size_t size, void *userdata)
{
	struct connection *connection = userdata;

	(void)easy;
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	connection->answered = false;
	if (size >= 4 && !memcmp(data, "EHLO", 4))
		trace(connection, "Sending EHLO msg", NULL);
	else if (size >= 4 && !memcmp(data, "HELO", 4))
		trace(connection, "Sending HELO msg", NULL);
	return 0;
}

/* libcurl takes the EHLO name from the URL's path. */
static char *make_url(const struct setup *setup)
{
	g_autofree char *own_name = setup->helo_name ? NULL : helo_name(setup->server);
	const char *name = setup->helo_name ? setup->helo_name : own_name;
	g_autofree char *path = g_uri_escape_string(name, NULL, FALSE);
	bool ipv6 = strchr(setup->server, ':');

	return g_strdup_printf("smtp://%s%s%s:%u/%s", ipv6 ? "[" : "", setup->server,
			       ipv6 ? "]" : "", setup->port, path);
}

static void set_limits(CURL *easy, long milliseconds)
{
	long limit = milliseconds + MARGIN_MS;

	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, limit);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, limit);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, limit / 1000 + 1);
}

static void set_callbacks(CURL *easy, struct connection *connection)
{
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_received);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, connection);
	curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, command_sent);
	curl_easy_setopt(easy, CURLOPT_DEBUGDATA, connection);
	curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

/* The leading + lets libcurl forget them again. */
static void set_addresses(struct connection *connection, const struct setup *setup,
			  const char *addresses)
{
	g_autofree char *entry = g_strdup_printf("+%s:%u:%s", setup->server, setup->port, addresses);

	connection->addresses = curl_slist_append(NULL, entry);
	curl_easy_setopt(connection->easy, CURLOPT_RESOLVE, connection->addresses);
}

int connection_init(struct connection *connection, const struct setup *setup, const char *addresses,
		    long milliseconds)
{
	g_autofree char *url = make_url(setup);
	CURL *easy = curl_easy_init();

	if (!easy)
		return -ENOMEM;
	connection->easy = easy;
	connection->fault = REPLY_MORE;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp");
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not from the environment */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	if (addresses)
		set_addresses(connection, setup, addresses);
	set_limits(easy, milliseconds);
	set_callbacks(easy, connection);
	return 0;
}

bool connection_is_up(const struct connection *connection)
{
	curl_off_t connected = 0;

	curl_easy_getinfo(connection->easy, CURLINFO_CONNECT_TIME_T, &connected);
	return connected > 0;
}

unsigned int connection_error(const struct connection *connection, unsigned int otherwise)
{
	long error = 0;

	curl_easy_getinfo(connection->easy, CURLINFO_OS_ERRNO, &error);
	switch (error) {
	case ECONNREFUSED:
		return DETAIL_REFUSED;
	case ECONNRESET:
		return DETAIL_RESET;
	case EPIPE:
		return DETAIL_CLOSED;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		return DETAIL_NO_ROUTE;
	case ETIMEDOUT:
		return DETAIL_NONE;
	default:
		return otherwise;
	}
}

static void fail_tcp(const struct connection *connection, unsigned int state,
		     unsigned int otherwise, struct outcome *outcome)
{
	unsigned int detail = connection_error(connection, otherwise);

	outcome_fail(outcome, detail ? STATUS_TCP_ERROR : STATUS_TIMEOUT + state, state, detail);
}

/* The server has spoken last. */
static void fail_reply(const struct connection *connection, struct outcome *outcome)
{
	const struct reply *reply = &connection->parser.reply;

	if (reply_refuses(reply)) {
		outcome_refuse(outcome, STATE_GREETING, reply);
		return;
	}
	outcome_fail(outcome, STATUS_INVALID_STATE, STATE_GREETING, DETAIL_NONE);
	outcome_take_reply(outcome, reply);
}

void connection_failure(const struct connection *connection, CURLcode code, unsigned int state,
			struct outcome *outcome)
{
	unsigned int otherwise = state == STATE_CONNECT ? DETAIL_NO_ROUTE : DETAIL_CLOSED;

	if (connection->fault == REPLY_GARBAGE)
		outcome_fail(outcome, STATUS_INVALID_STATE, state, DETAIL_GARBAGE);
	else if (connection->fault == REPLY_TOO_LONG)
		outcome_fail(outcome, STATUS_INVALID_STATE, state, DETAIL_LINE_TOO_LONG);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		outcome_fail(outcome, STATUS_TIMEOUT + state, state, DETAIL_NONE);
	else if (connection->answered || connection->parser.reply.code == REPLY_CLOSING)
		fail_reply(connection, outcome);
	else
		fail_tcp(connection, state, otherwise, outcome);
}

/*
 * In some of its ways to close, libcurl says QUIT and waits for the answer, up
 * to two minutes. On a socket that has been shut down it cannot.
 */
void connection_close(struct connection *connection, CURLM *multi)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd != CURL_SOCKET_BAD)
		shutdown(fd, SHUT_RDWR);
	curl_multi_remove_handle(multi, connection->easy);
	curl_easy_cleanup(connection->easy);
	curl_slist_free_all(connection->addresses);
	connection->easy = NULL;
}
