// SPDX-License-Identifier: GPL-2.0-or-later
/* Netlink messages of the driver, decoded. */

#include <linux/ecom_netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/outcome.h"
#include "daemon/status.h"
#include "decode.h"
#include "events.h"

enum form { U32,
	    U64,
	    TEXT,
	    FIRMWARE,
	    HEX };

struct field {
	int attribute;
	enum form form;
	const char *name;
};

static const struct field card_fields[] = {
	{ ECOM_A_CARD_INDEX, U32, "card" },
	{ ECOM_A_CARD_PCI, TEXT, "place" },
	{ ECOM_A_CARD_SERIAL, TEXT, "serial" },
	{ ECOM_A_CARD_FIRMWARE, FIRMWARE, "firmware" },
	{ ECOM_A_CARD_GENERATION, HEX, "generation" },
	{ ECOM_A_CARD_TROUBLE, TEXT, "trouble" },
	{ ECOM_A_CARD_SLOTS, U32, "slots" },
	{ ECOM_A_CARD_SEQUENCE, U64, "sequence" },
	{ 0, U32, NULL },
};

static const struct field slot_fields[] = {
	{ ECOM_A_SLOT_CARD, U32, "card" },
	{ ECOM_A_SLOT_NUMBER, U32, "number" },
	{ ECOM_A_SLOT_NAME, TEXT, "device" },
	{ ECOM_A_SLOT_MODULE, TEXT, "module" },
	{ ECOM_A_SLOT_DIP, U32, "dip" },
	{ ECOM_A_SLOT_ATTACHED, U32, "attached" },
	{ ECOM_A_SLOT_HEALTH, U32, "health" },
	{ ECOM_A_SLOT_QUEUE_USED, U32, "queue_used" },
	{ ECOM_A_SLOT_QUEUE_DEPTH, U32, "queue_depth" },
	{ ECOM_A_SLOT_ACCEPTED, U32, "wx_accepted" },
	{ ECOM_A_SLOT_BUSY, U32, "wx_busy" },
	{ ECOM_A_SLOT_REFUSED, U32, "wx_refused" },
	{ ECOM_A_SLOT_EXPIRED, U32, "expired" },
	{ ECOM_A_SLOT_SEQUENCE, U64, "sequence" },
	{ 0, U32, NULL },
};

static const struct field event_fields[] = {
	{ ECOM_A_EVENT_SEQUENCE, U64, "sequence" },
	{ ECOM_A_EVENT_CARD, U32, "card" },
	{ ECOM_A_EVENT_SLOT, U32, "number" },
	{ ECOM_A_EVENT_REQUEST, U64, "request" },
	{ ECOM_A_EVENT_TAG, U32, "tag" },
	{ ECOM_A_EVENT_STATE, U32, "state" },
	{ ECOM_A_EVENT_STATUS, U32, "status" },
	{ ECOM_A_EVENT_REASON, U32, "reason" },
	{ 0, U32, NULL },
};

static const struct {
	const char *name;
	const char *text;
} kinds[] = {
	[ECOM_EVENT_CARD_ADDED] = { "card-added", "the driver has taken the card" },
	[ECOM_EVENT_CARD_REMOVED] = { "card-removed", "the card has gone" },
	[ECOM_EVENT_CARD_SERVED] = { "card-served", "the card is served" },
	[ECOM_EVENT_CARD_LOST] = { "card-lost", "the card does not answer any more" },
	[ECOM_EVENT_REQUEST_QUEUED] = { "request-queued", "accepted from the PLC" },
	[ECOM_EVENT_REQUEST_DELIVERED] = { "request-delivered", "read by the daemon" },
	[ECOM_EVENT_REQUEST_REQUEUED] = { "request-requeued", "back in the queue" },
	[ECOM_EVENT_REQUEST_PROGRESS] = { "request-progress", "" },
	[ECOM_EVENT_REQUEST_COMPLETED] = { "request-completed", "ended" },
	[ECOM_EVENT_REQUEST_EXPIRED] = { "request-expired", "ended by its deadline" },
	[ECOM_EVENT_REQUEST_ABANDONED] = { "request-abandoned", "ended, its daemon fell" },
	[ECOM_EVENT_WX_BUSY] = { "wx-busy", "frame turned away: the queue is full" },
	[ECOM_EVENT_WX_REFUSED] = { "wx-refused", "frame refused" },
};

