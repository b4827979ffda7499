// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The connection to the system bus and the objects on it.
 *
 * Without a bus, or when it has gone, a new connection is tried every five
 * seconds; cards and slots are kept and put on the next one. Changes of
 * properties are told at most four times a second, however many mails pass.
 */

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus-object.h"
#include "journal.h"

#define RETRY_US   (5 * G_USEC_PER_SEC)
#define PUBLISH_US (G_USEC_PER_SEC / 4)

char *bus_text(const char *bytes)
{
	g_autofree char *valid = g_utf8_make_valid(bytes ? bytes : "", -1);
	GString *text = g_string_sized_new(strlen(valid));

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		bool none = c == 0x1f || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);

		g_string_append_unichar(text, none ? 0xfffd : c);
	}
	return g_string_free(text, FALSE);
}

static void publish_slot(struct bus *bus, struct bus_slot *object)
{
	if (!object->touched)
		return;
	object->touched = false;
	sd_bus_emit_properties_changed_strv(bus->connection, object->path, SLOT_INTERFACE,
					    (char **)slot_changing);
}

static int publish(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct bus *bus = userdata;

	(void)source;
	(void)usec;
	if (!bus->connection)
		return 0;
	for (GList *at = bus->backplane->slots.head; at; at = at->next)
		if (((struct slot *)at->data)->bus)
			publish_slot(bus, ((struct slot *)at->data)->bus);
	sd_bus_emit_properties_changed_strv(bus->connection, BUS_PATH, MANAGER_INTERFACE,
					    (char **)manager_changing);
	return 0;
}

