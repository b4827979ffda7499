// SPDX-License-Identifier: GPL-2.0-or-later
/* From the kernel module up to the service: what is there, what is not, and what to do. */

#include <gio/gio.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bus.h"
#include "command.h"
#include "output.h"
#include "premises.h"
#include "slots.h"

#define UNIT_PATH      "/org/freedesktop/systemd1/unit/ecemaild_2eservice"
#define PRIVATE_SOCKET "unix:path=/run/systemd/private"
#define CALL_MS	       2000

const char *premises_modules = "/lib/modules";
const char *premises_cgroup = "/sys/fs/cgroup/system.slice/ecemaild.service";

/* Findings */

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "ok", "wrong", "unknown" };

	return names[verdict];
}

JsonObject *finding_new(const char *check, enum verdict verdict, const char *remedy,
			const char *format, ...)
{
	JsonObject *finding = json_object_new();
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	json_object_set_string_member(finding, "check", check);
	json_object_set_string_member(finding, "verdict", verdict_name(verdict));
	json_object_set_string_member(finding, "text", text);
	if (remedy && verdict != VERDICT_OK)
		json_object_set_string_member(finding, "remedy", remedy);
	return finding;
}

enum verdict finding_verdict(JsonObject *finding)
{
	const char *name = json_object_get_string_member(finding, "verdict");

	return !strcmp(name, "ok") ? VERDICT_OK : !strcmp(name, "wrong") ? VERDICT_WRONG :
									   VERDICT_UNKNOWN;
}

void finding_print(JsonObject *finding)
{
	static const struct {
		const char *mark;
		enum output_colour colour;
	} marks[] = {
		[VERDICT_OK] = { "ok", OUTPUT_GOOD },
		[VERDICT_WRONG] = { "WRONG", OUTPUT_BAD },
		[VERDICT_UNKNOWN] = { "?", OUTPUT_DOUBTFUL },
	};
	enum verdict verdict = finding_verdict(finding);
	g_autofree char *text = g_strdup_printf("%s: %s",
						json_object_get_string_member(finding, "check"),
						json_object_get_string_member(finding, "text"));

	printf("%s%-5s%s  ", output_colour(marks[verdict].colour), marks[verdict].mark,
	       output_plain());
	output_continued(7, text);
	if (json_object_has_member(finding, "remedy")) {
		g_autofree char *remedy = g_strconcat(
			"-> ", json_object_get_string_member(finding, "remedy"), NULL);

		fputs("       ", stdout);
		output_continued(10, remedy);
	}
}

int findings_status(JsonArray *findings)
{
	int status = EXIT_OK;

	for (guint i = 0; i < json_array_get_length(findings); i++) {
		enum verdict verdict =
			finding_verdict(json_array_get_object_element(findings, i));

		if (verdict == VERDICT_WRONG)
			return EXIT_WRONG;
		if (verdict == VERDICT_UNKNOWN)
			status = EXIT_UNKNOWN;
	}
	return status;
}

/* Driver */

