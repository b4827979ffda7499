// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/plcsim/fake-host.h"
#include "tests/plcsim/subcommand.h"
#include "tests/plcsim/test.h"

/* --- the host ---------------------------------------------------------- */

uint32_t get32(struct bench *b, uint32_t offset)
{
	return le32toh(__atomic_load_n((uint32_t *)(b->dpram + offset), __ATOMIC_ACQUIRE));
}

static void put32(struct bench *b, uint32_t offset, uint32_t value)
{
	__atomic_store_n((uint32_t *)(b->dpram + offset), htole32(value), __ATOMIC_RELEASE);
}

/* One message: eight bytes, and a file descriptor or none (-1) */
static int64_t receive(struct bench *b, int *fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	uint64_t number = 0;
	struct iovec data = { &number, 8 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	assert_int_equal(recvmsg(b->socket, &message, MSG_WAITALL), 8);
	*fd = -1;
	if (CMSG_FIRSTHDR(&message))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return (int64_t)le64toh(number);
}

int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Section 7: the messages in their order */
void receive_introduction(struct bench *b)
{
	int fd;

	assert_true(b->socket >= 0);
	assert_int_equal(receive(b, &fd), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(receive(b, &fd), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(receive(b, &fd), -1);
	assert_int_equal(lseek(fd, 0, SEEK_END), 65536);
	b->dpram = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	for (int i = 0; i < VECTORS; i++)
		assert_int_equal(receive(b, &b->card_vectors[i]), 1);
	for (int i = 0; i < VECTORS; i++)
		assert_int_equal(receive(b, &b->host_vectors[i]), 0);
}

void plug(struct bench *b)
{
	b->socket = connect_to(b->listen);
	receive_introduction(b);
}

void unplug(struct bench *b)
{
	close(b->socket);
	munmap(b->dpram, 65536);
	b->dpram = NULL;
	for (int i = 0; i < VECTORS; i++) {
		close(b->card_vectors[i]);
		close(b->host_vectors[i]);
	}
}

/* Writes a value found in DPRAM to the doorbell: peer << 16 | vector */
static void ring(struct bench *b, uint32_t value)
{
	assert_int_equal(value >> 16, 1);
	eventfd_write(b->card_vectors[value & 0xffff], 1);
}

void host_start(struct bench *b)
{
	put32(b, 0x108, 0);
	put32(b, 0x100, 0x55aa);
	put32(b, 0x10c, 0);
	put32(b, 0x610, 1);
	put32(b, 0x614, 1);
	put32(b, 0x604, 2);
	put32(b, 0x600, get32(b, 0x440));
	put32(b, 0x60c, 2);
	put32(b, 0x608, get32(b, 0x4d0));
	put32(b, 0x104, get32(b, 0x104) + 1);
	put32(b, 0x108, get32(b, 0x20));
	ring(b, get32(b, 0x30));
}

static void serve_wx(struct bench *b)
{
	if (b->busy_answers) {
		b->busy_answers--;
		put32(b, 0x604, 1);
	} else {
		b->frames++;
		b->frame_length = get32(b, 0x444) >> 8;
		memcpy(b->frame, b->dpram + 0x450, sizeof(b->frame));
		put32(b, 0x604, 0);
	}
	put32(b, 0x600, get32(b, 0x440));
	ring(b, get32(b, 0x40c));
}

static void serve_rx(struct bench *b)
{
	uint32_t address = get32(b, 0x4d8);
	uint32_t words[32] = { 0 };

	if (address == 1) {
		words[0] = 60 << 16; /* V1 is 0, V2 is 60 */
	} else if (address >= 040000) {
		words[0] = (address - 040000) / 64 |
			   (uint32_t)(b->polls ? 1 : b->final_status) << 16;
		words[4] = 60 << 16; /* word 011 */
		b->polls -= b->polls > 0;
	}
	for (int i = 0; i < 32; i++)
		put32(b, 0x620 + 4 * i, words[i]);
	put32(b, 0x60c, 0);
	put32(b, 0x608, get32(b, 0x4d0));
	ring(b, get32(b, 0x40c));
}

/* The driver's work for a moment: driven by its vector alone */
void serve(struct bench *b)
{
	struct pollfd poll_fd = { .fd = b->dpram ? b->host_vectors[1] : -1, .events = POLLIN };
	eventfd_t count;

	poll(&poll_fd, 1, 5);
	if (!b->dpram || b->deaf)
		return;
	if (time(NULL) != b->last_heartbeat) {
		b->last_heartbeat = time(NULL);
		put32(b, 0x104, get32(b, 0x104) + 1);
	}
	if (!(poll_fd.revents & POLLIN))
		return;
	eventfd_read(b->host_vectors[1], &count);
	if (get32(b, 0x440) != get32(b, 0x600))
		serve_wx(b);
	if (get32(b, 0x4d0) != get32(b, 0x608))
		serve_rx(b);
}

/* --- processes --------------------------------------------------------- */

pid_t spawn(struct bench *b, int (*run)(int argc, char **argv), const char **argv)
{
	pid_t pid;

	fflush(stdout); /* or the child would print it again */
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (!freopen(b->output, "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(99);
	exit(run(g_strv_length((char **)argv), (char **)argv));
}

int wait_for(struct bench *b, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0)
		serve(b);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

char *output(struct bench *b)
{
	char *text = NULL;

	assert_true(g_file_get_contents(b->output, &text, NULL, NULL));
	return text;
}

/* Runs ctl while the host works. Returns its exit status. */
int ctl(struct bench *b, const char *command)
{
	const char *argv[] = { "ctl", "--socket", b->control, command, NULL };

	return wait_for(b, spawn(b, subcommand_ctl, argv));
}

/* The simulator, that is; its exit status is still to be fetched. */
bool has_ended(struct bench *b)
{
	siginfo_t info = { 0 };

	waitid(P_PID, b->simulator, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid != 0;
}

void start_simulator(struct bench *b, const char *script)
{
	const char *argv[] = { "run", "--listen", b->listen, "--control",
			       b->control, b->program, NULL, NULL,
			       NULL, NULL, NULL };
	g_autofree char *keep = b->output;
	int fd = -1;

	if (script) {
		argv[6] = "--script";
		argv[7] = script;
	}
	if (b->record) {
		argv[6] = "--record";
		argv[7] = b->record;
	}
	b->output = g_strdup_printf("%s/run", b->folder);
	b->simulator = spawn(b, subcommand_run, argv);
	g_free(b->output);
	b->output = g_steal_pointer(&keep);
	for (int i = 0; i < 500 && !has_ended(b) && fd < 0; i++) {
		usleep(10000);
		fd = connect_to(b->control);
	}
	close(fd);
}

int setup(void **state)
{
	struct bench *b = g_new0(struct bench, 1);

	strcpy(b->folder, "/tmp/plcsim-test-XXXXXX");
	if (!mkdtemp(b->folder))
		return -1;
	b->listen = g_strdup_printf("%s/card", b->folder);
	b->control = g_strdup_printf("%s/control", b->folder);
	b->program = g_strdup_printf("%s/p", b->folder);
	b->output = g_strdup_printf("%s/out", b->folder);
	g_file_set_contents(b->program, widget_report, -1, NULL);
	*state = b;
	return 0;
}

static void remove_folder(const char *path)
{
	GDir *folder = g_dir_open(path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(folder))) {
		g_autofree char *file = g_strdup_printf("%s/%s", path, name);

		unlink(file);
	}
	g_dir_close(folder);
	rmdir(path);
}

int teardown(void **state)
{
	struct bench *b = *state;

	if (b->simulator) {
		kill(b->simulator, SIGKILL);
		waitpid(b->simulator, NULL, 0);
	}
	if (b->dpram)
		unplug(b);
	g_free(b->listen);
	g_free(b->control);
	g_free(b->program);
	g_free(b->output);
	remove_folder(b->folder);
	g_free(b);
	return 0;
}

void expect_element(struct bench *b, const char *element, const char *value)
{
	g_autofree char *command = g_strdup_printf("get %s", element);
	g_autofree char *text = NULL;

	assert_int_equal(ctl(b, command), 0);
	text = output(b);
	assert_string_equal(g_strchomp(text), value);
}

void stop_simulator(struct bench *b, int signal, int exit_status)
{
	kill(b->simulator, signal);
	assert_int_equal(wait_for(b, b->simulator), exit_status);
	b->simulator = 0;
}
