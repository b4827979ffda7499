// SPDX-License-Identifier: GPL-2.0-or-later
/* The properties of slots and cards, and what the objects look like. */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "bus-object.h"
#include "command.h"
#include "probe.h"
#include "trace.h"

static int get_info(const struct slot *slot, struct ecom_info *info)
{
	memset(info, 0, sizeof(*info));
	return slot->device ? slot->device->operations->info(slot->device, info) : -ENODEV;
}

/* Properties that are one number of struct ecom_info */
static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "Dip", offsetof(struct ecom_info, dip) },
	{ "CardGeneration", offsetof(struct ecom_info, card_generation) },
	{ "Generation", offsetof(struct ecom_info, card_generation) },
	{ "HostGeneration", offsetof(struct ecom_info, host_generation) },
	{ "QueueDepth", offsetof(struct ecom_info, queue_depth) },
	{ "QueueUsed", offsetof(struct ecom_info, queue_used) },
	{ "WxAccepted", offsetof(struct ecom_info, wx_accepted) },
	{ "WxBusy", offsetof(struct ecom_info, wx_busy) },
	{ "WxRefused", offsetof(struct ecom_info, wx_refused) },
	{ "RxAccepted", offsetof(struct ecom_info, rx_accepted) },
	{ "RxRefused", offsetof(struct ecom_info, rx_refused) },
	{ "SequenceErrors", offsetof(struct ecom_info, sequence_errors) },
	{ "Expired", offsetof(struct ecom_info, expired) },
};

static int append_number(const struct ecom_info *info, const char *property, sd_bus_message *reply)
{
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (!strcmp(numbers[i].name, property))
			return sd_bus_message_append_basic(
				reply, 'u', (const char *)info + numbers[i].offset);
	return -ENOENT;
}

static int get_number(sd_bus *connection, const char *path, const char *interface,
		      const char *property, sd_bus_message *reply, void *userdata,
		      sd_bus_error *error)
{
	struct ecom_info info;

	(void)connection, (void)path, (void)interface, (void)error;
	get_info(userdata, &info);
	return append_number(&info, property, reply);
}

/* Of the site, which may have written anything */
static int append_text(sd_bus_message *reply, const char *value)
{
	g_autofree char *text = bus_text(value);

	return sd_bus_message_append(reply, "s", text);
}

/* Of the card, so anything may be in it, too; NUL padded */
static int append_bytes(sd_bus_message *reply, const void *bytes, size_t size)
{
	g_autofree char *text = g_strndup(bytes, size);

	return append_text(reply, text);
}

static int append_firmware(sd_bus_message *reply, uint32_t firmware)
{
	g_autofree char *text = g_strdup_printf("%u.%u.%u", firmware >> 24, firmware >> 16 & 0xff,
						firmware & 0xffff);

	return sd_bus_message_append(reply, "s", text);
}

static int append_ethernet(sd_bus_message *reply, const uint8_t *octets)
{
	g_autofree char *text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", octets[0],
						octets[1], octets[2], octets[3], octets[4],
						octets[5]);

	return sd_bus_message_append(reply, "s", text);
}

static int get_words(sd_bus *connection, const char *path, const char *interface,
		     const char *property, sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	const struct slot *slot = userdata;
	const char *place = slot->device ? slot->device->place : NULL;
	struct ecom_info info;

	(void)connection, (void)path, (void)interface, (void)error;
	get_info(slot, &info);
	if (!strcmp(property, "Module"))
		return append_bytes(reply, info.module, sizeof(info.module));
	if (!strcmp(property, "Firmware"))
		return append_firmware(reply, info.firmware);
	if (!strcmp(property, "EthernetAddress"))
		return append_ethernet(reply, info.ethernet);
	if (!strcmp(property, "Place"))
		return sd_bus_message_append(reply, "s", place);
	if (!strcmp(property, "ModuleName"))
		return append_text(reply, slot->setup->module_name);
	return append_text(reply, slot->setup->module_description);
}

static int get_setup(sd_bus *connection, const char *path, const char *interface,
		     const char *property, sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	const struct slot *slot = userdata;
	unsigned int detail = slot->setup->detail ? slot->setup->detail : probe_detail(slot);

	(void)connection, (void)path, (void)interface, (void)error;
	if (!strcmp(property, "Timeout"))
		return sd_bus_message_append(reply, "u", slot->setup->timeout);
	if (!strcmp(property, "Detail"))
		return sd_bus_message_append(reply, "q", (int)detail);
	if (!strcmp(property, "Health"))
		return sd_bus_message_append(reply, "q", (int)slot->health);
	if (!strcmp(property, "Trace"))
		return sd_bus_message_append(reply, "b", trace_is_on(slot));
	return sd_bus_message_append(reply, "t", slot->trace_until);
}

