// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requests of one slot and their outcomes.
 *
 *             accept            deliver              complete, expire
 *   FREE -------------> QUEUED ---------> DELIVERED ------------------> FREE
 *     ^                  |   ^               |
 *     |      expire      |   |    release    |
 *     +------------------+   +---------------+
 *                              or detach
 *
 * Order is the order of acceptance, which is the order of the request numbers:
 * the next to deliver is the QUEUED one with the lowest number, so a request
 * that comes back takes its old place without a list to keep.
 *
 * Each request gets one final status, by end_request() and nowhere else, which
 * frees its place and writes the result of its tag. Results are apart from the
 * requests, so the place is free at once. What is final is gone from
 * @requests: a late PROGRESS or COMPLETE finds no request with that number
 * and, as the number has been given out, is told ESTALE.
 *
 * After a daemon has fallen, what it held and had not promised to end is
 * @suspect: delivered alone, before anything else is. A request delivered
 * alone when a daemon falls is charged; the third charge ends it.
 *
 * Every change is told to @tell, under the same lock.
 *
 * All of this is called with the slot's queue_lock held; @now and deadlines
 * are CLOCK_BOOTTIME in nanoseconds.
 */
#include "queue.h"

#define NSEC_PER_SECOND 1000000000ULL

void queue_init(struct queue *q, __u32 host_generation)
{
	memset(q, 0, sizeof(*q));
	q->host_generation = host_generation;
	q->timeout = REQUEST_TIMEOUT_DEFAULT;
	q->health = HEALTH_NO_DAEMON;
}

static void tell(struct queue *q, const struct request *r, enum ecom_event kind,
		 const struct ecom_result *result)
{
	const struct queue_event event = {
		.kind = kind,
		.request = r->record.id,
		.tag = r->record.tag,
		.state = result ? result->state : r->progress.state,
		.status = result ? result->status : STATUS_BUSY,
		.sent = result ? result->sent : SENT_UNKNOWN,
	};

	if (q->tell)
		q->tell(q, &event);
}

static struct request *find_request(struct queue *q, __u64 id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(q->requests); i++)
		if (q->requests[i].state != REQUEST_FREE && q->requests[i].record.id == id)
			return &q->requests[i];
	return NULL;
}

/* The oldest request behind the one numbered @id, or NULL. */
static struct request *next_in_order(struct queue *q, __u64 id)
{
	struct request *next = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(q->requests); i++) {
		struct request *r = &q->requests[i];

		if (r->state != REQUEST_FREE && r->record.id > id &&
		    (!next || r->record.id < next->record.id))
			next = r;
	}
	return next;
}

static struct request *find_free(struct queue *q)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(q->requests); i++)
		if (q->requests[i].state == REQUEST_FREE)
			return &q->requests[i];
	return NULL;
}

/* The request of @id, if the daemon may report on it. */
static int find_delivered(struct queue *q, __u64 id, struct request **request)
{
	*request = find_request(q, id);
	if (*request)
		return (*request)->state == REQUEST_DELIVERED ? 0 : -ENOENT;
	return id && id <= q->last_id ? -ESTALE : -ENOENT;
}

static bool is_orphan(const struct request *r)
{
	return r->record.flags & ECOM_REQUEST_ORPHAN;
}

static bool tag_outstanding(const struct queue *q, __u8 tag)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(q->requests); i++) {
		const struct request *r = &q->requests[i];

		if (r->state != REQUEST_FREE && !is_orphan(r) && r->record.tag == tag)
			return true;
	}
	return false;
}

/**
 * queue_power_up() - the card has been powered up
 * @q: queue
 * @card_generation: the new one
 *
 * Nobody will ask for the results of before. The mails still go out.
 */
void queue_power_up(struct queue *q, __u32 card_generation)
{
	size_t i;

	q->card_generation = card_generation;
	for (i = 0; i < ARRAY_SIZE(q->requests); i++)
		q->requests[i].record.flags |= ECOM_REQUEST_ORPHAN;
	memset(q->results, 0, sizeof(q->results));
	memset(q->outcomes, 0, sizeof(q->outcomes));
}

