// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>

#include "tests/plcsim/session.h"
#include "tests/plcsim/simulator.h"

#define CARD_PERIOD 1000

const char *simulator_pc_state(const struct simulator_card *card)
{
	if (!ivshmem_plugged(&card->ivshmem))
		return "unplugged";
	switch (card_host(&card->card)) {
	case CARD_HOST_READY:
		return "ready";
	case CARD_HOST_DEAD:
		return "silent";
	default:
		return "connected";
	}
}

static void report_pc(void *owner)
{
	struct simulator_card *card = owner;
	struct simulator *sim = card->simulator;
	const char *state = simulator_pc_state(card);

	if (state == card->pc_state)
		return;
	card->pc_state = state;
	if (sim->card_count > 1)
		printf("card %td: ", card - sim->cards);
	printf("PC %s\n", state);
	fflush(stdout);
}

/* Backwards: a session may remove itself. */
static void for_sessions(struct simulator *sim, void (*step)(struct session *session))
{
	for (unsigned int i = sim->sessions->len; i-- > 0;)
		step(sim->sessions->pdata[i]);
}

void simulator_scan(struct simulator *sim)
{
	bool pause = sim->stepping && !sim->steps;

	if (!pause)
		plc_update(&sim->plc, clock_now());
	for_sessions(sim, session_before_scan);
	if (!pause) {
		sim->steps -= sim->stepping;
		plc_execute(&sim->plc);
	}
	for_sessions(sim, session_after_scan); /* they wait for time, too */
}

static void scan_timer_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	source_drain(source);
	simulator_scan(source->owner);
}

static void card_timer_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	struct simulator *sim = source->owner;

	source_drain(source);
	for (unsigned int i = 0; i < sim->card_count; i++) {
		card_tick(&sim->cards[i].card);
		report_pc(&sim->cards[i]);
	}
}

static void misbehaviour_timer_ready(struct source *source,
				     uint32_t events __attribute__((unused)))
{
	struct simulator *sim = source->owner;

	source_drain(source);
	for (unsigned int i = 0; i < sim->card_count; i++)
		misbehave_step(&sim->cards[i].misbehaviour);
}

static bool any_misbehaves(const struct simulator *sim)
{
	for (unsigned int i = 0; i < sim->card_count; i++)
		if (sim->cards[i].misbehaviour.mode >= 0)
			return true;
	return false;
}

int simulator_misbehave(struct simulator *sim, unsigned int card, int mode, uint64_t seed)
{
	struct misbehaviour *misbehaviour = &sim->cards[card].misbehaviour;

	misbehave_stop(misbehaviour);
	if (mode >= 0)
		misbehave_start(misbehaviour, &sim->cards[card].card, mode, seed);
	loop_remove(&sim->loop, &sim->misbehaviour_timer);
	if (!any_misbehaves(sim))
		return 0;
	return loop_add_timer(&sim->loop, &sim->misbehaviour_timer, MISBEHAVE_PERIOD);
}

static void signal_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	simulator_stop(source->owner, 0);
}

void simulator_stop(struct simulator *sim, int exit_status)
{
	sim->loop.stop = true;
	sim->exit_status = exit_status;
}

void simulator_step(struct simulator *sim, unsigned int scans)
{
	sim->stepping = true;
	sim->steps = scans;
}

void simulator_run(struct simulator *sim)
{
	sim->stepping = false;
}

int simulator_set_scan_time(struct simulator *sim, unsigned int milliseconds)
{
	sim->scan_time = milliseconds;
	return source_set_period(&sim->scan_timer, milliseconds);
}

void simulator_download(struct simulator *sim, struct program *program)
{
	plc_download(&sim->plc, program);
	program_free(sim->program);
	sim->program = program;
}

void simulator_set_power(struct simulator *sim, bool on)
{
	if (on == sim->plc.power)
		return;
	for (unsigned int i = 0; i < sim->card_count; i++)
		card_power(&sim->cards[i].card, on);
	plc_set_power(&sim->plc, on);
}

/* The backplane as the CPU sees it: a slot is one of some card. */
static struct backplane *card_of(struct backplane *backplane, unsigned int slot)
{
	struct simulator *sim = (struct simulator *)((char *)backplane -
						     offsetof(struct simulator, backplane));

	return &sim->cards[sim->base.slots[slot].card].card.backplane;
}

static void start(struct backplane *backplane, unsigned int slot, const struct transfer *transfer)
{
	struct backplane *card = card_of(backplane, slot);

	card->start(card, slot, transfer);
}

static bool busy(struct backplane *backplane, unsigned int slot)
{
	struct backplane *card = card_of(backplane, slot);

	return card->busy(card, slot);
}

