// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine against a scripted server: each state with each fault that can be
 * had there, sequential and pipelined, asserting the outcome and what the
 * server saw. "Sent: no" is only believed if no message was ended by a dot.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/address.h"
#include "daemon/engine.h"
#include "daemon/helo.h"
#include "daemon/session.h"
#include "loop.h"
#include "mail.h"
#include "server.h"

#define BIG (16 << 20) /* bytes that no socket buffer takes at once */
#define BIG_STALL_US 100000 /* to copy them */
#define ENDLESS (64 << 10) /* bytes without a line end */

/* A fault and the outcome that it must have. */
struct expectation {
	const char *name;
	struct server_step script[4];
	unsigned int status, state, detail, reply;
	enum slave89_sent sent;
	unsigned int messages; /* that the server saw ended by a dot */
	const char *to; /* NULL: one recipient */
	const char *last; /* command that the server saw last, NULL: any */
};

static void check(const struct expectation *expected, const struct mail *mail,
		  struct server *server)
{
	const struct outcome *outcome = &mail->submission.outcome;
	bool fits = outcome->status == expected->status && outcome->state == expected->state &&
		    outcome->detail == expected->detail && outcome->reply == expected->reply &&
		    outcome->sent == expected->sent &&
		    server_messages(server) == expected->messages;

	if (expected->last)
		fits = fits && g_str_has_suffix(server_commands(server), expected->last);
	if (fits)
		return;
	fail_msg("%s: status %u state %u detail %u reply %u sent %u (%s), %u messages, saw %s",
		 expected->name, outcome->status, outcome->state, outcome->detail, outcome->reply,
		 outcome->sent, outcome->text, server_messages(server), server_commands(server));
}

static void run_one(const struct expectation *expected, bool pipelining)
{
	struct server *server = server_start(expected->script, pipelining);
	const char *to = expected->to ? expected->to : "mark@hosteng.com";
	bool slow = expected->status >= 10 && expected->status < 20;
	struct mail *mail = mail_new(server_port(server), to, slow ? TIMEOUT_MS : PATIENCE_MS);

	mail_run(mail);
	server_settle(server);
	check(expected, mail, server);
	if (slow)
		assert_in_range(mail->took_us - mail->submission.deadline_us, 0, 1000000);
	mail_free(mail);
	server_stop(server);
}

static void run_all(const struct expectation *expected, size_t n, bool pipelining)
{
	for (size_t i = 0; i < n; i++)
		run_one(&expected[i], pipelining);
}

#define RUN(table, pipelining) run_all(table, G_N_ELEMENTS(table), pipelining)

#define LONG_LINE                                                              \
	"250 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"

#define DOWN "421 4.3.2 down\r\n"

/* What the server says without a line end; main() fills it. */
static char endless[ENDLESS];
#define unfinished (endless + ENDLESS - 601) /* 600 bytes, where 512 are the limit */

/* More than libcurl reads at a time. */
#define FEATURES_5                                                        \
	"250-X-FIRST-FEATURE-OF-THIS-SERVER that this machine does not know\r\n" \
	"250-X-NEXT-FEATURE-OF-THIS-SERVER with many other words\r\n250-X\r\n"  \
	"250-X-FEATURE-OF-THIS-SERVER of no use\r\n250-SIZE 1048576\r\n"
#define FEATURES_20 FEATURES_5 FEATURES_5 FEATURES_5 FEATURES_5
#define FEATURES    FEATURES_20 FEATURES_20 FEATURES_20 "250 ENHANCEDSTATUSCODES\r\n"

#define SSH  "SSH-2.0-OpenSSH_9.2p1\r\n"

/* One fault at one command. */
#define FAULT(name, command, action, reply, ms, status, state, detail, code, sent, messages, last) \
	{                                                                                          \
		name, { { command, action, reply, ms } }, status, state, detail, code, sent,       \
			messages, NULL, last                                                       \
	}

/* The faults that every command can meet; @s is its state, @u what "sent" is without a reply. */
#define FAULTS(c, s, u, m)                                                                    \
	FAULT(c " hangs", c, HANG, NULL, 0, 10 + s, s, 0, 0, u, m, NULL),                     \
		FAULT(c " closes", c, SAY_CLOSE, NULL, 0, 20, s, 12, 0, u, m, NULL),          \
		FAULT(c " resets", c, SAY_RESET, NULL, 30, 20, s, 11, 0, u, m, NULL),         \
		FAULT(c " 421", c, SAY_CLOSE, DOWN, 0, 421, s, 0, 421, SENT_NO, m, NULL),     \
		FAULT(c " 421, hangs", c, HANG, DOWN, 0, 421, s, 0, 421, SENT_NO, m, NULL),   \
		FAULT(c " garbage", c, SAY, SSH, 0, 22, s, 71, 0, u, m, NULL),                \
		FAULT(c " mixed", c, SAY, "250-a\r\n251 b\r\n", 0, 22, s, 71, 0, u, m, NULL), \
		FAULT(c " long", c, SAY, LONG_LINE, 0, 22, s, 72, 0, u, m, NULL),             \
		FAULT(c " endless", c, HANG, endless, 0, 22, s, 72, 0, u, m, NULL),           \
		FAULT(c " unfinished", c, HANG, unfinished, 0, 22, s, 72, 0, u, m, NULL),     \
		FAULT(c " half", c, SAY_CLOSE, "250-go", 0, 20, s, 12, 0, u, m, NULL)

