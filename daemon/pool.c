// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sessions of the engine, and who may have one.
 *
 * A session belongs to one setup for life and serves no other: what it has
 * proved (server, TLS, login) it has proved for that one. Limits count what is
 * open and not quitting. Where they are reached, an idle session of another
 * setup makes way; one whose RSET is not yet answered is as good as idle in a
 * moment, so its own setup waits for it.
 */

#include "pool.h"

unsigned int pool_busy(const GQueue *sessions, const struct setup *setup)
{
	unsigned int busy = 0;

	for (const GList *at = sessions->head; at; at = at->next)
		if (session_use(at->data) == USE_BUSY &&
		    setup_same_server(session_setup(at->data), setup))
			busy++;
	return busy;
}

struct session *pool_idle(const GQueue *sessions, const struct setup *setup)
{
	for (const GList *at = sessions->tail; at; at = at->prev)
		if (session_use(at->data) == USE_IDLE && session_setup(at->data) == setup)
			return at->data;
	return NULL;
}

/* Counts what is open, to the setup's server or to any, and finds who could make way. */
static unsigned int count_open(const GQueue *sessions, const struct setup *setup, bool any,
			       struct session **idle)
{
	unsigned int open = 0;

	*idle = NULL;
	for (const GList *at = sessions->head; at; at = at->next) {
		enum session_use use = session_use(at->data);

		if (use == USE_ENDING ||
		    (!any && !setup_same_server(session_setup(at->data), setup)))
			continue;
		open++;
		if (use == USE_IDLE && !*idle)
			*idle = at->data;
	}
	return open;
}

static bool make_room(GQueue *sessions, const struct setup *setup, bool any, unsigned int limit)
{
	struct session *idle;

	while (count_open(sessions, setup, any, &idle) >= limit) {
		if (!idle)
			return false;
		session_quit(idle);
	}
	return true;
}

bool pool_make_room(GQueue *sessions, const struct setup *setup, unsigned int limit)
{
	return make_room(sessions, setup, false, limit) &&
	       make_room(sessions, setup, true, POOL_TOTAL);
}

void pool_retire(GQueue *sessions, const struct setup *setup)
{
	for (GList *next, *at = sessions->head; at; at = next) {
		next = at->next;
		if (session_setup(at->data) == setup)
			session_retire(at->data);
	}
}
