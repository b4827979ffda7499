// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl trace: each mail's conversation with the server, live, as the
 * seed's SMTP Viewer shows it: from the daemon, or by --udp from any PC that
 * sends its trace here.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus.h"
#include "command.h"
#include "output.h"

#define PORT_DEFAULT 29298
#define DATAGRAM_MAX 2048

static struct {
	gboolean udp;
	int port;
} options = { .port = PORT_DEFAULT };

static const GOptionEntry entries[] = {
	{ "udp", 0, 0, G_OPTION_ARG_NONE, &options.udp,
	  "show what PCs send to this one, instead", NULL },
	{ "port", 0, 0, G_OPTION_ARG_INT, &options.port, "with --udp, instead of 29298", "PORT" },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static void print_line(const char *time, const char *from, const char *line)
{
	g_autofree char *clean = output_clean(line);
	g_autoptr(JsonObject) object = NULL;

	if (!output_as_json) {
		printf("%s%s%s: %s\n", time, *time ? " " : "", from, clean);
		output_flush();
		return;
	}
	object = json_object_new();
	if (*time)
		json_object_set_string_member(object, "time", time);
	json_object_set_string_member(object, "from", from);
	json_object_set_string_member(object, "line", clean);
	output_json(object);
}

/* From the daemon */

static void on_line(GDBusConnection *bus, const char *sender, const char *path,
		    const char *interface, const char *signal, GVariant *arguments,
		    gpointer userdata)
{
	const struct slot *slot = userdata;
	g_autoptr(GDateTime) when = NULL;
	g_autofree char *time = NULL;
	const char *line;
	guint64 us;

	(void)bus;
	(void)sender;
	(void)path;
	(void)interface;
	(void)signal;
	if (!g_variant_is_of_type(arguments, G_VARIANT_TYPE("(ts)")))
		return;
	g_variant_get(arguments, "(t&s)", &us, &line);
	when = g_date_time_new_from_unix_local((gint64)(us / G_USEC_PER_SEC));
	time = when ? g_date_time_format(when, "%a %b %d %H:%M:%S %Y") : g_strdup("");
	print_line(time, slot->name, line);
	if (!output_flush())
		raise(SIGTERM); /* nobody reads it */
}

static gboolean on_interrupt(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

static gboolean vanished;

/* The daemon has gone: there is nothing to wait for, and no trace to switch off. */
static void on_vanished(GDBusConnection *bus, const char *name, gpointer loop)
{
	(void)bus;
	(void)name;
	vanished = TRUE;
	g_main_loop_quit(loop);
}

static int switch_trace(const struct slot *slot, const char *method, gboolean on)
{
	int r;
	GVariant *reply = bus_call(slot, method, g_variant_new("(b)", on), &r);

	if (reply)
		g_variant_unref(reply);
	return r;
}

static gboolean is_on(const struct slot *slot)
{
	g_autoptr(JsonObject) properties = bus_properties(slot);

	return properties &&
	       json_object_get_boolean_member_with_default(properties, "Trace", FALSE);
}

static void wait_for_lines(GDBusConnection *bus, struct slot *slot)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autofree char *path = bus_path(slot);
	guint lines = g_dbus_connection_signal_subscribe(bus, BUS_NAME, BUS_NAME ".Slot", "TraceLine",
							 path, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
							 on_line, slot, NULL);
	guint name = g_bus_watch_name_on_connection(bus, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
						    NULL, on_vanished, loop, NULL);

	g_unix_signal_add(SIGINT, on_interrupt, loop);
	g_unix_signal_add(SIGTERM, on_interrupt, loop);
	g_main_loop_run(loop);
	g_bus_unwatch_name(name);
	g_dbus_connection_signal_unsubscribe(bus, lines);
}

/* It is left as it was found. */
static int follow(struct slot *slot)
{
	GDBusConnection *bus = bus_system(NULL);
	gboolean was_on = is_on(slot);
	int r = switch_trace(slot, "WatchTrace", TRUE);

	if (!r)
		r = switch_trace(slot, "SetTrace", TRUE);
	if (r)
		return r;
	print_line("", slot->name, "EMail Trace On; Ctrl-C ends it, as 30 minutes do");
	if (output_flush())
		wait_for_lines(bus, slot);
	if (vanished)
		return complain(EXIT_UNKNOWN, "ecemaild has ended: systemctl status ecemaild");
	if (!was_on)
		switch_trace(slot, "SetTrace", FALSE);
	return EXIT_OK;
}

/* From the network */

static int open_port(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons((in_port_t)options.port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), off = 0;

	if (fd >= 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0) {
		close(fd);
		return -errno;
	}
	return fd < 0 ? -errno : fd;
}

static void print_datagram(char *data, size_t length, const struct sockaddr_in6 *from)
{
	char address[INET6_ADDRSTRLEN] = "";
	g_auto(GStrv) lines = NULL;

	data[length] = '\0';
	inet_ntop(AF_INET6, &from->sin6_addr, address, sizeof(address));
	lines = g_strsplit(data, "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line)
			print_line("", g_str_has_prefix(address, "::ffff:") ? address + 7 : address,
				   *line);
}

static int view(void)
{
	char data[DATAGRAM_MAX + 1];
	int fd = open_port();

	if (fd < 0)
		return complain(EXIT_UNKNOWN, "UDP port %d: %s", options.port, g_strerror(-fd));
	if (!output_as_json)
		printf("Monitoring UDP port: %d (0x%x)\n", options.port, (unsigned int)options.port);
	while (output_flush()) {
		struct sockaddr_in6 from = { 0 };
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, data, DATAGRAM_MAX, 0, (struct sockaddr *)&from, &size);

		if (n < 0) {
			n = errno;
			close(fd);
			return complain(EXIT_UNKNOWN, "UDP port %d: %s", options.port,
					g_strerror((int)n));
		}
		print_datagram(data, (size_t)n, &from);
	}
	close(fd);
	return EXIT_WRONG;
}

static int run(int count, char **words)
{
	struct slot slot;
	int r;

	if (count > (options.udp ? 0 : 1) || options.port < 1 || options.port > 65535)
		return usage_error("trace wants one slot, or --udp with a port from 1 to 65535");
	if (options.udp)
		return view();
	r = slots_find(words[0], &slot);
	return r ? r : follow(&slot);
}

const struct command trace_command = {
	.name = "trace",
	.arguments = "[SLOT]",
	.summary = "each mail's conversation with the server, live",
	.description =
		"Switches the trace on and follows it until Ctrl-C, then leaves it as it was. For root\n"
		"and group ecemail, while the daemon runs. --udp shows what PCs send here whose\n"
		"configuration names this one, and needs neither.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl trace K1\n"
		"  ecemailctl trace --udp",
	.options = entries,
	.run = run,
};
