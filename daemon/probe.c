// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A submission without a message, again and again: the engine takes it to
 * where MAIL could be said. Its outcome is the module's health while the setup
 * itself is in order.
 */

#include <time.h>

#include "journal.h"
#include "probe.h"

#define FIRST_US (2 * G_USEC_PER_SEC) /* lets a setup settle that is set field by field */

struct probe {
	struct slot *slot;
	sd_event_source *timer;
	struct setup *setup;
	struct submission submission;
	bool under_way;
	unsigned int status;
	unsigned int detail;
};

static void wait_for_next(struct probe *probe)
{
	sd_event_source_set_time_relative(probe->timer,
					  probe->slot->backplane->configuration->probe * 60 *
						  G_USEC_PER_SEC);
	sd_event_source_set_enabled(probe->timer, SD_EVENT_ONESHOT);
}

/* Said once when it changes, not at each look. */
static void report(struct probe *probe, const struct outcome *outcome)
{
	bool changed = probe->status != outcome->status || probe->detail != outcome->detail;
	const struct detail *detail = detail_find(outcome->detail);
	const char *words = *outcome->text ? outcome->text : "time-out";

	if (!*outcome->text && detail)
		words = detail->text;
	probe->status = outcome->status;
	probe->detail = outcome->detail;
	if (!changed)
		return;
	if (outcome->status == STATUS_SUCCESS)
		journal_log(LOG_INFO, MESSAGE_PROBE_WELL, "%s: the mail server %s answers again",
			    probe->slot->name, probe->setup->server);
	else
		journal_log(LOG_WARNING, MESSAGE_PROBE_FAILED,
			    "%s: no mail could be sent now, mail server %s: status %u in state %u, %s",
			    probe->slot->name, probe->setup->server, outcome->status,
			    outcome->state, words);
	slot_tell(probe->slot);
}

static int progress(void *userdata, unsigned int state)
{
	(void)userdata;
	(void)state;
	return 0;
}

static void done(void *userdata)
{
	struct probe *probe = userdata;

	probe->under_way = false;
	g_free(probe->submission.recipient_codes);
	report(probe, &probe->submission.outcome);
	wait_for_next(probe);
}

static int begin(sd_event_source *source, uint64_t usec, void *userdata)
{
	static const struct submission_callbacks callbacks = { .progress = progress, .done = done };
	struct probe *probe = userdata;
	struct backplane *backplane = probe->slot->backplane;
	uint64_t now;

	(void)source;
	(void)usec;
	sd_event_now(backplane->event, CLOCK_BOOTTIME, &now);
	probe->submission = (struct submission){
		.setup = probe->setup,
		.deadline_us = now + probe->setup->timeout * G_USEC_PER_SEC,
		.callbacks = &callbacks,
		.userdata = probe,
	};
	probe->under_way = engine_submit(backplane->engine, &probe->submission) >= 0;
	if (!probe->under_way)
		wait_for_next(probe);
	return 0;
}

void probe_stop(struct slot *slot)
{
	struct probe *probe = g_steal_pointer(&slot->probe);

	if (!probe)
		return;
	if (probe->under_way)
		engine_withdraw(slot->backplane->engine, &probe->submission);
	sd_event_source_disable_unref(probe->timer);
	setup_unref(probe->setup);
	g_free(probe);
}

/* A slot that cannot send mail for its setup has its health from there. */
void probe_start(struct slot *slot)
{
	struct probe *probe;

	probe_stop(slot);
	if (!slot->backplane->configuration->probe || slot->setup->problem)
		return;
	probe = g_new0(struct probe, 1);
	probe->slot = slot;
	probe->setup = setup_ref(slot->setup);
	slot->probe = probe;
	if (sd_event_add_time_relative(slot->backplane->event, &probe->timer, CLOCK_BOOTTIME,
				       FIRST_US, 0, begin, probe) < 0)
		probe_stop(slot);
}

unsigned int probe_status(const struct slot *slot)
{
	return slot->probe ? slot->probe->status : STATUS_SUCCESS;
}

unsigned int probe_detail(const struct slot *slot)
{
	return slot->probe ? slot->probe->detail : DETAIL_NONE;
}
