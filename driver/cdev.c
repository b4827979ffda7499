// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character device: uapi/linux/ecom.h is its manual. None of this touches
 * the card, except that opening and closing tells it whether a daemon is there.
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "ecom.h"
#include "trace.h"

/* The same on every machine and in 32-bit programs: no hidden padding */
static_assert(sizeof(struct ecom_request) == 176);
static_assert(sizeof(struct ecom_info) == 112);
static_assert(sizeof(struct ecom_result) == 116);
static_assert(sizeof(struct ecom_progress) == 48);
static_assert(sizeof(struct ecom_complete) == 128);
static_assert(sizeof(struct ecom_release) == 16);
static_assert(sizeof(struct ecom_settings) == 8);
static_assert(sizeof(struct ecom_registers) == 136);
static_assert(sizeof(struct ecom_frame) == 152);
static_assert(sizeof(struct ecom_frames) == 304);

struct ecom_file {
	struct ecom_slot *slot;
	bool daemon; /* opened O_RDWR */
};

static int attach(struct ecom_slot *slot)
{
	int err = 0;

	spin_lock(&slot->queue_lock);
	if (slot->gone)
		err = -ENODEV;
	else if (slot->queue.attached)
		err = -EBUSY;
	else
		queue_attach(&slot->queue);
	if (!err)
		trace_ecom_slot(slot->card->index, slot->registers.number, "attached");
	spin_unlock(&slot->queue_lock);
	return err;
}

static void detach(struct ecom_slot *slot)
{
	u64 now = ktime_get_boottime_ns();

	spin_lock(&slot->queue_lock);
	trace_ecom_slot(slot->card->index, slot->registers.number, "detached");
	queue_detach(&slot->queue);
	ecom_slot_queue_changed(slot, now);
	spin_unlock(&slot->queue_lock);
}

static int ecom_open(struct inode *inode, struct file *file)
{
	struct ecom_slot *slot = container_of(inode->i_cdev, struct ecom_slot, cdev);
	struct ecom_file *f;
	int err = 0;

	if ((file->f_flags & O_ACCMODE) == O_WRONLY)
		return -EINVAL;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	f->slot = slot;
	f->daemon = file->f_mode & FMODE_WRITE;
	if (f->daemon)
		err = attach(slot);
	if (err) {
		kfree(f);
		return err;
	}
	file->private_data = f;
	if (f->daemon)
		ecom_slot_show_attached(slot);
	return stream_open(inode, file);
}

static int ecom_release(struct inode *inode, struct file *file)
{
	struct ecom_file *f = file->private_data;

	if (f->daemon) {
		detach(f->slot);
		ecom_slot_show_attached(f->slot);
	}
	kfree(f);
	return 0;
}

/* Take the next request; -EAGAIN when there is none. */
static int take_request(struct ecom_slot *slot, struct ecom_request *record)
{
	u64 now = ktime_get_boottime_ns();
	int err = 0;

	spin_lock(&slot->queue_lock);
	ecom_slot_expire(slot, now);
	if (slot->gone)
		err = -ENODEV;
	else if (!queue_deliver(&slot->queue, record))
		err = -EAGAIN;
	spin_unlock(&slot->queue_lock);
	return err;
}

static bool readable(struct ecom_slot *slot)
{
	bool yes;

	spin_lock(&slot->queue_lock);
	yes = slot->gone || queue_available(&slot->queue);
	spin_unlock(&slot->queue_lock);
	return yes;
}

static void put_back(struct ecom_slot *slot, u64 id)
{
	u64 now = ktime_get_boottime_ns();

	spin_lock(&slot->queue_lock);
	queue_undeliver(&slot->queue, id);
	ecom_slot_queue_changed(slot, now);
	spin_unlock(&slot->queue_lock);
}

static bool is_gone(struct ecom_slot *slot)
{
	bool gone;

	spin_lock(&slot->queue_lock);
	gone = slot->gone;
	spin_unlock(&slot->queue_lock);
	return gone;
}

/* One record, however many pieces readv() has for it. */
static ssize_t ecom_read_request(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct ecom_file *f = file->private_data;
	struct ecom_request record;
	int err;

	if (is_gone(f->slot))
		return -ENODEV;
	if (!f->daemon)
		return -EPERM;
	if (iov_iter_count(to) < sizeof(record))
		return -EMSGSIZE;
	while ((err = take_request(f->slot, &record)) == -EAGAIN) {
		if ((file->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT))
			return -EAGAIN;
		err = wait_event_interruptible(f->slot->wait, readable(f->slot));
		if (err)
			return err;
	}
	if (err)
		return err;
	if (copy_to_iter(&record, sizeof(record), to) != sizeof(record)) {
		put_back(f->slot, record.id);
		return -EFAULT;
	}
	return sizeof(record);
}

