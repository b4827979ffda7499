// SPDX-License-Identifier: GPL-2.0-or-later
/* Address, route and link of this PC towards the mail server, by rtnetlink. */

#include <arpa/inet.h>
#include <linux/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <stdio.h>

#include "network.h"

#define SOME_SERVER "192.0.2.1" /* of TEST-NET-1: stands for the default route */
#define TEXT_MAX    64

static void set_address(JsonObject *network, const char *name, struct nl_addr *address)
{
	char text[TEXT_MAX];

	if (!address || nl_addr_iszero(address))
		return;
	nl_addr2str(address, text, sizeof(text));
	text[strcspn(text, "/")] = '\0';
	json_object_set_string_member(network, name, text);
}

/* The prefix length of the interface's address that was chosen. */
static void set_prefix(JsonObject *network, struct nl_sock *sock, int interface,
		       struct nl_addr *source)
{
	struct nl_cache *cache;

	if (rtnl_addr_alloc_cache(sock, &cache) < 0)
		return;
	for (struct nl_object *object = nl_cache_get_first(cache); object;
	     object = nl_cache_get_next(object)) {
		struct rtnl_addr *row = (struct rtnl_addr *)object;
		struct nl_addr *local = rtnl_addr_get_local(row);

		if (rtnl_addr_get_ifindex(row) != interface || !local || !source ||
		    nl_addr_get_len(local) != nl_addr_get_len(source) ||
		    memcmp(nl_addr_get_binary_addr(local), nl_addr_get_binary_addr(source),
			   nl_addr_get_len(local)) != 0)
			continue;
		json_object_set_int_member(network, "prefix", nl_addr_get_prefixlen(local));
	}
	nl_cache_free(cache);
}

static void set_link(JsonObject *network, struct nl_sock *sock, int interface)
{
	struct rtnl_link *link = NULL;
	gboolean up;

	if (rtnl_link_get_kernel(sock, interface, NULL, &link) < 0)
		return;
	up = (rtnl_link_get_flags(link) & IFF_UP) && rtnl_link_get_carrier(link);
	json_object_set_string_member(network, "interface", rtnl_link_get_name(link));
	json_object_set_string_member(network, "link", up ? "up" : "down");
	set_address(network, "ethernet", rtnl_link_get_addr(link));
	rtnl_link_put(link);
}

static void set_route(JsonObject *network, struct nl_sock *sock, struct rtnl_route *route)
{
	struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);
	struct nl_addr *source = rtnl_route_get_pref_src(route);

	set_address(network, "address", source);
	if (!hop)
		return;
	set_address(network, "gateway", rtnl_route_nh_get_gateway(hop));
	set_link(network, sock, rtnl_route_nh_get_ifindex(hop));
	set_prefix(network, sock, rtnl_route_nh_get_ifindex(hop), source);
}

static void describe(JsonObject *network, struct nl_sock *sock, const char *server)
{
	struct nl_addr *address = NULL;
	struct rtnl_route *route = NULL;
	int r;

	if (!server || nl_addr_parse(server, AF_UNSPEC, &address) < 0 ||
	    (nl_addr_get_family(address) != AF_INET && nl_addr_get_family(address) != AF_INET6)) {
		nl_addr_put(address);
		nl_addr_parse(SOME_SERVER, AF_INET, &address);
	}
	r = rtnl_route_lookup(sock, address, &route);
	if (r < 0)
		json_object_set_string_member(network, "problem", "there is no route to it");
	else
		set_route(network, sock, route);
	rtnl_route_put(route);
	nl_addr_put(address);
}

JsonObject *network_describe(const char *server)
{
	JsonObject *network = json_object_new();
	struct nl_sock *sock = nl_socket_alloc();

	if (sock && nl_connect(sock, NETLINK_ROUTE) >= 0)
		describe(network, sock, server);
	else
		json_object_set_string_member(network, "problem", "the kernel cannot be asked");
	nl_socket_free(sock);
	return network;
}

/* The seed has a mask; beyond IPv4 there is none. */
static char *subnet(JsonObject *network)
{
	gint64 prefix = json_object_get_int_member_with_default(network, "prefix", -1);
	const char *address = json_object_get_string_member_with_default(network, "address", "");
	guint32 mask;

	if (prefix < 0)
		return g_strdup("unknown");
	if (prefix > 32 || strchr(address, ':'))
		return g_strdup_printf("/%d", (int)prefix);
	mask = prefix ? ~0U << (32 - prefix) : 0;
	return g_strdup_printf("%u.%u.%u.%u", mask >> 24, mask >> 16 & 0xff, mask >> 8 & 0xff,
			       mask & 0xff);
}

char *network_setup_line(JsonObject *network)
{
	const char *problem = json_object_get_string_member_with_default(network, "problem", NULL);
	g_autofree char *mask = problem ? NULL : subnet(network);

	if (problem)
		return g_strdup(problem);
	return g_strdup_printf(
		"Address: %s Subnet: %s Gateway: %s (of this PC, %s, link %s)",
		json_object_get_string_member_with_default(network, "address", "none"), mask,
		json_object_get_string_member_with_default(network, "gateway", "none"),
		json_object_get_string_member_with_default(network, "interface", "no interface"),
		json_object_get_string_member_with_default(network, "link", "unknown"));
}
