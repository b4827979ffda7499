# SPDX-License-Identifier: GPL-2.0-or-later
"""OpenSMTPD, without TLS: Debian 12's version cannot take part in a handshake
since OpenSSL 3 (OpenSMTPD/OpenSMTPD issue 1171). What it does instead is a test
of its own.
"""

import pathlib
import shutil

import server
from server import Maildirs, Port, Server

CONFIGURATION = """
pki good cert "{good}"
pki good key "{good_key}"
table boxes {{ {boxes} }}
table users {{ {users} }}
table blocked {{ "blocked@acme.com" }}
smtp max-message-size "{size}"
smtp limit max-rcpt {recipients}
listen on 127.0.0.1 port {plain} hostname bench.test
listen on 127.0.0.1 port {failing_starttls} hostname bench.test tls pki good
listen on 127.0.0.1 port {failing_implicit} hostname bench.test smtps pki good
action "store" maildir "{mail}/%{{rcpt.user}}" virtual <users>
match from any mail-from <blocked> for any reject
match from any for rcpt-to <boxes> action "store"
"""


class OpenSMTPD(Maildirs, Server):
    """With delivery to Maildir."""

    name = "OpenSMTPD"
    ports = {
        "plain": Port(2701, "none"),
        "failing starttls": Port(2702, "starttls"),
        "failing implicit": Port(2703, "implicit"),
    }
    refusals = {
        "recipient": (550, None),
        "relay": (550, None),
        "sender": (550, None),
        "size": (554, "5.3.4"),
        "recipients": (451, "4.5.3"),
    }

    def prepare(self):
        self.make_folder()
        files = server.certificates()
        words = {"good": files.file("good"), "good_key": files.key("good"),
                 "mail": self.mail, "size": server.SIZE_MAX,
                 "recipients": server.RECIPIENTS_MAX,
                 "boxes": ", ".join(f'"{name}"' for name in server.RECIPIENTS),
                 "users": ", ".join(f'"{name}" = "postbox"' for name in server.RECIPIENTS),
                 **{what.replace(" ", "_"): port.number for what, port in self.ports.items()}}
        (self.folder / "smtpd.conf").write_text(CONFIGURATION.format(**words), encoding="ascii")
        spool = pathlib.Path("/var/spool/smtpd")
        shutil.rmtree(spool, ignore_errors=True)
        spool.mkdir(0o711)
        pathlib.Path("/var/lib/opensmtpd/empty").mkdir(parents=True, exist_ok=True)
        pathlib.Path("/run/smtpd").mkdir(exist_ok=True)

    def command(self):
        return ["/usr/sbin/smtpd", "-d", "-f", str(self.folder / "smtpd.conf")]
