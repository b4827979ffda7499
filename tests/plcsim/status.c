// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "tests/plcsim/outcome.h"
#include "tests/plcsim/reference.h"
#include "tests/plcsim/status.h"

#define LINE_WIDTH 100

static const char *mode(const struct plc *plc)
{
	if (!plc->power)
		return "OFF";
	return plc->run_mode ? "RUN" : "PROGRAM";
}

static void print_head(const struct simulator *sim, GString *out)
{
	g_autofree char *firmware = cpu_firmware_text(&sim->base.firmware);

	g_string_append_printf(out, "PLC      %-10s  scan %" PRIu64 ", %s %u ms\n",
			       mode(&sim->plc), sim->plc.scans,
			       sim->stepping ? "step by step," : "every", sim->scan_time);
	g_string_append_printf(out, "CPU      %-10s  firmware %s\n", sim->base.family->name,
			       firmware);
	g_string_append_printf(out, "Program  %s\n", sim->program->path);
	for (unsigned int i = 0; i < sim->card_count; i++) {
		g_string_append_printf(out, "PC       %-10s  card ", simulator_pc_state(&sim->cards[i]));
		if (sim->card_count > 1)
			g_string_append_printf(out, "%u, ", i);
		g_string_append_printf(out, "generation %08x\n", sim->cards[i].card.generation);
	}
}

static const struct element *parameter(const struct box *box, const char *name)
{
	for (size_t i = 0; i < box->type->parameter_count; i++)
		if (strcmp(box->type->parameters[i].name, name) == 0)
			return box->values[i].valid ? &box->values[i].element : NULL;
	return NULL;
}

/* "C0=1", or nothing for a box without such a parameter */
static unsigned int show(const struct simulator *sim, const struct element *element, char *text,
			 size_t size)
{
	unsigned int value = element ? element_get(&sim->plc.memory, element) : 0;

	*text = '\0';
	if (element)
		g_snprintf(text, size, "%s=%u", element->name, value);
	return value;
}

/* Of boxes that have no Error Code; those that wait for an edge tell it by their state. */
static const char *transfer_text(const struct outcome *outcome)
{
	if (outcome->success && outcome->error)
		return "INVALID: both Error and Success are set";
	if (outcome->success)
		return "the last transfer was good";
	return outcome->error ? "error: the last transfer failed" : "no transfer has ended";
}

static void print_box(const struct simulator *sim, unsigned int position, GString *out)
{
	const struct box *box = program_at(sim->program, position)->box;
	const struct plc_box *running = &sim->plc.boxes[position];
	const struct element *status = parameter(box, "Status");
	struct box_view view = { .state = "not running" };
	char name[24], success[24], error[24], code[24], meaning[80];
	struct outcome outcome = { .mail = box->type->ib == ECEMAIL_IB };

	if (running->state)
		box->type->operations->view(running->state, &view);
	outcome.busy = view.busy;
	outcome.success = show(sim, parameter(box, "Success"), success, sizeof(success));
	outcome.error = show(sim, parameter(box, "Error"), error, sizeof(error));
	outcome.code = show(sim, status ? status : parameter(box, "Error Code"), code,
			    sizeof(code));
	if (status)
		g_strlcpy(meaning, health_text(outcome.code), sizeof(meaning));
	else if (!parameter(box, "Error Code"))
		g_strlcpy(meaning, transfer_text(&outcome), sizeof(meaning));
	else
		outcome_text(&outcome, meaning, sizeof(meaning));
	g_snprintf(name, sizeof(name), "%s K%u", box->type->name, box->values[0].k);
	g_string_append_printf(out, "%-12s  %4u  %-5s  %-21s  %-8s  %-8s  %-11s  %s\n", name,
			       box->line, running->power_flow ? "on" : "off", view.state, success,
			       error, code, meaning);
}

