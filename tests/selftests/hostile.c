// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A card that breaks the rules of Documentation/hardware.rst. No reference can
 * say what it is to be answered, but what must hold afterwards is plain:
 *
 *   - the driver serves it as soon as it keeps the rules again
 *   - each request accepted has been delivered once, in order, whole, and took
 *     its one final status
 *   - slot K2 was not disturbed, unless the card as a whole was spoilt
 *   - the kernel's log has not been flooded
 *
 * The names of the acts are those of plcsim's "misbehave". ECEMAIL_FRAMES: how
 * many frames are sent (10000). ECEMAIL_SEED: which run of random acts (1).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/ecom.h>
#include "kselftest_harness.h"
#include "card.h"
#include "neighbour.h"
#include "random.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SLOT 0x400
#define SLOT_VECTOR 1
#define BURST 20

struct hostile {
	struct card *card;
	uint64_t random;
	int fd;
	uint64_t last_id; /* read */
	unsigned long frames; /* sent */
	char trouble[160]; /* the first, or "" */
};

static uint32_t pick(struct hostile *h, uint32_t limit)
{
	return choose(&h->random, limit);
}

static int trouble(struct hostile *h, const char *what, long expected, long actual)
{
	if (expected != actual && !*h->trouble)
		snprintf(h->trouble, sizeof(h->trouble), "%s: expected %ld, got %ld", what,
			 expected, actual);
	return expected == actual ? 0 : -1;
}

static void set(struct hostile *h, uint32_t offset, uint32_t value)
{
	card_set(h->card, offset, value);
}

static uint32_t get(struct hostile *h, uint32_t offset)
{
	return card_get(h->card, offset);
}

static void ring_slot(struct hostile *h)
{
	card_ring(h->card, SLOT_VECTOR);
}

static void pause_us(struct hostile *h, uint32_t limit)
{
	struct timespec t = { 0, 1000L * pick(h, limit) };

	nanosleep(&t, NULL);
}

/* --- the daemon: takes all there is and completes it --- */

static bool whole(const struct ecom_request *r)
{
	int i;

	for (i = r->length; i < ECOM_FRAME_MAX; i++)
		if (r->frame[i])
			return false;
	return r->length >= 4 && r->length <= ECOM_FRAME_MAX && r->frame[0] == 1 &&
	       r->frame[1] == r->command && r->frame[2] == r->tag && r->frame[3] == 0;
}

static void drain(struct hostile *h)
{
	struct ecom_complete c = { .result.status = 250 };
	struct ecom_request r;

	while (read(h->fd, &r, sizeof(r)) == sizeof(r)) {
		trouble(h, "request number", h->last_id + 1, r.id);
		trouble(h, "request is as its frame says", true, whole(&r));
		h->last_id = c.id = r.id;
		trouble(h, "COMPLETE", 0, ioctl(h->fd, ECOM_IOC_COMPLETE, &c));
		trouble(h, "second COMPLETE", -1, ioctl(h->fd, ECOM_IOC_COMPLETE, &c));
	}
}

/* --- frames --- */

static void fill_wx(struct hostile *h)
{
	uint8_t data[128];
	uint32_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = pick(h, 256);
	data[0] = 1;
	data[1] = 1;
	data[3] = 0;
	card_set_bytes(h->card, SLOT + 0x050, data, sizeof(data));
	set(h, SLOT + 0x044, (4 + pick(h, 125)) << 8 | 0x89);
	set(h, SLOT + 0x048, 0);
}

static void fill_rx(struct hostile *h)
{
	set(h, SLOT + 0x0d4, (1 + pick(h, 128)) << 8 | 0x89);
	set(h, SLOT + 0x0d8, 040000 + 0100 * pick(h, 256));
}

static void post(struct hostile *h, bool wx)
{
	uint32_t request = SLOT + (wx ? 0x040 : 0x0d0);

	if (wx)
		fill_wx(h);
	else
		fill_rx(h);
	set(h, request, get(h, request) + 1);
	h->frames++;
}

static bool is_answered(struct hostile *h, bool wx)
{
	return get(h, SLOT + (wx ? 0x040 : 0x0d0)) == get(h, SLOT + (wx ? 0x200 : 0x208));
}

static void expect_answer(struct hostile *h, bool wx)
{
	uint32_t request = get(h, SLOT + (wx ? 0x040 : 0x0d0));

	trouble(h, wx ? "acknowledge of a WX" : "acknowledge of an RX", 0,
		card_wait(h->card, SLOT + (wx ? 0x200 : 0x208), request, PATIENCE_MS));
}

