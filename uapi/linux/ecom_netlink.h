/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Generic netlink family "ecom": what happens to cards, slots and requests.
 *
 * Events are told to the multicast group "events" as ECOM_CMD_EVENT. Each has
 * a sequence number, one more than the event before; both dumps give the
 * number of the last event. A listener that misses a number (or is told
 * ENOBUFS) has lost events: it dumps again and goes on from the number there.
 * A dump during which a card came or went says so (NLM_F_DUMP_INTR): it holds
 * every card that was there all the time, and is best asked for again.
 *
 * The kernel never waits for anybody here. Nothing personal passes: no
 * recipients, no texts. Documentation/netlink/ecom.yaml describes the same.
 */
#ifndef _UAPI_LINUX_ECOM_NETLINK_H
#define _UAPI_LINUX_ECOM_NETLINK_H

#define ECOM_GENL_NAME		"ecom"
#define ECOM_GENL_VERSION	1
#define ECOM_GENL_EVENTS	"events"

/**
 * enum ecom_cmd - commands
 * @ECOM_CMD_CARD_GET: dump; ECOM_A_CARD_* of each card
 * @ECOM_CMD_SLOT_GET: dump; ECOM_A_SLOT_* of each slot
 * @ECOM_CMD_EVENT: event; ECOM_A_EVENT_*
 */
enum ecom_cmd {
	ECOM_CMD_CARD_GET = 1,
	ECOM_CMD_SLOT_GET,
	ECOM_CMD_EVENT,
	/* private: */
	__ECOM_CMD_MAX
};

#define ECOM_CMD_MAX	(__ECOM_CMD_MAX - 1)

/**
 * enum ecom_attr_card - a card
 * @ECOM_A_CARD_INDEX: u32, its number in this PC
 * @ECOM_A_CARD_PCI: string, "0000:05:00.0"
 * @ECOM_A_CARD_SERIAL: string
 * @ECOM_A_CARD_FIRMWARE: u32, major << 24 | minor << 16 | build
 * @ECOM_A_CARD_GENERATION: u32
 * @ECOM_A_CARD_TROUBLE: string, why it is not served; absent when it is
 * @ECOM_A_CARD_SLOTS: u32, number of slots
 * @ECOM_A_CARD_SEQUENCE: u64, number of the last event told
 */
enum ecom_attr_card {
	ECOM_A_CARD_INDEX = 1,
	ECOM_A_CARD_PCI,
	ECOM_A_CARD_SERIAL,
	ECOM_A_CARD_FIRMWARE,
	ECOM_A_CARD_GENERATION,
	ECOM_A_CARD_TROUBLE,
	ECOM_A_CARD_SLOTS,
	ECOM_A_CARD_SEQUENCE,
	/* private: */
	ECOM_A_CARD_PAD,
	__ECOM_A_CARD_MAX
};

#define ECOM_A_CARD_MAX	(__ECOM_A_CARD_MAX - 1)

/**
 * enum ecom_attr_slot - a slot
 * @ECOM_A_SLOT_CARD: u32, number of its card
 * @ECOM_A_SLOT_NUMBER: u32, K number
 * @ECOM_A_SLOT_NAME: string, of its device: "ecom0s1"
 * @ECOM_A_SLOT_MODULE: string, "H2-ECOM100"
 * @ECOM_A_SLOT_DIP: u32, DIP switches
 * @ECOM_A_SLOT_ATTACHED: u32, 1 while a daemon holds it
 * @ECOM_A_SLOT_HEALTH: u32, register V1
 * @ECOM_A_SLOT_QUEUE_USED: u32
 * @ECOM_A_SLOT_QUEUE_DEPTH: u32
 * @ECOM_A_SLOT_ACCEPTED: u32, frames
 * @ECOM_A_SLOT_BUSY: u32, frames that found the queue full
 * @ECOM_A_SLOT_REFUSED: u32, frames
 * @ECOM_A_SLOT_EXPIRED: u32, requests
 * @ECOM_A_SLOT_SEQUENCE: u64, number of the last event told
 */
