/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Mock Slaves 89 and 90 as the ladder program sees them.
 *
 * Documentation/mock-slave-89.rst is the specification; this header is its
 * only copy in code, shared by driver, daemon and plcsim. Register addresses
 * are V-memory words, written in octal as a ladder programmer does.
 */
#ifndef _UAPI_LINUX_ECOM_SLAVE89_H
#define _UAPI_LINUX_ECOM_SLAVE89_H

#define STATION_MAILBOX		0x89	/* BCD, as the CPU has it */
#define STATION_SCRATCH		0x90

/* Command frame: WX to station 89, V0 */
#define COMMAND_ADDRESS		0
#define FRAME_VERSION		0	/* byte: FRAME_VERSION_VALUE */
#define FRAME_COMMAND		1	/* byte */
#define FRAME_TAG		2	/* byte, selects the result block */
#define FRAME_FLAGS		3	/* byte, 0 */
#define FRAME_HEADER_SIZE	4
#define FRAME_SIZE_MAX		128
#define FRAME_VERSION_VALUE	1

/* Commands; those with COMMAND_AT_ONCE end with 34 when no daemon serves */
#define COMMAND_ECEMAIL		0x01
#define COMMAND_ECEMSUP		0x81
#define COMMAND_ECEMRDS		0x82
#define COMMAND_READ		0x83
#define COMMAND_WRITE		0x84
#define COMMAND_AT_ONCE		0x80

/* ECEMAIL: three lengths, a byte of 0, then To, Subject and Body */
#define ECEMAIL_TO_LENGTH	4
#define ECEMAIL_SUBJECT_LENGTH	5
#define ECEMAIL_BODY_LENGTH	6
#define ECEMAIL_RESERVED	7	/* byte, 0 */
#define ECEMAIL_TEXT		8
#define ECEMAIL_TEXT_MAX	(FRAME_SIZE_MAX - ECEMAIL_TEXT)

/* ECEMSUP and WRITE: entries of a field, a length and a value in text */
#define ENTRY_FIELD		0
#define ENTRY_LENGTH		1
#define ENTRY_VALUE		2
/* Fields of ECEMSUP, and bits of INFO_CHANGED */
#define FIELD_SERVER		1
#define FIELD_SENDER_NAME	2
#define FIELD_SENDER_ADDRESS	3
#define FIELD_CC		4
#define FIELD_PORT		5
#define FIELD_TIMEOUT		6
/* Fields of WRITE; the others are the PC's */
#define FIELD_MODULE_NAME	1
#define FIELD_MODULE_DESCRIPTION 2
#define FIELD_MODULE_ID		3
#define FIELD_IP_ADDRESS	4
#define FIELD_SUBNET_MASK	5
#define FIELD_GATEWAY		6
#define FIELD_DHCP		7

/* Module registers, V0 to V377 */
#define REG_MAP_VERSION		0000	/* 0x0100 */
#define REG_HEALTH		0001	/* IB-710's Status */
#define REG_TIMEOUT		0002	/* seconds, of a request accepted now */
#define REG_QUEUE_DEPTH		0003
#define REG_QUEUE_USED		0004
#define REG_ATTACHED		0005	/* 1 while a daemon holds the slot */
#define REG_SLOT		0006
#define REG_DIP			0007
#define REG_CARD_GENERATION	0010	/* 2 words, low first */
#define REG_HOST_GENERATION	0012	/* 2 words */
#define REG_WX_ACCEPTED		0014	/* 2 words */
#define REG_WX_BUSY		0016	/* 2 words */
#define REG_WX_REFUSED		0020	/* 2 words */
#define REG_INFO		0100	/* published by the daemon */
#define REG_INFO_END		0400
#define REG_MODULE_END		0400

#define REG_MAP_VERSION_VALUE	0x0100

/* Module information, from REG_INFO on */
#define INFO_VERSION		0100	/* INFO_VERSION_VALUE, 0: none yet */
#define INFO_MODULE_ID		0101
#define INFO_FLAGS		0102	/* INFO_DHCP */
#define INFO_DETAIL		0103	/* of the setup */
#define INFO_IP_ADDRESS		0104	/* 4 words, an octet each */
#define INFO_SUBNET_MASK	0110	/* 4 words */
#define INFO_GATEWAY		0114	/* 4 words */
#define INFO_ETHERNET		0120	/* 3 words */
#define INFO_FIRMWARE		0124	/* 2 words, low first */
#define INFO_CHANGED		0126	/* bit n: field n of ECEMSUP */
#define INFO_NAME_LENGTH	0130	/* bytes */
#define INFO_NAME		0131
#define INFO_NAME_SIZE		32
#define INFO_DESCRIPTION_LENGTH	0160	/* bytes */
#define INFO_DESCRIPTION	0161
#define INFO_DESCRIPTION_SIZE	64
#define INFO_VERSION_VALUE	0x0100
#define INFO_DHCP		1

/* The last 16 outcomes, newest first */
#define REG_RING		01000
#define REG_RING_END		01400
#define RING_ENTRIES		16
#define RING_ENTRY_WORDS	16
#define RING_TAG		0
#define RING_STATUS		1
#define RING_SENT		2
#define RING_LABEL		4	/* 24 bytes: the start of the Subject */
#define RING_LABEL_SIZE		24

/* Results: a block of 64 words for each tag */
#define REG_RESULTS		040000
#define REG_RESULTS_END		0100000
#define RESULT_WORDS		64
#define REG_RESULT(tag)		(REG_RESULTS + (tag) * RESULT_WORDS)
#define RESULT_TAG		000
#define RESULT_STATUS		001
#define RESULT_STATE		002
#define RESULT_REPLY		003
#define RESULT_ENHANCED		004	/* class, subject, detail: 3 words */
#define RESULT_DETAIL		007
#define RESULT_SENT		010
#define RESULT_TIMEOUT		011	/* seconds, of this request */
#define RESULT_REQUEST		012	/* request number, 2 words, low first */
#define RESULT_TEXT_LENGTH	020	/* bytes */
#define RESULT_TEXT		021	/* ASCII, first character in the low byte */
#define RESULT_TEXT_SIZE	94

/* Scratch file of station 90 */
#define REG_SCRATCH_END		0100
#define SCRATCH_SIZE		128

/**
 * enum slave89_sent - RESULT_SENT and RING_SENT: may a ladder program try again?
 * @SENT_UNKNOWN: it may have been sent; also: not ended yet
 * @SENT_NO: nobody has got it or may get it
 * @SENT_YES: all recipients have been accepted
 * @SENT_PARTLY: some of the recipients have been accepted
 */
enum slave89_sent {
	SENT_UNKNOWN	= 0,
	SENT_NO		= 1,
	SENT_YES	= 2,
	SENT_PARTLY	= 3,
};

/* The statuses that the module gives without its daemon */
#define STATUS_SUCCESS		0
#define STATUS_BUSY		1
#define STATUS_TIMEOUT		10	/* + state */
#define STATUS_INVALID_STATE	22
#define STATUS_RESTARTED	33
#define STATUS_NOT_SERVED	34
/* Detail codes to go with them */
#define DETAIL_NO_DAEMON	1
#define DETAIL_DAEMON_ENDED	2
#define DETAIL_DAEMON_FELL	70
/* Assigned by the box, never by the module */
#define STATUS_SLOT_ERROR	1001
#define HEALTH_NO_DAEMON	10

#define REQUEST_TIMEOUT_DEFAULT	60	/* seconds */
#define BOX_GRACE		5	/* seconds beyond the time-out */

#endif /* _UAPI_LINUX_ECOM_SLAVE89_H */
