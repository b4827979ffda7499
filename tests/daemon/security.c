// SPDX-License-Identifier: GPL-2.0-or-later
/* TLS and logins: had in full, or the mail does not go. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <glib/gstdio.h>

#include "certificate.h"
#include "loop.h"
#include "mail.h"
#include "server.h"

#define HOUR	 3600L
#define SESSIONS 64

static char *directory, *ca_file, *pin;
static SSL_CTX *good;

static char *path_of(const char *name)
{
	return g_build_filename(directory, name, NULL);
}

static void write_file(const char *name, const char *text, int mode)
{
	g_autofree char *path = path_of(name);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	chmod(path, (mode_t)mode);
}

static void set(struct mail *mail, const char *field, const char *value)
{
	char *problem = setup_set(mail->setup, field, value);

	if (problem)
		fail_msg("%s", problem);
}

/* Where the system's certificates are read, for the first connection */
#define CA_STALL_US 50000

static struct mail *secure_mail(struct server *server, const char *mode, const char *ca)
{
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	set(mail, "TLS", mode);
	set(mail, "CAFile", ca);
	mail->setup->port = server_port(server);
	return mail;
}

/* Both ways to TLS with one certificate; never a message in clear. */
static void expect_tls(SSL_CTX *tls, const char *ca, const char *pinned, unsigned int status,
		       unsigned int detail)
{
	for (int implicit = 0; implicit < 2; implicit++) {
		struct server *server = server_start_tls(NULL, tls, implicit);
		struct mail *mail = secure_mail(server, implicit ? "implicit" : "starttls", ca);

		set(mail, "Pin", pinned);
		if (!*ca && !implicit)
			mail->stall_us = CA_STALL_US;
		mail_run(mail);
		server_settle(server);
		expect_outcome(mail, status, status ? 2 : 8, detail, status ? SENT_NO : SENT_YES);
		assert_int_equal(server_messages(server), status ? 0 : 1);
		assert_true(!status == !!strstr(mail->trace->str, "Secured by TLSv1.3") ||
			    detail == DETAIL_CERTIFICATE_NAME || detail == DETAIL_CERTIFICATE_PIN);
		mail_free(mail);
		server_stop(server);
	}
}

static void test_tls(void **state)
{
	(void)state;
	expect_tls(good, ca_file, "", 0, 0);
	expect_tls(good, ca_file, pin, 0, 0);
}

/* Each in a file of its own: libcurl keeps what it has read of one. */
static void expect_refused(const char *name, long from, long to, unsigned int detail)
{
	static int number;
	g_autofree char *base = g_strdup_printf("refused-%d.pem", ++number);
	g_autofree char *file = path_of(base);
	SSL_CTX *tls = certificate_new(name, from, to, file, NULL);

	expect_tls(tls, file, "", 24, detail);
	SSL_CTX_free(tls);
}

static void test_certificates(void **state)
{
	g_autofree char *file = path_of("other.pem"), *other_pin = NULL;
	SSL_CTX *tls = certificate_new("127.0.0.1", -HOUR, HOUR, file, &other_pin);

	(void)state;
	expect_tls(tls, ca_file, "", 24, DETAIL_CERTIFICATE_UNTRUSTED);
	expect_tls(tls, "", "", 24, DETAIL_CERTIFICATE_UNTRUSTED);
	expect_tls(good, ca_file, other_pin, 24, DETAIL_CERTIFICATE_PIN);
	SSL_CTX_free(tls);
	expect_refused("127.0.0.1", -2 * HOUR, -HOUR, DETAIL_CERTIFICATE_EXPIRED);
	expect_refused("127.0.0.1", HOUR, 2 * HOUR, DETAIL_CERTIFICATE_TOO_NEW);
	expect_refused("mail.example.com", -HOUR, HOUR, DETAIL_CERTIFICATE_NAME);
	expect_tls(good, "/nonexistent.pem", "", 24, DETAIL_BAD_FIELD);
}

