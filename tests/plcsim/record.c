// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

static void write_bytes(FILE *file, const uint8_t *bytes, unsigned int count)
{
	if (count)
		fputc(' ', file);
	for (unsigned int i = 0; i < MIN(count, TRANSFER_BYTES_MAX); i++)
		fprintf(file, "%02x", bytes[i]);
	fputc('\n', file);
	fflush(file);
}

static void start(struct backplane *backplane, unsigned int slot, const struct transfer *t)
{
	struct recorder *r = (struct recorder *)backplane;

	fprintf(r->file, "%" PRIu64 " %u %s %x %o %u", r->now() - r->began, slot,
		t->write ? "wx" : "rx", t->station, t->address, t->length);
	write_bytes(r->file, t->data, t->write ? t->length : 0);
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
	write_bytes(r->file, result->data, has_data ? r->transfers[slot].length : 0);
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

static bool read_bytes(const char *hex, struct transfer *t)
{
	size_t length = strlen(hex);

	if (length % 2 || length / 2 > TRANSFER_BYTES_MAX ||
	    strspn(hex, "0123456789abcdef") != length)
		return false;
	for (size_t i = 0; i < length / 2; i++)
		t->data[i] = g_ascii_xdigit_value(hex[2 * i]) << 4 |
			     g_ascii_xdigit_value(hex[2 * i + 1]);
	return true;
}

static bool read_start(const char *line, struct record_entry *entry)
{
	unsigned int station, address, length;
	char kind[4], hex[2 * TRANSFER_BYTES_MAX + 2] = "";

	if (sscanf(line, "%" SCNu64 " %u %3s %x %o %u %257s", &entry->milliseconds, &entry->slot,
		   kind, &station, &address, &length, hex) < 6)
		return false;
	if (entry->slot >= BASE_SLOTS || station > 0x99 || address > 0177777 || length > 255)
		return false;
	entry->transfer.write = strcmp(kind, "wx") == 0;
	entry->transfer.station = station;
	entry->transfer.address = address;
	entry->transfer.length = length;
	return (entry->transfer.write || strcmp(kind, "rx") == 0) &&
	       read_bytes(hex, &entry->transfer);
}

/* The end of what the slot was doing */
static bool read_end(const char *line, GArray *entries)
{
	uint64_t milliseconds;
	unsigned int slot, reason;
	char outcome[8];

	if (sscanf(line, "%" SCNu64 " %u %7s %u", &milliseconds, &slot, outcome, &reason) != 4)
		return false;
	for (unsigned int i = entries->len; i-- > 0;) {
		struct record_entry *entry = &g_array_index(entries, struct record_entry, i);

		if (entry->slot != slot)
			continue;
		for (unsigned int o = 0; !entry->ended && o < G_N_ELEMENTS(outcomes); o++) {
			if (strcmp(outcomes[o], outcome) != 0)
				continue;
			entry->ended = true;
			entry->outcome = o;
			entry->reason = reason;
			return true;
		}
		return false;
	}
	return false;
}

GArray *record_read(FILE *file, struct diagnostics *d)
{
	GArray *entries = g_array_new(FALSE, TRUE, sizeof(struct record_entry));
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) >= 0) {
		struct record_entry entry = { .line = ++number };

		if (read_start(line, &entry))
			g_array_append_val(entries, entry);
		else if (!read_end(line, entries))
			diagnostics_error(d, number, "no RX or WX, and no end of one: %s",
					  g_strchomp(line));
	}
	free(line);
	return entries;
}
