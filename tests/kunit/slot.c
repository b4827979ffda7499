// SPDX-License-Identifier: GPL-2.0-only
/* The queue under its real lock, with the real timer and real threads. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "memory-card.h"

#define STORM_MS       3000
#define STORM_REQUESTS 100000

static int slot_init(struct kunit *test)
{
	test->priv = memory_card_serve(test, 42, 1);
	return 0;
}

static void slot_exit(struct kunit *test)
{
	memory_card_remove(test->priv);
}

static struct ecom_slot *slot_of(struct kunit *test)
{
	struct memory_card *m = test->priv;

	return m->card->slots[0];
}

static u32 used(struct ecom_slot *slot)
{
	u32 n;

	spin_lock(&slot->queue_lock);
	n = queue_used(&slot->queue);
	spin_unlock(&slot->queue_lock);
	return n;
}

static void set_timeout(struct ecom_slot *slot, u32 seconds)
{
	spin_lock(&slot->queue_lock);
	slot->queue.timeout = seconds;
	spin_unlock(&slot->queue_lock);
}

static u16 status(struct ecom_slot *slot, u8 tag)
{
	u16 status;

	spin_lock(&slot->queue_lock);
	status = slot->queue.results[tag].result.status;
	spin_unlock(&slot->queue_lock);
	return status;
}

static u32 send(struct memory_card *m, u8 tag)
{
	const u8 frame[4] = { 1, 1, tag, 0 };

	return memory_wx(m, 0, 0x89, 0, frame, sizeof(frame));
}

/* Nobody looks at the slot: timer and work item end the request. */
static void deadline_comes_by_itself(struct kunit *test)
{
	struct ecom_slot *slot = slot_of(test);
	u64 before = ktime_get_boottime_ns();
	int i;

	set_timeout(slot, 1);
	KUNIT_ASSERT_EQ(test, 0U, send(test->priv, 7));
	KUNIT_EXPECT_EQ(test, 1, status(slot, 7));
	for (i = 0; i < 3000 && used(slot); i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, 0U, used(slot));
	KUNIT_EXPECT_EQ(test, 10, status(slot, 7));
	KUNIT_EXPECT_GE(test, ktime_get_boottime_ns() - before, (u64)NSEC_PER_SEC);
}

/* An earlier deadline sets the timer anew, a later one does not put it off. */
static void earliest_deadline_comes_first(struct kunit *test)
{
	static const u32 seconds[] = { 60, 1, 2 };
	struct ecom_slot *slot = slot_of(test);
	int i;

	for (i = 0; i < 3; i++) {
		set_timeout(slot, seconds[i]);
		KUNIT_ASSERT_EQ(test, 0U, send(test->priv, i));
	}
	for (i = 0; i < 3000 && used(slot) > 1; i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, 1U, used(slot));
	KUNIT_EXPECT_EQ(test, 1, status(slot, 0));
	KUNIT_EXPECT_EQ(test, 10, status(slot, 1));
	KUNIT_EXPECT_EQ(test, 10, status(slot, 2));
	KUNIT_EXPECT_TRUE(test, hrtimer_active(&slot->deadline));
}

/* Who uses a deadline does not wait for the work item. */
static void past_deadline_is_seen_at_once(struct kunit *test)
{
	struct ecom_slot *slot = slot_of(test);
	struct ecom_request r;

	KUNIT_ASSERT_EQ(test, 0U, send(test->priv, 7));
	spin_lock(&slot->queue_lock);
	slot->queue.requests[0].record.deadline_ns = ktime_get_boottime_ns();
	ecom_slot_expire(slot, ktime_get_boottime_ns());
	KUNIT_EXPECT_FALSE(test, queue_deliver(&slot->queue, &r));
	KUNIT_EXPECT_EQ(test, 10, slot->queue.results[7].result.status);
	spin_unlock(&slot->queue_lock);
}

static unsigned int wakes;

static int count_wake(struct wait_queue_entry *entry, unsigned int mode, int sync, void *key)
{
	wakes++;
	return 0;
}

/* A request that was delivered before its reader fell: none other goes out beside it. */
static void deliver_suspect(struct kunit *test, struct ecom_slot *slot)
{
	struct ecom_request request;

	spin_lock(&slot->queue_lock);
	queue_attach(&slot->queue);
	spin_unlock(&slot->queue_lock);
	KUNIT_ASSERT_EQ(test, 0U, send(test->priv, 7));
	spin_lock(&slot->queue_lock);
	queue_deliver(&slot->queue, &request);
	queue_detach(&slot->queue);
	queue_attach(&slot->queue);
	queue_deliver(&slot->queue, &request);
	spin_unlock(&slot->queue_lock);
	KUNIT_ASSERT_EQ(test, 0U, send(test->priv, 8));
}

