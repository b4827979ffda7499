// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tests/plcsim/backplane.h"
#include "tests/plcsim/bcd.h"
#include "tests/plcsim/check.h"
#include "tests/plcsim/ladder.h"
#include "tests/plcsim/reference.h"
#include "tests/plcsim/refusal.h"
#include "tests/plcsim/trigger.h"
#include "uapi/linux/ecom_slave89.h"

struct check {
	const struct program *program;
	const struct base *base;
	struct diagnostics *diagnostics;
};

static char *module_firmware_text(const struct firmware *f)
{
	return g_strdup_printf("v%u.%u.%u", f->part[0], f->part[1], f->part[2]);
}

/* Seed 000, section 1 */
static void check_cpu(struct check *c, const struct box *box)
{
	const struct cpu_family *family = c->base->family;
	g_autofree char *found = cpu_firmware_text(&c->base->firmware);
	g_autofree char *wanted = cpu_firmware_text(&family->firmware);

	if (firmware_compare(&c->base->firmware, &family->firmware) < 0)
		diagnostics_error(c->diagnostics, box->line,
				  "%s: CPU %s has firmware %s, IBoxes need %s or later",
				  box->type->name, family->name, found, wanted);
}

/* Section 3: where an ECOM100 may be */
static bool check_slot_number(struct check *c, const struct box_value *slot)
{
	const struct cpu_family *family = c->base->family;

	if (slot->k >= family->first_slot && slot->k <= family->last_slot)
		return true;
	if (slot->k == 0 && family->sp_first_slot == 0)
		diagnostics_trouble(c->diagnostics, slot->line,
				    "Slot K0: the first slot is invalid on a 205 system (CPU %s), only "
				    "K1 to K%u",
				    family->name, family->last_slot);
	else if (slot->k == 0)
		diagnostics_trouble(c->diagnostics, slot->line,
				    "Slot K0: slot numbers start at K1 in a %s system, only K1 to "
				    "K%u",
				    family->name, family->last_slot);
	else
		diagnostics_trouble(c->diagnostics, slot->line,
				    "Slot K%u: a %s system has slots K%u to K%u only", slot->k,
				    family->name, family->first_slot, family->last_slot);
	return false;
}

/* Where the base has an ECOM100 */
static char *modules_text(const struct base *base)
{
	GString *text = g_string_new(NULL);

	for (unsigned int i = 0; i < BASE_SLOTS; i++)
		if (base->slots[i].present)
			g_string_append_printf(text, "%s K%u", text->len ? "," : "only in", i);
	return g_string_free(text->len ? text : g_string_assign(text, "nor anywhere else"), FALSE);
}

/* Section 2 */
static void check_module_firmware(struct check *c, const struct box_value *slot,
				  const struct base_slot *module)
{
	const struct firmware *minimum = module_firmware_minimum(module->module);
	g_autofree char *found = module_firmware_text(&module->firmware);
	g_autofree char *wanted = module_firmware_text(minimum);

	if (firmware_compare(&module->firmware, minimum) < 0)
		diagnostics_trouble(c->diagnostics, slot->line,
				    "Slot K%u: %s has firmware %s, sending mail needs %s or later",
				    slot->k, module->module, found, wanted);
}

/* Sections 3 and 5: the module itself */
static void check_module(struct check *c, const struct box *box)
{
	const struct box_value *slot = &box->values[ECOM100_SLOT];
	const struct base_slot *module;

	if (!slot->valid || !check_slot_number(c, slot))
		return;
	module = &c->base->slots[slot->k];
	if (!module->present) {
		g_autofree char *there = modules_text(c->base);

		diagnostics_trouble(c->diagnostics, slot->line,
				    "Slot K%u: the base has no ECOM100 there, %s", slot->k, there);
		return;
	}
	if (module->remote)
		diagnostics_trouble(c->diagnostics, slot->line,
				    "Slot K%u: the ECOM100 must be in the local base, not a remote one",
				    slot->k);
	check_module_firmware(c, slot, module);
	if (!module->dip7)
		diagnostics_trouble(c->diagnostics, slot->line,
				    "Slot K%u: dipswitch 7 of the module is off; turn it on, or it "
				    "answers no RX and WX of the boxes",
				    slot->k);
}

