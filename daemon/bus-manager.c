// SPDX-License-Identifier: GPL-2.0-or-later
/* The manager object: what is not of one slot. */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bus-object.h"

#define NAME_SHOWN 64 /* bytes of a name that nobody has */

static bool has_name(const struct slot *slot, const char *name)
{
	char node[32], k[16];

	snprintf(node, sizeof(node), "ecom%us%u", slot->card, slot->number);
	snprintf(k, sizeof(k), "K%u", slot->number);
	return !g_ascii_strcasecmp(name, slot->name) || !g_ascii_strcasecmp(name, k) ||
	       !strcmp(name, node) || !strcmp(name, slot->path) ||
	       !g_strcmp0(name, slot->device->place) || !g_strcmp0(name, slot->setup->module_name);
}

static char *list_slots(const struct bus *bus)
{
	GString *list = g_string_new(NULL);

	for (GList *at = bus->backplane->slots.head; at; at = at->next)
		g_string_append_printf(list, "%s%s", list->len ? ", " : "",
				       ((struct slot *)at->data)->name);
	return g_string_free(list, FALSE);
}

static int find_slot(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const struct bus *bus = userdata;
	const struct slot *found = NULL;
	g_autofree char *list = list_slots(bus);
	unsigned int matches = 0;
	const char *name;
	int r = sd_bus_message_read(message, "s", &name);

	if (r < 0)
		return r;
	for (GList *at = bus->backplane->slots.head; at; at = at->next)
		if (has_name(at->data, name)) {
			found = at->data;
			matches++;
		}
	if (matches != 1 || !found->bus) {
		g_autofree char *begin = g_strndup(name, NAME_SHOWN);
		g_autofree char *shown = bus_text(begin);

		return sd_bus_error_setf(error, ERROR_NO_SLOT, "%s '%s'; there are: %s",
					 matches ? "more than one slot is" : "no slot is", shown,
					 *list ? list : "none");
	}
	return sd_bus_reply_method_return(message, "o", found->bus->path);
}

static int append_field(sd_bus_message *reply, const char *name)
{
	struct setup_field field;
	g_autofree char *allowed = NULL;

	setup_describe_field(name, &field);
	allowed = g_strconcat(field.site_only ? "site only: " : "", field.allowed, NULL);
	return sd_bus_message_append(reply, "(sssb)", name, allowed, field.standard,
				     field.required);
}

static int list_fields(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	const char *name;
	int r = sd_bus_message_new_method_return(message, &reply);

	(void)userdata, (void)error;
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sssb)");
	for (size_t i = 0; r >= 0 && (name = setup_field(i)); i++)
		r = append_field(reply, name);
	if (r >= 0)
		r = append_field(reply, "Group.NAME");
	if (r >= 0)
		r = append_field(reply, "Text.NAME");
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}

static int get_property(sd_bus *connection, const char *path, const char *interface,
			const char *property, sd_bus_message *reply, void *userdata,
			sd_bus_error *error)
{
	const struct bus *bus = userdata;

	(void)connection, (void)path, (void)interface, (void)error;
	if (!strcmp(property, "Version"))
		return sd_bus_message_append(reply, "s", ECEMAIL_VERSION);
	if (!strcmp(property, "ConfigurationFile"))
		return sd_bus_message_append(reply, "s", bus->backplane->configuration_file);
	if (!strcmp(property, "Sessions"))
		return sd_bus_message_append(reply, "u", bus->backplane->configuration->sessions);
	if (!strcmp(property, "Sent"))
		return sd_bus_message_append(reply, "t", bus->backplane->sent);
	return sd_bus_message_append(reply, "t", bus->backplane->failed);
}

#define METHOD SD_BUS_METHOD_WITH_ARGS
#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED /* the policy and bus_guard() decide */

const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Started", "t", NULL, offsetof(struct bus, started_us),
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("ConfigurationFile", "s", get_property, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Sent", "t", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Failed", "t", get_property, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Sessions", "u", get_property, 0, 0),
	METHOD("Describe", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", text), bus_describe, ANYBODY),
	METHOD("FindSlot", SD_BUS_ARGS("s", name), SD_BUS_RESULT("o", slot), find_slot, ANYBODY),
	METHOD("ListFields", SD_BUS_NO_ARGS, SD_BUS_RESULT("a(sssb)", fields), list_fields, ANYBODY),
	METHOD("ExportSetup", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", text), bus_guard, ANYBODY),
	METHOD("ImportSetup", SD_BUS_ARGS("s", text), SD_BUS_RESULT("as", places), bus_guard, ANYBODY),
	SD_BUS_VTABLE_END,
};

const char *const manager_changing[] = { "Sent", "Failed", NULL };
