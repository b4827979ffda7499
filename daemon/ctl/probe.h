/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_PROBE_H
#define ECEMAIL_CTL_PROBE_H

#include "conversation.h"

/* Holds the conversation, and looks at the certificate if it was refused. */
void probe_hold(struct conversation *conversation);

/* Adds what a status means to an object: "meaning", "cause", "remedy", "detail_text". */
void probe_add_meaning(JsonObject *object, const struct outcome *outcome);

#endif /* ECEMAIL_CTL_PROBE_H */
