/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_POOL_H
#define ECEMAIL_POOL_H

#include "session.h"

/* Which session a submission gets. The engine's own; @sessions holds all of them. */

/* All servers together; each has a limit of its own. */
#define POOL_TOTAL 256

/*
 * True if a mail with @setup that is with its server @index counts for a mail
 * with @other: it goes there first, too, or is where @other leads first.
 */
bool pool_counts(const struct setup *setup, unsigned int index, const struct setup *other);

/* Sessions that have a submission and count for one with this setup. */
unsigned int pool_busy(const GQueue *sessions, const struct setup *setup);

/* The session of this setup that became idle last, or NULL. */
struct session *pool_idle(const GQueue *sessions, const struct setup *setup);

/*
 * True if one more session may be opened to the server @index of the setup,
 * @limit being how many it may have. Says QUIT to idle ones, of other setups or
 * with other servers, to get there.
 */
bool pool_make_room(GQueue *sessions, const struct setup *setup, unsigned int index,
		    unsigned int limit);

/* The setup is no longer in use: neither are its sessions, once they are idle. */
void pool_retire(GQueue *sessions, const struct setup *setup);

#endif /* ECEMAIL_POOL_H */
