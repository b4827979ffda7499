/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of plcsim, a table in subcommand.c. Each takes its own argc and argv (argv[0] is
 * its name) and returns the exit status: 0; 1 for errors; 2 for wrong usage.
 */
#ifndef PLCSIM_SUBCOMMAND_H
#define PLCSIM_SUBCOMMAND_H

#include "tests/plcsim/base.h"
#include "tests/plcsim/program.h"

#define EXIT_USAGE 2

/* The options --listen, one for each card */
struct listeners {
	const char *paths[CARDS_MAX];
	unsigned int count;
};

/* False, and a message, if there are too many */
bool listeners_add(struct listeners *listeners, const char *path);
/* False, and a message, unless there is one for each card of the base */
bool listeners_match(const struct listeners *listeners, const struct base *base);
void listeners_unlink(const struct listeners *listeners);

struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *purpose;
	const char *usage;
};

extern const struct subcommand subcommands[]; /* ends with one without a name */

const struct subcommand *subcommand_find(const char *name);
void subcommand_help(const struct subcommand *subcommand, FILE *out);
/* Wrong usage: shows the right one, and returns the exit status for it. */
int subcommand_wrong(const char *name);
/* With --help, and with an exit status for output that cannot be written */
int subcommand_run_one(const struct subcommand *subcommand, int argc, char **argv);

int subcommand_check(int argc, char **argv);
int subcommand_xref(int argc, char **argv);
int subcommand_preview(int argc, char **argv);
int subcommand_run(int argc, char **argv);
int subcommand_replay(int argc, char **argv);
int subcommand_ctl(int argc, char **argv);

/*
 * Reads the base file (NULL: the default base) and the program, and checks it.
 * Prints all messages. Returns NULL if there were errors; what can be downloaded
 * but will not work is counted in the program.
 */
struct program *load_program(const char *base_path, const char *path, struct base *base,
			     FILE *messages);
/* The same for a base that is there already */
struct program *load_download(const struct base *base, const char *path, FILE *messages);
/* The same without the checks */
struct program *load_text(const char *path, FILE *messages);
/* The base file alone; returns false if there were errors */
bool load_base(struct base *base, const char *path, FILE *messages);

#endif /* PLCSIM_SUBCOMMAND_H */
