// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/backplane.h"
#include "tests/plcsim/bcd.h"
#include "tests/plcsim/lines.h"
#include "tests/plcsim/program.h"

#define BIT	  OPERAND_BIT
#define WORD	  OPERAND_WORD
#define WORD_OR_K (OPERAND_WORD | OPERAND_K)
#define LONG_K	  (OPERAND_WORD | OPERAND_K | OPERAND_LONG_K)
#define WORD_OR_BCD (WORD_OR_K | OPERAND_BCD)
#define LONG_BCD  (LONG_K | OPERAND_BCD)
#define OCTAL	  OPERAND_OCTAL
#define TIMER	  OPERAND_TIMER
#define COUNTER	  OPERAND_COUNTER
#define PORT	  OPERAND_PORT

/* The same name may have several rows, for different operands. */
// clang-format off
static const struct instruction_type instruction_types[] = {
	{ "STR",    OP_STR,      ROLE_CONDITION, COMPARE_NONE,     false, { BIT } },
	{ "STRN",   OP_STR,      ROLE_CONDITION, COMPARE_NONE,     true,  { BIT } },
	{ "AND",    OP_AND,      ROLE_CONDITION, COMPARE_NONE,     false, { BIT } },
	{ "ANDN",   OP_AND,      ROLE_CONDITION, COMPARE_NONE,     true,  { BIT } },
	{ "OR",     OP_OR,       ROLE_CONDITION, COMPARE_NONE,     false, { BIT } },
	{ "ORN",    OP_OR,       ROLE_CONDITION, COMPARE_NONE,     true,  { BIT } },
	{ "STR",    OP_STR,      ROLE_CONDITION, COMPARE_NOT_LESS, false, { WORD, WORD_OR_K } },
	{ "STRN",   OP_STR,      ROLE_CONDITION, COMPARE_NOT_LESS, true,  { WORD, WORD_OR_K } },
	{ "AND",    OP_AND,      ROLE_CONDITION, COMPARE_NOT_LESS, false, { WORD, WORD_OR_K } },
	{ "ANDN",   OP_AND,      ROLE_CONDITION, COMPARE_NOT_LESS, true,  { WORD, WORD_OR_K } },
	{ "OR",     OP_OR,       ROLE_CONDITION, COMPARE_NOT_LESS, false, { WORD, WORD_OR_K } },
	{ "ORN",    OP_OR,       ROLE_CONDITION, COMPARE_NOT_LESS, true,  { WORD, WORD_OR_K } },
	{ "STRE",   OP_STR,      ROLE_CONDITION, COMPARE_EQUAL,    false, { WORD, WORD_OR_K } },
	{ "STRNE",  OP_STR,      ROLE_CONDITION, COMPARE_EQUAL,    true,  { WORD, WORD_OR_K } },
	{ "ANDE",   OP_AND,      ROLE_CONDITION, COMPARE_EQUAL,    false, { WORD, WORD_OR_K } },
	{ "ANDNE",  OP_AND,      ROLE_CONDITION, COMPARE_EQUAL,    true,  { WORD, WORD_OR_K } },
	{ "ORE",    OP_OR,       ROLE_CONDITION, COMPARE_EQUAL,    false, { WORD, WORD_OR_K } },
	{ "ORNE",   OP_OR,       ROLE_CONDITION, COMPARE_EQUAL,    true,  { WORD, WORD_OR_K } },
	{ "ANDSTR", OP_ANDSTR,   ROLE_CONDITION, COMPARE_NONE,     false, { 0 } },
	{ "ORSTR",  OP_ORSTR,    ROLE_CONDITION, COMPARE_NONE,     false, { 0 } },
	{ "OUT",    OP_OUT,      ROLE_OUTPUT,    COMPARE_NONE,     false, { BIT } },
	{ "OUT",    OP_OUT_WORD, ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "SET",    OP_SET,      ROLE_OUTPUT,    COMPARE_NONE,     false, { BIT } },
	{ "RST",    OP_RST,      ROLE_OUTPUT,    COMPARE_NONE,     false, { BIT } },
	{ "LD",     OP_LD,       ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD_OR_K } },
	{ "LDA",    OP_LDA,      ROLE_OUTPUT,    COMPARE_NONE,     false, { OCTAL } },
	{ "PD",     OP_PD,       ROLE_OUTPUT,    COMPARE_NONE,     false, { BIT } },
	{ "LDD",    OP_LD_DOUBLE, ROLE_OUTPUT,   COMPARE_NONE,     false, { LONG_K } },
	{ "OUTD",   OP_OUT_DOUBLE, ROLE_OUTPUT,  COMPARE_NONE,     false, { WORD } },
	{ "ADD",    OP_ADD,      ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "SUB",    OP_SUB,      ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "ADDD",   OP_ADD_DOUBLE, ROLE_OUTPUT,  COMPARE_NONE,     false, { LONG_BCD } },
	{ "SUBD",   OP_SUB_DOUBLE, ROLE_OUTPUT,  COMPARE_NONE,     false, { LONG_BCD } },
	{ "INC",    OP_INC,      ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "DEC",    OP_DEC,      ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "INCD",   OP_INC_DOUBLE, ROLE_OUTPUT,  COMPARE_NONE,     false, { WORD } },
	{ "DECD",   OP_DEC_DOUBLE, ROLE_OUTPUT,  COMPARE_NONE,     false, { WORD } },
	{ "BIN",    OP_BIN,      ROLE_OUTPUT,    COMPARE_NONE,     false, { 0 } },
	{ "BCD",    OP_BCD,      ROLE_OUTPUT,    COMPARE_NONE,     false, { 0 } },
	{ "TMR",    OP_TMR,      ROLE_OUTPUT,    COMPARE_NONE,     false, { TIMER, WORD_OR_BCD } },
	{ "CNT",    OP_CNT,      ROLE_OUTPUT,    COMPARE_NONE,     false, { COUNTER, WORD_OR_BCD } },
	{ "VPRINT", OP_VPRINT,   ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "PRINT",  OP_PRINT,    ROLE_OUTPUT,    COMPARE_NONE,     false, { PORT } },
	{ "RX",     OP_RX,       ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "WX",     OP_WX,       ROLE_OUTPUT,    COMPARE_NONE,     false, { WORD } },
	{ "END",    OP_END,      ROLE_END,       COMPARE_NONE,     false, { 0 } },
};

