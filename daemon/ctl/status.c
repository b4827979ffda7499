// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl status: cards, slots and how they are; what the main page of an
 * ECOM100 shows (seed 000, section 6), for each slot. Works whatever is missing,
 * and says what is.
 */

#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "command.h"
#include "daemon/status.h"
#include "network.h"
#include "output.h"
#include "premises.h"
#include "site.h"

/* The rows of the seed's page, then ours. */
static const struct output_label page[] = {
	{ "module_id_text", "Module ID" },
	{ "module", "Module type" },
	{ "module_name", "Module name" },
	{ "module_description", "Description" },
	{ "ethernet", "Ethernet address" },
	{ "ip_setup", "IP setup" },
	{ "versions", "Versions" },
	{ NULL, NULL },
};

static const struct output_label counters[] = {
	{ "health_text", "Health" },
	{ "queue_text", "Queue" },
	{ "frames_text", "Frames (WX)" },
	{ "reads_text", "Reads (RX)" },
	{ "mails_text", "Mails" },
	{ "last_text", "Last request" },
	{ "trace_text", "Trace" },
	{ NULL, NULL },
};

static gint64 number_of(JsonObject *object, const char *member)
{
	return json_object_get_int_member_with_default(object, member, 0);
}

static const char *string_of(JsonObject *object, const char *member, const char *otherwise)
{
	return json_object_get_string_member_with_default(object, member, otherwise);
}

