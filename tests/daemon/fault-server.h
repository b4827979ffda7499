/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_FAULT_SERVER_H
#define TESTS_DAEMON_FAULT_SERVER_H

#include <stdbool.h>

/*
 * An SMTP server on 127.0.0.1 with a fault every so many mails: each kind of
 * fault at each command in turn, for ever. Mails go to r<number>@…, and all
 * replies from RCPT on name that number.
 */
struct fault_server;

/* What it knows of one mail. */
struct fault_mail {
	unsigned int ended; /* times that the end of data came */
	unsigned int accepted; /* times that it answered that with 2yz, or meant to */
};

/* For mails 1 to @mails, with a fault for every @period-th. */
struct fault_server *fault_server_start(unsigned int mails, unsigned int period);
unsigned int fault_server_port(const struct fault_server *server);

/* Ends all conversations. */
void fault_server_settle(struct fault_server *server);
void fault_server_stop(struct fault_server *server);

/* After fault_server_settle(). */
const struct fault_mail *fault_server_mail(const struct fault_server *server, unsigned int number);
unsigned int fault_server_faults(const struct fault_server *server);

/* How many different faults there are, and how many were had. */
unsigned int fault_server_kinds(const struct fault_server *server, unsigned int *had);

#endif /* TESTS_DAEMON_FAULT_SERVER_H */
