/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ECEMAIL boxes of the PLC's program and the card: tests/plcsim/request.c
 * and card.c. While the card powers up, it does not answer the boxes.
 *
 * The module is held for one WX or RX, never for a whole mail; which box has
 * its turn is open. A tag is taken again as soon as no box has it, even where a
 * real box would wait for time-out and grace. There are as many tags as boxes,
 * or more.
 */
#define IDLE	0
#define SEND	1
#define SENDING	2
#define ASK	3
#define ASKING	4

typedef box {
	byte state;
	byte tag;
	byte mail;
#if PLAIN
	/* what the program has read before its WX: request number, V10 to V13 */
	byte id;
	byte power_up;
	byte binding;
#endif
}

box boxes[BOXES];
byte edges;			/* rising edges so far */
byte frames;			/* WX so far */

byte last_frame;		/* sequence, tag, mail of the last one accepted */
byte last_tag;
byte last_mail;

/* end() of ecemail.c */
inline end_box(b)
{
	boxes[b].state = IDLE;
	boxes[b].tag = 0;
	boxes[b].mail = 0;
#if PLAIN
	boxes[b].id = 0;
	boxes[b].power_up = 0;
	boxes[b].binding = 0
#endif
}

/* end() with 1001 */
inline end_box_unknown(b)
{
	reached(R_SP_ERROR);
	end_box(b)
}

/* The CPU's instruction has ended: finish() of card.c */
inline end_transfer()
{
	transfer = NO_TRANSFER;
	client = 0
}

/* collect() after an error of WX or RX */
inline end_transfer_with_error()
{
	if
	:: boxes[client].state == SENDING || boxes[client].state == ASKING ->
		end_box_unknown(client)
	:: else
	fi;
	end_transfer()
}

/* card_host() */
#define host_ready (ready_for == generation && host_alive)

/* tags_take(): sets @outcome to a tag that no box has, from @t on */
inline take_tag(t)
{
	outcome = NOTHING;
	for (i : 0 .. TAGS - 1) {
		k = 0;
		for (j : 0 .. BOXES - 1) {
			if
			:: boxes[j].state != IDLE && boxes[j].tag == (t + i) % TAGS -> k = 1
			:: else
			fi
		}
		if
		:: !k && outcome == NOTHING -> outcome = (t + i) % TAGS
		:: else
		fi
	}
	i = 0; j = 0; k = 0
}

/* begin() and the tag of send_frame() */
inline begin(b, t)
{
	take_tag(t);
	boxes[b].tag = outcome;
	boxes[b].mail = edges;
	boxes[b].state = SEND;
	edges++
}

/* take_answer() */
inline take_answer(b)
{
	if
#if PLAIN
	/*
	 * Documentation/mock-slave-89.rst, section 1: the program cannot tell busy
	 * from accepted, and repeats its WX if the block is not this request's.
	 */
	:: rx_status == NONE || rx_status != RUNNING && rx_id == boxes[b].id ->
		if
		:: mutated(M_PLAIN_AS_DOCUMENTED) ||
		   rx_power_up == boxes[b].power_up && rx_binding == boxes[b].binding ->
			reached(R_PLAIN_REPEATED);
			boxes[b].state = SEND
		:: else ->
			reached(R_RESTARTED_READ);
			end_box(b)
		fi
#endif
	:: rx_status == RUNNING ->
		property(rx_mail == boxes[b].mail);
		boxes[b].state = ASK
	:: rx_status == NONE && !PLAIN ->
		/* 33: only ever after a power-up or a restart of the driver */
		property(generation > 1 || host_generation > 1);
		reached(R_RESTARTED_READ);
		end_box(b)
	:: else ->
		/* of this mail, of this power-up, and true */
		property(rx_mail == boxes[b].mail);
		property(rx_generation == generation);
		property(rx_status != SENT || mails[boxes[b].mail] == 1);
		property(rx_status != NOT_SENT ||
			 (mails[boxes[b].mail] == 0 && !dot[boxes[b].mail]));
		if
		:: rx_status == SENT ->
			reached(R_SUCCESS)
		:: rx_status == NOT_SENT -> reached(R_FAILURE_READ)
		:: else ->
			reached(R_UNKNOWN_READ);
			if
			:: mails[boxes[b].mail] -> reached(R_UNKNOWN_BUT_SENT)
			:: else
			fi
		fi;
		end_box(b)
	fi
}

/* What lies in the mailbox after its end nobody looks at: fewer states. */
inline clear_wx()
{
	wx_tag = 0;
	wx_mail = 0
}

inline clear_rx()
{
	rx_tag = 0;
	rx_status = NONE;
	rx_mail = 0;
	rx_generation = 0;
#if PLAIN
	rx_id = 0;
	rx_power_up = 0;
	rx_binding = 0
#endif
}

/* take_result() of card.c, then collect() of the box */
inline take_wx_result(b)
{
	if
	:: wx_result == ACCEPTED ->
		if
		:: boxes[b].state == SENDING ->
			property(accepted[boxes[b].mail]);
			boxes[b].state = ASK
		:: else
		fi
	:: wx_result == BUSY ->
		if
		:: boxes[b].state == SENDING ->
			property(!accepted[boxes[b].mail]);
			boxes[b].state = (PLAIN -> ASK : SEND)
		:: else
		fi
	:: else ->
		if
		:: boxes[b].state == SENDING -> end_box_unknown(b)
		:: else
		fi
	fi;
	clear_wx()
}

