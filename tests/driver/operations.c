// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <string.h>
#include "operations.h"

#define SECOND	1000000000ULL
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint32_t choose(struct operations *o, uint32_t limit)
{
	return o->choose(o->source, limit);
}

static bool one_in(struct operations *o, uint32_t n)
{
	return choose(o, n) == n - 1;
}

/* The first thing that differs counts. */
__attribute__((format(printf, 2, 3))) static void differ(struct operations *o,
							 const char *format, ...)
{
	va_list arguments;

	if (*o->mismatch)
		return;
	va_start(arguments, format);
	vsnprintf(o->mismatch, sizeof(o->mismatch), format, arguments);
	va_end(arguments);
}

static void same(struct operations *o, const char *what, uint64_t expected, uint64_t actual)
{
	if (expected != actual)
		differ(o, "%s: expected %lld, got %lld", what, (long long)expected,
		       (long long)actual);
}

static void same_bytes(struct operations *o, const char *what, const void *expected,
		       const void *actual, size_t size)
{
	const uint8_t *e = expected, *a = actual;
	size_t i;

	for (i = 0; i < size; i++)
		if (e[i] != a[i])
			differ(o, "%s: byte %zu: expected 0x%02x, got 0x%02x", what, i, e[i], a[i]);
}

static void trace(struct operations *o, const char *name, uint64_t id, long answer)
{
	size_t i = o->steps % OPERATIONS_TRACED;

	o->trace[i].name = name;
	o->trace[i].id = id;
	o->trace[i].answer = answer;
	o->trace[i].now = o->now;
}

void operations_explain(const struct operations *o, FILE *to)
{
	unsigned long i = o->steps < OPERATIONS_TRACED ? 1 : o->steps - OPERATIONS_TRACED + 1;

	for (; i <= o->steps; i++)
		fprintf(to, "# %6lu  %llu ns  %s %llu: %ld\n", i,
			(unsigned long long)o->trace[i % OPERATIONS_TRACED].now,
			o->trace[i % OPERATIONS_TRACED].name,
			(unsigned long long)o->trace[i % OPERATIONS_TRACED].id,
			o->trace[i % OPERATIONS_TRACED].answer);
	fprintf(to, "# %s\n", o->mismatch);
}

/* --- what RX shows --- */

static void read_words(struct operations *o, uint32_t address, uint32_t count, uint16_t *words)
{
	registers_read(&o->queue, &o->slot, 0x89, address, count, words);
}

static void observe_result(struct operations *o, const uint16_t *words)
{
	uint32_t number = words[012] | (uint32_t)words[013] << 16;
	struct observation *seen = &o->observations[number % (REFERENCE_REQUESTS + 1)];

	if (!number || words[1] == 1) {
		if (number && seen->ended)
			differ(o, "request %u has ended and reads busy", number);
		return;
	}
	if (seen->status && seen->status != words[1] + 1)
		differ(o, "request %u: final status %u became %u", number, seen->status - 1U,
		       words[1]);
	seen->status = words[1] + 1;
	seen->ended = true;
}

static void compare_block(struct operations *o, uint8_t tag)
{
	const struct reference_request *shown = reference_shown(&o->reference, tag);
	uint16_t expected[64], actual[64];
	uint32_t i;

	reference_block(&o->reference, tag, expected);
	read_words(o, 040000 + tag * 0100, 64, actual);
	if (shown && shown->detail_open && actual[7] <= 1)
		expected[7] = actual[7];
	for (i = 0; i < 64; i++)
		if (expected[i] != actual[i])
			differ(o, "result of tag %u, word 0%o: expected %u, got %u", tag, i,
			       expected[i], actual[i]);
	observe_result(o, actual);
}

static void compare_ring(struct operations *o)
{
	uint16_t words[256];
	uint32_t i;

	read_words(o, 01000, 256, words);
	for (i = 0; i < 16; i++) {
		size_t count = o->reference.ended_count;
		uint16_t expected[16];

		reference_outcome(i < count ? o->reference.ended[count - 1 - i] : NULL, expected);
		same_bytes(o, "ring", expected, words + i * 16, sizeof(expected));
	}
}

static void compare_fresh(struct operations *o)
{
	size_t i;

	for (i = 0; i < o->reference.fresh; i++) {
		size_t last = o->reference.ended_count - 1;

		compare_block(o, o->reference.ended[last - i]->record.tag);
	}
	if (o->reference.fresh || o->steps % 32 == 0)
		compare_ring(o);
	o->reference.fresh = 0;
}

