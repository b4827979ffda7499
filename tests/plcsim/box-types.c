// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of boxes, and of their parameters */
#include <ctype.h>
#include <string.h>

#include "tests/plcsim/box.h"

// clang-format off
static const struct parameter ecom100_parameters[] = {
	/* name                          kind               size min optional reserved */
	[ECOM100_NUMBER]    = { "ECOM#",      PARAMETER_K,       255, 0,  false,   false },
	[ECOM100_SLOT]      = { "Slot",       PARAMETER_K,       7, 0,    false,   false },
	[ECOM100_STATUS]    = { "Status",     PARAMETER_V,       1, 0,    false,   false },
	[ECOM100_WORKSPACE] = { "Workspace",  PARAMETER_V,       1, 0,    false,   true },
	[ECOM100_BUFFER]    = { "Msg Buffer", PARAMETER_V, MESSAGE_BUFFER_WORDS, 0, false, true },
};

/* The first ones of all boxes that send a request */
#define REQUEST_PARAMETERS(code_optional)                                                   \
	/* name                          kind            size min optional reserved */      \
	[REQUEST_NUMBER]    = { "ECOM#",      PARAMETER_K,   255, 0, false, false },         \
	[REQUEST_WORKSPACE] = { "Workspace",  PARAMETER_V,   1,   0, false, true },          \
	[REQUEST_SUCCESS]   = { "Success",    PARAMETER_BIT, 0,   0, false, false },         \
	[REQUEST_ERROR]     = { "Error",      PARAMETER_BIT, 0,   0, false, false },         \
	[REQUEST_CODE]      = { "Error Code", PARAMETER_V,   1,   0, code_optional, false }

static const struct parameter ecemail_parameters[] = {
	REQUEST_PARAMETERS(false),
	[ECEMAIL_TO]        = { "To",         PARAMETER_TEXT,    0, 0,    true,    false },
	[ECEMAIL_SUBJECT]   = { "Subject",    PARAMETER_ESCAPED, 0, 0,    true,    false },
	[ECEMAIL_BODY]      = { "Body",       PARAMETER_VPRINT,  0, 0,    true,    false },
};

static const struct parameter ecemsup_parameters[] = {
	REQUEST_PARAMETERS(false),
	[ECEMSUP_SERVER]         = { "Server",         PARAMETER_TEXT, 0,     0, true, false },
	[ECEMSUP_SENDER_NAME]    = { "Sender Name",    PARAMETER_TEXT, 0,     0, true, false },
	[ECEMSUP_SENDER_ADDRESS] = { "Sender Address", PARAMETER_TEXT, 0,     0, true, false },
	[ECEMSUP_CC]             = { "Cc",             PARAMETER_TEXT, 0,     0, true, false },
	[ECEMSUP_PORT]           = { "Port",           PARAMETER_K,    65535, 1, true, false },
	[ECEMSUP_TIMEOUT]        = { "Timeout",        PARAMETER_K,    65535, 1, true, false },
};

static const struct parameter plain_parameters[] = { REQUEST_PARAMETERS(false) };

static const struct parameter ecipsup_parameters[] = {
	REQUEST_PARAMETERS(false),
	[ECIPSUP_ADDRESS] = { "IP Address",  PARAMETER_IP, 0, 0, true, false },
	[ECIPSUP_MASK]    = { "Subnet Mask", PARAMETER_IP, 0, 0, true, false },
	[ECIPSUP_GATEWAY] = { "Gateway",     PARAMETER_IP, 0, 0, true, false },
};

static const struct parameter ecrdmid_parameters[] = {
	REQUEST_PARAMETERS(true),
	[INFORMATION_VALUE] = { "Module ID", PARAMETER_V, 1, 0, false, false },
};

static const struct parameter ecwrmid_parameters[] = {
	REQUEST_PARAMETERS(false),
	[INFORMATION_VALUE] = { "Module ID", PARAMETER_K, 63, 1, false, false },
};

static const struct parameter ecrdip_parameters[] = {
	REQUEST_PARAMETERS(true),
	[INFORMATION_VALUE] = { "IP Address", PARAMETER_V, 4, 0, false, false },
};