/* Section 7: a configuration box before which something else stands */
static void check_order(struct check *c, unsigned int position)
{
	const struct instruction *instruction = program_at(c->program, position);

	for (unsigned int i = 0; i < position; i++) {
		const struct instruction *before = program_at(c->program, i);

		if (before->box && before->box->type->configuration)
			continue;
		diagnostics_error(c->diagnostics, instruction->line,
				  "%s must be at the top of the program, but line %u is before it",
				  instruction->box->type->name, before->line);
		return;
	}
}

static const struct box *find_module(const struct program *program, unsigned int end,
				     unsigned int parameter, unsigned int k)
{
	for (unsigned int i = 0; i < end; i++) {
		const struct box *box = program_at(program, i)->box;

		if (box && box->type->configuration && box->values[parameter].valid &&
		    box->values[parameter].k == k)
			return box;
	}
	return NULL;
}

/* Section 7 g: each ECOM# and each module once */
static void check_unique_module(struct check *c, const struct box *box, unsigned int position)
{
	static const unsigned int parameters[] = { ECOM100_NUMBER, ECOM100_SLOT };

	for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++) {
		const struct box_value *value = &box->values[parameters[i]];
		const struct box *other;

		if (!value->valid)
			continue;
		other = find_module(c->program, position, parameters[i], value->k);
		if (other)
			diagnostics_error(c->diagnostics, value->line,
					  "%s K%u is already used by the ECOM100 in line %u; it must "
					  "be unique",
					  box->type->parameters[parameters[i]].name, value->k,
					  other->line);
	}
}

/* Section 8 l */
static void check_module_exists(struct check *c, const struct box *box)
{
	const struct box_value *number = &box->values[REQUEST_NUMBER];
	g_autoptr(GString) there = g_string_new(NULL);

	if (!number->valid ||
	    find_module(c->program, c->program->instructions->len, ECOM100_NUMBER, number->k))
		return;
	for (unsigned int i = 0; i < c->program->instructions->len; i++) {
		const struct box *other = program_at(c->program, i)->box;

		if (other && other->type->configuration && other->values[ECOM100_NUMBER].valid)
			g_string_append_printf(there, "%s K%u", there->len ? "," : "",
					       other->values[ECOM100_NUMBER].k);
	}
	diagnostics_error(c->diagnostics, number->line,
			  "ECOM# K%u: no ECOM100 at the top of the program has this number, there is%s",
			  number->k, there->len ? there->str : " none");
}

/* Section 8, last note: the size of what goes to the module */
static void check_size(struct check *c, const struct box *box)
{
	const struct box_value *subject = &box->values[ECEMAIL_SUBJECT];
	const struct box_value *body = &box->values[ECEMAIL_BODY];
	size_t to, fixed, least, most;

	if (!subject->valid || !body->valid)
		return;
	to = strlen(box->values[ECEMAIL_TO].text);
	fixed = ECEMAIL_TEXT + to + vprint_minimum(subject->vprint);
	least = fixed + vprint_minimum(body->vprint);
	most = fixed + vprint_maximum(body->vprint);
	if (least > FRAME_SIZE_MAX)
		diagnostics_error(c->diagnostics, box->line,
				  "ECEMAIL: %zu bytes, only %d are allowed: To %zu, Subject %zu, Body "
				  "at least %zu, overhead %d; shorten them by %zu",
				  least, FRAME_SIZE_MAX, to, vprint_minimum(subject->vprint),
				  vprint_minimum(body->vprint), ECEMAIL_TEXT,
				  least - FRAME_SIZE_MAX);
	else if (most > FRAME_SIZE_MAX)
		diagnostics_warning(c->diagnostics, box->line,
				    "ECEMAIL: %zu to %zu bytes, only %d are allowed: To %zu, Subject "
				    "%zu, Body %zu to %zu, overhead %d; too much ends with Error Code "
				    "23",
				    least, most, FRAME_SIZE_MAX, to,
				    vprint_minimum(subject->vprint), vprint_minimum(body->vprint),
				    vprint_maximum(body->vprint), ECEMAIL_TEXT);
}

/* What is wrong or missing has been named already, and has no value to form. */
static bool has_all_values(const struct box *box)
{
	for (size_t i = 0; i < box->type->parameter_count; i++)
		if (!box->values[i].valid &&
		    (box->values[i].present || !box->type->parameters[i].optional))
			return false;
	return true;
}

