/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "plcsim run" as a process, and its host without QEMU: connects to the ivshmem
 * socket as QEMU would, maps DPRAM and plays the driver with literal offsets
 * from Documentation/hardware.rst.
 */
#ifndef PLCSIM_FAKE_HOST_H
#define PLCSIM_FAKE_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define VECTORS 17

struct bench {
	char folder[32];
	char *listen, *control, *program, *output;
	const char *record; /* where the simulator records to */
	pid_t simulator;
	/* the host */
	int socket;
	uint8_t *dpram;
	int card_vectors[VECTORS], host_vectors[VECTORS];
	bool deaf; /* answers nothing */
	unsigned int busy_answers; /* how many WX find the queue full */
	unsigned int polls; /* RX of results that still read busy */
	uint16_t final_status;
	uint8_t frame[128];
	unsigned int frame_length, frames;
	time_t last_heartbeat;
};

/* A word of DPRAM, as the host reads it */
uint32_t get32(struct bench *b, uint32_t offset);
/* A Unix socket; -1 if nobody listens */
int connect_to(const char *path);
/* What an ivshmem server says first, with DPRAM and doorbells */
void receive_introduction(struct bench *b);
/* Attaches as QEMU would, and detaches */
void plug(struct bench *b);
void unplug(struct bench *b);
/* The driver's start: from then on it serves */
void host_start(struct bench *b);
/* Answers what is pending, and beats */
void serve(struct bench *b);

/* A subcommand in a process of its own */
pid_t spawn(struct bench *b, int (*run)(int argc, char **argv), const char **argv);
/* Serves until the process has ended; its exit status */
int wait_for(struct bench *b, pid_t pid);
/* What the processes have printed so far; for g_free() */
char *output(struct bench *b);
/* "plcsim ctl" with a command; its exit status */
int ctl(struct bench *b, const char *command);
/* Whether the simulator has */
bool has_ended(struct bench *b);
/* "plcsim run" in the background */
void start_simulator(struct bench *b, const char *script);
/* For cmocka */
int setup(void **state);
int teardown(void **state);
/* What "get" prints */
void expect_element(struct bench *b, const char *element, const char *value);
/* By a signal; it must end with that status */
void stop_simulator(struct bench *b, int signal, int exit_status);

#endif /* PLCSIM_FAKE_HOST_H */