static const struct parameter ecwrip_parameters[] = {
	REQUEST_PARAMETERS(false),
	[INFORMATION_VALUE] = { "IP Address", PARAMETER_IP, 0, 0, false, false },
};

static const struct parameter ecrdnam_parameters[] = {
	REQUEST_PARAMETERS(true),
	[INFORMATION_VALUE] = { "Module Name",     PARAMETER_TARGET, 0,   0, false, false },
	[INFORMATION_BYTES] = { "Number of Bytes", PARAMETER_K,      128, 1, false, false },
};

static const struct parameter ecwrnam_parameters[] = {
	REQUEST_PARAMETERS(false),
	[INFORMATION_VALUE] = { "Module Name", PARAMETER_TEXT, 32, 0, false, false },
};

static const struct parameter ecrddes_parameters[] = {
	REQUEST_PARAMETERS(true),
	[INFORMATION_VALUE] = { "Module Desc",     PARAMETER_TARGET, 0,   0, false, false },
	[INFORMATION_BYTES] = { "Number of Bytes", PARAMETER_K,      128, 1, false, false },
};

static const struct parameter ecwrdes_parameters[] = {
	REQUEST_PARAMETERS(false),
	[INFORMATION_VALUE] = { "Module Desc", PARAMETER_TEXT, 64, 0, false, false },
};

static const struct parameter ecrdgwa_parameters[] = {
	REQUEST_PARAMETERS(true),
	[INFORMATION_VALUE] = { "Gateway", PARAMETER_V, 4, 0, false, false },
};

static const struct parameter ecwrgwa_parameters[] = {
	REQUEST_PARAMETERS(false),
	[INFORMATION_VALUE] = { "Gateway", PARAMETER_IP, 0, 0, false, false },
};

static const struct parameter ecrdsnm_parameters[] = {
	REQUEST_PARAMETERS(true),
	[INFORMATION_VALUE] = { "Subnet Mask", PARAMETER_V, 4, 0, false, false },
};

static const struct parameter ecwrsnm_parameters[] = {
	REQUEST_PARAMETERS(false),
	[INFORMATION_VALUE] = { "Subnet Mask", PARAMETER_IP, 0, 0, false, false },
};

static const struct parameter ecdhcpq_parameters[] = {
	REQUEST_PARAMETERS(true),
	[INFORMATION_VALUE] = { "DHCP Enabled", PARAMETER_BIT, 0, 0, false, false },
};

static const struct parameter ecrx_parameters[] = {
	[ECRX_NUMBER]    = { "ECOM#",              PARAMETER_K,      255, 0, false, false },
	[ECRX_WORKSPACE] = { "Workspace",          PARAMETER_V,      1,   0, false, true },
	[ECRX_STATION]   = { "Slave ID",           PARAMETER_K_OR_V, 90,  0, false, false },
	[ECRX_REMOTE]    = { "From Slave Element", PARAMETER_REMOTE, 0,   0, false, false },
	[ECRX_BYTES]     = { "Number of Bytes",    PARAMETER_K_OR_V, 128, 1, false, false },
	[ECRX_LOCAL]     = { "To Master Element",  PARAMETER_TARGET, 0,   0, false, false },
	[ECRX_SUCCESS]   = { "Success",            PARAMETER_BIT,    0,   0, false, false },
	[ECRX_ERROR]     = { "Error",              PARAMETER_BIT,    0,   0, false, false },
};

static const struct parameter ecwx_parameters[] = {
	[ECRX_NUMBER]    = { "ECOM#",               PARAMETER_K,      255, 0, false, false },
	[ECRX_WORKSPACE] = { "Workspace",           PARAMETER_V,      1,   0, false, true },
	[ECRX_STATION]   = { "Slave ID",            PARAMETER_K_OR_V, 90,  0, false, false },
	[ECRX_LOCAL]     = { "From Master Element", PARAMETER_SOURCE, 0,   0, false, false },
	[ECRX_BYTES]     = { "Number of Bytes",     PARAMETER_K_OR_V, 128, 1, false, false },
	[ECRX_REMOTE]    = { "To Slave Element",    PARAMETER_REMOTE, 0,   0, false, false },
	[ECRX_SUCCESS]   = { "Success",             PARAMETER_BIT,    0,   0, false, false },
	[ECRX_ERROR]     = { "Error",               PARAMETER_BIT,    0,   0, false, false },
};

