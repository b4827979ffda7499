// SPDX-License-Identifier: GPL-2.0-or-later
/* A slot's methods about mail: test mail, requests, history, trace; registers and frames. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "bus-object.h"
#include "request.h"
#include "status.h"
#include "trace.h"

#define TEST_TO_MAX	 1024
#define TEST_SUBJECT_MAX 256
#define TEST_BODY_MAX	 4096

static int append_text(sd_bus_message *reply, const char *key, const char *value)
{
	g_autofree char *text = bus_text(value);

	return sd_bus_message_append(reply, "{sv}", key, "s", text);
}

static int append_outcome(sd_bus_message *reply, const struct outcome *outcome)
{
	const unsigned int *enhanced = outcome->enhanced;
	g_autofree char *words = enhanced[0] ? g_strdup_printf("%u.%u.%u", enhanced[0], enhanced[1],
							       enhanced[2]) :
					       g_strdup("");
	int r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}", "status", "q",
				      (int)outcome->status, "state", "q", (int)outcome->state,
				      "reply", "q", (int)outcome->reply, "detail", "q",
				      (int)outcome->detail);

	if (r >= 0)
		r = append_text(reply, "enhanced", words);
	if (r >= 0)
		r = append_text(reply, "sent", sent_name(outcome->sent));
	return r < 0 ? r : append_text(reply, "text", outcome->text);
}

static int append_texts(sd_bus_message *reply, const struct ended *ended)
{
	int r = append_text(reply, "server", ended->server);

	if (r >= 0)
		r = append_text(reply, "to", ended->to);
	if (r >= 0)
		r = append_text(reply, "subject", ended->subject);
	if (r >= 0)
		r = append_text(reply, "message-id", ended->message_id);
	return r < 0 ? r : append_text(reply, "words", ended->words);
}

static int append_ended(sd_bus_message *reply, const struct ended *ended)
{
	int r = sd_bus_message_open_container(reply, 'a', "{sv}");

	if (r >= 0)
		r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}", "request", "t",
					  ended->request, "tag", "q", (int)ended->tag, "time", "t",
					  ended->time_us, "duration", "u",
					  (uint32_t)MIN(ended->duration_ms, UINT32_MAX), "late",
					  "b", ended->late);
	if (r >= 0)
		r = append_outcome(reply, &ended->outcome);
	if (r >= 0)
		r = append_texts(reply, ended);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Sends a reply that has been put together, unless that went wrong. */
static int finish_reply(sd_bus_message *reply, int r)
{
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}

static void test_done(void *userdata, const struct ended *ended)
{
	struct bus_call *call = userdata;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call->message, &reply);

	if (r >= 0)
		r = append_ended(reply, ended);
	r = finish_reply(reply, r);
	if (r < 0)
		sd_bus_reply_method_errno(call->message, r, NULL);
	bus_call_end(call);
}

int call_send_test_mail(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	const char *texts[3];
	struct request_test test = { .done = test_done, .userdata = call };
	int r = sd_bus_message_read(call->message, "sss", &texts[0], &texts[1], &texts[2]);

	if (r < 0)
		return r;
	if (slot->testing)
		return sd_bus_error_setf(error, ERROR_BUSY,
					 "%s: a test mail is under way, wait for its end",
					 slot->name);
	if (strlen(texts[0]) > TEST_TO_MAX || strlen(texts[1]) > TEST_SUBJECT_MAX ||
	    strlen(texts[2]) > TEST_BODY_MAX)
		return sd_bus_error_setf(error, ERROR_INVALID_VALUE,
					 "too long; allowed: to %d, subject %d, body %d bytes",
					 TEST_TO_MAX, TEST_SUBJECT_MAX, TEST_BODY_MAX);
	if (slot->backplane->stopping)
		return sd_bus_error_set(error, ERROR_BUSY, "ecemaild is being stopped");
	test.author = g_strdup(call->author);
	request_start_test(slot, texts, &test);
	return 0;
}

