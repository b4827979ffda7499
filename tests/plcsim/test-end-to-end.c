// SPDX-License-Identifier: GPL-2.0-or-later
/* plcsim from the outside: as processes, with a host at its socket. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/plcsim/fake-host.h"
#include "tests/plcsim/subcommand.h"
#include "tests/plcsim/test.h"

static void test_mail(void **state)
{
	struct bench *b = *state;
	g_autofree char *text = NULL;

	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	b->busy_answers = 2;
	b->polls = 3;
	assert_int_equal(ctl(b, "set V3000=3 V3001=4711 X0=1"), 0);
	assert_int_equal(ctl(b, "wait C0=1 and C1=0 and V1504=0 10"), 0);
	assert_int_equal(b->frames, 1);
	assert_int_equal(b->frame_length, 64);
	assert_memory_equal(b->frame + 3, "\0\x10\x0d\x1b\0mark@hosteng.comWidget Report"
					  "Shift # 3 made 4711 widgets",
			    61);
	b->final_status = 550;
	assert_int_equal(ctl(b, "set X0=0"), 0);
	assert_int_equal(ctl(b, "set X0=1"), 0);
	assert_int_equal(ctl(b, "wait C1=1 10"), 0);
	expect_element(b, "V1504", "550");
	assert_int_equal(ctl(b, "status"), 0);
	text = output(b);
	assert_non_null(strstr(text, "V1504=550    error: the mail server answered 550"));
	assert_non_null(strstr(text, "PC       ready"));
	stop_simulator(b, SIGTERM, 0);
}

/* A set counts only when a scan has seen it: no stale C0 for the next wait */
static void test_set_waits_for_a_scan(void **state)
{
	struct bench *b = *state;

	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ctl(b, "set X0=1"), 0);
		assert_int_equal(ctl(b, "wait C0=1 10"), 0);
		assert_int_equal(b->frames, i + 1);
		assert_int_equal(ctl(b, "set X0=0"), 0);
	}
}

static void test_watch(void **state)
{
	struct bench *b = *state;
	const char *argv[] = { "ctl", "--socket", b->control, "watch C0 V1504 for 2", NULL };
	const char *command[] = { "ctl", "--socket", b->control, "set X0=1", NULL };
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	pid_t watch;

	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	b->polls = 5;
	watch = spawn(b, subcommand_ctl, argv);
	for (int i = 0; i < 40; i++)
		serve(b);
	g_free(b->output);
	b->output = g_strdup_printf("%s/set", b->folder);
	assert_int_equal(wait_for(b, spawn(b, subcommand_ctl, command)), 0);
	assert_int_equal(wait_for(b, watch), 0);
	g_free(b->output);
	b->output = g_strdup_printf("%s/out", b->folder);
	text = output(b);
	lines = g_strsplit(text, "\n", -1);
	assert_int_equal(g_strv_length(lines), 4);
	assert_int_equal(strncmp(lines[0], "scan ", 5), 0);
	assert_true(g_str_has_suffix(lines[0], "  C0=0 V1504=0"));
	assert_true(g_str_has_suffix(lines[1], "  C0=0 V1504=1"));
	assert_true(g_str_has_suffix(lines[2], "  C0=1 V1504=0"));
}

/* The old program goes on as if nothing had been, a request under way included. */
static void test_bad_download_while_running(void **state)
{
	struct bench *b = *state;
	g_autofree char *bad = g_strdup_printf("%s/bad", b->folder);
	g_autofree char *download = g_strdup_printf("download %s", bad);

	assert_true(g_file_set_contents(bad, "STR X1\nOUT Y0\nOUT C8\nEND\n", -1, NULL));
	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	b->polls = 1000000;
	assert_int_equal(ctl(b, "set X0=1 X1=1"), 0);
	assert_int_equal(ctl(b, "wait V1504=1 10"), 0);
	assert_int_equal(ctl(b, download), 1);
	expect_element(b, "V1504", "1");
	expect_element(b, "Y0", "0");
	b->polls = 0;
	assert_int_equal(ctl(b, "wait C0=1 and V1504=0 10"), 0);
	assert_int_equal(b->frames, 1);
	assert_int_equal(unlink(bad), 0);
}

