// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls to ecemaild by the system bus. */

#include <stdio.h>

#include "bus.h"
#include "command.h"

#define MANAGER_PATH  "/org/ecemail1"
#define CALL_MS	      30000
#define PROPERTIES_MS 2000

GDBusConnection *bus_system(char **problem)
{
	static GDBusConnection *bus;
	g_autoptr(GError) error = NULL;

	if (!bus)
		bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
	if (!bus && problem)
		*problem = g_strdup(error->message);
	if (bus)
		g_dbus_connection_set_exit_on_close(bus, FALSE);
	return bus;
}

char *bus_path(const struct slot *slot)
{
	if (!slot)
		return g_strdup(MANAGER_PATH);
	return g_strdup_printf(MANAGER_PATH "/card/%u/slot/%u", slot->card, slot->number);
}

static const char *interface_of(const struct slot *slot)
{
	return slot ? BUS_NAME ".Slot" : BUS_NAME ".Manager";
}

/* What to do about it, in the place of GDBus's words. */
static int complain_of(GError *error)
{
	g_autofree char *name = g_dbus_error_get_remote_error(error);

	if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
	    g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
		return complain(EXIT_UNKNOWN, "ecemaild does not run, or is not on the bus: "
					      "systemctl status ecemaild");
	if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
		return complain(EXIT_UNKNOWN, "this is for root and the members of group ecemail: "
					      "sudo, or adduser NAME ecemail and log in again");
	if (g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
		return complain(EXIT_UNKNOWN, "ecemaild does not serve this slot: ecemailctl status");
	g_dbus_error_strip_remote_error(error);
	return complain(name && g_str_has_prefix(name, BUS_NAME) ? EXIT_WRONG : EXIT_UNKNOWN, "%s",
			error->message);
}

GVariant *bus_call(const struct slot *slot, const char *method, GVariant *arguments, int *status)
{
	g_autofree char *path = bus_path(slot), *problem = NULL;
	GDBusConnection *bus = bus_system(&problem);
	int timeout = g_str_equal(method, "SendTestMail") ? G_MAXINT : CALL_MS;
	g_autoptr(GError) error = NULL;
	GVariant *reply;

	if (!bus) {
		if (arguments)
			g_variant_unref(g_variant_ref_sink(arguments));
		*status = complain(EXIT_UNKNOWN, "the system bus does not answer (%s): "
						 "systemctl status dbus",
				   problem);
		return NULL;
	}
	reply = g_dbus_connection_call_sync(bus, BUS_NAME, path, interface_of(slot), method,
					    arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
					    timeout, NULL, &error);
	*status = reply ? EXIT_OK : complain_of(error);
	return reply;
}

JsonObject *bus_properties(const struct slot *slot)
{
	g_autofree char *path = bus_path(slot);
	GDBusConnection *bus = bus_system(NULL);
	g_autoptr(GVariant) reply = NULL, values = NULL;
	g_autoptr(JsonNode) node = NULL;

	if (!bus)
		return NULL;
	reply = g_dbus_connection_call_sync(bus, BUS_NAME, path, "org.freedesktop.DBus.Properties",
					    "GetAll", g_variant_new("(s)", interface_of(slot)),
					    G_VARIANT_TYPE("(a{sv})"),
					    G_DBUS_CALL_FLAGS_NO_AUTO_START, PROPERTIES_MS, NULL,
					    NULL);
	if (!reply)
		return NULL;
	values = g_variant_get_child_value(reply, 0);
	node = json_gvariant_serialize(values);
	return json_object_ref(json_node_get_object(node));
}

gboolean bus_find_slot(const char *name, int *card, unsigned int *number)
{
	GDBusConnection *bus = bus_system(NULL);
	g_autoptr(GVariant) reply = NULL;
	const char *path;
	unsigned int c;

	if (!bus)
		return FALSE;
	reply = g_dbus_connection_call_sync(bus, BUS_NAME, MANAGER_PATH, BUS_NAME ".Manager",
					    "FindSlot", g_variant_new("(s)", name),
					    G_VARIANT_TYPE("(o)"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
					    PROPERTIES_MS, NULL, NULL);
	if (!reply)
		return FALSE;
	g_variant_get(reply, "(&o)", &path);
	if (sscanf(path, MANAGER_PATH "/card/%u/slot/%u", &c, number) != 2)
		return FALSE;
	*card = (int)c;
	return TRUE;
}
