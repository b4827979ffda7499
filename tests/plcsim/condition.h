/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions of the commands wait and expect: "C0=1 and V1504<2".
 */
#ifndef PLCSIM_CONDITION_H
#define PLCSIM_CONDITION_H

#include <glib.h>

#include "tests/plcsim/memory.h"

#define COMPARISONS_MAX 64

struct comparison {
	struct element element;
	const char *relation;
	unsigned int value;
};

struct condition {
	struct comparison comparisons[COMPARISONS_MAX];
	unsigned int count;
};

/* Both step over what they take. They return NULL, or what is wrong. */
const char *condition_parse(struct condition *condition, const char **text);
const char *comparison_parse(struct comparison *comparison, const char **text);

bool condition_holds(const struct condition *condition, const struct memory *memory);
/* "C0=0 V1504=1": what its elements are now */
void condition_show(const struct condition *condition, const struct memory *memory, GString *out);

#endif /* PLCSIM_CONDITION_H */
