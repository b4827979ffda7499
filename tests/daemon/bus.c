// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon on a bus of the test's own, asked by a client on the same event
 * loop. Who may call what by the bus's policy is for the system tests; here
 * everybody is the same user.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <systemd/sd-bus.h>

#include "daemon/journal.h"
#include "daemon/bus-object.h"
#include "device-fake.h"
#include "loop.h"
#include "server.h"

#define SLOT_PATH BUS_PATH "/card/0/slot/1"
#define PLACE	  "pci-0000:05:00.0-slot1"

/* A byte that is no character, a character that is none, one that json-glib forgets */
#define STRANGE	      "\xf6|\xef\xbf\xbe|\x1f"
#define STRANGE_SHOWN "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd"

struct bench {
	char *directory;
	pid_t bus;
	sd_event *event;
	struct server *server;
	struct backplane *backplane;
	struct device_fake *fake;
	sd_bus *client;
	unsigned int changes; /* PropertiesChanged of the slot */
	GString *trace;
};

static char *in_directory(const struct bench *bench, const char *name)
{
	return g_build_filename(bench->directory, name, NULL);
}

static bool listens(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected;

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	connected = !connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return connected;
}

static void start_bus(struct bench *bench)
{
	g_autofree char *socket = in_directory(bench, "bus");
	g_autofree char *address = g_strconcat("--address=unix:path=", socket, NULL);

	unlink(socket);
	bench->bus = fork();
	if (!bench->bus) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
		dup2(STDOUT_FILENO, STDERR_FILENO);
		execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile", address,
		       NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && !listens(socket); i++)
		g_usleep(5000);
	assert_true(listens(socket));
}

static void stop_bus(struct bench *bench)
{
	kill(bench->bus, SIGTERM);
	waitpid(bench->bus, NULL, 0);
}

/* Runs the loop until *@flag, or fails. */
static void run_until(struct bench *bench, const bool *flag)
{
	for (int i = 0; i < 2000 && !*flag; i++)
		loop_run(bench->event, flag, 5);
	assert_true(*flag);
}

struct answer {
	bool there;
	sd_bus_message *message;
};

static int answered(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct answer *answer = userdata;

	(void)error;
	answer->there = true;
	answer->message = sd_bus_message_ref(message);
	return 0;
}

static sd_bus_message *wait_answer(struct bench *bench, struct answer *answer)
{
	run_until(bench, &answer->there);
	return answer->message;
}

/* The answer, an error too; to be unreferenced. */
static sd_bus_message *call(struct bench *bench, const char *path, const char *interface,
			    const char *member, const char *types, ...)
{
	struct answer answer = { 0 };
	va_list arguments;

	va_start(arguments, types);
	assert_true(sd_bus_call_method_asyncv(bench->client, NULL, BUS_NAME, path, interface,
					      member, answered, &answer, types, arguments) >= 0);
	va_end(arguments);
	return wait_answer(bench, &answer);
}

#define CALL_SLOT(...)	  call(bench, SLOT_PATH, SLOT_INTERFACE, __VA_ARGS__)
#define CALL_MANAGER(...) call(bench, BUS_PATH, MANAGER_INTERFACE, __VA_ARGS__)

static void expect_ok(sd_bus_message *answer)
{
	const sd_bus_error *error = sd_bus_message_get_error(answer);

	if (error)
		print_message("%s: %s\n", error->name, error->message);
	assert_null(error);
	sd_bus_message_unref(answer);
}

static void expect_error(sd_bus_message *answer, const char *name, const char *words)
{
	const sd_bus_error *error = sd_bus_message_get_error(answer);

	assert_non_null(error);
	assert_string_equal(error->name, name);
	assert_non_null(strstr(error->message, words));
	sd_bus_message_unref(answer);
}

static int slot_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bench *bench = userdata;

	(void)error;
	bench->changes += !strcmp(sd_bus_message_get_path(message), SLOT_PATH);
	return 0;
}