/* Refusals, answered at once, in two pieces and byte by byte. */
#define TWICE "550-5.7.1 no\r\n550 5.7.1 never\r\n"
#define REFUSALS(c, s, m)                                                                       \
	FAULT(c " 451", c, SAY, "451 4.3.0 later\r\n", 0, 451, s, 0, 451, SENT_NO, m, "QUIT|"), \
		FAULT(c " 550", c, SPLIT, TWICE, 0, 550, s, 0, 550, SENT_NO, m, "QUIT|"),       \
		FAULT(c " drips", c, DRIP, "599 5.0.0 no\r\n", 30, 599, s, 0, 599, SENT_NO, m, "QUIT|")

static const struct expectation greeting_faults[] = {
	FAULTS("connect", 2, SENT_NO, 0),
	FAULTS("EHLO", 2, SENT_NO, 0),
	{ "greeting 554", { { "connect", SAY, "554 no service\r\n", 0 } }, 554, 2, 0, 554, SENT_NO, 0, NULL, NULL },
	{ "greeting 354", { { "connect", SAY, "354 go\r\n", 0 } }, 22, 2, 0, 354, SENT_NO, 0, NULL, NULL },
	{ "no EHLO, no HELO",
	  { { "EHLO", SAY, "502 5.5.1 what\r\n", 0 }, { "HELO", SAY, "550 5.7.1 you\r\n", 0 } },
	  550,
	  2,
	  0,
	  550,
	  SENT_NO,
	  0,
	  NULL,
	  NULL },
	{ "no EHLO, HELO hangs",
	  { { "EHLO", SAY, "502 5.5.1 what\r\n", 0 }, { "HELO", HANG, NULL, 0 } },
	  12,
	  2,
	  0,
	  0,
	  SENT_NO,
	  0,
	  NULL,
	  NULL },
	{ "no EHLO but HELO", { { "EHLO", SAY, "502 5.5.1 what\r\n", 0 } }, 0, 8, 0, 250, SENT_YES, 1, NULL, "QUIT|" },
	{ "421 behind EHLO", { { "EHLO", SAY, "250 a\r\n421 4.3.2 down\r\n", 0 } }, 22, 2, DETAIL_UNASKED, 0, SENT_NO, 0, NULL, NULL },
	{ "half a line behind EHLO", { { "EHLO", SAY_CLOSE, "250-a\r\n250 b\r\n4", 0 } }, 22, 2, DETAIL_UNASKED, 0, SENT_NO, 0, NULL, NULL },
	{ "many features", { { "EHLO", SAY, FEATURES, 0 } }, 0, 8, 0, 250, SENT_YES, 1, NULL, "QUIT|" },
	{ "many features, split", { { "EHLO", SPLIT, FEATURES, 0 } }, 0, 8, 0, 250, SENT_YES, 1, NULL, "QUIT|" },
	{ "many features, drip", { { "EHLO", DRIP, FEATURES_20 "250 x\r\n", 0 } }, 0, 8, 0, 250, SENT_YES, 1, NULL, "QUIT|" },
	{ "slow greeting", { { "connect", DRIP, "220-a\r\n220 b\r\n", 50 } }, 0, 8, 0, 250, SENT_YES, 1, NULL, "QUIT|" },
};

