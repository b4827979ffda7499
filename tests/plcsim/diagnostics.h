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

enum severity { SEVERITY_ERROR,
		SEVERITY_TROUBLE,
		SEVERITY_WARNING };

/*
 * A place in the source that says something. All of them are in a section of
 * their own, so that a test finds those that none of its programs provokes.
 */
struct diagnostics_place {
	const char *file;
	unsigned int line;
	enum severity severity;
	const char *format;
};

/* The first and the one behind the last, from the linker */
extern const struct diagnostics_place *const __start_plcsim_places[];
extern const struct diagnostics_place *const __stop_plcsim_places[];

/* The place of a message whose line, as it is printed, has the text; or NULL */
const struct diagnostics_place *diagnostics_find(const struct diagnostics *d, const char *text);

void diagnostics_add(struct diagnostics *d, unsigned int line,
		     const struct diagnostics_place *place, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#define DIAGNOSTICS_SAY(severity, d, line, format, ...)                                 \
	do {                                                                            \
		static const struct diagnostics_place said_here = { __FILE__, __LINE__, \
								    severity, format }; \
		static const struct diagnostics_place *const listed                     \
			__attribute__((section("plcsim_places"), used)) = &said_here;   \
                                                                                        \
		diagnostics_add(d, line, &said_here, format, ##__VA_ARGS__);            \
	} while (0)

/*
 * An error keeps a program from being downloaded; with a trouble it can be, but
 * will not work; a warning is for the reader. Line 0: the file as a whole.
 */
#define diagnostics_error(d, line, ...)	  DIAGNOSTICS_SAY(SEVERITY_ERROR, d, line, __VA_ARGS__)
#define diagnostics_trouble(d, line, ...) DIAGNOSTICS_SAY(SEVERITY_TROUBLE, d, line, __VA_ARGS__)
#define diagnostics_warning(d, line, ...) DIAGNOSTICS_SAY(SEVERITY_WARNING, d, line, __VA_ARGS__)

#endif /* PLCSIM_DIAGNOSTICS_H */
