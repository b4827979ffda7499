# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest as a bench for mail: the ladder program's box on one side, the
daemon and the mail server on the other.

    with Bench() as bench:
        bench.install()
        bench.configure()
        bench.press()
"""

import contextlib
import email
import email.policy
import json
import os
import re
import select
import subprocess
import time

from vm_guest import Guest
from vm_image import Failure

# What the guest's ecemaild.conf says if a test does not want it otherwise.
SETUP = {
    "Server": "127.0.0.1",
    "SenderName": "Machine A-42F",
    "SenderAddress": "PLC@hosteng.com",
}

CONFIGURATION = "/etc/ecemail/ecemaild.conf"
MAILBOX = "/var/mail/mark"

# What the kernel says when something is wrong with it.
KERNEL_TROUBLE = re.compile(
    r"WARNING:|BUG:|Call Trace|Oops|general protection fault|KASAN|UBSAN|"
    r"possible recursive locking|possible circular locking|blocked for more than")

# The widget report's outputs, and the scan-by-scan values the seed wants.
OUTPUTS = ("C0", "C1", "V1504")
BUSY = (0, 0, 1)
SUCCESS = (1, 0, 0)


def error(code):
    """The outputs of a box that has failed."""
    return (0, 1, code)


class Bench(Guest):
    """A Guest whose card is in plcsim, with the widget report in its PLC."""

    @staticmethod
    def configuration(trace=True, **setup):
        """Text of the daemon's configuration; None leaves a field out."""
        fields = {**SETUP, **setup}
        lines = ["[Daemon]", f"Trace={'yes' if trace else 'no'}", "[Mail]"]
        lines += [f"{key}={value}" for key, value in fields.items() if value is not None]
        return "\n".join(lines) + "\n"

    def configure(self, restart=True, **setup):
        """Writes the daemon's configuration; None leaves a field out."""
        self.put_file(CONFIGURATION, self.configuration(**setup))
        if restart:
            self.run(["systemctl", "restart", "ecemaild"])

    def put_file(self, path, text):
        """Writes a file in the guest."""
        self.run(["sh", "-c", 'mkdir -p "${1%/*}" && cat >"$1"', "sh", path], input=text)

    # The ladder program's side

    def set(self, **values):
        """Sets bits and words of the PLC, such as X0=1."""
        for name, value in values.items():
            self.ctl("set", f"{name}={value}")

    def get(self, name):
        """Reads one bit or word of the PLC."""
        return int(self.ctl("get", name))

    def press(self, timeout=90):
        """Gives the box its rising edge, waits for its end and lets go; returns
        what C0, C1 and V1504 were, scan by scan, at each change."""
        self.set(X0=0)
        with self.watching() as watch:
            self.set(X0=1)
            values = watch.values(timeout)
        self.set(X0=0)
        return values

    @contextlib.contextmanager
    def watching(self, *elements):
        """Follows bits and words, the widget report's outputs by default; gives a Watch."""
        watch = Watch(self, elements or OUTPUTS)
        try:
            yield watch
        finally:
            watch.close()

    # The daemon's side

    def daemon(self, *properties):
        """Properties of ecemaild.service by systemctl show."""
        text = self.run(["systemctl", "show", "ecemaild",
                         "-p", ",".join(properties)]).stdout
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def now(self):
        """The guest's time, for what begins after it."""
        return self.run(["date", "+%s.%6N"]).stdout.strip()

    def journalctl(self, since, *options):
        """Output of journalctl on ecemaild since a time of now()."""
        # Not --after-cursor: with a filter it leaves the first entry out.
        return self.run(["journalctl", "-q", "-u", "ecemaild", "--since", f"@{since}",
                         *options]).stdout

    def journal(self, since, *matches):
        """Entries of ecemaild since a time, as dictionaries."""
        return [json.loads(line)
                for line in self.journalctl(since, "-o", "json", *matches).splitlines()]

    def trace(self, since):
        """The SMTP trace since a time, each line with its time."""
        def line(entry):
            seconds, micro = divmod(int(entry["__REALTIME_TIMESTAMP"]), 1000000)
            clock = time.strftime("%H:%M:%S", time.gmtime(seconds))
            return f"{clock}.{micro // 1000:03} {entry['MESSAGE']}"
        return [line(entry) for entry in self.journal(since, "ECEMAIL_TRACE=1")]

    def outcomes(self, since, count=1, timeout=10):
        """The journal's entries on ended requests, once there are as many."""
        entries = self.poll(
            lambda: (found := [entry for entry in self.journal(since)
                               if "ECEMAIL_STATUS" in entry])
            and len(found) >= count and found, timeout)
        if not entries:
            raise AssertionError(
                f"the journal has not {count} entries with ECEMAIL_STATUS after {timeout} s, but "
                + repr([entry.get("MESSAGE") for entry in self.journal(since)]))
        return entries

    # The mail server's side

    def stop_postfix(self):
        """Nobody listens at port 25 from now on."""
        self.run(["systemctl", "stop", "postfix"])

    def start_postfix(self):
        """Starts it unless it runs, and waits until it listens."""
        self.run(["sh", "-c", "systemctl start postfix postfix@- && for i in $(seq 100); do "
                  "ss -ltnH 'sport = :25' | grep -q . && exit; sleep 0.1; done; exit 1"])

    def empty_mailbox(self):
        """Forgets the mail delivered so far."""
        self.run(["sh", "-c", f"[ ! -e {MAILBOX} ] || : >{MAILBOX}"])

    def mailbox(self, count=1, timeout=20):
        """Mark's mail, once there are as many messages."""
        def messages():
            text = self.run(["sh", "-c", f"cat {MAILBOX} 2>/dev/null || :"], text=False).stdout
            parts = re.split(rb"(?:^|\n)(?=From [^\n]*\n)", text)
            return [email.message_from_bytes(part.partition(b"\n")[2],
                                             policy=email.policy.default)
                    for part in parts if part.strip()]
        found = self.poll(lambda: len(messages()) >= count, timeout) and messages()
        if not found:
            raise AssertionError(f"{MAILBOX} has {len(messages())} messages instead of {count} "
                                 f"after {timeout} s")
        return found

    # Both

    @staticmethod
    def poll(condition, timeout, pause=0.2):
        """Waits until condition() is true and returns its value, or the last."""
        end = time.monotonic() + timeout
        while not (value := condition()) and time.monotonic() < end:
            time.sleep(pause)
        return value

    def kernel_trouble(self, after=""):
        """Lines of the kernel log that tell of trouble, behind a line of it."""
        log = self.kernel_log()
        if after:
            log = log.rpartition(after)[2]
        return [line for line in log.splitlines() if KERNEL_TROUBLE.search(line)]