static const struct expectation command_faults[] = {
	FAULTS("MAIL", 3, SENT_NO, 0),
	REFUSALS("MAIL", 3, 0),
	FAULTS("RCPT", 4, SENT_NO, 0),
	REFUSALS("RCPT", 4, 0),
	FAULTS("DATA", 5, SENT_NO, 0),
	REFUSALS("DATA", 5, 0),
	FAULTS(".", 8, SENT_UNKNOWN, 1),
	REFUSALS(".", 8, 1),
	{ "MAIL 354", { { "MAIL", SAY, "399 go\r\n", 0 } }, 22, 3, 0, 399, SENT_NO, 0, NULL, NULL },
	{ "RCPT 354", { { "RCPT", SAY, "399 go\r\n", 0 } }, 22, 4, 0, 399, SENT_NO, 0, NULL, NULL },
	{ "DATA 250", { { "DATA", SAY, "250 ok\r\n", 0 } }, 22, 5, 0, 250, SENT_NO, 0, NULL, NULL },
	{ ". 399", { { ".", SAY, "399 go\r\n", 0 } }, 22, 8, 0, 399, SENT_UNKNOWN, 1, NULL, NULL },
	{ "all slow",
	  { { "MAIL", DRIP, "250-a\r\n250 b\r\n", 20 }, { "RCPT", DRIP, "251 b\r\n", 20 }, { ".", SPLIT, "250-x\r\n250 2.0.0 y\r\n", 20 } },
	  0,
	  8,
	  0,
	  250,
	  SENT_YES,
	  1,
	  NULL,
	  "QUIT|" },
	{ "QUIT hangs", { { "QUIT", HANG, NULL, 0 } }, 0, 8, 0, 250, SENT_YES, 1, NULL, "QUIT|" },
	{ "one of two refused", { { "RCPT TO:<a", SAY, "550 5.1.1 who\r\n", 0 } }, 550, 4, 60, 550, SENT_PARTLY, 1, "a@x.org, b@x.org", "QUIT|" },
	{ "one of two refused, then the message",
	  { { "RCPT TO:<a", SAY, "550 5.1.1 who\r\n", 0 }, { ".", SAY, "554 5.6.0 x\r\n", 0 } },
	  554,
	  8,
	  0,
	  554,
	  SENT_NO,
	  1,
	  "a@x.org, b@x.org",
	  "QUIT|" },
	{ "both refused",
	  { { "RCPT TO:<a", SAY, "450 4.1.1 x\r\n", 0 }, { "RCPT TO:<b", SAY, "550 x\r\n", 0 }, { "DATA", SAY, "554 5.5.1 nobody\r\n", 0 } },
	  450,
	  4,
	  0,
	  450,
	  SENT_NO,
	  0,
	  "a@x.org, b@x.org",
	  "QUIT|" },
	{ "one of two refused, then DATA",
	  { { "RCPT TO:<a", SAY, "550 5.1.1 who\r\n", 0 }, { "DATA", SAY, "451 4.3.0 x\r\n", 0 } },
	  550,
	  4,
	  0,
	  550,
	  SENT_NO,
	  0,
	  "a@x.org, b@x.org",
	  "QUIT|" },
	{ "refused, then closed",
	  { { "RCPT TO:<a", SAY, "450 4.1.1 x\r\n", 0 }, { "RCPT TO:<b", SAY_CLOSE, NULL, 0 } },
	  20,
	  4,
	  12,
	  0,
	  SENT_NO,
	  0,
	  "a@x.org, b@x.org",
	  NULL },
};

static const struct expectation pipelining_faults[] = {
	{ "first refusal counts",
	  { { "MAIL", SAY, "451 4.3.0 x\r\n", 0 }, { "RCPT", SAY, "503 5.5.1 x\r\n", 0 }, { "DATA", SAY, "503 5.5.1 x\r\n", 0 } },
	  451,
	  3,
	  0,
	  451,
	  SENT_NO,
	  0,
	  NULL,
	  "QUIT|" },
	{ "MAIL refused, DATA wanted", { { "MAIL", SAY, "451 4.3.0 x\r\n", 0 } }, 451, 3, 74, 451, SENT_NO, 0, NULL, "DATA|" },
	{ "all refused, DATA wanted", { { "RCPT", SAY, "550 5.1.1 x\r\n", 0 } }, 550, 4, 74, 550, SENT_NO, 0, NULL, "DATA|" },
	{ "refused, then silence",
	  { { "MAIL", SAY, "451 4.3.0 x\r\n", 0 }, { "RCPT", SAY_CLOSE, NULL, 0 } },
	  451,
	  3,
	  0,
	  451,
	  SENT_NO,
	  0,
	  NULL,
	  NULL },
};

static void test_greeting(void **state)
{
	(void)state;
	RUN(greeting_faults, false);
}

static void test_commands(void **state)
{
	(void)state;
	RUN(command_faults, false);
}

static void test_commands_pipelined(void **state)
{
	struct expectation table[G_N_ELEMENTS(command_faults)];

	(void)state;
	memcpy(table, command_faults, sizeof(table));
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		/* these servers refuse the sender or all recipients but answer DATA with 354 */
		if (!table[i].messages && table[i].last && table[i].state < 5 && !table[i].to) {
			table[i].detail = 74;
			table[i].last = "DATA|";
		}
	}
	RUN(table, true);
}

static void test_pipelining(void **state)
{
	(void)state;
	RUN(pipelining_faults, true);
}

/* One of two is refused: nobody gets it, and DATA is never said. */
static void test_all_or_nothing(void **state)
{
	static const struct server_step script[] = {
		{ "RCPT TO:<a", SAY, "550 5.1.1 who\r\n", 0 }, { 0 }
	};

	(void)state;
	for (int pipelining = 0; pipelining < 2; pipelining++) {
		struct server *server = server_start(script, pipelining);
		struct mail *mail = mail_new(server_port(server), "a@x.org, b@x.org", PATIENCE_MS);

		assert_null(setup_set(mail->setup, "AllOrNothing", "yes"));
		mail_run(mail);
		server_settle(server);
		expect_outcome(mail, 550, 4, 61, SENT_NO);
		assert_true(g_str_has_suffix(server_commands(server), "RCPT TO:<b@x.org>|QUIT|"));
		assert_int_equal(mail->submission.recipient_codes[1], 250);
		mail_free(mail);
		server_stop(server);
	}
}

