// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Name resolution that never blocks: one getaddrinfo() in a thread of its own,
 * its end told by an eventfd. libcurl can do likewise, but does not say whether
 * a name is wrong or the name server silent.
 *
 * Loop and thread each hold the job. Who cancels just lets go of it; the thread
 * ends when the name server has answered or the C library has given up.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "resolution.h"

#define STACK_SIZE (256 * 1024)

struct job {
	char *name;
	int fd;
	int error;
	GString *addresses;
};

struct resolution {
	struct job *job;
	sd_event_source *io;
	resolved_fn resolved;
	void *userdata;
};

bool is_ip_address(const char *name)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static void job_clear(gpointer data)
{
	struct job *job = data;

	close(job->fd);
	g_free(job->name);
	g_string_free(job->addresses, TRUE);
}

static void job_release(struct job *job)
{
	g_atomic_rc_box_release_full(job, job_clear);
}

/*
 * An address of the link alone has its interface behind a %, which libcurl does
 * not take in a list: it would take none of the others either.
 */
static void job_add(struct job *job, const struct addrinfo *info)
{
	char host[NI_MAXHOST];
	bool ipv6 = info->ai_family == AF_INET6;

	if (getnameinfo(info->ai_addr, info->ai_addrlen, host, sizeof(host), NULL, 0,
			NI_NUMERICHOST) ||
	    strchr(host, '%'))
		return;
	g_string_append_printf(job->addresses, "%s%s%s%s", job->addresses->len ? "," : "",
			       ipv6 ? "[" : "", host, ipv6 ? "]" : "");
}

static void *run_job(void *userdata)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					       .ai_flags = AI_ADDRCONFIG };
	struct job *job = userdata;
	struct addrinfo *list = NULL;

	job->error = getaddrinfo(job->name, NULL, &hints, &list);
	for (const struct addrinfo *at = job->error ? NULL : list; at; at = at->ai_next)
		job_add(job, at);
	if (!job->error && !job->addresses->len)
		job->error = EAI_NONAME;
	if (list)
		freeaddrinfo(list);
	eventfd_write(job->fd, 1);
	job_release(job);
	return NULL;
}

static int start_thread(struct job *job)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int r;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	r = pthread_create(&thread, &attributes, run_job, g_atomic_rc_box_acquire(job));
	if (r)
		job_release(job);
	pthread_attr_destroy(&attributes);
	return -r;
}

static int job_done(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct resolution *resolution = userdata;
	struct job *job = g_atomic_rc_box_acquire(resolution->job);
	resolved_fn resolved = resolution->resolved;

	(void)source;
	(void)fd;
	(void)revents;
	userdata = resolution->userdata;
	resolution_cancel(resolution);
	resolved(userdata, job->error, job->addresses->str);
	job_release(job);
	return 0;
}

int resolution_start(struct resolution **result, sd_event *event, const char *name,
		     resolved_fn resolved, void *userdata)
{
	struct resolution *resolution = g_new0(struct resolution, 1);
	struct job *job = g_atomic_rc_box_new0(struct job);
	int r;

	job->name = g_strdup(name);
	job->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	job->addresses = g_string_new(NULL);
	*resolution = (struct resolution){ .job = job, .resolved = resolved, .userdata = userdata };
	r = sd_event_add_io(event, &resolution->io, job->fd, EPOLLIN, job_done, resolution);
	if (r >= 0)
		r = start_thread(job);
	if (r < 0) {
		resolution_cancel(resolution);
		return r;
	}
	*result = resolution;
	return 0;
}

void resolution_cancel(struct resolution *resolution)
{
	if (!resolution)
		return;
	sd_event_source_disable_unref(resolution->io);
	job_release(resolution->job);
	g_free(resolution);
}
