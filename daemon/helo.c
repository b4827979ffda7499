// SPDX-License-Identifier: GPL-2.0-or-later
/* The name that the daemon gives itself, found without waiting for anybody. */

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helo.h"
#include "resolution.h"

#define DISCARD_PORT 9
#define SOME_SERVER  "192.0.2.1" /* of TEST-NET-1: stands for the default route */

/* A line of /etc/hosts: address, full name, other names. */
static char *full_name(char *line, const char *host)
{
	g_auto(GStrv) names = NULL;
	char *full = NULL;

	line[strcspn(line, "#")] = '\0';
	names = g_strsplit_set(line, " \t", -1);

	for (int i = 1; names[0] && names[i]; i++) {
		if (!full && *names[i])
			full = names[i];
		if (full && strchr(full, '.') && !g_ascii_strcasecmp(names[i], host))
			return g_strdup(full);
	}
	return NULL;
}

static char *name_in_hosts(const char *host)
{
	g_autofree char *hosts = NULL;
	g_auto(GStrv) lines = NULL;
	char *name = NULL;

	if (!g_file_get_contents("/etc/hosts", &hosts, NULL, NULL))
		return NULL;
	lines = g_strsplit(hosts, "\n", -1);
	for (char **line = lines; *line && !name; line++)
		name = full_name(*line, host);
	return name;
}

/* Connecting a datagram socket sends nothing, but picks the address, as libcurl's will. */
static bool source_address(const char *interface, int family, const struct sockaddr *to,
			   socklen_t length, struct sockaddr_storage *from)
{
	socklen_t size = sizeof(*from);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	if (fd >= 0 && interface)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen(interface));
	found = fd >= 0 && !connect(fd, to, length) &&
		!getsockname(fd, (struct sockaddr *)from, &size);

	if (fd >= 0)
		close(fd);
	return found;
}

static char *literal_ipv4(const char *server, const char *interface)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(DISCARD_PORT) };
	struct sockaddr_storage from;
	char text[INET_ADDRSTRLEN] = "127.0.0.1";

	if (inet_pton(AF_INET, server, &to.sin_addr) != 1)
		inet_pton(AF_INET, SOME_SERVER, &to.sin_addr);
	if (source_address(interface, AF_INET, (struct sockaddr *)&to, sizeof(to), &from))
		inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, text, sizeof(text));
	return g_strdup_printf("[%s]", text);
}

static char *literal_ipv6(const char *server, const char *interface)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(DISCARD_PORT) };
	struct sockaddr_storage from;
	char text[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET6, server, &to.sin6_addr) != 1 ||
	    !source_address(interface, AF_INET6, (struct sockaddr *)&to, sizeof(to), &from))
		return NULL;
	inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&from)->sin6_addr, text, sizeof(text));
	return g_strdup_printf("[IPv6:%s]", text);
}

char *helo_name(const char *server, const char *interface)
{
	char host[HOST_NAME_MAX + 1] = "";
	char *name;

	gethostname(host, sizeof(host) - 1);
	if (strchr(host, '.'))
		return g_strdup(host);
	name = *host ? name_in_hosts(host) : NULL;
	if (!name && interface && is_ip_address(interface))
		name = g_strdup_printf(strchr(interface, ':') ? "[IPv6:%s]" : "[%s]", interface);
	if (!name)
		name = literal_ipv6(server, interface);
	return name ? name : literal_ipv4(server, interface);
}
