/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hardware of a PLC: CPU and local base with its modules, as a base file
 * describes it, and what is known of the CPU families.
 */
#ifndef PLCSIM_BASE_H
#define PLCSIM_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/plcsim/diagnostics.h"
#include "tests/plcsim/memory.h"

#define BASE_SLOTS 16
#define CARDS_MAX  4

struct firmware {
	unsigned int part[3];
};

/* V-memory that a user program may have for itself: the last range ends with 0 */
struct user_memory {
	uint16_t first;
	uint16_t last;
};

/* How many bits a CPU has of each kind, 0: none */
struct cpu_bits {
	unsigned int x, y, c, s, t, ct, gx, gy;
};

struct cpu_family {
	const char *name;
	struct firmware firmware; /* the oldest with IBoxes */
	unsigned int first_slot; /* valid for an ECOM100 */
	unsigned int last_slot;
	const char *module; /* the ECOM100 that fits */
	unsigned int sp_first_slot; /* the slot whose busy bit is SP120 */
	struct user_memory user_memory[4];
	struct cpu_bits bits;
};

struct base_slot {
	bool present;
	bool remote;
	bool dip7;
	bool dip7_known; /* the base file says so */
	unsigned int id;
	unsigned int card; /* that stands in for the module */
	char module[16];
	struct firmware firmware;
	unsigned int line;
};

struct base {
	const struct cpu_family *family;
	struct firmware firmware;
	struct base_slot slots[BASE_SLOTS];
};

/* The base that stands in for a base file: a DL260 and an H2-ECOM100 in K1 */
void base_default(struct base *base);
/* Reads a base file; what is wrong goes to the diagnostics. */
void base_read(struct base *base, FILE *file, struct diagnostics *d);

/* How many cards there are: up to the last one that a slot names */
unsigned int base_cards(const struct base *base);
int firmware_compare(const struct firmware *a, const struct firmware *b);
/* v2.40: the second part has two digits; for g_free() */
char *cpu_firmware_text(const struct firmware *firmware);
/* major << 24 | minor << 16 | build, as the card shows it */
uint32_t firmware_word(const struct firmware *firmware);
/* The oldest ECOM100 firmware that sends mail */
const struct firmware *module_firmware_minimum(const char *module);
/* What the CPU has instead of these words or that bit, for g_free(); NULL if it has them */
char *missing_element(const struct cpu_family *family, const struct element *element,
		      unsigned int words);
/* Words whose values are a program's: no clock, no system word, no timer's or slot's bit */
bool is_program_memory(const struct cpu_family *family, uint16_t word);
/* "V1200 to V7377, V10000 to V17777", for g_free() */
char *user_memory_text(const struct cpu_family *family);
bool is_user_memory(const struct cpu_family *family, uint16_t first, unsigned int words);

#endif /* PLCSIM_BASE_H */
