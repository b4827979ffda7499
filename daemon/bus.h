/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_BUS_H
#define ECEMAIL_BUS_H

#include "slot.h"

/*
 * The daemon on the system bus (Documentation/dbus.rst). Nothing here fails for
 * want of a bus, and none of it waits for one.
 */
struct bus;

int bus_new(struct bus **bus, struct backplane *backplane);
void bus_free(struct bus *bus);

void bus_add_slot(struct slot *slot);
void bus_remove_slot(struct slot *slot);

/* Something that its properties show has changed. */
void bus_touch(struct slot *slot);

/* A line for those who watch the slot's trace. */
void bus_trace(struct slot *slot, const char *line);

#endif /* ECEMAIL_BUS_H */