#define may_start (transfer == NO_TRANSFER && magic)

/* Boxes are alike: of two idle ones the first begins. */
#define may_begin(b) (boxes[b].state == IDLE && edges < MAILS && \
		      (b == 0 || boxes[0].state != IDLE))

/* send_frame(), then card_start() with pending() */
inline send_frame(b)
{
	if
	:: host_ready && wx_request == wx_ack ->
		boxes[b].state = SENDING;
		transfer = WX_PUT;
		client = b;
		frames++;
		wx_tag = boxes[b].tag;
		wx_mail = boxes[b].mail;
#if PLAIN
		boxes[b].id = results[wx_tag].id;
		boxes[b].power_up = card_generation;
		boxes[b].binding = host_generation
#endif
	:: else -> end_box_unknown(b)
	fi
}

/* ask(), then card_start() with put_request() */
inline ask(b)
{
	if
	:: host_ready && rx_request == rx_ack ->
		boxes[b].state = ASKING;
		transfer = RX;
		client = b;
		rx_tag = boxes[b].tag;
		rx_request = (rx_request + 1) % 4
	:: else -> end_box_unknown(b)
	fi
}

proctype box_scan(byte b)
{
	do
	/* scan(): a rising edge. Which tag is next depends on what went before */
	:: d_step { may_begin(b) -> begin(b, 0) }
#if ANY_TAG
	:: d_step { may_begin(b) -> begin(b, 1) }
#endif
	:: d_step { boxes[b].state == SEND && may_start && frames < FRAMES -> send_frame(b) }
	:: d_step { boxes[b].state == ASK && may_start -> ask(b) }

	/* advance(): the time-out is over before the module had room */
	:: d_step {
		boxes[b].state == SEND && (frames == FRAMES || frames && wx_result == BUSY) ->
		property(!accepted[boxes[b].mail]);
		reached(R_BUSY_GAVE_UP);
		end_box(b)
	   }
#if GIVEUPS
	/* advance(): time-out and grace are over; ecom100_withdraw() */
	:: d_step {
		giveups > 0 && boxes[b].state > SEND -> giveups--; end_box_unknown(b)
	   }
#endif
	od
}

inline power_down()
{
	resets--;
	magic = 0;
	last_frame = 0;
	if
	:: transfer != NO_TRANSFER -> end_transfer_with_error()
	:: else
	fi
}

proctype card()
{
	byte ack;
	do
	/* put_request(): the sequence is the last word */
	:: d_step { transfer == WX_PUT -> transfer = WX; wx_request++ }

	/* card_look() */
	:: d_step {
		(transfer == WX || transfer == RX) && !host_ready -> end_transfer_with_error()
	   }
	:: d_step {
		transfer == WX && host_ready && wx_request == wx_ack ->
		take_wx_result(client);
		end_transfer()
	   }
	:: d_step {
		transfer == RX && host_ready && rx_request == rx_ack ->
		if
		:: boxes[client].state != ASKING
		:: boxes[client].state == ASKING && rx_result == ACCEPTED -> take_answer(client)
		:: else -> end_box_unknown(client)
		fi;
		clear_rx();
		end_transfer()
	   }

	/* look_at_heartbeat() */
	:: d_step { host_alive && !(pc && bound) -> host_alive = 0 }
#if STALLS
	:: d_step { host_alive && stalls > 0 -> stalls--; host_alive = 0 }
#endif
	:: d_step { !host_alive && pc && bound -> host_alive = 1 }

#if REPEATS
	/* a card at fault: the last accepted frame once more, by its old sequence */
	:: d_step {
		repeats > 0 && last_frame && wx_request == wx_ack &&
		(transfer == NO_TRANSFER || transfer == RX) ->
		repeats--;
		wx_request = last_frame;
		wx_tag = last_tag;
		wx_mail = last_mail
	   }
#endif

#if RESETS
	/* card_power_up(): of the whole base, so the program starts anew, … */
	:: d_step {
		resets > 0 && transfer != WX_PUT -> power_down();
		for (i : 0 .. BOXES - 1) {
			end_box(i)
		}
		i = 0
	   };
	   goto power_up
	/* … or of the card alone */
	:: d_step { resets > 0 && transfer != WX_PUT -> power_down() };
power_up:
	   /* fill_slot_block(): the data, sooner or later */
	   if
	   :: clear_wx()
	   :: skip
	   fi;
	   /* fill_card_block(): in which order is the card's affair */
	   if
	   :: generation++; card_block = generation
	   :: card_block = generation + 1; generation++
	   fi;
	   /* fill_slot_block(): WX */
	   ack = wx_ack;
	   /* fill_slot_block(): WX and RX, whose races are the same */
	   d_step { wx_request = ack; ack = 0; rx_request = rx_ack };
	   magic = 1
#endif
	od
}
