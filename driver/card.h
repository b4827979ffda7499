/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backplane adapter card as the PCI bus shows it: its DPRAM, byte by byte.
 *
 * Documentation/hardware.rst is the specification; this header is its only
 * copy in code, shared by the driver and by the card model of plcsim. Offsets
 * are in bytes, words are 32 bits, little endian, and have one writer each.
 */
#ifndef ECOM_CARD_H
#define ECOM_CARD_H

/* PCI base address registers */
#define CARD_BAR_DOORBELL	0
#define CARD_BAR_DPRAM		2

/* Card block, at the start of DPRAM; written by the card only */
#define CARD_MAGIC		0x00	/* "ECOM", written last at power-up */
#define CARD_LAYOUT		0x04	/* major << 16 | minor */
#define CARD_DPRAM_SIZE		0x08	/* bytes */
#define CARD_SLOT_COUNT		0x0c	/* 1 to 16 */
#define CARD_SLOT_OFFSET	0x10	/* of the first slot block */
#define CARD_SLOT_SIZE		0x14	/* distance of two slot blocks */
#define CARD_HOST_OFFSET	0x18	/* of the host block */
#define CARD_FEATURES		0x1c	/* none defined: 0 */
#define CARD_GENERATION		0x20	/* random at power-up, never 0 */
#define CARD_HEARTBEAT		0x24	/* + 1 each second */
#define CARD_POWER		0x28	/* CARD_POWER_GOOD */
#define CARD_DOORBELL_OFFSET	0x2c	/* of the doorbell in its BAR */
#define CARD_DOORBELL_VALUE	0x30	/* rings the card */
#define CARD_FIRMWARE		0x34	/* major << 24 | minor << 16 | build */
#define CARD_SERIAL		0x38	/* 16 bytes, ASCII, NUL padded */

#define CARD_MAGIC_VALUE	0x4d4f4345	/* 45 43 4f 4d: "ECOM" */
#define CARD_LAYOUT_MAJOR	1
#define CARD_LAYOUT_MINOR	0
#define CARD_LAYOUT_VALUE	(CARD_LAYOUT_MAJOR << 16 | CARD_LAYOUT_MINOR)
#define CARD_BLOCK_SIZE		0x100
#define CARD_SERIAL_SIZE	16
#define CARD_POWER_GOOD		0x1
#define CARD_SLOTS_MAX		16
#define CARD_DPRAM_SIZE_MIN	0x1000
#define CARD_DPRAM_SIZE_MAX	0x100000

/* Host block, at CARD_HOST_OFFSET; written by the host only */
#define HOST_GENERATION		0x00	/* random at driver load, never 0 */
#define HOST_HEARTBEAT		0x04	/* + 1 each second */
#define HOST_READY_FOR		0x08	/* card generation served, or 0 */
#define HOST_VECTOR		0x0c	/* MSI-X vector of card events */
#define HOST_BLOCK_SIZE		0x20

#define HOST_VECTOR_NONE	0xffffffff	/* the host polls */

/* Slot block: written by the card */
#define SLOT_NUMBER		0x000	/* K number in the local base, 0 to 15 */
#define SLOT_DIP		0x004	/* switches 0 to 7, latched at power-up */
#define SLOT_FIRMWARE		0x008	/* as CARD_FIRMWARE */
#define SLOT_DOORBELL_VALUE	0x00c	/* tells the card about this slot */
#define SLOT_MODULE		0x010	/* 16 bytes, ASCII: "H2-ECOM100" */
#define SLOT_ETHERNET		0x020	/* 6 bytes, then two of 0 */
#define SLOT_WX_REQUEST		0x040	/* sequence */
#define SLOT_WX_HEADER		0x044	/* MAILBOX_STATION, MAILBOX_LENGTH */
#define SLOT_WX_ADDRESS		0x048	/* V-memory word, 0 to 0xffff */
#define SLOT_WX_DATA		0x050	/* MAILBOX_DATA_MAX bytes */
#define SLOT_RX_REQUEST		0x0d0
#define SLOT_RX_HEADER		0x0d4
#define SLOT_RX_ADDRESS		0x0d8
/* Slot block: written by the host */
#define SLOT_WX_ACK		0x200	/* sequence */
#define SLOT_WX_RESULT		0x204	/* MAILBOX_ACCEPTED …, reason << 8 */
#define SLOT_RX_ACK		0x208
#define SLOT_RX_RESULT		0x20c
#define SLOT_VECTOR		0x210	/* MSI-X vector of this slot */
#define SLOT_ATTACHED		0x214	/* 1 while a daemon holds the slot */
#define SLOT_RX_DATA		0x220	/* MAILBOX_DATA_MAX bytes */
#define SLOT_BLOCK_SIZE		0x400

#define SLOT_NUMBER_MAX		15
#define SLOT_MODULE_SIZE	16
#define SLOT_ETHERNET_SIZE	6
#define SLOT_DIP_7		0x80	/* mock slaves 89 and 90 enabled */
#define SLOT_DIP_ID		0x3f	/* switches 0 to 5: module id */

/* A mailbox header word; the bits above are 0 */
#define MAILBOX_STATION(header)	((header) & 0xff)	/* BCD: 0x89 is 89 */
#define MAILBOX_LENGTH(header)	((header) >> 8 & 0xff)	/* bytes */
#define MAILBOX_HEADER(station, length)	((length) << 8 | (station))
#define MAILBOX_HEADER_MASK	0xffff
#define MAILBOX_DATA_MAX	128

/* A mailbox result word: low byte the result, next byte the reason */
#define MAILBOX_ACCEPTED	0
#define MAILBOX_BUSY		1	/* try again: no SP error */
#define MAILBOX_REFUSED		2	/* SP error */
#define MAILBOX_RESULT(result, reason)	((reason) << 8 | (result))

enum mailbox_reason {
	REASON_NONE		= 0,
	REASON_STATION		= 1,	/* neither 89 nor 90 */
	REASON_DIP7		= 2,	/* DIP switch 7 was off at power-up */
	REASON_LENGTH		= 3,	/* not 1 to 128 bytes */
	REASON_ADDRESS		= 4,	/* no such registers */
	REASON_FRAME		= 5,	/* version, size or reserved byte */
	REASON_TAG		= 6,	/* tag still outstanding */
};

/* Either side is dead when its heartbeat stands still for so many ticks */
#define HEARTBEAT_TICKS		5

#endif /* ECOM_CARD_H */
