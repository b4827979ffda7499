// SPDX-License-Identifier: GPL-2.0-or-later
/* "plcsim ctl": one command to a running simulator */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/plcsim/command.h"
#include "tests/plcsim/control.h"
#include "tests/plcsim/subcommand.h"

static int wrong(const char *error)
{
	fprintf(stderr, "plcsim: %s\n", error);
	return EXIT_USAGE;
}

/* The words of a command as a line; the shell has taken the quotes of a file's name. */
static char *join(char **words)
{
	bool has_file = strcmp(words[0], "save") == 0 || strcmp(words[0], "download") == 0;
	g_autofree char *rest = NULL;

	if (!has_file || !words[1] || *words[1] == '"' || !strchr(words[1], ' '))
		return g_strjoinv(" ", words);
	rest = g_strjoinv(" ", words + 2);
	return g_strdup_printf("%s \"%s\" %s", words[0], words[1], rest);
}

/* A file is one where the command is given, not where the simulator runs. */
static char *with_whole_path(const struct command *command, const char *line)
{
	g_autofree char *path = NULL;

	if (!*command->path || g_path_is_absolute(command->path))
		return g_strdup(line);
	path = g_canonicalize_filename(command->path, NULL);
	return command_with_path(line, path);
}

static FILE *open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	FILE *stream = NULL;
	int fd = -1;

	errno = ENAMETOOLONG;
	if (strlen(path) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, path);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		stream = fdopen(fd, "r+");
	if (stream)
		return stream;
	fprintf(stderr, "plcsim: no simulator at %s: %s; is 'plcsim run' running?\n", path,
		strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Prints the answer lines. Returns the exit status. */
static int read_answer(FILE *stream)
{
	int status = -1;
	char *line = NULL;
	size_t size = 0;

	while (status < 0 && getline(&line, &size, stream) >= 0) {
		if (strcmp(line, "ok\n") == 0) {
			status = EXIT_SUCCESS;
		} else if (g_str_has_prefix(line, "error: ")) {
			fprintf(stderr, "plcsim: %s", line + strlen("error: "));
			status = EXIT_FAILURE;
		} else {
			fputs(line, stdout);
			fflush(stdout);
		}
	}
	free(line);
	if (status >= 0)
		return status;
	fprintf(stderr, "plcsim: the simulator has ended\n");
	return EXIT_FAILURE;
}

static int send_command(const char *path, const char *line)
{
	FILE *stream = open_socket(path);
	int status;

	if (!stream)
		return EXIT_FAILURE;
	fprintf(stream, "%s\n", line);
	fflush(stream);
	status = read_answer(stream);
	fclose(stream);
	return status;
}

int subcommand_ctl(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ 0 },
	};
	g_autofree char *path = control_default_path();
	g_autofree char *error = NULL;
	g_autofree char *line = NULL;
	g_autofree char *whole = NULL;
	struct command command;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0) {
		if (option != 's')
			return subcommand_wrong("ctl");
		g_free(path);
		path = g_strdup(optarg);
	}
	if (optind == argc)
		return subcommand_wrong("ctl");
	line = join(argv + optind);
	if (strchr(line, '\n'))
		return wrong("a command is one line");
	if (!command_parse(line, &command, &error))
		return wrong(error);
	whole = with_whole_path(&command, line);
	return whole ? send_command(path, whole) :
		       wrong("the file's whole name is too long, or has a double quote");
}
