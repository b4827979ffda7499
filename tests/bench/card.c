// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bench's cards: plays them, and takes the time. Started by tests/bench/driver.py,
 * which has made the memory and the event file descriptors and serves QEMU's
 * connections. For each device there are 35 numbers on the command line: the
 * memory, what the card waits at, 17 of them, and what raises the device's
 * vectors, 17. The last device is the echo's.
 *
 * Commands by standard input, one answer in a line each:
 *
 *   power SLOTS              power all cards up, with as many slots each
 *   latency ROUNDS           echo, acknowledge and whole request, in ns, by turns
 *   frames ACTIVE SECONDS    frames accepted of each of as many slots
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/ecom_slave89.h>
#include "driver/card.h"

#define VECTORS	    17
#define NUMBERS	    (1 + 2 * VECTORS)
#define DEVICES_MAX 9
#define MEMORY_SIZE 0x10000
#define SLOT_BLOCK  0x400
#define PATIENCE_MS 5000

struct device {
	uint8_t *memory;
	int card_vectors[VECTORS];
	int device_vectors[VECTORS];
};

struct slot {
	struct device *device;
	uint32_t block;
	int fd; /* rung by the driver */
	uint32_t sequence;
	uint8_t tag;
	unsigned int accepted;
};

static struct device devices[DEVICES_MAX];
static int card_count;
static uint32_t generation = 0x1000;

static uint32_t get(const struct device *device, uint32_t offset)
{
	return __atomic_load_n((uint32_t *)(device->memory + offset), __ATOMIC_ACQUIRE);
}

static void set(struct device *device, uint32_t offset, uint32_t value)
{
	__atomic_store_n((uint32_t *)(device->memory + offset), value, __ATOMIC_RELEASE);
}