/* TLS is wanted, the server does not have it, in each of its ways. */
static void expect_no_tls(const struct server_step *script, const char *mode, unsigned int status,
			  unsigned int detail)
{
	struct server *server = server_start(script, false);
	struct mail *mail = secure_mail(server, mode, ca_file);

	mail->submission.deadline_us = now_us(CLOCK_BOOTTIME) + 2 * TIMEOUT_MS * 1000ULL;
	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, status, 2, detail, SENT_NO);
	assert_null(strstr(server_commands(server), "MAIL"));
	mail_free(mail);
	server_stop(server);
}

static void test_no_tls(void **state)
{
#define OFFER                                                  \
	{                                                      \
		"EHLO", SAY, "250-test\r\n250 STARTTLS\r\n", 0 \
	}
	static const struct server_step later[] = {
		OFFER, { "STARTTLS", SAY, "454 4.7.0 not now\r\n", 0 }, { 0 }
	};
	static const struct server_step refuses[] = {
		OFFER, { "STARTTLS", SAY, "502 5.5.1 no\r\n", 0 }, { 0 }
	};
	static const struct server_step nobody[] = {
		{ "EHLO", SAY, "550 5.7.1 not you\r\n", 0 }, { 0 }
	};
	static const struct server_step injects[] = {
		OFFER, { "STARTTLS", SAY, "220 go\r\n250 injected\r\n", 0 }, { 0 }
	};
	static const struct server_step hangs[] = {
		OFFER, { "STARTTLS", HANG, "220 go\r\n", 0 }, { 0 }
	};
	static const struct server_step closes[] = {
		OFFER, { "STARTTLS", SAY_CLOSE, NULL, 0 }, { 0 }
	};
	static const struct server_step no_ehlo[] = {
		{ "EHLO", SAY, "502 5.5.1 what\r\n", 0 }, { 0 }
	};

	(void)state;
	expect_no_tls(NULL, "starttls", 24, DETAIL_TLS_NOT_OFFERED);
	expect_no_tls(later, "starttls", 454, 0);
	expect_no_tls(refuses, "starttls", 24, DETAIL_TLS_NOT_OFFERED);
	expect_no_tls(no_ehlo, "starttls", 24, DETAIL_TLS_NOT_OFFERED);
	expect_no_tls(nobody, "starttls", 550, 0);
	expect_no_tls(injects, "starttls", 22, 0);
	expect_no_tls(hangs, "starttls", 12, 0);
	expect_no_tls(closes, "starttls", 20, DETAIL_CLOSED);
	expect_no_tls(NULL, "implicit", 24, DETAIL_TLS_FAILED);
}

/* Whether a close or a reset comes first, is up to TCP. */
static void expect_cut(const struct server_step *script, const char *mode)
{
	struct server *server = server_start(script, false);
	struct mail *mail = secure_mail(server, mode, ca_file);
	unsigned int detail;

	mail_run(mail);
	detail = mail->submission.outcome.detail;
	expect_outcome(mail, 20, 2, detail, SENT_NO);
	assert_in_range(detail, DETAIL_RESET, DETAIL_CLOSED);
	mail_free(mail);
	server_stop(server);
}

/* TCP ends amid the handshake: that is no refusal of TLS, and may be over in a moment. */
static void test_cut_handshake(void **state)
{
	static const struct server_step closes[] = {
		OFFER, { "STARTTLS", SAY_CLOSE, "220 go\r\n", 0 }, { 0 }
	};
	static const struct server_step resets[] = {
		OFFER, { "STARTTLS", SAY_RESET, "220 go\r\n", 0 }, { 0 }
	};
	static const struct server_step at_once[] = { { "connect", SAY_CLOSE, NULL, 30 }, { 0 } };
	g_autofree char *file = path_of("old.pem");
	SSL_CTX *old = certificate_new("127.0.0.1", -HOUR, HOUR, file, NULL);

	(void)state;
	expect_cut(closes, "starttls");
	expect_cut(resets, "starttls");
	expect_cut(at_once, "implicit");
	SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
	expect_tls(old, file, "", 24, DETAIL_TLS_FAILED);
	SSL_CTX_free(old);
}

