// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may call what. The bus's policy lets everybody at the properties and the
 * group at the rest; here each call of the rest is looked at again, since a
 * policy file is easily changed, and since the journal wants a name.
 *
 *   bus_guard()  the bus is asked who the caller is, without waiting for it
 *   answered()   root or the group: the method's function | AccessDenied
 *
 * Calls under way are counted, so that nobody can make the daemon keep more.
 */

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus-object.h"

static const struct {
	const char *member;
	bool of_slot;
	bus_call_fn run;
} calls[] = {
	{ "GetSetup", true, call_get_setup },
	{ "SetSetup", true, call_set_setup },
	{ "RestoreSetup", true, call_restore_setup },
	{ "SendTestMail", true, call_send_test_mail },
	{ "ListRequests", true, call_list_requests },
	{ "GetHistory", true, call_get_history },
	{ "DescribeRequests", true, call_describe_requests },
	{ "SetTrace", true, call_set_trace },
	{ "WatchTrace", true, call_watch_trace },
	{ "GetRegisters", true, call_get_registers },
	{ "SetRegisters", true, call_set_registers },
	{ "GetFrames", true, call_get_frames },
	{ "ExportSetup", false, call_export_setup },
	{ "ImportSetup", false, call_import_setup },
};

void bus_call_end(struct bus_call *call)
{
	if (call->bus)
		g_queue_remove(&call->bus->calls, call);
	sd_bus_slot_unref(call->query);
	sd_bus_message_unref(call->message);
	g_free(call->author);
	g_free(call);
}

/* Not by NSS, which may ask a server: local names only. */
static char *user_name(uint32_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;
	char *name = NULL;

	while (file && !name && (entry = fgetpwent(file)))
		if (entry->pw_uid == uid)
			name = g_strdup_printf("%s (uid %" PRIu32 ")", entry->pw_name, uid);
	if (file)
		fclose(file);
	return name ? name : g_strdup_printf("uid %" PRIu32, uid);
}

static int read_groups(sd_bus_message *reply, const struct bus *bus, bool *member)
{
	uint32_t gid;
	int r = sd_bus_message_enter_container(reply, 'v', "au");

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "u");
	while (r >= 0 && (r = sd_bus_message_read(reply, "u", &gid)) > 0)
		*member |= bus->has_group && gid == bus->group;
	if (r >= 0)
		r = sd_bus_message_exit_container(reply);
	if (r >= 0)
		r = sd_bus_message_exit_container(reply);
	return r;
}

static int read_credential(sd_bus_message *reply, const struct bus *bus, uint32_t *uid,
			   bool *member)
{
	const char *name;
	int r = sd_bus_message_read(reply, "s", &name);

	if (r < 0)
		return r;
	if (!strcmp(name, "UnixUserID"))
		return sd_bus_message_read(reply, "v", "u", uid);
	if (!strcmp(name, "UnixGroupIDs"))
		return read_groups(reply, bus, member);
	return sd_bus_message_skip(reply, "v");
}

/* True if the caller is root, the daemon's user or of the group. */
static bool may_call(sd_bus_message *reply, const struct bus *bus, uint32_t *uid)
{
	bool member = false;
	int r = sd_bus_message_enter_container(reply, 'a', "{sv}");

	*uid = UINT32_MAX;
	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
		r = read_credential(reply, bus, uid, &member);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r >= 0 && *uid != UINT32_MAX && (member || *uid == 0 || *uid == geteuid());
}

static int run(struct bus_call *call, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(call->message);
	struct slot *slot = bus_find_slot(call->bus, sd_bus_message_get_path(call->message));

	for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
		if (strcmp(calls[i].member, member))
			continue;
		if (calls[i].of_slot && !slot)
			return sd_bus_error_set(error, ERROR_GONE, "the slot's card has gone");
		return calls[i].run(call, slot, error);
	}
	return -ENOSYS;
}

static int answered(sd_bus_message *reply, void *userdata, sd_bus_error *unused)
{
	struct bus_call *call = userdata;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint32_t uid;
	int r;

	(void)unused;
	call->query = sd_bus_slot_unref(call->query);
	if (sd_bus_message_is_method_error(reply, NULL) || !may_call(reply, call->bus, &uid)) {
		r = sd_bus_error_set(&error, SD_BUS_ERROR_ACCESS_DENIED,
				     "for members of group ecemail only: adduser NAME ecemail");
	} else {
		call->author = user_name(uid);
		r = run(call, &error);
	}
	if (r < 0)
		sd_bus_reply_method_errno(call->message, r, &error);
	sd_bus_error_free(&error);
	if (r)
		bus_call_end(call);
	return 0;
}

int bus_guard(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(message);
	struct bus *bus = !strcmp(path, BUS_PATH) ? userdata :
						    ((struct slot *)userdata)->backplane->bus;
	struct bus_call *call;
	int r;

	if (g_queue_get_length(&bus->calls) >= CALLS_MAX)
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
					"too many calls are under way");
	call = g_new0(struct bus_call, 1);
	call->bus = bus;
	call->message = sd_bus_message_ref(message);
	g_queue_push_tail(&bus->calls, call);
	r = sd_bus_call_method_async(bus->connection, &call->query, "org.freedesktop.DBus",
				     "/org/freedesktop/DBus", "org.freedesktop.DBus",
				     "GetConnectionCredentials", answered, call, "s",
				     sd_bus_message_get_sender(message));
	if (r < 0)
		bus_call_end(call);
	return r < 0 ? r : 1;
}
