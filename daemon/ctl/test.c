// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl test: a test mail by the daemon, and what became of it. */

#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "command.h"
#include "daemon/status.h"
#include "explain.h"
#include "output.h"

static struct {
	char *to;
	char *subject;
	char *body;
} options;

static const GOptionEntry entries[] = {
	{ "to", 0, 0, G_OPTION_ARG_STRING, &options.to,
	  "recipients, besides the setup's Cc: addresses and groups", "LIST" },
	{ "subject", 0, 0, G_OPTION_ARG_STRING, &options.subject, "instead of \"Test mail\"", "TEXT" },
	{ "body", 0, 0, G_OPTION_ARG_STRING, &options.body, "@NAME: a stored text", "TEXT" },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const struct output_label labels[] = {
	{ "status", "Status" },
	{ "text", "Server's words" },
	{ "enhanced", "Enhanced code" },
	{ "to", "Recipients" },
	{ "server", "Server" },
	{ "sent", "Sent" },
	{ "duration", "Took, ms" },
	{ NULL, NULL },
};

static void print(JsonObject *outcome)
{
	unsigned int status = (unsigned int)json_object_get_int_member(outcome, "status");
	gint64 number = json_object_get_int_member_with_default(outcome, "detail", 0);
	const struct detail *detail = detail_find((unsigned int)number);
	g_autoptr(JsonObject) explanation = explain_number(status);

	printf("%s%s%s\n", output_colour(status ? OUTPUT_BAD : OUTPUT_GOOD),
	       status ? "The test mail has failed." : "The server has taken the test mail.",
	       output_plain());
	output_members(outcome, labels);
	if (detail && detail->code)
		output_field("Detail", detail->text);
	if (!status || !explanation)
		return;
	putchar('\n');
	explain_print(explanation);
}

static int run(int count, char **words)
{
	g_autoptr(GVariant) reply = NULL, outcome = NULL;
	g_autoptr(JsonNode) node = NULL;
	JsonObject *object;
	struct slot slot;
	int r;

	if (count > 1)
		return usage_error("test wants one slot");
	r = slots_find(words[0], &slot);
	if (r)
		return r;
	reply = bus_call(&slot, "SendTestMail",
			 g_variant_new("(sss)", options.to ? options.to : "",
				       options.subject ? options.subject : "Test mail",
				       options.body ? options.body : "Sent by ecemailctl test."),
			 &r);
	if (!reply)
		return r;
	outcome = g_variant_get_child_value(reply, 0);
	node = json_gvariant_serialize(outcome);
	object = json_node_get_object(node);
	if (output_as_json)
		output_json(object);
	else
		print(object);
	return json_object_get_int_member(object, "status") ? EXIT_WRONG : EXIT_OK;
}

const struct command test_command = {
	.name = "test",
	.arguments = "[SLOT]",
	.summary = "send a test mail as if a box had asked for it, and explain the outcome",
	.description =
		"The way is that of a ladder program's mail, but for card and driver: setup, groups,\n"
		"limits, server. For root and group ecemail, while the daemon runs. Exit status 1 if\n"
		"the mail has failed.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl test K1 --to mark@hosteng.com",
	.options = entries,
	.run = run,
};
