// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accumulator and BCD arithmetic. A result that is too large or negative keeps
 * its last four or eight digits and says so by a bit; operands that are no BCD
 * leave everything as it is, but for that bit.
 */
#include <string.h>

#include "tests/plcsim/bcd.h"
#include "tests/plcsim/plc.h"

#define SP_ZERO		 063
#define SP_BORROW	 064
#define SP_BORROW_DOUBLE 065
#define SP_CARRY	 066
#define SP_CARRY_DOUBLE	 067
#define SP_NOT_BCD	 075

static const unsigned int flags[] = { SP_ZERO, SP_BORROW, SP_BORROW_DOUBLE,
				      SP_CARRY, SP_CARRY_DOUBLE, SP_NOT_BCD };

static void clear_flags(struct memory *memory)
{
	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
		memory_set_sp(memory, flags[i], false);
}

static void load(struct ladder *ladder, uint32_t value)
{
	memmove(ladder->accumulator + 1, ladder->accumulator,
		sizeof(ladder->accumulator) - sizeof(ladder->accumulator[0]));
	ladder->accumulator[0] = value;
}

static uint32_t double_word(const struct memory *memory, uint16_t word)
{
	return memory->v[word] | (uint32_t)memory->v[(uint16_t)(word + 1)] << 16;
}

static uint32_t value_of(const struct memory *memory, const struct operand *operand, bool wide)
{
	if (operand->kind != OPERAND_WORD)
		return operand->value;
	return wide ? double_word(memory, operand->element.word) :
		      memory->v[operand->element.word];
}

static void store(struct memory *memory, uint16_t word, uint32_t value, bool wide)
{
	memory->v[word] = value;
	if (wide)
		memory->v[(uint16_t)(word + 1)] = value >> 16;
}

/* Returns the sum of a and sign times b, or a if one of them is no BCD. */
static uint32_t sum(struct memory *memory, uint32_t a, uint32_t b, int sign, bool wide)
{
	int64_t limit = wide ? 100000000 : 10000;
	int64_t x = bcd_value(a), y = bcd_value(b), result;

	clear_flags(memory);
	if (x < 0 || y < 0) {
		memory_set_sp(memory, SP_NOT_BCD, true);
		return a;
	}
	result = x + sign * y;
	memory_set_sp(memory, wide ? SP_CARRY_DOUBLE : SP_CARRY, result >= limit);
	memory_set_sp(memory, wide ? SP_BORROW_DOUBLE : SP_BORROW, result < 0);
	result = (result + limit) % limit;
	memory_set_sp(memory, SP_ZERO, result == 0);
	return bcd_digits(result);
}

static void add(struct plc *plc, const struct operand *operand, int sign, bool wide)
{
	uint32_t *accumulator = plc->ladder.accumulator;
	uint32_t a = wide ? *accumulator : *accumulator & 0xffff;

	*accumulator = sum(&plc->memory, a, value_of(&plc->memory, operand, wide), sign, wide);
}

static void step(struct plc *plc, const struct operand *operand, int sign, bool wide)
{
	struct memory *memory = &plc->memory;
	uint32_t old = value_of(memory, operand, wide);

	store(memory, operand->element.word, sum(memory, old, 1, sign, wide), wide);
}

static void to_binary(struct plc *plc)
{
	int64_t value = bcd_value(plc->ladder.accumulator[0]);

	clear_flags(&plc->memory);
	memory_set_sp(&plc->memory, SP_NOT_BCD, value < 0);
	memory_set_sp(&plc->memory, SP_ZERO, value == 0);
	if (value >= 0)
		plc->ladder.accumulator[0] = value;
}

static void to_bcd(struct plc *plc)
{
	uint32_t value = plc->ladder.accumulator[0];

	clear_flags(&plc->memory);
	memory_set_sp(&plc->memory, SP_NOT_BCD, value > 99999999);
	memory_set_sp(&plc->memory, SP_ZERO, value == 0);
	if (value <= 99999999)
		plc->ladder.accumulator[0] = bcd_digits(value);
}

void arithmetic(struct plc *plc, const struct instruction *i)
{
	const struct operand *operand = &i->operands[0];
	uint32_t accumulator = plc->ladder.accumulator[0];
	bool wide = instruction_words(i) == 2;

	switch (i->type->opcode) {
	case OP_LD:
	case OP_LD_DOUBLE:
	case OP_LDA:
		load(&plc->ladder, value_of(&plc->memory, operand, wide));
		break;
	case OP_OUT_WORD:
	case OP_OUT_DOUBLE:
		store(&plc->memory, operand->element.word, accumulator, wide);
		break;
	case OP_ADD:
	case OP_ADD_DOUBLE:
		add(plc, operand, 1, wide);
		break;
	case OP_SUB:
	case OP_SUB_DOUBLE:
		add(plc, operand, -1, wide);
		break;
	case OP_INC:
	case OP_INC_DOUBLE:
		step(plc, operand, 1, wide);
		break;
	case OP_DEC:
	case OP_DEC_DOUBLE:
		step(plc, operand, -1, wide);
		break;
	case OP_BIN:
		to_binary(plc);
		break;
	case OP_BCD:
		to_bcd(plc);
		break;
	default:
		break;
	}
}