/* Kept-open sessions work with TLS as without. */
static void test_reused(void **state)
{
	struct server *server = server_start_tls(NULL, good, true);
	struct mail *first = secure_mail(server, "implicit", ca_file);
	struct mail *second = mail_new_with(first->setup, "b@x.org", PATIENCE_MS);

	(void)state;
	engine_set_keep_open(engine, 1000000);
	mail_run(first);
	mail_run(second);
	assert_string_equal(second->states->str, "345678");
	expect_outcome(second, 0, 8, 0, SENT_YES);
	engine_retire(engine, first->setup);
	engine_set_keep_open(engine, 0);
	server_settle(server);
	assert_int_equal(server_connections(server), 1);
	mail_free(first);
	mail_free(second);
	server_stop(server);
}

/* One session only: the next mail waits for the answer to RSET, all of it. */
static void expect_reset(const struct server_step *script)
{
	struct server *server = server_start_tls(script, good, true);
	struct mail *first = secure_mail(server, "implicit", ca_file);
	struct mail *second = mail_new_with(first->setup, "b@x.org", PATIENCE_MS);

	engine_set_sessions_max(engine, 1);
	engine_set_keep_open(engine, 1000000);
	mail_run(first);
	mail_run(second);
	expect_outcome(first, 550, 4, 0, SENT_NO);
	expect_outcome(second, 0, 8, 0, SENT_YES);
	engine_retire(engine, first->setup);
	engine_set_keep_open(engine, 0);
	engine_set_sessions_max(engine, 4);
	server_settle(server);
	assert_int_equal(server_connections(server), 1);
	mail_free(first);
	mail_free(second);
	server_stop(server);
}

static void test_reset(void **state)
{
	static const struct server_step script[] = {
		{ "RCPT", SAY, "550 5.1.1 no\r\n", 0 },
		{ "RSET", LINES, "250-a\r\n250-b\r\n250 c\r\n", 0 },
		{ 0 }
	};

	(void)state;
	expect_reset(script);
}

#define CAN(mechanisms)                                                   \
	{                                                                 \
		"EHLO", SAY, "250-test\r\n250 AUTH " mechanisms "\r\n", 0 \
	}
#define WELCOME "235 2.7.0 welcome\r\n"

static void use_login(struct mail *mail, const char *name)
{
	set(mail, "Login", name);
	mail->setup->credentials_file = path_of("credentials.conf");
}

static void bind_credentials(struct server *server, const char *host)
{
	g_autofree char *text = g_strdup_printf(
		"[plc]\nServer=other.example, %s:%u\nUser=joe\nPasswordFile=%s/password\n"
		"[token]\nServer=%s\nUser=joe\nTokenFile=%s/token\n"
		"[unit]\nServer=%s\nUser=joe\nCredential=smtp\n",
		host, server_port(server), directory, host, directory, host);

	write_file("credentials.conf", text, 0640);
}

/* The login @name with a server that does as @script; what it must have seen. */
static void expect_login(const char *name, const struct server_step *script, unsigned int status,
			 unsigned int detail, const char *seen)
{
	struct server *server = server_start_tls(script, good, true);
	struct mail *mail = secure_mail(server, "implicit", ca_file);

	bind_credentials(server, "127.0.0.1");
	use_login(mail, name);
	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, status, status ? 2 : 8, detail, status ? SENT_NO : SENT_YES);
	if (seen)
		assert_non_null(strstr(server_commands(server), seen));
	assert_true(!status == !!strstr(server_commands(server), "MAIL"));
	assert_null(strstr(mail->trace->str, "s3cret"));
	assert_null(strstr(mail->trace->str, "AGpvZQBzM2NyZXQ="));
	assert_null(strstr(mail->submission.outcome.text, "AGpvZQBzM2NyZXQ="));
	mail_free(mail);
	server_stop(server);
}

