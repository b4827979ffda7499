// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemailctl credential set: gives ecemaild a secret, encrypted for this PC by
 * systemd. There is no way to read it back.
 */

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"
#include "daemon/setup.h"
#include "output.h"

#define STORE		"/etc/credstore.encrypted"
#define DROP_INS	"/etc/systemd/system/ecemaild.service.d"
#define SECRET_MAX	4096
#define NAME_MAX_LENGTH 64

/*
 * From a terminal without echo, else the first line of standard input. Returns
 * how many bytes it has, @size and more: too many.
 */
static size_t read_secret(char *secret, size_t size)
{
	struct termios old, silent;
	gboolean terminal = !tcgetattr(STDIN_FILENO, &old);
	char *line;

	if (terminal) {
		fputs("Secret (is not shown): ", stderr);
		silent = old;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	line = fgets(secret, (int)size, stdin);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	if (!line)
		return 0;
	if (!strchr(secret, '\n') && strlen(secret) == size - 1 && !feof(stdin) && getchar() != EOF)
		return size;
	secret[strcspn(secret, "\r\n")] = '\0';
	return strlen(secret);
}

/* The secret goes by a pipe: nobody sees it in a list of processes. */
static int encrypt(const char *name, const char *path, const char *secret)
{
	g_autofree char *option = g_strconcat("--name=", name, NULL);
	const char *argv[] = { "systemd-creds", "encrypt", option, "-", path, NULL };
	g_autoptr(GError) error = NULL;
	g_autofree char *problem = NULL;
	GSubprocessFlags pipes = G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE;
	g_autoptr(GSubprocess) process = g_subprocess_newv(argv, pipes, &error);

	if (!process ||
	    !g_subprocess_communicate_utf8(process, secret, NULL, NULL, &problem, &error))
		return complain(EXIT_WRONG, "systemd-creds: %s", error->message);
	if (!g_subprocess_get_successful(process))
		return complain(EXIT_WRONG, "systemd-creds could not encrypt it: %s",
				g_strchomp(problem));
	return EXIT_OK;
}

static int write_drop_in(const char *name, const char *path)
{
	g_autofree char *file = g_strdup_printf(DROP_INS "/credential-%s.conf", name);
	g_autofree char *text = g_strdup_printf("# Made by ecemailctl credential set.\n"
						"[Service]\n"
						"LoadCredentialEncrypted=%s:%s\n",
						name, path);
	g_autoptr(GError) error = NULL;

	if (g_mkdir_with_parents(DROP_INS, 0755) || !g_file_set_contents(file, text, -1, &error))
		return complain(EXIT_WRONG, "%s: %s", file, error ? error->message : g_strerror(errno));
	return EXIT_OK;
}

static int systemctl(const char *verb, const char *unit)
{
	const char *argv[] = { "systemctl", verb, unit, NULL };
	g_autoptr(GError) error = NULL;
	g_autoptr(GSubprocess) process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, &error);

	if (!process || !g_subprocess_wait_check(process, NULL, &error))
		return complain(EXIT_WRONG, "systemctl %s: %s", verb, error->message);
	return EXIT_OK;
}

static void say(const char *name)
{
	g_autoptr(JsonObject) object = NULL;

	if (!output_as_json) {
		printf("Stored, and given to ecemaild. A login that uses it, in "
		       "/etc/ecemail/credentials.conf:\n\n"
		       "  [%s]\n  Server=HOST\n  User=NAME\n  Credential=%s\n\n"
		       "and in the setup: Login=%s\n",
		       name, name, name);
		return;
	}
	object = json_object_new();
	json_object_set_string_member(object, "credential", name);
	json_object_set_boolean_member(object, "stored", TRUE);
	output_json(object);
}

static int store(const char *name, const char *secret)
{
	g_autofree char *path = g_strdup_printf(STORE "/ecemail-%s.cred", name);
	g_autofree char *new_path = g_strconcat(path, ".new", NULL);
	int r;

	if (g_mkdir_with_parents(STORE, 0700))
		return complain(EXIT_WRONG, STORE ": %s", g_strerror(errno));
	/* systemd-creds does not write over what is there */
	g_unlink(new_path);
	r = encrypt(name, new_path, secret);
	if (!r && g_rename(new_path, path))
		r = complain(EXIT_WRONG, "%s: %s", path, g_strerror(errno));
	if (!r)
		r = write_drop_in(name, path);
	if (!r)
		r = systemctl("daemon-reload", NULL);
	if (!r)
		r = systemctl("try-restart", "ecemaild.service");
	if (!r)
		say(name);
	return r;
}

static int run(int count, char **words)
{
	char secret[SECRET_MAX];
	size_t length;
	int r;

	if (count != 2 || strcmp(words[0], "set") != 0)
		return usage_error("credential wants set and a name");
	if (!setup_is_name(words[1], strlen(words[1])) || strlen(words[1]) > NAME_MAX_LENGTH)
		return usage_error("'%s': a name is of letters, digits, - and _, at most %d", words[1],
				   NAME_MAX_LENGTH);
	if (geteuid())
		return complain(EXIT_UNKNOWN, "this is for root: sudo ecemailctl credential set %s",
				words[1]);
	length = read_secret(secret, sizeof(secret));
	if (!length || length >= sizeof(secret))
		r = usage_error("the secret is %s; allowed: 1 to %d bytes. Nothing was changed",
				length ? "too long" : "empty", SECRET_MAX - 1);
	else
		r = store(words[1], secret);
	explicit_bzero(secret, sizeof(secret));
	return r;
}

const struct command credential_command = {
	.name = "credential",
	.arguments = "set NAME",
	.summary = "give ecemaild a secret for a login; it cannot be read back",
	.description =
		"Asks for the secret, or takes the first line of standard input. It is encrypted for\n"
		"this PC by systemd-creds, and ecemaild is restarted to get it; mails on their way\n"
		"are not lost. For root.\n"
		"\n"
		"Examples:\n"
		"  ecemailctl credential set plc\n"
		"  ecemailctl credential set plc <password-file",
	.run = run,
};
