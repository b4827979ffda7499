# SPDX-License-Identifier: GPL-2.0-or-later
"""What the ladder program is told when daemon, network or server fail, and what
the mail server has got then."""

import base64
import contextlib
import pathlib
import subprocess
import tempfile

import test_mail
from bench import BUSY, SUCCESS, error
from test_mail import (check, expect, guest, kill_daemon, newest_outcome, prepare, taken,
                       wait_hung)

__all__ = ["guest", "prepare", "check"]

HANGING_PORT = test_mail.HANGING_PORT
UNKNOWN, NOT_SENT = 0, 1
CRASHES = 20

# Of one test, since one boots the guest again.
TIMEOUT = 400

# Where the server can hang, and the SMTP state of it. 6 and 7 cannot be had: a
# frame's mail fits the socket.
STATES = {"connect": 1, "greeting": 2, "EHLO": 2, "MAIL": 3, "RCPT": 4, "DATA": 5, "dot": 8}


class Hanging:
    """The server that hangs in a state once, and a box that has its mail there."""

    def __init__(self, bench, state, **setup):
        self.bench = bench
        self.state = state
        self.setup = setup
        self.watch = None
        self.watching = bench.watching()

    def __enter__(self):
        test_mail.start_hanging_server(self.bench, self.state)
        if self.setup:
            self.bench.configure(Port=HANGING_PORT, **self.setup)
        self.watch = self.watching.__enter__()
        self.bench.set(X0=1)
        wait_hung(self.bench)
        return self

    def __exit__(self, *reason):
        self.watching.__exit__(*reason)
        self.bench.set(X0=0)
        test_mail.stop_hanging_server(self.bench)

    def go_on(self):
        """Lets the server answer."""
        self.bench.run(["touch", "/tmp/hanging/go"])

    def expect(self, end):
        """The box ends so; BUSY was before."""
        expect(self.watch.values(90), BUSY, end)

    def expect_taken(self, wanted):
        """The server has got so many messages, once all has settled."""
        self.bench.run(["sleep", "2"])
        assert taken(self.bench) == wanted, f"the server got {taken(self.bench)} messages"


def running(bench):
    """The daemon's process if it runs, ready."""
    show = bench.daemon("SubState", "MainPID")
    return show["SubState"] == "running" and show["MainPID"]


def killed(bench, state):
    """A crash in this state: the next daemon sends the mail, once."""
    with Hanging(bench, state) as hanging:
        kill_daemon(bench)
        hanging.expect(SUCCESS)
        hanging.expect_taken(1)


def test_killed_in_connecting(bench):
    """kill -9 in state 1, with TCP's first packet unanswered: the next one connects, too."""
    with Hanging(bench, "connect") as hanging:
        pid = running(bench)
        kill_daemon(bench)
        assert bench.poll(lambda: running(bench) not in (False, pid), 60), "no new daemon"
        hanging.go_on()
        hanging.expect(SUCCESS)
        hanging.expect_taken(1)


def test_killed_in_greeting(bench):
    """kill -9 in state 2, before the greeting."""
    killed(bench, "greeting")


def test_killed_in_ehlo(bench):
    """kill -9 in state 2, after EHLO."""
    killed(bench, "EHLO")


def test_killed_in_rcpt(bench):
    """kill -9 in state 4."""
    killed(bench, "RCPT")


def test_killed_in_data(bench):
    """kill -9 in state 5."""
    killed(bench, "DATA")


def test_killed_in_end_of_data_to_resend(bench):
    """kill -9 in state 8 with Resend=yes: the mail is sent again, as the same one."""
    with Hanging(bench, "dot", Resend="yes") as hanging:
        kill_daemon(bench)
        hanging.expect(SUCCESS)
        hanging.expect_taken(2)
        ids = bench.run(["sh", "-c", "grep -hi ^message-id: /tmp/hanging/*.eml | sort | uniq -c"])
        assert ids.stdout.split()[0] == "2", ids.stdout


def cut(bench, state):
    """The network goes while the server thinks: its answer gets lost."""
    number = STATES[state]
    with Hanging(bench, state, Timeout=6) as hanging:
        pid = running(bench)
        bench.run(["ip", "link", "set", "lo", "down"])
        try:
            hanging.go_on()
            hanging.expect(error(10 + number))
        finally:
            bench.run(["ip", "link", "set", "lo", "up"])
        sent = UNKNOWN if number == 8 else NOT_SENT
        assert newest_outcome(bench)[1:] == [10 + number, sent], newest_outcome(bench)
        # its lost answer is sent again by TCP meanwhile, to nobody
        hanging.expect_taken(1 if number == 8 else 0)
        expect(bench.press(), BUSY, SUCCESS)
        hanging.expect_taken(2 if number == 8 else 1)
        assert running(bench) == pid, "the daemon was restarted"


