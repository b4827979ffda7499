// SPDX-License-Identifier: GPL-2.0-or-later
/* What all commands print: JSON, fields and tables. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "output.h"

#define INDENT	      19
#define WIDTH_DEFAULT 80
#define WIDTH_MIN     40
#define WIDTH_MAX     100

gboolean output_as_json;

static int write_error; /* the first one */

struct output_table {
	GPtrArray *rows; /* char **, the first one the headings */
};

gboolean output_flush(void)
{
	if (fflush(stdout) && !write_error)
		write_error = errno;
	return !write_error && !ferror(stdout);
}

int output_finish(int status)
{
	if (output_flush())
		return status;
	complain(EXIT_WRONG, "standard output cannot be written, and is not complete: %s",
		 g_strerror(write_error ? write_error : EIO));
	return status ? status : EXIT_WRONG;
}

void output_json(JsonObject *object)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
	g_autofree char *text = json_to_string(node, FALSE);

	puts(text);
	output_flush();
}

char *output_clean(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *clean = g_string_new(NULL);

	for (const char *c = valid; *c; c = g_utf8_next_char(c))
		g_string_append_unichar(clean, g_unichar_iscntrl(g_utf8_get_char(c)) ?
						       '?' :
						       g_utf8_get_char(c));
	return g_string_free(clean, FALSE);
}

static int width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return WIDTH_DEFAULT;
	return CLAMP(size.ws_col, WIDTH_MIN, WIDTH_MAX);
}

static void print_wrapped(const char *text, int indent)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	int column = indent, right = width();

	for (char **word = words; *word; word++) {
		int length = (int)g_utf8_strlen(*word, -1);

		if (column > indent && column + 1 + length > right) {
			printf("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		fputs(*word, stdout);
		column += length;
	}
	putchar('\n');
}

void output_continued(int indent, const char *text)
{
	g_autofree char *clean = output_clean(text);

	print_wrapped(clean, indent);
}

void output_indented(const char *label, int indent, const char *text)
{
	g_autofree char *clean = text ? output_clean(text) : NULL;
	int used = (int)g_utf8_strlen(label, -1) + (*label ? 1 : 0);

	if (!text)
		return;
	printf("%s%s%*s", label, *label ? ":" : "", MAX(indent - used, *label ? 1 : 0), "");
	print_wrapped(clean, indent);
}

void output_field(const char *label, const char *text)
{
	output_indented(label, INDENT, text);
}

char *output_member(JsonObject *object, const char *member)
{
	JsonNode *node = json_object_get_member(object, member);

	if (!node || !JSON_NODE_HOLDS_VALUE(node))
		return NULL;
	switch (json_node_get_value_type(node)) {
	case G_TYPE_STRING:
		return g_strdup(json_node_get_string(node));
	case G_TYPE_BOOLEAN:
		return g_strdup(json_node_get_boolean(node) ? "yes" : "no");
	case G_TYPE_DOUBLE:
		return g_strdup_printf("%.3f", json_node_get_double(node));
	default:
		return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
	}
}

void output_members(JsonObject *object, const struct output_label *labels)
{
	for (; labels->member; labels++) {
		g_autofree char *text = output_member(object, labels->member);

		output_field(labels->label, text);
	}
}

struct output_table *output_table_new(const char *const *headings)
{
	struct output_table *table = g_new0(struct output_table, 1);

	table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	g_ptr_array_add(table->rows, g_strdupv((char **)headings));
	return table;
}

void output_table_add(struct output_table *table, char **cells)
{
	for (char **cell = cells; *cell; cell++) {
		char *clean = output_clean(*cell);

		g_free(*cell);
		*cell = clean;
	}
	g_ptr_array_add(table->rows, cells);
}

static int column_width(const struct output_table *table, guint column)
{
	glong widest = 0;

	for (guint i = 0; i < table->rows->len; i++) {
		char **cells = table->rows->pdata[i];

		widest = MAX(widest, g_utf8_strlen(cells[column], -1));
	}
	return (int)widest;
}

/* The last column of a row is not padded; on a terminal it goes on below itself. */
static void print_row(char **cells, const int *widths)
{
	int indent = 0;

	for (; cells[1]; cells++, widths++) {
		int length = (int)g_utf8_strlen(*cells, -1);

		printf("%s%*s", *cells, *widths - length + 2, "");
		indent += *widths + 2;
	}
	if (isatty(STDOUT_FILENO) && indent < WIDTH_DEFAULT)
		print_wrapped(*cells, indent);
	else
		puts(*cells);
}

void output_table_print(struct output_table *table)
{
	guint n = g_strv_length(table->rows->pdata[0]);
	g_autofree int *widths = g_new0(int, n);

	for (guint i = 0; i < n; i++)
		widths[i] = column_width(table, i);
	for (guint i = 0; i < table->rows->len; i++)
		print_row(table->rows->pdata[i], widths);
	g_ptr_array_unref(table->rows);
	g_free(table);
}

static gboolean coloured(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && terminal && strcmp(terminal, "dumb");
}

const char *output_colour(enum output_colour colour)
{
	static const char *const codes[] = {
		[OUTPUT_GOOD] = "\033[32m",
		[OUTPUT_BAD] = "\033[1;31m",
		[OUTPUT_DOUBTFUL] = "\033[33m",
		[OUTPUT_DIM] = "\033[2m",
	};

	return coloured() ? codes[colour] : "";
}

const char *output_plain(void)
{
	return coloured() ? "\033[0m" : "";
}