void bus_touch(struct slot *slot)
{
	struct bus *bus = slot->backplane->bus;
	int enabled = SD_EVENT_OFF;

	if (!bus || !bus->connection || !slot->bus)
		return;
	slot->bus->touched = true;
	sd_event_source_get_enabled(bus->publish, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(bus->publish, PUBLISH_US);
	sd_event_source_set_enabled(bus->publish, SD_EVENT_ONESHOT);
}

void bus_trace(struct slot *slot, const char *line)
{
	struct bus *bus = slot->backplane->bus;
	uint64_t now = (uint64_t)g_get_real_time();
	g_autofree char *text = NULL;

	if (!bus || !bus->connection || !slot->bus || g_queue_is_empty(&slot->bus->watchers))
		return;
	text = bus_text(line);
	for (GList *at = slot->bus->watchers.head; at; at = at->next) {
		sd_bus_message *signal = NULL;

		if (sd_bus_message_new_signal(bus->connection, &signal, slot->bus->path,
					      SLOT_INTERFACE, "TraceLine") >= 0 &&
		    sd_bus_message_set_destination(signal, at->data) >= 0 &&
		    sd_bus_message_append(signal, "ts", now, text) >= 0)
			sd_bus_send(bus->connection, signal, NULL);
		sd_bus_message_unref(signal);
	}
}

/* Objects */

static void show_card(struct bus_card *card)
{
	sd_bus *connection = card->bus->connection;

	if (connection && !card->object &&
	    sd_bus_add_object_vtable(connection, &card->object, card->path, CARD_INTERFACE,
				     card_vtable, card) >= 0)
		sd_bus_emit_object_added(connection, card->path);
}

static void show_slot(struct bus_slot *object)
{
	sd_bus *connection = object->card->bus->connection;

	if (!connection || object->object ||
	    sd_bus_add_object_vtable(connection, &object->object, object->path, SLOT_INTERFACE,
				     slot_vtable, object->slot) < 0)
		return;
	sd_bus_emit_object_added(connection, object->path);
	sd_bus_emit_properties_changed(connection, object->card->path, CARD_INTERFACE, "Slots",
				       NULL);
}

static void hide(struct bus *bus, const char *path, sd_bus_slot **object)
{
	if (*object && bus->connection)
		sd_bus_emit_object_removed(bus->connection, path);
	*object = sd_bus_slot_unref(*object);
}

static struct bus_card *get_card(struct bus *bus, const struct slot *slot)
{
	const char *place = slot->device->place;
	const char *end = place ? strstr(place, "-slot") : NULL;
	struct bus_card *card;

	for (GList *at = bus->cards.head; at; at = at->next) {
		card = at->data;
		if (card->number == slot->card)
			return card;
	}
	card = g_new0(struct bus_card, 1);
	card->bus = bus;
	card->number = slot->card;
	card->path = g_strdup_printf(BUS_PATH "/card/%u", slot->card);
	card->place = end ? g_strndup(place, (gsize)(end - place)) : g_strdup("");
	g_queue_push_tail(&bus->cards, card);
	show_card(card);
	return card;
}

void bus_add_slot(struct slot *slot)
{
	struct bus *bus = slot->backplane->bus;
	struct bus_slot *object;

	if (!bus)
		return;
	object = g_new0(struct bus_slot, 1);
	object->slot = slot;
	object->card = get_card(bus, slot);
	object->path = g_strdup_printf("%s/slot/%u", object->card->path, slot->number);
	slot->bus = object;
	g_queue_push_tail(&object->card->slots, slot);
	show_slot(object);
}

static void card_remove(struct bus_card *card)
{
	g_queue_remove(&card->bus->cards, card);
	hide(card->bus, card->path, &card->object);
	g_free(card->path);
	g_free(card->place);
	g_free(card);
}

void bus_remove_slot(struct slot *slot)
{
	struct bus_slot *object = g_steal_pointer(&slot->bus);
	struct bus_card *card;

	if (!object)
		return;
	card = object->card;
	g_queue_remove(&card->slots, slot);
	hide(card->bus, object->path, &object->object);
	g_queue_clear_full(&object->watchers, g_free);
	g_free(object->path);
	g_free(object);
	if (g_queue_is_empty(&card->slots))
		card_remove(card);
}

struct slot *bus_find_slot(const struct bus *bus, const char *path)
{
	for (GList *at = bus->backplane->slots.head; at; at = at->next) {
		struct slot *slot = at->data;

		if (slot->bus && !strcmp(slot->bus->path, path))
			return slot;
	}
	return NULL;
}

/* Connection */

static void forget_watcher(struct slot *slot, const char *name)
{
	GList *found = slot->bus ? g_queue_find_custom(&slot->bus->watchers, name,
						       (GCompareFunc)g_strcmp0) :
				   NULL;

	if (!found)
		return;
	g_free(found->data);
	g_queue_delete_link(&slot->bus->watchers, found);
}

static int owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bus *bus = userdata;
	const char *name, *before, *after;

	(void)error;
	if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0 || *after)
		return 0;
	for (GList *at = bus->backplane->slots.head; at; at = at->next)
		forget_watcher(at->data, name);
	return 0;
}

static void hide_all(struct bus *bus)
{
	for (GList *at = bus->backplane->slots.head; at; at = at->next) {
		struct bus_slot *object = ((struct slot *)at->data)->bus;

		if (!object)
			continue;
		object->object = sd_bus_slot_unref(object->object);
		g_queue_clear_full(&object->watchers, g_free);
	}
	for (GList *at = bus->cards.head; at; at = at->next) {
		struct bus_card *card = at->data;

		card->object = sd_bus_slot_unref(card->object);
	}
}

/* Calls whose caller is being asked for end here; those at work find a closed connection. */
static void drop_queries(struct bus *bus)
{
	for (GList *next, *at = bus->calls.head; at; at = next) {
		next = at->next;
		if (((struct bus_call *)at->data)->query)
			bus_call_end(at->data);
	}
}

static void disconnect(struct bus *bus)
{
	hide_all(bus);
	drop_queries(bus);
	bus->manager = sd_bus_slot_unref(bus->manager);
	bus->objects = sd_bus_slot_unref(bus->objects);
	bus->disconnected = sd_bus_slot_unref(bus->disconnected);
	bus->owner_lost = sd_bus_slot_unref(bus->owner_lost);
	if (bus->connection)
		sd_bus_detach_event(bus->connection);
	sd_bus_close(bus->connection);
	bus->connection = sd_bus_unref(bus->connection);
}

