// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl setup: the e-mail setup in its two levels, by the daemon. */

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "command.h"
#include "output.h"

static struct {
	gboolean stored;
	gboolean working;
	char **unset;
} options;

static const GOptionEntry entries[] = {
	{ "stored", 0, 0, G_OPTION_ARG_NONE, &options.stored,
	  "set: the stored setup only, in force at the next power-up or restore", NULL },
	{ "working", 0, 0, G_OPTION_ARG_NONE, &options.working,
	  "set: the working copy only, until the next power-up or restore", NULL },
	{ "unset", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.unset,
	  "set: let a field follow the site's default again", "FIELD" },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const char undefined[] = "-- undefined --";

/* Showing */

struct field {
	const char *name, *working, *stored, *site, *from;
};

static GVariant *get_setup(const struct slot *slot, int *status)
{
	return bus_call(slot, "GetSetup", NULL, status);
}

static JsonObject *field_object(const struct field *field)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "field", field->name);
	json_object_set_string_member(object, "working", field->working);
	json_object_set_string_member(object, "stored", field->stored);
	json_object_set_string_member(object, "site", field->site);
	json_object_set_string_member(object, "from", field->from);
	return object;
}

static void add_row(struct output_table *table, const struct field *field)
{
	const char *value = *field->working ? field->working : undefined;
	const char *stored = *field->stored ? field->stored : undefined;
	char **cells = g_new0(char *, 4);

	cells[0] = g_strdup(field->name);
	cells[1] = g_strdup(field->from);
	cells[2] = strcmp(field->stored, field->working) != 0 ?
			   g_strdup_printf("%s (stored: %s)", value, stored) :
			   g_strdup(value);
	output_table_add(table, cells);
}

static void print_problem(const char *problem, const struct slot *slot)
{
	if (*problem)
		printf("\n%sNot complete:%s %s. Boxes end with 24.\n  -> ecemailctl setup set %s "
		       "FIELD=VALUE\n",
		       output_colour(OUTPUT_BAD), output_plain(), problem, slot->name);
}

static void print_setup(GVariant *fields, const char *problem, const struct slot *slot)
{
	static const char *const headings[] = { "FIELD", "FROM", "VALUE", NULL };
	struct output_table *table = output_table_new(headings);
	struct field field;
	GVariantIter iter;

	g_variant_iter_init(&iter, fields);
	while (g_variant_iter_next(&iter, "(&s&s&s&s&s)", &field.name, &field.working,
				   &field.stored, &field.site, &field.from))
		add_row(table, &field);
	printf("E-mail setup of slot %s\n\n", slot->name);
	output_table_print(table);
	print_problem(problem, slot);
}

static void print_setup_json(GVariant *fields, unsigned int detail, const char *problem,
			     const struct slot *slot)
{
	g_autoptr(JsonObject) object = json_object_new();
	JsonArray *array = json_array_new();
	struct field field;
	GVariantIter iter;

	g_variant_iter_init(&iter, fields);
	while (g_variant_iter_next(&iter, "(&s&s&s&s&s)", &field.name, &field.working,
				   &field.stored, &field.site, &field.from))
		json_array_add_object_element(array, field_object(&field));
	json_object_set_string_member(object, "slot", slot->name);
	json_object_set_array_member(object, "fields", array);
	json_object_set_int_member(object, "detail", detail);
	json_object_set_string_member(object, "problem", problem);
	output_json(object);
}

static int show(const struct slot *slot)
{
	g_autoptr(GVariant) reply = NULL, fields = NULL;
	const char *problem;
	guint16 detail;
	int r;

	reply = get_setup(slot, &r);
	if (!reply)
		return r;
	g_variant_get(reply, "(@a(sssss)q&s)", &fields, &detail, &problem);
	if (output_as_json)
		print_setup_json(fields, detail, problem, slot);
	else
		print_setup(fields, problem, slot);
	return *problem ? EXIT_WRONG : EXIT_OK;
}

/* Setting */

static const char *level(void)
{
	return options.stored ? "stored" : options.working ? "working" :
							     "both";
}

static void say_kept(GVariant *reply, const struct slot *slot)
{
	g_autofree const char **kept = NULL;
	g_autofree char *names = NULL;

	g_variant_get(reply, "(^a&s)", &kept);
	if (!kept[0])
		return;
	names = g_strjoinv(", ", (char **)kept);
	printf("Stored, but not in force: %s, which the ladder program has changed since power-up.\n"
	       "  -> ecemailctl setup restore %s\n",
	       names, slot->name);
}

