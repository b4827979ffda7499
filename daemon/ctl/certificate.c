// SPDX-License-Identifier: GPL-2.0-or-later
/* The certificate of a mail server, as libcurl tells of it. */

#include <string.h>
#include <time.h>

#include "certificate.h"
#include "daemon/connection.h"

#define SECONDS_PER_DAY 86400

static const struct {
	const char *given; /* by libcurl */
	const char *name;
} fields[] = {
	{ "Subject:", "subject" },
	{ "Issuer:", "issuer" },
	{ "Start date:", "start" },
	{ "Expire date:", "expire" },
	{ "X509v3 Subject Alternative Name:", "names" },
};

gint64 certificate_time(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%b %d %H:%M:%S %Y GMT", &tm);

	return end && !*end ? (gint64)timegm(&tm) : -1;
}

static void take_field(JsonObject *certificate, const char *line)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (g_str_has_prefix(line, fields[i].given))
			json_object_set_string_member(certificate, fields[i].name,
						      line + strlen(fields[i].given));
}

static void set_days(JsonObject *certificate)
{
	const char *text = json_object_get_string_member_with_default(certificate, "expire", "");
	gint64 expire = certificate_time(text);

	if (expire < 0)
		return;
	json_object_set_int_member(certificate, "expire_time", expire);
	json_object_set_int_member(certificate, "days_left",
				   (expire - g_get_real_time() / G_USEC_PER_SEC) / SECONDS_PER_DAY);
}

void certificate_report(JsonObject *report, CURL *easy)
{
	struct curl_certinfo *info = NULL;
	JsonObject *certificate;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
	    info->num_of_certs < 1)
		return;
	certificate = json_object_new();
	for (struct curl_slist *line = info->certinfo[0]; line; line = line->next)
		take_field(certificate, line->data);
	set_days(certificate);
	json_object_set_object_member(report, "certificate", certificate);
}

void certificate_fetch(JsonObject *report, const struct setup *setup)
{
	struct connection connection = { 0 };
	struct setup bare = *setup;
	CURLM *multi = curl_multi_init();
	int running = 1;

	/* no secret to a server that nobody has vouched for */
	bare.login = NULL;
	bare.source = NULL;
	bare.pin = NULL;
	connection.host = setup_server(setup, 0, &connection.port);
	connection_init(&connection, &bare, NULL, (long)setup->timeout * 1000);
	if (connection.easy) {
		curl_easy_setopt(connection.easy, CURLOPT_CERTINFO, 1L);
		curl_easy_setopt(connection.easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(connection.easy, CURLOPT_SSL_VERIFYHOST, 0L);
		curl_easy_setopt(connection.easy, CURLOPT_SSL_CTX_FUNCTION, NULL);
		curl_multi_add_handle(multi, connection.easy);
		while (running && curl_multi_perform(multi, &running) == CURLM_OK && running)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
		certificate_report(report, connection.easy);
		connection_close(&connection, multi);
	}
	curl_multi_cleanup(multi);
}
