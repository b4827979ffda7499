/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_JOURNAL_H
#define ECEMAIL_JOURNAL_H

#include <glib.h>
#include <stdbool.h>
#include <syslog.h>

/* Kinds of entries; ecemail.catalog explains each. Never change one. */
#define MESSAGE_MAIL_SENT     "44ff348879d14f09b5e3a746936c3da4"
#define MESSAGE_MAIL_FAILED   "055a27428b9d44809c819c364f191ca9"
#define MESSAGE_MAIL_PARTLY   "5112bebe905142a8bd78001f4395a74f"
#define MESSAGE_LATE_OUTCOME  "985d45ba8ced46d8a300e3d61367e710"
#define MESSAGE_SETUP_APPLIED "5a2f8c524d684f9ca758a4984749545a"
#define MESSAGE_SETUP_INVALID "d6acf57baa9846eaa8bd0fca9570c3df"
#define MESSAGE_SETUP_KEPT    "abafb49b939247549f5d1eee5435ec18"
#define MESSAGE_SETUP_CHANGED "6d9f1b0c5a7e4c0f9b1d3e8a2c4f7065"
#define MESSAGE_SETUP_LOST    "b7a2d3c94e1f4f5c8d60a9e17c3b2f48"
#define MESSAGE_COMMAND_DONE  "0334f859f1b6429dbb471319e863a27a"
#define MESSAGE_COMMAND_FAILED "36b2fe797da5487eb7793ceb378a5c3a"
#define MESSAGE_CARD_SERVED   "c54e18c627c643b484b6b525a99aed21"
#define MESSAGE_CARD_LOST     "aa3e4fc8cc19400bb0db6ad0bc7564e0"
#define MESSAGE_CARD_POWER_UP "57d11abd79cf4957914694a043b90e6a"
#define MESSAGE_PROBE_WELL    "53152070212f48098e1ac88e2c72d45f"
#define MESSAGE_PROBE_FAILED  "e0d1f5a7c3b94b6a8f2e4d7c9a1b3055"
#define MESSAGE_SLOT_OPENED   "c2b5aa678d384a7d8854b0a52c9e0bb4"
#define MESSAGE_SLOT_GONE     "0c89e3a82c4d40258461f458f1321bab"
#define MESSAGE_STARTED	      "8f4bb1d9b86c4d0f9a3a6d0f6e0c5b12"
#define MESSAGE_STOPPING      "c7d3f0a41e9b4b6d8a52e8b90d1f7e36"

/* One entry on its way to the writer thread. */
struct journal_entry;

/* Starts the writer thread; returns 0 or a negative errno. */
int journal_start(void);

/* Writes what is queued, for some seconds at most, and ends the thread. */
void journal_stop(void);

/*
 * Has the writer thread do other work that may block, in its order and before
 * the entries that wait. Returns false if too much waits already.
 */
bool journal_work(void (*work)(void *userdata), void *userdata);

/* @message_id may be NULL. */
struct journal_entry *journal_entry_new(int priority, const char *message_id, const char *format,
					...) G_GNUC_PRINTF(3, 4);
void journal_field(struct journal_entry *entry, const char *name, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Queues the entry and owns it; never blocks. With a full queue it is lost and counted. */
void journal_write(struct journal_entry *entry);

/* An entry without further fields. */
void journal_log(int priority, const char *message_id, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* For "systemctl status": the writer thread sends the newest text, one every 5 seconds at most. */
void journal_status(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif /* ECEMAIL_JOURNAL_H */
