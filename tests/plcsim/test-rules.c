// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each message of the editor and of base files: a good text, which says nothing,
 * and a bad one that differs from it by no more than the rule. A place in the
 * source whose message no row provokes fails the test.
 */
#include "tests/plcsim/check.h"
#include "tests/plcsim/lines.h"
#include "tests/plcsim/test.h"

#define C4   "xxxx"
#define C16  C4 C4 C4 C4
#define C64  C16 C16 C16 C16
#define BODY "\"Shift # \" V3000 \" made \" V3001 \" widgets\""

static const char base_text[] = "[cpu]\nfamily=260\nfirmware=v2.40\n"
				"[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031\nid=12\n"
				"dip7=on\nbase=local\ncard=0\n";

/* Places that have said something that a test wanted */
static GHashTable *provoked;

struct rule {
	const char *part; /* of the Widget Report or of the base file */
	const char *good;
	const char *bad;
	const char *message;
};

/* What the editor says once the part is replaced */
static struct diagnostics judge(const char *part, const char *by)
{
	bool in_base = strstr(base_text, part);
	g_autofree char *base_file = in_base ? edited(base_text, part, by) : g_strdup(base_text);
	g_autofree char *text =
		in_base ? g_strdup(widget_report) : edited(widget_report, part, by);
	struct program *program;
	struct diagnostics d;
	struct base base;

	diagnostics_init(&d, "p");
	read_base(&base, base_file, &d);
	if (!d.errors) {
		program = read_program(text, &d);
		check_program(program, &base, &d);
		program_free(program);
	}
	return d;
}

static void expect_nothing(const struct rule *rule)
{
	struct diagnostics d = judge(rule->part, rule->good);
	g_autofree char *text = messages(&d);

	if (*text)
		fail_msg("good: %s\nwanted: nothing\ngot: %s", rule->good, text);
	diagnostics_clear(&d);
}

static void expect_message(const struct rule *rule)
{
	struct diagnostics d = judge(rule->part, rule->bad);
	const struct diagnostics_place *place = diagnostics_find(&d, rule->message);
	g_autofree char *text = messages(&d);

	if (!place)
		fail_msg("bad: %s\nwanted: %s\ngot: %s", rule->bad, rule->message, text);
	g_hash_table_add(provoked, (void *)place);
	diagnostics_clear(&d);
}

static void expect_rules(const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		expect_nothing(&rules[i]);
		expect_message(&rules[i]);
	}
}

#define RULES(...)                                                  \
	do {                                                        \
		static const struct rule rules[] = { __VA_ARGS__ }; \
		(void)state;                                        \
		expect_rules(rules, G_N_ELEMENTS(rules));           \
	} while (0)

/* A second box, for rules that the Widget Report does not touch */
#define BOX(name, more)                                                                       \
	"STR X1\n" name "\n    ECOM# K0\n    Workspace V1505\n    Success C2\n    Error C3\n" \
	"    Error Code V1506\n" more "END"
#define ECRX(station) ECRX_OF(station, "V0", "K2")
#define ECRX_OF(station, from, bytes)                                                                     \
	"STR X1\nECRX IB-740\n    ECOM# K0\n    Workspace V1505\n    Slave ID " station                   \
	"\n    From Slave Element " from "\n    Number of Bytes " bytes "\n    To Master Element V2000\n" \
	"    Success C2\n    Error C3\nEND"
#define ECWX(to)                                                                               \
	"STR X1\nECWX IB-741\n    ECOM# K0\n    Workspace V1505\n    Slave ID K89\n"           \
	"    To Slave Element " to "\n    Number of Bytes K8\n    From Master Element V2000\n" \
	"    Success C2\n    Error C3\nEND"
#define TRANSFER(what, bytes) "STR X1\nLD " what "\nLD " bytes "\nLDA O2000\nRX V0\nEND"
#define MODULE(number, slot, v)                                                \
	"ECOM100 IB-710\n ECOM# " number "\n Slot " slot "\n Status V" v "0\n" \
	" Workspace V" v "1\n Msg Buffer V" v "2\n"

