/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_REQUEST_H
#define ECEMAIL_REQUEST_H

#include "frame.h"
#include "slot.h"

/* Told when a test mail has ended; @ended is only valid within the call. */
struct request_test {
	char *author; /* for the journal */
	void (*done)(void *userdata, const struct ended *ended);
	void *userdata;
};

/* One request of a ladder program, or a test mail. */
struct request {
	struct slot *slot;
	struct ecom_request record;
	struct ecemail ecemail; /* points into @record */
	struct setup *setup; /* as it was when the request was read */
	GPtrArray *to;
	GString *body; /* what @ecemail.body points to if it was expanded */
	bool saving; /* a setup command that waits for the disk */
	struct request_test *test; /* NULL: the ladder program's */
	char *test_texts[3]; /* To, Subject, Body of a test mail */
	struct message *message; /* NULL: it never came to that */
	struct submission submission;
};

/* Takes a request to its end, on its own. */
void request_start(struct slot *slot, const struct ecom_request *record);

/*
 * Sends a test mail the same way, but not through card and driver; takes
 * @test's author over. One at a time for a slot.
 */
void request_start_test(struct slot *slot, const char *const texts[3],
			const struct request_test *test);

/* Ends a request that was not submitted. */
void request_finish(struct request *request, const struct outcome *outcome);

/* For an orderly stop: back into the kernel's queue, unless it is in state 8. */
void request_hand_back(struct request *request);

#endif /* ECEMAIL_REQUEST_H */
