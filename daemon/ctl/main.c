// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl: all that the engineer on site has in hand. A command is a row of
 * commands[] and a file beside this one.
 */

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "output.h"

static const struct command *const commands[] = {
	&status_command,
	&doctor_command,
	&setup_command,
	&test_command,
	&explain_command,
	&history_command,
	&requests_command,
	&trace_command,
	&probe_command,
	&monitor_command,
	&registers_command,
	&frames_command,
	&metrics_command,
	&submit_command,
	&credential_command,
};

static const GOptionEntry common_options[] = {
	{ "json", 0, 0, G_OPTION_ARG_NONE, &output_as_json, "print JSON, for programs", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static void help(void)
{
	puts("Usage: ecemailctl COMMAND [SLOT] [OPTION…]\n\nCommands:");
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		printf("  %-12s%s\n", commands[i]->name, commands[i]->summary);
	puts("\n"
	     "SLOT is K1, or 0:K1 if there is more than one card, or the module's name.\n"
	     "\n"
	     "  ecemailctl COMMAND --help   options and examples of a command\n"
	     "  ecemailctl --version        version\n"
	     "\n"
	     "Exit status: 0 done and in order; 1 not in order, or failed; 2 wrong command\n"
	     "line; 3 cannot be known from here (no right, no daemon, no card).\n"
	     "\n"
	     "First of all, when a mail does not go out:  ecemailctl doctor");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);
	g_autofree char *name = g_strconcat("ecemailctl ", command->name, NULL);
	g_autoptr(GError) error = NULL;

	g_set_prgname(name);
	g_option_context_set_summary(context, command->summary);
	g_option_context_set_description(context, command->description);
	if (command->options)
		g_option_context_add_main_entries(context, command->options, NULL);
	g_option_context_add_main_entries(context, common_options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		return usage_error("%s: %s", command->name, error->message);
	if (argc > 1 && !strcmp(argv[1], "--"))
		argc--, argv++;
	return command->run(argc - 1, argv + 1);
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2)
		return help(), EXIT_USAGE;
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(), EXIT_OK;
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return puts("ecemailctl " ECEMAIL_VERSION), EXIT_OK;
	command = find_command(argv[1]);
	if (!command)
		return usage_error("unknown command '%s'", argv[1]);
	if (command->run_raw)
		return command->run_raw(argc - 1, argv + 1);
	return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_DFL);
	g_set_prgname("ecemailctl");
	return output_finish(run(argc, argv));
}
