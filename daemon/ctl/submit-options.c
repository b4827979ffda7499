// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of ecemailctl submit: most options are fields of a setup. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "submit-options.h"

#define COUNT_MAX 100000000

enum option_code {
	OPTION_SERVER = 256,
	OPTION_TLS,
	OPTION_USER,
	OPTION_PASSWORD_FILE,
	OPTION_TOKEN_FILE,
	OPTION_TO,
	OPTION_SUBJECT,
	OPTION_BODY,
	OPTION_COUNT,
	OPTION_SESSIONS,
	OPTION_COMPOSE_ONCE,
	OPTION_FRESH,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_FIELD, /* and up: fields of the setup */
};

static const char *const fields[] = { "CAFile", "HeloName", "SourceInterface", "Pin",
				      "SenderAddress", "SenderName", "Cc", "Timeout" };

static const struct option long_options[] = {
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "user", required_argument, NULL, OPTION_USER },
	{ "password-file", required_argument, NULL, OPTION_PASSWORD_FILE },
	{ "token-file", required_argument, NULL, OPTION_TOKEN_FILE },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "subject", required_argument, NULL, OPTION_SUBJECT },
	{ "body", required_argument, NULL, OPTION_BODY },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "sessions", required_argument, NULL, OPTION_SESSIONS },
	{ "compose-once", no_argument, NULL, OPTION_COMPOSE_ONCE },
	{ "fresh", no_argument, NULL, OPTION_FRESH },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "ca", required_argument, NULL, OPTION_FIELD },
	{ "helo", required_argument, NULL, OPTION_FIELD + 1 },
	{ "interface", required_argument, NULL, OPTION_FIELD + 2 },
	{ "pin", required_argument, NULL, OPTION_FIELD + 3 },
	{ "from", required_argument, NULL, OPTION_FIELD + 4 },
	{ "name", required_argument, NULL, OPTION_FIELD + 5 },
	{ "cc", required_argument, NULL, OPTION_FIELD + 6 },
	{ "timeout", required_argument, NULL, OPTION_FIELD + 7 },
	{ NULL, 0, NULL, 0 },
};

static void help(void)
{
	puts("Usage: ecemailctl submit --server smtp://HOST[:PORT]|smtps://HOST[:PORT] --from ADDRESS\n"
	     "         [--to LIST] [--cc LIST] [--name NAME] [--subject TEXT] [--body TEXT]\n"
	     "         [--tls none|starttls|implicit] [--ca FILE] [--pin HASH]\n"
	     "         [--user NAME (--password-file FILE | --token-file FILE)]\n"
	     "         [--helo NAME] [--interface INTERFACE] [--timeout SECONDS]\n"
	     "         [--count N [--sessions M] [--compose-once] [--fresh]] [--json]\n"
	     "\n"
	     "Sends one mail, or N of them over M sessions, as the daemon would, and says how\n"
	     "each ended: status codes as in ecemailctl explain. Exit status 0 only if all\n"
	     "succeeded. --compose-once sends the same mail each time, --fresh opens a session\n"
	     "for each.");
}

static int wrong(const char *option, const char *problem)
{
	fprintf(stderr, "ecemailctl: --%s: %s\n", option, problem);
	return EXIT_USAGE;
}

static int set_number(const char *option, const char *value, unsigned int max, unsigned int *number)
{
	g_autofree char *problem = NULL;
	guint64 n;

	if (!g_ascii_string_to_unsigned(value, 10, 1, max, &n, NULL)) {
		problem = g_strdup_printf("'%s' is not a number from 1 to %u", value, max);
		return wrong(option, problem);
	}
	*number = (unsigned int)n;
	return 0;
}

/* In a setup's file an empty one is as good as none; here a shell's variable had no value. */
static bool is_never_empty(const char *option)
{
	static const char *const options[] = { "ca", "pin", "interface", "user", "password-file",
					       "token-file", NULL };

	return g_strv_contains(options, option);
}

static int set_field(struct submit_options *options, const char *option, const char *field,
		     const char *value)
{
	/* a setup's files have no folder that they could be relative to, the shell's have */
	g_autofree char *path = strcmp(field, "CAFile") ? NULL : g_canonicalize_filename(value, NULL);
	g_autofree char *problem = setup_set(options->setup, field, path ? path : value);

	/* what the daemon would report as a status of the mail is reported so here */
	if (!problem || !strcmp(field, "SenderAddress") || !strcmp(field, "Cc"))
		return 0;
	return wrong(option, problem);
}