static __poll_t ecom_poll(struct file *file, poll_table *table)
{
	struct ecom_file *f = file->private_data;
	struct ecom_slot *slot = f->slot;
	__poll_t mask = 0;
	u64 now;

	poll_wait(file, &slot->wait, table);
	now = ktime_get_boottime_ns();
	spin_lock(&slot->queue_lock);
	if (!slot->gone)
		ecom_slot_expire(slot, now);
	if (slot->gone)
		mask = EPOLLHUP | EPOLLERR;
	else if (f->daemon && queue_available(&slot->queue))
		mask = EPOLLIN | EPOLLRDNORM;
	spin_unlock(&slot->queue_lock);
	return mask;
}

static int call_progress(struct queue *q, const void *argument)
{
	return queue_progress(q, argument);
}

static int call_complete(struct queue *q, const void *argument)
{
	return queue_complete(q, argument);
}

static int call_release(struct queue *q, const void *argument)
{
	const struct ecom_release *release = argument;

	return release->reserved ? -EINVAL : queue_release(q, release->id);
}

static int call_set(struct queue *q, const void *argument)
{
	const struct ecom_settings *settings = argument;

	if (settings->timeout < 1 || settings->timeout > ECOM_TIMEOUT_MAX ||
	    settings->health > U16_MAX)
		return -EINVAL;
	q->timeout = settings->timeout;
	q->health = settings->health;
	return 0;
}

static int call_set_registers(struct queue *q, const void *argument)
{
	const struct ecom_registers *r = argument;

	if (r->reserved || r->count < 1 || r->count > ECOM_REGISTERS_MAX ||
	    !registers_writable(r->station, r->address, r->count))
		return -EINVAL;
	registers_write(q, r->station, r->address, r->count, r->words);
	return 0;
}

static int locked_call(struct ecom_slot *slot, int (*call)(struct queue *q, const void *argument),
		       const void *argument)
{
	u64 now = ktime_get_boottime_ns();
	int err = -ENODEV;

	spin_lock(&slot->queue_lock);
	if (!slot->gone) {
		/* a deadline that has passed comes first */
		ecom_slot_expire(slot, now);
		err = call(&slot->queue, argument);
		ecom_slot_queue_changed(slot, now);
	}
	spin_unlock(&slot->queue_lock);
	return err;
}

/*
 * Structures may be longer than ours, but not shorter than first published: a
 * status left out must not read as success (uapi/linux/ecom.h).
 */
static int fetch(void *to, size_t size, unsigned int cmd, const void __user *from)
{
	if (_IOC_SIZE(cmd) < size)
		return -EINVAL;
	return copy_struct_from_user(to, size, from, _IOC_SIZE(cmd));
}

static int store(void __user *to, unsigned int cmd, const void *from, size_t size)
{
	size_t room = _IOC_SIZE(cmd);

	if (copy_to_user(to, from, min(room, size)))
		return -EFAULT;
	if (room > size && clear_user(to + size, room - size))
		return -EFAULT;
	return 0;
}

static long daemon_call(struct ecom_slot *slot, unsigned int cmd, void __user *argument)
{
	union {
		struct ecom_progress progress;
		struct ecom_complete complete;
		struct ecom_release release;
		struct ecom_settings settings;
		struct ecom_registers registers;
	} u;
	static const struct {
		int (*call)(struct queue *q, const void *argument);
		size_t size;
	} calls[] = {
		[_IOC_NR(ECOM_IOC_PROGRESS)] = { call_progress, sizeof(u.progress) },
		[_IOC_NR(ECOM_IOC_COMPLETE)] = { call_complete, sizeof(u.complete) },
		[_IOC_NR(ECOM_IOC_RELEASE)] = { call_release, sizeof(u.release) },
		[_IOC_NR(ECOM_IOC_SET)] = { call_set, sizeof(u.settings) },
		[_IOC_NR(ECOM_IOC_SET_REGISTERS)] = { call_set_registers, sizeof(u.registers) },
	};
	int err = fetch(&u, calls[_IOC_NR(cmd)].size, cmd, argument);

	return err ?: locked_call(slot, calls[_IOC_NR(cmd)].call, &u);
}

