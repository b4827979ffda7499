/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects of the driver and who locks what.
 *
 * A card (struct ecom_card) is a bound PCI function; it is reference counted
 * and lives until its last slot is gone. A slot (struct ecom_slot) is a
 * character device; it lives until the last open file is closed, which may be
 * long after its card was unplugged.
 *
 * Locks, outer to inner:
 *
 *   card->io_lock        held for reading around every access to DPRAM or
 *                        doorbell and for writing to take them away; never
 *                        held while waiting for a process
 *   card->check_lock     the card's state: served generation, heartbeats
 *   slot->mailbox_lock   the mailboxes of a slot, their sequences, last frames
 *   slot->queue_lock     requests, results and registers; a spinlock, with no
 *                        DPRAM access and no user memory under it
 *
 * The netlink family's lock is taken outside of check_lock, mailbox_lock and
 * queue_lock, and never together with io_lock: events are told by work items.
 * queue_lock is taken in process context only, so a plain spin_lock() does.
 */
#ifndef ECOM_H
#define ECOM_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <linux/ecom.h>
#include "card.h"
#include "frame.h"
#include "identification.h"
#include "queue.h"
#include "registers.h"

#define ECOM_CARDS_MAX	64

/* The mapped card; dpram.c alone looks inside. */
struct ecom_dpram {
	void __iomem *mem;
	void __iomem *doorbells;
	u64 mem_size;
	u64 doorbells_size;
};

/* An interrupt of a card */
struct ecom_vector {
	struct ecom_card *card;
	int irq;
};

struct ecom_card {
	struct kref ref;
	u32 host_generation;	/* random at each binding, never 0 */
	struct pci_dev *pdev;
	int index;		/* below ECOM_CARDS_MAX */
	int vectors;		/* 0: polling */
	struct ecom_vector vector[CARD_SLOTS_MAX + 1];
	DECLARE_BITMAP(rung, CARD_SLOTS_MAX + 1);	/* by vector: not looked at yet */

	struct rw_semaphore io_lock;
	bool present;		/* DPRAM may be accessed; io_lock */
	struct ecom_dpram dpram;

	struct mutex check_lock;
	struct identification id;
	bool serving;		/* ready_for is set */
	const char *trouble;	/* why not serving, or NULL */
	u32 heartbeat;		/* ours */
	u32 card_heartbeat;	/* the card's, as last seen */
	u32 still;		/* ticks that it has stood still */
	struct delayed_work tick;

	bool told_serving;	/* as listeners know it; its lock */
	u32 told_generation;
	struct work_struct tell_work;

	unsigned int slot_count;
	struct ecom_slot *slots[CARD_SLOTS_MAX];
};

/* An event on its way to the netlink family */
struct ecom_told {
	u64 time;
	int card;
	int slot;		/* K number, -1: the card itself */
	struct queue_event event;
};

#define ECOM_TOLD_MAX	32

/* One mailbox of a slot: what has been seen of it */
struct ecom_mailbox {
	u32 ack;		/* our acknowledge, as in DPRAM */
	u32 accepted;		/* sequence last accepted */
	bool accepted_valid;
	struct ecom_frame last;
};

struct ecom_slot {
	struct device dev;
	struct cdev cdev;
	struct ecom_card *card;
	unsigned int index;	/* of the slot block */
	u32 base;		/* offset of the slot block */
	int vector;

	struct mutex mailbox_lock;
	u32 serving;		/* card generation that the mailboxes serve, or 0 */
	u32 doorbell_value;
	struct ecom_mailbox wx;
	struct ecom_mailbox rx;
	u32 firmware;
	u8 module[SLOT_MODULE_SIZE] __aligned(4);
	u8 ethernet[8] __aligned(4);

	spinlock_t queue_lock;
	bool gone;
	struct queue queue;
	struct registers_slot registers;
	u32 rx_accepted;
	u32 rx_refused;
	u32 sequence_errors;
	wait_queue_head_t wait;
	struct hrtimer deadline;
	u64 armed;		/* what the timer is set to, or 0 */
	struct work_struct expire_work;
	struct ecom_told told[ECOM_TOLD_MAX];
	unsigned int told_count;
	u32 told_lost;
	struct work_struct tell_work;
	struct dentry *debugfs;
};

/* card.c */
struct ecom_card *ecom_card_create(struct pci_dev *pdev);
void ecom_card_put(struct ecom_card *card);
int ecom_card_identify(struct ecom_card *card);
void ecom_card_check(struct ecom_card *card, bool tick);
void ecom_card_stop(struct ecom_card *card);

/* slot.c */
int ecom_slots_init(void);
void ecom_slots_exit(void);
struct ecom_slot *ecom_slot_create(struct ecom_card *card, unsigned int index);
int ecom_slot_publish(struct ecom_slot *slot);
void ecom_slot_unpublish(struct ecom_slot *slot);
void ecom_slot_stop(struct ecom_slot *slot);
void ecom_slot_start(struct ecom_slot *slot, u32 generation);
void ecom_slot_pause(struct ecom_slot *slot);
void ecom_slot_ring(struct ecom_slot *slot);
void ecom_slot_show_attached(struct ecom_slot *slot);
void ecom_slot_expire(struct ecom_slot *slot, u64 now);
void ecom_slot_leave(struct ecom_slot *slot);
void ecom_slot_queue_changed(struct ecom_slot *slot, u64 now);

/* attributes.c */
extern const struct attribute_group *ecom_slot_groups[];
extern const struct attribute_group *ecom_card_groups[];

/* netlink.c */
int ecom_netlink_init(void);
void ecom_netlink_exit(void);
bool ecom_netlink_listened(void);
void ecom_netlink_tell(const struct ecom_told *told, unsigned int count, u32 lost);
void ecom_netlink_tell_card(struct ecom_card *card);
void ecom_netlink_add(struct ecom_card *card);
void ecom_netlink_remove(struct ecom_card *card);

/* debugfs.c */
void ecom_debugfs_init(void);
void ecom_debugfs_exit(void);
void ecom_debugfs_add(struct ecom_slot *slot);
void ecom_debugfs_remove(struct ecom_slot *slot);

/* cdev.c */
extern const struct file_operations ecom_fops;

/* mailbox.c */
void ecom_mailbox_start(struct ecom_slot *slot);
void ecom_mailbox_serve(struct ecom_slot *slot);

/* dpram.c: with the io_lock held */
int ecom_dpram_map(struct ecom_card *card);
void ecom_dpram_unmap(struct ecom_card *card);
u32 ecom_read(struct ecom_card *card, u32 offset);
void ecom_write(struct ecom_card *card, u32 offset, u32 value);
void ecom_read_bytes(struct ecom_card *card, u32 offset, void *to, size_t size);
void ecom_write_bytes(struct ecom_card *card, u32 offset, const void *from, size_t size);
void ecom_ring(struct ecom_card *card, u32 offset, u32 value);
bool ecom_identification_stale(struct ecom_card *card, const struct identification *id);
void ecom_read_identification(struct ecom_card *card, struct identification *id);

#endif /* ECOM_H */
