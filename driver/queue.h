/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ECOM_QUEUE_H
#define ECOM_QUEUE_H

#include <linux/ecom.h>
#include <linux/ecom_netlink.h>
#include <linux/ecom_slave89.h>
#include "card.h"
#include "pure.h"

#define QUEUE_DEPTH	16
#define QUEUE_CHARGES	3
#define QUEUE_TAGS	256

enum request_state {
	REQUEST_FREE,
	REQUEST_QUEUED,
	REQUEST_DELIVERED,
};

struct request {
	enum request_state state;
	bool suspect;		/* delivered to a daemon that fell: deliver alone */
	bool perhaps_sent;	/* that daemon had gone past the point of no return */
	__u32 timeout;		/* seconds */
	struct ecom_request record;
	struct ecom_progress progress;
};

struct queue_result {
	__u64 request;		/* number; 0: tag never used */
	__u32 timeout;
	struct ecom_result result;
};

struct queue_outcome {
	__u8 tag;
	bool used;
	__u16 status;
	__u16 sent;
	__u8 label[ECOM_LABEL_MAX];
};

struct queue_counters {
	__u32 accepted;
	__u32 busy;
	__u32 refused;
	__u32 expired;
};

/* What has happened to a request or a frame, for those who watch */
struct queue_event {
	enum ecom_event kind;
	__u64 request;
	__u8 tag;
	__u16 state;
	__u16 status;
	__u16 sent;
	__u32 reason;
};

struct queue {
	void (*tell)(struct queue *q, const struct queue_event *event);	/* or NULL */
	__u32 host_generation;
	__u32 card_generation;
	__u32 timeout;		/* seconds, for requests accepted from now on */
	__u32 health;
	bool attached;		/* a daemon holds the slot */
	__u64 last_id;
	__u32 newest;		/* entry of @outcomes */
	struct queue_counters counters;
	struct request requests[QUEUE_DEPTH];
	struct queue_outcome outcomes[RING_ENTRIES];
	struct queue_result results[QUEUE_TAGS];
	__u16 info[REG_INFO_END - REG_INFO];
	__u8 scratch[SCRATCH_SIZE];
};

void queue_init(struct queue *q, __u32 host_generation);
void queue_power_up(struct queue *q, __u32 card_generation);
__u32 queue_refuse(struct queue *q, __u8 tag, enum mailbox_reason reason);
__u32 queue_accept(struct queue *q, const __u8 *frame, __u32 length, __u64 now);
void queue_attach(struct queue *q);
void queue_detach(struct queue *q);
bool queue_available(struct queue *q);
bool queue_deliver(struct queue *q, struct ecom_request *record);
void queue_undeliver(struct queue *q, __u64 id);
int queue_progress(struct queue *q, const struct ecom_progress *progress);
int queue_complete(struct queue *q, const struct ecom_complete *complete);
int queue_release(struct queue *q, __u64 id);
__u64 queue_expire(struct queue *q, __u64 now);
__u32 queue_used(const struct queue *q);

#endif /* ECOM_QUEUE_H */
