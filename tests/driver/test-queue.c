// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"
#include "driver/queue.h"

#define SECOND 1000000000ULL

static struct queue q;

static int setup(void **state)
{
	(void)state;
	queue_init(&q, 0xabcd0001);
	queue_power_up(&q, 0x11112222);
	return 0;
}

static uint32_t accept_command(uint8_t command, uint8_t tag, uint64_t now)
{
	const uint8_t frame[] = { 1, command, tag, 0, 0, 0, 0, 0 };

	return queue_accept(&q, frame, sizeof(frame), now);
}

static uint32_t accept(uint8_t tag)
{
	return accept_command(1, tag, 0);
}

static uint64_t deliver(void)
{
	struct ecom_request r;

	return queue_deliver(&q, &r) ? r.id : 0;
}

static uint64_t accept_and_deliver(uint8_t tag)
{
	assert_int_equal(accept(tag), 0);
	return deliver();
}

static int complete(uint64_t id, uint16_t status)
{
	const struct ecom_complete c = { .id = id, .result.status = status };

	return queue_complete(&q, &c);
}

static int progress(uint64_t id, uint16_t at, uint16_t on_release)
{
	const struct ecom_progress p = {
		.id = id,
		.state = at,
		.on_expire = 10 + at,
		.on_expire_sent = at == 8 ? SENT_UNKNOWN : SENT_NO,
		.on_release = on_release,
		.on_release_sent = SENT_UNKNOWN,
		.label = "Widget Report",
	};

	return queue_progress(&q, &p);
}

static uint16_t status_of(uint8_t tag)
{
	return q.results[tag].result.status;
}

static void test_one_request(void **state)
{
	const uint8_t frame[] = { 1, 1, 5, 0, 'a', 'b', 'c' };
	struct ecom_request r;

	(void)state;
	assert_int_equal(queue_accept(&q, frame, sizeof(frame), 7 * SECOND), 0);
	assert_int_equal(status_of(5), 1);
	assert_int_equal(queue_used(&q), 1);
	assert_true(queue_deliver(&q, &r));
	assert_int_equal(r.id, 1);
	assert_int_equal(r.accepted_ns, 7 * SECOND);
	assert_int_equal(r.deadline_ns, 67 * SECOND);
	assert_int_equal(r.card_generation, 0x11112222);
	assert_int_equal(r.host_generation, 0xabcd0001);
	assert_int_equal(r.length, 7);
	assert_int_equal(r.command, 1);
	assert_int_equal(r.tag, 5);
	assert_int_equal(r.flags, 0);
	assert_memory_equal(r.frame, frame, sizeof(frame));
	assert_false(queue_deliver(&q, &r));
	assert_int_equal(complete(1, 0), 0);
	assert_int_equal(status_of(5), 0);
	assert_int_equal(queue_used(&q), 0);
	assert_int_equal(complete(1, 550), -ESTALE);
	assert_int_equal(status_of(5), 0);
}

static void test_full_is_busy(void **state)
{
	unsigned int tag;

	(void)state;
	for (tag = 0; tag < 16; tag++)
		assert_int_equal(accept(tag), 0);
	assert_int_equal(accept(16), 1);
	assert_int_equal(q.counters.busy, 1);
	assert_int_equal(q.results[16].request, 0);
	assert_int_equal(complete(deliver(), 0), 0);
	assert_int_equal(accept(16), 0);
}

static void test_outstanding_tag_is_refused(void **state)
{
	uint64_t id = accept_and_deliver(9);

	(void)state;
	assert_int_equal(accept(9), 6 << 8 | 2);
	assert_int_equal(q.counters.refused, 1);
	assert_int_equal(queue_refuse(&q, 9, 5), 5 << 8 | 2);
	assert_int_equal(q.counters.refused, 2);
	assert_int_equal(complete(id, 0), 0);
	assert_int_equal(accept(9), 0);
}

