/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_BUS_DAEMON_H
#define TESTS_DAEMON_BUS_DAEMON_H

#include <sys/types.h>

/*
 * Starts a bus of its own for a test and makes it the system bus of this
 * process; ends it.
 */
pid_t bus_daemon_start(const char *socket);
void bus_daemon_stop(pid_t pid);

#endif /* TESTS_DAEMON_BUS_DAEMON_H */
