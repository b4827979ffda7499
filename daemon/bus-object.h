/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_BUS_OBJECT_H
#define ECEMAIL_BUS_OBJECT_H

#include <systemd/sd-bus.h>

#include "bus.h"

/* What the files bus*.c share. */

#define BUS_NAME	  "org.ecemail1"
#define BUS_PATH	  "/org/ecemail1"
#define MANAGER_INTERFACE "org.ecemail1.Manager"
#define CARD_INTERFACE	  "org.ecemail1.Card"
#define SLOT_INTERFACE	  "org.ecemail1.Slot"

#define ERROR_UNKNOWN_FIELD "org.ecemail1.Error.UnknownField"
#define ERROR_INVALID_VALUE "org.ecemail1.Error.InvalidValue"
#define ERROR_NOT_SAVED	    "org.ecemail1.Error.NotSaved"
#define ERROR_BUSY	    "org.ecemail1.Error.Busy"
#define ERROR_NO_SLOT	    "org.ecemail1.Error.NoSlot"
#define ERROR_GONE	    "org.ecemail1.Error.Gone"

#define CALLS_MAX    64
#define WATCHERS_MAX 8

struct bus {
	struct backplane *backplane;
	sd_bus *connection; /* NULL: there is no bus now */
	sd_event_source *retry;
	sd_event_source *publish; /* of changed properties, some at a time */
	sd_bus_slot *manager;
	sd_bus_slot *objects;
	sd_bus_slot *disconnected;
	sd_bus_slot *owner_lost; /* NameOwnerChanged: who watched has left */
	GQueue cards; /* struct bus_card */
	GQueue calls; /* struct bus_call */
	uint64_t started_us;
	gid_t group; /* ecemail's */
	bool has_group;
};

struct bus_card {
	unsigned int number;
	char *path;
	char *place;
	struct bus *bus;
	sd_bus_slot *object;
	GQueue slots; /* struct slot */
};

struct bus_slot {
	struct slot *slot;
	struct bus_card *card;
	char *path;
	sd_bus_slot *object;
	bool touched;
	GQueue watchers; /* unique names */
};

/*
 * A call by somebody who may make it. Its function returns an error (a negative
 * errno, or @error set), 1 if it has replied, or 0: it, or what it has started,
 * will call bus_call_end() after the reply. The slot may be gone by then.
 */
struct bus_call {
	struct bus *bus; /* NULL: the daemon ends */
	sd_bus_message *message;
	sd_bus_slot *query;
	char *author; /* "ann (uid 1000)" */
};

typedef int (*bus_call_fn)(struct bus_call *call, struct slot *slot, sd_bus_error *error);

/* Handler of all methods that are not for everybody. */
int bus_guard(sd_bus_message *message, void *userdata, sd_bus_error *error);
void bus_call_end(struct bus_call *call);

/*
 * A text from outside as the bus takes it, to be freed: UTF-8, and U+FFFD for the
 * characters that Unicode says are none, and for U+001F, which the json-glib of
 * Debian 12 does not escape. NULL is an empty one.
 */
char *bus_text(const char *bytes);

/* The struct slot of an object's path, NULL if it is none. */
struct slot *bus_find_slot(const struct bus *bus, const char *path);

/* The methods: of a slot, and, without one, of the manager. */
int call_get_setup(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_set_setup(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_restore_setup(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_send_test_mail(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_list_requests(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_get_history(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_describe_requests(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_set_trace(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_watch_trace(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_get_registers(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_set_registers(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_get_frames(struct bus_call *call, struct slot *slot, sd_bus_error *error);
int call_export_setup(struct bus_call *call, struct slot *none, sd_bus_error *error);
int call_import_setup(struct bus_call *call, struct slot *none, sd_bus_error *error);

/* Manager.Describe, for everybody */
int bus_describe(sd_bus_message *call, void *userdata, sd_bus_error *error);

/* What ListRequests and GetHistory answer with: aa{sv} */
int append_requests(sd_bus_message *message, const struct slot *slot);
int append_history(sd_bus_message *message, const struct slot *slot, uint32_t count);

extern const sd_bus_vtable slot_vtable[]; /* of struct slot */
extern const sd_bus_vtable card_vtable[]; /* of struct bus_card */
extern const sd_bus_vtable manager_vtable[]; /* of struct bus */

/* Names of the properties whose changes are told. */
extern const char *const slot_changing[];
extern const char *const manager_changing[];

#endif /* ECEMAIL_BUS_OBJECT_H */
