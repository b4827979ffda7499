// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "card.h"

#define DPRAM_SIZE     0x10000
#define DOORBELLS_SIZE 0x100
#define DEVICES	       "/sys/bus/pci/devices"

/* Held while the maps are replaced, so that the heart does not touch them */
static pthread_mutex_t mapping = PTHREAD_MUTEX_INITIALIZER;

void sleep_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

static int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	return 0;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

static bool is_ivshmem(const char *pci)
{
	char path[300], vendor[16], device[16];

	snprintf(path, sizeof(path), DEVICES "/%s/vendor", pci);
	if (read_text(path, vendor, sizeof(vendor)))
		return false;
	snprintf(path, sizeof(path), DEVICES "/%s/device", pci);
	if (read_text(path, device, sizeof(device)))
		return false;
	return !strcmp(vendor, "0x1af4\n") && !strcmp(device, "0x1110\n");
}

static int find_card(struct card *card)
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (is_ivshmem(entry->d_name)) {
			snprintf(card->pci, sizeof(card->pci), "%.31s", entry->d_name);
			closedir(dir);
			return 0;
		}
	}
	fprintf(stderr, "no PCI device 1af4:1110 in this guest\n");
	return -1;
}

static void *map_bar(struct card *card, int bar, size_t size)
{
	char path[300];
	void *map;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/resource%d", card->pci, bar);
	fd = open(path, O_RDWR);
	map = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fprintf(stderr, "%s: cannot map: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return map == MAP_FAILED ? NULL : map;
}

/*
 * Binding takes the BARs away from user space, even from existing maps; with
 * iomem=relaxed on the kernel's command line they can be mapped again.
 */
static int map_bars(struct card *card)
{
	if (card->dpram)
		munmap((void *)card->dpram, DPRAM_SIZE);
	if (card->doorbells)
		munmap((void *)card->doorbells, DOORBELLS_SIZE);
	card->doorbells = map_bar(card, 0, DOORBELLS_SIZE);
	card->dpram = map_bar(card, 2, DPRAM_SIZE);
	return card->doorbells && card->dpram ? 0 : -1;
}

static void enable(struct card *card)
{
	char path[300];

	snprintf(path, sizeof(path), DEVICES "/%s/enable", card->pci);
	write_file(path, "1");
}

static void *heart(void *argument)
{
	struct card *card = argument;

	for (;;) {
		pthread_mutex_lock(&mapping);
		if (__atomic_load_n(&card->beating, __ATOMIC_ACQUIRE))
			card_set(card, 0x24, card_get(card, 0x24) + 1);
		pthread_mutex_unlock(&mapping);
		sleep_ms(200);
	}
	return NULL;
}

int card_open(struct card *card)
{
	pthread_t thread;

	memset(card, 0, sizeof(*card));
	if (find_card(card))
		return -1;
	card_unbind(card);
	enable(card);
	if (map_bars(card))
		return -1;
	return pthread_create(&thread, NULL, heart, card) ? -1 : 0;
}

void card_close(struct card *card)
{
	card_beat(card, false);
	card_unbind(card);
}

void card_beat(struct card *card, bool beating)
{
	__atomic_store_n(&card->beating, beating, __ATOMIC_RELEASE);
}

uint32_t card_get(struct card *card, uint32_t offset)
{
	return __atomic_load_n((volatile uint32_t *)(card->dpram + offset), __ATOMIC_ACQUIRE);
}

void card_set(struct card *card, uint32_t offset, uint32_t value)
{
	__atomic_store_n((volatile uint32_t *)(card->dpram + offset), value, __ATOMIC_RELEASE);
}

uint32_t slot_block(unsigned int slot)
{
	return 0x400 + slot * 0x400;
}

void card_set_bytes(struct card *card, uint32_t offset, const void *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 4) {
		uint32_t word = 0;

		memcpy(&word, (const uint8_t *)bytes + i, size - i < 4 ? size - i : 4);
		card_set(card, offset + i, word);
	}
}

