// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots: their devices, their deadlines, and their part of start and stop.
 *
 * A slot is created with its card, published as a character device, and
 * unpublished and stopped when the card goes. It is freed with the last
 * reference: an open file holds one through its cdev.
 */
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include "compat.h"
#include "ecom.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define SLOT_MINORS 1024

static struct class *slot_class;
static dev_t slot_devt;
static DEFINE_IDA(slot_minors);
static atomic_t slots_alive = ATOMIC_INIT(0);

int ecom_slots_init(void)
{
	int err = alloc_chrdev_region(&slot_devt, 0, SLOT_MINORS, "ecom");

	if (err)
		return err;
	slot_class = ecom_class_create("ecom");
	if (!IS_ERR(slot_class))
		return 0;
	unregister_chrdev_region(slot_devt, SLOT_MINORS);
	return PTR_ERR(slot_class);
}

/*
 * Whoever holds a reference to a slot's device, or frees it late, still needs
 * slot_release() when its card has long been let go.
 */
void ecom_slots_exit(void)
{
	wait_var_event(&slots_alive, !atomic_read(&slots_alive));
	class_destroy(slot_class);
	unregister_chrdev_region(slot_devt, SLOT_MINORS);
	ida_destroy(&slot_minors);
}

static void slot_release(struct device *dev)
{
	struct ecom_slot *slot = container_of(dev, struct ecom_slot, dev);

	ida_free(&slot_minors, MINOR(dev->devt));
	ecom_card_put(slot->card);
	mutex_destroy(&slot->mailbox_lock);
	vfree(slot);
	if (atomic_dec_and_test(&slots_alive))
		wake_up_var(&slots_alive);
}

static void expire(struct work_struct *work)
{
	struct ecom_slot *slot = container_of(work, struct ecom_slot, expire_work);
	u64 now = ktime_get_boottime_ns();

	spin_lock(&slot->queue_lock);
	ecom_slot_queue_changed(slot, now);
	spin_unlock(&slot->queue_lock);
}

static void collect(struct ecom_slot *slot, const struct queue_event *event)
{
	struct ecom_told *told = &slot->told[slot->told_count];

	if (slot->told_count == ECOM_TOLD_MAX) {
		slot->told_lost++;
		return;
	}
	told->time = ktime_get_boottime_ns();
	told->card = slot->card->index;
	told->slot = slot->registers.number;
	told->event = *event;
	slot->told_count++;
	schedule_work(&slot->tell_work);
}

/* Called by the queue with the queue_lock held. */
static void queue_tells(struct queue *q, const struct queue_event *event)
{
	struct ecom_slot *slot = container_of(q, struct ecom_slot, queue);

	trace_ecom_request(slot->card->index, slot->registers.number, event);
	/* a file that is closed after the card's removal must start no work */
	if (!slot->gone && ecom_netlink_listened())
		collect(slot, event);
}

static void tell_events(struct work_struct *work)
{
	struct ecom_slot *slot = container_of(work, struct ecom_slot, tell_work);
	struct ecom_told *told;
	unsigned int count;
	u32 lost;

	told = kmalloc(sizeof(slot->told), GFP_KERNEL);
	spin_lock(&slot->queue_lock);
	count = slot->told_count;
	lost = slot->told_lost;
	slot->told_count = 0;
	slot->told_lost = 0;
	if (told)
		memcpy(told, slot->told, count * sizeof(*told));
	spin_unlock(&slot->queue_lock);
	ecom_netlink_tell(told, told ? count : 0, told ? lost : lost + count);
	kfree(told);
}

static enum hrtimer_restart deadline_reached(struct hrtimer *timer)
{
	struct ecom_slot *slot = container_of(timer, struct ecom_slot, deadline);

	schedule_work(&slot->expire_work);
	return HRTIMER_NORESTART;
}

/**
 * ecom_slot_expire() - before the queue is looked at, and after it has changed
 * @slot: slot; queue_lock held
 * @now: CLOCK_BOOTTIME, read once for all that is done at a time: there are PCs
 *	whose clock is slow to read
 *
 * Ends what is past its deadline and sets the timer to the next one. Those who
 * show or use a deadline do not rely on the work item having run; then it finds
 * nothing to do, so what was held back behind a request that has ended is told here.
 */
void ecom_slot_expire(struct ecom_slot *slot, u64 now)
{
	u32 expired = slot->queue.counters.expired;
	u64 next = queue_expire(&slot->queue, now);

	if (slot->queue.counters.expired != expired)
		wake_up_interruptible(&slot->wait);
	if (next && next != slot->armed && !slot->gone)
		hrtimer_start(&slot->deadline, ns_to_ktime(next), HRTIMER_MODE_ABS);
	slot->armed = next;
}

/* As ecom_slot_expire(), and wakes those who wait for requests. */
void ecom_slot_queue_changed(struct ecom_slot *slot, u64 now)
{
	ecom_slot_expire(slot, now);
	wake_up_interruptible(&slot->wait);
}