static JsonArray *kept_array(GVariant *reply)
{
	g_autofree const char **kept = NULL;
	JsonArray *array = json_array_new();

	g_variant_get(reply, "(^a&s)", &kept);
	for (const char **field = kept; *field; field++)
		json_array_add_string_element(array, *field);
	return array;
}

/* What is missing still; @change is SetSetup's reply, or NULL. */
static int say_problem(const struct slot *slot, GVariant *change)
{
	g_autoptr(GVariant) reply = NULL;
	const char *problem;
	int r;

	reply = get_setup(slot, &r);
	if (!reply)
		return r;
	g_variant_get_child(reply, 2, "&s", &problem);
	if (output_as_json) {
		g_autoptr(JsonObject) object = json_object_new();

		json_object_set_string_member(object, "slot", slot->name);
		json_object_set_string_member(object, "problem", problem);
		if (change)
			json_object_set_array_member(object, "kept", kept_array(change));
		output_json(object);
		return EXIT_OK;
	}
	if (change)
		say_kept(change, slot);
	print_problem(problem, slot);
	if (!*problem)
		printf("Slot %s: the setup is complete and in force.\n", slot->name);
	return EXIT_OK;
}

/* @values is floating. */
static int change(const struct slot *slot, GVariant *values, const char *const *unset)
{
	static const char *const none[] = { NULL };
	g_autoptr(GVariant) reply = NULL;
	int r;

	reply = bus_call(slot, "SetSetup",
			 g_variant_new("(s@a{ss}@as)", level(), values,
				       g_variant_new_strv(unset ? unset : none, -1)),
			 &r);
	return reply ? say_problem(slot, reply) : r;
}

static int set(const struct slot *slot, int count, char **words)
{
	GVariantBuilder values;

	if (!count && !options.unset)
		return usage_error("setup set wants FIELD=VALUE; ecemailctl setup fields lists them");
	if (options.stored && options.working)
		return usage_error("--stored or --working, not both");
	g_variant_builder_init(&values, G_VARIANT_TYPE("a{ss}"));
	for (int i = 0; i < count; i++) {
		const char *equals = strchr(words[i], '=');
		g_autofree char *name = equals ? g_strndup(words[i], (gsize)(equals - words[i])) :
						 NULL;

		if (!name || !*name || !g_utf8_validate(words[i], -1, NULL)) {
			g_variant_builder_clear(&values);
			return usage_error("'%s' is not FIELD=VALUE in UTF-8", words[i]);
		}
		g_variant_builder_add(&values, "{ss}", name, equals + 1);
	}
	return change(slot, g_variant_builder_end(&values), (const char *const *)options.unset);
}

static int restore(const struct slot *slot)
{
	g_autoptr(GVariant) reply = NULL;
	int r;

	reply = bus_call(slot, "RestoreSetup", NULL, &r);
	return reply ? say_problem(slot, NULL) : r;
}

/* Editing: the stored setup as FIELD=VALUE lines */

static char *to_text(GVariant *fields, const struct slot *slot)
{
	GString *text = g_string_new(NULL);
	struct field field;
	GVariantIter iter;

	g_string_append_printf(text,
			       "# Stored e-mail setup of slot %s. A field whose line is taken away, or begins\n"
			       "# with #, follows the site's default. Nothing behind = undefines it.\n\n",
			       slot->name);
	g_variant_iter_init(&iter, fields);
	while (g_variant_iter_next(&iter, "(&s&s&s&s&s)", &field.name, &field.working,
				   &field.stored, &field.site, &field.from))
		g_string_append_printf(text, "%s%s=%s\n",
				       *field.stored || *field.site ? "" : "#", field.name,
				       field.stored);
	return g_string_free(text, FALSE);
}

static GHashTable *from_text(const char *text, char **problem)
{
	GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line && !*problem; line++) {
		char *equals = strchr(g_strstrip(*line), '=');

		if (!**line || **line == '#')
			continue;
		if (!equals || !g_utf8_validate(*line, -1, NULL))
			*problem = g_strdup_printf("'%s' is not FIELD=VALUE in UTF-8", *line);
		else
			g_hash_table_insert(values,
					    g_strchomp(g_strndup(*line, (gsize)(equals - *line))),
					    g_strdup(g_strchug(equals + 1)));
	}
	return values;
}

