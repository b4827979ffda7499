// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tests/plcsim/diagnostics.h"

static const char *const severities[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_TROUBLE] = "will not work",
	[SEVERITY_WARNING] = "warning",
};

struct message {
	unsigned int line;
	unsigned int order;
	const struct diagnostics_place *place;
	char *text;
};

static void message_clear(void *data)
{
	struct message *message = data;

	g_free(message->text);
}

void diagnostics_init(struct diagnostics *d, const char *path)
{
	*d = (struct diagnostics){ .path = path };
	d->messages = g_array_new(FALSE, FALSE, sizeof(struct message));
	g_array_set_clear_func(d->messages, message_clear);
}

void diagnostics_clear(struct diagnostics *d)
{
	g_array_unref(d->messages);
	d->messages = NULL;
}

void diagnostics_add(struct diagnostics *d, unsigned int line,
		     const struct diagnostics_place *place, const char *format, ...)
{
	struct message message = { .line = line, .order = d->messages->len, .place = place };
	va_list arguments;

	va_start(arguments, format);
	message.text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_array_append_val(d->messages, message);
	d->errors += place->severity == SEVERITY_ERROR;
	d->troubles += place->severity == SEVERITY_TROUBLE;
	d->warnings += place->severity == SEVERITY_WARNING;
}

static int compare(const void *first, const void *second)
{
	const struct message *a = first;
	const struct message *b = second;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static char *as_line(const struct diagnostics *d, const struct message *m)
{
	g_autofree char *line = m->line ? g_strdup_printf("%u:", m->line) : g_strdup("");

	return g_strdup_printf("%s:%s %s: %s\n", d->path, line, severities[m->place->severity],
			       m->text);
}

void diagnostics_print(struct diagnostics *d, FILE *out)
{
	g_array_sort(d->messages, compare);
	for (unsigned int i = 0; i < d->messages->len; i++) {
		g_autofree char *line = as_line(d, &g_array_index(d->messages, struct message, i));

		fputs(line, out);
	}
	fflush(out);
}

const struct diagnostics_place *diagnostics_find(const struct diagnostics *d, const char *text)
{
	for (unsigned int i = 0; i < d->messages->len; i++) {
		const struct message *m = &g_array_index(d->messages, struct message, i);
		g_autofree char *line = as_line(d, m);

		if (strstr(line, text))
			return m->place;
	}
	return NULL;
}
