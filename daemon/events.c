// SPDX-License-Identifier: GPL-2.0-or-later
/* Generic netlink: the daemon sleeps until a card changes, instead of asking. */

#include <errno.h>
#include <glib.h>
#include <linux/ecom_netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdbool.h>
#include <sys/epoll.h>

#include "events.h"

struct events {
	struct nl_sock *socket;
	sd_event_source *io;
	void (*changed)(void *userdata);
	void *userdata;
	bool card; /* one of those read is about a card */
};

static int event_read(struct nl_msg *message, void *userdata)
{
	struct events *events = userdata;
	struct nlattr *attributes[ECOM_A_EVENT_MAX + 1];
	uint32_t kind;

	if (genlmsg_parse(nlmsg_hdr(message), 0, attributes, ECOM_A_EVENT_MAX, NULL) < 0 ||
	    genlmsg_hdr(nlmsg_hdr(message))->cmd != ECOM_CMD_EVENT ||
	    !attributes[ECOM_A_EVENT_KIND])
		return NL_SKIP;
	kind = nla_get_u32(attributes[ECOM_A_EVENT_KIND]);
	events->card |= kind == ECOM_EVENT_CARD_SERVED || kind == ECOM_EVENT_CARD_LOST;
	return NL_OK;
}

/* What could not be read was lost, and could have been about a card. */
static int events_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct events *events = userdata;
	int r = nl_recvmsgs_default(events->socket);

	(void)source;
	(void)fd;
	(void)revents;
	if (!events->card && (r >= 0 || r == -NLE_AGAIN))
		return 0;
	events->card = false;
	events->changed(events->userdata);
	return 0;
}

static int join(struct nl_sock *socket)
{
	int group, r;

	nl_socket_disable_seq_check(socket);
	r = genl_connect(socket);
	if (r < 0)
		return r == -NLE_NOMEM ? -ENOMEM : -EPROTONOSUPPORT;
	group = genl_ctrl_resolve_grp(socket, ECOM_GENL_NAME, ECOM_GENL_EVENTS);
	if (group < 0)
		return -ENOENT;
	if (nl_socket_add_membership(socket, group) < 0)
		return -EACCES;
	return nl_socket_set_nonblocking(socket) < 0 ? -EIO : 0;
}

int events_new(struct events **result, sd_event *event, void (*changed)(void *userdata),
	       void *userdata)
{
	struct events *events = g_new0(struct events, 1);
	int r;

	events->changed = changed;
	events->userdata = userdata;
	events->socket = nl_socket_alloc();
	r = events->socket ? join(events->socket) : -ENOMEM;
	if (r >= 0) {
		nl_socket_modify_cb(events->socket, NL_CB_VALID, NL_CB_CUSTOM, event_read, events);
		r = sd_event_add_io(event, &events->io, nl_socket_get_fd(events->socket), EPOLLIN,
				    events_ready, events);
	}
	if (r < 0) {
		events_free(events);
		return r;
	}
	*result = events;
	return 0;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	sd_event_source_disable_unref(events->io);
	nl_socket_free(events->socket);
	g_free(events);
}