/* All are accepted: as ever. */
static void test_all(void **state)
{
	(void)state;
	for (int pipelining = 0; pipelining < 2; pipelining++) {
		struct server *server = server_start(NULL, pipelining);
		struct mail *mail = mail_new(server_port(server), "a@x.org, b@x.org", PATIENCE_MS);

		assert_null(setup_set(mail->setup, "AllOrNothing", "yes"));
		mail_run(mail);
		server_settle(server);
		expect_outcome(mail, 0, 8, 0, SENT_YES);
		assert_int_equal(server_messages(server), 1);
		mail_free(mail);
		server_stop(server);
	}
}

static void test_success(void **state)
{
	struct server *server = server_start(NULL, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	(void)state;
	mail_run(mail);
	server_settle(server);
	assert_string_equal(mail->states->str, "12345678");
	assert_string_equal(server_text(server), mail->message->text->str);
	assert_non_null(strstr(server_text(server), "\r\n..5\r\n"));
	assert_int_equal(mail->submission.recipient_codes[0], 250);
	mail_free(mail);
	server_stop(server);
}

static void test_trace(void **state)
{
	struct server *server = server_start(NULL, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	(void)state;
	mail_run(mail);
	assert_string_equal(mail->trace->str,
			    "State: 0x2 Received data: 220 test ESMTP\n"
			    "Received Greeting.\n"
			    "Sending EHLO msg\n"
			    "State: 0x2 Received data: 250-test\n"
			    "State: 0x2 Received data: 250-SIZE 1000\n"
			    "State: 0x2 Received data: 250 ENHANCEDSTATUSCODES\n"
			    "Sending MAIL FROM\n"
			    "State: 0x3 Received data: 250 2.1.0 Ok\n"
			    "Sending RCPT TO\n"
			    "State: 0x4 Received data: 250 2.1.5 Ok\n"
			    "Sending DATA\n"
			    "State: 0x5 Received data: 354 End data with <CR><LF>.<CR><LF>\n"
			    "Sending SUBJECT\n"
			    "Sending BODY\n"
			    "Sending END\n"
			    "State: 0x8 Received data: 250 2.0.0 Ok: queued as 42\n"
			    "Success!\n");
	mail_free(mail);
	server_stop(server);
}

static int bind_loopback(unsigned int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void test_refused(void **state)
{
	unsigned int port;
	int fd = bind_loopback(&port);
	struct mail *mail = mail_new(port, "mark@hosteng.com", PATIENCE_MS);

	(void)state;
	mail_run(mail);
	expect_outcome(mail, 20, 1, DETAIL_REFUSED, SENT_NO);
	assert_string_equal(mail->states->str, "1");
	mail_free(mail);
	close(fd);
}

/* A listener whose backlog is full drops SYNs, as a firewall does. */
static void test_connect_timeout(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener, clients[3];
	struct mail *mail;
	unsigned int port;

	(void)state;
	listener = bind_loopback(&port);
	listen(listener, 0);
	address.sin_port = htons((uint16_t)port);
	for (int i = 0; i < 3; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(clients[i], (struct sockaddr *)&address, sizeof(address));
	}
	mail = mail_new(port, "mark@hosteng.com", TIMEOUT_MS);
	mail_run(mail);
	expect_outcome(mail, 11, 1, DETAIL_NONE, SENT_NO);
	mail_free(mail);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
	close(listener);
}

/* Linked in place of the C library's (--wrap). */
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list);
int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list);

/* As multicast DNS does: an address of the link, which has its interface with it, and another. */
static int resolve_neighbour(const char *service, const struct addrinfo *hints,
			     struct addrinfo **list)
{
	struct addrinfo any = *hints;
	int error;

	any.ai_flags = AI_NUMERICHOST;
	error = __real_getaddrinfo("fe80::1%lo", service, &any, list);
	return error ? error : __real_getaddrinfo("127.0.0.1", service, &any, &(*list)->ai_next);
}

/* Several of one family, "127.0.0.2,127.0.0.3": the server itself has 127.0.0.1. */
static int resolve_all(const char *addresses, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list)
{
	g_auto(GStrv) words = g_strsplit(addresses, ",", -1);
	int error = 0;

	for (char **word = words; !error && *word; word++) {
		error = __real_getaddrinfo(*word, service, hints, list);
		list = &(*list)->ai_next;
	}
	return error;
}

static const char *several; /* addresses of several.example */

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **list)
{
	if (!strcmp(name, "several.example"))
		return resolve_all(several, service, hints, list);
	if (!strcmp(name, "wrong.example"))
		return EAI_NONAME;
	if (!strcmp(name, "silent.example"))
		return EAI_AGAIN;
	if (!strcmp(name, "hung.example"))
		usleep(2 * TIMEOUT_MS * 1000);
	if (!strcmp(name, "neighbour.example"))
		return resolve_neighbour(service, hints, list);
	return __real_getaddrinfo("127.0.0.1", service, hints, list);
}

