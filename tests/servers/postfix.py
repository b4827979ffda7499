# SPDX-License-Identifier: GPL-2.0-or-later
"""Postfix."""

import pathlib
import shutil

import server
from dovecot import Dovecot
from server import Maildirs, Port, Server

ETC = pathlib.Path("/etc/postfix")

MAIN = """
compatibility_level = 3.6
myhostname = bench.test
mydestination =
mynetworks_style = host
inet_protocols = ipv4
alias_maps =
maillog_file = {log}
maillog_file_prefixes = /run
virtual_mailbox_domains = hosteng.com
virtual_mailbox_base = {mail}
virtual_mailbox_maps = inline:{{ {boxes} }}
virtual_uid_maps = static:907
virtual_gid_maps = static:907
message_size_limit = {size}
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_recipient_limit = {recipients}
smtpd_recipient_overshoot_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_error_sleep_time = 0
smtpd_peername_lookup = no
smtpd_sender_restrictions = check_sender_access inline:{{ {{blocked@acme.com = REJECT}}
    {{later@acme.com = DEFER}} }}
smtpd_data_restrictions = reject_unauth_pipelining
smtpd_forbid_unauth_pipelining = yes
smtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient
body_checks = regexp:/etc/postfix/body_checks
smtpd_tls_cert_file = {good}
smtpd_tls_key_file = {good_key}
smtpd_tls_CAfile = {ca}
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
"""

SERVICE = "127.0.0.1:{port} inet n - n - - smtpd\n{options}"

INNER = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
smtp unix - - n - - smtp
error unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""


def make_queue():
    """What Debian's post-install makes."""
    spool = pathlib.Path("/var/spool/postfix")
    shutil.rmtree(spool, ignore_errors=True)
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
                 "private", "saved", "trace", "public", "maildrop"):
        (spool / name).mkdir(0o700, parents=True)
        shutil.chown(spool / name, "postfix", "postdrop")
    (spool / "public").chmod(0o710)
    (spool / "maildrop").chmod(0o1730)
    (spool / "pid").mkdir()
    state = pathlib.Path("/var/lib/postfix")
    state.mkdir(exist_ok=True)
    shutil.chown(state, "postfix", "postfix")


LOGIN = ["smtpd_sasl_auth_enable=yes", "smtpd_sender_restrictions=permit_sasl_authenticated,reject"]


class Logins(Dovecot):
    """Who knows the passwords."""

    name = "Postfix's Dovecot"
    ports = {what: Port(port.number + 2, port.tls) for what, port in Dovecot.ports.items()}


class Postfix(Maildirs, Server):
    """With its virtual(8) delivery to Maildir, and Dovecot's for logins."""

    name = "Postfix"
    ports = {
        "plain": Port(2501, "none"),
        "sequential": Port(2502, "none"),
        "helo": Port(2503, "none"),
        "starttls": Port(2504, "starttls"),
        "implicit": Port(2505, "implicit"),
        "expired": Port(2506, "starttls"),
        "other name": Port(2507, "implicit"),
        "login": Port(2508, "starttls"),
        "login implicit": Port(2509, "implicit"),
        "without login": Port(2504, "starttls"),
    }
    options = {
        "sequential": ["smtpd_discard_ehlo_keywords=pipelining"],
        "helo": ["smtpd_discard_ehlo_keywords=pipelining,size,enhancedstatuscodes,8bitmime"],
        "starttls": ["smtpd_tls_security_level=encrypt"],
        "implicit": ["smtpd_tls_wrappermode=yes"],
        "expired": ["smtpd_tls_security_level=may", "smtpd_tls_cert_file={expired}",
                    "smtpd_tls_key_file={expired_key}"],
        "other name": ["smtpd_tls_wrappermode=yes", "smtpd_tls_cert_file={other}",
                       "smtpd_tls_key_file={other_key}"],
        "login": ["smtpd_tls_security_level=may", *LOGIN],
        "login implicit": ["smtpd_tls_wrappermode=yes", *LOGIN],
    }
    refusals = {
        "recipient": (550, "5.1.1"),
        "relay": (554, "5.7.1"),
        "sender": (554, "5.7.1"),
        "size": (552, "5.3.4"),
        "recipients": (452, "4.5.3"),
        "content": (550, "5.7.1"),
        "later": (450, "4.7.1"),
        "no tls": (530, "5.7.0"),
        "login": (535, "5.7.8"),
        "no login": (554, "5.7.1"),
    }

    def __init__(self):
        super().__init__()
        self.logins = Logins()

    def words(self):
        """What the configuration is filled in with."""
        names = {"log": self.folder / "maillog", "auth": self.logins.folder / "auth", "size": server.SIZE_MAX,
                 "recipients": server.RECIPIENTS_MAX, "mail": self.mail,
                 "boxes": " ".join(f"{{ {name} = {name.split('@')[0]}/ }}"
                                   for name in server.RECIPIENTS)}
        files = server.certificates()
        for name in "ca", "good", "expired", "other":
            names[name] = files.file(name)
            names[f"{name}_key"] = files.key(name)
        return names

    def service(self, what, words):
        """The lines of master.cf for one port."""
        options = [f"    -o {option.format(**words)}\n" for option in self.options.get(what, ())]
        return SERVICE.format(port=self.ports[what].number, options="".join(options))

    def prepare(self):
        self.make_folder()
        self.logins.begin()
        words = self.words()
        (ETC / "main.cf").write_text(MAIN.format(**words), encoding="ascii")
        (ETC / "master.cf").write_text(
            "".join(self.service(what, words) for what in self.ports if what != "without login") +
            INNER, encoding="ascii")
        (ETC / "body_checks").write_text(f"/^{server.FORBIDDEN}/ REJECT\n", encoding="ascii")
        (ETC / "dynamicmaps.cf").write_text("", encoding="ascii")
        make_queue()

    def command(self):
        return ["/usr/lib/postfix/sbin/master", "-c", str(ETC), "-d"]

    def stop(self):
        self.logins.stop()
        super().stop()

    def log_file(self):
        return self.folder / "maillog"
