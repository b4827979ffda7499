// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Logins. credentials.conf binds each, by its name, to servers; a setup only
 * has the name, so who may change a setup cannot have a password sent to a
 * server of their own. Everything is read afresh for each login: a token lives
 * for an hour, and a changed password needs no reload.
 *
 * Nothing here may block: only regular files are read, and not much of them.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credential.h"

#define FILE_MAX 16384

void credential_free(struct credential *credential)
{
	if (!credential)
		return;
	if (credential->secret)
		explicit_bzero(credential->secret, strlen(credential->secret));
	g_free(credential->secret);
	g_free(credential->user);
	g_free(credential);
}

/* Only root, or the daemon itself, may say where a login goes. */
static const char *check_file(int fd, bool binding)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return strerror(errno);
	if (!S_ISREG(info.st_mode))
		return "not a regular file";
	if (binding && ((info.st_uid && info.st_uid != geteuid()) || info.st_mode & 022))
		return "must belong to root and be writable by root only";
	return NULL;
}

static char *read_file(const char *path, bool binding, char **text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *problem = fd < 0 ? strerror(errno) : check_file(fd, binding);
	g_autofree char *buffer = g_malloc0(FILE_MAX + 1);
	ssize_t n = problem ? 0 : read(fd, buffer, FILE_MAX + 1);

	if (!problem && n < 0)
		problem = strerror(errno);
	if (!problem && n > FILE_MAX)
		problem = "too long";
	if (!problem && memchr(buffer, '\0', (size_t)n))
		problem = "has a byte 0, is no text";
	if (fd >= 0)
		close(fd);
	if (problem)
		return g_strdup_printf("%s: %s", path, problem);
	*text = g_strndup(buffer, (gsize)n);
	explicit_bzero(buffer, FILE_MAX + 1);
	return NULL;
}

static char *source_path(const struct credential_source *source)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (source->token_file)
		return g_strdup(source->token_file);
	if (source->password_file)
		return g_strdup(source->password_file);
	return directory && source->credential && !strchr(source->credential, '/') ?
		       g_build_filename(directory, source->credential, NULL) :
		       NULL;
}

char *credential_read(struct credential **result, const struct credential_source *source)
{
	g_autofree char *path = source_path(source);
	struct credential *credential;
	char *problem, *secret = NULL;

	if (!path)
		return g_strdup("neither PasswordFile=, Credential= nor TokenFile= to be had");
	problem = read_file(path, false, &secret);
	if (!secret)
		return problem;
	secret[strcspn(secret, "\r\n")] = '\0';
	if (!*secret) {
		g_free(secret);
		return g_strdup_printf("%s: empty", path);
	}
	credential = g_new0(struct credential, 1);
	credential->user = g_strdup(source->user ? source->user : "");
	credential->secret = secret;
	credential->token = source->token_file != NULL;
	*result = credential;
	return NULL;
}

/* One of "smtp.example.com, mail.example.com:587, [2001:db8::1]:587". */
static bool is_server(const char *entry, const char *host, unsigned int port)
{
	bool ipv6 = strchr(host, ':');
	g_autofree char *plain = g_strdup_printf("%s%s%s", ipv6 ? "[" : "", host, ipv6 ? "]" : "");
	g_autofree char *with_port = g_strdup_printf("%s:%u", plain, port);

	return !g_ascii_strcasecmp(entry, host) || !g_ascii_strcasecmp(entry, plain) ||
	       !g_ascii_strcasecmp(entry, with_port);
}

static bool is_bound(const char *servers, const char *host, unsigned int port)
{
	g_auto(GStrv) list = g_strsplit(servers ? servers : "", ",", -1);
	bool bound = false;

	for (char **entry = list; *entry; entry++)
		bound |= is_server(g_strstrip(*entry), host, port);
	return bound;
}

static char *read_bound(struct credential **credential, GKeyFile *keys, const char *name,
			const char *host, unsigned int port)
{
	g_autofree char *servers = g_key_file_get_value(keys, name, "Server", NULL);
	struct credential_source source = {
		.user = g_key_file_get_value(keys, name, "User", NULL),
		.password_file = g_key_file_get_value(keys, name, "PasswordFile", NULL),
		.credential = g_key_file_get_value(keys, name, "Credential", NULL),
		.token_file = g_key_file_get_value(keys, name, "TokenFile", NULL),
	};
	char *problem;

	if (is_bound(servers, host, port))
		problem = credential_read(credential, &source);
	else
		problem = g_strdup_printf("is not for the server %s:%u", host, port);
	g_free(source.user);
	g_free(source.password_file);
	g_free(source.credential);
	g_free(source.token_file);
	return problem;
}

char *credential_load(struct credential **credential, const char *file, const char *name,
		      const char *host, unsigned int port)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL, *why = NULL;
	char *problem = read_file(file, true, &text);

	if (!text)
		return problem;
	if (!g_key_file_load_from_data(keys, text, strlen(text), G_KEY_FILE_NONE, &error))
		return g_strdup_printf("%s: %s", file, error->message);
	if (!g_key_file_has_group(keys, name))
		return g_strdup_printf("%s has no [%s]", file, name);
	why = read_bound(credential, keys, name, host, port);
	return why ? g_strdup_printf("%s: [%s] %s", file, name, why) : NULL;
}

/* More would let through what a server repeats in part. */
#define TELLTALE 12

/* What base64 makes of the secret, wherever in an argument it stands. */
static bool encoded_in(const char *secret, size_t offset, const char *text)
{
	static const size_t mixed[] = { 0, 2, 3 }; /* characters with bits of what is before */
	size_t length = strlen(secret);
	g_autoptr(GByteArray) padded = g_byte_array_new();
	g_autofree char *encoded = NULL;
	size_t whole = (offset + length) * 8 / 6;

	g_byte_array_append(padded, (const guint8 *)"\0", offset);
	g_byte_array_append(padded, (const guint8 *)secret, length);
	encoded = g_base64_encode(padded->data, padded->len);
	encoded[MIN(whole, mixed[offset] + TELLTALE)] = '\0';
	return strstr(text, encoded + mixed[offset]);
}

/* As a reply's text has it, which is printable ASCII. */
static char *as_text(const char *secret, size_t length)
{
	char *text = g_strndup(secret, length);

	for (char *at = text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	return text;
}

bool credential_in(const struct credential *credential, const char *text)
{
	g_autofree char *begin = as_text(credential->secret, TELLTALE);

	return strstr(text, begin) || encoded_in(credential->secret, 0, text) ||
	       encoded_in(credential->secret, 1, text) || encoded_in(credential->secret, 2, text);
}
