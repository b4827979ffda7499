/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CONNECTION_H
#define ECEMAIL_CONNECTION_H

#include <curl/curl.h>
#include <stdbool.h>

#include "credential.h"
#include "outcome.h"
#include "setup.h"

typedef void (*trace_fn)(void *userdata, const char *line);

enum asked {
	ASKED_OTHER,
	ASKED_EHLO,
	ASKED_STARTTLS,
};

/* A connection on its way to where MAIL can be said: libcurl's part. */
struct connection {
	CURL *easy;
	int fd; /* once it is connected */
	int error_number; /* of the last failed system call of ours; 0: none */
	const char *host; /* the setup's */
	unsigned int port;
	struct curl_slist *addresses;
	const char *ca_file; /* the setup's, or the system's */
	const char *source_interface; /* the setup's */
	struct reply_parser parser; /* its reply: the last one */
	size_t heard; /* bytes of replies */
	bool unasked; /* more than them was said */
	bool silent; /* and nothing waits to be read, as far as TCP tells */
	bool up; /* TLS has begun, so TCP is connected */
	bool greeted;
	enum asked asked; /* the last command */
	bool answered; /* nothing was sent since the last complete reply */
	struct reply ehlo_refusal; /* code 0: none; HELO may have been said after it */
	bool pipelining; /* offered by the server */
	bool auth_offered;
	bool auth_sent;
	bool authenticated;
	bool secured; /* TLS was seen */
	bool tls_wanted;
	struct credential *credential; /* NULL: no AUTH wanted */
	char *problem; /* why it, or the CA file's certificates, cannot be had */
	char error[CURL_ERROR_SIZE]; /* libcurl's words */
	enum reply_event fault; /* why it was given up, or REPLY_MORE */
	trace_fn trace; /* NULL: off */
	void *userdata;
};

/*
 * Prepares @connection->easy for its host and port; @milliseconds is how long it may take at most,
 * @addresses are those of a server that has a name. -EACCES: @problem says why
 * there is no login.
 */
int connection_init(struct connection *connection, const struct setup *setup, const char *addresses,
		    long milliseconds);

/* True once TCP is connected. */
bool connection_is_up(const struct connection *connection);

/* What libcurl calls done, is it: were TLS and login had that are wanted, and no more said? */
CURLcode connection_check(struct connection *connection, CURLcode code);

/* Why libcurl gave up in @state (1 or 2). */
void connection_failure(const struct connection *connection, CURLcode code, unsigned int state,
			struct outcome *outcome);

/* Detail code of the last failed system call; 0: it was a time-out of TCP. */
unsigned int connection_error(const struct connection *connection, unsigned int otherwise);

/*
 * Servers have been seen to repeat what they do not like: withholds a text that
 * gives away the secret of the connection's login, and any challenge.
 */
void connection_redact(const struct connection *connection, struct reply *reply);

/*
 * As curl_easy_recv() and curl_easy_send(). With @more, a short text waits for
 * what is sent next, unless TLS is in between.
 */
CURLcode connection_receive(struct connection *connection, void *buffer, size_t size, size_t *n);
CURLcode connection_send(struct connection *connection, const void *data, size_t length, bool more,
			 size_t *n);

/* Closes at once, saying nothing. @multi has the easy handle; NULL: none has. */
void connection_close(struct connection *connection, CURLM *multi);

#endif /* ECEMAIL_CONNECTION_H */