static int trace_line(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct bench *bench = userdata;
	const char *line;
	uint64_t time;

	(void)error;
	assert_true(sd_bus_message_read(message, "ts", &time, &line) >= 0);
	g_string_append_printf(bench->trace, "%s|", line);
	return 0;
}

static bool has_owner(struct bench *bench)
{
	struct answer answer = { 0 };
	int owned = 0;

	sd_bus_call_method_async(bench->client, NULL, "org.freedesktop.DBus",
				 "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
				 answered, &answer, "s", BUS_NAME);
	sd_bus_message_read(wait_answer(bench, &answer), "b", &owned);
	sd_bus_message_unref(answer.message);
	return owned;
}

/* Connects the client and waits until the daemon has its name. */
static void connect_client(struct bench *bench)
{
	bool never = false;

	assert_true(sd_bus_open_system(&bench->client) >= 0);
	sd_bus_attach_event(bench->client, bench->event, 0);
	sd_bus_match_signal_async(bench->client, NULL, NULL, NULL,
				  "org.freedesktop.DBus.Properties", "PropertiesChanged",
				  slot_changed, NULL, bench);
	sd_bus_match_signal_async(bench->client, NULL, NULL, NULL, SLOT_INTERFACE, "TraceLine",
				  trace_line, NULL, bench);
	for (int i = 0; i < 2000 && !has_owner(bench); i++)
		loop_run(bench->event, &never, 5);
	assert_true(has_owner(bench));
	bench->changes = 0;
}

static void disconnect_client(struct bench *bench)
{
	sd_bus_detach_event(bench->client);
	sd_bus_close(bench->client);
	bench->client = sd_bus_unref(bench->client);
}

static int set_up(void **state)
{
	static const struct server_step no_script[] = { { 0 } };
	struct bench *bench = g_new0(struct bench, 1);
	g_autofree char *file = NULL, *socket = NULL, *address = NULL, *text = NULL;

	*state = bench;
	bench->directory = g_dir_make_tmp("ecemail-bus-XXXXXX", NULL);
	bench->trace = g_string_new(NULL);
	file = in_directory(bench, "ecemaild.conf");
	socket = in_directory(bench, "bus");
	address = g_strconcat("unix:path=", socket, NULL);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
	setenv("STATE_DIRECTORY", bench->directory, 1);
	bench->server = server_start(no_script, false);
	text = g_strdup_printf("[Daemon]\nKeepOpen=0\n[Mail]\nServer=127.0.0.1:%u\nHeloName=x.org\n"
			       "SenderAddress=plc@acme.com\nTimeout=7\nCc=\xff@x.org\n"
			       "ModuleDescription=" STRANGE "\n",
			       server_port(bench->server));
	/* what is not even UTF-8 must not make an answer invalid */
	assert_true(g_file_set_contents(file, text, -1, NULL));
	start_bus(bench);
	sd_event_new(&bench->event);
	assert_int_equal(backplane_new(&bench->backplane, bench->event, file), 0);
	assert_int_equal(bus_new(&bench->backplane->bus, bench->backplane), 0);
	bench->fake = device_fake_new();
	assert_int_equal(slot_new(bench->backplane, &bench->fake->device, "/dev/ecom0s1"), 0);
	connect_client(bench);
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	g_autoptr(GDir) directory = NULL;
	const char *name;

	disconnect_client(bench);
	backplane_free(bench->backplane);
	sd_event_unref(bench->event);
	stop_bus(bench);
	server_stop(bench->server);
	directory = g_dir_open(bench->directory, 0, NULL);
	while ((name = g_dir_read_name(directory))) {
		g_autofree char *path = in_directory(bench, name);

		g_remove(path);
	}
	g_rmdir(bench->directory);
	g_free(bench->directory);
	g_string_free(bench->trace, TRUE);
	g_free(bench);
	return 0;
}

/* The document */

static char *document;

static bool document_has(const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (strstr(document, text))
		return true;
	print_message("Documentation/dbus.rst lacks \"%s\"\n", text);
	return false;
}

/* "SetSetup(s level, a{ss} values, as unset) → as kept" */
struct method {
	bool inside;
	char *name;
	GString *in;
	GString *out;
	bool ok;
};

