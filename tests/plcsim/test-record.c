// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings: what is read, what is refused, and what the recorder writes. */
#include <stdlib.h>

#include "tests/plcsim/record.h"
#include "tests/plcsim/test.h"

static GArray *read_record(const char *text, struct diagnostics *d)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	GArray *entries = record_read(file, d);

	fclose(file);
	return entries;
}

static void test_good(void **state)
{
	struct diagnostics d;
	GArray *entries;
	const struct record_entry *e;

	(void)state;
	diagnostics_init(&d, "p");
	entries = read_record("5 1 rx 89 40500 2\n6 2 wx 90 77 3 0a0b0c\n7 1 done 0 0102\n"
			      "8 1 rx 89 1 4\n9 2 error 3\n",
			      &d);
	assert_int_equal(d.errors, 0);
	assert_int_equal(entries->len, 3);
	e = &g_array_index(entries, struct record_entry, 0);
	assert_false(e->transfer.write);
	assert_int_equal(e->milliseconds, 5);
	assert_int_equal(e->transfer.station, 0x89);
	assert_int_equal(e->transfer.address, 040500);
	assert_int_equal(e->transfer.length, 2);
	assert_true(e->ended);
	assert_int_equal(e->outcome, TRANSFER_DONE);
	e++;
	assert_true(e->transfer.write);
	assert_int_equal(e->slot, 2);
	assert_memory_equal(e->transfer.data, "\x0a\x0b\x0c", 3);
	assert_int_equal(e->outcome, TRANSFER_ERROR);
	e++;
	assert_false(e->ended);
	g_array_unref(entries);
	diagnostics_clear(&d);
}

static void test_wrong(void **state)
{
	static const char *const lines[] = {
		"nonsense\n",
		"5 1 tx 89 1 4\n",
		"5 16 rx 89 1 4\n",
		"5 1 rx 100 1 4\n",
		"5 1 rx 89 200000 4\n",
		"5 1 rx 89 1 256\n",
		"5 1 wx 89 1 2 0\n",
		"5 1 wx 89 1 1 0x\n",
		"5 1 done 0\n",
		"5 1 rx 89 1\n",
		"5 1 rx 89 1 4 00\n",
		"5 1 wx 89 1 2 00\n",
		"5 1 wx 89 1 1 00 00\n",
		"5 1 wx 89 1 1\n",
		"-5 1 rx 89 1 4\n",
		"5 -1 rx 89 1 4\n",
		"5 1 rx  89 1 4\n",
		"5 1 rx 0x89 1 4\n",
		"5\n",
		"\n",
	};
	g_autofree char *hex = g_strnfill(2 * 129, '0');
	g_autofree char *too_long = g_strdup_printf("5 1 wx 89 0 129 %s\n", hex);

	(void)state;
	for (size_t i = 0; i <= G_N_ELEMENTS(lines); i++) {
		const char *line = i < G_N_ELEMENTS(lines) ? lines[i] : too_long;
		struct diagnostics d;
		GArray *entries;
		g_autofree char *text = NULL;

		diagnostics_init(&d, "p");
		entries = read_record(line, &d);
		text = messages(&d);
		if (!strstr(text, "p:1: error: no RX or WX, and no end of one: "))
			fail_msg("'%s' is taken", line);
		g_array_unref(entries);
		diagnostics_clear(&d);
	}
}

/* After a good beginning */
static void test_wrong_end(void **state)
{
	static const char *const lines[] = {
		"6 1 rx 89 1 4\n", /* is still at it */
		"6 1 done 0\n",
		"6 1 done 0 00\n",
		"6 1 done 0 00010203 00\n",
		"6 1 busy 0 00010203\n",
		"6 1 error x\n",
		"6 1 over 0\n",
		"6 2 busy 0\n",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *record = g_strconcat("5 1 rx 89 1 4\n", lines[i], NULL);
		g_autofree char *text = NULL;
		struct diagnostics d;
		GArray *entries;

		diagnostics_init(&d, "p");
		entries = read_record(record, &d);
		text = messages(&d);
		if (!strstr(text, "p:2: error: no RX or WX, and no end of one: "))
			fail_msg("'%s' is taken", lines[i]);
		g_array_unref(entries);
		diagnostics_clear(&d);
	}
}

struct stub {
	struct backplane backplane;
	bool busy;
	struct transfer_result result;
};

static uint64_t now;

static uint64_t fake_now(void)
{
	return now;
}

static void start(struct backplane *backplane, unsigned int slot, const struct transfer *t)
{
	(void)slot;
	(void)t;
	((struct stub *)backplane)->busy = true;
}

static bool busy(struct backplane *backplane, unsigned int slot)
{
	(void)slot;
	return ((struct stub *)backplane)->busy;
}

static const struct transfer_result *result(struct backplane *backplane, unsigned int slot)
{
	(void)slot;
	return &((struct stub *)backplane)->result;
}

static void run(struct recorder *r, struct stub *stub, const struct transfer *t,
		enum transfer_outcome outcome)
{
	r->backplane.start(&r->backplane, 1, t);
	now += 3;
	assert_true(r->backplane.busy(&r->backplane, 1));
	stub->busy = false;
	stub->result = (struct transfer_result){ outcome, 4, { 1, 2, 3 } };
	assert_false(r->backplane.busy(&r->backplane, 1));
	assert_false(r->backplane.busy(&r->backplane, 1)); /* told once */
	assert_int_equal(r->backplane.result(&r->backplane, 1)->outcome, outcome);
}

static void test_recorder(void **state)
{
	static const struct transfer rx = { false, 0x89, 3, 040500, { 0 } };
	static const struct transfer wx = { true, 0x90, 200, 017, { 0xab } };
	struct stub stub = { .backplane = { start, busy, result } };
	g_autofree char *zeros = g_strnfill(2 * 127, '0');
	g_autofree char *expected = NULL;
	struct recorder r;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	now = 100;
	recorder_init(&r, &stub.backplane, file, fake_now);
	now = 105;
	run(&r, &stub, &rx, TRANSFER_DONE);
	run(&r, &stub, &rx, TRANSFER_ERROR);
	run(&r, &stub, &wx, TRANSFER_BUSY);
	fclose(file);
	expected = g_strdup_printf("5 1 rx 89 40500 3\n8 1 done 4 010203\n"
				   "8 1 rx 89 40500 3\n11 1 error 4\n"
				   "11 1 wx 90 17 200 ab%s\n14 1 busy 4\n",
				   zeros);
	assert_string_equal(text, expected);
	free(text);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_good),
	cmocka_unit_test(test_wrong),
	cmocka_unit_test(test_wrong_end),
	cmocka_unit_test(test_recorder),
};

TEST_MAIN(tests)
