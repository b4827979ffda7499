# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's control connections."""

import json
import os
import re
import socket
import time

from vm_image import Failure


class Qmp:
    """One connection, for a single thread."""

    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(os.fspath(path))
        self.file = self.socket.makefile("rwb", buffering=0)
        self.buffer = b""
        self.events = []
        self._message()
        self.command("qmp_capabilities")

    def close(self):
        self.file.close()
        self.socket.close()

    def _message(self):
        while b"\n" not in self.buffer:
            data = self.file.read(65536)
            if not data:
                raise ConnectionError("QEMU closed its control connection")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def command(self, name, **arguments):
        """Carries out a command and returns its result. Events that come
        meanwhile are kept in self.events."""
        self.file.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        return self._answer(name, arguments)

    def _answer(self, name, arguments):
        while True:
            message = self._message()
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise Failure(f"QEMU refused {name} {arguments}: {message['error']['desc']}")
            else:
                return message["return"]

    def getfd(self, descriptor, name):
        """Gives QEMU a file descriptor."""
        message = {"execute": "getfd", "arguments": {"fdname": name}}
        socket.send_fds(self.socket, [json.dumps(message).encode() + b"\n"], [descriptor])
        self._answer("getfd", name)

    def next_events(self):
        """The events that have come, after self.socket became readable."""
        while True:
            self.events.append(self._message())
            if b"\n" not in self.buffer:
                events, self.events = self.events, []
                return events

    def wait_event(self, name, timeout=30):
        """Waits for an event with that name and returns its data."""
        deadline = time.monotonic() + timeout
        while True:
            while self.events:
                event = self.events.pop(0)
                if event["event"] == name:
                    return event.get("data", {})
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                self.events.append(self._message())
            except TimeoutError:
                raise Failure(f"QEMU did not report {name} within {timeout} s", 124) from None


def forget_translations(path, timeout=30):
    """Has QEMU drop all the code that it has translated, as it does when a debugger, here at
    its socket, has the guest take a single step. After a reset the guest fills the memory that
    code was translated from; as long as the translations are kept, each such write is so slow
    that booting takes three times as long as at first."""
    with socket.socket(socket.AF_UNIX) as debugger:
        debugger.settimeout(timeout)
        debugger.connect(os.fspath(path))
        for packet, answer in (b"+", b"$T02"), (b"$s#73", b"$T05"), (b"+$D#44", b"$OK"):
            debugger.sendall(packet)
            said = b""
            while not re.search(rb"#[0-9a-f]{2}", said):
                if not (data := debugger.recv(4096)):
                    raise ConnectionError("QEMU closed its debugger's connection")
                said += data
            if answer not in said:
                raise Failure(f"QEMU answered a debugger's {packet!r} with {said!r}")
        debugger.sendall(b"+")
