// SPDX-License-Identifier: GPL-2.0-or-later
/* The ladder's stack of ladder.c once more, with what is known instead of what is. */
#include "tests/plcsim/ladder.h"
#include "tests/plcsim/trigger.h"

struct stack {
	enum flow flows[LADDER_STACK];
	unsigned int depth;
	bool rung_ended;
};

static enum flow *top(struct stack *stack)
{
	return &stack->flows[stack->depth ? stack->depth - 1 : 0];
}

static void push(struct stack *stack, enum flow flow)
{
	if (stack->rung_ended)
		stack->depth = 0;
	stack->rung_ended = false;
	if (stack->depth < LADDER_STACK)
		stack->depth++;
	*top(stack) = flow;
}

static enum flow pop(struct stack *stack)
{
	enum flow flow = *top(stack);

	if (stack->depth)
		stack->depth--;
	return flow;
}

/* By whatever name: SP1, SP01, V41200.1 */
static bool is_bit(const struct element *element, const char *name)
{
	struct element wanted;

	element_parse(name, &wanted);
	return element->word == wanted.word && element->bit == wanted.bit;
}

static enum flow evaluate(const struct instruction *i, bool first_scan)
{
	const struct element *element = &i->operands[0].element;
	enum flow flow = FLOW_UNKNOWN;

	if (i->type->comparison != COMPARE_NONE)
		return FLOW_UNKNOWN;
	if (is_bit(element, "SP1"))
		flow = FLOW_ON;
	else if (is_bit(element, "SP0"))
		flow = first_scan ? FLOW_ON : FLOW_OFF;
	return i->type->inverted ? FLOW_ON - flow : flow;
}

static void condition(struct stack *stack, const struct instruction *i, bool first_scan)
{
	enum flow flow;

	switch (i->type->opcode) {
	case OP_STR:
		push(stack, evaluate(i, first_scan));
		break;
	case OP_AND:
		*top(stack) = MIN(*top(stack), evaluate(i, first_scan));
		break;
	case OP_OR:
		*top(stack) = MAX(*top(stack), evaluate(i, first_scan));
		break;
	case OP_ANDSTR:
		flow = pop(stack);
		*top(stack) = MIN(*top(stack), flow);
		break;
	case OP_ORSTR:
		flow = pop(stack);
		*top(stack) = MAX(*top(stack), flow);
		break;
	default:
		break;
	}
}

const struct instruction *trigger_condition(const struct program *program, unsigned int position)
{
	while (position-- > 0)
		if (program_at(program, position)->type->role == ROLE_CONDITION)
			return program_at(program, position);
	return NULL;
}

enum flow trigger_flow(const struct program *program, unsigned int position, bool first_scan)
{
	struct stack stack = { 0 };

	for (unsigned int i = 0; i < position; i++) {
		const struct instruction *instruction = program_at(program, i);

		if (instruction->type->role == ROLE_CONDITION) {
			condition(&stack, instruction, first_scan);
			continue;
		}
		stack.rung_ended = true;
		if (instruction->type->opcode == OP_CNT)
			pop(&stack); /* its reset */
	}
	return stack.depth ? *top(&stack) : FLOW_ON;
}
