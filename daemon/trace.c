// SPDX-License-Identifier: GPL-2.0-or-later
/* The three ways of a trace line, and the switch that goes off by itself. */

#include <arpa/inet.h>
#include <sys/socket.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus.h"
#include "journal.h"
#include "trace.h"

struct trace_sender {
	int ipv4;
	int ipv6;
};

struct trace_sender *trace_sender_new(void)
{
	struct trace_sender *sender = g_new(struct trace_sender, 1);

	sender->ipv4 = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	sender->ipv6 = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return sender;
}

void trace_sender_free(struct trace_sender *sender)
{
	if (!sender)
		return;
	if (sender->ipv4 >= 0)
		close(sender->ipv4);
	if (sender->ipv6 >= 0)
		close(sender->ipv6);
	g_free(sender);
}

/* A line that is lost is lost: it is a trace. */
static void send_to(const struct trace_sender *sender, const char *to, const char *line)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(TRACE_PORT) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(TRACE_PORT) };

	if (inet_pton(AF_INET, to, &ipv4.sin_addr) == 1)
		sendto(sender->ipv4, line, strlen(line), MSG_NOSIGNAL, (void *)&ipv4, sizeof(ipv4));
	else if (inet_pton(AF_INET6, to, &ipv6.sin6_addr) == 1)
		sendto(sender->ipv6, line, strlen(line), MSG_NOSIGNAL, (void *)&ipv6, sizeof(ipv6));
}

/* "Wed Mar 01 10:48:26 2006 0:K1: Sending BODY", as SMTP Viewer shows it */
static void send_datagrams(const struct slot *slot, const char *line)
{
	const struct configuration *configuration = slot->backplane->configuration;
	g_autoptr(GDateTime) now = NULL;
	g_autofree char *date = NULL, *text = NULL;

	if (!configuration->trace_to)
		return;
	now = g_date_time_new_now_local();
	date = g_date_time_format(now, "%a %b %d %H:%M:%S %Y");
	text = g_strdup_printf("%s %s: %s\n", date, slot->name, line);
	for (char **to = configuration->trace_to; *to; to++)
		send_to(slot->backplane->trace_sender, *to, text);
}

void trace_say(struct slot *slot, uint64_t request, unsigned int tag, const char *line)
{
	struct journal_entry *entry = journal_entry_new(LOG_DEBUG, NULL, "%s: %s", slot->name,
							line);

	journal_field(entry, "ECEMAIL_TRACE", "1");
	journal_field(entry, "ECEMAIL_CARD", "%u", slot->card);
	journal_field(entry, "ECEMAIL_SLOT", "%u", slot->number);
	if (request) {
		journal_field(entry, "ECEMAIL_REQUEST", "%" G_GUINT64_FORMAT, request);
		journal_field(entry, "ECEMAIL_TAG", "%u", tag);
	}
	journal_write(entry);
	bus_trace(slot, line);
	send_datagrams(slot, line);
}

bool trace_is_on(const struct slot *slot)
{
	return slot->trace_until || slot->backplane->configuration->trace;
}

static void switch_off(struct slot *slot)
{
	if (!slot->trace_until)
		return;
	slot->trace_until = 0;
	slot->trace_timer = sd_event_source_disable_unref(slot->trace_timer);
	trace_say(slot, 0, 0, "EMail Trace Off");
	bus_touch(slot);
}

static int expired(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	switch_off(userdata);
	return 0;
}

int trace_switch(struct slot *slot, bool on)
{
	int r;

	if (!on) {
		switch_off(slot);
		return 0;
	}
	slot->trace_timer = sd_event_source_disable_unref(slot->trace_timer);
	r = sd_event_add_time_relative(slot->backplane->event, &slot->trace_timer, CLOCK_BOOTTIME,
				       TRACE_US, G_USEC_PER_SEC, expired, slot);
	if (r < 0)
		return r;
	slot->trace_until = (uint64_t)g_get_real_time() + TRACE_US;
	trace_say(slot, 0, 0, "EMail Trace On");
	bus_touch(slot);
	return 0;
}
