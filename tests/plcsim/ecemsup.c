// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frames of the setup boxes: ECEMSUP, ECEMRDS and ECIPSUP. Of the fields of
 * ECEMSUP and ECIPSUP those are sent that the program has a line for; a line
 * without a value makes the field empty.
 */
#include "tests/plcsim/entry.h"

void entry_append(GString *frame, uint8_t field, const char *value)
{
	g_string_append_c(frame, field);
	g_string_append_c(frame, (char)MIN(strlen(value), UINT8_MAX));
	g_string_append(frame, value);
}

static void form_ecemsup(const struct box *box, const struct memory *memory, GString *frame)
{
	static const uint8_t fields[] = {
		[ECEMSUP_SERVER] = FIELD_SERVER,
		[ECEMSUP_SENDER_NAME] = FIELD_SENDER_NAME,
		[ECEMSUP_SENDER_ADDRESS] = FIELD_SENDER_ADDRESS,
		[ECEMSUP_CC] = FIELD_CC,
		[ECEMSUP_PORT] = FIELD_PORT,
		[ECEMSUP_TIMEOUT] = FIELD_TIMEOUT,
	};

	(void)memory;
	for (unsigned int i = REQUEST_OWN; i < ECEMSUP_END; i++) {
		bool k = box->type->parameters[i].kind == PARAMETER_K;

		if (box_has(box, i)) /* K as its digits */
			entry_append(frame, fields[i], box->values[i].text + k);
	}
}

static void form_ecipsup(const struct box *box, const struct memory *memory, GString *frame)
{
	static const uint8_t fields[] = {
		[ECIPSUP_ADDRESS] = FIELD_IP_ADDRESS,
		[ECIPSUP_MASK] = FIELD_SUBNET_MASK,
		[ECIPSUP_GATEWAY] = FIELD_GATEWAY,
	};

	(void)memory;
	for (unsigned int i = REQUEST_OWN; i <= ECIPSUP_GATEWAY; i++)
		if (box_has(box, i))
			entry_append(frame, fields[i], box->values[i].text);
}

const struct box_request ecemsup_request = { .command = COMMAND_ECEMSUP, .form = form_ecemsup };
const struct box_request ecemrds_request = { .command = COMMAND_ECEMRDS };
const struct box_request ecipsup_request = { .command = COMMAND_WRITE, .form = form_ecipsup };