static void start_element(GMarkupParseContext *context, const gchar *element, const gchar **names,
			  const gchar **values, gpointer userdata, GError **error)
{
	struct method *method = userdata;
	const char *name = NULL, *type = "", *direction = "in";

	(void)context, (void)error;
	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], "name"))
			name = values[i];
		if (!strcmp(names[i], "type"))
			type = values[i];
		if (!strcmp(names[i], "direction"))
			direction = values[i];
	}
	if (!strcmp(element, "interface"))
		method->inside = g_str_has_prefix(name, BUS_NAME);
	if (!method->inside)
		return;
	if (!strcmp(element, "method") || !strcmp(element, "signal"))
		method->name = g_strdup(name);
	if (!strcmp(element, "arg")) {
		GString *list = !strcmp(direction, "in") ? method->in : method->out;

		g_string_append_printf(list, "%s%s %s", list->len ? ", " : "", type, name);
	}
	if (!strcmp(element, "property")) {
		method->ok &= document_has("\n%-21s %s", name, type);
	}
}

static void end_element(GMarkupParseContext *context, const gchar *element, gpointer userdata,
			GError **error)
{
	struct method *method = userdata;

	(void)context, (void)error;
	if (!method->inside || (strcmp(element, "method") && strcmp(element, "signal")))
		return;
	method->ok &= document_has("``%s(%s)%s%s``", method->name, method->in->str,
				   method->out->len ? " → " : "", method->out->str);
	g_free(g_steal_pointer(&method->name));
	g_string_truncate(method->in, 0);
	g_string_truncate(method->out, 0);
}

static bool check_object(struct bench *bench, const char *path)
{
	static const GMarkupParser parser = { .start_element = start_element,
					      .end_element = end_element };
	struct method method = { .in = g_string_new(NULL), .out = g_string_new(NULL), .ok = true };
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &method, NULL);
	sd_bus_message *answer = call(bench, path, "org.freedesktop.DBus.Introspectable",
				      "Introspect", NULL);
	const char *xml;

	assert_true(sd_bus_message_read(answer, "s", &xml) > 0);
	assert_true(g_markup_parse_context_parse(context, xml, -1, NULL));
	g_markup_parse_context_free(context);
	sd_bus_message_unref(answer);
	g_string_free(method.in, TRUE);
	g_string_free(method.out, TRUE);
	return method.ok;
}

/* What the daemon has is what the document says, name by name and type by type. */
static void test_document(void **state)
{
	struct bench *bench = *state;
	bool ok;

	assert_true(g_file_get_contents("Documentation/dbus.rst", &document, NULL, NULL));
	ok = check_object(bench, BUS_PATH);
	ok &= check_object(bench, BUS_PATH "/card/0");
	ok &= check_object(bench, SLOT_PATH);
	g_free(g_steal_pointer(&document));
	assert_true(ok);
}

/* Values of one field: working copy, stored setup, site, origin. */
static char *get_field(struct bench *bench, const char *wanted)
{
	sd_bus_message *answer = CALL_SLOT("GetSetup", NULL);
	const char *name, *working, *stored, *site, *origin;
	char *found = NULL;

	assert_true(sd_bus_message_enter_container(answer, 'a', "(sssss)") > 0);
	while (sd_bus_message_read(answer, "(sssss)", &name, &working, &stored, &site, &origin) > 0)
		if (!strcmp(name, wanted))
			found = g_strdup_printf("%s|%s|%s|%s", working, stored, site, origin);
	sd_bus_message_unref(answer);
	return found;
}

static void expect_field(struct bench *bench, const char *name, const char *wanted)
{
	g_autofree char *found = get_field(bench, name);

	assert_non_null(found);
	assert_string_equal(found, wanted);
}

