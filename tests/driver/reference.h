/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the documents say of a slot's queue and registers, as plainly as can
 * be: a list of all requests since the driver was loaded, searched from one
 * end to the other each time. Written from uapi/linux/ecom.h and
 * Documentation/ alone, with their numbers as they stand there: it shares no
 * code with the driver, which must agree with it (operations.c).
 */
#ifndef TESTS_DRIVER_REFERENCE_H
#define TESTS_DRIVER_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/ecom.h>

#define REFERENCE_REQUESTS	1024	/* in one life of the driver */
#define REFERENCE_NO_REGISTER	0x10000

enum reference_state {
	REFERENCE_WAITS,
	REFERENCE_OUT,		/* with the daemon */
	REFERENCE_ENDED,
};

struct reference_request {
	enum reference_state state;
	bool alone;		/* a daemon fell with it: goes out alone until handed back */
	bool taken;		/* by a daemon, once at least */
	bool doubt;		/* left by a daemon that could not say "not sent" */
	bool detail_open;	/* 0 or 1: the documents do not decide */
	uint32_t timeout;
	struct ecom_request record;
	struct ecom_progress report;
	struct ecom_result result;
};

struct reference {
	uint32_t slot;
	uint32_t dip;
	uint32_t host_generation;
	uint32_t card_generation;
	uint32_t timeout;
	uint32_t health;
	bool attached;
	uint32_t accepted, busy, refused, expired;
	size_t count;
	struct reference_request requests[REFERENCE_REQUESTS];
	/* What has ended since power-up, oldest first; the last @fresh in one call. */
	size_t ended_count;
	size_t fresh;
	struct reference_request *ended[REFERENCE_REQUESTS];
	uint16_t info[0300];	/* V100 to V377 */
	uint8_t scratch[128];
};

void reference_init(struct reference *m, uint32_t host_generation);
void reference_power_up(struct reference *m, uint32_t card_generation);
uint32_t reference_accept(struct reference *m, const uint8_t *frame, uint32_t length,
			  uint64_t now);
void reference_attach(struct reference *m);
void reference_detach(struct reference *m);
struct reference_request *reference_next(struct reference *m);
bool reference_deliver(struct reference *m, struct ecom_request *record);
void reference_undeliver(struct reference *m, uint64_t id);
int reference_progress(struct reference *m, const struct ecom_progress *report);
int reference_complete(struct reference *m, const struct ecom_complete *complete);
int reference_release(struct reference *m, uint64_t id);
uint64_t reference_expire(struct reference *m, uint64_t now);
/* SET_REGISTERS: 0 or -EINVAL. */
int reference_write(struct reference *m, uint32_t station, uint32_t address, uint32_t count,
		    const uint16_t *words);
uint32_t reference_used(const struct reference *m);

/* The request whose result the block of @tag shows, or NULL. */
const struct reference_request *reference_shown(const struct reference *m, uint8_t tag);
void reference_block(const struct reference *m, uint8_t tag, uint16_t words[64]);
/* One entry of the ring, or zeroes for NULL. */
void reference_outcome(const struct reference_request *r, uint16_t words[16]);
/* A word by RX, or REFERENCE_NO_REGISTER. */
uint32_t reference_word(const struct reference *m, uint32_t station, uint32_t address);
/* Reason to refuse a transfer, 0 to 5, as the hardware specification numbers them. */
uint32_t reference_reason(const struct reference *m, bool wx, uint32_t header, uint32_t address,
			  const uint8_t *data);

#endif /* TESTS_DRIVER_REFERENCE_H */