static void slot_setup(struct ecom_slot *slot)
{
	mutex_init(&slot->mailbox_lock);
	spin_lock_init(&slot->queue_lock);
	init_waitqueue_head(&slot->wait);
	INIT_WORK(&slot->expire_work, expire);
	INIT_WORK(&slot->tell_work, tell_events);
	ecom_hrtimer_setup(&slot->deadline, deadline_reached, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
	queue_init(&slot->queue, slot->card->host_generation);
	slot->queue.tell = queue_tells;
}

static int slot_device_setup(struct ecom_slot *slot, int minor)
{
	struct ecom_card *card = slot->card;

	device_initialize(&slot->dev);
	slot->dev.class = slot_class;
	slot->dev.parent = &card->pdev->dev;
	slot->dev.devt = MKDEV(MAJOR(slot_devt), minor);
	slot->dev.release = slot_release;
	slot->dev.groups = ecom_slot_groups;
	cdev_init(&slot->cdev, &ecom_fops);
	slot->cdev.owner = THIS_MODULE;
	return dev_set_name(&slot->dev, "ecom%ds%u", card->index, slot->registers.number);
}

/**
 * ecom_slot_create() - make a slot of an identified card
 * @card: card
 * @index: of the slot block
 *
 * Return: the slot, with one reference, or an error pointer.
 */
struct ecom_slot *ecom_slot_create(struct ecom_card *card, unsigned int index)
{
	/* 256 results make it too large for kmalloc() not to waste as much */
	struct ecom_slot *slot = vzalloc(sizeof(*slot));
	int minor, err;

	if (!slot)
		return ERR_PTR(-ENOMEM);
	minor = ida_alloc_max(&slot_minors, SLOT_MINORS - 1, GFP_KERNEL);
	if (minor < 0) {
		vfree(slot);
		return ERR_PTR(minor);
	}
	atomic_inc(&slots_alive);
	kref_get(&card->ref);
	slot->card = card;
	slot->index = index;
	slot->registers.number = card->id.slot_numbers[index];
	slot_setup(slot);
	err = slot_device_setup(slot, minor);
	if (err) {
		put_device(&slot->dev);
		return ERR_PTR(err);
	}
	return slot;
}

int ecom_slot_publish(struct ecom_slot *slot)
{
	int err;

	ecom_debugfs_add(slot);
	err = cdev_device_add(&slot->cdev, &slot->dev);
	if (!err)
		trace_ecom_slot(slot->card->index, slot->registers.number, "published");
	return err;
}

/* No new opens from here on; open files see the card gone. */
void ecom_slot_unpublish(struct ecom_slot *slot)
{
	if (device_is_registered(&slot->dev))
		cdev_device_del(&slot->cdev, &slot->dev);
	ecom_debugfs_remove(slot);
	spin_lock(&slot->queue_lock);
	slot->gone = true;
	spin_unlock(&slot->queue_lock);
	trace_ecom_slot(slot->card->index, slot->registers.number, "gone");
	wake_up_all(&slot->wait);
}

/* Nothing of the slot runs by itself any more. */
void ecom_slot_stop(struct ecom_slot *slot)
{
	hrtimer_cancel(&slot->deadline);
	cancel_work_sync(&slot->expire_work);
	flush_work(&slot->tell_work);
}

static void read_module(struct ecom_slot *slot)
{
	struct ecom_card *card = slot->card;

	slot->doorbell_value = ecom_read(card, slot->base + SLOT_DOORBELL_VALUE);
	slot->firmware = ecom_read(card, slot->base + SLOT_FIRMWARE);
	ecom_read_bytes(card, slot->base + SLOT_MODULE, slot->module, sizeof(slot->module));
	identification_clean(slot->module, sizeof(slot->module));
	ecom_read_bytes(card, slot->base + SLOT_ETHERNET, slot->ethernet,
			sizeof(slot->ethernet));
}

/* Whoever has it open, the card is not served; io_lock held. */
void ecom_slot_leave(struct ecom_slot *slot)
{
	ecom_write(slot->card, slot->base + SLOT_ATTACHED, 0);
}

static void write_attached(struct ecom_slot *slot)
{
	bool attached;

	spin_lock(&slot->queue_lock);
	attached = slot->queue.attached;
	spin_unlock(&slot->queue_lock);
	ecom_write(slot->card, slot->base + SLOT_ATTACHED, attached);
}

/**
 * ecom_slot_start() - a slot's part of the host start
 * @slot: slot; io_lock held
 * @generation: of the card
 */
void ecom_slot_start(struct ecom_slot *slot, u32 generation)
{
	struct ecom_card *card = slot->card;
	u32 dip;

	mutex_lock(&slot->mailbox_lock);
	slot->base = card->id.slot_offset + slot->index * card->id.slot_size;
	slot->serving = generation;
	read_module(slot);
	dip = ecom_read(card, slot->base + SLOT_DIP) & 0xff;
	spin_lock(&slot->queue_lock);
	slot->registers.dip = dip;
	if (slot->queue.card_generation != generation) {
		queue_power_up(&slot->queue, generation);
		slot->wx.accepted_valid = false;
		slot->rx.accepted_valid = false;
	}
	spin_unlock(&slot->queue_lock);
	ecom_write(card, slot->base + SLOT_VECTOR,
		   card->vectors ? slot->vector : HOST_VECTOR_NONE);
	write_attached(slot);
	ecom_mailbox_start(slot);
	mutex_unlock(&slot->mailbox_lock);
}

/* The card does not answer, or is not ours any more. */
void ecom_slot_pause(struct ecom_slot *slot)
{
	mutex_lock(&slot->mailbox_lock);
	slot->serving = 0;
	mutex_unlock(&slot->mailbox_lock);
}

/* Tell the card that this slot's words have changed; io_lock held. */
void ecom_slot_ring(struct ecom_slot *slot)
{
	ecom_ring(slot->card, slot->card->id.doorbell_offset, slot->doorbell_value);
}

/* Tell the card that a daemon has come or gone. */
void ecom_slot_show_attached(struct ecom_slot *slot)
{
	struct ecom_card *card = slot->card;

	down_read(&card->io_lock);
	mutex_lock(&slot->mailbox_lock);
	if (card->present && slot->serving) {
		write_attached(slot);
		ecom_slot_ring(slot);
	}
	mutex_unlock(&slot->mailbox_lock);
	up_read(&card->io_lock);
}
