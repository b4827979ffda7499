# SPDX-License-Identifier: GPL-2.0-or-later
"""What the mail servers have in common: ports, a store, a log."""

import collections
import pathlib
import shutil
import socket
import subprocess
import time

import world
from certificates import Certificates

RECIPIENTS = ("mark@hosteng.com", "joe@hosteng.com", "eve@hosteng.com")
UNKNOWN = "nobody@hosteng.com"
BLOCKED_SENDER = "blocked@acme.com"
FORBIDDEN = "X-FORBIDDEN-WORD"  # in a body: content that the server refuses
USER, PASSWORD = "plc", "Zapp! \\ \"4711\""
SIZE_MAX = 20000  # bytes of a message
RECIPIENTS_MAX = 2

# How a port is to be talked to: "none", "starttls", "implicit"
Port = collections.namedtuple("Port", ["number", "tls"])

_certificates = []


class NotStarted(Exception):
    """Said of the first test in more words."""


def certificates():
    """One set for all servers."""
    if not _certificates:
        _certificates.append(Certificates(world.SCRATCH / "certificates"))
    return _certificates[0]


def poll(condition, seconds=15):
    """Waits until the condition holds; returns it."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def listens(port):
    """True if somebody takes connections there."""
    with socket.socket() as client:
        return not client.connect_ex(("127.0.0.1", port))


class Server:
    """One mail server. Subclasses say what runs, with which ports, and how it refuses."""

    name = ""
    ports = {}  # what for: Port
    refusals = {}  # what is refused: reply, enhanced code or None
    copies = True  # a message for each recipient in store, not one for all

    def __init__(self):
        self.folder = world.SCRATCH / "".join(filter(str.isalnum, self.name))
        self.process = None
        self.broken = False

    # Of the subclasses

    def prepare(self):
        """Writes the configuration."""

    def command(self):
        """What to run: it stays in the foreground."""
        raise NotImplementedError

    def stored(self):
        """Every message that has been taken, as a list of bytes."""
        raise NotImplementedError

    def empty(self):
        """Forgets what was taken."""

    # Of all

    def begin(self):
        """Called before each test: runs, with nothing in store."""
        if self.broken:
            raise NotStarted
        if not self.process:
            self.broken = True
            self.folder.mkdir()
            self.prepare()
            self.start()
            self.broken = False
        self.empty()

    def start(self):
        """Starts it and waits for its ports."""
        with open(self.folder / "output", "ab") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for port in self.ports.values():
            there = poll(lambda number=port.number: listens(number) or
                         self.process.poll() is not None)
            assert there and self.process.poll() is None, f"{self.name} does not run"

    def stop(self):
        """Ends it; it may be started again."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_file(self):
        """Where its words go."""
        return self.folder / "output"

    def log(self):
        """The end of its log, for who has to find out why."""
        lines = []
        for path in self.folder / "output", self.log_file():
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-20:]
        return "\n".join(lines)

    def port(self, what):
        """The URL and the --tls of a port."""
        number, tls = self.ports[what]
        return f"{'smtps' if tls == 'implicit' else 'smtp'}://127.0.0.1:{number}", tls


class Maildirs:
    """Messages in Maildir folders, below self.mail."""

    mail = None

    def stored(self):
        """All of them, without what delivery has put before our first field."""
        return [path.read_bytes() for path in sorted(self.mail.glob("*/new/*"))]

    def empty(self):
        """Removes them."""
        for path in self.mail.glob("*/new/*"):
            path.unlink()

    def make_folder(self, user="postbox"):
        """An empty one."""
        self.mail = pathlib.Path(self.folder / "mail")
        self.mail.mkdir()
        shutil.chown(self.mail, user, user)