static void test_setup(void **state)
{
	struct bench *bench = *state;

	expect_field(bench, "Port", "25|25|25|default");
	expect_field(bench, "Timeout", "7|7|7|site");
	expect_field(bench, "Cc", "\xef\xbf\xbd@x.org|\xef\xbf\xbd@x.org|\xef\xbf\xbd@x.org|site");
	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 2, "Timeout", " 90 ", "Group.maint",
			    "joe@acme.com", 0));
	expect_field(bench, "Timeout", "90|90|7|stored");
	expect_field(bench, "Group.maint", "joe@acme.com|joe@acme.com||stored");
	assert_int_equal(bench->fake->settings.timeout, 90);
	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "working", 1, "Timeout", "5", 0));
	expect_field(bench, "Timeout", "5|90|7|working");
	expect_ok(CALL_SLOT("RestoreSetup", NULL));
	expect_field(bench, "Timeout", "90|90|7|stored");
	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 0, 1, "Timeout"));
	expect_field(bench, "Timeout", "7|7|7|site");
	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "stored", 1, "TLS", "implicit", 0));
	expect_field(bench, "Port", "25|465|25|default");
	expect_ok(CALL_SLOT("RestoreSetup", NULL));
	expect_field(bench, "Port", "465|465|25|default");
	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, "Port", "26", 0));
	expect_field(bench, "Port", "26|26|25|stored");
}

static void test_setup_refused(void **state)
{
	struct bench *bench = *state;
	g_autofree char *blocked = in_directory(bench, PLACE ".conf.new");

	expect_error(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, "Prot", "25", 0),
		     ERROR_UNKNOWN_FIELD, "Prot");
	expect_error(CALL_SLOT("SetSetup", "sa{ss}as", "both", 2, "Timeout", "90", "Port", "0", 0),
		     ERROR_INVALID_VALUE, "1 to 65535");
	expect_error(CALL_SLOT("SetSetup", "sa{ss}as", "all", 0, 0), ERROR_INVALID_VALUE,
		     "both, stored, working");
	expect_error(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, "AllowedDomains", "x.org", 0),
		     ERROR_INVALID_VALUE, "only the site");
	assert_int_equal(mkdir(blocked, 0700), 0);
	expect_error(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, "Timeout", "90", 0),
		     ERROR_NOT_SAVED, "directory");
	expect_error(CALL_SLOT("RestoreSetup", NULL), ERROR_NOT_SAVED, "directory");
	assert_int_equal(rmdir(blocked), 0);
	expect_field(bench, "Timeout", "7|7|7|site");
}

static void test_export(void **state)
{
	struct bench *bench = *state;
	static const char text[] = "[Slot " PLACE "]\nTimeout=30\n"
				   "[Slot pci-0000:09:00.0-slot2]\nText.a={1} \\\\n;\n";
	sd_bus_message *answer;
	const char *exported;

	expect_error(CALL_MANAGER("ImportSetup", "s", "[Slot " PLACE "]\nTimeout=30\n[Slot x]\nPort=0\n"),
		     ERROR_INVALID_VALUE, "[Slot x] Port=0");
	expect_error(CALL_MANAGER("ImportSetup", "s", "[Slot ../../etc/passwd]\n"),
		     ERROR_INVALID_VALUE, "[Slot PLACE]");
	expect_field(bench, "Timeout", "7|7|7|site");
	expect_ok(CALL_MANAGER("ImportSetup", "s", text));
	expect_field(bench, "Timeout", "30|30|7|stored");
	answer = CALL_MANAGER("ExportSetup", NULL);
	assert_true(sd_bus_message_read(answer, "s", &exported) > 0);
	assert_non_null(strstr(exported, "[Slot " PLACE "]\nTimeout=30\n"));
	assert_non_null(strstr(exported, "[Slot pci-0000:09:00.0-slot2]\nText.a={1} \\\\n;\n"));
	sd_bus_message_unref(answer);
}

static void import_places(struct bench *bench, int from, int to, const char *error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = from; i < to; i++)
		g_string_append_printf(text, "[Slot pci-0000:%02x:00.0-slot%d]\nTimeout=30\n",
				       16 + i / 16, i % 16);
	if (error)
		expect_error(CALL_MANAGER("ImportSetup", "s", text->str), ERROR_INVALID_VALUE,
			     error);
	else
		expect_ok(CALL_MANAGER("ImportSetup", "s", text->str));
}

