/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_RETRY_H
#define ECEMAIL_RETRY_H

#include "session.h"

/*
 * A submission has ended so: true if that is not its end, because another
 * server is tried or the same again later.
 */
bool retry_submission(struct submission *submission, const struct outcome *outcome);

/*
 * How many microseconds the submission may take to get to MAIL at its server,
 * so that something is left for the others; 0: as long as there is time.
 */
uint64_t retry_limit(const struct submission *submission);

/* How long to wait after so many retries, with so many microseconds left; 0: no more. */
uint64_t retry_pause(unsigned int retries, uint64_t left);

/* It is no use to begin anything before the deadline. */
bool retry_is_late(const struct submission *submission);

#endif /* ECEMAIL_RETRY_H */