static const struct instruction_type box_instruction = {
	"box", OP_BOX, ROLE_OUTPUT, COMPARE_NONE, false, { 0 },
};
// clang-format on

struct program_parser {
	struct program *program;
	struct diagnostics *diagnostics;
	unsigned int line;
	struct box *box; /* whose parameters may follow */
};

static bool parse_k(const char *digits, uint32_t *value)
{
	size_t length = strlen(digits);

	if (length < 1 || length > 8 || strspn(digits, "0123456789ABCDEFabcdef") != length)
		return false;
	*value = strtoul(digits, NULL, 16);
	return true;
}

static bool parse_octal(const char *digits, uint32_t *value)
{
	unsigned long address = strtoul(digits, NULL, 8);

	if (!*digits || digits[strspn(digits, "01234567")] || address >= MEMORY_END)
		return false;
	*value = address;
	return true;
}

const char *instruction_name(size_t i)
{
	return i < G_N_ELEMENTS(instruction_types) ? instruction_types[i].name : NULL;
}

/* Returns NULL, or what is wrong with the text. */
static const char *parse_operand(const char *text, struct operand *operand)
{
	const char *wrong;

	if (*text == 'K') {
		operand->kind = strlen(text + 1) > 4 ? OPERAND_LONG_K : OPERAND_K;
		return parse_k(text + 1, &operand->value) ?
			       NULL :
			       "K takes one to four BCD or hex digits, in LDD, ADDD and SUBD up to "
			       "eight";
	}
	if (*text == 'O') {
		operand->kind = OPERAND_OCTAL;
		if (!parse_octal(text + 1, &operand->value))
			return "O takes an octal V-memory address, O0 to O41237";
		operand->element =
			(struct element){ .word = operand->value, .bit = -1, .output = true };
		g_snprintf(operand->element.name, sizeof(operand->element.name), "V%o",
			   operand->value);
		return NULL;
	}
	wrong = element_parse(text, &operand->element);
	operand->kind = operand->element.bit < 0 ? OPERAND_WORD : OPERAND_BIT;
	return wrong;
}

