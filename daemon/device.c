// SPDX-License-Identifier: GPL-2.0-or-later
/* The character device of a slot, by its system calls. */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <systemd/sd-device.h>
#include <unistd.h>

#include "device.h"

static int device_read(struct device *device, struct ecom_request *request)
{
	ssize_t n = read(device->fd, request, sizeof(*request));

	if (n < 0)
		return -errno;
	return (size_t)n == sizeof(*request) ? 0 : -EIO;
}

static int device_progress(struct device *device, const struct ecom_progress *progress)
{
	return ioctl(device->fd, ECOM_IOC_PROGRESS, progress) < 0 ? -errno : 0;
}

static int device_complete(struct device *device, const struct ecom_complete *complete)
{
	return ioctl(device->fd, ECOM_IOC_COMPLETE, complete) < 0 ? -errno : 0;
}

static int device_release(struct device *device, const struct ecom_release *release)
{
	return ioctl(device->fd, ECOM_IOC_RELEASE, release) < 0 ? -errno : 0;
}

static int device_set(struct device *device, const struct ecom_settings *settings)
{
	return ioctl(device->fd, ECOM_IOC_SET, settings) < 0 ? -errno : 0;
}

static int device_info(struct device *device, struct ecom_info *info)
{
	return ioctl(device->fd, ECOM_IOC_GET_INFO, info) < 0 ? -errno : 0;
}

static int device_get_registers(struct device *device, struct ecom_registers *registers)
{
	return ioctl(device->fd, ECOM_IOC_GET_REGISTERS, registers) < 0 ? -errno : 0;
}

static int device_set_registers(struct device *device, const struct ecom_registers *registers)
{
	return ioctl(device->fd, ECOM_IOC_SET_REGISTERS, registers) < 0 ? -errno : 0;
}

static int device_frames(struct device *device, struct ecom_frames *frames)
{
	return ioctl(device->fd, ECOM_IOC_GET_FRAMES, frames) < 0 ? -errno : 0;
}

static void device_close(struct device *device)
{
	close(device->fd);
	g_free(device->place);
	g_free(device);
}

static const struct device_operations operations = {
	.read = device_read,
	.progress = device_progress,
	.complete = device_complete,
	.release = device_release,
	.set = device_set,
	.info = device_info,
	.get_registers = device_get_registers,
	.set_registers = device_set_registers,
	.frames = device_frames,
	.close = device_close,
};

/* As udev's path_id has it, and as 60-ecemail.rules names the links by it. */
static char *find_place(int fd)
{
	sd_device *node = NULL, *pci;
	const char *path, *name;
	char *place = NULL;
	struct stat st;
	unsigned int card, slot;

	if (fstat(fd, &st) < 0 || sd_device_new_from_stat_rdev(&node, &st) < 0)
		return NULL;
	if (sd_device_get_sysname(node, &name) < 0 ||
	    sscanf(name, "ecom%us%u", &card, &slot) != 2)
		path = NULL;
	else if (sd_device_get_property_value(node, "ID_PATH", &path) >= 0)
		place = g_strdup_printf("%s-slot%u", path, slot);
	else if (sd_device_get_parent_with_subsystem_devtype(node, "pci", NULL, &pci) >= 0 &&
		 sd_device_get_sysname(pci, &path) >= 0)
		place = g_strdup_printf("pci-%s-slot%u", path, slot);
	sd_device_unref(node);
	return place;
}

int device_open(struct device **result, const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct device *device;

	if (fd < 0)
		return -errno;
	device = g_new(struct device, 1);
	*device = (struct device){ &operations, fd, find_place(fd) };
	*result = device;
	return 0;
}
