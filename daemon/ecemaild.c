// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ecemaild: sends the mails that ladder programs ask for.
 *
 * One process, one event loop in which nothing may block. A mail's way through
 * the files: slot.c reads the request, request.c checks it and has message.c
 * compose it, engine.c and session.c carry it to the server as transaction.c
 * says, request.c reports the outcome, record.c and journal.c write it down.
 */

#include <curl/curl.h>
#include <getopt.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "backplane.h"
#include "bus.h"
#include "journal.h"

#define CONFIGURATION_FILE "/etc/ecemail/ecemaild.conf"

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	uint64_t now;

	(void)info;
	sd_event_now(sd_event_source_get_event(source), CLOCK_MONOTONIC, &now);
	sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now);
	backplane_reload(userdata);
	sd_notify(false, "READY=1");
	return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	uint64_t wait_us;

	(void)source;
	(void)info;
	wait_us = backplane_stop(userdata);
	journal_log(LOG_INFO, MESSAGE_STOPPING, "ecemaild stops%s",
		    wait_us ? ", once the server's answer to a mail is there" : "");
	sd_notify(false, "STOPPING=1");
	if (wait_us)
		sd_notifyf(false, "EXTEND_TIMEOUT_USEC=%" PRIu64, wait_us + G_USEC_PER_SEC);
	return 0;
}

/* Blocked before any thread starts, so that only the event loop gets them. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int add_signals(sd_event *event, struct backplane *backplane)
{
	int r = sd_event_add_signal(event, NULL, SIGTERM, on_stop, backplane);

	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_stop, backplane);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGHUP, on_reload, backplane);
	return r;
}

static int serve(sd_event *event, struct backplane *backplane)
{
	int r = add_signals(event, backplane);

	if (r >= 0)
		r = bus_new(&backplane->bus, backplane);
	if (r >= 0)
		r = backplane_watch(backplane);
	if (r >= 0)
		r = sd_event_set_watchdog(event, true);
	if (r < 0)
		return r;
	journal_log(LOG_INFO, MESSAGE_STARTED, "ecemaild " ECEMAIL_VERSION " started");
	sd_notify(false, "READY=1");
	return sd_event_loop(event);
}

static int run(const char *configuration_file)
{
	struct backplane *backplane = NULL;
	sd_event *event = NULL;
	int r = sd_event_default(&event);

	if (r >= 0)
		r = backplane_new(&backplane, event, configuration_file);
	if (r >= 0)
		r = serve(event, backplane);
	if (backplane)
		backplane_free(backplane);
	sd_event_unref(event);
	return r;
}

static void usage(void)
{
	puts("Usage: ecemaild [--config FILE]\n"
	     "Sends the e-mails that PLC programs ask for through ECOM slots.\n"
	     "\n"
	     "  -c, --config FILE  setup (" CONFIGURATION_FILE ");\n"
	     "                     FILE.d/*.conf are read after it\n"
	     "  -h, --help         this text\n"
	     "  -V, --version      version\n"
	     "\n"
	     "It is started by udev when a slot appears: systemctl status ecemaild.");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *configuration_file = CONFIGURATION_FILE;
	int option, r;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) >= 0) {
		if (option == 'c')
			configuration_file = optarg;
		else if (option == 'h')
			return usage(), EXIT_SUCCESS;
		else if (option == 'V')
			return puts("ecemaild " ECEMAIL_VERSION), EXIT_SUCCESS;
		else
			return 2;
	}
	if (optind < argc) {
		fprintf(stderr, "ecemaild: unexpected argument '%s'; see ecemaild --help\n",
			argv[optind]);
		return 2;
	}
	block_signals();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	message_init();
	r = journal_start();
	if (r >= 0)
		r = run(configuration_file);
	if (r < 0)
		journal_log(LOG_ERR, NULL, "ecemaild ends: %s", strerror(-r));
	journal_stop();
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
