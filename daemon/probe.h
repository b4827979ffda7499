/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_PROBE_H
#define ECEMAIL_PROBE_H

#include "slot.h"

/*
 * A look at a slot's mail server every so many minutes, if Probe= says so: it
 * connects, greets, encrypts and logs in as a mail does, and sends none.
 */

/* Begins anew with the slot's present setup. */
void probe_start(struct slot *slot);
void probe_stop(struct slot *slot);

/* Status and detail of the last look, both 0: in order, or none yet. */
unsigned int probe_status(const struct slot *slot);
unsigned int probe_detail(const struct slot *slot);

#endif /* ECEMAIL_PROBE_H */
