// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tests/plcsim/bcd.h"
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
	const uint32_t *accumulator = plc->ladder.accumulator;
	int length = bcd_value(accumulator[1]);
	int slot = bcd_value(accumulator[2] >> 8 & 0xff);
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

/* TMR counts tenths of a second while it has power flow, up to 9999. */
static void timer(struct plc *plc, const struct instruction *i, struct plc_box *own, bool power)
{
	uint16_t number = (i->operands[0].element.word - TIMER_BITS) * 16 +
			  i->operands[0].element.bit;
	uint16_t *current = &plc->memory.v[TIMER_VALUES + number];
	uint64_t tenths;

	if (power && !own->power_flow)
		own->since = plc->now;
	own->power_flow = power;
	tenths = power ? (plc->now - own->since) / 100 : 0;
	*current = bcd_digits(MIN(tenths, 9999));
	element_set(&plc->memory, &i->operands[0].element,
		    power && *current >= operand(&plc->memory, &i->operands[1]));
}

/* CNT counts leading edges of the condition before last; the last resets it. */
static void counter(struct plc *plc, const struct instruction *i, struct plc_box *own, bool first)
{
	struct ladder *ladder = &plc->ladder;
	uint16_t number = (i->operands[0].element.word - COUNTER_BITS) * 16 +
			  i->operands[0].element.bit;
	uint16_t *current = &plc->memory.v[COUNTER_VALUES + number];
	bool reset = pop(ladder);
	bool count = *top(ladder);
	int value = bcd_value(*current);

	if (count && !own->power_flow && !first && value >= 0 && value < 9999)
		*current = bcd_digits(value + 1);
	own->power_flow = count;
	if (reset)
		*current = 0;
	element_set(&plc->memory, &i->operands[0].element,
		    !reset && *current >= operand(&plc->memory, &i->operands[1]));
}

/* A one shot: on for the scan in which the power flow comes on */
static void differential(struct plc *plc, const struct instruction *i, struct plc_box *own,
			 bool power, bool first)
{
	element_set(&plc->memory, &i->operands[0].element, power && !own->power_flow && !first);
	own->power_flow = power;
}

static void print(struct plc *plc, const struct instruction *i)
{
	uint16_t word = i->operands[0].element.word;
	g_autoptr(GString) text = g_string_new(NULL);

	vprint_print(i->message, &plc->memory, text);
	g_string_truncate(text, MIN(text->len, VPRINT_BYTES_MAX));
	plc->memory.v[word] = text->len;
	memory_put(&plc->memory, word + 1, (uint8_t *)text->str, text->len);
}

/* A message at a time: the port sends 960 bytes a second. */
static void print_to_port(struct plc *plc, const struct instruction *i)
{
	struct ladder *ladder = &plc->ladder;
	g_autoptr(GString) text = g_string_new(NULL);

	if (plc->now < ladder->printed_at)
		return;
	vprint_print(i->message, &plc->memory, text);
	g_string_truncate(text, MIN(text->len, VPRINT_BYTES_MAX));
	g_string_append_len(ladder->printed, text->str, text->len);
	if (ladder->printed->len > PRINTED_MAX)
		g_string_erase(ladder->printed, 0, ladder->printed->len - PRINTED_MAX);
	ladder->printed_at = plc->now + (text->len * 1000 + 959) / 960;
}

/* Instructions that power flow enables */
static void execute(struct plc *plc, const struct instruction *i)
{
	const struct element *first = &i->operands[0].element;

	switch (i->type->opcode) {
	case OP_SET:
		element_set(&plc->memory, first, 1);
		break;
	case OP_RST:
		element_set(&plc->memory, first, 0);
		break;
	case OP_VPRINT:
		print(plc, i);
		break;
	case OP_PRINT:
		print_to_port(plc, i);
		break;
	case OP_RX:
	case OP_WX:
		transfer(plc, i);
		break;
	default:
		arithmetic(plc, i);
		break;
	}
}

/* Those that do something without power flow, too. Returns false for others. */
static bool always(struct plc *plc, const struct instruction *i, struct plc_box *own, bool first)
{
	bool power = power_flow(&plc->ladder);

	switch (i->type->opcode) {
	case OP_OUT:
		element_set(&plc->memory, &i->operands[0].element, power);
		return true;
	case OP_PD:
		differential(plc, i, own, power, first);
		return true;
	case OP_TMR:
		timer(plc, i, own, power);
		return true;
	case OP_CNT:
		counter(plc, i, own, first);
		return true;
	case OP_BOX:
		own->power_flow = power;
		i->box->type->operations->scan(own->state, power, first);
		return true;
	default:
		return false;
	}
}

static void output(struct plc *plc, unsigned int position, bool first)
{
	const struct instruction *i = program_at(plc->program, position);

	plc->ladder.rung_ended = true;
	if (!always(plc, i, &plc->boxes[position], first) && power_flow(&plc->ladder))
		execute(plc, i);
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