/* The same for boxes whose frames do not depend on values */
static void check_entries(struct check *c, const struct box *box)
{
	static const struct memory memory;
	g_autoptr(GString) frame = g_string_new(NULL);

	if (!has_all_values(box))
		return;
	box->type->request->form(box, &memory, frame);
	if (frame->len + FRAME_HEADER_SIZE > FRAME_SIZE_MAX)
		diagnostics_error(c->diagnostics, box->line,
				  "%s: %zu bytes, only %d are allowed: the values and 2 for each, "
				  "overhead %d; set some fields in a box of its own",
				  box->type->name, frame->len + FRAME_HEADER_SIZE, FRAME_SIZE_MAX,
				  FRAME_HEADER_SIZE);
	else if (!frame->len)
		diagnostics_trouble(c->diagnostics, box->line,
				    "%s has no parameter to set: it will end with Error Code 23",
				    box->type->name);
}

static void check_frame(struct check *c, const struct box *box)
{
	if (box->type->ib == ECEMAIL_IB)
		check_size(c, box);
	else if (box->type->request && box->type->request->form)
		check_entries(c, box);
}

/* Section 8: a box with a leading edge trigger that can have none */
static void check_trigger(struct check *c, unsigned int position)
{
	const struct instruction *box = program_at(c->program, position);
	const struct instruction *condition = trigger_condition(c->program, position);
	enum flow first = trigger_flow(c->program, position, true);
	enum flow later = trigger_flow(c->program, position, false);

	if (!condition)
		diagnostics_trouble(c->diagnostics, box->line,
				    "%s has no condition before it: it is leading edge triggered and "
				    "will never execute",
				    box->box->type->name);
	else if (first == FLOW_ON && later == FLOW_ON)
		diagnostics_trouble(c->diagnostics, condition->line,
				    "SP1 is always on, so is the condition of %s in line %u: it is "
				    "leading edge triggered and will never execute",
				    box->box->type->name, box->line);
	else if (later == FLOW_OFF)
		diagnostics_trouble(c->diagnostics, condition->line,
				    "the condition of %s in line %u is never on after the first "
				    "scan, in which there is no edge: it will never execute",
				    box->box->type->name, box->line);
}

static void check_box(struct check *c, unsigned int position)
{
	const struct box *box = program_at(c->program, position)->box;

	check_cpu(c, box);
	if (box->type->configuration) {
		check_order(c, position);
		check_unique_module(c, box, position);
		check_module(c, box);
	} else {
		check_module_exists(c, box);
		check_frame(c, box);
		check_refusal(box, c->diagnostics);
	}
	if (box->type->edge_triggered)
		check_trigger(c, position);
}

/* Section 7 j and k: of no use to the program */
static void report_reads(struct check *c, const struct reference *owner,
			 const struct reference *reader)
{
	if (owner->unique && strcmp(owner->name, "Status") != 0)
		diagnostics_warning(c->diagnostics, reader->line,
				    "%s %s reads %s of the box in line %u, which means nothing to the "
				    "program",
				    reader->name, reader->element->name, owner->name,
				    owner->box->line);
}

/* Two boxes, or one with itself; b is the later line */
static void report_box_clash(struct check *c, const struct reference *a, const struct reference *b)
{
	if (!a->writes || !b->writes)
		report_reads(c, a->writes ? a : b, a->writes ? b : a);
	else if (a->unique || b->unique)
		diagnostics_error(c->diagnostics, b->line,
				  "%s %s overlaps %s %s in line %u; it must have registers of its own",
				  b->name, b->element->name, a->name, a->element->name, a->line);
	else
		diagnostics_trouble(c->diagnostics, b->line,
				    "%s %s is also %s in line %u; their values will be INVALID, as "
				    "each must be written by one box only",
				    b->name, b->element->name, a->name, a->line);
}

