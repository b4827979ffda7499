/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be said of a box's power flow before the program runs. SP1 is always
 * on, SP0 in the first scan only; of all else nothing is known.
 */
#ifndef PLCSIM_TRIGGER_H
#define PLCSIM_TRIGGER_H

#include "tests/plcsim/program.h"

/* In this order AND is the smaller one, OR the larger. */
enum flow { FLOW_OFF,
	    FLOW_UNKNOWN,
	    FLOW_ON };

/* The last condition before that place, or NULL */
const struct instruction *trigger_condition(const struct program *program, unsigned int position);
enum flow trigger_flow(const struct program *program, unsigned int position, bool first_scan);

#endif /* PLCSIM_TRIGGER_H */
