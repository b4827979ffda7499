# SPDX-License-Identifier: GPL-2.0-or-later
"""smtp-sink of Postfix, which can be told to fail."""

import shutil

from server import Port, Server

HARD, SOFT, CLOSING = (500, "5.3.0"), (450, "4.3.0"), (421, "4.0.0")
CLOSED = 12
TEXT = 6, 7, 8  # states: wherever the text is when it is refused

# Options of smtp-sink, then the outcome: status, state, sent, detail, and how many
# messages it has then: it writes the file before it answers the end of data. With
# -f and -r it has no PIPELINING.
FAULTS = [
    ("", 0, 8, "yes", 0, 1),
    ("-e", 0, 8, "yes", 0, 1),  # HELO, after EHLO was refused
    ("-p", 0, 8, "yes", 0, 1),
    ("-P", 0, 8, "yes", 0, 1),
    ("-E -8 -N", 0, 8, "yes", 0, 1),
    ("-f CONNECT", HARD, 2, "no", 0, 0),
    ("-f EHLO", 0, 8, "yes", 0, 1),
    ("-f EHLO,HELO", HARD, 2, "no", 0, 0),
    ("-f MAIL", HARD, 3, "no", 0, 0),
    ("-f RCPT", HARD, 4, "no", 0, 0),
    ("-f DATA", HARD, 5, "no", 0, 0),
    ("-f .", HARD, 8, "no", 0, 1),
    ("-f RSET,QUIT", 0, 8, "yes", 0, 1),
    ("-r CONNECT", SOFT, 2, "no", 0, 0),
    ("-r MAIL", SOFT, 3, "no", 0, 0),
    ("-r RCPT", SOFT, 4, "no", 0, 0),
    ("-r DATA", SOFT, 5, "no", 0, 0),
    ("-r .", SOFT, 8, "no", 0, 1),
    ("-q CONNECT", 20, 2, "no", CLOSED, 0),
    ("-q EHLO", 20, 2, "no", CLOSED, 0),
    ("-q MAIL", 20, 3, "no", CLOSED, 0),
    ("-q RCPT", 20, 4, "no", CLOSED, 0),
    ("-p -q RCPT", 20, 4, "no", CLOSED, 0),
    ("-q DATA", 20, 5, "no", CLOSED, 0),
    ("-q .", 20, 8, "unknown", CLOSED, 1),
    ("-q QUIT", 0, 8, "yes", 0, 1),
    ("-Q CONNECT", CLOSING, 2, "no", 0, 0),
    ("-Q EHLO", CLOSING, 2, "no", 0, 0),
    ("-Q MAIL", CLOSING, 3, "no", 0, 0),
    ("-p -Q RCPT", CLOSING, 4, "no", 0, 0),
    ("-p -Q DATA", CLOSING, 5, "no", 0, 0),
    ("-Q .", CLOSING, 8, "no", 0, 1),
    ("-A 0", (550, None), TEXT, "no", 0, 0),
    ("-W CONNECT:3", 12, 2, "no", 0, 0),
    ("-W EHLO:3", 12, 2, "no", 0, 0),
    ("-p -W MAIL:3", 13, 3, "no", 0, 0),
    ("-p -W RCPT:3", 14, 4, "no", 0, 0),
    ("-p -w 3", 15, 5, "no", 0, 0),
    ("-W .:3", 18, 8, "unknown", 0, 1),
]


class Sink(Server):
    """One for each test."""

    name = "smtp-sink"
    ports = {"plain": Port(2400, "none")}
    options = ()

    def command(self):
        return ["/usr/sbin/smtp-sink", "-u", "postbox", *self.options, "-d",
                str(self.folder / "mail" / "%s."), f"127.0.0.1:{self.ports['plain'].number}",
                "100"]

    def prepare(self):
        self.folder.chmod(0o755)
        (self.folder / "mail").mkdir()
        shutil.chown(self.folder / "mail", "postbox", "postbox")

    def begin(self):
        """Each test begins it with options of its own."""

    def begin_with(self, options):
        """Starts it anew."""
        self.stop()
        self.options = options.split()
        super().begin()

    def stored(self):
        """Without the empty line that it puts behind a message."""
        found = [path.read_bytes() for path in (self.folder / "mail").glob("*")]
        return [text[:-1] for text in found if text.endswith(b"\n\n")]

