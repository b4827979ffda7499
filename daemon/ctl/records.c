// SPDX-License-Identifier: GPL-2.0-or-later
/* Outcomes in the journal: daemon/record.c writes them. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "records.h"

#define UNIT_MATCH "_SYSTEMD_UNIT=ecemaild.service"

static const struct {
	const char *field;
	const char *name;
	gboolean number;
} fields[] = {
	{ "ECEMAIL_CARD", "card", TRUE },
	{ "ECEMAIL_SLOT", "number", TRUE },
	{ "ECEMAIL_REQUEST", "request", TRUE },
	{ "ECEMAIL_TAG", "tag", TRUE },
	{ "ECEMAIL_STATUS", "status", TRUE },
	{ "ECEMAIL_STATE", "state", TRUE },
	{ "ECEMAIL_REPLY", "reply", TRUE },
	{ "ECEMAIL_ENHANCED", "enhanced", FALSE },
	{ "ECEMAIL_DETAIL", "detail", TRUE },
	{ "ECEMAIL_SENT", "sent", FALSE },
	{ "ECEMAIL_SERVER", "server", FALSE },
	{ "ECEMAIL_RECIPIENTS", "recipients", FALSE },
	{ "ECEMAIL_DURATION_MS", "duration_ms", TRUE },
	{ "ECEMAIL_MAIL_MESSAGE_ID", "message_id", FALSE },
	{ "MESSAGE", "message", FALSE },
};

static char *get_field(sd_journal *journal, const char *field)
{
	const void *data;
	size_t length, skip = strlen(field) + 1;
	g_autofree char *raw = NULL;

	if (sd_journal_get_data(journal, field, &data, &length) < 0 || length < skip)
		return NULL;
	raw = g_strndup((const char *)data + skip, length - skip);
	return g_utf8_make_valid(raw, -1);
}

static void set_time(JsonObject *record, sd_journal *journal)
{
	g_autoptr(GDateTime) utc = NULL;
	g_autofree char *text = NULL;
	uint64_t us;

	if (sd_journal_get_realtime_usec(journal, &us) < 0)
		return;
	utc = g_date_time_new_from_unix_utc((gint64)(us / G_USEC_PER_SEC));
	text = g_date_time_format_iso8601(utc);
	json_object_set_string_member(record, "time", text);
	json_object_set_int_member(record, "time_us", (gint64)us);
}

static JsonObject *read_record(sd_journal *journal)
{
	JsonObject *record = json_object_new();
	g_autofree char *slot = NULL;

	set_time(record, journal);
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autofree char *value = get_field(journal, fields[i].field);

		if (value && fields[i].number)
			json_object_set_int_member(record, fields[i].name,
						   g_ascii_strtoll(value, NULL, 10));
		else if (value)
			json_object_set_string_member(record, fields[i].name, value);
	}
	slot = g_strdup_printf("%d:K%d",
			       (int)json_object_get_int_member_with_default(record, "card", 0),
			       (int)json_object_get_int_member_with_default(record, "number", 0));
	json_object_set_string_member(record, "slot", slot);
	return record;
}

/* The journal's own indexes do the searching. */
static int add_matches(sd_journal *journal, const struct record_filter *filter)
{
	g_autofree char *card = NULL, *slot = NULL, *status = NULL;
	sd_id128_t boot;
	char id[SD_ID128_STRING_MAX], match[SD_ID128_STRING_MAX + 16];
	int r = sd_journal_add_match(journal, UNIT_MATCH, 0);

	if (filter->slot) {
		card = g_strdup_printf("ECEMAIL_CARD=%u", filter->slot->card);
		slot = g_strdup_printf("ECEMAIL_SLOT=%u", filter->slot->number);
		sd_journal_add_match(journal, card, 0);
		sd_journal_add_match(journal, slot, 0);
	}
	if (filter->status >= 0) {
		status = g_strdup_printf("ECEMAIL_STATUS=%d", filter->status);
		sd_journal_add_match(journal, status, 0);
	}
	if (filter->this_boot && sd_id128_get_boot(&boot) >= 0) {
		g_snprintf(match, sizeof(match), "_BOOT_ID=%s", sd_id128_to_string(boot, id));
		sd_journal_add_match(journal, match, 0);
	}
	return r;
}

static int walk(sd_journal *journal, const struct record_filter *filter, record_fn take,
		void *userdata)
{
	uint64_t us;
	int r = sd_journal_seek_tail(journal);

	while (r >= 0 && (r = sd_journal_previous(journal)) > 0) {
		g_autofree char *status = get_field(journal, "ECEMAIL_STATUS");
		g_autoptr(JsonObject) record = NULL;

		if (filter->since_us && sd_journal_get_realtime_usec(journal, &us) >= 0 &&
		    us < filter->since_us)
			return 0;
		if (!status)
			continue;
		record = read_record(journal);
		if (!take(record, userdata))
			return 0;
	}
	return r;
}

static const char *const journals[] = { "/var/log/journal", "/run/log/journal" };

/* sd-journal leaves out, without a word, what one may not read. */
static gboolean is_readable(void)
{
	g_autofree char *machine = NULL;

	if (!geteuid())
		return TRUE;
	if (!g_file_get_contents("/etc/machine-id", &machine, NULL, NULL))
		return FALSE;
	g_strchomp(machine);
	for (size_t i = 0; i < G_N_ELEMENTS(journals); i++) {
		g_autofree char *path = g_build_filename(journals[i], machine, "system.journal",
							 NULL);

		if (!access(path, R_OK))
			return TRUE;
	}
	return FALSE;
}

int records_walk(const struct record_filter *filter, record_fn take, void *userdata)
{
	sd_journal *journal = NULL;
	int r;

	if (!is_readable())
		return -EACCES;
	r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);
	if (r >= 0)
		r = add_matches(journal, filter);
	if (r >= 0)
		r = walk(journal, filter, take, userdata);
	sd_journal_close(journal);
	return MIN(r, 0);
}

gboolean records_persistent(void)
{
	return !access(journals[0], F_OK);
}
