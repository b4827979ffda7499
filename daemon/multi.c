// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcurl's multi handles. Whatever one of them is called for, it goes on with
 * all of its connections that are due: 64 that shake hands at the same time
 * were up to 55 steps of TLS in one call, 31 ms. So each has but few sessions
 * that still connect, and there are as many handles as that takes. They stay
 * for the next ones; a session that is connected costs its handle nothing.
 *
 * The sockets of all have an epoll of their own, which is one event source here:
 * with many ready, sd-event would be told of all of them again before each one's
 * turn. libcurl moves a handle's timer several times while it connects: what is
 * due at once takes a deferred source, and otherwise the timer is set earlier,
 * never later, since setting it is the dearest system call of all.
 *
 * When an address of a server has failed, libcurl (7.88) may go on to the next
 * one only in its next turn, without a socket or a timer that would bring that
 * about before half of the time is over. So a connection that waits for nothing
 * is given its turn.
 */

#include <errno.h>
#include <glib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "multi.h"
#include "session.h"

#define CONNECTING_MAX 2 /* of one handle: a step of a handshake takes up to a millisecond */
#define SOCKETS_MAX    4 /* of one turn */
#define PUSHES_MAX     100 /* of one connection: lest it never ends */
#define TURN_NS	       1000000 /* after it no further one is begun */

struct multis {
	sd_event *event;
	int sockets; /* libcurl's, of all handles: an epoll */
	sd_event_source *ready; /* one of them is */
	GPtrArray *all; /* struct multi */
};

struct place {
	struct session *session; /* NULL: free */
	CURL *easy;
	unsigned int sockets; /* that it waits for */
	unsigned int pushes;
};

struct multi {
	struct multis *multis;
	guint number; /* in multis->all */
	CURLM *handle;
	struct place connecting[CONNECTING_MAX];
	sd_event_source *timer; /* when it is due, or earlier */
	sd_event_source *due; /* now */
	uint64_t timer_us; /* what libcurl has asked for, UINT64_MAX: nothing */
};

CURLM *multi_handle(const struct multi *multi)
{
	return multi->handle;
}

static struct place *find_place(struct multi *multi, const struct session *session)
{
	for (int i = 0; i < CONNECTING_MAX; i++)
		if (multi->connecting[i].session == session)
			return &multi->connecting[i];
	return NULL;
}

void multi_connected(struct multi *multi, const struct session *session)
{
	struct place *place = find_place(multi, session);

	if (place)
		*place = (struct place){ 0 };
}

static void take_messages(struct multi *multi)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi->handle, &left))) {
		CURLcode code = message->data.result;
		struct session *session;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&session);
		multi_connected(multi, session);
		session_connected(session, code);
	}
}

/* What has been paused and goes on is due at once. */
static void push(struct place *place)
{
	if (place->pushes == PUSHES_MAX)
		return;
	place->pushes++;
	curl_easy_pause(place->easy, CURLPAUSE_SEND);
	curl_easy_pause(place->easy, CURLPAUSE_CONT);
}

/* After libcurl has had its turn. A session may end here, and leave its place. */
static void look_around(struct multi *multi)
{
	for (int i = 0; i < CONNECTING_MAX; i++)
		if (multi->connecting[i].session)
			session_check(multi->connecting[i].session);
	take_messages(multi);
	for (int i = 0; i < CONNECTING_MAX; i++)
		if (multi->connecting[i].session && !multi->connecting[i].sockets)
			push(&multi->connecting[i]);
}

static void act(struct multi *multi, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(multi->handle, fd, events, &running);
	look_around(multi);
}

/* Sockets: an event tells the handle's number and the file descriptor. */

