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
	printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static const char *suffix(const char *type)
{
	return !strcmp(type, "counter") ? "_total" : "";
}

/* Of the driver and the service */

static void print_flag(const char *name, const char *help, gboolean value)
{
	print_type(name, "gauge", help);
	printf("%s %d\n", name, value);
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

		print_type(slot_metrics[i].name, type, slot_metrics[i].help);
		for (guint s = 0; s < slots->len; s++) {
			g_autofree char *value = output_member(described[s],
							       slot_metrics[i].member);

			if (value)
				printf("%s%s{slot=\"%s\"} %s\n", slot_metrics[i].name, suffix(type),
				       ((struct slot *)slots->pdata[s])->name, value);
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
	for (GList *status = statuses; status; status = status->next)
		printf("ecemail_requests_total{slot=\"%s\",status=\"%s\"} %d\n", slot->name,
		       (const char *)status->data,
		       (int)json_object_get_int_member(counts, status->data));
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

		printf("ecemail_duration_seconds{slot=\"%s\",quantile=\"%s\"} %.3f\n", slot->name,
		       quantiles[i], (double)g_array_index(durations, gint64, at) / 1000);
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

		printf("ecemail_certificate_expiry_timestamp_seconds{slot=\"%s\",server=\"%s\"} "
		       "%" G_GINT64_FORMAT "\n",
		       slot->name, setup->server,
		       json_object_get_int_member_with_default(certificate, "expire_time", 0));
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
	puts("# EOF");
	for (guint i = 0; i < slots->len; i++)
		json_object_unref(described[i]);
}

static int run(int count, char **words)
{
	g_autoptr(GPtrArray) slots = slots_list();

	(void)words;
	if (count || output_as_json)
		return usage_error("metrics wants no slot and has a format of its own; for JSON: "
				   "ecemailctl status --json");
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
