# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's clock does to mails and their deadlines. The last file that shares
its guest, whose hardware clock is wrong at the end."""

import contextlib
import email.utils
import time

from bench import BUSY, SUCCESS, error
from installed import guest
from test_faults import Hanging, expect, running
from test_mail import check, prepare
from test_setup import booted, reset

__all__ = ["guest", "prepare", "check"]

HOURS = 3600

# Of one test, since one boots the guest again.
TIMEOUT = 400


def set_clock(bench, seconds):
    """Steps the guest's clock, without the hardware's."""
    bench.run(["date", "-s", f"@{seconds:.0f}"])


def clock_of(bench):
    """What time it is in the guest."""
    return float(bench.run(["date", "+%s"]).stdout)


@contextlib.contextmanager
def stepped(bench, hours):
    """With the guest's clock wrong by so many hours."""
    right, began = clock_of(bench), time.monotonic()
    set_clock(bench, right + hours * HOURS)
    try:
        yield
    finally:
        set_clock(bench, right + time.monotonic() - began)


def dated(bench, message):
    """How far the mail's date is from the guest's clock, in seconds."""
    return abs(email.utils.parsedate_to_datetime(message["Date"]).timestamp() - clock_of(bench))


def step_within_a_request(bench, hours):
    """Neither an answer that comes nor one that does not is judged by the stepped clock."""
    with Hanging(bench, "RCPT") as hanging:
        with stepped(bench, hours):
            bench.run(["sleep", "3"])
            hanging.go_on()
            hanging.expect(SUCCESS)
            hanging.expect_taken(1)
    bench.run(["rm", "-r", "/tmp/hanging"])
    with Hanging(bench, "RCPT", Timeout=8) as hanging:
        began = time.monotonic()
        pid = running(bench)
        with stepped(bench, hours):
            hanging.expect(error(14))
            seconds = time.monotonic() - began
            assert 3 < seconds < 30, f"it took {seconds:.1f} s instead of less than 8"
            hanging.expect_taken(0)
        assert running(bench) == pid, "the daemon was restarted"


def test_clock_steps_forward(bench):
    """Five hours later, from one moment to the next: the deadline is where it was."""
    step_within_a_request(bench, 5)


def test_clock_steps_back(bench):
    """Five hours earlier likewise."""
    step_within_a_request(bench, -5)


def test_date_follows_the_clock(bench):
    """The mail's date is that of the clock when it was asked for, also on a kept-open session."""
    for hours in 0, 7, -7:
        bench.empty_mailbox()
        with stepped(bench, hours):
            expect(bench.press(), BUSY, SUCCESS)
            message, = bench.mailbox()
            assert dated(bench, message) < 60, (hours, message["Date"], clock_of(bench))


def test_clock_wrong_at_boot(bench):
    """A PC whose battery is empty mails at once, and goes on when its clock is set amid a mail."""
    right = clock_of(bench)
    bench.run(["python3", "-c", """
import fcntl, os, struct
fcntl.ioctl(os.open("/dev/rtc0", os.O_RDONLY), 0x4024700a,
            struct.pack("9i", 0, 0, 12, 1, 0, 101, 0, 0, 0))"""])
    booted(bench, reset(bench))
    bench.start_postfix()
    bench.empty_mailbox()  # again, as the disk may not have heard of it
    assert clock_of(bench) < right - 24 * HOURS, "the clock is right all the same"
    bench.run(["systemctl", "start", "ecemaild"])
    expect(bench.press(), BUSY, SUCCESS)
    message, = bench.mailbox()
    assert dated(bench, message) < 60, message["Date"]
    bench.run(["rm", "-rf", "/tmp/hanging"])
    with Hanging(bench, "RCPT") as hanging:
        set_clock(bench, right)
        hanging.go_on()
        hanging.expect(SUCCESS)
        hanging.expect_taken(1)
    bench.configure()
    bench.empty_mailbox()
    expect(bench.press(), BUSY, SUCCESS)
    message, = bench.mailbox()
    assert dated(bench, message) < 60, message["Date"]
