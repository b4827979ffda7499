# SPDX-License-Identifier: GPL-2.0-or-later
"""The example programs, each with all that its bits and registers go through."""

import collections
import os
import pathlib
import random
import re
import time

from bench import BUSY, SUCCESS, error
from installed import HERE, PROGRAMS, TOOLS, Installed
from test_mail import check, slot, start_hanging_server, stop_hanging_server, taken, wait_hung
from vm_guest import ROOT

BASE = HERE / "two-slots.base"

LONG = bool(os.environ.get("ECEMAIL_LONG"))
TIMEOUT = 900 if LONG else 240  # seconds, of one test

__all__ = ["check", "guest", "prepare"]


def guest():
    """One guest with two modules for all programs."""
    return Installed(base=BASE)


def prepare(bench):
    """The same beginning for each program: the mail server runs, inputs are off."""
    bench.begin(ModuleName="Barry", ModuleDescription="Rutles Drummer")
    bench.set(**{f"X{number:o}": 0 for number in range(0o30)})


def run_program(bench, name, health=0, **values):
    """Gives the PLC a program and puts it to RUN, with the values in its words."""
    bench.ctl("plc", "program")
    bench.ctl("download", str(PROGRAMS / name))
    for word in range(0o1400, 0o1700):
        if bench.get(f"V{word:o}"):
            bench.set(**{f"V{word:o}": 0})
    bench.set(**values)
    bench.ctl("plc", "run")
    if health is not None:
        bench.ctl("wait", f"V1400={health}", "30")


def column(seen, *places):
    """What some of the values went through: repetitions are left out."""
    steps = []
    for values in seen:
        part = tuple(values[place] for place in places)
        if not steps or steps[-1] != part:
            steps.append(part)
    return steps


def expect(found, *wanted):
    """The values went through these, and no others."""
    assert tuple(found) == wanted, f"{found} instead of {list(wanted)}"


def trigger(bench, name, *elements, timeout=60):
    """Switches an input on; the changes of a box's outputs up to its end."""
    bench.set(**{name: 0})
    with bench.watching(*elements) as watch:
        bench.set(**{name: 1})
        seen = watch.until(lambda values: values[0] or values[1], timeout)
    bench.set(**{name: 0})
    return seen


def test_widget_report(bench):
    """The seed's first program."""
    run_program(bench, "widget-report.ld", V3000=3, V3001=4711)
    expect(bench.press(), BUSY, SUCCESS)
    message, = bench.mailbox()
    assert message.get_content().rstrip("\n") == "Shift # 3 made 4711 widgets"


def test_shift_report(bench):
    """The seed's second one: its recipient is not here, but the server takes the mail."""
    bench.run(["postconf", "-e", "default_transport = discard:elsewhere"])
    bench.run(["postfix", "reload"])
    try:
        run_program(bench, "shift-report.ld", V3000=57555)
        expect(bench.press(), BUSY, SUCCESS)
        sent = bench.trace(bench.start)
        assert any("Body: Widgets made = 57555" in line for line in sent), sent
        assert any("Recipient: franji1@yahoo.com" in line for line in sent), sent
    finally:
        bench.run(["postconf", "-e", "default_transport = error:5.4.4 no network"])
        bench.run(["postfix", "reload"])


def test_ten_boxes(bench):
    """Ten mails by ten boxes in one scan; each box ends once, none is lost or doubled."""
    run_program(bench, "ten-boxes.ld", V3000=7)
    elements = [name for n in range(10)
                for name in (f"C{2 * n:o}", f"C{2 * n + 1:o}", f"V{0o1530 + n:o}")]
    with bench.watching(*elements) as watch:
        bench.set(X0=1)
        seen = watch.until(lambda values: sum(values[::3]) + sum(values[1::3]) == 10)
    assert column(seen[:1], *range(30)) == [BUSY * 10], seen[0]
    for n in range(10):
        expect(column(seen, 3 * n, 3 * n + 1, 3 * n + 2), BUSY, SUCCESS)
    subjects = sorted(message["Subject"] for message in bench.mailbox(10))
    assert subjects == [f"Box {n}" for n in range(10)], subjects


