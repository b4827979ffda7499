// SPDX-License-Identifier: GPL-2.0-or-later
/* Status codes explained: for a reader, for a program, for the documents. */

#include <string.h>

#include "explain.h"
#include "status.h"

static const char *const categories[][2] = {
	{ "normal", "0-1, normal status" },
	{ "module", "2-99, internal errors of the module" },
	{ "protocol", "100-999, reply code of the SMTP server" },
	{ "ladder", "1000-1999, assigned by the box in the ladder program" },
	{ "invalid", "2000-65535, invalid" },
};

static const char *describe_category(unsigned int code)
{
	const char *category = status_category(code);

	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		if (!strcmp(categories[i][0], category))
			return categories[i][1];
	return category;
}

static void print_details(FILE *out, unsigned int status)
{
	const char *heading = "Details:   ";

	for (size_t i = 0; i < n_details; i++) {
		if (!details[i].code || details[i].status != status)
			continue;
		fprintf(out, "%s%u %s\n", heading, details[i].code, details[i].text);
		heading = "           ";
	}
}

bool explain_text(FILE *out, unsigned int code)
{
	struct code row;

	if (!status_explain(code, &row))
		return false;
	fprintf(out, "%u", code);
	if (row.name)
		fprintf(out, "  %s", row.name);
	fprintf(out, "\n\nArea:      %s\nMeaning:   %s\nCause:     %s\nRemedy:    %s\n",
		describe_category(code), row.meaning, row.cause, row.remedy);
	if (row.origin)
		fprintf(out, "Origin:    %s\n", row.origin);
	if (row.name)
		print_details(out, code);
	return true;
}

static void json_string(FILE *out, const char *name, const char *value)
{
	fprintf(out, ",\"%s\":\"", name);
	for (; *value; value++)
		fprintf(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
	fputc('"', out);
}

static void json_details(FILE *out, unsigned int status)
{
	const char *separator = "";

	fputs(",\"details\":[", out);
	for (size_t i = 0; i < n_details; i++) {
		if (!details[i].code || details[i].status != status)
			continue;
		fprintf(out, "%s{\"detail\":%u", separator, details[i].code);
		json_string(out, "text", details[i].text);
		fputc('}', out);
		separator = ",";
	}
	fputc(']', out);
}

bool explain_json(FILE *out, unsigned int code)
{
	struct code row;

	if (!status_explain(code, &row))
		return false;
	fprintf(out, "{\"code\":%u", code);
	json_string(out, "category", status_category(code));
	if (row.name)
		json_string(out, "name", row.name);
	json_string(out, "meaning", row.meaning);
	json_string(out, "cause", row.cause);
	json_string(out, "remedy", row.remedy);
	if (row.origin)
		json_string(out, "origin", row.origin);
	if (row.name)
		json_details(out, code);
	fputs("}\n", out);
	return true;
}

static void rst_title(FILE *out, const char *title, char line)
{
	fprintf(out, "\n%s\n", title);
	for (size_t i = 0; i < strlen(title); i++)
		fputc(line, out);
	fputs("\n\n", out);
}

static void rst_row(FILE *out, const struct code *row)
{
	const char *heading = row->name ? row->name : row->meaning;

	fprintf(out, "**%u** %s\n", row->code, heading);
	if (row->name)
		fprintf(out, "    %s\n\n", row->meaning);
	fprintf(out, "    *Cause:* %s\n\n    *Remedy:* %s\n", row->cause, row->remedy);
	if (row->origin)
		fprintf(out, "\n    *Origin:* %s\n", row->origin);
	fputc('\n', out);
}

static void rst_details(FILE *out)
{
	fputs("======  ======  ========================================================\n"
	      "detail  status  meaning\n"
	      "======  ======  ========================================================\n",
	      out);
	for (size_t i = 0; i < n_details; i++) {
		if (details[i].status)
			fprintf(out, "%-6u  %-6u  %s\n", details[i].code, details[i].status,
				details[i].text);
		else
			fprintf(out, "%-6u  \\       %s\n", details[i].code, details[i].text);
	}
	fputs("======  ======  ========================================================\n", out);
}

void explain_rst(FILE *out)
{
	fputs(".. SPDX-License-Identifier: GPL-2.0-or-later\n"
	      ".. Made by \"ecemailctl explain --rst\" from daemon/codes.def.\n\n"
	      "============\nStatus codes\n============\n\n"
	      "What the Error Code of an ECEMAIL box says, in decimal (seed 000, section 9 and\n"
	      "Appendix). ``ecemailctl explain CODE`` says the same on the machine. Codes 30 to\n"
	      "34 are ours.\n",
	      out);
	rst_title(out, "Status codes of module and box", '=');
	for (size_t i = 0; i < n_statuses; i++)
		rst_row(out, &statuses[i]);
	rst_title(out, "Detail codes", '=');
	fputs("They tell apart what shares a status.\n\n", out);
	rst_details(out);
	rst_title(out, "Reply codes of SMTP servers", '=');
	fputs("A code that is not here is read by its first digit: 2 done, 3 go on, 4 not now,\n"
	      "5 never.\n\n",
	      out);
	for (size_t i = 0; i < n_replies; i++)
		rst_row(out, &replies[i]);
}
