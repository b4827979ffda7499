// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "memory-card.h"

#define SLOT_BLOCK(slot) (0x400 + 0x400 * (slot))

static bool started;

/* KUnit runs the suites before or after module_init(), as the kernel is old or new. */
static int __ref start(void)
{
	int err;

	if (started)
		return 0;
	ecom_debugfs_init();
	err = ecom_slots_init();
	if (!err)
		err = ecom_netlink_init();
	started = !err;
	return err;
}

int memory_driver_start(struct kunit_suite *suite)
{
	return start();
}

static int __init memory_driver_init(void)
{
	return start();
}

static void __exit memory_driver_exit(void)
{
	ecom_netlink_exit();
	ecom_slots_exit();
	ecom_debugfs_exit();
}

module_init(memory_driver_init);
module_exit(memory_driver_exit);

MODULE_DESCRIPTION("KUnit tests of the ecom driver");
MODULE_AUTHOR("The ecemail authors");
MODULE_LICENSE("GPL");

u32 memory_get(struct memory_card *m, u32 offset)
{
	return le32_to_cpu(READ_ONCE(*(__le32 *)(m->dpram + offset)));
}

void memory_set(struct memory_card *m, u32 offset, u32 value)
{
	WRITE_ONCE(*(__le32 *)(m->dpram + offset), cpu_to_le32(value));
}

static void fill_slot(struct memory_card *m, unsigned int slot)
{
	u32 block = SLOT_BLOCK(slot);

	memory_set(m, block + 0x00, (slot + 1) % 16);
	memory_set(m, block + 0x04, 0x80);
	memory_set(m, block + 0x08, 0x04000407);
	memory_set(m, block + 0x0c, 0x5100 + slot);
	memcpy(m->dpram + block + 0x10, "H2-ECOM100", 10);
}

static void fill(struct memory_card *m, unsigned int slots)
{
	unsigned int i;

	memory_set(m, 0x04, 0x10000);
	memory_set(m, 0x08, MEMORY_DPRAM);
	memory_set(m, 0x0c, slots);
	memory_set(m, 0x10, 0x400);
	memory_set(m, 0x14, 0x400);
	memory_set(m, 0x18, 0x100);
	memory_set(m, 0x20, 0x1234);
	memory_set(m, 0x28, 1);
	memory_set(m, 0x2c, 0x0c);
	memory_set(m, 0x30, 0x5000);
	memory_set(m, 0x34, 0x01000000);
	memcpy(m->dpram + 0x38, "MEMORY", 6);
	for (i = 0; i < slots; i++)
		fill_slot(m, i);
	memory_set(m, 0x00, 0x4d4f4345);
}

static void pci_release(struct device *dev)
{
	kfree(to_pci_dev(dev));
}

/* As much of a PCI device as the driver looks at */
static struct pci_dev *create_pci(struct kunit *test)
{
	static unsigned int count;
	struct pci_dev *pdev = kzalloc(sizeof(*pdev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	pdev->error_state = pci_channel_io_normal;
	pdev->dev.release = pci_release;
	device_initialize(&pdev->dev);
	dev_set_name(&pdev->dev, "memory-card-%u", count++);
	KUNIT_ASSERT_EQ(test, 0, device_add(&pdev->dev));
	return pdev;
}

struct memory_card *memory_card_create(struct kunit *test, int index, unsigned int slots)
{
	struct memory_card *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->dpram = vzalloc(MEMORY_DPRAM);
	m->doorbells = vzalloc(MEMORY_DOORBELLS);
	m->card = ecom_card_create(create_pci(test));
	KUNIT_ASSERT_TRUE(test, m->dpram && m->doorbells && m->card);
	m->card->index = index;
	m->card->dpram.mem = (void __iomem __force *)m->dpram;
	m->card->dpram.doorbells = (void __iomem __force *)m->doorbells;
	m->card->dpram.mem_size = MEMORY_DPRAM;
	m->card->dpram.doorbells_size = MEMORY_DOORBELLS;
	fill(m, slots);
	return m;
}

struct memory_card *memory_card_serve(struct kunit *test, int index, unsigned int slots)
{
	struct memory_card *m = memory_card_create(test, index, slots);
	struct ecom_card *card = m->card;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, ecom_card_identify(card));
	for (i = 0; i < slots; i++) {
		card->slots[i] = ecom_slot_create(card, i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(card->slots[i]));
		card->slot_count++;
	}
	ecom_netlink_add(card);
	down_write(&card->io_lock);
	card->present = true;
	downgrade_write(&card->io_lock);
	ecom_card_check(card, true);
	up_read(&card->io_lock);
	KUNIT_ASSERT_TRUE(test, card->serving);
	return m;
}

static void quiesce(struct ecom_card *card)
{
	down_write(&card->io_lock);
	if (card->present)
		ecom_card_stop(card);
	card->present = false;
	up_write(&card->io_lock);
}

void memory_card_remove(struct memory_card *m)
{
	struct ecom_card *card = m->card;
	struct pci_dev *pdev = card->pdev;
	unsigned int i;

	for (i = 0; i < card->slot_count; i++)
		ecom_slot_unpublish(card->slots[i]);
	quiesce(card);
	ecom_dpram_unmap(card);
	for (i = 0; i < card->slot_count; i++)
		ecom_slot_stop(card->slots[i]);
	flush_work(&card->tell_work);
	ecom_netlink_remove(card);
	for (i = 0; i < card->slot_count; i++)
		put_device(&card->slots[i]->dev);
	ecom_card_put(card);
	device_unregister(&pdev->dev);
	vfree(m->dpram);
	vfree(m->doorbells);
}

static void serve(struct memory_card *m, unsigned int slot)
{
	struct ecom_card *card = m->card;

	down_read(&card->io_lock);
	mutex_lock(&card->slots[slot]->mailbox_lock);
	ecom_mailbox_serve(card->slots[slot]);
	mutex_unlock(&card->slots[slot]->mailbox_lock);
	up_read(&card->io_lock);
}

u32 memory_wx(struct memory_card *m, unsigned int slot, u8 station, u16 address, const void *data,
	      u8 length)
{
	u32 block = SLOT_BLOCK(slot);

	memcpy(m->dpram + block + 0x50, data, length);
	memory_set(m, block + 0x44, length << 8 | station);
	memory_set(m, block + 0x48, address);
	memory_set(m, block + 0x40, memory_get(m, block + 0x40) + 1);
	serve(m, slot);
	return memory_get(m, block + 0x204);
}

u32 memory_rx(struct memory_card *m, unsigned int slot, u8 station, u16 address, u8 length)
{
	u32 block = SLOT_BLOCK(slot);

	memory_set(m, block + 0xd4, length << 8 | station);
	memory_set(m, block + 0xd8, address);
	memory_set(m, block + 0xd0, memory_get(m, block + 0xd0) + 1);
	serve(m, slot);
	return memory_get(m, block + 0x20c);
}

/* DEBUG_KOBJECT_RELEASE puts off each release by some seconds. */
bool memory_card_wait(struct memory_card *m, unsigned int count)
{
	int i;

	for (i = 0; i < 1000 && kref_read(&m->card->ref) > count; i++)
		msleep(20);
	return kref_read(&m->card->ref) <= count;
}
