// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sessions of the engine, and who may have one.
 *
 * A session belongs to one setup for life and serves no other: what it has
 * proved (server, TLS, login) it has proved for that one. Limits are those of a
 * server, whichever setups lead there and as which one of theirs, and count what
 * is open and not quitting. Where they are reached, an idle session of another
 * setup makes way; one whose RSET is not yet answered is as good as idle in a
 * moment, so its own setup waits for it.
 *
 * Those that quit are for politeness' sake only, and so they are few: the one
 * that said it first is dropped.
 */

#include "pool.h"

#define QUITTING_MAX 16

bool pool_counts(const struct setup *setup, unsigned int index, const struct setup *other)
{
	unsigned int port = 0;
	const char *host = setup_server(other, 0, &port);

	return setup == other || setup_leads_to(setup, 0, host, port) ||
	       setup_leads_to(setup, index, host, port);
}

unsigned int pool_busy(const GQueue *sessions, const struct setup *setup)
{
	unsigned int busy = 0;

	for (const GList *at = sessions->head; at; at = at->next)
		if (session_use(at->data) == USE_BUSY &&
		    pool_counts(session_setup(at->data), session_server(at->data), setup))
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

/* Counts what is open to the server, NULL: to any, and finds who could make way. */
static unsigned int count_open(const GQueue *sessions, const char *host, unsigned int port,
			       struct session **idle)
{
	unsigned int open = 0;

	*idle = NULL;
	for (const GList *at = sessions->head; at; at = at->next) {
		enum session_use use = session_use(at->data);

		if (use == USE_ENDING ||
		    (host && !setup_leads_to(session_setup(at->data), session_server(at->data),
					     host, port)))
			continue;
		open++;
		if (use == USE_IDLE && !*idle)
			*idle = at->data;
	}
	return open;
}

/* How many are quitting, and which one for longest. */
static unsigned int count_quitting(const GQueue *sessions, struct session **oldest)
{
	unsigned int quitting = 0;

	for (const GList *at = sessions->tail; at; at = at->prev)
		if (session_use(at->data) == USE_ENDING) {
			*oldest = at->data;
			quitting++;
		}
	return quitting;
}

static bool make_room(GQueue *sessions, const char *host, unsigned int port, unsigned int limit)
{
	struct session *idle;

	while (sessions->length >= limit && count_open(sessions, host, port, &idle) >= limit) {
		if (!idle)
			return false;
		session_quit(idle);
	}
	return true;
}

bool pool_make_room(GQueue *sessions, const struct setup *setup, unsigned int index,
		    unsigned int limit)
{
	unsigned int port = 0;
	const char *host = setup_server(setup, index, &port);
	struct session *oldest;

	while (count_quitting(sessions, &oldest) > QUITTING_MAX)
		session_drop(oldest);
	return make_room(sessions, host, port, limit) && make_room(sessions, NULL, 0, POOL_TOTAL);
}

void pool_retire(GQueue *sessions, const struct setup *setup)
{
	for (GList *next, *at = sessions->head; at; at = next) {
		next = at->next;
		if (session_setup(at->data) == setup)
			session_retire(at->data);
	}
}