static void test_frame_and_raw(void **state)
{
	struct bench *b = *state;
	g_autofree char *accepted = NULL;
	g_autofree char *bytes = NULL;

	start_simulator(b, NULL);
	assert_int_equal(ctl(b, "frame 1 01010500"), 1);
	assert_int_equal(ctl(b, "frame 2 01010500"), 1);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	assert_int_equal(ctl(b, "frame 1 01 01 05 00"), 0);
	accepted = output(b);
	assert_string_equal(accepted, "accepted\n");
	assert_int_equal(b->frame_length, 4);
	assert_memory_equal(b->frame, "\1\1\5", 4);
	assert_int_equal(ctl(b, "raw 1 rx 89 1 4"), 0);
	bytes = output(b);
	assert_string_equal(bytes, "00 00 3c 00\n");
	b->busy_answers = 1;
	assert_int_equal(ctl(b, "frame 1 01010500"), 1);
}

static void test_replug(void **state)
{
	struct bench *b = *state;
	uint32_t generation;

	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	generation = get32(b, 0x20);
	unplug(b);
	assert_int_equal(ctl(b, "wait V1400=1001 15"), 0);
	plug(b);
	assert_int_equal(get32(b, 0x20), generation);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
}

/* The new connection is seen before the end of the old one. */
static void test_quick_replug(void **state)
{
	struct bench *b = *state;

	start_simulator(b, NULL);
	plug(b);
	for (int i = 0; i < 5; i++) {
		int next;

		kill(b->simulator, SIGSTOP);
		waitpid(b->simulator, NULL, WUNTRACED);
		next = connect_to(b->listen);
		unplug(b);
		kill(b->simulator, SIGCONT);
		b->socket = next;
		receive_introduction(b);
	}
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
}

static void test_sockets_in_use(void **state)
{
	struct bench *b = *state;
	const char *same_card[] = { "run", "--listen", b->listen, "--control", b->output, b->program,
				    NULL };
	const char *same_control[] = { "run", "--listen", b->output, "--control", b->control,
				       b->program, NULL };

	start_simulator(b, NULL);
	unlink(b->output);
	assert_int_equal(wait_for(b, spawn(b, subcommand_run, same_card)), 1);
	unlink(b->output);
	assert_int_equal(wait_for(b, spawn(b, subcommand_run, same_control)), 1);
	assert_int_equal(ctl(b, "status"), 0);
	stop_simulator(b, SIGKILL, -1);
	start_simulator(b, NULL); /* takes the dead one's sockets */
	assert_int_equal(ctl(b, "status"), 0);
}

/* A file that is no socket is somebody's. */
static void test_sockets_are_no_files(void **state)
{
	struct bench *b = *state;
	const char *program[] = { "run", "--listen", b->program, "--control", b->control,
				  b->program, NULL };
	const char *control[] = { "run", "--listen", b->listen, "--control", b->program,
				  b->program, NULL };
	g_autofree char *text = NULL;

	assert_int_equal(wait_for(b, spawn(b, subcommand_run, program)), 1);
	assert_int_equal(wait_for(b, spawn(b, subcommand_run, control)), 1);
	assert_true(g_file_get_contents(b->program, &text, NULL, NULL));
	assert_non_null(strstr(text, "ECEMAIL"));
}

static void test_second_pc_is_turned_away(void **state)
{
	struct bench *b = *state;
	char byte;
	int fd;

	start_simulator(b, NULL);
	plug(b);
	fd = connect_to(b->listen);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
}

static void test_power_and_reset(void **state)
{
	struct bench *b = *state;
	uint32_t generation;
	eventfd_t count;

	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	generation = get32(b, 0x20);
	assert_int_equal(ctl(b, "plc off"), 0);
	assert_int_equal(get32(b, 0x28), 0);
	assert_int_equal(eventfd_read(b->host_vectors[0], &count), 0);
	assert_int_equal(get32(b, 0x20), generation);
	assert_int_equal(ctl(b, "frame 1 01010500"), 1);
	assert_int_equal(ctl(b, "plc on"), 0);
	assert_int_equal(get32(b, 0x28), 1);
	assert_int_not_equal(get32(b, 0x20), generation);
	generation = get32(b, 0x20);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	assert_int_equal(ctl(b, "card reset"), 0);
	assert_int_not_equal(get32(b, 0x20), generation);
	assert_int_equal(ctl(b, "wait V1400=1001 10"), 0);
	assert_int_equal(ctl(b, "plc program"), 0);
	assert_int_equal(ctl(b, "plc run"), 0);
	assert_int_equal(ctl(b, "quit"), 0);
	assert_int_equal(wait_for(b, b->simulator), 0);
	b->simulator = 0;
}

static void test_silent_pc(void **state)
{
	struct bench *b = *state;

	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	b->deaf = true;
	assert_int_equal(ctl(b, "set X0=1"), 0);
	assert_int_equal(ctl(b, "wait C1=1 and V1504=1001 20"), 0);
}

