/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon, by its calls to driver/cdev.c, and the mail server.
 *
 * Of the SMTP states only what the driver tells apart is here: before the
 * claim, after it, and after the end of data. Progress reports below state 8
 * change nothing that is modelled; a failed one ends the session as FAILED
 * does.
 */
#define HELD		1
#define CLAIMED		2
#define ANSWER_AWAITED	3

typedef session {
	byte step;
	byte id;
	byte mail;
	bit gone;		/* its device answers ENODEV */
}

session sessions[SESSIONS];
bit stopping;

inline clear_session(s)
{
	sessions[s].step = 0;
	sessions[s].id = 0;
	sessions[s].mail = 0;
	sessions[s].gone = 0
}

/* Phase 2 of let_go(): ecom_slot_unpublish(); the daemon sees EPOLLHUP, slot_remove() */
inline slot_gone()
{
	for (i : 0 .. SESSIONS - 1) {
		if
		:: sessions[i].step != 0 -> sessions[i].gone = 1
		:: else
		fi
	}
	i = 0;
	if
	:: attached -> queue_detach(); check_kept()
	:: else
	fi
}

/* request_complete(), queue_complete(): ends it, or is a late outcome */
inline complete(s, how)
{
	if
	:: sessions[s].gone -> reached(R_SENT_WITHOUT_CARD)
	:: else ->
		find_delivered(sessions[s].id);
		if
		:: outcome == NOTHING ->
			reached(R_LATE_OUTCOME);
			if
			:: mutated(M_COMPLETE_TWICE) ->
				property(final[sessions[s].mail] == NONE)
			:: else
			fi
		:: else ->
			if
			:: requests[outcome].suspect && how == SENT -> reached(R_REDELIVERED_SUCCESS)
			:: else
			fi;
			end_request(outcome, how);
			check_kept()
		fi
	fi;
	answer[sessions[s].mail] = 0;
	clear_session(s)
}

/* queue_progress() with state 8, request_progress() of the daemon */
inline claim(s)
{
	if
	:: sessions[s].gone ->
		if
		/* the daemon's own look at the deadline */
		:: final[sessions[s].mail] != NONE && !mutated(M_GONE_TAKEN_FOR_CLAIM) ->
			reached(R_GONE_TOO_LATE);
			clear_session(s)
		:: else -> sessions[s].step = CLAIMED
		fi
	:: else ->
		find_delivered(sessions[s].id);
		if
		:: outcome == NOTHING && !mutated(M_CLAIM_UNCHECKED) ->
			reached(R_CLAIM_STALE);
			clear_session(s)
		:: else ->
			sessions[s].step = CLAIMED;
			if
			:: outcome != NOTHING && requests[outcome].orphan ->
				reached(R_ORPHAN_SENT)
			:: else
			fi;
			if
			:: outcome != NOTHING && !mutated(M_NO_CLAIM) ->
				requests[outcome].claimed = 1
			:: else
			fi
		fi
	fi
}

/* queue_release() */
inline hand_back(s)
{
	find_delivered(sessions[s].id);
	if
	:: outcome != NOTHING ->
		requests[outcome].suspect = 0;
		requeue(outcome);
		reached(R_HANDED_BACK);
		check_kept()
	:: else
	fi;
	clear_session(s)
}

/* take_request(), request_start() */
inline read_request(s)
{
	queue_deliver(outcome);
	sessions[s].step = HELD;
	sessions[s].id = requests[outcome].id;
	sessions[s].mail = requests[outcome].mail
}

inline drop_sessions()
{
	for (i : 0 .. SESSIONS - 1) {
		clear_session(i)
	}
	i = 0
}

/* session.c sends the end of data: never in vain, never after its end was told */
inline send_dot(s)
{
	property(final[sessions[s].mail] == NONE || final[sessions[s].mail] == UNKNOWN);
	property(!dot[sessions[s].mail] && !mails[sessions[s].mail]);
	dot[sessions[s].mail] = 1;
	sessions[s].step = ANSWER_AWAITED
}

#define queue_not_empty (requests[0].state == QUEUED || requests[DEPTH - 1].state == QUEUED)

/* One request in hand: session.c, request.c. The lower sessions fill first. */
proctype session_work(byte s)
{
	do
	:: d_step { /* slot_read() */
		attached && !stopping && sessions[s].step == 0 && queue_not_empty &&
		(s == 0 || sessions[0].step != 0) ->
		next_request();
		if
		:: outcome != NOTHING -> read_request(s)
		:: else
		fi
	   }
	:: d_step { pc && sessions[s].step == HELD && !stopping -> claim(s) }
	:: d_step { sessions[s].step == CLAIMED -> send_dot(s) }
	:: d_step { /* end_of_data_answered(), request_done() */
		sessions[s].step == ANSWER_AWAITED &&
		answer[sessions[s].mail] == ANSWERED_2YZ ->
		complete(s, SENT)
	   }
#if MUTATION == M_SUCCESS_AT_DOT
	:: d_step { sessions[s].step == ANSWER_AWAITED -> complete(s, SENT) }
#endif
#if FAILURES
	:: d_step {
		sessions[s].step == ANSWER_AWAITED &&
		answer[sessions[s].mail] == ANSWERED_5YZ ->
		complete(s, NOT_SENT)
	   }
	/* fail() of transaction.c: connection lost, time-out of the daemon's own */
	:: d_step { failures > 0 && sessions[s].step == HELD -> failures--; complete(s, NOT_SENT) }
	:: d_step { failures > 0 && sessions[s].step > HELD -> failures--; complete(s, UNKNOWN) }
#endif
#if STOPS
	/* request_hand_back() at an orderly stop */
	:: d_step { stopping && sessions[s].step == HELD && !sessions[s].gone -> hand_back(s) }
	:: d_step { stopping && sessions[s].step == HELD && sessions[s].gone -> claim(s) }
#endif
	od
}

#define sessions_idle (sessions[0].step == 0 && sessions[SESSIONS - 1].step == 0)

proctype daemon()
{
	do
	/* device_open(), ecom_open(), queue_attach() */
	:: d_step { pc && bound && !attached && !stopping -> attached = 1 }
#if STOPS
	/* backplane_stop() */
	:: d_step { stops > 0 && attached -> stops--; stopping = 1 }
	/* ecom_release() */
	:: d_step {
		stopping && sessions_idle ->
		stopping = 0;
		if
		:: attached -> queue_detach(); check_kept()
		:: else
		fi
	   }
#endif
#if CRASHES
	/* exit_files(), ecom_release() */
	:: d_step {
		crashes > 0 && (attached || !sessions_idle) ->
		crashes--;
		stopping = 0;
		drop_sessions();
		if
		:: attached -> queue_detach(); check_kept()
		:: else
		fi
	   }
#endif
	od
}

/* What the mail server makes of one mail's end of data */
proctype server(byte m)
{
	do
	:: d_step {
		dot[m] ->
		property(mails[m] == 0);
		property(final[m] == NONE || final[m] == UNKNOWN);
		dot[m] = 0;
		mails[m]++;
		answer[m] = ANSWERED_2YZ
	   }
#if FAILURES
	:: d_step {
		dot[m] && failures > 0 -> failures--; dot[m] = 0; answer[m] = ANSWERED_5YZ
	   }
#endif
	od
}
