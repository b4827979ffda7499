// SPDX-License-Identifier: GPL-2.0-or-later
/* The fields of the e-mail setup, each with its check. */

#include <arpa/inet.h>
#include <linux/ecom.h>
#include <linux/ecom_slave89.h>
#include <net/if.h>
#include <string.h>

#include "address.h"
#include "setup.h"
#include "status.h"
#include "text.h"

#define SMTP_PORT	25
#define SMTPS_PORT	465
#define SMTPS_PORT_TEXT "465"

/* A chattering contact must not get the site's account blocked. */
#define RATE_COUNT_DEFAULT   100
#define RATE_SECONDS_DEFAULT 3600
#define RATE_COUNT_MAX	     10000

#define NAME_MAX_LENGTH 32
#define TEXT_MAX_LENGTH 4000

/* A setter returns NULL or what is wrong (to be freed). */
struct field {
	const char *name;
	char *(*set)(struct setup *setup, const char *value);
	unsigned int detail;
	const char *allowed;
	const char *standard;
	unsigned int flags;
};

#define REQUIRED  1
#define SITE_ONLY 2

/* Fields of which there may be any number: Group.maint */
struct named_field {
	const char *prefix;
	char *(*set)(struct setup *setup, const char *name, const char *value);
	const char *allowed;
};

static char *parse_number(const char *value, unsigned int max, unsigned int *number)
{
	guint64 n;

	if (!g_ascii_string_to_unsigned(value, 10, 1, max, &n, NULL))
		return g_strdup("not such a number");
	*number = (unsigned int)n;
	return NULL;
}

static bool is_host_name(const char *name)
{
	if (!*name || strlen(name) > DOMAIN_MAX || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!g_ascii_isalnum(*name) && !strchr("-._", *name))
			return false;
	return true;
}

static bool is_address(int family, const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(family, text, bytes) == 1;
}

/* Digits and dots only is meant to be an IP address, so 192.168.0.300 is no name. */
static bool is_server(const char *host)
{
	if (strspn(host, "0123456789.") == strlen(host))
		return is_address(AF_INET, host);
	return is_host_name(host) || is_address(AF_INET6, host);
}

/* "host", "host:port", "1:2::3" or "[1:2::3]:port" */
static void split_port(const char *value, char **host, const char **port)
{
	const char *colon = strrchr(value, ':');
	const char *bracket = strchr(value, ']');

	*port = NULL;
	if (*value == '[' && bracket && (!bracket[1] || bracket[1] == ':')) {
		*host = g_strndup(value + 1, (gsize)(bracket - value - 1));
		if (bracket[1])
			*port = bracket + 2;
	} else if (colon && strchr(value, ':') == colon) {
		*host = g_strndup(value, (gsize)(colon - value));
		*port = colon + 1;
	} else {
		*host = g_strdup(value);
	}
}

static void server_free(gpointer data)
{
	struct server *server = data;

	g_free(server->host);
	g_free(server);
}

static char *parse_server(const char *value, struct server *server)
{
	const char *port;

	split_port(value, &server->host, &port);
	if (!is_server(server->host))
		return g_strdup("neither a host name nor an IP address");
	return port ? parse_number(port, 65535, &server->port) : NULL;
}

/* The first of them is the one that all else is said of. */
static char *set_server(struct setup *setup, const char *value)
{
	g_auto(GStrv) list = g_strsplit(value, ",", -1);
	unsigned int port = setup->port;
	char *problem = NULL;

	g_clear_pointer(&setup->server, g_free);
	g_ptr_array_set_size(setup->others, 0);
	if (!*value || !strcmp(value, "0.0.0.0")) /* the seed's uninitialised setup */
		return NULL;
	for (char **entry = list; *entry && !problem; entry++) {
		struct server *server = g_new0(struct server, 1);

		server->port = port;
		g_ptr_array_add(setup->others, server);
		problem = parse_server(g_strstrip(*entry), server);
	}
	if (!problem) {
		struct server *first = setup->others->pdata[0];

		setup->server = g_strdup(first->host);
		setup->port = first->port;
		g_ptr_array_remove_index(setup->others, 0);
	}
	return problem;
}

