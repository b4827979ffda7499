/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_REQUEST_H
#define ECEMAIL_REQUEST_H

#include "frame.h"
#include "slot.h"

/* One request of a ladder program. */
struct request {
	struct slot *slot;
	struct ecom_request record;
	struct ecemail ecemail; /* points into @record */
	struct setup *setup; /* as it was when the request was read */
	GPtrArray *to;
	struct message *message; /* NULL: it never came to that */
	struct submission submission;
};

/* Takes a request to its end, on its own. */
void request_start(struct slot *slot, const struct ecom_request *record);

/* For an orderly stop: back into the kernel's queue, unless it is in state 8. True if it went. */
bool request_hand_back(struct request *request);

#endif /* ECEMAIL_REQUEST_H */
