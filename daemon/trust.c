// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates of authorities, read once for each file. libcurl keeps those of
 * one file for each of its multi handles, so that two slots that take turns
 * would have theirs parsed again each time, which the loop waits for: 27 ms for
 * the system's.
 *
 * A file is looked at before each use and read anew when it has changed. The
 * one that was not used for longest makes way where there are too many.
 */

#include <glib.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "trust.h"

#define FILES_MAX 16

struct trust {
	char *file;
	struct stat info; /* when it was read */
	X509_STORE *store; /* NULL: an empty place */
	guint64 used;
};

static struct trust trusted[FILES_MAX];

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void forget(struct trust *trust)
{
	X509_STORE_free(trust->store);
	g_free(trust->file);
	*trust = (struct trust){ 0 };
}

/* The file's place, or the one it may have. */
static struct trust *find(const char *file)
{
	struct trust *oldest = trusted;

	for (size_t i = 0; i < FILES_MAX; i++) {
		if (!g_strcmp0(trusted[i].file, file))
			return &trusted[i];
		if (trusted[i].used < oldest->used)
			oldest = &trusted[i];
	}
	forget(oldest);
	return oldest;
}

/* The flags are those that libcurl gives its own. */
static X509_STORE *read_file(const char *file)
{
	X509_STORE *store = X509_STORE_new();

	if (store && X509_STORE_load_locations(store, file, NULL)) {
		X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
		return store;
	}
	ERR_clear_error();
	X509_STORE_free(store);
	return NULL;
}

X509_STORE *trust_store(const char *file)
{
	static guint64 uses;
	struct trust *trust = find(file);
	struct stat info;

	if (stat(file, &info) < 0 || !S_ISREG(info.st_mode)) {
		forget(trust);
		return NULL;
	}
	if (trust->store && !is_same(&trust->info, &info))
		forget(trust);
	if (!trust->store)
		*trust = (struct trust){ g_strdup(file), info, read_file(file), 0 };
	trust->used = ++uses;
	if (!trust->store) {
		forget(trust);
		return NULL;
	}
	return trust->store;
}
