// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl requests: what is on its way. */

#include <stdio.h>

#include "bus.h"
#include "command.h"
#include "daemon/status.h"
#include "output.h"

static char *seconds_left(JsonObject *request)
{
	gint64 left = json_object_get_int_member_with_default(request, "deadline", 0) -
		      g_get_real_time();

	return g_strdup_printf("%.0f", MAX((double)left / G_USEC_PER_SEC, 0.0));
}

static char *cell(JsonObject *request, const char *member)
{
	char *text = output_member(request, member);

	return text ? text : g_strdup("-");
}

static void print_table(JsonArray *requests)
{
	static const char *const headings[] = { "REQUEST", "TAG", "LEFT, s", "STATE", "TO", "SUBJECT",
						NULL };
	struct output_table *table = output_table_new(headings);

	for (guint i = 0; i < json_array_get_length(requests); i++) {
		JsonObject *request = json_array_get_object_element(requests, i);
		gint64 state = json_object_get_int_member_with_default(request, "state", 0);
		char **cells = g_new0(char *, G_N_ELEMENTS(headings));

		cells[0] = cell(request, "number");
		cells[1] = cell(request, "tag");
		cells[2] = seconds_left(request);
		cells[3] = g_strdup_printf("%d, %s", (int)state, state_doing((unsigned int)state));
		cells[4] = cell(request, "to");
		cells[5] = cell(request, "subject");
		output_table_add(table, cells);
	}
	output_table_print(table);
}

static void print(const struct slot *slot, JsonArray *requests)
{
	g_autoptr(JsonObject) sysfs = slots_describe(slot);
	gint64 held = json_object_get_int_member_with_default(sysfs, "queue_used", 0);

	if (json_array_get_length(requests))
		print_table(requests);
	else
		puts("Nothing is on its way.");
	if (held > json_array_get_length(requests))
		printf("%d more wait in the driver's queue.\n",
		       (int)held - (int)json_array_get_length(requests));
}

static int run(int count, char **words)
{
	g_autoptr(GVariant) reply = NULL, array = NULL;
	g_autoptr(JsonNode) node = NULL;
	g_autoptr(JsonObject) object = NULL;
	struct slot slot;
	int r;

	if (count > 1)
		return usage_error("requests wants one slot");
	r = slots_find(words[0], &slot);
	if (r)
		return r;
	reply = bus_call(&slot, "ListRequests", NULL, &r);
	if (!reply)
		return r;
	array = g_variant_get_child_value(reply, 0);
	node = json_gvariant_serialize(array);
	if (output_as_json) {
		object = json_object_new();
		json_object_set_string_member(object, "slot", slot.name);
		json_object_set_array_member(object, "requests", json_node_dup_array(node));
		output_json(object);
	} else {
		print(&slot, json_node_get_array(node));
	}
	return EXIT_OK;
}

const struct command requests_command = {
	.name = "requests",
	.arguments = "[SLOT]",
	.summary = "mails that are on their way, and how far each is",
	.description = "For root and group ecemail, while the daemon runs.\n"
		       "\n"
		       "Examples:\n"
		       "  ecemailctl requests K1",
	.run = run,
};
