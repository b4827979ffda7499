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

/* A value that the mailbox_lock protects */
#define MAILBOX_ATTRIBUTE(_name, _format, ...)                                                    \
	static ssize_t _name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
	{                                                                                         \
		struct ecom_slot *slot = to_slot(dev);                                            \
		ssize_t size;                                                                     \
                                                                                                  \
		mutex_lock(&slot->mailbox_lock);                                                  \
		size = sysfs_emit(buf, _format "\n", __VA_ARGS__);                                \
		mutex_unlock(&slot->mailbox_lock);                                                \
		return size;                                                                      \
	}                                                                                         \
	static DEVICE_ATTR_RO(_name)

/* A number that the queue_lock protects */
#define QUEUE_ATTRIBUTE(_name, _value)                                                            \
	static ssize_t _name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
	{                                                                                         \
		struct ecom_slot *slot = to_slot(dev);                                            \
		u32 value;                                                                        \
                                                                                                  \
		spin_lock(&slot->queue_lock);                                                     \
		value = _value;                                                                   \
		spin_unlock(&slot->queue_lock);                                                   \
		return sysfs_emit(buf, "%u\n", value);                                            \
	}                                                                                         \
	static DEVICE_ATTR_RO(_name)

#define FIRMWARE_FORMAT	   "%u.%u.%u"
#define FIRMWARE_VALUES(f) (f) >> 24, (f) >> 16 & 0xff, (f)&0xffff

MAILBOX_ATTRIBUTE(module, "%.*s", SLOT_MODULE_SIZE, slot->module);
MAILBOX_ATTRIBUTE(firmware, FIRMWARE_FORMAT, FIRMWARE_VALUES(slot->firmware));
MAILBOX_ATTRIBUTE(ethernet, "%pM", slot->ethernet);
MAILBOX_ATTRIBUTE(serving, "%u", !!slot->serving);
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

/* Of the card, at the PCI device */
#define CARD_ATTRIBUTE(_name, _format, ...)                                                              \
	static ssize_t ecom_##_name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
	{                                                                                                \
		struct ecom_card *card = dev_get_drvdata(dev);                                           \
		ssize_t size;                                                                            \
                                                                                                         \
		mutex_lock(&card->check_lock);                                                           \
		size = sysfs_emit(buf, _format "\n", __VA_ARGS__);                                       \
		mutex_unlock(&card->check_lock);                                                         \
		return size;                                                                             \
	}                                                                                                \
	static DEVICE_ATTR_RO(ecom_##_name)

CARD_ATTRIBUTE(generation, "%08x", card->id.generation);
CARD_ATTRIBUTE(serial, "%.*s", CARD_SERIAL_SIZE, card->id.serial);
CARD_ATTRIBUTE(firmware, FIRMWARE_FORMAT, FIRMWARE_VALUES(card->id.firmware));
CARD_ATTRIBUTE(trouble, "%s", card->trouble ?: "none");

static struct attribute *card_attrs[] = {
	&dev_attr_ecom_generation.attr, &dev_attr_ecom_serial.attr,
	&dev_attr_ecom_firmware.attr, &dev_attr_ecom_trouble.attr,
	NULL
};

static const struct attribute_group card_group = { .attrs = card_attrs };

const struct attribute_group *ecom_card_groups[] = { &card_group, NULL };
