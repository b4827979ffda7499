/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages about one text file, kept until all are known and then printed
 * in the order of their lines: "file:line: error: …".
 */
#ifndef PLCSIM_DIAGNOSTICS_H
#define PLCSIM_DIAGNOSTICS_H

#include <stdbool.h>
#include <stdio.h>
#include <glib.h>

struct diagnostics {
	const char *path;
	GArray *messages;
	unsigned int errors;
	unsigned int troubles;
	unsigned int warnings;
};

void diagnostics_init(struct diagnostics *d, const char *path);
void diagnostics_clear(struct diagnostics *d);
void diagnostics_print(struct diagnostics *d, FILE *out);

/*
 * An error keeps a program from being downloaded; with a trouble it can be, but
 * will not work; a warning is for the reader. Line 0: the file as a whole.
 */
void diagnostics_error(struct diagnostics *d, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void diagnostics_trouble(struct diagnostics *d, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void diagnostics_warning(struct diagnostics *d, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* PLCSIM_DIAGNOSTICS_H */