/* More than an import takes at a time: an export has them all. */
static void test_export_of_many(void **state)
{
	struct bench *bench = *state;
	sd_bus_message *answer;
	const char *exported;
	unsigned int found = 0;

	import_places(bench, 0, 65, "64 in one text");
	import_places(bench, 0, 64, NULL);
	import_places(bench, 64, 100, NULL);
	answer = CALL_MANAGER("ExportSetup", NULL);
	assert_true(sd_bus_message_read(answer, "s", &exported) > 0);
	for (const char *at = exported; (at = strstr(at, "Timeout=30\n")); at++)
		found++;
	assert_int_equal(found, 100);
	sd_bus_message_unref(answer);
}

static void test_find_slot(void **state)
{
	struct bench *bench = *state;
	static const char *const names[] = { "0:K1", "k1", "ecom0s1", "/dev/ecom0s1", PLACE, "Barry" };

	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, "ModuleName", "Barry", 0));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		expect_ok(CALL_MANAGER("FindSlot", "s", names[i]));
	expect_error(CALL_MANAGER("FindSlot", "s", "K2"), ERROR_NO_SLOT, "0:K1");
	/* its message has but the first 64 bytes */
	expect_error(CALL_MANAGER("FindSlot", "s",
				  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\303\244"),
		     ERROR_NO_SLOT, "0:K1");
	expect_ok(CALL_MANAGER("ListFields", NULL));
}

static uint16_t read_status(sd_bus_message *answer)
{
	const char *name;
	uint16_t status = UINT16_MAX;

	assert_true(sd_bus_message_enter_container(answer, 'a', "{sv}") > 0);
	while (sd_bus_message_enter_container(answer, 'e', "sv") > 0) {
		sd_bus_message_read(answer, "s", &name);
		if (!strcmp(name, "status"))
			sd_bus_message_read(answer, "v", "q", &status);
		else
			sd_bus_message_skip(answer, "v");
		sd_bus_message_exit_container(answer);
	}
	sd_bus_message_unref(answer);
	return status;
}

/* Through the real path, but not through the driver; its outcome is told and kept. */
static void test_test_mail(void **state)
{
	struct bench *bench = *state;
	struct answer first = { 0 };
	bool never = false;

	assert_int_equal(read_status(CALL_SLOT("SendTestMail", "sss", "mark@hosteng.com", "x", "y")),
			 24); /* the bad Cc */
	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 3, "Cc", "",
			    "ModuleDescription", "", "Group.m", "a@x.org", 0));
	sd_bus_call_method_async(bench->client, NULL, BUS_NAME, SLOT_PATH, SLOT_INTERFACE,
				 "SendTestMail", answered, &first, "sss", "m", "Test", "@@home");
	expect_error(CALL_SLOT("SendTestMail", "sss", "a@x.org", "x", "y"), ERROR_BUSY, "under way");
	assert_int_equal(read_status(wait_answer(bench, &first)), 0);
	server_settle(bench->server);
	assert_int_equal(server_messages(bench->server), 1);
	assert_non_null(strstr(server_commands(bench->server), "RCPT TO:<a@x.org>"));
	assert_non_null(strstr(server_text(bench->server), "\r\n@home"));
	assert_int_equal(bench->fake->complete->len, 0);
	assert_int_equal(bench->fake->progress->len, 0);
	expect_ok(CALL_SLOT("GetHistory", "u", 10));
	expect_ok(CALL_SLOT("ListRequests", NULL));
	assert_int_equal(read_status(CALL_SLOT("SendTestMail", "sss", "nobody", "x", "y")), 23);
	for (int i = 0; i < 1000 && !bench->changes; i++)
		loop_run(bench->event, &never, 5);
	assert_true(bench->changes > 0);
}

