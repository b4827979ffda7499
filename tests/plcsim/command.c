// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/plcsim/base.h"
#include "tests/plcsim/command.h"
#include "tests/plcsim/misbehave.h"
#include "uapi/linux/ecom_slave89.h"

#define SLOT_MAX 15

/* Parsers return NULL or what is wrong, and step over what they take. */

static void skip_blanks(const char **text)
{
	*text += strspn(*text, " \t");
}

static char *take_word(const char **text)
{
	const char *start;

	skip_blanks(text);
	start = *text;
	*text += strcspn(start, " \t");
	return g_strndup(start, *text - start);
}

static const char *take_number(const char **text, int base, unsigned long maximum,
			       unsigned long *value)
{
	g_autofree char *word = take_word(text);
	char *end;

	*value = strtoul(word, &end, base);
	if (!isxdigit((unsigned char)*word) || *end || *value > maximum)
		return "a number is missing or out of range";
	return NULL;
}

static const char *take_seconds(const char **text, double *seconds)
{
	g_autofree char *word = take_word(text);
	char *end;

	*seconds = g_ascii_strtod(word, &end);
	if (!isdigit((unsigned char)*word) || *end || *seconds > 1e6)
		return "the number of seconds is wrong";
	return NULL;
}

static const char *parse_set(struct command *c, const char **text)
{
	do {
		struct comparison *comparison = &c->elements.comparisons[c->elements.count];
		const char *wrong;

		if (c->elements.count == COMPARISONS_MAX)
			return "too many elements";
		wrong = comparison_parse(comparison, text);
		if (wrong)
			return wrong;
		if (strcmp(comparison->relation, "=") != 0)
			return "only = sets a value";
		c->elements.count++;
		skip_blanks(text);
	} while (**text);
	return NULL;
}

static const char *take_elements(struct command *c, const char **text)
{
	do {
		const char *before = *text;
		g_autofree char *name = take_word(text);
		const char *wrong;

		if (c->elements.count && strcmp(name, "for") == 0) {
			*text = before;
			return NULL;
		}
		if (c->elements.count == COMPARISONS_MAX)
			return "too many elements";
		wrong = element_parse(name,
				      &c->elements.comparisons[c->elements.count].element);
		if (wrong)
			return wrong;
		c->elements.count++;
		skip_blanks(text);
	} while (**text);
	return NULL;
}

static const char *parse_get(struct command *c, const char **text)
{
	return take_elements(c, text);
}

static const char *parse_watch(struct command *c, const char **text)
{
	const char *wrong = take_elements(c, text);

	if (wrong || !**text)
		return wrong;
	g_free(take_word(text)); /* for */
	return take_seconds(text, &c->seconds);
}

static const char *parse_expect(struct command *c, const char **text)
{
	return condition_parse(&c->elements, text);
}

static const char *parse_wait(struct command *c, const char **text)
{
	const char *wrong = condition_parse(&c->elements, text);

	skip_blanks(text);
	return wrong || !**text ? wrong : take_seconds(text, &c->seconds);
}

static const char *parse_sleep(struct command *c, const char **text)
{
	return take_seconds(text, &c->seconds);
}

static const char *parse_nothing(struct command *c __attribute__((unused)),
				 const char **text __attribute__((unused)))
{
	return NULL;
}

static const char *parse_plc(struct command *c, const char **text)
{
	static const char *const names[] = { [ACTION_OFF] = "off",
					     [ACTION_ON] = "on",
					     [ACTION_RUN] = "run",
					     [ACTION_PROGRAM] = "program" };
	g_autofree char *word = take_word(text);

	for (unsigned int i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], word) == 0) {
			c->action = i;
			return NULL;
		}
	}
	return "off, on, run or program is missing";
}

/* Card 0 unless one follows */
static const char *take_card(struct command *c, const char **text)
{
	unsigned long card = 0;

	skip_blanks(text);
	if (**text && take_number(text, 10, CARDS_MAX - 1, &card))
		return "the card must be a number from 0 to 3";
	c->card = card;
	return NULL;
}

static const char *parse_card(struct command *c, const char **text)
{
	g_autofree char *word = take_word(text);

	c->action = ACTION_RESET;
	return strcmp(word, "reset") == 0 ? take_card(c, text) : "reset is missing";
}

static const char *no_such_mode(void)
{
	g_autofree char *names = misbehave_names();
	g_autofree char *wrong = g_strdup_printf("the mode must be one of %s", names);

	return g_intern_string(wrong);
}

