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
	(void)device;
	memset(info, 0, sizeof(*info));
	info->card = 0;
	info->slot = 1;
	info->dip = 0x80 | 12;
	info->firmware = 4 << 24 | 1031;
	memcpy(info->ethernet, "\x00\xe0\x62\x20\x41\x86", sizeof(info->ethernet));
	strcpy((char *)info->module, "H2-ECOM100");
	return 0;
}

static int fake_set_registers(struct device *device, const struct ecom_registers *r)
{
	if (r->station != STATION_MAILBOX || r->address < REG_INFO || r->count > ECOM_REGISTERS_MAX ||
	    r->address + r->count > REG_INFO_END || !r->count)
		return -EINVAL;
	memcpy(FAKE(device)->registers + r->address, r->words, r->count * sizeof(r->words[0]));
	return 0;
}

static void fake_close(struct device *device)
{
	struct device_fake *fake = FAKE(device);

	if (fake->closed)
		*fake->closed = 1;
	close(device->fd);
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
	.set_registers = fake_set_registers,
	.info = fake_info,
	.close = fake_close,
};

struct device_fake *device_fake_new(void)
{
	struct device_fake *fake = g_new0(struct device_fake, 1);

	fake->device.operations = &operations;
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

void device_fake_mail(struct device_fake *fake, const char *to, const char *subject,
		      const char *body, unsigned int timeout_ms)
{
	static uint64_t id;
	struct ecom_request request = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	request.id = ++id;
	request.accepted_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	request.deadline_ns = request.accepted_ns + timeout_ms * 1000000ULL;
	request.card_generation = 0x11111111;
	request.host_generation = 0x22222222;
	request.command = COMMAND_ECEMAIL;
	request.tag = 5;
	request.length = (__u16)(ECEMAIL_TEXT + strlen(to) + strlen(subject) + strlen(body));
	request.frame[FRAME_VERSION] = FRAME_VERSION_VALUE;
	request.frame[FRAME_COMMAND] = COMMAND_ECEMAIL;
	request.frame[FRAME_TAG] = 5;
	request.frame[ECEMAIL_TO_LENGTH] = (__u8)strlen(to);
	request.frame[ECEMAIL_SUBJECT_LENGTH] = (__u8)strlen(subject);
	request.frame[ECEMAIL_BODY_LENGTH] = (__u8)strlen(body);
	sprintf((char *)request.frame + ECEMAIL_TEXT, "%s%s%s", to, subject, body);
	device_fake_push(fake, &request);
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
