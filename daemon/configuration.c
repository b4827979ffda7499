// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /etc/ecemail/ecemaild.conf and its drop-ins. All files are merged key by key,
 * each key remembering its file so that a message can name it. Every section
 * is checked when the files are read, also one for a slot that is not there.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "configuration.h"

static void add_message(GPtrArray *messages, const char *file, const char *group, const char *text)
{
	g_ptr_array_add(messages, g_strdup_printf("%s: [%s] %s", file, group, text));
}

/* "Mail", "Slot K1" or "Slot 0:K1" */
static bool is_setup_group(const char *group)
{
	unsigned int card, slot;
	int end = 0;

	if (!strcmp(group, "Mail"))
		return true;
	sscanf(group, "Slot K%2u%n", &slot, &end);
	if (!end)
		sscanf(group, "Slot %3u:K%2u%n", &card, &slot, &end);
	return end && !group[end] && slot <= 15;
}

static void merge_key(struct configuration *configuration, GKeyFile *from, const char *file,
		      const char *group, const char *key)
{
	g_autofree char *value = g_key_file_get_value(from, group, key, NULL);

	g_key_file_set_value(configuration->keys, group, key, g_strstrip(value));
	g_key_file_set_value(configuration->origins, group, key, file);
}

static void merge_group(struct configuration *configuration, GKeyFile *from, const char *file,
			const char *group)
{
	g_auto(GStrv) keys = g_key_file_get_keys(from, group, NULL, NULL);

	for (char **key = keys; key && *key; key++)
		merge_key(configuration, from, file, group, *key);
}

static void merge_file(struct configuration *configuration, const char *file)
{
	g_autoptr(GKeyFile) from = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) groups = NULL;

	if (!g_key_file_load_from_file(from, file, G_KEY_FILE_NONE, &error)) {
		if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			g_ptr_array_add(configuration->problems,
					g_strdup_printf("%s: %s", file, error->message));
		return;
	}
	groups = g_key_file_get_groups(from, NULL);
	for (char **group = groups; *group; group++)
		merge_group(configuration, from, file, *group);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void merge_directory(struct configuration *configuration, const char *path)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory)))
		if (*name != '.' && g_str_has_suffix(name, ".conf"))
			g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, compare_names);
	for (guint i = 0; i < names->len; i++)
		merge_file(configuration, names->pdata[i]);
}

static const char *const daemon_keys[] = { "Sessions", "KeepOpen", "Trace", "TraceTo", "Probe", NULL };

static const char *set_trace_to(struct configuration *configuration, const char *value)
{
	struct in6_addr address;

	g_clear_pointer(&configuration->trace_to, g_strfreev);
	if (!*value)
		return NULL;
	configuration->trace_to = g_strsplit(value, ",", -1);
	for (char **to = configuration->trace_to; *to; to++)
		if (inet_pton(AF_INET, g_strstrip(*to), &address) != 1 &&
		    inet_pton(AF_INET6, *to, &address) != 1)
			return "allowed: IP addresses, separated by commas";
	return g_strv_length(configuration->trace_to) > TRACE_TO_MAX ? "allowed: up to 8 addresses" :
								       NULL;
}

static const char *set_number(unsigned int *number, const char *value, unsigned int min,
			      unsigned int max, const char *allowed)
{
	guint64 n;

	if (!g_ascii_string_to_unsigned(value, 10, min, max, &n, NULL))
		return allowed;
	*number = (unsigned int)n;
	return NULL;
}

static const char *daemon_set(struct configuration *configuration, const char *key,
			      const char *value)
{
	if (!strcmp(key, "TraceTo"))
		return set_trace_to(configuration, value);
	if (!strcmp(key, "Trace")) {
		configuration->trace = !strcmp(value, "yes");
		return configuration->trace || !strcmp(value, "no") ? NULL : "allowed: yes, no";
	}
	if (!strcmp(key, "KeepOpen"))
		return set_number(&configuration->keep_open, value, 0, KEEP_OPEN_MAX,
				  "allowed: 0 to 300 seconds");
	if (!strcmp(key, "Probe"))
		return set_number(&configuration->probe, value, 0, PROBE_MAX,
				  "allowed: 0 to 1440 minutes");
	return set_number(&configuration->sessions, value, 1, SESSIONS_MAX, "allowed: 1 to 64");
}

static void check_daemon_key(struct configuration *configuration, const char *file, const char *key,
			     const char *value)
{
	const char *problem = daemon_set(configuration, key, value);
	g_autofree char *text = g_strdup_printf("%s=%s: %s", key, value, problem);

	if (problem)
		add_message(configuration->problems, file, "Daemon", text);
}

static void check_setup_key(struct configuration *configuration, const char *file,
			    const char *group, const char *key, const char *value)
{
	struct setup *scratch = setup_new();
	g_autofree char *problem = setup_set(scratch, key, value);

	if (problem)
		add_message(configuration->problems, file, group, problem);
	setup_unref(scratch);
}

static void check_key(struct configuration *configuration, const char *group, const char *key)
{
	g_autofree char *file = g_key_file_get_value(configuration->origins, group, key, NULL);
	g_autofree char *value = g_key_file_get_value(configuration->keys, group, key, NULL);
	bool for_daemon = !strcmp(group, "Daemon");
	g_autofree char *unknown = g_strdup_printf("%s: unknown key, ignored", key);

	if (for_daemon && g_strv_contains(daemon_keys, key))
		check_daemon_key(configuration, file, key, value);
	else if (!for_daemon && setup_has_field(key))
		check_setup_key(configuration, file, group, key, value);
	else
		add_message(configuration->warnings, file, group, unknown);
}

