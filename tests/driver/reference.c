// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include "reference.h"

#define DEPTH	16
#define FALLS	3
#define SECOND	1000000000ULL

/* Every request there has ever been, the oldest first. */
#define foreach(m, r) \
	for ((r) = (m)->requests; (r) < (m)->requests + (m)->count; (r)++)

void reference_init(struct reference *m, uint32_t host_generation)
{
	m->host_generation = host_generation;
	m->card_generation = 0;
	m->timeout = 60;
	m->health = 10;
	m->attached = false;
	m->accepted = m->busy = m->refused = m->expired = 0;
	m->count = m->ended_count = m->fresh = 0;
	memset(m->info, 0, sizeof(m->info));
	memset(m->scratch, 0, sizeof(m->scratch));
}

static bool orphan(const struct reference_request *r)
{
	return r->record.flags & 1;
}

static void end(struct reference *m, struct reference_request *r, struct ecom_result result)
{
	r->state = REFERENCE_ENDED;
	r->result = result;
	if (r->doubt && result.sent == 1)
		r->result.sent = 0;
	if (orphan(r))
		return;
	m->ended[m->ended_count++] = r;
	m->fresh++;
}

static void end_plainly(struct reference *m, struct reference_request *r, uint16_t status,
			uint16_t sent, uint16_t detail)
{
	struct ecom_result result = { .status = status, .sent = sent, .detail = detail };

	result.state = r->report.state;
	end(m, r, result);
}

/* Into its place in the list, where it has been all the time. */
static void put_back(struct reference_request *r)
{
	r->state = REFERENCE_WAITS;
	r->report.state = 0;
	r->report.on_expire = 10;
	r->report.on_expire_sent = 1;
	r->report.on_release = 0;
}

/* mock-slave-89.rst, 2.2: "not used since the PC's driver was loaded or the card …" */
void reference_power_up(struct reference *m, uint32_t card_generation)
{
	struct reference_request *r;

	m->card_generation = card_generation;
	foreach(m, r)
		r->record.flags |= 1;
	m->ended_count = 0;
}

uint32_t reference_used(const struct reference *m)
{
	const struct reference_request *r;
	uint32_t used = 0;

	foreach(m, r)
		used += r->state != REFERENCE_ENDED;
	return used;
}

static struct reference_request *append(struct reference *m, const uint8_t *frame,
					uint32_t length, uint64_t now)
{
	struct reference_request *r = &m->requests[m->count++];

	memset(r, 0, sizeof(*r));
	r->timeout = m->timeout;
	r->record.id = m->count;
	r->record.accepted_ns = now;
	r->record.deadline_ns = now + SECOND * m->timeout;
	r->record.card_generation = m->card_generation;
	r->record.host_generation = m->host_generation;
	r->record.length = length;
	r->record.command = frame[1];
	r->record.tag = frame[2];
	memcpy(r->record.frame, frame, length);
	r->result.status = 1;
	put_back(r);
	return r;
}

uint32_t reference_accept(struct reference *m, const uint8_t *frame, uint32_t length,
			  uint64_t now)
{
	struct reference_request *r;

	foreach(m, r) {
		if (r->state != REFERENCE_ENDED && !orphan(r) && r->record.tag == frame[2]) {
			m->refused++;
			return 6 << 8 | 2;
		}
	}
	if (reference_used(m) == DEPTH) {
		m->busy++;
		return 1;
	}
	m->accepted++;
	r = append(m, frame, length, now);
	if (frame[1] >= 0x80 && !m->attached)
		end_plainly(m, r, 34, 1, 1);
	return 0;
}

void reference_attach(struct reference *m)
{
	m->attached = true;
}

static size_t count_out(const struct reference *m)
{
	const struct reference_request *r;
	size_t n = 0;

	foreach(m, r)
		n += r->state == REFERENCE_OUT;
	return n;
}

static void fall(struct reference *m, struct reference_request *r, bool charge)
{
	if (r->report.on_release) {
		end_plainly(m, r, r->report.on_release, r->report.on_release_sent, 2);
		return;
	}
	r->doubt |= r->report.on_expire_sent != 1;
	if (charge && ++r->record.charges == FALLS) {
		end_plainly(m, r, 22, r->report.on_expire_sent, 70);
	} else {
		r->alone = true;
		r->record.flags |= 2;
		put_back(r);
	}
}