/* An RX, not the timer, is the first to see that it has expired: who waits for the next is told. */
static void expiry_seen_by_rx_wakes(struct kunit *test)
{
	struct ecom_slot *slot = slot_of(test);
	struct wait_queue_entry entry;
	bool before, after;

	deliver_suspect(test, slot);
	flush_work(&slot->expire_work);
	init_waitqueue_func_entry(&entry, count_wake);
	add_wait_queue(&slot->wait, &entry);
	spin_lock(&slot->queue_lock);
	before = queue_available(&slot->queue);
	slot->queue.requests[0].record.deadline_ns = ktime_get_boottime_ns();
	spin_unlock(&slot->queue_lock);
	wakes = 0;
	KUNIT_EXPECT_EQ(test, 0U, memory_rx(test->priv, 0, 0x89, 040000 + 7 * 0100, 4));
	KUNIT_EXPECT_GT(test, wakes, 0U);
	spin_lock(&slot->queue_lock);
	after = queue_available(&slot->queue);
	spin_unlock(&slot->queue_lock);
	KUNIT_EXPECT_FALSE(test, before);
	KUNIT_EXPECT_TRUE(test, after);
	remove_wait_queue(&slot->wait, &entry);
}

/* A file closed after the removal must not set the timer of a dying slot. */
static void stopped_slot_sets_no_timer(struct kunit *test)
{
	struct ecom_slot *slot = slot_of(test);

	KUNIT_ASSERT_EQ(test, 0U, send(test->priv, 7));
	KUNIT_EXPECT_TRUE(test, hrtimer_active(&slot->deadline));
	ecom_slot_unpublish(slot);
	ecom_slot_stop(slot);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&slot->deadline));
	spin_lock(&slot->queue_lock);
	slot->queue.requests[0].record.deadline_ns += NSEC_PER_SEC;
	ecom_slot_queue_changed(slot, ktime_get_boottime_ns());
	spin_unlock(&slot->queue_lock);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&slot->deadline));
	KUNIT_EXPECT_NE(test, 0U, send(test->priv, 8));
}

/*
 * The storm: a PLC, a daemon that works, one that dies and is replaced, and a
 * clock that runs out, all on one slot. Each number given out must get exactly
 * one final status.
 */
struct storm {
	struct memory_card *m;
	void (*tell)(struct queue *q, const struct queue_event *event);
	u8 *finals; /* by request number */
	unsigned int doubled;
	bool out_of_range;
};

static struct storm storm;

/* With the queue_lock held */
static void storm_tells(struct queue *q, const struct queue_event *event)
{
	storm.tell(q, event);
	if (event->kind < ECOM_EVENT_REQUEST_COMPLETED ||
	    event->kind > ECOM_EVENT_REQUEST_ABANDONED)
		return;
	if (event->request >= STORM_REQUESTS)
		storm.out_of_range = true;
	else if (storm.finals[event->request]++)
		storm.doubled++;
}

static int storm_plc(void *unused)
{
	u8 tag = 0;

	while (!kthread_should_stop()) {
		send(storm.m, tag++);
		cond_resched();
	}
	return 0;
}

/* What becomes of a request in the daemon's hands */
static void storm_answer(struct queue *q, u64 id)
{
	struct ecom_progress progress = { .id = id, .state = 3, .on_expire = 13 };
	struct ecom_complete complete = { .id = id, .result.status = 550 };

	switch (get_random_u32() % 4) {
	case 0:
		queue_release(q, id);
		break;
	case 1:
		progress.on_release = get_random_u32() % 2 ? 18 : 0;
		queue_progress(q, &progress);
		break;
	default:
		queue_complete(q, &complete);
	}
}

static int storm_daemon(void *unused)
{
	struct ecom_slot *slot = storm.m->card->slots[0];
	struct ecom_request r;

	while (!kthread_should_stop()) {
		bool got;

		spin_lock(&slot->queue_lock);
		ecom_slot_expire(slot, ktime_get_boottime_ns());
		got = queue_deliver(&slot->queue, &r);
		spin_unlock(&slot->queue_lock);
		cond_resched();
		if (!got)
			continue;
		spin_lock(&slot->queue_lock);
		ecom_slot_queue_changed(slot, ktime_get_boottime_ns());
		storm_answer(&slot->queue, r.id);
		ecom_slot_queue_changed(slot, ktime_get_boottime_ns());
		spin_unlock(&slot->queue_lock);
	}
	return 0;
}

