# SPDX-License-Identifier: GPL-2.0-or-later
"""From the ladder program's ECEMAIL box to the mailbox, and what comes back."""

import email.utils
import json
import re
import subprocess
import time

from bench import BUSY, SUCCESS, error
from installed import TOOLS, WIDGET_REPORT, guest
from vm_guest import ROOT

__all__ = ["guest"]

DEVICE = "/dev/ecom0s1"
HANGING_PORT = 2525

# Widget Report with tag 5, from Documentation/mock-slave-89.rst, section 1.1.
GOLDEN_FRAME = (
    "01 01 05 00 10 0d 1b 00"
    "6d 61 72 6b 40 68 6f 73 74 65 6e 67 2e 63 6f 6d"
    "57 69 64 67 65 74 20 52 65 70 6f 72 74"
    "53 68 69 66 74 20 23 20 33 20 6d 61 64 65 20 34 37 31 31"
    "20 77 69 64 67 65 74 73").replace(" ", "")


def prepare(bench):
    """The same beginning for each test."""
    bench.load(WIDGET_REPORT)
    bench.set(X0=0, V3000=3, V3001=4711)
    bench.begin()


def check(bench):
    """What holds after each test."""
    bench.check_kernel()


def slot(bench, *words):
    """What slot.py reads in the guest."""
    return json.loads(bench.run(["python3", f"{TOOLS}/slot.py", DEVICE, *words]).stdout)


def newest_outcome(bench):
    """Tag, status and sent of the newest entry of the ring of outcomes."""
    return slot(bench, "registers", "89", "1000", "3")


def result(bench):
    """The result block of the newest outcome's tag."""
    tag = newest_outcome(bench)[0]
    return slot(bench, "registers", "89", f"{0o40000 + tag * 0o100:o}", "64")


def expect(steps, *wanted):
    """The outputs went through these values, and no others."""
    assert tuple(steps) == wanted, f"C0/C1/V1504 were {steps} instead of {list(wanted)}"


def start_server(bench, state):
    """Starts a server that hangs in that state once, and waits until it listens."""
    bench.run(["systemd-run", "-q", "--unit=hanging", "--collect", "python3",
               f"{TOOLS}/hanging-server.py", str(HANGING_PORT), state, "/tmp/hanging"])
    there = bench.poll(lambda: not bench.run(["test", "-e", "/tmp/hanging/listens"],
                                             check=False).status, 20)
    assert there, "hanging-server.py did not start"


def start_hanging_server(bench, state):
    """Has the daemon send to a server that hangs in that state, once."""
    start_server(bench, state)
    bench.configure(Port=HANGING_PORT)


def wait_hung(bench):
    """Waits until the server hangs."""
    assert bench.poll(lambda: not bench.run(["test", "-e", "/tmp/hanging/hung"],
                                            check=False).status, 20), "the server did not hang"


def kill_daemon(bench):
    """Kills the daemon as a crash would."""
    bench.run(["systemctl", "kill", "--signal=KILL", "ecemaild"])


def taken(bench):
    """How many messages the hanging server has got whole."""
    return int(bench.run(["sh", "-c", "ls /tmp/hanging | grep -c eml || :"]).stdout)


def stop_hanging_server(bench):
    """The end of start_hanging_server()."""
    bench.run(["systemctl", "stop", "hanging"], check=False)  # which may be dead


def test_service_is_started_by_udev(bench):
    """The slot's device starts the daemon, and nothing in the system has failed."""
    show = bench.daemon("Type", "ActiveState", "SubState", "UnitFileState", "NRestarts")
    assert show["Type"] == "notify", show
    assert (show["ActiveState"], show["SubState"]) == ("active", "running"), show
    assert show["UnitFileState"] != "enabled", "enabled: not udev, but a target starts it"
    wanted_by = bench.daemon("WantedBy")["WantedBy"]
    assert re.fullmatch(r"sys-devices-\S+-ecom0s1\.device", wanted_by), \
        f"wanted by \"{wanted_by}\", not by the slot's device"
    state = bench.run(["systemctl", "is-system-running"], check=False).stdout.strip()
    failed = bench.run(["systemctl", "--failed", "--plain", "--no-legend"]).stdout
    assert state == "running", f"the system is {state}: {failed}"


