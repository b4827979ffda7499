/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The card as a peer and server of QEMU's ivshmem-doorbell device:
 * Documentation/hardware.rst, section 7.
 */
#ifndef PLCSIM_IVSHMEM_H
#define PLCSIM_IVSHMEM_H

#include "tests/plcsim/card.h"
#include "tests/plcsim/loop.h"

#define IVSHMEM_PEER_DEVICE 0
#define IVSHMEM_PEER_CARD   1
#define IVSHMEM_VECTORS	    17

struct ivshmem {
	struct loop *loop;
	struct card *card;
	struct source listener;
	struct source device; /* fd -1 while unplugged */
	struct source card_vectors[IVSHMEM_VECTORS];
	int device_vectors[IVSHMEM_VECTORS];
	void (*changed)(void *owner); /* plugged, unplugged, or a doorbell */
	void *owner;
};

/* Serves the socket at the path. Returns 0 or a negative errno. */
int ivshmem_init(struct ivshmem *ivshmem, struct loop *loop, struct card *card, const char *path);
void ivshmem_release(struct ivshmem *ivshmem);

static inline bool ivshmem_plugged(const struct ivshmem *ivshmem)
{
	return ivshmem->device.fd >= 0;
}

/*
 * A listening Unix socket. A file that nobody listens at any more is replaced.
 * Returns the file descriptor or a negative errno.
 */
int listen_at(const char *path);

#endif /* PLCSIM_IVSHMEM_H */
