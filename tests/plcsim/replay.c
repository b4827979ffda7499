// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "plcsim replay": the RX and WX of a recording again, each at its time or as
 * soon as the slot is idle, to whatever PC is there. No program runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/plcsim/record.h"
#include "tests/plcsim/simulator.h"
#include "tests/plcsim/subcommand.h"

#define PERIOD 1 /* milliseconds */

struct player {
	struct simulator *simulator;
	struct source timer;
	GArray *entries;
	unsigned int next;
	uint64_t began; /* 0: the PC is not ready yet */
	const struct record_entry *running[BASE_SLOTS];
	unsigned int different;
};

static void compare(struct player *p, const struct record_entry *entry)
{
	struct backplane *card = &p->simulator->backplane;
	enum transfer_outcome outcome = card->result(card, entry->slot)->outcome;

	/* no PC was ready then, which is different now */
	if (entry->outcome == TRANSFER_ERROR && entry->reason == REASON_NONE)
		return;
	if (!entry->ended || outcome == entry->outcome)
		return;
	p->different++;
	printf("line %u: %s, was %s\n", entry->line, outcome_name(outcome),
	       outcome_name(entry->outcome));
}

/* Returns true while a slot is busy. */
static bool collect(struct player *p)
{
	struct backplane *card = &p->simulator->backplane;
	bool busy = false;

	for (unsigned int i = 0; i < BASE_SLOTS; i++) {
		if (!p->running[i])
			continue;
		if (card->busy(card, i)) {
			busy = true;
			continue;
		}
		compare(p, p->running[i]);
		p->running[i] = NULL;
	}
	return busy;
}

static void play(struct player *p)
{
	struct backplane *card = &p->simulator->backplane;

	while (p->next < p->entries->len) {
		const struct record_entry *entry =
			&g_array_index(p->entries, struct record_entry, p->next);

		if (p->running[entry->slot] || clock_now() - p->began < entry->milliseconds)
			return;
		p->running[entry->slot] = entry;
		card->start(card, entry->slot, &entry->transfer);
		p->next++;
	}
}

static bool all_ready(const struct simulator *sim)
{
	for (unsigned int i = 0; i < sim->card_count; i++)
		if (strcmp(simulator_pc_state(&sim->cards[i]), "ready") != 0)
			return false;
	return true;
}

static void timer_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	struct player *p = source->owner;
	bool busy;

	source_drain(source);
	if (!p->began && all_ready(p->simulator))
		p->began = clock_now();
	if (!p->began)
		return;
	busy = collect(p);
	play(p);
	if (p->next == p->entries->len && !busy && !collect(p))
		simulator_stop(p->simulator, p->different ? EXIT_FAILURE : EXIT_SUCCESS);
}

static struct program *empty_program(void)
{
	struct diagnostics d;
	struct program *program;
	FILE *text = fmemopen((char *)"END\n", 4, "r");

	diagnostics_init(&d, "replay");
	program = program_read(text, "replay", &d);
	fclose(text);
	diagnostics_clear(&d);
	return program;
}

/* Each slot of the recording must have a module. */
static void check_slots(const struct player *p, const struct base *base, struct diagnostics *d)
{
	for (unsigned int i = 0; i < p->entries->len; i++) {
		const struct record_entry *entry =
			&g_array_index(p->entries, struct record_entry, i);

		if (!base->slots[entry->slot].present || base->slots[entry->slot].remote)
			diagnostics_error(d, entry->line,
					  "slot K%u: the base has no ECOM100 there that is part of "
					  "the card",
					  entry->slot);
	}
}

static int run(struct player *p, const struct listeners *listeners)
{
	struct simulator *sim = p->simulator;
	int error = simulator_init(sim, listeners->paths);

	if (error) {
		fprintf(stderr, "plcsim: cannot listen on %s: %s\n",
			listeners->paths[sim->listened], strerror(-error));
		return EXIT_FAILURE;
	}
	p->timer = (struct source){ -1, timer_ready, p };
	error = loop_add_timer(&sim->loop, &p->timer, PERIOD);
	if (!error && !all_ready(sim)) {
		printf("waiting for the PC\n");
		fflush(stdout);
	}
	if (!error)
		loop_run(&sim->loop);
	printf("%u of %u replayed, %u different\n", p->next, p->entries->len, p->different);
	loop_remove(&sim->loop, &p->timer);
	listeners_unlink(listeners);
	simulator_release(sim);
	return error || p->next < p->entries->len ? EXIT_FAILURE : sim->exit_status;
}

static int replay(const struct listeners *listeners, const char *base, const char *path)
{
	struct player player = { 0 };
	struct diagnostics d;
	FILE *file = fopen(path, "re");
	int status = EXIT_FAILURE;
	bool has_base;

	diagnostics_init(&d, path);
	if (file) {
		player.entries = record_read(file, &d);
		fclose(file);
	} else {
		diagnostics_error(&d, 0, "cannot read the recording: %s", strerror(errno));
	}
	player.simulator = g_new0(struct simulator, 1);
	player.simulator->scan_time = 10;
	player.simulator->program = empty_program();
	has_base = load_base(&player.simulator->base, base, stderr);
	if (has_base && player.entries && !d.errors)
		check_slots(&player, &player.simulator->base, &d);
	diagnostics_print(&d, stderr);
	if (has_base && !d.errors && listeners_match(listeners, &player.simulator->base))
		status = run(&player, listeners);
	diagnostics_clear(&d);
	program_free(player.simulator->program);
	g_free(player.simulator);
	if (player.entries)
		g_array_unref(player.entries);
	return status;
}

int subcommand_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "base", required_argument, NULL, 'b' },
		{ 0 },
	};
	struct listeners listeners = { 0 };
	const char *base = NULL;
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'l' && listeners_add(&listeners, optarg))
			continue;
		if (option == 'b')
			base = optarg;
		else
			break;
	}
	if (option >= 0 || !listeners.count || optind != argc - 1)
		return subcommand_wrong("replay");
	return replay(&listeners, base, argv[optind]);
}
