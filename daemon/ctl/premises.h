/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_CTL_PREMISES_H
#define ECEMAIL_CTL_PREMISES_H

#include <json-glib/json-glib.h>

/*
 * What must be there before a mail can go out, from the kernel up, and how each
 * is found without the one above it: files of the kernel, sysfs, systemd by the
 * bus or its own socket, control groups.
 */

enum verdict {
	VERDICT_OK,
	VERDICT_WRONG,
	VERDICT_UNKNOWN, /* cannot be known from here */
};

/* "ok", "wrong", "unknown" */
const char *verdict_name(enum verdict verdict);

/* One finding; @remedy may be NULL. */
JsonObject *finding_new(const char *check, enum verdict verdict, const char *remedy,
			const char *format, ...) G_GNUC_PRINTF(4, 5);
enum verdict finding_verdict(JsonObject *finding);

/* Prints "[ ok  ] check: text" and, if it is not in order, the remedy. */
void finding_print(JsonObject *finding);

/* EXIT_WRONG, EXIT_UNKNOWN or EXIT_OK: the worst of the findings. */
int findings_status(JsonArray *findings);

/* Driver, cards, slots, or of those just the one of that name, service, bus. */
JsonArray *premises_check(const char *only);

/* What systemd tells of the service: "load", "state", "substate", "text", "pid" and so on. */
JsonObject *premises_service(void);

/* "release", "version" of the driver if it is loaded, "built" for this kernel. */
JsonObject *premises_driver(void);

/* Whether this user may see setup, requests and trace. */
JsonObject *premises_rights(void);

/* "/lib/modules" and the service's control group; tests have others. */
extern const char *premises_modules;
extern const char *premises_cgroup;

#endif /* ECEMAIL_CTL_PREMISES_H */