def test_network_cut_in_connecting(bench):
    """Cut in state 1: 11, not sent."""
    cut(bench, "connect")


def test_network_cut_in_greeting(bench):
    """Cut in state 2: 12, not sent."""
    cut(bench, "greeting")


def test_network_cut_in_mail(bench):
    """Cut in state 3: 13, not sent."""
    cut(bench, "MAIL")


def test_network_cut_in_rcpt(bench):
    """Cut in state 4: 14, not sent."""
    cut(bench, "RCPT")


def test_network_cut_in_data(bench):
    """Cut in state 5: 15, not sent."""
    cut(bench, "DATA")


def test_network_cut_in_end_of_data(bench):
    """Cut in state 8: 18, unknown; the server has it, and gets it once."""
    cut(bench, "dot")


def test_server_restarts_between_mails(bench):
    """The session that was kept open is dead: the next mail does not suffer."""
    expect(bench.press(), BUSY, SUCCESS)
    bench.run(["systemctl", "restart", "postfix@-"])
    bench.start_postfix()
    expect(bench.press(), BUSY, SUCCESS)
    assert len(bench.mailbox(2)) == 2


def kill_server(bench):
    """The server's process is no more; its sockets close."""
    bench.run(["systemctl", "kill", "--signal=KILL", "hanging"])


def server_killed(bench, state, sent):
    """The server dies in this state: 20, in that state; the next mail goes to the next server."""
    with Hanging(bench, state) as hanging:
        kill_server(bench)
        hanging.expect(error(20))
        assert newest_outcome(bench)[1:] == [20, sent], newest_outcome(bench)
        assert test_mail.result(bench)[2] == STATES[state], test_mail.result(bench)
    bench.run(["rm", "-r", "/tmp/hanging"])
    test_mail.start_hanging_server(bench, "nowhere")
    try:
        expect(bench.press(), BUSY, SUCCESS)
        assert taken(bench) == 1
    finally:
        test_mail.stop_hanging_server(bench)


def test_server_killed_in_data(bench):
    """Killed in state 5: 20, not sent, and nothing of it is sent later."""
    server_killed(bench, "DATA", NOT_SENT)


def test_server_killed_in_end_of_data(bench):
    """Killed in state 8: 20, unknown, and it is not sent again."""
    server_killed(bench, "dot", UNKNOWN)


def test_server_restarts_while_connecting(bench):
    """With Retry=transient a server that dies and comes back gets the mail, once."""
    with Hanging(bench, "greeting", Retry="transient") as hanging:
        kill_server(bench)
        bench.run(["sleep", "2"])
        bench.run(["rm", "-r", "/tmp/hanging"])
        test_mail.start_server(bench, "nowhere")
        hanging.expect(SUCCESS)
        hanging.expect_taken(1)


def test_stop_waits_for_the_answer(bench):
    """With a stop limit that is shorter than the server's thinking: still 0."""
    limit = "/run/systemd/system/ecemaild.service.d/limit.conf"
    bench.put_file(limit, "[Service]\nTimeoutStopSec=2s\n")
    bench.run(["systemctl", "daemon-reload"])
    try:
        with Hanging(bench, "dot") as hanging:
            bench.run(["systemctl", "stop", "--no-block", "ecemaild"])
            bench.run(["sleep", "6"])
            assert bench.daemon("ActiveState")["ActiveState"] == "deactivating", \
                bench.daemon("ActiveState", "SubState", "Result")
            hanging.go_on()
            hanging.expect(SUCCESS)
            hanging.expect_taken(1)
        show = bench.daemon("ActiveState", "Result")
        assert show == {"ActiveState": "inactive", "Result": "success"}, show
    finally:
        bench.run(["rm", limit])
        bench.run(["systemctl", "daemon-reload"])
        bench.run(["systemctl", "start", "ecemaild"])


def test_restart_amid_a_mail(bench):
    """An orderly restart in state 4: the mail is handed back and sent, once."""
    with Hanging(bench, "RCPT") as hanging:
        bench.run(["systemctl", "restart", "ecemaild"])
        hanging.expect(SUCCESS)
        hanging.expect_taken(1)


