// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink family "ecom": uapi/linux/ecom_netlink.h is its manual.
 *
 * Nothing is sent from where it happens. Events of requests happen under a
 * queue_lock, so a slot collects them in a small ring and a work item tells
 * them; events that the ring could not hold take their numbers with them, and
 * the listener sees the gap. While nobody listens nothing is collected. Of a
 * card its own work item tells how it stands now, if that is news: two checks
 * that overtake each other cannot leave listeners with the older one.
 *
 * A dump goes on where it was by the card's number, not by counting, so a card
 * that goes between two parts takes no other with it; that the set of cards has
 * changed is said with the part that follows (NLM_F_DUMP_INTR).
 */
#include <linux/ktime.h>
#include <net/genetlink.h>

#include "ecom.h"

static struct genl_family family;
static DEFINE_MUTEX(cards_lock); /* all of these, and the order of events */
static struct ecom_card *cards[ECOM_CARDS_MAX];
static unsigned int cards_changed = 1; /* 0 would switch off the check of dumps */
static u64 sequence;

bool ecom_netlink_listened(void)
{
	return genl_has_listeners(&family, &init_net, 0);
}

static int put_event(struct sk_buff *skb, const struct ecom_told *told, u64 number)
{
	const struct queue_event *e = &told->event;
	bool request = e->kind >= ECOM_EVENT_REQUEST_QUEUED && e->kind < ECOM_EVENT_WX_BUSY;
	void *header = genlmsg_put(skb, 0, 0, &family, 0, ECOM_CMD_EVENT);

	if (!header ||
	    nla_put_u64_64bit(skb, ECOM_A_EVENT_SEQUENCE, number, ECOM_A_EVENT_PAD) ||
	    nla_put_u32(skb, ECOM_A_EVENT_KIND, e->kind) ||
	    nla_put_u64_64bit(skb, ECOM_A_EVENT_TIME, told->time, ECOM_A_EVENT_PAD) ||
	    nla_put_u32(skb, ECOM_A_EVENT_CARD, told->card))
		return -EMSGSIZE;
	if (told->slot >= 0 && (nla_put_u32(skb, ECOM_A_EVENT_SLOT, told->slot) ||
				nla_put_u32(skb, ECOM_A_EVENT_TAG, e->tag)))
		return -EMSGSIZE;
	if (request &&
	    (nla_put_u64_64bit(skb, ECOM_A_EVENT_REQUEST, e->request, ECOM_A_EVENT_PAD) ||
	     nla_put_u32(skb, ECOM_A_EVENT_STATE, e->state) ||
	     nla_put_u32(skb, ECOM_A_EVENT_STATUS, e->status) ||
	     nla_put_u32(skb, ECOM_A_EVENT_SENT, e->sent)))
		return -EMSGSIZE;
	if (e->kind == ECOM_EVENT_WX_REFUSED && nla_put_u32(skb, ECOM_A_EVENT_REASON, e->reason))
		return -EMSGSIZE;
	genlmsg_end(skb, header);
	return 0;
}

/* An event that cannot be sent leaves a gap in the numbers, as it should. */
static void send_event(const struct ecom_told *told)
{
	struct sk_buff *skb;

	sequence++;
	if (!ecom_netlink_listened())
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return;
	if (put_event(skb, told, sequence))
		nlmsg_free(skb);
	else
		genlmsg_multicast(&family, skb, 0, 0, GFP_KERNEL);
}

/**
 * ecom_netlink_tell() - tell events
 * @told: events in their order
 * @count: of them
 * @lost: events after them that could not be kept
 */
void ecom_netlink_tell(const struct ecom_told *told, unsigned int count, u32 lost)
{
	unsigned int i;

	mutex_lock(&cards_lock);
	for (i = 0; i < count; i++)
		send_event(&told[i]);
	sequence += lost;
	mutex_unlock(&cards_lock);
}

/* With the cards_lock held */
static void tell_card(struct ecom_card *card, enum ecom_event kind)
{
	const struct ecom_told told = {
		.time = ktime_get_boottime_ns(),
		.card = card->index,
		.slot = -1,
		.event.kind = kind,
	};

	send_event(&told);
}