enum ecom_attr_slot {
	ECOM_A_SLOT_CARD = 1,
	ECOM_A_SLOT_NUMBER,
	ECOM_A_SLOT_NAME,
	ECOM_A_SLOT_MODULE,
	ECOM_A_SLOT_DIP,
	ECOM_A_SLOT_ATTACHED,
	ECOM_A_SLOT_HEALTH,
	ECOM_A_SLOT_QUEUE_USED,
	ECOM_A_SLOT_QUEUE_DEPTH,
	ECOM_A_SLOT_ACCEPTED,
	ECOM_A_SLOT_BUSY,
	ECOM_A_SLOT_REFUSED,
	ECOM_A_SLOT_EXPIRED,
	ECOM_A_SLOT_SEQUENCE,
	/* private: */
	ECOM_A_SLOT_PAD,
	__ECOM_A_SLOT_MAX
};

#define ECOM_A_SLOT_MAX	(__ECOM_A_SLOT_MAX - 1)

/**
 * enum ecom_event - what has happened
 * @ECOM_EVENT_CARD_ADDED: a card has been bound
 * @ECOM_EVENT_CARD_REMOVED: a card has been unplugged or unbound
 * @ECOM_EVENT_CARD_SERVED: it is served from now on, also after power-up
 * @ECOM_EVENT_CARD_LOST: its heartbeat stands still or it is not itself
 * @ECOM_EVENT_REQUEST_QUEUED: accepted from the PLC
 * @ECOM_EVENT_REQUEST_DELIVERED: read by the daemon
 * @ECOM_EVENT_REQUEST_REQUEUED: released, or left behind by a daemon that fell
 * @ECOM_EVENT_REQUEST_PROGRESS: the daemon has reported a state
 * @ECOM_EVENT_REQUEST_COMPLETED: ended by the daemon
 * @ECOM_EVENT_REQUEST_EXPIRED: ended by its deadline
 * @ECOM_EVENT_REQUEST_ABANDONED: ended because its daemon fell or none serves
 * @ECOM_EVENT_WX_BUSY: a frame found the queue full
 * @ECOM_EVENT_WX_REFUSED: a frame was refused; the reason goes with it
 */
enum ecom_event {
	ECOM_EVENT_CARD_ADDED = 1,
	ECOM_EVENT_CARD_REMOVED,
	ECOM_EVENT_CARD_SERVED,
	ECOM_EVENT_CARD_LOST,
	ECOM_EVENT_REQUEST_QUEUED,
	ECOM_EVENT_REQUEST_DELIVERED,
	ECOM_EVENT_REQUEST_REQUEUED,
	ECOM_EVENT_REQUEST_PROGRESS,
	ECOM_EVENT_REQUEST_COMPLETED,
	ECOM_EVENT_REQUEST_EXPIRED,
	ECOM_EVENT_REQUEST_ABANDONED,
	ECOM_EVENT_WX_BUSY,
	ECOM_EVENT_WX_REFUSED,
	/* private: */
	__ECOM_EVENT_MAX
};

/**
 * enum ecom_attr_event - an event
 * @ECOM_A_EVENT_SEQUENCE: u64, one more than that of the event before
 * @ECOM_A_EVENT_KIND: u32, enum ecom_event
 * @ECOM_A_EVENT_TIME: u64, CLOCK_BOOTTIME, nanoseconds
 * @ECOM_A_EVENT_CARD: u32
 * @ECOM_A_EVENT_SLOT: u32, K number; absent for events of a card
 * @ECOM_A_EVENT_REQUEST: u64, request number; requests only
 * @ECOM_A_EVENT_TAG: u32; requests, and frames that were busy or refused
 * @ECOM_A_EVENT_STATE: u32, SMTP state; requests only
 * @ECOM_A_EVENT_STATUS: u32; requests only, 1 until they are final
 * @ECOM_A_EVENT_SENT: u32, enum slave89_sent; requests only
 * @ECOM_A_EVENT_REASON: u32, of a refused frame
 */
enum ecom_attr_event {
	ECOM_A_EVENT_SEQUENCE = 1,
	ECOM_A_EVENT_KIND,
	ECOM_A_EVENT_TIME,
	ECOM_A_EVENT_CARD,
	ECOM_A_EVENT_SLOT,
	ECOM_A_EVENT_REQUEST,
	ECOM_A_EVENT_TAG,
	ECOM_A_EVENT_STATE,
	ECOM_A_EVENT_STATUS,
	ECOM_A_EVENT_SENT,
	ECOM_A_EVENT_REASON,
	/* private: */
	ECOM_A_EVENT_PAD,
	__ECOM_A_EVENT_MAX
};

#define ECOM_A_EVENT_MAX	(__ECOM_A_EVENT_MAX - 1)

#endif /* _UAPI_LINUX_ECOM_NETLINK_H */
