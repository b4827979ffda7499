// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps in several parts, while cards come and go between them. The kernel is
 * its own user here: from a program the moment between two parts could not be
 * hit for certain.
 */
#include <linux/net.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "memory-card.h"

#define CARDS	    60
#define SLOT_CARDS  6
#define BUFFER_SIZE 8192
#define NUMBERS	    (ECOM_CARDS_MAX * CARD_SLOTS_MAX)

struct dump {
	struct socket *socket;
	u8 *buffer;
	int parts;
	bool interrupted;
	bool done;
	DECLARE_BITMAP(seen, NUMBERS);
	unsigned int twice;
};

static int send_command(struct dump *dump, u16 family, u8 command, u16 flags,
			const char *name)
{
	struct {
		struct nlmsghdr header;
		struct genlmsghdr genl;
		struct nlattr attribute;
		char name[8];
	} request = {
		.header = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | flags },
		.genl = { .cmd = command, .version = 1 },
		.attribute = { .nla_len = NLA_HDRLEN + 5, .nla_type = CTRL_ATTR_FAMILY_NAME },
	};
	size_t size = name ? sizeof(request) : NLMSG_HDRLEN + GENL_HDRLEN;
	struct kvec vector = { &request, size };
	struct msghdr message = {};

	request.header.nlmsg_len = size;
	if (name)
		strscpy(request.name, name, sizeof(request.name));
	return kernel_sendmsg(dump->socket, &message, &vector, 1, size);
}

static int receive(struct dump *dump)
{
	struct kvec vector = { dump->buffer, BUFFER_SIZE };
	struct msghdr message = {};

	return kernel_recvmsg(dump->socket, &message, &vector, 1, BUFFER_SIZE, 0);
}

static u32 attribute(const struct nlmsghdr *header, int type)
{
	const struct nlattr *a = nlmsg_find_attr(header, GENL_HDRLEN, type);

	return a ? nla_get_u32(a) : U32_MAX;
}

static u16 find_family(struct dump *dump)
{
	const struct nlmsghdr *header = (void *)dump->buffer;
	const struct nlattr *a;

	if (send_command(dump, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, "ecom") < 0 ||
	    receive(dump) < NLMSG_HDRLEN)
		return 0;
	a = nlmsg_find_attr(header, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	return a ? nla_get_u16(a) : 0;
}

static struct dump *open_dump(struct kunit *test)
{
	struct dump *dump = kunit_kzalloc(test, sizeof(*dump), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, dump);
	dump->buffer = kunit_kzalloc(test, BUFFER_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dump->buffer);
	err = sock_create_kern(&init_net, PF_NETLINK, SOCK_RAW, NETLINK_GENERIC, &dump->socket);
	KUNIT_ASSERT_EQ(test, 0, err);
	dump->socket->sk->sk_rcvtimeo = 5 * HZ;
	return dump;
}

static void keep(struct dump *dump, const struct nlmsghdr *header)
{
	const struct genlmsghdr *genl = nlmsg_data(header);
	u32 number;

	dump->interrupted |= !!(header->nlmsg_flags & NLM_F_DUMP_INTR);
	if (header->nlmsg_type == NLMSG_DONE) {
		dump->done = true;
		return;
	}
	if (genl->cmd == ECOM_CMD_CARD_GET)
		number = attribute(header, ECOM_A_CARD_INDEX);
	else
		number = attribute(header, ECOM_A_SLOT_CARD) * CARD_SLOTS_MAX +
			 attribute(header, ECOM_A_SLOT_NUMBER);
	if (number < NUMBERS && test_and_set_bit(number, dump->seen))
		dump->twice++;
}

/* One part; false when there is nothing more to come. */
static bool receive_part(struct dump *dump)
{
	struct nlmsghdr *header = (void *)dump->buffer;
	int left = dump->done ? 0 : receive(dump);

	if (left <= 0)
		return false;
	dump->parts++;
	for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left))
		keep(dump, header);
	return true;
}

