// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tests/plcsim/plc.h"

static bool *top(struct ladder *ladder)
{
	return &ladder->stack[ladder->depth ? ladder->depth - 1 : 0];
}

static void push(struct ladder *ladder, bool value)
{
	if (ladder->rung_ended)
		ladder->depth = 0;
	ladder->rung_ended = false;
	if (ladder->depth < LADDER_STACK)
		ladder->depth++;
	*top(ladder) = value;
}

static bool pop(struct ladder *ladder)
{
	bool value = *top(ladder);

	if (ladder->depth)
		ladder->depth--;
	return value;
}

/* A rung without any condition has power flow. */
static bool power_flow(struct ladder *ladder)
{
	return !ladder->depth || *top(ladder);
}

static unsigned int operand(const struct memory *memory, const struct operand *operand)
{
	return operand->kind == OPERAND_K || operand->kind == OPERAND_OCTAL ?
		       operand->value :
		       element_get(memory, &operand->element);
}

static bool evaluate(const struct memory *memory, const struct instruction *i)
{
	unsigned int a = operand(memory, &i->operands[0]);
	unsigned int b = operand(memory, &i->operands[1]);
	bool value = a;

	if (i->type->comparison == COMPARE_NOT_LESS)
		value = a >= b;
	else if (i->type->comparison == COMPARE_EQUAL)
		value = a == b;
	return value != i->type->inverted;
}

static void condition(struct plc *plc, const struct instruction *i)
{
	struct ladder *ladder = &plc->ladder;
	bool value;

	switch (i->type->opcode) {
	case OP_STR:
		push(ladder, evaluate(&plc->memory, i));
		break;
	case OP_AND:
		*top(ladder) &= evaluate(&plc->memory, i);
		break;
	case OP_OR:
		*top(ladder) |= evaluate(&plc->memory, i);
		break;
	case OP_ANDSTR:
		value = pop(ladder);
		*top(ladder) &= value;
		break;
	case OP_ORSTR:
		value = pop(ladder);
		*top(ladder) |= value;
		break;
	default:
		break;
	}
}

static void load(struct ladder *ladder, uint16_t value)
{
	memmove(ladder->accumulator + 1, ladder->accumulator,
		sizeof(ladder->accumulator) - sizeof(ladder->accumulator[0]));
	ladder->accumulator[0] = value;
}

/* Returns -1 if a digit is none. */
static int from_bcd(uint16_t bcd)
{
	int value = 0;

	for (int shift = 12; shift >= 0; shift -= 4) {
		int digit = bcd >> shift & 0xf;

		if (digit > 9)
			return -1;
		value = value * 10 + digit;
	}
	return value;
}

static void rx_done(void *owner, const struct transfer_result *result)
{
	const struct ladder_rx *rx = owner;

	if (result->outcome == TRANSFER_DONE)
		memory_put(rx->memory, rx->word, result->data, rx->length);
}

static void wx_done(void *owner __attribute__((unused)),
		    const struct transfer_result *result __attribute__((unused)))
{
}

/*
 * Accumulator: local address; below it the number of bytes (BCD), and slot and
 * station (BCD). While the slot is busy the instruction does nothing.
 */
static void transfer(struct plc *plc, const struct instruction *i)
{
	const uint16_t *accumulator = plc->ladder.accumulator;
	int length = from_bcd(accumulator[1]);
	int slot = from_bcd(accumulator[2] >> 8);
	struct port *port = plc_port(plc, slot);
	struct transfer transfer = {
		.write = i->type->opcode == OP_WX,
		.station = accumulator[2] & 0xff,
		.length = length,
		.address = i->operands[0].element.word,
	};

	if (!port || port->busy)
		return;
	if (length < 1 || length > TRANSFER_BYTES_MAX) {
		port_refuse(port);
		return;
	}
	if (transfer.write) {
		memory_get(&plc->memory, accumulator[0], transfer.data, length);
		port_start(port, &transfer, wx_done, NULL);
		return;
	}
	plc->ladder.rx[slot] = (struct ladder_rx){ &plc->memory, accumulator[0], length };
	port_start(port, &transfer, rx_done, &plc->ladder.rx[slot]);
}

/* Instructions that power flow enables */
static void execute(struct plc *plc, const struct instruction *i)
{
	struct memory *memory = &plc->memory;
	const struct operand *first = &i->operands[0];

	switch (i->type->opcode) {
	case OP_SET:
		element_set(memory, &first->element, 1);
		break;
	case OP_RST:
		element_set(memory, &first->element, 0);
		break;
	case OP_OUT_WORD:
		element_set(memory, &first->element, plc->ladder.accumulator[0]);
		break;
	case OP_LD:
	case OP_LDA:
		load(&plc->ladder, operand(memory, first));
		break;
	case OP_RX:
	case OP_WX:
		transfer(plc, i);
		break;
	default:
		break;
	}
}

static void output(struct plc *plc, unsigned int position, bool first)
{
	const struct instruction *i = program_at(plc->program, position);
	bool power = power_flow(&plc->ladder);

	plc->ladder.rung_ended = true;
	if (i->type->opcode == OP_OUT) {
		element_set(&plc->memory, &i->operands[0].element, power);
	} else if (i->box) {
		plc->boxes[position].power_flow = power;
		i->box->type->operations->scan(plc->boxes[position].state, power, first);
	} else if (power) {
		execute(plc, i);
	}
}

void ladder_scan(struct plc *plc, bool first)
{
	plc->ladder.depth = 0;
	plc->ladder.rung_ended = false;
	for (unsigned int i = 0; i < plc->program->instructions->len; i++) {
		const struct instruction *instruction = program_at(plc->program, i);

		if (instruction->type->role == ROLE_END)
			return;
		if (instruction->type->role == ROLE_CONDITION)
			condition(plc, instruction);
		else
			output(plc, i, first);
	}
}

void ladder_stop(struct plc *plc)
{
	for (unsigned int slot = 0; slot < BASE_SLOTS; slot++)
		port_disown(&plc->ports[slot], &plc->ladder.rx[slot]);
}