/* --- acts at slot K1 alone --- */

static void random_frames(struct hostile *h)
{
	bool wx = pick(h, 2);
	uint32_t base = SLOT + (wx ? 0x040 : 0x0d0);

	post(h, wx);
	set(h, base + 4, pick(h, 2) ? pick(h, 0xffffffff) : get(h, base + 4));
	set(h, base + 8, pick(h, 2) ? pick(h, 0xffffffff) : pick(h, 0100000));
	set(h, SLOT + 0x050, pick(h, 0xffffffff));
	ring_slot(h);
	expect_answer(h, wx);
}

/* Header, address and first word change until the acknowledge is there. */
static void length_flips(struct hostile *h)
{
	bool wx = pick(h, 2);
	uint32_t base = SLOT + (wx ? 0x040 : 0x0d0);
	int i;

	post(h, wx);
	ring_slot(h);
	for (i = 0; i < 20000 && !is_answered(h, wx); i++) {
		set(h, base + 4, pick(h, 256) << 8 | (pick(h, 8) ? 0x89 : 0x90));
		if (wx)
			set(h, base + 16, 1 | 1 << 8 | pick(h, 256) << 16);
		else
			set(h, base + 8, pick(h, 0100000));
		if (i % 256 == 0)
			pause_us(h, 100);
	}
	expect_answer(h, wx);
}

/*
 * Other sequences than the next, also while one is pending. The last accepted
 * one may be among them, and then others: a card that goes on from there comes
 * to it again, and what has this sequence is taken for a repetition. Which one
 * it was only the driver knows, so the last one is far from all of them.
 */
static void sequence_jumps(struct hostile *h)
{
	bool wx = pick(h, 2);
	uint32_t request = SLOT + (wx ? 0x040 : 0x0d0);
	int i, jumps = 1 + pick(h, 20);

	post(h, wx);
	ring_slot(h);
	for (i = 0; i < jumps; i++) {
		set(h, request, pick(h, 2) ? pick(h, ~0U) : get(h, request) + pick(h, 5) - 2);
		pause_us(h, 200);
	}
	ring_slot(h);
	expect_answer(h, wx);
	set(h, request, get(h, request) ^ 0x80000000);
	ring_slot(h);
	expect_answer(h, wx);
}

/* What the host writes is overwritten: it must know by itself what it has done. */
static void stuck_acknowledge(struct hostile *h)
{
	bool wx = pick(h, 2);
	uint32_t request = SLOT + (wx ? 0x040 : 0x0d0), stuck = get(h, request);
	int i;

	post(h, wx);
	for (i = 0; i < 5; i++) {
		ring_slot(h);
		pause_us(h, 1000);
		set(h, SLOT + 0x200, stuck);
		set(h, SLOT + 0x204, pick(h, 0xffffffff));
		set(h, SLOT + 0x208, stuck);
		set(h, SLOT + 0x214, pick(h, 0xffffffff));
	}
	/* the next ones are answered as ever */
	post(h, true);
	post(h, false);
	ring_slot(h);
	expect_answer(h, true);
	expect_answer(h, false);
}

static void doorbell_storm(struct hostile *h)
{
	int i, rings = pick(h, 300);

	post(h, true);
	post(h, false);
	for (i = 0; i < rings; i++)
		card_ring(h->card, pick(h, 17));
	ring_slot(h);
	expect_answer(h, true);
	expect_answer(h, false);
}

static void no_doorbells(struct hostile *h)
{
	post(h, true);
	post(h, false);
	expect_answer(h, true);
	expect_answer(h, false);
}

/* All of the slot block but its number, which makes the card another */
static void random_words(struct hostile *h)
{
	int i, words = 1 + pick(h, 64);

	for (i = 0; i < words; i++)
		set(h, SLOT + 4 + 4 * pick(h, 0xff), pick(h, 0xffffffff));
	ring_slot(h);
	pause_us(h, 500);
	/* also where the host's acknowledge has been overwritten, the next one comes */
	post(h, true);
	post(h, false);
	ring_slot(h);
	expect_answer(h, true);
	expect_answer(h, false);
}

/* --- acts that spoil the card as a whole --- */

static void fill_card(struct hostile *h, int byte)
{
	post(h, true);
	ring_slot(h);
	pause_us(h, 300);
	card_spoil(h->card, byte);
	card_raise_everything(h->card);
	pause_us(h, pick(h, 4) ? 3000 : 30000);
}

