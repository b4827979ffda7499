# SPDX-License-Identifier: GPL-2.0-or-later
"""Mail servers on the same machine that keep a mail while the next server is away.

Their configuration is that of Documentation/mail-servers.rst, as far as that goes. The
next server is aiosmtpd, with STARTTLS and a login, which comes up when a test wants it to.
"""

import os
import pathlib
import re
import shutil
import textwrap

import server
import world
from aiosmtpd_server import Aiosmtpd
from postfix import ETC, INNER, SERVICE, make_queue
from server import Port, Server

MAIN = """
compatibility_level = 3.6
myhostname = bench.test
mydestination =
mynetworks_style = host
inet_protocols = ipv4
alias_maps =
maillog_file = {log}
maillog_file_prefixes = /run
smtp_host_lookup = native
smtp_tls_CAfile = {ca}
smtpd_recipient_restrictions = permit_mynetworks, reject
"""
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "Documentation/mail-servers.rst"


class Next(Aiosmtpd):
    """The site's server, or a provider's: STARTTLS, then a login."""

    name = "the next server"
    ports = {"login": Port(2810, "starttls")}
    password = "secret"


def documented(file):
    """What the document has for a file, for our next server."""
    text = DOCUMENT.read_text(encoding="utf-8")
    block = re.search(rf"``{re.escape(file)}``::\n\n((?:  .*\n)+)", text)[1]
    return (textwrap.dedent(block).replace("mail.acme.com", "localhost").replace(
        "587", str(Next.ports["login"].number)).replace("PASSWORD", Next.password))


class Relay(Server):
    """Takes every mail, and sends it on when it can."""

    def __init__(self):
        super().__init__()
        self.next = Next()

    def waiting(self):
        """How many mails it keeps."""
        raise NotImplementedError

    def send_on(self):
        """Has it try now rather than in some minutes."""

    def stored(self):
        return self.next.stored()

    def stop(self):
        self.next.stop()
        super().stop()


class PostfixRelay(Relay):
    """Postfix with a relayhost."""

    name = "Postfix as relay"
    ports = {"keeping": Port(2910, "none")}

    def prepare(self):
        words = {"log": self.folder / "maillog", "ca": server.certificates().file("ca")}
        (ETC / "main.cf").write_text(MAIN.format(**words) + documented("/etc/postfix/main.cf"),
                                     encoding="ascii")
        (ETC / "password").write_text(documented("/etc/postfix/password"), encoding="ascii")
        world.run("chmod", "600", "/etc/postfix/password")
        world.run("postmap", "/etc/postfix/password")
        (ETC / "master.cf").write_text(
            SERVICE.format(port=self.ports["keeping"].number, options="") +
            INNER + "retry unix - - n - - error\nshowq unix n - n - - showq\n", encoding="ascii")
        (ETC / "dynamicmaps.cf").write_text("", encoding="ascii")
        make_queue()

    def command(self):
        return ["/usr/lib/postfix/sbin/master", "-c", str(ETC), "-d"]

    def waiting(self):
        spool = pathlib.Path("/var/spool/postfix")
        return sum(len([path for path in (spool / name).rglob("*") if path.is_file()])
                   for name in ("incoming", "active", "deferred"))

    def send_on(self):
        world.run("postqueue", "-c", str(ETC), "-f")

    def log_file(self):
        return self.folder / "maillog"


class Nullmailer(Relay):
    """nullmailer, with its SMTP front end at a socket as systemd would start it."""

    name = "nullmailer"
    ports = {"keeping": Port(2911, "none")}

    spool = pathlib.Path("/var/spool/nullmailer")

    def prepare(self):
        etc = pathlib.Path("/etc/nullmailer")
        etc.mkdir(exist_ok=True)
        (etc / "pausetime").write_text("1\n", encoding="ascii")
        authority = server.certificates().file("ca")
        (etc / "remotes").write_text(
            documented("/etc/nullmailer/remotes").rstrip() + f" --x509cafile={authority}\n",
            encoding="ascii")
        units = [f"/etc/systemd/system/nullmailer-smtpd{kind}" for kind in (".socket", "@.service")]
        for unit in units:
            pathlib.Path(unit).write_text(documented(unit), encoding="ascii")
        world.run("systemd-analyze", "verify", "--man=no", units[0],
                  units[1].replace("@", "@1"))
        pathlib.Path("/etc/mailname").write_text("plc.acme.com\n", encoding="ascii")
        for name in "queue", "tmp", "failed":
            (self.spool / name).mkdir(parents=True, exist_ok=True)
            shutil.chown(self.spool / name, "mail", "mail")
        os.mkfifo(self.spool / "trigger")
        shutil.chown(self.spool / "trigger", "mail", "root")

    def command(self):
        return ["sh", "-c", "setpriv --reuid mail nullmailer-send & "
                f"exec systemd-socket-activate --accept --inetd "
                f"-l 127.0.0.1:{self.ports['keeping'].number} nullmailer-smtpd"]

    def waiting(self):
        return len(list((self.spool / "queue").iterdir()))


RELAYS = (PostfixRelay, Nullmailer)
