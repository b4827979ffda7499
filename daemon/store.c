// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes of a slot's setup, one after the other:
 *
 *   store_change()  queued → the first of the queue is applied to a copy of the
 *                   levels → the copy goes to disk → written: the copy is in
 *                   force, changed(), done(0) | failed: the copy is dropped,
 *                   done(error) → the next one
 *
 * So what is in force never differs from what a restart would find, with one
 * exception: a card's power-up ends its working copy at once. That needs no
 * write, since the file says to which generation its working copy belongs. It
 * may happen while a change is being written; of its copy, only the stored
 * setup counts then.
 *
 * The store is counted: by its owner and by each change.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"
#include "levels.h"
#include "setup.h"
#include "store.h"

#define SHOWN_MAX 200 /* bytes of a value, in the journal */

struct store {
	struct disk *disk;
	char *place;
	char *path; /* NULL: nothing can be kept */
	struct levels *levels;
	GQueue changes; /* the first one is being written */
	const struct store_callbacks *callbacks; /* NULL once closed */
	void *userdata;
};

struct change {
	struct store *store;
	bool restore;
	enum store_level level;
	GHashTable *values;
	struct store_author author;
	char *author_name;
	store_done_fn done;
	void *userdata;
	struct levels *levels; /* what it makes of them */
	GPtrArray *kept;
};

GHashTable *store_change_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void store_change_set(GHashTable *change, const char *field, const char *value)
{
	g_hash_table_insert(change, g_strdup(field), value ? g_strstrip(g_strdup(value)) : NULL);
}

static void store_clear(gpointer data)
{
	struct store *store = data;

	levels_free(store->levels);
	g_free(store->place);
	g_free(store->path);
}

static void change_free(struct change *change)
{
	g_hash_table_unref(change->values);
	levels_free(change->levels);
	g_ptr_array_unref(change->kept);
	g_free(change->author_name);
	g_rc_box_release_full(change->store, store_clear);
	g_free(change);
}

/* Reading */

/* A file that cannot be read is kept for whoever can make sense of it. */
static void put_aside(const struct store *store, const char *problem)
{
	g_autofree char *bad = g_strconcat(store->path, ".bad", NULL);
	int r = rename(store->path, bad) < 0 ? -errno : 0;

	journal_log(LOG_ERR, MESSAGE_SETUP_LOST,
		    "%s: the stored setup cannot be read, the site's defaults are in force: %s; "
		    "the file is %s%s now",
		    store->place, problem, r ? store->path : bad, r ? " still" : "");
}

static void load(struct store *store)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL, *problem = NULL;
	g_autoptr(GError) error = NULL;

	if (!store->path)
		return;
	if (!g_file_get_contents(store->path, &text, NULL, &error)) {
		if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			journal_log(LOG_ERR, MESSAGE_SETUP_LOST,
				    "%s: the stored setup cannot be read, the site's defaults "
				    "are in force: %s",
				    store->place, error->message);
		return;
	}
	levels_free(store->levels);
	store->levels = levels_parse(text, warnings, &problem);
	if (!store->levels) {
		put_aside(store, problem);
		store->levels = levels_new();
	}
	for (guint i = 0; i < warnings->len; i++)
		journal_log(LOG_WARNING, NULL, "%s: %s", store->path, (char *)warnings->pdata[i]);
}

struct store *store_open(struct disk *disk, const char *directory, const char *place,
			 const struct store_callbacks *callbacks, void *userdata)
{
	struct store *store = g_rc_box_new0(struct store);

	store->disk = disk;
	store->place = g_strdup(place);
	if (directory)
		store->path = g_strdup_printf("%s/%s.conf", directory, place);
	store->levels = levels_new();
	store->callbacks = callbacks;
	store->userdata = userdata;
	load(store);
	return store;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store->callbacks = NULL;
	g_rc_box_release_full(store, store_clear);
}

bool store_set_generation(struct store *store, uint32_t generation)
{
	struct levels *levels = store->levels;
	bool another = levels->generation && generation && levels->generation != generation;

	if (another)
		levels_restore(levels);
	if (generation)
		levels->generation = generation;
	return another;
}

static void add_values(GHashTable *to, GHashTable *from)
{
	GHashTableIter iterator;
	char *name, *value;

	g_hash_table_iter_init(&iterator, from);
	while (g_hash_table_iter_next(&iterator, (void **)&name, (void **)&value))
		g_hash_table_insert(to, g_strdup(name), g_strdup(value));
}

GHashTable *store_values(const struct store *store)
{
	GHashTable *values = store_change_new();

	add_values(values, store->levels->stored);
	add_values(values, store->levels->working);
	return values;
}

const char *store_stored(const struct store *store, const char *field)
{
	return g_hash_table_lookup(store->levels->stored, field);
}

const char *store_working(const struct store *store, const char *field)
{
	return g_hash_table_lookup(store->levels->working, field);
}

