/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_SITE_H
#define ECEMAIL_CTL_SITE_H

#include "daemon/configuration.h"
#include "slots.h"

#define SITE_CONFIGURATION "/etc/ecemail/ecemaild.conf"
#define SITE_CREDENTIALS   "/etc/ecemail/credentials.conf"
#define SITE_STATE	   "/var/lib/ecemail"

enum site_source {
	SITE_DAEMON, /* the working copy, from the daemon */
	SITE_FILES, /* stored setup over site defaults, as the files have them */
	SITE_DEFAULTS, /* site defaults only: the stored setup cannot be read */
	SITE_NOTHING, /* neither can the site's */
};

/* "as the daemon has it" and the like */
const char *site_source_name(enum site_source source);

/*
 * The e-mail setup of the slot: from the daemon if it may be asked, else from
 * the files. NULL for the slot: the site's defaults.
 */
struct setup *site_setup(const struct slot *slot, enum site_source *source);

/* Takes the login off if its secret cannot be read by this user; says so. */
gboolean site_drop_login(struct setup *setup);

#endif /* ECEMAIL_CTL_SITE_H */
