/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_SLOT_H
#define ECEMAIL_SLOT_H

#include "backplane.h"
#include "device.h"
#include "history.h"
#include "store.h"

/* One slot of a card: to the PLC, one ECOM100. */
struct slot {
	struct backplane *backplane;
	struct device *device; /* NULL once the card is gone */
	char *path; /* of the device node */
	unsigned int card;
	unsigned int number;
	char *name; /* "0:K1" */
	struct store *store; /* NULL once the card is gone */
	struct setup *setup; /* as configuration and store have it */
	uint32_t generation; /* of the card, 0: it does not answer */
	unsigned int health; /* as told to the driver */
	struct history history;
	uint64_t trace_until; /* CLOCK_REALTIME, 0: not switched on */
	sd_event_source *trace_timer;
	struct bus_slot *bus; /* its object, or NULL */
	struct probe *probe; /* of its server, or NULL */
	bool testing; /* a test mail is under way */
	struct rate rate; /* of the requests that were fit to be mailed */
	sd_event_source *io;
	GQueue requests; /* read and not ended */
};

/* Takes over the device. Returns 0 or a negative errno; the device is closed then. */
int slot_new(struct backplane *backplane, struct device *device, const char *path);

/* Closes the device; what is on its way goes on without it. */
void slot_close(struct slot *slot);

/* Likewise, since the card is gone. */
void slot_gone(struct slot *slot);

/* Takes the slot's setup from configuration and store and tells the driver. */
void slot_configure(struct slot *slot);

/* Tells the driver time-out and health. */
void slot_tell(struct slot *slot);

/* Has the card been powered up, or been lost? Asked each second. */
void slot_check_card(struct slot *slot);

/* Reads requests or not, as the engine has room for them. */
void slot_update_reading(struct slot *slot);

/* A request of the slot has been freed. */
void slot_forget(struct slot *slot, void *request);

#endif /* ECEMAIL_SLOT_H */