static const char *parse_misbehave(struct command *c, const char **text)
{
	g_autofree char *word = take_word(text);
	unsigned long seed = 1;

	c->misbehaviour = misbehave_find(word);
	if (c->misbehaviour < 0)
		return strcmp(word, "off") == 0 ? take_card(c, text) : no_such_mode();
	skip_blanks(text);
	if (**text && take_number(text, 10, ULONG_MAX, &seed))
		return "the seed must be a number";
	c->seed = seed;
	return take_card(c, text);
}

/* Steps over the number that may follow; otherwise if there is none */
static const char *take_count(struct command *c, const char **text, unsigned long maximum,
			      unsigned long otherwise)
{
	unsigned long count = otherwise;

	skip_blanks(text);
	if (**text && take_number(text, 10, maximum, &count))
		return "the number is wrong or too large";
	c->count = count;
	return NULL;
}

static const char *parse_scan(struct command *c, const char **text)
{
	g_autofree char *word = take_word(text);

	if (strcmp(word, "run") == 0) {
		c->action = ACTION_RUN;
		return NULL;
	}
	if (strcmp(word, "step") == 0) {
		c->action = ACTION_STEP;
		return take_count(c, text, 1000000, 1);
	}
	c->action = ACTION_TIME;
	if (strcmp(word, "time") != 0)
		return "run, step or time is missing";
	if (take_count(c, text, SCAN_TIME_MAX, 0) || !c->count)
		return "the scan time must be 1 to 1000 milliseconds";
	return NULL;
}

static const char *parse_clock(struct command *c, const char **text)
{
	struct tm tm = { .tm_isdst = 0 }, given;
	const char *end;

	skip_blanks(text);
	end = strptime(*text, "%Y-%m-%d %H:%M:%S", &tm);
	if (!end)
		return "the time must be YYYY-MM-DD HH:MM:SS";
	*text = end;
	if (tm.tm_sec > 59)
		return "the second must be 0 to 59";
	given = tm;
	c->clock = timegm(&tm);
	return tm.tm_mday == given.tm_mday ? NULL : "there is no such day";
}

/* A name with blanks in it is in double quotes. */
static char *take_name(const char **text)
{
	const char *end;
	char *name;

	skip_blanks(text);
	end = **text == '"' ? strchr(*text + 1, '"') : NULL;
	if (!end)
		return take_word(text);
	name = g_strndup(*text + 1, end - *text - 1);
	*text = end + 1;
	return name;
}

static const char *take_path(struct command *c, const char **text)
{
	g_autofree char *path = take_name(text);

	if (!*path)
		return "the file is missing";
	return g_strlcpy(c->path, path, sizeof(c->path)) < sizeof(c->path) ?
		       NULL :
		       "the file's name is too long";
}

static const char *parse_download(struct command *c, const char **text)
{
	return take_path(c, text);
}

static const char *parse_save(struct command *c, const char **text)
{
	const char *wrong = take_path(c, text);

	skip_blanks(text);
	return wrong || !**text ? wrong : take_elements(c, text);
}

static const char *take_slot(struct command *c, const char **text)
{
	unsigned long slot;
	const char *wrong = take_number(text, 10, SLOT_MAX, &slot);

	c->slot = slot;
	return wrong ? "the slot must be a number from 0 to 15" : NULL;
}

/* Hex digits, with or without blanks between the bytes */
static const char *take_bytes(struct command *c, const char **text, unsigned int *count)
{
	*count = 0;
	for (;;) {
		skip_blanks(text);
		if (!**text)
			return NULL;
		if (!isxdigit((unsigned char)(*text)[0]) || !isxdigit((unsigned char)(*text)[1]))
			return "the data must be pairs of hex digits";
		if (*count == TRANSFER_BYTES_MAX)
			return "more than 128 bytes of data";
		c->transfer.data[(*count)++] =
			g_ascii_xdigit_value((*text)[0]) << 4 | g_ascii_xdigit_value((*text)[1]);
		*text += 2;
	}
}

static const char *parse_frame(struct command *c, const char **text)
{
	unsigned int count;
	const char *wrong = take_slot(c, text);

	if (!wrong)
		wrong = take_bytes(c, text, &count);
	if (wrong)
		return wrong;
	c->transfer.write = true;
	c->transfer.station = STATION_MAILBOX;
	c->transfer.address = COMMAND_ADDRESS;
	c->transfer.length = count;
	return NULL;
}

