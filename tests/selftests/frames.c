// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random frames into slot K1, a random daemon at its device, and power-ups in
 * between: each answer of the driver is compared with that of the reference,
 * which knows the documents only (tests/driver/reference.h). A run is made of
 * lives, from bind to unbind; at the end of a life everything accepted must
 * have ended, once. Slot K2 is in blameless use all the time.
 *
 * ECEMAIL_FRAMES: how many (10000). ECEMAIL_SEED: which run, or from which life
 * on (1).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ecom.h>
#include "kselftest_harness.h"
#include "../driver/reference.h"
#include "card.h"
#include "neighbour.h"
#include "random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LIFE_FRAMES 3000
#define LIFE_REQUESTS (REFERENCE_REQUESTS - 8)

/* A mailbox as hardware.rst, section 6, has it: offsets in the slot block */
struct box {
	uint32_t request, header, address, ack, result;
};

static const struct box boxes[2] = {
	{ 0x0d0, 0x0d4, 0x0d8, 0x208, 0x20c },
	{ 0x040, 0x044, 0x048, 0x200, 0x204 },
};

struct life {
	struct card *card;
	struct neighbour *neighbour;
	uint64_t random;
	int fd;
	struct reference m;
	uint32_t tags; /* in use: 0 to @tags - 1 */
	uint32_t rx_accepted, rx_refused, sequence_errors;
	struct {
		bool valid;
		uint32_t sequence; /* that was accepted last */
	} accepted[2];
	unsigned long frames;
	char mismatch[200];
};

__attribute__((format(printf, 2, 3))) static void differ(struct life *l, const char *format, ...)
{
	va_list arguments;

	if (*l->mismatch)
		return;
	va_start(arguments, format);
	vsnprintf(l->mismatch, sizeof(l->mismatch), format, arguments);
	va_end(arguments);
}

static void same(struct life *l, const char *what, uint64_t expected, uint64_t actual)
{
	if (expected != actual)
		differ(l, "%s: expected %lld, got %lld", what, (long long)expected,
		       (long long)actual);
}

/* What a call has returned, as the driver's functions and the reference's do */
static int answer(int returned)
{
	return returned < 0 ? -errno : returned;
}

static uint32_t pick(struct life *l, uint32_t limit)
{
	return choose(&l->random, limit);
}

static bool seldom(struct life *l, uint32_t n)
{
	return one_in(&l->random, n);
}

/* --- what RX and GET_REGISTERS show --- */

static void read_words(struct life *l, uint32_t address, uint32_t count, uint16_t *words)
{
	struct ecom_registers r = { .station = 0x89, .address = address, .count = count };

	same(l, "GET_REGISTERS", 0, answer(ioctl(l->fd, ECOM_IOC_GET_REGISTERS, &r)));
	memcpy(words, r.words, count * sizeof(*words));
}

static void compare_block(struct life *l, uint8_t tag)
{
	uint16_t expected[64], actual[64];
	uint32_t i;

	reference_block(&l->m, tag, expected);
	read_words(l, 040000 + tag * 0100, 64, actual);
	for (i = 0; i < 64; i++)
		if (expected[i] != actual[i])
			differ(l, "result of tag %u, word 0%o: expected %u, got %u", tag, i,
			       expected[i], actual[i]);
}

/* Outcomes of one call may come in any order: gives the reference the driver's. */
static void settle_order(struct life *l)
{
	size_t i, k;

	for (i = 0; i < l->m.fresh && i < 16; i++) {
		struct reference_request **first = &l->m.ended[l->m.ended_count - 1 - i];
		uint16_t expected[16], actual[16];

		read_words(l, 01000 + i * 020, 16, actual);
		for (k = 0; k < l->m.fresh - i; k++) {
			struct reference_request *r = *(first - k);

			reference_outcome(r, expected);
			if (memcmp(expected, actual, sizeof(actual)))
				continue;
			*(first - k) = *first;
			*first = r;
			break;
		}
	}
	l->m.fresh = 0;
}