static void report_instruction_clash(struct check *c, const struct reference *box,
				     const struct reference *instruction)
{
	if (!box->writes)
		return; /* both read */
	if (!instruction->writes)
		report_reads(c, box, instruction);
	else if (box->unique)
		diagnostics_error(c->diagnostics, instruction->line,
				  "%s %s writes %s of the box in line %u, which must never be changed",
				  instruction->name, instruction->element->name, box->name,
				  box->box->line);
	else
		diagnostics_trouble(c->diagnostics, instruction->line,
				    "%s %s writes %s of the box in line %u; only the box should, or "
				    "its result is INVALID",
				    instruction->name, instruction->element->name, box->name,
				    box->box->line);
}

/* Sections 7 i to k and 8 m, and the cross references of section 9 */
static void check_references(struct check *c)
{
	g_autoptr(GArray) all = references_of(c->program);

	for (unsigned int i = 0; i < all->len; i++) {
		const struct reference *b = &g_array_index(all, struct reference, i);

		for (unsigned int j = 0; j < i; j++) {
			const struct reference *a = &g_array_index(all, struct reference, j);

			if (!references_overlap(a, b) || (!a->writes && !b->writes))
				continue;
			if (a->box && b->box)
				report_box_clash(c, a, b);
			else if (a->box || b->box)
				report_instruction_clash(c, a->box ? a : b, a->box ? b : a);
		}
	}
}

/* What a box writes by itself must be the user's memory, not the system's */
static void check_user_memory(struct check *c, const struct box *box)
{
	g_autofree char *range = user_memory_text(c->base->family);

	for (size_t i = 0; i < box->type->parameter_count; i++) {
		const struct parameter *p = &box->type->parameters[i];
		const struct box_value *value = &box->values[i];
		unsigned int words = box_words(box, i);

		if ((p->kind != PARAMETER_V && p->kind != PARAMETER_TARGET) || !value->valid)
			continue;
		if (!is_user_memory(c->base->family, value->element.word, words))
			diagnostics_error(c->diagnostics, value->line,
					  "%s %s: %u word%s from there %s user V-memory of a %s CPU, "
					  "which is %s",
					  p->name, value->element.name, words,
					  words == 1 ? "" : "s", words == 1 ? "is not" : "are not all",
					  c->base->family->name, range);
	}
}

/* What the CPU does not have */
static void check_existence(struct check *c, const struct reference *r)
{
	g_autofree char *missing =
		missing_element(c->base->family, r->element, r->sure - r->first + 1);

	if (missing)
		diagnostics_error(c->diagnostics, r->line, "%s %s: %s", r->name, r->element->name,
				  missing);
}

/* Inputs, what the CPU says, and the bits of timers and counters but for TMR and CNT */
static void check_writable(struct check *c, const struct reference *r)
{
	if (r->writes && !r->own_bit && (!r->element->output || is_read_only(r->first, r->last)))
		diagnostics_error(c->diagnostics, r->line,
				  "%s %s: not an output: X, T, CT and SP are not for a program to "
				  "write, only Y, C, S, GX, GY, other words and their bits",
				  r->name, r->element->name);
}

static void check_elements(struct check *c)
{
	g_autoptr(GArray) all = references_of(c->program);

	for (unsigned int i = 0; i < all->len; i++) {
		const struct reference *r = &g_array_index(all, struct reference, i);

		check_existence(c, r);
		if (!r->box)
			check_writable(c, r);
	}
}

/* The K that it loads, or nothing if that is not known */
static const struct operand *loaded(const struct instruction *load)
{
	return load && load->operands[0].kind == OPERAND_K ? &load->operands[0] : NULL;
}

static bool is_station(const struct base *base, uint32_t bcd)
{
	int64_t slot = bcd_value(bcd >> 8), station = bcd_value(bcd & 0xff);

	return slot >= base->family->first_slot && slot <= base->family->last_slot &&
	       base->slots[slot].present && !base->slots[slot].remote &&
	       (station == 89 || station == 90);
}

