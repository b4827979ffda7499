// SPDX-License-Identifier: GPL-2.0-or-later
/* ecemailctl submit: what it prints and how it exits, with the scripted server. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/ctl/output.h"
#include "daemon/ctl/submit.h"
#include "certificate.h"
#include "server.h"

static char output[1 << 20], errors[65536];

static int redirect(int fd, FILE *to)
{
	int saved = dup(fd);

	fflush(fd == 1 ? stdout : stderr);
	dup2(fileno(to), fd);
	return saved;
}

static void restore(int fd, int saved, FILE *from, char *text, size_t size)
{
	fflush(fd == 1 ? stdout : stderr);
	dup2(saved, fd);
	close(saved);
	rewind(from);
	text[fread(text, 1, size - 1, from)] = '\0';
	fclose(from);
}

/* Runs it with the words of @line; what it says is in output and errors. */
static int run(const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	FILE *out = tmpfile(), *err = tmpfile();
	int saved_out = redirect(1, out), saved_err = redirect(2, err);
	GPtrArray *argv = g_ptr_array_new();
	int r;

	g_ptr_array_add(argv, (char *)"submit");
	for (char **word = words; *word; word++)
		g_ptr_array_add(argv, *word);
	g_ptr_array_add(argv, NULL);
	r = submit((int)argv->len - 1, (char **)argv->pdata);
	restore(1, saved_out, out, output, sizeof(output));
	restore(2, saved_err, err, errors, sizeof(errors));
	g_ptr_array_free(argv, TRUE);
	return r;
}

static int run_with(struct server *server, const char *more)
{
	g_autofree char *line = g_strdup_printf(
		"--server smtp://127.0.0.1:%u --from plc@acme.com --helo plc.acme.com %s",
		server_port(server), more);

	return run(line);
}

static void test_sent(void **state)
{
	struct server *server = server_start(NULL, true);

	(void)state;
	assert_int_equal(run_with(server, "--to a@x.org --cc b@x.org --subject Hi --body Ho"), 0);
	assert_string_equal(output, "sent: 250 2.0.0 Ok: queued as 42\n");
	assert_string_equal(errors, "");
	assert_int_equal(run_with(server, "--to a@x.org --cc b@x.org --json"), 0);
	assert_string_equal(
		output,
		"{\"status\":0,\"state\":8,\"reply\":250,\"enhanced\":\"2.0.0\",\"detail\":0,"
		"\"sent\":\"yes\",\"text\":\"250 2.0.0 Ok: queued as 42\",\"recipients\":["
		"{\"address\":\"a@x.org\",\"reply\":250},{\"address\":\"b@x.org\",\"reply\":250}]}\n");
	server_settle(server);
	assert_non_null(strstr(server_text(server), "Subject: Hi\r\n"));
	assert_non_null(strstr(server_text(server), "\r\n\r\nHo\r\n"));
	server_stop(server);
}

static void test_failed(void **state)
{
	static const struct server_step script[] = { { "RCPT", SAY, "550 5.1.1 \"who\"\r\n", 0 },
						     { "RCPT", SAY, "450 4.2.1 later\r\n", 0 },
						     { 0 } };
	struct server *server = server_start(script, false);

	(void)state;
	assert_int_equal(run_with(server, "--to a@x.org"), 1);
	assert_string_equal(output, "");
	assert_string_equal(errors, "ecemailctl: status 550 in state 4 (naming the recipients): "
				    "550 5.1.1 \"who\"; sent: no\n");
	assert_int_equal(run_with(server, "--to a@x.org --json"), 1);
	assert_non_null(strstr(output, "\"status\":450,\"state\":4,\"reply\":450"));
	server_stop(server);
}

