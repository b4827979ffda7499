/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The character device of one ECOM slot, /dev/ecom<card>s<slot>.
 *
 * A PLC's ladder program writes request frames to the slot (WX to Mock Slave
 * 89) and reads their outcome (RX). The kernel answers both at once, from the
 * slot's queue and registers; what a request means is up to the process that
 * has opened the device, called the daemon here. Its way with a request:
 *
 *   read()         one request, oldest first: it is DELIVERED now
 *   PROGRESS       how far it is, and what is to happen if the daemon dies or
 *                  the deadline comes first
 *   COMPLETE       its final status, which the ladder program gets by RX
 *   RELEASE        instead of COMPLETE: back into the queue, in order
 *
 * Life of a request: FREE, QUEUED at its WX, DELIVERED by read(), and final by
 * COMPLETE or, when its deadline comes first, EXPIRED. The first final status
 * wins; PROGRESS, COMPLETE and RELEASE on a request already final fail with
 * ESTALE, so a daemon that reports its last state before the point of no
 * return ("end of data" of a mail) can never go past it in vain.
 *
 * close() requeues or ends what was delivered and not completed, each request
 * by its own @on_release. Requests requeued this way are delivered again one
 * at a time, each only once the one before is final or released: if one of
 * them makes the daemon fall, it is delivered alone and gets the charge. The
 * third charge ends it with status 22.
 *
 * Opening O_RDWR makes the daemon: one at a time, else EBUSY. Opening O_RDONLY
 * is for inspection, by any number: only GET_INFO, GET_REGISTERS and
 * GET_FRAMES work then, the rest and read() fail with EPERM. O_WRONLY fails
 * with EINVAL.
 *
 * poll() reports EPOLLIN when read() would return a request, EPOLLHUP and
 * EPOLLERR once the card is gone; from then on every call fails with ENODEV.
 *
 * All structures may grow at their end. The kernel takes one that is as long as
 * when it was first published (shorter: EINVAL) as if it ended in zeroes, and
 * one longer than its own if the tail is zero (else E2BIG). What it returns is
 * cut to the caller's size, or followed by zeroes. Reserved and padding fields
 * must be 0, else EINVAL. Numbers are in the machine's byte order; there are no
 * pointers.
 *
 * Errors common to all ioctls: EFAULT (bad address), ENODEV (card gone),
 * ENOTTY (no such command), EPERM (device opened O_RDONLY).
 */
#ifndef _UAPI_LINUX_ECOM_H
#define _UAPI_LINUX_ECOM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ECOM_FRAME_MAX		128	/* bytes of a request frame */
#define ECOM_REGISTERS_MAX	64	/* words of one GET_REGISTERS */
#define ECOM_TEXT_MAX		94	/* bytes of a reply text */
#define ECOM_LABEL_MAX		24	/* bytes of a label */
#define ECOM_TIMEOUT_MAX	65535	/* seconds */

/**
 * struct ecom_request - one request, as read() returns it
 * @id: request number, from 1, counts up per slot within a host generation
 * @accepted_ns: when its WX was accepted, CLOCK_BOOTTIME, nanoseconds
 * @deadline_ns: when it expires, CLOCK_BOOTTIME, nanoseconds
 * @card_generation: of the card at acceptance, never 0
 * @host_generation: of this binding of the driver to the card, never 0
 * @flags: ECOM_REQUEST_*
 * @length: bytes of @frame in use, 4 to 128
 * @command: the frame's command byte
 * @tag: the frame's tag byte
 * @charges: how often a daemon fell while this request alone was delivered,
 *	0 to 2
 * @reserved: 0
 * @frame: the request frame as the PLC wrote it (Mock Slave 89 specification),
 *	the rest 0. The kernel has checked version, flags and size only.
 *
 * read() returns exactly one such record. A buffer that is too short gets
 * EMSGSIZE, a faulting one EFAULT; the request stays in the queue both times.
 */
struct ecom_request {
	__aligned_u64 id;
	__aligned_u64 accepted_ns;
	__aligned_u64 deadline_ns;
	__u32 card_generation;
	__u32 host_generation;
	__u32 flags;
	__u16 length;
	__u8 command;
	__u8 tag;
	__u32 charges;
	__u32 reserved;
	__u8 frame[ECOM_FRAME_MAX];
};

