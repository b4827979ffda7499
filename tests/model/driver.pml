/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * driver/mailbox.c, card.c, slot.c, pci.c: what looks at DPRAM, each access in
 * its order. Doorbells are not modelled: they may be lost, so each side looks
 * at any moment. Of the locks the mailbox_lock and the check_lock are here; the
 * queue_lock is the d_step.
 *
 * A PC that drops dead leaves its processes where they are: they fall out of
 * their loop, forget all, and wait for the PC to start.
 */
byte serving = !COLD;		/* slot->serving */
byte wx_acked;			/* slot->wx.ack */
byte wx_accepted;		/* slot->wx.accepted, 0: not valid */
byte rx_acked;
byte rx_accepted = NOTHING;	/* slot->rx.accepted, NOTHING: not valid */
bit card_serving = !COLD;
byte card_id = !COLD;		/* card->id.generation */
bit mailbox_lock;
bit check_lock;

/* pause() and ecom_slot_start() wait for a transfer that is being served. */
#define mailbox_free (!mailbox_lock || mutated(M_MAILBOX_UNLOCKED))

#define PROCESSES_OF_PC 2	/* the others have no place of their own */

/* An end of a dead PC's process */
inline wait_for_pc()
{
	stopped++;
	pc && stopped == 0
}

/* still_same() of an RX, in one step: its races are those of a WX */
#define card_same (generation == serving && magic)

/* serve_wx() and serve_rx(), as ecom_mailbox_serve() calls them */
proctype driver_mailbox()
{
	byte sequence, tag, mail, reply;
	bit same;
again:
	{
	do
	/* take(): the request sequence */
	:: d_step {
		serving && !mailbox_lock && wx_request != wx_acked ->
		mailbox_lock = 1;
		sequence = wx_request
	   };
		/* take(): header, address, data */
		d_step { tag = wx_tag; mail = wx_mail };
		/* still_same() */
		same = wx_request == sequence;
#if MUTATION == M_SAME_BACKWARDS
		same = same && generation == serving;
		same = same && magic;
#elif MUTATION != M_GENERATION_UNCHECKED
		same = same && magic;
		same = same && generation == serving;
#endif
		if
		:: d_step {
			!same ->
			reached(R_CHANGED_WHILE_READ);
			mailbox_lock = 0; sequence = 0; tag = 0; mail = 0
		   }
		:: d_step { same -> same = 0 };
#if MUTATION == M_ACK_BEFORE_QUEUE
			d_step { wx_result = ACCEPTED; wx_ack = sequence };
#endif
			/* serve_wx(), accept_wx() */
			d_step {
				if
				:: wx_accepted && sequence == wx_accepted &&
				   !mutated(M_REPEAT_QUEUED) ->
					reached(R_REPEATED);
					reply = ACCEPTED
				:: else ->
					queue_accept(tag, mail);
					reply = outcome;
					check_kept()
				fi
			};
			/* acknowledge() */
			d_step {
				if
				:: reply == ACCEPTED ->
					wx_accepted = sequence;
#if REPEATS
					last_frame = sequence;
					last_tag = tag;
					last_mail = mail
#endif
				:: else
				fi;
				wx_acked = sequence;
#if MUTATION == M_ACK_BEFORE_RESULT
				wx_ack = sequence
			};
			wx_result = reply;
#else
				wx_result = reply
			};
			d_step {
				if
				:: generation != serving -> reached(R_LATE_ACK)
				:: else
				fi;
				wx_ack = sequence
			};
#endif
#if MUTATION == M_BUSY_AFTER_ACK
			d_step {
				results[tag].status = RUNNING;
				results[tag].mail = mail;
				results[tag].generation = card_generation
			};
#endif
			d_step { mailbox_lock = 0; sequence = 0; tag = 0; mail = 0; reply = 0 }
		fi

	/* serve_rx(): take() */
	:: d_step {
		serving && !mailbox_lock && rx_request != rx_acked && card_same ->
		mailbox_lock = 1;
		sequence = rx_request;
		tag = rx_tag
	   };
		/* answer_rx(), registers_read(), ecom_write_bytes() */
		d_step {
			/* what RX shows is what was given, once and for all */
			property(results[tag].status == NONE ||
				 results[tag].status == RUNNING && final[results[tag].mail] == NONE ||
				 results[tag].status == final[results[tag].mail]);
			rx_status = results[tag].status;
			rx_mail = results[tag].mail;
			rx_generation = results[tag].generation;
#if PLAIN
			rx_id = results[tag].id;
			rx_power_up = card_generation;
			rx_binding = host_generation;
#endif
			rx_acked = sequence;
			rx_accepted = sequence;
			rx_result = ACCEPTED
		};
		/* acknowledge() */
		d_step { rx_ack = sequence; mailbox_lock = 0; sequence = 0; tag = 0 }
	od
	} unless { !pc };
	d_step { sequence = 0; tag = 0; mail = 0; reply = 0; same = 0 };
	wait_for_pc();
	goto again
}

/*
 * ecom_card_check(). While nothing has changed it does nothing, so it need not
 * run then, except that the change may come while it reads.
 */
#define card_changed (!magic || !card_serving || generation != card_id)

