// SPDX-License-Identifier: GPL-2.0-or-later
/* IPv4 data of interfaces, in a network namespace of the test's own. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/network.h"

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void ip(const char *command)
{
	char line[200];

	snprintf(line, sizeof(line), "ip %s", command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

/* Root of a namespace with nothing in it */
static int enter(void **state)
{
	char map[40];

	(void)state;
	snprintf(map, sizeof(map), "0 %u 1", getuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	write_file("/proc/self/uid_map", map);
	return 0;
}

static void expect(const char *source, const char *server, const char *address, const char *mask,
		   const char *gateway, bool dynamic)
{
	struct network network;
	char found[3][INET_ADDRSTRLEN];

	assert_int_equal(network_read(&network, source, server), 0);
	inet_ntop(AF_INET, &network.address, found[0], sizeof(found[0]));
	inet_ntop(AF_INET, &network.mask, found[1], sizeof(found[1]));
	inet_ntop(AF_INET, &network.gateway, found[2], sizeof(found[2]));
	assert_string_equal(found[0], address);
	assert_string_equal(found[1], mask);
	assert_string_equal(found[2], gateway);
	assert_int_equal(network.dynamic, dynamic);
}

#define NOTHING "0.0.0.0", "0.0.0.0", "0.0.0.0", false

static void test_no_network(void **state)
{
	(void)state;
	expect(NULL, NULL, NOTHING);
	expect("none0", NULL, NOTHING);
	expect("10.9.9.9", NULL, NOTHING);
	expect(NULL, "192.168.12.1", NOTHING);
}

/* Two interfaces, each with an address and a way out */
static void test_interfaces(void **state)
{
	(void)state;
	ip("link set lo up");
	ip("link add office type veth peer name plant");
	ip("link set office up");
	ip("link set plant up");
	ip("address add 192.168.12.86/16 dev office");
	ip("address add 192.168.12.87/24 dev office");
	ip("address add 10.1.2.3/30 dev plant valid_lft 1000 preferred_lft 1000");
	expect(NULL, NULL, NOTHING); /* no way out yet */
	expect(NULL, "10.1.2.2", "10.1.2.3", "255.255.255.252", "0.0.0.0", true);
	ip("route add default via 10.1.2.1 dev plant metric 200");
	ip("route add default via 192.168.0.1 dev office metric 100");
	ip("route add default via 192.168.0.2 dev office metric 300");
	expect(NULL, NULL, "192.168.12.86", "255.255.0.0", "192.168.0.1", false);
	expect(NULL, "mail.acme.com", "192.168.12.86", "255.255.0.0", "192.168.0.1", false);
	expect(NULL, "10.1.2.2", "10.1.2.3", "255.255.255.252", "10.1.2.1", true);
	expect(NULL, "127.0.0.1", "127.0.0.1", "255.0.0.0", "0.0.0.0", false);
	expect("plant", NULL, "10.1.2.3", "255.255.255.252", "10.1.2.1", true);
	expect("192.168.12.87", "10.1.2.2", "192.168.12.87", "255.255.255.0", "192.168.0.1", false);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_no_network),
	cmocka_unit_test(test_interfaces),
};

int main(void)
{
	return cmocka_run_group_tests(tests, enter, NULL);
}
