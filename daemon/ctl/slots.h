/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_SLOTS_H
#define ECEMAIL_CTL_SLOTS_H

#include <json-glib/json-glib.h>

/* "/sys"; tests have another. */
extern const char *slots_sysfs;

/* One slot of a card, as sysfs has it. */
struct slot {
	unsigned int card;
	unsigned int number;
	char name[8]; /* "0:K1" */
	char device[32]; /* "/dev/ecom0s1" */
};

/* All slots by card and number (struct slot *); empty without driver or card. */
GPtrArray *slots_list(void);

/*
 * The slot that a command is about: named as K1, 0:K1, ecom0s1 or /dev/ecom0s1,
 * or by the module's name if the daemon runs; NULL: the only one. Returns
 * EXIT_OK or what complain() gave.
 */
int slots_find(const char *name, struct slot *slot);

/* True if the word could be a slot's name as above, but for a module's name. */
gboolean slots_is_name(const char *word);

/* All that sysfs tells of the slot, and of its card. */
JsonObject *slots_describe(const struct slot *slot);

/* The PCI devices that the driver has, by their names; empty if it is not loaded. */
GPtrArray *slots_cards(void);

/* What sysfs tells of a card: place, serial, firmware, generation, trouble. */
JsonObject *slots_describe_card(const char *place);

#endif /* ECEMAIL_CTL_SLOTS_H */
