// SPDX-License-Identifier: GPL-2.0-or-later
/* A slot's device without a driver; an eventfd makes it pollable. */

#include <errno.h>
#include <linux/ecom_slave89.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "device-fake.h"

#define FAKE(device) ((struct device_fake *)(device))

static int fake_take(struct device *device, struct ecom_request *request)
{
	struct ecom_request *head = g_queue_pop_head(&FAKE(device)->queue);
	uint64_t one;

	if (!head || read(device->fd, &one, sizeof(one)) != sizeof(one))
		return -EAGAIN;
	*request = *head;
	g_free(head);
	return 0;
}

static int fake_read(struct device *device, struct ecom_request *request)
{
	if (FAKE(device)->read_error)
		return FAKE(device)->read_error;
	return fake_take(device, request);
}

static int fake_progress(struct device *device, const struct ecom_progress *progress)
{
	struct device_fake *fake = FAKE(device);

	g_array_append_val(fake->progress, *progress);
	if (fake->gone_at >= 0 && progress->state >= fake->gone_at) {
		g_usleep(fake->stall_ms * 1000);
		return -ENODEV;
	}
	return progress->state == fake->stale_at ? -ESTALE : 0;
}

static int fake_complete(struct device *device, const struct ecom_complete *complete)
{
	struct device_fake *fake = FAKE(device);

	g_array_append_val(fake->complete, *complete);
	if (fake->gone_at >= 0)
		return -ENODEV;
	return fake->stale_at >= 0 ? -ESTALE : 0;
}

static int fake_release(struct device *device, const struct ecom_release *release)
{
	g_array_append_val(FAKE(device)->release, *release);
	return 0;
}

static int fake_set(struct device *device, const struct ecom_settings *settings)
{
	FAKE(device)->settings = *settings;
	return 0;
}

static int fake_info(struct device *device, struct ecom_info *info)
{
	memset(info, 0, sizeof(*info));
	info->card_generation = FAKE(device)->generation;
	info->card = 0;
	info->slot = 1;
	info->dip = 0x80 | 12;
	info->firmware = 4 << 24 | 1031;
	memcpy(info->ethernet, "\x00\xe0\x62\x20\x41\x86", sizeof(info->ethernet));
	strcpy((char *)info->module, "H2-ECOM100");
	return 0;
}

static uint16_t *find_words(struct device_fake *fake, const struct ecom_registers *registers)
{
	size_t size = registers->station == STATION_MAILBOX ? G_N_ELEMENTS(fake->registers) :
							      G_N_ELEMENTS(fake->scratch);

	if (registers->count < 1 || registers->count > ECOM_REGISTERS_MAX ||
	    (registers->station != STATION_MAILBOX && registers->station != STATION_SCRATCH) ||
	    registers->address + registers->count > size)
		return NULL;
	return (registers->station == STATION_MAILBOX ? fake->registers : fake->scratch) +
	       registers->address;
}

static int fake_get_registers(struct device *device, struct ecom_registers *registers)
{
	const uint16_t *words = find_words(FAKE(device), registers);

	if (!words)
		return -EINVAL;
	memcpy(registers->words, words, registers->count * sizeof(*words));
	return 0;
}

static int fake_set_registers(struct device *device, const struct ecom_registers *registers)
{
	uint16_t *words = find_words(FAKE(device), registers);

	if (!words)
		return -EINVAL;
	memcpy(words, registers->words, registers->count * sizeof(*words));
	return 0;
}

static int fake_frames(struct device *device, struct ecom_frames *frames)
{
	(void)device;
	memset(frames, 0, sizeof(*frames));
	frames->wx.sequence = 7;
	frames->wx.station = STATION_MAILBOX;
	frames->wx.length = 4;
	memcpy(frames->wx.data, "\x01\x82\x08", 4);
	return 0;
}

static void fake_close(struct device *device)
{
	struct device_fake *fake = FAKE(device);

	if (fake->closed)
		*fake->closed = 1;
	close(device->fd);
	g_free(device->place);
	g_queue_clear_full(&fake->queue, g_free);
	g_array_unref(fake->progress);
	g_array_unref(fake->complete);
	g_array_unref(fake->release);
	g_free(fake);
}

static const struct device_operations operations = {
	.read = fake_read,
	.progress = fake_progress,
	.complete = fake_complete,
	.release = fake_release,
	.set = fake_set,
	.info = fake_info,
	.get_registers = fake_get_registers,
	.set_registers = fake_set_registers,
	.frames = fake_frames,
	.close = fake_close,
};

struct device_fake *device_fake_new(void)
{
	struct device_fake *fake = g_new0(struct device_fake, 1);

	fake->device.operations = &operations;
	fake->generation = 0x11111111;
	fake->device.place = g_strdup("pci-0000:05:00.0-slot1");
	fake->device.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
	fake->stale_at = -1;
	fake->gone_at = -1;
	fake->progress = g_array_new(FALSE, FALSE, sizeof(struct ecom_progress));
	fake->complete = g_array_new(FALSE, FALSE, sizeof(struct ecom_complete));
	fake->release = g_array_new(FALSE, FALSE, sizeof(struct ecom_release));
	return fake;
}

void device_fake_push(struct device_fake *fake, const struct ecom_request *request)
{
	uint64_t one = 1;

	g_queue_push_tail(&fake->queue, g_memdup2(request, sizeof(*request)));
	g_assert(write(fake->device.fd, &one, sizeof(one)) == sizeof(one));
}

void device_fake_command(struct device_fake *fake, unsigned int command, const void *parameters,
			 size_t length, unsigned int timeout_ms)
{
	static uint64_t id;
	struct ecom_request request = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	request.id = ++id;
	request.accepted_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	request.deadline_ns = request.accepted_ns + timeout_ms * 1000000ULL;
	request.card_generation = fake->generation;
	request.host_generation = 0x22222222;
	request.command = (__u8)command;
	request.tag = 5;
	request.length = (__u16)(FRAME_HEADER_SIZE + length);
	request.frame[FRAME_VERSION] = FRAME_VERSION_VALUE;
	request.frame[FRAME_COMMAND] = (__u8)command;
	request.frame[FRAME_TAG] = 5;
	g_assert(request.length <= FRAME_SIZE_MAX);
	if (length)
		memcpy(request.frame + FRAME_HEADER_SIZE, parameters, length);
	device_fake_push(fake, &request);
}

void device_fake_mail(struct device_fake *fake, const char *to, const char *subject,
		      const char *body, unsigned int timeout_ms)
{
	g_autofree char *parameters = g_strdup_printf("%c%c%c.%s%s%s", (int)strlen(to),
						      (int)strlen(subject), (int)strlen(body), to,
						      subject, body);

	parameters[ECEMAIL_RESERVED - FRAME_HEADER_SIZE] = 0;
	device_fake_command(fake, COMMAND_ECEMAIL, parameters,
			    ECEMAIL_TEXT - FRAME_HEADER_SIZE + strlen(to) + strlen(subject) +
				    strlen(body),
			    timeout_ms);
}

char *device_fake_states(const struct device_fake *fake)
{
	GString *states = g_string_new(NULL);

	for (guint i = 0; i < fake->progress->len; i++) {
		const struct ecom_progress *progress =
			&g_array_index(fake->progress, struct ecom_progress, i);

		g_string_append_printf(states, i ? " %u" : "%u", progress->state);
	}
	return g_string_free(states, FALSE);
}
