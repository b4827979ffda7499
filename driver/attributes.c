// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sysfs shows: Documentation/ABI/sysfs-ecom. One value a file. None of
 * this touches the card; a slot's files go before the slot does.
 */
#include <linux/sysfs.h>

#include "ecom.h"

static struct ecom_slot *to_slot(struct device *dev)
{
	return container_of(dev, struct ecom_slot, dev);
}

static ssize_t emit_firmware(char *buf, u32 firmware)
{
	return sysfs_emit(buf, "%u.%u.%u\n", firmware >> 24, firmware >> 16 & 0xff,
			  firmware & 0xffff);
}

/* clang-format would indent what the macros define. */
/* clang-format off */

/* Something that the mailbox_lock protects */
#define MAILBOX_ATTRIBUTE(_name, _emit)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct ecom_slot *slot = to_slot(dev);				\
	ssize_t size;							\
									\
	mutex_lock(&slot->mailbox_lock);				\
	size = _emit;							\
	mutex_unlock(&slot->mailbox_lock);				\
	return size;							\
}									\
static DEVICE_ATTR_RO(_name)

/* A number that the queue_lock protects */
#define QUEUE_ATTRIBUTE(_name, _value)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct ecom_slot *slot = to_slot(dev);				\
	u32 value;							\
									\
	spin_lock(&slot->queue_lock);					\
	value = _value;							\
	spin_unlock(&slot->queue_lock);					\
	return sysfs_emit(buf, "%u\n", value);				\
}									\
static DEVICE_ATTR_RO(_name)

/* clang-format on */

MAILBOX_ATTRIBUTE(module, sysfs_emit(buf, "%.*s\n", SLOT_MODULE_SIZE, slot->module));
MAILBOX_ATTRIBUTE(firmware, emit_firmware(buf, slot->firmware));
MAILBOX_ATTRIBUTE(ethernet, sysfs_emit(buf, "%pM\n", slot->ethernet));
MAILBOX_ATTRIBUTE(serving, sysfs_emit(buf, "%u\n", !!slot->serving));
QUEUE_ATTRIBUTE(slot, slot->registers.number);
QUEUE_ATTRIBUTE(dip, slot->registers.dip);
QUEUE_ATTRIBUTE(attached, slot->queue.attached);
QUEUE_ATTRIBUTE(health, slot->queue.health);
QUEUE_ATTRIBUTE(timeout, slot->queue.timeout);
QUEUE_ATTRIBUTE(queue_depth, QUEUE_DEPTH);
QUEUE_ATTRIBUTE(queue_used, queue_used(&slot->queue));
QUEUE_ATTRIBUTE(wx_accepted, slot->queue.counters.accepted);
QUEUE_ATTRIBUTE(wx_busy, slot->queue.counters.busy);
QUEUE_ATTRIBUTE(wx_refused, slot->queue.counters.refused);
QUEUE_ATTRIBUTE(rx_accepted, slot->rx_accepted);
QUEUE_ATTRIBUTE(rx_refused, slot->rx_refused);
QUEUE_ATTRIBUTE(expired, slot->queue.counters.expired);
QUEUE_ATTRIBUTE(sequence_errors, slot->sequence_errors);

static struct attribute *slot_attrs[] = {
	&dev_attr_module.attr, &dev_attr_firmware.attr, &dev_attr_ethernet.attr,
	&dev_attr_serving.attr, &dev_attr_slot.attr, &dev_attr_dip.attr,
	&dev_attr_attached.attr, &dev_attr_health.attr, &dev_attr_timeout.attr,
	&dev_attr_queue_depth.attr, &dev_attr_queue_used.attr, &dev_attr_wx_accepted.attr,
	&dev_attr_wx_busy.attr, &dev_attr_wx_refused.attr, &dev_attr_rx_accepted.attr,
	&dev_attr_rx_refused.attr, &dev_attr_expired.attr, &dev_attr_sequence_errors.attr,
	NULL
};

static const struct attribute_group slot_group = { .attrs = slot_attrs };

const struct attribute_group *ecom_slot_groups[] = { &slot_group, NULL };

/* clang-format off */

/* Of the card, at the PCI device; check_lock */
#define CARD_ATTRIBUTE(_name, _emit)					\
static ssize_t ecom_##_name##_show(struct device *dev,			\
				   struct device_attribute *attr,	\
				   char *buf)				\
{									\
	struct ecom_card *card = dev_get_drvdata(dev);			\
	ssize_t size;							\
									\
	mutex_lock(&card->check_lock);					\
	size = _emit;							\
	mutex_unlock(&card->check_lock);				\
	return size;							\
}									\
static DEVICE_ATTR_RO(ecom_##_name)

/* clang-format on */

CARD_ATTRIBUTE(generation, sysfs_emit(buf, "%08x\n", card->id.generation));
CARD_ATTRIBUTE(serial, sysfs_emit(buf, "%.*s\n", CARD_SERIAL_SIZE, card->id.serial));
CARD_ATTRIBUTE(firmware, emit_firmware(buf, card->id.firmware));
CARD_ATTRIBUTE(trouble, sysfs_emit(buf, "%s\n", card->trouble ?: "none"));

static struct attribute *card_attrs[] = {
	&dev_attr_ecom_generation.attr, &dev_attr_ecom_serial.attr,
	&dev_attr_ecom_firmware.attr, &dev_attr_ecom_trouble.attr,
	NULL
};

static const struct attribute_group card_group = { .attrs = card_attrs };

const struct attribute_group *ecom_card_groups[] = { &card_group, NULL };
