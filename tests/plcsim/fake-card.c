// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/plcsim/fake-card.h"

static void put(struct fake_slot *slot, unsigned int word, unsigned int value)
{
	slot->result.data[2 * word] = value;
	slot->result.data[2 * word + 1] = value >> 8;
}

static void start(struct backplane *backplane, unsigned int number,
		  const struct transfer *transfer)
{
	struct fake_card *card = (struct fake_card *)backplane;
	struct fake_slot *slot = &card->slots[number];

	assert_false(slot->busy);
	slot->transfer = *transfer;
	slot->busy = true;
	if (transfer->write || transfer->address != 1 || transfer->length != 4) {
		slot->started++;
		return;
	}
	slot->status_reads++;
	if (card->hold_status)
		return;
	slot->busy = false;
	slot->result.outcome = card->status_outcome;
	put(slot, 0, card->status);
	put(slot, 1, card->timeout);
}

static bool busy(struct backplane *backplane, unsigned int number)
{
	return ((struct fake_card *)backplane)->slots[number].busy;
}

static const struct transfer_result *result(struct backplane *backplane, unsigned int number)
{
	return &((struct fake_card *)backplane)->slots[number].result;
}

struct fake_card *fake_card_new(const char *program_text, const char *base_text)
{
	struct fake_card *card = g_new0(struct fake_card, 1);
	struct diagnostics d;

	diagnostics_init(&d, "p");
	card->backplane = (struct backplane){ start, busy, result };
	card->timeout = 60;
	base_default(&card->base);
	if (base_text)
		read_base(&card->base, base_text, &d);
	card->program = read_program(program_text, &d);
	assert_int_equal(d.errors, 0);
	diagnostics_clear(&d);
	plc_init(&card->plc, &card->base, card->program, &card->backplane);
	plc_set_power(&card->plc, true);
	card->now = 1000000;
	return card;
}

void fake_card_free(struct fake_card *card)
{
	plc_release(&card->plc);
	program_free(card->program);
	g_free(card);
}

void scan(struct fake_card *card)
{
	card->now += SCAN_MS;
	plc_update(&card->plc, card->now);
	plc_execute(&card->plc);
}

void pass_time(struct fake_card *card, unsigned int milliseconds)
{
	card->now += milliseconds - SCAN_MS;
	scan(card);
}

void set(struct fake_card *card, const char *name, unsigned int value)
{
	struct element element;

	assert_null(element_parse(name, &element));
	element_set(&card->plc.memory, &element, value);
}

unsigned int get(struct fake_card *card, const char *name)
{
	struct element element;

	assert_null(element_parse(name, &element));
	return element_get(&card->plc.memory, &element);
}

const struct transfer *running(struct fake_card *card)
{
	assert_true(card->slots[1].busy);
	return &card->slots[1].transfer;
}

void answer(struct fake_card *card, enum transfer_outcome outcome)
{
	assert_true(card->slots[1].busy);
	card->slots[1].busy = false;
	card->slots[1].result.outcome = outcome;
}

void answer_status(struct fake_card *card, unsigned int status)
{
	struct fake_slot *slot = &card->slots[1];

	assert_false(running(card)->write);
	memset(slot->result.data, 0, sizeof(slot->result.data));
	put(slot, 1, status);
	put(slot, 9, card->timeout);
	answer(card, TRANSFER_DONE);
}