static int run_script(struct bench *b, const char *text)
{
	g_autofree char *path = g_strdup_printf("%s/script", b->folder);
	int status;

	g_file_set_contents(path, text, -1, NULL);
	start_simulator(b, path);
	status = wait_for(b, b->simulator);
	b->simulator = 0;
	return status;
}

static void test_scripts(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run_script(b, "# no PC\nwait V1400=1001\nset V3000=7\nexpect V3000=7\n"
				       "sleep 0.1\nstatus\n"),
			 0);
	assert_int_equal(run_script(b, "sleep 0.1\nset X0=1\nexpect V1504=1\n"), 0);
	assert_int_equal(run_script(b, "set V3000=7\nexpect V3000=8\n"), 1);
	assert_int_equal(run_script(b, "wait C0=1 0.1\n"), 1);
	assert_int_equal(run_script(b, "expect C0=0\nfoo\n"), 2);
	assert_int_equal(run_script(b, "watch C0\n"), 2);
	assert_int_equal(run_script(b, "expect V1400=1\n"), 0);
	assert_int_equal(run_script(b, "quit\nexpect C0=1\n"), 0);
}

static void test_steps(void **state)
{
	struct bench *b = *state;

	assert_int_equal(run_script(b, "scan step 0\nset X0=0\nscan step 2\nset X0=1\nsleep 0.1\n"
				       "expect V1504=0\nscan step\nexpect V1504=1\n"
				       "clock 2006-03-01 10:48:26\nscan step 1\n"
				       "expect V7770=16 and V7774=6\nscan time 2\nscan run\n"
				       "wait SP1=1\nclock 2007-01-01 00:00:00\n"
				       "expect V7774=7\n"),
			 0);
}

/* Returns the exit status; the host's queue is full at first so many times. */
static int replay(struct bench *b, const char *record, unsigned int busy_answers)
{
	const char *argv[] = { "replay", "--listen", b->listen, record, NULL };
	int status;

	b->busy_answers = busy_answers;
	b->simulator = spawn(b, subcommand_replay, argv);
	b->socket = -1;
	for (int i = 0; i < 500 && !has_ended(b) && b->socket < 0; i++) {
		usleep(10000);
		b->socket = connect_to(b->listen);
	}
	receive_introduction(b);
	host_start(b);
	status = wait_for(b, b->simulator);
	b->simulator = 0;
	unplug(b);
	return status;
}

static void test_record_and_replay(void **state)
{
	struct bench *b = *state;
	g_autofree char *record = g_strdup_printf("%s/record", b->folder);
	g_autofree char *text = NULL;
	g_autofree char *second = NULL;
	const char *other_slot[] = { "replay", "--listen", b->listen, record, NULL };

	b->record = record;
	start_simulator(b, NULL);
	plug(b);
	host_start(b);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	b->busy_answers = 1;
	assert_int_equal(ctl(b, "set X0=1"), 0);
	assert_int_equal(ctl(b, "wait C0=1 10"), 0);
	assert_int_equal(b->frames, 1);
	stop_simulator(b, SIGTERM, 0);
	unplug(b);
	assert_true(g_file_get_contents(record, &text, NULL, NULL));
	assert_non_null(strstr(text, " 1 rx 89 1 4\n"));
	assert_non_null(strstr(text, " 1 done 0 00003c00\n"));
	assert_non_null(strstr(text, " 1 wx 89 0 61 0101"));
	assert_non_null(strstr(text, " 1 busy 0\n"));
	assert_int_equal(replay(b, record, 1), 0);
	assert_int_equal(b->frames, 2);
	assert_int_equal(replay(b, record, 0), 1);
	second = output(b);
	assert_non_null(strstr(second, ": done, was busy\n"));
	assert_non_null(strstr(second, " replayed, 1 different\n"));
	assert_non_null(strstr(second, "waiting for the PC\n"));
	assert_int_equal(b->frames, 4);
	g_file_set_contents(record, "20 7 wx 89 0 4 01010500\n30 7 done 0\n", -1, NULL);
	assert_int_equal(wait_for(b, spawn(b, subcommand_replay, other_slot)), 1);
}

/* Reads from the terminal until the text has come. */
static void expect_on_terminal(struct bench *b, int terminal, const char *wanted)
{
	g_autoptr(GString) seen = g_string_new(NULL);
	char part[4096];

	while (!strstr(seen->str, wanted)) {
		struct pollfd poll_fd = { .fd = terminal, .events = POLLIN };
		ssize_t count;

		serve(b);
		if (poll(&poll_fd, 1, 5000) != 1)
			fail_msg("no '%s' in '%s'", wanted, seen->str);
		count = read(terminal, part, sizeof(part));
		assert_true(count > 0);
		g_string_append_len(seen, part, count);
	}
}

