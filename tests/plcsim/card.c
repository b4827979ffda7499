// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The card model. Section numbers are those of Documentation/hardware.rst.
 *
 * A slot is idle, or busy: the CPU waits for the end of one RX or WX. It gets
 * busy in card_start() when the request is in its mailbox, and idle again by
 * finish(), called when the acknowledge is seen (card_look()), when the host
 * is no longer ready, or when the card powers up. A mailbox is something else
 * than that: a request that the CPU has given up stays pending there until the
 * host acknowledges it, and keeps the mailbox closed for that time.
 *
 * The host's words are looked at when a doorbell rings and once a second, and
 * before a request is made. The card's own words are never read back: what it
 * knows is in struct card, so a host that scribbles cannot confuse it.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "tests/plcsim/card.h"

#define HOST_BLOCK	       0x100
#define FIRST_SLOT	       0x400
#define CARD_DOORBELL_REGISTER 0x0c
#define CARD_FIRMWARE_VALUE    (1u << 24)

static const char serial_number[CARD_SERIAL_SIZE] = "PLCSIM-0001";

struct mailbox {
	uint32_t request;
	uint32_t header;
	uint32_t address;
	uint32_t ack;
	uint32_t result;
};

/* By transfer.write */
static const struct mailbox mailboxes[2] = {
	{ SLOT_RX_REQUEST, SLOT_RX_HEADER, SLOT_RX_ADDRESS, SLOT_RX_ACK, SLOT_RX_RESULT },
	{ SLOT_WX_REQUEST, SLOT_WX_HEADER, SLOT_WX_ADDRESS, SLOT_WX_ACK, SLOT_WX_RESULT },
};

/* Acquire and release make section 3's order of the words hold. */
static uint32_t word_read(const struct card *card, uint32_t offset)
{
	return le32toh(__atomic_load_n((uint32_t *)(card->dpram + offset), __ATOMIC_ACQUIRE));
}

static void word_write(struct card *card, uint32_t offset, uint32_t value)
{
	__atomic_store_n((uint32_t *)(card->dpram + offset), htole32(value), __ATOMIC_RELEASE);
}

static void bytes_read(const struct card *card, uint32_t offset, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = word_read(card, offset + (i & ~(size_t)3)) >> 8 * (i & 3);
}

/* Fills up the last word with 0. */
static void bytes_write(struct card *card, uint32_t offset, const void *bytes, size_t count)
{
	for (size_t i = 0; i < count; i += 4) {
		uint32_t word = 0;

		memcpy(&word, (const uint8_t *)bytes + i, count - i < 4 ? count - i : 4);
		word_write(card, offset + i, le32toh(word));
	}
}

static void raise_vector(struct card *card, uint32_t vector)
{
	if (vector != HOST_VECTOR_NONE && card->raise && !card->mute)
		card->raise(card->raise_owner, vector);
}

static void raise_card_event(struct card *card)
{
	raise_vector(card, word_read(card, HOST_BLOCK + HOST_VECTOR));
}

uint32_t card_peek(const struct card *card, uint32_t offset)
{
	return word_read(card, offset);
}

void card_poke(struct card *card, uint32_t offset, uint32_t value)
{
	word_write(card, offset, value);
}

void card_ring_host(struct card *card, uint32_t vector)
{
	raise_vector(card, vector);
}

static bool host_alive(const struct card *card)
{
	return card->host_silent < HEARTBEAT_TICKS;
}

enum card_host card_host(const struct card *card)
{
	if (word_read(card, HOST_BLOCK + HOST_READY_FOR) != card->generation)
		return CARD_HOST_NOT_READY;
	return host_alive(card) ? CARD_HOST_READY : CARD_HOST_DEAD;
}

static void finish(struct card_slot *slot, enum transfer_outcome outcome, unsigned int reason)
{
	slot->busy = false;
	slot->result.outcome = outcome;
	slot->result.reason = reason;
}

static bool pending(const struct card *card, const struct card_slot *slot, bool write)
{
	return word_read(card, slot->offset + mailboxes[write].ack) != slot->request[write];
}

/* A length may be one that there are no data for. */
static size_t data_size(const struct transfer *t)
{
	return t->length < TRANSFER_BYTES_MAX ? t->length : TRANSFER_BYTES_MAX;
}