def test_widget_report(bench):
    """Act 1: Success bit on, Error Code 0, and mark has the mail."""
    expect(bench.press(), BUSY, SUCCESS)

    message, = bench.mailbox()
    assert message["To"] == "mark@hosteng.com", message["To"]
    assert message["From"] == "Machine A-42F <PLC@hosteng.com>", message["From"]
    assert message["Subject"] == "Widget Report", message["Subject"]
    body = message.get_content().rstrip("\n")
    assert re.fullmatch(r"Shift # 0*3 made 4711 widgets", body), repr(body)
    assert message["Auto-Submitted"] == "auto-generated", message.items()
    assert re.fullmatch(r"<[^\s<>@]+@[^\s<>@]+>", message["Message-ID"]), message["Message-ID"]
    sent = email.utils.parsedate_to_datetime(message["Date"])
    now = float(bench.run(["date", "+%s"]).stdout)
    assert abs(now - sent.timestamp()) < 60, (message["Date"], now)

    entry, = bench.outcomes(bench.start)
    wanted = {"ECEMAIL_STATUS": "0", "ECEMAIL_SLOT": "1"}
    assert {key: entry.get(key) for key in wanted} == wanted, entry

    block = result(bench)
    assert block[1] == 0 and block[3] == 250 and block[0o10] == 2, block
    assert newest_outcome(bench)[1:] == [0, 2], newest_outcome(bench)


def switches(bench, pid):
    """How often the daemon's threads have gone to sleep by themselves."""
    lines = bench.run(["sh", "-c", f"cat /proc/{pid}/task/*/status"]).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines
               if line.startswith("voluntary_ctxt_switches"))


def test_idle_daemon(bench):
    """No mails: at most 2 wake-ups a minute beside the watchdog, and little memory of its own."""
    bench.press()
    pid = bench.daemon("MainPID")["MainPID"]
    time.sleep(20)  # the session is kept open for 15 s
    before = switches(bench, pid)
    time.sleep(30)
    woken = switches(bench, pid) - before
    # systemd's 30 s watchdog wants a word each 15 s or so, which may have to wait to be taken
    assert woken <= 2 * 2 + 1, f"the daemon woke up {woken} times in 30 s"

    rollup = bench.run(["cat", f"/proc/{pid}/smaps_rollup"]).stdout
    dirty = int(re.search(r"Private_Dirty: +([0-9]+) kB", rollup)[1])
    assert dirty <= 8 * 1024, f"{dirty} KiB of private dirty memory"
    print(f"# {woken} wake-ups in 30 s, {dirty} KiB private dirty")


def test_two_mails_have_two_message_ids(bench):
    """The Message-ID tells two reports apart."""
    for _ in range(2):
        expect(bench.press(), BUSY, SUCCESS)
    messages = bench.mailbox(2)
    ids = {message["Message-ID"] for message in messages}
    assert len(messages) == 2 and len(ids) == 2, ids


def test_stopped_server_and_back(bench):
    """Act 2: Error bit and 20 while the server is down; then Success again."""
    pid = bench.daemon("MainPID")
    bench.stop_postfix()
    expect(bench.press(), BUSY, error(20))
    entry, = bench.outcomes(bench.start)
    assert entry["ECEMAIL_STATUS"] == "20", entry
    assert "refused" in entry["MESSAGE"], entry["MESSAGE"]
    block = result(bench)
    assert block[1] == 20 and block[7] == 10 and block[0o10] == 1, block

    bench.start_postfix()
    expect(bench.press(), BUSY, SUCCESS)
    assert len(bench.mailbox()) == 1
    assert bench.daemon("MainPID") == pid, "the daemon was restarted"


def test_request_waits_for_the_daemon(bench):
    """Without a daemon the request stays; the daemon sends it when it comes."""
    bench.run(["systemctl", "stop", "ecemaild"])
    assert slot(bench, "registers", "89", "1", "1") == [10], "module status without a daemon"
    with bench.watching() as watch:
        bench.set(X0=1)
        assert watch.step(10)[1] == BUSY
        assert watch.step(3) is None, "the outputs changed without a daemon"
        bench.run(["systemctl", "start", "ecemaild"])
        expect(watch.values(30), SUCCESS)
    assert len(bench.mailbox()) == 1


def test_no_daemon_until_the_deadline(bench):
    """Without any daemon the kernel ends the request with 10, in time."""
    bench.configure(Timeout=3)
    bench.run(["systemctl", "stop", "ecemaild"])
    began = time.monotonic()
    expect(bench.press(), BUSY, error(10))
    seconds = time.monotonic() - began
    assert 2.5 < seconds < 8, f"it took {seconds:.1f} s instead of 3"
    block = result(bench)
    assert block[1] == 10 and block[0o10] == 1, block
    bench.run(["systemctl", "start", "ecemaild"])
    time.sleep(1)
    late = [entry["MESSAGE"] for entry in bench.journal(bench.start) if "ECEMAIL_STATUS" in entry]
    assert not late, f"the daemon got an expired request: {late}"