static void test_live_view(void **state)
{
	struct bench *b = *state;
	const char *argv[] = { "run", "--listen", b->listen, "--control", b->control, b->program,
			       NULL };
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	assert_int_equal(grantpt(terminal) + unlockpt(terminal), 0);
	g_free(b->output);
	b->output = g_strdup(ptsname(terminal));
	b->simulator = spawn(b, subcommand_run, argv);
	expect_on_terminal(b, terminal, "\033[HPLC      RUN");
	expect_on_terminal(b, terminal, "V1400=1001");
	expect_on_terminal(b, terminal, "Bits     X0=0");
	expect_on_terminal(b, terminal, "Words    V3000=0  V3001=0");
	expect_on_terminal(b, terminal, "\033[J");
	stop_simulator(b, SIGTERM, 0);
	close(terminal);
	g_free(b->output);
	b->output = g_strdup_printf("%s/out", b->folder);
}

/* The last whole picture in what the terminal got, between its two escapes */
static char *last_picture(const char *text)
{
	const char *end = g_strrstr(text, "\033[J");
	const char *start = end ? g_strrstr_len(text, end - text, "\033[H") : NULL;

	return start ? g_strndup(start + 3, end - start - 3) : NULL;
}

/* Waits for a picture of so many rows; then none of its lines may wrap. */
static void expect_rows(struct bench *b, int terminal, unsigned int rows, size_t columns)
{
	g_autoptr(GString) seen = g_string_new(NULL);

	for (int i = 0; i < 400; i++) {
		struct pollfd readable = { terminal, POLLIN, 0 };
		g_autofree char *picture = last_picture(seen->str);
		g_auto(GStrv) lines = g_strsplit(picture ? picture : "", "\033[K\r\n", -1);
		char part[512];
		ssize_t count;

		if (picture && g_strv_length(lines) == rows) {
			for (char **line = lines; *line; line++)
				assert_in_range(strlen(*line), 0, columns - 1);
			return;
		}
		serve(b);
		if (poll(&readable, 1, 10) > 0 && (count = read(terminal, part, sizeof(part))) > 0)
			g_string_append_len(seen, part, count);
	}
	fail_msg("no picture of %u rows in\n%s", rows, seen->str);
}

/* No more than the window has room for, or it would scroll; also when it changes */
static void test_live_view_in_a_small_window(void **state)
{
	struct bench *b = *state;
	const char *argv[] = { "run", "--listen", b->listen, "--control", b->control, b->program,
			       NULL };
	struct winsize size = { .ws_row = 8, .ws_col = 40 };
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	assert_int_equal(grantpt(terminal) + unlockpt(terminal), 0);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	g_free(b->output);
	b->output = g_strdup(ptsname(terminal));
	b->simulator = spawn(b, subcommand_run, argv);
	expect_rows(b, terminal, 8, 40);
	size = (struct winsize){ .ws_row = 5, .ws_col = 11 };
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	expect_rows(b, terminal, 5, 11);
	size = (struct winsize){ .ws_row = 1, .ws_col = 1 };
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	expect_rows(b, terminal, 0, 1);
	stop_simulator(b, SIGTERM, 0);
	close(terminal);
	g_free(b->output);
	b->output = g_strdup_printf("%s/out", b->folder);
}

static void test_usage(void **state)
{
	struct bench *b = *state;
	const char *no_listen[] = { "run", b->program, NULL };
	const char *no_program[] = { "run", "--listen", b->listen, NULL };
	const char *no_command[] = { "ctl", NULL };
	const char *wrong[] = { "ctl", "--socket", b->control, "foo", NULL };
	const char *nobody[] = { "ctl", "--socket", b->control, "status", NULL };
	const char *check[] = { "check", b->program, NULL };
	const char *preview[] = { "preview", "--set", "V3000=3", "--set", "V3001=4711", b->program, NULL };
	const char *bad_set[] = { "preview", "--set", "V3000", b->program, NULL };
	g_autofree char *text = NULL;
	g_autofree char *bad = edited(widget_report, "END\n", "");
	g_autofree char *mail = NULL;

	assert_int_equal(wait_for(b, spawn(b, subcommand_run, no_listen)), 2);
	assert_int_equal(wait_for(b, spawn(b, subcommand_run, no_program)), 2);
	assert_int_equal(wait_for(b, spawn(b, subcommand_ctl, no_command)), 2);
	assert_int_equal(wait_for(b, spawn(b, subcommand_ctl, wrong)), 2);
	assert_int_equal(wait_for(b, spawn(b, subcommand_ctl, nobody)), 1);
	assert_int_equal(wait_for(b, spawn(b, subcommand_preview, bad_set)), 2);
	assert_int_equal(wait_for(b, spawn(b, subcommand_check, check)), 0);
	assert_int_equal(wait_for(b, spawn(b, subcommand_preview, preview)), 0);
	mail = output(b);
	assert_non_null(strstr(mail, "  To       mark@hosteng.com\n  Subject  Widget Report\n"
				     "  Body     Shift # 3 made 4711 widgets\n"
				     "  Frame    64 of 128 bytes\n"));
	g_file_set_contents(b->program, bad, -1, NULL);
	assert_int_equal(wait_for(b, spawn(b, subcommand_check, check)), 1);
	text = output(b);
	assert_non_null(strstr(text, "/p: error: E401"));
	start_simulator(b, NULL);
	assert_int_equal(wait_for(b, b->simulator), 1);
	b->simulator = 0;
}

