# SPDX-License-Identifier: GPL-2.0-or-later
"""PC, PLC and driver go away and come back, each without the others, while mails
are on their way: what the ladder program is told, and that no mail goes twice."""

import json
import time

from bench import BUSY, CONFIGURATION, SUCCESS, error
from installed import HERE, TOOLS, guest
from test_setup import booted, reset, wait_for_slot

__all__ = ["guest"]

PORT = 2525
FOLDER = "/root/hanging"  # outlives a reboot
RCPT = "C0", "C1", "V1520"
DOT = "C2", "C3", "V1521"
MARK = "C4", "C5", "V1522"

# Of one test, since one boots the guest again.
TIMEOUT = 600


def prepare(bench):
    """The same beginning for each test: all boxes at rest, the server ready to hang."""
    bench.load(HERE / "three-mails.ld")
    bench.ctl("set", "X0=0", "X1=0", "X2=0")
    bench.begin(Port=PORT)
    bench.run(["rm", "-rf", FOLDER])
    start_server(bench)
    # the third mail waits for its turn
    bench.put_file(f"{CONFIGURATION}.d/sessions.conf", "[Daemon]\nSessions=2\n")
    bench.run(["systemctl", "restart", "ecemaild"])
    wait_for_slot(bench)
    bench.ctl("wait", "V1400=0", "60")
    bench.start = bench.now()


def check(bench):
    """What holds after each test."""
    assert bench.daemon("ActiveState")["ActiveState"] == "active"
    bench.check_kernel()


def start_server(bench):
    """The one that hangs by recipient."""
    bench.run(["systemd-run", "-q", "--unit=hanging", "--collect", "python3",
               f"{TOOLS}/hanging-server.py", str(PORT), "recipient", FOLDER])
    assert bench.poll(lambda: not bench.run(["test", "-e", f"{FOLDER}/listens"],
                                            check=False).status, 20), "no server"


def subjects(bench):
    """Of the messages whose end of data the server has got."""
    text = bench.run(["sh", "-c", f"grep -hs -m1 '^Subject: ' {FOLDER}/*.eml || :"]).stdout
    return sorted(line.split()[1] for line in text.splitlines())


def hung(bench, state):
    """Waits until a conversation hangs there."""
    there = bench.poll(lambda: not bench.run(["grep", "-qs", state, f"{FOLDER}/hung"],
                                             check=False).status, 30)
    assert there, f"no conversation hangs at {state}"


def states(bench):
    """The SMTP states of the requests that the daemon has."""
    rows = json.loads(bench.run(["ecemailctl", "requests", "--json"]).stdout)["requests"]
    return sorted(row["state"] for row in rows)


def tag_of(bench, workspace):
    """The tag of the request that a box has under way."""
    return bench.get(workspace) & 0xff


def result(bench, tag):
    """Status of the request with that tag, as an RX would get it."""
    return json.loads(bench.run(["python3", f"{TOOLS}/slot.py", "/dev/ecom0s1", "registers", "89",
                                 f"{0o40000 + 0o100 * tag:o}", "2"]).stdout)[1]


def press(bench, name, outputs):
    """A mail of a box that nothing hinders, from its edge to its end."""
    bench.ctl("set", f"{name}=0")
    with bench.watching(*outputs) as watch:
        bench.ctl("set", f"{name}=1")
        return watch.values(90)


def settled(bench):
    """All three boxes are well: the PC is there, and the third one's mail goes out."""
    bench.ctl("wait", "V1400=0", "120")
    bench.run(["touch", f"{FOLDER}/go"])
    assert press(bench, "X2", MARK) == [BUSY, SUCCESS]


def history(bench):
    """Subjects and statuses, the oldest first."""
    lines = bench.run(["ecemailctl", "history", "-n", "0", "--json"]).stdout.splitlines()
    return [json.loads(line)["status"] for line in lines]


def three_on_their_way(bench, watch):
    """Mails in state 4, 8 and 0, none of them ended; returns their tags."""
    bench.ctl("set", "X0=1")
    hung(bench, "RCPT")
    bench.ctl("set", "X1=1")
    hung(bench, "dot")
    bench.ctl("set", "X2=1")
    bench.ctl("wait", "V1522=1", "10")
    time.sleep(1)
    assert states(bench)[-2:] == [4, 8] and set(states(bench)[:-2]) <= {0}, states(bench)
    tags = [tag_of(bench, workspace) for workspace in ("V1510", "V1511", "V1512")]
    assert [result(bench, tag) for tag in tags] == [1, 1, 1], tags
    last = None
    while step := watch.step(1):
        last = step[1]
    assert last == BUSY * 3, last
    return tags


