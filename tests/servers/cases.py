# SPDX-License-Identifier: GPL-2.0-or-later
"""What is tried with each server, and which of it applies to which."""

import collections
import json
import pathlib
import re
import subprocess
import time

import server as servers
from aiosmtpd_server import Aiosmtpd
from dovecot import Dovecot
from exim import Exim
from opensmtpd import OpenSMTPD
from postfix import Postfix
from relays import RELAYS
from smtp_sink import FAULTS, TEXT, Sink

CONTROL = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "ecemailctl"
SENDER = "plc@acme.com"
MARK, JOE, EVE = servers.RECIPIENTS

# Dots, what a mailbox would quote, what a careless server would cut short
BODY = "Shift # 3\n.\n..\n. .\nFrom here\n>From there\n\n\tindented \n.end"

MESSAGE = re.compile(
    rb"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\n"
    rb"From: Machine A-42F <plc@acme\.com>\n"
    rb"(?:Subject: (?P<subject>[^\n]*(?:\n[\t ][^\n]*)*)\n)?"
    rb"To: (?P<to>[^\n]*(?:\n[\t ][^\n]*)*)\n"
    rb"Message-Id: <(?P<id>[^<>@\s]+@[^<>@\s]+)>\n"
    rb"Auto-Submitted: auto-generated\n"
    rb"MIME-Version: 1\.0\n"
    rb"Content-Type: text/plain; charset=(?P<charset>us-ascii|utf-8)\n"
    rb"Content-Transfer-Encoding: (?:7bit|quoted-printable)\n"
    rb"\n(?P<body>.*)", re.DOTALL)

Case = collections.namedtuple("Case", ["name", "run", "port", "refusal"])
CASES = []


def case(name, port="plain", refusal=None):
    """Makes a test of a function of server, port and refusal; for servers that have both."""
    def add(function):
        def run(server):
            function(server, *([port] if port else []), *([refusal] if refusal else []))
        CASES.append(Case(name, run, port, refusal))
        return function
    return add


def submit(server, port, *options, to=MARK, sender=SENDER, subject="Widget Report", body=BODY,
           ca="ca", tls=None):
    """Runs ecemailctl submit; returns its objects and exit status."""
    url, own_tls = server.port(port)
    words = [CONTROL, "submit", "--server", url, "--from", sender, "--name", "Machine A-42F",
             "--to", to, "--subject", subject, "--body", body, "--timeout", "15",
             "--helo", "plc.acme.com", "--json", *options]
    tls = tls or own_tls
    if tls == "starttls":
        words += ["--tls", tls]
    if tls != "none":
        words += ["--ca", servers.certificates().file(ca)]
    answer = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False)
    assert answer.returncode in (0, 1), answer
    return [json.loads(line) for line in answer.stdout.splitlines()], answer.returncode


def one(server, port, *options, **more):
    """Submits one mail; returns its object, with the exit status checked."""
    (outcome,), status = submit(server, port, *options, **more)
    assert status == (outcome["status"] != 0), (status, outcome)
    return outcome


def expect(outcome, status, state, sent, **more):
    """The outcome is this one."""
    wanted = {"status": status, "state": state, "sent": sent, **more}
    seen = {key: outcome[key] for key in wanted}
    assert seen == wanted, f"wanted {wanted}, got {outcome}"


def expect_refused(outcome, state, reply, sent="no", detail=0):
    """The server's reply is the status."""
    code, enhanced = reply
    expect(outcome, code, state, sent, reply=code, enhanced=enhanced, detail=detail)
    assert outcome["text"].startswith(str(code)), outcome


def expect_success(outcome):
    """Sent, and the server's words say so."""
    expect(outcome, 0, 8, "yes", reply=250, detail=0)


def parse(raw):
    """A stored message, which must be ours to the byte after the lines of delivery."""
    text = raw.replace(b"\r\n", b"\n")
    begin = re.search(rb"^Date: ", text, re.MULTILINE)
    found = begin and MESSAGE.fullmatch(text[begin.start():])
    assert found, f"not as it was composed: {raw!r}"
    return found


def stored(server, wanted):
    """The messages in store, which must become and stay so many."""
    servers.poll(lambda: len(server.stored()) >= wanted, 5)
    time.sleep(0.1)
    found = [parse(raw) for raw in server.stored()]
    assert len(found) == wanted, f"{len(found)} messages in store instead of {wanted}"
    return found


@case("plain")
@case("without PIPELINING", "sequential")
@case("bare EHLO", "helo")
@case("STARTTLS", "starttls")
@case("implicit TLS", "implicit")
def sent(server, port):
    """One mail, byte by byte."""
    expect_success(one(server, port))
    message, = stored(server, 1)
    assert message["body"] == BODY.encode() + b"\n", message["body"]
    assert message["subject"] == b"Widget Report" and message["to"] == MARK.encode()


