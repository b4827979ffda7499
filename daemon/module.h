/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_MODULE_H
#define ECEMAIL_MODULE_H

#include <linux/ecom.h>
#include <linux/ecom_slave89.h>
#include <stdint.h>

#include "setup.h"
#include "slot.h"

/* Words from REG_INFO on that the daemon publishes */
#define MODULE_WORDS (INFO_DESCRIPTION + INFO_DESCRIPTION_SIZE / 2 - REG_INFO)

/*
 * The module information (mock-slave-89.rst, 2.5) of a slot with that setup;
 * @changed: fields that a ladder program has changed, as in INFO_CHANGED.
 */
void module_form(uint16_t words[MODULE_WORDS], const struct ecom_info *info,
		 const struct setup *setup, unsigned int changed);

/* Publishes it as it is now. Returns 0 or a negative errno. */
int module_publish(struct slot *slot);

#endif /* ECEMAIL_MODULE_H */
