// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A slot's file below the state directory, a key file:
 *
 *   [Stored]   fields of the stored setup
 *   [Working]  fields of the working copy that differ
 *   [State]    Generation= of the card, Ladder= fields that a program changed
 */

#include <stdio.h>

#include "levels.h"
#include "setup.h"

static GHashTable *new_values(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

struct levels *levels_new(void)
{
	struct levels *levels = g_new0(struct levels, 1);

	levels->stored = new_values();
	levels->working = new_values();
	levels->ladder = new_values();
	return levels;
}

static void copy_values(GHashTable *to, GHashTable *from)
{
	GHashTableIter iterator;
	char *name, *value;

	g_hash_table_iter_init(&iterator, from);
	while (g_hash_table_iter_next(&iterator, (void **)&name, (void **)&value))
		g_hash_table_insert(to, g_strdup(name), g_strdup(value));
}

struct levels *levels_copy(const struct levels *levels)
{
	struct levels *copy = levels_new();

	copy_values(copy->stored, levels->stored);
	copy_values(copy->working, levels->working);
	copy_values(copy->ladder, levels->ladder);
	copy->generation = levels->generation;
	return copy;
}

void levels_free(struct levels *levels)
{
	if (!levels)
		return;
	g_hash_table_unref(levels->stored);
	g_hash_table_unref(levels->working);
	g_hash_table_unref(levels->ladder);
	g_free(levels);
}

void levels_restore(struct levels *levels)
{
	g_hash_table_remove_all(levels->working);
	g_hash_table_remove_all(levels->ladder);
}

static void parse_values(GKeyFile *file, const char *section, GHashTable *values,
			 GPtrArray *warnings)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, section, NULL, NULL);

	for (char **key = keys; key && *key; key++) {
		char *value = g_key_file_get_string(file, section, *key, NULL);

		if (value && setup_has_field(*key)) {
			g_hash_table_insert(values, g_strdup(*key), value);
			continue;
		}
		g_ptr_array_add(warnings, g_strdup_printf("[%s] %s: unknown field, left out",
							  section, *key));
		g_free(value);
	}
}

static void parse_state(GKeyFile *file, struct levels *levels)
{
	g_autofree char *generation = g_key_file_get_string(file, "State", "Generation", NULL);
	g_auto(GStrv) ladder = g_key_file_get_string_list(file, "State", "Ladder", NULL, NULL);
	guint64 number;

	if (generation && g_ascii_string_to_unsigned(generation, 16, 0, UINT32_MAX, &number, NULL))
		levels->generation = (uint32_t)number;
	for (char **field = ladder; field && *field; field++)
		if (g_hash_table_contains(levels->working, *field))
			g_hash_table_insert(levels->ladder, g_strdup(*field), g_strdup(""));
}

struct levels *levels_parse(const char *text, GPtrArray *warnings, char **problem)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	struct levels *levels;

	if (!g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, &error)) {
		*problem = g_strdup(error->message);
		return NULL;
	}
	levels = levels_new();
	parse_values(file, "Stored", levels->stored, warnings);
	parse_values(file, "Working", levels->working, warnings);
	parse_state(file, levels);
	return levels;
}

/* In the order of their names, so that equal levels have equal texts. */
static GList *sorted_names(GHashTable *values)
{
	return g_list_sort(g_hash_table_get_keys(values), (GCompareFunc)g_strcmp0);
}

static void put_values(GKeyFile *file, const char *section, GHashTable *values)
{
	g_autoptr(GList) names = sorted_names(values);

	for (GList *at = names; at; at = at->next)
		g_key_file_set_string(file, section, at->data,
				      g_hash_table_lookup(values, at->data));
}

static void put_state(GKeyFile *file, const struct levels *levels)
{
	g_autoptr(GList) names = sorted_names(levels->ladder);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	char generation[9];

	snprintf(generation, sizeof(generation), "%08x", levels->generation);
	g_key_file_set_string(file, "State", "Generation", generation);
	for (GList *at = names; at; at = at->next)
		g_ptr_array_add(list, at->data);
	if (list->len)
		g_key_file_set_string_list(file, "State", "Ladder",
					   (const char *const *)list->pdata, list->len);
}

char *levels_text(const struct levels *levels)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autofree char *text = NULL;

	put_values(file, "Stored", levels->stored);
	put_values(file, "Working", levels->working);
	put_state(file, levels);
	text = g_key_file_to_data(file, NULL, NULL);
	return g_strconcat("# Written by ecemaild. To change it: ecemailctl setup\n", text, NULL);
}