static void compare_module(struct operations *o)
{
	uint16_t words[024];
	uint32_t i;

	read_words(o, 0, COUNT(words), words);
	for (i = 0; i < COUNT(words); i++)
		if (reference_word(&o->reference, 0x89, i) != words[i])
			differ(o, "V%o: expected %u, got %u", i,
			       reference_word(&o->reference, 0x89, i), words[i]);
	same(o, "expired", o->reference.expired, o->queue.counters.expired);
	same(o, "queue_used", reference_used(&o->reference), queue_used(&o->queue));
	same(o, "queue_available", !!reference_next(&o->reference), queue_available(&o->queue));
}

static void compare_blocks(struct operations *o)
{
	uint32_t tag;

	for (tag = 0; tag < 256; tag++)
		compare_block(o, tag);
}

static void compare(struct operations *o)
{
	compare_module(o);
	compare_fresh(o);
	if (o->tag >= 0)
		compare_block(o, o->tag);
	else
		compare_block(o, o->steps % o->tags);
	if (o->steps % 256 == 0)
		compare_blocks(o);
}

/* --- what those who watch are told: after the reference, within the queue's call --- */

static void tell_end(struct operations *o, const struct queue_event *event,
		     const struct reference_request *r)
{
	struct observation *seen = &o->observations[event->request];

	if (seen->told)
		differ(o, "request %llu: its end is told twice", (unsigned long long)event->request);
	seen->told = true;
	same(o, "state of reference", REFERENCE_ENDED, r->state);
	same(o, "status told", r->result.status, event->status);
	same(o, "sent told", r->result.sent, event->sent);
	same(o, "state told", r->result.state, event->state);
	switch (event->kind) {
	case ECOM_EVENT_REQUEST_EXPIRED:
		o->told_expired++;
		break;
	case ECOM_EVENT_REQUEST_COMPLETED:
		same(o, "completed and told", o->completing, event->request);
		break;
	default:
		break;
	}
}

static void tell_request(struct operations *o, const struct queue_event *event)
{
	const struct reference_request *r = &o->reference.requests[event->request - 1];

	same(o, "tag told", r->record.tag, event->tag);
	switch (event->kind) {
	case ECOM_EVENT_REQUEST_COMPLETED:
	case ECOM_EVENT_REQUEST_EXPIRED:
	case ECOM_EVENT_REQUEST_ABANDONED:
		tell_end(o, event, r);
		return;
	case ECOM_EVENT_REQUEST_PROGRESS:
		same(o, "state told", r->report.state, event->state);
		break;
	default:
		break;
	}
	same(o, "status told before the end", 1, event->status);
	if (o->observations[event->request].told)
		differ(o, "request %llu: told of after its end", (unsigned long long)event->request);
}

static void tell(struct queue *q, const struct queue_event *event)
{
	char *start = (char *)q - offsetof(struct operations, queue);
	struct operations *o = (struct operations *)start;

	if (event->request > o->reference.count)
		differ(o, "an event of request %llu", (unsigned long long)event->request);
	else if (event->request)
		tell_request(o, event);
	else if (event->kind == ECOM_EVENT_WX_BUSY)
		same(o, "busy told", ++o->told_busy, o->reference.busy);
	else
		same(o, "refused told", ++o->told_refused, o->reference.refused);
}

/* --- what is done --- */

static void accept(struct operations *o)
{
	static const uint8_t commands[] = { 0x01, 0x01, 0x01, 0x02, 0x7f, 0x80, 0x90, 0xff };
	uint8_t frame[128] = { 1, commands[choose(o, COUNT(commands))], choose(o, o->tags) };
	uint32_t length = one_in(o, 4) ? 4 + choose(o, 125) : 4 + choose(o, 12);
	uint8_t filling = choose(o, 256);
	uint32_t i, expected, actual;

	if (o->reference.count == REFERENCE_REQUESTS)
		return;
	for (i = 4; i < length; i++)
		frame[i] = filling += 37;
	expected = reference_accept(&o->reference, frame, length, o->now);
	actual = queue_accept(&o->queue, frame, length, o->now);
	trace(o, "accept tag", frame[2], actual);
	same(o, "queue_accept", expected, actual);
	o->tag = frame[2];
}