enum instruction_access instruction_access(const struct instruction *instruction)
{
	switch (instruction->type->opcode) {
	case OP_OUT:
	case OP_SET:
	case OP_RST:
	case OP_PD:
	case OP_OUT_WORD:
	case OP_OUT_DOUBLE:
	case OP_INC:
	case OP_DEC:
	case OP_INC_DOUBLE:
	case OP_DEC_DOUBLE:
	case OP_TMR:
	case OP_CNT:
	case OP_VPRINT:
		return ACCESS_WRITE;
	case OP_RX:
	case OP_WX:
		return ACCESS_NONE;
	default:
		return ACCESS_READ;
	}
}

unsigned int instruction_words(const struct instruction *instruction)
{
	switch (instruction->type->opcode) {
	case OP_OUT_DOUBLE:
	case OP_LD_DOUBLE:
	case OP_ADD_DOUBLE:
	case OP_SUB_DOUBLE:
	case OP_INC_DOUBLE:
	case OP_DEC_DOUBLE:
		return 2;
	case OP_VPRINT:
		return 1 + (MIN(vprint_maximum(instruction->message), VPRINT_BYTES_MAX) + 1) / 2;
	default:
		return 1;
	}
}

/* Everything on the stack is one place further down. */
static void push(const struct instruction *loads[LOADS], const struct instruction *load)
{
	for (unsigned int i = LOADS - 1; i > 0; i--)
		loads[i] = loads[i - 1];
	loads[0] = load;
}

void instruction_loads(const struct program *program, unsigned int position,
		       const struct instruction *loads[LOADS])
{
	for (unsigned int i = 0; i < LOADS; i++)
		loads[i] = NULL;
	for (unsigned int i = 0; i < position; i++) {
		const struct instruction *instruction = program_at(program, i);

		switch (instruction->type->opcode) {
		case OP_LD:
		case OP_LDA:
		case OP_LD_DOUBLE:
			push(loads, instruction);
			break;
		case OP_ADD:
		case OP_SUB:
		case OP_ADD_DOUBLE:
		case OP_SUB_DOUBLE:
		case OP_BIN:
		case OP_BCD:
			loads[0] = NULL; /* not known here */
			break;
		default:
			break;
		}
	}
}

static unsigned int transfer_words(const struct instruction *load)
{
	const struct operand *bytes = load ? &load->operands[0] : NULL;
	int64_t count = bytes && bytes->kind == OPERAND_K ? bcd_value(bytes->value) : -1;

	return count < 1 || count > TRANSFER_BYTES_MAX ? TRANSFER_BYTES_MAX / 2 : (count + 1) / 2;
}

const struct element *instruction_local(const struct program *program, unsigned int position,
					unsigned int *words)
{
	const struct instruction *loads[LOADS], *address;

	instruction_loads(program, position, loads);
	address = loads[LOAD_ADDRESS];
	*words = transfer_words(loads[LOAD_BYTES]);
	return address && address->type->opcode == OP_LDA ? &address->operands[0].element : NULL;
}

static bool is_bit_of(const struct operand *operand, const char *area)
{
	size_t length = strlen(area);

	return operand->kind == OPERAND_BIT &&
	       strncmp(operand->element.name, area, length) == 0 &&
	       isdigit((unsigned char)operand->element.name[length]);
}

