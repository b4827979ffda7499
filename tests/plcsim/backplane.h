/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seam between PLC and card: all that the CPU knows of a module is that it
 * can be given one RX or WX at a time and has ended it or not.
 */
#ifndef PLCSIM_BACKPLANE_H
#define PLCSIM_BACKPLANE_H

#include <stdbool.h>
#include <stdint.h>

#define TRANSFER_BYTES_MAX 128

/* One WX (write) or RX of the CPU */
struct transfer {
	bool write;
	uint8_t station; /* BCD */
	uint8_t length;
	uint16_t address;
	uint8_t data[TRANSFER_BYTES_MAX];
};

enum transfer_outcome {
	TRANSFER_DONE,
	TRANSFER_BUSY, /* not taken, but no error either; WX only */
	TRANSFER_ERROR, /* the slot's SP error bit goes on */
};

struct transfer_result {
	enum transfer_outcome outcome;
	unsigned int reason; /* the card's, for people */
	uint8_t data[TRANSFER_BYTES_MAX]; /* of an RX that was done */
};

struct backplane {
	/* Only while the slot is not busy. May have ended when it returns. */
	void (*start)(struct backplane *backplane, unsigned int slot,
		      const struct transfer *transfer);
	bool (*busy)(struct backplane *backplane, unsigned int slot);
	/* Of the last transfer, once the slot is no longer busy */
	const struct transfer_result *(*result)(struct backplane *backplane, unsigned int slot);
};

#endif /* PLCSIM_BACKPLANE_H */