static void test_login(void **state)
{
	static const struct server_step plain[] = { CAN("PLAIN"), { "AUTH", SAY, WELCOME, 0 }, { 0 } };
	static const struct server_step login[] = { CAN("LOGIN"),
						    { "AUTH", SAY, "334 UGFzc3dvcmQ6\r\n", 0 },
						    { "czNjcmV0", SAY, WELCOME, 0 },
						    { 0 } };
	static const struct server_step cram[] = {
		CAN("CRAM-MD5"),
		{ "AUTH", SAY, "334 PDEuMkB0ZXN0Pg==\r\n", 0 },
		{ "am9lI", SAY, WELCOME, 0 },
		{ 0 }
	};
	static const struct server_step xoauth2[] = { CAN("PLAIN XOAUTH2"),
						      { "AUTH XOAUTH2", SAY, WELCOME, 0 },
						      { 0 } };
	static const struct server_step bearer[] = { CAN("OAUTHBEARER"),
						     { "AUTH OAUTHBEARER", SAY, WELCOME, 0 },
						     { 0 } };

	(void)state;
	expect_login("plc", plain, 0, 0, "AUTH PLAIN AGpvZQBzM2NyZXQ=|");
	expect_login("plc", login, 0, 0, "AUTH LOGIN am9l|czNjcmV0|");
	expect_login("plc", cram, 0, 0, "AUTH CRAM-MD5|");
	expect_login("token", xoauth2, 0, 0, "AUTH XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgb25lAQE=|");
	write_file("token", "two\n", 0600);
	expect_login("token", xoauth2, 0, 0, "AUTH XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgdHdvAQE=|");
	write_file("token", "one\n", 0600);
	expect_login("token", bearer, 0, 0, "AUTH OAUTHBEARER ");
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	write_file("smtp", "s3cret", 0600);
	expect_login("unit", plain, 0, 0, "AUTH PLAIN AGpvZQBzM2NyZXQ=|");
}

static void test_login_refused(void **state)
{
	static const struct server_step wrong[] = {
		CAN("PLAIN"), { "AUTH", SAY, "535 5.7.8 AGpvZQBzM2NyZXQ= is wrong\r\n", 0 }, { 0 }
	};
	static const struct server_step later[] = {
		CAN("PLAIN"), { "AUTH", SAY, "454 4.7.0 later\r\n", 0 }, { 0 }
	};
	static const struct server_step other[] = { CAN("GSSAPI NTLM"), { 0 } };
	static const struct server_step challenge[] = {
		CAN("XOAUTH2"), { "AUTH", SAY, "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", 0 }, { 0 }
	};
	static const struct server_step bearer[] = {
		CAN("OAUTHBEARER"),
		{ "AUTH", SAY, "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", 0 },
		{ "AQ==", SAY, "535 5.7.8 expired\r\n", 0 },
		{ 0 }
	};
	static const struct server_step plain[] = {
		CAN("PLAIN"), { "AUTH", SAY, "334 eHg=\r\n", 0 }, { 0 }
	};

	(void)state;
	expect_login("token", challenge, 535, DETAIL_AUTH_REFUSED, "AUTH XOAUTH2");
	expect_login("token", bearer, 535, DETAIL_AUTH_REFUSED, "AQ==|");
	expect_login("plc", plain, 22, 0, "AUTH PLAIN");
	expect_login("plc", wrong, 535, DETAIL_AUTH_REFUSED, "AUTH PLAIN");
	expect_login("plc", later, 454, DETAIL_AUTH_REFUSED, "AUTH PLAIN");
	expect_login("plc", NULL, 24, DETAIL_AUTH_NOT_OFFERED, NULL);
	expect_login("plc", other, 24, DETAIL_AUTH_MECHANISM, NULL);
}

/* One who has refused EHLO may not even hear HELO: what it has said is the reason. */
static void expect_ehlo(const struct server_step *step, unsigned int status)
{
	const struct server_step script[] = { *step, { 0 } };
	struct server *server = server_start(script, false);
	struct mail *mail = mail_new(server_port(server), "mark@hosteng.com", PATIENCE_MS);

	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, status, 2, 0, SENT_NO);
	assert_true(g_str_has_prefix(mail->submission.outcome.text, "554") == (status == 554));
	assert_null(strstr(server_commands(server), "MAIL"));
	mail_free(mail);
	server_stop(server);
}

static void test_ehlo_refused(void **state)
{
	static const struct server_step closes = { "EHLO", SAY_CLOSE, "554 5.7.1 blocked\r\n", 0 };
	static const struct server_step resets = { "EHLO", SAY_RESET, "554 5.7.1 blocked\r\n", 30 };
	static const struct server_step strange = { "EHLO", SAY, "354 go\r\n", 0 };
	static const struct server_step later[] = { { "EHLO", SAY, "451 4.3.0 later\r\n", 0 }, { 0 } };
	static const struct server_step blocked[] = { { "EHLO", SAY, "554 5.7.1 no\r\n", 0 }, { 0 } };
	static const struct server_step old[] = { { "EHLO", SAY, "502 5.5.1 what\r\n", 0 }, { 0 } };

	(void)state;
	expect_ehlo(&closes, 554);
	expect_ehlo(&resets, 554);
	expect_ehlo(&strange, 22);
	expect_login("plc", later, 451, 0, "HELO");
	expect_login("plc", blocked, 554, 0, "HELO");
	expect_login("plc", old, 24, DETAIL_AUTH_NOT_OFFERED, "HELO");
}