static bool operand_fits(unsigned int kinds, const struct operand *operand)
{
	if (kinds == PORT)
		return operand->kind == OPERAND_K && operand->value == 2;
	if (kinds == TIMER)
		return is_bit_of(operand, "T");
	if (kinds == COUNTER)
		return is_bit_of(operand, "CT");
	if (kinds & OPERAND_BCD && operand->kind & (OPERAND_K | OPERAND_LONG_K) &&
	    bcd_value(operand->value) < 0)
		return false;
	return kinds ? kinds & operand->kind : operand->kind == OPERAND_NONE;
}

static bool fits(const struct instruction_type *type, const struct instruction *instruction)
{
	for (int i = 0; i < OPERANDS_MAX; i++)
		if (!operand_fits(type->operands[i], &instruction->operands[i]))
			return false;
	return true;
}

static const char *operand_names(unsigned int kinds)
{
	switch (kinds) {
	case 0:
		return "nothing";
	case BIT:
		return "a bit";
	case WORD:
		return "a V-memory word";
	case WORD_OR_K:
		return "a V-memory word or K (1 to 4 digits)";
	case LONG_K:
		return "a V-memory word or K (1 to 8 digits)";
	case WORD_OR_BCD:
		return "a V-memory word or K (1 to 4 decimal digits)";
	case LONG_BCD:
		return "a V-memory word or K (1 to 8 decimal digits)";
	case TIMER:
		return "a timer such as T0";
	case COUNTER:
		return "a counter such as CT0";
	case PORT:
		return "K2 (the port)";
	default:
		return "O and an octal address";
	}
}

static bool has_message(const char *name)
{
	return strcmp(name, "VPRINT") == 0 || strcmp(name, "PRINT") == 0;
}

static void report_operands(struct program_parser *p, const char *name, const char *text)
{
	g_autoptr(GString) allowed = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(instruction_types); i++) {
		const struct instruction_type *type = &instruction_types[i];

		if (strcmp(type->name, name) != 0)
			continue;
		g_string_append_printf(allowed, "%s%s", allowed->len ? ", or " : "",
				       operand_names(type->operands[0]));
		if (type->operands[1])
			g_string_append_printf(allowed, " and %s", operand_names(type->operands[1]));
	}
	diagnostics_error(p->diagnostics, p->line, "'%s': %s takes %s%s", text, name, allowed->str,
			  has_message(name) ? " and a message" : "");
}

/* The row for name and operands, or NULL */
static const struct instruction_type *find_type(const char *name, const struct instruction *i)
{
	for (size_t n = 0; n < G_N_ELEMENTS(instruction_types); n++) {
		const struct instruction_type *type = &instruction_types[n];

		if (strcmp(type->name, name) == 0 && fits(type, i))
			return type;
	}
	return NULL;
}

/* The most operands that the instruction may have; -1: there is none such */
static int operands_maximum(const char *name)
{
	int maximum = -1;

	for (size_t i = 0; i < G_N_ELEMENTS(instruction_types); i++) {
		const struct instruction_type *type = &instruction_types[i];
		int count = type->operands[1] ? 2 : type->operands[0] ? 1 :
									0;

		if (strcmp(type->name, name) == 0 && count > maximum)
			maximum = count;
	}
	return maximum;
}

/* What stands behind the first operand, as it is in the line */
static bool parse_message(struct program_parser *p, const char *text, struct instruction *i)
{
	for (int word = 0; word < 2; word++) {
		text += strcspn(text, " \t");
		text += strspn(text, " \t");
	}
	if (!*text) {
		diagnostics_error(p->diagnostics, p->line,
				  "%s has no message; it must be text in double quotes, or "
				  "references such as V2000",
				  i->type->name);
		return false;
	}
	i->message = vprint_parse(text, i->type->name, p->diagnostics, p->line);
	return i->message;
}

