// SPDX-License-Identifier: GPL-2.0-or-later
/* What journal and status text say of a request. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "record.h"
#include "trace.h"
#include "text.h"

static double seconds_since(uint64_t since_ns)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)since_ns / 1e9;
}

/* "mark@hosteng.com (250), joe@acme.com (550)" */
static char *recipients(const struct request *request, bool codes)
{
	const GPtrArray *list = request->message ? request->message->recipients : NULL;
	GString *text = g_string_new(NULL);

	for (guint i = 0; list && i < list->len; i++) {
		unsigned int code = request->submission.recipient_codes ?
					    request->submission.recipient_codes[i] :
					    0;

		g_string_append_printf(text, "%s%s", i ? ", " : "", (char *)list->pdata[i]);
		if (codes && code)
			g_string_append_printf(text, " (%u)", code);
	}
	return g_string_free(text, FALSE);
}

/* The one that it is at, of those in the setup. */
static char *server(const struct request *request)
{
	unsigned int port;
	const char *host = setup_server(request->setup, request->submission.server, &port);

	return host ? g_strdup_printf("%s:%u", host, port) : g_strdup("undefined");
}

/* "mail to mark@hosteng.com "Widget Report"", or what there is of it */
static char *describe_mail(const struct request *request)
{
	g_autoptr(GString) subject = text_to_utf8(&request->ecemail.subject,
						  request->setup->character_set, false);
	g_autofree char *list = recipients(request, false);

	if (!request->ecemail.to.data)
		return g_strdup("frame");
	if (!*list)
		return g_strdup_printf("mail \"%s\"", subject->str);
	return g_strdup_printf("mail to %s \"%s\"", list, subject->str);
}

/* Why it failed, in the most telling words that there are. */
static char *describe_cause(const struct request *request, const struct outcome *outcome)
{
	const struct detail *detail = detail_find(outcome->detail);
	const struct code *status = status_find(outcome->status);
	g_autofree char *name = server(request);
	const char *words = *outcome->text	      ? outcome->text :
			    outcome->detail && detail ? detail->text :
			    status		      ? status->name :
							"";

	if (outcome->detail == DETAIL_REFUSED || outcome->detail == DETAIL_RESET)
		return g_strdup_printf("%s by %s", words, name);
	if (outcome->state >= STATE_CONNECT)
		return g_strdup_printf("%s (%s)", words, name);
	return g_strdup(words);
}

static char *describe_failure(const struct request *request, const struct outcome *outcome)
{
	static const char *const sent[] = {
		[SENT_UNKNOWN] = "unknown whether sent",
		[SENT_NO] = "not sent",
		[SENT_YES] = "sent",
		[SENT_PARTLY] = "sent to the other recipients",
	};
	g_autofree char *cause = describe_cause(request, outcome);

	if (outcome->state == STATE_WAITING)
		return g_strdup_printf("failed: status %u, %s; %s", outcome->status, cause,
				       sent[outcome->sent]);
	return g_strdup_printf("failed in state %u (%s): status %u, %s; %s", outcome->state,
			       state_doing(outcome->state), outcome->status, cause,
			       sent[outcome->sent]);
}

static char *describe(const struct request *request, const struct outcome *outcome, int completed)
{
	g_autofree char *mail = describe_mail(request), *end = NULL;
	unsigned int port;
	const struct ecom_request *record = &request->record;
	const char *late = completed == -ESTALE ? "late outcome, the deadline came first: " :
			   completed == -ENODEV ? "the card is gone: " :
						  "";

	if (outcome->status == STATUS_SUCCESS)
		end = g_strdup_printf("accepted by %s: %s (status 0, %.2f s)",
				      setup_server(request->setup, request->submission.server,
						   &port),
				      outcome->text, seconds_since(record->accepted_ns));
	else
		end = describe_failure(request, outcome);
	if (request->test)
		return g_strdup_printf("%s test by %s: %s %s", request->slot->name,
				       request->test->author, mail, end);
	return g_strdup_printf("%s request %llu (tag %u): %s%s %s", request->slot->name, record->id,
			       record->tag, late, mail, end);
}

/* A failure has its status in the last digits, so that the catalogue can explain each. */
static char *kind(const struct outcome *outcome, int completed)
{
	if (completed < 0)
		return g_strdup(MESSAGE_LATE_OUTCOME);
	if (outcome->status == STATUS_SUCCESS)
		return g_strdup(MESSAGE_MAIL_SENT);
	if (outcome->sent == SENT_PARTLY)
		return g_strdup(MESSAGE_MAIL_PARTLY);
	if (!status_find(outcome->status) && !reply_find(outcome->status))
		return g_strdup(MESSAGE_MAIL_FAILED);
	return g_strdup_printf("%.28s%04u", MESSAGE_MAIL_FAILED, outcome->status);
}

static void add_request(struct journal_entry *entry, const struct request *request)
{
	journal_field(entry, "ECEMAIL_CARD", "%u", request->slot->card);
	journal_field(entry, "ECEMAIL_SLOT", "%u", request->slot->number);
	journal_field(entry, "ECEMAIL_REQUEST", "%llu", request->record.id);
	journal_field(entry, "ECEMAIL_TAG", "%u", request->record.tag);
}

static void add_outcome(struct journal_entry *entry, const struct outcome *outcome)
{
	const unsigned int *enhanced = outcome->enhanced;

	journal_field(entry, "ECEMAIL_STATUS", "%u", outcome->status);
	journal_field(entry, "ECEMAIL_STATE", "%u", outcome->state);
	journal_field(entry, "ECEMAIL_DETAIL", "%u", outcome->detail);
	journal_field(entry, "ECEMAIL_SENT", "%s", sent_name(outcome->sent));
	if (outcome->reply)
		journal_field(entry, "ECEMAIL_REPLY", "%u", outcome->reply);
	if (enhanced[0])
		journal_field(entry, "ECEMAIL_ENHANCED", "%u.%u.%u", enhanced[0], enhanced[1],
			      enhanced[2]);
}