// clang-format off
static void test_base_files(void **state)
{
	RULES(
		{ "[cpu]\nfamily=260", "[cpu]\nfamily=260", "[cpu]", "p: error: [cpu] family= is missing; it must be 05, 06, 250-1, 260 or 450" },
		{ "firmware=v2.40\n", "firmware=2.40\n", "", "p: error: [cpu] firmware= is missing; it must be a version such as v2.40" },
		{ "firmware=v2.40\n", "firmware=v2.40\n", "firmware=new\n",
		  "p:3: error: firmware=new: must be a version such as v2.40" },
		{ "family=260\n", "family=260\n", "family=240\n",
		  "p:2: error: family=240: must be 05, 06, 250-1, 260 or 450: that CPU has no MDS and MDE" },
		{ "family=260\n", "family=260\n", "family=DL230\n", "that CPU has no MDS and MDE" },
		{ "family=260\n", "family=260\n", "family=D2-250\n", "that CPU has no MDS and MDE" },
		{ "family=260\n", "family=260\n", "family=D2-260\n", "the family's number alone" },
		{ "family=260\n", "family=260\n", "family=DL260\n", "the family's number alone" },
		{ "family=260\n", "family=260\n", "family=D2-2\n", "must be 05, 06, 250-1, 260 or 450" },
		{ "firmware=v2.40\n", "firmware=v2.40\n", "firmware=v2.40\nfirmware=v2.41\n",
		  "p:4: error: firmware=v2.41: firmware= is there already, in line 3; each may be there once" },
		{ "family=260\n", "family=260\n", "family=260\nfamily=05\n",
		  "p:3: error: family=05: family= is there already, in line 2" },
		{ "id=12\n", "id=12\n", "id=12\nid=13\n", "p:8: error: id=13: id= is there already, in line 7" },
		{ "[slot 1]\n", "[slot 1]\n", "[cpu]\n[slot 1]\n", "p:4: error: section [cpu] is there already, in line 1" },
		{ "dip7=on\n", "dip7=on\n", "[slot 1]\n", "p:8: error: section [slot 1] is there already, in line 4" },
		{ "id=12\n", "id=12\n", "colour=red\n", "p:7: error: key 'colour' is not known here, only module" },
		{ "[cpu]\n", "[cpu]\n", "id=12\n[cpu]\n", "p:1: error: key 'id' is in no known section" },
		{ "[cpu]\n", "[cpu]\n", "[rack]\n[cpu]\n", "p:1: error: section [rack]: only [cpu] and [slot 0] to" },
		{ "id=12\n", "# id=12\n", "id\n", "p:7: error: 'id': neither [section] nor key=value" },
		{ "module=H2-ECOM100\n", "module=H2-ECOM100\n", "", "p:4: error: [slot 1] has no module=; it must be H2-ECOM100" },
		{ "firmware=4.0.1031\n", "firmware=4.0.1031\n", "", "p:4: error: [slot 1] has no firmware=; it must be a version" },
		{ "module=H2", "module=H2", "module=H4", "p:4: error: [slot 1] module=H4-ECOM100 does not fit a 260 CPU, only H2-ECOM100" },
		{ "family=260\nfirmware=v2.40\n[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031",
		  "family=06\nfirmware=v2.10\n[slot 1]\nmodule=H0-ECOM100\nfirmware=4.0.119",
		  "family=06\nfirmware=v2.10\n[slot 0]\nmodule=H0-ECOM100\nfirmware=4.0.119",
		  "p:4: error: [slot 0]: slot numbers start at 1 on a 06 CPU, up to 4" },
		{ "card=0\n", "card=0\n", "[slot 0]\nmodule=H2-ECOM100\nfirmware=4.0.1031\n",
		  "p:10: warning: [slot 0]: a 260 system takes an ECOM100 in slots 1 to 7 only" },
		{ "card=0\n", "card=0\n", "card=1\n", "p: error: no slot has card=0, but one has card=1" },
	);
}