/* What can go wrong at a command before MAIL, and what becomes of it in state 2. */
#define LONG_LINE_SIZE 600

struct fault {
	enum server_action action;
	const char *reply; /* NULL: none; empty: a line that is too long */
	unsigned int status;
	unsigned int detail;
};

static const struct fault faults[] = {
	{ HANG, NULL, 12, 0 },
	{ SAY_CLOSE, NULL, 20, DETAIL_CLOSED },
	{ SAY_RESET, NULL, 20, DETAIL_RESET },
	{ SAY_CLOSE, "250-go", 20, DETAIL_CLOSED },
	{ SAY_CLOSE, "421 4.3.2 down\r\n", 421, 0 },
	{ HANG, "421 4.3.2 down\r\n", 421, 0 },
	{ SAY, "SSH-2.0-OpenSSH_9.2p1\r\n", 22, DETAIL_GARBAGE },
	{ SAY, "250-a\r\n251 b\r\n", 22, DETAIL_GARBAGE },
	{ SAY, "", 22, DETAIL_LINE_TOO_LONG },
};

static void run_fault(const struct server_step *script, const struct fault *fault, bool login)
{
	struct server *server = server_start_tls(script, good, login);
	struct mail *mail = secure_mail(server, login ? "implicit" : "starttls", ca_file);

	if (fault->status == 12)
		mail->submission.deadline_us = now_us(CLOCK_BOOTTIME) + 2 * TIMEOUT_MS * 1000ULL;
	if (login) {
		bind_credentials(server, "127.0.0.1");
		use_login(mail, "plc");
	}
	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, fault->status, 2, fault->detail, SENT_NO);
	assert_null(strstr(server_commands(server), "MAIL"));
	mail_free(mail);
	server_stop(server);
}

/* Each fault at the command, the server having been led there by the steps before it. */
static void run_faults(const struct server_step *before, const char *command, bool login)
{
	g_autofree char *line = g_strnfill(LONG_LINE_SIZE, 'x');

	memcpy(line, "250 ", 4);
	memcpy(line + LONG_LINE_SIZE - 2, "\r\n", 2);
	for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
		const struct fault *fault = &faults[i];
		const char *reply = fault->reply && !*fault->reply ? line : fault->reply;
		struct server_step script[4] = { before[0], before[1] };

		script[before[1].command ? 2 : 1] =
			(struct server_step){ command, fault->action, reply,
					      fault->action == SAY_RESET ? 30 : 0 };
		run_fault(script, fault, login);
	}
}

static void test_faults(void **state)
{
	static const struct server_step starttls[] = { OFFER, { 0 } };
	static const struct server_step plain[] = { CAN("PLAIN"), { 0 } };
	static const struct server_step cram[] = { CAN("CRAM-MD5"), { 0 } };
	static const struct server_step login[] = { CAN("LOGIN"),
						    { "AUTH", SAY, "334 UGFzc3dvcmQ6\r\n", 0 } };

	(void)state;
	run_faults(starttls, "STARTTLS", false);
	run_faults(plain, "AUTH", true);
	run_faults(cram, "AUTH", true);
	run_faults(login, "czNjcmV0", true);
}

/* From MAIL on it is for us to tell them apart. */
static void expect_fault_at(const char *command, unsigned int in_state, const struct fault *fault)
{
	const struct server_step script[] = {
		{ command, fault->action, fault->reply, fault->action == SAY_RESET ? 30 : 0 }, { 0 }
	};
	struct server *server = server_start_tls(script, good, true);
	struct mail *mail = secure_mail(server, "implicit", ca_file);
	bool hangs = fault->status == 12;

	if (hangs)
		mail->submission.deadline_us = now_us(CLOCK_BOOTTIME) + 2 * TIMEOUT_MS * 1000ULL;
	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, hangs ? 10 + in_state : fault->status, in_state, fault->detail,
		       in_state < 8 || fault->status == 421 ? SENT_NO : SENT_UNKNOWN);
	assert_int_equal(server_messages(server), in_state == 8);
	mail_free(mail);
	server_stop(server);
}

