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
	PARAMETER_K, /* K and a decimal number from minimum to size */
	PARAMETER_K_OR_V, /* K from minimum to size, or a word with it in BCD */
	PARAMETER_V, /* words of user V-memory, which the box writes */
	PARAMETER_SOURCE, /* first of the words that the box reads … */
	PARAMETER_TARGET, /* … or writes, as many as its bytes need */
	PARAMETER_REMOTE, /* a V-memory address in another station */
	PARAMETER_BIT, /* an output bit, which the box writes */
	PARAMETER_TEXT, /* text as it stands */
	PARAMETER_IP, /* an IPv4 address in dotted decimals */
	PARAMETER_ESCAPED, /* text with $ escapes */
	PARAMETER_VPRINT, /* a PRINT/VPRINT message */
};

struct parameter {
	const char *name;
	enum parameter_kind kind;
	unsigned int size; /* K: the maximum; V: words; TEXT: bytes, 0: any number */
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

/*
 * What the edge triggered boxes differ in: the frame that they send, and what
 * they then read of the module's registers and put into the program's memory.
 */
struct box_request {
	uint8_t command;
	uint8_t field; /* of WRITE */
	/* Appends the parameters of the command to the frame's header. */
	void (*form)(const struct box *box, const struct memory *memory, GString *frame);
	uint16_t address; /* of the registers, if there is a take() */
	uint16_t words;
	void (*take)(const struct box *box, struct memory *memory, const uint8_t *data);
};

struct box_type {
	const char *name;
	unsigned int ib;
	bool configuration; /* belongs to the top of the program */
	bool edge_triggered;
	const struct parameter *parameters;
	size_t parameter_count;
	const struct box_operations *operations;
	const struct box_request *request; /* if edge triggered */
	unsigned int bytes; /* the parameter that says how long SOURCE or TARGET is */
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

/* The parameters of ECOM100, in the order of their table … */
enum { ECOM100_NUMBER,
       ECOM100_SLOT,
       ECOM100_STATUS,
       ECOM100_WORKSPACE,
       ECOM100_BUFFER };

/* … the first ones of all boxes that send a request */
enum {
	REQUEST_NUMBER,
	REQUEST_WORKSPACE,
	REQUEST_SUCCESS,
	REQUEST_ERROR,
	REQUEST_CODE,
	REQUEST_OWN, /* its own ones start here */
};

/* … those of ECEMAIL */
enum {
	ECEMAIL_TO = REQUEST_OWN,
	ECEMAIL_SUBJECT,
	ECEMAIL_BODY,
};

/* … those of ECEMSUP */
enum {
	ECEMSUP_SERVER = REQUEST_OWN,
	ECEMSUP_SENDER_NAME,
	ECEMSUP_SENDER_ADDRESS,
	ECEMSUP_CC,
	ECEMSUP_PORT,
	ECEMSUP_TIMEOUT,
	ECEMSUP_END,
};

/* … those of ECIPSUP */
enum {
	ECIPSUP_ADDRESS = REQUEST_OWN,
	ECIPSUP_MASK,
	ECIPSUP_GATEWAY,
};

/* … those of the boxes that read or write one thing of the module */
enum {
	INFORMATION_VALUE = REQUEST_OWN,
	INFORMATION_BYTES,
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
#define ECEMSUP_IB	     712
#define ECRX_IB		     740
#define ECWX_IB		     741
#define MESSAGE_BUFFER_WORDS 65

extern const struct box_operations ecom100_operations;
extern const struct box_operations ecrx_operations;
extern const struct box_operations request_operations;

extern const struct box_request ecemail_request;
extern const struct box_request ecemsup_request;
extern const struct box_request ecemrds_request;
extern const struct box_request ecipsup_request;
/* By the last two digits of their IB number, 20 to 36 */
extern const struct box_request information_requests[];

/* All of them; NULL: there are no more */
const struct box_type *box_type_at(size_t i);
const struct box_type *box_type_find(const char *name);
/* How long the longest parameter name of any box is that the text begins with, 0: none */
size_t box_parameter_name(const char *text);
/* True if the parameter was given a value that can be used. */
bool box_has(const struct box *box, unsigned int parameter);
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
