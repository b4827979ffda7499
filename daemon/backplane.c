// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The slots of all cards, as udev has them: those that are there at the start
 * and those that come and go. Also what they share: configuration, engine,
 * counts, the orderly stop.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "backplane.h"
#include "bus.h"
#include "events.h"
#include "journal.h"
#include "request.h"
#include "slot.h"
#include "trace.h"

/* Makes this machine's id ours, so that it cannot be guessed from a mail. */
static const sd_id128_t application_id = SD_ID128_MAKE(b5, 0c, 3e, 2f, 8d, 57, 4c, 9e, a6, 14, 7b,
						       90, d2, e1, 43, 58);

static void backplane_show(struct backplane *backplane)
{
	unsigned int slots = g_queue_get_length(&backplane->slots);
	g_autofree char *there = slots ? g_strdup_printf("%u slot%s", slots, slots == 1 ? "" : "s") :
					 g_strdup("no slot yet, waiting for a card");

	journal_status("%s; %" PRIu64 " mail%s sent, %" PRIu64 " failed%s%s", there, backplane->sent,
		       backplane->sent == 1 ? "" : "s", backplane->failed,
		       backplane->last_error ? "; last error: " : "",
		       backplane->last_error ? backplane->last_error : "");
}

void backplane_count(struct backplane *backplane, bool success, const char *summary)
{
	if (success) {
		backplane->sent++;
	} else {
		backplane->failed++;
		g_free(backplane->last_error);
		backplane->last_error = g_strdup(summary);
	}
	backplane_show(backplane);
}

void backplane_update_reading(struct backplane *backplane)
{
	for (GList *at = backplane->slots.head; at; at = at->next)
		slot_update_reading(at->data);
}

static void room(void *userdata)
{
	backplane_update_reading(userdata);
}

static struct slot *find_slot(struct backplane *backplane, const char *path)
{
	for (GList *at = backplane->slots.head; at; at = at->next) {
		struct slot *slot = at->data;

		if (!strcmp(slot->path, path))
			return slot;
	}
	return NULL;
}

static void check_cards(void *userdata)
{
	struct backplane *backplane = userdata;

	for (GList *at = backplane->slots.head; at; at = at->next)
		slot_check_card(at->data);
}

/* With the first slot, since before it the driver need not be there, or was another. */
static void follow_events(struct backplane *backplane)
{
	int r;

	events_free(backplane->events);
	backplane->events = NULL;
	r = events_new(&backplane->events, backplane->event, check_cards, backplane);
	if (r < 0)
		journal_log(LOG_ERR, NULL,
			    "cannot get the driver's events: %s; a card's power-up will be noticed "
			    "at its next request only",
			    strerror(-r));
}

static void add_slot(struct backplane *backplane, const char *path)
{
	struct device *device;
	int r;

	if (find_slot(backplane, path))
		return;
	if (g_queue_is_empty(&backplane->slots))
		follow_events(backplane);
	r = device_open(&device, path);
	if (r >= 0)
		r = slot_new(backplane, device, path);
	if (r < 0)
		journal_log(LOG_ERR, NULL, "cannot open %s: %s%s", path, strerror(-r),
			    r == -EBUSY ? "; another ecemaild has it: systemctl status ecemaild" :
			    r == -EACCES || r == -EPERM ?
					  "; its owner must be the daemon's user: see 60-ecemail.rules" :
					  "");
	backplane_show(backplane);
}

static int device_changed(sd_device_monitor *monitor, sd_device *device, void *userdata)
{
	struct backplane *backplane = userdata;
	sd_device_action_t action;
	struct slot *slot;
	const char *path;

	(void)monitor;
	if (sd_device_get_action(device, &action) < 0 || sd_device_get_devname(device, &path) < 0)
		return 0;
	slot = find_slot(backplane, path);
	if (action == SD_DEVICE_REMOVE && slot)
		slot_gone(slot);
	else if (action != SD_DEVICE_REMOVE && !backplane->stopping)
		add_slot(backplane, path);
	backplane_show(backplane);
	return 0;
}

static int start_monitor(struct backplane *backplane)
{
	int r = sd_device_monitor_new(&backplane->monitor);

	if (r >= 0)
		r = sd_device_monitor_filter_add_match_subsystem_devtype(backplane->monitor, "ecom",
									 NULL);
	if (r >= 0)
		r = sd_device_monitor_attach_event(backplane->monitor, backplane->event);
	if (r >= 0)
		r = sd_device_monitor_start(backplane->monitor, device_changed, backplane);
	return r;
}

