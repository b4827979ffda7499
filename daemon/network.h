/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_NETWORK_H
#define ECEMAIL_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>

/* IPv4 data of an interface; what there is not is 0. */
struct network {
	struct in_addr address;
	struct in_addr mask;
	struct in_addr gateway;
	bool dynamic; /* the address has an end, as one had by DHCP has */
};

/*
 * Of the interface that mail leaves by: the one that @source names (an
 * interface or an address of it), else the one that the routes give for
 * @server, if that is an IPv4 address, else for addresses outside. Either may
 * be NULL. Asks the kernel, which answers at once. Returns 0 or a negative
 * errno.
 */
int network_read(struct network *network, const char *source, const char *server);

#endif /* ECEMAIL_NETWORK_H */