static void observe_delivery(struct operations *o, const struct ecom_request *record)
{
	uint32_t i;

	for (i = 1; i < record->id; i++)
		if (o->observations[i].out && o->observations[i].alone)
			differ(o, "request %llu delivered beside %u, which is to be alone",
			       (unsigned long long)record->id, i);
	if (o->observations[record->id].out)
		differ(o, "request %llu delivered twice", (unsigned long long)record->id);
	if (o->observations[record->id].ended)
		differ(o, "request %llu delivered after its end", (unsigned long long)record->id);
	if (record->charges > 2)
		differ(o, "request %llu delivered with three charges",
		       (unsigned long long)record->id);
	o->observations[record->id].out = true;
}

/* read(): only a daemon can. Returns the request's number, or 0. */
static uint64_t deliver_one(struct operations *o)
{
	struct ecom_request expected, actual;
	bool any;

	if (!o->reference.attached)
		return 0;
	any = reference_deliver(&o->reference, &expected);
	same(o, "queue_deliver", any, queue_deliver(&o->queue, &actual));
	if (!any || *o->mismatch)
		return 0;
	same_bytes(o, "record", &expected, &actual, sizeof(expected));
	if (*o->mismatch)
		return 0;
	observe_delivery(o, &actual);
	o->tag = actual.tag;
	return actual.id;
}

static void deliver(struct operations *o)
{
	trace(o, "deliver", deliver_one(o), 0);
}

/* The number of a request that is out, else of any; seldom of none. */
static uint64_t choose_id(struct operations *o)
{
	struct reference *m = &o->reference;
	uint32_t start, i;

	if (!m->count || one_in(o, 16))
		return one_in(o, 2) ? m->count + choose(o, 3) : 0 - (uint64_t)choose(o, 2);
	start = choose(o, m->count);
	if (one_in(o, 8))
		return start + 1;
	for (i = 0; i < m->count; i++) {
		const struct reference_request *r = &m->requests[(start + i) % m->count];

		if (r->state == REFERENCE_OUT)
			return r->record.id;
	}
	return start + 1;
}

static struct observation *observation_of(struct operations *o, uint64_t id)
{
	return &o->observations[id <= REFERENCE_REQUESTS ? id : 0];
}

static void set_tag_of(struct operations *o, uint64_t id)
{
	if (id >= 1 && id <= o->reference.count)
		o->tag = o->reference.requests[id - 1].record.tag;
}

/* A read() whose copy fails */
static void undeliver(struct operations *o)
{
	uint64_t id = one_in(o, 4) ? choose_id(o) : deliver_one(o);

	reference_undeliver(&o->reference, id);
	queue_undeliver(&o->queue, id);
	trace(o, "undeliver", id, 0);
	observation_of(o, id)->out = false;
	set_tag_of(o, id);
}

static uint16_t choose_status(struct operations *o)
{
	static const uint16_t statuses[] = { 2, 10, 14, 18, 20, 22, 33, 550, 1001, 65535 };

	return statuses[choose(o, COUNT(statuses))];
}

static void spoil_progress(struct operations *o, struct ecom_progress *p)
{
	switch (choose(o, 8)) {
	case 0:
		p->state = 10 + choose(o, 2) * 65525;
		break;
	case 1:
		p->on_expire = choose(o, 2);
		break;
	case 2:
		p->on_expire_sent = 4 + choose(o, 2) * 65531;
		break;
	case 3:
		p->on_release = 1;
		break;
	case 4:
		p->on_release_sent = 4 + choose(o, 2) * 65531;
		break;
	default:
		p->reserved[choose(o, 3)] = 1 + choose(o, 2) * 65534;
	}
}

static void progress(struct operations *o)
{
	struct ecom_progress p = { .id = choose_id(o), .state = choose(o, 10) };
	uint8_t letter = 'A' + choose(o, 26);
	int expected, actual;

	p.on_expire = choose_status(o);
	p.on_release = one_in(o, 4) ? choose_status(o) : 0;
	p.on_expire_sent = choose(o, 4);
	p.on_release_sent = choose(o, 4);
	memset(p.label, letter, choose(o, sizeof(p.label) + 1));
	if (one_in(o, 8))
		spoil_progress(o, &p);
	expected = reference_progress(&o->reference, &p);
	actual = queue_progress(&o->queue, &p);
	trace(o, "progress", p.id, actual);
	same(o, "queue_progress", expected, actual);
	if (!actual && observation_of(o, p.id)->ended)
		differ(o, "request %llu has ended and takes a report", (unsigned long long)p.id);
	set_tag_of(o, p.id);
}

