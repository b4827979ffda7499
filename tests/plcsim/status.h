/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLCSIM_STATUS_H
#define PLCSIM_STATUS_H

#include "tests/plcsim/simulator.h"

/* The tables of the command status */
void status_print(const struct simulator *simulator, GString *out);

#endif /* PLCSIM_STATUS_H */
