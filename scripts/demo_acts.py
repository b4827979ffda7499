#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The two acts of scripts/demo. Everything shown is real output of the parts,
and each claim is checked before the next is made."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from bench import BUSY, SUCCESS, Bench, error  # noqa: E402
from vm_image import ROOT, Failure  # noqa: E402

PROGRAM = ROOT / "tests/plcsim/programs/widget-report.ld"
SHIFT, WIDGETS = 3, 4711
SETUP_LIMIT = 1200  # seconds; building the guest's image is most of it
ACT_LIMIT = 120

COLOURS = {"title": "1;36", "good": "32", "bad": "31", "dim": "2", "bold": "1"}


class NotShown(Exception):
    """Something that the demo claims has not happened."""


def paint(kind, text):
    """Colours a text, on a terminal only."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\x1b[{COLOURS[kind]}m{text}\x1b[0m"


def say(text=""):
    """Prints a paragraph."""
    print(textwrap.fill(" ".join(text.split()), 78), flush=True)


def title(text):
    """Prints a heading."""
    print("\n" + paint("title", f"── {text} " + "─" * (74 - len(text))), flush=True)


def quote(text, mark="│"):
    """Prints what a part has said."""
    for line in text.rstrip("\n").splitlines():
        print(f"  {paint('dim', mark)} {line}", flush=True)


def claim(condition, what):
    """Ends the demo unless what it is about to say is true."""
    if not condition:
        raise NotShown(what)


def interrupt(*_):
    """SIGTERM does what Ctrl-C does."""
    raise KeyboardInterrupt


class Alarm:
    """Ends a part of the demo that takes too long."""

    def __init__(self, what, seconds):
        self.what, self.seconds = what, seconds

    def _expire(self, *_):
        raise NotShown(f"{self.what} took more than {self.seconds} s")

    def __enter__(self):
        signal.signal(signal.SIGALRM, self._expire)
        signal.alarm(self.seconds)

    def __exit__(self, *_):
        signal.alarm(0)


class Ticker:
    """Says now and then that the set-up still goes on."""

    def __enter__(self):
        self.ended = threading.Event()
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self._tick, daemon=True)
        self.thread.start()

    def _tick(self):
        while not self.ended.wait(15):
            print(paint("dim", f"  … {time.monotonic() - self.began:.0f} s"), flush=True)

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def introduce():
    """What is real and what is not."""
    title("What you will see")
    say("""A PLC's ladder program sends an e-mail with an ECEMAIL box. The request
        goes through a backplane card into a PC, whose kernel driver and mail daemon
        hand it to a mail server; the outcome comes back as a bit and a number.""")
    print(textwrap.dedent("""
        emulated   the PLC with its ladder program and the card (both: plcsim, a program
                   on this machine; no such card exists), and the PC (QEMU)
        real       in that PC: Debian's own kernel, the driver ecom.ko, systemd and udev,
                   the daemon ecemaild, and Postfix, a mail server that delivers for real.
                   It has no way to any other network.
        """), flush=True)


def show_program(bench):
    """The ladder program, and the values that it will print."""
    title("The ladder program")
    quote("\n".join(line for line in PROGRAM.read_text(encoding="utf-8").splitlines()
                    if "SPDX-License-Identifier" not in line))
    bench.set(X0=0, V3000=SHIFT, V3001=WIDGETS)
    claim(bench.get("V3001") == WIDGETS, f"V3001 is not {WIDGETS}")
    print()
    say(f"""Bit C0 is the box's Success, C1 its Error, V1504 its Error Code. V3000 is {SHIFT},
        V3001 is {WIDGETS}. The box starts when the input X0 goes on.""")


MEANING = {
    BUSY: "busy: the request is on its way",
    SUCCESS: "success: the server has taken the mail",
}


def press(bench, wanted):
    """Switches X0 on and shows the box's outputs; each change is one line."""
    print()
    say("X0 goes on. What the ladder program sees, scan by scan:")
    print()
    print(f"  {paint('bold', '   scan   C0 Success   C1 Error   V1504 Error Code')}", flush=True)
    steps = []
    with Alarm("the ECEMAIL box", ACT_LIMIT), bench.watching() as watch:
        bench.set(X0=1)
        for scan, values in watch.steps(ACT_LIMIT):
            steps.append(values)
            meaning = MEANING.get(values, f"error {values[2]}, explained below")
            colour = "good" if values == SUCCESS else "bad" if values[1] else "bold"
            print(f"  {scan:>7}   {values[0]:^10}   {values[1]:^8}   {values[2]:^16}   "
                  + paint(colour, meaning), flush=True)
    bench.set(X0=0)
    claim(tuple(steps) == wanted, f"C0/C1/V1504 were to be {wanted}, but were {steps}")


