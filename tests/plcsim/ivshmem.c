// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/plcsim/ivshmem.h"

#define PROTOCOL_VERSION 0
#define SHARED_MEMORY	 (-1)

int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status;
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		close(fd);
		return -EADDRINUSE;
	}
	/* what a dead plcsim has left, and nothing else */
	if (errno == ECONNREFUSED && lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
		unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

/* One message: a number, and a file descriptor or none (-1) */
static bool send_number(int fd, int64_t number, int passed_fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	uint64_t wire = htole64((uint64_t)number);
	struct iovec data = { &wire, sizeof(wire) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (passed_fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), &passed_fd, sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) == sizeof(wire);
}

static bool introduce(struct ivshmem *s)
{
	int fd = s->device.fd;
	bool sent = send_number(fd, PROTOCOL_VERSION, -1) &&
		    send_number(fd, IVSHMEM_PEER_DEVICE, -1) &&
		    send_number(fd, SHARED_MEMORY, s->card->memory_fd);

	for (int i = 0; sent && i < IVSHMEM_VECTORS; i++)
		sent = send_number(fd, IVSHMEM_PEER_CARD, s->card_vectors[i].fd);
	for (int i = 0; sent && i < IVSHMEM_VECTORS; i++)
		sent = send_number(fd, IVSHMEM_PEER_DEVICE, s->device_vectors[i]);
	return sent;
}

static void unplug(struct ivshmem *s)
{
	loop_remove(s->loop, &s->device);
	s->changed(s->owner);
}

/* QEMU sends nothing: all that can be read is the end of the connection. */
static bool has_ended(int fd)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);

	return got == 0 || (got < 0 && errno != EAGAIN);
}

static void device_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	if (has_ended(source->fd))
		unplug(source->owner);
}

static void listener_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	struct ivshmem *s = source->owner;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	/* After a quick replug the end of the old connection may still be unread. */
	if (ivshmem_plugged(s) && has_ended(s->device.fd))
		unplug(s);
	if (ivshmem_plugged(s)) {
		fprintf(stderr, "plcsim: a second PC at the card's socket was turned away\n");
		close(fd);
		return;
	}
	s->device.fd = fd;
	if (!introduce(s) || loop_add(s->loop, &s->device, EPOLLIN) < 0) {
		unplug(s);
		return;
	}
	s->changed(s->owner);
}

static void doorbell_ready(struct source *source, uint32_t events __attribute__((unused)))
{
	struct ivshmem *s = source->owner;

	source_drain(source);
	card_look(s->card);
	s->changed(s->owner);
}

static void raise_device(void *owner, uint32_t vector)
{
	struct ivshmem *s = owner;

	if (vector < IVSHMEM_VECTORS)
		eventfd_write(s->device_vectors[vector], 1);
}

/* Without any file descriptor, so that it can be released at any point */
static void clear(struct ivshmem *s)
{
	s->listener.fd = s->device.fd = -1;
	for (int i = 0; i < IVSHMEM_VECTORS; i++)
		s->card_vectors[i].fd = s->device_vectors[i] = -1;
}

static int init_vectors(struct ivshmem *s)
{
	for (int i = 0; i < IVSHMEM_VECTORS; i++) {
		struct source *source = &s->card_vectors[i];

		*source = (struct source){
			.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
			.ready = doorbell_ready,
			.owner = s,
		};
		s->device_vectors[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (source->fd < 0 || s->device_vectors[i] < 0 ||
		    loop_add(s->loop, source, EPOLLIN) < 0)
			return -errno;
	}
	return 0;
}

int ivshmem_init(struct ivshmem *s, struct loop *loop, struct card *card, const char *path)
{
	int error;

	s->loop = loop;
	s->card = card;
	clear(s);
	s->device = (struct source){ .fd = -1, .ready = device_ready, .owner = s };
	error = init_vectors(s);
	if (error)
		return error;
	card->raise = raise_device;
	card->raise_owner = s;
	s->listener = (struct source){ listen_at(path), listener_ready, s };
	if (s->listener.fd < 0)
		return s->listener.fd;
	return loop_add(loop, &s->listener, EPOLLIN);
}

void ivshmem_release(struct ivshmem *s)
{
	loop_remove(s->loop, &s->listener);
	loop_remove(s->loop, &s->device);
	for (int i = 0; i < IVSHMEM_VECTORS; i++) {
		loop_remove(s->loop, &s->card_vectors[i]);
		close(s->device_vectors[i]);
	}
}
