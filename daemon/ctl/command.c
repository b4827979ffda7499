// SPDX-License-Identifier: GPL-2.0-or-later
/* What all commands say when something is wrong. */

#include <stdio.h>

#include "command.h"
#include "output.h"

int complain(enum exit_status status, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	output_flush();
	fprintf(stderr, "ecemailctl: %s\n", text);
	return status;
}

int usage_error(const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return complain(EXIT_USAGE, "%s; see ecemailctl --help", text);
}