static void add_outcome(struct queue *q, const struct request *r,
			const struct ecom_result *result)
{
	struct queue_outcome *outcome;

	q->newest = (q->newest + 1) % RING_ENTRIES;
	outcome = &q->outcomes[q->newest];
	outcome->used = true;
	outcome->tag = r->record.tag;
	outcome->status = result->status;
	outcome->sent = result->sent;
	memcpy(outcome->label, r->progress.label, sizeof(outcome->label));
}

/* What an earlier daemon may have sent, nobody may call not sent. */
static void end_request(struct queue *q, struct request *r, struct ecom_result result,
			enum ecom_event kind)
{
	if (r->perhaps_sent && result.sent == SENT_NO)
		result.sent = SENT_UNKNOWN;
	if (!is_orphan(r)) {
		q->results[r->record.tag].result = result;
		add_outcome(q, r, &result);
	}
	r->state = REQUEST_FREE;
	tell(q, r, kind, &result);
}

/* An end that the daemon does not tell: @kind says what ended it. */
static void end_without_daemon(struct queue *q, struct request *r, enum ecom_event kind,
			       __u16 status, __u16 sent, __u16 detail)
{
	struct ecom_result result = {
		.status = status,
		.state = r->progress.state,
		.sent = sent,
		.detail = detail,
	};

	end_request(q, r, result, kind);
}

static void end_not_served(struct queue *q, struct request *r)
{
	end_without_daemon(q, r, ECOM_EVENT_REQUEST_ABANDONED, STATUS_NOT_SERVED, SENT_NO,
			   DETAIL_NO_DAEMON);
}

/* What holds of a request that nobody has reported on. */
static void reset_progress(struct request *r)
{
	r->progress.id = r->record.id;
	r->progress.state = 0;
	r->progress.on_expire = STATUS_TIMEOUT;
	r->progress.on_expire_sent = SENT_NO;
	r->progress.on_release = 0;
	r->progress.on_release_sent = SENT_UNKNOWN;
}

static void show_state(struct queue *q, const struct request *r)
{
	if (!is_orphan(r))
		q->results[r->record.tag].result.state = r->progress.state;
}

static void show_busy(struct queue *q, const struct request *r)
{
	struct queue_result *result = &q->results[r->record.tag];

	memset(result, 0, sizeof(*result));
	result->request = r->record.id;
	result->timeout = r->timeout;
	result->result.status = STATUS_BUSY;
}

static void fill_request(struct queue *q, struct request *r, const __u8 *frame, __u32 length,
			 __u64 now)
{
	memset(r, 0, sizeof(*r));
	r->state = REQUEST_QUEUED;
	r->timeout = q->timeout;
	r->record.id = ++q->last_id;
	r->record.accepted_ns = now;
	r->record.deadline_ns = now + q->timeout * NSEC_PER_SECOND;
	r->record.card_generation = q->card_generation;
	r->record.host_generation = q->host_generation;
	r->record.length = length;
	r->record.command = frame[FRAME_COMMAND];
	r->record.tag = frame[FRAME_TAG];
	memcpy(r->record.frame, frame, length);
	reset_progress(r);
}

static void tell_frame(struct queue *q, __u8 tag, enum ecom_event kind,
		       enum mailbox_reason reason)
{
	const struct queue_event event = { .kind = kind, .tag = tag, .reason = reason };

	if (q->tell)
		q->tell(q, &event);
}

/**
 * queue_refuse() - a WX is not taken
 * @q: queue
 * @tag: of the frame, 0 if it has none
 * @reason: why
 *
 * Return: the mailbox result.
 */
__u32 queue_refuse(struct queue *q, __u8 tag, enum mailbox_reason reason)
{
	q->counters.refused++;
	tell_frame(q, tag, ECOM_EVENT_WX_REFUSED, reason);
	return MAILBOX_RESULT(MAILBOX_REFUSED, reason);
}

/**
 * queue_accept() - take a command frame from the PLC
 * @q: queue
 * @frame: the copied frame, passed by frame_check_wx()
 * @length: of it, 4 to 128 bytes
 * @now: time
 *
 * Return: the mailbox result. When it is MAILBOX_ACCEPTED, the tag's result
 * reads busy, or is already final for a command that no daemon serves.
 */
