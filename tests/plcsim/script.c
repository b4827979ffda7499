// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "tests/plcsim/lines.h"
#include "tests/plcsim/script.h"

struct script_reader {
	struct script *script;
	struct diagnostics *diagnostics;
};

static void read_line(void *owner, char *text, unsigned int number)
{
	struct script_reader *reader = owner;
	struct script_line line = { .number = number };
	g_autofree char *error = NULL;

	g_strstrip(text);
	if (!*text || *text == '#' || g_str_has_prefix(text, "//"))
		return;
	if (!command_parse(text, &line.command, &error))
		diagnostics_error(reader->diagnostics, number, "%s", error);
	else if (line.command.verb == COMMAND_WATCH && line.command.seconds < 0)
		diagnostics_error(reader->diagnostics, number,
				  "watch never ends here: give it 'for SECONDS'");
	else
		g_array_append_val(reader->script->lines, line);
}

void script_read(struct script *script, FILE *file, struct diagnostics *d)
{
	struct script_reader reader = { script, d };

	script->path = d->path;
	script->lines = g_array_new(FALSE, FALSE, sizeof(struct script_line));
	lines_read(file, d, read_line, &reader);
}

void script_clear(struct script *script)
{
	if (script->lines)
		g_array_unref(script->lines);
	script->lines = NULL;
}

static const struct script_line *line_at(const struct script *script, unsigned int i)
{
	return &g_array_index(script->lines, struct script_line, i);
}

/* Starts commands until one takes time; the next scan goes on. */
static void go_on(struct script *script)
{
	struct simulator *simulator = script->session.simulator;

	if (script->next < script->lines->len)
		session_run(&script->session, &line_at(script, script->next++)->command);
	else if (!script->keep)
		simulator_stop(simulator, EXIT_SUCCESS);
}

static void progress(struct session *session, enum session_state state)
{
	struct script *script = session->owner;

	fwrite(session->out->str, 1, session->out->len, stdout);
	fflush(stdout);
	g_string_truncate(session->out, 0);
	if (state == SESSION_FAILED) {
		fprintf(stderr, "%s:%u: error: %s\n", script->path,
			line_at(script, script->next - 1)->number, session->error->str);
		simulator_stop(session->simulator, EXIT_FAILURE);
	} else if (state == SESSION_DONE && !session->simulator->loop.stop) {
		go_on(script);
	}
}

void script_start(struct script *script, struct simulator *simulator)
{
	session_init(&script->session, simulator, progress, script);
	go_on(script);
}

void script_end(struct script *script)
{
	session_release(&script->session);
}