/* Two modules of one base, each on the card of a PC of its own */
static void test_two_cards(void **state)
{
	struct bench *b = *state;
	g_autofree char *second = g_strdup_printf("%s/card1", b->folder);
	g_autofree char *base = g_strdup_printf("%s/base", b->folder);
	const char *argv[] = { "run", "--listen", b->listen, "--listen", second, "--base", base,
			       "--control", b->control, b->program, NULL };
	const char *one[] = { "run", "--listen", b->listen, "--base", base, b->program, NULL };
	char *first = b->listen;

	g_file_set_contents(base,
			    "[cpu]\nfamily=260\nfirmware=v2.40\n"
			    "[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031\ncard=1\n"
			    "[slot 2]\nmodule=H2-ECOM100\nfirmware=4.0.1031\n",
			    -1, NULL);
	assert_int_equal(wait_for(b, spawn(b, subcommand_run, one)), 1);
	b->simulator = spawn(b, subcommand_run, argv);
	for (int fd = -1, i = 0; i < 500 && fd < 0; i++) {
		usleep(10000);
		fd = connect_to(b->control);
		close(fd);
	}
	plug(b); /* card 0 has slot K2 only */
	host_start(b);
	assert_int_equal(get32(b, 0x400), 2);
	assert_int_equal(ctl(b, "wait V1400=1001 10"), 0);
	assert_int_equal(ctl(b, "frame 2 01010500"), 0);
	unplug(b);
	b->listen = second;
	plug(b);
	host_start(b);
	assert_int_equal(get32(b, 0x400), 1);
	assert_int_equal(ctl(b, "wait V1400=0 10"), 0);
	assert_int_equal(ctl(b, "frame 2 01010600"), 1);
	assert_int_equal(ctl(b, "card reset 1"), 0);
	assert_int_equal(ctl(b, "card reset 2"), 1);
	assert_int_equal(ctl(b, "misbehave zero-fill 1 0"), 0); /* not this one … */
	assert_int_equal(ctl(b, "wait V1400=1001 10"), 0);
	assert_int_equal(ctl(b, "misbehave zero-fill 1 2"), 1);
	assert_int_not_equal(get32(b, 0), 0);
	assert_int_equal(ctl(b, "misbehave zero-fill 1 1"), 0);
	assert_int_equal(ctl(b, "sleep 0.1"), 0);
	assert_int_equal(get32(b, 0), 0); /* … but now this one */
	assert_int_equal(ctl(b, "misbehave off"), 0);
	assert_int_equal(ctl(b, "sleep 0.1"), 0);
	assert_int_equal(get32(b, 0), 0);
	assert_int_equal(ctl(b, "misbehave off 1"), 0);
	assert_int_equal(get32(b, 0), 0x4d4f4345);
	b->listen = first;
}

#define END_TO_END(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const struct CMUnitTest tests[] = {
	END_TO_END(test_mail),
	END_TO_END(test_set_waits_for_a_scan),
	END_TO_END(test_watch),
	END_TO_END(test_bad_download_while_running),
	END_TO_END(test_frame_and_raw),
	END_TO_END(test_replug),
	END_TO_END(test_quick_replug),
	END_TO_END(test_sockets_in_use),
	END_TO_END(test_sockets_are_no_files),
	END_TO_END(test_second_pc_is_turned_away),
	END_TO_END(test_power_and_reset),
	END_TO_END(test_silent_pc),
	END_TO_END(test_scripts),
	END_TO_END(test_record_and_replay),
	END_TO_END(test_live_view),
	END_TO_END(test_live_view_in_a_small_window),
	END_TO_END(test_steps),
	END_TO_END(test_two_cards),
	END_TO_END(test_usage),
};

TEST_MAIN(tests)
