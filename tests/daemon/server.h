/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_SERVER_H
#define TESTS_DAEMON_SERVER_H

#include <glib.h>
#include <openssl/ssl.h>
#include <stdbool.h>

/* A scripted SMTP server on 127.0.0.1, a thread for each connection. */
struct server;

enum server_action {
	SAY, /* the reply, then go on */
	SAY_CLOSE, /* the reply, then close */
	SAY_RESET, /* the reply, then reset the connection */
	DRIP, /* the reply, a byte every millisecond */
	SPLIT, /* the reply in two pieces, 20 ms apart */
	SPLIT_CLOSE, /* likewise, then close */
	LINES, /* the reply, each line written by itself but all in one segment */
	HANG, /* never a word again */
};

/*
 * What to do at a command, instead of the usual answer. @command is the
 * beginning of the line, "connect" for the greeting, "." for the end of data,
 * "text" for the first line of the message. Each step is used once, in order.
 */
struct server_step {
	const char *command;
	enum server_action action;
	const char *reply; /* NULL: none */
	unsigned int delay_ms; /* before it */
};

/* The script ends with an empty step and may be NULL. */
struct server *server_start(const struct server_step *script, bool pipelining);

/* With TLS: from the first byte, or as STARTTLS, which it then offers. Does not own @tls. */
struct server *server_start_tls(const struct server_step *script, SSL_CTX *tls, bool implicit);
void server_stop(struct server *server);
unsigned int server_port(const struct server *server);

/* After server_stop_listening() or in between: what it has seen. */
const char *server_commands(struct server *server); /* "EHLO x|MAIL …|" */
const char *server_text(struct server *server); /* of all messages, as on the wire */
unsigned int server_messages(struct server *server); /* ended by a dot */
unsigned int server_connections(struct server *server); /* in all */

/* How many are open, also before server_settle(). */
unsigned int server_sessions(struct server *server);

/* Lets all connection threads come to their end; call before looking. */
void server_settle(struct server *server);

#endif /* TESTS_DAEMON_SERVER_H */