/* Attributes that are shorter than they should be are left out. */
static void set_field(JsonObject *object, const struct field *field, struct nlattr *attribute)
{
	g_autofree char *text = NULL;
	guint32 number;

	if (field->form == U64 && nla_len(attribute) >= (int)sizeof(guint64))
		json_object_set_int_member(object, field->name, (gint64)nla_get_u64(attribute));
	if (field->form == TEXT) {
		g_autofree char *raw = g_strndup(nla_data(attribute), (gsize)nla_len(attribute));

		text = g_utf8_make_valid(raw, -1);
		json_object_set_string_member(object, field->name, text);
	}
	if (field->form == U64 || field->form == TEXT || nla_len(attribute) < (int)sizeof(number))
		return;
	number = nla_get_u32(attribute);
	if (field->form == U32) {
		json_object_set_int_member(object, field->name, number);
		return;
	}
	text = field->form == HEX ? g_strdup_printf("%08x", number) :
				    g_strdup_printf("%u.%u.%u", number >> 24, number >> 16 & 0xff,
						    number & 0xffff);
	json_object_set_string_member(object, field->name, text);
}

static JsonObject *decode_fields(struct nlattr **attributes, const struct field *fields)
{
	JsonObject *object = json_object_new();

	for (; fields->name; fields++)
		if (attributes[fields->attribute])
			set_field(object, fields, attributes[fields->attribute]);
	return object;
}

/* The driver has the time since boot. */
static void set_time(JsonObject *object, guint64 boot_ns)
{
	struct timespec boot;
	g_autoptr(GDateTime) utc = NULL;
	g_autofree char *text = NULL;
	gint64 ago_us;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	ago_us = (gint64)boot.tv_sec * 1000000 + boot.tv_nsec / 1000 - (gint64)(boot_ns / 1000);
	utc = g_date_time_new_from_unix_utc((g_get_real_time() - ago_us) / G_USEC_PER_SEC);
	text = g_date_time_format_iso8601(utc);
	json_object_set_string_member(object, "time", text);
}

static JsonObject *decode_event(struct nlattr **attributes)
{
	JsonObject *object = decode_fields(attributes, event_fields);
	struct nlattr *kind = attributes[ECOM_A_EVENT_KIND], *sent = attributes[ECOM_A_EVENT_SENT];
	guint32 number = kind ? nla_get_u32(kind) : 0;

	json_object_set_string_member(object, "event",
				      number < G_N_ELEMENTS(kinds) && kinds[number].name ?
					      kinds[number].name :
					      "unknown");
	json_object_set_int_member(object, "kind", number);
	if (sent)
		json_object_set_string_member(object, "sent", sent_name(nla_get_u32(sent)));
	if (attributes[ECOM_A_EVENT_TIME])
		set_time(object, nla_get_u64(attributes[ECOM_A_EVENT_TIME]));
	return object;
}

JsonObject *events_decode(struct nlmsghdr *message)
{
	/* the widest of the three sets */
	struct nlattr *attributes[MAX(MAX(ECOM_A_CARD_MAX, ECOM_A_SLOT_MAX), ECOM_A_EVENT_MAX) + 1];
	int most = (int)G_N_ELEMENTS(attributes) - 1;
	struct genlmsghdr *header;
	JsonObject *object;
	const char *type;

	if (!genlmsg_valid_hdr(message, 0) || genlmsg_parse(message, 0, attributes, most, NULL) < 0)
		return NULL;
	header = genlmsg_hdr(message);
	switch (header->cmd) {
	case ECOM_CMD_CARD_GET:
		object = decode_fields(attributes, card_fields);
		type = "card";
		break;
	case ECOM_CMD_SLOT_GET:
		object = decode_fields(attributes, slot_fields);
		type = "slot";
		break;
	case ECOM_CMD_EVENT:
		object = decode_event(attributes);
		type = "event";
		break;
	default:
		return NULL;
	}
	json_object_set_string_member(object, "type", type);
	return object;
}

