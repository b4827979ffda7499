# SPDX-License-Identifier: GPL-2.0-or-later
"""aiosmtpd, the server in Python, which keeps every byte: see recorder.py."""

import pathlib

import server
import world
from server import Port, Server

RECORDER = pathlib.Path(__file__).resolve().parent / "recorder.py"


class Aiosmtpd(Server):
    """Without PIPELINING, which it does not know."""

    name = "aiosmtpd"
    copies = False
    password = server.PASSWORD
    ports = {
        "plain": Port(2801, "none"),
        "starttls": Port(2802, "starttls"),
        "implicit": Port(2803, "implicit"),
        "expired": Port(2804, "starttls"),
        "other name": Port(2805, "starttls"),
        "login": Port(2806, "starttls"),
        "login implicit": Port(2807, "implicit"),
    }
    refusals = {
        "recipient": (550, "5.1.1"),
        "relay": (550, "5.7.1"),
        "sender": (550, "5.7.1"),
        "size": (552, None),
        "recipients": (452, "4.5.3"),
        "content": (550, "5.7.1"),
        "later": (451, "4.7.1"),
        "no tls": (530, None),
        "login": (535, "5.7.8"),
        "no login": (530, "5.7.0"),
    }

    def command(self):
        return ["/usr/bin/python3", str(RECORDER), str(self.folder),
                str(world.SCRATCH / "certificates"), server.USER, self.password,
                str(server.SIZE_MAX), str(server.RECIPIENTS_MAX), server.FORBIDDEN,
                *(f"{what.replace(' ', '-')}={port.number}" for what, port in self.ports.items())]

    def prepare(self):
        server.certificates()

    def stored(self):
        return [path.read_bytes() for path in self.folder.glob("*.eml")]

    def empty(self):
        for path in self.folder.glob("*.eml"):
            path.unlink()
