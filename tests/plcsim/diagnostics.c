// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/plcsim/diagnostics.h"

enum severity { SEVERITY_ERROR,
		SEVERITY_TROUBLE,
		SEVERITY_WARNING };

static const char *const severities[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_TROUBLE] = "will not work",
	[SEVERITY_WARNING] = "warning",
};

struct message {
	unsigned int line;
	unsigned int order;
	enum severity severity;
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

static void add(struct diagnostics *d, unsigned int line, enum severity severity,
		const char *format, va_list arguments)
{
	struct message message = { .line = line, .order = d->messages->len, .severity = severity };

	message.text = g_strdup_vprintf(format, arguments);
	g_array_append_val(d->messages, message);
	d->errors += severity == SEVERITY_ERROR;
	d->troubles += severity == SEVERITY_TROUBLE;
	d->warnings += severity == SEVERITY_WARNING;
}

void diagnostics_error(struct diagnostics *d, unsigned int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(d, line, SEVERITY_ERROR, format, arguments);
	va_end(arguments);
}

void diagnostics_trouble(struct diagnostics *d, unsigned int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(d, line, SEVERITY_TROUBLE, format, arguments);
	va_end(arguments);
}

void diagnostics_warning(struct diagnostics *d, unsigned int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(d, line, SEVERITY_WARNING, format, arguments);
	va_end(arguments);
}

static int compare(const void *first, const void *second)
{
	const struct message *a = first;
	const struct message *b = second;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void diagnostics_print(struct diagnostics *d, FILE *out)
{
	g_array_sort(d->messages, compare);
	for (unsigned int i = 0; i < d->messages->len; i++) {
		const struct message *m = &g_array_index(d->messages, struct message, i);

		fprintf(out, "%s:", d->path);
		if (m->line)
			fprintf(out, "%u:", m->line);
		fprintf(out, " %s: %s\n", severities[m->severity], m->text);
	}
	fflush(out);
}
