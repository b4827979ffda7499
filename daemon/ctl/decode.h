/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_DECODE_H
#define ECEMAIL_CTL_DECODE_H

#include <json-glib/json-glib.h>
#include <linux/ecom.h>

/* Registers and frames of station 89 in words: Documentation/mock-slave-89.rst. */

/* Adds the named registers that lie wholly within @count words from @address. */
void decode_registers(JsonObject *object, unsigned int address, const guint16 *words,
		      unsigned int count);

/* An entry of the ring of outcomes; NULL if it is not used. */
JsonObject *decode_ring_entry(const guint16 *words);

/* A result block. */
JsonObject *decode_result(const guint16 *words);

/* The last transfer through a mailbox; @rx: that of RX. */
JsonObject *decode_frame(const struct ecom_frame *frame, gboolean rx);

/* "refused, tag: the request with this tag has not ended yet" */
char *decode_mailbox_result(unsigned int result);

/* Words in hexadecimal, eight a line, by their octal addresses; bytes likewise. */
void decode_print_words(unsigned int address, const guint16 *words, unsigned int count);
void decode_print_bytes(const char *hex);

#endif /* ECEMAIL_CTL_DECODE_H */
