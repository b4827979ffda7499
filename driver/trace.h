/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: every change of a request, every transfer through a mailbox,
 * every change of a card.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ecom

#if !defined(ECOM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ECOM_TRACE_H

#include <linux/tracepoint.h>

#include <linux/ecom_netlink.h>
#include "queue.h"

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
	TP_PROTO(int card, int slot, bool rx, const struct ecom_frame *frame),
	TP_ARGS(card, slot, rx, frame),
	TP_STRUCT__entry(
		__field(int, card)
		__field(int, slot)
		__field(bool, rx)
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
		__entry->sequence = frame->sequence;
		__entry->station = frame->station;
		__entry->address = frame->address;
		__entry->length = frame->length;
		__entry->result = frame->result;
	),
	TP_printk("%d:K%d %s sequence=%u station=%x V%o length=%u result=%u reason=%u",
		  __entry->card, __entry->slot, __entry->rx ? "RX" : "WX",
		  __entry->sequence, __entry->station, __entry->address, __entry->length,
		  __entry->result & 0xff, __entry->result >> 8)
);

TRACE_EVENT(ecom_card,
	TP_PROTO(int card, u32 generation, bool serving),
	TP_ARGS(card, generation, serving),
	TP_STRUCT__entry(
		__field(int, card)
		__field(u32, generation)
		__field(bool, serving)
	),
	TP_fast_assign(
		__entry->card = card;
		__entry->generation = generation;
		__entry->serving = serving;
	),
	TP_printk("card=%d generation=%08x serving=%d", __entry->card, __entry->generation,
		  __entry->serving)
);

#endif /* ECOM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
