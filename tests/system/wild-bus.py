# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the guest, as somebody who may nothing: calls ecemaild by the system bus
with whatever comes to mind.

wild-bus.py COUNT SEED WORD…

Makes COUNT calls: real methods, properties and paths, with arguments of the right
types or of any, and now and then some that are none. Listens to all signals, too.
Fails if an answer or a signal has one of the WORDs, if a call succeeds that is for
the group, or if ecemaild does not answer. Prints how many calls ended how, as JSON.

The bus's own protocol is spelled out here, since it must be possible to say what
no library would let one say.
"""
import collections
import json
import os
import random
import socket
import struct
import sys

COUNT, SEED, WORDS = int(sys.argv[1]), int(sys.argv[2]), [w.encode() for w in sys.argv[3:]]
chance = random.Random(SEED)

NAME = "org.ecemail1"
SLOT = "/org/ecemail1/card/0/slot/1"
PROPERTIES = "org.freedesktop.DBus.Properties"

# Interface, method, signature, and whether everybody may call it
METHODS = [
    ("org.ecemail1.Slot", "GetSetup", "", False),
    ("org.ecemail1.Slot", "SetSetup", "sa{ss}as", False),
    ("org.ecemail1.Slot", "RestoreSetup", "", False),
    ("org.ecemail1.Slot", "SendTestMail", "sss", False),
    ("org.ecemail1.Slot", "ListRequests", "", False),
    ("org.ecemail1.Slot", "GetHistory", "u", False),
    ("org.ecemail1.Slot", "DescribeRequests", "u", False),
    ("org.ecemail1.Slot", "SetTrace", "b", False),
    ("org.ecemail1.Slot", "WatchTrace", "b", False),
    ("org.ecemail1.Slot", "GetRegisters", "qqq", False),
    ("org.ecemail1.Slot", "SetRegisters", "qqaq", False),
    ("org.ecemail1.Slot", "GetFrames", "", False),
    ("org.ecemail1.Manager", "ExportSetup", "", False),
    ("org.ecemail1.Manager", "ImportSetup", "s", False),
    (PROPERTIES, "Set", "ssv", False),
    ("org.ecemail1.Manager", "Describe", "", True),
    ("org.ecemail1.Manager", "FindSlot", "s", True),
    ("org.ecemail1.Manager", "ListFields", "", True),
    (PROPERTIES, "Get", "ss", True),
    (PROPERTIES, "GetAll", "s", True),
    ("org.freedesktop.DBus.Introspectable", "Introspect", "", True),
    ("org.freedesktop.DBus.Peer", "Ping", "", True),
    ("org.freedesktop.DBus.Peer", "GetMachineId", "", True),
    ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "", True),
]
PATHS = [SLOT] * 6 + ["/org/ecemail1"] * 6 + [
    "/org/ecemail1/card/0", "/org/ecemail1/card/0/slot/2", "/org/ecemail1/card/99/slot/1",
    "/org", "/", "/org/ecemail1/card/0/slot/99999999999"]
TEXTS = ["both", "stored", "working", "Port", "26", "Server", "SenderAddress", "a@b.example",
         "K1", "0:K1", "ecom0s1", "org.ecemail1.Slot", "org.ecemail1.Manager", "Health",
         "LastStatus", "Statuses", "Trace", "", "%s%n", "../../etc/passwd", "\u00e4\u20ac",
         "x" * 5000, "[Slot K1]\nPort=26\n", "Group.maint", "CAFile", "/etc/shadow"]
ALIGNMENT = {"y": 1, "b": 4, "n": 2, "q": 2, "i": 4, "u": 4, "x": 8, "t": 8, "d": 8, "s": 4,
             "o": 4, "g": 1, "a": 4, "v": 1, "(": 8, "{": 8}
NUMBERS = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q"}


def first_type(signature):
    """The first complete type of a signature, and the rest."""
    if signature[0] == "a":
        inner, rest = first_type(signature[1:])
        return "a" + inner, rest
    if signature[0] not in "({":
        return signature[0], signature[1:]
    depth = 0
    for place, letter in enumerate(signature):
        depth += (letter in "({") - (letter in ")}")
        if not depth:
            return signature[:place + 1], signature[place + 1:]
    raise ValueError(signature)


def types_of(signature):
    """The complete types of a signature."""
    while signature:
        kind, signature = first_type(signature)
        yield kind


class Body:
    """Marshals values that it makes up, or that are given."""

    def __init__(self, data=b""):
        self.data = bytearray(data)

    def align(self, size):
        """Padding."""
        self.data += bytes(-len(self.data) % size)

    def text(self, kind, text):
        """s, o or g."""
        raw = text.encode()
        self.align(ALIGNMENT[kind])
        self.data += struct.pack("<B" if kind == "g" else "<I", len(raw)) + raw + b"\0"

    def number(self, kind):
        """Any, or one at an edge."""
        size = struct.calcsize(NUMBERS[kind])
        value = chance.choice([0, 1, 2, 64, 89, 90, 128, (1 << 8 * size) - 1,
                               chance.getrandbits(8 * size)]) & (1 << 8 * size) - 1
        self.align(ALIGNMENT[kind])
        self.data += (value & 1 if kind == "b" else value).to_bytes(size, "little")

    def array(self, kind):
        """Of up to so many."""
        self.align(4)
        place = len(self.data)
        self.data += bytes(4)
        self.align(ALIGNMENT[kind[0]])
        start = len(self.data)
        for _ in range(chance.choice([0, 1, 2, 3, 100])):
            self.value(kind)
        struct.pack_into("<I", self.data, place, len(self.data) - start)

    def value(self, kind):
        """One complete type."""
        if kind in NUMBERS:
            self.number(kind)
        elif kind == "s":
            self.text("s", chance.choice(TEXTS))
        elif kind == "o":
            self.text("o", chance.choice(PATHS))
        elif kind == "g":
            self.text("g", chance.choice(["", "s", "a{sv}"]))
        elif kind == "d":
            self.align(8)
            self.data += struct.pack("<d", chance.random())
        elif kind == "v":
            inner = chance.choice(["s", "u", "b", "as", "(ss)", "a{ss}"])
            self.text("g", inner)
            self.value(inner)
        elif kind[0] == "a":
            self.array(kind[1:])
        else:
            self.align(8)
            for inner in types_of(kind[1:-1]):
                self.value(inner)


class Bus:
    """A connection to the system bus."""

    def __init__(self):
        self.serial = 0
        self.buffer = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect("/run/dbus/system_bus_socket")
        user = str(os.getuid()).encode().hex().encode()
        self.socket.sendall(b"\0AUTH EXTERNAL " + user + b"\r\n")
        self.socket.recv(4096)
        self.socket.sendall(b"BEGIN\r\n")
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")

    def send(self, name, path, interface, member, signature="", body=b""):
        """Sends a call; returns its serial number."""
        self.serial += 1
        header = Body(struct.pack("<BBBBIII", ord("l"), 1, 0, 1, len(body), self.serial, 0))
        for code, kind, text in ((1, "o", path), (6, "s", name), (2, "s", interface),
                                 (3, "s", member), (8, "g", signature)):
            if text or code != 8:
                header.align(8)
                header.data += bytes([code])
                header.text("g", kind)
                header.text(kind, text)
        struct.pack_into("<I", header.data, 12, len(header.data) - 16)
        header.align(8)
        self.socket.sendall(bytes(header.data) + body)
        return self.serial

    def read(self):
        """The next message: type, serial of the call that it answers, its bytes."""
        while True:
            if len(self.buffer) >= 16:
                body, _, fields = struct.unpack_from("<III", self.buffer, 4)
                size = 16 + fields + -fields % 8 + body
                if len(self.buffer) >= size:
                    message, self.buffer = self.buffer[:size], self.buffer[size:]
                    return message[1], self.reply_serial(message, fields), message
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the bus has hung up")
            self.buffer += data

    @staticmethod
    def reply_serial(message, fields):
        """Header field 5; 0 if there is none."""
        place, end = 16, 16 + fields
        while place < end:
            place += -place % 8
            code, kind = message[place], message[place + 2:place + 3]
            place += 4
            if kind == b"u":
                place += -place % 4
                if code == 5:
                    return struct.unpack_from("<I", message, place)[0]
                place += 4
            elif kind == b"g":
                place += message[place] + 2
            else:
                place += -place % 4
                place += 4 + struct.unpack_from("<I", message, place)[0] + 1
        return 0

    def answer(self, serial):
        """The answer to that call; whatever comes before it is looked at."""
        while True:
            kind, replied, message = self.read()
            for word in WORDS:
                if word in message:
                    raise AssertionError(f"{word!r} in {message!r}")
            if kind in (2, 3) and replied == serial:
                return kind, message

    def call(self, *call):
        """Calls and waits."""
        return self.answer(self.send(*call))


def error_name(message):
    """The last part of an error's name."""
    for prefix in (b"org.freedesktop.DBus.Error.", b"org.ecemail1.Error."):
        start = message.find(prefix)
        if start >= 0:
            return message[start + len(prefix):message.index(b"\0", start)].decode()
    return "other error"