static int curl_events(uint32_t events)
{
	return (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
	       (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
	       (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* One that an action before it has closed means nothing to libcurl any more. */
static int sockets_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct multis *multis = userdata;
	struct epoll_event events[SOCKETS_MAX];
	int n = epoll_wait(fd, events, SOCKETS_MAX, 0);
	uint64_t end = now_ns() + TURN_NS;

	(void)source;
	(void)revents;
	for (int i = 0; i < n && (!i || now_ns() < end); i++)
		act(multis->all->pdata[events[i].data.u64 >> 32],
		    (curl_socket_t)(events[i].data.u64 & INT32_MAX), curl_events(events[i].events));
	return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data)
{
	struct multi *multi = userdata;
	struct epoll_event event = { .data.u64 = (uint64_t)multi->number << 32 | (uint32_t)fd };
	int sockets = multi->multis->sockets;
	struct session *session = NULL;
	struct place *place;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&session);
	place = find_place(multi, session);
	if (place)
		place->sockets += (what != CURL_POLL_REMOVE) - !!socket_data;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(sockets, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	epoll_ctl(sockets, socket_data ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
	curl_multi_assign(multi->handle, fd, multi);
	return 0;
}

/* Time */

static int timer_due(sd_event_source *source, void *userdata)
{
	(void)source;
	act(userdata, CURL_SOCKET_TIMEOUT, 0);
	return 0;
}

static int timer_expired(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct multi *multi = userdata;
	uint64_t now;

	(void)usec;
	sd_event_now(multi->multis->event, CLOCK_MONOTONIC, &now);
	if (multi->timer_us <= now) {
		multi->timer_us = UINT64_MAX;
		act(multi, CURL_SOCKET_TIMEOUT, 0);
	}
	if (multi->timer_us == UINT64_MAX)
		return 0;
	sd_event_source_set_time(source, multi->timer_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int set_timer(CURLM *handle, long milliseconds, void *userdata)
{
	struct multi *multi = userdata;
	uint64_t now, set;
	int enabled;

	(void)handle;
	multi->timer_us = UINT64_MAX;
	sd_event_source_set_enabled(multi->due, milliseconds ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	if (milliseconds <= 0)
		return 0;
	sd_event_now(multi->multis->event, CLOCK_MONOTONIC, &now);
	multi->timer_us = now + (uint64_t)milliseconds * 1000;
	sd_event_source_get_time(multi->timer, &set);
	sd_event_source_get_enabled(multi->timer, &enabled);
	if (enabled && set <= multi->timer_us)
		return 0;
	if (sd_event_source_set_time(multi->timer, multi->timer_us) < 0)
		return -1;
	return sd_event_source_set_enabled(multi->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

/* Life */

static void multi_free(gpointer data)
{
	struct multi *multi = data;

	if (multi->handle)
		curl_multi_cleanup(multi->handle);
	sd_event_source_disable_unref(multi->timer);
	sd_event_source_disable_unref(multi->due);
	g_free(multi);
}

static int add_sources(struct multi *multi)
{
	sd_event *event = multi->multis->event;
	int r = sd_event_add_time_relative(event, &multi->timer, CLOCK_MONOTONIC, 0, 1,
					   timer_expired, multi);

	if (r >= 0)
		r = sd_event_source_set_enabled(multi->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &multi->due, timer_due, multi);
	if (r >= 0)
		r = sd_event_source_set_enabled(multi->due, SD_EVENT_OFF);
	return r;
}

static struct multi *multi_new(struct multis *multis)
{
	struct multi *multi = g_new0(struct multi, 1);

	multi->multis = multis;
	multi->number = multis->all->len;
	multi->timer_us = UINT64_MAX;
	multi->handle = curl_multi_init();
	if (!multi->handle || add_sources(multi) < 0) {
		multi_free(multi);
		return NULL;
	}
	curl_multi_setopt(multi->handle, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(multi->handle, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(multi->handle, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(multi->handle, CURLMOPT_TIMERDATA, multi);
	g_ptr_array_add(multis->all, multi);
	return multi;
}

static struct multi *find_free(struct multis *multis)
{
	for (guint i = 0; i < multis->all->len; i++)
		if (find_place(multis->all->pdata[i], NULL))
			return multis->all->pdata[i];
	return multi_new(multis);
}

struct multi *multi_connect(struct multis *multis, struct session *session, CURL *easy)
{
	struct multi *multi = find_free(multis);

	if (!multi || curl_multi_add_handle(multi->handle, easy) != CURLM_OK)
		return NULL;
	*find_place(multi, NULL) = (struct place){ .session = session, .easy = easy };
	return multi;
}

int multis_new(struct multis **result, sd_event *event)
{
	struct multis *multis = g_new0(struct multis, 1);
	int r;

	multis->event = sd_event_ref(event);
	multis->all = g_ptr_array_new_with_free_func(multi_free);
	multis->sockets = epoll_create1(EPOLL_CLOEXEC);
	r = multis->sockets < 0 ? -errno :
				  sd_event_add_io(event, &multis->ready, multis->sockets, EPOLLIN,
						  sockets_ready, multis);
	if (r < 0) {
		multis_free(multis);
		return r;
	}
	*result = multis;
	return 0;
}

void multis_free(struct multis *multis)
{
	if (!multis)
		return;
	g_ptr_array_unref(multis->all);
	sd_event_source_disable_unref(multis->ready);
	if (multis->sockets >= 0)
		close(multis->sockets);
	sd_event_unref(multis->event);
	g_free(multis);
}