static void test_order_survives_release(void **state)
{
	uint64_t first, second;

	(void)state;
	first = accept_and_deliver(1);
	second = accept_and_deliver(2);
	accept(3);
	assert_int_equal(queue_release(&q, second), 0);
	assert_int_equal(queue_release(&q, first), 0);
	assert_int_equal(deliver(), first);
	assert_int_equal(deliver(), second);
	assert_int_equal(deliver(), 3);
}

/* Later requests take places before those of earlier ones. */
static void test_order_of_numbers(void **state)
{
	(void)state;
	accept(1);
	accept(2);
	assert_int_equal(complete(deliver(), 0), 0);
	accept(3);
	assert_int_equal(deliver(), 2);
	assert_int_equal(deliver(), 3);
}

static void test_unknown_and_stale(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	assert_int_equal(complete(0, 0), -ENOENT);
	assert_int_equal(complete(2, 0), -ENOENT);
	assert_int_equal(progress(2, 1, 0), -ENOENT);
	assert_int_equal(queue_release(&q, id), 0);
	assert_int_equal(complete(id, 0), -ENOENT); /* queued, not delivered */
	assert_int_equal(deliver(), id);
	assert_int_equal(complete(id, 0), 0);
	assert_int_equal(progress(id, 8, 18), -ESTALE);
	assert_int_equal(queue_release(&q, id), -ESTALE);
}

#define BAD_PROGRESS(field, value)                                      \
	do {                                                            \
		struct ecom_progress p = { .id = id, .on_expire = 10 }; \
		p.field = value;                                        \
		assert_int_equal(queue_progress(&q, &p), -EINVAL);      \
	} while (0)

static void test_invalid_progress(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	assert_int_equal(progress(id, 9, 2), 0);
	BAD_PROGRESS(state, 10);
	BAD_PROGRESS(on_expire, 0);
	BAD_PROGRESS(on_expire, 1);
	BAD_PROGRESS(on_expire_sent, 4);
	BAD_PROGRESS(on_release, 1);
	BAD_PROGRESS(on_release_sent, 4);
	BAD_PROGRESS(reserved[0], 1);
	BAD_PROGRESS(reserved[1], 1);
	BAD_PROGRESS(reserved[2], 1);
	assert_int_equal(q.results[1].result.state, 9); /* nothing of it was taken */
}

#define BAD_COMPLETE(field, value)                                 \
	do {                                                       \
		struct ecom_complete c = { .id = id };             \
		c.field = value;                                   \
		assert_int_equal(queue_complete(&q, &c), -EINVAL); \
	} while (0)

static void test_invalid_complete(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	BAD_COMPLETE(result.status, 1);
	BAD_COMPLETE(result.state, 10);
	BAD_COMPLETE(result.reply, 1000);
	BAD_COMPLETE(result.sent, 4);
	BAD_COMPLETE(result.text_length, 95);
	BAD_COMPLETE(result.reserved, 1);
	BAD_COMPLETE(result.reserved2[0], 1);
	BAD_COMPLETE(result.reserved2[1], 1);
	BAD_COMPLETE(reserved, 1);
	assert_int_equal(status_of(1), 1);
	assert_int_equal(complete(id, 65535), 0);
}

static void test_deadline_without_daemon(void **state)
{
	(void)state;
	q.timeout = 5;
	assert_int_equal(accept_command(1, 4, SECOND), 0);
	assert_int_equal(queue_expire(&q, 6 * SECOND - 1), 6 * SECOND);
	assert_int_equal(status_of(4), 1);
	assert_int_equal(queue_expire(&q, 6 * SECOND), 0);
	assert_int_equal(status_of(4), 10);
	assert_int_equal(q.results[4].result.sent, SENT_NO);
	assert_int_equal(q.results[4].result.detail, 1);
	assert_int_equal(q.counters.expired, 1);
	assert_int_equal(deliver(), 0);
}

