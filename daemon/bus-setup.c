// SPDX-License-Identifier: GPL-2.0-or-later
/* The methods about the setup: show, set, restore, export, import. */

#include <errno.h>
#include <string.h>

#include "bus-object.h"
#include "levels.h"

#define IMPORT_MAX   (256 * 1024)
#define SECTION	     "Slot "
#define SUFFIX	     ".conf"
#define PLACES_MAX   64 /* in one import: as many files may wait to be written */

/* Showing */

static const char *origin(const struct slot *slot, const char *field, const char *site)
{
	if (store_is_ladder(slot->store, field))
		return "ladder";
	if (store_working(slot->store, field))
		return "working";
	if (store_stored(slot->store, field))
		return "stored";
	return site ? "site" : "default";
}

static char *site_value(const struct slot *slot, const char *field)
{
	return configuration_value(slot->backplane->configuration, slot->card, slot->number, field);
}

enum level {
	LEVEL_SITE,
	LEVEL_STORED,
	LEVEL_WORKING,
};

/* What a level has of a field, from below it if need be; to be freed. */
static char *level_value(const struct slot *slot, enum level level, const char *field)
{
	const char *value = level == LEVEL_WORKING ? store_working(slot->store, field) : NULL;
	g_autofree char *site = site_value(slot, field), *tls = NULL;

	if (!value && level != LEVEL_SITE)
		value = store_stored(slot->store, field);
	if (!value)
		value = site;
	if (value)
		return bus_text(value);
	tls = strcmp(field, "TLS") != 0 ? level_value(slot, level, "TLS") : NULL;
	return g_strdup(setup_standard(field, tls));
}

static int append_field(sd_bus_message *reply, const struct slot *slot, const char *field)
{
	g_autofree char *working = level_value(slot, LEVEL_WORKING, field);
	g_autofree char *stored = level_value(slot, LEVEL_STORED, field);
	g_autofree char *below = level_value(slot, LEVEL_SITE, field);
	g_autofree char *site = site_value(slot, field);

	return sd_bus_message_append(reply, "(sssss)", field, working, stored, below,
				     origin(slot, field, site));
}

/* Groups and texts of any level, in the order of their names */
static int append_named(sd_bus_message *reply, const struct slot *slot)
{
	g_autoptr(GHashTable) names = store_names(slot->store);
	g_autoptr(GList) sorted = NULL;
	int r = 0;

	configuration_add_names(slot->backplane->configuration, slot->card, slot->number, names);
	sorted = g_list_sort(g_hash_table_get_keys(names), (GCompareFunc)g_strcmp0);
	for (GList *at = sorted; r >= 0 && at; at = at->next)
		if (setup_is_named_field(at->data))
			r = append_field(reply, slot, at->data);
	return r;
}

int call_get_setup(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	g_autofree char *problem = bus_text(slot->setup->problem);
	const char *field;
	int r = sd_bus_message_new_method_return(call->message, &reply);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sssss)");
	for (size_t i = 0; r >= 0 && (field = setup_field(i)); i++)
		r = append_field(reply, slot, field);
	if (r >= 0)
		r = append_named(reply, slot);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_message_append(reply, "qs", (int)slot->setup->detail, problem);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}

/* Setting */

static int error_of(sd_bus_error *error, int r, const char *problem)
{
	return sd_bus_error_set(error, r == -ENOENT ? ERROR_UNKNOWN_FIELD : ERROR_INVALID_VALUE,
				problem);
}

static int not_saved(sd_bus_error *error, const char *place, int r)
{
	return sd_bus_error_setf(error, ERROR_NOT_SAVED, "%s: cannot write the setup: %s%s", place,
				 strerror(-r),
				 r == -EROFS ? "; is the disk read-only, and STATE_DIRECTORY set?" :
				 r == -ENOSPC ? "; make room on the disk of /var/lib/ecemail" :
						"");
}

static void set_done(void *userdata, int r, char *const *kept)
{
	struct bus_call *call = userdata;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;

	if (r < 0) {
		not_saved(&error, "nothing changed", r);
		sd_bus_reply_method_error(call->message, &error);
		sd_bus_error_free(&error);
	} else if (!strcmp(sd_bus_message_get_member(call->message), "RestoreSetup")) {
		sd_bus_reply_method_return(call->message, NULL);
	} else if (sd_bus_message_new_method_return(call->message, &reply) >= 0 &&
		   sd_bus_message_append_strv(reply, (char **)kept) >= 0) {
		sd_bus_send(NULL, reply, NULL);
	}
	sd_bus_message_unref(reply);
	bus_call_end(call);
}