static void check_group(struct configuration *configuration, const char *group)
{
	g_auto(GStrv) keys = g_key_file_get_keys(configuration->keys, group, NULL, NULL);

	if (strcmp(group, "Daemon") && !is_setup_group(group)) {
		g_autofree char *file = g_key_file_get_value(configuration->origins, group, keys[0],
							     NULL);

		add_message(configuration->warnings, file, group,
			    "unknown section, ignored; known are Daemon, Mail, Slot K1, Slot 0:K1");
		return;
	}
	for (char **key = keys; *key; key++)
		check_key(configuration, group, *key);
}

static char *sibling(const char *file, const char *name)
{
	g_autofree char *directory = g_path_get_dirname(file);

	return g_build_filename(directory, name, NULL);
}

struct configuration *configuration_load(const char *file)
{
	struct configuration *configuration = g_new0(struct configuration, 1);
	g_autofree char *directory = g_strconcat(file, ".d", NULL);
	g_auto(GStrv) groups = NULL;

	configuration->keys = g_key_file_new();
	configuration->credentials_file = sibling(file, "credentials.conf");
	configuration->origins = g_key_file_new();
	configuration->sessions = SESSIONS_DEFAULT;
	configuration->keep_open = KEEP_OPEN_DEFAULT;
	configuration->problems = g_ptr_array_new_with_free_func(g_free);
	configuration->warnings = g_ptr_array_new_with_free_func(g_free);
	merge_file(configuration, file);
	merge_directory(configuration, directory);
	groups = g_key_file_get_groups(configuration->keys, NULL);
	for (char **group = groups; *group; group++)
		check_group(configuration, *group);
	return configuration;
}

void configuration_free(struct configuration *configuration)
{
	if (!configuration)
		return;
	g_key_file_unref(configuration->keys);
	g_key_file_unref(configuration->origins);
	g_ptr_array_unref(configuration->problems);
	g_ptr_array_unref(configuration->warnings);
	g_free(configuration->credentials_file);
	g_strfreev(configuration->trace_to);
	g_free(configuration);
}

/* The sections that count for a slot, the first that has a key wins. */
struct sections {
	char one_card[24];
	char any_card[16];
	const char *names[4];
};

static void name_sections(struct sections *sections, unsigned int card, unsigned int slot)
{
	snprintf(sections->one_card, sizeof(sections->one_card), "Slot %u:K%u", card, slot % 16);
	snprintf(sections->any_card, sizeof(sections->any_card), "Slot K%u", slot % 16);
	sections->names[0] = sections->one_card;
	sections->names[1] = sections->any_card;
	sections->names[2] = "Mail";
	sections->names[3] = NULL;
}

char *configuration_value(const struct configuration *configuration, unsigned int card,
			  unsigned int slot, const char *field)
{
	struct sections sections;
	char *value = NULL;

	name_sections(&sections, card, slot);
	for (const char **name = sections.names; *name && !value; name++)
		value = g_key_file_get_value(configuration->keys, *name, field, NULL);
	return value;
}

void configuration_add_names(const struct configuration *configuration, unsigned int card,
			     unsigned int slot, GHashTable *names)
{
	struct sections sections;

	name_sections(&sections, card, slot);
	for (const char **name = sections.names; *name; name++) {
		g_auto(GStrv) keys = g_key_file_get_keys(configuration->keys, *name, NULL, NULL);

		for (char **key = keys; key && *key; key++)
			if (setup_is_named_field(*key))
				g_hash_table_add(names, g_strdup(*key));
	}
}

static void set_effective(const struct configuration *configuration, struct setup *setup,
			  unsigned int card, unsigned int slot, GHashTable *over, const char *field)
{
	const char *above = over ? g_hash_table_lookup(over, field) : NULL;
	g_autofree char *value = above ? g_strdup(above) :
					 configuration_value(configuration, card, slot, field);

	if (value)
		g_free(setup_set(setup, field, value));
}

struct setup *configuration_setup_over(const struct configuration *configuration,
				       unsigned int card, unsigned int slot, GHashTable *over)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct setup *setup = setup_new();
	GHashTableIter iterator;
	const char *field;

	configuration_add_names(configuration, card, slot, names);
	if (over)
		g_hash_table_iter_init(&iterator, over);
	while (over && g_hash_table_iter_next(&iterator, (void **)&field, NULL))
		if (setup_is_named_field(field))
			g_hash_table_add(names, g_strdup(field));
	for (size_t i = 0; (field = setup_field(i)); i++)
		set_effective(configuration, setup, card, slot, over, field);
	g_hash_table_iter_init(&iterator, names);
	while (g_hash_table_iter_next(&iterator, (void **)&field, NULL))
		set_effective(configuration, setup, card, slot, over, field);
	setup->credentials_file = g_strdup(configuration->credentials_file);
	setup_finish(setup);
	return setup;
}

struct setup *configuration_setup(const struct configuration *configuration, unsigned int card,
				  unsigned int slot)
{
	return configuration_setup_over(configuration, card, slot, NULL);
}
