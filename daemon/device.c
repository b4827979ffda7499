// SPDX-License-Identifier: GPL-2.0-or-later
/* The character device of a slot, by its system calls. */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/ioctl.h>
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

int device_open(struct device **result, const char *path)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct device *device;

	if (fd < 0)
		return -errno;
	device = g_new(struct device, 1);
	*device = (struct device){ &operations, fd };
	*result = device;
	return 0;
}