/* Empty entries would allow nothing, so they are mistakes. */
static char *set_allowed(struct setup *setup, const char *value)
{
	g_clear_pointer(&setup->allowed, g_strfreev);
	if (!*value)
		return NULL;
	setup->allowed = g_strsplit(value, ",", -1);
	for (char **domain = setup->allowed; *domain; domain++)
		if (!is_host_name(g_strstrip(*domain)))
			return g_strdup("not a domain");
	return NULL;
}

bool setup_allows(const struct setup *setup, const char *address)
{
	const char *domain = strchr(address, '@') + 1;

	for (char **allowed = setup->allowed; allowed && *allowed; allowed++)
		if (!g_ascii_strcasecmp(*allowed, domain))
			return true;
	return !setup->allowed;
}

static char *set_yes_or_no(bool *setting, const char *value)
{
	*setting = !strcmp(value, "yes");
	return *setting || !strcmp(value, "no") ? NULL : g_strdup("not such a mode");
}

static char *set_all_or_nothing(struct setup *setup, const char *value)
{
	return set_yes_or_no(&setup->all_or_nothing, value);
}

static char *set_resend(struct setup *setup, const char *value)
{
	return set_yes_or_no(&setup->resend, value);
}

static char *set_retry(struct setup *setup, const char *value)
{
	setup->retry = !strcmp(value, "transient");
	return setup->retry || !strcmp(value, "no") ? NULL : g_strdup("not such a mode");
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return true;
	return false;
}

static char *set_sender_name(struct setup *setup, const char *value)
{
	g_clear_pointer(&setup->sender_name, g_free);
	if (!g_utf8_validate(value, -1, NULL))
		return g_strdup("not UTF-8");
	if (has_control(value) || g_utf8_strlen(value, -1) > 64)
		return g_strdup("a control character, or too long");
	if (*value)
		setup->sender_name = g_strdup(value);
	return NULL;
}

static char *set_sender_address(struct setup *setup, const char *value)
{
	const char *problem = *value ? address_check(value) : NULL;

	g_clear_pointer(&setup->sender_address, g_free);
	if (problem)
		return g_strdup(problem);
	if (*value)
		setup->sender_address = g_strdup(value);
	return NULL;
}

static char *set_list(GPtrArray **field, const char *value)
{
	char *problem = NULL;
	GPtrArray *list = address_list_parse(value, strlen(value), &problem);

	if (!list)
		return problem;
	g_ptr_array_unref(*field);
	*field = list;
	return NULL;
}

static char *set_reply_to(struct setup *setup, const char *value)
{
	return set_list(&setup->reply_to, value);
}

static char *set_cc(struct setup *setup, const char *value)
{
	return set_list(&setup->cc, value);
}

/* Returns which of the names it is, -1: none of them. */
static int find_name(const char *const *names, int n, const char *value)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(value, names[i]))
			return i;
	return -1;
}

static char *set_importance(struct setup *setup, const char *value)
{
	static const char *const names[] = {
		[IMPORTANCE_LOW] = "low",
		[IMPORTANCE_NORMAL] = "normal",
		[IMPORTANCE_HIGH] = "high",
	};
	int importance = find_name(names, G_N_ELEMENTS(names), value);

	if (importance < 0)
		return g_strdup("not such an importance");
	setup->importance = (enum importance)importance;
	return NULL;
}

static char *set_character_set(struct setup *setup, const char *value)
{
	if (!*value)
		value = CHARACTER_SET_DEFAULT;
	if (!character_set_check(value))
		return g_strdup("unknown, or without ASCII");
	g_free(setup->character_set);
	setup->character_set = g_strdup(value);
	return NULL;
}

/* "100/hour" */
static char *set_rate_limit(struct setup *setup, const char *value)
{
	static const char *const names[] = { "second", "minute", "hour", "day" };
	static const unsigned int seconds[] = { 1, 60, 3600, 86400 };
	g_auto(GStrv) parts = g_strsplit(value, "/", 2);
	int period = g_strv_length(parts) == 2 ?
			     find_name(names, G_N_ELEMENTS(names), parts[1]) :
			     -1;

	setup->rate_limit.count = 0;
	if (!strcmp(value, "no"))
		return NULL;
	if (period < 0)
		return g_strdup("not such a limit");
	setup->rate_limit.seconds = seconds[period];
	return parse_number(parts[0], RATE_COUNT_MAX, &setup->rate_limit.count);
}

static char *set_port(struct setup *setup, const char *value)
{
	return parse_number(value, 65535, &setup->port);
}

