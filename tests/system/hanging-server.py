# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the guest: an SMTP server that hangs in its first conversation.

hanging-server.py PORT STATE FOLDER

STATE is where the first conversation hangs: "greeting", "EHLO", "MAIL", "RCPT",
"DATA" or "dot". It then keeps the connection open without a word until there is
a file FOLDER/go, and goes on as if nothing had been. Later ones are served.
FOLDER gets a file for each message of which the end of data has come: N.eml,
and "hung" once the first conversation hangs.
"""
import contextlib
import pathlib
import select
import socket
import socketserver
import sys

PORT, STATE, FOLDER = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
conversations = []


class Conversation(socketserver.StreamRequestHandler):
    """One client."""

    def handle(self):
        """Answers until QUIT, or hangs."""
        conversations.append(self)
        self.hangs = conversations[0] is self
        with contextlib.suppress(OSError):
            self.converse()

    def converse(self):
        """To its end."""
        self.say("greeting", "220 hanging.ecemail.test ESMTP")
        while line := self.rfile.readline():
            verb = line.strip().split(b" ")[0].upper()
            if verb in (b"EHLO", b"HELO"):
                self.say("EHLO", "250 hanging.ecemail.test")
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

    def say(self, state, text):
        """Answers, unless this is where to hang."""
        if self.hangs and state == STATE:
            (FOLDER / "hung").touch()
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


FOLDER.mkdir(parents=True, exist_ok=True)
with Server(("127.0.0.1", PORT), Conversation) as server:
    (FOLDER / "listens").touch()
    server.serve_forever()