static int storm_death(void *unused)
{
	struct ecom_slot *slot = storm.m->card->slots[0];

	while (!kthread_should_stop()) {
		spin_lock(&slot->queue_lock);
		queue_detach(&slot->queue);
		ecom_slot_queue_changed(slot, ktime_get_boottime_ns());
		queue_attach(&slot->queue);
		spin_unlock(&slot->queue_lock);
		usleep_range(200, 2000);
	}
	return 0;
}

/* Moves deadlines so close that timer and daemon meet. */
static int storm_clock(void *unused)
{
	struct ecom_slot *slot = storm.m->card->slots[0];

	while (!kthread_should_stop()) {
		struct request *r = &slot->queue.requests[get_random_u32() % QUEUE_DEPTH];

		spin_lock(&slot->queue_lock);
		if (r->state != REQUEST_FREE)
			r->record.deadline_ns = ktime_get_boottime_ns() + 200 * NSEC_PER_USEC;
		ecom_slot_expire(slot, ktime_get_boottime_ns());
		spin_unlock(&slot->queue_lock);
		usleep_range(100, 1000);
	}
	return 0;
}

static void start_storm(struct kunit *test, struct task_struct *threads[4])
{
	static int (*const functions[4])(void *) = { storm_plc, storm_daemon, storm_death,
						     storm_clock };
	struct ecom_slot *slot = slot_of(test);
	int i;

	memset(&storm, 0, sizeof(storm));
	storm.finals = kunit_kzalloc(test, STORM_REQUESTS, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, storm.finals);
	storm.m = test->priv;
	spin_lock(&slot->queue_lock);
	storm.tell = slot->queue.tell;
	slot->queue.tell = storm_tells;
	queue_attach(&slot->queue);
	spin_unlock(&slot->queue_lock);
	for (i = 0; i < 4; i++) {
		threads[i] = kthread_run(functions[i], NULL, "ecom-kunit-%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(threads[i]));
	}
}

static void end_storm(struct ecom_slot *slot, struct task_struct *threads[4])
{
	int i;

	for (i = 0; i < 4; i++)
		kthread_stop(threads[i]);
	spin_lock(&slot->queue_lock);
	queue_detach(&slot->queue);
	queue_expire(&slot->queue, U64_MAX);
	slot->queue.tell = storm.tell;
	spin_unlock(&slot->queue_lock);
}

static void each_request_has_one_end(struct kunit *test)
{
	struct ecom_slot *slot = slot_of(test);
	struct task_struct *threads[4];
	unsigned int without = 0;
	u64 id, last;

	start_storm(test, threads);
	msleep(STORM_MS);
	end_storm(slot, threads);
	last = slot->queue.last_id;
	KUNIT_EXPECT_FALSE(test, storm.out_of_range);
	KUNIT_EXPECT_EQ(test, 0U, storm.doubled);
	for (id = 1; id <= last && id < STORM_REQUESTS; id++)
		without += !storm.finals[id];
	KUNIT_EXPECT_EQ(test, 0U, without);
	KUNIT_EXPECT_EQ(test, 0U, used(slot));
	KUNIT_EXPECT_GT(test, last, 20ULL);
	KUNIT_EXPECT_GT(test, slot->queue.counters.expired, 0U);
	kunit_info(test, "%llu requests, %u by their deadline", last,
		   slot->queue.counters.expired);
}

static struct kunit_case slot_cases[] = {
	KUNIT_CASE(deadline_comes_by_itself),
	KUNIT_CASE(earliest_deadline_comes_first),
	KUNIT_CASE(past_deadline_is_seen_at_once),
	KUNIT_CASE(expiry_seen_by_rx_wakes),
	KUNIT_CASE(stopped_slot_sets_no_timer),
	KUNIT_CASE(each_request_has_one_end),
	{}
};

static struct kunit_suite slot_suite = {
	.name = "ecom-slot",
	.suite_init = memory_driver_start,
	.init = slot_init,
	.exit = slot_exit,
	.test_cases = slot_cases,
};

kunit_test_suite(slot_suite);