/* Lost, served, or served anew: whatever listeners do not know yet */
static void tell_change(struct ecom_card *card, bool serving, u32 generation)
{
	if (serving == card->told_serving && generation == card->told_generation)
		return;
	card->told_serving = serving;
	card->told_generation = generation;
	tell_card(card, serving ? ECOM_EVENT_CARD_SERVED : ECOM_EVENT_CARD_LOST);
}

/**
 * ecom_netlink_tell_card() - tell what has become of a card
 * @card: card
 */
void ecom_netlink_tell_card(struct ecom_card *card)
{
	u32 generation;
	bool serving;

	mutex_lock(&cards_lock);
	mutex_lock(&card->check_lock);
	serving = card->serving;
	/* a card that is gone keeps its generation as far as we know */
	generation = serving ? card->id.generation : card->told_generation;
	mutex_unlock(&card->check_lock);
	if (cards[card->index] == card)
		tell_change(card, serving, generation);
	mutex_unlock(&cards_lock);
}

/* With the cards_lock held */
static void set_card(int index, struct ecom_card *card)
{
	cards[index] = card;
	cards_changed = (cards_changed + 1) ?: 1;
}

void ecom_netlink_add(struct ecom_card *card)
{
	mutex_lock(&cards_lock);
	set_card(card->index, card);
	tell_card(card, ECOM_EVENT_CARD_ADDED);
	mutex_unlock(&cards_lock);
}

void ecom_netlink_remove(struct ecom_card *card)
{
	mutex_lock(&cards_lock);
	if (cards[card->index] == card) {
		set_card(card->index, NULL);
		tell_card(card, ECOM_EVENT_CARD_REMOVED);
	}
	mutex_unlock(&cards_lock);
}