static void compare_info(struct life *l)
{
	struct ecom_info info;

	same(l, "GET_INFO", 0, answer(ioctl(l->fd, ECOM_IOC_GET_INFO, &info)));
	same(l, "queue_used", reference_used(&l->m), info.queue_used);
	same(l, "wx_accepted", l->m.accepted, info.wx_accepted);
	same(l, "wx_busy", l->m.busy, info.wx_busy);
	same(l, "wx_refused", l->m.refused, info.wx_refused);
	same(l, "rx_accepted", l->rx_accepted, info.rx_accepted);
	same(l, "rx_refused", l->rx_refused, info.rx_refused);
	same(l, "sequence_errors", l->sequence_errors, info.sequence_errors);
	same(l, "expired", 0, info.expired);
}

/* --- the card --- */

static uint32_t pick_header(struct life *l)
{
	static const uint8_t edges[] = { 0, 1, 2, 3, 4, 127, 128, 129, 255 };
	uint32_t length = 4 + pick(l, 125), station = 0x89;

	if (seldom(l, 4))
		length = edges[pick(l, COUNT(edges))];
	if (seldom(l, 6))
		station = 0x90;
	if (seldom(l, 12))
		station = pick(l, 256);
	if (seldom(l, 40))
		station |= pick(l, 0x10000) << 16;
	return length << 8 | station;
}

static uint32_t pick_address(struct life *l, bool wx, uint32_t station)
{
	if (seldom(l, 16))
		return pick(l, 0xffffffff);
	if (station == 0x90)
		return pick(l, 0110);
	if (wx)
		return seldom(l, 12) ? pick(l, 0100000) : 0;
	switch (pick(l, 3)) {
	case 0:
		return pick(l, 0410);
	case 1:
		return 01000 + pick(l, 0410);
	default:
		return 040000 + 0100 * pick(l, l->tags) + pick(l, 0110);
	}
}

static void fill_data(struct life *l, uint8_t data[128])
{
	static const uint8_t commands[] = { 0x01, 0x01, 0x02, 0x7f, 0x80, 0xff };
	uint32_t i;

	for (i = 0; i < 128; i++)
		data[i] = pick(l, 256);
	if (seldom(l, 10))
		return;
	data[0] = 1;
	data[1] = commands[pick(l, COUNT(commands))];
	data[2] = pick(l, l->tags);
	data[3] = 0;
}

/* Usually one more; otherwise any that is pending, and now and then a repetition. */
static uint32_t pick_sequence(struct life *l, bool wx)
{
	uint32_t ack = card_get(l->card, 0x400 + boxes[wx].ack);
	uint32_t sequence = ack + 1;

	if (l->accepted[wx].valid && seldom(l, 8))
		sequence = l->accepted[wx].sequence;
	else if (seldom(l, 16))
		sequence = pick(l, 0xffffffff);
	return sequence == ack ? ack + 1 : sequence;
}

/* hardware.rst, 6.2; returns the result word of the acknowledge, or -1 */
static int transfer(struct life *l, bool wx, uint32_t sequence, uint32_t header,
		    uint32_t address, const uint8_t *data)
{
	const struct box *box = &boxes[wx];

	if (wx)
		card_set_bytes(l->card, 0x450, data, 128);
	card_set(l->card, 0x400 + box->header, header);
	card_set(l->card, 0x400 + box->address, address);
	card_set(l->card, 0x400 + box->request, sequence);
	card_ring(l->card, 1);
	l->frames++;
	if (card_wait(l->card, 0x400 + box->ack, sequence, PATIENCE_MS)) {
		differ(l, "no acknowledge of %s %u", wx ? "WX" : "RX", sequence);
		return -1;
	}
	return card_get(l->card, 0x400 + box->result);
}

static uint32_t reference_wx(struct life *l, uint32_t header, uint32_t address,
			     const uint8_t *data)
{
	uint32_t reason = reference_reason(&l->m, true, header, address, data);
	uint32_t length = header >> 8 & 0xff;

	if (reason) {
		l->m.refused++;
		return reason << 8 | 2;
	}
	if ((header & 0xff) == 0x90) {
		memcpy(l->m.scratch + 2 * address, data, length);
		return 0;
	}
	return reference_accept(&l->m, data, length, 0);
}

