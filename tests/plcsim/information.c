// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the boxes IB-720 to IB-736 send and read. Reading is a READ, which has
 * the daemon publish the module information, and then an RX of its registers;
 * writing is a WRITE of one field.
 */
#include <string.h>

#include "tests/plcsim/entry.h"

#define WORDS(bytes) (((bytes) + 1) / 2)

/* K as its digits */
static void form_value(const struct box *box, const struct memory *memory, GString *frame)
{
	const struct box_value *value = &box->values[INFORMATION_VALUE];
	bool k = box->type->parameters[INFORMATION_VALUE].kind == PARAMETER_K;

	(void)memory;
	entry_append(frame, box->type->request->field, value->text + k);
}

static void form_dhcp_on(const struct box *box, const struct memory *memory, GString *frame)
{
	(void)memory;
	entry_append(frame, box->type->request->field, "1");
}

static void form_dhcp_off(const struct box *box, const struct memory *memory, GString *frame)
{
	(void)memory;
	entry_append(frame, box->type->request->field, "0");
}

static void take_words(const struct box *box, struct memory *memory, const uint8_t *data)
{
	memory_put(memory, box->values[INFORMATION_VALUE].element.word, data,
		   box->type->request->words * 2);
}

static void take_dhcp(const struct box *box, struct memory *memory, const uint8_t *data)
{
	element_set(memory, &box->values[INFORMATION_VALUE].element, data[0] & INFO_DHCP);
}

/* The length word, then the text; what the program wants beyond that is 0. */
static void take_text(const struct box *box, struct memory *memory, const uint8_t *data)
{
	unsigned int wanted = box->values[INFORMATION_BYTES].k;
	unsigned int room = box->type->request->words * 2 - 2;
	unsigned int said = data[0] | data[1] << 8;
	unsigned int length = MIN(said, room);
	uint8_t text[FRAME_SIZE_MAX] = { 0 };

	memcpy(text, data + 2, MIN(length, wanted));
	memory_put(memory, box->values[INFORMATION_VALUE].element.word, text, wanted);
}

// clang-format off
#define READ(start, count, taker) \
	{ .command = COMMAND_READ, .address = (start), .words = (count), .take = (taker) }
#define WRITE(number, former) \
	{ .command = COMMAND_WRITE, .field = (number), .form = (former) }

const struct box_request information_requests[] = {
	[20] = READ(INFO_MODULE_ID, 1, take_words),
	[21] = WRITE(FIELD_MODULE_ID, form_value),
	[22] = READ(INFO_IP_ADDRESS, 4, take_words),
	[23] = WRITE(FIELD_IP_ADDRESS, form_value),
	[24] = READ(INFO_NAME_LENGTH, 1 + WORDS(INFO_NAME_SIZE), take_text),
	[25] = WRITE(FIELD_MODULE_NAME, form_value),
	[26] = READ(INFO_DESCRIPTION_LENGTH, 1 + WORDS(INFO_DESCRIPTION_SIZE), take_text),
	[27] = WRITE(FIELD_MODULE_DESCRIPTION, form_value),
	[30] = READ(INFO_GATEWAY, 4, take_words),
	[31] = WRITE(FIELD_GATEWAY, form_value),
	[32] = READ(INFO_SUBNET_MASK, 4, take_words),
	[33] = WRITE(FIELD_SUBNET_MASK, form_value),
	[34] = READ(INFO_FLAGS, 1, take_dhcp),
	[35] = WRITE(FIELD_DHCP, form_dhcp_on),
	[36] = WRITE(FIELD_DHCP, form_dhcp_off),
};
// clang-format on