def test_two_modules(bench):
    """Each module works, and has an outcome of its own when the other one fails."""
    run_program(bench, "two-modules.ld", V3000=5)
    bench.ctl("wait", "V1600=0", "30")
    with bench.watching("C0", "C1", "V1504", "C2", "C3", "V1704") as watch:
        bench.set(X0=1, X1=1)
        seen = watch.until(lambda values: values[0] + values[1] and values[3] + values[4])
    expect(column(seen, 0, 1, 2)[-2:], BUSY, SUCCESS)
    expect(column(seen, 3, 4, 5)[-2:], BUSY, SUCCESS)
    subjects = sorted(message["Subject"] for message in bench.mailbox(2))
    assert subjects == ["From K1", "From K2"], subjects
    ring = [bench.run(["python3", f"{TOOLS}/slot.py", f"/dev/ecom0s{number}", "registers", "89",
                       "1000", "3"]).stdout for number in (1, 2)]
    assert all(text.strip().endswith("0, 2]") for text in ring), ring


def test_raw(bench):
    """Plain RX and WX: a mail by station 89, and the scratch file of station 90."""
    run_program(bench, "raw.ld", health=None, V2101=0,
                V3000=0x3231, V3001=0x3433, V3002=0x3635)
    with bench.watching("C10", "C11", "Y0", "Y1", "Y2", "V2101") as watch:
        bench.set(X0=1)
        seen = watch.until(lambda values: values[2] or values[3] or values[4])
    expect(column(seen, 0, 2, 3, 4)[-1:], (0, 1, 0, 0))
    expect([step for step in column(seen, 1, 5)], (0, 1), (1, 1), (0, 0))
    message, = bench.mailbox()
    assert message["Subject"] == "Raw!", message["Subject"]
    assert message.get_content().rstrip("\n") == "Made 123456"
    assert slot(bench, "registers", "89", "40500", "2") == [5, 0]
    with bench.watching("V2200", "V2201") as watch:
        for _ in range(3):
            bench.set(X1=1)
            bench.set(X1=0)
            bench.ctl("wait", f"V2201={bench.get('V2200')}", "10")
        seen = watch.until(lambda values: values == (3, 3))
    expect(column(seen, 0), (1,), (2,), (3,))
    expect(column(seen, 1)[-3:], (1,), (2,), (3,))
    assert slot(bench, "registers", "90", "17", "1") == [3]


def test_stations(bench):
    """ECWX and ECRX as long as there is power flow: the scratch file, and the last outcomes."""
    run_program(bench, "stations.ld", V2000=0)
    bench.ctl("wait", "C10=1 and C12=1 and V2001=0", "30")
    with bench.watching("C10", "C11", "C12", "C13", "V2000", "V2001") as watch:
        bench.set(X0=1)
        seen = watch.until(lambda values: values[5] == 1)
    expect(column(seen, 0, 1, 2, 3), (1, 0, 1, 0))
    expect(column(seen, 4, 5), (1, 0), (1, 1))
    assert slot(bench, "registers", "90", "0", "1") == [1]
    expect(trigger(bench, "X1", "C14", "C15"), (1, 0))
    ring = [bench.get(f"V{0o2100 + n:o}") for n in range(16)]
    assert ring == slot(bench, "registers", "89", "1000", "16"), ring


def test_each_program_is_here(bench):  # pylint: disable=unused-argument
    """No program without a test in this file and a line in ladder.rst."""
    source = pathlib.Path(__file__).read_text(encoding="utf-8")
    table = (ROOT / "Documentation/ladder.rst").read_text(encoding="utf-8")
    programs = {path.name for path in PROGRAMS.glob("*.ld")}
    tested = set(re.findall(r'run_program\(bench, "([^"]+)"', source))
    assert programs == tested, f"without a test, or not there: {programs ^ tested}"
    described = set(re.findall(r"^([\w-]+\.ld) ", table, re.MULTILINE))
    assert programs == described, f"not in ladder.rst, or not there: {programs ^ described}"


