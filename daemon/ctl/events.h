/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_EVENTS_H
#define ECEMAIL_CTL_EVENTS_H

#include <json-glib/json-glib.h>
#include <linux/netlink.h>

/* What the driver tells by generic netlink, in words: uapi/linux/ecom_netlink.h. */

/* One message as "card", "slot" or "event"; NULL: none of these. */
JsonObject *events_decode(struct nlmsghdr *message);

/*
 * Where a listener is in the sequence of events. Both dumps tell the number of
 * the last event, so one that was told meanwhile is in them already.
 */
enum events_step {
	EVENTS_NEXT, /* goes on without a gap */
	EVENTS_OLD, /* is in the dump */
	EVENTS_LOST, /* some were lost: dump again */
};
#define EVENTS_ANY G_MAXUINT64 /* as @last: goes on from whatever comes */
enum events_step events_follow(guint64 *last, guint64 sequence);

/* One line of text for it. */
char *events_describe(JsonObject *object);

#endif /* ECEMAIL_CTL_EVENTS_H */