static void one_wx(struct life *l)
{
	uint32_t header = pick_header(l), address = pick_address(l, true, header & 0xff);
	uint32_t sequence = pick_sequence(l, true), expected = 0;
	bool repeated = l->accepted[1].valid && l->accepted[1].sequence == sequence;
	uint8_t data[128];

	fill_data(l, data);
	if (!repeated) {
		l->sequence_errors += sequence != card_get(l->card, 0x600) + 1;
		expected = reference_wx(l, header, address, data);
	}
	same(l, "WX", expected, transfer(l, true, sequence, header, address, data));
	if (!expected) {
		l->accepted[1].valid = true;
		l->accepted[1].sequence = sequence;
	}
	settle_order(l);
	compare_block(l, data[2]);
}

static void compare_rx(struct life *l, uint32_t station, uint32_t address, uint32_t length)
{
	uint32_t i, word;

	for (i = 0; i < length; i++) {
		word = reference_word(&l->m, station, address + i / 2);
		if (l->card->dpram[0x620 + i] != (word >> i % 2 * 8 & 0xff))
			differ(l, "RX of %u bytes at 0%o, byte %u: expected 0x%02x, got 0x%02x",
			       length, address, i, word >> i % 2 * 8 & 0xff,
			       l->card->dpram[0x620 + i]);
	}
}

static void one_rx(struct life *l)
{
	uint32_t header = pick_header(l), address = pick_address(l, false, header & 0xff);
	uint32_t sequence = pick_sequence(l, false);
	uint32_t reason = reference_reason(&l->m, false, header, address, NULL);

	if (!l->accepted[0].valid || sequence != l->accepted[0].sequence)
		l->sequence_errors += sequence != card_get(l->card, 0x608) + 1;
	same(l, "RX", reason ? reason << 8 | 2 : 0,
	     transfer(l, false, sequence, header, address, NULL));
	if (reason) {
		l->rx_refused++;
		return;
	}
	l->rx_accepted++;
	l->accepted[0].valid = true;
	l->accepted[0].sequence = sequence;
	compare_rx(l, header & 0xff, address, header >> 8);
}

static void power_up(struct life *l)
{
	uint32_t generation = card_get(l->card, 0x20) + 1;

	neighbour_pause(l->neighbour);
	card_power_up(l->card, generation);
	if (card_wait(l->card, 0x108, generation, PATIENCE_MS))
		differ(l, "not served after its power-up");
	neighbour_resume(l->neighbour);
	reference_power_up(&l->m, generation);
	l->m.dip = card_get(l->card, 0x404) & 0xff;
	l->accepted[0].valid = l->accepted[1].valid = false;
}

/* --- the daemon --- */

/* Mostly one that is out, sometimes any, sometimes one that has never been */
static uint64_t pick_id(struct life *l)
{
	uint32_t start, i;

	if (!l->m.count || seldom(l, 16))
		return seldom(l, 2) ? l->m.count + pick(l, 3) : 0 - (uint64_t)pick(l, 2);
	start = pick(l, l->m.count);
	for (i = 0; i < l->m.count && !seldom(l, 64); i++)
		if (l->m.requests[(start + i) % l->m.count].state == REFERENCE_OUT)
			return (start + i) % l->m.count + 1;
	return start + 1;
}

static uint16_t pick_status(struct life *l)
{
	static const uint16_t statuses[] = { 2, 10, 14, 18, 20, 22, 33, 550, 1001, 65535 };

	return statuses[pick(l, COUNT(statuses))];
}

static void compare_record(struct life *l, const struct ecom_request *expected,
			   const struct ecom_request *actual)
{
	struct ecom_request e = *expected;

	same(l, "time-out", 65535000000000ULL, actual->deadline_ns - actual->accepted_ns);
	e.accepted_ns = actual->accepted_ns;
	e.deadline_ns = actual->deadline_ns;
	if (memcmp(&e, actual, sizeof(e)))
		differ(l, "record of request %llu (read: %llu)", (unsigned long long)e.id,
		       (unsigned long long)actual->id);
}