static int get_ladder_changed(sd_bus *connection, const char *path, const char *interface,
			      const char *property, sd_bus_message *reply, void *userdata,
			      sd_bus_error *error)
{
	const struct slot *slot = userdata;
	const char *field;
	int r = sd_bus_message_open_container(reply, 'a', "s");

	(void)connection, (void)path, (void)interface, (void)property, (void)error;
	for (unsigned int i = FIELD_SERVER; r >= 0 && (field = command_setup_field(i)); i++)
		if (slot->store && store_is_ladder(slot->store, field))
			r = sd_bus_message_append(reply, "s", field);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_counts(sd_bus *connection, const char *path, const char *interface,
		      const char *property, sd_bus_message *reply, void *userdata,
		      sd_bus_error *error)
{
	const struct slot *slot = userdata;

	(void)connection, (void)path, (void)interface, (void)error;
	return sd_bus_message_append(reply, "t",
				     strcmp(property, "Sent") ? slot->history.failed :
								slot->history.sent);
}

static int get_statuses(sd_bus *connection, const char *path, const char *interface,
			const char *property, sd_bus_message *reply, void *userdata,
			sd_bus_error *error)
{
	const struct slot *slot = userdata;
	GHashTableIter iterator;
	void *status, *count;
	int r = sd_bus_message_open_container(reply, 'a', "{qt}");

	(void)connection, (void)path, (void)interface, (void)property, (void)error;
	g_hash_table_iter_init(&iterator, slot->history.statuses);
	while (r >= 0 && g_hash_table_iter_next(&iterator, &status, &count))
		r = sd_bus_message_append(reply, "{qt}", (int)GPOINTER_TO_UINT(status),
					  (uint64_t)GPOINTER_TO_UINT(count));
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_last(sd_bus *connection, const char *path, const char *interface,
		    const char *property, sd_bus_message *reply, void *userdata,
		    sd_bus_error *error)
{
	static const struct ended none = { 0 };
	struct slot *slot = userdata;
	const struct ended *last = g_queue_peek_head(&slot->history.ended);

	(void)connection, (void)path, (void)interface, (void)error;
	last = last ? last : &none;
	if (!strcmp(property, "LastStatus"))
		return sd_bus_message_append(reply, "q", (int)last->outcome.status);
	if (!strcmp(property, "LastState"))
		return sd_bus_message_append(reply, "q", (int)last->outcome.state);
	if (!strcmp(property, "LastDetail"))
		return sd_bus_message_append(reply, "q", (int)last->outcome.detail);
	if (!strcmp(property, "LastSent"))
		return sd_bus_message_append(reply, "s", sent_name(last->outcome.sent));
	return sd_bus_message_append(reply, "t", last->time_us);
}

#define CHANGING SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define FIXED	 SD_BUS_VTABLE_PROPERTY_CONST
#define METHOD SD_BUS_METHOD_WITH_ARGS
#define ANYBODY SD_BUS_VTABLE_UNPRIVILEGED /* the policy and bus_guard() decide */

#define OUTCOME_TYPE "a{sv}"
#define FRAME_TYPE   "(tuqqqay)"

const sd_bus_vtable slot_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Card", "u", NULL, offsetof(struct slot, card), FIXED),
	SD_BUS_PROPERTY("Number", "u", NULL, offsetof(struct slot, number), FIXED),
	SD_BUS_PROPERTY("Name", "s", NULL, offsetof(struct slot, name), FIXED),
	SD_BUS_PROPERTY("Device", "s", NULL, offsetof(struct slot, path), FIXED),
	SD_BUS_PROPERTY("Place", "s", get_words, 0, FIXED),
	SD_BUS_PROPERTY("Module", "s", get_words, 0, 0),
	SD_BUS_PROPERTY("ModuleName", "s", get_words, 0, CHANGING),
	SD_BUS_PROPERTY("ModuleDescription", "s", get_words, 0, CHANGING),
	SD_BUS_PROPERTY("Dip", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("Firmware", "s", get_words, 0, 0),
	SD_BUS_PROPERTY("EthernetAddress", "s", get_words, 0, 0),
	SD_BUS_PROPERTY("CardGeneration", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("HostGeneration", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("Health", "q", get_setup, 0, CHANGING),
	SD_BUS_PROPERTY("Detail", "q", get_setup, 0, CHANGING),
	SD_BUS_PROPERTY("Timeout", "u", get_setup, 0, CHANGING),
	SD_BUS_PROPERTY("LadderChanged", "as", get_ladder_changed, 0, CHANGING),
	SD_BUS_PROPERTY("Trace", "b", get_setup, 0, CHANGING),
	SD_BUS_PROPERTY("TraceUntil", "t", get_setup, 0, CHANGING),
	SD_BUS_PROPERTY("QueueDepth", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("QueueUsed", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("WxAccepted", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("WxBusy", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("WxRefused", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("RxAccepted", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("RxRefused", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("SequenceErrors", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("Expired", "u", get_number, 0, 0),
	SD_BUS_PROPERTY("Sent", "t", get_counts, 0, CHANGING),
	SD_BUS_PROPERTY("Failed", "t", get_counts, 0, CHANGING),
	SD_BUS_PROPERTY("Statuses", "a{qt}", get_statuses, 0, CHANGING),
	SD_BUS_PROPERTY("LastStatus", "q", get_last, 0, CHANGING),
	SD_BUS_PROPERTY("LastState", "q", get_last, 0, CHANGING),
	SD_BUS_PROPERTY("LastDetail", "q", get_last, 0, CHANGING),
	SD_BUS_PROPERTY("LastSent", "s", get_last, 0, CHANGING),
	SD_BUS_PROPERTY("LastTime", "t", get_last, 0, CHANGING),
	METHOD("GetSetup", SD_BUS_NO_ARGS,
	       SD_BUS_ARGS("a(sssss)", fields, "q", detail, "s", problem), bus_guard, ANYBODY),
	METHOD("SetSetup", SD_BUS_ARGS("s", level, "a{ss}", values, "as", unset),
	       SD_BUS_ARGS("as", kept), bus_guard, ANYBODY),
	METHOD("RestoreSetup", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, bus_guard, ANYBODY),
	METHOD("SendTestMail", SD_BUS_ARGS("s", to, "s", subject, "s", body),
	       SD_BUS_RESULT(OUTCOME_TYPE, outcome), bus_guard, ANYBODY),
	METHOD("ListRequests", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", requests), bus_guard, ANYBODY),
	METHOD("GetHistory", SD_BUS_ARGS("u", count), SD_BUS_RESULT("aa{sv}", outcomes), bus_guard, ANYBODY),
	METHOD("DescribeRequests", SD_BUS_ARGS("u", count), SD_BUS_RESULT("s", text), bus_guard, ANYBODY),
	METHOD("SetTrace", SD_BUS_ARGS("b", on), SD_BUS_RESULT("t", until), bus_guard, ANYBODY),
	METHOD("WatchTrace", SD_BUS_ARGS("b", on), SD_BUS_NO_RESULT, bus_guard, ANYBODY),
	METHOD("GetRegisters", SD_BUS_ARGS("q", station, "q", address, "q", count),
	       SD_BUS_RESULT("aq", words), bus_guard, ANYBODY),
	METHOD("SetRegisters", SD_BUS_ARGS("q", station, "q", address, "aq", words),
	       SD_BUS_NO_RESULT, bus_guard, ANYBODY),
	METHOD("GetFrames", SD_BUS_NO_ARGS, SD_BUS_RESULT(FRAME_TYPE, wx, FRAME_TYPE, rx),
	       bus_guard, ANYBODY),
	SD_BUS_SIGNAL_WITH_ARGS("TraceLine", SD_BUS_ARGS("t", time, "s", line), 0),
	SD_BUS_VTABLE_END,
};

const char *const slot_changing[] = {
	"ModuleName", "ModuleDescription", "Health",	 "Detail",   "Timeout",	   "LadderChanged",
	"Trace",      "TraceUntil",	   "Sent",	 "Failed",   "Statuses",   "LastStatus",
	"LastState",  "LastDetail",	   "LastSent",	 "LastTime", NULL,
};

/* Cards */

static int get_card_info(const struct bus_card *card, struct ecom_info *info)
{
	const struct slot *first = card->slots.head ? card->slots.head->data : NULL;

	memset(info, 0, sizeof(*info));
	return first ? get_info(first, info) : -ENODEV;
}

static int get_card(sd_bus *connection, const char *path, const char *interface,
		    const char *property, sd_bus_message *reply, void *userdata,
		    sd_bus_error *error)
{
	struct ecom_info info;

	(void)connection, (void)path, (void)interface, (void)error;
	get_card_info(userdata, &info);
	if (!strcmp(property, "SerialNumber"))
		return append_bytes(reply, info.serial, sizeof(info.serial));
	if (!strcmp(property, "Firmware"))
		return append_firmware(reply, info.card_firmware);
	return append_number(&info, property, reply);
}

static int get_slots(sd_bus *connection, const char *path, const char *interface,
		     const char *property, sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	const struct bus_card *card = userdata;
	int r = sd_bus_message_open_container(reply, 'a', "o");

	(void)connection, (void)path, (void)interface, (void)property, (void)error;
	for (GList *at = card->slots.head; r >= 0 && at; at = at->next)
		r = sd_bus_message_append(reply, "o", ((struct slot *)at->data)->bus->path);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

const sd_bus_vtable card_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Number", "u", NULL, offsetof(struct bus_card, number), FIXED),
	SD_BUS_PROPERTY("Place", "s", NULL, offsetof(struct bus_card, place), FIXED),
	SD_BUS_PROPERTY("SerialNumber", "s", get_card, 0, 0),
	SD_BUS_PROPERTY("Firmware", "s", get_card, 0, 0),
	SD_BUS_PROPERTY("Generation", "u", get_card, 0, 0),
	SD_BUS_PROPERTY("Slots", "ao", get_slots, 0, CHANGING),
	SD_BUS_VTABLE_END,
};
