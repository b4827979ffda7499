/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What "status" prints, kept up to date on a terminal while plcsim runs.
 */
#ifndef PLCSIM_VIEW_H
#define PLCSIM_VIEW_H

#include "tests/plcsim/simulator.h"

struct view {
	struct simulator *simulator;
	struct source timer;
};

/* Does nothing when standard output is no terminal. Returns 0 or -errno. */
int view_start(struct view *view, struct simulator *simulator);
void view_stop(struct view *view);

#endif /* PLCSIM_VIEW_H */