static void read_one(struct life *l)
{
	void *volatile nowhere = NULL;
	struct ecom_request expected, actual;
	bool any = reference_deliver(&l->m, &expected);

	if (seldom(l, 6)) {
		same(l, "read() to nowhere", any ? -EFAULT : -EAGAIN,
		     answer(read(l->fd, nowhere, sizeof(actual))));
		if (any)
			reference_undeliver(&l->m, expected.id);
		return;
	}
	same(l, "read()", any ? (int)sizeof(actual) : -EAGAIN,
	     answer(read(l->fd, &actual, sizeof(actual))));
	if (any && !*l->mismatch)
		compare_record(l, &expected, &actual);
}

static void progress(struct life *l)
{
	struct ecom_progress p = { .id = pick_id(l), .state = pick(l, 10) };

	p.on_expire = pick_status(l);
	p.on_expire_sent = pick(l, 4 + seldom(l, 8));
	p.on_release = seldom(l, 4) ? pick_status(l) : 0;
	p.on_release_sent = pick(l, 4);
	p.reserved[pick(l, 3)] = seldom(l, 12);
	memset(p.label, 'A' + pick(l, 26), pick(l, sizeof(p.label) + 1));
	same(l, "PROGRESS", reference_progress(&l->m, &p),
	     answer(ioctl(l->fd, ECOM_IOC_PROGRESS, &p)));
}

static void complete(struct life *l)
{
	struct ecom_complete c = {
		.id = pick_id(l),
		.result = {
			.status = seldom(l, 2) ? 0 : pick_status(l) - seldom(l, 32),
			.state = pick(l, 10),
			.reply = pick(l, 1000),
			.enhanced = { pick(l, 6), pick(l, 256), pick(l, 65536) },
			.detail = pick(l, 75),
			.sent = pick(l, 4 + seldom(l, 16)),
			.text_length = pick(l, 95 + seldom(l, 16)),
		},
	};

	memset(c.result.text, 'a' + pick(l, 26), sizeof(c.result.text));
	same(l, "COMPLETE", reference_complete(&l->m, &c),
	     answer(ioctl(l->fd, ECOM_IOC_COMPLETE, &c)));
	if (c.id >= 1 && c.id <= l->m.count)
		compare_block(l, l->m.requests[c.id - 1].record.tag);
}

static void release(struct life *l)
{
	struct ecom_release r = { .id = pick_id(l) };

	same(l, "RELEASE", reference_release(&l->m, r.id),
	     answer(ioctl(l->fd, ECOM_IOC_RELEASE, &r)));
}

static void set_registers(struct life *l)
{
	struct ecom_registers r = {
		.station = seldom(l, 3) ? 0x90 : 0x89,
		.address = pick(l, 0410),
		.count = 1 + pick(l, 64),
	};
	uint32_t i;

	for (i = 0; i < COUNT(r.words); i++)
		r.words[i] = pick(l, 65536);
	same(l, "SET_REGISTERS", reference_write(&l->m, r.station, r.address, r.count, r.words),
	     answer(ioctl(l->fd, ECOM_IOC_SET_REGISTERS, &r)));
}

/* Requests that do not end by themselves while the test runs */
static void attach(struct life *l)
{
	struct ecom_settings s = { .timeout = 65535, .health = pick(l, 65536) };

	l->fd = open_slot(O_RDWR | O_NONBLOCK);
	same(l, "open()", 1, l->fd >= 0);
	same(l, "SET", 0, answer(ioctl(l->fd, ECOM_IOC_SET, &s)));
	reference_attach(&l->m);
	l->m.timeout = s.timeout;
	l->m.health = s.health;
}

static void fall(struct life *l)
{
	uint32_t tag;

	close(l->fd);
	reference_detach(&l->m);
	attach(l);
	settle_order(l);
	for (tag = 0; tag < l->tags; tag++)
		compare_block(l, tag);
}

/* --- lives --- */

static const struct {
	void (*run)(struct life *l);
	uint32_t share;
} operations[] = {
	{ one_wx, 300 },
	{ one_rx, 250 },
	{ read_one, 200 },
	{ progress, 60 },
	{ complete, 200 },
	{ release, 20 },
	{ set_registers, 10 },
	{ compare_info, 10 },
	{ fall, 8 },
	{ power_up, 1 },
};

