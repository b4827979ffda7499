# SPDX-License-Identifier: GPL-2.0-or-later
"""aiosmtpd, run by Debian's Python: recorder.py FOLDER CERTIFICATES NAME=PORT…

Keeps each message as it is after de-stuffing: FOLDER/N.eml. NAME says what the
port is for; see aiosmtpd_server.py.
"""

import asyncio
import functools
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

FOLDER, CERTIFICATES = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
USER, PASSWORD, SIZE, RECIPIENTS, FORBIDDEN = sys.argv[3:8]
PORTS = dict(word.split("=") for word in sys.argv[8:])


class Handler:
    """Refuses what the tests want refused."""

    # aiosmtpd calls them so
    # pylint: disable=invalid-name,missing-function-docstring,too-many-arguments

    async def handle_MAIL(self, _server, _session, envelope, address, _options):
        if address == "blocked@acme.com":
            return "550 5.7.1 You are blocked"
        if address == "later@acme.com":
            return "451 4.7.1 Try again later"
        envelope.mail_from = address
        return "250 2.1.0 ok"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if not address.endswith("@hosteng.com"):
            return "550 5.7.1 No relay"
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user"
        if len(envelope.rcpt_tos) >= int(RECIPIENTS):
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server, _session, envelope):
        if FORBIDDEN.encode() in envelope.content:
            return "550 5.7.1 Not this"
        number = len(list(FOLDER.glob("*.eml"))) + 1
        (FOLDER / f"{number}.eml").write_bytes(envelope.content)
        return "250 2.0.0 taken"


def authenticate(_server, _session, _envelope, _mechanism, data):
    """The one login."""
    good = isinstance(data, LoginPassword) and \
        (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False, auth_data=data if good else None)


def context(name):
    """A server's side of TLS."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATES / f"{name}.pem", CERTIFICATES / f"{name}.key")
    return made


def protocol(name, certificate):
    """One conversation on a port."""
    starttls = "implicit" not in name and name not in ("plain", "relay")
    return SMTP(Handler(), hostname="bench.test", data_size_limit=int(SIZE),
                tls_context=context(certificate) if starttls else None,
                require_starttls=name == "starttls",
                authenticator=authenticate if "login" in name else None,
                auth_required="login" in name,
                auth_require_tls="implicit" not in name)


async def main():
    """Listens on all ports."""
    loop = asyncio.get_running_loop()
    for name, port in PORTS.items():
        certificate = {"expired": "expired", "other": "other"}.get(name.split("-")[0], "good")
        await loop.create_server(functools.partial(protocol, name, certificate), "127.0.0.1",
                                 int(port),
                                 ssl=context(certificate) if "implicit" in name else None)
    await asyncio.Event().wait()


asyncio.run(main())
