// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modes: without power nothing happens; with power in PROGRAM mode the slots
 * are updated but no program runs; in RUN mode it does. Boxes have a state
 * only while running: it is made when RUN begins, and lost with RUN or power.
 * What is lost there is the boxes' memory of a request, not the request.
 */
#include <string.h>
#include <time.h>

#include "tests/plcsim/bcd.h"
#include "tests/plcsim/ecom100.h"
#include "tests/plcsim/plc.h"

#define SP_FIRST_SCAN 00
#define SP_ALWAYS_ON  01
#define SP_PORT_BUSY  0116
#define SP_BUSY_FIRST 0120

/* Second, minute, hour, day of week, day, month and year, in BCD */
#define CLOCK_WORDS 07766

/* A slot that the system cannot have has no bits, either. */
static unsigned int sp_busy(const struct base *base, unsigned int slot)
{
	unsigned int first = base->family->sp_first_slot;

	return slot < first ? 0 : SP_BUSY_FIRST + 2 * (slot - first);
}

/* A module that no box can use: too old, or in a slot that the system has for others */
static bool is_useless(const struct base *base, unsigned int number)
{
	const struct base_slot *slot = &base->slots[number];

	if (!slot->present)
		return false;
	return number < base->family->first_slot || number > base->family->last_slot ||
	       firmware_compare(&slot->firmware, module_firmware_minimum(slot->module)) < 0;
}

void plc_init(struct plc *plc, const struct base *base, const struct program *program,
	      struct backplane *backplane)
{
	memset(plc, 0, sizeof(*plc));
	plc->base = base;
	plc->program = program;
	plc->run_mode = true;
	plc->ladder.printed = g_string_new(NULL);
	plc->boxes = g_new0(struct plc_box, program->instructions->len);
	for (unsigned int i = 0; i < BASE_SLOTS; i++)
		plc->ports[i] = (struct port){
			.backplane = backplane,
			.memory = &plc->memory,
			.slot = i,
			.sp_busy = sp_busy(base, i),
			.deaf = is_useless(base, i),
		};
}

static void start_boxes(struct plc *plc)
{
	for (unsigned int i = 0; i < plc->program->instructions->len; i++) {
		const struct box *box = program_at(plc->program, i)->box;

		if (box)
			plc->boxes[i].state = box->type->operations->start(plc, box);
	}
}

/* Backwards: clients before the modules that they use */
static void stop_boxes(struct plc *plc)
{
	for (unsigned int i = plc->program->instructions->len; i-- > 0;) {
		const struct box *box = program_at(plc->program, i)->box;

		if (box)
			box->type->operations->stop(plc->boxes[i].state);
		plc->boxes[i] = (struct plc_box){ 0 };
	}
}

static void set_running(struct plc *plc, bool running)
{
	if (running == plc->running)
		return;
	plc->running = running;
	if (!running) {
		stop_boxes(plc);
		ladder_stop(plc);
		return;
	}
	plc->first_scan = true;
	memory_clear_bits(&plc->memory);
	memset(plc->ladder.accumulator, 0, sizeof(plc->ladder.accumulator));
	start_boxes(plc);
}

void plc_set_power(struct plc *plc, bool on)
{
	if (on == plc->power)
		return;
	plc->power = on;
	if (!on)
		set_running(plc, false);
	for (unsigned int i = 0; i < BASE_SLOTS; i++) {
		port_reset(&plc->ports[i]);
		if (on)
			tags_power_up(&plc->tags[i]);
	}
	memory_clear_bits(&plc->memory);
}

void plc_download(struct plc *plc, const struct program *program)
{
	if (plc->running) {
		stop_boxes(plc);
		ladder_stop(plc);
	}
	g_free(plc->boxes);
	plc->program = program;
	plc->boxes = g_new0(struct plc_box, program->instructions->len);
	if (!plc->running)
		return;
	start_boxes(plc);
	plc->edited = true;
}

void plc_set_run(struct plc *plc, bool run)
{
	plc->run_mode = run;
}

struct port *plc_port(struct plc *plc, int slot)
{
	if (slot < (int)plc->base->family->sp_first_slot || slot >= BASE_SLOTS)
		return NULL;
	return &plc->ports[slot];
}

struct ecom100 *plc_module(struct plc *plc, unsigned int number)
{
	for (unsigned int i = 0; i < plc->program->instructions->len; i++) {
		const struct box *box = program_at(plc->program, i)->box;

		if (box && box->type->configuration && box->values[ECOM100_NUMBER].k == number)
			return plc->boxes[i].state;
	}
	return NULL;
}

static void show_clock(struct plc *plc)
{
	time_t seconds = plc->clock_base + plc->now / 1000;
	uint16_t *words = &plc->memory.v[CLOCK_WORDS];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	words[0] = bcd_digits(tm.tm_sec);
	words[1] = bcd_digits(tm.tm_min);
	words[2] = bcd_digits(tm.tm_hour);
	words[3] = bcd_digits(tm.tm_wday);
	words[4] = bcd_digits(tm.tm_mday);
	words[5] = bcd_digits(tm.tm_mon + 1);
	words[6] = bcd_digits(tm.tm_year % 100);
}

void plc_set_clock(struct plc *plc, int64_t seconds, uint64_t now)
{
	plc->clock_base = seconds - (int64_t)(now / 1000);
}

void plc_update(struct plc *plc, uint64_t now)
{
	plc->now = now;
	if (!plc->power)
		return;
	show_clock(plc);
	memory_set_sp(&plc->memory, SP_PORT_BUSY, now < plc->ladder.printed_at);
	for (unsigned int i = 0; i < BASE_SLOTS; i++)
		port_update(&plc->ports[i]);
	set_running(plc, plc->run_mode);
}

void plc_execute(struct plc *plc)
{
	if (!plc->running)
		return;
	memory_set_sp(&plc->memory, SP_FIRST_SCAN, plc->first_scan);
	memory_set_sp(&plc->memory, SP_ALWAYS_ON, true);
	ladder_scan(plc, plc->first_scan || plc->edited);
	plc->first_scan = plc->edited = false;
	plc->scans++;
}

void plc_release(struct plc *plc)
{
	set_running(plc, false);
	g_string_free(plc->ladder.printed, TRUE);
	g_free(plc->boxes);
}
