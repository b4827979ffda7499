/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: a command a line; answer lines, then "ok" or "error: …".
 */
#ifndef PLCSIM_CONTROL_H
#define PLCSIM_CONTROL_H

#include "tests/plcsim/session.h"

struct control {
	struct simulator *simulator;
	struct source listener;
	GPtrArray *connections;
};

/* Returns 0 or a negative errno. */
int control_init(struct control *control, struct simulator *simulator, const char *path);
void control_release(struct control *control);

/* $XDG_RUNTIME_DIR or /tmp, and plcsim-UID.sock; for g_free() */
char *control_default_path(void);

#endif /* PLCSIM_CONTROL_H */