static void test_earliest_deadline(void **state)
{
	(void)state;
	q.timeout = 9;
	accept(1);
	q.timeout = 5;
	accept(2);
	q.timeout = 7;
	accept(3);
	assert_int_equal(queue_expire(&q, SECOND), 5 * SECOND);
	assert_int_equal(queue_expire(&q, 5 * SECOND), 7 * SECOND);
	assert_int_equal(queue_expire(&q, 8 * SECOND), 9 * SECOND);
	assert_int_equal(queue_expire(&q, 9 * SECOND), 0);
	assert_int_equal(q.counters.expired, 3);
}

static void assert_ring(const uint8_t *tags, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		assert_int_equal(q.outcomes[(q.newest - i) % RING_ENTRIES].tag, tags[i]);
}

/* Not in the order of their places: 1 has left the first, 4 has it now. */
static void test_expiry_in_order(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	q.timeout = 9;
	accept(2);
	q.timeout = 5;
	accept(3);
	assert_int_equal(complete(id, 0), 0);
	accept(4);
	assert_int_equal(queue_expire(&q, 20 * SECOND), 0);
	assert_ring((uint8_t[]){ 2, 4, 3, 1 }, 4);
}

static void test_fall_in_order(void **state)
{
	uint64_t id = accept_and_deliver(1);
	uint64_t second = accept_and_deliver(2);

	(void)state;
	assert_int_equal(complete(id, 0), 0);
	id = accept_and_deliver(3);
	assert_int_equal(progress(id, 8, 18), 0);
	assert_int_equal(progress(second, 8, 18), 0);
	queue_detach(&q);
	assert_ring((uint8_t[]){ 3, 2, 1 }, 3);
}

static void test_deadline_in_each_state(void **state)
{
	uint16_t at;

	(void)state;
	queue_attach(&q);
	for (at = 0; at <= 9; at++) {
		uint64_t id = accept_and_deliver(at);

		assert_int_equal(progress(id, at, 0), 0);
		assert_int_equal(q.results[at].result.state, at);
		queue_expire(&q, 60 * SECOND);
		assert_int_equal(status_of(at), 10 + at);
		assert_int_equal(q.results[at].result.sent, at == 8 ? SENT_UNKNOWN : SENT_NO);
		assert_int_equal(complete(id, 0), -ESTALE);
		assert_int_equal(progress(id, 8, 18), -ESTALE);
		assert_int_equal(status_of(at), 10 + at);
	}
}

static void test_claim_then_fall(void **state)
{
	uint64_t id = accept_and_deliver(7);

	(void)state;
	assert_int_equal(progress(id, 8, 18), 0);
	queue_detach(&q);
	assert_int_equal(status_of(7), 18);
	assert_int_equal(q.results[7].result.sent, SENT_UNKNOWN);
	assert_int_equal(q.results[7].result.detail, 2);
	assert_int_equal(deliver(), 0);
}

static void test_promise_of_partly_sent(void **state)
{
	struct ecom_progress p = {
		.id = accept_and_deliver(7),
		.state = 5,
		.on_expire = 15,
		.on_release = 451,
		.on_release_sent = SENT_PARTLY,
	};

	(void)state;
	assert_int_equal(queue_progress(&q, &p), 0);
	queue_detach(&q);
	assert_int_equal(status_of(7), 451);
	assert_int_equal(q.results[7].result.sent, SENT_PARTLY);
	assert_int_equal(q.results[7].result.state, 5);
}

static void test_fall_redelivers_one_at_a_time(void **state)
{
	uint64_t a = accept_and_deliver(1), b = accept_and_deliver(2);
	struct ecom_request r;

	(void)state;
	accept(3);
	queue_detach(&q);
	queue_attach(&q);
	assert_true(queue_deliver(&q, &r));
	assert_int_equal(r.id, a);
	assert_int_equal(r.flags, ECOM_REQUEST_REDELIVERED);
	assert_int_equal(r.charges, 0); /* two were out: neither is charged */
	assert_int_equal(deliver(), 0);
	assert_int_equal(complete(a, 0), 0);
	assert_int_equal(deliver(), b);
	assert_int_equal(deliver(), 0);
	assert_int_equal(queue_release(&q, b), 0);
	assert_int_equal(deliver(), b); /* handed back: no longer alone */
	assert_int_equal(deliver(), 3);
}

