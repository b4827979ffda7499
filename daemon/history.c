// SPDX-License-Identifier: GPL-2.0-or-later
/* What became of a slot's requests since the daemon's start; the journal has it for good. */

#include "history.h"

void history_init(struct history *history)
{
	g_queue_init(&history->ended);
	history->statuses = g_hash_table_new(NULL, NULL);
}

void ended_free(struct ended *ended)
{
	g_free(ended->server);
	g_free(ended->to);
	g_free(ended->subject);
	g_free(ended->message_id);
	g_free(ended->words);
	g_free(ended);
}

void history_clear(struct history *history)
{
	g_queue_clear_full(&history->ended, (GDestroyNotify)ended_free);
	g_hash_table_unref(history->statuses);
}

unsigned int history_count(const struct history *history, unsigned int status)
{
	return GPOINTER_TO_UINT(
		g_hash_table_lookup(history->statuses, GUINT_TO_POINTER(status)));
}

void history_add(struct history *history, struct ended *ended)
{
	unsigned int status = ended->outcome.status;

	if (status == STATUS_SUCCESS)
		history->sent++;
	else
		history->failed++;
	g_hash_table_insert(history->statuses, GUINT_TO_POINTER(status),
			    GUINT_TO_POINTER(history_count(history, status) + 1));
	g_queue_push_head(&history->ended, ended);
	if (g_queue_get_length(&history->ended) > HISTORY_MAX)
		ended_free(g_queue_pop_tail(&history->ended));
}