static int read_level(const char *name, enum store_level *level)
{
	static const char *const names[] = {
		[STORE_BOTH] = "both",
		[STORE_STORED] = "stored",
		[STORE_WORKING] = "working",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(name, names[i])) {
			*level = (enum store_level)i;
			return 0;
		}
	return -EINVAL;
}

static int read_values(sd_bus_message *message, GHashTable *change)
{
	const char *name, *value;
	int r = sd_bus_message_enter_container(message, 'a', "{ss}");

	while (r >= 0 && (r = sd_bus_message_read(message, "{ss}", &name, &value)) > 0)
		store_change_set(change, name, value);
	if (r >= 0)
		r = sd_bus_message_exit_container(message);
	if (r >= 0)
		r = sd_bus_message_enter_container(message, 'a', "s");
	while (r >= 0 && (r = sd_bus_message_read(message, "s", &name)) > 0)
		store_change_set(change, name, NULL);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

int call_set_setup(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	g_autoptr(GHashTable) change = store_change_new();
	g_autofree char *problem = NULL;
	struct store_author author = { .name = call->author };
	enum store_level level;
	const char *name;
	int r = sd_bus_message_read(call->message, "s", &name);

	if (r >= 0)
		r = read_values(call->message, change);
	if (r < 0)
		return r;
	if (read_level(name, &level) < 0)
		return error_of(error, -EINVAL, "level: allowed: both, stored, working");
	r = store_check(change, &problem);
	if (r < 0)
		return error_of(error, r, problem);
	r = store_change(slot->store, level, change, &author, set_done, call);
	return r < 0 ? not_saved(error, slot->name, r) : 0;
}

int call_restore_setup(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	struct store_author author = { .name = call->author };
	int r = store_restore(slot->store, &author, set_done, call);

	return r < 0 ? not_saved(error, slot->name, r) : 0;
}

/* Export */

static struct slot *slot_at(const struct backplane *backplane, const char *place)
{
	for (GList *at = backplane->slots.head; at; at = at->next) {
		struct slot *slot = at->data;

		if (slot->device->place && !strcmp(slot->device->place, place))
			return slot;
	}
	return NULL;
}

static struct store *open_absent(const struct backplane *backplane, const char *place)
{
	return store_open(backplane->disk, backplane->state_directory, place, NULL, NULL);
}

static void export_place(GKeyFile *file, const struct backplane *backplane, const char *place)
{
	g_autofree char *section = g_strconcat(SECTION, place, NULL);
	const struct slot *slot = slot_at(backplane, place);
	struct store *absent = slot ? NULL : open_absent(backplane, place);
	const struct store *store = slot ? slot->store : absent;
	g_autoptr(GHashTable) names = store_names(store);
	g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(names),
					      (GCompareFunc)g_strcmp0);

	for (GList *at = sorted; at; at = at->next)
		if (store_stored(store, at->data))
			g_key_file_set_string(file, section, at->data,
					      store_stored(store, at->data));
	store_close(absent);
}

static GPtrArray *list_places(const struct backplane *backplane)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) directory =
		backplane->state_directory ? g_dir_open(backplane->state_directory, 0, NULL) : NULL;
	const char *name;

	while (directory && (name = g_dir_read_name(directory)))
		if (g_str_has_suffix(name, SUFFIX))
			g_ptr_array_add(places, g_strndup(name, strlen(name) - strlen(SUFFIX)));
	return places;
}

int call_export_setup(struct bus_call *call, struct slot *none, sd_bus_error *error)
{
	const struct backplane *backplane = call->bus->backplane;
	g_autoptr(GPtrArray) places = list_places(backplane);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *text = NULL;
	int r;

	(void)none, (void)error;
	for (guint i = 0; i < places->len; i++)
		export_place(file, backplane, places->pdata[i]);
	text = g_key_file_to_data(file, NULL, NULL);
	r = sd_bus_reply_method_return(call->message, "s", text);
	return r < 0 ? r : 1;
}

/*
 * Import: all of the text is checked before the first slot is changed; then
 * each slot is on its own, and the reply waits for the last one.
 */
struct import {
	struct bus_call *call;
	unsigned int waiting;
	GPtrArray *done; /* places */
	int error;
	char *failed; /* the first place that could not be written */
};

struct import_place {
	struct import *import;
	char *place;
};