static void expect_name(const char *name, unsigned int status, unsigned int detail)
{
	struct server *server = server_start(NULL, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", TIMEOUT_MS);

	assert_null(setup_set(mail->setup, "Server", name));
	mail_run(mail);
	expect_outcome(mail, status, status ? 1 : 8, detail, status ? SENT_NO : SENT_YES);
	mail_free(mail);
	server_stop(server);
}

static void test_names(void **state)
{
	(void)state;
	expect_name("wrong.example", 20, DETAIL_NO_NAME);
	expect_name("silent.example", 20, DETAIL_NO_NAME_SERVER);
	expect_name("hung.example", 11, DETAIL_NO_NAME_SERVER);
	expect_name("right.example", 0, DETAIL_NONE);
	expect_name("right.example", 0, DETAIL_NONE); /* another port now */
	expect_name("neighbour.example", 0, DETAIL_NONE);
	usleep(2 * TIMEOUT_MS * 1000); /* lets the hung thread end, for the leak checker */
}

/* One after the other is tried, as soon as the one before has failed. */
static void expect_addresses(unsigned int port, const char *addresses, unsigned int status)
{
	struct mail *mail = mail_new(port, "mark@hosteng.com", PATIENCE_MS);
	uint64_t begin = now_us(CLOCK_MONOTONIC);

	several = addresses;
	assert_null(setup_set(mail->setup, "Server", "several.example"));
	mail_run(mail);
	if (status)
		expect_outcome(mail, status, 1, DETAIL_REFUSED, SENT_NO);
	else
		expect_outcome(mail, 0, 8, DETAIL_NONE, SENT_YES);
	assert_in_range(now_us(CLOCK_MONOTONIC) - begin, 0, PATIENCE_MS * 1000 / 3);
	mail_free(mail);
}

static void test_addresses(void **state)
{
	struct server *server = server_start(NULL, false);
	unsigned int port = server_port(server);

	(void)state;
	expect_addresses(port, "127.0.0.2,127.0.0.1", 0);
	expect_addresses(port, "127.0.0.2,127.0.0.3,127.0.0.1", 0);
	expect_addresses(port, "127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5,127.0.0.6,127.0.0.1", 0);
	expect_addresses(port, "127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5", 20);
	server_stop(server);
}

/* The first one drops what comes; the next one has half of the time. */
static void test_silent_address(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1) };
	struct server *server = server_start(NULL, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", 4000);
	int listener = socket(AF_INET, SOCK_STREAM, 0), clients[3];

	(void)state;
	address.sin_port = htons((uint16_t)server_port(server));
	assert_return_code(bind(listener, (struct sockaddr *)&address, sizeof(address)), errno);
	listen(listener, 0);
	for (int i = 0; i < 3; i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(clients[i], (struct sockaddr *)&address, sizeof(address));
	}
	several = "127.0.0.2,127.0.0.1";
	assert_null(setup_set(mail->setup, "Server", "several.example"));
	mail_run(mail);
	expect_outcome(mail, 0, 8, DETAIL_NONE, SENT_YES);
	mail_free(mail);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
	close(listener);
	server_stop(server);
}

/* States 6 and 7 can only be seen with a message that the socket does not swallow whole. */
static void make_big(struct mail *mail, bool header)
{
	struct message *message = mail->message;
	GString *big = g_string_sized_new(BIG + 100);

	if (!header)
		g_string_append_len(big, message->text->str, (gssize)message->header_length);
	while (big->len < BIG)
		g_string_append(big, "Fill: 0123456789012345678901234567890123456789\r\n");
	if (header)
		message->header_length = big->len;
	g_string_free(message->text, TRUE);
	message->text = big;
}

/* Runs the mail to its end: this outcome, and as many messages at the server. */
static void run_to(struct mail *mail, struct server *server, unsigned int status,
		   unsigned int in_state, unsigned int detail, enum slave89_sent sent,
		   unsigned int messages)
{
	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, status, in_state, detail, sent);
	assert_int_equal(server_messages(server), messages);
	mail_free(mail);
	server_stop(server);
}

