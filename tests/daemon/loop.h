/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_LOOP_H
#define TESTS_DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Runs the loop until *@until is true or @limit_ms have passed. Returns the
 * longest time in microseconds that one dispatch took, not counting other
 * processes' turns on a busy machine.
 */
uint64_t loop_run(sd_event *event, const bool *until, unsigned int limit_ms);

uint64_t now_us(clockid_t clock);

#endif /* TESTS_DAEMON_LOOP_H */