def test_hard_reset(bench):
    """The PC is reset with mails in states 0, 4 and 8, while the PLC goes on: all three end
    with 1001, none is sent by the next daemon, their tags read 33. A box that is pressed
    while the PC boots ends with 1001, too; without anybody's doing the mails go out again
    when it has booted, and history has what was before."""
    assert press(bench, "X2", MARK) == [BUSY, SUCCESS]
    bench.ctl("set", "X2=0")
    bench.outcomes(bench.start)
    bench.run(["journalctl", "--sync"])
    before = history(bench)
    assert before[-1] == 0, before
    with bench.watching(*RCPT, *DOT, *MARK) as watch:
        tags = three_on_their_way(bench, watch)
        bench.run(["sync"])
        boot = bench.ctl("status")
        power_cut_seen(bench, watch)
    assert "generation" in boot and generation(boot) == generation(bench.ctl("status"))
    wait_for_slot(bench)
    assert [result(bench, tag) for tag in tags] == [33, 33, 33]
    bench.ctl("set", "X0=0", "X1=0", "X2=0")
    start_server(bench)
    time.sleep(3)
    assert subjects(bench) == ["Second", "Third"], subjects(bench)
    settled(bench)
    assert subjects(bench) == ["Second", "Third", "Third"], subjects(bench)
    bench.outcomes(bench.start, 1)
    after = history(bench)
    assert after[:len(before)] == before and after[-1] == 0, (before, after)


def generation(status):
    """The card's, of plcsim's status."""
    return status.partition("generation ")[2].split()[0]


def power_cut_seen(bench, watch):
    """Resets the PC; meanwhile each box goes from busy to 1001 and does nothing else, and
    the third one's next try ends with 1001 at once."""
    bench.run(["rm", "-f", f"{FOLDER}/listens"])
    boot_id = reset(bench)
    busy, failed = BUSY, error(1001)
    seen = watch.until(lambda values: sum(values[1::3]) == 3, 60)
    for place in (0, 3, 6):
        steps = {values[place:place + 3] for values in seen}
        assert steps <= {busy, failed}, seen
    assert seen[-1] == failed * 3, seen
    bench.ctl("wait", "V1400=1001", "30")
    bench.ctl("set", "X2=0")
    bench.ctl("set", "X2=1")
    again = watch.until(lambda values: values[7], 30)
    assert [values[6:] for values in again] == [busy, failed], again
    booted(bench, boot_id)


def test_plc_power_cycled_alone(bench):
    """The PLC's power fails under a mail in state 4, and comes back: its box begins anew, the
    mail goes out nevertheless, once, and the next one as ever."""
    bench.ctl("set", "X0=1")
    hung(bench, "RCPT")
    before = generation(bench.ctl("status"))
    pid = bench.daemon("MainPID")
    bench.ctl("plc", "off")
    time.sleep(2)
    with bench.watching(*RCPT) as watch:
        bench.ctl("plc", "on")
        bench.ctl("wait", "V1400=0", "60")
        assert generation(bench.ctl("status")) != before
        bench.run(["touch", f"{FOLDER}/go"])
        assert bench.poll(lambda: subjects(bench) == ["First"], 30), subjects(bench)
        seen = []
        while step := watch.step(2):
            seen.append(step[1])
    assert [values for values in seen if values[0] or values[1]] == [], seen
    entry = bench.outcomes(bench.start)[-1]
    assert (entry["ECEMAIL_STATUS"], entry["ECEMAIL_SENT"]) == ("0", "yes"), entry
    settled(bench)
    assert subjects(bench) == ["First", "Third"], subjects(bench)
    assert bench.daemon("MainPID") == pid, "the daemon was restarted"


def test_driver_reloaded(bench):
    """The driver is taken out and put in again under a mail in state 4, while the card has
    power: the box ends with 1001, its tag reads 33, the mail is not sent later, and the
    daemon comes back by itself."""
    with bench.watching(*RCPT) as watch:
        bench.ctl("set", "X0=1")
        hung(bench, "RCPT")
        tag = tag_of(bench, "V1510")
        before = generation(bench.ctl("status"))
        bench.run(["sh", "-c", "systemctl stop ecemaild && rmmod ecom"])
        seen = watch.values(60)
        assert seen[-1] == error(1001) and set(seen[:-1]) <= {BUSY}, seen
    bench.ctl("wait", "V1400=1001", "30")
    bench.run(["/usr/lib/ecemail-bench/bind-cards"])
    wait_for_slot(bench)
    assert generation(bench.ctl("status")) == before
    assert result(bench, tag) == 33
    settled(bench)
    assert subjects(bench) == ["Third"], subjects(bench)