static void print_boxes(const struct simulator *sim, GString *out)
{
	g_string_append_printf(out, "\n%-12s  %4s  %-5s  %-21s  %-8s  %-8s  %-11s  %s\n", "Box",
			       "Line", "Power", "State", "Success", "Error", "Error Code",
			       "Meaning");
	for (unsigned int i = 0; i < sim->program->instructions->len; i++)
		if (program_at(sim->program, i)->box)
			print_box(sim, i, out);
}

static void print_transfer(const struct port *port, GString *out)
{
	static const char *const outcomes[] = {
		[TRANSFER_DONE] = "done",
		[TRANSFER_BUSY] = "queue full",
		[TRANSFER_ERROR] = "error",
	};

	if (!port->used) {
		g_string_append(out, "none\n");
		return;
	}
	g_string_append_printf(out, "%s station %x V%o, %u bytes: %s\n",
			       port->last.write ? "WX" : "RX", port->last.station,
			       port->last.address, port->last.length,
			       port->busy ? "running" : outcomes[port->last_result.outcome]);
}

static void print_slot(const struct simulator *sim, unsigned int number, GString *out)
{
	const struct base_slot *slot = &sim->base.slots[number];
	const struct port *port = &sim->plc.ports[number];
	bool ready = sim->plc.power && card_host(&sim->cards[slot->card].card) == CARD_HOST_READY;
	char name[8], firmware[24], busy[16], error[16];

	g_snprintf(name, sizeof(name), "K%u", number);
	g_snprintf(firmware, sizeof(firmware), "%u.%u.%u", slot->firmware.part[0],
		   slot->firmware.part[1], slot->firmware.part[2]);
	g_snprintf(busy, sizeof(busy), "SP%o=%d", port->sp_busy, port->busy);
	g_snprintf(error, sizeof(error), "SP%o=%d", port->sp_busy + 1, port->error);
	g_string_append_printf(out, "%-4s  %-10s  %-10s  %2u  %-5s  %-5s  %-7s  %-7s  ", name,
			       slot->module, firmware, slot->id, slot->dip7 ? "on" : "off",
			       ready ? "yes" : "no", busy, error);
	print_transfer(port, out);
}

/* What the boxes' rows do not show */
static bool is_shown_here(const struct reference *r, bool bits)
{
	return (r->element->bit >= 0) == bits && !(r->box && r->writes);
}

/* Bits, or words, that the program names, in its order, each once */
static void print_elements(const struct simulator *sim, const char *title, bool bits, GString *out)
{
	g_autoptr(GArray) all = references_of(sim->program);
	g_autoptr(GHashTable) named = g_hash_table_new(g_str_hash, g_str_equal);
	size_t start = out->len, line = start;

	for (unsigned int i = 0; i < all->len; i++) {
		const struct reference *r = &g_array_index(all, struct reference, i);
		const struct element *e = r->element;
		char text[32];

		if (!g_hash_table_add(named, (void *)e->name) || !is_shown_here(r, bits))
			continue;
		show(sim, e, text, sizeof(text));
		if (out->len + strlen(text) - line > LINE_WIDTH) {
			g_string_append_printf(out, "\n%-7s", "");
			line = out->len;
		} else if (out->len == start) {
			g_string_append_printf(out, "%-7s", title);
		}
		g_string_append_printf(out, "  %s", text);
	}
	if (out->len != start)
		g_string_append_c(out, '\n');
}

void status_print(const struct simulator *sim, GString *out)
{
	print_head(sim, out);
	print_boxes(sim, out);
	g_string_append_c(out, '\n');
	print_elements(sim, "Bits", true, out);
	print_elements(sim, "Words", false, out);
	g_string_append_printf(out, "\n%-4s  %-10s  %-10s  %2s  %-5s  %-5s  %-7s  %-7s  %s\n",
			       "Slot", "Module", "Firmware", "Id", "DIP 7", "Ready", "Busy",
			       "Error", "Last transfer");
	for (unsigned int i = 0; i < BASE_SLOTS; i++)
		if (sim->base.slots[i].present && !sim->base.slots[i].remote)
			print_slot(sim, i, out);
}
