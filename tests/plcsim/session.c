// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/plcsim/session.h"
#include "tests/plcsim/status.h"
#include "tests/plcsim/subcommand.h"

#define WAIT_SECONDS	 60
#define TRANSFER_SECONDS 60

static const char *const reasons[] = {
	[REASON_NONE] = "the PC is not ready",
	[REASON_STATION] = "station",
	[REASON_DIP7] = "DIP switch 7 is off",
	[REASON_LENGTH] = "length",
	[REASON_ADDRESS] = "address",
	[REASON_FRAME] = "frame",
	[REASON_TAG] = "tag is outstanding",
};

static struct plc *plc(struct session *s)
{
	return &s->simulator->plc;
}

static void set_deadline(struct session *s, double seconds)
{
	s->deadline = clock_now() + (uint64_t)(seconds * 1000);
}

static bool is_late(const struct session *s)
{
	return clock_now() >= s->deadline;
}

static enum session_state begin_set(struct session *s)
{
	const struct condition *values = &s->command.elements;

	for (unsigned int i = 0; i < values->count; i++)
		element_set(&plc(s)->memory, &values->comparisons[i].element,
			    values->comparisons[i].value);
	return SESSION_RUNNING;
}

/* What was set or switched counts once a whole scan has seen it: the next one. */
static enum session_state after_one_scan(struct session *s __attribute__((unused)))
{
	return SESSION_DONE;
}

static enum session_state begin_get(struct session *s)
{
	const struct condition *elements = &s->command.elements;

	for (unsigned int i = 0; i < elements->count; i++)
		g_string_append_printf(
			s->out, "%u\n",
			element_get(&plc(s)->memory, &elements->comparisons[i].element));
	return SESSION_DONE;
}

static enum session_state begin_wait(struct session *s)
{
	set_deadline(s, s->command.seconds < 0 ? WAIT_SECONDS : s->command.seconds);
	return condition_holds(&s->command.elements, &plc(s)->memory) ? SESSION_DONE :
									SESSION_RUNNING;
}

static enum session_state after_wait(struct session *s)
{
	if (condition_holds(&s->command.elements, &plc(s)->memory))
		return SESSION_DONE;
	if (!is_late(s))
		return SESSION_RUNNING;
	g_string_assign(s->error, "waited in vain, now ");
	condition_show(&s->command.elements, &plc(s)->memory, s->error);
	return SESSION_FAILED;
}

static enum session_state begin_expect(struct session *s)
{
	if (condition_holds(&s->command.elements, &plc(s)->memory))
		return SESSION_DONE;
	g_string_assign(s->error, "not as expected, but ");
	condition_show(&s->command.elements, &plc(s)->memory, s->error);
	return SESSION_FAILED;
}

static void show_watched(struct session *s)
{
	struct condition *elements = &s->command.elements;

	for (unsigned int i = 0; i < elements->count; i++)
		s->shown[i] = element_get(&plc(s)->memory, &elements->comparisons[i].element);
	g_string_append_printf(s->out, "scan %" PRIu64 "  ", plc(s)->scans);
	condition_show(elements, &plc(s)->memory, s->out);
	g_string_append_c(s->out, '\n');
	s->progress(s, SESSION_RUNNING);
}

static enum session_state begin_watch(struct session *s)
{
	s->deadline = UINT64_MAX;
	if (s->command.seconds >= 0)
		set_deadline(s, s->command.seconds);
	show_watched(s);
	return SESSION_RUNNING;
}

static enum session_state after_watch(struct session *s)
{
	const struct condition *elements = &s->command.elements;

	for (unsigned int i = 0; i < elements->count; i++) {
		if (element_get(&plc(s)->memory, &elements->comparisons[i].element) ==
		    s->shown[i])
			continue;
		show_watched(s);
		break;
	}
	return is_late(s) ? SESSION_DONE : SESSION_RUNNING;
}

static enum session_state begin_sleep(struct session *s)
{
	set_deadline(s, s->command.seconds);
	return SESSION_RUNNING;
}

static enum session_state after_sleep(struct session *s)
{
	return is_late(s) ? SESSION_DONE : SESSION_RUNNING;
}

static enum session_state begin_status(struct session *s)
{
	status_print(s->simulator, s->out);
	return SESSION_DONE;
}

static enum session_state begin_plc(struct session *s)
{
	switch (s->command.action) {
	case ACTION_OFF:
		simulator_set_power(s->simulator, false);
		break;
	case ACTION_ON:
		simulator_set_power(s->simulator, true);
		break;
	default:
		plc_set_run(plc(s), s->command.action == ACTION_RUN);
		break;
	}
	return SESSION_RUNNING;
}

static bool has_card(struct session *s)
{
	if (s->command.card < s->simulator->card_count)
		return true;
	g_string_printf(s->error, "there is no card %u", s->command.card);
	return false;
}

