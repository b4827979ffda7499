// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl history: how requests ended, from the journal. It needs no daemon
 * and outlives a reboot; who may not read the journal but is in group ecemail
 * gets the daemon's last ones.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "command.h"
#include "output.h"
#include "records.h"

#define COUNT_DEFAULT 20

static struct {
	int count;
	int status;
	gboolean failed;
} options = { .count = COUNT_DEFAULT, .status = -1 };

static const GOptionEntry entries[] = {
	{ "count", 'n', 0, G_OPTION_ARG_INT, &options.count, "so many, 0: all (20)", "N" },
	{ "status", 0, 0, G_OPTION_ARG_INT, &options.status, "with this status only", "CODE" },
	{ "failed", 0, 0, G_OPTION_ARG_NONE, &options.failed, "those only that did not succeed",
	  NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* Newest first as they come, printed oldest first. */
static gboolean take(JsonObject *record, void *userdata)
{
	GPtrArray *list = userdata;

	if (options.failed && !json_object_get_int_member_with_default(record, "status", 0))
		return TRUE;
	g_ptr_array_add(list, json_object_ref(record));
	return !options.count || list->len < (guint)options.count;
}

static char *local_time(JsonObject *record)
{
	gint64 us = json_object_get_int_member_with_default(record, "time_us", 0);
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(us / G_USEC_PER_SEC);

	return when ? g_date_time_format(when, "%F %T") : g_strdup("?");
}

static char *cell(JsonObject *record, const char *member)
{
	char *text = output_member(record, member);

	return text ? text : g_strdup("-");
}

static void print_table(GPtrArray *list)
{
	static const char *const headings[] = { "TIME", "SLOT", "REQUEST", "TAG", "STATUS",
						"SENT", "MS", "MAIL", NULL };
	struct output_table *table = output_table_new(headings);

	for (guint i = list->len; i-- > 0;) {
		JsonObject *record = list->pdata[i];
		const char *message = json_object_get_string_member_with_default(record, "message",
										 "");
		const char *mail = strstr(message, "): ");
		char **cells = g_new0(char *, G_N_ELEMENTS(headings));

		cells[0] = local_time(record);
		cells[1] = cell(record, "slot");
		cells[2] = cell(record, "request");
		cells[3] = cell(record, "tag");
		cells[4] = cell(record, "status");
		cells[5] = cell(record, "sent");
		cells[6] = cell(record, "duration_ms");
		cells[7] = g_strdup(mail ? mail + 3 : message);
		output_table_add(table, cells);
	}
	output_table_print(table);
}

static void print_hint(GPtrArray *list)
{
	for (guint i = 0; i < list->len; i++) {
		int status = (int)json_object_get_int_member_with_default(list->pdata[i], "status",
									  0);

		if (status) {
			printf("\nWhat %d means and what to do: ecemailctl explain %d\n", status,
			       status);
			return;
		}
	}
}

static int print(GPtrArray *list)
{
	if (output_as_json) {
		for (guint i = list->len; i-- > 0;)
			output_json(list->pdata[i]);
		return EXIT_OK;
	}
	if (!list->len) {
		puts("No request has ended yet, as far as the journal goes back.");
	} else {
		print_table(list);
		print_hint(list);
	}
	if (!records_persistent())
		complain(EXIT_OK, "the journal of this PC ends with each reboot: mkdir "
				  "/var/log/journal keeps it");
	return EXIT_OK;
}

/* What the journal would have, of the daemon's words for it. */
static JsonObject *from_daemon(JsonObject *outcome, const struct slot *slot)
{
	static const char *const names[][2] = {
		{ "time", "time_us" },
		{ "to", "recipients" },
		{ "duration", "duration_ms" },
		{ "words", "message" },
		{ "message-id", "message_id" },
	};
	JsonObject *record = json_object_new();
	g_autoptr(GList) members = json_object_get_members(outcome);

	for (GList *member = members; member; member = member->next) {
		const char *name = member->data;

		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			if (!strcmp(name, names[i][0]))
				name = names[i][1];
		json_object_set_member(record, name,
				       json_node_copy(json_object_get_member(outcome,
									     member->data)));
	}
	json_object_set_string_member(record, "slot", slot->name);
	return record;
}

static int ask_daemon(const struct slot *slot, GPtrArray *list)
{
	g_autoptr(GVariant) reply = NULL, array = NULL;
	g_autoptr(JsonNode) node = NULL;
	JsonArray *outcomes;
	int r;

	reply = bus_call(slot, "GetHistory",
			 g_variant_new("(u)", options.count ? options.count : G_MAXINT), &r);
	if (!reply)
		return r;
	array = g_variant_get_child_value(reply, 0);
	node = json_gvariant_serialize(array);
	outcomes = json_node_get_array(node);
	for (guint i = 0; i < json_array_get_length(outcomes); i++) {
		g_autoptr(JsonObject) record =
			from_daemon(json_array_get_object_element(outcomes, i), slot);

		if (options.status < 0 ||
		    json_object_get_int_member_with_default(record, "status", -1) == options.status)
			take(record, list);
	}
	return EXIT_OK;
}

static int run(int count, char **words)
{
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
	struct record_filter filter = { .status = options.status };
	struct slot slot;
	int r = EXIT_OK;

	if (count > 1 || options.count < 0)
		return usage_error("history wants one slot, or none for all");
	if (count)
		r = slots_find(words[0], &slot);
	if (r)
		return r;
	filter.slot = count ? &slot : NULL;
	r = records_walk(&filter, take, list);
	if (r == -EACCES) {
		r = count ? EXIT_OK : slots_find(NULL, &slot);
		if (!r)
			r = ask_daemon(&slot, list);
		return r ? r : print(list);
	}
	if (r < 0)
		return complain(EXIT_UNKNOWN, "the journal cannot be read: %s", g_strerror(-r));
	return print(list);
}

const struct command history_command = {
	.name = "history",
	.arguments = "[SLOT]",
	.summary = "how requests ended, also before the last reboot",
	.description =
		"From the journal: for root and group systemd-journal or adm. Group ecemail gets\n"
		"the last 64 since the daemon's start, from the daemon. A request that the driver\n"
		"ended without a daemon (status 10) is in ecemailctl registers, not here.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl history K1\n"
		"  ecemailctl history --failed -n 5\n"
		"  ecemailctl history --status 550 --json",
	.options = entries,
	.run = run,
};
