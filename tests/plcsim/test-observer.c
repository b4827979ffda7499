// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The status table of seed 000, section 9, at every scan of a random run, and
 * the rules of Documentation/mock-slave-89.rst, section 5. The host is a fake
 * that refuses, delays, forgets and gets stuck; the program's inputs, the CPU's
 * mode and power change at random. The observer sees what a person at the
 * machine would see: inputs, the three outputs of each box, and what the host
 * has answered. It knows nothing of the boxes' code.
 *
 * ECEMAIL_SCANS gives the number of scans (100000), ECEMAIL_SEED repeats a run.
 */
#include <stdlib.h>

#include "tests/plcsim/plc.h"
#include "tests/plcsim/test.h"

#define BOXES		6
#define SLOTS		2
#define TIMEOUT		2 /* seconds, as the host tells the boxes */
#define DEFAULT_TIMEOUT 60 /* which they use until it has */
#define GRACE		5
#define SCAN_MS		10
#define LONG_TEXT_BOX	5

static uint64_t seed;

static unsigned int below(unsigned int limit)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

static bool one_in(unsigned int n)
{
	return below(n) == 0;
}

static unsigned long variable(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

/* What the host has told a box about its request */
struct answers {
	bool final; /* a final status went out … */
	unsigned int status; /* … this one */
	bool busy; /* the queue was full at least once */
	bool error; /* an SP error at least once */
};

struct request {
	bool known;
	unsigned int box;
	unsigned int status;
	uint64_t ends;
};

struct host_slot {
	bool busy;
	struct transfer transfer;
	struct transfer_result result;
	uint64_t ends;
	unsigned int started; /* in this scan */
	struct request requests[256];
};

struct world {
	struct backplane backplane;
	struct host_slot slots[SLOTS + 1]; /* by slot number, from 1 on */
	struct answers answers[BOXES];
	struct base base;
	struct program *program;
	struct plc plc;
	uint64_t now;
	unsigned int ends[4]; /* success, error, 1001, 23: that the run means something */
};

/* The Body of each mail begins with the box's digit. */
static unsigned int box_of(const struct transfer *t)
{
	return t->data[8 + t->data[4] + t->data[5]] - '0';
}

static void put_word(struct host_slot *slot, unsigned int word, unsigned int value)
{
	slot->result.data[2 * word] = value;
	slot->result.data[2 * word + 1] = value >> 8;
}

static unsigned int random_status(void)
{
	static const unsigned int statuses[] = { 0, 0, 0, 0, 10, 12, 18, 20, 21, 22, 23,
						 24, 25, 30, 31, 32, 33, 34, 421, 450, 550, 554 };

	return statuses[below(G_N_ELEMENTS(statuses))];
}

static void accept_mail(struct world *w, struct host_slot *slot)
{
	const struct transfer *t = &slot->transfer;
	unsigned int box = box_of(t);

	assert_in_range(t->length, 9, 128);
	assert_in_range(box, 0, BOXES - 1);
	slot->result.outcome = one_in(8)  ? TRANSFER_BUSY :
			       one_in(20) ? TRANSFER_ERROR :
					    TRANSFER_DONE;
	w->answers[box].busy |= slot->result.outcome == TRANSFER_BUSY;
	w->answers[box].error |= slot->result.outcome == TRANSFER_ERROR;
	if (slot->result.outcome != TRANSFER_DONE)
		return;
	/* a tag that has not ended may not be used again */
	assert_false(slot->requests[t->data[2]].known &&
		     slot->requests[t->data[2]].ends > w->now);
	slot->requests[t->data[2]] = (struct request){
		.known = true,
		.box = box,
		.status = random_status(),
		.ends = w->now + below(one_in(20) ? TIMEOUT * 1000 : 300),
	};
}

static void tell_result(struct world *w, struct host_slot *slot)
{
	unsigned int tag = (slot->transfer.address - 040000) / 0100;
	const struct request *r = &slot->requests[tag];
	bool over = !r->known || w->now >= r->ends;
	struct answers *answers = &w->answers[r->box];

	if (slot->result.outcome != TRANSFER_DONE) {
		answers->error = true;
		return;
	}
	put_word(slot, 0, tag);
	put_word(slot, 1, !r->known ? 33 : over ? r->status :
						  1);
	put_word(slot, 9, TIMEOUT);
	answers->final = over;
	answers->status = r->known ? r->status : 33;
}

/* The transfer has reached the host. */
static void serve(struct world *w, struct host_slot *slot)
{
	const struct transfer *t = &slot->transfer;

	slot->busy = false;
	memset(&slot->result, 0, sizeof(slot->result));
	slot->result.outcome = one_in(60) ? TRANSFER_ERROR : TRANSFER_DONE;
	if (t->station != 0x89)
		return;
	if (t->write) {
		accept_mail(w, slot);
	} else if (t->address == 1) {
		put_word(slot, 0, one_in(3) ? 10 : 0);
		put_word(slot, 1, TIMEOUT);
	} else {
		tell_result(w, slot);
	}
}

static void start(struct backplane *backplane, unsigned int number, const struct transfer *t)
{
	struct world *w = (struct world *)backplane;
	struct host_slot *slot = &w->slots[number];

	assert_false(slot->busy);
	assert_int_equal(++slot->started, 1); /* a scan starts one at most */
	slot->transfer = *t;
	slot->busy = true;
	slot->ends = w->now + (one_in(500) ? 9000 : below(3) * SCAN_MS);
	if (slot->ends == w->now)
		serve(w, slot);
}

static bool busy(struct backplane *backplane, unsigned int number)
{
	struct world *w = (struct world *)backplane;
	struct host_slot *slot = &w->slots[number];

	if (slot->busy && w->now >= slot->ends)
		serve(w, slot);
	return slot->busy;
}

static const struct transfer_result *result(struct backplane *backplane, unsigned int number)
{
	return &((struct world *)backplane)->slots[number].result;
}

/* What the observer knows of a box */
struct observation {
	unsigned int number;
	bool input; /* of the last scan */
	bool is_busy;
	bool too_long; /* its texts, at the edge */
	uint64_t edge;
	unsigned int success, error, code; /* of the last scan */
};

static unsigned int bit(struct world *w, uint16_t first, unsigned int number)
{
	return w->plc.memory.v[first + number / 16] >> number % 16 & 1;
}

static void check_end(struct world *w, const struct observation *o)
{
	const struct answers *a = &w->answers[o->number];

	w->ends[o->success ? 0 : o->code == 1001      ? 2 :
			 o->code == 23 && o->too_long ? 3 :
							1]++;
	if (o->too_long) {
		assert_int_equal(o->code, 23);
		assert_int_equal(o->error, 1);
		return;
	}
	if (o->success) {
		assert_true(a->final);
		assert_int_equal(a->status, 0);
		assert_int_equal(o->code, 0);
		return;
	}
	assert_int_equal(o->error, 1);
	assert_in_range(o->code, 2, 1999);
	if (o->code == 1001)
		assert_true(a->error || w->now >= o->edge + GRACE * 1000);
	else if (!a->final || a->status != o->code)
		assert_int_equal(o->code, 10); /* never had its turn, or room */
}

/* The rows of section 9, for whatever the box is doing */
static void check_row(const struct observation *o)
{
	assert_false(o->success && o->error);
	if (o->success)
		assert_int_equal(o->code, 0);
	if (o->error)
		assert_in_range(o->code, 2, 1999);
}

static void read_outputs(struct world *w, struct observation *o)
{
	o->success = bit(w, 040600, o->number);
	o->error = bit(w, 040600, 020 + o->number);
	o->code = w->plc.memory.v[01600 + o->number];
}

static void observe(struct world *w, struct observation *o, bool first)
{
	bool input = bit(w, 040400, o->number);
	bool edge = input && !o->input && !first && !o->is_busy;
	struct observation before = *o;

	o->input = input;
	read_outputs(w, o);
	check_row(o);
	if (edge) {
		assert_int_equal(o->success + o->error, 0);
		assert_int_equal(o->code, 1);
		o->is_busy = true;
		o->edge = w->now;
		o->too_long = o->number == LONG_TEXT_BOX && w->plc.memory.v[03000] > 116;
		w->answers[o->number] = (struct answers){ 0 };
	} else if (before.is_busy && (o->success || o->error)) {
		o->is_busy = false;
		check_end(w, o);
	} else if (before.is_busy) {
		assert_int_equal(o->code, 1);
		assert_true(w->now < o->edge + (2 * DEFAULT_TIMEOUT + GRACE + 1) * 1000);
	} else {
		assert_int_equal(o->success, before.success);
		assert_int_equal(o->error, before.error);
		assert_int_equal(o->code, before.code);
	}
}

/* Going to RUN switches the bits off and forgets requests; words stay. */
static void forget(struct world *w, struct observation *o)
{
	o->is_busy = false;
	o->input = bit(w, 040400, o->number);
	o->success = o->error = 0;
	o->code = w->plc.memory.v[01600 + o->number];
}

static char *program_text(void)
{
	GString *text = g_string_new(NULL);

	for (unsigned int i = 0; i < SLOTS; i++)
		g_string_append_printf(text,
				       "ECOM100 IB-710\n ECOM# K%u\n Slot K%u\n Status V14%u0\n"
				       " Workspace V14%u1\n Msg Buffer V2%u00\n",
				       i, i + 1, i, i, i);
	for (unsigned int i = 0; i < BOXES; i++)
		g_string_append_printf(text,
				       "STR X%u\nECEMAIL IB-711\n ECOM# K%u\n Workspace V161%u\n"
				       " Success C%u\n Error C2%u\n Error Code V160%u\n To a@b\n"
				       " Body \"%u\"%s\n",
				       i, i % SLOTS, i, i, i, i, i,
				       i == LONG_TEXT_BOX ? " V3000%0" : "");
	g_string_append(text, "STR X10\nECRX IB-740\n ECOM# K1\n Workspace V1620\n Slave ID K90\n"
			      " From Slave Element V0\n Number of Bytes K8\n"
			      " To Master Element V2300\n Success C40\n Error C41\nEND\n");
	return g_string_free(text, FALSE);
}

static void init_world(struct world *w)
{
	g_autofree char *text = program_text();
	struct diagnostics d;

	diagnostics_init(&d, "p");
	w->backplane = (struct backplane){ start, busy, result };
	base_default(&w->base);
	w->base.slots[2] = w->base.slots[1];
	w->program = read_program(text, &d);
	assert_int_equal(d.errors, 0);
	diagnostics_clear(&d);
	plc_init(&w->plc, &w->base, w->program, &w->backplane);
	plc_set_power(&w->plc, true);
}

/* The module has restarted. */
static void forget_requests(struct host_slot *slot)
{
	for (unsigned int i = 0; i < G_N_ELEMENTS(slot->requests); i++)
		slot->requests[i].known = false;
}

static void shake(struct world *w)
{
	uint16_t *inputs = &w->plc.memory.v[040400];

	if (one_in(6))
		*inputs ^= 1 << below(BOXES);
	if (one_in(50))
		*inputs ^= 1 << 010;
	w->plc.memory.v[03000] = below(one_in(2) ? 240 : 60);
	if (one_in(3000))
		forget_requests(&w->slots[1 + below(SLOTS)]);
	if (one_in(2500))
		plc_set_run(&w->plc, !w->plc.run_mode);
	else if (one_in(20))
		plc_set_run(&w->plc, true);
	if (one_in(4000))
		plc_set_power(&w->plc, false);
	else if (one_in(20))
		plc_set_power(&w->plc, true);
	for (unsigned int i = 1; i <= SLOTS; i++)
		w->slots[i].started = 0;
}

/*
 * Without power the module forgets what the CPU had begun, and, as the card has
 * another generation then, all tags: the first new one is random.
 */
static void drop_transfers(struct world *w)
{
	for (unsigned int i = 1; i <= SLOTS; i++) {
		w->slots[i].busy = false;
		forget_requests(&w->slots[i]);
	}
}

static void run(struct world *w, unsigned long scans)
{
	struct observation boxes[BOXES] = { 0 };

	for (unsigned int i = 0; i < BOXES; i++)
		boxes[i].number = i;
	for (unsigned long n = 0; n < scans; n++) {
		bool was_running = w->plc.running;

		w->now += one_in(200) ? 400 : SCAN_MS;
		shake(w);
		if (!w->plc.power)
			drop_transfers(w);
		plc_update(&w->plc, w->now);
		plc_execute(&w->plc);
		for (unsigned int i = 0; w->plc.running && i < BOXES; i++) {
			if (!was_running)
				forget(w, &boxes[i]);
			observe(w, &boxes[i], !was_running);
		}
	}
}

static void test_every_scan(void **state)
{
	unsigned long scans = variable("ECEMAIL_SCANS", 100000);
	struct world *w = g_new0(struct world, 1);

	(void)state;
	seed = variable("ECEMAIL_SEED", 1);
	print_message("# seed %lu, %lu scans\n", (unsigned long)seed, scans);
	init_world(w);
	run(w, scans);
	print_message("# success %u, error %u, 1001 %u, 23 %u\n", w->ends[0], w->ends[1], w->ends[2],
		      w->ends[3]);
	for (size_t i = 0; i < G_N_ELEMENTS(w->ends); i++)
		assert_true(w->ends[i] >= 3);
	plc_release(&w->plc);
	program_free(w->program);
	g_free(w);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_every_scan),
};

TEST_MAIN(tests)
