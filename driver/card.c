// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the card there, which card is it, and does it live?
 *
 *   not serving ---- identification right, heart beats: start ----> serving
 *        ^                                                             |
 *        +---- wrong identification, or heart stands still: pause -----+
 *                     (serving, but another generation: start again)
 *
 * "Serving" is ready_for = the card's generation in the host block and the
 * same generation in each slot's @serving. The check runs each second and at
 * each card event; only the second counts heartbeats, so that a card which
 * rings all the time does not make its own heart stand still.
 */
#include <linux/delay.h>

#include "ecom.h"
#include "trace.h"

static const char heart_stands_still[] = "heartbeat stands still";

static void card_release(struct kref *ref)
{
	struct ecom_card *card = container_of(ref, struct ecom_card, ref);

	mutex_destroy(&card->check_lock);
	kfree(card);
}

void ecom_card_put(struct ecom_card *card)
{
	kref_put(&card->ref, card_release);
}

static void card_serve(struct ecom_card *card)
{
	unsigned int i;

	for (i = 0; i < card->slot_count; i++) {
		mutex_lock(&card->slots[i]->mailbox_lock);
		ecom_mailbox_serve(card->slots[i]);
		mutex_unlock(&card->slots[i]->mailbox_lock);
	}
}

/* Once a second: heartbeat, check, and the mailboxes in case a doorbell was lost. */
static void card_tick(struct work_struct *work)
{
	struct ecom_card *card = container_of(to_delayed_work(work), struct ecom_card, tick);

	down_read(&card->io_lock);
	if (card->present) {
		ecom_card_check(card, true);
		card_serve(card);
	}
	up_read(&card->io_lock);
	schedule_delayed_work(&card->tick, HZ);
}

struct ecom_card *ecom_card_create(struct pci_dev *pdev)
{
	struct ecom_card *card = kzalloc(sizeof(*card), GFP_KERNEL);

	if (!card)
		return NULL;
	kref_init(&card->ref);
	INIT_LIST_HEAD(&card->list);
	init_rwsem(&card->io_lock);
	mutex_init(&card->check_lock);
	INIT_DELAYED_WORK(&card->tick, card_tick);
	card->pdev = pdev;
	return card;
}

static const char *identify(struct ecom_card *card, struct identification *id)
{
	const char *trouble;

	ecom_read_identification(card, id);
	trouble = identification_check(id, card->dpram.mem_size, card->dpram.doorbells_size);
	return trouble ?: identification_check_slots(id);
}

/**
 * ecom_card_identify() - read the identification for the first time
 * @card: mapped card
 *
 * The card may be in the middle of its power-up, so it gets a second.
 *
 * Return: 0, or -ENODEV if this is no card that we know.
 */
int ecom_card_identify(struct ecom_card *card)
{
	const char *trouble;
	int i;

	for (i = 0; i < 20; i++) {
		trouble = identify(card, &card->id);
		if (!trouble)
			return 0;
		msleep(50);
	}
	return dev_err_probe(&card->pdev->dev, -ENODEV, "not an ECOM card: wrong %s\n", trouble);
}

/* Slots are devices: a card that comes back with others must be bound anew. */
static const char *compare(const struct ecom_card *card, const struct identification *id)
{
	if (id->slot_count != card->slot_count ||
	    memcmp(id->slot_numbers, card->id.slot_numbers, sizeof(id->slot_numbers)))
		return "set of slots (unbind and bind the driver to take it)";
	return NULL;
}

static void pause(struct ecom_card *card)
{
	unsigned int i;

	card->serving = false;
	for (i = 0; i < card->slot_count; i++)
		ecom_slot_pause(card->slots[i]);
}

static void write_host(struct ecom_card *card, u32 offset, u32 value)
{
	ecom_write(card, card->id.host_offset + offset, value);
}

/* Host start: hardware specification, section 4.2 */
static void start(struct ecom_card *card, const struct identification *id)
{
	unsigned int i;

	pause(card);
	card->id = *id;
	write_host(card, HOST_READY_FOR, 0);
	write_host(card, HOST_GENERATION, ecom_host_generation);
	write_host(card, HOST_HEARTBEAT, ++card->heartbeat);
	write_host(card, HOST_VECTOR, card->vectors ? 0 : HOST_VECTOR_NONE);
	for (i = 0; i < card->slot_count; i++)
		ecom_slot_start(card->slots[i], id->generation);
	card->serving = true;
	write_host(card, HOST_READY_FOR, id->generation);
	ecom_ring(card, card->id.doorbell_value);
}

static void beat(struct ecom_card *card)
{
	u32 theirs = ecom_read(card, CARD_HEARTBEAT);

	write_host(card, HOST_HEARTBEAT, ++card->heartbeat);
	if (theirs != card->card_heartbeat)
		card->still = 0;
	else if (card->still < HEARTBEAT_TICKS)
		card->still++;
	card->card_heartbeat = theirs;
}

static void tell(struct ecom_card *card, const char *trouble)
{
	if (trouble == card->trouble)
		return;
	if (trouble == heart_stands_still)
		dev_warn(&card->pdev->dev, "card does not answer: %s\n", trouble);
	else if (trouble)
		dev_warn(&card->pdev->dev, "card does not answer: wrong %s\n", trouble);
	else
		dev_info(&card->pdev->dev, "card answers again\n");
	card->trouble = trouble;
}

/**
 * ecom_card_check() - is it there, is it the same, does it live?
 * @card: card; io_lock held and present
 * @tick: a second has passed since the last check with @tick
 */
void ecom_card_check(struct ecom_card *card, bool tick)
{
	struct identification id;
	const char *trouble;
	bool was, is;
	u32 generation;

	mutex_lock(&card->check_lock);
	was = card->serving;
	generation = card->id.generation;
	trouble = identify(card, &id);
	if (!trouble)
		trouble = compare(card, &id);
	if (!trouble && tick)
		beat(card);
	if (!trouble && card->still >= HEARTBEAT_TICKS)
		trouble = heart_stands_still;
	if (trouble)
		pause(card);
	else if (!card->serving || id.generation != card->id.generation)
		start(card, &id);
	tell(card, trouble);
	is = card->serving;
	generation ^= card->id.generation;
	mutex_unlock(&card->check_lock);
	if (was == is && !generation)
		return;
	trace_ecom_card(card->index, id.generation, is);
	ecom_netlink_tell_card(card, is ? ECOM_EVENT_CARD_SERVED : ECOM_EVENT_CARD_LOST);
}

/**
 * ecom_card_stop() - tell the card that nobody serves it any more
 * @card: card; io_lock held and present, interrupts and tick already stopped
 */
void ecom_card_stop(struct ecom_card *card)
{
	mutex_lock(&card->check_lock);
	if (card->serving) {
		write_host(card, HOST_READY_FOR, 0);
		ecom_ring(card, card->id.doorbell_value);
	}
	pause(card);
	mutex_unlock(&card->check_lock);
}