/* Boxes that send a request at the leading edge */
#define REQUEST_BOX(name, ib, table, request, bytes)                            \
	{ name, ib, false, true, table##_parameters,                            \
	  G_N_ELEMENTS(table##_parameters), &request_operations, request, bytes }
#define INFORMATION_BOX(name, ib, table, bytes) \
	REQUEST_BOX(name, 700 + (ib), table, &information_requests[ib], bytes)

static const struct box_type box_types[] = {
	/* name      IB   config edge */
	{ "ECOM100", 710, true,  false,
	  ecom100_parameters, G_N_ELEMENTS(ecom100_parameters), &ecom100_operations, NULL, 0 },
	REQUEST_BOX("ECEMAIL", ECEMAIL_IB, ecemail, &ecemail_request, 0),
	REQUEST_BOX("ECEMSUP", ECEMSUP_IB, ecemsup, &ecemsup_request, 0),
	REQUEST_BOX("EMLCFG",  ECEMSUP_IB, ecemsup, &ecemsup_request, 0), /* in seed 000 */
	REQUEST_BOX("ECEMRDS", 713, plain, &ecemrds_request, 0),
	REQUEST_BOX("ECIPSUP", 717, ecipsup, &ecipsup_request, 0),
	INFORMATION_BOX("ECRDMID", 20, ecrdmid, 0),
	INFORMATION_BOX("ECWRMID", 21, ecwrmid, 0),
	INFORMATION_BOX("ECRDIP",  22, ecrdip, 0),
	INFORMATION_BOX("ECWRIP",  23, ecwrip, 0),
	INFORMATION_BOX("ECRDNAM", 24, ecrdnam, INFORMATION_BYTES),
	INFORMATION_BOX("ECWRNAM", 25, ecwrnam, 0),
	INFORMATION_BOX("ECRDDES", 26, ecrddes, INFORMATION_BYTES),
	INFORMATION_BOX("ECWRDES", 27, ecwrdes, 0),
	INFORMATION_BOX("ECRDGWA", 30, ecrdgwa, 0),
	INFORMATION_BOX("ECWRGWA", 31, ecwrgwa, 0),
	INFORMATION_BOX("ECRDSNM", 32, ecrdsnm, 0),
	INFORMATION_BOX("ECWRSNM", 33, ecwrsnm, 0),
	INFORMATION_BOX("ECDHCPQ", 34, ecdhcpq, 0),
	INFORMATION_BOX("ECDHCPE", 35, plain, 0),
	INFORMATION_BOX("ECDHCPD", 36, plain, 0),
	{ "ECRX",    ECRX_IB, false, false,
	  ecrx_parameters, G_N_ELEMENTS(ecrx_parameters), &ecrx_operations, NULL, ECRX_BYTES },
	{ "ECWX",    ECWX_IB, false, false,
	  ecwx_parameters, G_N_ELEMENTS(ecwx_parameters), &ecrx_operations, NULL, ECRX_BYTES },
};
// clang-format on

const struct box_type *box_type_at(size_t i)
{
	return i < G_N_ELEMENTS(box_types) ? &box_types[i] : NULL;
}

const struct box_type *box_type_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(box_types); i++)
		if (strcmp(box_types[i].name, name) == 0)
			return &box_types[i];
	return NULL;
}

static bool begins_with(const char *text, const char *name)
{
	size_t length = strlen(name);

	return strncmp(text, name, length) == 0 &&
	       (!text[length] || isblank((unsigned char)text[length]));
}

size_t box_parameter_name(const char *text)
{
	size_t longest = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(box_types); i++) {
		const struct box_type *type = &box_types[i];

		for (size_t p = 0; p < type->parameter_count; p++)
			if (begins_with(text, type->parameters[p].name))
				longest = MAX(longest, strlen(type->parameters[p].name));
	}
	return longest;
}
