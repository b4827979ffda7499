/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_TRACE_H
#define ECEMAIL_TRACE_H

#include "slot.h"

/*
 * The trace of a slot (seed 000, section 10): to the journal at debug level, to
 * who watches it on the bus, and to the addresses of TraceTo= by UDP. Each
 * line there is time stamp, module and text.
 */

#define TRACE_PORT   29298
#define TRACE_US     (30 * 60 * G_USEC_PER_SEC) /* then it is off again */

struct trace_sender;
struct trace_sender *trace_sender_new(void);
void trace_sender_free(struct trace_sender *sender);

/* Is it on, by switch or by the configuration? */
bool trace_is_on(const struct slot *slot);

/* On for the next 30 minutes, or off. Returns 0 or a negative errno. */
int trace_switch(struct slot *slot, bool on);

/* One line. */
void trace_say(struct slot *slot, uint64_t request, unsigned int tag, const char *line);

#endif /* ECEMAIL_TRACE_H */
