# SPDX-License-Identifier: GPL-2.0-or-later
"""Exim, in Debian's light build, with GnuTLS and logins of its own."""

import pathlib
import shutil

import server
from server import Maildirs, Port, Server

CONFIGURATION = """
primary_hostname = bench.test
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/pid
keep_environment =
never_users =
host_lookup =
rfc1413_query_timeout = 0s
disable_ipv6 = yes
local_interfaces = 127.0.0.1
daemon_smtp_ports = {ports}
tls_on_connect_ports = {implicit}
tls_advertise_hosts = ${{if inlist{{$received_port}}{{{starttls}}}{{*}}}}
tls_certificate = ${{if eq{{$received_port}}{{{expired_port}}}{{{expired}}}{{\\
    ${{if eq{{$received_port}}{{{other_port}}}{{{other}}}{{{good}}}}}}}}}
tls_privatekey = ${{if eq{{$received_port}}{{{expired_port}}}{{{expired_key}}}{{\\
    ${{if eq{{$received_port}}{{{other_port}}}{{{other_key}}}{{{good_key}}}}}}}}}
pipelining_advertise_hosts = ${{if eq{{$received_port}}{{{sequential}}}{{}}{{*}}}}
auth_advertise_hosts = ${{if inlist{{$received_port}}{{{login}}}{{*}}}}
smtp_enforce_sync = yes
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
smtp_return_error_details = yes
message_size_limit = {size}
recipients_max = {recipients}
domainlist local_domains = hosteng.com
acl_smtp_mail = check_mail
acl_smtp_rcpt = check_rcpt
acl_smtp_data = check_data

begin acl
check_mail:
  deny condition = ${{if eq{{$received_port}}{{{starttls_port}}}}}
       !encrypted = *
       message = 5.7.0 Use STARTTLS first
  deny senders = blocked@acme.com
       message = 5.7.1 You are blocked
  defer senders = later@acme.com
       message = 4.7.1 Try again later
  deny condition = ${{if inlist{{$received_port}}{{{login}}}}}
       !authenticated = *
       message = 5.7.0 Log in first
  accept
check_rcpt:
  deny !domains = +local_domains
       message = 5.7.1 No relay
  require message = 5.1.1 No such user
       verify = recipient
  accept
check_data:
  deny condition = ${{if match{{$message_body}}{{{forbidden}}}}}
       message = 5.7.1 Not this
  accept

begin routers
boxes:
  driver = accept
  domains = +local_domains
  local_parts = {boxes}
  transport = box

begin transports
box:
  driver = appendfile
  maildir_format
  directory = {mail}/$local_part_data
  create_directory
  user = postbox
  group = postbox

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if !inlist{{$received_port}}{{{by_login} : {by_cram}}}}}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if and{{{{eq{{$auth1}}{{{user}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
  server_advertise_condition = ${{if !eq{{$received_port}}{{{by_cram}}}}}
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${{if eq{{$auth1}}{{{user}}}{{{password}}}fail}}
  server_set_id = $auth1
  server_advertise_condition = ${{if eq{{$received_port}}{{{by_cram}}}}}
"""


class Exim(Maildirs, Server):
    """With a Maildir for each recipient."""

    name = "Exim"
    ports = {
        "plain": Port(2601, "none"),
        "sequential": Port(2602, "none"),
        "starttls": Port(2603, "starttls"),
        "implicit": Port(2604, "implicit"),
        "expired": Port(2605, "implicit"),
        "other name": Port(2606, "starttls"),
        "login": Port(2607, "starttls"),
        "login implicit": Port(2608, "implicit"),
        "login by LOGIN": Port(2609, "starttls"),
        "login by CRAM-MD5": Port(2610, "starttls"),
        "without login": Port(2603, "starttls"),
    }
    refusals = {
        "recipient": (550, "5.1.1"),
        "relay": (550, "5.7.1"),
        "sender": (550, "5.7.1"),
        "size": (552, None),
        "recipients": (452, None),
        "content": (550, "5.7.1"),
        "later": (451, "4.7.1"),
        "no tls": (550, "5.7.0"),
        "login": (535, None),
        "no login": (550, "5.7.0"),
    }

    def numbers(self, *wanted):
        """A list of ports as Exim writes it."""
        numbers = {str(self.ports[what].number): None for what in wanted or self.ports}
        return " : ".join(numbers)

    def prepare(self):
        self.make_folder()
        for name in "log", "spool":
            (self.folder / name).mkdir()
            shutil.chown(self.folder / name, "Debian-exim", "Debian-exim")
        files = server.certificates()
        words = {"folder": self.folder, "mail": self.mail, "size": server.SIZE_MAX,
                 "recipients": server.RECIPIENTS_MAX, "forbidden": server.FORBIDDEN,
                 "user": server.USER, "password": quote(server.PASSWORD),
                 "boxes": " : ".join(name.split("@")[0] for name in server.RECIPIENTS),
                 "ports": self.numbers(), "sequential": self.numbers("sequential"),
                 "implicit": self.numbers(*(what for what, port in self.ports.items()
                                            if port.tls == "implicit")),
                 "starttls": self.numbers(*(what for what, port in self.ports.items()
                                            if port.tls != "none")),
                 "starttls_port": self.numbers("starttls"),
                 "expired_port": self.numbers("expired"), "other_port": self.numbers("other name"),
                 "login": self.numbers(*(what for what in self.ports
                                         if what.startswith("login"))),
                 "by_login": self.numbers("login by LOGIN"),
                 "by_cram": self.numbers("login by CRAM-MD5")}
        for name in "good", "expired", "other":
            words[name] = files.file(name)
            words[f"{name}_key"] = files.key(name)
        # Another file's name on the command line costs it root's rights
        pathlib.Path("/etc/exim4").mkdir(exist_ok=True)
        pathlib.Path("/etc/exim4/exim4.conf").write_text(CONFIGURATION.format(**words), encoding="ascii")

    def command(self):
        return ["/usr/sbin/exim4", "-bdf", "-q1m"]

    def log_file(self):
        return self.folder / "log" / "mainlog"


def quote(text):
    """As a string within an expansion."""
    return "".join(f"\\{character}" if character in "\\${}" else character for character in text)