/* Many: one line each, then the total; all on kept-open sessions. */
static void test_count(void **state)
{
	static const struct server_step script[] = { { "MAIL", SAY, "451 4.3.0 x\r\n", 30 }, { 0 } };
	struct server *server = server_start(script, false);
	const char *refused;

	(void)state;
	assert_int_equal(run_with(server, "--to a@x.org --json --count 20 --sessions 2"), 1);
	refused = strstr(output, "{\"status\":451,");
	assert_non_null(refused);
	assert_null(strstr(refused + 1, "{\"status\":451,"));
	assert_non_null(strstr(output, "{\"messages\":20,\"succeeded\":19,\"seconds\":"));
	assert_non_null(strstr(output, "\"worst_loop_stall_ms\":"));
	server_settle(server);
	assert_int_equal(server_messages(server), 19);
	assert_int_equal(server_connections(server), 2);
	server_stop(server);
}

/* The time of each begins when its turn has come. */
static void test_time_of_each(void **state)
{
	static const struct server_step script[] = { { ".", SAY, "250 2.0.0 Ok\r\n", 500 },
						     { ".", SAY, "250 2.0.0 Ok\r\n", 500 },
						     { ".", SAY, "250 2.0.0 Ok\r\n", 500 },
						     { ".", HANG, NULL, 0 },
						     { 0 } };
	struct server *server = server_start(script, false);

	(void)state;
	assert_int_equal(run_with(server, "--to a@x.org --json --count 5 --timeout 1"), 1);
	assert_non_null(strstr(output, "{\"messages\":5,\"succeeded\":4,"));
	assert_non_null(strstr(output, "{\"status\":18,\"state\":8,"));
	server_stop(server);
}

#ifdef __SANITIZE_ADDRESS__
#define TURN_MS 30
#else
#define TURN_MS 10
#endif

/* What waited for the first outcome is not printed in one turn of the loop. */
static void test_held_back(void **state)
{
	static const struct server_step script[] = { { "MAIL", HANG, NULL, 0 }, { 0 } };
	static const char member[] = "\"worst_loop_cpu_ms\":";
	struct server *server = server_start(script, false);
	const char *worst;

	(void)state;
	assert_int_equal(run_with(server, "--to a@x.org --json --compose-once --timeout 3 "
					  "--count 4000 --sessions 2"),
			 1);
	worst = strstr(output, member);
	assert_non_null(worst);
	assert_in_range(atoi(worst + strlen(member)), 0, getenv("UNIT_VALGRIND") ? 1000 : TURN_MS);
	assert_non_null(strstr(output, "{\"status\":13,"));
	server_stop(server);
}

static unsigned int count_ids(struct server *server)
{
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *at = server_text(server);

	while ((at = strstr(at, "Message-Id: "))) {
		at += strlen("Message-Id: ");
		g_hash_table_add(ids, g_strndup(at, strcspn(at, "\r")));
	}
	return g_hash_table_size(ids);
}

static void test_compose_once(void **state)
{
	struct server *once = server_start(NULL, false), *anew = server_start(NULL, false);

	(void)state;
	assert_int_equal(run_with(once, "--to a@x.org --count 5 --compose-once"), 0);
	assert_int_equal(run_with(anew, "--to a@x.org --count 5"), 0);
	assert_true(g_str_has_prefix(output, "5 mails, 5 succeeded, "));
	server_settle(once);
	server_settle(anew);
	assert_int_equal(server_messages(once), 5);
	assert_int_equal(count_ids(once), 1);
	assert_int_equal(count_ids(anew), 5);
	server_stop(once);
	server_stop(anew);
}

/* What never gets to a server has a status, too, in the order of the checks. */
static void test_checks(void **state)
{
	struct server *server = server_start(NULL, false);

	(void)state;
	assert_int_equal(run_with(server, "--json"), 1);
	assert_true(g_str_has_prefix(output, "{\"status\":21,\"state\":0,"));
	assert_int_equal(run_with(server, "--to nobody --json"), 1);
	assert_non_null(strstr(output, "\"detail\":51,\"sent\":\"no\""));
	assert_int_equal(run_with(server, "--to a@b --subject a\tb --json"), 1);
	assert_true(g_str_has_prefix(output, "{\"status\":23,"));
	assert_int_equal(run("--server smtp://127.0.0.1 --to a@b --json"), 1);
	assert_non_null(strstr(output, "{\"status\":24,\"state\":0,\"reply\":0,\"enhanced\":null,"
				       "\"detail\":21,"));
	server_settle(server);
	assert_int_equal(server_connections(server), 0);
	server_stop(server);
}

