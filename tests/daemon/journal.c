// SPDX-License-Identifier: GPL-2.0-or-later
/* The status text for systemd, with a socket of our own in systemd's place. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/journal.h"

static int open_socket(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(name);
	static int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* The kernel finds an abstract name, all digits. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&name, sizeof(name.sun_family)) ||
	    getsockname(fd, (struct sockaddr *)&name, &length))
		return -1;
	name.sun_path[0] = '@';
	*state = &fd;
	return setenv("NOTIFY_SOCKET", name.sun_path, 1);
}

static int close_socket(void **state)
{
	return close(*(int *)*state);
}

static void assert_told(int fd, time_t seconds, const char *expected)
{
	struct timeval limit = { .tv_sec = seconds };
	char text[256];
	ssize_t n;

	assert_return_code(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), errno);
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_return_code(n, errno);
	text[n] = 0;
	assert_string_equal(text, expected);
}

static void assert_not_told(int fd, time_t seconds)
{
	struct timeval limit = { .tv_sec = seconds };
	char text[256];

	assert_return_code(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), errno);
	assert_int_equal(recv(fd, text, sizeof(text), 0), -1);
	assert_int_equal(errno, EAGAIN);
}

/* After a quiet time at once, then the newest alone once the five seconds are over. */
static void test_status_not_too_often(void **state)
{
	int fd = *(int *)*state;

	assert_int_equal(journal_start(), 0);
	journal_status("%u mails", 1U);
	assert_told(fd, 20, "STATUS=1 mails");
	for (unsigned int mails = 2; mails <= 100; mails++)
		journal_status("%u mails", mails);
	assert_not_told(fd, 2);
	assert_told(fd, 20, "STATUS=100 mails");
	assert_not_told(fd, 1);
	journal_stop();
}

/* What waits for its time is told at the end. */
static void test_last_status_at_stop(void **state)
{
	int fd = *(int *)*state;

	assert_int_equal(journal_start(), 0);
	journal_status("first");
	journal_status("last");
	journal_stop();
	for (;;) {
		char text[256] = "";

		assert_return_code(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), errno);
		if (!strcmp(text, "STATUS=last"))
			break;
		assert_string_equal(text, "STATUS=first");
	}
	assert_not_told(fd, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_status_not_too_often, open_socket,
						close_socket),
		cmocka_unit_test_setup_teardown(test_last_status_at_stop, open_socket,
						close_socket),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