static void spoil_complete(struct operations *o, struct ecom_complete *c)
{
	switch (choose(o, 8)) {
	case 0:
		c->result.status = 1;
		break;
	case 1:
		c->result.state = 10;
		break;
	case 2:
		c->result.reply = 1000;
		break;
	case 3:
		c->result.sent = 4;
		break;
	case 4:
		c->result.text_length = 95 + choose(o, 2) * 65440;
		break;
	case 5:
		c->result.reserved = 1;
		break;
	case 6:
		c->result.reserved2[choose(o, 2)] = 1;
		break;
	default:
		c->reserved = 1;
	}
}

static struct ecom_result choose_result(struct operations *o)
{
	struct ecom_result result = {
		.status = one_in(o, 2) ? 0 : choose_status(o),
		.state = choose(o, 10),
		.reply = choose(o, 1000),
		.enhanced = { choose(o, 6), choose(o, 256), choose(o, 65536) },
		.detail = choose(o, 75),
		.sent = choose(o, 4),
		.text_length = choose(o, 95),
	};
	uint8_t letter = 'a' + choose(o, 26);

	/* what lies behind the text does not show */
	memset(result.text, letter, sizeof(result.text));
	return result;
}

static void complete(struct operations *o)
{
	struct ecom_complete c = { .id = choose_id(o), .result = choose_result(o) };
	int expected, actual;

	if (one_in(o, 8))
		spoil_complete(o, &c);
	o->completing = c.id;
	expected = reference_complete(&o->reference, &c);
	actual = queue_complete(&o->queue, &c);
	o->completing = 0;
	trace(o, "complete", c.id, actual);
	same(o, "queue_complete", expected, actual);
	set_tag_of(o, c.id);
	if (actual)
		return;
	if (observation_of(o, c.id)->ended)
		differ(o, "request %llu has ended twice", (unsigned long long)c.id);
	if (!observation_of(o, c.id)->told)
		differ(o, "request %llu: its end is not told", (unsigned long long)c.id);
	observation_of(o, c.id)->ended = true;
	observation_of(o, c.id)->out = false;
}

static void release(struct operations *o)
{
	uint64_t id = choose_id(o);
	int expected = reference_release(&o->reference, id);
	int actual = queue_release(&o->queue, id);

	trace(o, "release", id, actual);
	same(o, "queue_release", expected, actual);
	if (!actual) {
		observation_of(o, id)->out = false;
		observation_of(o, id)->alone = false;
	}
	set_tag_of(o, id);
}

static void attach(struct operations *o)
{
	if (o->reference.attached)
		return;
	reference_attach(&o->reference);
	queue_attach(&o->queue);
	trace(o, "attach", 0, 0);
}

static void detach(struct operations *o)
{
	uint32_t i;

	if (!o->reference.attached)
		return;
	reference_detach(&o->reference);
	queue_detach(&o->queue);
	trace(o, "detach", 0, 0);
	for (i = 1; i <= o->reference.count; i++) {
		o->observations[i].alone |= o->observations[i].out;
		o->observations[i].out = false;
	}
	compare_blocks(o);
}

/* Requests that end without COMPLETE leave the daemon, too. */
static void expire_both(struct operations *o)
{
	uint64_t expected = reference_expire(&o->reference, o->now);
	uint64_t actual = queue_expire(&o->queue, o->now);
	uint32_t i;

	trace(o, "expire", 0, actual);
	same(o, "queue_expire", expected, actual);
	for (i = 1; i <= o->reference.count; i++)
		if (o->reference.requests[i - 1].state == REFERENCE_ENDED)
			o->observations[i].out = false;
}

static uint64_t next_deadline(const struct operations *o)
{
	uint64_t next = 0;
	size_t i;

	for (i = 0; i < o->reference.count; i++) {
		const struct reference_request *r = &o->reference.requests[i];

		if (r->state != REFERENCE_ENDED && (!next || r->record.deadline_ns < next))
			next = r->record.deadline_ns;
	}
	return next;
}

static void advance_time(struct operations *o)
{
	uint64_t next = next_deadline(o);

	switch (choose(o, 5)) {
	case 0:
		o->now += choose(o, 1000);
		break;
	case 1:
		o->now += choose(o, 8) * SECOND;
		break;
	case 2:
		next += choose(o, 3) - 1;
		if (next > o->now)
			o->now = next;
		break;
	default:
		break;
	}
}

static void expire(struct operations *o)
{
	advance_time(o);
	expire_both(o);
}

/* Time that passes before the deadlines are looked at */
static void pass_time(struct operations *o)
{
	advance_time(o);
	trace(o, "time", 0, 0);
}

