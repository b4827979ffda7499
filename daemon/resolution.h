/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_RESOLUTION_H
#define ECEMAIL_RESOLUTION_H

#include <stdbool.h>
#include <systemd/sd-event.h>

/* A server's name on its way to its addresses. */
struct resolution;

/*
 * @error is 0 or an EAI_ number of getaddrinfo(), @addresses a list as libcurl
 * takes it: "192.0.2.1,[2001:db8::1]". The resolution has ended by then.
 */
typedef void (*resolved_fn)(void *userdata, int error, const char *addresses);

/* Calls back from @event, once. Returns 0 or a negative errno. */
int resolution_start(struct resolution **resolution, sd_event *event, const char *name,
		     resolved_fn resolved, void *userdata);

/* Does not wait for a name server; NULL is allowed. */
void resolution_cancel(struct resolution *resolution);

/* True for an IP address, which needs none of this. */
bool is_ip_address(const char *name);

#endif /* ECEMAIL_RESOLUTION_H */
