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

static void test_invalid_reports(void **state)
{
	uint64_t id = accept_and_deliver(1);
	struct ecom_complete c = { .id = id };
	struct ecom_progress p = { .id = id, .on_expire = 10 };

	(void)state;
	assert_int_equal(complete(id, 1), -EINVAL);
	assert_int_equal(progress(id, 10, 0), -EINVAL);
	assert_int_equal(progress(id, 1, 1), -EINVAL);
	p.on_expire = 1;
	assert_int_equal(queue_progress(&q, &p), -EINVAL);
	p.on_expire = 10;
	p.reserved[1] = 1;
	assert_int_equal(queue_progress(&q, &p), -EINVAL);
	c.result.text_length = 95;
	assert_int_equal(queue_complete(&q, &c), -EINVAL);
	c.result.text_length = 0;
	c.result.sent = 4;
	assert_int_equal(queue_complete(&q, &c), -EINVAL);
	c.result.sent = 0;
	c.result.reply = 1000;
	assert_int_equal(queue_complete(&q, &c), -EINVAL);
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
		assert_string_equal((const char *)o->label, "Widget Report");
	}
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
	TEST(test_unknown_and_stale),
	TEST(test_invalid_reports),
	TEST(test_deadline_without_daemon),
	TEST(test_deadline_in_each_state),
	TEST(test_claim_then_fall),
	TEST(test_fall_redelivers_one_at_a_time),
	TEST(test_suspect_waits_for_what_is_out),
	TEST(test_three_charges),
	TEST(test_released_request_expires_as_10),
	TEST(test_undeliver),
	TEST(test_power_up_makes_orphans),
	TEST(test_commands_not_to_wait),
	TEST(test_ring_keeps_the_last_16),
	TEST(test_health_without_daemon),
};

UNIT_MAIN(tests)