static void test_hardware(void **state)
{
	RULES(
		{ "firmware=v2.40", "firmware=v2.41", "firmware=v2.39",
		  "p:2: error: ECOM100: CPU 260 has firmware v2.39, IBoxes need v2.40 or later" },
		{ "firmware=v2.40", "firmware=v2.50", "firmware=v2.09",
		  "p:2: error: ECOM100: CPU 260 has firmware v2.09, IBoxes need v2.40 or later" },
		{ "Slot        K1", "Slot K1", "Slot K0",
		  "p:4: will not work: Slot K0: the first slot is invalid on a 205 system (CPU 260), only K1 to K7" },
		{ "family=260\nfirmware=v2.40\n[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031",
		  "family=05\nfirmware=v5.10\n[slot 1]\nmodule=H0-ECOM100\nfirmware=4.0.119",
		  "family=05\nfirmware=v5.9\n[slot 1]\nmodule=H0-ECOM100\nfirmware=4.0.119",
		  "IBoxes need v5.10 or later" },
		{ "[slot 1]", "[slot 1]", "[slot 2]", "p:4: will not work: Slot K1: the base has no ECOM100 there, only in K2" },
		{ "[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031\nid=12\ndip7=on\nbase=local\ncard=0\n",
		  "[slot 1]\nmodule=H2-ECOM100\nfirmware=4.0.1031\n", "",
		  "Slot K1: the base has no ECOM100 there, nor anywhere else" },
		{ "base=local", "base=local", "base=remote",
		  "p:4: will not work: Slot K1: the ECOM100 must be in the local base, not a remote one" },
		{ "4.0.1031", "4.0.1031", "4.0.1030",
		  "p:4: will not work: Slot K1: H2-ECOM100 has firmware v4.0.1030, sending mail needs v4.0.1031 or later" },
		{ "4.0.1031", "4.1.0", "4.0", "p:4: will not work: Slot K1: H2-ECOM100 has firmware v4.0.0, sending mail needs" },
		{ "dip7=on", "dip7=on", "dip7=off", "p:4: will not work: Slot K1: dipswitch 7 of the module is off; turn it on" },
	);
}

static void test_boxes(void **state)
{
	RULES(
		{ "ECOM100 IB-710", "ECOM100 IB-710 // first", "ECOM100 IB-711", "p:2: error: ECOM100 'IB-711': must be IB-710" },
		{ "ECOM100 IB-710", "ECOM100 IB-710", "ECOM100 IB-710 IB-710", "p:2: error: ECOM100 'IB-710 IB-710': must be IB-710" },
		{ "ECOM100 IB-710", "ECOM100 IB-710", "STR X0\nOUT Y0\nECOM100 IB-710",
		  "p:4: error: ECOM100 must be at the top of the program, but line 2 is before it" },
		{ "ECOM100 IB-710\n    ECOM#       K0", "ECOM100 IB-710\n    ECOM#       K0 // ours",
		  "ECOM100 IB-710\n    ECOM#       K256", "p:3: error: ECOM# 'K256': must be K and a decimal number, K0 to K255" },
		{ "Slot        K1", "Slot K1", "Slot K8", "p:4: error: Slot 'K8': must be K and a decimal number, K0 to K7" },
		{ "STR X0", "STR X0", MODULE("K0", "K2", "200") "STR X0",
		  "p:9: error: ECOM# K0 is already used by the ECOM100 in line 2; it must be unique" },
		{ "ECOM#       K0\n    Workspace", "ECOM# K0\n    Workspace", "ECOM# K1\n    Workspace",
		  "p:10: error: ECOM# K1: no ECOM100 at the top of the program has this number, there is K0" },
		{ "    Error Code  V1504\n", "    Error Code  V1504\n", "",
		  "p:9: error: ECEMAIL: the parameter Error Code is missing; it must be a V-memory register such as V2000 (octal)" },
		{ "Error Code  V1504", "Error Code  V1504", "Error Code",
		  "p:14: error: Error Code has no value; it must be a V-memory register such as V2000 (octal)" },
		{ "END", BOX("ECRDMID IB-720", "    Module ID V2000\n"), BOX("ECWRMID IB-721", "    Module ID\n"),
		  "p:25: error: Module ID has no value; it must be K and a decimal number, K1 to K63" },
		{ "Subject", "Subject", "Sujet", "p:16: error: 'Sujet     Widget Report': ECEMAIL has no such parameter, only ECOM#" },
		{ "    Subject", "    Subject", "    To joe@hosteng.com\n    Subject",
		  "p:16: error: To 'joe@hosteng.com' is given twice, first in line 15; each may be there once" },
		{ "END", ECRX("K89"), "STR X1\nECRX IB-740\n    Error Code V1506\nEND",
		  "p:20: error: 'Error Code V1506': ECRX has no such parameter, only ECOM#" },
		{ "C1", "C1", "X1", "p:13: error: Error 'X1': must be an output bit such as C0, Y0 or V2000.0: X, T, CT and SP are" },
		{ "C1", "V2000.15", "V41200.1", "p:13: error: Error 'V41200.1': must be an output bit" },
		{ "C1", "C3777", "C4000", "Error 'C4000': must be an output bit such as C0, Y0 or V2000.0: C bits are octal, C0 to C3777" },
		{ "V1504", "V1504", "V1508", "must be a V-memory register such as V2000 (octal): a V-memory address is octal" },
		{ "END", BOX("ECWRNAM IB-725", "    Module Name\n"), BOX("ECWRNAM IB-725", "    Module Name " C16 C16 "x\n"),
		  "p:25: error: Module Name 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx': 33 bytes, at most 32 are allowed" },
		{ "END", BOX("ECWRDES IB-727", "    Module Desc\n"), BOX("ECWRDES IB-727", "    Module Desc " C64 "x\n"),
		  "65 bytes, at most 64 are allowed" },
		{ "END", BOX("ECRDIP IB-722", "    IP Address V2000\n"), BOX("ECWRIP IB-723", "    IP Address 1.2.3\n"),
		  "p:25: error: IP Address '1.2.3': must be four numbers from 0 to 255" },
		{ "END", ECRX("V2100"), ECRX("K91"), "Slave ID 'K91': must be K0 to K90, or a V-memory register with that in BCD" },
	);
}

