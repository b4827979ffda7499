// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server of the fault run: a thread for each connection, a plan for all.
 *
 * The plan is every command with every kind of fault. Each time that a period
 * of mails has passed, its next entry is due: it hits the next command of its
 * sort, on whatever connection. Every second connection has PIPELINING, and a
 * connection is given up now and then, so that idle sessions are found dead.
 */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "fault-server.h"

#define LATE_MS		 1300 /* later than any deadline of the run */
#define MAILS_OF_SESSION 40
#define DUE_MAX		 256

enum command {
	CONNECT,
	EHLO,
	MAIL,
	RCPT,
	DATA,
	TEXT, /* its first line */
	END,
	COMMANDS,
};

enum fault {
	REFUSES_4,
	REFUSES_5,
	CLOSING, /* 421 */
	GARBAGE,
	TOO_LONG,
	MISFIT, /* a reply of another command */
	TWO_REPLIES,
	CLOSES,
	RESETS,
	HALF, /* of a reply, then closes */
	HANGS, /* then closes */
	LATE, /* the right reply */
	FRAGMENTS, /* the right reply, byte by byte */
	FAULTS,
	NO_FAULT = FAULTS,
};

struct fault_server {
	pthread_mutex_t lock;
	pthread_t thread;
	int listener;
	unsigned int port;
	unsigned int mails;
	unsigned int period;
	struct fault_mail *mail;
	GPtrArray *connections;
	unsigned int begun; /* mails */
	unsigned int planned;
	int due[COMMANDS][DUE_MAX]; /* faults that wait for their command */
	unsigned int n_due[COMMANDS];
	bool had[COMMANDS][FAULTS];
	unsigned int faults;
};

struct connection {
	struct fault_server *server;
	pthread_t thread;
	int fd;
	bool pipelining;
	bool in_text;
	bool text_seen;
	unsigned int mails;
	unsigned int number; /* of the mail it is at */
};

/* Which fault hits this command, if any. */
static enum fault take_fault(struct fault_server *server, enum command command)
{
	enum fault fault = NO_FAULT;

	if (server->n_due[command]) {
		fault = (enum fault)server->due[command][--server->n_due[command]];
		server->had[command][fault] = true;
		server->faults++;
	}
	return fault;
}

/* Another mail has begun: is the next fault of the plan due? */
static void count_mail(struct fault_server *server)
{
	unsigned int at, command;

	if (++server->begun % server->period)
		return;
	at = server->planned++ % (COMMANDS * FAULTS);
	command = at % COMMANDS;
	if (server->n_due[command] < DUE_MAX)
		server->due[command][server->n_due[command]++] = (int)(at / COMMANDS);
}

static void put(struct connection *connection, const char *data, size_t length)
{
	if (send(connection->fd, data, length, MSG_NOSIGNAL) < 0)
		shutdown(connection->fd, SHUT_RDWR);
}

static void put_bytes(struct connection *connection, const char *reply)
{
	for (; *reply; reply++) {
		put(connection, reply, 1);
		usleep(100);
	}
}

static void put_long(struct connection *connection)
{
	char line[1000];

	memset(line, 'x', sizeof(line));
	memcpy(line, "250 ", 4);
	put(connection, line, sizeof(line));
}

static void wait_late(void)
{
	usleep(LATE_MS * 1000);
}

static void reset(struct connection *connection)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void put_refusal(struct connection *connection, int code)
{
	char line[64];

	snprintf(line, sizeof(line), "%d %d.3.0 no r%u\r\n", code, code / 100, connection->number);
	put(connection, line, strlen(line));
}

