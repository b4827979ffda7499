/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_OUTPUT_H
#define ECEMAIL_CTL_OUTPUT_H

#include <json-glib/json-glib.h>

/* --json was given. */
extern gboolean output_as_json;

/*
 * Has all that was printed written; commands that go on for ever do so after
 * each line. False if that fails, or has failed before.
 */
gboolean output_flush(void);

/* At the end of each command: says so if not all was written, and makes @status EXIT_WRONG then. */
int output_finish(int status);

/* Prints an object as one line of JSON. */
void output_json(JsonObject *object);

/*
 * Prints "label:   text", the text broken at the terminal's width and indented
 * as its first line is. Control characters of foreign texts are printed as '?'.
 * Nothing for a @text that is NULL.
 */
void output_field(const char *label, const char *text);

/* As output_field(), with the text's first line indented by @indent columns. */
void output_indented(const char *label, int indent, const char *text);

/* The text of output_indented() alone, for who has printed @indent columns already. */
void output_continued(int indent, const char *text);

/*
 * Prints members of the object that are there, by their labels, in the order
 * of the table, which ends with an empty row.
 */
struct output_label {
	const char *member;
	const char *label;
};
void output_members(JsonObject *object, const struct output_label *labels);

/* A member as text, NULL if there is none: numbers in decimal, yes and no. */
char *output_member(JsonObject *object, const char *member);

/* Rows of columns, each as wide as its longest cell. */
struct output_table;
struct output_table *output_table_new(const char *const *headings);
/* Appends a row; owns the cells, as many as there are headings. */
void output_table_add(struct output_table *table, char **cells);
/* Prints and frees it. */
void output_table_print(struct output_table *table);

/* Words that stand out on a terminal, and nowhere else. */
enum output_colour {
	OUTPUT_GOOD,
	OUTPUT_BAD,
	OUTPUT_DOUBTFUL,
	OUTPUT_DIM,
};
const char *output_colour(enum output_colour colour);
const char *output_plain(void);

/* A copy without control characters and what is not UTF-8. */
char *output_clean(const char *text);

#endif /* ECEMAIL_CTL_OUTPUT_H */
