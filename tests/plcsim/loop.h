/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop: file descriptors and what is to be done when they are ready.
 */
#ifndef PLCSIM_LOOP_H
#define PLCSIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct source {
	int fd;
	void (*ready)(struct source *source, uint32_t events);
	void *owner;
};

struct loop {
	int epoll_fd;
	bool stop;
};

/* All return 0 or a negative errno. */
int loop_init(struct loop *loop);
int loop_add(struct loop *loop, struct source *source, uint32_t events);
int loop_change(struct loop *loop, struct source *source, uint32_t events);
/* Adds a timer that fires each so many milliseconds. */
int loop_add_timer(struct loop *loop, struct source *source, unsigned int milliseconds);
/* Changes the period of such a timer, from now on. */
int source_set_period(struct source *source, unsigned int milliseconds);
/* Removes the source and closes its file descriptor, if it has one. */
void loop_remove(struct loop *loop, struct source *source);
int loop_run(struct loop *loop);
void loop_release(struct loop *loop);

/* Makes an eventfd or timerfd quiet again. */
void source_drain(struct source *source);
/* Milliseconds of a clock that never jumps */
uint64_t clock_now(void);

#endif /* PLCSIM_LOOP_H */