class Watch:
    """`plcsim ctl watch` of bits and words, running beside."""

    def __init__(self, bench, elements):
        self.bench = bench
        self.line = re.compile(r"scan (\d+)  " + " ".join(rf"{name}=(\d+)" for name in elements))
        self.buffer = b""
        self.process = subprocess.Popen(
            [*bench.ctl_command(), "watch", *elements],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            # What is read from now on are changes.
            self.before = self.step(10)
            if self.before is None:
                raise Failure("plcsim ctl watch did not begin within 10 s", 124)
        except BaseException:
            self.close()
            raise

    def close(self):
        """Ends the watching."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def step(self, timeout):
        """The next change: scan and values; None if there is none in time."""
        end = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            if reason := self.bench.failure():
                raise Failure(reason)
            left = end - time.monotonic()
            if left <= 0:
                return None
            if not select.select([self.process.stdout], [], [], min(left, 0.5))[0]:
                continue
            data = os.read(self.process.stdout.fileno(), 4096)
            if not data:
                # The keeper finds out why within moments.
                self.bench.poll(self.bench.failure, 3)
                raise Failure(self.bench.failure() or "plcsim ctl watch ended unexpectedly: "
                              + self.buffer.decode(errors="replace"))
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        match = self.line.fullmatch(line.decode(errors="replace").rstrip())
        if not match:
            raise Failure(f"plcsim ctl watch said {line!r}")
        scan, *values = map(int, match.groups())
        return scan, tuple(values)

    def steps(self, timeout=90):
        """Each change, up to the one that ends the request."""
        end = time.monotonic() + timeout
        while step := self.step(end - time.monotonic()):
            yield step
            if step[1][0] or step[1][1]:
                return
        raise AssertionError(f"the box did not end within {timeout} s")

    def until(self, condition, timeout=90):
        """The values at each change, up to the one for which condition(values) holds."""
        end = time.monotonic() + timeout
        seen = []
        while step := self.step(end - time.monotonic()):
            seen.append(step[1])
            if condition(step[1]):
                return seen
        raise AssertionError(f"waited {timeout} s in vain, the values were {seen}")

    def values(self, timeout=90):
        """The outputs at each change, up to the one that ends the request."""
        return [values for _, values in self.steps(timeout)]