static void test_later_faults(void **state)
{
	static const char *const commands[] = { "MAIL", "RCPT", "DATA", "." };

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		for (size_t j = 0; j < G_N_ELEMENTS(faults) - 1; j++)
			expect_fault_at(commands[i], i < 3 ? 3 + i : 8, &faults[j]);
}

/* A secret is seen wherever an argument that a server repeats has it, also if cut off. */
static void test_secret_in_text(void **state)
{
	static const char *const users[] = { "j", "jo", "joe", "joey" };
	struct credential credential = { .secret = (char *)"ya29.a0AfH6SMBx-Token" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(users); i++) {
		g_autofree char *plain = g_strdup_printf("user=%s\001auth=Bearer %s\001\001",
							 users[i], credential.secret);
		g_autofree char *encoded = g_base64_encode((guchar *)plain, strlen(plain));
		g_autofree char *said = g_strdup_printf("535 5.7.8 AUTH XOAUTH2 %s", encoded);

		credential.user = (char *)users[i];
		assert_true(credential_in(&credential, said));
		said[strlen(said) - 8] = '\0';
		assert_true(credential_in(&credential, said));
		assert_true(credential_in(&credential, "535 no ya29.a0AfH6SMB"));
		assert_false(credential_in(&credential, "535 5.7.8 Authentication failed"));
	}
	credential.secret = (char *)"p\xc3\xa4ss"; /* in a reply's text all is ASCII */
	assert_true(credential_in(&credential, "535 not p??ss"));
	assert_false(credential_in(&credential, "535 not pass"));
}

/* Nor later on, when the login is done. */
static void test_secret_in_later_text(void **state)
{
	static const struct server_step script[] = { CAN("PLAIN"),
						     { "AUTH", SAY, WELCOME, 0 },
						     { "RCPT", SAY, "550 5.7.1 not s3cret\r\n", 0 },
						     { 0 } };
	struct server *server = server_start_tls(script, good, true);
	struct mail *mail = secure_mail(server, "implicit", ca_file);

	(void)state;
	bind_credentials(server, "127.0.0.1");
	use_login(mail, "plc");
	mail_run(mail);
	expect_outcome(mail, 550, 4, 0, SENT_NO);
	assert_null(strstr(mail->trace->str, "s3cret"));
	assert_string_equal(mail->submission.outcome.text, "550 (withheld)");
	mail_free(mail);
	server_stop(server);
}

/* The first of two servers does so with a login; the second one is good. */
static void expect_next_server(const char *reply, unsigned int status)
{
	const struct server_step bad[] = { CAN("XOAUTH2"), { "AUTH", SAY, reply, 0 }, { 0 } };
	static const struct server_step fine[] = { CAN("XOAUTH2"), { "AUTH", SAY, WELCOME, 0 }, { 0 } };
	struct server *first = server_start_tls(bad, good, true);
	struct server *second = server_start_tls(fine, good, true);
	struct mail *mail = secure_mail(first, "implicit", ca_file);
	g_autofree char *servers = g_strdup_printf("127.0.0.1:%u, 127.0.0.1:%u", server_port(first),
						   server_port(second));

	set(mail, "Server", servers);
	bind_credentials(first, "127.0.0.1");
	use_login(mail, "token");
	mail_run(mail);
	server_settle(first);
	server_settle(second);
	assert_int_equal(mail->submission.outcome.status, status);
	assert_int_equal(server_messages(second), !status);
	mail_free(mail);
	server_stop(first);
	server_stop(second);
}

static void test_next_server(void **state)
{
	(void)state;
	expect_next_server("454 4.7.0 later\r\n", 0);
	expect_next_server("535 5.7.8 wrong\r\n", 535);
	expect_next_server("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", 535);
}