static void fill_mailbox_info(struct ecom_slot *slot, struct ecom_info *info)
{
	mutex_lock(&slot->mailbox_lock);
	info->firmware = slot->firmware;
	info->card_generation = slot->serving;
	memcpy(info->module, slot->module, sizeof(info->module));
	memcpy(info->ethernet, slot->ethernet, sizeof(info->ethernet));
	mutex_unlock(&slot->mailbox_lock);
}

static long get_info(struct ecom_slot *slot, unsigned int cmd, void __user *argument)
{
	struct ecom_card *card = slot->card;
	struct ecom_info info = { .card = card->index, .slot = slot->registers.number };

	mutex_lock(&card->check_lock);
	info.card_firmware = card->id.firmware;
	memcpy(info.serial, card->id.serial, sizeof(info.serial));
	mutex_unlock(&card->check_lock);
	fill_mailbox_info(slot, &info);
	spin_lock(&slot->queue_lock);
	info.dip = slot->registers.dip;
	info.host_generation = slot->queue.host_generation;
	info.queue_depth = QUEUE_DEPTH;
	info.queue_used = queue_used(&slot->queue);
	info.timeout = slot->queue.timeout;
	info.wx_accepted = slot->queue.counters.accepted;
	info.wx_busy = slot->queue.counters.busy;
	info.wx_refused = slot->queue.counters.refused;
	info.expired = slot->queue.counters.expired;
	info.rx_accepted = slot->rx_accepted;
	info.rx_refused = slot->rx_refused;
	info.sequence_errors = slot->sequence_errors;
	spin_unlock(&slot->queue_lock);
	return store(argument, cmd, &info, sizeof(info));
}

static long get_registers(struct ecom_slot *slot, unsigned int cmd, void __user *argument)
{
	struct ecom_registers r;
	int err = fetch(&r, sizeof(r), cmd, argument);
	u64 now;

	if (err)
		return err;
	if (r.reserved || r.count < 1 || r.count > ECOM_REGISTERS_MAX ||
	    !registers_exist(r.station, r.address, r.count))
		return -EINVAL;
	memset(r.words, 0, sizeof(r.words));
	now = ktime_get_boottime_ns();
	spin_lock(&slot->queue_lock);
	if (!slot->gone)
		ecom_slot_expire(slot, now);
	registers_read(&slot->queue, &slot->registers, r.station, r.address, r.count, r.words);
	spin_unlock(&slot->queue_lock);
	return store(argument, cmd, &r, sizeof(r));
}

static long get_frames(struct ecom_slot *slot, unsigned int cmd, void __user *argument)
{
	struct ecom_frames frames;

	mutex_lock(&slot->mailbox_lock);
	frames.wx = slot->wx.last;
	frames.rx = slot->rx.last;
	mutex_unlock(&slot->mailbox_lock);
	return store(argument, cmd, &frames, sizeof(frames));
}

/* Structures may grow, so their size is no part of what a command is. */
#define COMMAND(cmd)	((cmd) & ~IOCSIZE_MASK)

static long ecom_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ecom_file *f = file->private_data;
	void __user *argument = (void __user *)arg;

	if (is_gone(f->slot))
		return -ENODEV;
	switch (COMMAND(cmd)) {
	case COMMAND(ECOM_IOC_PROGRESS):
	case COMMAND(ECOM_IOC_COMPLETE):
	case COMMAND(ECOM_IOC_RELEASE):
	case COMMAND(ECOM_IOC_SET):
	case COMMAND(ECOM_IOC_SET_REGISTERS):
		return f->daemon ? daemon_call(f->slot, cmd, argument) : -EPERM;
	case COMMAND(ECOM_IOC_GET_INFO):
		return get_info(f->slot, cmd, argument);
	case COMMAND(ECOM_IOC_GET_REGISTERS):
		return get_registers(f->slot, cmd, argument);
	case COMMAND(ECOM_IOC_GET_FRAMES):
		return get_frames(f->slot, cmd, argument);
	}
	return -ENOTTY;
}

const struct file_operations ecom_fops = {
	.owner = THIS_MODULE,
	.open = ecom_open,
	.release = ecom_release,
	.read_iter = ecom_read_request,
	.poll = ecom_poll,
	.unlocked_ioctl = ecom_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