void reference_detach(struct reference *m)
{
	bool charge = count_out(m) == 1;
	struct reference_request *r;

	foreach(m, r) {
		if (r->state == REFERENCE_OUT)
			fall(m, r, charge);
		if (r->state == REFERENCE_WAITS && r->record.command >= 0x80)
			end_plainly(m, r, 34, 1, 1);
	}
	m->attached = false;
	m->health = 10;
}

struct reference_request *reference_next(struct reference *m)
{
	struct reference_request *r, *first = NULL;

	foreach(m, r) {
		if (r->state == REFERENCE_OUT && r->alone)
			return NULL;
		if (r->state == REFERENCE_WAITS && !first)
			first = r;
	}
	return first && first->alone && count_out(m) ? NULL : first;
}

bool reference_deliver(struct reference *m, struct ecom_request *record)
{
	struct reference_request *r = reference_next(m);

	if (!r)
		return false;
	r->state = REFERENCE_OUT;
	r->taken = true;
	*record = r->record;
	return true;
}

static int find(struct reference *m, uint64_t id, struct reference_request **found)
{
	struct reference_request *r;

	foreach(m, r) {
		if (r->record.id != id)
			continue;
		*found = r;
		if (r->state == REFERENCE_ENDED)
			return -ESTALE;
		return r->state == REFERENCE_OUT ? 0 : -ENOENT;
	}
	return -ENOENT;
}

void reference_undeliver(struct reference *m, uint64_t id)
{
	struct reference_request *r;

	if (!find(m, id, &r))
		put_back(r);
}

static bool status_or_zero(uint16_t status)
{
	return status == 0 || status >= 2;
}

int reference_progress(struct reference *m, const struct ecom_progress *report)
{
	struct reference_request *r;
	int err;

	if (report->state > 9 || report->on_expire < 2 || !status_or_zero(report->on_release) ||
	    report->on_expire_sent > 3 || report->on_release_sent > 3 ||
	    report->reserved[0] || report->reserved[1] || report->reserved[2])
		return -EINVAL;
	err = find(m, report->id, &r);
	if (err)
		return err;
	r->report = *report;
	return 0;
}

int reference_complete(struct reference *m, const struct ecom_complete *complete)
{
	const struct ecom_result *result = &complete->result;
	struct reference_request *r;
	int err;

	if (!status_or_zero(result->status) || result->state > 9 || result->reply > 999 ||
	    result->sent > 3 || result->text_length > 94 || result->reserved ||
	    result->reserved2[0] || result->reserved2[1] || complete->reserved)
		return -EINVAL;
	err = find(m, complete->id, &r);
	if (err)
		return err;
	end(m, r, *result);
	return 0;
}

int reference_release(struct reference *m, uint64_t id)
{
	struct reference_request *r;
	int err = find(m, id, &r);

	if (err)
		return err;
	r->alone = false;
	put_back(r);
	return 0;
}

/*
 * Detail 1 is "no daemon took the request before its deadline". Never taken
 * with a daemon there, or taken by one that is gone: open.
 */
static void expire(struct reference *m, struct reference_request *r)
{
	bool waits = r->state == REFERENCE_WAITS;

	m->expired++;
	r->detail_open = waits && r->taken != m->attached;
	end_plainly(m, r, r->report.on_expire, r->report.on_expire_sent,
		    waits && !r->taken && !m->attached);
}

uint64_t reference_expire(struct reference *m, uint64_t now)
{
	struct reference_request *r, *first;

	for (;;) {
		first = NULL;
		foreach(m, r)
			if (r->state != REFERENCE_ENDED &&
			    (!first || r->record.deadline_ns < first->record.deadline_ns))
				first = r;
		if (!first || first->record.deadline_ns > now)
			return first ? first->record.deadline_ns : 0;
		expire(m, first);
	}
}

const struct reference_request *reference_shown(const struct reference *m, uint8_t tag)
{
	const struct reference_request *r, *last = NULL;

	foreach(m, r)
		if (r->record.tag == tag && !orphan(r))
			last = r;
	return last;
}

/* The first character in the low byte. */
static void put_text(uint16_t *words, const uint8_t *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		words[i / 2] |= i % 2 ? text[i] << 8 : text[i];
}