bool store_is_ladder(const struct store *store, const char *field)
{
	return g_hash_table_contains(store->levels->ladder, field);
}

GHashTable *store_names(const struct store *store)
{
	return store_values(store);
}

/* Checking */

static int check_field(const char *name, const char *value, char **problem)
{
	struct setup *scratch;
	struct setup_field field;

	if (!setup_describe_field(name, &field)) {
		*problem = g_strdup_printf("%s: the setup has no such field; allowed: "
					   "those of ecemailctl setup fields",
					   name);
		return -ENOENT;
	}
	if (field.site_only) {
		*problem = g_strdup_printf("%s: only the site may set it, in ecemaild.conf", name);
		return -EPERM;
	}
	if (value && strlen(value) > STORE_VALUE_MAX) {
		*problem = g_strdup_printf("%s: longer than %d bytes", name, STORE_VALUE_MAX);
		return -EINVAL;
	}
	if (!value)
		return 0;
	scratch = setup_new();
	*problem = setup_set(scratch, name, value);
	setup_unref(scratch);
	return *problem ? -EINVAL : 0;
}

static int check_characters(const char *name, const char *value, char **problem)
{
	for (const char *c = value; c && *c; c++) {
		if (!g_ascii_iscntrl(*c))
			continue;
		*problem = g_strdup_printf("%s: a control character; allowed: text in one line",
					   name);
		return -EINVAL;
	}
	if (!value || g_utf8_validate(value, -1, NULL))
		return 0;
	*problem = g_strdup_printf("%s: not UTF-8", name);
	return -EINVAL;
}

int store_check(GHashTable *change, char **problem)
{
	GHashTableIter iterator;
	char *name, *value;
	int r = 0;

	if (g_hash_table_size(change) > STORE_FIELDS_MAX) {
		*problem = g_strdup_printf("more than %d fields", STORE_FIELDS_MAX);
		return -EINVAL;
	}
	g_hash_table_iter_init(&iterator, change);
	while (!r && g_hash_table_iter_next(&iterator, (void **)&name, (void **)&value)) {
		r = check_characters(name, value, problem);
		if (!r)
			r = check_field(name, value, problem);
	}
	return r;
}

/* Changing */

static void put(GHashTable *values, const char *field, const char *value)
{
	if (value)
		g_hash_table_insert(values, g_strdup(field), g_strdup(value));
	else
		g_hash_table_remove(values, field);
}

/* What the working copy has of a field; to be freed. */
static char *working_value(const struct change *change, const char *field)
{
	const struct store *store = change->store;
	const char *value = g_hash_table_lookup(change->levels->working, field);

	if (!value)
		value = g_hash_table_lookup(change->levels->stored, field);
	if (value)
		return g_strdup(value);
	return store->callbacks ? store->callbacks->site(store->userdata, field) : NULL;
}

/* What the working copy had from below it becomes its own. */
static void pin(const struct change *change, const char *field)
{
	g_autofree char *value = working_value(change, field), *tls = working_value(change, "TLS");

	if (!g_hash_table_contains(change->levels->working, field))
		put(change->levels->working, field, value ? value : setup_standard(field, tls));
}

static void follow(struct change *change, const char *field)
{
	if (g_hash_table_contains(change->levels->ladder, field))
		g_ptr_array_add(change->kept, g_strdup(field));
	else
		g_hash_table_remove(change->levels->working, field);
}

static void apply_field(struct change *change, const char *field, const char *value)
{
	struct levels *levels = change->levels;

	if (change->level == STORE_WORKING) {
		put(levels->working, field, value);
		if (change->author.ladder && value)
			put(levels->ladder, field, "");
		else
			g_hash_table_remove(levels->ladder, field);
		return;
	}
	if (change->level == STORE_STORED)
		pin(change, field);
	else
		follow(change, field);
	put(levels->stored, field, value);
}

/* For a replacement: all fields that are there and not named follow the site. */
static void name_all(struct change *change)
{
	g_autoptr(GHashTable) names = store_names(change->store);
	GHashTableIter iterator;
	char *name;

	g_hash_table_iter_init(&iterator, names);
	while (g_hash_table_iter_next(&iterator, (void **)&name, NULL))
		if (!g_hash_table_contains(change->values, name))
			g_hash_table_insert(change->values, g_strdup(name), NULL);
}

static int apply(struct change *change)
{
	GHashTableIter iterator;
	char *name, *value;

	change->levels = levels_copy(change->store->levels);
	if (change->restore)
		levels_restore(change->levels);
	if (change->level == STORE_REPLACE)
		name_all(change);
	g_hash_table_iter_init(&iterator, change->values);
	while (g_hash_table_iter_next(&iterator, (void **)&name, (void **)&value))
		apply_field(change, name, value);
	return g_hash_table_size(change->levels->stored) > STORE_FIELDS_MAX ||
			       g_hash_table_size(change->levels->working) > STORE_FIELDS_MAX ?
		       -E2BIG :
		       0;
}

