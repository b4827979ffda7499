// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables against lists written by hand from seed 000 and the Mock Slave 89
 * specification, and the document that is made from them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/ctl/codes.h"
#include "daemon/ctl/explain.h"
#include "daemon/status.h"

static void test_statuses(void **state)
{
	static const struct {
		unsigned int code;
		const char *name; /* as in the seed's appendix; NULL: the seed has none */
	} seed[] = {
		{ 0, "Success" },
		{ 1, "Busy" },
		{ 10, "Timeout" },
		{ 11, "Timeout" },
		{ 12, "Timeout" },
		{ 13, "Timeout" },
		{ 14, "Timeout" },
		{ 15, "Timeout" },
		{ 16, "Timeout" },
		{ 17, "Timeout" },
		{ 18, "Timeout" },
		{ 19, "Timeout" },
		{ 20, "TCP " },
		{ 21, "No sendee" },
		{ 22, "Invalid state" },
		{ 23, "Invalid data" },
		{ 24, "Invalid SMTP configuration" },
		{ 25, "Memory allocation error" },
		{ 30, NULL },
		{ 31, NULL },
		{ 32, NULL },
		{ 33, NULL },
		{ 34, NULL },
		{ 1001, "SP slot error" },
	};

	(void)state;
	assert_int_equal(n_statuses, sizeof(seed) / sizeof(seed[0]));
	for (size_t i = 0; i < n_statuses; i++) {
		const struct code *row = status_find(seed[i].code);

		assert_non_null(row);
		if (seed[i].name)
			assert_int_equal(strncmp(row->name, seed[i].name, strlen(seed[i].name)), 0);
	}
}

static void test_replies(void **state)
{
	static const unsigned int seed[] = {
		200,
		211,
		214,
		220,
		221,
		250,
		251,
		252,
		253,
		354,
		355,
		421,
		432,
		450,
		451,
		452,
		453,
		454,
		458,
		459,
		500,
		501,
		502,
		503,
		504,
		521,
		530,
		534,
		538,
		550,
		551,
		552,
		553,
		554,
	};
	struct code row;

	(void)state;
	for (size_t i = 0; i < sizeof(seed) / sizeof(seed[0]); i++) {
		assert_non_null(reply_find(seed[i]));
		assert_true(status_explain(seed[i], &row));
		assert_string_equal(row.meaning, reply_find(seed[i])->meaning);
	}
}

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < n_statuses; i++)
		assert_true(statuses[i].code > statuses[i - 1].code);
	for (size_t i = 1; i < n_replies; i++)
		assert_true(replies[i].code > replies[i - 1].code);
	for (size_t i = 1; i < n_details; i++)
		assert_true(details[i].code > details[i - 1].code);
}

static void test_details(void **state)
{
	static const unsigned int specified[] = {
		0,
		1,
		2,
		10,
		11,
		12,
		13,
		14,
		15,
		16,
		20,
		21,
		22,
		23,
		24,
		30,
		31,
		32,
		33,
		34,
		35,
		36,
		40,
		41,
		42,
		43,
		50,
		51,
		52,
		53,
		54,
		55,
		56,
		60,
		61,
		70,
		71,
		72,
		73,
		74,
		80,
	};

	(void)state;
	assert_int_equal(n_details, sizeof(specified) / sizeof(specified[0]));
	for (size_t i = 0; i < n_details; i++)
		assert_int_equal(details[i].code, specified[i]);
}

static void test_categories(void **state)
{
	static const struct {
		unsigned int code;
		const char *category;
	} edges[] = {
		{ 0, "normal" },
		{ 1, "normal" },
		{ 2, "module" },
		{ 99, "module" },
		{ 100, "protocol" },
		{ 999, "protocol" },
		{ 1000, "ladder" },
		{ 1999, "ladder" },
		{ 2000, "invalid" },
		{ 65535, "invalid" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		assert_string_equal(status_category(edges[i].code), edges[i].category);
}

/* Every number that fits the register is explained, none beyond it is. */
static void test_all_numbers(void **state)
{
	struct code row;

	(void)state;
	for (unsigned int code = 0; code <= 65535; code++) {
		assert_true(status_explain(code, &row));
		assert_int_equal(row.code, code);
		assert_non_null(row.meaning);
		assert_non_null(row.cause);
		assert_non_null(row.remedy);
	}
	assert_false(status_explain(65536, &row));
}

static void test_first_digit(void **state)
{
	struct code row;

	(void)state;
	status_explain(499, &row);
	assert_non_null(strstr(row.meaning, "Transient"));
	status_explain(599, &row);
	assert_non_null(strstr(row.meaning, "Permanent"));
	status_explain(699, &row);
	assert_non_null(strstr(row.meaning, "Not a reply code"));
}

static void test_states(void **state)
{
	(void)state;
	assert_string_equal(state_doing(1), "connecting");
	for (unsigned int i = 0; i <= 8; i++)
		assert_string_not_equal(state_doing(i), state_doing(9));
}

static void test_json(void **state)
{
	g_autoptr(JsonObject) object = explain_number(21);
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);
	g_autofree char *text = json_to_string(node, FALSE);

	(void)state;
	assert_string_equal(
		text,
		"{\"code\":21,\"category\":\"module\",\"name\":\"No sendee\","
		"\"meaning\":\"Neither To nor Cc gives a recipient.\","
		"\"cause\":\"The To of the box is empty and so is the Cc of the setup.\","
		"\"remedy\":\"Enter an address in the To of the box or a Cc list in the setup.\","
		"\"details\":[]}");
	assert_null(explain_number(65536));
}

/* The document must be made anew when codes.def changes. */
static void test_document(void **state)
{
	char *made, *kept;
	size_t made_size, kept_size;
	FILE *out = open_memstream(&made, &made_size);
	FILE *in = fopen("Documentation/status-codes.rst", "r");

	(void)state;
	assert_non_null(in);
	explain_rst(out);
	fclose(out);
	kept = calloc(1, made_size + 2);
	kept_size = fread(kept, 1, made_size + 1, in);
	fclose(in);
	assert_int_equal(kept_size, made_size);
	assert_string_equal(kept, made);
	free(made);
	free(kept);
}

/* Every kind of journal entry has its text for journalctl -x. */
static void test_catalogue(void **state)
{
	char line[256], *catalogue = calloc(1, 65536);
	FILE *header = fopen("daemon/journal.h", "r"), *in = fopen("daemon/ecemail.catalog", "r");
	unsigned int found = 0;

	(void)state;
	assert_non_null(header);
	assert_non_null(in);
	assert_in_range(fread(catalogue, 1, 65535, in), 1, 65534);
	while (fgets(line, sizeof(line), header)) {
		char id[33], heading[40];

		if (sscanf(line, "#define MESSAGE_%*[A-Z_] \"%32[0-9a-f]\"", id) != 1)
			continue;
		snprintf(heading, sizeof(heading), "\n-- %s\n", id);
		assert_non_null(strstr(catalogue, heading));
		found++;
	}
	assert_in_range(found, 9, 1000);
	fclose(header);
	fclose(in);
	free(catalogue);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_categories),
		cmocka_unit_test(test_all_numbers),
		cmocka_unit_test(test_first_digit),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_catalogue),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
