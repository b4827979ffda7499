// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files: merging, validation, what is said about mistakes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <glib/gstdio.h>

#include "daemon/configuration.h"
#include "daemon/status.h"

static char *directory;

static void write_file(const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void remove_file(const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	unlink(path);
}

static struct configuration *load(const char *text)
{
	g_autofree char *path = g_build_filename(directory, "c.conf", NULL);

	if (text)
		write_file("c.conf", text);
	else
		remove_file("c.conf");
	return configuration_load(path);
}

static void test_seed_example(void **state)
{
	struct configuration *configuration = load(
		"[Mail]\nServer=192.168.0.1\nSenderName=Machine A-42F\nSenderAddress=PLC@acme.com\n"
		"Cc=supervisor@acme.com, maintenance@acme.com, joe@acme.com, joe@yahoo.com\n"
		"Port=25\nTimeout=90\n");
	struct setup *setup = configuration_setup(configuration, 0, 1);

	(void)state;
	assert_int_equal(configuration->problems->len, 0);
	assert_int_equal(configuration->warnings->len, 0);
	assert_null(setup->problem);
	assert_int_equal(setup->detail, 0);
	assert_string_equal(setup->server, "192.168.0.1");
	assert_string_equal(setup->sender_name, "Machine A-42F");
	assert_string_equal(setup->sender_address, "PLC@acme.com");
	assert_int_equal(setup->cc->len, 4);
	assert_int_equal(setup->port, 25);
	assert_int_equal(setup->timeout, 90);
	setup_unref(setup);
	configuration_free(configuration);
}

/* What a site gets that sets no more than it must. */
static void test_defaults(void **state)
{
	struct configuration *configuration = load("[Mail]\nServer=192.168.0.1\n"
						   "SenderAddress=plc@acme.com\n");
	struct setup *setup = configuration_setup(configuration, 0, 1);

	(void)state;
	assert_int_equal(setup->rate_limit.count, 100);
	assert_int_equal(setup->rate_limit.seconds, 3600);
	assert_true(setup_allows(setup, "anybody@anywhere.example"));
	assert_int_equal(setup->timeout, 60);
	assert_int_equal(setup->tls, TLS_NONE);
	assert_false(setup->all_or_nothing || setup->retry || setup->resend);
	setup_unref(setup);
	configuration_free(configuration);
}

static void expect_problem(const char *text, unsigned int detail, const char *problem)
{
	struct configuration *configuration = load(text);
	struct setup *setup = configuration_setup(configuration, 0, 1);

	assert_int_equal(setup->detail, detail);
	assert_string_equal(setup->problem, problem);
	setup_unref(setup);
	configuration_free(configuration);
}

static void test_undefined(void **state)
{
	(void)state;
	expect_problem("[Mail]\nServer=mail\nSenderAddress=a@b\nLogin=plc\n", DETAIL_BAD_FIELD,
		       "Login= is never used without TLS; set TLS=starttls or implicit");
	expect_problem(NULL, DETAIL_NO_SERVER, "Server -- undefined --");
	expect_problem("[Mail]\nServer=0.0.0.0\n", DETAIL_NO_SERVER, "Server -- undefined --");
	expect_problem("[Mail]\nServer=\nSenderAddress=a@b\n", DETAIL_NO_SERVER,
		       "Server -- undefined --");
	expect_problem("[Mail]\nServer=mail\n", DETAIL_NO_SENDER, "SenderAddress -- undefined --");
}

/* Each in an otherwise good setup; one that is told for the ladder and one for the journal. */
static void test_bad_values(void **state)
{
	static const struct {
		const char *line;
		unsigned int detail;
	} bad[] = {
		{ "Server=192.168.0.300", DETAIL_BAD_FIELD },
		{ "Server=mail server", DETAIL_BAD_FIELD },
		{ "Server=m\xc3\xa4il", DETAIL_BAD_FIELD },
		{ "Server=mail:0", DETAIL_BAD_FIELD },
		{ "Server=mail:70000", DETAIL_BAD_FIELD },
		{ "Server=mail/x", DETAIL_BAD_FIELD },
		{ "Server=[::1", DETAIL_BAD_FIELD },
		{ "Server=[::1]25", DETAIL_BAD_FIELD },
		{ "Server=user@mail", DETAIL_BAD_FIELD },
		{ "Port=0", DETAIL_BAD_FIELD },
		{ "Port=65536", DETAIL_BAD_FIELD },
		{ "Port=25x", DETAIL_BAD_FIELD },
		{ "Timeout=0", DETAIL_BAD_FIELD },
		{ "Timeout=65536", DETAIL_BAD_FIELD },
		{ "Timeout=-1", DETAIL_BAD_FIELD },
		{ "SenderName=a\xff", DETAIL_BAD_FIELD },
		{ "SenderAddress=nobody", DETAIL_BAD_SENDER },
		{ "SenderAddress=a@b, c@d", DETAIL_BAD_SENDER },
		{ "Cc=a@b, nobody", DETAIL_BAD_CC },
		{ "HeloName=a b", DETAIL_BAD_FIELD },
		{ "HeloName=[", DETAIL_BAD_FIELD },
		{ "Server=mail, a b", DETAIL_BAD_FIELD },
		{ "Server=mail,", DETAIL_BAD_FIELD },
		{ "Retry=yes", DETAIL_BAD_FIELD },
		{ "AllOrNothing=", DETAIL_BAD_FIELD },
		{ "Resend=maybe", DETAIL_BAD_FIELD },
		{ "AllowedDomains=acme.com,", DETAIL_BAD_FIELD },
		{ "AllowedDomains=joe@acme.com", DETAIL_BAD_FIELD },
		{ "TLS=maybe", DETAIL_BAD_FIELD },
		{ "TLS=", DETAIL_BAD_FIELD },
		{ "CAFile=ca.pem", DETAIL_BAD_FIELD },
		{ "Pin=sha256//short=", DETAIL_BAD_FIELD },
		{ "Pin=/etc/key.pem", DETAIL_BAD_FIELD },
		{ "Login=[a]", DETAIL_BAD_FIELD },
		{ "SourceInterface=a b", DETAIL_BAD_FIELD },
		{ "ReplyTo=nobody", DETAIL_BAD_FIELD },
		{ "Importance=urgent", DETAIL_BAD_FIELD },
		{ "Importance=", DETAIL_BAD_FIELD },
		{ "CharacterSet=klingon", DETAIL_BAD_FIELD },
		{ "CharacterSet=UTF-16", DETAIL_BAD_FIELD },
		{ "CharacterSet=EBCDIC-US", DETAIL_BAD_FIELD },
		{ "CharacterSet=CP437//TRANSLIT", DETAIL_BAD_FIELD },
		{ "RateLimit=0/hour", DETAIL_BAD_FIELD },
		{ "RateLimit=10001/hour", DETAIL_BAD_FIELD },
		{ "RateLimit=10", DETAIL_BAD_FIELD },
		{ "RateLimit=10/", DETAIL_BAD_FIELD },
		{ "RateLimit=10/week", DETAIL_BAD_FIELD },
		{ "RateLimit=10/hour/day", DETAIL_BAD_FIELD },
		{ "RateLimit=-1/hour", DETAIL_BAD_FIELD },
		{ "RateLimit=", DETAIL_BAD_FIELD },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *text = g_strdup_printf(
			"[Mail]\nServer=mail\nSenderAddress=a@b\n[Slot K1]\n%s\n", bad[i].line);
		g_autofree char *field = g_strndup(bad[i].line, strcspn(bad[i].line, "="));
		struct configuration *configuration = load(text);
		struct setup *setup = configuration_setup(configuration, 0, 1);
		struct setup *other = configuration_setup(configuration, 0, 2);

		assert_int_equal(setup->detail, bad[i].detail);
		assert_true(g_str_has_prefix(setup->problem, field));
		assert_non_null(strstr(setup->problem, "allowed: "));
		assert_null(other->problem);
		assert_int_equal(configuration->problems->len, 1);
		assert_non_null(strstr(configuration->problems->pdata[0], "c.conf: [Slot K1] "));
		setup_unref(setup);
		setup_unref(other);
		configuration_free(configuration);
	}
}

static void test_mail_fields(void **state)
{
	struct configuration *configuration =
		load("[Mail]\nReplyTo=joe@acme.com, mark@hosteng.com\nImportance=high\n"
		     "CharacterSet=CP437\nRateLimit=7/minute\n"
		     "[Slot K2]\nReplyTo=\nImportance=normal\nCharacterSet=\nRateLimit=no\n");
	struct setup *first = configuration_setup(configuration, 0, 1);
	struct setup *second = configuration_setup(configuration, 0, 2);
	struct setup *defaults = setup_new();

	(void)state;
	assert_int_equal(configuration->problems->len, 0);
	assert_int_equal(first->reply_to->len, 2);
	assert_int_equal(first->importance, IMPORTANCE_HIGH);
	assert_string_equal(first->character_set, "CP437");
	assert_int_equal(first->rate_limit.count, 7);
	assert_int_equal(first->rate_limit.seconds, 60);
	assert_int_equal(second->reply_to->len, 0);
	assert_int_equal(second->importance, IMPORTANCE_NORMAL);
	assert_string_equal(second->character_set, "windows-1252");
	assert_int_equal(second->rate_limit.count, 0);
	assert_int_equal(defaults->rate_limit.count, 100);
	assert_int_equal(defaults->rate_limit.seconds, 3600);
	assert_string_equal(defaults->character_set, "windows-1252");
	setup_unref(first);
	setup_unref(second);
	setup_unref(defaults);
	configuration_free(configuration);
}

static void expect_server(const char *value, const char *server, unsigned int port)
{
	g_autofree char *text = g_strdup_printf("[Mail]\nPort=26\nServer=%s\n", value);
	struct configuration *configuration = load(text);
	struct setup *setup = configuration_setup(configuration, 0, 1);

	assert_string_equal(setup->server, server);
	assert_int_equal(setup->port, port);
	setup_unref(setup);
	configuration_free(configuration);
}

static void test_server(void **state)
{
	(void)state;
	expect_server("mail.acme.com", "mail.acme.com", 26);
	expect_server("mail:587", "mail", 587);
	expect_server("10.0.0.1:2525", "10.0.0.1", 2525);
	expect_server("2001:db8::1", "2001:db8::1", 26);
	expect_server("[2001:db8::1]", "2001:db8::1", 26);
	expect_server("[2001:db8::1]:587", "2001:db8::1", 587);
}

static void test_slots(void **state)
{
	struct configuration *configuration =
		load("[Mail]\nServer=mail\nSenderAddress=a@b\nTimeout=10\nPort=99999\n"
		     "[Slot 1:K2]\nTimeout=12\n[Slot K2]\nTimeout=11\nPort=27\n");
	struct setup *plain = configuration_setup(configuration, 1, 1);
	struct setup *slot = configuration_setup(configuration, 0, 2);
	struct setup *card = configuration_setup(configuration, 1, 2);

	(void)state;
	assert_int_equal(plain->timeout, 10);
	assert_int_equal(plain->detail, DETAIL_BAD_FIELD);
	assert_int_equal(slot->timeout, 11);
	assert_null(slot->problem); /* its own port is good */
	assert_int_equal(card->timeout, 12);
	assert_int_equal(card->port, 27);
	setup_unref(plain);
	setup_unref(slot);
	setup_unref(card);
	configuration_free(configuration);
}

static void test_drop_ins(void **state)
{
	static const unsigned int order[] = { 50, 30, 70, 60, 90, 40, 80 };
	g_autofree char *path = g_build_filename(directory, "c.conf.d", NULL);
	struct configuration *configuration;
	struct setup *setup;

	(void)state;
	g_mkdir(path, 0700);
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		g_autofree char *name = g_strdup_printf("c.conf.d/%u.conf", order[i]);
		g_autofree char *text = g_strdup_printf("[Mail]\nTimeout=%u\n", order[i]);

		write_file(name, text);
	}
	write_file("c.conf.d/20.conf", "[Mail]\nTimeout=20\nPort=x\n");
	write_file("c.conf.d/10.conf", "[Mail]\nTimeout=10\nServer=other\n");
	write_file("c.conf.d/30-c.txt", "[Mail]\nTimeout=30\n");
	configuration = load("[Mail]\nServer=mail\nSenderAddress=a@b\nTimeout=5\n");
	setup = configuration_setup(configuration, 0, 1);
	assert_int_equal(setup->timeout, 90);
	assert_string_equal(setup->server, "other");
	assert_int_equal(configuration->problems->len, 1);
	assert_non_null(strstr(configuration->problems->pdata[0], "20.conf: [Mail] Port=x: "));
	setup_unref(setup);
	configuration_free(configuration);
	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		g_autofree char *name = g_strdup_printf("c.conf.d/%u.conf", order[i]);

		remove_file(name);
	}
	remove_file("c.conf.d/10.conf");
	remove_file("c.conf.d/20.conf");
	remove_file("c.conf.d/30-c.txt");
	rmdir(path);
}