static void zero_fill(struct hostile *h)
{
	fill_card(h, 0);
}

static void one_fill(struct hostile *h)
{
	fill_card(h, 0xff);
}

static void wrong_identification(struct hostile *h)
{
	static const uint32_t edges[] = { 0, 1, 17, 0xff, 0x100, 0xfffc, 0x10000, 0xffffffff };

	set(h, 4 * pick(h, 0x48 / 4),
	    pick(h, 2) ? edges[pick(h, COUNT(edges))] : pick(h, 0xffffffff));
	post(h, true);
	card_raise_everything(h->card);
	pause_us(h, 3000);
}

/* Halves of two identifications, in the wrong order, while it is being read */
static void torn_identification(struct hostile *h)
{
	uint32_t i, changes = 10 + pick(h, 200);

	for (i = 0; i < changes; i++) {
		set(h, 0x20, 0x7000 + pick(h, 4));
		set(h, 0x00, pick(h, 4) ? 0x4d4f4345 : 0);
		set(h, 0x0c, pick(h, 4) ? CARD_SLOTS : pick(h, 18));
		set(h, 0x10, pick(h, 4) ? 0x400 : 4 * pick(h, 0x4400));
		set(h, 0x18, pick(h, 4) ? 0x100 : 4 * pick(h, 0x4400));
		if (i % 8 == 0)
			card_ring(h->card, 0);
		pause_us(h, 100);
	}
	h->frames++;
}

static void generation_changes(struct hostile *h)
{
	int i, changes = 1 + pick(h, 6);

	for (i = 0; i < changes; i++) {
		post(h, true);
		post(h, false);
		ring_slot(h);
		pause_us(h, 2000);
		card_power_up(h->card, 1 + pick(h, 0x7fffffff));
		pause_us(h, 2000);
	}
}

static void heart_stop(struct hostile *h)
{
	card_beat(h->card, false);
	trouble(h, "a dead card is noticed", 0, card_wait(h->card, 0x108, 0, PATIENCE_MS));
	post(h, true);
	ring_slot(h);
	sleep_ms(500);
	trouble(h, "a dead card's WX is acknowledged", false, is_answered(h, true));
}

static const struct act {
	const char *name;
	void (*run)(struct hostile *h);
	bool whole_card;
	uint32_t burst; /* how often in a row */
} acts[] = {
	{ "random-frames", random_frames, false, BURST },
	{ "length-flips", length_flips, false, BURST },
	{ "sequence-jumps", sequence_jumps, false, BURST },
	{ "stuck-acknowledge", stuck_acknowledge, false, BURST },
	{ "doorbell-storm", doorbell_storm, false, 3 },
	{ "random-words", random_words, false, BURST },
	{ "zero-fill", zero_fill, true, 3 },
	{ "one-fill", one_fill, true, 3 },
	{ "wrong-identification", wrong_identification, true, 3 },
	{ "torn-identification", torn_identification, true, 2 },
	{ "generation-changes", generation_changes, true, 3 },
	{ "no-doorbells", no_doorbells, false, 1 },
	{ "heart-stop", heart_stop, true, 1 },
};

/* no-doorbells and heart-stop take seconds */
#define QUICK_ACTS (COUNT(acts) - 2)

/* --- and what must hold afterwards --- */

static void calm(struct hostile *h, bool whole_card)
{
	uint32_t generation = get(h, 0x20);

	if (whole_card) {
		generation = 0x60000000 + h->frames;
		card_power_up(h->card, generation);
		trouble(h, "served again", 0, card_wait(h->card, 0x108, generation, PATIENCE_MS));
		return;
	}
	/* what a random act has left behind in words that are written once */
	set(h, SLOT + 0x004, 0x8c);
	set(h, SLOT + 0x00c, 0x10001);
	set(h, SLOT + 0x210, SLOT_VECTOR);
}

static void check_accounts(struct hostile *h)
{
	struct ecom_info info;

	trouble(h, "GET_INFO", 0, ioctl(h->fd, ECOM_IOC_GET_INFO, &info));
	trouble(h, "requests in the queue", 0, info.queue_used);
	trouble(h, "requests accepted and completed", info.wx_accepted, h->last_id);
	trouble(h, "requests expired", 0, info.expired);
}