static char *set_timeout(struct setup *setup, const char *value)
{
	return parse_number(value, ECOM_TIMEOUT_MAX, &setup->timeout);
}

static char *set_helo_name(struct setup *setup, const char *value)
{
	size_t length = strlen(value);

	g_clear_pointer(&setup->helo_name, g_free);
	if (!length)
		return NULL;
	if (!is_host_name(value) && !(length > 2 && value[0] == '[' && value[length - 1] == ']' &&
				      strspn(value + 1, "0123456789abcdefABCDEF.:IPv") == length - 2))
		return g_strdup("neither a host name nor an address literal");
	setup->helo_name = g_strdup(value);
	return NULL;
}

static char *set_tls(struct setup *setup, const char *value)
{
	static const char *const names[] = {
		[TLS_NONE] = "none",
		[TLS_STARTTLS] = "starttls",
		[TLS_IMPLICIT] = "implicit",
	};

	int mode = find_name(names, G_N_ELEMENTS(names), value);

	if (mode < 0)
		return g_strdup("not such a mode");
	setup->tls = (enum tls_mode)mode;
	setup->port = mode == TLS_IMPLICIT ? SMTPS_PORT : SMTP_PORT;
	return NULL;
}

static void replace(char **field, const char *value)
{
	g_free(*field);
	*field = *value ? g_strdup(value) : NULL;
}

static char *set_ca_file(struct setup *setup, const char *value)
{
	replace(&setup->ca_file, value);
	return !*value || *value == '/' ? NULL : g_strdup("not an absolute path");
}

