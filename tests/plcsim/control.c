// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/plcsim/control.h"

#define LINE_MAX_BYTES	 4096
#define UNREAD_MAX_BYTES (16 << 20)

struct connection {
	struct control *control;
	struct source source;
	struct session session;
	GString *input;
	bool in_input; /* run_input() is at work further up the stack */
	bool writable_wanted;
	bool broken;
};

char *control_default_path(void)
{
	const char *folder = g_getenv("XDG_RUNTIME_DIR");

	return g_strdup_printf("%s/plcsim-%u.sock", folder && *folder ? folder : "/tmp", getuid());
}

static void close_connection(struct connection *c)
{
	loop_remove(&c->control->simulator->loop, &c->source);
	session_release(&c->session);
	g_string_free(c->input, TRUE);
	g_ptr_array_remove(c->control->connections, c);
	g_free(c);
}

/* Writes what the client takes now; the rest when it takes more. */
static void flush(struct connection *c)
{
	GString *out = c->session.out;
	bool wanted;
	ssize_t sent = send(c->source.fd, out->str, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent > 0)
		g_string_erase(out, 0, sent);
	if ((sent < 0 && errno != EAGAIN) || out->len > UNREAD_MAX_BYTES)
		c->broken = true;
	wanted = out->len > 0 && !c->broken;
	if (wanted == c->writable_wanted)
		return;
	c->writable_wanted = wanted;
	loop_change(&c->control->simulator->loop, &c->source, EPOLLIN | (wanted ? EPOLLOUT : 0));
}

static void answer(struct connection *c, bool good, const char *error)
{
	if (good)
		g_string_append(c->session.out, "ok\n");
	else
		g_string_append_printf(c->session.out, "error: %s\n", error);
}

static void run_line(struct connection *c, const char *line)
{
	g_autofree char *error = NULL;
	struct command command;

	if (command_parse(line, &command, &error))
		session_run(&c->session, &command);
	else
		answer(c, false, error);
}

/* Runs the commands that have come, up to one that takes time. */
static void run_input(struct connection *c)
{
	char *newline;

	if (c->in_input)
		return; /* called by a command that has ended at once */
	c->in_input = true;
	while (!c->session.running && (newline = strchr(c->input->str, '\n'))) {
		g_autofree char *line = g_strndup(c->input->str, newline - c->input->str);

		g_string_erase(c->input, 0, newline - c->input->str + 1);
		run_line(c, g_strstrip(line));
	}
	c->in_input = false;
	flush(c);
}

static void progress(struct session *session, enum session_state state)
{
	struct connection *c = session->owner;

	if (state != SESSION_RUNNING)
		answer(c, state == SESSION_DONE, session->error->str);
	run_input(c);
}

static void connection_ready(struct source *source, uint32_t events)
{
	struct connection *c = source->owner;
	char bytes[LINE_MAX_BYTES];
	ssize_t got = recv(source->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got > 0)
		g_string_append_len(c->input, bytes, got);
	if (got == 0 || (got < 0 && errno != EAGAIN) || c->input->len > LINE_MAX_BYTES ||
	    c->broken || (events & (EPOLLHUP | EPOLLERR))) {
		close_connection(c);
		return;
	}
	run_input(c);
}

static void listener_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	struct control *control = source->owner;
	struct connection *c;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	c = g_new0(struct connection, 1);
	c->control = control;
	c->source = (struct source){ fd, connection_ready, c };
	c->input = g_string_new(NULL);
	session_init(&c->session, control->simulator, progress, c);
	g_ptr_array_add(control->connections, c);
	if (loop_add(&control->simulator->loop, &c->source, EPOLLIN) < 0)
		close_connection(c);
}

int control_init(struct control *control, struct simulator *simulator, const char *path)
{
	*control = (struct control){ .simulator = simulator };
	control->connections = g_ptr_array_new();
	control->listener = (struct source){ listen_at(path), listener_ready, control };
	if (control->listener.fd < 0)
		return control->listener.fd;
	return loop_add(&simulator->loop, &control->listener, EPOLLIN);
}

void control_release(struct control *control)
{
	while (control->connections->len)
		close_connection(control->connections->pdata[0]);
	g_ptr_array_unref(control->connections);
	loop_remove(&control->simulator->loop, &control->listener);
}