int backplane_watch(struct backplane *backplane)
{
	sd_device_enumerator *enumerator = NULL;
	const char *path;
	int r = start_monitor(backplane);

	if (r >= 0)
		r = sd_device_enumerator_new(&enumerator);
	if (r >= 0)
		r = sd_device_enumerator_add_match_subsystem(enumerator, "ecom", true);
	if (r < 0)
		return r;
	for (sd_device *device = sd_device_enumerator_get_device_first(enumerator); device;
	     device = sd_device_enumerator_get_device_next(enumerator))
		if (sd_device_get_devname(device, &path) >= 0)
			add_slot(backplane, path);
	sd_device_enumerator_unref(enumerator);
	backplane_show(backplane);
	return 0;
}

/* Says what is wrong with a configuration; returns how many bad values it has. */
static unsigned int complain(const struct configuration *configuration)
{
	for (guint i = 0; i < configuration->warnings->len; i++)
		journal_log(LOG_WARNING, NULL, "%s",
			    (char *)configuration->warnings->pdata[i]);
	for (guint i = 0; i < configuration->problems->len; i++)
		journal_log(LOG_ERR, MESSAGE_SETUP_INVALID, "%s",
			    (char *)configuration->problems->pdata[i]);
	return configuration->problems->len;
}

void backplane_reload(struct backplane *backplane)
{
	struct configuration *configuration = configuration_load(backplane->configuration_file);

	if (complain(configuration)) {
		journal_log(LOG_ERR, MESSAGE_SETUP_KEPT,
			    "%s not applied, the configuration before it stays in force: %s",
			    backplane->configuration_file,
			    (char *)configuration->problems->pdata[0]);
		configuration_free(configuration);
		return;
	}
	configuration_free(backplane->configuration);
	backplane->configuration = configuration;
	engine_set_sessions_max(backplane->engine, configuration->sessions);
	engine_set_keep_open(backplane->engine, configuration->keep_open * G_USEC_PER_SEC);
	for (GList *at = backplane->slots.head; at; at = at->next)
		slot_configure(at->data);
	journal_log(LOG_INFO, MESSAGE_SETUP_APPLIED, "%s applied", backplane->configuration_file);
}

static void slot_stop(struct slot *slot)
{
	for (GList *next, *at = slot->requests.head; at; at = next) {
		next = at->next;
		request_hand_back(at->data);
	}
}

uint64_t backplane_stop(struct backplane *backplane)
{
	uint64_t latest, now;

	backplane->stopping = true;
	backplane_update_reading(backplane);
	for (GList *at = backplane->slots.head; at; at = at->next)
		slot_stop(at->data);
	if (!backplane->requests) {
		sd_event_exit(backplane->event, 0);
		return 0;
	}
	latest = engine_latest_us(backplane->engine); /* of slots whose cards have gone, too */
	sd_event_now(backplane->event, CLOCK_BOOTTIME, &now);
	return latest > now ? latest - now : 0;
}

/* Without a machine id it is at least constant for this run. */
static void name_machine(struct backplane *backplane)
{
	sd_id128_t id;

	if (sd_id128_get_machine_app_specific(application_id, &id) < 0)
		sd_id128_randomize(&id);
	sd_id128_to_string(id, backplane->machine);
}

int backplane_new(struct backplane **result, sd_event *event, const char *configuration_file)
{
	struct backplane *backplane = g_new0(struct backplane, 1);
	int r;

	backplane->event = sd_event_ref(event);
	backplane->configuration_file = g_strdup(configuration_file);
	backplane->configuration = configuration_load(configuration_file);
	complain(backplane->configuration);
	name_machine(backplane);
	backplane->state_directory = g_strdup(getenv("STATE_DIRECTORY"));
	backplane->trace_sender = trace_sender_new();
	r = disk_new(&backplane->disk, event);
	if (r >= 0)
		r = engine_new(&backplane->engine, event, backplane->configuration->sessions);
	if (r < 0) {
		backplane_free(backplane);
		return r;
	}
	engine_set_keep_open(backplane->engine,
			     backplane->configuration->keep_open * G_USEC_PER_SEC);
	engine_on_room(backplane->engine, room, backplane);
	*result = backplane;
	return 0;
}

void backplane_free(struct backplane *backplane)
{
	struct slot *slot;

	sd_device_monitor_unref(backplane->monitor);
	while ((slot = g_queue_peek_head(&backplane->slots)))
		slot_close(slot);
	bus_free(backplane->bus);
	events_free(backplane->events);
	disk_free(backplane->disk);
	trace_sender_free(backplane->trace_sender);
	if (backplane->engine)
		engine_free(backplane->engine);
	g_free(backplane->state_directory);
	configuration_free(backplane->configuration);
	g_free(backplane->configuration_file);
	g_free(backplane->last_error);
	sd_event_unref(backplane->event);
	g_free(backplane);
}
