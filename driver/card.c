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
#include <linux/random.h>

#include "ecom.h"
#include "trace.h"

static const char heart_stands_still[] = "heartbeat stands still";
static const char stopped[] = "stopped";

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

/* Once a second: heartbeat, check, and all mailboxes, if a doorbell was lost. */
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

static void tell_listeners(struct work_struct *work)
{
	ecom_netlink_tell_card(container_of(work, struct ecom_card, tell_work));
}

struct ecom_card *ecom_card_create(struct pci_dev *pdev)
{
	struct ecom_card *card = kzalloc(sizeof(*card), GFP_KERNEL);

	if (!card)
		return NULL;
	kref_init(&card->ref);
	init_rwsem(&card->io_lock);
	mutex_init(&card->check_lock);
	INIT_DELAYED_WORK(&card->tick, card_tick);
	INIT_WORK(&card->tell_work, tell_listeners);
	card->pdev = pdev;
	card->trouble = stopped;
	do {
		card->host_generation = get_random_u32();
	} while (!card->host_generation);
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

/* Nobody serves the card: its requests end with an SP error from here on. */
static void withdraw(struct ecom_card *card, const struct identification *id)
{
	if (!ecom_read(card, id->host_offset + HOST_READY_FOR))
		return;
	ecom_write(card, id->host_offset + HOST_READY_FOR, 0);
	ecom_ring(card, id->doorbell_offset, id->doorbell_value);
}

/* Host start: hardware specification, section 4.2 */
static void start(struct ecom_card *card, const struct identification *id)
{
	unsigned int i;

	pause(card);
	card->id = *id;
	write_host(card, HOST_READY_FOR, 0);
	write_host(card, HOST_GENERATION, card->host_generation);
	write_host(card, HOST_HEARTBEAT, ++card->heartbeat);
	write_host(card, HOST_VECTOR, card->vectors ? 0 : HOST_VECTOR_NONE);
	for (i = 0; i < card->slot_count; i++)
		ecom_slot_start(card->slots[i], id->generation);
	/* powered up meanwhile: what the slots have read may be half of each */
	if (ecom_identification_stale(card, id)) {
		pause(card);
		return;
	}
	card->serving = true;
	write_host(card, HOST_READY_FOR, id->generation);
	ecom_ring(card, id->doorbell_offset, id->doorbell_value);
}

static void beat(struct ecom_card *card, const struct identification *id)
{
	u32 theirs = ecom_read(card, CARD_HEARTBEAT);

	ecom_write(card, id->host_offset + HOST_HEARTBEAT, ++card->heartbeat);
	if (theirs != card->card_heartbeat)
		card->still = 0;
	else if (card->still < HEARTBEAT_TICKS)
		card->still++;
	card->card_heartbeat = theirs;
}

/* A card may come and go as fast as it can ring: the log must not. */
static void tell(struct ecom_card *card, const char *trouble)
{
	struct device *dev = &card->pdev->dev;

	if (trouble == card->trouble)
		return;
	if (trouble == heart_stands_still)
		dev_warn_ratelimited(dev, "card does not answer: %s\n", trouble);
	else if (trouble)
		dev_warn_ratelimited(dev, "card does not answer: wrong %s\n", trouble);
	else if (card->trouble != stopped)
		dev_info_ratelimited(dev, "card answers again\n");
	card->trouble = trouble;
}

static void trace(struct ecom_card *card)
{
	trace_ecom_card(card->index, card->id.generation, card->serving, card->trouble ?: "none");
}

/* The right card, but is it to be served? */
static const char *judge(struct ecom_card *card, const struct identification *id, bool tick)
{
	const char *trouble = compare(card, id);

	if (!trouble && tick)
		beat(card, id);
	if (!trouble && card->still >= HEARTBEAT_TICKS)
		trouble = heart_stands_still;
	if (trouble)
		withdraw(card, id);
	return trouble;
}

/**
 * ecom_card_check() - is it there, is it the same, does it live?
 * @card: card; io_lock held and present
 * @tick: a second has passed since the last check with @tick
 */
void ecom_card_check(struct ecom_card *card, bool tick)
{
	struct identification id;
	const char *trouble, *before;
	u32 generation;
	bool serving;

	mutex_lock(&card->check_lock);
	generation = card->id.generation;
	serving = card->serving;
	before = card->trouble;
	trouble = identify(card, &id);
	if (!trouble)
		trouble = judge(card, &id, tick);
	if (trouble)
		pause(card);
	else if (!card->serving || id.generation != card->id.generation)
		start(card, &id);
	tell(card, trouble);
	if (card->serving != serving || card->id.generation != generation)
		schedule_work(&card->tell_work);
	if (card->serving != serving || card->id.generation != generation || trouble != before)
		trace(card);
	mutex_unlock(&card->check_lock);
}

/**
 * ecom_card_stop() - tell the card that nobody serves it any more
 * @card: card; io_lock held for writing and present
 *
 * On a channel that is frozen for error recovery nothing may be written.
 */
void ecom_card_stop(struct ecom_card *card)
{
	struct identification id;
	unsigned int i;

	mutex_lock(&card->check_lock);
	if (!pci_channel_offline(card->pdev) && !identify(card, &id)) {
		if (card->serving && id.generation == card->id.generation)
			for (i = 0; i < card->slot_count; i++)
				ecom_slot_leave(card->slots[i]);
		withdraw(card, &id);
	}
	pause(card);
	card->trouble = stopped;
	card->still = 0;
	trace(card);
	mutex_unlock(&card->check_lock);
	schedule_work(&card->tell_work);
}