/* Section 6, the card's last step: request = acknowledge */
static void take_result(struct card *card, struct card_slot *slot)
{
	bool write = slot->transfer.write;
	uint32_t result = word_read(card, slot->offset + mailboxes[write].result);
	uint8_t code = result & 0xff;
	uint8_t reason = result >> 8;

	if (code == MAILBOX_ACCEPTED) {
		if (!write)
			bytes_read(card, slot->offset + SLOT_RX_DATA, slot->result.data,
				   data_size(&slot->transfer));
		finish(slot, TRANSFER_DONE, reason);
	} else if (code == MAILBOX_BUSY && write) {
		finish(slot, TRANSFER_BUSY, reason);
	} else {
		finish(slot, TRANSFER_ERROR, reason);
	}
}

static void look_at_heartbeat(struct card *card)
{
	uint32_t heartbeat = word_read(card, HOST_BLOCK + HOST_HEARTBEAT);

	if (heartbeat != card->host_heartbeat)
		card->host_silent = 0;
	card->host_heartbeat = heartbeat;
}

void card_look(struct card *card)
{
	bool ready;

	look_at_heartbeat(card);
	ready = card_host(card) == CARD_HOST_READY;
	for (unsigned int i = 0; i < card->slot_count; i++) {
		struct card_slot *slot = &card->slots[i];

		if (!slot->busy)
			continue;
		if (!ready)
			finish(slot, TRANSFER_ERROR, REASON_NONE);
		else if (!pending(card, slot, slot->transfer.write))
			take_result(card, slot);
	}
}

void card_tick(struct card *card)
{
	if (!card->lifeless)
		word_write(card, CARD_HEARTBEAT, ++card->heartbeat);
	if (card->host_silent < HEARTBEAT_TICKS)
		card->host_silent++;
	card_look(card);
}

static struct card_slot *find_slot(struct card *card, unsigned int number)
{
	for (unsigned int i = 0; i < card->slot_count; i++)
		if (card->slots[i].module.number == number)
			return &card->slots[i];
	return NULL;
}

const struct card_slot *card_find_slot(const struct card *card, unsigned int number)
{
	return find_slot((struct card *)card, number);
}

/* Section 6, the card's first steps */
static void put_request(struct card *card, struct card_slot *slot)
{
	const struct transfer *t = &slot->transfer;
	const struct mailbox *mailbox = &mailboxes[t->write];

	if (t->write)
		bytes_write(card, slot->offset + SLOT_WX_DATA, t->data, data_size(t));
	word_write(card, slot->offset + mailbox->header, MAILBOX_HEADER(t->station, t->length));
	word_write(card, slot->offset + mailbox->address, t->address);
	word_write(card, slot->offset + mailbox->request, ++slot->request[t->write]);
	raise_vector(card, word_read(card, slot->offset + SLOT_VECTOR));
}

static void card_start(struct backplane *backplane, unsigned int number,
		       const struct transfer *transfer)
{
	struct card *card = (struct card *)backplane;
	struct card_slot *slot = find_slot(card, number);

	if (!slot)
		return;
	slot->transfer = *transfer;
	look_at_heartbeat(card);
	if (!card->power || card_host(card) != CARD_HOST_READY ||
	    pending(card, slot, transfer->write)) {
		finish(slot, TRANSFER_ERROR, REASON_NONE);
		return;
	}
	slot->busy = true;
	put_request(card, slot);
}

static bool card_busy(struct backplane *backplane, unsigned int number)
{
	const struct card_slot *slot = find_slot((struct card *)backplane, number);

	return slot && slot->busy;
}

static const struct transfer_result *card_result(struct backplane *backplane, unsigned int number)
{
	static const struct transfer_result no_module = { .outcome = TRANSFER_ERROR };
	const struct card_slot *slot = find_slot((struct card *)backplane, number);

	return slot ? &slot->result : &no_module;
}

static uint32_t new_generation(uint32_t old)
{
	uint32_t generation = 0;

	while (generation == 0 || generation == old)
		if (getrandom(&generation, sizeof(generation), 0) < 0)
			generation = old + 1;
	return generation;
}

