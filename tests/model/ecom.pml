/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailbox handshake and life of a request, for spin (Documentation/model.rst).
 *
 *   backplane.pml   ladder boxes and card: the side behind DPRAM
 *   driver.pml      mailboxes and start of the driver, binding and its loss
 *   queue.pml       driver/queue.c: requests and results
 *   daemon.pml      daemon and mail server
 *
 * One d_step is what the code does under one lock or by one access to a word
 * of DPRAM; the comment in front of it names the function. Time is not
 * modelled: whatever waits for a clock may happen at any moment.
 *
 * A "mail" is one rising edge of an ECEMAIL box. Its number travels in the
 * frame, beside the tag, and is looked at by the properties only. They are
 * assertions, where the thing happens that must not. Lines with property() in
 * them are all there are; reached() marks what must be reachable, so that the
 * properties are not true for want of events.
 */

/* Sizes */
#ifndef MAILS
#define MAILS 2			/* rising edges */
#endif
#ifndef BOXES
#define BOXES 2			/* ECEMAIL boxes that share the module */
#endif
#ifndef TAGS
#define TAGS 2
#endif
#ifndef DEPTH
#define DEPTH 2			/* QUEUE_DEPTH */
#endif
#ifndef SESSIONS
#define SESSIONS 2		/* requests that the daemon holds at once */
#endif
#ifndef CHARGES
#define CHARGES 2		/* QUEUE_CHARGES */
#endif
#ifndef ANY_TAG
#define ANY_TAG 0		/* not only the first free one */
#endif
#ifndef COLD
#define COLD 0			/* begin with a driver that has not started yet */
#endif
#ifndef PLAIN
#define PLAIN 0			/* no boxes, but a program with plain WX and RX */
#endif
#ifndef FRAMES
#define FRAMES (MAILS + 1)	/* WX that the boxes may do, repeated ones included */
#endif

/* How often each fault may happen */
#ifndef RESETS
#define RESETS 0		/* power-up of the card */
#endif
#ifndef CRASHES
#define CRASHES 0		/* of the daemon, at any instruction */
#endif
#ifndef STOPS
#define STOPS 0			/* orderly stops of the daemon */
#endif
#ifndef REBINDS
#define REBINDS 0		/* driver unbound and bound, the daemon lives */
#endif
#ifndef REBOOTS
#define REBOOTS 0		/* the PC drops dead at any instruction, and starts */
#endif
#ifndef REPEATS
#define REPEATS 0		/* the card puts its last accepted frame again */
#endif
#ifndef STALLS
#define STALLS 0		/* the card takes a slow host for dead */
#endif
#ifndef PAUSES
#define PAUSES 0		/* the driver takes a slow card for dead */
#endif
#ifndef GIVEUPS
#define GIVEUPS 0		/* a box does not wait any longer */
#endif
#ifndef FAILURES
#define FAILURES 0		/* refused by the server, connection lost, time-out */
#endif

/*
 * Broken on purpose, one at a time: the run must find each. Those from 20 on
 * are, or once were, what driver and daemon really do: tests/model/run says
 * which are open.
 */
#define M_NONE			0
#define M_ACK_BEFORE_QUEUE	1
#define M_ACK_BEFORE_RESULT	2
#define M_CLAIM_UNCHECKED	3
#define M_NO_CLAIM		4
#define M_REPEAT_QUEUED		5
#define M_REQUEUE_CLAIMED	6
#define M_SUSPECTS_TOGETHER	7
#define M_RESULTS_KEPT		8
#define M_NO_ORPHANS		9
#define M_BUSY_AFTER_ACK	10
#define M_PENDING_KEPT		11
#define M_MAILBOX_UNLOCKED	12
#define M_GENERATION_UNCHECKED	13
#define M_TAG_UNCHECKED		14
#define M_DROP_ON_DETACH	15
#define M_COMPLETE_TWICE	16
#define M_SUCCESS_AT_DOT	17
#define M_CHARGE_ALL		18
#define M_ALL_DONE_AT_START	19
#define M_IDENTIFICATION_TORN	20
#define M_SAME_HOST_GENERATION	21
#define M_GONE_TAKEN_FOR_CLAIM	22
#define M_GONE_BEFORE_STOP	23
#define M_PLAIN_AS_DOCUMENTED	24
#define M_STALE_BACKWARDS	25
#define M_SAME_BACKWARDS	26
#ifndef MUTATION
#define MUTATION M_NONE
#endif
#define mutated(m) (MUTATION == (m))

#define property(p) assert(p)

