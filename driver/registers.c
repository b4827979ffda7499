// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of stations 89 and 90, one word at a time, from the queue and
 * the results. With the queue_lock held over registers_read() they are one
 * snapshot.
 */
#include "registers.h"

struct register_area {
	__u32 station;
	__u32 start;
	__u32 end;
};

static const struct register_area areas[] = {
	{ STATION_MAILBOX, 0, REG_MODULE_END },
	{ STATION_MAILBOX, REG_RING, REG_RING_END },
	{ STATION_MAILBOX, REG_RESULTS, REG_RESULTS_END },
	{ STATION_SCRATCH, 0, REG_SCRATCH_END },
};

/* What the PC may write */
static const struct register_area writable_areas[] = {
	{ STATION_MAILBOX, REG_INFO, REG_INFO_END },
	{ STATION_SCRATCH, 0, REG_SCRATCH_END },
};

static bool within(const struct register_area *area, __u32 station, __u32 address, __u32 count)
{
	return station == area->station && address >= area->start && address < area->end &&
	       count <= area->end - address;
}

/**
 * registers_exist() - do these words lie within one area?
 * @station: BCD
 * @address: of the first word
 * @count: of words, at least 1
 *
 * Return: whether they do.
 */
bool registers_exist(__u32 station, __u32 address, __u32 count)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(areas); i++)
		if (within(&areas[i], station, address, count))
			return true;
	return false;
}

/**
 * registers_writable() - may the PC write these words?
 * @station: BCD
 * @address: of the first word
 * @count: of words, at least 1
 *
 * Return: whether it may.
 */
bool registers_writable(__u32 station, __u32 address, __u32 count)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(writable_areas); i++)
		if (within(&writable_areas[i], station, address, count))
			return true;
	return false;
}

static __u16 low(__u32 value)
{
	return value & 0xffff;
}

static __u16 high(__u32 value)
{
	return value >> 16;
}

/* Two characters of a text, the first in the low byte. */
static __u16 characters(const __u8 *text, __u32 size, __u32 word)
{
	__u32 i = word * 2;

	if (i >= size)
		return 0;
	return text[i] | (i + 1 < size ? text[i + 1] << 8 : 0);
}

static __u16 module_word(const struct queue *q, const struct registers_slot *slot, __u32 word)
{
	if (word >= REG_INFO)
		return q->info[word - REG_INFO];
	switch (word) {
	case REG_MAP_VERSION:
		return REG_MAP_VERSION_VALUE;
	case REG_HEALTH:
		return q->health;
	case REG_TIMEOUT:
		return q->timeout;
	case REG_QUEUE_DEPTH:
		return QUEUE_DEPTH;
	case REG_QUEUE_USED:
		return queue_used(q);
	case REG_ATTACHED:
		return q->attached;
	case REG_SLOT:
		return slot->number;
	case REG_DIP:
		return slot->dip;
	case REG_CARD_GENERATION:
		return low(q->card_generation);
	case REG_CARD_GENERATION + 1:
		return high(q->card_generation);
	case REG_HOST_GENERATION:
		return low(q->host_generation);
	case REG_HOST_GENERATION + 1:
		return high(q->host_generation);
	case REG_WX_ACCEPTED:
		return low(q->counters.accepted);
	case REG_WX_ACCEPTED + 1:
		return high(q->counters.accepted);
	case REG_WX_BUSY:
		return low(q->counters.busy);
	case REG_WX_BUSY + 1:
		return high(q->counters.busy);
	case REG_WX_REFUSED:
		return low(q->counters.refused);
	case REG_WX_REFUSED + 1:
		return high(q->counters.refused);
	}
	return 0;
}

static __u16 ring_word(const struct queue *q, __u32 word)
{
	__u32 age = word / RING_ENTRY_WORDS;
	const struct queue_outcome *outcome =
		&q->outcomes[(q->newest + RING_ENTRIES - age) % RING_ENTRIES];

	word %= RING_ENTRY_WORDS;
	if (!outcome->used)
		return 0;
	switch (word) {
	case RING_TAG:
		return outcome->tag;
	case RING_STATUS:
		return outcome->status;
	case RING_SENT:
		return outcome->sent;
	}
	if (word < RING_LABEL)
		return 0;
	return characters(outcome->label, sizeof(outcome->label), word - RING_LABEL);
}

static __u16 unused_result_word(__u32 tag, __u32 word)
{
	switch (word) {
	case RESULT_TAG:
		return tag;
	case RESULT_STATUS:
		return STATUS_RESTARTED;
	case RESULT_SENT:
		return SENT_UNKNOWN;
	}
	return 0;
}

static __u16 used_result_word(const struct queue_result *r, __u32 tag, __u32 word)
{
	switch (word) {
	case RESULT_TAG:
		return tag;
	case RESULT_STATUS:
		return r->result.status;
	case RESULT_STATE:
		return r->result.state;
	case RESULT_REPLY:
		return r->result.reply;
	case RESULT_ENHANCED:
	case RESULT_ENHANCED + 1:
	case RESULT_ENHANCED + 2:
		return r->result.enhanced[word - RESULT_ENHANCED];
	case RESULT_DETAIL:
		return r->result.detail;
	case RESULT_SENT:
		return r->result.sent;
	case RESULT_TIMEOUT:
		return r->timeout;
	case RESULT_REQUEST:
		return low(r->request);
	case RESULT_REQUEST + 1:
		return high(r->request);
	case RESULT_TEXT_LENGTH:
		return r->result.text_length;
	}
	if (word < RESULT_TEXT)
		return 0;
	return characters(r->result.text, r->result.text_length, word - RESULT_TEXT);
}

static __u16 result_word(const struct queue *q, __u32 word)
{
	__u32 tag = word / RESULT_WORDS;
	const struct queue_result *r = &q->results[tag];

	word %= RESULT_WORDS;
	return r->request ? used_result_word(r, tag, word) : unused_result_word(tag, word);
}

static __u16 read_word(const struct queue *q, const struct registers_slot *slot, __u32 station,
		       __u32 address)
{
	if (station == STATION_SCRATCH)
		return characters(q->scratch, sizeof(q->scratch), address);
	if (address < REG_MODULE_END)
		return module_word(q, slot, address);
	if (address < REG_RING_END)
		return ring_word(q, address - REG_RING);
	return result_word(q, address - REG_RESULTS);
}

/**
 * registers_read() - what an RX gets
 * @q: queue
 * @slot: the slot
 * @station: BCD
 * @address: of the first word; registers_exist() has said yes
 * @count: of words
 * @words: where to
 */
void registers_read(const struct queue *q, const struct registers_slot *slot, __u32 station,
		    __u32 address, __u32 count, __u16 *words)
{
	__u32 i;

	for (i = 0; i < count; i++)
		words[i] = read_word(q, slot, station, address + i);
}

/**
 * registers_write() - the PC writes what belongs to it
 * @q: queue
 * @station: BCD
 * @address: of the first word; registers_writable() has said yes
 * @count: of words
 * @words: what to write
 */
void registers_write(struct queue *q, __u32 station, __u32 address, __u32 count,
		     const __u16 *words)
{
	__u32 i;

	for (i = 0; i < count; i++) {
		if (station == STATION_MAILBOX) {
			q->info[address - REG_INFO + i] = words[i];
		} else {
			q->scratch[(address + i) * 2] = words[i] & 0xff;
			q->scratch[(address + i) * 2 + 1] = words[i] >> 8;
		}
	}
}
