// SPDX-License-Identifier: GPL-2.0-only
/*
 * The only file that touches the card's memory. All of it needs the io_lock
 * and card->present, which the callers have looked at.
 */
#include <linux/io.h>

#include "ecom.h"

int ecom_dpram_map(struct ecom_card *card)
{
	struct pci_dev *pdev = card->pdev;
	int err;

	err = pcim_enable_device(pdev);
	if (err)
		return dev_err_probe(&pdev->dev, err, "cannot enable the card\n");
	err = pcim_iomap_regions(pdev, BIT(CARD_BAR_DOORBELL) | BIT(CARD_BAR_DPRAM), "ecom");
	if (err)
		return dev_err_probe(&pdev->dev, err, "cannot map doorbell and DPRAM\n");
	card->dpram.doorbells = pcim_iomap_table(pdev)[CARD_BAR_DOORBELL];
	card->dpram.mem = pcim_iomap_table(pdev)[CARD_BAR_DPRAM];
	card->dpram.doorbells_size = pci_resource_len(pdev, CARD_BAR_DOORBELL);
	card->dpram.mem_size = pci_resource_len(pdev, CARD_BAR_DPRAM);
	if (card->dpram.mem_size < CARD_DPRAM_SIZE_MIN || card->dpram.doorbells_size < 4)
		return dev_err_probe(&pdev->dev, -ENODEV, "DPRAM of %llu bytes is too small\n",
				     card->dpram.mem_size);
	return 0;
}

/* The mappings themselves go with the binding (pcim). */
void ecom_dpram_unmap(struct ecom_card *card)
{
	memset(&card->dpram, 0, sizeof(card->dpram));
}

u32 ecom_read(struct ecom_card *card, u32 offset)
{
	return ioread32(card->dpram.mem + offset);
}

/* iowrite32() orders it after all earlier writes to DPRAM. */
void ecom_write(struct ecom_card *card, u32 offset, u32 value)
{
	iowrite32(value, card->dpram.mem + offset);
}

/* @size is rounded up to whole words, as the hardware demands. */
void ecom_read_bytes(struct ecom_card *card, u32 offset, void *to, size_t size)
{
	__ioread32_copy(to, card->dpram.mem + offset, DIV_ROUND_UP(size, 4));
	/* what is read next must not be older than these words */
	rmb();
}

void ecom_write_bytes(struct ecom_card *card, u32 offset, const void *from, size_t size)
{
	__iowrite32_copy(card->dpram.mem + offset, from, DIV_ROUND_UP(size, 4));
	/* the sequence that is written next makes these words valid */
	wmb();
}

/* @offset of the doorbell, from an identification that has been checked */
void ecom_ring(struct ecom_card *card, u32 offset, u32 value)
{
	iowrite32(value, card->dpram.doorbells + offset);
}

/*
 * Has the card been powered up since this identification was read? The magic
 * first: a card that puts it back has taken its new generation before.
 */
bool ecom_identification_stale(struct ecom_card *card, const struct identification *id)
{
	return ecom_read(card, CARD_MAGIC) != id->magic ||
	       ecom_read(card, CARD_GENERATION) != id->generation;
}

/*
 * Slot numbers are read only from a card block that passes its check. A card
 * that is powered up meanwhile takes its magic away before it changes its
 * generation, and puts it back after: with the generation first, and the magic
 * before the generation at the end, a mixture of two power-ups shows, and
 * counts as a wrong magic.
 */
void ecom_read_identification(struct ecom_card *card, struct identification *id)
{
	u32 i;

	memset(id, 0, sizeof(*id));
	id->generation = ecom_read(card, CARD_GENERATION);
	id->magic = ecom_read(card, CARD_MAGIC);
	if (id->magic != CARD_MAGIC_VALUE)
		return;
	id->layout = ecom_read(card, CARD_LAYOUT);
	id->dpram_size = ecom_read(card, CARD_DPRAM_SIZE);
	id->slot_count = ecom_read(card, CARD_SLOT_COUNT);
	id->slot_offset = ecom_read(card, CARD_SLOT_OFFSET);
	id->slot_size = ecom_read(card, CARD_SLOT_SIZE);
	id->host_offset = ecom_read(card, CARD_HOST_OFFSET);
	id->doorbell_offset = ecom_read(card, CARD_DOORBELL_OFFSET);
	id->doorbell_value = ecom_read(card, CARD_DOORBELL_VALUE);
	id->firmware = ecom_read(card, CARD_FIRMWARE);
	ecom_read_bytes(card, CARD_SERIAL, id->serial, sizeof(id->serial));
	identification_clean(id->serial, sizeof(id->serial));
	if (identification_check(id, card->dpram.mem_size, card->dpram.doorbells_size))
		return;
	for (i = 0; i < id->slot_count; i++)
		id->slot_numbers[i] = ecom_read(card, id->slot_offset + i * id->slot_size +
							      SLOT_NUMBER);
	if (ecom_identification_stale(card, id))
		id->magic = 0;
}
