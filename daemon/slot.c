// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One slot: opens, reads requests, closes.
 *
 * It reads only while the engine has room for its server, one request at a
 * time, so what must wait does so in the kernel's queue. Of several slots the
 * one goes first that has been served least recently: the turn in which it was
 * is the priority of its event source. When the device
 * reports its end the file is closed at once, so that the driver can go; the
 * slot itself stays until its last request has ended.
 */

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "bus.h"
#include "journal.h"
#include "module.h"
#include "probe.h"
#include "request.h"
#include "slot.h"

static void slot_free(struct slot *slot)
{
	sd_event_source_disable_unref(slot->io);
	if (slot->device)
		slot->device->operations->close(slot->device);
	setup_unref(slot->setup);
	history_clear(&slot->history);
	g_free(slot->path);
	g_free(slot->name);
	g_free(slot);
}

void slot_close(struct slot *slot)
{
	g_queue_remove(&slot->backplane->slots, slot);
	probe_stop(slot);
	bus_remove_slot(slot);
	slot->io = sd_event_source_disable_unref(slot->io);
	slot->trace_timer = sd_event_source_disable_unref(slot->trace_timer);
	slot->trace_until = 0;
	store_close(slot->store);
	slot->store = NULL;
	slot->device->operations->close(slot->device);
	slot->device = NULL;
	if (g_queue_is_empty(&slot->requests))
		slot_free(slot);
}

void slot_forget(struct slot *slot, void *request)
{
	g_queue_remove(&slot->requests, request);
	if (!slot->device && g_queue_is_empty(&slot->requests))
		slot_free(slot);
}

void slot_gone(struct slot *slot)
{
	journal_log(LOG_NOTICE, MESSAGE_SLOT_GONE, "%s: %s is gone, closed", slot->name, slot->path);
	slot_close(slot);
}

static int slot_read(struct slot *slot)
{
	struct ecom_request record;
	int r = slot->device->operations->read(slot->device, &record);

	if (r == -EAGAIN || r == -EINTR)
		return 0;
	if (r < 0)
		return r;
	if (record.card_generation != slot->generation)
		slot_check_card(slot);
	sd_event_source_set_priority(slot->io, ++slot->backplane->turn);
	request_start(slot, &record);
	backplane_update_reading(slot->backplane);
	return 0;
}

static int slot_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct slot *slot = userdata;
	int r = revents & EPOLLIN ? slot_read(slot) : 0;

	(void)source;
	(void)fd;
	if (r < 0 && r != -ENODEV)
		journal_log(LOG_ERR, NULL, "%s: cannot read %s: %s", slot->name, slot->path,
			    strerror(-r));
	if (r < 0 || revents & (EPOLLHUP | EPOLLERR))
		slot_gone(slot);
	return 0;
}

void slot_update_reading(struct slot *slot)
{
	const struct backplane *backplane = slot->backplane;
	bool reading = !backplane->stopping && engine_has_room(backplane->engine, slot->setup);

	sd_event_source_set_io_events(slot->io, reading ? EPOLLIN : 0);
}

/* Time-out and health, for the ladder program to read. */
void slot_tell(struct slot *slot)
{
	struct ecom_settings settings = { .timeout = slot->setup->timeout };
	int r;

	if (!slot->device)
		return;
	slot->health = slot->setup->problem ? STATUS_INVALID_SETUP : probe_status(slot);
	settings.health = slot->health;
	r = slot->device->operations->set(slot->device, &settings);
	if (r < 0 && r != -ENODEV)
		journal_log(LOG_ERR, NULL, "%s: cannot set time-out and health of %s: %s",
			    slot->name, slot->path, strerror(-r));
	bus_touch(slot);
}

/* The card's power-up turns the stored setup into the working copy. */
static bool take_generation(struct slot *slot, uint32_t generation)
{
	bool lost = slot->generation && !generation;

	if (slot->generation == generation)
		return false;
	slot->generation = generation;
	if (lost)
		journal_log(LOG_NOTICE, MESSAGE_CARD_LOST, "%s: the card does not answer",
			    slot->name);
	else
		journal_log(LOG_INFO, MESSAGE_CARD_SERVED, "%s: the card answers, generation %08x",
			    slot->name, generation);
	if (!store_set_generation(slot->store, generation))
		return false;
	journal_log(LOG_NOTICE, MESSAGE_CARD_POWER_UP,
		    "%s: the card was powered up: the stored setup is the working copy now",
		    slot->name);
	return true;
}

void slot_check_card(struct slot *slot)
{
	struct ecom_info info;

	if (slot->device && slot->device->operations->info(slot->device, &info) >= 0 &&
	    take_generation(slot, info.card_generation))
		slot_configure(slot);
}

static void store_changed(void *userdata)
{
	slot_configure(userdata);
}

static char *site_value(void *userdata, const char *field)
{
	const struct slot *slot = userdata;

	return configuration_value(slot->backplane->configuration, slot->card, slot->number, field);
}

static void open_store(struct slot *slot, uint32_t generation)
{
	static const struct store_callbacks callbacks = {
		.changed = store_changed,
		.site = site_value,
	};
	struct backplane *backplane = slot->backplane;
	const char *place = slot->device->place;

	slot->store = store_open(backplane->disk, place ? backplane->state_directory : NULL,
				 place ? place : slot->name, &callbacks, slot);
	take_generation(slot, generation);
}

void slot_configure(struct slot *slot)
{
	g_autoptr(GHashTable) over = store_values(slot->store);
	const struct setup *setup;

	engine_retire(slot->backplane->engine, slot->setup);
	setup_unref(slot->setup);
	slot->setup = configuration_setup_over(slot->backplane->configuration, slot->card,
					       slot->number, over);
	setup = slot->setup;
	if (setup->problem)
		journal_log(LOG_WARNING, MESSAGE_SETUP_INVALID,
			    "%s: e-mail setup is incomplete, requests will end with status 24: %s; "
			    "see %s",
			    slot->name, setup->problem, slot->backplane->configuration_file);
	else
		journal_log(LOG_INFO, MESSAGE_SETUP_APPLIED,
			    "%s: e-mail setup: server %s:%u, sender %s, %u Cc, time-out %u s",
			    slot->name, setup->server, setup->port, setup->sender_address,
			    setup->cc->len, setup->timeout);
	probe_start(slot);
	slot_tell(slot);
	module_publish(slot);
}

int slot_new(struct backplane *backplane, struct device *device, const char *path)
{
	struct slot *slot = g_new0(struct slot, 1);
	struct ecom_info info;
	int r = device->operations->info(device, &info);

	slot->backplane = backplane;
	slot->device = device;
	slot->path = g_strdup(path);
	history_init(&slot->history);
	if (r >= 0)
		r = sd_event_add_io(backplane->event, &slot->io, device->fd, 0, slot_ready, slot);
	if (r < 0) {
		slot_free(slot);
		return r;
	}
	slot->card = info.card;
	slot->number = info.slot;
	slot->name = g_strdup_printf("%u:K%u", info.card, info.slot);
	g_queue_push_tail(&backplane->slots, slot);
	journal_log(LOG_INFO, MESSAGE_SLOT_OPENED, "%s: opened %s, module %.*s, card %.*s",
		    slot->name, path, (int)sizeof(info.module), info.module,
		    (int)sizeof(info.serial), info.serial);
	open_store(slot, info.card_generation);
	slot_configure(slot);
	bus_add_slot(slot);
	slot_update_reading(slot);
	return 0;
}
