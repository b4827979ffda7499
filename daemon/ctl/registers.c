// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl registers: what the ladder program can read by RX, in hexadecimal and in words. */

#include <linux/ecom_slave89.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "decode.h"
#include "inspect.h"
#include "output.h"

#define COUNT_MAX 512

static struct {
	int tag;
	gboolean scratch;
} options = { .tag = -1 };

static const GOptionEntry entries[] = {
	{ "tag", 0, 0, G_OPTION_ARG_INT, &options.tag, "the result block of a tag, 0 to 255", "TAG" },
	{ "scratch", 0, 0, G_OPTION_ARG_NONE, &options.scratch, "station 90 instead of 89", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const struct output_label module_labels[] = {
	{ "health", "Health" },
	{ "timeout", "Timeout" },
	{ "queue_depth", "Queue, depth" },
	{ "queue_used", "Queue, used" },
	{ "attached", "Daemon attached" },
	{ "number", "Slot number" },
	{ "dip", "DIP switches" },
	{ "card_generation", "Card generation" },
	{ "host_generation", "Host generation" },
	{ "wx_accepted", "WX accepted" },
	{ "wx_busy", "WX busy" },
	{ "wx_refused", "WX refused" },
	{ "module_name", "Module name" },
	{ "module_description", "Description" },
	{ "module_id", "Module id" },
	{ "ip_address", "IP address" },
	{ "subnet_mask", "Subnet mask" },
	{ "gateway", "Gateway" },
	{ "firmware", "Firmware" },
	{ "detail", "Setup's detail" },
	{ NULL, NULL },
};

static const struct output_label result_labels[] = {
	{ "tag", "Tag" },
	{ "status", "Status" },
	{ "state", "State" },
	{ "reply", "Reply" },
	{ "enhanced", "Enhanced" },
	{ "detail", "Detail" },
	{ "sent", "Sent" },
	{ "timeout", "Timeout" },
	{ "request", "Request" },
	{ "text", "Text" },
	{ NULL, NULL },
};

static JsonArray *to_array(const guint16 *words, unsigned int count)
{
	JsonArray *array = json_array_new();

	for (unsigned int i = 0; i < count; i++)
		json_array_add_int_element(array, words[i]);
	return array;
}

/* Only what the words are of is decoded. */
static void decode(JsonObject *object, unsigned int address, const guint16 *words,
		   unsigned int count)
{
	if (options.scratch)
		return;
	if (address >= REG_RESULTS && (address - REG_RESULTS) % RESULT_WORDS == 0 &&
	    count >= RESULT_WORDS)
		json_object_set_object_member(object, "result", decode_result(words));
	else if (address < REG_MODULE_END)
		decode_registers(object, address, words, count);
}

static void print(JsonObject *object, unsigned int address, const guint16 *words,
		  unsigned int count)
{
	decode_print_words(address, words, count);
	putchar('\n');
	output_members(object, module_labels);
	if (json_object_has_member(object, "result"))
		output_members(json_object_get_object_member(object, "result"), result_labels);
}

static int show(const struct slot *slot, unsigned int address, unsigned int count)
{
	g_autofree guint16 *words = g_new0(guint16, count);
	unsigned int station = options.scratch ? 90 : 89;
	g_autofree char *name = g_strdup_printf("V%o", address);
	g_autoptr(JsonObject) object = json_object_new();
	int r = inspect_registers(slot, station, address, count, words);

	if (r)
		return r;
	json_object_set_string_member(object, "slot", slot->name);
	json_object_set_int_member(object, "station", station);
	json_object_set_string_member(object, "address", name);
	json_object_set_array_member(object, "words", to_array(words, count));
	decode(object, address, words, count);
	if (output_as_json)
		output_json(object);
	else
		print(object, address, words, count);
	return EXIT_OK;
}

static void add_outcome(struct output_table *table, JsonObject *entry)
{
	char **cells = g_new0(char *, 5);

	cells[0] = output_member(entry, "tag");
	cells[1] = output_member(entry, "status");
	cells[2] = output_member(entry, "sent");
	cells[3] = output_member(entry, "subject");
	output_table_add(table, cells);
}

static void print_ring(JsonArray *ring)
{
	static const char *const headings[] = { "TAG", "STATUS", "SENT", "SUBJECT", NULL };
	struct output_table *table = output_table_new(headings);

	for (guint i = 0; i < json_array_get_length(ring); i++)
		add_outcome(table, json_array_get_object_element(ring, i));
	printf("\nThe last outcomes, newest first (V1000):\n");
	output_table_print(table);
}

/* Without an address: module registers, and the ring of outcomes. */
static int show_all(const struct slot *slot)
{
	guint16 words[REG_MODULE_END], ring[RING_ENTRIES * RING_ENTRY_WORDS];
	g_autoptr(JsonObject) object = json_object_new();
	JsonArray *outcomes;
	int r = inspect_registers(slot, 89, 0, REG_MODULE_END, words);

	if (!r)
		r = inspect_registers(slot, 89, REG_RING, G_N_ELEMENTS(ring), ring);
	if (r)
		return r;
	json_object_set_string_member(object, "slot", slot->name);
	decode_registers(object, 0, words, REG_MODULE_END);
	outcomes = json_array_new();
	for (unsigned int i = 0; i < RING_ENTRIES; i++) {
		JsonObject *entry = decode_ring_entry(ring + (gsize)i * RING_ENTRY_WORDS);

		if (entry)
			json_array_add_object_element(outcomes, entry);
	}
	json_object_set_array_member(object, "outcomes", outcomes);
	if (output_as_json) {
		output_json(object);
		return EXIT_OK;
	}
	printf("Slot %s, station 89\n\n", slot->name);
	decode_print_words(0, words, REG_WX_REFUSED + 2);
	putchar('\n');
	output_members(object, module_labels);
	print_ring(outcomes);
	return EXIT_OK;
}

/* "V1000", octal as the ladder programmer has it */
static gboolean parse_address(const char *word, unsigned int *address)
{
	guint64 number;

	if (g_ascii_toupper(word[0]) != 'V' ||
	    !g_ascii_string_to_unsigned(word + 1, 8, 0, 0177777, &number, NULL))
		return FALSE;
	*address = (unsigned int)number;
	return TRUE;
}

static int run_address(const struct slot *slot, int count, char **words)
{
	unsigned int address;
	guint64 number = 8;

	if (!parse_address(words[0], &address))
		return usage_error("'%s' is no V address: V and an octal number up to 177777",
				   words[0]);
	if (count > 2 ||
	    (count == 2 && !g_ascii_string_to_unsigned(words[1], 10, 1, COUNT_MAX, &number, NULL)))
		return usage_error("after the address comes the number of words, 1 to %d", COUNT_MAX);
	return show(slot, address, (unsigned int)number);
}

static int run(int count, char **words)
{
	unsigned int address;
	const char *name = count && !parse_address(words[0], &address) ? words[0] : NULL;
	struct slot slot;
	int r;

	if (options.tag < -1 || options.tag > 255)
		return usage_error("a tag is 0 to 255");
	r = slots_find(name, &slot);
	if (r)
		return r;
	if (name)
		count--, words++;
	if (options.tag >= 0)
		return show(&slot, REG_RESULT((unsigned int)options.tag), RESULT_WORDS);
	if (options.scratch && !count)
		return show(&slot, 0, REG_SCRATCH_END);
	return count ? run_address(&slot, count, words) : show_all(&slot);
}

const struct command registers_command = {
	.name = "registers",
	.arguments = "[SLOT] [Vnnn [WORDS]]",
	.summary = "what the ladder program reads by RX, in hexadecimal and in words",
	.description =
		"Without an address: the module's registers and the last 16 outcomes. Addresses are\n"
		"V-memory words in octal. For root, and for group ecemail while the daemon runs.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl registers K1\n"
		"  ecemailctl registers --tag 5\n"
		"  ecemailctl registers V1000 16\n"
		"  ecemailctl registers --scratch",
	.options = entries,
	.run = run,
};