/* The card was powered up since: no RX will ask for the outcome any more. */
#define ECOM_REQUEST_ORPHAN	(1U << 0)
/* Delivered before, to a daemon that closed the device without an outcome. */
#define ECOM_REQUEST_REDELIVERED (1U << 1)

/**
 * struct ecom_info - what the slot is (GET_INFO)
 * @features: ECOM_FEATURE_*, none defined yet
 * @card: number of the card in this PC, as in the device's name
 * @slot: K number of the slot in the PLC's base, 0 to 15
 * @dip: DIP switches, bit 7 enables Mock Slaves 89 and 90
 * @firmware: of the module, major << 24 | minor << 16 | build
 * @card_firmware: of the card, likewise
 * @card_generation: current one; 0 while the card does not answer
 * @host_generation: of this binding of the driver to the card
 * @queue_depth: requests that the slot can hold
 * @queue_used: requests that it holds, delivered ones included
 * @timeout: seconds that a request accepted now will have
 * @wx_accepted: frames accepted in this host generation
 * @wx_busy: frames refused because the queue was full
 * @wx_refused: frames refused for a reason in them
 * @rx_accepted: RX answered
 * @rx_refused: RX refused
 * @sequence_errors: mailbox requests whose sequence did not follow
 * @expired: requests whose deadline came first
 * @module: module type, "H2-ECOM100", NUL padded
 * @serial: serial number of the card, NUL padded
 * @ethernet: Ethernet address of the module
 * @reserved: 0
 */
struct ecom_info {
	__u32 features;
	__u32 card;
	__u32 slot;
	__u32 dip;
	__u32 firmware;
	__u32 card_firmware;
	__u32 card_generation;
	__u32 host_generation;
	__u32 queue_depth;
	__u32 queue_used;
	__u32 timeout;
	__u32 wx_accepted;
	__u32 wx_busy;
	__u32 wx_refused;
	__u32 rx_accepted;
	__u32 rx_refused;
	__u32 sequence_errors;
	__u32 expired;
	__u8 module[16];
	__u8 serial[16];
	__u8 ethernet[6];
	__u8 reserved[2];
};

/**
 * struct ecom_result - what a status says beyond its number
 * @status: decimal status code, 0 to 65535
 * @state: SMTP state in which the request ended or is, 0 to 9
 * @reply: the server's basic reply code, 0 to 999, 0 none
 * @enhanced: the server's enhanced code: class, subject, detail; 0 none
 * @detail: detail code, 0 none
 * @sent: enum slave89_sent, 0 to 3
 * @text_length: bytes of @text in use, 0 to 94
 * @reserved: 0
 * @text: beginning of the server's last line, printable ASCII
 * @reserved2: 0
 *
 * The kernel checks the ranges, passes it on to the registers, and acts upon
 * nothing but its being final.
 */
struct ecom_result {
	__u16 status;
	__u16 state;
	__u16 reply;
	__u16 enhanced[3];
	__u16 detail;
	__u16 sent;
	__u16 text_length;
	__u16 reserved;
	__u8 text[ECOM_TEXT_MAX];
	__u8 reserved2[2];
};

/**
 * struct ecom_progress - how far a request is (PROGRESS)
 * @id: of a request that this open file holds
 * @state: SMTP state, 0 to 9; RX shows it while the request is busy
 * @on_expire: status to give if the deadline comes now, 2 to 65535
 * @on_expire_sent: enum slave89_sent to go with it
 * @on_release: what close() does with the request: 0 requeues it, 2 to 65535
 *	ends it with this status
 * @on_release_sent: enum slave89_sent to go with it
 * @reserved: 0
 * @label: what the ring of outcomes shows of the request: the beginning of
 *	the Subject, NUL padded
 *
 * Taken whole or not at all, and atomic against the deadline: when it
 * succeeds, the request was not final at that moment and the new @on_expire
 * and @on_release hold.
 *
 * Errors: ENOENT (no such request, or not delivered to this file), ESTALE
 * (already final), EINVAL (a field out of its range).
 */
struct ecom_progress {
	__aligned_u64 id;
	__u16 state;
	__u16 on_expire;
	__u16 on_expire_sent;
	__u16 on_release;
	__u16 on_release_sent;
	__u16 reserved[3];
	__u8 label[ECOM_LABEL_MAX];
};