static unsigned int count_lines(const char *beginning)
{
	unsigned int n = 0;

	for (const char *line = output; *line; line = strchr(line, '\n') + 1)
		n += g_str_has_prefix(line, beginning);
	return n;
}

/* As many outcomes as mails, and the total, also if none is begun. */
static void test_count_refused(void **state)
{
	(void)state;
	assert_int_equal(run("--server smtp://127.0.0.1 --from a@b --json --count 3"), 1);
	assert_int_equal(count_lines("{\"status\":21,\"state\":0,"), 3);
	assert_int_equal(count_lines("{\"messages\":3,\"succeeded\":0,"), 1);
	assert_int_equal(count_lines(""), 4);
	assert_non_null(strstr(output, "\"rate\":0.0,"));
}

/* A file's name is relative to the shell's folder. */
static void test_relative_ca(void **state)
{
	struct server *server = server_start(NULL, false);

	(void)state;
	assert_int_equal(run_with(server, "--to a@b --ca tests/daemon/submit.c"), 0);
	assert_int_equal(run_with(server, "--to a@b --ca no/such/file --tls starttls --json"), 1);
	assert_non_null(strstr(output, "\"status\":24,"));
	server_stop(server);
}

/* Whatever the command, what it could not print is not passed over in silence. */
static void test_full_disk(void **state)
{
	FILE *err = tmpfile(), *full = fopen("/dev/full", "w");
	int saved_out = redirect(1, full), saved_err = redirect(2, err), done, failed;

	(void)state;
	done = output_finish(0);
	puts("never to be seen");
	failed = output_finish(0);
	restore(2, saved_err, err, errors, sizeof(errors));
	dup2(saved_out, 1);
	close(saved_out);
	fclose(full);
	clearerr(stdout);
	assert_int_equal(done, 0);
	assert_int_equal(failed, 1);
	assert_string_equal(errors, "ecemailctl: standard output cannot be written, and is not "
				    "complete: No space left on device\n");
	assert_int_equal(output_finish(3), 3);
}

/* Options that are fields of the setup get there. */
static void test_fields(void **state)
{
	static const struct server_step hangs[] = { { "MAIL", HANG, NULL, 0 }, { 0 } };
	struct server *server = server_start(NULL, false), *hanging = server_start(hangs, false);

	(void)state;
	assert_int_equal(run_with(server, "--to a@x.org --name Press --interface 127.0.0.1"), 0);
	assert_int_equal(run_with(server, "--to a@x.org --interface nosuch0 --json"), 1);
	assert_true(g_str_has_prefix(output, "{\"status\":20,\"state\":1,"));
	assert_non_null(strstr(output, "\"SourceInterface=nosuch0: no network interface"));
	assert_int_equal(run_with(hanging, "--to a@x.org --timeout 1 --json"), 1);
	assert_true(g_str_has_prefix(output, "{\"status\":13,\"state\":3,"));
	server_settle(server);
	assert_int_equal(server_messages(server), 1);
	assert_true(g_str_has_prefix(server_commands(server), "EHLO plc.acme.com|"));
	assert_non_null(strstr(server_text(server), "From: Press <plc@acme.com>\r\n"));
	server_stop(server);
	server_stop(hanging);
}

/* One mail over TLS with such options; what the server must have seen. */
static void expect_secure(SSL_CTX *tls, bool implicit, const char *mechanism, const char *more,
			  int status, const char *seen)
{
	g_autofree char *offer = g_strdup_printf("250-test\r\n250 AUTH %s\r\n", mechanism);
	const struct server_step script[] = { { "EHLO", SAY, offer, 0 },
					      { "AUTH", SAY, "235 2.7.0 ok\r\n", 0 },
					      { 0 } };
	struct server *server = server_start_tls(implicit ? script : NULL, tls, implicit);
	g_autofree char *line = g_strdup_printf(
		"--server smtp%s://127.0.0.1:%u --from a@b --to a@b --json %s",
		implicit ? "s" : "", server_port(server), more);

	assert_int_equal(run(line), status);
	server_settle(server);
	if (seen && !strstr(server_commands(server), seen))
		fail_msg("%s: %s", more, server_commands(server));
	assert_int_equal(server_messages(server), !status);
	server_stop(server);
}

