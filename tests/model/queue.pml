/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver/queue.c, function by function. All of it runs within a d_step of its
 * caller: the queue_lock.
 */
#define FREE		0
#define QUEUED		1
#define DELIVERED	2

typedef request {
	byte state;
	bit suspect;
	bit orphan;
	bit claimed;		/* state 8: on_expire and on_release are 18, unknown */
	byte charges;
	byte tag;
	byte mail;
	byte id;
}

typedef result {
	byte status;
	byte mail;
	byte generation;	/* of the card at acceptance */
#if PLAIN
	byte id;
#endif
}

request requests[DEPTH];
result results[TAGS];
byte last_id;
byte card_generation = !COLD;
bit attached;

hidden byte outcome;		/* of queue_accept(), next_request(), find_delivered() */
hidden byte delivered_count;
hidden byte kept;

/* Each accepted request is final, or in the queue once. */
inline check_kept()
{
	for (j : 0 .. MAILS - 1) {
		kept = 0;
		for (k : 0 .. DEPTH - 1) {
			if
			:: requests[k].state != FREE && requests[k].mail == j ->
				property(!kept && final[j] == NONE);
				kept = 1
			:: else
			fi
		}
		property(kept == (accepted[j] && final[j] == NONE && !lost[j]))
	}
	j = 0; k = 0; kept = 0
}

inline clear_request(n)
{
	requests[n].state = FREE;
	requests[n].suspect = 0;
	requests[n].orphan = 0;
	requests[n].claimed = 0;
	requests[n].charges = 0;
	requests[n].tag = 0;
	requests[n].mail = 0;
	requests[n].id = 0
}

inline count_delivered()
{
	delivered_count = 0;
	for (k : 0 .. DEPTH - 1) {
		if
		:: requests[k].state == DELIVERED -> delivered_count++
		:: else
		fi
	}
	k = 0
}

/* end_request() */
inline end_request(n, how)
{
	property(final[requests[n].mail] == NONE);
	final[requests[n].mail] = how;
	if
	:: !requests[n].orphan || mutated(M_NO_ORPHANS) ->
		results[requests[n].tag].status = how;
		results[requests[n].tag].mail = requests[n].mail
	:: else
	fi;
	clear_request(n)
}

/* queue_power_up() */
inline queue_power_up(g)
{
	card_generation = g;
	for (j : 0 .. DEPTH - 1) {
		if
		:: requests[j].state != FREE -> requests[j].orphan = 1
		:: else
		fi
	}
	if
	:: !mutated(M_RESULTS_KEPT) ->
		for (j : 0 .. TAGS - 1) {
			results[j].status = NONE;
			results[j].mail = 0;
			results[j].generation = 0;
#if PLAIN
			results[j].id = 0
#endif
		}
	:: else
	fi;
	j = 0
}

/* queue_accept(), with fill_request() and show_busy(): sets @outcome */
inline queue_accept(t, m)
{
	outcome = BUSY;
	k = NOTHING;
	for (j : 0 .. DEPTH - 1) {
		if
		:: requests[j].state != FREE && requests[j].tag == t ->
			if
			:: requests[j].orphan -> reached(R_TAG_BESIDE_ORPHAN)
			:: else -> outcome = (mutated(M_TAG_UNCHECKED) -> outcome : REFUSED)
			fi
		:: requests[j].state == FREE -> k = j
		:: else
		fi
	}
	if
	:: outcome == REFUSED -> reached(R_TAG_REFUSED)
	:: outcome == BUSY && k == NOTHING -> reached(R_BUSY)
	:: else ->
		outcome = ACCEPTED;
		property(!accepted[m]);
		accepted[m] = 1;
		if
		:: transfer != WX -> reached(R_TAKEN_THOUGH_GIVEN_UP)
		:: else
		fi;
		last_id++;
#if REBINDS || REBOOTS
		/* the Message-ID is made of these two */
		property(!(numbers[host_generation] & (1 << last_id)));
		numbers[host_generation] = numbers[host_generation] | (1 << last_id);
#endif
		requests[k].state = QUEUED;
		requests[k].tag = t;
		requests[k].mail = m;
		requests[k].id = last_id;
		if
		:: !mutated(M_BUSY_AFTER_ACK) ->
			results[t].status = RUNNING;
			results[t].mail = m;
			results[t].generation = card_generation;
#if PLAIN
			results[t].id = last_id
#endif
		:: else
		fi
	fi;
	j = 0; k = 0
}