@case("UTF-8")
def sent_utf8(server, port):
    """Encoded words and quoted-printable."""
    expect_success(one(server, port, subject="Tür 3 auf", body="Überdruck = 3 °"))
    message, = stored(server, 1)
    assert message["subject"].startswith(b"=?UTF-8?"), message["subject"]
    assert message["body"] == b"=C3=9Cberdruck =3D 3 =C2=B0\n", message["body"]


@case("20 mails on 3 kept sessions")
@case("20 mails on 3 kept sessions, without PIPELINING", "sequential")
@case("20 mails on 3 kept sessions, STARTTLS", "starttls")
def sent_many(server, port):
    """Each once, each with an id of its own."""
    (*outcomes, total), status = submit(server, port, "--count", "20", "--sessions", "3")
    assert status == 0 and total["succeeded"] == 20, total
    for outcome in outcomes:
        expect_success(outcome)
    assert len({message["id"] for message in stored(server, 20)}) == 20


@case("20 mails, a connection each")
@case("20 mails, a connection each, without PIPELINING", "sequential")
@case("20 mails, a connection each, STARTTLS", "starttls")
def sent_afresh(server, port):
    """QUIT along with the end of data, where there is PIPELINING, disturbs no server."""
    (*outcomes, total), status = submit(server, port, "--count", "20", "--sessions", "3",
                                        "--fresh")
    assert status == 0 and total["succeeded"] == 20, total
    for outcome in outcomes:
        expect_success(outcome)
    assert len({message["id"] for message in stored(server, 20)}) == 20


@case("recipient refused", refusal="recipient")
@case("recipient refused, without PIPELINING", "sequential", "recipient")
def recipient_refused(server, port, refusal):
    """The only recipient: nothing goes out."""
    outcome = one(server, port, to=servers.UNKNOWN)
    expect_refused(outcome, 4, server.refusals[refusal])
    stored(server, 0)


@case("relay refused", refusal="relay")
def relay_refused(server, port, refusal):
    """A domain that is not the server's."""
    outcome = one(server, port, to="someone@elsewhere.example")
    expect_refused(outcome, 4, server.refusals[refusal])
    stored(server, 0)


@case("one of two recipients refused", refusal="recipient")
@case("one of two recipients refused, without PIPELINING", "sequential", "recipient")
def partly(server, port, refusal):
    """The other one gets it."""
    outcome = one(server, port, to=f"{servers.UNKNOWN}, {MARK}")
    expect_refused(outcome, 4, server.refusals[refusal], sent="partly", detail=60)
    assert [entry["reply"] for entry in outcome["recipients"]] == \
        [server.refusals[refusal][0], 250], outcome
    stored(server, 1)


@case("mail after a refused one on the same session", refusal="recipient")
def after_refusal(server, port, refusal):
    """RSET leaves the session good: the refusals do not hit those after them."""
    (*outcomes, _), status = submit(server, port, "--count", "6", to=servers.UNKNOWN)
    assert status == 1
    for outcome in outcomes:
        expect_refused(outcome, 4, server.refusals[refusal])
    stored(server, 0)


@case("sender refused", refusal="sender")
@case("sender refused, without PIPELINING", "sequential", "sender")
def sender_refused(server, port, refusal):
    """At MAIL, or at RCPT where the server waits with it, then with MAIL's state."""
    outcome = one(server, port, sender=servers.BLOCKED_SENDER)
    state = 3 if outcome["state"] == 3 else 4
    expect_refused(outcome, state, server.refusals[refusal])
    stored(server, 0)


@case("later", refusal="later")
def later(server, port, refusal):
    """A transient refusal is reported at once."""
    outcome = one(server, port, sender="later@acme.com")
    assert outcome["state"] in (3, 4), outcome
    expect_refused(outcome, outcome["state"], server.refusals[refusal])
    stored(server, 0)