/* Nothing is checked that a wrong program could do. */
static const char *parse_raw(struct command *c, const char **text)
{
	const char *wrong = take_slot(c, text);
	g_autofree char *kind = take_word(text);
	unsigned long station, address, length;
	unsigned int count = 0;

	if (wrong)
		return wrong;
	if (strcmp(kind, "wx") != 0 && strcmp(kind, "rx") != 0)
		return "wx or rx is missing";
	if (take_number(text, 16, 0x99, &station))
		return "the station must be a number from 0 to 99";
	if (take_number(text, 8, 0177777, &address))
		return "the address must be an octal number up to 177777";
	if (take_number(text, 10, 255, &length))
		return "the length must be a number from 0 to 255";
	c->transfer.write = *kind == 'w';
	c->transfer.station = station;
	c->transfer.address = address;
	c->transfer.length = length;
	if (c->transfer.write)
		wrong = take_bytes(c, text, &count);
	return wrong;
}

// clang-format off
static const struct command_type {
	const char *name;
	const char *usage;
	const char *(*parse)(struct command *command, const char **text);
} types[COMMAND_VERBS] = {
	[COMMAND_SET]    = { "set",    "set ELEMENT=VALUE …",                       parse_set },
	[COMMAND_GET]    = { "get",    "get ELEMENT …",                             parse_get },
	[COMMAND_WAIT]   = { "wait",   "wait CONDITION [SECONDS]",                  parse_wait },
	[COMMAND_EXPECT] = { "expect", "expect CONDITION",                          parse_expect },
	[COMMAND_WATCH]  = { "watch",  "watch ELEMENT … [for SECONDS]",             parse_watch },
	[COMMAND_SLEEP]  = { "sleep",  "sleep SECONDS",                             parse_sleep },
	[COMMAND_STATUS] = { "status", "status",                                    parse_nothing },
	[COMMAND_PLC]    = { "plc",    "plc off|on|run|program",                    parse_plc },
	[COMMAND_CARD]   = { "card",   "card reset [CARD]",                           parse_card },
	[COMMAND_FRAME]  = { "frame",  "frame SLOT HEX…",                           parse_frame },
	[COMMAND_RAW]    = { "raw",    "raw SLOT wx|rx STATION ADDRESS LENGTH [HEX…]", parse_raw },
	[COMMAND_SCAN]   = { "scan",   "scan run|step [COUNT]|time MS",             parse_scan },
	[COMMAND_CLOCK]  = { "clock",  "clock YYYY-MM-DD HH:MM:SS",                 parse_clock },
	[COMMAND_DOWNLOAD] = { "download", "download FILE",                         parse_download },
	[COMMAND_SAVE]   = { "save",   "save FILE [ELEMENT …]",                     parse_save },
	[COMMAND_PORT]   = { "port",   "port",                                      parse_nothing },
	[COMMAND_MISBEHAVE] = { "misbehave", "misbehave MODE [SEED [CARD]]|off [CARD]", parse_misbehave },
	[COMMAND_QUIT]   = { "quit",   "quit",                                      parse_nothing },
};
// clang-format on

static const struct command_type *find_type(const char *name)
{
	for (size_t i = 0; i < COMMAND_VERBS; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

bool command_parse(const char *line, struct command *command, char **error)
{
	const char *whole = line;
	g_autofree char *name = take_word(&line);
	const struct command_type *type = find_type(name);
	const char *wrong;

	*command = (struct command){ .seconds = -1 };
	if (!type) {
		*error = g_strdup_printf("'%s': no such command, see plcsim ctl --help", name);
		return false;
	}
	command->verb = type - types;
	wrong = type->parse(command, &line);
	skip_blanks(&line);
	if (!wrong && !*line)
		return true;
	*error = wrong ? g_strdup_printf("'%s': %s; usage: %s", whole, wrong, type->usage) :
			 g_strdup_printf("'%s' is too much; usage: %s", line, type->usage);
	return false;
}

char *command_with_path(const char *line, const char *path)
{
	g_autofree char *verb = take_word(&line);

	g_free(take_name(&line));
	if (strchr(path, '"') || strlen(path) >= COMMAND_PATH_MAX)
		return NULL;
	return g_strdup_printf("%s \"%s\"%s", verb, path, line);
}

void command_usage(GString *out)
{
	for (size_t i = 0; i < COMMAND_VERBS; i++)
		g_string_append_printf(out, "  %s\n", types[i].usage);
}
