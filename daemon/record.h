/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_RECORD_H
#define ECEMAIL_RECORD_H

#include "journal.h"
#include "outcome.h"
#include "request.h"

/*
 * Puts a request's outcome on record: journal, counts, status text. @completed
 * is what the kernel said to it: 0, -ESTALE (it was final already: a late
 * outcome) or -ENODEV (the card is gone). Returns what the history keeps of it.
 */
struct ended *record_outcome(const struct request *request, const struct outcome *outcome,
			     int completed);

/* Likewise for a setup command; the journal only. */
void record_command(const struct request *request, const struct outcome *outcome, const char *name,
		    int completed);

/* Recipient, Subject and Body, for the trace. */
void record_mail(const struct request *request);

#endif /* ECEMAIL_RECORD_H */
