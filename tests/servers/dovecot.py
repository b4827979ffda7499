# SPDX-License-Identifier: GPL-2.0-or-later
"""Dovecot's submission service, a proxy that wants a login before any mail.

It hands each mail to another server while the client waits: aiosmtpd here.
"""

import server
from aiosmtpd_server import Aiosmtpd
from server import Port, Server

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/maillog
protocols = submission
listen = 127.0.0.1
default_login_user = dovenull
default_internal_user = dovecot
ssl = required
ssl_cert = <{good}
ssl_key = <{good_key}
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail
hostname = bench.test
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
submission_relay_trusted = no
submission_max_mail_size = {size}
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid=907 gid=907 home={folder}/mail
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
service submission-login {{
  inet_listener submission {{
    port = {login}
  }}
  inet_listener submissions {{
    port = {login_implicit}
    ssl = yes
  }}
}}
"""


class Relay(Aiosmtpd):
    """Where the mail goes."""
    name = "relay"
    ports = {"relay": Port(2901, "none")}


class Dovecot(Server):
    """With PLAIN and LOGIN within TLS."""

    name = "Dovecot submission"
    copies = False
    ports = {
        "login": Port(2902, "starttls"),
        "login implicit": Port(2903, "implicit"),
    }
    refusals = {
        "login": (535, "5.7.8"),
        "no login": (530, "5.7.0"),
    }

    def __init__(self):
        super().__init__()
        self.relay = Relay()

    def prepare(self):
        self.relay.begin()
        files = server.certificates()
        for name in "mail", "run", "state":
            (self.folder / name).mkdir()
        words = {"folder": self.folder, "good": files.file("good"),
                 "good_key": files.key("good"), "size": server.SIZE_MAX,
                 "relay": Relay.ports["relay"].number,
                 **{what.replace(" ", "_"): port.number for what, port in self.ports.items()}}
        (self.folder / "users").write_text(f"{server.USER}:{{PLAIN}}{server.PASSWORD}\n",
                                           encoding="ascii")
        (self.folder / "dovecot.conf").write_text(CONFIGURATION.format(**words),
                                                  encoding="ascii")

    def command(self):
        return ["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]

    def stored(self):
        return self.relay.stored()

    def empty(self):
        self.relay.empty()

    def stop(self):
        self.relay.stop()
        super().stop()

    def log_file(self):
        return self.folder / "maillog"
