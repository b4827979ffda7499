/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_NETWORK_H
#define ECEMAIL_CTL_NETWORK_H

#include <json-glib/json-glib.h>

/*
 * How this PC reaches an address (IPv4 or IPv6; anything else: the default
 * route): "interface", "address", "prefix", "gateway", "link" (up or down),
 * "ethernet". "problem" instead of what there is not.
 */
JsonObject *network_describe(const char *server);

/* "Address: 192.168.12.86 Subnet: 255.255.0.0 Gateway: 192.168.0.1", as the seed's page has it. */
char *network_setup_line(JsonObject *network);

#endif /* ECEMAIL_CTL_NETWORK_H */