static void fail(const char *what)
{
	printf("failed: %s\n", what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void raise_vector(int fd)
{
	static const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		fail("cannot raise an interrupt");
}

static void wait_rung(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t count;

	if (poll(&p, 1, PATIENCE_MS) != 1 || read(fd, &count, sizeof(count)) != sizeof(count))
		fail("no doorbell");
}

static void *beat(void *unused __attribute__((unused)))
{
	int i;

	for (;; sleep(1))
		for (i = 0; i < card_count; i++)
			set(&devices[i], CARD_HEARTBEAT, get(&devices[i], CARD_HEARTBEAT) + 1);
	return NULL;
}

static void power_up_slot(struct device *card, uint32_t i)
{
	uint32_t block = SLOT_BLOCK * (1 + i);

	set(card, block + SLOT_NUMBER, i);
	set(card, block + SLOT_DIP, SLOT_DIP_7);
	set(card, block + SLOT_DOORBELL_VALUE, 1 << 16 | (1 + i));
	memcpy(card->memory + block + SLOT_MODULE, "H2-ECOM100", 10);
}

static void power_up(struct device *card, uint32_t slots)
{
	uint32_t i;

	set(card, CARD_MAGIC, 0);
	set(card, CARD_LAYOUT, CARD_LAYOUT_VALUE);
	set(card, CARD_DPRAM_SIZE, MEMORY_SIZE);
	set(card, CARD_SLOT_COUNT, slots);
	set(card, CARD_SLOT_OFFSET, SLOT_BLOCK);
	set(card, CARD_SLOT_SIZE, SLOT_BLOCK);
	set(card, CARD_HOST_OFFSET, CARD_BLOCK_SIZE);
	set(card, CARD_POWER, CARD_POWER_GOOD);
	set(card, CARD_DOORBELL_OFFSET, 0x0c);
	set(card, CARD_DOORBELL_VALUE, 1 << 16);
	memcpy(card->memory + CARD_SERIAL, "BENCH", 5);
	for (i = 0; i < slots; i++)
		power_up_slot(card, i);
	set(card, CARD_GENERATION, ++generation);
	set(card, CARD_MAGIC, CARD_MAGIC_VALUE);
}

static void power(uint32_t slots)
{
	int i;

	for (i = 0; i < card_count; i++)
		power_up(&devices[i], slots);
	puts("done");
}

static void ring(struct slot *slot)
{
	raise_vector(slot->device->device_vectors[get(slot->device, slot->block + SLOT_VECTOR)]);
}

static void post_wx(struct slot *slot)
{
	const uint8_t frame[4] = { FRAME_VERSION_VALUE, COMMAND_ECEMAIL, ++slot->tag, 0 };

	memcpy(slot->device->memory + slot->block + SLOT_WX_DATA, frame, sizeof(frame));
	set(slot->device, slot->block + SLOT_WX_HEADER,
	    MAILBOX_HEADER(STATION_MAILBOX, sizeof(frame)));
	set(slot->device, slot->block + SLOT_WX_ADDRESS, 0);
	slot->sequence = get(slot->device, slot->block + SLOT_WX_REQUEST) + 1;
	set(slot->device, slot->block + SLOT_WX_REQUEST, slot->sequence);
	ring(slot);
}

static bool wx_ended(const struct slot *slot)
{
	return get(slot->device, slot->block + SLOT_WX_ACK) == slot->sequence;
}

/* The status that an RX gives for the slot's tag */
static uint32_t read_status(struct slot *slot)
{
	struct device *device = slot->device;
	uint32_t sequence = get(device, slot->block + SLOT_RX_REQUEST) + 1;

	set(device, slot->block + SLOT_RX_HEADER, MAILBOX_HEADER(STATION_MAILBOX, 4));
	set(device, slot->block + SLOT_RX_ADDRESS, REG_RESULT(slot->tag));
	set(device, slot->block + SLOT_RX_REQUEST, sequence);
	ring(slot);
	while (get(device, slot->block + SLOT_RX_ACK) != sequence)
		wait_rung(slot->fd);
	return get(device, slot->block + SLOT_RX_DATA) >> 16;
}

static struct slot slot_of(int number)
{
	/* one of each card in turn */
	int i = number / card_count;

	return (struct slot){
		.device = &devices[number % card_count],
		.block = SLOT_BLOCK * (1 + i),
		.fd = devices[number % card_count].card_vectors[1 + i],
	};
}

static void pause_us(long us)
{
	struct timespec t = { 0, us * 1000 };

	nanosleep(&t, NULL);
}

static uint64_t time_echo(struct device *echo)
{
	uint64_t start = now();

	raise_vector(echo->device_vectors[0]);
	wait_rung(echo->card_vectors[0]);
	return now() - start;
}

/* Each round has one of each, so that what disturbs one disturbs them all. */
static void latency(int rounds)
{
	struct slot slot = slot_of(0);
	uint64_t start, acknowledged, ended, echo;

	for (; rounds; rounds--) {
		pause_us(500);
		echo = time_echo(&devices[card_count]);
		pause_us(500);
		start = now();
		post_wx(&slot);
		while (!wx_ended(&slot))
			wait_rung(slot.fd);
		acknowledged = now();
		if (get(slot.device, slot.block + SLOT_WX_RESULT) != MAILBOX_ACCEPTED)
			fail("a frame was not accepted");
		while (read_status(&slot) == STATUS_BUSY)
			if (now() - start > PATIENCE_MS * 1000000ull)
				fail("a request did not end");
		ended = now();
		printf("%llu %llu %llu ", (unsigned long long)echo,
		       (unsigned long long)(acknowledged - start),
		       (unsigned long long)(ended - start));
	}
	putchar('\n');
}

static void look_at(struct slot *slot)
{
	uint64_t count;

	if (read(slot->fd, &count, sizeof(count)) < 0 || !wx_ended(slot))
		return;
	slot->accepted += get(slot->device, slot->block + SLOT_WX_RESULT) == MAILBOX_ACCEPTED;
	post_wx(slot);
}

static void start_frames(int epoll, struct slot *slots, int active)
{
	int i;

	for (i = 0; i < active; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &slots[i] };

		slots[i] = slot_of(i);
		epoll_ctl(epoll, EPOLL_CTL_ADD, slots[i].fd, &event);
		post_wx(&slots[i]);
	}
}

static void frames(int active, int seconds)
{
	struct slot *slots = calloc(active, sizeof(*slots));
	struct epoll_event events[128];
	int epoll = epoll_create1(0), i, n;
	uint64_t end = now() + seconds * 1000000000ull;

	start_frames(epoll, slots, active);
	while (now() < end) {
		n = epoll_wait(epoll, events, 128, 100);
		for (i = 0; i < n; i++)
			look_at(events[i].data.ptr);
	}
	close(epoll);
	for (i = 0; i < active; i++)
		printf("%u ", slots[i].accepted);
	putchar('\n');
	free(slots);
	sleep(1); /* the last ones are answered */
}

static void map_devices(int argc, char **argv)
{
	int i, j, number = 1;

	card_count = (argc - 1) / NUMBERS - 1;
	if ((argc - 1) % NUMBERS || card_count < 1 || card_count >= DEVICES_MAX)
		fail("wrong number of file descriptors");
	for (i = 0; i <= card_count; i++) {
		devices[i].memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
					 atoi(argv[number++]), 0);
		if (devices[i].memory == MAP_FAILED)
			fail("cannot map a card's memory");
		for (j = 0; j < VECTORS; j++)
			devices[i].card_vectors[j] = atoi(argv[number++]);
		for (j = 0; j < VECTORS; j++)
			devices[i].device_vectors[j] = atoi(argv[number++]);
	}
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char line[80];
	int a, b;

	map_devices(argc, argv);
	if (pthread_create(&thread, NULL, beat, NULL))
		fail("no thread");
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "power %d", &a) == 1)
			power(a);
		else if (sscanf(line, "latency %d", &a) == 1)
			latency(a);
		else if (sscanf(line, "frames %d %d", &a, &b) == 2)
			frames(a, b);
		else
			fail("unknown command");
		fflush(stdout);
	}
	return 0;
}