static void set_format(JsonObject *object, const char *member, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static void set_format(JsonObject *object, const char *member, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	json_object_set_string_member(object, member, text);
}

/* What the driver has, in words */

static void add_health(JsonObject *slot)
{
	unsigned int health = (unsigned int)number_of(slot, "health");
	struct code row;

	if (!health)
		json_object_set_string_member(slot, "health_text", "0, in order");
	else if (health == 10)
		json_object_set_string_member(slot, "health_text", "10, no daemon serves the slot");
	else if (status_explain(health, &row))
		set_format(slot, "health_text", "%u, %s; ecemailctl explain %u", health,
			   row.name ? row.name : row.meaning, health);
}

static void add_driver_texts(JsonObject *slot)
{
	gint64 dip = number_of(slot, "dip");

	set_format(slot, "module_id_text", "%d (0x%x) set by DIP switches; switch 7 %s",
		   (int)(dip & 0x3f), (unsigned int)(dip & 0x3f), dip & 0x80 ? "on" : "OFF");
	set_format(slot, "queue_text", "%d of %d; time-out %d s", (int)number_of(slot, "queue_used"),
		   (int)number_of(slot, "queue_depth"), (int)number_of(slot, "timeout"));
	set_format(slot, "frames_text", "%d accepted, %d busy, %d refused; %d requests expired",
		   (int)number_of(slot, "wx_accepted"), (int)number_of(slot, "wx_busy"),
		   (int)number_of(slot, "wx_refused"), (int)number_of(slot, "expired"));
	set_format(slot, "reads_text", "%d answered, %d refused", (int)number_of(slot, "rx_accepted"),
		   (int)number_of(slot, "rx_refused"));
	add_health(slot);
}

/* What the daemon has */

static void add_last(JsonObject *slot, JsonObject *properties)
{
	gint64 us = number_of(properties, "LastTime");
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(us / G_USEC_PER_SEC);
	g_autofree char *text = when ? g_date_time_format(when, "%F %T") : NULL;

	if (us)
		set_format(slot, "last_text", "%s: status %d, sent: %s", text,
			   (int)number_of(properties, "LastStatus"),
			   string_of(properties, "LastSent", "?"));
}

static void add_daemon_texts(JsonObject *slot, JsonObject *properties)
{
	json_object_set_string_member(slot, "module_name", string_of(properties, "ModuleName", ""));
	json_object_set_string_member(slot, "module_description",
				      string_of(properties, "ModuleDescription", ""));
	set_format(slot, "mails_text", "%d sent, %d failed, since the daemon's start",
		   (int)number_of(properties, "Sent"), (int)number_of(properties, "Failed"));
	json_object_set_string_member(
		slot, "trace_text",
		json_object_get_boolean_member_with_default(properties, "Trace", FALSE) ? "on" :
											  "off");
	add_last(slot, properties);
	json_object_set_object_member(slot, "daemon", json_object_ref(properties));
}

/* The setup, with the seed's word for what is not there */

static void add_field(JsonObject *object, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_string_member(object, name, value);
	else
		json_object_set_null_member(object, name);
}

static void add_setup(JsonObject *slot, const struct setup *setup, enum site_source source)
{
	JsonObject *object = json_object_new();
	g_autoptr(GString) cc = g_string_new(NULL);

	json_object_set_object_member(slot, "setup", object);
	json_object_set_string_member(object, "source", site_source_name(source));
	if (source == SITE_NOTHING)
		return;
	for (guint i = 0; i < setup->cc->len; i++)
		g_string_append_printf(cc, "%s%s", i ? ", " : "", (char *)setup->cc->pdata[i]);
	add_field(object, "Server", setup->server);
	add_field(object, "SenderName", setup->sender_name);
	add_field(object, "SenderAddress", setup->sender_address);
	add_field(object, "Cc", cc->str);
	json_object_set_int_member(object, "Port", setup->port);
	json_object_set_int_member(object, "Timeout", setup->timeout);
	add_field(object, "problem", setup->problem);
}

static void print_setup(JsonObject *slot)
{
	static const struct output_label labels[] = {
		{ "Server", "  Server" },
		{ "SenderName", "  Sender name" },
		{ "SenderAddress", "  Sender address" },
		{ "Cc", "  Cc" },
		{ "Port", "  Port" },
		{ "Timeout", "  Timeout, s" },
		{ NULL, NULL },
	};
	JsonObject *setup = json_object_get_object_member(slot, "setup");

	output_field("E-mail setup", json_object_get_string_member(setup, "source"));
	if (!json_object_has_member(setup, "Port"))
		return;
	for (const struct output_label *label = labels; label->member; label++) {
		g_autofree char *text = output_member(setup, label->member);

		output_field(label->label, text ? text : "-- undefined --");
	}
	output_field("  Problem", string_of(setup, "problem", NULL));
}

static void add_network(JsonObject *slot, const struct setup *setup)
{
	JsonObject *network = network_describe(setup->server);
	g_autofree char *line = network_setup_line(network);

	json_object_set_object_member(slot, "network", network);
	json_object_set_string_member(slot, "ip_setup", line);
}

static JsonObject *describe(const struct slot *place, const char *versions)
{
	JsonObject *slot = slots_describe(place);
	g_autoptr(JsonObject) properties = bus_properties(place), card = NULL;
	enum site_source source;
	struct setup *setup = site_setup(place, &source);

	add_driver_texts(slot);
	if (properties)
		add_daemon_texts(slot, properties);
	add_setup(slot, setup, source);
	add_network(slot, setup);
	card = slots_describe_card(string_of(slot, "place", ""));
	set_format(slot, "versions", "card %s, module %s, %s", string_of(card, "firmware", "?"),
		   string_of(slot, "firmware", "?"), versions);
	setup_unref(setup);
	return slot;
}

/* All */

static char *describe_versions(JsonObject *driver)
{
	g_autoptr(JsonObject) manager = bus_properties(NULL);

	return g_strdup_printf("driver %s, ecemaild %s, ecemailctl " ECEMAIL_VERSION,
			       string_of(driver, "version", "not loaded"),
			       manager ? string_of(manager, "Version", "?") : "not on the bus");
}

static JsonArray *describe_slots(const struct slot *only, const char *versions)
{
	g_autoptr(GPtrArray) list = slots_list();
	JsonArray *array = json_array_new();

	for (guint i = 0; i < list->len; i++) {
		const struct slot *slot = list->pdata[i];

		if (!only || !strcmp(only->name, slot->name))
			json_array_add_object_element(array, describe(slot, versions));
	}
	return array;
}

static JsonArray *describe_cards(void)
{
	g_autoptr(GPtrArray) list = slots_cards();
	JsonArray *array = json_array_new();

	for (guint i = 0; i < list->len; i++)
		json_array_add_object_element(array, slots_describe_card(list->pdata[i]));
	return array;
}

static void print_findings(JsonArray *findings)
{
	for (guint i = 0; i < json_array_get_length(findings); i++)
		finding_print(json_array_get_object_element(findings, i));
}

static void print_slot(JsonObject *slot)
{
	printf("\nSlot %s  %s\n", json_object_get_string_member(slot, "slot"),
	       json_object_get_string_member(slot, "device"));
	output_members(slot, page);
	print_setup(slot);
	output_members(slot, counters);
}

static void print(JsonObject *status)
{
	JsonArray *slots = json_object_get_array_member(status, "slots");

	print_findings(json_object_get_array_member(status, "findings"));
	for (guint i = 0; i < json_array_get_length(slots); i++)
		print_slot(json_array_get_object_element(slots, i));
}

static int run(int count, char **words)
{
	g_autoptr(JsonObject) status = json_object_new(), driver = premises_driver();
	g_autofree char *versions = describe_versions(driver);
	JsonArray *findings;
	struct slot slot;
	int r = EXIT_OK;

	if (count > 1)
		return usage_error("status wants one slot, or none for all");
	if (count)
		r = slots_find(words[0], &slot);
	if (r)
		return r;
	findings = premises_check(NULL);
	json_object_set_object_member(status, "driver", json_object_ref(driver));
	json_object_set_object_member(status, "service", premises_service());
	json_object_set_array_member(status, "cards", describe_cards());
	json_object_set_array_member(status, "slots", describe_slots(count ? &slot : NULL, versions));
	json_object_set_array_member(status, "findings", findings);
	if (output_as_json)
		output_json(status);
	else
		print(status);
	return findings_status(findings);
}

const struct command status_command = {
	.name = "status",
	.arguments = "[SLOT]",
	.summary = "driver, cards, slots, daemon and setup as they are now",
	.description =
		"What the main page of an ECOM100 shows, and what is wrong, from the driver up. The\n"
		"setup is shown to root and group ecemail. Exit status 1: something is wrong.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl status\n"
		"  ecemailctl status K1 --json",
	.run = run,
};
