/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of the PLC's CPU: V-memory words, and the bits X, Y, C, … that
 * are an image of some of them. The map is the DL260's for every family.
 */
#ifndef PLCSIM_MEMORY_H
#define PLCSIM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_WORDS 0200000 /* what an address can name */
#define MEMORY_END   041240 /* first word that the CPU does not have */

/* Current values (BCD) of T0 and CT0, which have the names TA0 and CTA0, too */
#define TIMER_VALUES   0
#define COUNTER_VALUES 01000
#define TIMER_BITS     041100
#define COUNTER_BITS   041140

struct memory {
	uint16_t v[MEMORY_WORDS];
};

/* A word or bit as a program names it: V3000, TA0, C17, V3000.15 or B3000.15 */
struct element {
	uint16_t word;
	int bit; /* 0 to 15, or -1: the whole word */
	bool output; /* a program may write it */
	char name[16];
};

/* Returns NULL, or what is wrong with the text. */
const char *element_parse(const char *text, struct element *element);
unsigned int element_get(const struct memory *memory, const struct element *element);
void element_set(struct memory *memory, const struct element *element, unsigned int value);

/* Bytes in V-memory: the first in the low half of the first word */
void memory_put(struct memory *memory, uint16_t word, const uint8_t *bytes, size_t count);
void memory_get(const struct memory *memory, uint16_t word, uint8_t *bytes, size_t count);

/* True if one of the words has bits that a program may not write: X, T, CT, SP. */
bool is_read_only(unsigned int first, unsigned int last);
void memory_set_sp(struct memory *memory, unsigned int number, bool on);
/* What going to RUN does: all bits that a program writes go off */
void memory_clear_bits(struct memory *memory);

#endif /* PLCSIM_MEMORY_H */