static void fill_card_block(struct card *card)
{
	word_write(card, CARD_LAYOUT, CARD_LAYOUT_VALUE);
	word_write(card, CARD_DPRAM_SIZE, CARD_MEMORY_SIZE);
	word_write(card, CARD_SLOT_COUNT, card->slot_count);
	word_write(card, CARD_SLOT_OFFSET, FIRST_SLOT);
	word_write(card, CARD_SLOT_SIZE, SLOT_BLOCK_SIZE);
	word_write(card, CARD_HOST_OFFSET, HOST_BLOCK);
	word_write(card, CARD_FEATURES, 0);
	word_write(card, CARD_GENERATION, card->generation);
	word_write(card, CARD_HEARTBEAT, card->heartbeat);
	word_write(card, CARD_POWER, card->power ? CARD_POWER_GOOD : 0);
	word_write(card, CARD_DOORBELL_OFFSET, CARD_DOORBELL_REGISTER);
	word_write(card, CARD_DOORBELL_VALUE, CARD_DOORBELL(card->peer, 0));
	word_write(card, CARD_FIRMWARE, CARD_FIRMWARE_VALUE);
	bytes_write(card, CARD_SERIAL, serial_number, sizeof(serial_number));
}

static void fill_slot_block(struct card *card, unsigned int index)
{
	struct card_slot *slot = &card->slots[index];
	uint8_t ethernet[8] = { 0x02, 'e', 'c', 'o', 'm', slot->module.number };

	word_write(card, slot->offset + SLOT_NUMBER, slot->module.number);
	word_write(card, slot->offset + SLOT_DIP, slot->module.dip);
	word_write(card, slot->offset + SLOT_FIRMWARE, slot->module.firmware);
	word_write(card, slot->offset + SLOT_DOORBELL_VALUE, CARD_DOORBELL(card->peer, index + 1));
	bytes_write(card, slot->offset + SLOT_MODULE, slot->module.type, SLOT_MODULE_SIZE);
	bytes_write(card, slot->offset + SLOT_ETHERNET, ethernet, sizeof(ethernet));
	for (int write = 0; write < 2; write++) {
		const struct mailbox *mailbox = &mailboxes[write];

		slot->request[write] = word_read(card, slot->offset + mailbox->ack);
		word_write(card, slot->offset + mailbox->request, slot->request[write]);
	}
}

/* Section 4.1 */
void card_power_up(struct card *card)
{
	word_write(card, CARD_MAGIC, 0);
	card->generation = new_generation(card->generation);
	fill_card_block(card);
	for (unsigned int i = 0; i < card->slot_count; i++) {
		if (card->slots[i].busy)
			finish(&card->slots[i], TRANSFER_ERROR, REASON_NONE);
		fill_slot_block(card, i);
	}
	word_write(card, CARD_MAGIC, CARD_MAGIC_VALUE);
	raise_card_event(card);
}

void card_power(struct card *card, bool on)
{
	card->power = on;
	if (on) {
		card_power_up(card);
		return;
	}
	for (unsigned int i = 0; i < card->slot_count; i++)
		if (card->slots[i].busy)
			finish(&card->slots[i], TRANSFER_ERROR, REASON_NONE);
	word_write(card, CARD_POWER, 0);
	raise_card_event(card);
}

int card_init(struct card *card, uint32_t peer, const struct card_module *modules,
	      unsigned int count)
{
	void *memory;
	int error;

	*card = (struct card){
		.backplane = { card_start, card_busy, card_result },
		.peer = peer,
		.slot_count = count,
	};
	card->memory_fd = memfd_create("plcsim-dpram", MFD_CLOEXEC);
	if (card->memory_fd < 0)
		return -errno;
	if (ftruncate(card->memory_fd, CARD_MEMORY_SIZE) < 0)
		goto fail;
	memory = mmap(NULL, CARD_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, card->memory_fd,
		      0);
	if (memory == MAP_FAILED)
		goto fail;
	card->dpram = memory;
	for (unsigned int i = 0; i < count; i++) {
		card->slots[i].module = modules[i];
		card->slots[i].offset = FIRST_SLOT + i * SLOT_BLOCK_SIZE;
	}
	return 0;
fail:
	error = -errno;
	close(card->memory_fd);
	return error;
}

void card_release(struct card *card)
{
	munmap(card->dpram, CARD_MEMORY_SIZE);
	close(card->memory_fd);
}
