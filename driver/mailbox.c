// SPDX-License-Identifier: GPL-2.0-only
/*
 * The WX and RX mailbox of a slot (hardware specification, section 6).
 *
 * A request is pending while its sequence differs from our acknowledge. It is
 * copied out of DPRAM once and only the copy is looked at; if the sequence or
 * the card's generation has moved meanwhile, the copy may be torn and is
 * dropped. The acknowledge comes last: a WX is acknowledged only once it is in
 * the queue and its tag reads busy.
 *
 * All of this runs with the io_lock and the slot's mailbox_lock held.
 */
#include <linux/ktime.h>

#include "ecom.h"
#include "trace.h"

/* Where a mailbox is in the slot block */
struct mailbox_place {
	u32 request;
	u32 ack;
	u32 result;
};

static const struct mailbox_place wx_place = {
	SLOT_WX_REQUEST,
	SLOT_WX_ACK,
	SLOT_WX_RESULT,
};

static const struct mailbox_place rx_place = {
	SLOT_RX_REQUEST,
	SLOT_RX_ACK,
	SLOT_RX_RESULT,
};

static u32 slot_read(struct ecom_slot *slot, u32 offset)
{
	return ecom_read(slot->card, slot->base + offset);
}

static void slot_write(struct ecom_slot *slot, u32 offset, u32 value)
{
	ecom_write(slot->card, slot->base + offset, value);
}

static void start_mailbox(struct ecom_slot *slot, struct ecom_mailbox *box,
			  const struct mailbox_place *place)
{
	bool done;

	box->ack = slot_read(slot, place->request);
	done = box->accepted_valid && box->ack == box->accepted;
	slot_write(slot, place->result,
		   done ? MAILBOX_ACCEPTED : MAILBOX_RESULT(MAILBOX_REFUSED, REASON_NONE));
	slot_write(slot, place->ack, box->ack);
}

/**
 * ecom_mailbox_start() - acknowledge whatever lies in the mailboxes
 * @slot: slot whose @serving is the card's generation now
 *
 * What has been accepted already stays accepted: the card may not have seen
 * the answer yet.
 */
void ecom_mailbox_start(struct ecom_slot *slot)
{
	start_mailbox(slot, &slot->wx, &wx_place);
	start_mailbox(slot, &slot->rx, &rx_place);
}

/*
 * Is the card still the one, and the request still the one? The generation last,
 * as in ecom_identification_stale().
 */
static bool still_same(struct ecom_slot *slot, const struct mailbox_place *place, u32 sequence)
{
	return slot_read(slot, place->request) == sequence &&
	       ecom_read(slot->card, CARD_MAGIC) == CARD_MAGIC_VALUE &&
	       ecom_read(slot->card, CARD_GENERATION) == slot->serving;
}

/* Copy what is pending out of DPRAM; false when there is nothing to serve. */
static bool take(struct ecom_slot *slot, struct ecom_mailbox *box,
		 const struct mailbox_place *place, struct mailbox_transfer *t)
{
	memset(t, 0, sizeof(*t));
	t->sequence = slot_read(slot, place->request);
	if (t->sequence == box->ack)
		return false;
	/* header and address lie at the same distance from both requests */
	t->header = slot_read(slot, place->request + SLOT_WX_HEADER - SLOT_WX_REQUEST);
	t->address = slot_read(slot, place->request + SLOT_WX_ADDRESS - SLOT_WX_REQUEST);
	if (place == &wx_place && mailbox_header_valid(t->header)) {
		u32 length = MAILBOX_LENGTH(t->header);

		ecom_read_bytes(slot->card, slot->base + SLOT_WX_DATA, t->data, length);
		/* whole words were read: keep no byte beyond the length */
		memset(t->data + length, 0, sizeof(t->data) - length);
	}
	return still_same(slot, place, t->sequence);
}

static void check_sequence(struct ecom_slot *slot, const struct ecom_mailbox *box, u32 sequence)
{
	if (sequence == box->ack + 1)
		return;
	spin_lock(&slot->queue_lock);
	slot->sequence_errors++;
	spin_unlock(&slot->queue_lock);
}

static void trace(struct ecom_slot *slot, const struct ecom_mailbox *box, bool repeated,
		  const struct mailbox_transfer *t, u32 result)
{
	trace_ecom_mailbox(slot->card->index, slot->registers.number, box == &slot->rx, repeated,
			   t, result);
}

static void remember(struct ecom_slot *slot, struct ecom_mailbox *box,
		     const struct mailbox_transfer *t, u32 result, u64 now)
{
	struct ecom_frame *last = &box->last;

	last->when_ns = now;
	last->sequence = t->sequence;
	last->result = result;
	last->station = MAILBOX_STATION(t->header);
	last->address = min_t(u32, t->address, U16_MAX);
	last->length = min_t(u32, MAILBOX_LENGTH(t->header), MAILBOX_DATA_MAX);
	memcpy(last->data, t->data, sizeof(last->data));
	trace(slot, box, false, t, result);
}

