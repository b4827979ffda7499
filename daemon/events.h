/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_EVENTS_H
#define ECEMAIL_EVENTS_H

#include <systemd/sd-event.h>

/* The driver's events, of which the daemon needs those that are about cards. */
struct events;

/*
 * Calls @changed when a card begins or ceases to be served, or may have: events
 * may have been lost. Returns 0, or a negative errno; -ENOENT: no driver there.
 */
int events_new(struct events **events, sd_event *event, void (*changed)(void *userdata),
	       void *userdata);
void events_free(struct events *events);

#endif /* ECEMAIL_EVENTS_H */
