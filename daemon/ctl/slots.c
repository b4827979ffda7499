// SPDX-License-Identifier: GPL-2.0-or-later
/* Cards and slots, as the driver shows them in sysfs: Documentation/ABI/sysfs-ecom. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "command.h"
#include "slots.h"

#define DIP_STATIONS 0x80 /* switch 7 */
#define DIP_ID	     0x3f

const char *slots_sysfs = "/sys";

static const struct {
	const char *name;
	gboolean number;
} attributes[] = {
	{ "module", FALSE },
	{ "firmware", FALSE },
	{ "ethernet", FALSE },
	{ "dip", TRUE },
	{ "serving", TRUE },
	{ "attached", TRUE },
	{ "health", TRUE },
	{ "timeout", TRUE },
	{ "queue_depth", TRUE },
	{ "queue_used", TRUE },
	{ "wx_accepted", TRUE },
	{ "wx_busy", TRUE },
	{ "wx_refused", TRUE },
	{ "rx_accepted", TRUE },
	{ "rx_refused", TRUE },
	{ "expired", TRUE },
	{ "sequence_errors", TRUE },
};

static const char *const card_attributes[] = { "serial", "firmware", "generation", "trouble" };

static char *read_attribute(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	char *value = NULL;

	return g_file_get_contents(path, &value, NULL, NULL) ? g_strchomp(value) : NULL;
}

static gboolean parse_device(const char *name, struct slot *slot)
{
	int end = 0;

	if (sscanf(name, "ecom%us%u%n", &slot->card, &slot->number, &end) != 2 || name[end] ||
	    slot->card > 99 || slot->number > 15)
		return FALSE;
	g_snprintf(slot->name, sizeof(slot->name), "%u:K%u", slot->card, slot->number);
	g_snprintf(slot->device, sizeof(slot->device), "/dev/%s", name);
	return TRUE;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	const struct slot *x = *(struct slot *const *)a, *y = *(struct slot *const *)b;

	return x->card != y->card ? (gint)x->card - (gint)y->card :
				    (gint)x->number - (gint)y->number;
}

GPtrArray *slots_list(void)
{
	g_autofree char *folder = g_build_filename(slots_sysfs, "class/ecom", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		struct slot slot = { 0 };

		if (parse_device(name, &slot))
			g_ptr_array_add(list, g_memdup2(&slot, sizeof(slot)));
	}
	g_ptr_array_sort(list, compare);
	return list;
}

/* "K1" is slot 1 of whatever card, "0:K1" and the device's name are of one. */
static gboolean parse_name(const char *word, int *card, unsigned int *number)
{
	const char *device = g_str_has_prefix(word, "/dev/") ? word + 5 : word;
	struct slot slot;
	unsigned int c;
	int end = 0;

	*card = -1;
	if (sscanf(word, "%*[Kk]%u%n", number, &end) == 1 && end && !word[end])
		return g_ascii_toupper(word[0]) == 'K' && g_ascii_isdigit(word[1]);
	if (sscanf(word, "%u:%*[Kk]%u%n", &c, number, &end) == 2 && end && !word[end]) {
		*card = (int)c;
		return TRUE;
	}
	if (!parse_device(device, &slot))
		return FALSE;
	*card = (int)slot.card;
	*number = slot.number;
	return TRUE;
}

gboolean slots_is_name(const char *word)
{
	unsigned int number;
	int card;

	return parse_name(word, &card, &number);
}

static char *list_names(GPtrArray *list)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       ((struct slot *)list->pdata[i])->name);
	return g_strdup(names->str);
}

static int take(struct slot *slot, const struct slot *found, const char *name, guint matches,
		GPtrArray *list)
{
	g_autofree char *names = list_names(list);

	if (matches == 1) {
		*slot = *found;
		return EXIT_OK;
	}
	if (!list->len)
		return complain(EXIT_UNKNOWN, "there is no slot: the driver is not loaded or has no "
					      "card; ecemailctl status says more");
	if (matches)
		return usage_error("which slot? There are %s", names);
	return usage_error("there is no slot '%s', but %s; a module's name is known while "
			   "ecemaild runs",
			   name, names);
}

int slots_find(const char *name, struct slot *slot)
{
	g_autoptr(GPtrArray) list = slots_list();
	const struct slot *found = NULL;
	unsigned int number = 0;
	guint matches = 0;
	int card = -1;

	if (name && !parse_name(name, &card, &number) && !bus_find_slot(name, &card, &number))
		return take(slot, NULL, name, 0, list);
	for (guint i = 0; i < list->len; i++) {
		const struct slot *candidate = list->pdata[i];

		if (name && (candidate->number != number ||
			     (card >= 0 && candidate->card != (unsigned int)card)))
			continue;
		found = candidate;
		matches++;
	}
	return take(slot, found, name, matches, list);
}

/* The class device's "device" link leads to the card. */
static char *place_of(const char *folder)
{
	g_autofree char *link = g_build_filename(folder, "device", NULL);
	g_autofree char *target = g_file_read_link(link, NULL);

	return target ? g_path_get_basename(target) : NULL;
}

static void set_attribute(JsonObject *object, const char *folder, const char *name, gboolean number)
{
	g_autofree char *value = read_attribute(folder, name);

	if (!value)
		json_object_set_null_member(object, name);
	else if (number)
		json_object_set_int_member(object, name, g_ascii_strtoll(value, NULL, 10));
	else
		json_object_set_string_member(object, name, value);
}

JsonObject *slots_describe(const struct slot *slot)
{
	g_autofree char *folder = g_build_filename(slots_sysfs, "class/ecom",
						   slot->device + strlen("/dev/"), NULL);
	g_autofree char *place = place_of(folder);
	JsonObject *object = json_object_new();
	gint64 dip;

	json_object_set_string_member(object, "slot", slot->name);
	json_object_set_string_member(object, "device", slot->device);
	if (place)
		json_object_set_string_member(object, "place", place);
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
		set_attribute(object, folder, attributes[i].name, attributes[i].number);
	dip = json_object_get_int_member_with_default(object, "dip", 0);
	json_object_set_int_member(object, "module_id", dip & DIP_ID);
	json_object_set_boolean_member(object, "dip7", (dip & DIP_STATIONS) != 0);
	return object;
}

GPtrArray *slots_cards(void)
{
	g_autofree char *folder = g_build_filename(slots_sysfs, "bus/pci/drivers/ecom", NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (strchr(name, ':') && strchr(name, '.'))
			g_ptr_array_add(list, g_strdup(name));
	return list;
}

JsonObject *slots_describe_card(const char *place)
{
	g_autofree char *folder = g_build_filename(slots_sysfs, "bus/pci/drivers/ecom", place, NULL);
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "place", place);
	for (size_t i = 0; i < G_N_ELEMENTS(card_attributes); i++) {
		g_autofree char *name = g_strconcat("ecom_", card_attributes[i], NULL);
		g_autofree char *value = read_attribute(folder, name);

		if (value)
			json_object_set_string_member(object, card_attributes[i], value);
		else
			json_object_set_null_member(object, card_attributes[i]);
	}
	return object;
}