static void check_slot(struct hostile *h)
{
	trouble(h, "WX afterwards", 0, card_mail(h->card, 0, 7));
	trouble(h, "its RX before the end", 1, card_result(h->card, 0, 7, 1));
	drain(h);
	trouble(h, "its RX", 250, card_result(h->card, 0, 7, 1));
	check_accounts(h);
}

static void perform(struct hostile *h, const struct act *act, struct neighbour *n)
{
	uint32_t i;

	if (act->whole_card)
		neighbour_pause(n);
	for (i = 0; i < act->burst && !*h->trouble; i++) {
		act->run(h);
		drain(h);
	}
	calm(h, act->whole_card);
	drain(h);
	if (act->whole_card)
		neighbour_resume(n);
	if (!*h->trouble)
		check_slot(h);
}

FIXTURE(hostile)
{
	struct card card;
	struct hostile h;
	struct neighbour neighbour;
};

FIXTURE_SETUP(hostile)
{
	struct ecom_settings settings = { .timeout = 65535 };

	ASSERT_EQ(0, card_open(&self->card));
	card_power_up(&self->card, 0x6000 + getpid());
	ASSERT_EQ(0, card_bind(&self->card));
	self->h = (struct hostile){ .card = &self->card, .random = first_seed() };
	self->h.fd = open_slot(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->h.fd);
	ASSERT_EQ(0, ioctl(self->h.fd, ECOM_IOC_SET, &settings));
	neighbour_start(&self->neighbour, &self->card);
	neighbour_resume(&self->neighbour);
}

FIXTURE_TEARDOWN(hostile)
{
	close(self->h.fd);
	card_close(&self->card);
}

/* One after the other, so that a failure names the act */
TEST_F_TIMEOUT(hostile, each_act, 1500)
{
	size_t i;

	for (i = 0; i < COUNT(acts); i++) {
		perform(&self->h, &acts[i], &self->neighbour);
		EXPECT_STREQ("", self->h.trouble)
		{
			TH_LOG("%s", acts[i].name);
		}
		*self->h.trouble = '\0';
	}
	neighbour_pause(&self->neighbour);
	EXPECT_LT(0, neighbour_end(&self->neighbour));
}

TEST_F_TIMEOUT(hostile, random_acts, 14000)
{
	unsigned long frames = variable("ECEMAIL_FRAMES", 10000);
	uint64_t seed = self->h.random;
	const struct act *act = NULL;
	long mails;

	while (self->h.frames < frames && !*self->h.trouble) {
		act = &acts[pick(&self->h, QUICK_ACTS)];
		perform(&self->h, act, &self->neighbour);
	}
	EXPECT_STREQ("", self->h.trouble)
	{
		TH_LOG("%s, ECEMAIL_SEED=%llu", act->name, (unsigned long long)seed);
	}
	neighbour_pause(&self->neighbour);
	mails = neighbour_end(&self->neighbour);
	EXPECT_LT(0, mails);
	TH_LOG("%lu frames, %llu requests; slot K2 meanwhile: %ld mails; ECEMAIL_SEED=%llu",
	       self->h.frames, (unsigned long long)self->h.last_id, mails,
	       (unsigned long long)seed);
}

static int count_lines(int kmsg)
{
	char line[1024];
	int lines = 0;
	ssize_t n;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		line[n > 0 ? n : 0] = '\0';
		lines += !!strstr(line, "ecom");
	}
	return lines;
}

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Card and driver change their minds as fast as they can for 6 seconds or more. */
TEST_F_TIMEOUT(hostile, log_is_not_flooded, 300)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	time_t begin = seconds();
	int lines, i;

	neighbour_pause(&self->neighbour);
	ASSERT_LE(0, kmsg);
	ASSERT_LE(0, lseek(kmsg, 0, SEEK_END));
	for (i = 0; i < 300; i++) {
		set(&self->h, 0x0c, i % 2 ? CARD_SLOTS : 0);
		card_ring(&self->card, 0);
		sleep_ms(20);
	}
	lines = count_lines(kmsg);
	TH_LOG("%d lines", lines);
	EXPECT_LT(0, lines);
	/* three kinds of lines, each ten times in five seconds and a line on those left out */
	EXPECT_GE(3 * ((seconds() - begin) / 5 + 1) * 11, lines);
	close(kmsg);
	calm(&self->h, true);
	check_slot(&self->h);
	EXPECT_STREQ("", self->h.trouble);
	neighbour_end(&self->neighbour);
}

TEST_HARNESS_MAIN
