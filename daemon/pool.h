/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_POOL_H
#define ECEMAIL_POOL_H

#include "session.h"

/* Which session a submission gets. The engine's own; @sessions holds all of them. */

/* All servers together; each has a limit of its own. */
#define POOL_TOTAL 256

/* Sessions to the setup's server that have a submission. */
unsigned int pool_busy(const GQueue *sessions, const struct setup *setup);

/* The session of this setup that became idle last, or NULL. */
struct session *pool_idle(const GQueue *sessions, const struct setup *setup);

/*
 * True if one more session may be opened to the setup's server, @limit being
 * how many it may have. Says QUIT to idle ones of other setups to get there.
 */
bool pool_make_room(GQueue *sessions, const struct setup *setup, unsigned int limit);

/* The setup is no longer in use: neither are its sessions, once they are idle. */
void pool_retire(GQueue *sessions, const struct setup *setup);

#endif /* ECEMAIL_POOL_H */
