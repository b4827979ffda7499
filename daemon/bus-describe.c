// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What other methods and the properties tell, as one JSON text: a front end that
 * looks every few seconds asks once, and has no variants to take apart.
 *
 * The same functions write it as do elsewhere on the bus: into a message that is
 * never sent but read back as JSON.
 */

#include <errno.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "bus-object.h"

static int add_value(JsonBuilder *json, sd_bus_message *message);

/* Any basic type that a property or a dictionary of this bus has */
union basic {
	const char *text;
	int boolean;
	uint16_t q;
	uint32_t u;
	uint64_t t;
};

static int read_number(sd_bus_message *message, char type, gint64 *number)
{
	union basic value = { 0 };
	int r = strchr("qut", type) ? sd_bus_message_read_basic(message, type, &value) : -ENOTSUP;

	if (type == 'q')
		*number = value.q;
	else
		*number = type == 'u' ? value.u : (gint64)value.t;
	return r;
}

static int add_basic(JsonBuilder *json, sd_bus_message *message, char type)
{
	union basic value = { 0 };
	gint64 number = 0;
	int r;

	if (type == 's' || type == 'o') {
		r = sd_bus_message_read_basic(message, type, &value);
		json_builder_add_string_value(json, r > 0 ? value.text : "");
	} else if (type == 'b') {
		r = sd_bus_message_read_basic(message, type, &value);
		json_builder_add_boolean_value(json, value.boolean);
	} else {
		r = read_number(message, type, &number);
		json_builder_add_int_value(json, number);
	}
	return r;
}

static int add_key(JsonBuilder *json, sd_bus_message *message, char type)
{
	g_autofree char *digits = NULL;
	const char *name = NULL;
	gint64 number = 0;
	int r;

	if (type == 's' || type == 'o') {
		r = sd_bus_message_read_basic(message, type, &name);
	} else {
		r = read_number(message, type, &number);
		digits = g_strdup_printf("%" G_GINT64_FORMAT, number);
		name = digits;
	}
	json_builder_set_member_name(json, name ? name : "");
	return r;
}

static int add_dictionary(JsonBuilder *json, sd_bus_message *message, const char *entry)
{
	int r;

	json_builder_begin_object(json);
	while ((r = sd_bus_message_enter_container(message, 'e', entry)) > 0) {
		r = add_key(json, message, *entry);
		if (r >= 0)
			r = add_value(json, message);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
		if (r < 0)
			break;
	}
	json_builder_end_object(json);
	return r;
}

static int add_list(JsonBuilder *json, sd_bus_message *message)
{
	int r;

	json_builder_begin_array(json);
	while ((r = sd_bus_message_at_end(message, false)) == 0) {
		r = add_value(json, message);
		if (r < 0)
			break;
	}
	json_builder_end_array(json);
	return r;
}

static int add_value(JsonBuilder *json, sd_bus_message *message)
{
	g_autofree char *entry = NULL;
	const char *contents;
	char type;
	int r = sd_bus_message_peek_type(message, &type, &contents);

	if (r <= 0)
		return r ? r : -EBADMSG;
	if (!contents)
		return add_basic(json, message, type);
	if (*contents == '{') /* without its braces */
		entry = g_strndup(contents + 1, strlen(contents) - 2);
	r = sd_bus_message_enter_container(message, type, contents);
	if (r >= 0)
		r = type == 'v' ? add_value(json, message) :
		    entry	? add_dictionary(json, message, entry) :
				  add_list(json, message);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* A reply proper would have to be what the method is to give. */
static int new_scratch(sd_bus_message *call, sd_bus_message **message)
{
	return sd_bus_message_new(sd_bus_message_get_bus(call), message, SD_BUS_MESSAGE_SIGNAL);
}

/* The only value of a message that has been put together, but not sent. */
static char *to_json(sd_bus_message *message)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;

	/* It has no number yet, and needs one to be read. */
	if (sd_bus_message_seal(message, 1, 0) < 0 || sd_bus_message_rewind(message, true) < 0 ||
	    add_value(json, message) < 0)
		return NULL;
	root = json_builder_get_root(json);
	return json_to_string(root, FALSE);
}

/* Answers with what has been put together, and forgets that. */
static int reply_json(sd_bus_message *call, sd_bus_message *message, int r)
{
	g_autofree char *text = r < 0 ? NULL : to_json(message);

	sd_bus_message_unref(message);
	if (!text)
		return r < 0 ? r : -EBADMSG;
	r = sd_bus_reply_method_return(call, "s", text);
	return r < 0 ? r : 1;
}

/* The manager's: all objects with their properties */

struct object {
	const char *path;
	const char *interface;
	const sd_bus_vtable *vtable;
	void *userdata;
};

static int append_value(sd_bus_message *message, const struct object *object,
			const sd_bus_vtable *entry)
{
	const char *type = entry->x.property.signature;
	void *at = (char *)object->userdata + entry->x.property.offset;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	if (!entry->x.property.get)
		return sd_bus_message_append_basic(message, *type,
						   *type == 's' ? *(void **)at : at);
	r = entry->x.property.get(sd_bus_message_get_bus(message), object->path, object->interface,
				  entry->x.property.member, message, at, &error);
	sd_bus_error_free(&error);
	return r;
}

static int append_property(sd_bus_message *message, const struct object *object,
			   const sd_bus_vtable *entry)
{
	int r = sd_bus_message_open_container(message, 'e', "sv");

	if (r >= 0)
		r = sd_bus_message_append(message, "s", entry->x.property.member);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'v', entry->x.property.signature);
	if (r >= 0)
		r = append_value(message, object, entry);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_object(sd_bus_message *message, const struct object *object)
{
	int r = sd_bus_message_open_container(message, 'e', "oa{sv}");

	if (r >= 0)
		r = sd_bus_message_append(message, "o", object->path);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "{sv}");
	for (const sd_bus_vtable *entry = object->vtable;
	     r >= 0 && entry->type != _SD_BUS_VTABLE_END; entry++)
		if (entry->type == _SD_BUS_VTABLE_PROPERTY)
			r = append_property(message, object, entry);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_card(sd_bus_message *message, struct bus_card *card)
{
	int r = append_object(message, &(struct object){ card->path, CARD_INTERFACE, card_vtable,
							 card });

	for (GList *at = card->slots.head; r >= 0 && at; at = at->next) {
		struct slot *slot = at->data;

		r = append_object(message, &(struct object){ slot->bus->path, SLOT_INTERFACE,
							     slot_vtable, slot });
	}
	return r;
}

int bus_describe(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;
	sd_bus_message *message = NULL;
	int r = new_scratch(call, &message);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "{oa{sv}}");
	if (r >= 0)
		r = append_object(message, &(struct object){ BUS_PATH, MANAGER_INTERFACE,
							     manager_vtable, bus });
	for (GList *at = bus->cards.head; r >= 0 && at; at = at->next)
		r = append_card(message, at->data);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return reply_json(call, message, r);
}

/* A slot's: what it has of requests */

int call_describe_requests(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	sd_bus_message *message = NULL;
	uint32_t count;
	int r = sd_bus_message_read(call->message, "u", &count);

	(void)error;
	if (r >= 0)
		r = new_scratch(call->message, &message);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'a', "{saa{sv}}");
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'e', "saa{sv}");
	if (r >= 0)
		r = sd_bus_message_append(message, "s", "requests");
	if (r >= 0)
		r = append_requests(message, slot);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'e', "saa{sv}");
	if (r >= 0)
		r = sd_bus_message_append(message, "s", "outcomes");
	if (r >= 0)
		r = append_history(message, slot, count);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return reply_json(call->message, message, r);
}