/* next_request(): sets @outcome */
inline next_request()
{
	outcome = NOTHING;
	for (j : 0 .. DEPTH - 1) {
		if
		:: requests[j].state == QUEUED ->
			if
			:: outcome == NOTHING -> outcome = j
			:: else ->
				if
				:: requests[j].id < requests[outcome].id -> outcome = j
				:: else
				fi
			fi
		:: else
		fi
	}
	for (j : 0 .. DEPTH - 1) {
		if
		:: requests[j].state == DELIVERED && outcome != NOTHING &&
		   !mutated(M_SUSPECTS_TOGETHER) ->
			if
			:: requests[j].suspect || requests[outcome].suspect -> outcome = NOTHING
			:: else
			fi
		:: else
		fi
	}
	j = 0
}

/* queue_deliver() of what next_request() has found */
inline queue_deliver(n)
{
	requests[n].state = DELIVERED;
	count_delivered();
	for (j : 0 .. DEPTH - 1) {
		property(!(requests[j].state == DELIVERED && requests[j].suspect &&
			   delivered_count > 1))
	}
	if
	:: requests[n].suspect -> reached(R_SUSPECT_DELIVERED)
	:: else
	fi;
	j = 0; delivered_count = 0
}

/* find_delivered(): @outcome is its index, or NOTHING for ESTALE */
inline find_delivered(number)
{
	outcome = NOTHING;
	for (j : 0 .. DEPTH - 1) {
		if
		:: requests[j].state == DELIVERED && requests[j].id == number -> outcome = j
		:: else
		fi
	}
	j = 0
}

/* requeue() */
inline requeue(n)
{
	requests[n].state = QUEUED;
	requests[n].claimed = 0;
	if
	:: !requests[n].orphan ->
		property(results[requests[n].tag].mail == requests[n].mail &&
			 results[requests[n].tag].status == RUNNING)
	:: else
	fi
}

/* daemon_fell() */
inline daemon_fell(n, alone)
{
	if
	:: requests[n].claimed && !mutated(M_REQUEUE_CLAIMED) ->
		reached(R_ENDED_BY_CLAIM);
		end_request(n, UNKNOWN)
	:: mutated(M_DROP_ON_DETACH) -> clear_request(n)
	:: else ->
		property(!(alone || mutated(M_CHARGE_ALL)) || delivered_count == 1);
		requests[n].charges = requests[n].charges + (alone || mutated(M_CHARGE_ALL));
		if
		:: requests[n].charges >= CHARGES ->
			reached(R_CHARGED_OUT);
			end_request(n, NOT_SENT)
		:: else ->
			reached(R_REQUEUED);
			requests[n].suspect = 1;
			requeue(n)
		fi
	fi
}

/* queue_detach() */
inline queue_detach()
{
	attached = 0;
	count_delivered();
	for (j : 0 .. DEPTH - 1) {
		if
		:: requests[j].state == DELIVERED -> daemon_fell(j, delivered_count == 1)
		:: else
		fi
	}
	j = 0; delivered_count = 0
}

/* expire_request() */
inline expire_request(n)
{
	if
	:: requests[n].claimed ->
		reached(R_EXPIRED_CLAIMED);
		end_request(n, UNKNOWN)
	:: else ->
		if
		:: requests[n].state == QUEUED -> reached(R_EXPIRED_QUEUED)
		:: else
		fi;
		end_request(n, NOT_SENT)
	fi
}

/* A queue goes with its slot: unbind or reboot */
inline drop_queue()
{
	for (j : 0 .. DEPTH - 1) {
		if
		:: requests[j].state != FREE ->
			lost[requests[j].mail] = 1;
			clear_request(j)
		:: else
		fi
	}
	for (j : 0 .. TAGS - 1) {
		results[j].status = NONE;
		results[j].mail = 0;
		results[j].generation = 0;
#if PLAIN
		results[j].id = 0
#endif
	}
	j = 0;
	last_id = 0;
	card_generation = 0;
	attached = 0
}
