/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Success, Error and Error Code of a box say together: the table of
 * seed 000, section 9, and its appendix of status codes.
 */
#ifndef PLCSIM_OUTCOME_H
#define PLCSIM_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

struct outcome {
	bool mail; /* of an ECEMAIL */
	bool success;
	bool error;
	unsigned int code;
	bool busy; /* of the box itself, not of its parameters */
};

void outcome_text(const struct outcome *outcome, char *text, size_t size);
/* IB-710's Status */
const char *health_text(unsigned int status);

#endif /* PLCSIM_OUTCOME_H */
