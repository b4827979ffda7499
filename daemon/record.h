/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_RECORD_H
#define ECEMAIL_RECORD_H

#include "journal.h"
#include "outcome.h"
#include "request.h"

/*
 * Puts a request's outcome on record: journal, counts, status text. @completed
 * is what the kernel said to it: 0, -ESTALE (it was final already: a late
 * outcome) or -ENODEV (the card is gone).
 */
void record_outcome(const struct request *request, const struct outcome *outcome, int completed);

/* One line of the trace, in the words of seed 000, section 10. */
void record_trace(const struct request *request, const char *line);

/* Recipient, Subject and Body, for the trace. */
void record_mail(const struct request *request);

#endif /* ECEMAIL_RECORD_H */