static void create_cards(struct kunit *test, struct memory_card *cards[], int count,
			 unsigned int slots)
{
	int i;

	for (i = 0; i < count; i++) {
		cards[i] = memory_card_serve(test, i, slots);
		/* all cards would be in the first part, if nothing was wrong with them */
		cards[i]->card->trouble = "overlap of host block and slot blocks";
	}
}

static void remove_cards(struct memory_card *cards[], int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (cards[i])
			memory_card_remove(cards[i]);
}

/* Dumps; removes card 2, which was in the first part, before the second. */
static struct dump *dump_with_removal(struct kunit *test, u8 command,
				      struct memory_card *cards[])
{
	struct dump *dump = open_dump(test);
	u16 family = find_family(dump);

	KUNIT_ASSERT_NE(test, 0, family);
	KUNIT_EXPECT_LT(test, 0, send_command(dump, family, command, NLM_F_DUMP, NULL));
	if (cards) {
		memory_card_remove(cards[2]);
		cards[2] = NULL;
	}
	while (receive_part(dump))
		;
	sock_release(dump->socket);
	KUNIT_EXPECT_TRUE(test, dump->done);
	KUNIT_EXPECT_GT(test, dump->parts, 2); /* the last one only says that it is */
	KUNIT_EXPECT_EQ(test, 0U, dump->twice);
	return dump;
}

static void quiet_dump_is_consistent(struct kunit *test)
{
	struct memory_card **cards = kunit_kcalloc(test, CARDS, sizeof(*cards), GFP_KERNEL);
	struct dump *dump;

	KUNIT_ASSERT_NOT_NULL(test, cards);
	create_cards(test, cards, CARDS, 1);
	dump = dump_with_removal(test, ECOM_CMD_CARD_GET, NULL);
	KUNIT_EXPECT_FALSE(test, dump->interrupted);
	KUNIT_EXPECT_EQ(test, CARDS, bitmap_weight(dump->seen, CARDS));
	remove_cards(cards, CARDS);
}

static void no_card_is_skipped_when_another_goes(struct kunit *test)
{
	struct memory_card **cards = kunit_kcalloc(test, CARDS, sizeof(*cards), GFP_KERNEL);
	struct dump *dump;

	KUNIT_ASSERT_NOT_NULL(test, cards);
	create_cards(test, cards, CARDS, 1);
	dump = dump_with_removal(test, ECOM_CMD_CARD_GET, cards);
	KUNIT_EXPECT_TRUE(test, dump->interrupted);
	KUNIT_EXPECT_EQ(test, CARDS, bitmap_weight(dump->seen, CARDS));
	remove_cards(cards, CARDS);
}

static void no_slot_is_skipped_when_a_card_goes(struct kunit *test)
{
	struct memory_card *cards[SLOT_CARDS];
	struct dump *dump;

	create_cards(test, cards, SLOT_CARDS, 16);
	dump = dump_with_removal(test, ECOM_CMD_SLOT_GET, cards);
	KUNIT_EXPECT_TRUE(test, dump->interrupted);
	/* of card 2 there is as much as was in the first part */
	bitmap_set(dump->seen, 2 * 16, 16);
	KUNIT_EXPECT_EQ(test, SLOT_CARDS * 16, bitmap_weight(dump->seen, SLOT_CARDS * 16));
	remove_cards(cards, SLOT_CARDS);
}

static struct kunit_case netlink_cases[] = {
	KUNIT_CASE(quiet_dump_is_consistent),
	KUNIT_CASE(no_card_is_skipped_when_another_goes),
	KUNIT_CASE(no_slot_is_skipped_when_a_card_goes),
	{}
};

static struct kunit_suite netlink_suite = {
	.name = "ecom-netlink",
	.suite_init = memory_driver_start,
	.test_cases = netlink_cases,
};

kunit_test_suite(netlink_suite);