static void test_registers(void **state)
{
	RULES(
		{ "V1401", "V1401", "V1400", "p:6: error: Workspace V1400 overlaps Status V1400 in line 5; it must have registers of its own" },
		{ "V1504", "V1504", "V1502", "p:14: error: Error Code V1502 overlaps Msg Buffer V1402 in line 7" },
		{ "C1", "C1", "C0", "p:13: will not work: Error C0 is also Success in line 12; their values will be INVALID" },
		{ "V1400", "V7377", "V377", "p:5: error: Status V377: 1 word from there is not user V-memory of a 260 CPU, which is V400 to V777, V1400 to V7377, V10000 to V35777" },
		{ "V1402", "V7277", "V7300", "p:7: error: Msg Buffer V7300: 65 words from there are not all user V-memory of a 260 CPU, which is V400" },
		{ "END", "STR X1\nLD V1400\nEND", "STR X1\nLD V1401\nEND",
		  "p:19: warning: LD V1401 reads Workspace of the box in line 2, which means nothing to the program" },
		{ "END", "STR C0\nOUT Y0\nEND", "STR X1\nOUT C0\nEND",
		  "p:19: will not work: OUT C0 writes Success of the box in line 9; only the box should, or its result is INVALID" },
		{ "END", "STR X1\nLD K0\nOUT V2000\nEND", "STR X1\nLD K0\nOUT V1400\nEND",
		  "p:20: error: OUT V1400 writes Status of the box in line 2, which must never be changed" },
		{ "END", "STR X1\nVPRINT V2000 V1300%0\nEND", "STR X1\nVPRINT V2000 V1301%0\nEND",
		  "p:19: warning: VPRINT V1301 reads Workspace of the box in line 2" },
	);
}

static void test_elements(void **state)
{
	RULES(
		{ "STR X0", "STR C3777", "STR C4000", "p:8: error: STR 'C4000': C bits are octal, C0 to C3777" },
		{ "STR X0", "STR X17", "STR X18", "p:8: error: STR 'X18': X bits are octal, X0 to X1777" },
		{ "END", "STR X1\nTMR T377 K5\nEND", "STR X1\nTMR T400 K5\nEND", "p:19: error: TMR 'T400': T bits are octal, T0 to T377" },
		{ "STR X0", "STR CT377", "STR TA1\nSTR X0", "p:8: error: 'STR TA1': STR takes a bit, or a V-memory word and a V-memory word or K (1 to 4 digits)" },
		{ "V3001", "V35777", "V41240", "p:17: error: Body: E499: 'V41240' outside of double quotes: beyond V41237" },
		{ "END", "LD V41237\nEND", "LD V41240\nEND", "p:18: error: LD V41240: the last address is V41237" },
		{ "END", "STR X1\nOUT GY0\nEND", "STR X1\nOUT X1\nEND", "p:19: error: OUT X1: not an output: X, T, CT and SP are not for a program to write" },
		{ "END", "LD K0\nOUT V41177\nEND", "LD K0\nOUT V41200\nEND", "p:19: error: OUT V41200: not an output" },
		{ "END", "STR X1\nOUT V41000.1\nEND", "STR X1\nOUT V41200.1\nEND", "p:19: error: OUT V41200.1: not an output" },
		{ "END", "LDD K0\nOUTD V41076\nEND", "LDD K0\nOUTD V41077\nEND", "p:19: error: OUTD V41077: not an output" },
	);
}

