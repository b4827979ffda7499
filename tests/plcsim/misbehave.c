// SPDX-License-Identifier: GPL-2.0-or-later
#include <glib.h>

#include "tests/plcsim/misbehave.h"

#define HOST_VECTORS 17

/* splitmix64: 0 to limit - 1 */
static uint32_t pick(struct misbehaviour *m, uint32_t limit)
{
	uint64_t z = m->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

static uint32_t any_word(struct misbehaviour *m)
{
	return pick(m, 0xffffffff);
}

static void ring_all(struct misbehaviour *m)
{
	for (uint32_t vector = 0; vector < HOST_VECTORS; vector++)
		card_ring_host(m->card, vector);
}

static uint32_t mailbox(struct misbehaviour *m, uint32_t slot)
{
	return slot + (pick(m, 2) ? SLOT_WX_REQUEST : SLOT_RX_REQUEST);
}

/* A request that is in order but for what follows: an ECEMAIL frame of 4 bytes */
static void post(struct misbehaviour *m, uint32_t slot, uint32_t request)
{
	bool wx = request == slot + SLOT_WX_REQUEST;
	uint32_t header = request + SLOT_WX_HEADER - SLOT_WX_REQUEST;
	uint32_t address = request + SLOT_WX_ADDRESS - SLOT_WX_REQUEST;

	if (wx)
		card_poke(m->card, slot + SLOT_WX_DATA, 1 | 1 << 8 | pick(m, 256) << 16);
	card_poke(m->card, header, MAILBOX_HEADER(0x89, 4));
	card_poke(m->card, address, wx ? 0 : 040000 + 0100 * pick(m, 256));
	card_poke(m->card, request, card_peek(m->card, request) + 1);
}

static void random_frames(struct misbehaviour *m, uint32_t slot)
{
	uint32_t request = mailbox(m, slot);

	for (uint32_t i = 0; i < MAILBOX_DATA_MAX; i += 4)
		card_poke(m->card, slot + SLOT_WX_DATA + i, any_word(m));
	post(m, slot, request);
	card_poke(m->card, request + 4, pick(m, 2) ? any_word(m) : pick(m, 256) << 8 | 0x89);
	if (pick(m, 2))
		card_poke(m->card, request + 8, any_word(m));
}

static void length_flips(struct misbehaviour *m, uint32_t slot)
{
	uint32_t request = mailbox(m, slot);

	post(m, slot, request);
	ring_all(m);
	for (int i = 0; i < 2000; i++)
		card_poke(m->card, request + 4, MAILBOX_HEADER(0x89, pick(m, 256)));
}

static void sequence_jumps(struct misbehaviour *m, uint32_t slot)
{
	uint32_t request = mailbox(m, slot);

	post(m, slot, request);
	ring_all(m);
	for (int i = 0; i < 20; i++)
		card_poke(m->card, request, any_word(m));
}

static void stuck_acknowledge(struct misbehaviour *m, uint32_t slot)
{
	card_poke(m->card, slot + SLOT_WX_ACK, 0x57acced);
	card_poke(m->card, slot + SLOT_RX_ACK, 0x57acced);
	card_poke(m->card, slot + SLOT_WX_RESULT, any_word(m));
	card_poke(m->card, slot + SLOT_RX_RESULT, any_word(m));
}

static void random_words(struct misbehaviour *m, uint32_t slot)
{
	for (int i = 0; i < 8; i++)
		card_poke(m->card, slot + 4 + 4 * pick(m, SLOT_BLOCK_SIZE / 4 - 1), any_word(m));
}

static void fill(struct misbehaviour *m, uint32_t word)
{
	for (uint32_t offset = 0; offset < CARD_MEMORY_SIZE; offset += 4)
		card_poke(m->card, offset, word);
}

static void zero_fill(struct misbehaviour *m)
{
	fill(m, 0);
}

static void one_fill(struct misbehaviour *m)
{
	fill(m, 0xffffffff);
}

static void wrong_identification(struct misbehaviour *m)
{
	static const uint32_t edges[] = { 0, 1, 17, 0xff, 0x100, 0xfffc, 0x10000, 0xffffffff };

	card_poke(m->card, 4 * pick(m, 18),
		  pick(m, 2) ? edges[pick(m, G_N_ELEMENTS(edges))] : any_word(m));
}

static void torn_identification(struct misbehaviour *m)
{
	ring_all(m);
	for (int i = 0; i < 200; i++) {
		card_poke(m->card, CARD_GENERATION, 1 + pick(m, 4));
		card_poke(m->card, CARD_MAGIC, pick(m, 4) ? CARD_MAGIC_VALUE : 0);
		card_poke(m->card, CARD_SLOT_COUNT, pick(m, 18));
		card_poke(m->card, CARD_SLOT_OFFSET, 4 * pick(m, CARD_MEMORY_SIZE / 4));
		card_poke(m->card, CARD_HOST_OFFSET, 4 * pick(m, CARD_MEMORY_SIZE / 4));
	}
}

static void generation_changes(struct misbehaviour *m)
{
	card_power_up(m->card);
}

/* What a mode does in each step to each slot or to the card; then all doorbells */
static const struct mode {
	const char *name;
	void (*to_slot)(struct misbehaviour *m, uint32_t slot);
	void (*to_card)(struct misbehaviour *m);
	bool mute; /* no doorbell is rung, whatever happens */
	bool lifeless; /* no heartbeat */
} modes[] = {
	{ .name = "random-frames", .to_slot = random_frames },
	{ .name = "length-flips", .to_slot = length_flips },
	{ .name = "sequence-jumps", .to_slot = sequence_jumps },
	{ .name = "stuck-acknowledge", .to_slot = stuck_acknowledge },
	{ .name = "random-words", .to_slot = random_words },
	{ .name = "doorbell-storm", .to_card = ring_all },
	{ .name = "no-doorbells", .mute = true },
	{ .name = "zero-fill", .to_card = zero_fill },
	{ .name = "one-fill", .to_card = one_fill },
	{ .name = "wrong-identification", .to_card = wrong_identification },
	{ .name = "torn-identification", .to_card = torn_identification },
	{ .name = "generation-changes", .to_card = generation_changes },
	{ .name = "heart-stop", .lifeless = true },
};

int misbehave_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
		if (g_str_equal(modes[i].name, name))
			return i;
	return -1;
}

char *misbehave_names(void)
{
	GString *names = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
		g_string_append_printf(names, "%s%s", i ? " " : "", modes[i].name);
	return g_string_free(names, FALSE);
}

void misbehave_start(struct misbehaviour *m, struct card *card, int mode, uint64_t seed)
{
	*m = (struct misbehaviour){ card, mode, seed };
	card->mute = modes[mode].mute;
	card->lifeless = modes[mode].lifeless;
}

void misbehave_step(struct misbehaviour *m)
{
	const struct mode *mode;

	if (m->mode < 0)
		return;
	mode = &modes[m->mode];
	for (unsigned int i = 0; mode->to_slot && i < m->card->slot_count; i++)
		mode->to_slot(m, m->card->slots[i].offset);
	if (mode->to_card)
		mode->to_card(m);
	ring_all(m);
}

void misbehave_stop(struct misbehaviour *m)
{
	if (m->mode < 0)
		return;
	m->mode = -1;
	m->card->mute = m->card->lifeless = false;
	card_power_up(m->card);
}
