# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the guest: an SMTP server that hangs in its first conversation.

hanging-server.py PORT STATE FOLDER

STATE is where the first conversation hangs: "connect", "greeting", "EHLO",
"MAIL", "RCPT", "DATA" or "dot". "connect" hangs before there is one: nobody
takes connections from the full queue, so that TCP gets no answer. It then keeps the connection open without a word until there is
a file FOLDER/go, and goes on as if nothing had been. Later ones are served.
With "recipient" each hangs that is for such a one: rcpt@… at RCPT, dot@… at the
dot.
FOLDER gets a file for each message of which the end of data has come: N.eml,
and "hung" once a conversation hangs, with a line for each.
"""
import contextlib
import pathlib
import select
import socket
import socketserver
import sys
import time

PORT, STATE, FOLDER = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
conversations = []


class Conversation(socketserver.StreamRequestHandler):
    """One client."""

    def handle(self):
        """Answers until QUIT, or hangs."""
        conversations.append(self)
        self.recipient = ""
        with contextlib.suppress(OSError):
            self.converse()

    def converse(self):
        """To its end."""
        self.say("greeting", "220 hanging.ecemail.test ESMTP")
        while line := self.rfile.readline():
            verb = line.strip().split(b" ")[0].upper()
            if verb in (b"EHLO", b"HELO"):
                self.say("EHLO", "250 hanging.ecemail.test")
            elif verb == b"RCPT":
                self.recipient = line.decode(errors="replace").partition("<")[2]
                self.say("RCPT", "250 2.0.0 ok")
            elif verb == b"DATA":
                self.say("DATA", "354 go on")
                self.take_message()
                self.say("dot", "250 2.0.0 taken")
            elif verb == b"QUIT":
                self.say("QUIT", "221 bye")
                return
            else:
                self.say(verb.decode(), "250 2.0.0 ok")

    def take_message(self):
        """Reads up to the end of data and keeps it."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if line:
            number = len(list(FOLDER.glob("*.eml"))) + 1
            (FOLDER / f"{number}.eml").write_bytes(b"".join(lines))

    def hangs_at(self, state):
        """Whether this is where to hang."""
        if STATE == "recipient":
            return self.recipient.startswith({"RCPT": "rcpt@", "dot": "dot@"}.get(state, "-"))
        return state == STATE and conversations[0] is self

    def say(self, state, text):
        """Answers, unless this is where to hang."""
        if self.hangs_at(state):
            with open(FOLDER / "hung", "a", encoding="utf-8") as file:
                print(state, file=file)
            self.hang()
        self.wfile.write(text.encode() + b"\r\n")

    def hang(self):
        """Until it is let go, or the client has gone."""
        while not (FOLDER / "go").exists():
            ready, _, _ = select.select([self.connection], [], [], 0.1)
            if ready and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionError


class Server(socketserver.ThreadingTCPServer):
    """Serves clients side by side."""

    allow_reuse_address = True
    daemon_threads = True


def unanswered():
    """How many connections to the port wait for TCP's answer."""
    lines = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    remote_and_state = [line.split()[2:4] for line in lines]
    return remote_and_state.count([f"0100007F:{PORT:04X}", "02"])


def leave_unanswered():
    """With the queue full, until it is let go."""
    with contextlib.ExitStack() as queue:
        while not unanswered():
            client = queue.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", PORT))
        client.close()
        (FOLDER / "listens").touch()
        while not (FOLDER / "go").exists():
            if unanswered():
                (FOLDER / "hung").touch()
            time.sleep(0.1)


FOLDER.mkdir(parents=True, exist_ok=True)
Server.request_queue_size = 0 if STATE == "connect" else 16
with Server(("127.0.0.1", PORT), Conversation) as server:
    if STATE == "connect":
        leave_unanswered()
    (FOLDER / "listens").touch()
    server.serve_forever()