@case("too large", refusal="size")
@case("too large, without PIPELINING", "sequential", "size")
def too_large(server, port, refusal):
    """Refused at the end of data, or while the text is on its way."""
    outcome = one(server, port, body="0123456789 " * (2 * servers.SIZE_MAX // 11))
    assert outcome["state"] in (6, 7, 8), outcome
    expect_refused(outcome, outcome["state"], server.refusals[refusal])
    stored(server, 0)


@case("too many recipients", refusal="recipients")
def too_many_recipients(server, port, refusal):
    """The first ones get it."""
    outcome = one(server, port, to=", ".join(servers.RECIPIENTS))
    expect_refused(outcome, 4, server.refusals[refusal], sent="partly", detail=60)
    assert [entry["reply"] for entry in outcome["recipients"]] == \
        [250, 250, server.refusals[refusal][0]], outcome
    stored(server, 2 if server.copies else 1)


@case("content refused", refusal="content")
def content_refused(server, port, refusal):
    """After the end of data: nobody got it, and that is known."""
    outcome = one(server, port, body=f"{servers.FORBIDDEN}\n")
    expect_refused(outcome, 8, server.refusals[refusal])
    stored(server, 0)


@case("TLS demanded by the server", "starttls", "no tls")
def tls_demanded(server, port, refusal):
    """A setup without TLS, a server that wants it."""
    outcome = one(server, port, tls="none")
    expect_refused(outcome, 3, server.refusals[refusal])
    stored(server, 0)


@case("TLS wanted, not offered")
def tls_not_offered(server, port):
    """Never in clear."""
    expect(one(server, port, tls="starttls"), 24, 2, "no", detail=30)
    stored(server, 0)


@case("handshake fails", "failing starttls")
@case("handshake fails, implicit TLS", "failing implicit")
def handshake_fails(server, port):
    """24, 31: a server that offers TLS but cannot do it."""
    expect(one(server, port), 24, 2, "no", detail=31)
    stored(server, 0)


@case("certificate expired", "expired")
def expired(server, port):
    """24, 32."""
    expect(one(server, port), 24, 2, "no", detail=32)
    stored(server, 0)


@case("certificate for another name", "other name")
def other_name(server, port):
    """24, 34."""
    expect(one(server, port), 24, 2, "no", detail=34)
    stored(server, 0)


@case("certificate of a stranger", "starttls")
@case("certificate of a stranger, implicit TLS", "implicit")
def untrusted(server, port):
    """24, 35."""
    expect(one(server, port, ca="stranger"), 24, 2, "no", detail=35)
    stored(server, 0)


@case("key is not the pinned one", "implicit")
def pinned(server, port):
    """24, 36: the certificate is good, but not enough."""
    expect(one(server, port, "--pin", f"sha256//{'A' * 43}="), 24, 2, "no", detail=36)
    stored(server, 0)


def login(password=servers.PASSWORD, user=servers.USER):
    """The options of a login."""
    path = pathlib.Path("/run/ecemail-servers/password")
    path.write_text(f"{password}\n", encoding="utf-8")
    return "--user", user, "--password-file", str(path)


@case("login", "login")
@case("login, implicit TLS", "login implicit")
@case("login, mechanism LOGIN", "login by LOGIN")
@case("login, mechanism CRAM-MD5", "login by CRAM-MD5")
def logged_in(server, port):
    """AUTH, then the mail."""
    expect_success(one(server, port, *login()))
    stored(server, 1)


@case("wrong password", "login", "login")
@case("wrong password, implicit TLS", "login implicit", "login")
@case("wrong password, mechanism LOGIN", "login by LOGIN", "login")
@case("wrong password, mechanism CRAM-MD5", "login by CRAM-MD5", "login")
def wrong_password(server, port, refusal):
    """535, and nothing else is tried."""
    outcome = one(server, port, *login("wrong"))
    expect_refused(outcome, 2, server.refusals[refusal], detail=43)
    stored(server, 0)


@case("login demanded by the server", "login", "no login")
def login_demanded(server, port, refusal):
    """A setup without a login, a server that wants one."""
    outcome = one(server, port)
    assert outcome["state"] in (3, 4), outcome
    expect_refused(outcome, outcome["state"], server.refusals[refusal])
    stored(server, 0)


@case("login wanted, not offered", "without login")
def login_not_offered(server, port):
    """Never without it."""
    expect(one(server, port, *login()), 24, 2, "no", detail=40)
    stored(server, 0)


@case("kept while the next server is away", "keeping")
def kept(server, port):
    """The PLC's Success is that the mail is kept; it arrives once, when it can."""
    expect_success(one(server, port))
    assert server.waiting() == 1, server.waiting()
    server.send_on()
    time.sleep(1.5)
    assert server.waiting() == 1 and not server.stored()
    server.next.begin()
    server.send_on()
    (message,) = stored(server, 1)
    assert message["body"].decode() == BODY + "\n", message["body"]
    assert servers.poll(lambda: server.waiting() == 0, 5), server.waiting()


def fault(options, status, state, sent_to, detail, messages):
    """A test of smtp-sink with these options."""
    def run(server):
        server.begin_with(options)
        more = ("--timeout", "1") if "-w" in options.lower() else ()
        outcome = one(server, "plain", *more)
        reached = outcome["state"] if state == TEXT and outcome["state"] in TEXT else state
        if isinstance(status, tuple):
            expect_refused(outcome, reached, status, sent_to, detail)
        else:
            expect(outcome, status, reached, sent_to, detail=detail)
        stored(server, messages)
    return Case(options or "no fault", run, "plain", None)


def cases_of(server):
    """Those that apply to it."""
    if isinstance(server, Sink):
        return [fault(*row) for row in FAULTS]
    return [test for test in CASES if test.port in server.ports and
            (not test.refusal or test.refusal in server.refusals)]


def chosen(words):
    """The servers with their tests whose name contains one of the words."""
    found = []
    for make in (Postfix, Exim, OpenSMTPD, Dovecot, Aiosmtpd, Sink, *RELAYS):
        server = make()
        tests = [test for test in cases_of(server)
                 if not words or any(word.lower() in f"{server.name}: {test.name}".lower()
                                     for word in words)]
        if tests:
            found.append((server, tests))
    return found