def wild_call(bus):
    """Makes one up; returns how it ended."""
    interface, member, signature, everybody = chance.choice(METHODS)
    if chance.random() < 0.15:
        signature = chance.choice(["", "s", "a{sv}", "v", "as", "(tuqqqay)", "ay", "sa{ss}as",
                                   "aas", "t"])
    if chance.random() < 0.05:
        member, everybody = chance.choice([member + "x", "Quit", "Reload", "x"]), True
    body = Body()
    for kind in types_of(signature):
        body.value(kind)
    data = bytes(body.data)
    kind, message = bus.call(NAME, chance.choice(PATHS), interface, member, signature, data)
    if kind == 2:
        assert everybody, f"{interface}.{member} ({signature}) was answered"
        return "answered"
    return error_name(message)


def broken_call():
    """Bytes that are no message: the bus hangs up, and nobody else notices."""
    bus = Bus()
    with_noise = bytearray(struct.pack("<BBBBIII", ord("l"), 1, 0, 1, 64, 1, 32))
    with_noise += bytes(chance.getrandbits(8) for _ in range(96))
    bus.socket.sendall(with_noise)
    bus.socket.close()
    return "broken"


def main():
    """As many calls as were asked for."""
    bus = Bus()
    match = Body()
    match.text("s", "type='signal'")
    bus.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
             "s", bytes(match.data))
    ends = collections.Counter()
    for number in range(COUNT):
        ends[broken_call() if number % 200 == 199 else wild_call(bus)] += 1
    unread = [bus.send(NAME, SLOT, PROPERTIES, "GetAll", "s",
                       struct.pack("<I", 17) + b"org.ecemail1.Slot\0") for _ in range(100)]
    bus.answer(unread[-1])
    print(json.dumps(ends))


main()
