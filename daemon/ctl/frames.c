// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl frames: the last WX and RX of a slot, byte by byte and decoded. */

#include <stdio.h>

#include "command.h"
#include "decode.h"
#include "inspect.h"
#include "output.h"

static const struct output_label labels[] = {
	{ "time", "Time" },
	{ "sequence", "Sequence" },
	{ "result_text", "Result" },
	{ "station", "Station" },
	{ "address", "Address" },
	{ "area", "Reads" },
	{ "length", "Bytes" },
	{ "version", "Version" },
	{ "command_name", "Command" },
	{ "tag", "Tag" },
	{ "status", "Status" },
	{ "to", "To" },
	{ "subject", "Subject" },
	{ "body", "Body" },
	{ "problem", "Problem" },
	{ NULL, NULL },
};

static JsonObject *describe(const struct ecom_frame *frame, gboolean rx)
{
	JsonObject *object = decode_frame(frame, rx);
	g_autoptr(GDateTime) when = NULL;
	g_autofree char *text = NULL;

	if (!frame->when_ns)
		return object;
	when = g_date_time_new_from_unix_utc((gint64)(frame->when_ns / G_USEC_PER_SEC));
	text = g_date_time_format_iso8601(when);
	json_object_set_string_member(object, "time", text);
	return object;
}

static void print(JsonObject *object)
{
	printf("%s\n", json_object_get_string_member(object, "kind"));
	if (!json_object_has_member(object, "data")) {
		puts("  none yet\n");
		return;
	}
	output_members(object, labels);
	decode_print_bytes(json_object_get_string_member(object, "data"));
	putchar('\n');
}

static int run(int count, char **words)
{
	g_autoptr(JsonObject) object = json_object_new();
	struct ecom_frames frames = { 0 };
	struct slot slot;
	int r;

	if (count > 1)
		return usage_error("frames wants one slot");
	r = slots_find(words[0], &slot);
	if (!r)
		r = inspect_frames(&slot, &frames);
	if (r)
		return r;
	json_object_set_string_member(object, "slot", slot.name);
	json_object_set_object_member(object, "wx", describe(&frames.wx, FALSE));
	json_object_set_object_member(object, "rx", describe(&frames.rx, TRUE));
	if (output_as_json) {
		output_json(object);
		return EXIT_OK;
	}
	print(json_object_get_object_member(object, "wx"));
	print(json_object_get_object_member(object, "rx"));
	return EXIT_OK;
}

const struct command frames_command = {
	.name = "frames",
	.arguments = "[SLOT]",
	.summary = "the last WX and RX in the slot's mailboxes, byte by byte and decoded",
	.description = "For root, and for group ecemail while the daemon runs.\n"
		       "\n"
		       "Examples:\n"
		       "  ecemailctl frames K1",
	.run = run,
};