static char *write_secret(const char *directory, const char *name, const char *secret)
{
	char *path = g_build_filename(directory, name, NULL);

	assert_true(g_file_set_contents(path, secret, -1, NULL));
	return path;
}

static void test_secure(void **state)
{
	g_autofree char *directory = g_dir_make_tmp("ecemail-submit-XXXXXX", NULL);
	g_autofree char *ca = g_build_filename(directory, "ca.pem", NULL), *pin = NULL;
	g_autofree char *password = write_secret(directory, "password", "s3cret\n");
	g_autofree char *token = write_secret(directory, "token", "one\n");
	SSL_CTX *tls = certificate_new("127.0.0.1", -3600, 3600, ca, &pin);
	g_autofree char *trusting = g_strdup_printf("--ca %s", ca);
	g_autofree char *pinned = g_strdup_printf("--ca %s --pin %s", ca, pin);
	g_autofree char *other = g_strdup_printf(
		"--ca %s --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", ca);
	g_autofree char *starttls = g_strdup_printf("--tls starttls --ca %s", ca);
	g_autofree char *login = g_strdup_printf("--ca %s --user joe --password-file %s", ca, password);
	g_autofree char *bearer = g_strdup_printf("--ca %s --user joe --token-file %s", ca, token);

	(void)state;
	expect_secure(tls, true, "PLAIN", trusting, 0, "MAIL FROM:<a@b>");
	expect_secure(tls, true, "PLAIN", "--timeout 5", 1, NULL);
	expect_secure(tls, true, "PLAIN", pinned, 0, "MAIL FROM:<a@b>");
	expect_secure(tls, true, "PLAIN", other, 1, NULL);
	expect_secure(tls, false, "PLAIN", starttls, 0, "STARTTLS|EHLO");
	expect_secure(tls, true, "PLAIN", login, 0, "AUTH PLAIN AGpvZQBzM2NyZXQ=|");
	expect_secure(tls, true, "XOAUTH2", bearer, 0, "AUTH XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgb25lAQE=|");
	assert_true(g_file_set_contents(password, "a\0b", 3, NULL));
	expect_secure(tls, true, "PLAIN", login, 1, NULL);
	assert_non_null(strstr(output, "has a byte 0"));
	SSL_CTX_free(tls);
	unlink(ca);
	unlink(password);
	unlink(token);
	rmdir(directory);
}

static void test_usage(void **state)
{
	static const char *const wrong[] = {
		"--from a@b --to a@b",
		"--server mail.example.com --from a@b --to a@b",
		"--server smtp://mail:99999 --from a@b",
		"--server smtps://mail --tls none --from a@b",
		"--server smtp://mail --tls maybe --from a@b",
		"--server smtp://mail --from a@b --user joe --password-file /x",
		"--server smtps://mail --from a@b --user joe",
		"--server smtps://mail --from a@b --user joe --password-file /x --token-file /y",
		"--server smtp://mail --from a@b --count 0",
		"--server smtp://mail --from a@b --sessions 257",
		"--server smtp://mail --from a@b --timeout 0",
		"--server smtp://mail --from a@b --pin abc",
		"--server smtp://mail --from a@b --nonsense",
		"--server smtp://mail --from a@b --pin sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"--server smtps://mail --from a@b --pin ",
		"--server smtps://mail --from a@b --ca ",
		"--server smtps://mail --from a@b --user ",
		"--server smtp://mail --from a@b --interface lo\r",
		"--server smtp://mail --from a@b word",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		assert_int_equal(run(wrong[i]), 2);
		assert_string_equal(output, "");
		assert_true(*errors);
	}
	assert_non_null(strstr(errors, "'word'"));
	assert_int_equal(run("--help"), 0);
	assert_true(g_str_has_prefix(output, "Usage: ecemailctl submit "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_time_of_each),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_compose_once),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_count_refused),
		cmocka_unit_test(test_relative_ca),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_secure),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("submit", tests, NULL, NULL);
}