static const struct transfer_result *result(struct backplane *backplane, unsigned int slot)
{
	struct backplane *card = card_of(backplane, slot);

	return card->result(card, slot);
}

static int init_card(struct simulator *sim, unsigned int number)
{
	struct card_module modules[CARD_SLOTS_MAX] = { 0 };
	unsigned int count = 0;

	for (unsigned int i = 0; i < BASE_SLOTS; i++) {
		const struct base_slot *slot = &sim->base.slots[i];
		struct card_module *module = &modules[count];

		if (!slot->present || slot->remote || slot->card != number)
			continue;
		module->number = i;
		module->dip = slot->id | (slot->dip7 ? SLOT_DIP_7 : 0);
		module->firmware = firmware_word(&slot->firmware);
		memcpy(module->type, slot->module, sizeof(module->type));
		count++;
	}
	return card_init(&sim->cards[number].card, IVSHMEM_PEER_CARD, modules, count);
}

static int init_cards(struct simulator *sim)
{
	int error = 0;

	sim->backplane = (struct backplane){ start, busy, result };
	for (unsigned int i = 0; i < base_cards(&sim->base) && !error; i++) {
		struct simulator_card *card = &sim->cards[i];

		card->simulator = sim;
		card->misbehaviour.mode = -1;
		card->ivshmem.changed = report_pc;
		card->ivshmem.owner = card;
		error = init_card(sim, i);
		sim->card_count += !error;
	}
	return error;
}

static void release_cards(struct simulator *sim)
{
	for (unsigned int i = 0; i < sim->card_count; i++)
		card_release(&sim->cards[i].card);
	sim->card_count = 0;
}

static int listen_for_pcs(struct simulator *sim, const char *const socket_paths[])
{
	int error = 0;

	for (unsigned int i = 0; i < sim->card_count && !error; i++) {
		struct simulator_card *card = &sim->cards[i];

		sim->listened = i;
		error = ivshmem_init(&card->ivshmem, &sim->loop, &card->card, socket_paths[i]);
		card->pc_state = simulator_pc_state(card);
	}
	return error;
}

static int init_signals(struct simulator *sim)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sim->signals = (struct source){
		.fd = signalfd(-1, &set, SFD_CLOEXEC),
		.ready = signal_ready,
		.owner = sim,
	};
	return sim->signals.fd < 0 ? -errno : loop_add(&sim->loop, &sim->signals, EPOLLIN);
}

static int init_timers(struct simulator *sim)
{
	int error;

	sim->scan_timer = (struct source){ -1, scan_timer_ready, sim };
	sim->card_timer = (struct source){ -1, card_timer_ready, sim };
	error = loop_add_timer(&sim->loop, &sim->scan_timer, sim->scan_time);
	return error ? error : loop_add_timer(&sim->loop, &sim->card_timer, CARD_PERIOD);
}

static int64_t local_time(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return now + tm.tm_gmtoff;
}

int simulator_init(struct simulator *sim, const char *const socket_paths[])
{
	struct backplane *backplane;
	int error;

	sim->sessions = g_ptr_array_new();
	error = loop_init(&sim->loop);
	if (!error)
		error = init_cards(sim);
	if (error) {
		release_cards(sim);
		return error;
	}
	sim->scan_timer.fd = sim->card_timer.fd = sim->signals.fd = -1;
	sim->misbehaviour_timer = (struct source){ -1, misbehaviour_timer_ready, sim };
	recorder_init(&sim->recorder, &sim->backplane, sim->record, clock_now);
	backplane = sim->record ? &sim->recorder.backplane : &sim->backplane;
	plc_init(&sim->plc, &sim->base, sim->program, backplane);
	plc_set_clock(&sim->plc, local_time(), clock_now());
	simulator_set_power(sim, true);
	plc_update(&sim->plc, clock_now()); /* boxes have begun before any script looks */
	error = listen_for_pcs(sim, socket_paths);
	if (!error)
		error = init_signals(sim);
	if (!error)
		error = init_timers(sim);
	if (error)
		simulator_release(sim);
	return error;
}

void simulator_release(struct simulator *sim)
{
	for (unsigned int i = 0; i <= sim->listened; i++)
		ivshmem_release(&sim->cards[i].ivshmem);
	loop_remove(&sim->loop, &sim->scan_timer);
	loop_remove(&sim->loop, &sim->card_timer);
	loop_remove(&sim->loop, &sim->misbehaviour_timer);
	loop_remove(&sim->loop, &sim->signals);
	plc_release(&sim->plc);
	release_cards(sim);
	loop_release(&sim->loop);
	g_ptr_array_unref(sim->sessions);
}
