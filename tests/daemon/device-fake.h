/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DAEMON_DEVICE_FAKE_H
#define TESTS_DAEMON_DEVICE_FAKE_H

#include <glib.h>
#include <linux/ecom_slave89.h>

#include "daemon/device.h"

/* Stands in for the driver: a queue of requests, and notes of what it was told. */
struct device_fake {
	struct device device;
	GQueue queue; /* struct ecom_request */
	int stale_at; /* PROGRESS to this state finds the request final; -1: none */
	unsigned int stall_ms; /* how long PROGRESS to @gone_at takes */
	int gone_at; /* from PROGRESS to this state on: ENODEV; -1: none */
	int read_error; /* what read() fails with, 0: it does not */
	GArray *progress; /* struct ecom_progress */
	GArray *complete; /* struct ecom_complete */
	GArray *release; /* struct ecom_release */
	struct ecom_settings settings;
	uint32_t generation; /* of its card, as INFO and requests have it */
	uint16_t registers[65536]; /* station 89 */
	uint16_t scratch[64]; /* station 90 */
	unsigned int *closed; /* set to 1, if given, since the struct is freed then */
};

struct device_fake *device_fake_new(void);

/* Queues a frame of any command with these parameters. */
void device_fake_command(struct device_fake *fake, unsigned int command, const void *parameters,
			 size_t length, unsigned int timeout_ms);

/* Queues an ECEMAIL request with its deadline @timeout_ms from now. */
void device_fake_mail(struct device_fake *fake, const char *to, const char *subject,
		      const char *body, unsigned int timeout_ms);
void device_fake_push(struct device_fake *fake, const struct ecom_request *request);

/* "0 1 2 3 …": the states reported so far, to be freed. */
char *device_fake_states(const struct device_fake *fake);

#endif /* TESTS_DAEMON_DEVICE_FAKE_H */