/* What RX and WX find on the accumulator's stack, as far as the LD before them tell */
static void check_transfer(struct check *c, unsigned int position)
{
	const struct instruction *transfer = program_at(c->program, position), *loads[LOADS];
	const struct operand *bytes, *station;
	int64_t count;

	instruction_loads(c->program, position, loads);
	bytes = loaded(loads[LOAD_BYTES]);
	station = loaded(loads[LOAD_STATION]);
	count = bytes ? bcd_value(bytes->value) : 1;
	if (count < 1 || count > TRANSFER_BYTES_MAX)
		diagnostics_trouble(c->diagnostics, loads[LOAD_BYTES]->line,
				    "LD K%X: %s in line %u takes 1 to %d bytes, in BCD",
				    bytes->value, transfer->type->name, transfer->line,
				    TRANSFER_BYTES_MAX);
	if (station && !is_station(c->base, station->value)) {
		g_autofree char *there = modules_text(c->base);

		diagnostics_trouble(c->diagnostics, loads[LOAD_STATION]->line,
				    "LD K%04X: %s in line %u takes slot and station in BCD; ECOM100 "
				    "%s, stations 89 and 90",
				    station->value, transfer->type->name, transfer->line, there);
	}
}

/* What a message prints has the room of a frame, and no more is sent. */
static void check_message(struct check *c, const struct instruction *i)
{
	size_t least = vprint_minimum(i->message), most = vprint_maximum(i->message);

	if (least > VPRINT_BYTES_MAX)
		diagnostics_error(c->diagnostics, i->line,
				  "%s: %s%zu bytes, only %d are allowed; shorten it by %zu",
				  i->type->name, most > least ? "at least " : "", least,
				  VPRINT_BYTES_MAX, least - VPRINT_BYTES_MAX);
	else if (most > VPRINT_BYTES_MAX)
		diagnostics_warning(c->diagnostics, i->line,
				    "%s: %zu to %zu bytes, only %d are allowed; the rest is cut off",
				    i->type->name, least, most, VPRINT_BYTES_MAX);
}

/* At the first output of a rung */
static void check_depth(struct check *c, const struct instruction *instruction, int depth)
{
	if (instruction->type->opcode == OP_CNT && depth != 2)
		diagnostics_error(c->diagnostics, instruction->line,
				  "CNT takes two conditions: a STR for the count, one for the reset");
	else if (instruction->type->opcode != OP_CNT && depth > 1)
		diagnostics_error(c->diagnostics, instruction->line,
				  "%d STR before this are not joined by ANDSTR or ORSTR", depth);
}

/* Conditions that are joined to nothing, or that join what is not there */
static void check_rungs(struct check *c)
{
	int depth = 0;
	bool rung_ended = false;

	for (unsigned int i = 0; i < c->program->instructions->len; i++) {
		const struct instruction *instruction = program_at(c->program, i);
		enum opcode opcode = instruction->type->opcode;
		int needed = opcode == OP_ANDSTR || opcode == OP_ORSTR ? 2 : 1;

		if (instruction->type->role != ROLE_CONDITION) {
			check_depth(c, instruction, rung_ended ? 0 : depth);
			rung_ended = true;
			continue;
		}
		if (rung_ended)
			depth = 0;
		rung_ended = false;
		if (opcode == OP_STR)
			depth++;
		else if (depth < needed)
			diagnostics_error(c->diagnostics, instruction->line,
					  "%s needs %d STR before it in its rung",
					  instruction->type->name, needed);
		if (needed == 2 && depth > 1)
			depth--;
		if (depth > LADDER_STACK)
			diagnostics_error(c->diagnostics, instruction->line,
					  "more than %d STR in one rung", LADDER_STACK);
	}
}

static void check_end(struct check *c)
{
	GArray *instructions = c->program->instructions;

	for (unsigned int i = 0; i < instructions->len; i++) {
		if (program_at(c->program, i)->type->opcode != OP_END)
			continue;
		if (i + 1 < instructions->len)
			diagnostics_warning(c->diagnostics, program_at(c->program, i + 1)->line,
					    "this is after END and will never be executed");
		return;
	}
	diagnostics_error(c->diagnostics, 0, "E401: the END instruction is missing");
}

void check_program(const struct program *program, const struct base *base, struct diagnostics *d)
{
	struct check check = { program, base, d };

	for (unsigned int i = 0; i < program->instructions->len; i++) {
		const struct instruction *instruction = program_at(program, i);

		if (instruction->message)
			check_message(&check, instruction);
		if (instruction->type->opcode == OP_RX || instruction->type->opcode == OP_WX)
			check_transfer(&check, i);
		if (!instruction->box)
			continue;
		check_user_memory(&check, instruction->box);
		check_box(&check, i);
	}
	check_elements(&check);
	check_references(&check);
	check_rungs(&check);
	check_end(&check);
}