def test_alarm_retries_while_nobody_has_it(bench):
    """Without a server it tries again each second; when the server is there, it is sent once."""
    run_program(bench, "alarm-retry.ld", V3000=4)
    bench.stop_postfix()
    with bench.watching("Y0", "Y1", "C0", "C1", "V1504", "V2000") as watch:
        bench.set(X0=1)
        seen = watch.until(lambda values: values[5] == 1)
        bench.start_postfix()
        seen += watch.until(lambda values: values[0] or values[1])
    expect(column(seen, 0, 1)[-2:], (0, 0), (1, 0))
    tries = column(seen, 2, 3, 4)
    assert tries[-1] == SUCCESS and set(tries[:-1]) == {BUSY, error(20)}, tries
    assert tries == [BUSY, error(20)] * (len(tries) // 2 - 1) + [BUSY, SUCCESS], tries
    assert column(seen, 5)[-1][0] == len(tries) // 2 - 1, seen
    message, = bench.mailbox()
    assert message.get_content().rstrip("\n") == "Pump 4 has stopped"


def test_alarm_gives_up(bench):
    """After three tries more it wants somebody to come."""
    run_program(bench, "alarm-retry.ld", V3000=4)
    bench.stop_postfix()
    with bench.watching("Y0", "Y1", "C0", "C1", "V1504", "V2000") as watch:
        bench.set(X0=1)
        seen = watch.until(lambda values: values[0] or values[1])
    expect(column(seen, 0, 1), (0, 0), (0, 1))
    expect(column(seen, 2, 3, 4), *(BUSY, error(20)) * 4)
    expect(column(seen, 5), (0,), (1,), (2,), (3,))


def test_alarm_does_not_risk_a_second_mail(bench):
    """An end of data without an answer is unknown: no other try."""
    run_program(bench, "alarm-retry.ld", V3000=4)
    start_hanging_server(bench, "dot")
    try:
        bench.run(["systemctl", "is-active", "ecemaild"])
        with bench.watching("Y0", "Y1", "C0", "C1", "V1504", "V2000") as watch:
            bench.set(X0=1)
            wait_hung(bench)
            bench.run(["systemctl", "kill", "--signal=KILL", "ecemaild"])
            seen = watch.until(lambda values: values[0] or values[1])
        expect(column(seen, 0, 1), (0, 0), (0, 1))
        expect(column(seen, 2, 3, 4), BUSY, error(18))
        expect(column(seen, 5), (0,))
        time.sleep(2)
        assert taken(bench) == 1, f"the server got {taken(bench)} messages"
    finally:
        stop_hanging_server(bench)


def test_stack_lamp(bench):
    """Green, yellow and red, and nothing else, while daemon, setup and PC come and go."""
    green, yellow, red = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    run_program(bench, "stack-lamp.ld")
    bench.ctl("wait", "Y0=1", "10")
    with bench.watching("Y0", "Y1", "Y2", "V1400") as watch:
        bench.run(["systemctl", "stop", "ecemaild"])
        seen = watch.until(lambda values: values[3] == 10 and values[1])
        bench.configure(Server=None)
        seen += watch.until(lambda values: values[3] == 24 and values[1])
        bench.configure()
        seen += watch.until(lambda values: values[3] == 0 and values[0])
        bench.run(["systemctl", "stop", "ecemaild"])
        bench.run(["modprobe", "-r", "ecom"])
        seen += watch.until(lambda values: values[3] == 1001 and values[2])
        bench.run(["sh", "-c", 'modprobe ecom && for d in /sys/bus/pci/devices/*; do '
                   '[ "$(cat $d/driver_override 2>/dev/null)" = ecom ] || continue; '
                   'echo "${d##*/}" >/sys/bus/pci/drivers_probe; done'])
        bench.poll(lambda: bench.daemon("SubState")["SubState"] == "running", 20)
        seen += watch.until(lambda values: values[3] == 0 and values[0])
    lamps = column(seen, 0, 1, 2)
    assert [lamp for lamp in lamps if lamp not in (green, yellow, red)] == [], lamps
    # its status is read each second: what lasts no longer may not be seen
    seldom = [lamp for n, lamp in enumerate(lamps) if n == 0 or lamps[n - 1] != lamp]
    assert seldom[0] == yellow and seldom[-1] == green and red in seldom, lamps
    assert [lamp for lamp in seldom if lamp != yellow] == [green, red, green], lamps


def information(bench):
    """V100 to V177 of station 89 as the slot has them."""
    return slot(bench, "registers", "89", "100", "64")


def test_dynamic_setup(bench):
    """ECEMSUP changes the next mails, and only its fields; ECEMRDS takes that back."""
    run_program(bench, "dynamic-setup.ld", V3000=9)
    report = "C0", "C1", "V1540"
    expect(trigger(bench, "X0", *report), BUSY, SUCCESS)
    message, = bench.mailbox()
    assert message["Cc"] is None, message["Cc"]
    bench.empty_mailbox()

    expect(trigger(bench, "X1", "C2", "C3", "V1541"), BUSY, SUCCESS)
    assert information(bench)[0o26] == 1 << 4 | 1 << 6, "fields that the program has changed"
    bench.run(["postconf", "-e", "virtual_alias_maps = inline:{night@hosteng.com=root}"])
    bench.run(["postfix", "reload"])
    try:
        expect(trigger(bench, "X0", *report), BUSY, SUCCESS)
    finally:
        bench.run(["postconf", "-X", "virtual_alias_maps"])
        bench.run(["postfix", "reload"])
    message, = bench.mailbox()
    assert message["Cc"] == "night@hosteng.com", message["Cc"]
    assert message["From"] == "Machine A-42F <PLC@hosteng.com>", message["From"]
    assert slot(bench, "registers", "89", "2", "1") == [75], "time-out"
    bench.empty_mailbox()

    expect(trigger(bench, "X2", "C4", "C5", "V1542"), BUSY, SUCCESS)
    assert information(bench)[0o26] == 0, "fields that the program has changed"
    assert slot(bench, "registers", "89", "2", "1") == [60], "time-out"
    expect(trigger(bench, "X0", *report), BUSY, SUCCESS)
    message, = bench.mailbox()
    assert message["Cc"] is None, message["Cc"]


# What each box of every-box.ld ends with, in its order
EVERY_BOX = (
    ("ECEMAIL", 0), ("ECEMSUP", 0), ("ECEMRDS", 0), ("ECIPSUP", 32), ("ECRDMID", 0),
    ("ECWRMID", 32), ("ECRDIP", 0), ("ECWRIP", 32), ("ECRDNAM", 0), ("ECWRNAM", 0),
    ("ECRDDES", 0), ("ECWRDES", 0), ("ECRDGWA", 0), ("ECWRGWA", 32), ("ECRDSNM", 0),
    ("ECWRSNM", 32), ("ECDHCPQ", 0), ("ECDHCPE", 32), ("ECDHCPD", 32))


def outputs(number):
    """Success, Error and Error Code of a box of every-box.ld."""
    return f"C{2 * number:o}", f"C{2 * number + 1:o}", f"V{0o1540 + number:o}"


def characters(bench, word, count):
    """Text in V-memory."""
    words = [bench.get(f"V{word + n:o}") for n in range((count + 1) // 2)]
    return b"".join(value.to_bytes(2, "little") for value in words)[:count].rstrip(b"\0")


def test_every_box(bench):
    """Each box once: what it ends with, what it reads, and that the PC's setup is the PC's."""
    run_program(bench, "every-box.ld", V2100=4711, V2101=42)
    before = information(bench)
    for number, (name, status) in enumerate(EVERY_BOX):
        seen = trigger(bench, f"X{number:o}", *outputs(number))
        end = SUCCESS if status == 0 else error(status)
        assert seen == [BUSY, end], f"{name}: {seen}"
    assert bench.get("V2000") == 12, "module id"
    assert [bench.get(f"V{0o2001 + n:o}") for n in range(4)] == [127, 0, 0, 1], "IP address"
    assert [bench.get(f"V{0o2074 + n:o}") for n in range(4)] == [255, 0, 0, 0], "subnet mask"
    assert [bench.get(f"V{0o2070 + n:o}") for n in range(4)] == [0, 0, 0, 0], "gateway"
    assert bench.get("C100") == 0, "DHCP"
    assert before[4:0o20] == information(bench)[4:0o20], "the PC's IP setup has changed"
    # the texts written are read by the next round
    for number in (8, 10):
        expect(trigger(bench, f"X{number:o}", *outputs(number)), BUSY, SUCCESS)
    assert characters(bench, 0o2010, 32) == b"Barry"
    assert characters(bench, 0o2030, 64) == b"Rutles Drummer"

    for number, what in ((0o23, "ECWX"), (0o24, "ECRX")):
        names = f"C{2 * number:o}", f"C{2 * number + 1:o}"
        seen = trigger(bench, f"X{number:o}", *names)
        assert seen[-1] == (1, 0), f"{what}: {seen}"
    assert (bench.get("V2102"), bench.get("V2103")) == (4711, 42), "scratch file"
    assert slot(bench, "registers", "90", "10", "2") == [4711, 42]


def test_every_box_without_a_daemon(bench):
    """The commands that do not wait for a daemon end with 34 at once, the mail at its deadline."""
    bench.configure(Timeout=3)
    run_program(bench, "every-box.ld")
    bench.run(["systemctl", "stop", "ecemaild"])
    for number, (name, _) in enumerate(EVERY_BOX):
        seen = trigger(bench, f"X{number:o}", *outputs(number))
        assert seen == [BUSY, error(10 if name == "ECEMAIL" else 34)], f"{name}: {seen}"
    bench.run(["systemctl", "start", "ecemaild"])


class Observer:
    """Judges one box by its input and outputs alone: the table of seed 000, section 9."""

    def __init__(self, name):
        self.name = name
        self.before = None
        self.busy = False
        self.begun = self.succeeded = self.failed = 0

    def start_of_run(self, now):
        """The first scan since RUN: no edge, outputs off; the Error Code stays as it was."""
        assert now[1:3] == (0, 0), f"{self.name}: {now} in the first scan"
        self.busy = False

    def judge(self, now):
        """Success and Error are never both on, and their code fits them."""
        _, success, failure, code = now
        assert not (success and failure), f"{self.name}: both bits: {now}"
        assert not success or code == 0, f"{self.name}: Success with a code: {now}"
        assert not failure or 2 <= code <= 1999, f"{self.name}: Error without one: {now}"

    def see(self, now, first_scan, scanned):
        """Input, Success, Error and Error Code at the end of a scan."""
        before, self.before = self.before, now
        self.judge(now)
        if before is None:
            return
        if first_scan:
            self.start_of_run(now)
            return
        edge = scanned and now[0] and not before[0]
        if self.busy:
            assert now[1] or now[2] or now[1:] == (0, 0, 1), f"{self.name}: {before} to {now}"
            self.busy = not (now[1] or now[2])
            self.succeeded += now[1]
            self.failed += now[2]
        elif edge:
            assert now[1:] == (0, 0, 1), f"{self.name}: an edge from {before} to {now}"
            self.busy = True
            self.begun += 1
        else:
            assert now[1:] == before[1:], f"{self.name}: {before} to {now} without an edge"


def edge(bench, *inputs):
    """Leading edges of these."""
    bench.ctl("set", *(f"{name}=0" for name in inputs))
    bench.ctl("set", *(f"{name}=1" for name in inputs))


def server_fault(bench):
    """Mails while no server is there."""
    bench.stop_postfix()
    edge(bench, "X0", "X1")
    bench.start_postfix()


def daemon_killed(bench):
    """The daemon dies, with mails."""
    edge(bench, "X0", "X1")
    bench.run(["systemctl", "kill", "--signal=KILL", "ecemaild"], check=False)


def daemon_stopped(bench):
    """A mail while no daemon is there."""
    bench.run(["systemctl", "stop", "ecemaild"])
    edge(bench, "X0")
    bench.run(["systemctl", "start", "ecemaild"])


def card_reset(bench):
    """Power-up of the card, with mails under way."""
    edge(bench, "X0", "X1")
    bench.ctl("card", "reset")


def card_without_heart(bench):
    """The driver holds the card for dead, and then has it again."""
    bench.ctl("misbehave", "heart-stop")
    edge(bench, "X0", "X1")
    time.sleep(6)
    bench.ctl("misbehave", "off")


def card_without_doorbells(bench):
    """Nothing tells the driver that there is a mail."""
    bench.ctl("misbehave", "no-doorbells")
    edge(bench, "X0", "X1")
    time.sleep(1)
    bench.ctl("misbehave", "off")


def program_mode(bench):
    """The CPU forgets what is under way."""
    bench.ctl("plc", "program")
    bench.ctl("plc", "run")


FAULTS = (server_fault, daemon_killed, daemon_stopped, card_reset, card_without_heart,
          card_without_doorbells, program_mode)


def disturbances(bench, chance):
    """Endless: edges of the inputs, and now and then a fault, all of them before one comes again."""
    while True:
        for fault in chance.sample(FAULTS, len(FAULTS)):
            for _ in range(chance.randrange(8)):
                yield "edge", lambda: edge(bench, chance.choice(["X0", "X1"]))
            yield fault.__name__, lambda fault=fault: fault(bench)


def test_status_table_in_a_random_run(bench):
    """Whatever happens to server, daemon and card, no scan shows what the seed calls INVALID,
    and each request ends: 5,000 scans and each fault once, with ECEMAIL_LONG=1 100,000 scans."""
    wanted = 100000 if LONG else 5000
    seed = int(os.environ.get("ECEMAIL_SEED") or time.time_ns() % 1000000)
    chance = random.Random(seed)
    bench.configure(trace=False, Timeout=4)
    run_program(bench, "two-modules.ld")
    bench.ctl("scan", "time", "2")
    boxes = Observer("K1"), Observer("K2")
    faults = collections.Counter()
    last = None

    def see(scan, values):
        nonlocal last
        for place, box in enumerate(boxes):
            box.see(values[4 * place:4 * place + 4], values[8], scan != last)
        last = scan

    def observe(watch, timeout):
        while step := watch.step(timeout):
            see(*step)

    first = int(re.search(r"scan (\d+)", bench.ctl("status"))[1])
    try:
        with bench.watching("X0", "C0", "C1", "V1504", "X1", "C2", "C3", "V1704",
                            "SP0") as watch:
            see(*watch.before)
            for name, disturb in disturbances(bench, chance):
                disturb()
                faults[name] += 1
                observe(watch, chance.random() * 0.3)
                if last - first >= wanted and len(faults) > len(FAULTS):
                    break
            bench.start_postfix()
            bench.ctl("set", "X0=0", "X1=0")
            observe(watch, 12)
        assert not any(box.busy for box in boxes), "a box has not ended"
    except AssertionError as problem:
        raise AssertionError(f"{problem} (seed {seed})") from problem
    finally:
        bench.ctl("scan", "time", "10")
    scans = last - first
    begun = sum(box.begun for box in boxes)
    succeeded = sum(box.succeeded for box in boxes)
    assert scans >= wanted and begun > 3 and succeeded > 0, (scans, begun, succeeded, seed)
    bench.mailbox(succeeded)
    print(f"# seed {seed}: {scans} scans, {begun} requests, {succeeded} Success, "
          f"{sum(box.failed for box in boxes)} Error, {dict(faults)}", flush=True)