static void test_one_family(void **state)
{
	struct diagnostics d;
	struct program *program;
	struct base base;

	(void)state;
	diagnostics_init(&d, "p");
	read_base(&base, "[cpu]\nfamily=05\nfirmware=v5.10\n[slot 1]\nmodule=H0-ECOM100\nfirmware=4.0.119\n", &d);
	program = read_program("STR C777\nOUT C1000\nLD V7377\nLD V10000\nEND\n", &d);
	check_program(program, &base, &d);
	assert_null(diagnostics_find(&d, "p:1:"));
	g_hash_table_add(provoked, (void *)diagnostics_find(&d, "p:2: error: OUT C1000: a 05 CPU has C0 to C777"));
	assert_null(diagnostics_find(&d, "p:3:"));
	g_hash_table_add(provoked, (void *)diagnostics_find(&d, "p:4: error: LD V10000: a 05 CPU has no such memory; its user V-memory is V1200 to V7377"));
	program_free(program);
	program = read_program(MODULE("K0", "K0", "200") MODULE("K1", "K5", "300") "END\n", &d);
	check_program(program, &base, &d);
	g_hash_table_add(provoked, (void *)diagnostics_find(&d, "Slot K0: slot numbers start at K1 in a 05 system, only K1 to K1"));
	g_hash_table_add(provoked, (void *)diagnostics_find(&d, "Slot K5: a 05 system has slots K1 to K1 only"));
	program_free(program);
	diagnostics_clear(&d);
	assert_false(g_hash_table_contains(provoked, NULL));
}

