/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every place of a program that names V-memory or bits: the editor's Cross
 * Reference View, and what the checks are made from.
 */
#ifndef PLCSIM_REFERENCE_H
#define PLCSIM_REFERENCE_H

#include "tests/plcsim/program.h"

struct reference {
	unsigned int line;
	const struct box *box; /* NULL: an instruction */
	const char *name; /* of the parameter or the instruction */
	const struct element *element;
	unsigned int first; /* words */
	unsigned int last;
	unsigned int sure; /* as last, for the fewest words that it can be */
	int bit; /* -1: whole words */
	bool unique; /* nobody else may touch it */
	bool writes;
	bool own_bit; /* the timer or counter of TMR or CNT */
};

/* For g_array_unref(); in the order of the program, valid as long as that */
GArray *references_of(const struct program *program);
/* A line each, by address: the Cross Reference View */
void references_print(const struct program *program, GString *out);
bool references_overlap(const struct reference *a, const struct reference *b);

#endif /* PLCSIM_REFERENCE_H */
