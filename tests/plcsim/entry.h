/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of commands whose parameters are entries: field, length, value */
#ifndef PLCSIM_ENTRY_H
#define PLCSIM_ENTRY_H

#include <string.h>

#include "tests/plcsim/box.h"
#include "uapi/linux/ecom_slave89.h"

void entry_append(GString *frame, uint8_t field, const char *value);

#endif /* PLCSIM_ENTRY_H */
