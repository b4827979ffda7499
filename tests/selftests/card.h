/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The card, played from within the guest: the ivshmem device's BARs are mapped
 * beside the driver, and the device rings itself. With idle-card at the other
 * end nobody else writes to DPRAM, so a test decides on every word of it.
 * Offsets are numbers from Documentation/hardware.rst on purpose.
 */
#ifndef SELFTESTS_CARD_H
#define SELFTESTS_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_SLOTS 2

/* An answer that is to come may take as long, on a machine with other work */
#define PATIENCE_MS 30000

struct card {
	char pci[32]; /* 0000:01:00.0 */
	volatile uint8_t *dpram;
	volatile uint32_t *doorbells;
	bool beating;
};

/* All return 0, or -1 with a message on stderr. */
int card_open(struct card *card); /* unbinds the driver, maps */
void card_close(struct card *card);
void card_power_up(struct card *card, uint32_t generation);
int card_bind(struct card *card);
int card_unbind(struct card *card);
void card_beat(struct card *card, bool beating);

/* Write to an attribute of the PCI device, "reset", "remove" … */
int card_attribute(struct card *card, const char *name, const char *text);
int card_read_attribute(struct card *card, const char *name, char *text, size_t size);
/* Take the device away from the PCI bus and look for it again. */
int card_remove(struct card *card);
int card_rescan(struct card *card);
int write_file(const char *path, const char *text);
/* Open a slot's device, waiting for it to appear; K1's. -1 with errno */
int open_device(const char *path, int flags);
int open_slot(int flags);

uint32_t card_get(struct card *card, uint32_t offset);
void card_set(struct card *card, uint32_t offset, uint32_t value);
/* @size is filled up to whole words with 0. */
void card_set_bytes(struct card *card, uint32_t offset, const void *bytes, size_t size);
uint32_t slot_block(unsigned int slot);

/* Write a WX and raise its vector; wx() also waits for the acknowledge. */
void card_post_wx(struct card *card, unsigned int slot, uint8_t station, uint16_t address,
		  const void *data, uint8_t length);
/* Result word, or -1 when there is no acknowledge within PATIENCE_MS */
int card_wx(struct card *card, unsigned int slot, uint8_t station, uint16_t address,
	    const void *data, uint8_t length);
int card_rx(struct card *card, unsigned int slot, uint8_t station, uint16_t address,
	    uint8_t length, void *data);
int card_wait_acknowledge(struct card *card, unsigned int slot, bool rx);
void card_raise(struct card *card, unsigned int slot);
void card_raise_event(struct card *card);
/* Any vector, 0 to 16, whatever the driver asks for; those of card and slots */
void card_ring(struct card *card, uint32_t vector);
void card_raise_everything(struct card *card);
/* Every byte of DPRAM is the same and the heart stands still, until power-up. */
void card_spoil(struct card *card, uint8_t byte);

/* ECEMAIL frame with tag @tag and Body "x" */
int card_mail(struct card *card, unsigned int slot, uint8_t tag);
/* Word @word of the result block of @tag, by RX; -1 if refused */
int card_result(struct card *card, unsigned int slot, uint8_t tag, unsigned int word);

/* Wait until @offset reads @value; 0, or -1 after @ms milliseconds */
int card_wait(struct card *card, uint32_t offset, uint32_t value, int ms);
void sleep_ms(int ms);

#endif /* SELFTESTS_CARD_H */