/* The JSON text that a call is answered with; to be unreferenced. */
static JsonNode *read_json(sd_bus_message *answer)
{
	const char *text = NULL;
	JsonNode *node;

	assert_true(sd_bus_message_read(answer, "s", &text) > 0);
	node = json_from_string(text, NULL);
	assert_true(node && JSON_NODE_HOLDS_OBJECT(node));
	sd_bus_message_unref(answer);
	return node;
}

/* That a value is in the JSON object, too, and the same one if it is a simple one. */
static void expect_member(JsonObject *object, const char *name, sd_bus_message *properties)
{
	const char *type, *text;
	uint64_t number = 0; /* little-endian: as good for u and q */
	int truth;

	assert_true(json_object_has_member(object, name));
	assert_true(sd_bus_message_peek_type(properties, NULL, &type) > 0);
	sd_bus_message_enter_container(properties, 'v', type);
	if (!strcmp(type, "s")) {
		sd_bus_message_read(properties, "s", &text);
		assert_string_equal(json_object_get_string_member(object, name), text);
	} else if (!strcmp(type, "b")) {
		sd_bus_message_read(properties, "b", &truth);
		assert_int_equal(json_object_get_boolean_member(object, name), truth);
	} else if (strchr("qut", *type)) {
		sd_bus_message_read_basic(properties, *type, &number);
		assert_int_equal(json_object_get_int_member(object, name), number);
	} else {
		sd_bus_message_skip(properties, type);
	}
	sd_bus_message_exit_container(properties);
}

/* That the object has in JSON what GetAll gives, and nothing else. */
static void expect_properties(struct bench *bench, JsonObject *all, const char *path,
			      const char *interface)
{
	JsonObject *object = json_object_get_object_member(all, path);
	sd_bus_message *answer = call(bench, path, "org.freedesktop.DBus.Properties", "GetAll", "s",
				      interface);
	unsigned int count = 0;
	const char *name;

	assert_true(sd_bus_message_enter_container(answer, 'a', "{sv}") > 0);
	for (; sd_bus_message_enter_container(answer, 'e', "sv") > 0; count++) {
		sd_bus_message_read(answer, "s", &name);
		expect_member(object, name, answer);
		sd_bus_message_exit_container(answer);
	}
	assert_true(count > 4);
	assert_int_equal(json_object_get_size(object), count);
	sd_bus_message_unref(answer);
}

static void test_describe(void **state)
{
	struct bench *bench = *state;
	g_autoptr(JsonNode) all = NULL, requests = NULL;
	JsonObject *object, *outcome;
	JsonArray *outcomes;
	bool never = false;

	read_status(CALL_SLOT("SendTestMail", "sss", "\"M\" <mark@hosteng.com>", "\\ \303\244", "y"));
	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, "ModuleName", "\"Barry\"", 0));
	all = read_json(CALL_MANAGER("Describe", NULL));
	object = json_node_get_object(all);
	assert_int_equal(json_object_get_size(object), 3);
	expect_properties(bench, object, BUS_PATH, MANAGER_INTERFACE);
	expect_properties(bench, object, BUS_PATH "/card/0", CARD_INTERFACE);
	expect_properties(bench, object, SLOT_PATH, SLOT_INTERFACE);
	outcomes = json_object_get_array_member(
		json_object_get_object_member(object, BUS_PATH "/card/0"), "Slots");
	assert_int_equal(json_array_get_length(outcomes), 1);
	assert_string_equal(json_array_get_string_element(outcomes, 0), SLOT_PATH);
	object = json_object_get_object_member(object, SLOT_PATH);
	assert_string_equal(json_object_get_string_member(object, "ModuleName"), "\"Barry\"");
	assert_string_equal(json_object_get_string_member(object, "ModuleDescription"),
			    STRANGE_SHOWN);
	object = json_object_get_object_member(object, "Statuses");
	assert_int_equal(json_object_get_size(object), 1);
	assert_int_equal(json_object_get_int_member(object, "24"), 1); /* the bad Cc */

	device_fake_mail(bench->fake, "a@x.org", "x\xef\xbf\xbe", "y", 5000);
	for (int i = 0; i < 1000 && !bench->fake->complete->len; i++)
		loop_run(bench->event, &never, 5);
	requests = read_json(CALL_SLOT("DescribeRequests", "u", 10));
	object = json_node_get_object(requests);
	assert_int_equal(json_array_get_length(json_object_get_array_member(object, "requests")), 0);
	outcomes = json_object_get_array_member(object, "outcomes");
	assert_int_equal(json_array_get_length(outcomes), 2);
	outcome = json_array_get_object_element(outcomes, 0);
	assert_string_equal(json_object_get_string_member(outcome, "subject"), "x\xef\xbf\xbd");
	outcome = json_array_get_object_element(outcomes, 1);
	assert_int_equal(json_object_get_int_member(outcome, "status"), 24);
	assert_false(json_object_get_boolean_member(outcome, "late"));
	assert_string_equal(json_object_get_string_member(outcome, "subject"), "\\ \303\244");
}