#define SHARES 1059

static void step(struct life *l)
{
	uint32_t at = pick(l, SHARES), i = 0;

	while (at >= operations[i].share)
		at -= operations[i++].share;
	operations[i].run(l);
	settle_order(l);
}

static void begin(struct life *l, struct card *card, uint64_t seed)
{
	static const uint32_t tags[] = { 1, 4, 17, 40, 256 };

	memset(l, 0, sizeof(*l));
	l->card = card;
	l->random = seed;
	l->tags = tags[pick(l, COUNT(tags))];
	card_power_up(card, 1 + pick(l, 0x7fffffff));
	if (seldom(l, 16))
		card_set(card, 0x404, 0x0c); /* DIP switch 7 off */
	if (card_bind(card))
		differ(l, "not bound");
	reference_init(&l->m, card_get(card, 0x100));
	reference_power_up(&l->m, card_get(card, 0x20));
	l->m.slot = 1;
	l->m.dip = card_get(card, 0x404) & 0xff;
	attach(l);
}

/* All that is left is completed: then every request has its one final status. */
static void finish(struct life *l)
{
	struct ecom_complete c = { .result.status = 250 };
	struct ecom_request r;
	uint32_t tag, i;

	for (i = 0; i < l->m.count && !*l->mismatch; i++) {
		if (l->m.requests[i].state != REFERENCE_OUT)
			continue;
		c.id = i + 1;
		same(l, "last COMPLETE", reference_complete(&l->m, &c),
		     answer(ioctl(l->fd, ECOM_IOC_COMPLETE, &c)));
	}
	while (!*l->mismatch && reference_deliver(&l->m, &r)) {
		same(l, "last read()", sizeof(r), answer(read(l->fd, &r, sizeof(r))));
		c.id = r.id;
		same(l, "last COMPLETE", reference_complete(&l->m, &c),
		     answer(ioctl(l->fd, ECOM_IOC_COMPLETE, &c)));
	}
	same(l, "requests left", 0, reference_used(&l->m));
	settle_order(l);
	compare_info(l);
	for (tag = 0; tag < 256; tag++)
		compare_block(l, tag);
}

static struct life life;

static void live(struct card *card, struct neighbour *n, uint64_t seed, unsigned long frames)
{
	begin(&life, card, seed);
	life.neighbour = n;
	neighbour_resume(n);
	while (!*life.mismatch && life.frames < frames && life.m.count < LIFE_REQUESTS)
		step(&life);
	if (!*life.mismatch)
		finish(&life);
	neighbour_pause(n);
	close(life.fd);
	card_unbind(card);
}

FIXTURE(frames)
{
	struct card card;
};

FIXTURE_SETUP(frames)
{
	ASSERT_EQ(0, card_open(&self->card));
}

FIXTURE_TEARDOWN(frames)
{
	card_close(&self->card);
}

TEST_F_TIMEOUT(frames, answered_as_the_reference_does, 14000)
{
	unsigned long left = variable("ECEMAIL_FRAMES", 10000), requests = 0, lives = 0;
	uint64_t seed = first_seed();
	struct neighbour neighbour;
	long mails;

	neighbour_start(&neighbour, &self->card);
	for (; left && !*life.mismatch; seed++) {
		live(&self->card, &neighbour, seed, left < LIFE_FRAMES ? left : LIFE_FRAMES);
		left -= life.frames;
		requests += life.m.count;
		lives++;
		EXPECT_STREQ("", life.mismatch)
		{
			TH_LOG("ECEMAIL_SEED=%llu, after %lu frames",
			       (unsigned long long)seed, life.frames);
		}
	}
	mails = neighbour_end(&neighbour);
	EXPECT_LT(0, mails);
	TH_LOG("%lu lives, %lu requests; slot K2 meanwhile: %ld mails; last ECEMAIL_SEED=%llu",
	       lives, requests, mails, (unsigned long long)seed - 1);
}

TEST_HARNESS_MAIN
