// SPDX-License-Identifier: GPL-2.0-only
#include "identification.h"

static bool block_fits(const struct identification *id, __u64 offset, __u64 size)
{
	return offset % 4 == 0 && offset >= CARD_BLOCK_SIZE && offset + size <= id->dpram_size;
}

/* The gaps between slot blocks are free for the host block. */
static bool blocks_overlap(const struct identification *id)
{
	__u64 slot = id->slot_offset;
	__u32 i;

	for (i = 0; i < id->slot_count; i++, slot += id->slot_size)
		if (id->host_offset < slot + SLOT_BLOCK_SIZE &&
		    slot < (__u64)id->host_offset + HOST_BLOCK_SIZE)
			return true;
	return false;
}

/**
 * identification_check() - may this card block be believed?
 * @id: card block; slot numbers are not looked at
 * @dpram_bar: size of the DPRAM's BAR in bytes
 * @doorbell_bar: size of the doorbell's BAR in bytes
 *
 * Return: NULL, or what is wrong with it (hardware specification, 2.1).
 */
const char *identification_check(const struct identification *id, __u64 dpram_bar,
				 __u64 doorbell_bar)
{
	if (id->magic != CARD_MAGIC_VALUE)
		return "magic";
	if (id->layout >> 16 != CARD_LAYOUT_MAJOR)
		return "layout version";
	if (id->dpram_size < CARD_DPRAM_SIZE_MIN || id->dpram_size > CARD_DPRAM_SIZE_MAX ||
	    id->dpram_size > dpram_bar)
		return "size of DPRAM";
	if (id->slot_count < 1 || id->slot_count > CARD_SLOTS_MAX)
		return "number of slots";
	if (id->slot_size < SLOT_BLOCK_SIZE || id->slot_size % 4)
		return "distance of slot blocks";
	if (!block_fits(id, id->slot_offset,
			(__u64)(id->slot_count - 1) * id->slot_size + SLOT_BLOCK_SIZE))
		return "offset of slot blocks";
	if (!block_fits(id, id->host_offset, HOST_BLOCK_SIZE))
		return "offset of host block";
	if (blocks_overlap(id))
		return "overlap of host block and slot blocks";
	if (!id->generation)
		return "card generation";
	if (id->doorbell_offset % 4 || (__u64)id->doorbell_offset + 4 > doorbell_bar)
		return "offset of doorbell";
	return NULL;
}

/**
 * identification_check_slots() - may these slot numbers be believed?
 * @id: identification, passed by identification_check()
 *
 * Return: NULL, or what is wrong with it.
 */
const char *identification_check_slots(const struct identification *id)
{
	__u32 seen = 0;
	__u32 i;

	for (i = 0; i < id->slot_count; i++) {
		if (id->slot_numbers[i] > SLOT_NUMBER_MAX)
			return "slot number";
		if (seen & 1U << id->slot_numbers[i])
			return "slot number used twice";
		seen |= 1U << id->slot_numbers[i];
	}
	return NULL;
}

/**
 * identification_clean() - make a text of the card fit to be shown
 * @text: printable ASCII up to the first NUL; what is not gets a '?'
 * @size: of it
 */
void identification_clean(__u8 *text, __u32 size)
{
	bool ended = false;
	__u32 i;

	for (i = 0; i < size; i++) {
		ended |= !text[i];
		if (ended)
			text[i] = 0;
		else if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
	}
}
