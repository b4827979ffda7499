/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_SUBMIT_H
#define ECEMAIL_SUBMIT_H

/* ecemailctl submit: mails from the shell. Returns the exit status. */
int submit(int argc, char **argv);

#endif /* ECEMAIL_SUBMIT_H */
