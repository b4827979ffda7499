# SPDX-License-Identifier: GPL-2.0-or-later
"""What the ladder program is told when daemon, network or server fail, and what
the mail server has got then."""

import test_mail
from bench import BUSY, SUCCESS, error
from test_mail import (check, expect, guest, kill_daemon, newest_outcome, prepare, taken,
                       wait_hung)

__all__ = ["guest", "prepare", "check"]

HANGING_PORT = test_mail.HANGING_PORT
UNKNOWN, NOT_SENT = 0, 1

# Where the server can hang, and the SMTP state of it. 6 and 7 cannot be had: a
# frame's mail fits the socket.
STATES = {"greeting": 2, "EHLO": 2, "MAIL": 3, "RCPT": 4, "DATA": 5, "dot": 8}


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
