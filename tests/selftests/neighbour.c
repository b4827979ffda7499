// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ecom.h>
#include "neighbour.h"

static int trouble(struct neighbour *n, const char *what, long expected, long actual)
{
	if (expected == actual)
		return 0;
	if (!*n->trouble)
		snprintf(n->trouble, sizeof(n->trouble),
			 "after %lu mails: %s: expected %ld, got %ld (errno %d)", n->mails, what,
			 expected, actual, errno);
	return -1;
}

static int one_mail(struct neighbour *n)
{
	struct ecom_complete c = { .result.status = 100 + n->mails % 800 };
	uint8_t tag = n->mails;
	struct ecom_request r;

	if (trouble(n, "WX", 0, card_mail(n->card, 1, tag)) ||
	    trouble(n, "read()", sizeof(r), read(n->fd, &r, sizeof(r))) ||
	    trouble(n, "tag", tag, r.tag))
		return -1;
	c.id = r.id;
	if (trouble(n, "RX before COMPLETE", 1, card_result(n->card, 1, tag, 1)) ||
	    trouble(n, "COMPLETE", 0, ioctl(n->fd, ECOM_IOC_COMPLETE, &c)) ||
	    trouble(n, "RX", c.result.status, card_result(n->card, 1, tag, 1)))
		return -1;
	n->mails++;
	return 0;
}

static void *live(void *argument)
{
	struct neighbour *n = argument;

	for (;;) {
		pthread_mutex_lock(&n->lock);
		if (n->over)
			break;
		if (n->fd < 0)
			n->fd = open_device("/dev/ecom0s2", O_RDWR | O_NONBLOCK);
		if (n->fd < 0)
			trouble(n, "open()", 0, n->fd);
		else
			one_mail(n);
		pthread_mutex_unlock(&n->lock);
		sleep_ms(20);
	}
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

/* Its file would keep the slot of a card that goes away. */
void neighbour_pause(struct neighbour *n)
{
	pthread_mutex_lock(&n->lock);
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void neighbour_resume(struct neighbour *n)
{
	pthread_mutex_unlock(&n->lock);
}

void neighbour_start(struct neighbour *n, struct card *card)
{
	*n = (struct neighbour){ .card = card, .fd = -1 };
	pthread_mutex_init(&n->lock, NULL);
	neighbour_pause(n);
	pthread_create(&n->thread, NULL, live, n);
}

long neighbour_end(struct neighbour *n)
{
	n->over = true;
	neighbour_resume(n);
	pthread_join(n->thread, NULL);
	if (!*n->trouble)
		return n->mails;
	fprintf(stderr, "# slot K2 was disturbed, %s\n", n->trouble);
	return -1;
}
