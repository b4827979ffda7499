// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files, written by the journal's writer thread since fsync() may take seconds.
 *
 * The way of a job: disk_replace() on the loop → replace() on the thread, which
 * owns the job's text, path and error meanwhile → the list of finished jobs,
 * under the lock, and a tick of the eventfd → done() on the loop. The disk is
 * counted by the jobs, so a job that outlives it finds a list to put itself on
 * and nobody who looks.
 */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "disk.h"
#include "journal.h"

struct disk {
	pthread_mutex_t lock;
	int fd;
	GQueue finished; /* struct job */
	sd_event_source *io;
};

struct job {
	struct disk *disk;
	char *path;
	char *text;
	disk_done_fn done;
	void *userdata;
	int error;
};

static void job_free(gpointer data)
{
	struct job *job = data;

	g_free(job->path);
	g_free(job->text);
	g_free(job);
}

static void disk_clear(gpointer data)
{
	struct disk *disk = data;

	g_queue_clear_full(&disk->finished, job_free);
	close(disk->fd);
	pthread_mutex_destroy(&disk->lock);
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			length -= (size_t)n;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int write_new(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (close(fd) < 0 && !r)
		r = -errno;
	return r;
}

/* The new name of a file is in its folder, which has to reach the disk as well. */
static int sync_folder(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int replace(const char *path, const char *text)
{
	g_autofree char *new_path = g_strconcat(path, ".new", NULL);
	int r = write_new(new_path, text);

	if (!r && rename(new_path, path) < 0)
		r = -errno;
	if (r) {
		unlink(new_path);
		return r;
	}
	return sync_folder(path);
}

static void run_job(void *userdata)
{
	struct job *job = userdata;
	struct disk *disk = job->disk;

	job->error = replace(job->path, job->text);
	pthread_mutex_lock(&disk->lock);
	g_queue_push_tail(&disk->finished, job);
	pthread_mutex_unlock(&disk->lock);
	eventfd_write(disk->fd, 1);
	g_atomic_rc_box_release_full(disk, disk_clear);
}

static struct job *take_finished(struct disk *disk)
{
	struct job *job;

	pthread_mutex_lock(&disk->lock);
	job = g_queue_pop_head(&disk->finished);
	pthread_mutex_unlock(&disk->lock);
	return job;
}

static int finished(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct disk *disk = userdata;
	struct job *job;
	eventfd_t ticks;

	(void)source;
	(void)revents;
	eventfd_read(fd, &ticks);
	while ((job = take_finished(disk))) {
		job->done(job->userdata, job->error);
		job_free(job);
	}
	return 0;
}

int disk_replace(struct disk *disk, const char *path, const char *text, disk_done_fn done,
		 void *userdata)
{
	struct job *job = g_new0(struct job, 1);

	job->disk = g_atomic_rc_box_acquire(disk);
	job->path = g_strdup(path);
	job->text = g_strdup(text);
	job->done = done;
	job->userdata = userdata;
	if (journal_work(run_job, job))
		return 0;
	g_atomic_rc_box_release_full(disk, disk_clear);
	job_free(job);
	return -EBUSY;
}

int disk_new(struct disk **result, sd_event *event)
{
	struct disk *disk = g_atomic_rc_box_new0(struct disk);
	int r;

	pthread_mutex_init(&disk->lock, NULL);
	disk->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	r = disk->fd < 0 ? -errno : 0;
	if (!r)
		r = sd_event_add_io(event, &disk->io, disk->fd, EPOLLIN, finished, disk);
	if (r < 0) {
		disk_free(disk);
		return r;
	}
	*result = disk;
	return 0;
}

void disk_free(struct disk *disk)
{
	if (!disk)
		return;
	sd_event_source_disable_unref(disk->io);
	g_atomic_rc_box_release_full(disk, disk_clear);
}
