// SPDX-License-Identifier: GPL-2.0-or-later
/* The module information registers of a slot, V100 to V377 of station 89. */

#include <errno.h>
#include <string.h>

#include "command.h"
#include "journal.h"
#include "module.h"
#include "network.h"

#define DIP_MODULE_ID 0x3f

static uint16_t *word(uint16_t *words, unsigned int reg)
{
	return &words[reg - REG_INFO];
}

/* An octet a word */
static void put_address(uint16_t *to, struct in_addr address)
{
	const uint8_t *octets = (const uint8_t *)&address;

	for (unsigned int i = 0; i < sizeof(address); i++)
		to[i] = octets[i];
}

/* Two bytes a word, the first one low */
static void put_bytes(uint16_t *to, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i / 2] |= (uint16_t)(bytes[i] << (i % 2 * 8));
}

static void put_text(uint16_t *words, unsigned int reg, const char *text, size_t size)
{
	size_t length = text ? MIN(strlen(text), size) : 0;

	*word(words, reg) = (uint16_t)length;
	put_bytes(word(words, reg + 1), (const uint8_t *)text, length);
}

static void put_network(uint16_t *words, const struct setup *setup)
{
	struct network network;

	if (network_read(&network, setup->source_interface, setup->server) < 0)
		return;
	put_address(word(words, INFO_IP_ADDRESS), network.address);
	put_address(word(words, INFO_SUBNET_MASK), network.mask);
	put_address(word(words, INFO_GATEWAY), network.gateway);
	*word(words, INFO_FLAGS) = network.dynamic ? INFO_DHCP : 0;
}

void module_form(uint16_t words[MODULE_WORDS], const struct ecom_info *info,
		 const struct setup *setup, unsigned int changed)
{
	memset(words, 0, MODULE_WORDS * sizeof(*words));
	*word(words, INFO_VERSION) = INFO_VERSION_VALUE;
	*word(words, INFO_MODULE_ID) = info->dip & DIP_MODULE_ID;
	*word(words, INFO_DETAIL) = (uint16_t)setup->detail;
	put_network(words, setup);
	put_bytes(word(words, INFO_ETHERNET), info->ethernet, sizeof(info->ethernet));
	*word(words, INFO_FIRMWARE) = (uint16_t)info->firmware;
	*word(words, INFO_FIRMWARE + 1) = (uint16_t)(info->firmware >> 16);
	*word(words, INFO_CHANGED) = (uint16_t)changed;
	put_text(words, INFO_NAME_LENGTH, setup->module_name, INFO_NAME_SIZE);
	put_text(words, INFO_DESCRIPTION_LENGTH, setup->module_description, INFO_DESCRIPTION_SIZE);
}

/* All but the description in one go: a snapshot holds together. */
static int publish(struct device *device, const uint16_t words[MODULE_WORDS])
{
	struct ecom_registers registers = { .station = STATION_MAILBOX };
	int r = 0;

	for (unsigned int i = 0; i < MODULE_WORDS && r >= 0; i += registers.count) {
		unsigned int end = i < INFO_DESCRIPTION_LENGTH - REG_INFO ?
					   INFO_DESCRIPTION_LENGTH - REG_INFO :
					   MODULE_WORDS;

		registers.address = (uint16_t)(REG_INFO + i);
		registers.count = (uint16_t)(end - i);
		memcpy(registers.words, words + i, registers.count * sizeof(*words));
		r = device->operations->set_registers(device, &registers);
	}
	return r;
}

static unsigned int changed_fields(const struct store *store)
{
	unsigned int changed = 0;
	const char *field;

	for (unsigned int i = FIELD_SERVER; (field = command_setup_field(i)); i++)
		if (store && store_is_ladder(store, field))
			changed |= 1U << i;
	return changed;
}

int module_publish(struct slot *slot)
{
	uint16_t words[MODULE_WORDS];
	struct ecom_info info;
	int r;

	if (!slot->device)
		return -ENODEV;
	r = slot->device->operations->info(slot->device, &info);
	if (r >= 0) {
		module_form(words, &info, slot->setup, changed_fields(slot->store));
		r = publish(slot->device, words);
	}
	if (r < 0 && r != -ENODEV)
		journal_log(LOG_ERR, NULL, "%s: cannot publish the module information: %s",
			    slot->name, strerror(-r));
	return r;
}