static void test_trace(void **state)
{
	struct bench *bench = *state;

	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 2, "Cc", "",
			    "ModuleDescription", "", 0));
	expect_ok(CALL_SLOT("WatchTrace", "b", 1));
	read_status(CALL_SLOT("SendTestMail", "sss", "a@x.org", "x", "y"));
	assert_string_equal(bench->trace->str, "");
	expect_ok(CALL_SLOT("SetTrace", "b", 1));
	read_status(CALL_SLOT("SendTestMail", "sss", "a@x.org", "Test", "y\nz"));
	expect_ok(CALL_SLOT("SetTrace", "b", 0));
	read_status(CALL_SLOT("SendTestMail", "sss", "a@x.org", "x", "y"));
	assert_true(g_str_has_prefix(bench->trace->str,
				     "EMail Trace On|Recipient: a@x.org|Subject: Test|Body: y\\nz|"));
	assert_non_null(strstr(bench->trace->str, "|Sending EHLO msg|"));
	assert_non_null(strstr(bench->trace->str, "|Sending END|State: 0x8 Received data: 250 "));
	assert_true(g_str_has_suffix(bench->trace->str, "|Success!|EMail Trace Off|"));
	expect_ok(CALL_SLOT("WatchTrace", "b", 0));
	g_string_truncate(bench->trace, 0);
	expect_ok(CALL_SLOT("SetTrace", "b", 1));
	assert_string_equal(bench->trace->str, "");
}

static void test_registers(void **state)
{
	struct bench *bench = *state;
	sd_bus_message *answer;
	const uint16_t *words;
	size_t size;

	expect_ok(CALL_SLOT("SetRegisters", "qqaq", 90, 2, 2, 0x1234, 0x5678));
	assert_int_equal(bench->fake->scratch[3], 0x5678);
	answer = CALL_SLOT("GetRegisters", "qqq", 90, 2, 2);
	assert_true(sd_bus_message_read_array(answer, 'q', (const void **)&words, &size) > 0);
	assert_int_equal(size, 4);
	assert_int_equal(words[0], 0x1234);
	sd_bus_message_unref(answer);
	expect_error(CALL_SLOT("SetRegisters", "qqaq", 89, 64, 1, 1), ERROR_INVALID_VALUE, "V100");
	expect_error(CALL_SLOT("GetRegisters", "qqq", 91, 0, 1), ERROR_INVALID_VALUE, "registers");
	expect_error(CALL_SLOT("GetRegisters", "qqq", 89, 0, 65), ERROR_INVALID_VALUE, "registers");
	expect_ok(CALL_SLOT("GetFrames", NULL));
}

/* However many calls come at once, each is answered, and the daemon keeps few of them. */
static void test_many_calls(void **state)
{
	struct bench *bench = *state;
	struct answer answers[4 * CALLS_MAX] = { 0 };
	unsigned int refused = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
		sd_bus_call_method_async(bench->client, NULL, BUS_NAME, SLOT_PATH, SLOT_INTERFACE,
					 "RestoreSetup", answered, &answers[i], NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		refused += sd_bus_message_is_method_error(wait_answer(bench, &answers[i]), NULL);
		sd_bus_message_unref(answers[i].message);
		assert_true(g_queue_get_length(&bench->backplane->bus->calls) <= CALLS_MAX);
	}
	assert_true(refused > 0);
	assert_int_equal(g_queue_get_length(&bench->backplane->bus->calls), 0);
	expect_ok(CALL_SLOT("RestoreSetup", NULL));
}

