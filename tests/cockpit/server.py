# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the guest: an SMTP server at port 2525 that refuses every recipient.

server.py WORDS

WORDS is its answer to RCPT. It takes one client after the other.
"""
import os
import socket
import sys

WORDS = sys.argv[1].encode()
ANSWERS = {b"EHLO": b"250 server.ecemail.test", b"HELO": b"250 server.ecemail.test",
           b"RCPT": WORDS, b"QUIT": b"221 bye"}


def ready():
    """Tells systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])


def converse(client):
    """Answers until it leaves."""
    with client, client.makefile("rwb", buffering=0) as file:
        file.write(b"220 server.ecemail.test ESMTP\r\n")
        while line := file.readline():
            verb = line.strip().split(b" ")[0].upper()
            file.write(ANSWERS.get(verb, b"503 no recipient" if verb == b"DATA" else b"250 ok")
                       + b"\r\n")
            if verb == b"QUIT":
                return


with socket.create_server(("127.0.0.1", 2525)) as server:
    ready()
    while True:
        try:
            converse(server.accept()[0])
        except OSError:
            pass
