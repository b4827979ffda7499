// SPDX-License-Identifier: GPL-2.0-or-later
/* The e-mail setup of a slot, by whichever way is open. */

#include <errno.h>
#include <unistd.h>

#include "bus.h"
#include "daemon/credential.h"
#include "daemon/levels.h"
#include "site.h"

#define CALL_MS 2000

const char *site_source_name(enum site_source source)
{
	static const char *const names[] = {
		[SITE_NOTHING] = "for root and group ecemail to see",
		[SITE_DAEMON] = "as the daemon has it",
		[SITE_FILES] = "as the files have it; the daemon cannot be asked",
		[SITE_DEFAULTS] = "the site's defaults; what is stored for the slot is for group "
				  "ecemail to see",
	};

	return names[source];
}

/* Fields: name, working copy, stored, site default, where from */
static GHashTable *working_values(GVariant *fields)
{
	GHashTable *values = g_hash_table_new(g_str_hash, g_str_equal);
	const char *name, *value;
	GVariantIter iter;

	g_variant_iter_init(&iter, fields);
	while (g_variant_iter_next(&iter, "(&s&s&s&s&s)", &name, &value, NULL, NULL, NULL))
		g_hash_table_insert(values, (char *)name, (char *)value);
	return values;
}

static void set_value(struct setup *setup, const char *name, const char *value)
{
	g_autofree char *problem = value && *value ? setup_set(setup, name, value) : NULL;
}

/* In the order of the fields, since some decide on others' defaults. */
static struct setup *from_fields(GVariant *fields)
{
	g_autoptr(GHashTable) values = working_values(fields);
	struct setup *setup = setup_new();
	const char *name;

	for (size_t i = 0; (name = setup_field(i)); i++)
		set_value(setup, name, g_hash_table_lookup(values, name));
	setup->credentials_file = g_strdup(SITE_CREDENTIALS);
	setup_finish(setup);
	return setup;
}

static struct setup *ask_daemon(const struct slot *slot)
{
	GDBusConnection *bus = slot ? bus_system(NULL) : NULL;
	g_autofree char *path = bus_path(slot);
	g_autoptr(GVariant) reply = NULL, fields = NULL;

	if (!bus)
		return NULL;
	reply = g_dbus_connection_call_sync(bus, BUS_NAME, path, BUS_NAME ".Slot", "GetSetup", NULL,
					    G_VARIANT_TYPE("(a(sssss)qs)"),
					    G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_MS, NULL, NULL);
	if (!reply)
		return NULL;
	fields = g_variant_get_child_value(reply, 0);
	return from_fields(fields);
}

static struct levels *read_levels(const char *place, unsigned int slot)
{
	g_autofree char *path = g_strdup_printf(SITE_STATE "/pci-%s-slot%u.conf", place, slot);
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL, *problem = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return NULL;
	return levels_parse(text, warnings, &problem);
}

static void copy_values(GHashTable *to, GHashTable *from)
{
	gpointer name, value;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &name, &value))
		g_hash_table_insert(to, g_strdup(name), g_strdup(value));
}

/* A working copy of another card generation has ended with it. */
static GHashTable *read_stored(const struct slot *slot)
{
	g_autoptr(JsonObject) object = slots_describe(slot), card = NULL;
	const char *place = json_object_get_string_member_with_default(object, "place", "");
	struct levels *levels = read_levels(place, slot->number);
	const char *generation;
	GHashTable *values;

	if (!levels)
		return NULL;
	card = slots_describe_card(place);
	generation = json_object_get_string_member_with_default(card, "generation", "");
	values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	copy_values(values, levels->stored);
	if (levels->generation == g_ascii_strtoull(generation, NULL, 16))
		copy_values(values, levels->working);
	levels_free(levels);
	return values;
}

struct setup *site_setup(const struct slot *slot, enum site_source *source)
{
	struct setup *setup = ask_daemon(slot);
	struct configuration *configuration;
	GHashTable *stored;

	*source = SITE_DAEMON;
	if (setup)
		return setup;
	stored = slot ? read_stored(slot) : NULL;
	*source = !access(SITE_STATE, R_OK | X_OK) || errno == ENOENT ? SITE_FILES : SITE_DEFAULTS;
	if (*source == SITE_DEFAULTS && access(SITE_CONFIGURATION, R_OK) && errno == EACCES)
		*source = SITE_NOTHING;
	configuration = configuration_load(SITE_CONFIGURATION);
	setup = configuration_setup_over(configuration, slot ? slot->card : 0,
					 slot ? slot->number : 0, stored);
	configuration_free(configuration);
	if (stored)
		g_hash_table_unref(stored);
	return setup;
}

gboolean site_drop_login(struct setup *setup)
{
	struct credential *credential = NULL;
	g_autofree char *problem = NULL;
	unsigned int port;
	const char *host = setup_server(setup, 0, &port);

	if (!setup->login || !host || !geteuid())
		return FALSE;
	problem = credential_load(&credential, setup->credentials_file, setup->login, host, port);
	credential_free(credential);
	if (!problem)
		return FALSE;
	g_clear_pointer(&setup->login, g_free);
	return TRUE;
}