static void test_messages(void **state)
{
	RULES(
		{ BODY, "\"$41$$$\"$N\"", "\"$4\"", "p:17: error: Body: E499: '$4\"' is no escape; write $$ for a dollar sign" },
		{ BODY, "\"$\"\"", "\"a", "p:17: error: Body: E499: '\"a': the closing double quote is missing" },
		{ BODY, "\"a\" V3000", "\"a\"V3000", "p:17: error: Body: E499: a space is missing before 'V3000'" },
		{ BODY, "V3000%12", "V3000%129", "E499: 'V3000%129' outside of double quotes: after % stands the number of characters, 1 to 128, or 0" },
		{ BODY, "V3000:BC0", "V3000:BB", "a word is printed plain, :B, :D, :DB, :R, :E or %n" },
		{ BODY, "C0:ONOFF", "C0:B", "a bit is printed plain, :BOOL or :ONOFF" },
		{ BODY, "_Date:us", "_Date:uk", "a date is _Date:us, _Date:e or _Date:a, a time _Time:12 or _Time:24" },
		{ "Widget Report\n    Body", "Widget $\"Report$\"\n    Body", "Widget \"Report\"\n    Body",
		  "p:16: error: Subject: E499: '\"Report\"': a double quote must be written $\"" },
		{ BODY, "\"" C64 C16 "xxxxxxxxxxx\"", "\"" C64 C16 "xxxxxxxxxxxx\"",
		  "p:9: error: ECEMAIL: 129 bytes, only 128 are allowed: To 16, Subject 13, Body at least 92, overhead 8; shorten them by 1" },
		{ BODY, "\"" C64 C16 "xxxxxx\" V3000", "\"" C64 C16 "xxxxxxx\" V3000",
		  "p:9: warning: ECEMAIL: 125 to 129 bytes, only 128 are allowed: To 16, Subject 13, Body 88 to 92" },
		{ "END", "STR X1\nVPRINT V2000 \"" C64 C64 "\"\nEND", "STR X1\nVPRINT V2000 \"" C64 C64 "x\"\nEND",
		  "p:19: error: VPRINT: 129 bytes, only 128 are allowed; shorten it by 1" },
		{ "END", "STR X1\nVPRINT V2000 V3000 \"" C64 C16 C16 C16 C4 C4 "xxx\"\nEND",
		  "STR X1\nVPRINT V2000 V3000 \"" C64 C16 C16 C16 C4 C4 C4 "\"\nEND",
		  "p:19: warning: VPRINT: 125 to 129 bytes, only 128 are allowed; the rest is cut off" },
		{ "END", "STR X1\nPRINT K2 V3000 \"" C64 C16 C16 C16 C4 C4 "xxx\"\nEND",
		  "STR X1\nPRINT K2 V3000 \"" C64 C64 C4 "\"\nEND",
		  "p:19: error: PRINT: at least 133 bytes, only 128 are allowed" },
		{ "END", "STR X1\nVPRINT V2000 \"\"\nEND", "STR X1\nVPRINT V2000\nEND",
		  "p:19: error: VPRINT has no message; it must be text in double quotes, or references" },
		{ "END", "STR X1\nPRINT K2 \"\"\nEND", "STR X1\nPRINT K2\nEND", "p:19: error: PRINT has no message" },
		{ "END", TRANSFER("K0189", "K128"), TRANSFER("K0189", "K129"),
		  "p:20: will not work: LD K129: RX in line 22 takes 1 to 128 bytes, in BCD" },
		{ "END", TRANSFER("K0190", "K1"), TRANSFER("K0190", "K0"), "p:20: will not work: LD K0: RX in line 22" },
		{ "END", TRANSFER("K0189", "V2000"), TRANSFER("K0189", "K1A"), "p:20: will not work: LD K1A: RX in line 22" },
		{ "END", TRANSFER("K0189", "K2"), TRANSFER("K0289", "K2"),
		  "p:19: will not work: LD K0289: RX in line 22 takes slot and station in BCD; ECOM100 only in K1, stations 89 and 90" },
		{ "END", TRANSFER("V2000", "K2"), TRANSFER("K0191", "K2"), "p:19: will not work: LD K0191: RX in line 22 takes slot" },
		{ "END", TRANSFER("K0190", "K2"), TRANSFER("KA190", "K2"), "p:19: will not work: LD KA190: RX in line 22 takes slot" },
		{ "END", TRANSFER("K0190", "K2"), TRANSFER("K12", "K2"), "p:19: will not work: LD K0012: RX in line 22 takes slot" },
		{ "END", "STR X1\nTMR T0 K50\nEND", "STR X1\nTMR T0 K5A\nEND",
		  "p:19: error: 'TMR T0 K5A': TMR takes a timer such as T0 and a V-memory word or K (1 to 4 decimal digits)" },
		{ "END", "STR X1\nSTR X2\nCNT CT0 K9999\nEND", "STR X1\nSTR X2\nCNT CT0 KFFFF\nEND",
		  "p:20: error: 'CNT CT0 KFFFF': CNT takes a counter such as CT0 and a V-memory word or K (1 to 4 decimal digits)" },
		{ "END", "STR X1\nADDD K12345678\nSUBD K9\nEND", "STR X1\nADDD K1234567A\nEND",
		  "p:19: error: 'ADDD K1234567A': ADDD takes a V-memory word or K (1 to 8 decimal digits)" },
		{ "END", "STR X1\nSUBD K0\nEND", "STR X1\nSUBD KA\nEND", "SUBD takes a V-memory word or K (1 to 8 decimal digits)" },
		{ "END", "STR X1\nPRINT K2 \"// \"\nEND", "STR X1\nPRINT K2 \"\" // x\nEND", "p:19: error: PRINT: E499: '//' outside of double quotes" },
	);
}

