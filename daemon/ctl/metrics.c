// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl metrics: figures for a monitoring system, as OpenMetrics text that
 * node_exporter's textfile collector takes as well (so no types that only one
 * of the two knows). What cannot be found out is left out, never 0.
 */

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "certificate.h"
#include "command.h"
#include "output.h"
#include "premises.h"
#include "records.h"
#include "site.h"

#define DURATION_SECONDS    3600LL
#define CERTIFICATE_SECONDS "10"

static const struct {
	const char *member; /* of sysfs */
	const char *name;
	const char *type;
	const char *help;
} slot_metrics[] = {
	{ "health", "ecemail_health", "gauge", "Status of the module without any mail; 0: in order" },
	{ "serving", "ecemail_serving", "gauge", "1 while the driver serves the slot" },
	{ "attached", "ecemail_attached", "gauge", "1 while a daemon serves the slot" },
	{ "queue_used", "ecemail_queue_used", "gauge", "Requests that the driver holds" },
	{ "queue_depth", "ecemail_queue_depth", "gauge", "Requests that the driver can hold" },
	{ "wx_accepted", "ecemail_frames_accepted", "counter", "Frames accepted from the PLC" },
	{ "wx_busy", "ecemail_frames_busy", "counter", "Frames that found the queue full" },
	{ "wx_refused", "ecemail_frames_refused", "counter", "Frames refused" },
	{ "rx_accepted", "ecemail_reads_accepted", "counter", "Reads of the PLC answered" },
	{ "rx_refused", "ecemail_reads_refused", "counter", "Reads of the PLC refused" },
	{ "expired", "ecemail_requests_expired", "counter", "Requests ended by their deadline" },
};

static const char *const quantiles[] = { "0.5", "0.9", "1" };

