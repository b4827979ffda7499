/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a box that the PC is certain to refuse, whatever its setup is */
#ifndef PLCSIM_REFUSAL_H
#define PLCSIM_REFUSAL_H

#include "tests/plcsim/box.h"

void check_refusal(const struct box *box, struct diagnostics *d);

#endif /* PLCSIM_REFUSAL_H */