static void run_big(const struct server_step *script, bool header, unsigned int status,
		    unsigned int in_state, unsigned int detail)
{
	struct server *server = server_start(script, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", 0);
	unsigned int soon_ms = getenv("UNIT_VALGRIND") ? 4 * TIMEOUT_MS : TIMEOUT_MS;
	unsigned int timeout_ms = status < 20 ? soon_ms : PATIENCE_MS;

	make_big(mail, header);
	mail->stall_us = BIG_STALL_US;
	mail->submission.deadline_us = now_us(CLOCK_BOOTTIME) + timeout_ms * 1000ULL;
	run_to(mail, server, status, in_state, detail, SENT_NO, 0);
}

static void test_text(void **state)
{
	static const struct server_step stuck[] = {
		{ "DATA", SAY, "354 go\r\n", 0 }, { "text", SAY_CLOSE, NULL, 5 * TIMEOUT_MS }, { 0 }
	};
	static const struct server_step reset[] = {
		{ "DATA", SAY, "354 go\r\n", 0 }, { "text", SAY_RESET, NULL, 50 }, { 0 }
	};
	static const struct server_step gives_up[] = {
		{ "text", SAY, "421 4.4.2 enough\r\n", 50 }, { 0 }
	};
	static const struct server_step refuses[] = {
		{ "text", SAY_CLOSE, "552 5.3.4 too big\r\n", 50 }, { 0 }
	};
	static const struct server_step talks[] = {
		{ "text", SAY, "250 2.0.0 fine\r\n", 50 }, { 0 }
	};
	static const struct server_step garbage[] = { { "text", SAY, SSH, 50 }, { 0 } };
	static const struct server_step lengthy[] = { { "text", SAY, LONG_LINE, 50 }, { 0 } };

	(void)state;
	run_big(stuck, true, 16, 6, DETAIL_NONE);
	run_big(stuck, false, 17, 7, DETAIL_NONE);
	run_big(reset, true, 20, 6, DETAIL_RESET);
	run_big(reset, false, 20, 7, DETAIL_RESET);
	run_big(gives_up, false, 421, 7, DETAIL_NONE);
	run_big(refuses, false, 552, 7, DETAIL_NONE);
	run_big(talks, false, 22, 7, DETAIL_UNASKED);
	run_big(garbage, true, 22, 6, DETAIL_GARBAGE);
	run_big(garbage, false, 22, 7, DETAIL_GARBAGE);
	run_big(lengthy, false, 22, 7, DETAIL_LINE_TOO_LONG);
}

static int receive_error; /* of the engine's thread; 0: none */

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
ssize_t __real_recv(int fd, void *buffer, size_t size, int flags);

ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags)
{
	if (!receive_error || gettid() != getpid())
		return __real_recv(fd, buffer, size, flags);
	errno = receive_error;
	return -1;
}

