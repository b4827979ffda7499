// SPDX-License-Identifier: GPL-2.0-or-later
/* A daemon that ends each request at once: bench-daemon DEVICE… */
#include <fcntl.h>
#include <linux/ecom.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int epoll;

static void add(const char *path)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (event.data.fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event)) {
		perror(path);
		exit(1);
	}
}

static void serve(int fd)
{
	struct ecom_complete complete = { .result = { .status = 0, .reply = 250, .sent = 2 } };
	struct ecom_request request;

	while (read(fd, &request, sizeof(request)) == sizeof(request)) {
		complete.id = request.id;
		ioctl(fd, ECOM_IOC_COMPLETE, &complete);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event events[64];
	int i, n;

	epoll = epoll_create1(EPOLL_CLOEXEC);
	for (i = 1; i < argc; i++)
		add(argv[i]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		n = epoll_wait(epoll, events, 64, -1);
		for (i = 0; i < n; i++) {
			if (events[i].events & (EPOLLHUP | EPOLLERR))
				return 0;
			serve(events[i].data.fd);
		}
	}
}