/* "sha256//" and 44 characters of base64, maybe more than one of it */
static bool is_pin(const char *pin)
{
	const char *hash = g_str_has_prefix(pin, "sha256//") ? pin + 8 : "";

	return strlen(hash) == 44 && hash[43] == '=' &&
	       strspn(hash, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 43;
}

static char *set_pin(struct setup *setup, const char *value)
{
	g_auto(GStrv) pins = g_strsplit(value, ";", -1);

	replace(&setup->pin, value);
	for (char **pin = pins; *pin; pin++)
		if (!is_pin(*pin))
			return g_strdup("not a SHA-256 of a public key");
	return NULL;
}

static char *set_login(struct setup *setup, const char *value)
{
	replace(&setup->login, value);
	return strpbrk(value, "[]") ? g_strdup("not the name of a section") : NULL;
}

static char *set_source_interface(struct setup *setup, const char *value)
{
	replace(&setup->source_interface, value);
	if (!*value || is_address(AF_INET, value) || is_address(AF_INET6, value))
		return NULL;
	if (strlen(value) >= IF_NAMESIZE || has_control(value) || strpbrk(value, "/! :"))
		return g_strdup("neither a network interface nor an address");
	return NULL;
}

static char *set_short_text(char **field, const char *value, size_t max)
{
	replace(field, value);
	if (!g_utf8_validate(value, -1, NULL))
		return g_strdup("not UTF-8");
	return has_control(value) || strlen(value) > max ?
		       g_strdup("a control character, or too long") :
		       NULL;
}

static char *set_module_name(struct setup *setup, const char *value)
{
	return set_short_text(&setup->module_name, value, INFO_NAME_SIZE);
}

static char *set_module_description(struct setup *setup, const char *value)
{
	return set_short_text(&setup->module_description, value, INFO_DESCRIPTION_SIZE);
}

/* An empty group or text does not exist, whatever the site has. */
static char *set_group(struct setup *setup, const char *name, const char *value)
{
	char *problem = NULL;
	GPtrArray *group = address_list_parse(value, strlen(value), &problem);

	if (group && group->len)
		g_hash_table_insert(setup->groups, g_strdup(name), group);
	else if (group)
		g_ptr_array_unref(group);
	return problem;
}

static char *set_text(struct setup *setup, const char *name, const char *value)
{
	if (!g_utf8_validate(value, -1, NULL))
		return g_strdup("not UTF-8");
	if (has_control(value) || strlen(value) > TEXT_MAX_LENGTH)
		return g_strdup("a control character, or too long");
	if (*value)
		g_hash_table_insert(setup->texts, g_strdup(name), g_strdup(value));
	return NULL;
}

/* TLS has a port of its own; before Port, and that before Server, whose own port wins. */
static const struct field fields[] = {
	{ "TLS", set_tls, DETAIL_BAD_FIELD, "none, starttls, implicit", "none", 0 },
	{ "Port", set_port, DETAIL_BAD_FIELD, "1 to 65535", "25", 0 },
	{ "Server", set_server, DETAIL_BAD_FIELD,
	  "an IP address or a host name in ASCII, with :port if it is not Port=", "", REQUIRED },
	{ "AllowedDomains", set_allowed, DETAIL_BAD_FIELD, "acme.com, hosteng.com, ...", "", SITE_ONLY },
	{ "AllOrNothing", set_all_or_nothing, DETAIL_BAD_FIELD, "no, yes", "no", 0 },
	{ "Retry", set_retry, DETAIL_BAD_FIELD, "no, transient", "no", 0 },
	{ "Resend", set_resend, DETAIL_BAD_FIELD, "no, yes", "no", 0 },
	{ "SenderName", set_sender_name, DETAIL_BAD_FIELD, "up to 64 characters of UTF-8", "", 0 },
	{ "SenderAddress", set_sender_address, DETAIL_BAD_SENDER, "name@domain", "", REQUIRED },
	{ "ReplyTo", set_reply_to, DETAIL_BAD_FIELD, "name@domain, name@domain, ...", "", 0 },
	{ "Cc", set_cc, DETAIL_BAD_CC, "name@domain, name@domain, ...", "", 0 },
	{ "Importance", set_importance, DETAIL_BAD_FIELD, "low, normal, high", "normal", 0 },
	{ "CharacterSet", set_character_set, DETAIL_BAD_FIELD,
	  "a name that iconv -l shows, such as windows-1252, ISO-8859-15, CP437",
	  CHARACTER_SET_DEFAULT, 0 },
	{ "RateLimit", set_rate_limit, DETAIL_BAD_FIELD,
	  "no, or 1 to 10000 mails in a time: N/second, N/minute, N/hour, N/day", "100/hour",
	  SITE_ONLY },
	{ "Timeout", set_timeout, DETAIL_BAD_FIELD, "1 to 65535 seconds", "60", 0 },
	{ "HeloName", set_helo_name, DETAIL_BAD_FIELD, "a full host name, or [address]", "", 0 },
	{ "CAFile", set_ca_file, DETAIL_BAD_FIELD, "a file with certificates in PEM format", "", SITE_ONLY },
	{ "Pin", set_pin, DETAIL_BAD_FIELD,
	  "sha256//BASE64 of the server's public key; several separated by ;", "", SITE_ONLY },
	{ "Login", set_login, DETAIL_BAD_FIELD, "the name of a section of credentials.conf", "", 0 },
	{ "SourceInterface", set_source_interface, DETAIL_BAD_FIELD,
	  "a network interface as ip link shows it, or an address of this machine", "", 0 },
	{ "ModuleName", set_module_name, DETAIL_BAD_FIELD, "up to 32 bytes of UTF-8", "", 0 },
	{ "ModuleDescription", set_module_description, DETAIL_BAD_FIELD,
	  "up to 64 bytes of UTF-8", "", 0 },
};

static const struct named_field named_fields[] = {
	{ "Group.", set_group, "name@domain, name@domain, ..." },
	{ "Text.", set_text, "up to 4000 bytes of UTF-8; \\n is a line end, {1} the first word put in" },
};

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

bool setup_is_name(const char *name, size_t length)
{
	if (!length || length > NAME_MAX_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(name[i]) && name[i] != '-' && name[i] != '_')
			return false;
	return true;
}

static const struct named_field *find_named_field(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(named_fields); i++) {
		size_t length = strlen(named_fields[i].prefix);

		if (!strncmp(name, named_fields[i].prefix, length) &&
		    setup_is_name(name + length, strlen(name + length)))
			return &named_fields[i];
	}
	return NULL;
}

const char *setup_field(size_t index)
{
	return index < G_N_ELEMENTS(fields) ? fields[index].name : NULL;
}

bool setup_has_field(const char *name)
{
	return find_field(name) || find_named_field(name);
}

bool setup_is_named_field(const char *name)
{
	return find_named_field(name) != NULL;
}

