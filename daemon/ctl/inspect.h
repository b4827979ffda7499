/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_INSPECT_H
#define ECEMAIL_CTL_INSPECT_H

#include <linux/ecom.h>

#include "slots.h"

/*
 * Reads registers and frames: from the device, which root may open, else by the
 * daemon, which asks for group ecemail. @station is 89 or 90. The frames' when_ns
 * is in microseconds since 1970. Both return EXIT_OK or what complain() gave.
 */
int inspect_registers(const struct slot *slot, unsigned int station, unsigned int address,
		      unsigned int count, guint16 *words);
int inspect_frames(const struct slot *slot, struct ecom_frames *frames);

#endif /* ECEMAIL_CTL_INSPECT_H */