static void fill_slot(struct card *card, unsigned int slot)
{
	uint32_t block = slot_block(slot);

	card_set(card, block + 0x000, slot + 1);
	card_set(card, block + 0x004, 0x80 | (12 + slot));
	card_set(card, block + 0x008, 4 << 24 | 1031);
	card_set(card, block + 0x00c, 0x10001 + slot);
	card_set_bytes(card, block + 0x010, "H2-ECOM100\0\0\0\0\0", 16);
	card_set_bytes(card, block + 0x020, "\x00\xe0\x62\x20\x41\x86\0", 8);
	card_set(card, block + 0x040, card_get(card, block + 0x200));
	card_set(card, block + 0x0d0, card_get(card, block + 0x208));
}

void card_spoil(struct card *card, uint8_t byte)
{
	uint32_t offset;

	card_beat(card, false);
	for (offset = 0; offset < DPRAM_SIZE; offset += 4)
		card_set(card, offset, byte * 0x01010101U);
}

/* Hardware specification, section 4.1 */
void card_power_up(struct card *card, uint32_t generation)
{
	unsigned int i;

	card_set(card, 0x00, 0);
	card_set(card, 0x04, 0x00010000);
	card_set(card, 0x08, DPRAM_SIZE);
	card_set(card, 0x0c, CARD_SLOTS);
	card_set(card, 0x10, 0x400);
	card_set(card, 0x14, 0x400);
	card_set(card, 0x18, 0x100);
	card_set(card, 0x1c, 0);
	card_set(card, 0x20, generation);
	card_set(card, 0x28, 1);
	card_set(card, 0x2c, 0x0c);
	card_set(card, 0x30, 0x10000);
	card_set(card, 0x34, 1 << 24);
	card_set_bytes(card, 0x38, "SELFTEST-1\0\0\0\0\0", 16);
	for (i = 0; i < CARD_SLOTS; i++)
		fill_slot(card, i);
	card_set(card, 0x00, 0x4d4f4345);
	card_beat(card, true);
	card_raise_event(card);
}

int card_bind(struct card *card)
{
	char path[300];
	int result;

	snprintf(path, sizeof(path), DEVICES "/%s/driver_override", card->pci);
	if (write_file(path, "ecom"))
		return -1;
	pthread_mutex_lock(&mapping);
	result = write_file("/sys/bus/pci/drivers/ecom/bind", card->pci);
	/* udev, which the stock guest has, may have been first, if late */
	if (result && errno == EBUSY && !card_unbind(card))
		result = write_file("/sys/bus/pci/drivers/ecom/bind", card->pci);
	if (map_bars(card))
		result = -1;
	pthread_mutex_unlock(&mapping);
	return result;
}

int card_unbind(struct card *card)
{
	return write_file("/sys/bus/pci/drivers/ecom/unbind", card->pci);
}

int card_attribute(struct card *card, const char *name, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", card->pci, name);
	return write_file(path, text);
}

int card_read_attribute(struct card *card, const char *name, char *text, size_t size)
{
	char path[300];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", card->pci, name);
	return read_text(path, text, size);
}

int card_remove(struct card *card)
{
	int result;

	pthread_mutex_lock(&mapping);
	munmap((void *)card->dpram, DPRAM_SIZE);
	munmap((void *)card->doorbells, DOORBELLS_SIZE);
	card->dpram = NULL;
	card->doorbells = NULL;
	result = card_attribute(card, "remove", "1");
	if (!result)
		return 0;
	pthread_mutex_unlock(&mapping);
	return result;
}

int card_rescan(struct card *card)
{
	int result = write_file("/sys/bus/pci/rescan", "1");

	/* udev may have bound it already */
	card_unbind(card);
	enable(card);
	if (map_bars(card))
		result = -1;
	pthread_mutex_unlock(&mapping);
	return result;
}