/* Only what differs is set, so that nothing else is touched by it. */
static int apply(const struct slot *slot, GHashTable *before, GHashTable *after)
{
	g_autoptr(GPtrArray) unset = g_ptr_array_new();
	GVariantBuilder values;
	GHashTableIter iter;
	gpointer name, value;
	guint changed = 0;

	g_variant_builder_init(&values, G_VARIANT_TYPE("a{ss}"));
	g_hash_table_iter_init(&iter, after);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		if (!g_strcmp0(g_hash_table_lookup(before, name), value))
			continue;
		g_variant_builder_add(&values, "{ss}", name, value);
		changed++;
	}
	g_hash_table_iter_init(&iter, before);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!g_hash_table_contains(after, name))
			g_ptr_array_add(unset, name);
	g_ptr_array_add(unset, NULL);
	if (!changed && unset->len == 1) {
		g_variant_builder_clear(&values);
		return output_as_json ? say_problem(slot, NULL) :
					(puts("Nothing was changed."), EXIT_OK);
	}
	return change(slot, g_variant_builder_end(&values), (const char *const *)unset->pdata);
}

/* $EDITOR may have options of its own. */
static int run_editor(const char *path)
{
	const char *editor = getenv("VISUAL") ? getenv("VISUAL") : getenv("EDITOR");
	g_autofree char *quoted = g_shell_quote(path);
	g_autofree char *line = g_strdup_printf("%s %s", editor && *editor ? editor : "editor",
						quoted);
	GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) argv = NULL;
	int status;

	if (!g_shell_parse_argv(line, NULL, &argv, &error) ||
	    !g_spawn_sync(NULL, argv, NULL, flags, NULL, NULL, NULL, NULL, &status, &error) ||
	    !g_spawn_check_wait_status(status, &error))
		return complain(EXIT_WRONG, "nothing was changed, the editor failed: %s: %s", line,
				error->message);
	return EXIT_OK;
}

static int edit_file(const struct slot *slot, const char *path, const char *text)
{
	g_autofree char *edited = NULL, *problem = NULL;
	g_autoptr(GHashTable) before = from_text(text, &problem), after = NULL;
	int r = run_editor(path);

	if (r)
		return r;
	if (!g_file_get_contents(path, &edited, NULL, NULL))
		return complain(EXIT_WRONG, "%s: cannot be read, nothing was changed", path);
	after = from_text(edited, &problem);
	if (problem)
		return complain(EXIT_WRONG, "%s: nothing was changed", problem);
	return apply(slot, before, after);
}

static int edit(const struct slot *slot)
{
	g_autoptr(GVariant) reply = NULL, fields = NULL;
	g_autofree char *path = NULL, *text = NULL;
	FILE *file;
	int fd, r;

	reply = get_setup(slot, &r);
	if (!reply)
		return r;
	fields = g_variant_get_child_value(reply, 0);
	text = to_text(fields, slot);
	fd = g_file_open_tmp("ecemail-setup-XXXXXX", &path, NULL);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return complain(EXIT_UNKNOWN, "no temporary file can be made");
	/* it stays this user's own: it names recipients */
	fputs(text, file);
	if (!fclose(file))
		r = edit_file(slot, path, text);
	else
		r = complain(EXIT_UNKNOWN, "%s: cannot be written", path);
	g_unlink(path);
	return r;
}

/* All slots at once, and what fields there are */

static int export(void)
{
	g_autoptr(GVariant) reply = NULL;
	const char *text;
	int r;

	reply = bus_call(NULL, "ExportSetup", NULL, &r);
	if (!reply)
		return r;
	g_variant_get(reply, "(&s)", &text);
	if (output_as_json) {
		g_autoptr(JsonObject) object = json_object_new();

		json_object_set_string_member(object, "setup", text);
		output_json(object);
	} else {
		fputs(text, stdout);
	}
	return EXIT_OK;
}

static char *read_all(const char *path, gsize *length)
{
	char buffer[4096], *contents = NULL;
	GString *text;
	size_t n;

	if (path && strcmp(path, "-") != 0)
		return g_file_get_contents(path, &contents, length, NULL) ? contents : NULL;
	text = g_string_new(NULL);
	while ((n = fread(buffer, 1, sizeof(buffer), stdin)))
		g_string_append_len(text, buffer, (gssize)n);
	*length = text->len;
	return g_string_free(text, FALSE);
}