def test_restart_takes_a_moment(bench):
    """After a crash systemd has a daemon again that takes requests, and says how soon."""
    with Hanging(bench, "RCPT") as hanging:
        kill_daemon(bench)
        hanging.expect(SUCCESS)
        hanging.expect_taken(1)
        clock = bench.daemon("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic",
                             "InactiveEnterTimestampMonotonic")
    died, started, ready = (int(clock[name + "TimestampMonotonic"]) for name in
                            ("InactiveEnter", "ExecMainStart", "ActiveEnter"))
    assert died < started < ready, clock
    print(f"# {(started - died) / 1000:.0f} ms to its start, {(ready - started) / 1000:.0f} ms "
          "more until it was ready, in emulation")


def test_crashes_without_end(bench):
    """However often it crashes in short time, systemd does not give up."""
    before = int(bench.daemon("NRestarts")["NRestarts"])
    bench.run(["sh", "-c", """
        for i in $(seq "$1"); do
            old=$(systemctl show -P MainPID ecemaild)
            kill -9 "$old"
            for j in $(seq 300); do
                new=$(systemctl show -P MainPID ecemaild)
                [ "$new" != 0 ] && [ "$new" != "$old" ] && continue 2
                sleep 0.1
            done
            exit 1
        done""", "sh", str(CRASHES)], timeout=300)
    assert bench.poll(lambda: running(bench), 60), bench.daemon("ActiveState", "Result")
    restarts = int(bench.daemon("NRestarts")["NRestarts"]) - before
    assert restarts >= CRASHES, f"only {restarts} restarts"
    expect(bench.press(), BUSY, SUCCESS)
    assert len(bench.mailbox()) == 1


@contextlib.contextmanager
def timed_loop(bench):
    """The daemon itself with tests/system/loop-clock.c in it."""
    drop_in = "/run/systemd/system/ecemaild.service.d/loop-clock.conf"
    library = "/usr/local/lib/loop-clock.so"
    with tempfile.TemporaryDirectory() as folder:
        built = pathlib.Path(folder, "loop-clock.so")
        subprocess.run(["cc", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", "-o", built,
                        pathlib.Path(__file__).with_name("loop-clock.c")], check=True)
        bench.run(["sh", "-c", f"base64 -d >{library}"],
                  input=base64.b64encode(built.read_bytes()).decode())
    bench.put_file(drop_in, f"[Service]\nEnvironment=LD_PRELOAD={library}\n")
    bench.run(["systemctl", "daemon-reload"])
    try:
        bench.configure()
        yield
    finally:
        bench.run(["rm", drop_in, library])
        bench.run(["systemctl", "daemon-reload"])
        bench.configure()


def longest_turns(bench, since):
    """Of the daemon's loop, each longer than those before it: when (seconds), how long by the
    processor's time and by the clock (milliseconds)."""
    turns = [(int(entry["__REALTIME_TIMESTAMP"]) / 1e6 - float(since),
              *(int(word) / 1000 for word in entry["MESSAGE"].split()[1:]))
             for entry in bench.journal(since) if entry["MESSAGE"].startswith("loop-clock:")]
    assert turns, "the daemon does not tell of its loop"
    for turn in turns:
        print("# after {:.1f} s: {:.1f} ms of the processor, {:.1f} ms by the clock".format(*turn))
    return turns


def test_loop_stands_still(bench):
    """The daemon's own loop with servers that hang, die or answer late, and at the stop."""
    since = bench.now()
    with timed_loop(bench):
        expect(bench.press(), BUSY, SUCCESS)
        for state in "greeting", "MAIL", "dot":
            with Hanging(bench, state, Timeout=6) as hanging:
                hanging.expect(error(10 + STATES[state]))
            bench.run(["rm", "-r", "/tmp/hanging"])
        with Hanging(bench, "DATA") as hanging:
            kill_server(bench)
            hanging.expect(error(20))
        bench.run(["rm", "-r", "/tmp/hanging"])
        with Hanging(bench, "dot") as hanging:
            bench.run(["systemctl", "stop", "--no-block", "ecemaild"])
            bench.run(["sleep", "2"])
            hanging.go_on()
            hanging.expect(SUCCESS)
    longest = max(wall for _, _, wall in longest_turns(bench, since))
    assert longest < 1000, f"the loop stood still for {longest} ms, even for an emulated processor"
