// SPDX-License-Identifier: GPL-2.0-or-later
/* Judged by the code of daemon and driver, which will have the last word. */
#include <string.h>

#include "daemon/address.h"
#include "daemon/setup.h"
#include "driver/registers.h"
#include "tests/plcsim/refusal.h"
#include "uapi/linux/ecom_slave89.h"

/* Which field of the setup a parameter sets */
static const char *setup_field_of(const struct box *box, size_t parameter)
{
	static const char *const ecemsup[] = {
		[ECEMSUP_SERVER] = "Server",
		[ECEMSUP_SENDER_NAME] = "SenderName",
		[ECEMSUP_SENDER_ADDRESS] = "SenderAddress",
		[ECEMSUP_CC] = "Cc",
	};

	if (box->type->parameters[parameter].kind != PARAMETER_TEXT)
		return NULL;
	if (box->type->ib == ECEMSUP_IB)
		return ecemsup[parameter];
	if (box->type->request->field == FIELD_MODULE_NAME)
		return "ModuleName";
	return box->type->request->field == FIELD_MODULE_DESCRIPTION ? "ModuleDescription" : NULL;
}

static void check_setup(const struct box *box, struct diagnostics *d)
{
	for (size_t i = REQUEST_OWN; i < box->type->parameter_count; i++) {
		const char *field = setup_field_of(box, i);
		struct setup *setup;
		char *problem;

		if (!field || !box_has(box, i))
			continue;
		setup = setup_new();
		problem = setup_set(setup, field, box->values[i].text);
		if (problem)
			diagnostics_trouble(d, box->values[i].line,
					    "%s: %s will end with Error Code 23: %s",
					    box->type->parameters[i].name, box->type->name,
					    problem);
		g_free(problem);
		setup_unref(setup);
	}
}

/* Not g_strstrip(): a tab is no blank for the daemon. */
static char *strip_blanks(char *text)
{
	size_t length = strlen(text);

	while (length && text[length - 1] == ' ')
		text[--length] = '\0';
	return text + strspn(text, " ");
}

/* An entry without @ is a group of the setup, which is not known here. */
static const char *entry_problem(const char *entry)
{
	if (strchr(entry, '@'))
		return address_check(entry);
	return !*entry || setup_is_name(entry, strlen(entry)) ?
		       NULL :
		       "neither an address nor a group's name";
}

static void check_to(const struct box *box, struct diagnostics *d)
{
	const struct box_value *to = &box->values[ECEMAIL_TO];
	g_auto(GStrv) entries = g_strsplit(to->text, ",", -1);

	for (char **entry = entries; *entry; entry++) {
		const char *problem = entry_problem(strip_blanks(*entry));

		if (problem)
			diagnostics_trouble(d, to->line,
					    "To '%s': %s; ECEMAIL will end with Error Code 23; "
					    "allowed: name@domain, or a group of the setup, "
					    "separated by commas",
					    strip_blanks(*entry), problem);
	}
}

static void check_subject(const struct box *box, struct diagnostics *d)
{
	static const struct memory memory;
	const struct box_value *subject = &box->values[ECEMAIL_SUBJECT];
	g_autoptr(GString) text = g_string_new(NULL);

	vprint_print(subject->vprint, &memory, text);
	for (size_t i = 0; i < text->len; i++) {
		if (!g_ascii_iscntrl(text->str[i]))
			continue;
		diagnostics_trouble(d, subject->line,
				    "Subject '%s': $%02X is a control character, which a Subject "
				    "cannot have; ECEMAIL will end with Error Code 23",
				    subject->text, (unsigned char)text->str[i]);
		return;
	}
}

static void check_mail(const struct box *box, struct diagnostics *d)
{
	if (box->values[ECEMAIL_TO].valid)
		check_to(box, d);
	if (box->values[ECEMAIL_SUBJECT].valid)
		check_subject(box, d);
}

/* What belongs to the PC or to switches */
static bool is_foreign(const struct box_request *request)
{
	return request->command == COMMAND_WRITE && request->field != FIELD_MODULE_NAME &&
	       request->field != FIELD_MODULE_DESCRIPTION;
}

/* The words of the other station; the fewest that there can be, if a word says how many */
static bool is_there(const struct box *box, unsigned int station)
{
	const struct box_value *bytes = &box->values[ECRX_BYTES];
	unsigned int address = box->values[ECRX_REMOTE].element.word;

	if (station == 89 && box->type->ib == ECWX_IB)
		return address == COMMAND_ADDRESS;
	return registers_exist(station == 89 ? STATION_MAILBOX : STATION_SCRATCH, address,
			       bytes->is_word ? 1 : (bytes->k + 1) / 2);
}

static const char *what_is_there(const struct box *box, unsigned int station)
{
	if (station == 90)
		return "V0 to V77";
	return box->type->ib == ECWX_IB ? "a command at V0" :
					  "V0 to V377, V1000 to V1377 and V40000 to V77777";
}

static void check_remote(const struct box *box, unsigned int station, struct diagnostics *d)
{
	const struct box_value *remote = &box->values[ECRX_REMOTE];

	if (remote->valid && box->values[ECRX_BYTES].valid && !is_there(box, station))
		diagnostics_trouble(d, remote->line,
				    "%s %s: station %u has %s only, and nothing beyond; %s will end "
				    "with Error",
				    box->type->parameters[ECRX_REMOTE].name, remote->element.name,
				    station, what_is_there(box, station), box->type->name);
}

static void check_station(const struct box *box, struct diagnostics *d)
{
	const struct box_value *station = &box->values[ECRX_STATION];

	if (!station->valid || station->is_word)
		return;
	if (station->k == 89 || station->k == 90)
		check_remote(box, station->k, d);
	else
		diagnostics_trouble(d, station->line,
				    "Slave ID K%u: the module answers as K89 and K90 only; %s will "
				    "end with Error",
				    station->k, box->type->name);
}

void check_refusal(const struct box *box, struct diagnostics *d)
{
	if (box->type->ib == ECRX_IB || box->type->ib == ECWX_IB)
		check_station(box, d);
	else if (box->type->ib == ECEMAIL_IB)
		check_mail(box, d);
	else if (box->type->request && is_foreign(box->type->request))
		diagnostics_warning(d, box->line,
				    "%s will end with Error Code 32: the IP setup is the PC's, the "
				    "module id is that of DIP switches 0 to 5",
				    box->type->name);
	else if (box->type->request)
		check_setup(box, d);
}