enum events_step events_follow(guint64 *last, guint64 sequence)
{
	if (*last != EVENTS_ANY && sequence <= *last)
		return EVENTS_OLD;
	if (*last != EVENTS_ANY && sequence != *last + 1)
		return EVENTS_LOST;
	*last = sequence;
	return EVENTS_NEXT;
}

/* In words */

static gint64 number_of(JsonObject *object, const char *member)
{
	return json_object_get_int_member_with_default(object, member, 0);
}

static const char *string_of(JsonObject *object, const char *member)
{
	return json_object_get_string_member_with_default(object, member, "");
}

static char *describe_card(JsonObject *object)
{
	const char *trouble = string_of(object, "trouble");

	return g_strdup_printf("card %d at %s, serial %s, firmware %s, %d slots: %s",
			       (int)number_of(object, "card"), string_of(object, "place"),
			       string_of(object, "serial"), string_of(object, "firmware"),
			       (int)number_of(object, "slots"), *trouble ? trouble : "served");
}

static char *describe_slot(JsonObject *object)
{
	return g_strdup_printf("%d:K%d %s, health %d, %s, queue %d of %d, accepted %d, busy %d, "
			       "refused %d, expired %d",
			       (int)number_of(object, "card"), (int)number_of(object, "number"),
			       string_of(object, "module"), (int)number_of(object, "health"),
			       number_of(object, "attached") ? "daemon attached" : "no daemon",
			       (int)number_of(object, "queue_used"),
			       (int)number_of(object, "queue_depth"),
			       (int)number_of(object, "wx_accepted"),
			       (int)number_of(object, "wx_busy"),
			       (int)number_of(object, "wx_refused"),
			       (int)number_of(object, "expired"));
}

static void append_request(GString *line, JsonObject *object, unsigned int kind)
{
	g_string_append_printf(line, " request %d (tag %d): %s", (int)number_of(object, "request"),
			       (int)number_of(object, "tag"), kinds[kind].text);
	if (kind == ECOM_EVENT_REQUEST_PROGRESS)
		g_string_append(line, state_doing((unsigned int)number_of(object, "state")));
	if (kind >= ECOM_EVENT_REQUEST_COMPLETED && kind <= ECOM_EVENT_REQUEST_ABANDONED)
		g_string_append_printf(line, ", status %d, sent: %s",
				       (int)number_of(object, "status"), string_of(object, "sent"));
}

static char *describe_event(JsonObject *object)
{
	GString *line = g_string_new(string_of(object, "time"));
	unsigned int kind = (unsigned int)number_of(object, "kind");

	g_string_append_printf(line, "  %d", (int)number_of(object, "card"));
	if (json_object_has_member(object, "number"))
		g_string_append_printf(line, ":K%d", (int)number_of(object, "number"));
	if (kind >= G_N_ELEMENTS(kinds) || !kinds[kind].name)
		g_string_append_printf(line, " event %u, unknown to this program", kind);
	else if (json_object_has_member(object, "request"))
		append_request(line, object, kind);
	else
		g_string_append_printf(line, " %s", kinds[kind].text);
	if (kind == ECOM_EVENT_WX_REFUSED) {
		g_autofree char *why = decode_mailbox_result(
			2 | (unsigned int)number_of(object, "reason") << 8);

		g_string_append_printf(line, " (tag %d): %s", (int)number_of(object, "tag"), why);
	}
	return g_string_free(line, FALSE);
}

char *events_describe(JsonObject *object)
{
	const char *type = string_of(object, "type");

	if (!strcmp(type, "card"))
		return describe_card(object);
	if (!strcmp(type, "slot"))
		return describe_slot(object);
	return describe_event(object);
}