/* Wrong types are refused by their signature, wild values by the methods. */
static void test_wild_calls(void **state)
{
	struct bench *bench = *state;
	g_autofree char *huge = g_strnfill(300000, 'x');

	expect_error(CALL_SLOT("SetSetup", "s", "both"), "org.freedesktop.DBus.Error.InvalidArgs", "");
	expect_error(CALL_SLOT("SendTestMail", "sss", huge, "x", "y"), ERROR_INVALID_VALUE, "1024");
	expect_error(CALL_MANAGER("ImportSetup", "s", huge), ERROR_INVALID_VALUE, "262144");
	expect_error(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, "Text.a", huge, 0),
		     ERROR_INVALID_VALUE, "4096");
	expect_error(CALL_SLOT("SetSetup", "sa{ss}as", "both", 1, huge, "x", 0), ERROR_UNKNOWN_FIELD,
		     "no such field");
	expect_error(CALL_MANAGER("FindSlot", "s", huge), ERROR_NO_SLOT, "no slot");
	expect_error(CALL_MANAGER("ImportSetup", "s", "Port=25"), ERROR_INVALID_VALUE, "");
}

/* True if a call has passed the question who made it, and is not answered. */
static bool is_at_work(const struct bench *bench)
{
	const struct bus_call *first = g_queue_peek_head(&bench->backplane->bus->calls);

	return first && !first->query;
}

/* A slot goes while somebody waits for its setup to be written. */
static void test_slot_gone(void **state)
{
	struct bench *bench = *state;
	struct answer answer = { 0 };

	sd_bus_call_method_async(bench->client, NULL, BUS_NAME, SLOT_PATH, SLOT_INTERFACE,
				 "RestoreSetup", answered, &answer, NULL);
	for (int i = 0; i < 100 && !is_at_work(bench); i++)
		sd_event_run(bench->event, 10000);
	assert_true(is_at_work(bench));
	slot_gone(g_queue_peek_head(&bench->backplane->slots));
	wait_answer(bench, &answer);
	sd_bus_message_unref(answer.message);
	expect_error(CALL_SLOT("RestoreSetup", NULL), "org.freedesktop.DBus.Error.UnknownObject", "");
	expect_error(CALL_MANAGER("FindSlot", "s", "K1"), ERROR_NO_SLOT, "none");
}

/* The bus ends and comes back; a request is mailed in between. */
static void test_bus_gone(void **state)
{
	struct bench *bench = *state;
	bool never = false;

	expect_ok(CALL_SLOT("SetSetup", "sa{ss}as", "both", 2, "Cc", "",
			    "ModuleDescription", "", 0));
	disconnect_client(bench);
	stop_bus(bench);
	device_fake_mail(bench->fake, "a@x.org", "x", "y", 5000);
	for (int i = 0; i < 1000 && !bench->fake->complete->len; i++)
		loop_run(bench->event, &never, 5);
	assert_int_equal(bench->fake->complete->len, 1);
	start_bus(bench);
	connect_client(bench);
	expect_ok(CALL_SLOT("RestoreSetup", NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_document),
		TEST(test_setup),
		TEST(test_setup_refused),
		TEST(test_export),
		TEST(test_find_slot),
		TEST(test_test_mail),
		TEST(test_trace),
		TEST(test_registers),
		TEST(test_many_calls),
		TEST(test_wild_calls),
		TEST(test_slot_gone),
		TEST(test_bus_gone),
		TEST(test_export_of_many),
		TEST(test_describe),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	message_init();
	journal_start(); /* its thread writes the files, as in the daemon */
	failed = cmocka_run_group_tests_name("bus", tests, NULL, NULL);
	journal_stop();
	return failed;
}
