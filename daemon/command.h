/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_COMMAND_H
#define ECEMAIL_COMMAND_H

#include "request.h"

/* "ECEMSUP" and the like, NULL: not one of the commands here. */
const char *command_name(unsigned int command);

/*
 * Carries out a setup command of the ladder program (Mock Slave 89
 * specification, 1.2 to 1.5) and has request_finish() called when it is done,
 * at once or once the setup is on disk.
 */
void command_run(struct request *request);

/* Name of a field of ECEMSUP, NULL: there is none of that number. */
const char *command_setup_field(unsigned int field);

#endif /* ECEMAIL_COMMAND_H */