/* Not for this server, or not to be read: the server does not even see a connection. */
static void expect_no_credential(const char *name, const char *host, int mode, const char *why)
{
	struct server *server = server_start_tls(NULL, good, true);
	struct mail *mail = secure_mail(server, "implicit", ca_file);
	g_autofree char *file = path_of("credentials.conf");

	bind_credentials(server, host);
	chmod(file, (mode_t)mode);
	use_login(mail, name);
	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, 24, 1, DETAIL_NO_CREDENTIAL, SENT_NO);
	assert_non_null(strstr(mail->submission.outcome.text, why));
	assert_int_equal(server_connections(server), 0);
	mail_free(mail);
	server_stop(server);
}

static void test_no_credential(void **state)
{
	g_autofree char *password = path_of("password");

	(void)state;
	expect_no_credential("plc", "mail.example.com", 0640, "is not for the server");
	expect_no_credential("nobody", "127.0.0.1", 0640, "has no [nobody]");
	expect_no_credential("plc", "127.0.0.1", 0660, "writable by root only");
	write_file("password", "", 0600);
	expect_no_credential("plc", "127.0.0.1", 0640, "empty");
	unlink(password);
	expect_no_credential("plc", "127.0.0.1", 0640, "No such file");
	mkfifo(password, 0600);
	expect_no_credential("plc", "127.0.0.1", 0640, "not a regular file");
	unlink(password);
	write_file("password", "s3cret\n", 0600);
}

/* After STARTTLS only what is offered then counts. */
static void test_offers(void **state)
{
	static const struct server_step script[] = {
		{ "EHLO", SAY, "250-PIPELINING\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", 0 },
		{ "EHLO", SAY, "250 test\r\n", 0 },
		{ 0 }
	};
	struct server *server = server_start_tls(script, good, false);
	struct mail *mail = secure_mail(server, "starttls", ca_file);

	(void)state;
	bind_credentials(server, "127.0.0.1");
	use_login(mail, "plc");
	mail_run(mail);
	server_settle(server);
	expect_outcome(mail, 24, 2, DETAIL_AUTH_NOT_OFFERED, SENT_NO);
	assert_null(strstr(server_commands(server), "AUTH"));
	mail_free(mail);
	server_stop(server);
}

/* Many that shake hands at the same time do so in many turns of the loop. */
static void test_many_handshakes(void **state)
{
	size_t n = getenv("UNIT_VALGRIND") ? SESSIONS / 8 : SESSIONS;

	(void)state;
	loop_count_waiting(false);
	for (int implicit = 0; implicit < 2; implicit++) {
		struct server *server = server_start_tls(NULL, good, implicit);
		struct mail *mails[SESSIONS];

		engine_set_sessions_max(engine, SESSIONS);
		for (size_t i = 0; i < n; i++) {
			mails[i] = secure_mail(server, implicit ? "implicit" : "starttls", ca_file);
			engine_submit(engine, &mails[i]->submission);
		}
		for (size_t i = 0; i < n; i++)
			loop_run(event, &mails[i]->done, PATIENCE_MS);
		server_settle(server);
		for (size_t i = 0; i < n; i++) {
			expect_outcome(mails[i], 0, 8, 0, SENT_YES);
			mail_free(mails[i]);
		}
		assert_int_equal(server_messages(server), n);
		engine_set_sessions_max(engine, 4);
		server_stop(server);
	}
	loop_count_waiting(true);
}

/* How long a refused handshake takes the processor, with the certificates of this file. */
static uint64_t measure_refusal(const char *file, uint64_t stall_us)
{
	struct server *server = server_start_tls(NULL, good, true);
	struct mail *mail = secure_mail(server, "implicit", file);
	uint64_t before = now_us(CLOCK_THREAD_CPUTIME_ID);

	mail->stall_us = stall_us;
	mail_run(mail);
	expect_outcome(mail, 24, 2, DETAIL_CERTIFICATE_UNTRUSTED, SENT_NO);
	mail_free(mail);
	server_stop(server);
	return now_us(CLOCK_THREAD_CPUTIME_ID) - before;
}

