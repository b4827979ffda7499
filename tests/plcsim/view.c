// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <unistd.h>

#include "tests/plcsim/status.h"
#include "tests/plcsim/view.h"

#define PERIOD	 250 /* milliseconds */
#define HOME	 "\033[H"
#define LINE_END "\033[K\n" /* clears what an older line has left there */
#define REST	 "\033[J"

/* Drawn over the last one, so that nothing flickers */
static void draw(struct source *source, uint32_t events __attribute__((unused)))
{
	const struct view *view = source->owner;
	g_autoptr(GString) text = g_string_new(NULL);

	source_drain(source);
	status_print(view->simulator, text);
	g_string_replace(text, "\n", LINE_END, 0);
	printf("%s%s%s", HOME, text->str, REST);
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
