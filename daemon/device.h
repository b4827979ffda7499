/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ECEMAIL_DEVICE_H
#define ECEMAIL_DEVICE_H

#include <linux/ecom.h>

/*
 * The daemon's side of a slot's device. Calls return 0 or a negative errno, as
 * uapi/linux/ecom.h has them. A structure of functions, so that tests can
 * stand in for the driver.
 */
struct device {
	const struct device_operations *operations;
	int fd; /* to be polled for EPOLLIN and EPOLLHUP */
	char *place; /* of card and slot, "pci-0000:05:00.0-slot1"; NULL: not known */
};

struct device_operations {
	int (*read)(struct device *device, struct ecom_request *request);
	int (*progress)(struct device *device, const struct ecom_progress *progress);
	int (*complete)(struct device *device, const struct ecom_complete *complete);
	int (*release)(struct device *device, const struct ecom_release *release);
	int (*set)(struct device *device, const struct ecom_settings *settings);
	int (*info)(struct device *device, struct ecom_info *info);
	int (*get_registers)(struct device *device, struct ecom_registers *registers);
	int (*set_registers)(struct device *device, const struct ecom_registers *registers);
	int (*frames)(struct device *device, struct ecom_frames *frames);
	void (*close)(struct device *device); /* frees it, too */
};

/* Opens /dev/ecom<card>s<slot>. */
int device_open(struct device **device, const char *path);

#endif /* ECEMAIL_DEVICE_H */