static void acknowledge(struct ecom_slot *slot, struct ecom_mailbox *box,
			const struct mailbox_place *place, u32 sequence, u32 result)
{
	if (result == MAILBOX_ACCEPTED) {
		box->accepted = sequence;
		box->accepted_valid = true;
	}
	box->ack = sequence;
	slot_write(slot, place->result, result);
	slot_write(slot, place->ack, sequence);
	ecom_slot_ring(slot);
}

static u32 accept_wx(struct ecom_slot *slot, const struct mailbox_transfer *wx, u64 now)
{
	enum mailbox_reason reason = frame_check_wx(wx, slot->registers.dip);
	u32 length = MAILBOX_LENGTH(wx->header);

	if (slot->gone)
		return MAILBOX_RESULT(MAILBOX_REFUSED, REASON_NONE);
	if (reason != REASON_NONE)
		return queue_refuse(&slot->queue, wx->data[FRAME_TAG], reason);
	if (MAILBOX_STATION(wx->header) == STATION_SCRATCH) {
		memcpy(slot->queue.scratch + wx->address * 2, wx->data, length);
		return MAILBOX_ACCEPTED;
	}
	return queue_accept(&slot->queue, wx->data, length, now);
}

static void serve_wx(struct ecom_slot *slot)
{
	struct ecom_mailbox *box = &slot->wx;
	struct mailbox_transfer wx;
	u32 result;
	u64 now;

	if (!take(slot, box, &wx_place, &wx))
		return;
	if (box->accepted_valid && wx.sequence == box->accepted) {
		trace(slot, box, true, &wx, MAILBOX_ACCEPTED);
		acknowledge(slot, box, &wx_place, wx.sequence, MAILBOX_ACCEPTED);
		return;
	}
	now = ktime_get_boottime_ns();
	check_sequence(slot, box, wx.sequence);
	spin_lock(&slot->queue_lock);
	ecom_slot_expire(slot, now);
	result = accept_wx(slot, &wx, now);
	spin_unlock(&slot->queue_lock);
	remember(slot, box, &wx, result, now);
	acknowledge(slot, box, &wx_place, wx.sequence, result);
	/* last: only the acknowledge is what the PLC waits for */
	spin_lock(&slot->queue_lock);
	ecom_slot_queue_changed(slot, now);
	spin_unlock(&slot->queue_lock);
}

static u32 answer_rx(struct ecom_slot *slot, const struct mailbox_transfer *rx, __le16 *data)
{
	enum mailbox_reason reason = frame_check_rx(rx, slot->registers.dip);
	u32 count = (MAILBOX_LENGTH(rx->header) + 1) / 2;
	u16 words[MAILBOX_DATA_MAX / 2];
	u32 i;

	/* the daemon can claim nothing any more: say nothing it could belie */
	if (slot->gone)
		return MAILBOX_RESULT(MAILBOX_REFUSED, REASON_NONE);
	if (reason != REASON_NONE) {
		slot->rx_refused++;
		return MAILBOX_RESULT(MAILBOX_REFUSED, reason);
	}
	registers_read(&slot->queue, &slot->registers, MAILBOX_STATION(rx->header), rx->address,
		       count, words);
	for (i = 0; i < count; i++)
		data[i] = cpu_to_le16(words[i]);
	slot->rx_accepted++;
	return MAILBOX_ACCEPTED;
}

static void serve_rx(struct ecom_slot *slot)
{
	struct mailbox_transfer rx;
	u32 result;
	u64 now;

	if (!take(slot, &slot->rx, &rx_place, &rx))
		return;
	now = ktime_get_boottime_ns();
	if (!slot->rx.accepted_valid || rx.sequence != slot->rx.accepted)
		check_sequence(slot, &slot->rx, rx.sequence);
	spin_lock(&slot->queue_lock);
	ecom_slot_expire(slot, now);
	result = answer_rx(slot, &rx, (__le16 *)rx.data);
	spin_unlock(&slot->queue_lock);
	if (result == MAILBOX_ACCEPTED)
		ecom_write_bytes(slot->card, slot->base + SLOT_RX_DATA, rx.data,
				 MAILBOX_LENGTH(rx.header));
	remember(slot, &slot->rx, &rx, result, now);
	acknowledge(slot, &slot->rx, &rx_place, rx.sequence, result);
}

/**
 * ecom_mailbox_serve() - serve what is pending in a slot
 * @slot: slot
 *
 * At most one request of each mailbox: the card rings for the next one.
 */
void ecom_mailbox_serve(struct ecom_slot *slot)
{
	if (!slot->serving)
		return;
	serve_wx(slot);
	serve_rx(slot);
}
