// SPDX-License-Identifier: GPL-2.0-or-later
/* The generic netlink family: uapi/linux/ecom_netlink.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include <linux/ecom.h>
#include <linux/ecom_netlink.h>
#include "kselftest_harness.h"
#include "card.h"

#define EVENTS_MAX 64

struct seen {
	uint64_t sequence;
	uint32_t kind;
	int64_t slot;
	uint32_t tag;
	uint32_t status;
	uint32_t reason;
};

FIXTURE(events)
{
	struct card card;
	uint32_t generation;
	int fd;
	struct nl_sock *socket;
	int family;
	struct seen seen[EVENTS_MAX];
	int count;
};

static int keep(struct nl_msg *message, void *argument)
{
	FIXTURE_DATA(events) *self = argument;
	struct nlattr *a[ECOM_A_EVENT_MAX + 1];
	struct seen *seen = &self->seen[self->count];

	if (genlmsg_parse(nlmsg_hdr(message), 0, a, ECOM_A_EVENT_MAX, NULL) ||
	    self->count == EVENTS_MAX)
		return NL_STOP;
	memset(seen, 0, sizeof(*seen));
	seen->sequence = nla_get_u64(a[ECOM_A_EVENT_SEQUENCE]);
	seen->kind = nla_get_u32(a[ECOM_A_EVENT_KIND]);
	seen->slot = a[ECOM_A_EVENT_SLOT] ? (int64_t)nla_get_u32(a[ECOM_A_EVENT_SLOT]) : -1;
	if (a[ECOM_A_EVENT_TAG])
		seen->tag = nla_get_u32(a[ECOM_A_EVENT_TAG]);
	if (a[ECOM_A_EVENT_STATUS])
		seen->status = nla_get_u32(a[ECOM_A_EVENT_STATUS]);
	if (a[ECOM_A_EVENT_REASON])
		seen->reason = nla_get_u32(a[ECOM_A_EVENT_REASON]);
	self->count++;
	return NL_OK;
}

static int listen_to_events(FIXTURE_DATA(events) * self)
{
	int group;

	self->socket = nl_socket_alloc();
	if (!self->socket || genl_connect(self->socket))
		return -1;
	nl_socket_disable_seq_check(self->socket);
	nl_socket_set_nonblocking(self->socket);
	self->family = genl_ctrl_resolve(self->socket, ECOM_GENL_NAME);
	group = genl_ctrl_resolve_grp(self->socket, ECOM_GENL_NAME, ECOM_GENL_EVENTS);
	if (self->family < 0 || group < 0)
		return -1;
	nl_socket_modify_cb(self->socket, NL_CB_VALID, NL_CB_CUSTOM, keep, self);
	return nl_socket_add_membership(self->socket, group);
}

FIXTURE_SETUP(events)
{
	ASSERT_EQ(0, card_open(&self->card));
	self->generation = 0x4000 + getpid();
	card_power_up(&self->card, self->generation);
	ASSERT_EQ(0, card_bind(&self->card));
	self->fd = open_slot(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	self->count = 0;
	ASSERT_EQ(0, listen_to_events(self));
}

FIXTURE_TEARDOWN(events)
{
	nl_socket_free(self->socket);
	close(self->fd);
	card_close(&self->card);
}

/* Wait until @count events have come; their numbers must follow. */
static int expect_events(FIXTURE_DATA(events) * self, int count)
{
	int i;

	for (i = 0; i < 300 && self->count < count; i++) {
		nl_recvmsgs_default(self->socket);
		sleep_ms(10);
	}
	for (i = 1; i < self->count; i++)
		if (self->seen[i].sequence != self->seen[i - 1].sequence + 1)
			return -1;
	return self->count;
}

TEST_F(events, life_of_a_request)
{
	static const uint32_t kinds[] = {
		ECOM_EVENT_REQUEST_QUEUED,
		ECOM_EVENT_REQUEST_DELIVERED,
		ECOM_EVENT_REQUEST_PROGRESS,
		ECOM_EVENT_REQUEST_REQUEUED,
		ECOM_EVENT_REQUEST_DELIVERED,
		ECOM_EVENT_REQUEST_COMPLETED,
	};
	struct ecom_progress p = { .state = 3, .on_expire = 13 };
	struct ecom_release release = { 0 };
	struct ecom_complete c = { .result.status = 550 };
	struct ecom_request r;
	int i;

	ASSERT_EQ(0, card_mail(&self->card, 0, 7));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	p.id = r.id;
	release.id = r.id;
	c.id = r.id;
	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_PROGRESS, &p));
	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_RELEASE, &release));
	ASSERT_EQ(sizeof(r), read(self->fd, &r, sizeof(r)));
	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_COMPLETE, &c));
	ASSERT_EQ(6, expect_events(self, 6));
	for (i = 0; i < 6; i++) {
		EXPECT_EQ(kinds[i], self->seen[i].kind);
		EXPECT_EQ(1, self->seen[i].slot);
		EXPECT_EQ(7, self->seen[i].tag);
		EXPECT_EQ(i == 5 ? 550 : 1, self->seen[i].status);
	}
}

TEST_F(events, refused_and_expired)
{
	struct ecom_settings s = { .timeout = 1 };

	ASSERT_EQ(0, ioctl(self->fd, ECOM_IOC_SET, &s));
	ASSERT_EQ(0, card_mail(&self->card, 0, 7));
	ASSERT_NE(0, card_mail(&self->card, 0, 7));
	ASSERT_EQ(3, expect_events(self, 3));
	EXPECT_EQ(ECOM_EVENT_WX_REFUSED, self->seen[1].kind);
	EXPECT_EQ(6, self->seen[1].reason);
	EXPECT_EQ(7, self->seen[1].tag);
	EXPECT_EQ(ECOM_EVENT_REQUEST_EXPIRED, self->seen[2].kind);
	EXPECT_EQ(10, self->seen[2].status);
}

