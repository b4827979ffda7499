/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_MESSAGE_H
#define ECEMAIL_MESSAGE_H

#include <glib.h>

#include "frame.h"
#include "setup.h"

/* A mail, ready for the wire. */
struct message {
	char *sender; /* of the envelope */
	GPtrArray *recipients; /* of the envelope: To, then Cc, each once */
	char *id; /* Message-ID without its brackets */
	GString *text; /* header and body with CRLF, dot-stuffed, without the final dot */
	size_t header_length; /* with the empty line */
};

/* Call once before message_compose(). */
void message_init(void);

/*
 * Composes a mail of @setup (which must be valid) to @to and the setup's Cc.
 * Subject and body are the ladder program's bytes, read as text.h says. Control
 * characters of the body are replaced; the subject must have none (see
 * subject_check()).
 */
struct message *message_compose(const struct setup *setup, const GPtrArray *to,
				const struct text *subject, const struct text *body, const char *id,
				GDateTime *date);
void message_free(struct message *message);

/* Returns NULL, or what is wrong with a subject. */
const char *subject_check(const struct text *subject);

#endif /* ECEMAIL_MESSAGE_H */