def test_killed_before_the_end_of_data(bench):
    """A daemon killed in mid-conversation: the next one sends the mail, once."""
    start_hanging_server(bench, "MAIL")
    try:
        with bench.watching() as watch:
            bench.set(X0=1)
            wait_hung(bench)
            kill_daemon(bench)
            expect(watch.values(60), BUSY, SUCCESS)
        assert taken(bench) == 1, f"the server got {taken(bench)} messages"
    finally:
        stop_hanging_server(bench)


def test_killed_after_the_end_of_data(bench):
    """A daemon killed while the last answer is awaited: 18, and no second mail."""
    start_hanging_server(bench, "dot")
    try:
        with bench.watching() as watch:
            bench.set(X0=1)
            wait_hung(bench)
            kill_daemon(bench)
            expect(watch.values(60), BUSY, error(18))
        assert newest_outcome(bench)[1:] == [18, 0], newest_outcome(bench)
        bench.poll(lambda: bench.daemon("SubState")["SubState"] == "running", 20)
        time.sleep(2)
        assert taken(bench) == 1, f"the server got {taken(bench)} messages"
    finally:
        stop_hanging_server(bench)


def test_incomplete_setup(bench):
    """Without a server in the setup: 24, and the journal names the field."""
    bench.configure(Server=None)
    expect(bench.press(), BUSY, error(24))
    entry, = bench.outcomes(bench.start)
    assert entry["ECEMAIL_STATUS"] == "24" and "Server" in entry["MESSAGE"], entry
    block = result(bench)
    assert block[1] == 24 and block[7] == 20 and block[0o10] == 1, block


def test_refused_recipient(bench):
    """The server's reply code and its enhanced code come back."""
    bench.run(["postconf", "-e", "local_recipient_maps = inline:{root=x}"])
    bench.run(["postfix", "reload"])
    try:
        expect(bench.press(), BUSY, error(550))
        block = result(bench)
        assert block[1] == 550 and block[3] == 550, block
        assert block[4:7] == [5, 1, 1], block
        assert block[2] == 4 and block[0o10] == 1, block
        text = b"".join(word.to_bytes(2, "little") for word in block[0o21:])[:block[0o20]]
        assert b"mark@hosteng.com" in text, text
        entry, = bench.outcomes(bench.start)
        assert entry["ECEMAIL_STATUS"] == "550", entry
        assert "mark@hosteng.com (550)" in entry["ECEMAIL_RECIPIENTS"], entry
    finally:
        bench.run(["postconf", "-X", "local_recipient_maps"])
        bench.run(["postfix", "reload"])


def test_golden_frame(bench):
    """The example frame of the specification arrives byte by byte, and as mail."""
    document = (ROOT / "Documentation/mock-slave-89.rst").read_text(encoding="utf-8")
    bytes_there = re.findall(r"^  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:  |$)", document, re.MULTILINE)
    assert GOLDEN_FRAME in "".join(bytes_there).replace(" ", ""), "not the document's frame"
    bench.ctl("frame", "1", GOLDEN_FRAME)
    frame = slot(bench, "frames")["wx"]
    assert frame["data"] == GOLDEN_FRAME, frame
    assert (frame["result"], frame["station"], frame["address"]) == (0, 0x89, 0), frame
    message, = bench.mailbox()
    assert message.get_content().rstrip("\n") == "Shift # 3 made 4711 widgets"
    block = bench.poll(lambda: (b := slot(bench, "registers", "89", "40500", "64"))[1] != 1 and b,
                       20)
    assert block and block[:2] == [5, 0], block


def misbehaviours(bench):
    """The modes, as plcsim names them when it gets a wrong one."""
    said = subprocess.run([*bench.ctl_command(), "misbehave", "?"], check=False,
                          stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True).stdout
    return re.search(r"one of ([a-z -]+[a-z])", said)[1].split()


def after_misbehaviours(bench, modes):
    """After each of them a mail goes out as ever."""
    assert modes
    for mode in modes:
        bench.ctl("misbehave", mode)
        time.sleep(7 if mode == "heart-stop" else 1.5)
        bench.ctl("misbehave", "off")
        # a heart that beats again is seen within a second
        assert bench.poll(lambda: "ready" in bench.ctl("status"), 10), bench.ctl("status")
        values = bench.press()
        assert values[-1] == SUCCESS, f"after {mode}: {values}"
    check(bench)


def test_misbehaving_slots(bench):
    """Mailboxes that break the rules harm nothing for longer than they do it."""
    after_misbehaviours(bench, misbehaviours(bench)[:7])


def test_misbehaving_card(bench):
    """Nor does a card that does."""
    after_misbehaviours(bench, misbehaviours(bench)[7:])