static void expect_broken(int error, unsigned int status, unsigned int detail)
{
	struct server *server = server_start(NULL, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	receive_error = error;
	mail_run(mail);
	receive_error = 0;
	expect_outcome(mail, status, 3, detail, SENT_NO);
	mail_free(mail);
	server_stop(server);
}

/* What TCP says of a network that has gone amid a session. */
static void test_network_gone(void **state)
{
	(void)state;
	expect_broken(ETIMEDOUT, 13, DETAIL_NONE);
	expect_broken(EHOSTUNREACH, 20, DETAIL_NO_ROUTE);
	expect_broken(ECONNRESET, 20, DETAIL_RESET);
}

/* The server stops reading for a while: what the socket had no room for goes out later. */
static void test_full_socket(void **state)
{
	static const struct server_step script[] = { { "text", SAY, NULL, 100 }, { 0 } };
	struct server *server = server_start(script, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	(void)state;
	make_big(mail, false);
	mail->stall_us = BIG_STALL_US;
	run_to(mail, server, 0, 8, DETAIL_NONE, SENT_YES, 1);
}

/* The server gives up just before the end of data: it is still heard. */
static void test_last_look(void **state)
{
	static const struct server_step script[] = {
		{ "DATA", SPLIT, "354 go ahead\r\n421 4.3.2 x\r\n", 0 }, { 0 }
	};
	struct server *server = server_start(script, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	(void)state;
	mail->dawdle_at = 7;
	mail->stall_us = 2 * DAWDLE_US;
	run_to(mail, server, 421, 7, DETAIL_NONE, SENT_NO, 0);
}

/* It refuses and closes: sending fails, but its words are what counts. */
static void test_last_words(void **state)
{
	static const struct server_step script[] = {
		{ "DATA", SPLIT_CLOSE, "354 go ahead\r\n552 5.3.4 x\r\n", 0 }, { 0 }
	};
	struct server *server = server_start(script, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	(void)state;
	make_big(mail, false);
	mail->dawdle_at = 6;
	mail->stall_us = 2 * DAWDLE_US;
	mail_run(mail);
	expect_outcome(mail, 552, mail->submission.outcome.state, DETAIL_NONE, SENT_NO);
	mail_free(mail);
	server_stop(server);
}

/* The kernel has ended the request: nothing of that state is sent. */
static void test_stale(void **state)
{
	static const char *const seen[] = {
		[1] = "",
		[2] = NULL, /* the greeting is libcurl's */
		[3] = "EHLO plc.acme.com|",
		[4] = "EHLO plc.acme.com|MAIL FROM:<plc@acme.com>|",
		[5] = "EHLO plc.acme.com|MAIL FROM:<plc@acme.com>|RCPT TO:<mark@hosteng.com>|",
		[6] = "EHLO plc.acme.com|MAIL FROM:<plc@acme.com>|RCPT TO:<mark@hosteng.com>|DATA|",
		[7] = "EHLO plc.acme.com|MAIL FROM:<plc@acme.com>|RCPT TO:<mark@hosteng.com>|DATA|",
		[8] = "EHLO plc.acme.com|MAIL FROM:<plc@acme.com>|RCPT TO:<mark@hosteng.com>|DATA|",
	};

	(void)state;
	for (int at = 1; at <= 8; at++) {
		struct server *server = server_start(NULL, false);
		struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

		mail->stale_at = at;
		mail_run(mail);
		server_settle(server);
		expect_outcome(mail, 10 + (unsigned int)at - 1, (unsigned int)at - 1, 0, SENT_NO);
		assert_int_equal(server_messages(server), 0);
		if (seen[at])
			assert_string_equal(server_commands(server), seen[at]);
		if (at == 6)
			assert_string_equal(server_text(server), "");
		mail_free(mail);
		server_stop(server);
	}
}

/* Two wait for the one session that a hanging server holds; only their deadlines end them. */
static void test_waiting(void **state)
{
	static const struct server_step script[] = { { "MAIL", HANG, NULL, 0 }, { 0 } };
	struct server *server = server_start(script, false);
	struct mail *first = mail_new(server_port(server), "a@x.org", 2 * TIMEOUT_MS);
	struct mail *second = mail_new(server_port(server), "b@x.org", TIMEOUT_MS);
	struct mail *third = mail_new(server_port(server), "c@x.org", PATIENCE_MS);
	const struct setup *setup;

	(void)state;
	setup = first->setup;
	engine_set_sessions_max(engine, 1);
	engine_submit(engine, &first->submission);
	assert_false(engine_has_room(engine, setup));
	engine_submit(engine, &third->submission);
	mail_run(second);
	expect_outcome(second, 10, 0, DETAIL_NONE, SENT_NO);
	assert_string_equal(second->states->str, "");
	loop_run(event, &third->done, PATIENCE_MS);
	expect_outcome(first, 13, 3, DETAIL_NONE, SENT_NO);
	expect_outcome(third, 0, 8, DETAIL_NONE, SENT_YES);
	assert_true(engine_has_room(engine, setup));
	engine_set_sessions_max(engine, 4);
	mail_free(first);
	mail_free(second);
	mail_free(third);
	server_stop(server);
}

/* A reply that comes after the deadline must not be taken for the next mail's. */
static void test_late_reply(void **state)
{
	static const struct server_step script[] = {
		{ ".", SAY, "554 5.6.0 late\r\n", TIMEOUT_MS + 100 }, { 0 }
	};
	struct server *server = server_start(script, false);
	struct mail *first = mail_new(server_port(server), "a@x.org", TIMEOUT_MS);
	struct mail *second = mail_new(server_port(server), "b@x.org", PATIENCE_MS);

	(void)state;
	mail_run(first);
	mail_run(second);
	expect_outcome(first, 18, 8, DETAIL_NONE, SENT_UNKNOWN);
	expect_outcome(second, 0, 8, DETAIL_NONE, SENT_YES);
	mail_free(first);
	mail_free(second);
	server_stop(server);
}

/* What came in time counts, though the process stood still until after the deadline. */
static void test_unread_at_deadline(void **state)
{
	static const struct server_step script[] = { { ".", SAY, "250 2.0.0 Ok\r\n", 100 }, { 0 } };
	struct server *server = server_start(script, false);
	struct mail *mail = mail_new(server_port(server), "a@x.org", TIMEOUT_MS);

	(void)state;
	assert_int_equal(engine_submit(engine, &mail->submission), 0);
	while (!mail->done && !strchr(mail->states->str, '8'))
		sd_event_run(event, 1000);
	usleep(TIMEOUT_MS * 1000);
	session_timeout(mail->submission.session); /* before the socket's event has its turn */
	assert_true(mail->done);
	expect_outcome(mail, 0, 8, DETAIL_NONE, SENT_YES);
	mail_free(mail);
	server_stop(server);
}

static int take_state(void *userdata, unsigned int state)
{
	(void)userdata;
	(void)state;
	return 0;
}

/* When no answer can come in time, the end of data stays unsaid, so it is known to be not sent. */
static void test_no_end_at_deadline(void **state)
{
	static const struct submission_callbacks callbacks = { .progress = take_state };
	struct submission submission = { .callbacks = &callbacks, .state = STATE_BODY };

	(void)state;
	submission.deadline_us = now_us(CLOCK_BOOTTIME) + 10 * G_USEC_PER_SEC;
	assert_int_equal(submission_report(&submission, STATE_END), 0);
	submission.state = STATE_BODY;
	submission.deadline_us = now_us(CLOCK_BOOTTIME) + 1000;
	assert_int_equal(submission_report(&submission, STATE_END), -ETIME);
	assert_int_equal(submission.state, STATE_BODY);
}

/* Taken back in each phase: no outcome, no dot, and the session is free again. */
static void test_withdraw(void **state)
{
	static const struct {
		const char *command;
		char state;
	} at[] = { { "connect", '2' }, { "MAIL", '3' }, { "DATA", '5' } };
	bool never = false;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(at); i++) {
		struct server_step script[] = { { at[i].command, HANG, NULL, 0 }, { 0 } };
		struct server *server = server_start(script, false);
		struct mail *mail = mail_new(server_port(server), "a@x.org", PATIENCE_MS);

		engine_submit(engine, &mail->submission);
		for (int j = 0; j < 500 && !strchr(mail->states->str, at[i].state); j++)
			loop_run(event, &never, 10);
		engine_withdraw(engine, &mail->submission);
		loop_run(event, &never, 50);
		assert_false(mail->done);
		assert_true(engine_has_room(engine, mail->setup));
		server_settle(server);
		assert_int_equal(server_messages(server), 0);
		mail_free(mail);
		server_stop(server);
	}
}

/* Many at a time over few sessions: each gets its own outcome. */
static void test_many(void **state)
{
	static const struct server_step script[] = {
		{ "RCPT TO:<m7@", SAY, "550 5.1.1 no\r\n", 0 }, { 0 }
	};
	struct server *server = server_start(script, true);
	struct mail *mails[40];

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autofree char *to = g_strdup_printf("m%zu@x.org", i);

		mails[i] = mail_new(server_port(server), to, PATIENCE_MS);
		engine_submit(engine, &mails[i]->submission);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++)
		loop_run(event, &mails[i]->done, PATIENCE_MS);
	server_settle(server);
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++) {
		assert_int_equal(mails[i]->submission.outcome.status, i == 7 ? 550 : 0);
		mail_free(mails[i]);
	}
	assert_int_equal(server_messages(server), G_N_ELEMENTS(mails) - 1);
	server_stop(server);
}

static const char *own_host_name; /* NULL: what it is */

int __wrap_gethostname(char *name, size_t size);
int __real_gethostname(char *name, size_t size);

int __wrap_gethostname(char *name, size_t size)
{
	if (!own_host_name)
		return __real_gethostname(name, size);
	g_strlcpy(name, own_host_name, size);
	return 0;
}

static void expect_helo(const char *configured, const char *source, const char *expected)
{
	struct server *server = server_start(NULL, false);
	struct mail *mail = mail_new(server_port(server), "a@x.org", PATIENCE_MS);
	g_autofree char *line = g_strdup_printf("EHLO %s|", expected);

	assert_null(setup_set(mail->setup, "HeloName", configured));
	assert_null(setup_set(mail->setup, "SourceInterface", source));
	mail_run(mail);
	server_settle(server);
	assert_true(g_str_has_prefix(server_commands(server), line));
	mail_free(mail);
	server_stop(server);
}

static void test_helo(void **state)
{
	g_autofree char *own = helo_name("127.0.0.1", NULL);
	g_autofree char *by_name = helo_name("mail.example", NULL);

	(void)state;
	assert_true(strchr(own, '.') || *own == '[');
	assert_true(strchr(by_name, '.') || *by_name == '[');
	expect_helo("plc.acme.com", "", "plc.acme.com");
	expect_helo("[192.0.2.1]", "", "[192.0.2.1]");
	expect_helo("[IPv6:2001:db8::1]", "", "[IPv6:2001:db8::1]");
	expect_helo("", "", own);
	own_host_name = "plc.example.com";
	expect_helo("", "127.0.0.2", "plc.example.com");
	own_host_name = "no-full-name-of-any-machine";
	expect_helo("", "", "[127.0.0.1]");
	expect_helo("", "lo", "[127.0.0.1]");
	expect_helo("", "127.0.0.2", "[127.0.0.2]");
	own_host_name = NULL;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_connect_timeout),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_silent_address),
		cmocka_unit_test(test_helo),
		cmocka_unit_test(test_greeting),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_commands_pipelined),
		cmocka_unit_test(test_pipelining),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_network_gone),
		cmocka_unit_test(test_full_socket),
		cmocka_unit_test(test_last_look),
		cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_late_reply),
		cmocka_unit_test(test_unread_at_deadline),
		cmocka_unit_test(test_no_end_at_deadline),
		cmocka_unit_test(test_withdraw),
		cmocka_unit_test(test_many),
	};

	memset(endless, '2', sizeof(endless) - 1);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("engine", tests, mail_set_up, mail_tear_down);
}