static int put_card(struct sk_buff *skb, struct ecom_card *card, u64 number)
{
	char serial[CARD_SERIAL_SIZE + 1] = "";
	const char *trouble;
	u32 generation, firmware;

	mutex_lock(&card->check_lock);
	memcpy(serial, card->id.serial, CARD_SERIAL_SIZE);
	generation = card->id.generation;
	firmware = card->id.firmware;
	trouble = card->trouble;
	mutex_unlock(&card->check_lock);
	if (nla_put_u32(skb, ECOM_A_CARD_INDEX, card->index) ||
	    nla_put_string(skb, ECOM_A_CARD_PCI, pci_name(card->pdev)) ||
	    nla_put_string(skb, ECOM_A_CARD_SERIAL, serial) ||
	    nla_put_u32(skb, ECOM_A_CARD_FIRMWARE, firmware) ||
	    nla_put_u32(skb, ECOM_A_CARD_GENERATION, generation) ||
	    (trouble && nla_put_string(skb, ECOM_A_CARD_TROUBLE, trouble)) ||
	    nla_put_u32(skb, ECOM_A_CARD_SLOTS, card->slot_count) ||
	    nla_put_u64_64bit(skb, ECOM_A_CARD_SEQUENCE, number, ECOM_A_CARD_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_slot_queue(struct sk_buff *skb, struct ecom_slot *slot)
{
	struct queue_counters counters;
	u32 attached, health, used, dip;

	spin_lock(&slot->queue_lock);
	counters = slot->queue.counters;
	attached = slot->queue.attached;
	health = slot->queue.health;
	used = queue_used(&slot->queue);
	dip = slot->registers.dip;
	spin_unlock(&slot->queue_lock);
	if (nla_put_u32(skb, ECOM_A_SLOT_DIP, dip) ||
	    nla_put_u32(skb, ECOM_A_SLOT_ATTACHED, attached) ||
	    nla_put_u32(skb, ECOM_A_SLOT_HEALTH, health) ||
	    nla_put_u32(skb, ECOM_A_SLOT_QUEUE_USED, used) ||
	    nla_put_u32(skb, ECOM_A_SLOT_QUEUE_DEPTH, QUEUE_DEPTH) ||
	    nla_put_u32(skb, ECOM_A_SLOT_ACCEPTED, counters.accepted) ||
	    nla_put_u32(skb, ECOM_A_SLOT_BUSY, counters.busy) ||
	    nla_put_u32(skb, ECOM_A_SLOT_REFUSED, counters.refused) ||
	    nla_put_u32(skb, ECOM_A_SLOT_EXPIRED, counters.expired))
		return -EMSGSIZE;
	return 0;
}

static int put_slot(struct sk_buff *skb, struct ecom_slot *slot, u64 number)
{
	char module[SLOT_MODULE_SIZE + 1] = "";

	mutex_lock(&slot->mailbox_lock);
	memcpy(module, slot->module, SLOT_MODULE_SIZE);
	mutex_unlock(&slot->mailbox_lock);
	if (nla_put_u32(skb, ECOM_A_SLOT_CARD, slot->card->index) ||
	    nla_put_u32(skb, ECOM_A_SLOT_NUMBER, slot->registers.number) ||
	    nla_put_string(skb, ECOM_A_SLOT_NAME, dev_name(&slot->dev)) ||
	    nla_put_string(skb, ECOM_A_SLOT_MODULE, module) || put_slot_queue(skb, slot) ||
	    nla_put_u64_64bit(skb, ECOM_A_SLOT_SEQUENCE, number, ECOM_A_SLOT_PAD))
		return -EMSGSIZE;
	return 0;
}

static void *put_header(struct sk_buff *skb, struct netlink_callback *cb, u8 command)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				   NLM_F_MULTI, command);

	if (header)
		genl_dump_check_consistent(cb, header);
	return header;
}

/*
 * cb->args[0] is what to begin the next part with. args[1] keeps the number of
 * the last event before the first part, so that no event is missed by going on
 * from there.
 */
static void begin_part(struct netlink_callback *cb)
{
	cb->seq = cards_changed;
	if (!cb->args[0])
		cb->args[1] = sequence;
}

static int dump_card(struct sk_buff *skb, struct netlink_callback *cb, struct ecom_card *card)
{
	void *header = put_header(skb, cb, ECOM_CMD_CARD_GET);

	if (!header)
		return -EMSGSIZE;
	if (put_card(skb, card, cb->args[1])) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

static int dump_cards(struct sk_buff *skb, struct netlink_callback *cb)
{
	long i;

	mutex_lock(&cards_lock);
	begin_part(cb);
	for (i = cb->args[0]; i < ECOM_CARDS_MAX; i++)
		if (cards[i] && dump_card(skb, cb, cards[i]))
			break;
	cb->args[0] = i;
	mutex_unlock(&cards_lock);
	return skb->len;
}

static int dump_slot(struct sk_buff *skb, struct netlink_callback *cb, struct ecom_slot *slot)
{
	void *header = put_header(skb, cb, ECOM_CMD_SLOT_GET);

	if (!header)
		return -EMSGSIZE;
	if (put_slot(skb, slot, cb->args[1])) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* The slot with the number @i among those that all cards could have, or NULL */
static struct ecom_slot *find_slot(long i)
{
	struct ecom_card *card = cards[i / CARD_SLOTS_MAX];

	return card && i % CARD_SLOTS_MAX < card->slot_count ? card->slots[i % CARD_SLOTS_MAX] :
							       NULL;
}

static int dump_slots(struct sk_buff *skb, struct netlink_callback *cb)
{
	long i;

	mutex_lock(&cards_lock);
	begin_part(cb);
	for (i = cb->args[0]; i < ECOM_CARDS_MAX * CARD_SLOTS_MAX; i++) {
		struct ecom_slot *slot = find_slot(i);

		if (slot && dump_slot(skb, cb, slot))
			break;
	}
	cb->args[0] = i;
	mutex_unlock(&cards_lock);
	return skb->len;
}

/* No command takes an attribute. */
static const struct nla_policy no_attributes[] = {
	[1] = { .type = NLA_REJECT },
};

static const struct genl_small_ops operations[] = {
	{ .cmd = ECOM_CMD_CARD_GET, .dumpit = dump_cards },
	{ .cmd = ECOM_CMD_SLOT_GET, .dumpit = dump_slots },
};

static const struct genl_multicast_group groups[] = {
	{ .name = ECOM_GENL_EVENTS },
};

static struct genl_family family __ro_after_init = {
	.name = ECOM_GENL_NAME,
	.version = ECOM_GENL_VERSION,
	.module = THIS_MODULE,
	.maxattr = ARRAY_SIZE(no_attributes) - 1,
	.policy = no_attributes,
	.small_ops = operations,
	.n_small_ops = ARRAY_SIZE(operations),
	.resv_start_op = ECOM_CMD_CARD_GET,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int __init ecom_netlink_init(void)
{
	return genl_register_family(&family);
}

void ecom_netlink_exit(void)
{
	genl_unregister_family(&family);
}