/**
 * struct ecom_complete - the end of a request (COMPLETE)
 * @id: of a request that this open file holds
 * @result: final: @result.status is anything but 1 (busy)
 * @reserved: 0
 *
 * Errors: as PROGRESS. A second COMPLETE fails with ESTALE.
 */
struct ecom_complete {
	__aligned_u64 id;
	struct ecom_result result;
	__u32 reserved;
};

/**
 * struct ecom_release - hand a request back (RELEASE)
 * @id: of a request that this open file holds
 * @reserved: 0
 *
 * The request goes back to its place in the queue and expires as 10 there.
 * No charge is made.
 *
 * Errors: ENOENT, ESTALE, EINVAL as PROGRESS.
 */
struct ecom_release {
	__aligned_u64 id;
	__aligned_u64 reserved;
};

/**
 * struct ecom_settings - of the slot (SET)
 * @timeout: seconds from acceptance to deadline, 1 to 65535, for requests
 *	accepted from now on. 60 until set; stays when the file closes.
 * @health: status of the module without any mail, shown in register V1
 *	(IB-710's Status), 0 to 65535. 10 whenever no daemon is there.
 *
 * Errors: EINVAL (a field out of its range).
 */
struct ecom_settings {
	__u32 timeout;
	__u32 health;
};

/**
 * struct ecom_registers - registers (GET_REGISTERS, SET_REGISTERS)
 * @station: 0x89 or 0x90, BCD
 * @address: of the first word, 0 to 65535
 * @count: words, 1 to 64
 * @reserved: 0
 * @words: the registers
 *
 * GET_REGISTERS gives what an RX would get, in one snapshot. SET_REGISTERS
 * writes, all at once, what belongs to the PC: the module information at V100
 * to V377 of station 89, and the scratch file of station 90.
 *
 * Errors: EINVAL (no such registers, or not to be written).
 */
struct ecom_registers {
	__u16 station;
	__u16 address;
	__u16 count;
	__u16 reserved;
	__u16 words[ECOM_REGISTERS_MAX];
};

/**
 * struct ecom_frame - the last transfer through a mailbox
 * @when_ns: CLOCK_BOOTTIME, nanoseconds; 0: none yet
 * @sequence: the mailbox's request counter
 * @result: low byte 0 accepted, 1 busy, 2 refused; next byte the reason
 *	(hardware specification)
 * @station: BCD
 * @address: V-memory word
 * @length: bytes of @data in use, 0 to 128
 * @reserved: 0
 * @data: as written by the PLC (WX), as answered (RX)
 */
struct ecom_frame {
	__aligned_u64 when_ns;
	__u32 sequence;
	__u16 result;
	__u16 station;
	__u16 address;
	__u16 length;
	__u32 reserved;
	__u8 data[ECOM_FRAME_MAX];
};

/**
 * struct ecom_frames - the slot's WX/RX mailbox registers (GET_FRAMES)
 * @wx: last WX
 * @rx: last RX
 */
struct ecom_frames {
	struct ecom_frame wx;
	struct ecom_frame rx;
};

#define ECOM_IOC_MAGIC		0xec

#define ECOM_IOC_GET_INFO	_IOR(ECOM_IOC_MAGIC, 0x00, struct ecom_info)
#define ECOM_IOC_PROGRESS	_IOW(ECOM_IOC_MAGIC, 0x01, struct ecom_progress)
#define ECOM_IOC_COMPLETE	_IOW(ECOM_IOC_MAGIC, 0x02, struct ecom_complete)
#define ECOM_IOC_RELEASE	_IOW(ECOM_IOC_MAGIC, 0x03, struct ecom_release)
#define ECOM_IOC_SET		_IOW(ECOM_IOC_MAGIC, 0x04, struct ecom_settings)
#define ECOM_IOC_GET_REGISTERS	_IOWR(ECOM_IOC_MAGIC, 0x05, struct ecom_registers)
#define ECOM_IOC_GET_FRAMES	_IOR(ECOM_IOC_MAGIC, 0x06, struct ecom_frames)
#define ECOM_IOC_SET_REGISTERS	_IOW(ECOM_IOC_MAGIC, 0x07, struct ecom_registers)

#endif /* _UAPI_LINUX_ECOM_H */
