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
		unsigned int least, unsigned int most)
{
	place.element = element;
	place.first = element->word;
	place.last = element->word + most - 1;
	place.sure = element->word + least - 1;
	place.bit = element->bit;
	g_array_append_val(all, place);
}

static void add_message(GArray *all, struct reference place, const struct vprint *message)
{
	const struct element *element;
	unsigned int least, most;

	place.writes = false;
	place.unique = false;
	for (unsigned int i = 0; message && vprint_item(message, i, &element, &least, &most); i++)
		if (element)
			add(all, place, element, least, most);
}

/* What a parameter names in this PLC, and whether the box writes it */
static bool names_element(const struct parameter *p, const struct box_value *value)
{
	switch (p->kind) {
	case PARAMETER_V:
	case PARAMETER_BIT:
	case PARAMETER_SOURCE:
	case PARAMETER_TARGET:
		return true;
	case PARAMETER_K_OR_V:
		return value->is_word;
	default:
		return false;
	}
}

static void add_box(GArray *all, const struct box *box)
{
	for (size_t i = 0; i < box->type->parameter_count; i++) {
		const struct parameter *p = &box->type->parameters[i];
		const struct box_value *value = &box->values[i];
		struct reference place = {
			.line = value->line,
			.box = box,
			.name = p->name,
			.unique = p->reserved ||
				  (box->type->configuration && p->kind == PARAMETER_V),
			.writes = p->kind != PARAMETER_SOURCE && p->kind != PARAMETER_K_OR_V,
		};

		if (!value->valid)
			continue;
		if (names_element(p, value))
			add(all, place, &value->element, box_words(box, i), box_words(box, i));
		else
			add_message(all, place, value->vprint);
	}
}

static void add_operand(GArray *all, struct reference place, const struct instruction *i,
			const struct operand *operand)
{
	unsigned int words = operand->kind == OPERAND_BIT ? 1 : instruction_words(i);

	if (operand->kind & (OPERAND_BIT | OPERAND_WORD | OPERAND_OCTAL))
		add(all, place, &operand->element, words, words);
}

/* The data of RX and WX, as far as the loads before them tell */
static void add_transfer(GArray *all, const struct program *program, unsigned int position)
{
	const struct instruction *i = program_at(program, position);
	struct reference place = {
		.line = i->line,
		.name = i->type->name,
		.writes = i->type->opcode == OP_RX,
	};
	unsigned int words;
	const struct element *local = instruction_local(program, position, &words);

	if (local)
		add(all, place, local, words, words);
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
		else if (instruction->type->opcode == OP_RX || instruction->type->opcode == OP_WX)
			add_transfer(all, program, i);
		else
			add_instruction(all, instruction);
	}
	return all;
}

/* By address, a word before its bits, then in the order of the program */
static int compare(const void *first, const void *second)
{
	const struct reference *a = first;
	const struct reference *b = second;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->bit != b->bit)
		return a->bit < b->bit ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static void print_reference(const struct reference *r, GString *out)
{
	g_autofree char *end = r->last > r->first ? g_strdup_printf("-V%o", r->last) : g_strdup("");
	g_autofree char *element = g_strconcat(r->element->name, end, NULL);
	g_autofree char *place = g_strdup_printf(
		"%s%s%s", r->box ? r->box->type->name : r->name, r->box ? " " : "",
		r->box ? r->name : "");

	g_string_append_printf(out, "%-15s  %5u  %-20s  %s%s\n", element, r->line, place,
			       r->writes ? "writes" : "reads", r->unique ? ", for itself" : "");
}

void references_print(const struct program *program, GString *out)
{
	g_autoptr(GArray) all = references_of(program);

	g_array_sort(all, compare);
	g_string_append_printf(out, "%-15s  %5s  %-20s  %s\n", "Element", "Line", "Used by", "Use");
	for (unsigned int i = 0; i < all->len; i++)
		print_reference(&g_array_index(all, struct reference, i), out);
}