static void test_suspect_waits_for_what_is_out(void **state)
{
	uint64_t a = accept_and_deliver(1);

	(void)state;
	queue_detach(&q);
	queue_attach(&q);
	assert_int_equal(deliver(), a);
	assert_int_equal(queue_release(&q, a), 0);
	accept(2);
	assert_int_equal(deliver(), a);
	assert_int_equal(deliver(), 2);
	queue_detach(&q);
	queue_attach(&q);
	assert_int_equal(deliver(), a);
	assert_int_equal(deliver(), 0);
}

/* What is out already may be the one that makes it fall. */
static void test_suspect_waits_its_turn(void **state)
{
	uint64_t a = accept_and_deliver(1), b = accept_and_deliver(2);

	(void)state;
	assert_int_equal(queue_release(&q, a), 0);
	queue_detach(&q);
	queue_attach(&q);
	assert_int_equal(deliver(), a);
	assert_int_equal(deliver(), 0);
	assert_int_equal(complete(a, 0), 0);
	assert_int_equal(deliver(), b);
}

static void test_three_charges(void **state)
{
	struct ecom_request r;
	int i;

	(void)state;
	accept(6);
	for (i = 0; i < 3; i++) {
		assert_int_equal(status_of(6), 1);
		assert_true(queue_deliver(&q, &r));
		assert_int_equal(r.charges, i);
		queue_detach(&q);
		queue_attach(&q);
	}
	assert_int_equal(status_of(6), 22);
	assert_int_equal(q.results[6].result.detail, 70);
	assert_int_equal(q.results[6].result.sent, SENT_NO);
	assert_false(queue_deliver(&q, &r));
}

/* What a daemon that fell in the middle had said of it is what is known. */
static void test_third_charge_tells_sent(void **state)
{
	int i;

	(void)state;
	accept(6);
	for (i = 0; i < 3; i++) {
		assert_int_equal(progress(deliver(), 8, 0), 0);
		queue_detach(&q);
	}
	assert_int_equal(status_of(6), 22);
	assert_int_equal(q.results[6].result.sent, SENT_UNKNOWN);
	assert_int_equal(q.results[6].result.state, 8);
}

/* A place in the queue keeps nothing of who had it before. */
static void test_charges_are_of_one_request(void **state)
{
	struct ecom_request r;

	(void)state;
	accept_and_deliver(1);
	queue_detach(&q);
	assert_int_equal(complete(deliver(), 0), 0);
	accept(2);
	accept(3);
	assert_true(queue_deliver(&q, &r));
	assert_int_equal(r.id, 2);
	assert_int_equal(r.charges, 0);
	assert_int_equal(r.flags, 0);
	assert_int_equal(deliver(), 3); /* and it is not delivered alone */
}

static void test_release_forgets_promises(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	assert_int_equal(progress(id, 8, 18), 0);
	assert_int_equal(queue_release(&q, id), 0);
	assert_int_equal(deliver(), id);
	queue_detach(&q);
	assert_int_equal(status_of(1), 1);
	queue_expire(&q, 60 * SECOND);
	assert_int_equal(status_of(1), 10);
	assert_int_equal(q.results[1].result.sent, SENT_NO);
}

static void test_released_request_expires_as_10(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	queue_attach(&q);
	assert_int_equal(progress(id, 4, 0), 0);
	assert_int_equal(queue_release(&q, id), 0);
	assert_int_equal(q.results[1].result.state, 0);
	queue_expire(&q, 60 * SECOND);
	assert_int_equal(status_of(1), 10);
	assert_int_equal(q.results[1].result.detail, 0);
}

/* The setup may have what is past the claim sent again: then nobody knows. */
static void test_sent_is_never_no_after_a_fall_past_the_claim(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	assert_int_equal(progress(id, 8, 0), 0);
	queue_detach(&q);
	queue_expire(&q, 60 * SECOND);
	assert_int_equal(status_of(1), 10);
	assert_int_equal(q.results[1].result.sent, SENT_UNKNOWN);
}

