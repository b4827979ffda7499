// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers and frames, by whichever way is open. */

#include <errno.h>
#include <fcntl.h>
#include <linux/ecom_slave89.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bus.h"
#include "command.h"
#include "inspect.h"

static unsigned int to_bcd(unsigned int station)
{
	return station / 10 << 4 | station % 10;
}

static int refuse(const struct slot *slot, int error)
{
	if (error == EINVAL)
		return complain(EXIT_USAGE, "%s: no such registers", slot->name);
	return complain(EXIT_UNKNOWN, "%s: %s", slot->device, g_strerror(error));
}

/* -EACCES: ask the daemon instead. */
static int ask_device(const struct slot *slot, unsigned long request, void *argument)
{
	int fd = open(slot->device, O_RDONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, request, argument) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int bus_registers(const struct slot *slot, const struct ecom_registers *wanted,
			 unsigned int station, guint16 *words)
{
	g_autoptr(GVariant) reply = NULL, array = NULL;
	const guint16 *data;
	gsize n;
	int r;

	reply = bus_call(slot, "GetRegisters",
			 g_variant_new("(qqq)", station, wanted->address, wanted->count), &r);
	if (!reply)
		return r;
	array = g_variant_get_child_value(reply, 0);
	data = g_variant_get_fixed_array(array, &n, sizeof(*data));
	if (n < wanted->count)
		return complain(EXIT_UNKNOWN, "%s: the daemon's answer is too short", slot->name);
	memcpy(words, data, wanted->count * sizeof(*words));
	return EXIT_OK;
}

/* One ioctl gives up to ECOM_REGISTERS_MAX. */
static int read_part(const struct slot *slot, unsigned int station, unsigned int address,
		     unsigned int count, guint16 *words)
{
	struct ecom_registers part = { .station = (__u16)to_bcd(station),
				       .address = (__u16)address,
				       .count = (__u16)count };
	int r = ask_device(slot, ECOM_IOC_GET_REGISTERS, &part);

	if (r == -EACCES || r == -EPERM)
		return bus_registers(slot, &part, station, words);
	if (r < 0)
		return refuse(slot, -r);
	memcpy(words, part.words, count * sizeof(*words));
	return EXIT_OK;
}

int inspect_registers(const struct slot *slot, unsigned int station, unsigned int address,
		      unsigned int count, guint16 *words)
{
	int r = EXIT_OK;

	for (unsigned int n, i = 0; !r && i < count; i += n) {
		n = MIN(count - i, ECOM_REGISTERS_MAX);
		r = read_part(slot, station, address + i, n, words + i);
	}
	return r;
}

static void take_frame(struct ecom_frame *frame, GVariant *tuple)
{
	g_autoptr(GVariant) bytes = NULL;
	const guint8 *data;
	guint16 result, station, address;
	guint32 sequence;
	guint64 when;
	gsize n;

	g_variant_get(tuple, "(tuqqq@ay)", &when, &sequence, &result, &station, &address, &bytes);
	data = g_variant_get_fixed_array(bytes, &n, 1);
	*frame = (struct ecom_frame){ .when_ns = when,
				      .sequence = sequence,
				      .result = result,
				      .station = (__u16)to_bcd(station),
				      .address = address,
				      .length = (__u16)MIN(n, ECOM_FRAME_MAX) };
	memcpy(frame->data, data, frame->length);
}

static int bus_frames(const struct slot *slot, struct ecom_frames *frames)
{
	g_autoptr(GVariant) reply = NULL, wx = NULL, rx = NULL;
	int r;

	reply = bus_call(slot, "GetFrames", NULL, &r);
	if (!reply)
		return r;
	wx = g_variant_get_child_value(reply, 0);
	rx = g_variant_get_child_value(reply, 1);
	take_frame(&frames->wx, wx);
	take_frame(&frames->rx, rx);
	return EXIT_OK;
}

/* The device says when by the clock since boot, the daemon by that of the day. */
static void to_wall(struct ecom_frame *frame)
{
	struct timespec boot;

	if (!frame->when_ns)
		return;
	clock_gettime(CLOCK_BOOTTIME, &boot);
	frame->when_ns = (guint64)g_get_real_time() -
			 ((guint64)boot.tv_sec * 1000000 + (guint64)boot.tv_nsec / 1000 -
			  frame->when_ns / 1000);
}

int inspect_frames(const struct slot *slot, struct ecom_frames *frames)
{
	int r = ask_device(slot, ECOM_IOC_GET_FRAMES, frames);

	if (r == -EACCES || r == -EPERM)
		return bus_frames(slot, frames);
	if (r < 0)
		return refuse(slot, -r);
	to_wall(&frames->wx);
	to_wall(&frames->rx);
	return EXIT_OK;
}
