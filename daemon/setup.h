/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_SETUP_H
#define ECEMAIL_SETUP_H

#include <glib.h>
#include <stdbool.h>

#include "rate.h"

enum tls_mode {
	TLS_NONE,
	TLS_STARTTLS, /* required */
	TLS_IMPLICIT,
};

enum importance {
	IMPORTANCE_LOW,
	IMPORTANCE_NORMAL,
	IMPORTANCE_HIGH,
};

struct server {
	char *host;
	unsigned int port;
};

/*
 * The e-mail setup of one slot (seed 000, section 6). Never changed once
 * made, so that a request keeps the one it started with.
 */
struct setup {
	char *server; /* host name or IP address, NULL: undefined */
	unsigned int port;
	GPtrArray *others; /* struct server: tried in turn if the first one fails */
	bool all_or_nothing; /* if one recipient is refused */
	bool resend; /* if the daemon ended while the answer to the end of data was awaited */
	bool retry; /* transient failures, until the deadline */
	char *sender_name; /* UTF-8 or NULL */
	char *sender_address; /* NULL: undefined */
	GPtrArray *reply_to; /* addresses, maybe none */
	GPtrArray *cc; /* addresses, maybe none */
	enum importance importance;
	char *character_set; /* of a ladder program's bytes that are not UTF-8 */
	struct rate_limit rate_limit; /* of the slot */
	char **allowed; /* domains of recipients, NULL: any */
	unsigned int timeout; /* seconds */
	char *helo_name; /* NULL: this machine's */
	enum tls_mode tls;
	char *ca_file; /* NULL: the system's */
	char *pin; /* of the server's public key, "sha256//…", or NULL */
	char *login; /* name of a credential, NULL: no AUTH */
	char *credentials_file; /* that knows @login */
	const struct credential_source *source; /* instead of these two; not owned */
	char *source_interface; /* or address, NULL: as the routes say */
	char *module_name; /* of the slot's module, or NULL */
	char *module_description;
	GHashTable *groups; /* name, GPtrArray of addresses */
	GHashTable *texts; /* name, text */

	unsigned int detail; /* why mail cannot be sent with it, 0: it can */
	char *problem; /* the same in words, NULL: it can */
};

struct setup *setup_new(void);
struct setup *setup_ref(struct setup *setup);
void setup_unref(struct setup *setup);

/* True if the site allows mail to the address. */
bool setup_allows(const struct setup *setup, const char *address);

/* One of the servers in their order, 0 is the first; NULL: there are no more. */
const char *setup_server(const struct setup *setup, unsigned int index, unsigned int *port);

/* True if that is the server. */
bool setup_leads_to(const struct setup *setup, unsigned int index, const char *host,
		    unsigned int port);

/* What is known of a field beforehand. */
struct setup_field {
	const char *name;
	const char *allowed;
	const char *standard; /* its value if nobody sets it */
	bool required;
	bool site_only; /* belongs to ecemaild.conf, that is, to root */
};

/*
 * Names of the fields, in the order in which they are to be set; NULL: no more.
 * Besides these there are any number of Group.NAME and Text.NAME.
 */
const char *setup_field(size_t index);
bool setup_has_field(const char *name);
bool setup_is_named_field(const char *name);
/* Letters, digits, - and _: the NAME of a group or text. */
bool setup_is_name(const char *name, size_t length);

/* A field's value if nobody sets it; implicit TLS (@tls, or NULL) has a port of its own. */
const char *setup_standard(const char *name, const char *tls);

/* False if there is no such field. */
bool setup_describe_field(const char *name, struct setup_field *field);

/*
 * Sets one field. Returns NULL, or what is wrong with the value and what is
 * allowed (to be freed); the setup is invalid from then on.
 */
char *setup_set(struct setup *setup, const char *name, const char *value);

/* Looks for required fields that are undefined; call it last. */
void setup_finish(struct setup *setup);

#endif /* ECEMAIL_SETUP_H */