static void test_next_daemon_cannot_say_no_after_the_claim(void **state)
{
	struct ecom_complete refused = { .result = { .status = 550, .sent = SENT_NO } };

	(void)state;
	refused.id = accept_and_deliver(1);
	assert_int_equal(progress(refused.id, 8, 0), 0);
	queue_detach(&q);
	assert_int_equal(deliver(), refused.id);
	assert_int_equal(queue_complete(&q, &refused), 0);
	assert_int_equal(status_of(1), 550);
	assert_int_equal(q.results[1].result.sent, SENT_UNKNOWN);
}

static void test_undeliver(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	queue_undeliver(&q, id);
	assert_int_equal(deliver(), id);
	assert_int_equal(complete(id, 0), 0);
	queue_undeliver(&q, id);
	assert_int_equal(deliver(), 0);
}

static void test_available(void **state)
{
	uint64_t id;

	(void)state;
	assert_false(queue_available(&q));
	accept(1);
	accept(2);
	assert_true(queue_available(&q));
	id = deliver();
	assert_true(queue_available(&q));
	deliver();
	assert_false(queue_available(&q));
	queue_detach(&q);
	assert_true(queue_available(&q));
	assert_int_equal(deliver(), id);
	assert_false(queue_available(&q)); /* the other one has to wait for it */
	assert_int_equal(queue_used(&q), 2);
}

static void test_tag_used_again(void **state)
{
	struct ecom_complete c = {
		.id = accept_and_deliver(1),
		.result = {
			.status = 550,
			.state = 4,
			.reply = 550,
			.enhanced = { 5, 1, 1 },
			.detail = 60,
			.sent = SENT_PARTLY,
			.text_length = 2,
			.text = "no",
		},
	};
	const struct ecom_result busy = { .status = 1 };

	(void)state;
	assert_int_equal(queue_complete(&q, &c), 0);
	assert_memory_equal(&q.results[1].result, &c.result, sizeof(c.result));
	q.timeout = 7;
	accept(1);
	assert_memory_equal(&q.results[1].result, &busy, sizeof(busy));
	assert_int_equal(q.results[1].request, 2);
	assert_int_equal(q.results[1].timeout, 7);
}

static void test_power_up_empties_results(void **state)
{
	(void)state;
	assert_int_equal(complete(accept_and_deliver(1), 550), 0);
	assert_true(q.outcomes[q.newest].used);
	queue_power_up(&q, 0x33334444);
	assert_int_equal(q.card_generation, 0x33334444);
	assert_int_equal(q.results[1].request, 0);
	assert_false(q.outcomes[q.newest].used);
	accept(1);
	assert_int_equal(q.requests[0].record.card_generation, 0x33334444);
}

/* Its tag may be in use again. */
static void test_orphan_shows_nothing(void **state)
{
	uint64_t id = accept_and_deliver(1);

	(void)state;
	queue_power_up(&q, 0x33334444);
	accept(1);
	assert_int_equal(progress(id, 5, 0), 0);
	assert_int_equal(q.results[1].result.state, 0);
	assert_int_equal(complete(id, 550), 0);
	assert_int_equal(status_of(1), 1);
	assert_false(q.outcomes[q.newest].used);
}

static void test_power_up_makes_orphans(void **state)
{
	uint64_t a = accept_and_deliver(1);
	struct ecom_request r;

	(void)state;
	accept(2);
	queue_power_up(&q, 0x33334444);
	assert_int_equal(q.results[1].request, 0);
	assert_int_equal(accept(1), 0); /* the orphan does not hold the tag */
	assert_int_equal(complete(a, 0), 0);
	assert_int_equal(status_of(1), 1);
	assert_true(queue_deliver(&q, &r));
	assert_int_equal(r.tag, 2);
	assert_int_equal(r.flags, ECOM_REQUEST_ORPHAN);
	assert_int_equal(r.card_generation, 0x11112222);
	assert_int_equal(progress(r.id, 3, 0), 0);
	queue_expire(&q, 60 * SECOND);
	assert_int_equal(q.results[2].request, 0);
	assert_int_equal(status_of(1), 10);
}

