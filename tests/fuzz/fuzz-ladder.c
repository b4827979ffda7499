// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What people write for plcsim. The first byte says what the rest is: a base file
 * (b), a recording (r), commands (c), or else a program, which is checked,
 * listed and, if it may be downloaded, run for some scans with a card that
 * answers this and that.
 */
#include "fuzz.h"
#include "tests/plcsim/check.h"
#include "tests/plcsim/command.h"
#include "tests/plcsim/plc.h"
#include "tests/plcsim/record.h"
#include "tests/plcsim/reference.h"

#define SCANS	  40
#define SCAN_TIME 700 /* milliseconds, so that time-outs are among them */

static FILE *open_bytes(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)data, size, "r") : fopen("/dev/null", "r");

	MUST(file);
	return file;
}

static void drop(struct diagnostics *d)
{
	static FILE *nowhere;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	diagnostics_print(d, nowhere);
	diagnostics_clear(d);
}

struct card {
	struct backplane backplane;
	struct transfer_result result;
	unsigned int count;
	bool busy[BASE_SLOTS];
};

static void start(struct backplane *backplane, unsigned int slot, const struct transfer *transfer)
{
	struct card *card = (struct card *)backplane;

	MUST(slot < BASE_SLOTS && !card->busy[slot]);
	MUST(transfer->length <= TRANSFER_BYTES_MAX);
	card->busy[slot] = true;
}

static bool busy(struct backplane *backplane, unsigned int slot)
{
	struct card *card = (struct card *)backplane;

	if (card->count++ % 3)
		card->busy[slot] = false;
	return card->busy[slot];
}

static const struct transfer_result *result(struct backplane *backplane, unsigned int slot)
{
	static const uint8_t data[] = { 0, 0, 1, 0, 23, 0, 0xff, 0xff, 60, 0, 0x99, 0x12 };
	struct card *card = (struct card *)backplane;

	MUST(!card->busy[slot]);
	card->result.outcome = card->count % 7 == 0 ? TRANSFER_ERROR :
			       card->count % 5 == 0 ? TRANSFER_BUSY :
						      TRANSFER_DONE;
	for (size_t i = 0; i < sizeof(card->result.data); i++)
		card->result.data[i] = data[(i + card->count) % sizeof(data)];
	return &card->result;
}

static bool is_on(const struct plc *plc, const struct box *box, unsigned int parameter)
{
	return element_get(&plc->memory, &box->values[parameter].element);
}

/* Where check has nothing to say, no box shows what the seed calls INVALID. */
static void judge(const struct plc *plc)
{
	for (unsigned int i = 0; i < plc->program->instructions->len; i++) {
		const struct box *box = program_at(plc->program, i)->box;

		if (box && box->type->edge_triggered)
			MUST(!is_on(plc, box, REQUEST_SUCCESS) || !is_on(plc, box, REQUEST_ERROR));
	}
}

static void run(const struct program *program, const struct base *base, bool sound)
{
	static struct plc plc;
	struct card card = { .backplane = { start, busy, result } };

	plc_init(&plc, base, program, &card.backplane);
	for (size_t i = 0; i < MEMORY_END; i++)
		plc.memory.v[i] = i * 0x9e37;
	plc_set_power(&plc, true);
	for (unsigned int i = 0; i < SCANS; i++) {
		plc_set_run(&plc, i != SCANS / 2);
		plc_update(&plc, i * SCAN_TIME);
		plc.memory.v[040400] = i & 1 ? 0xffff : 0;
		plc_execute(&plc);
		if (sound)
			judge(&plc);
	}
	plc_release(&plc);
}

static void try_messages(const struct program *program)
{
	static struct memory memory;
	g_autoptr(GString) out = g_string_new(NULL);

	for (size_t i = 0; i < MEMORY_END; i++)
		memory.v[i] = i * 0x9e37;
	for (unsigned int i = 0; i < program->instructions->len; i++) {
		const struct vprint *message = program_at(program, i)->message;

		if (!message)
			continue;
		g_string_truncate(out, 0);
		vprint_print(message, &memory, out);
		MUST(out->len >= vprint_minimum(message) && out->len <= vprint_maximum(message));
	}
}

static void try_program(const uint8_t *data, size_t size)
{
	g_autoptr(GString) list = g_string_new(NULL);
	FILE *file = open_bytes(data, size);
	struct program *program;
	struct diagnostics d;
	struct base base;

	diagnostics_init(&d, "p");
	base_default(&base);
	program = program_read(file, "p", &d);
	if (!d.errors)
		references_print(program, list);
	check_program(program, &base, &d);
	try_messages(program);
	if (!d.errors)
		run(program, &base, !d.troubles && !d.warnings);
	drop(&d);
	program_free(program);
	fclose(file);
}

static void try_base(const uint8_t *data, size_t size)
{
	FILE *file = open_bytes(data, size);
	struct diagnostics d;
	struct base base;

	diagnostics_init(&d, "p");
	base_read(&base, file, &d);
	MUST(d.errors || (base.family && base_cards(&base) <= CARDS_MAX));
	drop(&d);
	fclose(file);
}

static void try_record(const uint8_t *data, size_t size)
{
	FILE *file = open_bytes(data, size);
	struct diagnostics d;
	GArray *entries;

	diagnostics_init(&d, "p");
	entries = record_read(file, &d);
	for (unsigned int i = 0; i < entries->len; i++)
		MUST(g_array_index(entries, struct record_entry, i).slot < BASE_SLOTS);
	g_array_unref(entries);
	drop(&d);
	fclose(file);
}

static void try_commands(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_autofree char *error = NULL, *other = NULL;
		struct command command;

		MUST(command_parse(*line, &command, &error) == !error);
		if (!error && *command.path)
			other = command_with_path(*line, "/x y");
		MUST(!other || command_parse(other, &command, &error));
		MUST(!other || strcmp(command.path, "/x y") == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (*data) {
	case 'b':
		try_base(data + 1, size - 1);
		break;
	case 'r':
		try_record(data + 1, size - 1);
		break;
	case 'c':
		try_commands(data + 1, size - 1);
		break;
	default:
		try_program(data + 1, size - 1);
		break;
	}
	return 0;
}
