// SPDX-License-Identifier: GPL-2.0-or-later
/* The ladder program's commands that are no mail: ECEMSUP, ECEMRDS, READ, WRITE. */

#include <errno.h>
#include <string.h>

#include "command.h"
#include "module.h"

static void finish(struct request *request, unsigned int status, unsigned int detail,
		   const char *text)
{
	struct outcome outcome = { 0 };

	outcome_fail(&outcome, status, STATE_WAITING, detail);
	if (text)
		outcome_say(&outcome, text);
	request_finish(request, &outcome);
}

static const char *const setup_fields[] = {
	[FIELD_SERVER] = "Server",
	[FIELD_SENDER_NAME] = "SenderName",
	[FIELD_SENDER_ADDRESS] = "SenderAddress",
	[FIELD_CC] = "Cc",
	[FIELD_PORT] = "Port",
	[FIELD_TIMEOUT] = "Timeout",
};

static const char *const module_fields[] = {
	[FIELD_MODULE_NAME] = "ModuleName",
	[FIELD_MODULE_DESCRIPTION] = "ModuleDescription",
};

const char *command_setup_field(unsigned int field)
{
	return field < G_N_ELEMENTS(setup_fields) ? setup_fields[field] : NULL;
}

static const char *field_name(unsigned int command, unsigned int field)
{
	if (command == COMMAND_ECEMSUP)
		return command_setup_field(field);
	return field < G_N_ELEMENTS(module_fields) ? module_fields[field] : NULL;
}

/* One entry; returns its length, or 0 if the frame does not hold it. */
static size_t take_entry(const uint8_t *entry, size_t left, GHashTable *change,
			 unsigned int command, bool *foreign)
{
	size_t length = left >= ENTRY_VALUE ? ENTRY_VALUE + entry[ENTRY_LENGTH] : 0;
	g_autofree char *value = NULL;
	const char *name;

	if (!length || length > left || memchr(entry + ENTRY_VALUE, 0, entry[ENTRY_LENGTH]))
		return 0;
	name = field_name(command, entry[ENTRY_FIELD]);
	value = g_strndup((const char *)entry + ENTRY_VALUE, entry[ENTRY_LENGTH]);
	if (!name)
		*foreign = true;
	else if (g_hash_table_contains(change, name))
		return 0;
	else
		store_change_set(change, name, value);
	return length;
}

/* 0, or the status to refuse it with. */
static unsigned int take_entries(const struct ecom_request *record, GHashTable *change)
{
	size_t at = FRAME_HEADER_SIZE, length = 1;
	bool foreign = false;

	if (record->length <= at)
		return STATUS_INVALID_DATA;
	for (; at < record->length && length; at += length)
		length = take_entry(record->frame + at, record->length - at, change,
				    record->command, &foreign);
	if (!length)
		return STATUS_INVALID_DATA;
	return foreign ? STATUS_PC_SETTING : 0;
}

static void finish_unsaved(struct request *request, int error)
{
	finish(request, STATUS_NO_MEMORY, DETAIL_NOT_SAVED, strerror(-error));
}

static void saved(void *userdata, int error, char *const *kept)
{
	struct request *request = userdata;

	(void)kept;
	request->saving = false;
	if (error)
		finish_unsaved(request, error);
	else
		finish(request, STATUS_SUCCESS, DETAIL_NONE, NULL);
}

static void change_setup(struct request *request, const struct store_author *author)
{
	const struct ecom_request *record = &request->record;
	g_autoptr(GHashTable) change = store_change_new();
	g_autofree char *problem = NULL;
	enum store_level level = record->command == COMMAND_ECEMSUP ? STORE_WORKING : STORE_BOTH;
	unsigned int status = take_entries(record, change);
	int r;

	if (status == STATUS_INVALID_DATA) {
		finish(request, status, DETAIL_LENGTHS, NULL);
	} else if (status) {
		finish(request, status, DETAIL_NONE, "this setting is the PC's");
	} else if (store_check(change, &problem) < 0) {
		finish(request, STATUS_INVALID_DATA, DETAIL_BAD_ENTRY, problem);
	} else {
		request->saving = true;
		r = store_change(request->slot->store, level, change, author, saved, request);
		if (r < 0)
			saved(request, r, NULL);
	}
}

static void restore(struct request *request, const struct store_author *author)
{
	int r;

	request->saving = true;
	r = store_restore(request->slot->store, author, saved, request);
	if (r < 0)
		saved(request, r, NULL);
}

const char *command_name(unsigned int command)
{
	switch (command) {
	case COMMAND_ECEMSUP:
		return "ECEMSUP";
	case COMMAND_ECEMRDS:
		return "ECEMRDS";
	case COMMAND_READ:
		return "READ";
	case COMMAND_WRITE:
		return "WRITE";
	default:
		return NULL;
	}
}

void command_run(struct request *request)
{
	const struct ecom_request *record = &request->record;
	bool has_entries = record->command == COMMAND_ECEMSUP || record->command == COMMAND_WRITE;
	g_autofree char *name = g_strdup_printf("%s of the ladder program, request %llu",
						command_name(record->command), record->id);
	const struct store_author author = { .ladder = record->command == COMMAND_ECEMSUP,
					     .name = name };

	if (!request->slot->store) {
		finish(request, STATUS_RESTARTED, DETAIL_NONE, "the card is gone");
	} else if (has_entries) {
		change_setup(request, &author);
	} else if (record->length != FRAME_HEADER_SIZE) {
		finish(request, STATUS_INVALID_DATA, DETAIL_LENGTHS, NULL);
	} else if (record->command == COMMAND_ECEMRDS) {
		restore(request, &author);
	} else {
		module_publish(request->slot);
		finish(request, STATUS_SUCCESS, DETAIL_NONE, NULL);
	}
}
