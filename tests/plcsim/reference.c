// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/plcsim/reference.h"

bool references_overlap(const struct reference *a, const struct reference *b)
{
	if (a->last < b->first || b->last < a->first)
		return false;
	return a->bit < 0 || b->bit < 0 || a->bit == b->bit;
}

/* Completes place with the element, and adds it. */
static void add(GArray *all, struct reference place, const struct element *element,
		unsigned int words)
{
	place.element = element;
	place.first = element->word;
	place.last = element->word + words - 1;
	place.bit = element->bit;
	g_array_append_val(all, place);
}

static void add_message(GArray *all, struct reference place, const struct vprint *message)
{
	const struct element *element;
	unsigned int words;

	place.writes = false;
	place.unique = false;
	for (unsigned int i = 0; message && vprint_item(message, i, &element, &words); i++)
		if (element)
			add(all, place, element, words);
}

static void add_box(GArray *all, const struct box *box)
{
	for (size_t i = 0; i < box->type->parameter_count; i++) {
		const struct parameter *p = &box->type->parameters[i];
		const struct box_value *value = &box->values[i];
		bool words = p->kind == PARAMETER_V;
		struct reference place = {
			.line = value->line,
			.box = box,
			.name = p->name,
			.unique = p->reserved || (box->type->configuration && words),
			.writes = true,
		};

		if (!value->valid)
			continue;
		if (words || p->kind == PARAMETER_BIT)
			add(all, place, &value->element, words ? p->size : 1);
		else
			add_message(all, place, value->vprint);
	}
}

static void add_operand(GArray *all, struct reference place, const struct instruction *i,
			const struct operand *operand)
{
	unsigned int words = operand->kind == OPERAND_BIT ? 1 : instruction_words(i);

	if (operand->kind & (OPERAND_BIT | OPERAND_WORD | OPERAND_OCTAL))
		add(all, place, &operand->element, words);
}

static void add_instruction(GArray *all, const struct instruction *i)
{
	enum instruction_access access = instruction_access(i);
	struct reference place = {
		.line = i->line,
		.name = i->type->name,
		.writes = access == ACCESS_WRITE,
		.own_bit = i->type->opcode == OP_TMR || i->type->opcode == OP_CNT,
	};

	if (access == ACCESS_NONE)
		return;
	add_operand(all, place, i, &i->operands[0]);
	place.writes = false;
	add_operand(all, place, i, &i->operands[1]);
	add_message(all, place, i->message);
}

GArray *references_of(const struct program *program)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct reference));

	for (unsigned int i = 0; i < program->instructions->len; i++) {
		const struct instruction *instruction = program_at(program, i);

		if (instruction->box)
			add_box(all, instruction->box);
		else
			add_instruction(all, instruction);
	}
	return all;
}