TEST_F(events, cards_come_and_go)
{
	card_unbind(&self->card);
	ASSERT_EQ(0, card_bind(&self->card));
	ASSERT_EQ(4, expect_events(self, 4));
	EXPECT_EQ(ECOM_EVENT_CARD_LOST, self->seen[0].kind);
	EXPECT_EQ(ECOM_EVENT_CARD_REMOVED, self->seen[1].kind);
	EXPECT_EQ(ECOM_EVENT_CARD_ADDED, self->seen[2].kind);
	EXPECT_EQ(ECOM_EVENT_CARD_SERVED, self->seen[3].kind);
	EXPECT_EQ(-1, self->seen[0].slot);
	card_beat(&self->card, false);
	ASSERT_EQ(0, card_wait(&self->card, 0x108, 0, PATIENCE_MS)); /* ready_for */
	ASSERT_EQ(5, expect_events(self, 5));
	EXPECT_EQ(ECOM_EVENT_CARD_LOST, self->seen[4].kind);
	card_beat(&self->card, true);
	ASSERT_EQ(6, expect_events(self, 6));
	EXPECT_EQ(ECOM_EVENT_CARD_SERVED, self->seen[5].kind);
	card_power_up(&self->card, self->generation + 1);
	ASSERT_EQ(7, expect_events(self, 7));
	EXPECT_EQ(ECOM_EVENT_CARD_SERVED, self->seen[6].kind);
}

struct dump {
	int objects;
	uint64_t sequence;
	char text[32];
	bool ended;
	int attributes;
};

static int keep_card(struct nl_msg *message, void *argument)
{
	struct nlattr *a[ECOM_A_CARD_MAX + 1];
	struct dump *dump = argument;

	if (genlmsg_parse(nlmsg_hdr(message), 0, a, ECOM_A_CARD_MAX, NULL))
		return NL_STOP;
	dump->objects++;
	dump->sequence = nla_get_u64(a[ECOM_A_CARD_SEQUENCE]);
	snprintf(dump->text, sizeof(dump->text), "%s", nla_get_string(a[ECOM_A_CARD_SERIAL]));
	return NL_OK;
}

static int keep_slot(struct nl_msg *message, void *argument)
{
	struct nlattr *a[ECOM_A_SLOT_MAX + 1];
	struct dump *dump = argument;

	if (genlmsg_parse(nlmsg_hdr(message), 0, a, ECOM_A_SLOT_MAX, NULL))
		return NL_STOP;
	dump->objects++;
	dump->sequence = nla_get_u64(a[ECOM_A_SLOT_SEQUENCE]);
	if (dump->objects == 1)
		snprintf(dump->text, sizeof(dump->text), "%s", nla_get_string(a[ECOM_A_SLOT_NAME]));
	return NL_OK;
}

static int run_dump(int family, int command, nl_recvmsg_msg_cb_t callback, struct dump *dump)
{
	struct nl_sock *socket = nl_socket_alloc();
	int err;

	memset(dump, 0, sizeof(*dump));
	if (!socket || genl_connect(socket))
		return -1;
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, callback, dump);
	err = genl_send_simple(socket, family, command, 1, NLM_F_DUMP);
	if (err >= 0)
		err = nl_recvmsgs_default(socket);
	nl_socket_free(socket);
	return err;
}

TEST_F(events, dumps_resynchronise)
{
	struct dump dump;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	ASSERT_EQ(0, card_mail(&self->card, 1, 2));
	ASSERT_EQ(2, expect_events(self, 2));
	ASSERT_EQ(0, run_dump(self->family, ECOM_CMD_CARD_GET, keep_card, &dump));
	EXPECT_EQ(1, dump.objects);
	EXPECT_STREQ("SELFTEST-1", dump.text);
	EXPECT_EQ(self->seen[1].sequence, dump.sequence);
	ASSERT_EQ(0, run_dump(self->family, ECOM_CMD_SLOT_GET, keep_slot, &dump));
	EXPECT_EQ(2, dump.objects);
	EXPECT_STREQ("ecom0s1", dump.text);
	EXPECT_EQ(self->seen[1].sequence, dump.sequence);
}

TEST_F(events, attributes_of_sysfs)
{
	static const struct {
		const char *name, *text;
	} expected[] = {
		{ "module", "H2-ECOM100\n" },
		{ "firmware", "4.0.1031\n" },
		{ "ethernet", "00:e0:62:20:41:86\n" },
		{ "serving", "1\n" },
		{ "slot", "1\n" },
		{ "dip", "140\n" },
		{ "attached", "1\n" },
		{ "timeout", "60\n" },
		{ "queue_depth", "16\n" },
		{ "queue_used", "1\n" },
		{ "wx_accepted", "1\n" },
		{ "wx_refused", "0\n" },
	};
	char path[128], text[64];
	size_t i;

	ASSERT_EQ(0, card_mail(&self->card, 0, 1));
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		int fd;

		snprintf(path, sizeof(path), "/sys/class/ecom/ecom0s1/%s", expected[i].name);
		memset(text, 0, sizeof(text));
		fd = open(path, O_RDONLY);
		EXPECT_LE(0, fd)
		{
			TH_LOG("%s", path);
		}
		EXPECT_LT(0, read(fd, text, sizeof(text) - 1));
		EXPECT_STREQ(expected[i].text, text);
		close(fd);
	}
}

TEST_HARNESS_MAIN
