// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/lines.h"

/* Windows editors put it at the beginning of UTF-8. */
static char *skip_mark(char *line)
{
	return g_str_has_prefix(line, "\xef\xbb\xbf") ? line + 3 : line;
}

void lines_read(FILE *file, struct diagnostics *d,
		void (*take)(void *owner, char *line, unsigned int number), void *owner)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, file)) >= 0) {
		number++;
		if (memchr(line, 0, length)) {
			diagnostics_error(d, number,
					  "there is a NUL byte; the file must be text in ASCII or "
					  "UTF-8");
			break;
		}
		take(owner, number == 1 ? skip_mark(line) : line, number);
	}
	if (ferror(file))
		diagnostics_error(d, 0, "cannot be read: %s", strerror(errno));
	free(line);
}