static void test_daemon(void **state)
{
	struct configuration *configuration = load("[Daemon]\nSessions=7\nTrace=yes\n");

	(void)state;
	assert_int_equal(configuration->sessions, 7);
	assert_true(configuration->trace);
	configuration_free(configuration);
	configuration = load("[Daemon]\nSessions=65\nTrace=1\n");
	assert_int_equal(configuration->problems->len, 2);
	assert_int_equal(configuration->sessions, SESSIONS_DEFAULT);
	configuration_free(configuration);
}

static void test_unknown(void **state)
{
	struct configuration *configuration =
		load("[Mail]\nServre=mail\n[Slot 1]\nPort=1\n[Slot K16]\nPort=1\n[Daemon]\nPort=1\n");

	(void)state;
	assert_int_equal(configuration->problems->len, 0);
	assert_int_equal(configuration->warnings->len, 4);
	assert_non_null(strstr(configuration->warnings->pdata[0], "Servre: unknown key"));
	configuration_free(configuration);
	configuration = load("no section\n");
	assert_int_equal(configuration->problems->len, 1);
	configuration_free(configuration);
}

/* The file that is shipped must be readable, and say nothing until it is edited. */
static void test_shipped(void **state)
{
	struct configuration *configuration = configuration_load("daemon/ecemaild.conf");
	gsize groups;

	(void)state;
	g_strfreev(g_key_file_get_groups(configuration->keys, &groups));
	assert_int_equal(configuration->problems->len, 0);
	assert_int_equal(configuration->warnings->len, 0);
	assert_int_equal(groups, 0);
	assert_int_equal(access("daemon/ecemaild.conf", R_OK), 0);
	configuration_free(configuration);
}