/* Slots with different CA files take turns: each file is read once. */
static void test_ca_files_in_turns(void **state)
{
	static const char *const system_file = "/etc/ssl/certs/ca-certificates.crt";
	uint64_t first, least[2] = { UINT64_MAX, UINT64_MAX };
	g_autofree char *text = NULL, *copy = path_of("copy.pem");

	(void)state;
	if (!g_file_get_contents(system_file, &text, NULL, NULL))
		skip();
	write_file("copy.pem", text, 0600);
	first = measure_refusal(copy, CA_STALL_US);
	for (int i = 0; i < 6; i++)
		least[i % 2] = MIN(least[i % 2],
				   measure_refusal(i % 2 ? copy : system_file,
						   i ? LOOP_STALL_US : CA_STALL_US));
	print_message("CPU us for a refused handshake: %u, then %u and %u in turns\n",
		      (unsigned int)first, (unsigned int)least[0], (unsigned int)least[1]);
	assert_true(MAX(least[0], least[1]) < first / 2);
}

static void expect_with(const char *file, unsigned int status, unsigned int detail)
{
	struct server *server = server_start_tls(NULL, good, true);
	struct mail *mail = secure_mail(server, "implicit", file);

	mail_run(mail);
	expect_outcome(mail, status, status ? 2 : 8, detail, status ? SENT_NO : SENT_YES);
	assert_int_equal(!!strstr(mail->submission.outcome.text, "CAFile="),
			 detail == DETAIL_BAD_FIELD);
	mail_free(mail);
	server_stop(server);
}

/* A file that has changed, or gone, is so for the next connection. */
static void test_changed_ca_file(void **state)
{
	g_autofree char *file = path_of("changing.pem"), *fifo = path_of("fifo"), *text = NULL;
	SSL_CTX *other = certificate_new("127.0.0.1", -HOUR, HOUR, file, NULL);

	(void)state;
	expect_with(file, 24, DETAIL_CERTIFICATE_UNTRUSTED);
	assert_true(g_file_get_contents(ca_file, &text, NULL, NULL));
	write_file("changing.pem", text, 0600);
	expect_with(file, 0, 0);
	write_file("changing.pem", "nonsense", 0600);
	expect_with(file, 24, DETAIL_BAD_FIELD);
	unlink(file);
	expect_with(file, 24, DETAIL_BAD_FIELD);
	mkfifo(fifo, 0600);
	expect_with(fifo, 24, DETAIL_BAD_FIELD);
	SSL_CTX_free(other);
}

static void expect_source(struct server *server, const char *source, unsigned int status)
{
	struct mail *mail = mail_new(server_port(server), "a@x.org", PATIENCE_MS);

	set(mail, "SourceInterface", source);
	mail_run(mail);
	expect_outcome(mail, status, status ? 1 : 8, status ? DETAIL_NO_ROUTE : 0,
		       status ? SENT_NO : SENT_YES);
	mail_free(mail);
}

static void test_source(void **state)
{
	struct server *server = server_start(NULL, false);

	(void)state;
	expect_source(server, "127.0.0.1", 0);
	expect_source(server, "lo", 0);
	expect_source(server, "nosuch0", 20);
	server_stop(server);
}

static int set_up(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	directory = g_dir_make_tmp("ecemail-security-XXXXXX", NULL);
	ca_file = path_of("ca.pem");
	good = certificate_new("127.0.0.1", -HOUR, HOUR, ca_file, &pin);
	write_file("password", "s3cret\n", 0600);
	write_file("token", "one\n", 0600);
	return mail_set_up(state);
}

static int tear_down(void **state)
{
	GDir *dir = g_dir_open(directory, 0, NULL);

	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *path = path_of(name);

		unlink(path);
	}
	g_dir_close(dir);
	rmdir(directory);
	SSL_CTX_free(good);
	g_free(pin);
	g_free(ca_file);
	g_free(directory);
	return mail_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_no_tls),
		cmocka_unit_test(test_cut_handshake),
		cmocka_unit_test(test_reused),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_login_refused),
		cmocka_unit_test(test_ehlo_refused),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_later_faults),
		cmocka_unit_test(test_secret_in_text),
		cmocka_unit_test(test_secret_in_later_text),
		cmocka_unit_test(test_next_server),
		cmocka_unit_test(test_no_credential),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_many_handshakes),
		cmocka_unit_test(test_ca_files_in_turns),
		cmocka_unit_test(test_changed_ca_file),
	};

	return cmocka_run_group_tests_name("security", tests, set_up, tear_down);
}
