// SPDX-License-Identifier: GPL-2.0-or-later
/* The scripted SMTP server of the engine's tests. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

struct server {
	pthread_mutex_t lock;
	pthread_t thread;
	int listener;
	unsigned int port;
	bool pipelining;
	SSL_CTX *tls; /* NULL: none */
	bool implicit;
	const struct server_step *script;
	bool used[64];
	GPtrArray *connections;
	GString *commands;
	GString *text;
	unsigned int messages;
	unsigned int open;
};

struct connection {
	struct server *server;
	pthread_t thread;
	int fd;
	SSL *ssl; /* once there is TLS */
	bool in_text;
	bool text_seen;
};

static const struct server_step usual[] = {
	{ "connect", SAY, "220 test ESMTP\r\n", 0 },
	{ "EHLO", SAY, "250-test\r\n250-SIZE 1000\r\n250 ENHANCEDSTATUSCODES\r\n", 0 },
	{ "HELO", SAY, "250 test\r\n", 0 },
	{ "MAIL", SAY, "250 2.1.0 Ok\r\n", 0 },
	{ "RCPT", SAY, "250 2.1.5 Ok\r\n", 0 },
	{ "DATA", SAY, "354 End data with <CR><LF>.<CR><LF>\r\n", 0 },
	{ ".", SAY, "250 2.0.0 Ok: queued as 42\r\n", 0 },
	{ "RSET", SAY, "250 2.0.0 Ok\r\n", 0 },
	{ "QUIT", SAY_CLOSE, "221 2.0.0 Bye\r\n", 0 },
	{ "", SAY, "500 5.5.1 what?\r\n", 0 },
};

static const struct server_step ehlo_pipelining = {
	"EHLO", SAY, "250-test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n", 0
};

static const struct server_step ehlo_starttls = {
	"EHLO", SAY, "250-test\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n", 0
};

static const struct server_step starttls = { "STARTTLS", SAY, "220 2.0.0 go\r\n", 0 };

static const struct server_step *find_step(struct server *server, const char *line, bool secured)
{
	const struct server_step *step = server->script;

	for (int i = 0; step && step[i].command; i++) {
		if (server->used[i] || strncasecmp(line, step[i].command, strlen(step[i].command)))
			continue;
		server->used[i] = true;
		return &step[i];
	}
	if (!strcmp(line, "text"))
		return NULL;
	if (server->pipelining && g_str_has_prefix(line, "EHLO"))
		return &ehlo_pipelining;
	if (server->tls && !server->implicit && g_str_has_prefix(line, "STARTTLS"))
		return &starttls;
	if (server->tls && !server->implicit && !secured && g_str_has_prefix(line, "EHLO"))
		return &ehlo_starttls;
	for (step = usual; strncasecmp(line, step->command, strlen(step->command)); step++)
		;
	return step;
}

static void pause_ms(unsigned int ms)
{
	usleep(ms * 1000);
}

static bool put(struct connection *connection, const char *data, size_t length)
{
	if (connection->ssl)
		return SSL_write(connection->ssl, data, (int)length) > 0;
	return send(connection->fd, data, length, MSG_NOSIGNAL) > 0;
}

static ssize_t get(struct connection *connection, char *buffer, size_t size)
{
	if (connection->ssl)
		return SSL_read(connection->ssl, buffer, (int)size);
	return recv(connection->fd, buffer, size, 0);
}

/* Returns false if the client does not like it. */
static bool secure(struct connection *connection)
{
	SSL *ssl = SSL_new(connection->server->tls);

	SSL_set_fd(ssl, connection->fd);
	connection->ssl = ssl;
	return SSL_accept(ssl) == 1;
}

static void send_slowly(struct connection *connection, const char *reply, size_t piece,
			unsigned int ms)
{
	size_t length = strlen(reply);

	for (size_t sent = 0; sent < length; sent += piece) {
		if (!put(connection, reply + sent, MIN(piece, length - sent)))
			return;
		pause_ms(ms);
	}
}

