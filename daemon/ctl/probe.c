// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl probe: talks to the mail server as seed 001 does by telnet, and explains it. */

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "certificate.h"
#include "codes.h"
#include "command.h"
#include "daemon/address.h"
#include "output.h"
#include "probe.h"
#include "site.h"

#define INDENT 14

static struct {
	char *server;
	char *tls;
	char *to;
	gboolean send;
} options;

static const GOptionEntry entries[] = {
	{ "server", 0, 0, G_OPTION_ARG_STRING, &options.server,
	  "this server instead of the setup's", "HOST[:PORT]" },
	{ "tls", 0, 0, G_OPTION_ARG_STRING, &options.tls, "with --server", "none|starttls|implicit" },
	{ "to", 0, 0, G_OPTION_ARG_STRING, &options.to,
	  "recipients to ask for, instead of the setup's Cc", "LIST" },
	{ "send", 0, 0, G_OPTION_ARG_NONE, &options.send,
	  "send them a mail, too (DATA)", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

void probe_hold(struct conversation *conversation)
{
	signal(SIGPIPE, SIG_IGN);
	conversation_hold(conversation);
	if (!json_object_has_member(conversation->report, "certificate") &&
	    conversation->outcome.detail >= DETAIL_CERTIFICATE_EXPIRED &&
	    conversation->outcome.detail <= DETAIL_CERTIFICATE_PIN)
		certificate_fetch(conversation->report, conversation->setup);
}

void probe_add_meaning(JsonObject *object, const struct outcome *outcome)
{
	const struct detail *detail = detail_find(outcome->detail);
	struct code row;

	if (!status_explain(outcome->status, &row))
		return;
	json_object_set_string_member(object, "meaning", row.meaning);
	json_object_set_string_member(object, "cause", row.cause);
	json_object_set_string_member(object, "remedy", row.remedy);
	if (detail && detail->code)
		json_object_set_string_member(object, "detail_text", detail->text);
}

/* Line by line */

/* What else a code may mean elsewhere is left to explain. */
static void print_meaning(const char *text)
{
	g_autofree char *first = g_strdup(text);
	char *also = strstr(first, " Also: ");

	if (!also)
		also = strstr(first, "; also: ");
	if (also)
		*also = '\0';
	output_indented("", INDENT, first);
}

static void explain_sent(const char *text)
{
	g_autofree char *name = g_strndup(text, strcspn(text, " "));
	const struct smtp_command *command = smtp_command_find(name);

	if (command)
		print_meaning(command->doing);
	else if (!strcmp(text, "."))
		print_meaning("End of data: from here on the server is responsible for the mail.");
}

static void explain_offer(const char *text)
{
	const struct extension *extension =
		g_str_has_prefix(text, "250") && strlen(text) > 4 ? extension_find(text + 4) : NULL;

	if (extension)
		print_meaning(extension->meaning);
}

/* "250-" lines go on: the last one is explained, and what they offer. */
static void explain_received(const char *text)
{
	unsigned int code = (unsigned int)g_ascii_strtoull(text, NULL, 10), number[3];
	const struct enhanced *enhanced;
	struct code row;

	explain_offer(text);
	if (text[0] && text[1] && text[2] && text[3] == '-')
		return;
	if (status_explain(code, &row))
		print_meaning(row.meaning);
	if (sscanf(text, "%*u %u.%u.%u ", &number[0], &number[1], &number[2]) != 3)
		return;
	enhanced = enhanced_find(number[1], number[2]);
	if (enhanced && number[0] != 2)
		print_meaning(enhanced->meaning);
}

static void print_line(void *userdata, const char *kind, const char *text, double seconds)
{
	g_autofree char *clean = output_clean(text);
	const char *mark = !strcmp(kind, "sent") ? "->" : !strcmp(kind, "received") ? "<-" :
										      "--";

	(void)userdata;
	printf("%8.3f s %s %s\n", seconds, mark, clean);
	fputs(output_colour(OUTPUT_DIM), stdout);
	if (!strcmp(kind, "sent"))
		explain_sent(text);
	else if (!strcmp(kind, "received"))
		explain_received(text);
	fputs(output_plain(), stdout);
	output_flush();
}

/* The end */

static void print_certificate(JsonObject *report)
{
	static const struct output_label labels[] = {
		{ "subject", "Certificate of" },
		{ "names", "for" },
		{ "issuer", "Issued by" },
		{ "start", "Valid from" },
		{ "expire", "until" },
		{ "days_left", "Days left" },
		{ NULL, NULL },
	};

	if (json_object_has_member(report, "certificate"))
		output_members(json_object_get_object_member(report, "certificate"), labels);
}

static void print_result(JsonObject *report, const struct outcome *outcome)
{
	static const struct output_label labels[] = {
		{ "address", "Address" },
		{ "resolved_seconds", "Name found, s" },
		{ "connected_seconds", "Connected, s" },
		{ "secured_seconds", "TLS, s" },
		{ "tls", "TLS" },
		{ NULL, NULL },
	};

	putchar('\n');
	output_members(report, labels);
	print_certificate(report);
	if (!outcome->status) {
		printf("%sAll well:%s a mail would be taken%s.\n", output_colour(OUTPUT_GOOD),
		       output_plain(), outcome->sent == SENT_YES ? ", and one was" : "");
		return;
	}
	printf("%sStatus %u%s in state %u (%s)\n", output_colour(OUTPUT_BAD), outcome->status,
	       output_plain(), outcome->state, state_doing(outcome->state));
	output_field("Text", *outcome->text ? outcome->text : NULL);
	output_field("Detail", json_object_get_string_member_with_default(report, "detail_text",
									  NULL));
	output_field("Meaning", json_object_get_string_member(report, "meaning"));
	output_field("Cause", json_object_get_string_member(report, "cause"));
	output_field("Remedy", json_object_get_string_member(report, "remedy"));
}

static void add_outcome(JsonObject *report, const struct outcome *outcome)
{
	json_object_set_int_member(report, "status", outcome->status);
	json_object_set_int_member(report, "state", outcome->state);
	json_object_set_int_member(report, "reply", outcome->reply);
	json_object_set_int_member(report, "detail", outcome->detail);
	json_object_set_string_member(report, "sent", sent_name(outcome->sent));
	json_object_set_string_member(report, "text", outcome->text);
	if (outcome->status)
		probe_add_meaning(report, outcome);
}

/* Beginning */

static struct message *compose(const struct setup *setup, GPtrArray *to)
{
	static const char subject[] = "Test mail",
			  body[] = "Sent by ecemailctl probe --send. Nothing to do.\n";
	struct text subject_text = { subject, sizeof(subject) - 1 };
	struct text body_text = { body, sizeof(body) - 1 };
	g_autofree char *id = g_strdup_printf("%016" G_GINT64_MODIFIER "x.probe@ecemailctl.ecemail",
					      (guint64)g_get_real_time());
	g_autoptr(GDateTime) now = g_date_time_new_now_local();

	message_init();
	return message_compose(setup, to, &subject_text, &body_text, id, now);
}

static struct setup *given_setup(int *status)
{
	struct setup *setup = setup_new();
	g_autofree char *problem = options.tls ? setup_set(setup, "TLS", options.tls) : NULL;

	if (!problem)
		problem = setup_set(setup, "Server", options.server);
	setup_finish(setup);
	*status = problem ? usage_error("--server, --tls: %s", problem) : EXIT_OK;
	return setup;
}

static struct setup *slot_setup(const char *name, int *status)
{
	enum site_source source;
	struct setup *setup;
	struct slot slot;

	*status = slots_find(name, &slot);
	if (*status)
		return NULL;
	setup = site_setup(&slot, &source);
	if (!output_as_json)
		printf("Setup of slot %s: %s\n", slot.name, site_source_name(source));
	if (source == SITE_NOTHING)
		*status = complain(EXIT_UNKNOWN, "the setup is %s: sudo, or --server HOST",
				   site_source_name(source));
	else if (!setup->server)
		*status = complain(EXIT_WRONG, "the setup has no Server: ecemailctl setup set %s "
					       "Server=ADDRESS",
				   slot.name);
	return setup;
}

static int talk(struct setup *setup, GPtrArray *to)
{
	struct conversation conversation = { .setup = setup, .recipients = to };
	struct message *message = options.send ? compose(setup, to) : NULL;
	gboolean dropped = site_drop_login(setup);

	if (!output_as_json) {
		conversation.line = print_line;
		if (dropped)
			puts("The login is left out: its secret is for root and ecemaild.");
		printf("Server %s\n\n", setup->server);
	}
	conversation.message = message;
	probe_hold(&conversation);
	add_outcome(conversation.report, &conversation.outcome);
	if (output_as_json)
		output_json(conversation.report);
	else
		print_result(conversation.report, &conversation.outcome);
	conversation_clear(&conversation);
	message_free(message);
	return conversation.outcome.status ? EXIT_WRONG : EXIT_OK;
}

static int run_with(struct setup *setup)
{
	g_autofree char *problem = NULL;
	g_autoptr(GPtrArray) to = NULL;

	if (options.to)
		to = address_list_parse(options.to, strlen(options.to), &problem);
	else
		to = g_ptr_array_ref(setup->cc);
	if (!to)
		return usage_error("--to: %s", problem);
	if (options.send && !to->len)
		return usage_error("--send wants recipients: --to LIST");
	if (options.send && setup->problem)
		return complain(EXIT_WRONG, "the setup is not complete: %s", setup->problem);
	return talk(setup, to);
}

static int run(int count, char **words)
{
	struct setup *setup;
	int r;

	if (count > 1 || (count && options.server))
		return usage_error("probe wants one slot, or --server");
	if (options.tls && !options.server)
		return usage_error("--tls goes with --server");
	setup = options.server ? given_setup(&r) : slot_setup(words[0], &r);
	if (!r) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		r = run_with(setup);
		curl_global_cleanup();
	}
	setup_unref(setup);
	return r;
}

const struct command probe_command = {
	.name = "probe",
	.arguments = "[SLOT]",
	.summary = "talk to the mail server, line by line, and explain what it says",
	.description =
		"Connects as the daemon does, with TLS and login of the setup, and says EHLO, MAIL,\n"
		"RCPT (for the setup's Cc or --to), RSET, VRFY, HELP, NOOP and QUIT. Nobody gets a\n"
		"mail, but with --send. Exit status 1 if a mail would fail.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl probe K1\n"
		"  ecemailctl probe K1 --to mark@hosteng.com --send\n"
		"  ecemailctl probe --server 192.168.0.1:25",
	.options = entries,
	.run = run,
};
