// SPDX-License-Identifier: GPL-2.0-or-later
/* To and Cc: whatever a list says, no address can end a command or a path. */
#include "daemon/address.h"
#include "fuzz.h"

static void check_address(const char *address)
{
	const char *at = strchr(address, '@'), *c;

	MUST(at && at > address && at - address <= 64 && at[1] && strlen(at + 1) <= 255);
	MUST(strlen(address) <= 254);
	for (c = address; *c; c++)
		MUST(*c > ' ' && *c <= '~' && !strchr("<>()\",;\\", *c) &&
		     (*c != '@' || c == at));
	MUST(!address_check(address));
}

static void check_list(const GPtrArray *list)
{
	guint i, k;

	for (i = 0; i < list->len; i++) {
		check_address(list->pdata[i]);
		for (k = 0; k < i; k++)
			MUST(!address_equal(list->pdata[i], list->pdata[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = exact_copy(data, size), *problem = NULL;
	GPtrArray *list = address_list_parse(copy, size, &problem);

	MUST(!list == !!problem);
	if (list) {
		check_list(list);
		g_ptr_array_unref(list);
	} else {
		MUST(*problem && g_utf8_validate(problem, -1, NULL));
		g_free(problem);
	}
	free(copy);
	return 0;
}