/* Within TLS, a record for each line. */
static void send_lines(struct connection *connection, const char *reply)
{
	int on = 1, off = 0;

	setsockopt(connection->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	for (size_t n; *reply; reply += n) {
		n = strcspn(reply, "\n") + 1;
		put(connection, reply, n);
	}
	setsockopt(connection->fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
}

static void reset(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Until the client has gone or the server is stopped. */
static void hang(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
}

/* Returns false when the connection has ended. */
static bool act(struct connection *connection, const struct server_step *step)
{
	int fd = connection->fd;

	if (!step)
		return true;
	pause_ms(step->delay_ms);
	if (step->reply && step->action == DRIP)
		send_slowly(connection, step->reply, 1, 1);
	else if (step->reply && (step->action == SPLIT || step->action == SPLIT_CLOSE))
		send_slowly(connection, step->reply, strlen(step->reply) / 2 + 1, 20);
	else if (step->reply && step->action == LINES)
		send_lines(connection, step->reply);
	else if (step->reply)
		put(connection, step->reply, strlen(step->reply));
	if (step == &starttls && !secure(connection))
		return false;
	if (step->reply && !strncmp(step->reply, "354", 3))
		connection->in_text = true;
	if (step->action == HANG)
		hang(fd);
	if (step->action == SAY_RESET)
		reset(fd);
	return step->action == SAY || step->action == DRIP || step->action == SPLIT ||
	       step->action == LINES;
}

/* One line from the client. */
static bool take(struct connection *connection, const char *line)
{
	struct server *server = connection->server;
	const struct server_step *step = NULL;

	pthread_mutex_lock(&server->lock);
	if (connection->in_text && strcmp(line, ".")) {
		g_string_append_printf(server->text, "%s\r\n", line);
		if (!connection->text_seen)
			step = find_step(server, "text", false);
		connection->text_seen = true;
	} else {
		if (connection->in_text)
			server->messages++;
		else
			g_string_append_printf(server->commands, "%s|", line);
		connection->in_text = false;
		step = find_step(server, line, connection->ssl);
	}
	pthread_mutex_unlock(&server->lock);
	return act(connection, step);
}

static void converse(struct connection *connection)
{
	g_autoptr(GString) input = g_string_new(NULL);
	struct server *server = connection->server;
	const struct server_step *greeting;
	int on = 1;
	char buffer[4096], *end;
	ssize_t n;

	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pthread_mutex_lock(&server->lock);
	greeting = find_step(server, "connect", false);
	pthread_mutex_unlock(&server->lock);
	if ((server->implicit && !secure(connection)) || !act(connection, greeting))
		return;
	while ((n = get(connection, buffer, sizeof(buffer))) > 0) {
		g_string_append_len(input, buffer, n);
		while ((end = strstr(input->str, "\r\n"))) {
			g_autofree char *line = g_strndup(input->str, (gsize)(end - input->str));

			g_string_erase(input, 0, end + 2 - input->str);
			if (!take(connection, line))
				return;
		}
	}
}

static void *serve(void *userdata)
{
	struct connection *connection = userdata;
	struct server *server = connection->server;

	converse(connection);
	SSL_free(connection->ssl);
	pthread_mutex_lock(&server->lock);
	server->open--;
	close(connection->fd);
	connection->fd = -1;
	pthread_mutex_unlock(&server->lock);
	return NULL;
}

static void *listen_for_clients(void *userdata)
{
	struct server *server = userdata;
	int fd;

	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		struct connection *connection = g_new0(struct connection, 1);

		*connection = (struct connection){ .server = server, .fd = fd };
		pthread_mutex_lock(&server->lock);
		server->open++;
		g_ptr_array_add(server->connections, connection);
		pthread_create(&connection->thread, NULL, serve, connection);
		pthread_mutex_unlock(&server->lock);
	}
	return NULL;
}

static struct server *start(const struct server_step *script, bool pipelining, SSL_CTX *tls,
			    bool implicit)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	struct server *server = g_new0(struct server, 1);

	pthread_mutex_init(&server->lock, NULL);
	server->script = script;
	server->pipelining = pipelining;
	server->tls = tls;
	server->implicit = implicit;
	server->connections = g_ptr_array_new_with_free_func(g_free);
	server->commands = g_string_new(NULL);
	server->text = g_string_new(NULL);
	server->listener = socket(AF_INET, SOCK_STREAM, 0);
	g_assert(!bind(server->listener, (struct sockaddr *)&address, size));
	g_assert(!listen(server->listener, 128));
	g_assert(!getsockname(server->listener, (struct sockaddr *)&address, &size));
	server->port = ntohs(address.sin_port);
	pthread_create(&server->thread, NULL, listen_for_clients, server);
	return server;
}

struct server *server_start(const struct server_step *script, bool pipelining)
{
	return start(script, pipelining, NULL, false);
}

struct server *server_start_tls(const struct server_step *script, SSL_CTX *tls, bool implicit)
{
	return start(script, false, tls, implicit);
}

unsigned int server_port(const struct server *server)
{
	return server->port;
}

void server_settle(struct server *server)
{
	if (server->listener < 0)
		return;
	pause_ms(20); /* for a connection that was just made */
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	server->listener = -1;
	for (guint i = 0; i < server->connections->len; i++) {
		struct connection *connection = server->connections->pdata[i];
		int fd;

		pthread_mutex_lock(&server->lock);
		fd = connection->fd;
		if (fd >= 0)
			shutdown(fd, SHUT_RD);
		pthread_mutex_unlock(&server->lock);
		pthread_join(connection->thread, NULL);
	}
}

void server_stop(struct server *server)
{
	server_settle(server);
	g_ptr_array_unref(server->connections);
	g_string_free(server->commands, TRUE);
	g_string_free(server->text, TRUE);
	g_free(server);
}

const char *server_commands(struct server *server)
{
	return server->commands->str;
}

const char *server_text(struct server *server)
{
	return server->text->str;
}

unsigned int server_messages(struct server *server)
{
	return server->messages;
}

unsigned int server_connections(struct server *server)
{
	return server->connections->len;
}

unsigned int server_sessions(struct server *server)
{
	unsigned int open;

	pthread_mutex_lock(&server->lock);
	open = server->open;
	pthread_mutex_unlock(&server->lock);
	return open;
}
