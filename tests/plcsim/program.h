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
};

struct operand {
	enum operand_kind kind;
	struct element element;
	uint16_t value;
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
	OP_OUT_WORD,
	OP_LD,
	OP_LDA,
	OP_RX,
	OP_WX,
	OP_END,
	OP_BOX,
};

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
	struct box *box;
};

struct program {
	char *path;
	GArray *instructions;
};

static inline struct instruction *program_at(const struct program *program, unsigned int i)
{
	return &g_array_index(program->instructions, struct instruction, i);
}

/* Reads a program; what is wrong goes to the diagnostics. */
struct program *program_read(FILE *file, const char *path, struct diagnostics *d);
void program_free(struct program *program);

#endif /* PLCSIM_PROGRAM_H */