/* CLOCK_BOOTTIME in nanoseconds as a time */
static uint64_t real_time(uint64_t boot_ns)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)(g_get_real_time() +
			  ((int64_t)boot_ns / 1000 - (int64_t)now.tv_sec * 1000000 -
			   now.tv_nsec / 1000));
}

static uint32_t milliseconds(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns < to_ns ? (uint32_t)MIN((to_ns - from_ns) / 1000000, UINT32_MAX) : 0;
}

/* By this machine's clock, which need not be that of who shows it */
static int append_age(sd_bus_message *reply, const struct ecom_request *record)
{
	struct timespec time;
	uint64_t now;

	clock_gettime(CLOCK_BOOTTIME, &time);
	now = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
	return sd_bus_message_append(reply, "{sv}{sv}", "age", "u",
				     milliseconds(record->accepted_ns, now), "left", "u",
				     milliseconds(now, record->deadline_ns));
}

static int append_request(sd_bus_message *reply, const struct request *request)
{
	const struct ecom_request *record = &request->record;
	const struct text *subject = &request->ecemail.subject, *to = &request->ecemail.to;
	g_autofree char *subject_text = g_strndup(subject->data ? subject->data : "",
						  subject->length);
	g_autofree char *to_text = g_strndup(to->data ? to->data : "", to->length);
	unsigned int port;
	int r = sd_bus_message_open_container(reply, 'a', "{sv}");

	if (r >= 0)
		r = sd_bus_message_append(reply, "{sv}{sv}{sv}{sv}{sv}", "number", "t",
					  (uint64_t)record->id, "tag", "q", (int)record->tag,
					  "state", "q", (int)request->submission.state, "accepted",
					  "t", real_time(record->accepted_ns), "deadline", "t",
					  real_time(record->deadline_ns));
	if (r >= 0)
		r = append_age(reply, record);
	if (r >= 0)
		r = append_text(reply, "doing", state_doing(request->submission.state));
	if (r >= 0)
		r = append_text(reply, "subject", subject_text);
	if (r >= 0)
		r = append_text(reply, "to", to_text);
	if (r >= 0)
		r = append_text(reply, "server",
				setup_server(request->setup, request->submission.server, &port));
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

int append_requests(sd_bus_message *message, const struct slot *slot)
{
	int r = sd_bus_message_open_container(message, 'a', "a{sv}");

	for (GList *at = slot->requests.head; r >= 0 && at; at = at->next)
		r = append_request(message, at->data);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

int append_history(sd_bus_message *message, const struct slot *slot, uint32_t count)
{
	int r = sd_bus_message_open_container(message, 'a', "a{sv}");

	for (GList *at = slot->history.ended.head; r >= 0 && at && count; at = at->next, count--)
		r = append_ended(message, at->data);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

int call_list_requests(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call->message, &reply);

	(void)error;
	if (r >= 0)
		r = append_requests(reply, slot);
	return finish_reply(reply, r);
}

int call_get_history(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	uint32_t count;
	int r = sd_bus_message_read(call->message, "u", &count);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_new_method_return(call->message, &reply);
	if (r >= 0)
		r = append_history(reply, slot, count);
	return finish_reply(reply, r);
}

int call_set_trace(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	int on, r = sd_bus_message_read(call->message, "b", &on);

	(void)error;
	if (r >= 0)
		r = trace_switch(slot, on);
	if (r >= 0)
		r = sd_bus_reply_method_return(call->message, "t", slot->trace_until);
	return r < 0 ? r : 1;
}

int call_watch_trace(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	const char *sender = sd_bus_message_get_sender(call->message);
	GQueue *watchers = &slot->bus->watchers;
	GList *found = g_queue_find_custom(watchers, sender, (GCompareFunc)g_strcmp0);
	int on, r = sd_bus_message_read(call->message, "b", &on);

	if (r < 0)
		return r;
	if (on && !found && g_queue_get_length(watchers) >= WATCHERS_MAX)
		return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
					 "%d connections follow the trace of %s already",
					 WATCHERS_MAX, slot->name);
	if (on && !found)
		g_queue_push_tail(watchers, g_strdup(sender));
	if (!on && found) {
		g_free(found->data);
		g_queue_delete_link(watchers, found);
	}
	r = sd_bus_reply_method_return(call->message, NULL);
	return r < 0 ? r : 1;
}

/* Registers and frames */

static int bad_registers(sd_bus_error *error, const struct ecom_registers *registers, int r)
{
	if (r == -ENODEV)
		return sd_bus_error_set(error, ERROR_GONE, "the slot's card has gone");
	return sd_bus_error_setf(error, ERROR_INVALID_VALUE,
				 "no %u registers there at station %x, address %u (V%o): see "
				 "mock-slave-89.rst",
				 registers->count, registers->station, registers->address,
				 registers->address);
}

/* 89 is 0x89: the CPU has it in BCD. */
static __u16 as_bcd(uint16_t station)
{
	if (station == 89)
		return STATION_MAILBOX;
	return station == 90 ? STATION_SCRATCH : 0;
}

int call_get_registers(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	struct ecom_registers registers = { 0 };
	sd_bus_message *reply = NULL;
	uint16_t station;
	int r = sd_bus_message_read(call->message, "qqq", &station, &registers.address,
				    &registers.count);

	if (r < 0)
		return r;
	registers.station = as_bcd(station);
	r = slot->device ? slot->device->operations->get_registers(slot->device, &registers) :
			   -ENODEV;
	if (r < 0)
		return bad_registers(error, &registers, r);
	r = sd_bus_message_new_method_return(call->message, &reply);
	if (r >= 0)
		r = sd_bus_message_append_array(reply, 'q', registers.words,
						registers.count * sizeof(*registers.words));
	return finish_reply(reply, r);
}

int call_set_registers(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	struct ecom_registers registers = { 0 };
	const void *words;
	uint16_t station;
	size_t size;
	int r = sd_bus_message_read(call->message, "qq", &station, &registers.address);

	if (r >= 0)
		r = sd_bus_message_read_array(call->message, 'q', &words, &size);
	if (r < 0)
		return r;
	registers.station = as_bcd(station);
	registers.count = (__u16)MIN(size / sizeof(*registers.words), UINT16_MAX);
	if (station != 90 || size > sizeof(registers.words))
		return bad_registers(error, &registers, -EINVAL);
	memcpy(registers.words, words, size);
	r = slot->device ? slot->device->operations->set_registers(slot->device, &registers) :
			   -ENODEV;
	if (r < 0)
		return bad_registers(error, &registers, r);
	r = sd_bus_reply_method_return(call->message, NULL);
	return r < 0 ? r : 1;
}

static int append_frame(sd_bus_message *reply, const struct ecom_frame *frame)
{
	int r = sd_bus_message_open_container(reply, 'r', "tuqqqay");
	uint16_t station = (uint16_t)((frame->station >> 4) * 10 + (frame->station & 0xf));

	if (r >= 0)
		r = sd_bus_message_append(reply, "tuqqq",
					  frame->when_ns ? real_time(frame->when_ns) : 0,
					  frame->sequence, (int)frame->result, (int)station,
					  (int)frame->address);
	if (r >= 0)
		r = sd_bus_message_append_array(reply, 'y', frame->data,
						MIN(frame->length, sizeof(frame->data)));
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

int call_get_frames(struct bus_call *call, struct slot *slot, sd_bus_error *error)
{
	struct ecom_frames frames = { 0 };
	sd_bus_message *reply = NULL;
	int r = slot->device ? slot->device->operations->frames(slot->device, &frames) : -ENODEV;

	if (r < 0)
		return sd_bus_error_set(error, ERROR_GONE, "the slot's card has gone");
	r = sd_bus_message_new_method_return(call->message, &reply);
	if (r >= 0)
		r = append_frame(reply, &frames.wx);
	if (r >= 0)
		r = append_frame(reply, &frames.rx);
	return finish_reply(reply, r);
}