static char *describe_values(GHashTable *values)
{
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(values),
					     (GCompareFunc)g_strcmp0);
	GString *text = g_string_new(NULL);

	for (GList *at = names; at; at = at->next) {
		const char *value = g_hash_table_lookup(values, at->data);
		/* not cut within a character: the journal would show no text at all */
		g_autofree char *shown = g_utf8_make_valid(
			value ? value : "", value ? (gssize)strnlen(value, SHOWN_MAX) : 0);

		g_string_append_printf(text, "%s%s%s%s", text->len ? "; " : "",
				       (char *)at->data, value ? "=" : " as the site has it",
				       shown);
	}
	return g_string_free(text, FALSE);
}

static const char *level_words(const struct change *change)
{
	static const char *const words[] = {
		[STORE_BOTH] = "stored setup and working copy changed",
		[STORE_STORED] = "stored setup changed",
		[STORE_WORKING] = "working copy changed",
		[STORE_REPLACE] = "stored setup replaced, working copy follows",
	};

	return change->restore ? "working copy restored from the stored setup" :
				 words[change->level];
}

static void record(const struct change *change, int error)
{
	g_autofree char *values = describe_values(change->values);
	g_autofree char *kept = g_strjoinv(", ", (char **)change->kept->pdata);
	struct journal_entry *entry = journal_entry_new(
		error ? LOG_ERR : LOG_NOTICE, MESSAGE_SETUP_CHANGED, "%s: %s%s by %s%s%s%s%s%s%s",
		change->store->place, error ? "NOT done: " : "", level_words(change),
		change->author_name, *values ? ": " : "", values,
		*kept ? "; kept since the ladder program has changed them: " : "", kept,
		error ? "; cannot write the file: " : "", error ? strerror(-error) : "");

	journal_field(entry, "ECEMAIL_PLACE", "%s", change->store->place);
	journal_field(entry, "ECEMAIL_AUTHOR", "%s", change->author_name);
	journal_write(entry);
}

static void start_next(struct store *store);

/* If the card was powered up meanwhile, its new working copy is the stored setup. */
static void take_over(struct change *change)
{
	struct store *store = change->store;
	struct levels *levels = g_steal_pointer(&change->levels);

	if (levels->generation && levels->generation != store->levels->generation)
		levels_restore(levels);
	levels->generation = store->levels->generation;
	levels_free(store->levels);
	store->levels = levels;
	if (store->callbacks)
		store->callbacks->changed(store->userdata);
}

static void written(void *userdata, int error)
{
	struct change *change = userdata;
	struct store *store = g_rc_box_acquire(change->store);

	g_queue_remove(&store->changes, change);
	g_ptr_array_add(change->kept, NULL);
	record(change, error);
	if (!error)
		take_over(change);
	change->done(change->userdata, error, (char *const *)change->kept->pdata);
	change_free(change);
	start_next(store);
	g_rc_box_release_full(store, store_clear);
}

static int start(struct change *change)
{
	struct store *store = change->store;
	g_autofree char *text = NULL;
	int r = apply(change);

	if (r)
		return r;
	if (!store->path)
		return -EROFS;
	text = levels_text(change->levels);
	return disk_replace(store->disk, store->path, text, written, change);
}

static void start_next(struct store *store)
{
	struct change *change = g_queue_peek_head(&store->changes);
	int r = change ? start(change) : 0;

	if (r)
		written(change, r);
}

static int queue_change(struct change *change)
{
	struct store *store = change->store;
	int r;

	if (g_queue_get_length(&store->changes) >= STORE_PENDING_MAX) {
		change_free(change);
		return -EBUSY;
	}
	g_queue_push_tail(&store->changes, change);
	if (g_queue_get_length(&store->changes) > 1)
		return 0;
	r = start(change);
	if (r) {
		g_queue_remove(&store->changes, change);
		g_ptr_array_add(change->kept, NULL);
		record(change, r);
		change_free(change);
	}
	return r;
}

static struct change *change_new(struct store *store, const struct store_author *author,
				 store_done_fn done, void *userdata)
{
	struct change *change = g_new0(struct change, 1);

	change->store = g_rc_box_acquire(store);
	change->author = *author;
	change->author_name = g_strdup(author->name);
	change->done = done;
	change->userdata = userdata;
	change->kept = g_ptr_array_new_with_free_func(g_free);
	return change;
}

int store_change(struct store *store, enum store_level level, GHashTable *values,
		 const struct store_author *author, store_done_fn done, void *userdata)
{
	struct change *change = change_new(store, author, done, userdata);

	change->level = level;
	change->values = store_change_new();
	add_values(change->values, values);
	return queue_change(change);
}

int store_restore(struct store *store, const struct store_author *author, store_done_fn done,
		  void *userdata)
{
	struct change *change = change_new(store, author, done, userdata);

	change->restore = true;
	change->level = STORE_WORKING;
	change->values = store_change_new();
	return queue_change(change);
}
