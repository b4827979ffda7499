/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_RECORDS_H
#define ECEMAIL_CTL_RECORDS_H

#include <json-glib/json-glib.h>

#include "slots.h"

/* The outcomes of requests, as the daemon has written them to the journal. */

struct record_filter {
	const struct slot *slot; /* NULL: of all */
	int status; /* -1: any */
	guint64 since_us; /* since 1970; 0: the whole journal */
	gboolean this_boot;
};

/*
 * Calls @take for each outcome, newest first, until it returns false. Returns 0,
 * -EACCES if this user may not read the journal, or another negative errno.
 */
typedef gboolean (*record_fn)(JsonObject *record, void *userdata);
int records_walk(const struct record_filter *filter, record_fn take, void *userdata);

/* False if the journal ends with the next reboot. */
gboolean records_persistent(void);

#endif /* ECEMAIL_CTL_RECORDS_H */