void reference_block(const struct reference *m, uint8_t tag, uint16_t words[64])
{
	const struct reference_request *r = reference_shown(m, tag);

	memset(words, 0, 64 * sizeof(*words));
	words[0] = tag;
	words[1] = 33;
	if (!r)
		return;
	words[1] = r->result.status;
	words[2] = r->state == REFERENCE_ENDED ? r->result.state : r->report.state;
	words[3] = r->result.reply;
	words[4] = r->result.enhanced[0];
	words[5] = r->result.enhanced[1];
	words[6] = r->result.enhanced[2];
	words[7] = r->result.detail;
	words[010] = r->result.sent;
	words[011] = r->timeout;
	words[012] = r->record.id & 0xffff;
	words[013] = r->record.id >> 16;
	words[020] = r->result.text_length;
	put_text(words + 021, r->result.text, r->result.text_length);
}

void reference_outcome(const struct reference_request *r, uint16_t words[16])
{
	memset(words, 0, 16 * sizeof(*words));
	if (!r)
		return;
	words[0] = r->record.tag;
	words[1] = r->result.status;
	words[2] = r->result.sent;
	put_text(words + 4, r->report.label, 24);
}

static uint32_t module_word(const struct reference *m, uint32_t v)
{
	const uint16_t words[] = {
		0x0100, m->health, m->timeout, DEPTH, reference_used(m), m->attached, m->slot,
		m->dip, m->card_generation & 0xffff, m->card_generation >> 16,
		m->host_generation & 0xffff, m->host_generation >> 16,
		m->accepted & 0xffff, m->accepted >> 16, m->busy & 0xffff, m->busy >> 16,
		m->refused & 0xffff, m->refused >> 16,
	};

	if (v >= 0100)
		return m->info[v - 0100];
	return v < 022 ? words[v] : 0;
}

static uint32_t ring_word(const struct reference *m, uint32_t word)
{
	uint16_t words[16];
	size_t age = word / 16;

	reference_outcome(age < m->ended_count ? m->ended[m->ended_count - 1 - age] : NULL, words);
	return words[word % 16];
}

uint32_t reference_word(const struct reference *m, uint32_t station, uint32_t address)
{
	uint16_t words[64];

	if (station == 0x90 && address <= 077)
		return m->scratch[2 * address] | m->scratch[2 * address + 1] << 8;
	if (station != 0x89)
		return REFERENCE_NO_REGISTER;
	if (address <= 0377)
		return module_word(m, address);
	if (address >= 01000 && address <= 01377)
		return ring_word(m, address - 01000);
	if (address < 040000 || address > 077777)
		return REFERENCE_NO_REGISTER;
	reference_block(m, (address - 040000) / 0100, words);
	return words[address % 0100];
}

/* Which area a word lies in; 0: none. */
static int area(uint32_t station, uint64_t address)
{
	if (station == 0x90)
		return address <= 077 ? 4 : 0;
	if (address <= 0377)
		return 1;
	if (address >= 01000 && address <= 01377)
		return 2;
	return address >= 040000 && address <= 077777 ? 3 : 0;
}

static bool in_one_area(uint32_t station, uint32_t address, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes; i++)
		if (!area(station, address) ||
		    area(station, (uint64_t)address + i / 2) != area(station, address))
			return false;
	return true;
}

static bool writable(uint32_t station, uint32_t address)
{
	return station == 0x90 ? address <= 077 :
				 station == 0x89 && address >= 0100 && address <= 0377;
}

int reference_write(struct reference *m, uint32_t station, uint32_t address, uint32_t count,
		    const uint16_t *words)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (!writable(station, address + i))
			return -EINVAL;
	for (i = 0; i < count; i++, address++) {
		if (station == 0x89) {
			m->info[address - 0100] = words[i];
			continue;
		}
		m->scratch[2 * address] = words[i] & 0xff;
		m->scratch[2 * address + 1] = words[i] >> 8;
	}
	return 0;
}

/* hardware.rst, 6.1, in its order: 3, 1, 2, 4, 5; 6 is up to reference_accept(). */
uint32_t reference_reason(const struct reference *m, bool wx, uint32_t header, uint32_t address,
			  const uint8_t *data)
{
	uint32_t station = header & 0xff, length = header >> 8;

	if (length < 1 || length > 128)
		return 3;
	if (station != 0x89 && station != 0x90)
		return 1;
	if (!(m->dip & 1 << 7))
		return 2;
	if (wx && station == 0x89) {
		if (address != 0)
			return 4;
		return length < 4 || data[0] != 1 || data[3] != 0 ? 5 : 0;
	}
	return in_one_area(station, address, length) ? 0 : 4;
}
