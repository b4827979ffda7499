/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: every change of a request, every transfer through a mailbox,
 * every change of a slot and of a card. Documentation/driver.rst shows how to
 * read them.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ecom

#if !defined(ECOM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ECOM_TRACE_H

#include <linux/tracepoint.h>

#include <linux/ecom_netlink.h>
#include "frame.h"
#include "queue.h"

/* For programs that read the binary ring buffer */
TRACE_DEFINE_ENUM(ECOM_EVENT_REQUEST_QUEUED);
TRACE_DEFINE_ENUM(ECOM_EVENT_REQUEST_DELIVERED);
TRACE_DEFINE_ENUM(ECOM_EVENT_REQUEST_REQUEUED);
TRACE_DEFINE_ENUM(ECOM_EVENT_REQUEST_PROGRESS);
TRACE_DEFINE_ENUM(ECOM_EVENT_REQUEST_COMPLETED);
TRACE_DEFINE_ENUM(ECOM_EVENT_REQUEST_EXPIRED);
TRACE_DEFINE_ENUM(ECOM_EVENT_REQUEST_ABANDONED);
TRACE_DEFINE_ENUM(ECOM_EVENT_WX_BUSY);
TRACE_DEFINE_ENUM(ECOM_EVENT_WX_REFUSED);

#define ecom_event_names \
	{ ECOM_EVENT_REQUEST_QUEUED,	"queued" }, \
	{ ECOM_EVENT_REQUEST_DELIVERED,	"delivered" }, \
	{ ECOM_EVENT_REQUEST_REQUEUED,	"requeued" }, \
	{ ECOM_EVENT_REQUEST_PROGRESS,	"progress" }, \
	{ ECOM_EVENT_REQUEST_COMPLETED,	"completed" }, \
	{ ECOM_EVENT_REQUEST_EXPIRED,	"expired" }, \
	{ ECOM_EVENT_REQUEST_ABANDONED,	"abandoned" }, \
	{ ECOM_EVENT_WX_BUSY,		"busy" }, \
	{ ECOM_EVENT_WX_REFUSED,	"refused" }

TRACE_EVENT(ecom_request,
	TP_PROTO(int card, int slot, const struct queue_event *event),
	TP_ARGS(card, slot, event),
	TP_STRUCT__entry(
		__field(int, card)
		__field(int, slot)
		__field(u32, kind)
		__field(u64, request)
		__field(u32, tag)
		__field(u32, state)
		__field(u32, status)
		__field(u32, sent)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->card = card;
		__entry->slot = slot;
		__entry->kind = event->kind;
		__entry->request = event->request;
		__entry->tag = event->tag;
		__entry->state = event->state;
		__entry->status = event->status;
		__entry->sent = event->sent;
		__entry->reason = event->reason;
	),
	TP_printk("%d:K%d %s request=%llu tag=%u state=%u status=%u sent=%u reason=%u",
		  __entry->card, __entry->slot,
		  __print_symbolic(__entry->kind, ecom_event_names), __entry->request,
		  __entry->tag, __entry->state, __entry->status, __entry->sent,
		  __entry->reason)
);

TRACE_EVENT(ecom_mailbox,
	TP_PROTO(int card, int slot, bool rx, bool repeated, const struct mailbox_transfer *t,
		 u32 result),
	TP_ARGS(card, slot, rx, repeated, t, result),
	TP_STRUCT__entry(
		__field(int, card)
		__field(int, slot)
		__field(bool, rx)
		__field(bool, repeated)
		__field(u32, sequence)
		__field(u32, station)
		__field(u32, address)
		__field(u32, length)
		__field(u32, result)
	),
	TP_fast_assign(
		__entry->card = card;
		__entry->slot = slot;
		__entry->rx = rx;
		__entry->repeated = repeated;
		__entry->sequence = t->sequence;
		__entry->station = MAILBOX_STATION(t->header);
		__entry->address = t->address;
		__entry->length = MAILBOX_LENGTH(t->header);
		__entry->result = result;
	),
	TP_printk("%d:K%d %s%s sequence=%u station=%x V%o length=%u result=%u reason=%u",
		  __entry->card, __entry->slot, __entry->rx ? "RX" : "WX",
		  __entry->repeated ? " repeated" : "", __entry->sequence, __entry->station,
		  __entry->address, __entry->length, __entry->result & 0xff,
		  __entry->result >> 8)
);

TRACE_EVENT(ecom_slot,
	TP_PROTO(int card, int slot, const char *change),
	TP_ARGS(card, slot, change),
	TP_STRUCT__entry(
		__field(int, card)
		__field(int, slot)
		__array(char, change, 16)
	),
	TP_fast_assign(
		__entry->card = card;
		__entry->slot = slot;
		strscpy(__entry->change, change, sizeof(__entry->change));
	),
	TP_printk("%d:K%d %s", __entry->card, __entry->slot, __entry->change)
);

TRACE_EVENT(ecom_card,
	TP_PROTO(int card, u32 generation, bool serving, const char *trouble),
	TP_ARGS(card, generation, serving, trouble),
	TP_STRUCT__entry(
		__field(int, card)
		__field(u32, generation)
		__field(bool, serving)
		__array(char, trouble, 64)
	),
	TP_fast_assign(
		__entry->card = card;
		__entry->generation = generation;
		__entry->serving = serving;
		strscpy(__entry->trouble, trouble, sizeof(__entry->trouble));
	),
	TP_printk("%d generation=%08x serving=%d trouble=%s", __entry->card,
		  __entry->generation, __entry->serving, __entry->trouble)
);

#endif /* ECOM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
