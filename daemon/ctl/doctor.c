// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl doctor: the ten requirements of seed 000 in their order, each ok,
 * wrong or "cannot know", with the remedy; before them what they stand on, the
 * PC's own parts; after them clock, login, and a talk with the mail server.
 */

#include <curl/curl.h>
#include <errno.h>
#include <linux/ecom_slave89.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "bus.h"
#include "command.h"
#include "daemon/credential.h"
#include "daemon/status.h"
#include "decode.h"
#include "inspect.h"
#include "network.h"
#include "output.h"
#include "premises.h"
#include "probe.h"
#include "records.h"
#include "site.h"

#define PROBE_SECONDS	 "10"
#define CERTIFICATE_DAYS 14
#define TOKEN_HOURS	 24
#define EARLIEST_CLOCK	 1767225600 /* 2026: this program is not older */
#define SECONDS_PER_HOUR 3600

static struct {
	gboolean no_probe;
} options;

static const GOptionEntry entries[] = {
	{ "no-probe", 0, 0, G_OPTION_ARG_NONE, &options.no_probe, "do not talk to the mail server",
	  NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* What is known of the slot under examination. */
struct patient {
	struct slot slot;
	JsonObject *sysfs;
	struct setup *setup;
	enum site_source source;
	JsonObject *last; /* outcome, or NULL */
	JsonArray *findings;
};

static gint64 number_of(JsonObject *object, const char *member)
{
	return json_object_get_int_member_with_default(object, member, 0);
}

static void add(struct patient *patient, JsonObject *finding)
{
	json_array_add_object_element(patient->findings, finding);
	if (!output_as_json)
		finding_print(finding);
	output_flush();
}

/* 1 and 2 */

static void check_cpu_firmware(struct patient *patient)
{
	add(patient,
	    finding_new("1 CPU firmware", VERDICT_UNKNOWN,
			"look in your programming software. Boxes need at least: 05 v5.10, 06 "
			"v2.10, 250-1 v4.60, 260 v2.40, 450 v3.30",
			"cannot be known from here"));
}

/* Firmware with mail: seed 000, section 2; as major << 24 | minor << 16 | build */
static void check_module_firmware(struct patient *patient)
{
	static const struct {
		const char *module;
		unsigned int build;
	} needed[] = { { "H0", 119 }, { "H2", 1031 }, { "H4", 1031 } };
	const char *module = json_object_get_string_member_with_default(patient->sysfs, "module",
									"");
	const char *text = json_object_get_string_member_with_default(patient->sysfs, "firmware",
								      "");
	unsigned int major, minor, build;

	for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
		if (!g_str_has_prefix(module, needed[i].module) ||
		    sscanf(text, "%u.%u.%u", &major, &minor, &build) != 3)
			continue;
		if (major > 4 || (major == 4 && (minor || build >= needed[i].build)))
			add(patient, finding_new("2 Module firmware", VERDICT_OK, NULL, "%s v%s",
						 module, text));
		else
			add(patient,
			    finding_new("2 Module firmware", VERDICT_WRONG,
					"update the card's firmware",
					"%s v%s is older than v4.0.%u, the first one with mail",
					module, text, needed[i].build));
		return;
	}
	add(patient, finding_new("2 Module firmware", VERDICT_UNKNOWN,
				 "look at ecemailctl status", "'%s' v%s is no known module", module,
				 text));
}

/* 3 to 5 */

static void check_slot(struct patient *patient)
{
	if (patient->slot.number)
		add(patient,
		    finding_new("3 Slot", VERDICT_OK, NULL,
				"K%u of the local base; Slot in the ECOM100 box must say the same",
				patient->slot.number));
	else
		add(patient,
		    finding_new("3 Slot", VERDICT_UNKNOWN,
				"in a 205 base K0 is invalid: move the module. In 05 and 06 bases "
				"slots begin with K1. In a 405 base all is well",
				"K0 of the local base"));
}

static void check_network(struct patient *patient)
{
	g_autoptr(JsonObject) network = network_describe(patient->setup->server);
	g_autofree char *line = network_setup_line(network);
	const char *link = json_object_get_string_member_with_default(network, "link", "");

	if (patient->source == SITE_NOTHING)
		add(patient, finding_new("4 TCP/IP", VERDICT_UNKNOWN, "sudo ecemailctl doctor",
					 "the mail server is %s; %s",
					 site_source_name(patient->source), line));
	else if (json_object_has_member(network, "problem") ||
		 !json_object_has_member(network, "address"))
		add(patient, finding_new("4 TCP/IP", VERDICT_WRONG,
					 "ip address; ip route. Ask the network's administrator for "
					 "address, subnet mask and gateway of this PC",
					 "no way to %s: %s",
					 patient->setup->server ? patient->setup->server :
								  "any server",
					 line));
	else if (strcmp(link, "up") != 0)
		add(patient, finding_new("4 TCP/IP", VERDICT_WRONG,
					 "look at the cable and the switch at its other end", "%s",
					 line));
	else
		add(patient, finding_new("4 TCP/IP", VERDICT_OK, NULL, "%s", line));
}

static void check_dip(struct patient *patient)
{
	gboolean on = json_object_get_boolean_member(patient->sysfs, "dip7");

	add(patient, finding_new("5 DIP switch 7", on ? VERDICT_OK : VERDICT_WRONG,
				 "switch it on, then power the PLC's base off and on: switches count "
				 "at power-up only",
				 "was %s at power-up", on ? "on" : "off"));
}

/* 6 */

static void check_setup(struct patient *patient)
{
	const struct detail *detail = detail_find(patient->setup->detail);
	g_autofree char *remedy = NULL;

	if (patient->source == SITE_NOTHING) {
		add(patient, finding_new("6 E-mail setup", VERDICT_UNKNOWN, "sudo ecemailctl doctor",
					 "it is %s", site_source_name(patient->source)));
		return;
	}
	if (!patient->setup->problem) {
		add(patient, finding_new("6 E-mail setup", VERDICT_OK, NULL,
					 "complete: server %s port %u, sender %s (%s)",
					 patient->setup->server, patient->setup->port,
					 patient->setup->sender_address,
					 site_source_name(patient->source)));
		return;
	}
	remedy = g_strdup_printf(
		"ecemailctl setup set %s %s",
		patient->slot.name,
		patient->setup->detail == DETAIL_NO_SERVER ? "Server=ADDRESS" :
		patient->setup->detail == DETAIL_NO_SENDER ? "SenderAddress=NAME@DOMAIN" :
							     "FIELD=VALUE");
	/* what is stored may complete it */
	add(patient, finding_new("6 E-mail setup",
				 patient->source == SITE_DEFAULTS ? VERDICT_UNKNOWN : VERDICT_WRONG,
				 remedy, "%s%s%s (%s): boxes end with 24", patient->setup->problem,
				 detail && detail->code ? "; detail " : "",
				 detail && detail->code ? detail->text : "",
				 site_source_name(patient->source)));
}

/* 7 and 8: what frames have been seen */

static void check_config_box(struct patient *patient)
{
	gint64 reads = number_of(patient->sysfs, "rx_accepted");

	static const char place[] =
		"look in your programming software: an ECOM100 box at the top of the program, its "
		"Slot the number of this slot, executed every scan";

	add(patient,
	    reads ? finding_new("7 ECOM100 box", VERDICT_UNKNOWN, place,
				"its place in the program cannot be known from here; a program "
				"reads this module: %d RX answered",
				(int)reads) :
		    finding_new("7 ECOM100 box", VERDICT_UNKNOWN, place,
				"no program has read this module since the driver took the card"));
}

static gboolean wx_was_refused(const struct ecom_frames *frames)
{
	return frames->wx.when_ns && (frames->wx.result & 0xff) == 2;
}

static void check_mail_box(struct patient *patient)
{
	gint64 accepted = number_of(patient->sysfs, "wx_accepted");
	gint64 refused = number_of(patient->sysfs, "wx_refused");
	struct ecom_frames frames = { 0 };
	g_autofree char *last = NULL;

	if (!access(patient->slot.device, R_OK) && !inspect_frames(&patient->slot, &frames) &&
	    frames.wx.when_ns)
		last = decode_mailbox_result(frames.wx.result);
	if (wx_was_refused(&frames))
		add(patient, finding_new("8 ECEMAIL box", VERDICT_WRONG,
					 "ecemailctl frames shows the frame; boxes get 1001 for it",
					 "the last frame was %s", last));
	else if (accepted)
		add(patient, finding_new("8 ECEMAIL box", VERDICT_OK, NULL,
					 "%d frames accepted, %d refused%s%s", (int)accepted,
					 (int)refused, last ? "; the last one: " : "",
					 last ? last : ""));
	else
		add(patient,
		    finding_new("8 ECEMAIL box", VERDICT_UNKNOWN,
				"the box starts at the leading edge of its power flow: SP1 never "
				"starts it. ECOM# must be that of the ECOM100 box",
				"no frame has come since the driver took the card"));
}

/* 9 */

static gboolean take_last(JsonObject *record, void *userdata)
{
	struct patient *patient = userdata;

	patient->last = json_object_ref(record);
	return FALSE;
}

/* What the driver has ended without a daemon is in its ring only. */
static void look_at_ring(struct patient *patient)
{
	guint16 words[RING_ENTRY_WORDS];
	JsonObject *entry;

	if (access(patient->slot.device, R_OK) ||
	    inspect_registers(&patient->slot, 89, REG_RING, RING_ENTRY_WORDS, words))
		return;
	entry = decode_ring_entry(words);
	if (!entry)
		return;
	if (patient->last && number_of(patient->last, "status") == number_of(entry, "status")) {
		json_object_unref(entry);
		return;
	}
	if (patient->last)
		json_object_unref(patient->last);
	patient->last = entry;
}

static void find_last(struct patient *patient)
{
	struct record_filter filter = { .slot = &patient->slot, .status = -1 };
	g_autoptr(JsonObject) properties = NULL;

	records_walk(&filter, take_last, patient);
	look_at_ring(patient);
	if (patient->last)
		return;
	properties = bus_properties(&patient->slot);
	if (!properties || !number_of(properties, "LastTime"))
		return;
	patient->last = json_object_new();
	json_object_set_int_member(patient->last, "status", number_of(properties, "LastStatus"));
	json_object_set_int_member(patient->last, "detail", number_of(properties, "LastDetail"));
}

static void check_last(struct patient *patient)
{
	const struct detail *detail;
	g_autofree char *remedy = NULL;
	struct code row;
	unsigned int status;

	find_last(patient);
	if (!patient->last) {
		add(patient, finding_new("9 Error information", VERDICT_UNKNOWN,
					 "trigger the box, or: ecemailctl test",
					 "no request has ended yet"));
		return;
	}
	status = (unsigned int)number_of(patient->last, "status");
	detail = detail_find((unsigned int)number_of(patient->last, "detail"));
	status_explain(status, &row);
	remedy = g_strdup_printf("%s More: ecemailctl explain %u", row.remedy, status);
	add(patient, finding_new("9 Error information", status ? VERDICT_WRONG : VERDICT_OK, remedy,
				 "the last request ended with %u, %s%s%s", status,
				 row.name ? row.name : row.meaning,
				 detail && detail->code ? ": " : "",
				 detail && detail->code ? detail->text : ""));
}

/* Clock, login */

static void check_clock(struct patient *patient)
{
	struct timex timex = { 0 };
	int state = adjtimex(&timex);

	if (time(NULL) < EARLIEST_CLOCK)
		add(patient, finding_new("Clock", VERDICT_WRONG,
					 "timedatectl set-time, and a time server: certificates are "
					 "judged by the clock",
					 "it is years behind"));
	else if (state == TIME_ERROR || (timex.status & STA_UNSYNC))
		add(patient, finding_new("Clock", VERDICT_UNKNOWN,
					 "timedatectl; look at the date. Certificates are judged by "
					 "it",
					 "not held by a time server"));
	else
		add(patient, finding_new("Clock", VERDICT_OK, NULL, "held by a time server"));
}

static char *token_file(const struct setup *setup)
{
	g_autoptr(GKeyFile) file = g_key_file_new();

	if (!g_key_file_load_from_file(file, setup->credentials_file, G_KEY_FILE_NONE, NULL))
		return NULL;
	return g_key_file_get_string(file, setup->login, "TokenFile", NULL);
}

/* A token is as old as its file; who makes them anew writes that. */
static void check_token(struct patient *patient)
{
	g_autofree char *path = token_file(patient->setup);
	struct stat st;
	gint64 hours;

	if (!path)
		return;
	if (stat(path, &st)) {
		add(patient, finding_new("Token", errno == ENOENT ? VERDICT_WRONG : VERDICT_UNKNOWN,
					 "what makes the tokens has to write it; sudo ecemailctl doctor",
					 "%s: %s", path, g_strerror(errno)));
		return;
	}
	hours = (time(NULL) - st.st_mtime) / SECONDS_PER_HOUR;
	add(patient, finding_new("Token", hours > TOKEN_HOURS ? VERDICT_WRONG : VERDICT_OK,
				 "does what makes the tokens still run?", "%s is %d hours old", path,
				 (int)hours));
}

static void check_login(struct patient *patient)
{
	struct setup *setup = patient->setup;
	struct credential *credential = NULL;
	g_autofree char *problem = NULL;
	unsigned int port;
	const char *host = setup_server(setup, 0, &port);

	if (!setup->login || !host)
		return;
	check_token(patient);
	problem = credential_load(&credential, setup->credentials_file, setup->login, host, port);
	credential_free(credential);
	if (!problem)
		add(patient, finding_new("Login", VERDICT_OK, NULL, "%s, for %s", setup->login, host));
	else
		add(patient, finding_new("Login", geteuid() ? VERDICT_UNKNOWN : VERDICT_WRONG,
					 geteuid() ? "sudo ecemailctl doctor" :
						     "ecemailctl credential set, and "
						     "/etc/ecemail/credentials.conf",
					 "%s", problem));
}

/* Probe */

static void check_certificate(struct patient *patient, JsonObject *report)
{
	JsonObject *certificate;
	gint64 days;

	if (!json_object_has_member(report, "certificate"))
		return;
	certificate = json_object_get_object_member(report, "certificate");
	days = number_of(certificate, "days_left");
	add(patient, finding_new("Certificate", days < CERTIFICATE_DAYS ? VERDICT_WRONG : VERDICT_OK,
				 "the server's administrator has to renew it; is this PC's date "
				 "right?",
				 "of the server: valid until %s, %d days",
				 json_object_get_string_member_with_default(certificate, "expire",
									    "?"),
				 (int)days));
}

static void add_probe(struct patient *patient, const struct conversation *conversation)
{
	const struct outcome *outcome = &conversation->outcome;
	const struct detail *detail = detail_find(outcome->detail);
	struct code row;

	status_explain(outcome->status, &row);
	if (outcome->status)
		add(patient,
		    finding_new("Probe", VERDICT_WRONG, row.remedy,
				"a mail would end with %u in state %u (%s): %s", outcome->status,
				outcome->state, state_doing(outcome->state),
				*outcome->text	       ? outcome->text :
				detail && detail->code ? detail->text :
							 (row.name ? row.name : row.meaning)));
	else
		add(patient,
		    finding_new("Probe", VERDICT_OK, NULL, "%s would take a mail (%.2f s)",
				patient->setup->server,
				json_object_get_double_member(conversation->report, "seconds")));
}

static void check_probe(struct patient *patient)
{
	struct conversation conversation = { .setup = patient->setup,
					     .recipients = patient->setup->cc };

	if (options.no_probe || patient->setup->problem)
		return;
	g_free(setup_set(patient->setup, "Timeout", PROBE_SECONDS));
	site_drop_login(patient->setup);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	probe_hold(&conversation);
	check_certificate(patient, conversation.report);
	add_probe(patient, &conversation);
	conversation_clear(&conversation);
	curl_global_cleanup();
}

/* All of it */

static void check_trace(struct patient *patient)
{
	add(patient, finding_new("10 Trace", VERDICT_OK, NULL,
				 "ecemailctl trace %s shows each mail's conversation, live",
				 patient->slot.name));
}

static void examine(struct patient *patient)
{
	static void (*const checks[])(struct patient * patient) = {
		check_cpu_firmware,
		check_module_firmware,
		check_slot,
		check_network,
		check_dip,
		check_setup,
		check_config_box,
		check_mail_box,
		check_last,
		check_trace,
		check_clock,
		check_login,
		check_probe,
	};

	if (!output_as_json)
		printf("\nSlot %s\n", patient->slot.name);
	patient->sysfs = slots_describe(&patient->slot);
	patient->setup = site_setup(&patient->slot, &patient->source);
	for (size_t i = 0; i < G_N_ELEMENTS(checks); i++)
		checks[i](patient);
	setup_unref(patient->setup);
	json_object_unref(patient->sysfs);
	if (patient->last)
		json_object_unref(patient->last);
}

/* A bad value keeps a reload from being done; at the start it is that of the slots. */
static void check_configuration(JsonArray *findings)
{
	struct configuration *configuration = configuration_load(SITE_CONFIGURATION);

	if (configuration->problems->len && !access(SITE_CONFIGURATION, R_OK))
		json_array_add_object_element(
			findings, finding_new("configuration", VERDICT_WRONG,
					      "correct it, then: systemctl reload ecemaild", "%s",
					      (char *)configuration->problems->pdata[0]));
	configuration_free(configuration);
}

static JsonArray *check_premises(const char *only)
{
	JsonArray *findings = premises_check(only);

	check_configuration(findings);
	json_array_add_object_element(findings, premises_rights());
	for (guint i = 0; !output_as_json && i < json_array_get_length(findings); i++)
		finding_print(json_array_get_object_element(findings, i));
	return findings;
}

static void print_verdict(JsonArray *findings)
{
	for (guint i = 0; i < json_array_get_length(findings); i++) {
		JsonObject *finding = json_array_get_object_element(findings, i);

		if (finding_verdict(finding) != VERDICT_WRONG)
			continue;
		printf("\n%sBegin with:%s %s\n", output_colour(OUTPUT_BAD), output_plain(),
		       json_object_get_string_member(finding, "check"));
		fputs("  -> ", stdout);
		output_continued(5, json_object_get_string_member_with_default(finding, "remedy",
									       ""));
		return;
	}
	printf("\n%sNothing wrong found.%s What is marked ? cannot be known from here.\n",
	       output_colour(OUTPUT_GOOD), output_plain());
}

/* "cannot know" is in the nature of some of the ten. */
static int finish(JsonArray *findings)
{
	g_autoptr(JsonObject) object = json_object_new();
	int status = findings_status(findings);

	if (output_as_json) {
		json_object_set_array_member(object, "findings", json_array_ref(findings));
		output_json(object);
	} else {
		print_verdict(findings);
	}
	return status == EXIT_UNKNOWN ? EXIT_OK : status;
}

static int run(int count, char **words)
{
	g_autoptr(GPtrArray) list = slots_list();
	g_autoptr(JsonArray) findings = NULL;
	struct slot only;
	int r = EXIT_OK;

	if (count > 1)
		return usage_error("doctor wants one slot, or none for all");
	if (count)
		r = slots_find(words[0], &only);
	if (r)
		return r;
	findings = check_premises(count ? only.name : NULL);
	for (guint i = 0; i < list->len; i++) {
		struct patient patient = { .findings = findings };

		memcpy(&patient.slot, list->pdata[i], sizeof(patient.slot));
		if (!count || !strcmp(patient.slot.name, only.name))
			examine(&patient);
	}
	return finish(findings);
}

const struct command doctor_command = {
	.name = "doctor",
	.arguments = "[SLOT]",
	.summary = "why does no mail go out? All that is needed, in order, with remedies",
	.description =
		"Each requirement is ok, WRONG, or ? (cannot be known from here). It talks to the mail\n"
		"server, but sends no mail. Exit status 1 if something is wrong.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl doctor\n"
		"  ecemailctl doctor K1 --no-probe",
	.options = entries,
	.run = run,
};