proctype driver_check()
{
	bit trouble;
	byte read, rest;
again:
	{
	do
	:: d_step { /* ecom_read_identification(): the first word, … */
		bound && (card_changed || resets > 0) ->
		check_lock = 1;
#if MUTATION == M_IDENTIFICATION_TORN
		trouble = !magic
	   };
		d_step { read = (trouble -> 0 : generation) };
#else
		read = generation
	   };
		trouble = !magic;
		/* … all others, … */
		rest = card_block;
		/* … and ecom_identification_stale() */
#if MUTATION == M_STALE_BACKWARDS
		trouble = trouble || generation != read;
		d_step {
			trouble = trouble || !magic;
#else
		trouble = trouble || !magic;
		d_step {
			trouble = trouble || generation != read;
#endif
			property(trouble || rest == read);
			read = (trouble -> 0 : read);
			rest = 0
		};
#endif
		if
		:: trouble -> /* pause() */
			d_step {
				mailbox_free ->
				serving = 0; card_serving = 0;
				check_lock = 0; trouble = 0
			}
		:: d_step {
			!trouble && card_serving && read == card_id ->
			check_lock = 0; read = 0
		   }
		:: !trouble && !(card_serving && read == card_id) ->
			/* start(): pause() */
			d_step {
				mailbox_free ->
				serving = 0;
				card_serving = 0;
				ready_for = 0
			};
			/* ecom_slot_start() */
			d_step {
				mailbox_free ->
				mailbox_lock = 1;
				card_id = read;
				serving = read;
				if
				:: card_generation != read ->
					queue_power_up(read);
					wx_accepted = 0;
					rx_accepted = NOTHING
				:: else -> reached(R_SAME_GENERATION_AGAIN)
				fi
			};
			/* start_mailbox() of WX */
			d_step {
				if
				:: mutated(M_PENDING_KEPT) -> wx_acked = wx_ack
				:: else ->
					if
					:: wx_request != wx_ack -> reached(R_PENDING_AT_START)
					:: wx_request == wx_ack && wx_accepted == wx_request &&
					   wx_request && transfer == WX ->
						reached(R_ACCEPTED_AT_START)
					:: else
					fi;
					wx_acked = wx_request
				fi
			};
			d_step {
				if
				:: mutated(M_PENDING_KEPT)
				:: mutated(M_ALL_DONE_AT_START) -> wx_result = ACCEPTED
				:: else ->
					wx_result = (wx_accepted && wx_accepted == wx_acked ->
						     ACCEPTED : REFUSED)
				fi;
				wx_ack = wx_acked;
				/* start_mailbox() of RX, whose races are the same */
				rx_acked = rx_request;
				rx_result = (rx_accepted == rx_acked -> ACCEPTED : REFUSED);
				rx_ack = rx_acked;
				mailbox_lock = 0
			};
			/* start(): ecom_identification_stale() */
			trouble = !magic;
			trouble = (trouble || generation != read) && !mutated(M_IDENTIFICATION_TORN);
			if
			:: d_step {
				trouble && mailbox_free ->
				serving = 0;
				check_lock = 0; read = 0; trouble = 0
			   }
			:: d_step {
				!trouble ->
				card_serving = 1;
				ready_for = read;
				check_lock = 0; read = 0
			   }
			fi
		fi
#if PAUSES
	/*
	 * judge(): the card's heart has stood still, withdraw(), pause(); it is seen
	 * to beat later. Or quiesce(), when the PC is suspended, and wake().
	 */
	:: d_step {
		pauses > 0 && bound && magic && card_serving ->
		pauses--;
		check_lock = 1;
		ready_for = 0
	   };
	   d_step { mailbox_free -> serving = 0; card_serving = 0; check_lock = 0 }
#endif
	od
	} unless { !pc };
	d_step { trouble = 0; read = 0; rest = 0 };
	wait_for_pc();
	goto again
}

/* expire() in slot.c, from the deadline's timer; queue_expire() */
proctype deadline()
{
	do
	:: d_step { requests[0].state != FREE -> expire_request(0); check_kept() }
#if DEPTH > 1
	:: d_step { requests[1].state != FREE -> expire_request(1); check_kept() }
#endif
	od
}

/* What a new binding knows: kzalloc(), queue_init() */
inline forget_card()
{
	serving = 0; card_serving = 0; card_id = 0;
	wx_acked = 0; wx_accepted = 0; rx_acked = 0; rx_accepted = NOTHING;
	mailbox_lock = 0; check_lock = 0
}

#if REBINDS || REBOOTS
/* The administrator, and the mains */
proctype operator()
{
	do
#if REBINDS
	/*
	 * let_go(). Sources are stopped first, then the slot is gone: what the daemon
	 * is told as ENODEV, nobody can read any more. Then the last reference goes,
	 * and ecom_probe() makes a new slot.
	 */
	:: d_step {
		bound && rebinds > 0 && !check_lock ->
		rebinds--;
		bound = 0;
		if
		:: mutated(M_GONE_BEFORE_STOP) -> slot_gone()
		:: else
		fi
	   };
	   d_step { /* quiesce(), ecom_card_stop(): withdraw(), pause() */
		mailbox_free ->
		ready_for = (magic -> 0 : ready_for);
		serving = 0;
		card_serving = 0
	   };
	   d_step {
		if
		:: mutated(M_GONE_BEFORE_STOP)
		:: else -> slot_gone()
		fi;
		drop_queue();
		forget_card();
		host_generation = host_generation + !mutated(M_SAME_HOST_GENERATION);
		bound = 1
	   }
#endif
#if REBOOTS
	/* The daemon dies with its PC, without a close() that anybody sees. */
	:: d_step {
		bound && reboots > 0 ->
		reboots--;
		pc = 0;
		drop_sessions();
		stopping = 0;
		drop_queue();
		forget_card();
		host_generation++
	   };
	   d_step { stopped == PROCESSES_OF_PC -> pc = 1; stopped = 0 }
#endif
	od
}
#endif
