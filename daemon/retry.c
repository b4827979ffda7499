// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What to do about a submission that has failed but may still go out.
 *
 *   next server   if it failed in state 1 or 2, whatever way; but not if a login
 *                 (for good) or a certificate was refused: that must be mended
 *   again later   with Retry=transient, after the last server: if it could not
 *                 connect, or got a 4yz before the end of data; 1, 2, 4 … 30 s
 *                 later, but in the middle of the time that is left if that is
 *                 sooner, down to a second
 *
 * Nothing of the message has been accepted in any of these cases.
 */

#include <time.h>

#include "retry.h"

#define SERVER_US (10 * G_USEC_PER_SEC)
#define LATE_US	  50000 /* to begin anything */
#define PAUSE_MAX 30

#define PAUSE_MIN_US G_USEC_PER_SEC

static uint64_t time_left(const struct submission *submission)
{
	struct timespec now;
	uint64_t now_us;

	clock_gettime(CLOCK_BOOTTIME, &now);
	now_us = (uint64_t)now.tv_sec * G_USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
	return submission->deadline_us > now_us ? submission->deadline_us - now_us : 0;
}

bool retry_is_late(const struct submission *submission)
{
	return time_left(submission) < LATE_US;
}

static unsigned int servers_left(const struct submission *submission)
{
	return submission->setup->others->len - submission->server;
}

uint64_t retry_limit(const struct submission *submission)
{
	unsigned int others = servers_left(submission);

	return others ? MIN(SERVER_US, time_left(submission) / (others + 1)) : 0;
}

/* 535 and the like; 454 says that the server cannot look now. */
static bool login_refused(const struct outcome *outcome)
{
	return outcome->detail == DETAIL_AUTH_REFUSED && outcome->status >= 500;
}

static bool is_for_next_server(const struct outcome *outcome)
{
	if (outcome->state > STATE_GREETING || outcome->status == STATUS_NO_MEMORY)
		return false;
	return !login_refused(outcome) &&
	       (outcome->detail < DETAIL_CERTIFICATE_EXPIRED ||
		outcome->detail > DETAIL_CERTIFICATE_PIN);
}

static bool is_transient(const struct outcome *outcome)
{
	if (outcome->state >= STATE_END || outcome->sent != SENT_NO || login_refused(outcome))
		return false;
	if (outcome->reply / 100 == 4 && outcome->status == outcome->reply)
		return true;
	return outcome->state <= STATE_GREETING &&
	       (outcome->status == STATUS_TCP_ERROR ||
		outcome->status == STATUS_TIMEOUT + outcome->state);
}

static int pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct submission *submission = userdata;

	(void)source;
	(void)usec;
	submission->pause = sd_event_source_disable_unref(submission->pause);
	submission_again(submission);
	return 0;
}

uint64_t retry_pause(unsigned int retries, uint64_t left)
{
	uint64_t usec = MIN(1U << MIN(retries, 5), PAUSE_MAX) * G_USEC_PER_SEC;

	usec = MIN(usec, left / 2);
	return usec < PAUSE_MIN_US ? 0 : usec;
}

static bool retry_later(struct submission *submission)
{
	uint64_t usec = retry_pause(submission->retries, time_left(submission));

	if (!usec)
		return false;
	if (sd_event_add_time_relative(engine_event(submission->engine), &submission->pause,
				       CLOCK_BOOTTIME, usec, 0, pause_over, submission) < 0)
		return false;
	submission->retries++;
	submission->server = 0;
	submission->session = NULL;
	submission_trace(submission, "Failed for now, trying again later", NULL);
	return true;
}

bool retry_submission(struct submission *submission, const struct outcome *outcome)
{
	if (submission->stale || outcome->status == STATUS_SUCCESS || retry_is_late(submission))
		return false;
	if (servers_left(submission) && is_for_next_server(outcome)) {
		submission->server++;
		submission_trace(submission, "Failed, trying the next server", NULL);
		submission_again(submission);
		return true;
	}
	return submission->setup->retry && is_transient(outcome) && retry_later(submission);
}
