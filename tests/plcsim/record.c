// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tests/plcsim/lines.h"
#include "tests/plcsim/record.h"

static const char *const outcomes[] = {
	[TRANSFER_DONE] = "done",
	[TRANSFER_BUSY] = "busy",
	[TRANSFER_ERROR] = "error",
};

const char *outcome_name(enum transfer_outcome outcome)
{
	return outcomes[outcome];
}

static void write_bytes(struct recorder *r, const uint8_t *bytes, unsigned int count)
{
	if (count)
		fputc(' ', r->file);
	for (unsigned int i = 0; i < MIN(count, TRANSFER_BYTES_MAX); i++)
		fprintf(r->file, "%02x", bytes[i]);
	fputc('\n', r->file);
	if (fflush(r->file) != 0 && !r->error)
		r->error = errno;
}

static void start(struct backplane *backplane, unsigned int slot, const struct transfer *t)
{
	struct recorder *r = (struct recorder *)backplane;

	fprintf(r->file, "%" PRIu64 " %u %s %x %o %u", r->now() - r->began, slot,
		t->write ? "wx" : "rx", t->station, t->address, t->length);
	write_bytes(r, t->data, t->write ? t->length : 0);
	r->running[slot] = true;
	r->transfers[slot] = *t;
	r->card->start(r->card, slot, t);
}

static void write_end(struct recorder *r, unsigned int slot)
{
	const struct transfer_result *result = r->card->result(r->card, slot);
	bool has_data = !r->transfers[slot].write && result->outcome == TRANSFER_DONE;

	r->running[slot] = false;
	fprintf(r->file, "%" PRIu64 " %u %s %u", r->now() - r->began, slot,
		outcomes[result->outcome], result->reason);
	write_bytes(r, result->data, has_data ? r->transfers[slot].length : 0);
}

static bool busy(struct backplane *backplane, unsigned int slot)
{
	struct recorder *r = (struct recorder *)backplane;
	bool is_busy = r->card->busy(r->card, slot);

	if (r->running[slot] && !is_busy)
		write_end(r, slot);
	return is_busy;
}

static const struct transfer_result *result(struct backplane *backplane, unsigned int slot)
{
	struct recorder *r = (struct recorder *)backplane;

	return r->card->result(r->card, slot);
}

void recorder_init(struct recorder *r, struct backplane *card, FILE *file, uint64_t (*now)(void))
{
	*r = (struct recorder){
		.backplane = { start, busy, result },
		.card = card,
		.file = file,
		.now = now,
		.began = now(),
	};
}

/* Exactly so many bytes in hex, and no more words */
static bool read_bytes(char *const *words, unsigned int count, uint8_t *data)
{
	const char *hex = *words ? *words : "";

	if (strlen(hex) != 2 * count || strspn(hex, "0123456789abcdef") != 2 * count ||
	    (*words && words[1]))
		return false;
	for (unsigned int i = 0; i < count; i++)
		data[i] = g_ascii_xdigit_value(hex[2 * i]) << 4 |
			  g_ascii_xdigit_value(hex[2 * i + 1]);
	return true;
}

static bool read_number(const char *word, int base, uint64_t maximum, uint64_t *number)
{
	return g_ascii_string_to_unsigned(word, base, 0, maximum, number, NULL);
}

/* Of a transfer that began: MS SLOT wx|rx STATION ADDRESS LENGTH [HEX] */
static bool read_start(char *const *words, unsigned int count, struct record_entry *entry)
{
	struct transfer *t = &entry->transfer;
	uint64_t station, address, length;

	t->write = count > 2 && strcmp(words[2], "wx") == 0;
	if (count < 6 || (!t->write && strcmp(words[2], "rx") != 0) ||
	    !read_number(words[3], 16, 0x99, &station) ||
	    !read_number(words[4], 8, 0177777, &address) ||
	    !read_number(words[5], 10, 255, &length) ||
	    !read_bytes(words + 6, t->write ? MIN(length, TRANSFER_BYTES_MAX) : 0, t->data))
		return false;
	t->station = station;
	t->address = address;
	t->length = length;
	return true;
}

/* What the slot is doing, by what was read before */
static struct record_entry *running(GArray *entries, unsigned int slot)
{
	for (unsigned int i = entries->len; i-- > 0;) {
		struct record_entry *entry = &g_array_index(entries, struct record_entry, i);

		if (entry->slot == slot)
			return entry->ended ? NULL : entry;
	}
	return NULL;
}

/* Of its end: MS SLOT done|busy|error REASON [HEX] */
static bool read_end(char *const *words, unsigned int count, struct record_entry *entry)
{
	uint8_t data[TRANSFER_BYTES_MAX];
	unsigned int bytes = 0;
	uint64_t reason;

	if (!entry || count < 4 || !read_number(words[3], 10, UINT16_MAX, &reason))
		return false;
	for (unsigned int o = 0; o < G_N_ELEMENTS(outcomes); o++) {
		if (strcmp(outcomes[o], words[2]) != 0)
			continue;
		if (o == TRANSFER_DONE && !entry->transfer.write)
			bytes = MIN(entry->transfer.length, TRANSFER_BYTES_MAX);
		entry->ended = true;
		entry->outcome = o;
		entry->reason = reason;
		return read_bytes(words + 4, bytes, data);
	}
	return false;
}

struct reader {
	GArray *entries;
	struct diagnostics *diagnostics;
};

static void read_line(void *owner, char *line, unsigned int number)
{
	struct reader *reader = owner;
	g_auto(GStrv) words = g_strsplit(g_strchomp(line), " ", -1);
	unsigned int count = g_strv_length(words);
	struct record_entry entry = { .line = number };
	uint64_t slot;
	bool good = count > 2 && read_number(words[0], 10, INT64_MAX, &entry.milliseconds) &&
		    read_number(words[1], 10, BASE_SLOTS - 1, &slot);

	if (good) {
		struct record_entry *begun = running(reader->entries, slot);

		entry.slot = slot;
		if (!begun && read_start(words, count, &entry))
			g_array_append_val(reader->entries, entry);
		else
			good = read_end(words, count, begun);
	}
	if (!good)
		diagnostics_error(reader->diagnostics, number, "no RX or WX, and no end of one: %s",
				  line);
}

GArray *record_read(FILE *file, struct diagnostics *d)
{
	struct reader reader = { g_array_new(FALSE, TRUE, sizeof(struct record_entry)), d };

	lines_read(file, d, read_line, &reader);
	return reader.entries;
}
