/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The instruction boxes: their parameters, the values that a program gives
 * them, and what they do in a scan. A new box is a row in box.c's table, a
 * list of parameters, and its operations in a file of its own.
 */
#ifndef PLCSIM_BOX_H
#define PLCSIM_BOX_H

#include <stdbool.h>

#include "tests/plcsim/diagnostics.h"
#include "tests/plcsim/memory.h"
#include "tests/plcsim/vprint.h"

#define BOX_PARAMETERS_MAX 12

struct plc;
struct box;

enum parameter_kind {
	PARAMETER_K, /* K and a decimal number up to maximum */
	PARAMETER_K_OR_V, /* K from minimum to size, or a word with it in BCD */
	PARAMETER_V, /* words of user V-memory, which the box writes */
	PARAMETER_SOURCE, /* first of the words that the box reads … */
	PARAMETER_TARGET, /* … or writes, as many as its bytes need */
	PARAMETER_REMOTE, /* a V-memory address in another station */
	PARAMETER_BIT, /* an output bit, which the box writes */
	PARAMETER_TEXT, /* text as it stands */
	PARAMETER_ESCAPED, /* text with $ escapes */
	PARAMETER_VPRINT, /* a PRINT/VPRINT message */
};

struct parameter {
	const char *name;
	enum parameter_kind kind;
	unsigned int size; /* K: the maximum; V: words */
	unsigned int minimum; /* of K */
	bool optional;
	bool reserved; /* the program must not write it, and should not read it */
};

/* How a box stands, for people */
struct box_view {
	const char *state;
	bool busy;
};

struct box_operations {
	/* Going to RUN: makes the box's state. Leaving RUN or power: ends it. */
	void *(*start)(struct plc *plc, const struct box *box);
	void (*stop)(void *state);
	/* Once each scan; first: the first scan since going to RUN */
	void (*scan)(void *state, bool power_flow, bool first);
	void (*view)(const void *state, struct box_view *view);
};

struct box_type {
	const char *name;
	unsigned int ib;
	bool configuration; /* belongs to the top of the program */
	bool edge_triggered;
	const struct parameter *parameters;
	size_t parameter_count;
	const struct box_operations *operations;
};

struct box_value {
	bool present; /* the program has the line */
	bool valid;
	unsigned int line;
	char *text;
	unsigned int k;
	bool is_word; /* element instead of k */
	struct element element;
	struct vprint *vprint;
};

struct box {
	const struct box_type *type;
	unsigned int line;
	struct box_value values[BOX_PARAMETERS_MAX];
};

/* The parameters of ECOM100, in the order of their table */
enum { ECOM100_NUMBER,
       ECOM100_SLOT,
       ECOM100_STATUS,
       ECOM100_WORKSPACE,
       ECOM100_BUFFER };

/* … and of ECEMAIL */
enum {
	ECEMAIL_NUMBER,
	ECEMAIL_WORKSPACE,
	ECEMAIL_SUCCESS,
	ECEMAIL_ERROR,
	ECEMAIL_CODE,
	ECEMAIL_TO,
	ECEMAIL_SUBJECT,
	ECEMAIL_BODY,
};

/* … and of ECRX and ECWX */
enum {
	ECRX_NUMBER,
	ECRX_WORKSPACE,
	ECRX_STATION,
	ECRX_REMOTE,
	ECRX_BYTES,
	ECRX_LOCAL,
	ECRX_SUCCESS,
	ECRX_ERROR,
};

#define ECEMAIL_IB	     711
#define ECRX_IB		     740
#define ECWX_IB		     741
#define MESSAGE_BUFFER_WORDS 65

extern const struct box_operations ecom100_operations;
extern const struct box_operations ecemail_operations;
extern const struct box_operations ecrx_operations;

const struct box_type *box_type_find(const char *name);
/* How many words the parameter has, the most if a word says it */
unsigned int box_words(const struct box *box, unsigned int parameter);
struct box *box_new(const struct box_type *type, unsigned int line);
void box_free(struct box *box);
/* Takes one parameter line, without its indentation. */
void box_take_parameter(struct box *box, const char *text, unsigned int line,
			struct diagnostics *d);
/* After the last parameter line: what is missing, and empty optional ones */
void box_complete(struct box *box, struct diagnostics *d);

#endif /* PLCSIM_BOX_H */