bool setup_describe_field(const char *name, struct setup_field *description)
{
	const struct named_field *named = find_named_field(name);
	const struct field *field = find_field(name);

	*description = (struct setup_field){ .name = name, .standard = "" };
	if (named)
		description->allowed = named->allowed;
	if (!field)
		return named != NULL;
	description->allowed = field->allowed;
	description->standard = field->standard;
	description->required = field->flags & REQUIRED;
	description->site_only = field->flags & SITE_ONLY;
	return true;
}

const char *setup_standard(const char *name, const char *tls)
{
	const struct field *field = find_field(name);

	if (field && field->set == set_port && tls && !strcmp(tls, "implicit"))
		return SMTPS_PORT_TEXT;
	return field ? field->standard : "";
}

/* The first problem is the one that a ladder program gets to see. */
static void setup_invalidate(struct setup *setup, unsigned int detail, const char *problem)
{
	if (setup->problem)
		return;
	setup->detail = detail;
	setup->problem = g_strdup(problem);
}

char *setup_set(struct setup *setup, const char *name, const char *value)
{
	const struct named_field *named = find_named_field(name);
	const struct field *field = find_field(name);
	g_autofree char *why = named ? named->set(setup, name + strlen(named->prefix), value) :
				       field->set(setup, value);
	char *problem;

	if (!why)
		return NULL;
	problem = g_strdup_printf("%s=%s: %s; allowed: %s", name, value, why,
				  named ? named->allowed : field->allowed);
	setup_invalidate(setup, named ? DETAIL_BAD_FIELD : field->detail, problem);
	return problem;
}

void setup_finish(struct setup *setup)
{
	if (!setup->server)
		setup_invalidate(setup, DETAIL_NO_SERVER, "Server -- undefined --");
	if (!setup->sender_address)
		setup_invalidate(setup, DETAIL_NO_SENDER, "SenderAddress -- undefined --");
	if ((setup->login || setup->source) && setup->tls == TLS_NONE)
		setup_invalidate(setup, DETAIL_BAD_FIELD,
				 "Login= is never used without TLS; set TLS=starttls or implicit");
}

struct setup *setup_new(void)
{
	struct setup *setup = g_rc_box_new0(struct setup);

	setup->port = SMTP_PORT;
	setup->timeout = REQUEST_TIMEOUT_DEFAULT;
	setup->importance = IMPORTANCE_NORMAL;
	setup->character_set = g_strdup(CHARACTER_SET_DEFAULT);
	setup->rate_limit = (struct rate_limit){ RATE_COUNT_DEFAULT, RATE_SECONDS_DEFAULT };
	setup->others = g_ptr_array_new_with_free_func(server_free);
	setup->reply_to = g_ptr_array_new_with_free_func(g_free);
	setup->cc = g_ptr_array_new_with_free_func(g_free);
	setup->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      (GDestroyNotify)g_ptr_array_unref);
	setup->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return setup;
}

const char *setup_server(const struct setup *setup, unsigned int index, unsigned int *port)
{
	const struct server *other;

	if (index > setup->others->len)
		return NULL;
	if (!index) {
		*port = setup->port;
		return setup->server;
	}
	other = setup->others->pdata[index - 1];
	*port = other->port;
	return other->host;
}

bool setup_leads_to(const struct setup *setup, unsigned int index, const char *host,
		    unsigned int port)
{
	unsigned int own_port;
	const char *own = setup_server(setup, index, &own_port);

	return own && host && own_port == port &&
	       (own == host || !g_ascii_strcasecmp(own, host));
}

struct setup *setup_ref(struct setup *setup)
{
	return g_rc_box_acquire(setup);
}

static void setup_clear(gpointer data)
{
	struct setup *setup = data;

	g_free(setup->server);
	g_free(setup->sender_name);
	g_free(setup->sender_address);
	g_free(setup->helo_name);
	g_strfreev(setup->allowed);
	g_free(setup->ca_file);
	g_free(setup->pin);
	g_free(setup->login);
	g_free(setup->credentials_file);
	g_free(setup->source_interface);
	g_free(setup->character_set);
	g_free(setup->problem);
	g_ptr_array_unref(setup->reply_to);
	g_ptr_array_unref(setup->cc);
	g_ptr_array_unref(setup->others);
	g_free(setup->module_name);
	g_free(setup->module_description);
	g_hash_table_unref(setup->groups);
	g_hash_table_unref(setup->texts);
}

void setup_unref(struct setup *setup)
{
	if (setup)
		g_rc_box_release_full(setup, setup_clear);
}
