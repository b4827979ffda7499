// SPDX-License-Identifier: GPL-2.0-or-later
/* IPv4 address, mask and gateway of an interface, by libnl-route. */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

#include "network.h"

/* Nobody's: it takes the way of all that is outside (RFC 5737). */
#define OUTSIDE "192.0.2.1"

struct search {
	struct network *network;
	int interface; /* 0: not known yet */
	struct in_addr source; /* 0: any address of the interface */
	uint32_t priority; /* of the gateway's route */
};

static struct in_addr in_addr(const struct nl_addr *address)
{
	struct in_addr in = { 0 };

	if (address && nl_addr_get_len(address) == sizeof(in))
		memcpy(&in, nl_addr_get_binary_addr(address), sizeof(in));
	return in;
}

/* The interface and address that packets to the destination get */
static int look_up(struct search *search, struct nl_sock *socket, const char *destination)
{
	struct rtnl_route *route;
	struct nl_addr *address;
	int error = nl_addr_parse(destination, AF_INET, &address);

	if (error < 0)
		return error;
	error = rtnl_route_lookup(socket, address, &route);
	nl_addr_put(address);
	if (error < 0)
		return error;
	if (rtnl_route_get_nnexthops(route))
		search->interface = rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, 0));
	search->source = in_addr(rtnl_route_get_pref_src(route));
	rtnl_route_put(route);
	return 0;
}

/* The first address of the interface, or the one that is wanted */
static void visit_address(struct nl_object *object, void *argument)
{
	struct rtnl_addr *address = (struct rtnl_addr *)object;
	struct search *search = argument;
	struct network *network = search->network;
	struct in_addr local = in_addr(rtnl_addr_get_local(address));
	unsigned int prefix = rtnl_addr_get_prefixlen(address);

	if (network->address.s_addr || rtnl_addr_get_family(address) != AF_INET)
		return;
	if (search->interface && rtnl_addr_get_ifindex(address) != search->interface)
		return;
	if (search->source.s_addr && search->source.s_addr != local.s_addr)
		return;
	search->interface = rtnl_addr_get_ifindex(address);
	network->address = local;
	network->mask.s_addr = prefix ? htonl(UINT32_MAX << (32 - prefix)) : 0;
	network->dynamic = !(rtnl_addr_get_flags(address) & IFA_F_PERMANENT);
}

/* The default route through the interface, that of the least priority value */
static void visit_route(struct nl_object *object, void *argument)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	struct search *search = argument;
	struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);
	uint32_t priority = rtnl_route_get_priority(route);
	struct in_addr gateway;

	if (!hop || rtnl_route_nh_get_ifindex(hop) != search->interface ||
	    nl_addr_get_prefixlen(rtnl_route_get_dst(route)) ||
	    rtnl_route_get_table(route) != RT_TABLE_MAIN)
		return;
	gateway = in_addr(rtnl_route_nh_get_gateway(hop));
	if (!gateway.s_addr || (search->network->gateway.s_addr && priority >= search->priority))
		return;
	search->network->gateway = gateway;
	search->priority = priority;
}

static int visit(struct search *search, struct nl_sock *socket)
{
	struct nl_cache *cache;
	int error = rtnl_addr_alloc_cache(socket, &cache);

	if (error < 0)
		return error;
	nl_cache_foreach(cache, visit_address, search);
	nl_cache_free(cache);
	if (!search->network->address.s_addr)
		return 0;
	error = rtnl_route_alloc_cache(socket, AF_INET, 0, &cache);
	if (error < 0)
		return error;
	nl_cache_foreach(cache, visit_route, search);
	nl_cache_free(cache);
	return 0;
}

/* Without any way out there is just nothing to tell. */
static int find_interface(struct search *search, struct nl_sock *socket, const char *source,
			  const char *server)
{
	struct in_addr literal;

	if (source && inet_pton(AF_INET, source, &search->source) == 1)
		return 0;
	if (source) {
		search->interface = (int)if_nametoindex(source);
		return search->interface ? 0 : -NLE_NODEV;
	}
	if (!server || inet_pton(AF_INET, server, &literal) != 1)
		server = OUTSIDE;
	return look_up(search, socket, server);
}

int network_read(struct network *network, const char *source, const char *server)
{
	struct search search = { .network = network };
	struct nl_sock *socket = nl_socket_alloc();
	int error;

	memset(network, 0, sizeof(*network));
	if (!socket)
		return -ENOMEM;
	error = nl_connect(socket, NETLINK_ROUTE);
	if (error < 0) {
		nl_socket_free(socket);
		return -EIO;
	}
	error = find_interface(&search, socket, source, server) < 0 ? 0 : visit(&search, socket);
	nl_socket_free(socket);
	return error < 0 ? -EIO : 0;
}