def show_journal(bench, began):
    """What the daemon has written since then: its trace, then its journal."""
    entries = bench.outcomes(began)
    claim(len(entries) == 1, f"the journal has {len(entries)} outcomes instead of one")
    trace = bench.trace(began)
    claim(trace, "the journal has no SMTP trace")
    print()
    say("The daemon's trace, in the words of the ECOM100's SMTP Viewer:")
    print()
    quote("\n".join(trace))
    print()
    say("journalctl -u ecemaild, where the trace is at debug level and left out:")
    print()
    quote(bench.journalctl(began, "--no-hostname", "-p", "info"))
    return entries[0], trace


def act_one(bench):
    """The mail goes out."""
    title("Act 1: the mail goes out")
    bench.empty_mailbox()
    began = bench.now()
    press(bench, (BUSY, SUCCESS))
    entry, trace = show_journal(bench, began)
    claim(entry["ECEMAIL_STATUS"] == "0", f"the journal has status {entry['ECEMAIL_STATUS']}")
    claim(trace[-1].endswith("Success!"), f"the trace ends with \"{trace[-1]}\"")

    message, = bench.mailbox()
    print()
    say("And this is the message as it lies in mark's mailbox:")
    print()
    quote(message.as_string())
    claim(message["To"] == "mark@hosteng.com", f"To is {message['To']}")
    claim(message["Subject"] == "Widget Report", f"Subject is {message['Subject']}")
    body = message.get_content()
    claim(f"made {WIDGETS} widgets" in body, f"the body is {body!r}")


def act_two(bench):
    """The server is down."""
    title("Act 2: the server is stopped")
    bench.stop_postfix()
    claim(bench.run(["systemctl", "is-active", "postfix"], check=False).status,
          "Postfix is still active")
    say("systemctl stop postfix: nobody listens at port 25 now. The same box again.")
    began = bench.now()
    press(bench, (BUSY, error(20)))
    entry, trace = show_journal(bench, began)
    claim(entry["ECEMAIL_STATUS"] == "20", f"the journal has status {entry['ECEMAIL_STATUS']}")
    claim("Success!" not in trace[-1], "the trace reports success")
    print()
    say("ecemailctl explain 20, for whoever stands before the machine:")
    print()
    explanation = bench.run(["ecemailctl", "explain", "20"]).stdout
    claim("TCP" in explanation, f"ecemailctl explains 20 as {explanation!r}")
    quote(explanation)


def close():
    """Where to go from here."""
    title("That was all of it")
    say("""Both acts have happened as shown. The ladder program is text: copy
        tests/plcsim/programs/widget-report.ld, change it, and run it in the same bench
        with scripts/vm --program FILE. README.md tells the rest.""")


def main():
    """Returns the exit status."""
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        print("The guest: a Debian with Postfix in QEMU, its kernel, the driver and the daemon …",
              flush=True)
        with contextlib.ExitStack() as stack:
            with Alarm("setting up", SETUP_LIMIT), Ticker():
                bench = stack.enter_context(Bench(program=PROGRAM))
                bench.install()
                bench.configure()
                bench.start_postfix()
            introduce()
            show_program(bench)
            act_one(bench)
            act_two(bench)
        close()
        return 0
    except Failure as problem:
        message = f"the bench failed: {problem}"
    except (NotShown, AssertionError, ValueError) as problem:
        message = str(problem)
    except (OSError, subprocess.SubprocessError) as problem:
        message = f"a part of the bench is gone: {problem}"
    except KeyboardInterrupt:
        message = "interrupted"
    sys.stdout.flush()
    print("\n" + paint("bad", f"demo: {message}"), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