static enum session_state begin_card(struct session *s)
{
	if (!has_card(s))
		return SESSION_FAILED;
	card_power_up(&s->simulator->cards[s->command.card].card);
	return SESSION_DONE;
}

static enum session_state begin_misbehave(struct session *s)
{
	const struct command *c = &s->command;
	int error;

	if (!has_card(s))
		return SESSION_FAILED;
	error = simulator_misbehave(s->simulator, c->card, c->misbehaviour, c->seed);
	if (!error)
		return SESSION_DONE;
	g_string_printf(s->error, "no timer for the card: %s", g_strerror(-error));
	return SESSION_FAILED;
}

static enum session_state begin_quit(struct session *s)
{
	simulator_stop(s->simulator, 0);
	return SESSION_DONE;
}

static enum session_state begin_transfer(struct session *s)
{
	struct port *port = plc_port(plc(s), s->command.slot);

	if (!port || !s->simulator->base.slots[s->command.slot].present) {
		g_string_printf(s->error, "slot %u has no module", s->command.slot);
		return SESSION_FAILED;
	}
	set_deadline(s, TRANSFER_SECONDS);
	s->transfer_started = s->transfer_finished = false;
	return SESSION_RUNNING;
}

static void transfer_done(void *owner, const struct transfer_result *result)
{
	struct session *s = owner;

	s->transfer_finished = true;
	s->result = *result;
}

static enum session_state transfer_outcome(struct session *s)
{
	switch (s->result.outcome) {
	case TRANSFER_DONE:
		for (unsigned int i = 0; !s->command.transfer.write &&
					 i < MIN(s->command.transfer.length, TRANSFER_BYTES_MAX);
		     i++)
			g_string_append_printf(s->out, "%s%02x", i ? " " : "", s->result.data[i]);
		g_string_append(s->out, s->command.transfer.write ? "accepted\n" : "\n");
		return SESSION_DONE;
	case TRANSFER_BUSY:
		g_string_assign(s->error, "busy: the slot's queue is full");
		return SESSION_FAILED;
	default:
		g_string_printf(s->error, "SP error, reason %u: %s", s->result.reason,
				s->result.reason < G_N_ELEMENTS(reasons) ?
					reasons[s->result.reason] :
					"unknown");
		return SESSION_FAILED;
	}
}

/* Comes before the program, which might never leave the slot idle. */
static enum session_state before_transfer(struct session *s)
{
	struct port *port = plc_port(plc(s), s->command.slot);

	if (s->transfer_finished)
		return transfer_outcome(s);
	if (!plc(s)->power || is_late(s)) {
		port_disown(port, s);
		g_string_assign(s->error, plc(s)->power ? "no answer" : "the PLC is off");
		return SESSION_FAILED;
	}
	if (!s->transfer_started && !port->busy) {
		port_start(port, &s->command.transfer, transfer_done, s);
		s->transfer_started = true;
	}
	return SESSION_RUNNING;
}

static enum session_state begin_scan(struct session *s)
{
	struct simulator *sim = s->simulator;

	switch (s->command.action) {
	case ACTION_STEP:
		simulator_step(sim, s->command.count);
		return s->command.count ? SESSION_RUNNING : SESSION_DONE;
	case ACTION_TIME:
		if (simulator_set_scan_time(sim, s->command.count) == 0)
			return SESSION_DONE;
		g_string_assign(s->error, "the timer cannot be set");
		return SESSION_FAILED;
	default:
		simulator_run(sim);
		return SESSION_DONE;
	}
}

/* Somebody else may have ended the steps. */
static enum session_state after_steps(struct session *s)
{
	return s->simulator->stepping && s->simulator->steps ? SESSION_RUNNING : SESSION_DONE;
}

static enum session_state begin_clock(struct session *s)
{
	plc_set_clock(plc(s), s->command.clock, clock_now());
	return SESSION_RUNNING;
}

static enum session_state begin_download(struct session *s)
{
	char *text = NULL;
	size_t size;
	FILE *messages = open_memstream(&text, &size);
	struct program *program = load_download(&s->simulator->base, s->command.path, messages);

	fclose(messages);
	g_string_append(s->out, text);
	free(text);
	if (!program) {
		g_string_assign(s->error, "not downloaded, the PLC keeps its program");
		return SESSION_FAILED;
	}
	simulator_download(s->simulator, program);
	return SESSION_RUNNING;
}

static void save_words(struct session *s, FILE *file)
{
	const struct memory *memory = &plc(s)->memory;

	for (unsigned int word = 0; word < MEMORY_END; word++)
		if (memory->v[word] && is_program_memory(s->simulator->base.family, word))
			fprintf(file, "set V%o=%u\n", word, memory->v[word]);
}

