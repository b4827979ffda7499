/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_LOOP_H
#define TESTS_DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define LOOP_STALL_US 10000

/*
 * Runs the loop until *@until is true or @limit_ms have passed. Fails if one
 * turn of it took longer than LOOP_STALL_US, not counting the turns of other
 * processes on a busy machine; returns the longest one, in microseconds. A build
 * with sanitizers may take three times as long, and under valgrind it does not
 * matter.
 */
uint64_t loop_run(sd_event *event, const bool *until, unsigned int limit_ms);

/* A turn may take so long from now on. */
void loop_allow(uint64_t usec);

/*
 * Whether waiting counts, as it does at first. Without, only the processor's time
 * does: for where many threads of a test's server share locks of libraries with
 * the loop, and may lose the processor while they hold one.
 */
void loop_count_waiting(bool count);

uint64_t now_us(clockid_t clock);

#endif /* TESTS_DAEMON_LOOP_H */