static void add_instruction(struct program_parser *p, const struct instruction *read,
			    const char *text)
{
	struct instruction instruction = *read;

	if (!has_message(instruction.type->name) || parse_message(p, text, &instruction))
		g_array_append_val(p->program->instructions, instruction);
}

static void parse_instruction(struct program_parser *p, char **words, const char *text)
{
	struct instruction instruction = { .line = p->line };
	int count = MIN(g_strv_length(words) - 1, has_message(words[0]) ? 1 : UINT_MAX);
	int maximum = operands_maximum(words[0]);

	if (maximum < 0) {
		diagnostics_error(p->diagnostics, p->line, "'%s': no such instruction or box",
				  words[0]);
		return;
	}
	for (int i = 0; count <= maximum && i < count; i++) {
		const char *wrong = parse_operand(words[i + 1], &instruction.operands[i]);

		if (wrong) {
			diagnostics_error(p->diagnostics, p->line, "%s '%s': %s", words[0],
					  words[i + 1], wrong);
			return;
		}
	}
	instruction.type = count <= maximum ? find_type(words[0], &instruction) : NULL;
	if (instruction.type)
		add_instruction(p, &instruction, text);
	else
		report_operands(p, words[0], text);
}

static void parse_box(struct program_parser *p, const struct box_type *type, char **words)
{
	struct instruction instruction = { .type = &box_instruction, .line = p->line };
	g_autofree char *ib = g_strdup_printf("IB-%u", type->ib);
	g_autofree char *rest = g_strjoinv(" ", words + 1);

	instruction.box = p->box = box_new(type, p->line);
	g_array_append_val(p->program->instructions, instruction);
	if (strcmp(rest, ib) != 0)
		diagnostics_error(p->diagnostics, p->line, "%s '%s': must be %s", type->name, rest,
				  ib);
}

static void end_box(struct program_parser *p)
{
	if (p->box)
		box_complete(p->box, p->diagnostics);
	p->box = NULL;
}

/* Behind an instruction or a box; messages have a // of their own. */
static void cut_comment(GPtrArray *words)
{
	for (unsigned int i = 1; i < words->len && !has_message(words->pdata[0]); i++)
		if (g_str_has_prefix(words->pdata[i], "//"))
			g_ptr_array_set_size(words, i);
}

static void parse_line(void *owner, char *line, unsigned int number)
{
	struct program_parser *p = owner;
	bool indented = isblank((unsigned char)*line);
	const struct box_type *type;
	char *text = g_strstrip(line);

	p->line = number;
	if (!*text || g_str_has_prefix(text, "//"))
		return;
	if (indented && p->box) {
		box_take_parameter(p->box, text, p->line, p->diagnostics);
		return;
	}
	end_box(p);

	g_autofree char *spaced = g_strdelimit(g_strdup(text), "\t", ' ');
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(spaced, " ", -1);

	for (char **part = parts; *part; part++)
		if (**part)
			g_ptr_array_add(words, g_strdup(*part));
	cut_comment(words);
	g_ptr_array_add(words, NULL);
	type = box_type_find(words->pdata[0]);
	if (type)
		parse_box(p, type, (char **)words->pdata);
	else
		parse_instruction(p, (char **)words->pdata, text);
}

static void instruction_clear(void *data)
{
	struct instruction *instruction = data;

	vprint_free(instruction->message);
	box_free(instruction->box);
}

struct program *program_read(FILE *file, const char *path, struct diagnostics *d)
{
	struct program_parser p = { .diagnostics = d };

	p.program = g_new0(struct program, 1);
	p.program->path = g_strdup(path);
	p.program->instructions = g_array_new(FALSE, FALSE, sizeof(struct instruction));
	g_array_set_clear_func(p.program->instructions, instruction_clear);
	lines_read(file, d, parse_line, &p);
	end_box(&p);
	return p.program;
}

void program_free(struct program *program)
{
	if (!program)
		return;
	g_array_unref(program->instructions);
	g_free(program->path);
	g_free(program);
}