static void test_values(void **state)
{
	RULES(
		{ "mark@hosteng.com", "", "mark@", "p:15: will not work: To 'mark@': nothing after the @; ECEMAIL will end with Error Code 23; allowed: name@domain" },
		{ "mark@hosteng.com", "a@b.c , maint", "a@b.c, main tenance", "To 'main tenance': neither an address nor a group's name" },
		{ "mark@hosteng.com", "a@b.c,", "a@b.c,\tb@b.c", "a character that an address cannot have" },
		{ "Widget Report\n    Body", "Widget$20Report\n    Body", "Widget$NReport\n    Body",
		  "p:16: will not work: Subject 'Widget$NReport': $0D is a control character, which a Subject cannot have" },
		{ "END", BOX("ECEMSUP IB-712", "    Server\n"), BOX("ECEMSUP IB-712", "    Server 192.168.0.300\n"),
		  "p:25: will not work: Server: ECEMSUP will end with Error Code 23: Server=192.168.0.300: neither a host name nor an IP address; allowed: an IP address" },
		{ "END", BOX("EMLCFG IB-712", "    Cc a@b.c, d@e.f\n"), BOX("EMLCFG IB-712", "    Cc a@b.c; d@e.f\n"), "Cc: EMLCFG will end with Error Code 23" },
		{ "END", BOX("ECEMSUP IB-712", "    Sender Address\n"), BOX("ECEMSUP IB-712", "    Sender Address joe\n"), "SenderAddress=joe: no @; allowed: name@domain" },
		{ "END", BOX("ECEMSUP IB-712", "    Sender Name " C64 "\n"), BOX("ECEMSUP IB-712", "    Sender Name " C64 "x\n"), "too long; allowed: up to 64 characters" },
		{ "END", BOX("ECWRNAM IB-725", "    Module Name B\xc3\xa4rry\n"), BOX("ECWRNAM IB-725", "    Module Name B\xe4rry\n"), "not UTF-8; allowed: up to 32 bytes" },
		{ "END", BOX("ECWRDES IB-727", "    Module Desc R // D\n"), BOX("ECWRDES IB-727", "    Module Desc R\x01\n"), "ModuleDescription=" },
		{ "END", BOX("ECEMSUP IB-712", "    Port K25\n"), BOX("ECEMSUP IB-712", ""),
		  "p:19: will not work: ECEMSUP has no parameter to set: it will end with Error Code 23" },
		{ "END", BOX("ECEMSUP IB-712", "    Cc " C16 C16 "@" C64 C16 "xxxxx\n"), BOX("ECEMSUP IB-712", "    Cc " C16 C16 "@" C64 C16 C4 "xxxxxx\n"),
		  "p:19: error: ECEMSUP: 129 bytes, only 128 are allowed: the values and 2 for each, overhead 4" },
		{ "END", BOX("ECRDIP IB-722", "    IP Address V2000\n"), BOX("ECWRIP IB-723", "    IP Address 1.2.3.4\n"),
		  "p:19: warning: ECWRIP will end with Error Code 32: the IP setup is the PC's" },
		{ "END", ECRX("K90"), ECRX("K5"), "p:22: will not work: Slave ID K5: the module answers as K89 and K90 only; ECRX will end with Error" },
		{ "END", ECRX_OF("K90", "V77", "K2"), ECRX_OF("K90", "V77", "K3"),
		  "p:23: will not work: From Slave Element V77: station 90 has V0 to V77 only, and nothing beyond; ECRX will end with Error" },
		{ "END", ECRX_OF("K90", "V0", "K128"), ECRX_OF("K90", "V100", "V2100"), "station 90 has V0 to V77 only" },
		{ "END", ECRX_OF("K89", "V1300", "K128"), ECRX_OF("K89", "V1301", "K128"), "station 89 has V0 to V377, V1000 to V1377 and V40000 to V77777 only" },
		{ "END", ECWX("V0"), ECWX("V1"), "p:23: will not work: To Slave Element V1: station 89 has a command at V0 only" },
	);
}

static void test_triggers(void **state)
{
#define NEVER "will never execute"
	RULES(
		{ "STR X0\n", "STR X0\n", "", "p:8: will not work: ECEMAIL has no condition before it: it is leading edge triggered and " NEVER },
		{ "STR X0", "STR SP1\nAND X0", "STR SP1", "p:8: will not work: SP1 is always on, so is the condition of ECEMAIL in line 9: it is leading edge triggered and " NEVER },
		{ "STR X0", "STR SP1\nANDN X0", "STR SP1\nAND SP1", "p:9: will not work: SP1 is always on" },
		{ "STR X0", "STR X0\nAND SP1", "STR X0\nOR SP1", "p:9: will not work: SP1 is always on" },
		{ "STR X0", "STR X0\nSTR SP1\nANDSTR", "STR X0\nSTR SP1\nORSTR", "p:10: will not work: SP1 is always on" },
		{ "STR X0", "STR X0\nORN SP1", "STR V41200.1", "p:8: will not work: SP1 is always on" },
		{ "STR X0", "STRN SP0", "STR SP0", "p:8: will not work: the condition of ECEMAIL in line 9 is never on after the first scan, in which there is no edge: it " NEVER },
		{ "STR X0", "STR X0\nOR SP0", "STR X0\nAND SP0", NEVER },
		{ "STR X0", "STR X0\nOR SP0", "STRN SP1", NEVER },
		{ "STR X0", "STR SP1\nOUT Y0\nSTR X0", "STR SP1\nOUT Y0", "p:8: will not work: SP1 is always on" },
		{ "STR X0", "STR X1\nSTR X2\nCNT CT0 K5", "STR SP1\nSTR X2\nCNT CT0 K5", "p:9: will not work: SP1 is always on" },
		{ "STR X0", "STR SP10", "STR SP0\nORN SP0", "p:9: will not work: SP1 is always on" },
	);
}

