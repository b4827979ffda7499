/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PLC: memory, program, modes and scan.
 */
#ifndef PLCSIM_PLC_H
#define PLCSIM_PLC_H

#include "tests/plcsim/base.h"
#include "tests/plcsim/ladder.h"
#include "tests/plcsim/memory.h"
#include "tests/plcsim/port.h"
#include "tests/plcsim/program.h"
#include "tests/plcsim/tag.h"

/* The running side of the box or instruction at the same place in the program */
struct plc_box {
	void *state;
	bool power_flow; /* of the last scan */
	uint64_t since; /* milliseconds, when a timer's came on */
};

struct plc {
	const struct base *base;
	const struct program *program;
	struct memory memory;
	struct port ports[BASE_SLOTS];
	struct tags tags[BASE_SLOTS];
	struct ladder ladder;
	struct plc_box *boxes;
	bool power;
	bool run_mode; /* wanted */
	bool running; /* boxes are started */
	bool first_scan;
	bool edited; /* no scan yet since a download in RUN */
	uint64_t scans; /* completed since start of the simulator */
	uint64_t now; /* milliseconds, of the scan that runs */
	int64_t clock_base; /* seconds of its own local time when now is 0 */
};

/* A PLC without power, in RUN mode. The program must be free of errors. */
void plc_init(struct plc *plc, const struct base *base, const struct program *program,
	      struct backplane *backplane);
void plc_release(struct plc *plc);

/*
 * Another program, in RUN between two scans: memory and bits stay, boxes, timers
 * and edges begin anew. The old one is no longer used.
 */
void plc_download(struct plc *plc, const struct program *program);

void plc_set_power(struct plc *plc, bool on);
void plc_set_run(struct plc *plc, bool run);

/*
 * A scan is plc_update(), then plc_execute(). Between the two whoever is not
 * the program may use a port that is idle.
 */
void plc_update(struct plc *plc, uint64_t now);
void plc_execute(struct plc *plc);

/*
 * Sets the CPU's clock: seconds since 1970 of its local time. It starts with
 * that of the machine, and goes on without power.
 */
void plc_set_clock(struct plc *plc, int64_t seconds, uint64_t now);

/* NULL if there can be no such slot */
struct port *plc_port(struct plc *plc, int slot);
struct ecom100 *plc_module(struct plc *plc, unsigned int number);

#endif /* PLCSIM_PLC_H */