int open_device(const char *path, int flags)
{
	int i, fd = -1;

	/* devtmpfs needs a moment after bind, udev in the stock guest another */
	for (i = 0; i < 300; i++) {
		fd = open(path, flags | O_CLOEXEC);
		if (fd >= 0 || (errno != ENOENT && errno != ENXIO && errno != ENODEV))
			break;
		sleep_ms(10);
	}
	return fd;
}

int open_slot(int flags)
{
	return open_device("/dev/ecom0s1", flags);
}

/* The device's own peer number is at offset 8, the doorbell at 12. */
void card_ring(struct card *card, uint32_t vector)
{
	if (vector != 0xffffffff)
		card->doorbells[3] = card->doorbells[2] << 16 | vector;
}

void card_raise(struct card *card, unsigned int slot)
{
	card_ring(card, card_get(card, slot_block(slot) + 0x210));
}

void card_raise_event(struct card *card)
{
	card_ring(card, card_get(card, 0x10c));
}

void card_raise_everything(struct card *card)
{
	uint32_t vector;

	for (vector = 0; vector <= CARD_SLOTS; vector++)
		card_ring(card, vector);
}

void card_post_wx(struct card *card, unsigned int slot, uint8_t station, uint16_t address,
		  const void *data, uint8_t length)
{
	uint32_t block = slot_block(slot);

	card_set_bytes(card, block + 0x050, data, length <= 128 ? length : 128);
	card_set(card, block + 0x044, length << 8 | station);
	card_set(card, block + 0x048, address);
	card_set(card, block + 0x040, card_get(card, block + 0x040) + 1);
	card_raise(card, slot);
}

/*
 * Most answers come soon; but who waits for one by running keeps the processor
 * from QEMU, which has to bring it.
 */
int card_wait(struct card *card, uint32_t offset, uint32_t value, int ms)
{
	const struct timespec pause = { 0, 100000 };
	uint64_t end = 0;

	while (card_get(card, offset) != value) {
		if (!end)
			end = now_ms() + ms;
		else if (now_ms() >= end)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int card_wait_acknowledge(struct card *card, unsigned int slot, bool rx)
{
	uint32_t block = slot_block(slot);

	if (card_wait(card, block + (rx ? 0x208 : 0x200),
		      card_get(card, block + (rx ? 0x0d0 : 0x040)), PATIENCE_MS))
		return -1;
	return card_get(card, block + (rx ? 0x20c : 0x204));
}

int card_wx(struct card *card, unsigned int slot, uint8_t station, uint16_t address,
	    const void *data, uint8_t length)
{
	card_post_wx(card, slot, station, address, data, length);
	return card_wait_acknowledge(card, slot, false);
}

int card_rx(struct card *card, unsigned int slot, uint8_t station, uint16_t address,
	    uint8_t length, void *data)
{
	uint32_t block = slot_block(slot);
	int result, i;

	card_set(card, block + 0x0d4, length << 8 | station);
	card_set(card, block + 0x0d8, address);
	card_set(card, block + 0x0d0, card_get(card, block + 0x0d0) + 1);
	card_raise(card, slot);
	result = card_wait_acknowledge(card, slot, true);
	for (i = 0; !result && data && i < length; i++)
		((uint8_t *)data)[i] = card->dpram[block + 0x220 + i];
	return result;
}

int card_mail(struct card *card, unsigned int slot, uint8_t tag)
{
	const uint8_t frame[] = { 1, 1, tag, 0, 0, 0, 1, 0, 'x' };

	return card_wx(card, slot, 0x89, 0, frame, sizeof(frame));
}

int card_result(struct card *card, unsigned int slot, uint8_t tag, unsigned int word)
{
	uint8_t bytes[2];

	if (card_rx(card, slot, 0x89, 040000 + tag * 0100 + word, 2, bytes))
		return -1;
	return bytes[0] | bytes[1] << 8;
}