static void save_elements(struct session *s, FILE *file)
{
	const struct condition *elements = &s->command.elements;

	for (unsigned int i = 0; i < elements->count; i++) {
		const struct element *element = &elements->comparisons[i].element;

		fprintf(file, "set %s=%u\n", element->name,
			element_get(&plc(s)->memory, element));
	}
}

static enum session_state begin_save(struct session *s)
{
	FILE *file = fopen(s->command.path, "we");
	bool good = file;

	if (good && s->command.elements.count)
		save_elements(s, file);
	else if (good)
		save_words(s, file);
	good = good && !ferror(file);
	if (file && fclose(file) != 0)
		good = false;
	if (good)
		return SESSION_DONE;
	g_string_printf(s->error, "cannot write %s: %s", s->command.path, strerror(errno));
	return SESSION_FAILED;
}

static enum session_state begin_port(struct session *s)
{
	GString *printed = plc(s)->ladder.printed;

	g_string_append_len(s->out, printed->str, printed->len);
	if (printed->len && printed->str[printed->len - 1] != '\n')
		g_string_append_c(s->out, '\n');
	g_string_truncate(printed, 0);
	return SESSION_DONE;
}

// clang-format off
static const struct {
	enum session_state (*begin)(struct session *s);
	enum session_state (*before_scan)(struct session *s);
	enum session_state (*after_scan)(struct session *s);
} steps[COMMAND_VERBS] = {
	[COMMAND_SET]    = { begin_set,      NULL,            after_one_scan },
	[COMMAND_GET]    = { begin_get,      NULL,            NULL },
	[COMMAND_WAIT]   = { begin_wait,     NULL,            after_wait },
	[COMMAND_EXPECT] = { begin_expect,   NULL,            NULL },
	[COMMAND_WATCH]  = { begin_watch,    NULL,            after_watch },
	[COMMAND_SLEEP]  = { begin_sleep,    NULL,            after_sleep },
	[COMMAND_STATUS] = { begin_status,   NULL,            NULL },
	[COMMAND_PLC]    = { begin_plc,      NULL,            after_one_scan },
	[COMMAND_CARD]   = { begin_card,     NULL,            NULL },
	[COMMAND_FRAME]  = { begin_transfer, before_transfer, NULL },
	[COMMAND_RAW]    = { begin_transfer, before_transfer, NULL },
	[COMMAND_SCAN]   = { begin_scan,     NULL,            after_steps },
	[COMMAND_CLOCK]  = { begin_clock,    NULL,            after_one_scan },
	[COMMAND_DOWNLOAD] = { begin_download, NULL,          after_one_scan },
	[COMMAND_SAVE]   = { begin_save,     NULL,            NULL },
	[COMMAND_PORT]   = { begin_port,     NULL,            NULL },
	[COMMAND_MISBEHAVE] = { begin_misbehave, NULL,        NULL },
	[COMMAND_QUIT]   = { begin_quit,     NULL,            NULL },
};
// clang-format on

static void advance(struct session *s, enum session_state (*step)(struct session *s))
{
	enum session_state state = step(s);

	if (state == SESSION_RUNNING)
		return;
	s->running = false;
	s->progress(s, state);
}

static enum session_state refuse_element(struct session *s)
{
	const struct condition *elements = &s->command.elements;

	for (unsigned int i = 0; i < elements->count; i++) {
		const struct element *element = &elements->comparisons[i].element;
		g_autofree char *missing =
			missing_element(s->simulator->base.family, element, 1);

		if (!missing)
			continue;
		g_string_printf(s->error, "%s: %s", element->name, missing);
		return SESSION_FAILED;
	}
	return SESSION_RUNNING; /* all are there */
}

void session_run(struct session *s, const struct command *command)
{
	s->command = *command;
	s->running = true;
	advance(s, refuse_element);
	if (s->running)
		advance(s, steps[command->verb].begin);
}

void session_before_scan(struct session *s)
{
	if (s->running && steps[s->command.verb].before_scan)
		advance(s, steps[s->command.verb].before_scan);
}

void session_after_scan(struct session *s)
{
	if (s->running && steps[s->command.verb].after_scan)
		advance(s, steps[s->command.verb].after_scan);
}

void session_init(struct session *s, struct simulator *simulator,
		  void (*progress)(struct session *session, enum session_state state), void *owner)
{
	*s = (struct session){ .simulator = simulator, .progress = progress, .owner = owner };
	s->out = g_string_new(NULL);
	s->error = g_string_new(NULL);
	g_ptr_array_add(simulator->sessions, s);
}

void session_release(struct session *s)
{
	for (unsigned int i = 0; i < BASE_SLOTS; i++)
		port_disown(&plc(s)->ports[i], s);
	g_ptr_array_remove(s->simulator->sessions, s);
	g_string_free(s->out, TRUE);
	g_string_free(s->error, TRUE);
}
