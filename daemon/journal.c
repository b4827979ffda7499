// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way out for words. The journal's socket and a terminal can both block
 * for seconds, the event loop must not: entries go through a bounded queue to
 * one writer thread, which alone talks to journald, stderr and, for the status
 * text, to systemd. When the queue is full entries are lost, and how many is
 * written as soon as there is room. The same thread writes the daemon's files
 * (disk.c), which go first: somebody waits for them.
 *
 * Before journal_start() and after journal_stop() entries are written at once.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include "journal.h"

#define QUEUE_MAX    1024
#define WORK_MAX     256
#define STOP_SECONDS 5
/* Each status text costs systemd and all who watch its bus, so not one for each mail. */
#define STATUS_SECONDS 5

struct journal_entry {
	GPtrArray *fields; /* "NAME=value" */
	char *line; /* for stderr */
};

struct work {
	void (*run)(void *userdata);
	void *userdata;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool running;
	bool stop;
	bool to_stderr; /* stderr is not the journal */
	GQueue work;
	GQueue entries;
	unsigned int lost;
	char *status;
	struct timespec status_due; /* not before that, on the monotonic clock */
} journal = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
	.work = G_QUEUE_INIT,
	.entries = G_QUEUE_INIT,
	.to_stderr = true,
};

static void entry_free(struct journal_entry *entry)
{
	g_ptr_array_unref(entry->fields);
	g_free(entry->line);
	g_free(entry);
}

static void write_entry(const struct journal_entry *entry)
{
	g_autofree struct iovec *fields = g_new(struct iovec, entry->fields->len);

	for (guint i = 0; i < entry->fields->len; i++)
		fields[i] = (struct iovec){ entry->fields->pdata[i],
					    strlen(entry->fields->pdata[i]) };
	sd_journal_sendv(fields, (int)entry->fields->len);
	if (journal.to_stderr)
		fprintf(stderr, "%s\n", entry->line);
}

static void write_lost(unsigned int lost)
{
	struct journal_entry *entry;

	if (!lost)
		return;
	entry = journal_entry_new(LOG_WARNING, NULL,
				  "%u journal entries lost: the journal did not take them fast enough",
				  lost);
	write_entry(entry);
	entry_free(entry);
}

static void write_status(char *status)
{
	if (status)
		sd_notifyf(false, "STATUS=%s", status);
	g_free(status);
}

/* What the thread has taken from the queues, to be done without the lock. */
struct turn {
	struct work *work;
	struct journal_entry *entry;
	unsigned int lost;
	char *status;
};

static bool status_is_due(void)
{
	struct timespec now;

	if (journal.stop)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < journal.status_due.tv_sec ||
	    (now.tv_sec == journal.status_due.tv_sec && now.tv_nsec < journal.status_due.tv_nsec))
		return false;
	journal.status_due = now;
	journal.status_due.tv_sec += STATUS_SECONDS;
	return true;
}

static bool take_turn(struct turn *turn)
{
	*turn = (struct turn){ .work = g_queue_pop_head(&journal.work) };
	if (!turn->work)
		turn->entry = g_queue_pop_head(&journal.entries);
	if (turn->work || turn->entry)
		return true;
	turn->lost = journal.lost;
	if (journal.status && status_is_due())
		turn->status = g_steal_pointer(&journal.status);
	journal.lost = 0;
	return turn->lost || turn->status;
}

static void do_turn(const struct turn *turn)
{
	if (turn->work)
		turn->work->run(turn->work->userdata);
	g_free(turn->work);
	if (turn->entry) {
		write_entry(turn->entry);
		entry_free(turn->entry);
	}
	write_lost(turn->lost);
	write_status(turn->status);
}

static void *write_queue(void *unused)
{
	struct turn turn;

	pthread_mutex_lock(&journal.lock);
	for (;;) {
		if (take_turn(&turn)) {
			pthread_mutex_unlock(&journal.lock);
			do_turn(&turn);
			pthread_mutex_lock(&journal.lock);
		} else if (journal.stop) {
			break;
		} else if (journal.status) {
			pthread_cond_clockwait(&journal.wake, &journal.lock, CLOCK_MONOTONIC,
					       &journal.status_due);
		} else {
			pthread_cond_wait(&journal.wake, &journal.lock);
		}
	}
	pthread_mutex_unlock(&journal.lock);
	return unused;
}

bool journal_work(void (*work)(void *userdata), void *userdata)
{
	struct work *item;
	bool room;

	if (!journal.running) {
		work(userdata);
		return true;
	}
	pthread_mutex_lock(&journal.lock);
	room = g_queue_get_length(&journal.work) < WORK_MAX;
	if (room) {
		item = g_new(struct work, 1);
		*item = (struct work){ work, userdata };
		g_queue_push_tail(&journal.work, item);
		pthread_cond_signal(&journal.wake);
	}
	pthread_mutex_unlock(&journal.lock);
	return room;
}

/* systemd sets JOURNAL_STREAM to device:inode of the stream that it gave us. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

int journal_start(void)
{
	int r;

	journal.stop = false;
	journal.to_stderr = !stderr_is_journal();
	r = pthread_create(&journal.thread, NULL, write_queue, NULL);
	journal.running = r == 0;
	return -r;
}

void journal_stop(void)
{
	struct timespec limit;

	if (!journal.running)
		return;
	pthread_mutex_lock(&journal.lock);
	journal.stop = true;
	pthread_cond_signal(&journal.wake);
	pthread_mutex_unlock(&journal.lock);
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += STOP_SECONDS;
	pthread_timedjoin_np(journal.thread, NULL, &limit);
	journal.running = false;
}

static struct journal_entry *entry_new(int priority, const char *message_id, char *text)
{
	struct journal_entry *entry = g_new0(struct journal_entry, 1);

	entry->fields = g_ptr_array_new_with_free_func(g_free);
	entry->line = text;
	journal_field(entry, "MESSAGE", "%s", text);
	journal_field(entry, "PRIORITY", "%d", priority);
	journal_field(entry, "SYSLOG_IDENTIFIER", "ecemaild");
	if (message_id)
		journal_field(entry, "MESSAGE_ID", "%s", message_id);
	return entry;
}

struct journal_entry *journal_entry_new(int priority, const char *message_id, const char *format,
					...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return entry_new(priority, message_id, text);
}

void journal_field(struct journal_entry *entry, const char *name, const char *format, ...)
{
	g_autofree char *value = NULL;
	va_list arguments;

	va_start(arguments, format);
	value = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_ptr_array_add(entry->fields, g_strconcat(name, "=", value, NULL));
}

void journal_write(struct journal_entry *entry)
{
	if (!journal.running) {
		write_entry(entry);
		entry_free(entry);
		return;
	}
	pthread_mutex_lock(&journal.lock);
	if (g_queue_get_length(&journal.entries) < QUEUE_MAX) {
		g_queue_push_tail(&journal.entries, entry);
		entry = NULL;
	} else {
		journal.lost++;
	}
	pthread_cond_signal(&journal.wake);
	pthread_mutex_unlock(&journal.lock);
	if (entry)
		entry_free(entry);
}

void journal_log(int priority, const char *message_id, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	journal_write(entry_new(priority, message_id, text));
}

void journal_status(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	pthread_mutex_lock(&journal.lock);
	g_free(journal.status);
	journal.status = text;
	pthread_cond_signal(&journal.wake);
	pthread_mutex_unlock(&journal.lock);
}
