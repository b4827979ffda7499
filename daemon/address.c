// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses and lists of them. libcurl or a server must never get to see a
 * byte of an address that could end a command line or a path, so everything
 * beyond plain atoms is refused: quoted local parts, comments, non-ASCII.
 */

#include <string.h>

#include "address.h"

static bool is_atom(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

static const char *check_local_part(const char *local, size_t length)
{
	if (!length)
		return "nothing before the @";
	if (length > LOCAL_PART_MAX)
		return "more than 64 characters before the @";
	for (size_t i = 0; i < length; i++)
		if (!is_atom(local[i]))
			return "a character that an address cannot have";
	return NULL;
}

/* "[192.0.2.1]" */
static const char *check_literal(const char *domain, size_t length)
{
	if (domain[length - 1] != ']' || length < 4)
		return "an address literal without its ]";
	for (size_t i = 1; i < length - 1; i++)
		if (!g_ascii_isalnum(domain[i]) && !strchr(".:", domain[i]))
			return "a character that an address literal cannot have";
	return NULL;
}

static const char *check_domain(const char *domain)
{
	size_t length = strlen(domain);

	if (!length)
		return "nothing after the @";
	if (length > DOMAIN_MAX)
		return "more than 255 characters after the @";
	if (domain[0] == '[')
		return check_literal(domain, length);
	if (domain[0] == '.' || domain[length - 1] == '.' || strstr(domain, ".."))
		return "a dot too many after the @";
	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(domain[i]) && !strchr("-._", domain[i]))
			return "a character that a domain cannot have";
	return NULL;
}

const char *address_check(const char *address)
{
	const char *at = strchr(address, '@'), *problem;

	if (!at)
		return "no @";
	if (strchr(at + 1, '@'))
		return "more than one @";
	if (strlen(address) > ADDRESS_MAX)
		return "more than 254 characters";
	problem = check_local_part(address, (size_t)(at - address));
	return problem ? problem : check_domain(at + 1);
}

bool address_equal(const char *a, const char *b)
{
	size_t local = strcspn(a, "@");

	return !strncmp(a, b, local) && !g_ascii_strcasecmp(a + local, b + local);
}

static bool list_has(const GPtrArray *list, const char *address)
{
	for (guint i = 0; i < list->len; i++)
		if (address_equal(list->pdata[i], address))
			return true;
	return false;
}

void address_list_merge(GPtrArray *to, const GPtrArray *list)
{
	for (guint i = 0; i < list->len; i++)
		if (!list_has(to, list->pdata[i]))
			g_ptr_array_add(to, g_strdup(list->pdata[i]));
}

/* Leaves the list alone if the entry is empty or there already. */
static const char *list_add(GPtrArray *list, const char *entry)
{
	const char *problem = address_check(entry);

	if (!*entry)
		return NULL;
	if (!problem && !list_has(list, entry))
		g_ptr_array_add(list, g_strdup(entry));
	return problem;
}

GPtrArray *address_list_parse(const char *list, size_t length, char **problem)
{
	g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);
	const char *end = list + length;

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t n = (size_t)((comma ? comma : end) - list);
		g_autofree char *entry = g_strndup(list, n), *shown = NULL;
		const char *why;

		/* not g_strstrip(): line ends and tabs are no blanks here */
		while (n && entry[n - 1] == ' ')
			entry[--n] = '\0';
		why = strlen(entry) < n ? "a NUL character" :
					  list_add(addresses, entry + strspn(entry, " "));
		if (why) {
			shown = g_strescape(entry, NULL);
			*problem = g_strdup_printf("\"%s\": %s", shown, why);
			return NULL;
		}
		list = comma ? comma + 1 : end;
	}
	return g_steal_pointer(&addresses);
}
