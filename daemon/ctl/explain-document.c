// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables as a document, and as entries of the journal's catalogue. */

#include <string.h>

#include "codes.h"
#include "daemon/journal.h"
#include "daemon/status.h"
#include "explain.h"

static void title(FILE *out, const char *text, char line)
{
	fprintf(out, "\n%s\n", text);
	for (size_t i = 0; i < strlen(text); i++)
		fputc(line, out);
	fputs("\n\n", out);
}

static void print_causes(FILE *out, unsigned int code)
{
	bool any = false;

	for (size_t i = 0; i < n_causes; i++) {
		if (causes[i].code != code)
			continue;
		fprintf(out, "%s    * %s %s\n", any ? "" : "\n", causes[i].cause, causes[i].remedy);
		any = true;
	}
}

static void print_code(FILE *out, const struct code *row)
{
	fprintf(out, "**%u** %s\n", row->code, row->name ? row->name : row->meaning);
	if (row->name)
		fprintf(out, "    %s\n\n", row->meaning);
	fprintf(out, "    *Cause:* %s\n\n    *Remedy:* %s\n", row->cause, row->remedy);
	if (row->origin)
		fprintf(out, "\n    *Origin:* %s\n", row->origin);
	print_causes(out, row->code);
	fputc('\n', out);
}

static void print_details(FILE *out)
{
	static const char line[] =
		"======  ======  ========================================================\n";

	fprintf(out, "%sdetail  status  meaning\n%s", line, line);
	for (size_t i = 0; i < n_details; i++) {
		if (details[i].status)
			fprintf(out, "%-6u  %-6u  %s\n", details[i].code, details[i].status,
				details[i].text);
		else
			fprintf(out, "%-6u  \\       %s\n", details[i].code, details[i].text);
	}
	fputs(line, out);
}

static void print_digits(FILE *out)
{
	for (unsigned int digit = 0; digit < 10; digit++)
		fprintf(out, "* first digit %u: %s\n", digit, first_digit(digit));
	for (unsigned int digit = 0; digit < 10; digit++)
		fprintf(out, "* second digit %u: %s\n", digit, second_digit(digit));
	fputs("* third digit: tells apart what the first two have in common\n", out);
}

static void print_enhanced(FILE *out)
{
	for (unsigned int number = 0; number < 10; number++)
		if (enhanced_class(number))
			fprintf(out, "* %u.X.X: %s\n", number, enhanced_class(number));
	for (unsigned int number = 0; number < 10; number++)
		if (enhanced_subject(number))
			fprintf(out, "* X.%u.X: %s\n", number, enhanced_subject(number));
	fputc('\n', out);
	for (size_t i = 0; i < n_enhanced_codes; i++) {
		const struct enhanced *row = &enhanced_codes[i];

		fprintf(out, "**X.%u.%u** %s\n    *Remedy:* %s\n\n    *Origin:* %s\n\n",
			row->subject, row->detail, row->meaning, row->remedy, row->origin);
	}
}

static void print_commands(FILE *out)
{
	for (size_t i = 0; i < n_smtp_commands; i++) {
		const struct smtp_command *row = &smtp_commands[i];

		fprintf(out, "**%s** (%s, %s) %s\n    %s\n\n", row->name, row->origin,
			row->used ? "used" : "not used", row->doing, row->ours);
	}
}

void explain_rst(FILE *out)
{
	fputs(".. SPDX-License-Identifier: GPL-2.0-or-later\n"
	      ".. Made by \"ecemailctl explain --rst\" from daemon/codes.def.\n\n"
	      "============\nStatus codes\n============\n\n"
	      "What the Error Code of an ECEMAIL box says, in decimal (*ECOM100 Send EMAIL*,\n"
	      "section 9 and Appendix). ``ecemailctl explain CODE`` says the same on the machine.\n"
	      "Codes 30 to 34 are ours.\n",
	      out);
	title(out, "Status codes of module and box", '=');
	for (size_t i = 0; i < n_statuses; i++)
		print_code(out, &statuses[i]);
	title(out, "Detail codes", '=');
	fputs("They tell apart what shares a status.\n\n", out);
	print_details(out);
	title(out, "Reply codes of SMTP servers", '=');
	fputs("A code that is not here is read digit by digit:\n\n", out);
	print_digits(out);
	fputc('\n', out);
	for (size_t i = 0; i < n_replies; i++)
		print_code(out, &replies[i]);
	title(out, "Enhanced codes of SMTP servers", '=');
	fputs("Three numbers behind the reply code: class, subject, detail. The class is the\n"
	      "reply code's first digit.\n\n",
	      out);
	print_enhanced(out);
	title(out, "Commands of SMTP", '=');
	print_commands(out);
	title(out, "What servers offer", '=');
	for (size_t i = 0; i < n_extensions; i++)
		fprintf(out, "**%s** (%s) %s\n\n", extensions[i].name, extensions[i].origin,
			extensions[i].meaning);
}

static void print_entry(FILE *out, const struct code *row)
{
	fprintf(out,
		"\n-- %.28s%04u\n"
		"Subject: A mail has failed with status %u: %s\n"
		"Defined-By: ecemail\n\n"
		"%s%s"
		"Likely cause: %s\n\n"
		"What to do: %s\n",
		MESSAGE_MAIL_FAILED, row->code, row->code, row->name ? row->name : row->meaning,
		row->name ? row->meaning : "", row->name ? "\n\n" : "", row->cause, row->remedy);
	for (size_t i = 0; i < n_causes; i++)
		if (causes[i].code == row->code)
			fprintf(out, " * %s %s\n", causes[i].cause, causes[i].remedy);
	fputs("\nServer: @ECEMAIL_SERVER@\n"
	      "Detail code: @ECEMAIL_DETAIL@; SMTP state: @ECEMAIL_STATE@\n"
	      "Sent: @ECEMAIL_SENT@ (\"unknown\": look whether it has arrived before it is sent\n"
	      "again)\n\n",
	      out);
	fprintf(out, "More: ecemailctl explain %u; all of the path: ecemailctl doctor\n",
		row->code);
}

void explain_catalogue(FILE *out)
{
	fputs("# SPDX-License-Identifier: GPL-2.0-or-later\n"
	      "# Made by \"ecemailctl explain --catalogue\" from daemon/codes.def.\n",
	      out);
	for (size_t i = 0; i < n_statuses; i++)
		print_entry(out, &statuses[i]);
	for (size_t i = 0; i < n_replies; i++)
		print_entry(out, &replies[i]);
}
