// SPDX-License-Identifier: GPL-2.0-or-later
/* The editor's checks: for each rule what it refuses and what it just lets be. */
#include "tests/plcsim/test.h"

#define CPU(family, firmware) "[cpu]\nfamily=" family "\nfirmware=" firmware "\n"
#define SLOT(number, type, firmware, more) \
	"[slot " number "]\nmodule=" type "-ECOM100\nfirmware=" firmware "\n" more

#define C4  "xxxx"
#define C16 C4 C4 C4 C4
#define C64 C16 C16 C16 C16

struct check_case {
	const char *part; /* of the Widget Report; NULL: by is the whole program */
	const char *by;
	const char *base;
	const char *message; /* NULL: none at all */
};

static void expect_checks(const struct check_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct check_case *c = &cases[i];
		g_autofree char *program = c->part ? edited(widget_report, c->part, c->by) :
						     g_strdup(c->by ? c->by : widget_report);
		g_autofree char *text = check_text(program, c->base);

		if (c->message ? !strstr(text, c->message) : *text)
			fail_msg("case %zu:\n%s\nwanted: %s\ngot: %s", i, program,
				 c->message ? c->message : "nothing", text);
	}
}

// clang-format off
static void test_cpu_firmware(void **state)
{
	static const struct check_case cases[] = {
		{ NULL, NULL, CPU("260", "v2.40") SLOT("1", "H2", "4.0.1031", ""), NULL },
		{ NULL, NULL, CPU("260", "v2.39") SLOT("1", "H2", "4.0.1031", ""),
		  "p:2: error: ECOM100: CPU 260 has firmware v2.39, IBoxes need v2.40 or later" },
		{ NULL, NULL, CPU("05", "v5.10") SLOT("1", "H0", "4.0.119", ""), NULL },
		{ NULL, NULL, CPU("05", "v5.9") SLOT("1", "H0", "4.0.119", ""), "v5.10" },
		{ NULL, NULL, CPU("06", "v2.10") SLOT("1", "H0", "4.0.119", ""), NULL },
		{ NULL, NULL, CPU("06", "v2.9") SLOT("1", "H0", "4.0.119", ""), "v2.10" },
		{ NULL, NULL, CPU("250-1", "v4.60") SLOT("1", "H2", "4.0.1031", ""), NULL },
		{ NULL, NULL, CPU("250-1", "v4.59") SLOT("1", "H2", "4.0.1031", ""), "v4.60" },
		{ NULL, NULL, CPU("450", "v3.30") SLOT("1", "H4", "4.0.1031", ""), NULL },
		{ NULL, NULL, CPU("450", "v3.29") SLOT("1", "H4", "4.0.1031", ""), "v3.30" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

static void test_module_firmware(void **state)
{
	static const struct check_case cases[] = {
		{ NULL, NULL, CPU("260", "v2.40") SLOT("1", "H2", "4.0.1030", ""),
		  "p:4: will not work: Slot K1: H2-ECOM100 has firmware v4.0.1030, sending mail needs v4.0.1031" },
		{ NULL, NULL, CPU("06", "v2.10") SLOT("1", "H0", "4.0.118", ""), "v4.0.119" },
		{ NULL, NULL, CPU("450", "v3.30") SLOT("1", "H4", "3.9.2000", ""), "v4.0.1031" },
		{ NULL, NULL, CPU("450", "v3.30") SLOT("1", "H4", "4.1.0", ""), NULL },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

/* A box whose only parameter of its own is not there, or without a value */
#define BARE(name, more) \
	"END", name "\n    ECOM# K0\n    Workspace V1505\n    Success C2\n    Error C3\n" \
	"    Error Code V1506\n" more "END", NULL

static void test_missing_parameter(void **state)
{
	static const struct check_case cases[] = {
		{ BARE("ECWRMID IB-721", ""), "ECWRMID: the parameter Module ID is missing" },
		{ BARE("ECWRMID IB-721", "    Module ID\n"), "Module ID has no value" },
		{ BARE("ECWRIP IB-723", ""), "ECWRIP: the parameter IP Address is missing" },
		{ BARE("ECWRNAM IB-725", ""), "ECWRNAM: the parameter Module Name is missing" },
		{ BARE("ECWRDES IB-727", ""), "ECWRDES: the parameter Module Desc is missing" },
		{ BARE("ECWRGWA IB-731", ""), "ECWRGWA: the parameter Gateway is missing" },
		{ BARE("ECWRSNM IB-733", ""), "ECWRSNM: the parameter Subnet Mask is missing" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

static void test_slot(void **state)
{
	static const struct check_case cases[] = {
		{ "Slot        K1", "Slot K0", CPU("260", "v2.40") SLOT("0", "H2", "4.0.1031", ""),
		  "p:4: will not work: Slot K0: the first slot is invalid on a 205 system (CPU 260)" },
		{ "Slot        K1", "Slot K0", CPU("06", "v2.10") SLOT("1", "H0", "4.0.119", ""),
		  "p:4: will not work: Slot K0: slot numbers start at K1 in a 06 system" },
		{ "Slot        K1", "Slot K0", CPU("450", "v3.30") SLOT("0", "H4", "4.0.1031", ""), NULL },
		{ "Slot        K1", "Slot K7", CPU("260", "v2.40") SLOT("7", "H2", "4.0.1031", ""), NULL },
		{ "Slot        K1", "Slot K2", CPU("05", "v5.10") SLOT("1", "H0", "4.0.119", ""),
		  "p:4: will not work: Slot K2: a 05 system has slots K1 to K1 only" },
		{ "Slot        K1", "Slot K5", CPU("06", "v2.10") SLOT("1", "H0", "4.0.119", ""),
		  "K1 to K4 only" },
		{ "Slot        K1", "Slot K2", NULL, "p:4: will not work: Slot K2: the base has no ECOM100 there" },
		{ NULL, NULL, CPU("260", "v2.40") SLOT("1", "H2", "4.0.1031", "base=remote\n"),
		  "p:4: will not work: Slot K1: the ECOM100 must be in the local base" },
		{ NULL, NULL, CPU("260", "v2.40") SLOT("1", "H2", "4.0.1031", "dip7=off\n"),
		  "p:4: will not work: Slot K1: dipswitch 7 of the module is off" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

#define MODULE(number, slot, v) \
	"ECOM100 IB-710\n ECOM# " number "\n Slot " slot "\n Status V" v "0\n" \
	" Workspace V" v "1\n Msg Buffer V" v "2\n"
#define TWO_SLOTS CPU("260", "v2.40") SLOT("1", "H2", "4.0.1031", "") SLOT("2", "H2", "4.0.1031", "")

static void test_ecom_number(void **state)
{
	static const struct check_case cases[] = {
		{ NULL, MODULE("K0", "K1", "200") MODULE("K255", "K2", "300") "END\n", TWO_SLOTS, NULL },
		{ NULL, MODULE("K0", "K1", "200") MODULE("K0", "K2", "300") "END\n", TWO_SLOTS,
		  "p:8: error: ECOM# K0 is already used by the ECOM100 in line 1; it must be unique" },
		{ NULL, MODULE("K0", "K1", "200") MODULE("K1", "K1", "300") "END\n", TWO_SLOTS,
		  "p:9: error: Slot K1 is already used by the ECOM100 in line 1" },
		{ "ECOM#       K0\n    Workspace", "ECOM#       K1\n    Workspace", NULL,
		  "p:10: error: ECOM# K1: no ECOM100 at the top of the program has this number, there is K0" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

static void test_order(void **state)
{
	static const struct check_case cases[] = {
		{ "ECOM100", "STR X0\nOUT Y0\nECOM100", NULL,
		  "p:4: error: ECOM100 must be at the top of the program, but line 2 is before it" },
		{ NULL, MODULE("K0", "K1", "200") MODULE("K1", "K2", "300") "END\n", TWO_SLOTS, NULL },
		{ NULL, MODULE("K0", "K1", "200") "STR C0\nOUT Y0\n" MODULE("K1", "K2", "300") "END\n",
		  TWO_SLOTS, "p:9: error: ECOM100 must be at the top" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

static void test_unique_registers(void **state)
{
	static const struct check_case cases[] = {
		{ "V1401", "V1400", NULL, "p:6: error: Workspace V1400 overlaps Status V1400 in line 5" },
		{ "Workspace   V1503", "Workspace   V1502", NULL,
		  "p:11: error: Workspace V1502 overlaps Msg Buffer V1402 in line 7" },
		{ "Workspace   V1503", "Workspace   V1402", NULL, "Workspace V1402 overlaps Msg Buffer V1402" },
		{ "V1504", "V1502", NULL, "p:14: error: Error Code V1502 overlaps Msg Buffer" },
		{ "V1504", "V1503", NULL, "p:14: error: Error Code V1503 overlaps Workspace V1503 in line 11" },
		{ "C0", "V1401.3", NULL, "p:12: error: Success V1401.3 overlaps Workspace V1401 in line 6" },
		{ "C1", "C0", NULL, "p:13: will not work: Error C0 is also Success in line 12" },
		{ "V1402", "V1375", NULL, "p:7: error: Msg Buffer" },
		{ "V1402", "V35677", NULL, NULL },
		{ "V1402", "V35700", NULL, "p:7: error: Msg Buffer V35700: 65 words from there are not all "
		  "user V-memory of a 260 CPU" },
		{ "V1400", "V7400", NULL, "p:5: error: Status V7400: 1 word from there" },
		{ "C0", "C0\n    // C1", NULL, NULL },
		{ "END", "STR X1\nOUT C0\nEND", NULL,
		  "p:19: will not work: OUT C0 writes Success of the box in line 9; only the box should" },
		{ "END", "STR X1\nLD K0\nOUT V1504\nEND", NULL, "p:20: will not work: OUT V1504 writes Error Code" },
		{ "END", "STR X1\nLD K0\nOUT V1400\nEND", NULL,
		  "p:20: error: OUT V1400 writes Status of the box in line 2, which must never be changed" },
		{ "END", "STR X1\nLD K0\nOUT V1410\nEND", NULL, "OUT V1410 writes Msg Buffer of the box" },
		{ "END", "STR X1\nSET V1503.2\nEND", NULL, "SET V1503.2 writes Workspace of the box in line 9" },
		{ "END", "STR X1\nLD V1503\nEND", NULL,
		  "p:19: warning: LD V1503 reads Workspace of the box in line 9" },
		{ "END", "STR X1\nLD V1400\nOUT V2000\nEND", NULL, NULL },
		{ "END", "STR C0\nOUT Y0\nSTR C1\nOUT Y1\nEND", NULL, NULL },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

#define END_WITH(line) "END", line "\nEND"
#define DL05 CPU("05", "v5.10") SLOT("1", "H0", "4.0.119", "")
#define DL06 CPU("06", "v2.10") SLOT("1", "H0", "4.0.119", "")
#define DL250 CPU("250-1", "v4.60") SLOT("1", "H2", "4.0.1031", "")
#define DL450 CPU("450", "v3.30") SLOT("1", "H4", "4.0.1031", "")

/* The last of each kind that a family has, and the one after it */
static void test_memory_map(void **state)
{
	static const struct check_case cases[] = {
		{ END_WITH("STR X377"), DL05, NULL },
		{ END_WITH("STR X400"), DL05, "p:18: error: STR X400: a 05 CPU has X0 to X377" },
		{ END_WITH("STR GX0"), DL05, "p:18: error: STR GX0: a 05 CPU has no GX at all" },
		{ END_WITH("STR GY0"), DL250, "a 250-1 CPU has no GY at all" },
		{ END_WITH("STR GX3777"), DL06, NULL },
		{ END_WITH("STR C777"), DL05, NULL },
		{ END_WITH("STR C1000"), DL05, "C0 to C777" },
		{ END_WITH("STR C1777"), DL06, NULL },
		{ END_WITH("STR C2000"), DL06, "C0 to C1777" },
		{ END_WITH("STR C3777"), DL450, NULL },
		{ END_WITH("STR T200"), DL05, "T0 to T177" },
		{ END_WITH("STR T377"), DL06, NULL },
		{ END_WITH("STR CT200"), DL06, "a 06 CPU has CT0 to CT177" },
		{ END_WITH("STR CT377"), NULL, NULL },
		{ END_WITH("STR S1777"), NULL, NULL },
		{ END_WITH("STR S2000"), DL05, "S2000': S bits are octal, S0 to S1777" },
		{ END_WITH("STR Y1000"), DL250, "Y0 to Y777" },
		{ END_WITH("STR TA200 K1"), DL05, "p:18: error: STR TA200: a 05 CPU has no such memory" },
		{ END_WITH("STR TA177 K1"), DL05, NULL },
		{ END_WITH("LD V10000"), DL05, "LD V10000: a 05 CPU has no such memory" },
		{ END_WITH("LD V17777"), DL06, NULL },
		{ END_WITH("LDD V17777"), DL06, "LDD V17777: a 06 CPU has no such memory" },
		{ END_WITH("LD V37777"), DL450, NULL },
		{ END_WITH("LDA O1000"), DL05, NULL },
		{ END_WITH("LDA O1200"), DL05, NULL },
		{ END_WITH("LDA O1177"), DL450, NULL },
		{ END_WITH("LDA O1377"), DL06, NULL },
		{ END_WITH("LDA O20000"), DL06, "LDA V20000: a 06 CPU has no such memory" },
		{ "V3000", "V10000", DL05, "p:17: error: Body V10000: a 05 CPU has no such memory" },
		{ "C1", "C1000", DL05, "p:13: error: Error C1000: a 05 CPU has C0 to C777" },
		{ END_WITH("STR X1\nTMR T0 K5"), NULL, NULL },
		{ END_WITH("STR X1\nTMR T0 V41240"), NULL, "TMR V41240: the last address" },
		{ END_WITH("STR X1\nSTR X2\nCNT CT0 K5"), NULL, NULL },
		{ END_WITH("STR X1\nCNT CT0 K5"), NULL, "p:19: error: CNT takes two conditions" },
		{ END_WITH("STR X1\nSTR X2\nSTR X3\nCNT CT0 K5"), NULL, "CNT takes two conditions" },
		{ END_WITH("STR X1\nPD X2"), NULL, "p:19: error: PD X2: not an output" },
		{ END_WITH("STR X1\nINC V1504"), NULL, "p:19: will not work: INC V1504 writes Error Code" },
		{ END_WITH("STR X1\nOUTD V1503"), NULL, "OUTD V1503 writes Workspace of" },
		{ END_WITH("STR X1\nOUTD V1377"), NULL, "OUTD V1377 writes Status of the box" },
		{ END_WITH("STR X1\nVPRINT V1466 \"\""), NULL, "VPRINT V1466 writes Msg Buffer" },
		{ END_WITH("STR X1\nVPRINT V1376 \"ab\""), NULL, NULL },
		{ END_WITH("STR X1\nVPRINT V1376 \"abc\""), NULL, "VPRINT V1376 writes Status" },
		{ END_WITH("STR X1\nLDA O1403"), NULL, "p:19: warning: LDA V1403 reads Msg Buffer" },
		{ "V3001", "V1503", NULL, "p:17: warning: Body V1503 reads Workspace of the box in line 9" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

/* 8 bytes of overhead, 16 of To, 13 of Subject: 91 are left */
static void test_size(void **state)
{
	static const struct check_case cases[] = {
		{ "\"Shift # \" V3000 \" made \" V3001 \" widgets\"", "\"" C64 C16 "xxxxxxxxxxx\"", NULL,
		  NULL },
		{ "\"Shift # \" V3000 \" made \" V3001 \" widgets\"", "\"" C64 C16 "xxxxxxxxxxxx\"", NULL,
		  "p:9: error: ECEMAIL: 129 bytes, only 128 are allowed: To 16, Subject 13, Body at least "
		  "92, overhead 8; shorten them by 1" },
		{ "\"Shift # \" V3000 \" made \" V3001 \" widgets\"", "\"" C64 C16 "xxxxxx\" V3000", NULL,
		  NULL },
		{ "\"Shift # \" V3000 \" made \" V3001 \" widgets\"", "\"" C64 C16 "xxxxxxx\" V3000", NULL,
		  "p:9: warning: ECEMAIL: 125 to 129 bytes, only 128 are allowed: To 16, Subject 13, Body "
		  "88 to 92" },
		{ "Widget Report", C64 C4 C4 "x", NULL, "warning: ECEMAIL: 121 to 129 bytes" },
		{ "mark@hosteng.com", C64 C16 C4, NULL, "error: ECEMAIL: 129 bytes" },
		{ "Widget Report", "Widget$$Repor", NULL, NULL },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

#define MAIL(workspace, success, code) \
	"STR X0\nECEMAIL IB-711\n ECOM# K0\n Workspace " workspace "\n Success " success \
	"\n Error V1650." code "\n Error Code V166" code "\n"

static void test_two_mails(void **state)
{
	static const struct check_case cases[] = {
		{ NULL, MODULE("K0", "K1", "200") MAIL("V1600", "C0", "0") MAIL("V1601", "C1", "1")
		  "END\n", NULL, NULL },
		{ NULL, MODULE("K0", "K1", "200") MAIL("V1600", "C0", "0") MAIL("V1601", "C0", "1")
		  "END\n", NULL, "p:18: will not work: Success C0 is also Success in line 11; their "
		  "values will be INVALID" },
		{ NULL, MODULE("K0", "K1", "200") MAIL("V1600", "C0", "0") MAIL("V1600", "C1", "1")
		  "END\n", NULL, "p:17: error: Workspace V1600 overlaps Workspace V1600 in line 10" },
		{ NULL, MODULE("K0", "K1", "200") MAIL("V1600", "C0", "0") MAIL("V1660", "C1", "1")
		  "END\n", NULL, "p:17: error: Workspace V1660 overlaps Error Code V1660 in line 13" },
		{ NULL, MODULE("K0", "K1", "200") MODULE("K1", "K2", "210") "END\n", TWO_SLOTS,
		  "p:10: error: Status V2100 overlaps Msg Buffer V2002 in line 6" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

static void test_trigger(void **state)
{
	static const struct check_case cases[] = {
		{ "STR X0", "STR SP1", NULL,
		  "p:8: will not work: SP1 is always on, so is the condition of ECEMAIL in line 9" },
		{ "STR X0\n", "", NULL, "p:8: will not work: ECEMAIL has no condition before it" },
		{ "STR X0", "STR SP1\nAND X0", NULL, NULL },
		{ "STR X0", "STR X0\nAND SP1", NULL, NULL },
		{ "STR X0", "STR SP1\nOUT Y0\nSTR X0", NULL, NULL },
		{ "STR X0", "STR SP1\nOUT Y0", NULL, "p:8: will not work: SP1 is always on" },
		{ "STR X0", "STR SP01", NULL, "p:8: will not work: SP1 is always on" },
		{ "STR X0", "STR V41200.1", NULL, "p:8: will not work: SP1 is always on" },
		{ "STR X0", "STR SP10", NULL, NULL },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

#define STR8   "STR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\nSTR X0\n"
#define ORSTR8 "ORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nORSTR\n"

static void test_program(void **state)
{
	static const struct check_case cases[] = {
		{ "END\n", "", NULL, "p: error: E401: the END instruction is missing" },
		{ "END\n", "END\nSTR X0\n", NULL, "p:19: warning: this is after END" },
		{ NULL, "AND X0\nOUT Y0\nEND\n", NULL, "p:1: error: AND needs 1 STR before it" },
		{ NULL, "STR X0\nORSTR\nOUT Y0\nEND\n", NULL, "p:2: error: ORSTR needs 2 STR" },
		{ NULL, "STR X0\nSTR X1\nOUT Y0\nEND\n", NULL, "p:3: error: 2 STR before this are not" },
		{ NULL, "STR X0\nSTR X1\nANDSTR\nOUT Y0\nOUT Y1\nSTR X0\nOUT Y2\nEND\n", NULL, NULL },
		{ NULL, STR8 "STR X0\n" ORSTR8 "OUT Y0\nEND\n", NULL,
		  "p:9: error: more than 8 STR in one rung" },
		{ NULL, STR8 "ORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nORSTR\nOUT Y0\nEND\n", NULL, NULL },
		{ NULL, "STR X0\nOUT X1\nEND\n", NULL, "p:2: error: OUT X1: not an output" },
		{ NULL, "STR X0\nOUT SP1\nEND\n", NULL, "p:2: error: OUT SP1: not an output" },
		{ NULL, "STR V41240 K1\nOUT Y0\nEND\n", NULL, "the last address is V41237" },
		{ NULL, "LD K0189\nLD K2\nLDA O2000\nRX V40500\nEND\n", NULL, NULL },
		{ NULL, "LD K0090\nLD K2\nLDA O2000\nRX V0\nEND\n", CPU("450", "v3.30") SLOT("0", "H4", "4.0.1031", ""), NULL },
		{ NULL, "LD K0090\nLD K2\nLDA O2000\nRX V0\nEND\n", CPU("260", "v2.40") SLOT("0", "H2", "4.0.1031", ""),
		  "p:1: will not work: LD K0090: RX in line 4 takes slot and station" },
		{ NULL, "LD K0190\nLD K2\nLDA O2000\nWX V0\nEND\n", CPU("260", "v2.40") SLOT("1", "H2", "4.0.1031", "base=remote\n"),
		  "p:1: will not work: LD K0190: WX in line 4 takes slot and station" },
		{ NULL, "STR X0\nPRINT K2 \"x\" V2000\nEND\n", NULL, NULL },
		{ NULL, "STR X0\nPRINT K1 \"x\"\nEND\n", NULL, "PRINT takes K2 (the port)" },
		{ NULL, "STR X0\nPRINT K2 \"x\nEND\n", NULL, "p:2: error: PRINT: E499" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

/* What an RX brings, by the loads before it */
static void test_transfers(void **state)
{
#define RUNG(bytes, address, what) \
	MODULE("K0", "K1", "200") "LD K0189\nLD " bytes "\nLDA O" address "\n" what " V40500\nEND\n"
	static const struct check_case cases[] = {
		{ NULL, RUNG("K2", "2110", "RX"), NULL, NULL },
		{ NULL, RUNG("K2", "2000", "RX"), NULL,
		  "p:10: error: RX V2000 writes Status of the box in line 1, which must never be changed" },
		{ NULL, RUNG("K128", "1701", "RX"), NULL, "RX V1701 writes Status" },
		{ NULL, RUNG("K127", "1701", "RX"), NULL, "RX V1701 writes Status" },
		{ NULL, RUNG("K126", "1701", "RX"), NULL, NULL },
		{ NULL, RUNG("V3000", "1701", "RX"), NULL, "RX V1701 writes Status" },
		{ NULL, RUNG("K2", "2001", "WX"), NULL, "WX V2001 reads Workspace of the box in line 1" },
		{ NULL, RUNG("K128", "7400", "RX"), NULL, NULL },
		{ NULL, RUNG("K2", "37777", "RX"), NULL, NULL },
		{ NULL, RUNG("K4", "41237", "RX"), NULL, "p:10: error: RX V41237: the last address is" },
		{ NULL, MODULE("K0", "K1", "200") "LD V2500\nLD K0190\nLDA O2110\nLD K0189\nRX V0\nEND\n", NULL,
		  NULL },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}

#define CLIENT(name, parameters)                                                               \
	MODULE("K0", "K1", "200") "STR X0\n" name "\n ECOM# K0\n Workspace V1503\n Success C0\n" \
	" Error C1\n Error Code V1504\n" parameters "END\n"

static void test_setup_and_information(void **state)
{
	static const struct check_case cases[] = {
		{ NULL, CLIENT("ECEMSUP IB-712", " Server 192.168.0.1\n"), NULL, NULL },
		{ NULL, CLIENT("EMLCFG IB-712", " Cc\n"), NULL, NULL },
		{ NULL, CLIENT("EMLCFG IB-711", " Cc\n"), NULL, "p:8: error: EMLCFG 'IB-711': must be IB-712" },
		{ NULL, CLIENT("ECEMSUP IB-712", ""), NULL,
		  "p:8: will not work: ECEMSUP has no parameter to set: it will end with Error Code 23" },
		{ NULL, CLIENT("ECIPSUP IB-717", ""), NULL, "p:8: will not work: ECIPSUP has no parameter" },
		{ NULL, CLIENT("ECEMSUP IB-712", " Port K65535\n Timeout K1\n"), NULL, NULL },
		{ NULL, CLIENT("ECEMSUP IB-712", " Port K0\n"), NULL,
		  "p:14: error: Port 'K0': must be K and a decimal number, K1 to K65535" },
		{ NULL, CLIENT("ECEMSUP IB-712", " Timeout K65536\n"), NULL, "Timeout 'K65536'" },
		{ NULL, CLIENT("ECEMSUP IB-712", " Port\n"), NULL, "p:14: error: Port has no value" },
		{ NULL, CLIENT("ECEMSUP IB-712", " Cc " C16 C16 "@" C64 C16 C4 "xxxxx\n"), NULL, NULL },
		{ NULL, CLIENT("ECEMSUP IB-712", " Cc " C16 C16 "@" C64 C16 C4 "xxxxxx\n"), NULL,
		  "p:8: error: ECEMSUP: 129 bytes, only 128 are allowed" },
		{ NULL, CLIENT("ECEMRDS IB-713", ""), NULL, NULL },
		{ NULL, CLIENT("ECEMRDS IB-713", " Port K25\n"), NULL, "'Port K25': ECEMRDS has no such" },
		{ NULL, CLIENT("ECWRIP IB-723", " IP Address 192.168.12.255\n"), NULL,
		  "p:8: warning: ECWRIP will end with Error Code 32" },
		{ NULL, CLIENT("ECWRIP IB-723", " IP Address 192.168.12.256\n"), NULL,
		  "p:14: error: IP Address '192.168.12.256': must be four numbers from 0 to 255" },
		{ NULL, CLIENT("ECWRMID IB-721", " Module ID K63\n"), NULL, "p:8: warning: ECWRMID will end with" },
		{ NULL, CLIENT("ECWRMID IB-721", " Module ID K64\n"), NULL, "K1 to K63" },
		{ NULL, CLIENT("ECWRNAM IB-725", " Module Name " C16 C16 "\n"), NULL, NULL },
		{ NULL, CLIENT("ECWRNAM IB-725", " Module Name " C16 C16 "x\n"), NULL,
		  "p:14: error: Module Name 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx': 33 bytes, at most 32 are allowed" },
		{ NULL, CLIENT("ECWRDES IB-727", " Module Desc " C64 "\n"), NULL, NULL },
		{ NULL, CLIENT("ECWRDES IB-727", " Module Desc " C64 "x\n"), NULL, "at most 64" },
		{ NULL, CLIENT("ECRDIP IB-722", " IP Address V7374\n"), NULL, NULL },
		{ NULL, CLIENT("ECRDIP IB-722", " IP Address V7375\n"), NULL,
		  "p:14: error: IP Address V7375: 4 words from there are not all user V-memory" },
		{ NULL, CLIENT("ECRDIP IB-722", " IP Address V1501\n"), NULL,
		  "IP Address V1501 overlaps Workspace V1503 in line 10" },
		{ NULL, CLIENT("ECRDNAM IB-724", " Module Name V1477\n Number of Bytes K8\n"), NULL, NULL },
		{ NULL, CLIENT("ECRDNAM IB-724", " Module Name V1477\n Number of Bytes K9\n"), NULL,
		  "Module Name V1477 overlaps Workspace V1503" },
		{ NULL, CLIENT("ECDHCPQ IB-734", " DHCP Enabled C7\n"), NULL, NULL },
		{ NULL, CLIENT("ECDHCPQ IB-734", " DHCP Enabled X7\n"), NULL, "DHCP Enabled 'X7'" },
		{ NULL, CLIENT("ECDHCPQ IB-734", " DHCP Enabled C0\n"), NULL,
		  "will not work: DHCP Enabled C0 is also Success in line 11" },
	};

	(void)state;
	expect_checks(cases, G_N_ELEMENTS(cases));
}
// clang-format on

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_cpu_firmware),
	cmocka_unit_test(test_module_firmware),
	cmocka_unit_test(test_missing_parameter),
	cmocka_unit_test(test_slot),
	cmocka_unit_test(test_ecom_number),
	cmocka_unit_test(test_order),
	cmocka_unit_test(test_unique_registers),
	cmocka_unit_test(test_memory_map),
	cmocka_unit_test(test_size),
	cmocka_unit_test(test_two_mails),
	cmocka_unit_test(test_trigger),
	cmocka_unit_test(test_program),
	cmocka_unit_test(test_transfers),
	cmocka_unit_test(test_setup_and_information),
};

TEST_MAIN(tests)