/* What must be reached in some configuration */
#define R_SUCCESS		0
#define R_FAILURE_READ		1
#define R_UNKNOWN_READ		2
#define R_UNKNOWN_BUT_SENT	3
#define R_CLAIM_STALE		4
#define R_LATE_OUTCOME		5
#define R_EXPIRED_QUEUED	6
#define R_EXPIRED_CLAIMED	7
#define R_REQUEUED		8
#define R_SUSPECT_DELIVERED	9
#define R_REDELIVERED_SUCCESS	10
#define R_HANDED_BACK		11
#define R_CHARGED_OUT		12
#define R_ENDED_BY_CLAIM	13
#define R_BUSY			14
#define R_BUSY_GAVE_UP		15
#define R_TAG_REFUSED		16
#define R_REPEATED		17
#define R_PENDING_AT_START	18
#define R_TAKEN_THOUGH_GIVEN_UP	19
#define R_CHANGED_WHILE_READ	20
#define R_LATE_ACK		21
#define R_ORPHAN_SENT		22
#define R_TAG_BESIDE_ORPHAN	23
#define R_RESTARTED_READ	24
#define R_SENT_WITHOUT_CARD	25
#define R_GONE_TOO_LATE		26
#define R_SP_ERROR		27
#define R_SAME_GENERATION_AGAIN	28
#define R_QUIET			29
#define R_ACCEPTED_AT_START	30
#define R_PLAIN_REPEATED	31
#ifdef REACHED
/* pan counts in a variable that is no part of the state */
c_decl {
\#include <stdlib.h>
	static unsigned long reached_count[64];
	static void reached_print(void)
	{
		for (int i = 0; i < 64; i++)
			if (reached_count[i])
				printf("reached %d %lu\n", i, reached_count[i]);
	}
}
#define reached(n) c_code { reached_count[n]++; }
#else
#define reached(n) skip
#endif

/* Mailbox results: MAILBOX_ACCEPTED … in driver/card.h */
#define ACCEPTED	1
#define BUSY		2
#define REFUSED		3

/* Statuses, as far as a ladder program can decide on them */
#define NONE		0	/* 33: tag not used */
#define RUNNING		1	/* 1: busy */
#define SENT		2	/* 0: success */
#define NOT_SENT	3	/* any other with sent = no */
#define UNKNOWN		4	/* any other with sent = unknown */

/*
 * DPRAM, the words that matter. WX are few, so that their sequence is a byte.
 * Of RX no more than two are ever around.
 */
bit magic = 1;
byte generation = 1;
byte card_block = 1;		/* its other words, by the generation they belong to */
byte wx_request, wx_tag, wx_mail, wx_ack, wx_result;
byte rx_request, rx_ack;	/* modulo 4 */
byte rx_tag, rx_result, rx_status, rx_mail, rx_generation;
#if PLAIN
byte rx_id, rx_power_up, rx_binding;
#endif
byte ready_for = !COLD;
bit host_alive = 1;		/* the heartbeats, as the card judges them */

/* What the CPU waits for: transfer.write and its box */
#define NO_TRANSFER	0
#define WX		1
#define WX_PUT		2	/* the frame is there, its sequence not yet */
#define RX		3
byte transfer;
byte client;

/* Is there a PC that runs, and is the driver bound? */
bit pc = 1;
bit bound = 1;
byte host_generation = 1;
byte stopped;			/* processes of a dead PC that have noticed */

/* What the properties know of each mail; nothing of it decides anything. */
bit accepted[MAILS];
bit lost[MAILS];		/* with its queue: unbind or reboot */
byte final[MAILS];		/* the one final status, or NONE */
byte mails[MAILS];		/* that the server has taken */
byte numbers[6];		/* by host generation: set of numbers given out */

/* Between the daemon and its server */
#define ANSWERED_2YZ	1
#define ANSWERED_5YZ	2
bit dot[MAILS];			/* end of data under way */
byte answer[MAILS];

/* Budgets of the faults */
byte resets = RESETS, crashes = CRASHES, stops = STOPS, rebinds = REBINDS;
byte reboots = REBOOTS, repeats = REPEATS, stalls = STALLS, pauses = PAUSES;
byte giveups = GIVEUPS, failures = FAILURES;

#define NOTHING 255
hidden byte i, j, k;		/* within a d_step only */

#include "queue.pml"
#include "backplane.pml"
#include "daemon.pml"
#include "driver.pml"

/* Once nothing moves any more: nobody waits, and what was accepted is final. */
proctype judge()
{
	timeout -> d_step {
		reached(R_QUIET);
		for (i : 0 .. MAILS - 1) {
			property(!accepted[i] || final[i] != NONE || lost[i]);
		}
		for (i : 0 .. BOXES - 1) {
			property(boxes[i].state == IDLE);
		}
		property(edges == MAILS && transfer == NO_TRANSFER);
		property(pc && bound && !mailbox_lock && !check_lock);
		i = 0;
	}
}

init {
	atomic {
#ifdef REACHED
		c_code { atexit(reached_print); };
#endif
		run judge();
		for (i : 0 .. BOXES - 1) {
			run box_scan(i)
		}
		run card();
		run driver_mailbox();
		run driver_check();
		run deadline();
#if REBINDS || REBOOTS
		run operator();
#endif
		for (i : 0 .. SESSIONS - 1) {
			run session_work(i)
		}
		run daemon();
		for (i : 0 .. MAILS - 1) {
			run server(i)
		}
		i = 0
	}
}