static void power_up(struct operations *o)
{
	uint32_t generation = 1 + choose(o, 0x7fffffff);

	reference_power_up(&o->reference, generation);
	queue_power_up(&o->queue, generation);
	trace(o, "power-up", 0, 0);
	compare_blocks(o);
}

static void set(struct operations *o)
{
	static const uint32_t timeouts[] = { 1, 1, 2, 3, 5, 10, 60, 65535 };

	if (!o->reference.attached)
		return;
	o->queue.timeout = o->reference.timeout = timeouts[choose(o, COUNT(timeouts))];
	o->queue.health = o->reference.health = choose(o, 65536);
	trace(o, "set", o->reference.timeout, 0);
}

static void set_registers(struct operations *o)
{
	uint32_t station = one_in(o, 4) ? 0x90 : 0x89;
	uint32_t address = choose(o, station == 0x90 ? 0110 : 0410);
	uint32_t count = 1 + choose(o, 64), i;
	uint16_t words[64], shown[64];
	bool ok;

	for (i = 0; i < count; i++)
		words[i] = o->steps * 257 + i;
	ok = !reference_write(&o->reference, station, address, count, words);
	trace(o, "set registers", address, ok);
	same(o, "registers_writable", ok, registers_writable(station, address, count));
	if (!ok)
		return;
	registers_write(&o->queue, station, address, count, words);
	registers_read(&o->queue, &o->slot, station, address, count, shown);
	same_bytes(o, "registers", words, shown, count * sizeof(*words));
}

static const struct {
	void (*run)(struct operations *o);
	uint32_t rate;		/* 0 to @rate - 1 shares */
} operations[OPERATION_KINDS] = {
	{ accept, 48 },
	{ deliver, 48 },
	{ undeliver, 8 },
	{ progress, 32 },
	{ complete, 32 },
	{ release, 16 },
	{ attach, 16 },
	{ detach, 12 },
	{ expire, 16 },
	{ pass_time, 8 },
	{ power_up, 3 },
	{ set, 8 },
	{ set_registers, 8 },
};

static void choose_weights(struct operations *o)
{
	size_t i;

	o->weight = 0;
	for (i = 0; i < OPERATION_KINDS; i++) {
		o->weights[i] = choose(o, operations[i].rate);
		o->weight += o->weights[i];
	}
	o->weights[0] += 4;
	o->weight += 4;
}

void operations_start(struct operations *o)
{
	static const uint32_t tags[] = { 1, 4, 17, 40, 256 };

	memset(o->observations, 0, sizeof(o->observations));
	*o->mismatch = '\0';
	o->steps = 0;
	o->now = choose(o, 1000000);
	o->tags = tags[choose(o, COUNT(tags))];
	choose_weights(o);
	o->slot.number = o->reference.slot = choose(o, 16);
	o->slot.dip = o->reference.dip = choose(o, 256);
	reference_init(&o->reference, 0x89ab0001);
	queue_init(&o->queue, 0x89ab0001);
	o->queue.tell = tell;
	o->told_busy = o->told_refused = o->told_expired = 0;
	o->completing = 0;
	reference_power_up(&o->reference, 0x12340002);
	queue_power_up(&o->queue, 0x12340002);
}

bool operations_step(struct operations *o)
{
	uint32_t share = choose(o, o->weight);
	size_t kind = 0;

	while (share >= o->weights[kind])
		share -= o->weights[kind++];
	o->steps++;
	o->tag = -1;
	trace(o, "nothing", 0, 0);
	operations[kind].run(o);
	compare(o);
	return !*o->mismatch;
}

static void check_ended(struct operations *o)
{
	uint32_t tag;
	size_t i;

	for (tag = 0; tag < 256; tag++) {
		uint16_t status;

		read_words(o, 040001 + tag * 0100, 1, &status);
		if (status == 1)
			differ(o, "tag %u: busy after its deadline", tag);
	}
	same(o, "requests after their deadlines", 0, queue_used(&o->queue));
	same(o, "expired told", o->reference.expired, o->told_expired);
	same(o, "busy told", o->reference.busy, o->told_busy);
	same(o, "refused told", o->reference.refused, o->told_refused);
	for (i = 1; i <= o->reference.count; i++)
		if (!o->observations[i].told)
			differ(o, "request %zu: its end is not told", i);
}

bool operations_end(struct operations *o)
{
	o->steps++;
	o->tag = -1;
	o->now += 65536 * SECOND;
	expire_both(o);
	compare(o);
	compare_blocks(o);
	check_ended(o);
	return !*o->mismatch;
}