static void import_end(struct import *import)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	g_autofree char *done = NULL;

	if (--import->waiting)
		return;
	g_ptr_array_add(import->done, NULL);
	done = g_strjoinv(", ", (char **)import->done->pdata);
	if (import->error) {
		sd_bus_error_setf(&error, ERROR_NOT_SAVED, "%s: %s; done before: %s",
				  import->failed, strerror(-import->error), *done ? done : "none");
		sd_bus_reply_method_error(import->call->message, &error);
		sd_bus_error_free(&error);
	} else if (sd_bus_message_new_method_return(import->call->message, &reply) >= 0 &&
		   sd_bus_message_append_strv(reply, (char **)import->done->pdata) >= 0) {
		sd_bus_send(NULL, reply, NULL);
	}
	sd_bus_message_unref(reply);
	bus_call_end(import->call);
	g_ptr_array_unref(import->done);
	g_free(import->failed);
	g_free(import);
}

static void import_done(void *userdata, int error, char *const *kept)
{
	struct import_place *place = userdata;
	struct import *import = place->import;

	(void)kept;
	if (!error) {
		g_ptr_array_add(import->done, g_strdup(place->place));
	} else if (!import->error) {
		import->error = error;
		import->failed = g_strdup(place->place);
	}
	g_free(place->place);
	g_free(place);
	import_end(import);
}

static bool is_place(const char *place)
{
	return *place && strlen(place) < 128 && *place != '.' &&
	       strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") ==
		       strlen(place);
}

static GHashTable *section_change(GKeyFile *file, const char *section)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, NULL);
	GHashTable *change = store_change_new();

	for (char **key = keys; key && *key; key++) {
		g_autofree char *value = g_key_file_get_string(file, section, *key, NULL);

		store_change_set(change, *key, value ? value : "");
	}
	return change;
}

static int check_section(GKeyFile *file, const char *section, sd_bus_error *error)
{
	g_autoptr(GHashTable) change = section_change(file, section);
	g_autofree char *problem = NULL;
	int r = store_check(change, &problem);

	if (!g_str_has_prefix(section, SECTION) || !is_place(section + strlen(SECTION)))
		return sd_bus_error_setf(error, ERROR_INVALID_VALUE,
					 "[%s]: allowed: [Slot PLACE], as export writes it",
					 section);
	if (r < 0)
		return sd_bus_error_setf(
			error, r == -ENOENT ? ERROR_UNKNOWN_FIELD : ERROR_INVALID_VALUE, "[%s] %s",
			section, problem);
	return 0;
}

static void import_section(struct import *import, GKeyFile *file, const char *section)
{
	const struct backplane *backplane = import->call->bus->backplane;
	g_autoptr(GHashTable) change = section_change(file, section);
	struct import_place *place = g_new(struct import_place, 1);
	struct store_author author = { .name = import->call->author };
	struct store *absent;
	struct slot *slot;
	int r;

	*place = (struct import_place){ import, g_strdup(section + strlen(SECTION)) };
	import->waiting++;
	slot = slot_at(backplane, place->place);
	absent = slot ? NULL : open_absent(backplane, place->place);
	r = store_change(slot ? slot->store : absent, STORE_REPLACE, change, &author, import_done,
			 place);
	store_close(absent);
	if (r < 0)
		import_done(place, r, NULL);
}

static void start_import(struct bus_call *call, GKeyFile *file, char **sections)
{
	struct import *import = g_new0(struct import, 1);

	import->call = call;
	import->waiting = 1; /* this function, until all are under way */
	import->done = g_ptr_array_new_with_free_func(g_free);
	for (; *sections; sections++)
		import_section(import, file, *sections);
	import_end(import);
}

int call_import_setup(struct bus_call *call, struct slot *none, sd_bus_error *error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) problem = NULL;
	g_auto(GStrv) sections = NULL;
	const char *text;
	gsize count;
	int r = sd_bus_message_read(call->message, "s", &text);

	(void)none;
	if (r < 0)
		return r;
	if (strlen(text) > IMPORT_MAX)
		return error_of(error, -EINVAL, "too long; allowed: 262144 bytes");
	if (!g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, &problem))
		return error_of(error, -EINVAL, problem->message);
	sections = g_key_file_get_groups(file, &count);
	if (count > PLACES_MAX)
		return error_of(error, -EINVAL, "too many sections; allowed: 64 in one text");
	for (char **section = sections; *section; section++) {
		r = check_section(file, *section, error);
		if (r < 0)
			return r;
	}
	start_import(call, file, sections);
	return 0;
}