static void add_mail(struct journal_entry *entry, const struct request *request)
{
	g_autofree char *list = recipients(request, true), *name = server(request);

	journal_field(entry, "ECEMAIL_SERVER", "%s", name);
	journal_field(entry, "ECEMAIL_DURATION_MS", "%.0f",
		      seconds_since(request->record.accepted_ns) * 1000);
	if (!request->message)
		return;
	journal_field(entry, "ECEMAIL_RECIPIENTS", "%s", list);
	journal_field(entry, "ECEMAIL_MAIL_MESSAGE_ID", "<%s>", request->message->id);
}

static struct ended *keep(const struct request *request, const struct outcome *outcome,
			  const char *message, int completed)
{
	struct ended *ended = g_new0(struct ended, 1);
	g_autoptr(GString) subject = text_to_utf8(&request->ecemail.subject,
						  request->setup->character_set, false);

	ended->request = request->record.id;
	ended->tag = request->record.tag;
	ended->time_us = (uint64_t)g_get_real_time();
	ended->duration_ms = (uint64_t)(seconds_since(request->record.accepted_ns) * 1000);
	ended->late = completed < 0;
	ended->outcome = *outcome;
	ended->server = server(request);
	ended->to = recipients(request, true);
	ended->subject = g_strdup(subject->str);
	ended->message_id = g_strdup(request->message ? request->message->id : "");
	ended->words = g_strdup(message);
	return ended;
}

/* What went wrong, at the end of the trace; success has its own line. */
static void trace_failure(const struct request *request, const struct outcome *outcome)
{
	g_autofree char *cause = NULL, *line = NULL;

	if (outcome->status == STATUS_SUCCESS || !trace_is_on(request->slot))
		return;
	cause = describe_cause(request, outcome);
	line = g_strdup_printf("Error %u: %s", outcome->status, cause);
	trace_say(request->slot, request->record.id, request->record.tag, line);
}

/*
 * For the status text of the service, which everybody can read: no recipient,
 * no Subject, no words of the server.
 */
static char *summarise(const struct request *request, const struct outcome *outcome)
{
	const struct detail *detail = detail_find(outcome->detail);
	struct code row;

	status_explain(outcome->status, &row);
	return g_strdup_printf("%s: status %u in state %u (%s), %s", request->slot->name,
			       outcome->status, outcome->state, state_doing(outcome->state),
			       detail && detail->code ? detail->text :
			       row.name		      ? row.name :
							row.meaning);
}

static void record_refused(const struct request *request, int completed)
{
	if (completed < 0 && completed != -ESTALE && completed != -ENODEV)
		journal_log(LOG_ERR, NULL, "%s request %llu: the driver does not take its outcome: %s",
			    request->slot->name, request->record.id, strerror(-completed));
}

struct ended *record_outcome(const struct request *request, const struct outcome *outcome,
			     int completed)
{
	g_autofree char *message = describe(request, outcome, completed);
	g_autofree char *summary = summarise(request, outcome);
	bool success = outcome->status == STATUS_SUCCESS;
	g_autofree char *id = kind(outcome, completed);
	struct journal_entry *entry = journal_entry_new(success ? LOG_INFO : LOG_WARNING, id, "%s",
							message);

	add_request(entry, request);
	add_outcome(entry, outcome);
	add_mail(entry, request);
	journal_write(entry);
	record_refused(request, completed);
	trace_failure(request, outcome);
	backplane_count(request->slot->backplane, success, summary);
	return keep(request, outcome, message, completed);
}

void record_command(const struct request *request, const struct outcome *outcome, const char *name,
		    int completed)
{
	bool success = outcome->status == STATUS_SUCCESS;
	const struct detail *detail = detail_find(outcome->detail);
	const struct code *status = status_find(outcome->status);
	const char *words = *outcome->text	       ? outcome->text :
			    outcome->detail && detail ? detail->text :
			    status		       ? status->name :
							"";
	struct journal_entry *entry = journal_entry_new(
		success ? LOG_INFO : LOG_WARNING,
		success ? MESSAGE_COMMAND_DONE : MESSAGE_COMMAND_FAILED,
		"%s request %llu (tag %u): %s%s: status %u, %s", request->slot->name,
		request->record.id, request->record.tag, completed < 0 ? "too late: " : "", name,
		outcome->status, success ? "done" : words);

	add_request(entry, request);
	add_outcome(entry, outcome);
	journal_write(entry);
	record_refused(request, completed);
}

static void record_trace(const struct request *request, const char *line)
{
	trace_say(request->slot, request->record.id, request->record.tag, line);
}

/* One line, whatever is in it. */
static void trace_text(const struct request *request, const char *name, const struct text *text)
{
	g_autoptr(GString) utf8 = text_to_utf8(text, request->setup->character_set, true);
	g_autofree char *line = NULL;

	g_string_replace(utf8, "\n", "\\n", 0);
	line = g_strconcat(name, utf8->str, NULL);
	record_trace(request, line);
}

void record_mail(const struct request *request)
{
	g_autofree char *list = recipients(request, false), *line = NULL;

	line = g_strconcat("Recipient: ", list, NULL);
	record_trace(request, line);
	trace_text(request, "Subject: ", &request->ecemail.subject);
	trace_text(request, "Body: ", &request->ecemail.body);
}
