/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_CODES_H
#define ECEMAIL_CTL_CODES_H

#include <stdbool.h>
#include <stddef.h>

/* What codes.def has beyond what the daemon needs; see there. */

struct cause {
	unsigned int code;
	const char *cause;
	const char *remedy;
};

struct bits {
	unsigned int error;
	unsigned int success;
	unsigned int low;
	unsigned int high;
	bool valid;
	const char *meaning;
	const char *remedy;
};

struct smtp_command {
	const char *name;
	bool used;
	const char *origin;
	const char *doing;
	const char *ours;
};

struct extension {
	const char *name;
	const char *origin;
	const char *meaning;
};

struct enhanced {
	unsigned int subject;
	unsigned int detail;
	const char *origin;
	const char *meaning;
	const char *remedy;
};

extern const struct cause causes[];
extern const size_t n_causes;
extern const struct smtp_command smtp_commands[];
extern const size_t n_smtp_commands;
extern const struct extension extensions[];
extern const size_t n_extensions;
extern const struct enhanced enhanced_codes[];
extern const size_t n_enhanced_codes;

/* The row for the two bits and an Error Code; there is always one. */
const struct bits *bits_find(bool error, bool success, unsigned int code);

/* NULL: SMTP has no such command. In any case of letters. */
const struct smtp_command *smtp_command_find(const char *name);

/* What an EHLO reply line offers ("AUTH PLAIN"); NULL: not in the table. */
const struct extension *extension_find(const char *offer);

/* NULL: not in the table. */
const struct enhanced *enhanced_find(unsigned int subject, unsigned int detail);

/* A digit of a reply code, 0 to 9. */
const char *first_digit(unsigned int digit);
const char *second_digit(unsigned int digit);

/* A number of an enhanced code; NULL: no such class or subject. */
const char *enhanced_class(unsigned int number);
const char *enhanced_subject(unsigned int number);

#endif /* ECEMAIL_CTL_CODES_H */
