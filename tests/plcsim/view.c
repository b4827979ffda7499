// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/plcsim/status.h"
#include "tests/plcsim/view.h"

#define PERIOD	 250 /* milliseconds */
#define HOME	 "\033[H"
#define LINE_END "\033[K\n" /* clears what an older line has left there */
#define REST	 "\033[J"

/* What the window has room for: what wraps or scrolls would leave its place. */
static void append_visible(GString *out, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct winsize size = { 0 };
	int rows, columns;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	rows = (size.ws_row ? size.ws_row : INT_MAX) - 1;
	columns = (size.ws_col ? size.ws_col : INT_MAX) - 1;
	for (int i = 0; i < rows && lines[i] && lines[i + 1]; i++)
		g_string_append_printf(out, "%.*s" LINE_END, columns, lines[i]);
}

/* Drawn over the last one, so that nothing flickers */
static void draw(struct source *source, uint32_t events __attribute__((unused)))
{
	const struct view *view = source->owner;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) picture = g_string_new(HOME);

	source_drain(source);
	status_print(view->simulator, text);
	append_visible(picture, text->str);
	printf("%s%s", picture->str, REST);
	fflush(stdout);
}

int view_start(struct view *view, struct simulator *simulator)
{
	*view = (struct view){ .simulator = simulator, .timer = { -1, draw, view } };
	return isatty(STDOUT_FILENO) ?
		       loop_add_timer(&simulator->loop, &view->timer, PERIOD) :
		       0;
}

void view_stop(struct view *view)
{
	loop_remove(&view->simulator->loop, &view->timer);
}