/* Says @reply, with a fault or without. Returns false when the connection is at its end. */
static bool say(struct connection *connection, enum fault fault, const char *reply)
{
	switch (fault) {
	case REFUSES_4:
	case REFUSES_5:
		put_refusal(connection, fault == REFUSES_4 ? 451 : 554);
		return true;
	case CLOSING:
		put_refusal(connection, 421);
		return false;
	case GARBAGE:
		put(connection, "hello?\r\n", 8);
		return true;
	case TOO_LONG:
		put_long(connection);
		return true;
	case MISFIT:
		put(connection, *reply == '3' ? "250 ok\r\n" : "354 go\r\n", 8);
		return true;
	case HALF:
		put(connection, reply, strlen(reply) / 2);
		return false;
	case RESETS:
		usleep(2000);
		reset(connection);
		return false;
	case HANGS:
		wait_late();
		return false;
	case CLOSES:
		return false;
	case LATE:
		wait_late();
		break;
	case FRAGMENTS:
		put_bytes(connection, reply);
		return true;
	default:
		break;
	}
	put(connection, reply, strlen(reply));
	return true;
}

/* Two replies in one piece: with time between them nobody could tell them apart. */
static bool say_twice(struct connection *connection, const char *reply)
{
	g_autofree char *both = g_strconcat(reply, "250 2.0.0 and more\r\n", NULL);

	put(connection, both, strlen(both));
	return true;
}

static bool accepts(enum fault fault)
{
	return fault == NO_FAULT || fault == LATE || fault == FRAGMENTS || fault == TWO_REPLIES ||
	       fault == HALF;
}

/* Notes what is known of the mail before a byte of it is said. */
static enum fault note(struct connection *connection, enum command command)
{
	struct fault_server *server = connection->server;
	struct fault_mail *mail = &server->mail[connection->number];
	enum fault fault;

	pthread_mutex_lock(&server->lock);
	if (command == MAIL)
		count_mail(server);
	fault = take_fault(server, command);
	if (command == END) {
		mail->ended++;
		mail->accepted += accepts(fault);
	}
	pthread_mutex_unlock(&server->lock);
	return fault;
}

static bool answer(struct connection *connection, enum command command, const char *format)
{
	enum fault fault = note(connection, command);
	g_autofree char *reply = g_strdup_printf("%s r%u\r\n", format, connection->number);

	if (command == DATA)
		connection->in_text = fault == NO_FAULT || fault == LATE || fault == FRAGMENTS;
	connection->text_seen = false;
	return fault == TWO_REPLIES ? say_twice(connection, reply) :
				      say(connection, fault, reply);
}

/* Amid the text there is no reply to be had: only what is said unasked. */
static bool interrupt(struct connection *connection)
{
	enum fault fault = note(connection, TEXT);

	if (fault == NO_FAULT || fault == LATE || fault == FRAGMENTS || fault == HALF ||
	    fault == TWO_REPLIES || fault == MISFIT)
		return true;
	connection->in_text = false;
	return say(connection, fault, "");
}

/* "RCPT TO:<r123@…" */
static unsigned int number_of(const struct connection *connection, const char *line)
{
	const char *at = strstr(line, "<r");
	unsigned long number = at ? strtoul(at + 2, NULL, 10) : 0;

	g_assert(number && number <= connection->server->mails);
	return (unsigned int)number;
}

static bool take_command(struct connection *connection, const char *line)
{
	bool ok = true;

	if (g_str_has_prefix(line, "EHLO") || g_str_has_prefix(line, "HELO")) {
		ok = answer(connection, EHLO,
			    connection->pipelining && *line == 'E' ? "250-me\r\n250-PIPELINING\r\n250 x" :
								     "250 me");
	} else if (g_str_has_prefix(line, "MAIL")) {
		connection->number = 0;
		ok = ++connection->mails > MAILS_OF_SESSION ?
			     say(connection, CLOSING, "") :
			     answer(connection, MAIL, "250 2.1.0 ok");
	} else if (g_str_has_prefix(line, "RCPT")) {
		connection->number = number_of(connection, line);
		ok = answer(connection, RCPT, "250 2.1.5 ok");
	} else if (!strcmp(line, "DATA")) {
		ok = answer(connection, DATA, "354 go");
	} else if (g_str_has_prefix(line, "QUIT")) {
		ok = say(connection, CLOSES, "");
	} else {
		ok = say(connection, NO_FAULT, "250 2.0.0 ok\r\n");
	}
	return ok;
}