/* The way to TLS first, since it has a port of its own. */
static int set_server(struct submit_options *options, const char *url, const char *tls)
{
	bool implicit = g_str_has_prefix(url, "smtps://");
	g_autofree char *host = g_strdup(url + (implicit ? 8 : 7));
	int r;

	if (!implicit && !g_str_has_prefix(url, "smtp://"))
		return wrong("server", "smtp://HOST[:PORT] or smtps://HOST[:PORT]");
	if (implicit && tls && strcmp(tls, "implicit"))
		return wrong("tls", "smtps:// is implicit TLS");
	r = set_field(options, "tls", "TLS", implicit ? "implicit" : tls ? tls :
									   "none");
	host[strcspn(host, "/")] = '\0';
	return r ? r : set_field(options, "server", "Server", host);
}

static int set_source(struct submit_options *options)
{
	const struct credential_source *source = &options->source;

	if (!source->user && !source->password_file && !source->token_file)
		return 0;
	if (!source->user || !source->password_file == !source->token_file)
		return wrong("user", "wants one of --password-file and --token-file with it");
	if (options->setup->tls == TLS_NONE)
		return wrong("user", "a login is never used without TLS: --tls starttls, or smtps://");
	options->setup->source = source;
	return 0;
}

/* Whoever gives one relies on it. */
static int check_pin(const struct submit_options *options)
{
	if (options->setup->pin && options->setup->tls == TLS_NONE)
		return wrong("pin", "there is no certificate without TLS: --tls starttls, or smtps://");
	return 0;
}

static int finish(struct submit_options *options, const char *server, const char *tls)
{
	int r;

	if (!server)
		return wrong("server", "required");
	r = set_server(options, server, tls);
	if (!r)
		r = set_source(options);
	if (!r)
		r = check_pin(options);
	setup_finish(options->setup);
	return r;
}

static int take_option(struct submit_options *options, int code, int index)
{
	const char *name = long_options[index].name;

	if (optarg && !*optarg && is_never_empty(name))
		return wrong(name, "empty");
	switch (code) {
	case OPTION_USER:
		options->source.user = optarg;
		return 0;
	case OPTION_PASSWORD_FILE:
		options->source.password_file = optarg;
		return 0;
	case OPTION_TOKEN_FILE:
		options->source.token_file = optarg;
		return 0;
	case OPTION_TO:
		options->to = optarg;
		return 0;
	case OPTION_SUBJECT:
		options->subject = optarg;
		return 0;
	case OPTION_BODY:
		options->body = optarg;
		return 0;
	case OPTION_COUNT:
		options->counted = true;
		return set_number(name, optarg, COUNT_MAX, &options->count);
	case OPTION_SESSIONS:
		return set_number(name, optarg, SUBMIT_SESSIONS_MAX, &options->sessions);
	case OPTION_COMPOSE_ONCE:
		options->compose_once = true;
		return 0;
	case OPTION_FRESH:
		options->fresh = true;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_HELP:
		help();
		return -1;
	default:
		return set_field(options, name, fields[code - OPTION_FIELD], optarg);
	}
}

int submit_options_read(struct submit_options *options, int argc, char **argv)
{
	const char *server = NULL, *tls = NULL;
	int code, index = 0, r = 0;

	*options = (struct submit_options){
		.setup = setup_new(),
		.count = 1,
		.sessions = 1,
		.to = "",
		.subject = "",
		.body = "",
	};
	argv[0] = program_invocation_short_name;
	optind = 1;
	while (!r && (code = getopt_long(argc, argv, "", long_options, &index)) >= 0) {
		if (code == '?')
			r = EXIT_USAGE;
		else if (code == OPTION_SERVER)
			server = optarg;
		else if (code == OPTION_TLS)
			tls = optarg;
		else
			r = take_option(options, code, index);
	}
	if (!r && optind < argc) {
		fprintf(stderr, "ecemailctl: '%s': submit takes options only, see --help\n",
			argv[optind]);
		r = EXIT_USAGE;
	}
	return r ? r : finish(options, server, tls);
}