static void print_type(const char *name, const char *type, const char *help)
{
	if (output_as_json)
		return;
	printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *suffix(const char *type)
{
	return !strcmp(type, "counter") ? "_total" : "";
}

/* One figure: of a slot or, NULL, of the PC; with another label or, NULL, without */
static void print_sample(const char *name, const struct slot *slot, const char *label,
			 const char *label_value, const char *value)
{
	g_autoptr(JsonObject) object = json_object_new();

	if (output_as_json) {
		json_object_set_string_member(object, "name", name);
		if (slot)
			json_object_set_string_member(object, "slot", slot->name);
		if (label)
			json_object_set_string_member(object, label, label_value);
		json_object_set_double_member(object, "value", g_ascii_strtod(value, NULL));
		output_json(object);
	} else if (!slot) {
		printf("%s %s\n", name, value);
	} else if (!label) {
		printf("%s{slot=\"%s\"} %s\n", name, slot->name, value);
	} else {
		printf("%s{slot=\"%s\",%s=\"%s\"} %s\n", name, slot->name, label, label_value,
		       value);
	}
}

/* Of the driver and the service */

static void print_flag(const char *name, const char *help, gboolean value)
{
	print_type(name, "gauge", help);
	print_sample(name, NULL, NULL, NULL, value ? "1" : "0");
}

static void print_premises(void)
{
	g_autoptr(JsonObject) driver = premises_driver(), service = premises_service();
	const char *state = json_object_get_string_member_with_default(service, "state", "");

	print_flag("ecemail_driver_loaded", "1 if the driver is loaded",
		   json_object_get_boolean_member(driver, "loaded"));
	print_flag("ecemail_daemon_running", "1 if ecemaild runs",
		   !strcmp(state, "active") || !strcmp(state, "reloading"));
}

static void print_slot_metrics(GPtrArray *slots, JsonObject **described)
{
	for (size_t i = 0; i < G_N_ELEMENTS(slot_metrics); i++) {
		const char *type = slot_metrics[i].type;
		g_autofree char *name = g_strconcat(slot_metrics[i].name, suffix(type), NULL);

		print_type(slot_metrics[i].name, type, slot_metrics[i].help);
		for (guint s = 0; s < slots->len; s++) {
			g_autofree char *value = output_member(described[s],
							       slot_metrics[i].member);

			if (value)
				print_sample(name, slots->pdata[s], NULL, NULL, value);
		}
	}
}

/* Of the requests: by status from the daemon, how long they took from the journal */

static void print_statuses(const struct slot *slot)
{
	g_autoptr(JsonObject) properties = bus_properties(slot);
	g_autoptr(GList) statuses = NULL;
	JsonObject *counts;

	if (!properties || !json_object_has_member(properties, "Statuses"))
		return;
	counts = json_object_get_object_member(properties, "Statuses");
	statuses = json_object_get_members(counts);
	for (GList *status = statuses; status; status = status->next) {
		g_autofree char *count = output_member(counts, status->data);

		print_sample("ecemail_requests_total", slot, "status", status->data, count);
	}
}

static gboolean take_duration(JsonObject *record, void *userdata)
{
	GArray *durations = userdata;
	gint64 ms = json_object_get_int_member_with_default(record, "duration_ms", -1);

	if (ms >= 0)
		g_array_append_val(durations, ms);
	return TRUE;
}

static gint compare(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

	return x < y ? -1 : x > y;
}

static void print_durations(const struct slot *slot)
{
	struct record_filter filter = {
		.slot = slot,
		.status = -1,
		.since_us = (guint64)(g_get_real_time() - DURATION_SECONDS * G_USEC_PER_SEC),
	};
	g_autoptr(GArray) durations = g_array_new(FALSE, FALSE, sizeof(gint64));

	if (records_walk(&filter, take_duration, durations) < 0 || !durations->len)
		return;
	g_array_sort(durations, compare);
	for (size_t i = 0; i < G_N_ELEMENTS(quantiles); i++) {
		guint at = (guint)(strtod(quantiles[i], NULL) * (durations->len - 1) + 0.5);
		gint64 ms = g_array_index(durations, gint64, at);
		g_autofree char *seconds = g_strdup_printf("%d.%03d", (int)(ms / 1000),
							   (int)(ms % 1000));

		print_sample("ecemail_duration_seconds", slot, "quantile", quantiles[i], seconds);
	}
}

/* Of the server: only with TLS is there a certificate */

static void print_expiry(const struct slot *slot)
{
	g_autoptr(JsonObject) report = json_object_new();
	enum site_source source;
	struct setup *setup = site_setup(slot, &source);
	g_autofree char *problem = setup_set(setup, "Timeout", CERTIFICATE_SECONDS);

	if (!setup->problem && setup->tls != TLS_NONE)
		certificate_fetch(report, setup);
	if (json_object_has_member(report, "certificate")) {
		JsonObject *certificate = json_object_get_object_member(report, "certificate");
		g_autofree char *when = output_member(certificate, "expire_time");

		print_sample("ecemail_certificate_expiry_timestamp_seconds", slot, "server",
			     setup->server, when ? when : "0");
	}
	setup_unref(setup);
}

static void for_each(GPtrArray *slots, void (*print)(const struct slot *slot))
{
	for (guint i = 0; i < slots->len; i++)
		print(slots->pdata[i]);
}

static void print_all(GPtrArray *slots)
{
	g_autofree JsonObject **described = g_new0(JsonObject *, MAX(slots->len, 1));

	for (guint i = 0; i < slots->len; i++)
		described[i] = slots_describe(slots->pdata[i]);
	print_premises();
	print_slot_metrics(slots, described);
	print_type("ecemail_requests", "counter", "Requests ended since the daemon's start, by status");
	for_each(slots, print_statuses);
	print_type("ecemail_duration_seconds", "gauge",
		   "From frame to outcome, quantiles of the last hour");
	for_each(slots, print_durations);
	print_type("ecemail_certificate_expiry_timestamp_seconds", "gauge",
		   "When the mail server's certificate expires");
	for_each(slots, print_expiry);
	if (!output_as_json)
		puts("# EOF");
	for (guint i = 0; i < slots->len; i++)
		json_object_unref(described[i]);
}

static int run(int count, char **words)
{
	g_autoptr(GPtrArray) slots = slots_list();

	(void)words;
	if (count)
		return usage_error("metrics wants no slot: it has those of all");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	print_all(slots);
	curl_global_cleanup();
	return EXIT_OK;
}

const struct command metrics_command = {
	.name = "metrics",
	.arguments = "",
	.summary = "figures for a monitoring system, as OpenMetrics text",
	.description =
		"Run as root it has all of them. With TLS in the setup it connects to the mail server\n"
		"to see the certificate.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl metrics\n"
		"  ecemailctl metrics >/var/lib/prometheus/node-exporter/ecemail.prom.new &&\n"
		"    mv /var/lib/prometheus/node-exporter/ecemail.prom.new \\\n"
		"       /var/lib/prometheus/node-exporter/ecemail.prom",
	.run = run,
};
