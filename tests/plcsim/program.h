/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ladder program in mnemonic text, and the instructions that there are.
 */
#ifndef PLCSIM_PROGRAM_H
#define PLCSIM_PROGRAM_H

#include "tests/plcsim/box.h"

#define OPERANDS_MAX 2

enum operand_kind {
	OPERAND_NONE = 0,
	OPERAND_BIT = 1 << 0, /* X0, V2000.3 */
	OPERAND_WORD = 1 << 1, /* V2000 */
	OPERAND_K = 1 << 2, /* K and up to 4 hexadecimal (BCD) digits */
	OPERAND_OCTAL = 1 << 3, /* O and an octal V-memory address */
	OPERAND_LONG_K = 1 << 4, /* K and 5 to 8 digits */
	OPERAND_TIMER = 1 << 5, /* only asked for: a bit T */
	OPERAND_COUNTER = 1 << 6, /* only asked for: a bit CT */
	OPERAND_PORT = 1 << 7, /* only asked for: K2 */
	OPERAND_BCD = 1 << 8, /* only asked for: of K, decimal digits alone */
};

struct operand {
	enum operand_kind kind;
	struct element element;
	uint32_t value;
};

/* What an instruction does to the power flow of its rung */
enum instruction_role {
	ROLE_CONDITION, /* makes it */
	ROLE_OUTPUT, /* uses it */
	ROLE_END,
};

enum opcode {
	OP_STR,
	OP_AND,
	OP_OR,
	OP_ANDSTR,
	OP_ORSTR,
	OP_OUT,
	OP_SET,
	OP_RST,
	OP_PD,
	OP_OUT_WORD,
	OP_OUT_DOUBLE,
	OP_LD,
	OP_LD_DOUBLE,
	OP_LDA,
	OP_ADD,
	OP_SUB,
	OP_ADD_DOUBLE,
	OP_SUB_DOUBLE,
	OP_INC,
	OP_DEC,
	OP_INC_DOUBLE,
	OP_DEC_DOUBLE,
	OP_BIN,
	OP_BCD,
	OP_TMR,
	OP_CNT,
	OP_VPRINT,
	OP_PRINT,
	OP_RX,
	OP_WX,
	OP_END,
	OP_BOX,
};

/* What an instruction does to the words or the bit of its first operand */
enum instruction_access { ACCESS_NONE, /* an address of another station */
			  ACCESS_READ,
			  ACCESS_WRITE };

enum instruction_comparison { COMPARE_NONE,
			      COMPARE_NOT_LESS,
			      COMPARE_EQUAL };

struct instruction_type {
	const char *name;
	enum opcode opcode;
	enum instruction_role role;
	enum instruction_comparison comparison;
	bool inverted;
	unsigned int operands[OPERANDS_MAX]; /* sets of operand_kind */
};

struct instruction {
	const struct instruction_type *type;
	unsigned int line;
	struct operand operands[OPERANDS_MAX];
	struct vprint *message; /* of VPRINT and PRINT */
	struct box *box;
};

struct program {
	char *path;
	GArray *instructions;
	unsigned int troubles; /* with which it can be downloaded, but will not work */
};

static inline struct instruction *program_at(const struct program *program, unsigned int i)
{
	return &g_array_index(program->instructions, struct instruction, i);
}

/* The names of all instructions, some more than once; NULL: there are no more */
const char *instruction_name(size_t i);
enum instruction_access instruction_access(const struct instruction *instruction);
/*
 * The loads that the RX or WX at that place finds on the accumulator's stack,
 * as far as those before it tell: the address, the number of bytes, slot and
 * station. NULL: not known.
 */
enum { LOAD_ADDRESS,
       LOAD_BYTES,
       LOAD_STATION,
       LOADS };
void instruction_loads(const struct program *program, unsigned int position,
		       const struct instruction *loads[LOADS]);
/*
 * Where it has its data: the word that the LDA names, and how many words the LD
 * asks for, the most if that is not known. NULL if there is no LDA.
 */
const struct element *instruction_local(const struct program *program, unsigned int position,
					unsigned int *words);
/* How many words an operand of the instruction spans; for VPRINT the most */
unsigned int instruction_words(const struct instruction *instruction);

/* Reads a program; what is wrong goes to the diagnostics. */
struct program *program_read(FILE *file, const char *path, struct diagnostics *d);
void program_free(struct program *program);

#endif /* PLCSIM_PROGRAM_H */
