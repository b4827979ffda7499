/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CREDENTIAL_H
#define ECEMAIL_CREDENTIAL_H

#include <glib.h>
#include <stdbool.h>

/* What a login needs, as read for one login. */
struct credential {
	char *user;
	char *secret;
	bool token; /* OAuth 2 access token, else a password */
};

/* Where it is read from: one of the three. */
struct credential_source {
	char *user;
	char *password_file;
	char *credential; /* systemd credential */
	char *token_file;
};

/*
 * Reads the credential @name from @file (see Documentation/setup.rst), if it is
 * meant for this server. Returns NULL, or what is wrong (to be freed).
 */
char *credential_load(struct credential **credential, const char *file, const char *name,
		      const char *host, unsigned int port);

/* Likewise from a known source. */
char *credential_read(struct credential **credential, const struct credential_source *source);

void credential_free(struct credential *credential);

/* True if the text gives the secret away, plain or as an AUTH command has it. */
bool credential_in(const struct credential *credential, const char *text);

#endif /* ECEMAIL_CREDENTIAL_H */
