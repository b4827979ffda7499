/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text files by lines: programs, base files, scripts and recordings */
#ifndef PLCSIM_LINES_H
#define PLCSIM_LINES_H

#include "tests/plcsim/diagnostics.h"

/*
 * Gives each line, numbered from 1, to take(), which may change it. What cannot
 * be read, or is no text, goes to the diagnostics.
 */
void lines_read(FILE *file, struct diagnostics *d,
		void (*take)(void *owner, char *line, unsigned int number), void *owner);

#endif /* PLCSIM_LINES_H */
