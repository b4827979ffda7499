/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The card's side of Documentation/hardware.rst. Knows nothing of ladder
 * programs, nor of how its doorbells travel.
 */
#ifndef PLCSIM_CARD_H
#define PLCSIM_CARD_H

#include "driver/card.h"
#include "tests/plcsim/backplane.h"

#define CARD_MEMORY_SIZE	    0x10000
#define CARD_DOORBELL(peer, vector) ((uint32_t)(peer) << 16 | (vector))

struct card_module {
	unsigned int number; /* K number of the slot */
	uint8_t dip;
	uint32_t firmware;
	char type[SLOT_MODULE_SIZE];
};

struct card_slot {
	struct card_module module;
	uint32_t offset; /* of its block */
	uint32_t request[2]; /* sequences of RX and WX, by transfer.write */
	bool busy; /* the CPU waits for the end of … */
	struct transfer transfer;
	struct transfer_result result;
};

enum card_host {
	CARD_HOST_NOT_READY, /* never there, or gone in order, or starting */
	CARD_HOST_READY,
	CARD_HOST_DEAD, /* ready_for matches, but the heartbeat stands still */
};

struct card {
	struct backplane backplane;
	int memory_fd;
	uint8_t *dpram;
	uint32_t peer; /* the card's own number at the doorbell */
	bool power;
	bool mute; /* misbehaves: rings no doorbell */
	bool lifeless; /* misbehaves: has no heartbeat */
	uint32_t generation;
	uint32_t heartbeat;
	uint32_t host_heartbeat;
	unsigned int host_silent; /* ticks without a heartbeat of the host */
	unsigned int slot_count;
	struct card_slot slots[CARD_SLOTS_MAX];
	/* raises the host's MSI-X vector */
	void (*raise)(void *owner, uint32_t vector);
	void *raise_owner;
};

/* A card without power yet. Returns 0 or a negative errno. */
int card_init(struct card *card, uint32_t peer, const struct card_module *modules,
	      unsigned int count);
void card_release(struct card *card);

/* Backplane power */
void card_power(struct card *card, bool on);
/* Power-up of the card alone */
void card_power_up(struct card *card);
/* Each second */
void card_tick(struct card *card);
/* A doorbell has rung: there may be something to see */
void card_look(struct card *card);

/* For a card that misbehaves: any word of DPRAM, any vector of the host */
uint32_t card_peek(const struct card *card, uint32_t offset);
void card_poke(struct card *card, uint32_t offset, uint32_t value);
void card_ring_host(struct card *card, uint32_t vector);

enum card_host card_host(const struct card *card);
const struct card_slot *card_find_slot(const struct card *card, unsigned int number);

#endif /* PLCSIM_CARD_H */