static void test_commands_not_to_wait(void **state)
{
	(void)state;
	assert_int_equal(accept_command(0x90, 1, 0), 0);
	assert_int_equal(status_of(1), 34);
	assert_int_equal(queue_used(&q), 0);
	queue_attach(&q);
	assert_int_equal(accept_command(0x90, 2, 0), 0);
	assert_int_equal(status_of(2), 1);
	queue_detach(&q);
	assert_int_equal(status_of(2), 34);
	assert_int_equal(q.results[2].result.sent, SENT_NO);
	assert_int_equal(accept_command(0x90, 3, 0), 0);
	assert_int_equal(status_of(3), 34);
	assert_int_equal(accept_command(0x7f, 4, 0), 0);
	assert_int_equal(status_of(4), 1);
}

/* The daemon that had it is gone, and none is there to be asked again. */
static void test_command_not_to_wait_falls(void **state)
{
	(void)state;
	queue_attach(&q);
	assert_int_equal(accept_command(0x90, 2, 0), 0);
	assert_int_equal(deliver(), 1);
	queue_detach(&q);
	assert_int_equal(status_of(2), 34);
	assert_int_equal(queue_used(&q), 0);
}

static void test_ring_keeps_the_last_16(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		uint64_t id = accept_and_deliver(i);

		assert_int_equal(progress(id, 3, 0), 0);
		assert_int_equal(complete(id, i ? 100 + i : 0), 0);
	}
	for (i = 0; i < 16; i++) {
		const struct queue_outcome *o = &q.outcomes[(q.newest + 16 - i) % 16];

		assert_int_equal(o->tag, 19 - i);
		assert_int_equal(o->status, 119 - i);
		assert_int_equal(o->sent, SENT_UNKNOWN);
		assert_string_equal((const char *)o->label, "Widget Report");
	}
}

/* Events, as those who watch are told */
static struct queue_event told[16];
static size_t told_count;
static uint16_t shown_when_told;

static void tell(struct queue *queue, const struct queue_event *event)
{
	assert_true(told_count < sizeof(told) / sizeof(told[0]));
	shown_when_told = queue->results[event->tag].result.status;
	told[told_count++] = *event;
}

static void listen(void)
{
	told_count = 0;
	q.tell = tell;
}

static void assert_told(size_t i, enum ecom_event kind, uint64_t id, uint16_t at, uint16_t status)
{
	assert_true(i < told_count);
	assert_int_equal(told[i].kind, kind);
	assert_int_equal(told[i].request, id);
	assert_int_equal(told[i].tag, 7);
	assert_int_equal(told[i].state, at);
	assert_int_equal(told[i].status, status);
}

static void test_life_is_told(void **state)
{
	uint64_t id;

	(void)state;
	listen();
	id = accept_and_deliver(7);
	assert_int_equal(queue_release(&q, id), 0);
	assert_int_equal(deliver(), id);
	assert_int_equal(progress(id, 4, 0), 0);
	assert_int_equal(complete(id, 550), 0);
	assert_int_equal(complete(id, 550), -ESTALE);
	assert_int_equal(told_count, 6);
	assert_told(0, ECOM_EVENT_REQUEST_QUEUED, id, 0, 1);
	assert_told(1, ECOM_EVENT_REQUEST_DELIVERED, id, 0, 1);
	assert_told(2, ECOM_EVENT_REQUEST_REQUEUED, id, 0, 1);
	assert_told(3, ECOM_EVENT_REQUEST_DELIVERED, id, 0, 1);
	assert_told(4, ECOM_EVENT_REQUEST_PROGRESS, id, 4, 1);
	assert_told(5, ECOM_EVENT_REQUEST_COMPLETED, id, 0, 550);
}

