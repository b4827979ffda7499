// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl monitor: what happens to cards, slots and requests, as the driver
 * tells it.
 *
 * It joins the group of events first and dumps cards and slots then, so nothing
 * can happen unseen in between; events that the dump already knows are left out
 * by their numbers. When events were lost (ENOBUFS, or a gap in the numbers) it
 * says so and dumps again. Events and dumps have a socket each, so that neither
 * is in the way of the other.
 */

#include <linux/ecom_netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "events.h"
#include "output.h"
#include "slots.h"

struct monitor {
	struct nl_sock *events;
	struct nl_sock *dumps;
	int family;
	gboolean filtered;
	struct slot slot; /* only this one, if filtered */
	guint64 last; /* event */
	gboolean lost;
};

static gboolean is_wanted(const struct monitor *monitor, JsonObject *object)
{
	if (!monitor->filtered)
		return TRUE;
	if (json_object_get_int_member_with_default(object, "card", -1) !=
	    (gint64)monitor->slot.card)
		return FALSE;
	return !json_object_has_member(object, "number") ||
	       json_object_get_int_member(object, "number") == (gint64)monitor->slot.number;
}

static void show(const struct monitor *monitor, JsonObject *object)
{
	g_autofree char *line = NULL;

	if (!is_wanted(monitor, object))
		return;
	if (output_as_json) {
		output_json(object);
		return;
	}
	line = events_describe(object);
	puts(line);
	output_flush();
}

static int on_dumped(struct nl_msg *message, void *argument)
{
	struct monitor *monitor = argument;
	g_autoptr(JsonObject) object = events_decode(nlmsg_hdr(message));

	if (!object)
		return NL_SKIP;
	/* what came before the older of the two dumps is in both */
	monitor->last = MIN(monitor->last, (guint64)json_object_get_int_member_with_default(
						   object, "sequence", 0));
	show(monitor, object);
	return NL_OK;
}

static int on_event(struct nl_msg *message, void *argument)
{
	struct monitor *monitor = argument;
	g_autoptr(JsonObject) object = events_decode(nlmsg_hdr(message));
	guint64 sequence;

	if (!object || monitor->lost)
		return NL_SKIP;
	sequence = (guint64)json_object_get_int_member_with_default(object, "sequence", 0);
	switch (events_follow(&monitor->last, sequence)) {
	case EVENTS_NEXT:
		show(monitor, object);
		break;
	case EVENTS_LOST:
		monitor->lost = TRUE;
		break;
	default:
		break;
	}
	return NL_OK;
}

static int dump_one(struct monitor *monitor, int command)
{
	int r = genl_send_simple(monitor->dumps, monitor->family, command, ECOM_GENL_VERSION,
				 NLM_F_DUMP);

	return r < 0 ? r : nl_recvmsgs_default(monitor->dumps);
}

static int dump(struct monitor *monitor)
{
	int r;

	/* without a card it stays so */
	monitor->last = EVENTS_ANY;
	monitor->lost = FALSE;
	r = dump_one(monitor, ECOM_CMD_CARD_GET);
	return r < 0 ? r : dump_one(monitor, ECOM_CMD_SLOT_GET);
}

static void say_lost(void)
{
	g_autoptr(JsonObject) object = json_object_new();

	if (!output_as_json) {
		puts("-- events were lost; cards and slots as they are now:");
		return;
	}
	json_object_set_string_member(object, "type", "lost");
	output_json(object);
}

/* -NLE_NOMEM is how libnl tells ENOBUFS. */
static int follow(struct monitor *monitor)
{
	int r = dump(monitor);

	while (r >= 0 && output_flush()) {
		r = nl_recvmsgs_default(monitor->events);
		if (r == -NLE_NOMEM || (r >= 0 && monitor->lost)) {
			say_lost();
			r = dump(monitor);
		}
	}
	if (r >= 0)
		return EXIT_WRONG;
	return complain(EXIT_UNKNOWN, "the driver's events have ended: %s", nl_geterror(r));
}

static int open_socket(struct nl_sock **sock, nl_recvmsg_msg_cb_t callback, struct monitor *monitor)
{
	*sock = nl_socket_alloc();
	if (!*sock)
		return -NLE_NOMEM;
	nl_socket_modify_cb(*sock, NL_CB_VALID, NL_CB_CUSTOM, callback, monitor);
	return genl_connect(*sock);
}

static int join(struct monitor *monitor)
{
	int group, r = open_socket(&monitor->dumps, on_dumped, monitor);

	if (r >= 0)
		r = open_socket(&monitor->events, on_event, monitor);
	if (r < 0)
		return complain(EXIT_UNKNOWN, "netlink: %s", nl_geterror(r));
	monitor->family = genl_ctrl_resolve(monitor->dumps, ECOM_GENL_NAME);
	group = genl_ctrl_resolve_grp(monitor->dumps, ECOM_GENL_NAME, ECOM_GENL_EVENTS);
	if (monitor->family < 0 || group < 0)
		return complain(EXIT_UNKNOWN, "the driver is not loaded: modprobe ecom; ecemailctl "
					      "status says more");
	nl_socket_disable_seq_check(monitor->events);
	r = nl_socket_add_membership(monitor->events, group);
	return r < 0 ? complain(EXIT_UNKNOWN, "netlink: %s", nl_geterror(r)) : EXIT_OK;
}

static int run(int count, char **words)
{
	struct monitor monitor = { .filtered = count > 0 };
	int r = EXIT_OK;

	if (count > 1)
		return usage_error("monitor wants one slot, or none for all");
	if (monitor.filtered)
		r = slots_find(words[0], &monitor.slot);
	if (!r)
		r = join(&monitor);
	if (!r)
		r = follow(&monitor);
	nl_socket_free(monitor.events);
	nl_socket_free(monitor.dumps);
	return r;
}

const struct command monitor_command = {
	.name = "monitor",
	.arguments = "[SLOT]",
	.summary = "what happens to cards, slots and requests, live from the driver",
	.description = "First what there is, then a line for each event. Needs no right and no daemon.\n"
		       "Ends by Ctrl-C.\n"
		       "\n"
		       "Examples:\n"
		       "  ecemailctl monitor\n"
		       "  ecemailctl monitor K1 --json",
	.run = run,
};