static int import(const char *path)
{
	gsize length = 0;
	g_autofree char *text = read_all(path, &length);
	g_autofree const char **places = NULL;
	g_autoptr(GVariant) reply = NULL;
	int r;

	/* a file that a power cut has filled with NULs is no text either */
	if (!text || !g_utf8_validate(text, (gssize)length, NULL))
		return complain(EXIT_USAGE, "%s: cannot be read as text in UTF-8", path ? path : "-");
	reply = bus_call(NULL, "ImportSetup", g_variant_new("(s)", text), &r);
	if (!reply)
		return r;
	g_variant_get(reply, "(^a&s)", &places);
	for (const char **place = places; *place; place++) {
		g_autoptr(JsonObject) object = json_object_new();

		json_object_set_string_member(object, "place", *place);
		if (output_as_json)
			output_json(object);
		else
			printf("%s: stored\n", *place);
	}
	return EXIT_OK;
}

static void print_field(const char *name, const char *allowed, const char *standard,
			gboolean required)
{
	g_autofree char *text = g_strdup_printf("%s%s%s%s", allowed, *standard ? "; default " : "",
						standard, required ? "; required" : "");
	g_autoptr(JsonObject) object = NULL;

	if (!output_as_json) {
		output_field(name, text);
		return;
	}
	object = json_object_new();
	json_object_set_string_member(object, "field", name);
	json_object_set_string_member(object, "allowed", allowed);
	json_object_set_string_member(object, "default", standard);
	json_object_set_boolean_member(object, "required", required);
	output_json(object);
}

static int list_fields(void)
{
	const char *name, *allowed, *standard;
	g_autoptr(GVariant) reply = NULL, fields = NULL;
	gboolean required;
	GVariantIter iter;
	int r;

	reply = bus_call(NULL, "ListFields", NULL, &r);
	if (!reply)
		return r;
	fields = g_variant_get_child_value(reply, 0);
	g_variant_iter_init(&iter, fields);
	while (g_variant_iter_next(&iter, "(&s&s&sb)", &name, &allowed, &standard, &required))
		print_field(name, allowed, standard, required);
	return EXIT_OK;
}

static int run_on_slot(const char *what, int count, char **words)
{
	const char *name = count && !strchr(words[0], '=') ? words[0] : NULL;
	struct slot slot;
	int r = slots_find(name, &slot);

	if (r)
		return r;
	if (name)
		count--, words++;
	if (!strcmp(what, "set"))
		return set(&slot, count, words);
	if (count)
		return usage_error("setup %s wants one slot and nothing else", what);
	if (!strcmp(what, "show"))
		return show(&slot);
	return !strcmp(what, "edit") ? edit(&slot) : restore(&slot);
}

static int run(int count, char **words)
{
	static const char *const on_slot[] = { "show", "set", "restore", "edit", NULL };
	const char *what = count ? words[0] : "show";

	if (count)
		count--, words++;
	if (strcmp(what, "set") != 0 && (options.stored || options.working || options.unset))
		return usage_error("--stored, --working and --unset go with setup set");
	if (g_strv_contains(on_slot, what))
		return run_on_slot(what, count, words);
	if (!strcmp(what, "import") && count <= 1)
		return import(words[0]);
	if (!strcmp(what, "export") && !count)
		return export();
	if (!strcmp(what, "fields") && !count)
		return list_fields();
	return usage_error("setup wants show, set, restore, edit, export, import or fields, not '%s'",
			   what);
}

const struct command setup_command = {
	.name = "setup",
	.arguments = "show|set|restore|edit|export|import|fields …",
	.summary = "the e-mail setup: show it, change it, restore it, carry it to another PC",
	.description =
		"  show [SLOT]               each field, and where its value is from\n"
		"  set [SLOT] FIELD=VALUE …  stored setup and working copy; an empty VALUE undefines\n"
		"  restore [SLOT]            the stored setup becomes the working copy\n"
		"  edit [SLOT]               the stored setup in $EDITOR\n"
		"  export, import [FILE]     stored setups of all slots, without secrets\n"
		"  fields                    what there is to set, and what is allowed\n"
		"\n"
		"A change is in force at once: no restart, no reload. For root and group ecemail,\n"
		"while the daemon runs.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl setup show K1\n"
		"  ecemailctl setup set K1 Server=192.168.0.1 SenderAddress=PLC@acme.com\n"
		"  ecemailctl setup set K1 --unset Port\n"
		"  ecemailctl setup export >setup.txt",
	.options = entries,
	.run = run,
};