/* depmod lists every module of the kernel, with its path. */
static gboolean is_built(const char *release)
{
	g_autofree char *path = g_build_filename(premises_modules, release, "modules.dep", NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	return strstr(text, "/ecom.ko") || g_str_has_prefix(text, "ecom.ko");
}

JsonObject *premises_driver(void)
{
	g_autofree char *folder = g_build_filename(slots_sysfs, "module/ecom", NULL);
	g_autofree char *file = g_build_filename(folder, "version", NULL), *version = NULL;
	JsonObject *driver = json_object_new();
	struct utsname kernel;

	uname(&kernel);
	json_object_set_string_member(driver, "kernel", kernel.release);
	json_object_set_boolean_member(driver, "built", is_built(kernel.release));
	json_object_set_boolean_member(driver, "loaded", !access(folder, F_OK));
	if (g_file_get_contents(file, &version, NULL, NULL))
		json_object_set_string_member(driver, "version", g_strchomp(version));
	return driver;
}

static JsonObject *check_driver(void)
{
	g_autoptr(JsonObject) driver = premises_driver();
	const char *release = json_object_get_string_member(driver, "kernel");

	if (json_object_get_boolean_member(driver, "loaded"))
		return finding_new("driver", VERDICT_OK, NULL, "ecom %s is loaded, kernel %s",
				   json_object_get_string_member_with_default(driver, "version", "?"),
				   release);
	if (json_object_get_boolean_member(driver, "built"))
		return finding_new("driver", VERDICT_WRONG,
				   "modprobe ecom; it is loaded by itself when the PC starts with "
				   "a card in it",
				   "ecom is there for kernel %s, but not loaded", release);
	return finding_new("driver", VERDICT_WRONG,
			   "install the headers of this kernel and build the driver for it, or boot "
			   "a kernel that it is there for",
			   "ecom was not built for the running kernel %s", release);
}

/* Cards and slots */

static JsonObject *check_card(const char *place)
{
	g_autoptr(JsonObject) card = slots_describe_card(place);
	const char *trouble = json_object_get_string_member_with_default(card, "trouble", "unknown");

	if (!strcmp(trouble, "none"))
		return finding_new("card", VERDICT_OK, NULL, "%s, serial %s, firmware %s, is served",
				   place,
				   json_object_get_string_member_with_default(card, "serial", "?"),
				   json_object_get_string_member_with_default(card, "firmware",
									      "?"));
	return finding_new("card", VERDICT_WRONG,
			   "is the PLC's base powered? Then look at the cable to it, and at "
			   "journalctl -k -g ecom",
			   "%s is there, but not served: %s", place, trouble);
}

static void check_cards(JsonArray *findings)
{
	g_autoptr(GPtrArray) cards = slots_cards();

	if (!cards->len)
		json_array_add_object_element(
			findings,
			finding_new("card", VERDICT_WRONG,
				    "is the card in the PC? lspci lists what there is. A card that "
				    "the driver does not know by itself is given to it by "
				    "driver_override: see README",
				    "the driver has no card"));
	for (guint i = 0; i < cards->len; i++)
		json_array_add_object_element(findings, check_card(cards->pdata[i]));
}

static JsonObject *check_slot(const struct slot *slot)
{
	g_autoptr(JsonObject) object = slots_describe(slot);

	if (!json_object_get_boolean_member(object, "dip7"))
		return finding_new("slot", VERDICT_WRONG,
				   "switch it on, then power the PLC's base off and on: switches count at "
				   "power-up only",
				   "%s: DIP switch 7 was off at power-up", slot->name);
	if (!json_object_get_int_member_with_default(object, "serving", 0))
		return finding_new("slot", VERDICT_WRONG, "as for the card",
				   "%s: its mailboxes are not served", slot->name);
	if (!json_object_get_int_member_with_default(object, "attached", 0))
		return finding_new("slot", VERDICT_WRONG,
				   "as for the service; requests wait, and end with 10 at their "
				   "deadline",
				   "%s: no daemon serves it", slot->name);
	return finding_new("slot", VERDICT_OK, NULL, "%s: %s, served by the daemon", slot->name,
			   json_object_get_string_member_with_default(object, "module", "?"));
}

static void check_slots(const char *only, JsonArray *findings)
{
	g_autoptr(GPtrArray) slots = slots_list();

	for (guint i = 0; i < slots->len; i++) {
		const struct slot *slot = slots->pdata[i];

		if (!only || !strcmp(slot->name, only))
			json_array_add_object_element(findings, check_slot(slot));
	}
}

/* Service */

static GDBusConnection *systemd_private(void)
{
	return g_dbus_connection_new_for_address_sync(
		PRIVATE_SOCKET, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, NULL);
}

/* By the bus, or as root by systemd's own socket, which has no names. */
static gboolean unit_properties(GDBusConnection *connection, const char *name,
				const char *interface, JsonObject *service)
{
	static const char *const wanted[][2] = {
		{ "LoadState", "load" },
		{ "ActiveState", "state" },
		{ "SubState", "substate" },
		{ "StatusText", "text" },
		{ "Result", "result" },
		{ "MainPID", "pid" },
		{ "NRestarts", "restarts" },
		{ "ExecMainStatus", "exit_status" },
	};
	g_autoptr(GVariant) reply = NULL, values = NULL;

	reply = g_dbus_connection_call_sync(connection, name, UNIT_PATH,
					    "org.freedesktop.DBus.Properties", "GetAll",
					    g_variant_new("(s)", interface),
					    G_VARIANT_TYPE("(a{sv})"), G_DBUS_CALL_FLAGS_NONE,
					    CALL_MS, NULL, NULL);
	if (!reply)
		return FALSE;
	values = g_variant_get_child_value(reply, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		g_autoptr(GVariant) value = g_variant_lookup_value(values, wanted[i][0], NULL);

		if (value)
			json_object_set_member(service, wanted[i][1],
					       json_gvariant_serialize(value));
	}
	return TRUE;
}

static gboolean ask_systemd(GDBusConnection *connection, const char *name, JsonObject *service)
{
	return connection &&
	       unit_properties(connection, name, "org.freedesktop.systemd1.Unit", service) &&
	       unit_properties(connection, name, "org.freedesktop.systemd1.Service", service);
}

static void ask_cgroup(JsonObject *service)
{
	g_autofree char *path = g_build_filename(premises_cgroup, "cgroup.procs", NULL);
	g_autofree char *text = NULL;
	gboolean there = g_file_get_contents(path, &text, NULL, NULL) && *text;

	json_object_set_string_member(service, "state", there ? "active" : "inactive");
	json_object_set_string_member(service, "asked", "control group");
	if (there)
		json_object_set_int_member(service, "pid", g_ascii_strtoll(text, NULL, 10));
}

JsonObject *premises_service(void)
{
	JsonObject *service = json_object_new();
	g_autofree char *problem = NULL;
	GDBusConnection *bus = bus_system(&problem);
	g_autoptr(GDBusConnection) private = NULL;

	if (problem)
		json_object_set_string_member(service, "bus_problem", problem);
	if (ask_systemd(bus, "org.freedesktop.systemd1", service))
		return service;
	private = geteuid() ? NULL : systemd_private();
	if (!ask_systemd(private, NULL, service))
		ask_cgroup(service);
	return service;
}

static JsonObject *service_failed(JsonObject *service)
{
	return finding_new("service", VERDICT_WRONG,
			   "journalctl -u ecemaild -n 20 says why; then systemctl restart ecemaild",
			   "ecemaild has failed (%s, exit status %d, started again %d times)",
			   json_object_get_string_member_with_default(service, "result", "?"),
			   (int)json_object_get_int_member_with_default(service, "exit_status", 0),
			   (int)json_object_get_int_member_with_default(service, "restarts", 0));
}

static JsonObject *check_service(JsonObject *service)
{
	const char *load = json_object_get_string_member_with_default(service, "load", "loaded");
	const char *state = json_object_get_string_member_with_default(service, "state", "unknown");
	const char *substate = json_object_get_string_member_with_default(service, "substate", "");
	const char *text = json_object_get_string_member_with_default(service, "text", "");

	if (!strcmp(load, "not-found"))
		return finding_new("service", VERDICT_WRONG, "install the package of ecemail",
				   "ecemaild is not installed");
	if (!strcmp(load, "masked"))
		return finding_new("service", VERDICT_WRONG,
				   "systemctl unmask ecemaild; systemctl start ecemaild",
				   "ecemaild is masked: somebody has forbidden its start");
	if (!strcmp(substate, "auto-restart") || !strcmp(state, "failed"))
		return service_failed(service);
	if (!strcmp(state, "active") || !strcmp(state, "reloading"))
		return finding_new("service", VERDICT_OK, NULL, "ecemaild runs%s%s",
				   *text ? ": " : "", text);
	return finding_new("service", VERDICT_WRONG,
			   "systemctl start ecemaild; it is started by itself when a slot appears",
			   "ecemaild is %s", !strcmp(state, "inactive") ? "stopped" : state);
}

static JsonObject *check_bus(JsonObject *service)
{
	g_autoptr(JsonObject) manager = NULL;
	const char *problem = json_object_get_string_member_with_default(service, "bus_problem",
									 NULL);

	if (problem)
		return finding_new("bus", VERDICT_WRONG,
				   "systemctl start dbus. Mail goes out without it, but setup, test "
				   "and trace do not work",
				   "the system bus does not answer: %s", problem);
	manager = bus_properties(NULL);
	if (!manager)
		return finding_new("bus", VERDICT_UNKNOWN,
				   "as for the service, if it does not run; else wait some seconds: it "
				   "looks for the bus again and again",
				   "ecemaild is not on the bus");
	return finding_new("bus", VERDICT_OK, NULL, "ecemaild %s answers",
			   json_object_get_string_member_with_default(manager, "Version", ""));
}

JsonArray *premises_check(const char *only)
{
	JsonArray *findings = json_array_new();
	JsonObject *driver = check_driver();
	g_autoptr(JsonObject) service = premises_service();

	json_array_add_object_element(findings, driver);
	if (finding_verdict(driver) == VERDICT_OK) {
		check_cards(findings);
		check_slots(only, findings);
	}
	json_array_add_object_element(findings, check_service(service));
	json_array_add_object_element(findings, check_bus(service));
	return findings;
}

/* Rights */

static gboolean is_member(gid_t wanted)
{
	int n = getgroups(0, NULL);
	g_autofree gid_t *groups = g_new0(gid_t, MAX(n, 1));

	n = getgroups(n, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == wanted)
			return TRUE;
	return getegid() == wanted;
}

JsonObject *premises_rights(void)
{
	const struct group *group = getgrnam("ecemail");
	const struct passwd *user = getpwuid(geteuid());
	const char *name = user ? user->pw_name : "?";

	if (!geteuid() || (group && is_member(group->gr_gid)))
		return finding_new("rights", VERDICT_OK, NULL, "user %s may see and do everything",
				   name);
	return finding_new("rights", VERDICT_UNKNOWN,
			   "sudo ecemailctl …, or adduser NAME ecemail and log in again",
			   "user %s is not in group ecemail: setup, requests, last mails and trace "
			   "are not for them to see",
			   name);
}
