/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_BUS_H
#define ECEMAIL_CTL_BUS_H

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "slots.h"

/* The daemon's D-Bus interface, from the other side: Documentation/dbus.rst. */

#define BUS_NAME "org.ecemail1"

/* The system bus; NULL: @problem says why there is none (to be freed; may be NULL). */
GDBusConnection *bus_system(char **problem);

/*
 * Calls a method of the manager (@slot NULL) or of a slot. Returns the reply,
 * or NULL after having complained; *status then says how to exit.
 */
GVariant *bus_call(const struct slot *slot, const char *method, GVariant *arguments, int *status);

/* All properties of the slot or of the manager; NULL: the daemon cannot be asked. */
JsonObject *bus_properties(const struct slot *slot);

/* The slot of a module's name, if the daemon knows it. */
gboolean bus_find_slot(const char *name, int *card, unsigned int *number);

/* "/org/ecemail1/card/0/slot/1" */
char *bus_path(const struct slot *slot);

#endif /* ECEMAIL_CTL_BUS_H */