static void test_ends_are_told(void **state)
{
	(void)state;
	listen();
	accept_command(0x90, 7, 0);
	accept(7);
	queue_expire(&q, 60 * SECOND);
	progress(accept_and_deliver(7), 8, 18);
	queue_detach(&q);
	assert_told(1, ECOM_EVENT_REQUEST_ABANDONED, 1, 0, 34);
	assert_int_equal(told[1].sent, SENT_NO);
	assert_told(3, ECOM_EVENT_REQUEST_EXPIRED, 2, 0, 10);
	assert_told(7, ECOM_EVENT_REQUEST_ABANDONED, 3, 8, 18);
	assert_int_equal(told[7].sent, SENT_UNKNOWN);
	assert_int_equal(told_count, 8);
}

static void test_result_shows_before_it_is_told(void **state)
{
	uint64_t id = accept_and_deliver(7);

	(void)state;
	listen();
	assert_int_equal(complete(id, 550), 0);
	assert_int_equal(shown_when_told, 550);
}

static void test_frames_are_told(void **state)
{
	unsigned int tag;

	(void)state;
	for (tag = 0; tag < 16; tag++)
		accept(tag);
	listen();
	accept(7);
	accept(99);
	queue_refuse(&q, 3, 5);
	assert_int_equal(told_count, 3);
	assert_int_equal(told[0].kind, ECOM_EVENT_WX_REFUSED);
	assert_int_equal(told[0].reason, 6);
	assert_int_equal(told[0].tag, 7);
	assert_int_equal(told[1].kind, ECOM_EVENT_WX_BUSY);
	assert_int_equal(told[1].tag, 99);
	assert_int_equal(told[1].reason, 0);
	assert_int_equal(told[2].kind, ECOM_EVENT_WX_REFUSED);
	assert_int_equal(told[2].reason, 5);
	assert_int_equal(told[2].request, 0);
}

static void test_health_without_daemon(void **state)
{
	(void)state;
	assert_int_equal(q.health, 10);
	queue_attach(&q);
	q.health = 0;
	queue_detach(&q);
	assert_int_equal(q.health, 10);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

static const struct CMUnitTest tests[] = {
	TEST(test_one_request),
	TEST(test_full_is_busy),
	TEST(test_outstanding_tag_is_refused),
	TEST(test_order_survives_release),
	TEST(test_order_of_numbers),
	TEST(test_unknown_and_stale),
	TEST(test_invalid_progress),
	TEST(test_invalid_complete),
	TEST(test_deadline_without_daemon),
	TEST(test_earliest_deadline),
	TEST(test_expiry_in_order),
	TEST(test_fall_in_order),
	TEST(test_deadline_in_each_state),
	TEST(test_claim_then_fall),
	TEST(test_promise_of_partly_sent),
	TEST(test_fall_redelivers_one_at_a_time),
	TEST(test_suspect_waits_for_what_is_out),
	TEST(test_suspect_waits_its_turn),
	TEST(test_three_charges),
	TEST(test_third_charge_tells_sent),
	TEST(test_charges_are_of_one_request),
	TEST(test_release_forgets_promises),
	TEST(test_released_request_expires_as_10),
	TEST(test_sent_is_never_no_after_a_fall_past_the_claim),
	TEST(test_next_daemon_cannot_say_no_after_the_claim),
	TEST(test_undeliver),
	TEST(test_available),
	TEST(test_tag_used_again),
	TEST(test_power_up_empties_results),
	TEST(test_orphan_shows_nothing),
	TEST(test_power_up_makes_orphans),
	TEST(test_commands_not_to_wait),
	TEST(test_command_not_to_wait_falls),
	TEST(test_ring_keeps_the_last_16),
	TEST(test_life_is_told),
	TEST(test_ends_are_told),
	TEST(test_result_shows_before_it_is_told),
	TEST(test_frames_are_told),
	TEST(test_health_without_daemon),
};

UNIT_MAIN(tests)
