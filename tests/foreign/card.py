#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A card from its documents alone.

Written from Documentation/hardware.rst and Documentation/mock-slave-89.rst
without a look at the driver or at plcsim: that it works shows that the two
documents are the whole interface. Shares no code with either, on purpose.

The process is the ivshmem server and the card, with one slot, K1. Its blocks
lie at other places than the usual ones, and it has just as many vectors as it
must have. Its PLC program sends one e-mail and watches the result.

Exit status, once QEMU has closed the connection or at SIGTERM: 0 if the
request ended with status 0, 1 if with another, 3 if it did not end.
"""

import argparse
import os
import secrets
import selectors
import signal
import socket
import struct
import sys
import time
from collections import namedtuple
from mmap import mmap

# Where this card has its blocks (hardware.rst, 2): not the usual places.
BAR_BYTES = 65536
DPRAM_BYTES = 0x3000
HOST = 0x240
SLOT = 0x1404
DISTANCE = 0x800

CARD_PEER = 0x8321
DEVICE_PEER = 29
CARD_EVENT, SLOT_EVENT = 0, 1
VECTORS = 2
NO_VECTOR = 0xffffffff

# Card block
MAGIC, LAYOUT, SIZE, SLOTS, FIRST, STEP, HOST_AT, FEATURES = range(0, 32, 4)
GENERATION, HEARTBEAT, POWER, DOORBELL, RING_CARD, FIRMWARE = range(32, 56, 4)
SERIAL = 0x38
# Host block
HOST_GENERATION = HOST
HOST_HEARTBEAT = HOST + 4
READY_FOR = HOST + 8
CARD_VECTOR = HOST + 12
# Slot block, the card's half
SLOT_NUMBER, DIP, MODULE_FIRMWARE, RING_SLOT = (SLOT + n for n in
                                                (0, 4, 8, 12))
MODULE_TYPE = SLOT + 0x10
ETHERNET = SLOT + 0x20
# … and the host's
SLOT_VECTOR = SLOT + 0x210

Mailbox = namedtuple("Mailbox", "name request header address data ack result")
WX = Mailbox("WX", *(SLOT + n for n in (0x40, 0x44, 0x48, 0x50,
                                        0x200, 0x204)))
RX = Mailbox("RX", *(SLOT + n for n in (0xd0, 0xd4, 0xd8, 0x220,
                                        0x208, 0x20c)))

ACCEPTED, BUSY, REFUSED = 0, 1, 2
DEAD_AFTER = 5          # ticks

TAG = 0xa7
TO, SUBJECT, BODY = "mark@hosteng.com", "Foreign card", "hello from a stranger"
FINAL_SECONDS = 100
STATUS_BUSY = 1
STATUS_SP_ERROR = 1001

Ended = namedtuple("Ended", "ok busy reason data")


class Stop(Exception):
    """The card is unplugged: end of connection, or a signal."""


def say(text):
    print(text, flush=True)


class Card:
    """DPRAM and the card's half of its rules."""

    def __init__(self):
        self.shm = os.memfd_create("foreign-card", os.MFD_CLOEXEC)
        os.ftruncate(self.shm, BAR_BYTES)
        # One item of this view is one aligned access of 32 bits.
        self.words = memoryview(mmap(self.shm, BAR_BYTES)).cast("I")
        flags = os.EFD_NONBLOCK | os.EFD_CLOEXEC
        self.rung = [os.eventfd(0, flags) for _ in range(VECTORS)]
        self.vectors = [os.eventfd(0, flags) for _ in range(VECTORS)]
        self.generation = 0
        self.host_heartbeat = 0
        self.host_still = 0
        self.host_alive = False
        self.was_ready = False

    def get(self, offset):
        return self.words[offset // 4]

    def put(self, offset, value):
        self.words[offset // 4] = value & 0xffffffff

    def get_bytes(self, offset, count):
        words = range(offset, offset + count, 4)
        return b"".join(struct.pack("<I", self.get(n)) for n in words)[:count]

    def put_bytes(self, offset, data, room):
        data = data.ljust(room, b"\0")
        for n in range(0, room, 4):
            self.put(offset + n, struct.unpack_from("<I", data, n)[0])

    def power_up(self):
        self.put(MAGIC, 0)
        old = self.generation
        while self.generation in (0, old):
            self.generation = secrets.randbits(32)
        self.put(LAYOUT, 1 << 16)
        self.put(SIZE, DPRAM_BYTES)
        self.put(SLOTS, 1)
        self.put(FIRST, SLOT)
        self.put(STEP, DISTANCE)
        self.put(HOST_AT, HOST)
        self.put(FEATURES, 0)
        self.put(GENERATION, self.generation)
        self.put(HEARTBEAT, 0)
        self.put(POWER, 1)
        self.put(DOORBELL, 0x0c)
        self.put(RING_CARD, CARD_PEER << 16 | CARD_EVENT)
        self.put(FIRMWARE, 9 << 24 | 8 << 16 | 7)
        self.put_bytes(SERIAL, b"FOREIGN-1", 16)
        self.put(SLOT_NUMBER, 1)
        self.put(DIP, 1 << 7)
        self.put(MODULE_FIRMWARE, 4 << 24 | 1 << 16 | 1873)
        self.put(RING_SLOT, CARD_PEER << 16 | SLOT_EVENT)
        self.put_bytes(MODULE_TYPE, b"H2-ECOM100", 16)
        self.put_bytes(ETHERNET, bytes.fromhex("00e062123456"), 8)
        for box in (WX, RX):
            self.put(box.request, self.get(box.ack))
        self.put(MAGIC, 0x4d4f4345)
        self.interrupt(self.get(CARD_VECTOR))

    def interrupt(self, vector):
        # A vector that the device has no event for is lost, as any may be.
        if vector < VECTORS:
            try:
                os.eventfd_write(self.vectors[vector], 1)
            except BlockingIOError:
                pass                    # full: it is set

    def tick(self):
        """Once a second: both heartbeats."""
        self.put(HEARTBEAT, self.get(HEARTBEAT) + 1)
        beat = self.get(HOST_HEARTBEAT)
        if beat != self.host_heartbeat:
            self.host_heartbeat = beat
            self.host_still = 0
            self.host_alive = True
        else:
            self.host_still += 1
            if self.host_still >= DEAD_AFTER:
                self.host_alive = False

    def ready(self):
        now = self.host_alive and self.get(READY_FOR) == self.generation
        if now != self.was_ready:
            self.was_ready = now
            say("host: " + (f"ready, generation {self.get(HOST_GENERATION):#x}"
                            if now else "not ready"))
        return now

    def post(self, box, station, address, count, data=b""):
        """Puts a request into a mailbox; false: SP error at once."""
        if not self.ready() or self.get(box.request) != self.get(box.ack):
            return False
        if data:
            self.put_bytes(box.data, data, (len(data) + 3) // 4 * 4)
        self.put(box.header, count << 8 | station)
        self.put(box.address, address)
        self.put(box.request, self.get(box.request) + 1)
        self.interrupt(self.get(SLOT_VECTOR))
        return True

    def outcome(self, box, count):
        """How the request in a mailbox ended; None while it is pending."""
        if not self.ready():
            return Ended(False, False, "host not ready", b"")
        if self.get(box.request) != self.get(box.ack):
            return None
        word = self.get(box.result)
        result, reason = word & 0xff, word >> 8 & 0xff
        if result == ACCEPTED:
            data = self.get_bytes(box.data, count) if box is RX else b""
            return Ended(True, False, "", data)
        if result == BUSY and box is WX:
            return Ended(True, True, "busy", b"")
        return Ended(False, False, f"result {result} reason {reason}", b"")


class Server:
    """The loop: connection, doorbells, ticks and the PLC program."""

    def __init__(self, card, args):
        self.card = card
        self.args = args
        self.final = 3
        self.selector = selectors.DefaultSelector()
        self.next_tick = time.monotonic() + 1
        self.end = time.monotonic() + args.lifetime

    def listen(self, path):
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen(1)
        server.settimeout(self.args.connect_timeout)
        say(f"listening: {path}")
        # No heartbeat before QEMU is there: nobody could see it.
        try:
            connection, _ = server.accept()
        except TimeoutError:
            raise Stop("QEMU has not connected") from None
        finally:
            server.close()
            os.unlink(path)
        self.greet(connection)
        self.selector.register(connection, selectors.EVENT_READ)
        for event in self.card.rung:
            self.selector.register(event, selectors.EVENT_READ)
        say("QEMU: connected")

    def greet(self, connection):
        connection.settimeout(10)
        for number, descriptor in (
                (0, None), (DEVICE_PEER, None), (-1, self.card.shm),
                *((CARD_PEER, event) for event in self.card.rung),
                *((DEVICE_PEER, event) for event in self.card.vectors)):
            message = struct.pack("<q", number)
            if descriptor is None:
                connection.sendall(message)
            elif socket.send_fds(connection, [message], [descriptor]) != 8:
                raise Stop("QEMU takes no messages")

    def turn(self, until=None):
        """Waits for the next event, but not beyond the given time."""
        now = time.monotonic()
        if now > self.end:
            raise Stop("end of lifetime")
        wait = self.next_tick - now
        if until is not None:
            wait = min(wait, until - now)
        for key, _ in self.selector.select(max(wait, 0)):
            if isinstance(key.fileobj, int):
                try:
                    os.eventfd_read(key.fileobj)
                except BlockingIOError:
                    pass
                continue
            try:
                if not key.fileobj.recv(64):
                    raise Stop("QEMU has closed the connection")
            except TimeoutError:
                pass
            except OSError as error:
                raise Stop(f"connection: {error}") from None
        if time.monotonic() >= self.next_tick:
            self.next_tick += 1
            self.card.tick()
        self.card.ready()

    def sleep(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.turn(until)

    # What the CPU executes.

    def execute(self, box, station, address, count, data=b""):
        if not self.card.post(box, station, address, count, data):
            return Ended(False, False, "mailbox not usable", b"")
        until = time.monotonic() + self.args.instruction_timeout
        while time.monotonic() < until:
            ended = self.card.outcome(box, count)
            if ended:
                return ended
            self.turn(until)
        return Ended(False, False, "no acknowledge", b"")

    def wx(self, station, address, data):
        return self.execute(WX, station, address, len(data), data)

    def rx(self, station, address, words):
        """Reads V-memory words; None with an SP error."""
        ended = self.execute(RX, station, address, 2 * words)
        if not ended.ok:
            return None, ended.reason
        return struct.unpack(f"<{words}H", ended.data), ""

    # The PLC program.

    def wait_for_module(self):
        until = time.monotonic() + self.args.ready_timeout
        shown = None
        registers_shown = False
        while time.monotonic() < until:
            if self.card.ready():
                registers, error = self.rx(0x89, 0, 0o22)
                if registers is None:
                    state = f"SP error ({error})"
                else:
                    state = f"V1={registers[1]} V5={registers[5]}"
                if state != shown:
                    shown = state
                    say(f"module: {state}")
                if registers and not registers_shown:
                    registers_shown = True
                    for n, value in enumerate(registers):
                        say(f"V{n:o}: {value:#06x}")
                if registers and registers[1] == 0:
                    return True
            self.sleep(0.25)
        return False

    def program(self):
        if not self.wait_for_module():
            return say("final: none, the module was never in order")
        texts = [text.encode("ascii") for text in (TO, SUBJECT, BODY)]
        frame = bytes([1, 0x01, TAG, 0, *map(len, texts), 0]) + b"".join(texts)
        until = time.monotonic() + FINAL_SECONDS

        while True:
            ended = self.wx(0x89, 0, frame)
            if not ended.busy:
                break
            say("WX: busy")
            if time.monotonic() > until:
                return say("final: none, the queue stays full")
            self.sleep(0.5)
        if not ended.ok:
            # As the boxes do: an SP error leaves the outcome unknown.
            self.final = 1
            say(f"WX: SP error ({ended.reason})")
            return say(f"final: status={STATUS_SP_ERROR} sent=0 reply=0 text=")
        say("WX: accepted")

        shown = None
        while time.monotonic() < until:
            block, error = self.rx(0x89, 0o40000 + TAG * 0o100, 64)
            if block is None:
                state = f"SP error ({error})"
            else:
                number = block[0o12] | block[0o13] << 16
                state = (f"tag={block[0]} status={block[1]} state={block[2]} "
                         f"detail={block[7]} request={number}")
            if state != shown:
                shown = state
                say(f"result: {state}")
            if block and block[1] != STATUS_BUSY:
                return self.report(block)
            self.sleep(0.1)
        return say("final: none, the request has not ended")

    def report(self, block):
        text = struct.pack("<47H", *block[0o21:])[:min(block[0o20], 94)]
        text = "".join(chr(c) if 32 <= c < 127 else "." for c in text)
        self.final = 0 if block[1] == 0 else 1
        say("enhanced: {}.{}.{}".format(*block[4:7]))
        say(f"final: status={block[1]} sent={block[0o10]} "
            f"reply={block[3]} text={text}")


def stop(number, _frame):
    raise Stop(signal.Signals(number).name)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("socket", help="the Unix socket to listen on")
    for name, seconds in (("connect-timeout", 1200), ("ready-timeout", 900),
                          ("instruction-timeout", 10), ("lifetime", 3600)):
        parser.add_argument(f"--{name}", type=float, default=seconds,
                            metavar="SECONDS", help=f"default {seconds}")
    args = parser.parse_args()
    if sys.byteorder != "little":
        parser.error("needs a little-endian machine")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    card = Card()
    server = Server(card, args)
    finished = False
    try:
        card.power_up()
        server.listen(args.socket)
        server.next_tick = time.monotonic() + 1
        server.program()
        finished = True
        while True:
            server.turn()
    except Stop as why:
        if not finished:
            say("final: none, the card was unplugged before")
        say(f"end: {why}")
    return server.final


if __name__ == "__main__":
    sys.exit(main())
