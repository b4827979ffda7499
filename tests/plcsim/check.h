/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the editor checks before a program may be downloaded: the rules of
 * seed 000, sections 1, 2, 3, 5, 7 and 8.
 */
#ifndef PLCSIM_CHECK_H
#define PLCSIM_CHECK_H

#include "tests/plcsim/base.h"
#include "tests/plcsim/program.h"

void check_program(const struct program *program, const struct base *base, struct diagnostics *d);

#endif /* PLCSIM_CHECK_H */
