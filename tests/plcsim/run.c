// SPDX-License-Identifier: GPL-2.0-or-later
/* "plcsim run" */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/plcsim/control.h"
#include "tests/plcsim/script.h"
#include "tests/plcsim/subcommand.h"
#include "tests/plcsim/view.h"

#define SCAN_TIME_DEFAULT 10

struct arguments {
	struct listeners listeners;
	const char *base;
	const char *script;
	const char *control;
	const char *record;
	const char *program;
	unsigned int scan_time;
	bool keep;
};

static bool take_option(struct arguments *arguments, int option)
{
	guint64 scan_time;

	switch (option) {
	case 'l':
		return listeners_add(&arguments->listeners, optarg);
	case 'b':
		arguments->base = optarg;
		return true;
	case 's':
		arguments->script = optarg;
		return true;
	case 'c':
		arguments->control = optarg;
		return true;
	case 'r':
		arguments->record = optarg;
		return true;
	case 'k':
		arguments->keep = true;
		return true;
	case 't':
		if (g_ascii_string_to_unsigned(optarg, 10, 1, SCAN_TIME_MAX, &scan_time, NULL)) {
			arguments->scan_time = scan_time;
			return true;
		}
		fprintf(stderr, "plcsim: --scan-time %s: must be 1 to %d milliseconds\n", optarg,
			SCAN_TIME_MAX);
		return false;
	default:
		return false;
	}
}

static bool parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "base", required_argument, NULL, 'b' },
		{ "script", required_argument, NULL, 's' },
		{ "control", required_argument, NULL, 'c' },
		{ "scan-time", required_argument, NULL, 't' },
		{ "record", required_argument, NULL, 'r' },
		{ "keep", no_argument, NULL, 'k' },
		{ 0 },
	};
	int option;

	*arguments = (struct arguments){ .scan_time = SCAN_TIME_DEFAULT };
	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		if (!take_option(arguments, option))
			return false;
	if (!arguments->listeners.count || optind != argc - 1)
		return false;
	arguments->program = argv[optind];
	return true;
}

/* Returns the exit status for a script that cannot be run, else 0. */
static int load_script(struct script *script, const char *path)
{
	struct diagnostics d;
	int status = EXIT_SUCCESS;
	FILE *file;

	if (!path)
		return EXIT_SUCCESS;
	file = fopen(path, "re");
	if (!file) {
		fprintf(stderr, "%s: error: cannot read the script: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	diagnostics_init(&d, path);
	script_read(script, file, &d);
	fclose(file);
	diagnostics_print(&d, stderr);
	if (d.errors)
		status = EXIT_USAGE;
	diagnostics_clear(&d);
	return status;
}

bool listeners_add(struct listeners *listeners, const char *path)
{
	if (listeners->count < CARDS_MAX) {
		listeners->paths[listeners->count++] = path;
		return true;
	}
	fprintf(stderr, "plcsim: --listen %s: at most %d cards\n", path, CARDS_MAX);
	return false;
}

bool listeners_match(const struct listeners *listeners, const struct base *base)
{
	if (listeners->count == base_cards(base))
		return true;
	fprintf(stderr, "plcsim: the base has %u card(s), but there are %u --listen; each card needs "
			"one\n",
		base_cards(base), listeners->count);
	return false;
}

void listeners_unlink(const struct listeners *listeners)
{
	for (unsigned int i = 0; i < listeners->count; i++)
		unlink(listeners->paths[i]);
}

static int socket_failed(const char *path, int error)
{
	fprintf(stderr, "plcsim: cannot listen on %s: %s\n", path, strerror(-error));
	return EXIT_FAILURE;
}

static int run(struct simulator *sim, struct script *script, const struct arguments *arguments,
	       const char *control_path)
{
	struct control control;
	struct view view;
	int error = control_init(&control, sim, control_path);

	if (error) {
		sim->exit_status = socket_failed(control_path, error);
		goto out;
	}
	for (unsigned int i = 0; i < arguments->listeners.count; i++)
		printf("listening on %s\n", arguments->listeners.paths[i]);
	printf("control socket %s\n", control_path);
	fflush(stdout);
	simulator_scan(sim); /* the first one is over when anybody sets an input */
	if (arguments->script)
		script_start(script, sim);
	view_start(&view, sim); /* without it, it runs as well */
	loop_run(&sim->loop);
	view_stop(&view);
	if (arguments->script)
		script_end(script);
	unlink(control_path);
out:
	control_release(&control);
	return sim->exit_status;
}

/* False, and a message, if it has not all been written */
static bool close_record(struct simulator *sim, const char *path)
{
	int error = sim->recorder.error;

	if (sim->record && fclose(sim->record) != 0 && !error)
		error = errno;
	if (error)
		fprintf(stderr, "plcsim: the recording %s is not complete: %s\n", path,
			strerror(error));
	return !error;
}

static bool same_file(const char *a, const char *b)
{
	struct stat first, second;

	return a && b && stat(a, &first) == 0 && stat(b, &second) == 0 &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* NULL, and a message, if there can be none */
static FILE *open_record(const struct arguments *arguments)
{
	const char *const read[] = { arguments->program, arguments->base, arguments->script };
	FILE *file;

	for (size_t i = 0; i < G_N_ELEMENTS(read); i++) {
		if (!same_file(arguments->record, read[i]))
			continue;
		fprintf(stderr, "plcsim: --record %s: would overwrite %s; name another file\n",
			arguments->record, read[i]);
		return NULL;
	}
	file = fopen(arguments->record, "we");
	if (!file)
		fprintf(stderr, "plcsim: cannot write %s: %s\n", arguments->record,
			strerror(errno));
	return file;
}

static int simulate(const struct arguments *arguments, struct script *script,
		    struct simulator *sim)
{
	g_autofree char *default_path = control_default_path();
	int error, status;

	sim->scan_time = arguments->scan_time;
	sim->record = arguments->record ? open_record(arguments) : NULL;
	if (arguments->record && !sim->record)
		return EXIT_FAILURE;
	error = simulator_init(sim, arguments->listeners.paths);
	if (error) {
		close_record(sim, arguments->record);
		return socket_failed(arguments->listeners.paths[sim->listened], error);
	}
	status = run(sim, script, arguments,
		     arguments->control ? arguments->control : default_path);
	listeners_unlink(&arguments->listeners);
	simulator_release(sim);
	if (!close_record(sim, arguments->record) && !status)
		status = EXIT_FAILURE;
	return status;
}

int subcommand_run(int argc, char **argv)
{
	struct script script = { 0 };
	struct simulator *sim;
	struct arguments arguments;
	int status;

	if (!parse_arguments(argc, argv, &arguments))
		return subcommand_wrong("run");
	status = load_script(&script, arguments.script);
	sim = g_new0(struct simulator, 1);
	script.keep = arguments.keep;
	if (!status) {
		sim->program =
			load_program(arguments.base, arguments.program, &sim->base, stderr);
		status = sim->program && listeners_match(&arguments.listeners, &sim->base) ?
				 simulate(&arguments, &script, sim) :
				 EXIT_FAILURE;
	}
	program_free(sim->program);
	script_clear(&script);
	g_free(sim);
	return status;
}