__u32 queue_accept(struct queue *q, const __u8 *frame, __u32 length, __u64 now)
{
	struct request *r;

	if (tag_outstanding(q, frame[FRAME_TAG]))
		return queue_refuse(q, frame[FRAME_TAG], REASON_TAG);
	r = find_free(q);
	if (!r) {
		q->counters.busy++;
		tell_frame(q, frame[FRAME_TAG], ECOM_EVENT_WX_BUSY, REASON_NONE);
		return MAILBOX_RESULT(MAILBOX_BUSY, REASON_NONE);
	}
	fill_request(q, r, frame, length, now);
	show_busy(q, r);
	q->counters.accepted++;
	tell(q, r, ECOM_EVENT_REQUEST_QUEUED, NULL);
	if (!q->attached && r->record.command & COMMAND_AT_ONCE)
		end_not_served(q, r);
	return MAILBOX_RESULT(MAILBOX_ACCEPTED, REASON_NONE);
}

static __u32 count(const struct queue *q, enum request_state state)
{
	__u32 n = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(q->requests); i++)
		n += q->requests[i].state == state;
	return n;
}

__u32 queue_used(const struct queue *q)
{
	return QUEUE_DEPTH - count(q, REQUEST_FREE);
}

static bool suspect_delivered(const struct queue *q)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(q->requests); i++)
		if (q->requests[i].state == REQUEST_DELIVERED && q->requests[i].suspect)
			return true;
	return false;
}

/* The request to deliver next, or NULL. */
static struct request *next_request(struct queue *q)
{
	struct request *r = next_in_order(q, 0);

	while (r && r->state != REQUEST_QUEUED)
		r = next_in_order(q, r->record.id);
	if (!r || suspect_delivered(q))
		return NULL;
	if (r->suspect && count(q, REQUEST_DELIVERED))
		return NULL;
	return r;
}

/* Would queue_deliver() give a request? */
bool queue_available(struct queue *q)
{
	return next_request(q);
}

/**
 * queue_deliver() - hand the next request to the daemon
 * @q: queue
 * @record: where to
 *
 * Return: false when there is none to hand out now.
 */
bool queue_deliver(struct queue *q, struct ecom_request *record)
{
	struct request *r = next_request(q);

	if (!r)
		return false;
	r->state = REQUEST_DELIVERED;
	*record = r->record;
	tell(q, r, ECOM_EVENT_REQUEST_DELIVERED, NULL);
	return true;
}

static bool sent_valid(__u16 sent)
{
	return sent <= SENT_PARTLY;
}

static bool progress_valid(const struct ecom_progress *p)
{
	return p->state <= 9 && p->on_expire > STATUS_BUSY && p->on_release != STATUS_BUSY &&
	       sent_valid(p->on_expire_sent) && sent_valid(p->on_release_sent) &&
	       !p->reserved[0] && !p->reserved[1] && !p->reserved[2];
}

/**
 * queue_progress() - how far the daemon is
 * @q: queue
 * @progress: what it reports
 *
 * Return: 0, or -EINVAL, -ENOENT, -ESTALE; then nothing is changed.
 */
int queue_progress(struct queue *q, const struct ecom_progress *progress)
{
	struct request *r;
	int err;

	if (!progress_valid(progress))
		return -EINVAL;
	err = find_delivered(q, progress->id, &r);
	if (err)
		return err;
	r->progress = *progress;
	show_state(q, r);
	tell(q, r, ECOM_EVENT_REQUEST_PROGRESS, NULL);
	return 0;
}

static bool result_valid(const struct ecom_result *result)
{
	return result->status != STATUS_BUSY && result->state <= 9 && result->reply <= 999 &&
	       sent_valid(result->sent) && result->text_length <= ECOM_TEXT_MAX &&
	       !result->reserved && !result->reserved2[0] && !result->reserved2[1];
}

/**
 * queue_complete() - the daemon's final status
 * @q: queue
 * @complete: what it reports
 *
 * Return: 0, or -EINVAL, -ENOENT, -ESTALE; then nothing is changed.
 */