#define STR8   "STR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\n"
#define ORSTR7 "ORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nORSTR\n"

static void test_program(void **state)
{
	RULES(
		{ "STR X0", "STR X0 // start", "STRX X0", "p:8: error: 'STRX': no such instruction or box" },
		{ "STR X0", "STR X0", "STR X0 X1", "p:8: error: 'STR X0 X1': STR takes a bit, or a V-memory word and" },
		{ "STR X0", "STR V2000 KFFFF", "STR V2000 KG", "p:8: error: STR 'KG': K takes one to four BCD or hex digits" },
		{ "END", "LDA O2000\nEND", "LDA O2008\nEND", "p:18: error: LDA 'O2008': O takes an octal V-memory address, O0 to O41237" },
		{ "END", "STR X1\nPRINT K2 \"x\"\nEND", "STR X1\nPRINT K1 \"x\"\nEND", "PRINT takes K2 (the port) and a message" },
		{ "STR X0", "STR X0\nAND X1", "AND X1", "p:8: error: AND needs 1 STR before it in its rung" },
		{ "STR X0", "STR X0\nSTR X1\nORSTR", "STR X0\nORSTR", "p:9: error: ORSTR needs 2 STR before it in its rung" },
		{ "STR X0", "STR X0\nSTR X1\nANDSTR", "STR X0\nSTR X1", "p:10: error: 2 STR before this are not joined by ANDSTR or ORSTR" },
		{ "END", STR8 ORSTR7 "OUT Y0\nEND", STR8 "STR X0\n" ORSTR7 "ORSTR\nOUT Y0\nEND", "p:26: error: more than 8 STR in one rung" },
		{ "END", "STR X1\nSTR X2\nCNT CT0 K5\nEND", "STR X1\nCNT CT0 K5\nEND", "p:19: error: CNT takes two conditions" },
		{ "END", "END", "// END", "p: error: E401: the END instruction is missing" },
		{ "END", "END\n// and no more", "END\nSTR X0", "p:19: warning: this is after END and will never be executed" },
	);
}
// clang-format on

static void ignore(void *owner, char *line, unsigned int number)
{
	(void)owner;
	assert_string_equal(line, "END\n");
	assert_int_equal(number, 1);
}

static void expect_unreadable(FILE *file, const char *message)
{
	const struct diagnostics_place *place;
	struct diagnostics d;

	assert_non_null(file);
	diagnostics_init(&d, "p");
	lines_read(file, &d, ignore, NULL);
	place = diagnostics_find(&d, message);
	if (!place)
		fail_msg("not there: %s", message);
	g_hash_table_add(provoked, (void *)place);
	diagnostics_clear(&d);
	fclose(file);
}

/* UTF-8 with the mark that Windows gives it is text, UTF-16 and folders are not. */
static void test_files(void **state)
{
	struct diagnostics d;
	FILE *file = fmemopen((char *)"\xef\xbb\xbf"
				      "END\n",
			      7, "r");

	(void)state;
	diagnostics_init(&d, "p");
	lines_read(file, &d, ignore, NULL);
	assert_int_equal(d.errors, 0);
	diagnostics_clear(&d);
	fclose(file);
	expect_unreadable(fmemopen((char *)"END\nE\0N\0D\0\n", 11, "r"),
			  "p:2: error: there is a NUL byte; the file must be text");
	expect_unreadable(fopen("/", "r"), "p: error: cannot be read: Is a directory");
}

/* Comes last */
static void test_every_message_was_there(void **state)
{
	size_t count = __stop_plcsim_places - __start_plcsim_places;
	bool complete = true;

	(void)state;
	assert_in_range(count, 70, 200);
	for (size_t i = 0; i < count; i++) {
		const struct diagnostics_place *place = __start_plcsim_places[i];

		if (g_hash_table_contains(provoked, place))
			continue;
		print_error("%s:%u: no row for \"%s\"\n", place->file, place->line, place->format);
		complete = false;
	}
	assert_true(complete);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base_files),
		cmocka_unit_test(test_hardware),
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_one_family),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_triggers),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_every_message_was_there),
	};
	int status;

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	provoked = g_hash_table_new(NULL, NULL);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	g_hash_table_unref(provoked);
	return status;
}