static void expect_line(const char *text, const char *beginning)
{
	g_autofree char *line = g_strconcat("\n", beginning, NULL);

	if (!strstr(text, line))
		fail_msg("no line begins with %s", beginning);
}

/* Each field is in the shipped file, and in the document with its default. */
static void test_documents(void **state)
{
	static const char *const others[] = { "Group.", "Text.",   "Sessions", "KeepOpen",
					      "Trace",	"TraceTo", "Probe" };
	g_autofree char *document = NULL, *shipped = NULL;
	struct setup_field field;
	const char *name;

	(void)state;
	assert_true(g_file_get_contents("Documentation/setup.rst", &document, NULL, NULL));
	assert_true(g_file_get_contents("daemon/ecemaild.conf", &shipped, NULL, NULL));
	for (size_t i = 0; (name = setup_field(i)); i++) {
		g_autofree char *with_blank = g_strconcat(name, " ", NULL);
		g_autofree char *commented = g_strconcat("#", name, "=", NULL);

		expect_line(document, with_blank);
		expect_line(shipped, commented);
		assert_true(setup_describe_field(name, &field));
		if (*field.standard && strcmp(name, "CharacterSet") != 0) {
			g_autofree char *row = g_strdup_printf("%-19s%s", name, field.standard);

			expect_line(document, row);
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autofree char *commented = g_strconcat("#", others[i], NULL);

		expect_line(document, others[i]);
		expect_line(shipped, commented);
	}
}

/* … and what it has as comments is known, each key of it. */
static void test_shipped_keys(void **state)
{
	g_autofree char *shipped = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;
	struct configuration *configuration;

	(void)state;
	assert_true(g_file_get_contents("daemon/ecemaild.conf", &shipped, NULL, NULL));
	lines = g_strsplit(shipped, "\n", -1);
	for (char **line = lines; *line; line++) {
		bool key = (*line)[0] == '#' && g_ascii_isupper((*line)[1]) &&
			   (*line)[strcspn(*line, " =")] == '=';

		g_string_append_printf(text, "%s\n", *line + key);
	}
	configuration = load(text->str);
	assert_int_equal(configuration->warnings->len, 0);
	configuration_free(configuration);
}

static int set_up(void **state)
{
	(void)state;
	directory = g_dir_make_tmp("ecemaild-XXXXXX", NULL);
	return !directory;
}

static int tear_down(void **state)
{
	(void)state;
	remove_file("c.conf");
	rmdir(directory);
	g_free(directory);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed_example),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_undefined),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_mail_fields),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_drop_ins),
		cmocka_unit_test(test_daemon),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_shipped_keys),
		cmocka_unit_test(test_documents),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("setup", tests, set_up, tear_down);
}