int queue_complete(struct queue *q, const struct ecom_complete *complete)
{
	struct request *r;
	int err;

	if (!result_valid(&complete->result) || complete->reserved)
		return -EINVAL;
	err = find_delivered(q, complete->id, &r);
	if (err)
		return err;
	end_request(q, r, complete->result, ECOM_EVENT_REQUEST_COMPLETED);
	return 0;
}

static void requeue(struct queue *q, struct request *r)
{
	r->state = REQUEST_QUEUED;
	reset_progress(r);
	show_state(q, r);
	tell(q, r, ECOM_EVENT_REQUEST_REQUEUED, NULL);
}

/**
 * queue_undeliver() - the record could not be copied to the daemon
 * @q: queue
 * @id: of the request; it may have expired meanwhile
 */
void queue_undeliver(struct queue *q, __u64 id)
{
	struct request *r;

	if (!find_delivered(q, id, &r))
		requeue(q, r);
}

/**
 * queue_release() - the daemon hands a request back
 * @q: queue
 * @id: of the request
 *
 * Return: 0, or -ENOENT, -ESTALE.
 */
int queue_release(struct queue *q, __u64 id)
{
	struct request *r;
	int err = find_delivered(q, id, &r);

	if (err)
		return err;
	r->suspect = false;
	requeue(q, r);
	return 0;
}

void queue_attach(struct queue *q)
{
	q->attached = true;
}

static void daemon_fell(struct queue *q, struct request *r, bool alone)
{
	if (r->progress.on_release) {
		end_without_daemon(q, r, ECOM_EVENT_REQUEST_ABANDONED, r->progress.on_release,
				   r->progress.on_release_sent, DETAIL_DAEMON_ENDED);
		return;
	}
	if (r->progress.on_expire_sent != SENT_NO)
		r->perhaps_sent = true;
	r->record.charges += alone;
	if (r->record.charges >= QUEUE_CHARGES) {
		end_without_daemon(q, r, ECOM_EVENT_REQUEST_ABANDONED, STATUS_INVALID_STATE,
				   r->progress.on_expire_sent, DETAIL_DAEMON_FELL);
		return;
	}
	r->suspect = true;
	r->record.flags |= ECOM_REQUEST_REDELIVERED;
	requeue(q, r);
}

/**
 * queue_detach() - the daemon has closed the device
 * @q: queue
 *
 * What it holds still was not handed back: it fell. Commands of the sort that
 * is not to wait for a daemon end now.
 */
void queue_detach(struct queue *q)
{
	bool alone = count(q, REQUEST_DELIVERED) == 1;
	struct request *r;

	q->attached = false;
	q->health = HEALTH_NO_DAEMON;
	for (r = next_in_order(q, 0); r; r = next_in_order(q, r->record.id)) {
		if (r->state == REQUEST_DELIVERED)
			daemon_fell(q, r, alone);
		if (r->state == REQUEST_QUEUED && r->record.command & COMMAND_AT_ONCE)
			end_not_served(q, r);
	}
}

static void expire_request(struct queue *q, struct request *r)
{
	bool untouched = r->state == REQUEST_QUEUED && !q->attached;

	q->counters.expired++;
	end_without_daemon(q, r, ECOM_EVENT_REQUEST_EXPIRED, r->progress.on_expire,
			   r->progress.on_expire_sent, untouched ? DETAIL_NO_DAEMON : 0);
}

/* The request whose deadline comes first, of equal ones the oldest; or NULL. */
static struct request *next_to_expire(struct queue *q)
{
	struct request *next = next_in_order(q, 0);
	struct request *r;

	for (r = next; r; r = next_in_order(q, r->record.id))
		if (r->record.deadline_ns < next->record.deadline_ns)
			next = r;
	return next;
}

/**
 * queue_expire() - end what is past its deadline, in the order of deadlines
 * @q: queue
 * @now: time
 *
 * Return: the earliest deadline left, or 0.
 */
__u64 queue_expire(struct queue *q, __u64 now)
{
	struct request *r = next_to_expire(q);

	while (r && r->record.deadline_ns <= now) {
		expire_request(q, r);
		r = next_to_expire(q);
	}
	return r ? r->record.deadline_ns : 0;
}