static void retry_later(struct bus *bus)
{
	sd_event_source_set_time_relative(bus->retry, RETRY_US);
	sd_event_source_set_enabled(bus->retry, SD_EVENT_ONESHOT);
}

/* From within the connection's own callback, so it is closed by the timer. */
static int lost(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	(void)message;
	(void)error;
	journal_log(LOG_NOTICE, NULL, "the system bus has gone; mail goes on without it");
	retry_later(userdata);
	return 0;
}

static int named(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *problem = sd_bus_message_get_error(message);

	(void)userdata;
	(void)error;
	if (problem)
		journal_log(LOG_ERR, NULL,
			    "cannot be " BUS_NAME " on the system bus: %s; is its policy file in "
			    "/usr/share/dbus-1/system.d?",
			    problem->message);
	return 0;
}

static int add_matches(struct bus *bus)
{
	int r = sd_bus_match_signal_async(bus->connection, &bus->disconnected, NULL,
					  "/org/freedesktop/DBus/Local",
					  "org.freedesktop.DBus.Local", "Disconnected", lost, NULL,
					  bus);

	if (r >= 0)
		r = sd_bus_match_signal_async(bus->connection, &bus->owner_lost,
					      "org.freedesktop.DBus", "/org/freedesktop/DBus",
					      "org.freedesktop.DBus", "NameOwnerChanged",
					      owner_changed, NULL, bus);
	return r;
}

static int add_manager(struct bus *bus)
{
	int r = sd_bus_add_object_vtable(bus->connection, &bus->manager, BUS_PATH,
					 MANAGER_INTERFACE, manager_vtable, bus);

	if (r >= 0)
		r = sd_bus_add_object_manager(bus->connection, &bus->objects, BUS_PATH);
	if (r >= 0)
		r = sd_bus_request_name_async(bus->connection, NULL, BUS_NAME, 0, named, bus);
	return r;
}

static int bus_connect(struct bus *bus)
{
	int r = sd_bus_open_system(&bus->connection);

	if (r >= 0)
		r = sd_bus_attach_event(bus->connection, bus->backplane->event,
					SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = add_matches(bus);
	if (r >= 0)
		r = add_manager(bus);
	if (r < 0) {
		disconnect(bus);
		return r;
	}
	for (GList *at = bus->cards.head; at; at = at->next)
		show_card(at->data);
	for (GList *at = bus->backplane->slots.head; at; at = at->next)
		if (((struct slot *)at->data)->bus)
			show_slot(((struct slot *)at->data)->bus);
	return 0;
}

static int try_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct bus *bus = userdata;

	(void)source;
	(void)usec;
	disconnect(bus);
	if (bus_connect(bus) < 0)
		retry_later(bus);
	return 0;
}

static void find_group(struct bus *bus)
{
	const struct group *group = getgrnam("ecemail");

	bus->has_group = group != NULL;
	if (group)
		bus->group = group->gr_gid;
}

int bus_new(struct bus **result, struct backplane *backplane)
{
	struct bus *bus = g_new0(struct bus, 1);
	int r;

	bus->backplane = backplane;
	bus->started_us = (uint64_t)g_get_real_time();
	find_group(bus);
	r = sd_event_add_time_relative(backplane->event, &bus->retry, CLOCK_MONOTONIC, 0, 0,
				       try_again, bus);
	if (r >= 0)
		r = sd_event_add_time_relative(backplane->event, &bus->publish, CLOCK_MONOTONIC, 0,
					       PUBLISH_US / 4, publish, bus);
	if (r >= 0)
		r = sd_event_source_set_enabled(bus->publish, SD_EVENT_OFF);
	if (r < 0) {
		bus_free(bus);
		return r;
	}
	*result = bus;
	return 0;
}

/* The slots are closed by then. */
void bus_free(struct bus *bus)
{
	if (!bus)
		return;
	if (bus->connection)
		sd_bus_flush(bus->connection);
	disconnect(bus);
	sd_event_source_disable_unref(bus->retry);
	sd_event_source_disable_unref(bus->publish);
	for (GList *at = bus->calls.head; at; at = at->next)
		((struct bus_call *)at->data)->bus = NULL;
	g_queue_clear(&bus->calls);
	g_free(bus);
}