static bool take_line(struct connection *connection, const char *line)
{
	bool first = !connection->text_seen;

	if (!connection->in_text)
		return take_command(connection, line);
	connection->text_seen = true;
	if (strcmp(line, "."))
		return first ? interrupt(connection) : true;
	connection->in_text = false;
	return answer(connection, END, "250 2.0.0 taken");
}

static void converse(struct connection *connection)
{
	g_autoptr(GString) input = g_string_new(NULL);
	char buffer[4096], *end;
	ssize_t n;
	int on = 1;

	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!answer(connection, CONNECT, "220 test"))
		return;
	while ((n = recv(connection->fd, buffer, sizeof(buffer), 0)) > 0) {
		g_string_append_len(input, buffer, n);
		while ((end = strstr(input->str, "\r\n"))) {
			g_autofree char *line = g_strndup(input->str, (gsize)(end - input->str));

			g_string_erase(input, 0, end + 2 - input->str);
			if (!take_line(connection, line))
				return;
		}
	}
}

static void *serve(void *userdata)
{
	struct connection *connection = userdata;

	converse(connection);
	pthread_mutex_lock(&connection->server->lock);
	close(connection->fd);
	connection->fd = -1;
	pthread_mutex_unlock(&connection->server->lock);
	return NULL;
}

static void *listen_for_clients(void *userdata)
{
	struct fault_server *server = userdata;
	int fd;

	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		struct connection *connection = g_new0(struct connection, 1);

		*connection = (struct connection){ .server = server, .fd = fd };
		pthread_mutex_lock(&server->lock);
		connection->pipelining = server->connections->len % 2;
		g_ptr_array_add(server->connections, connection);
		pthread_create(&connection->thread, NULL, serve, connection);
		pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

struct fault_server *fault_server_start(unsigned int mails, unsigned int period)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	struct fault_server *server = g_new0(struct fault_server, 1);

	pthread_mutex_init(&server->lock, NULL);
	server->mails = mails;
	server->period = period;
	server->mail = g_new0(struct fault_mail, mails + 1);
	server->connections = g_ptr_array_new_with_free_func(g_free);
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	g_assert(!bind(server->listener, (struct sockaddr *)&address, size));
	g_assert(!listen(server->listener, 128));
	g_assert(!getsockname(server->listener, (struct sockaddr *)&address, &size));
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, listen_for_clients, server);
	return server;
}

unsigned int fault_server_port(const struct fault_server *server)
{
	return server->port;
}

void fault_server_settle(struct fault_server *server)
{
	if (server->listener < 0)
		return;
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	server->listener = -1;
	for (guint i = 0; i < server->connections->len; i++) {
		struct connection *connection = server->connections->pdata[i];

		pthread_mutex_lock(&server->lock);
		if (connection->fd >= 0)
			shutdown(connection->fd, SHUT_RD);
		pthread_mutex_unlock(&server->lock);
		pthread_join(connection->thread, NULL);
	}
}

void fault_server_stop(struct fault_server *server)
{
	fault_server_settle(server);
	g_ptr_array_unref(server->connections);
	g_free(server->mail);
	g_free(server);
}

const struct fault_mail *fault_server_mail(const struct fault_server *server, unsigned int number)
{
	return &server->mail[number];
}

unsigned int fault_server_faults(const struct fault_server *server)
{
	return server->faults;
}

unsigned int fault_server_kinds(const struct fault_server *server, unsigned int *had)
{
	*had = 0;
	for (int command = 0; command < COMMANDS; command++)
		for (int fault = 0; fault < FAULTS; fault++)
			*had += server->had[command][fault];
	return COMMANDS * FAULTS;
}
