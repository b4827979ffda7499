# SPDX-License-Identifier: GPL-2.0-or-later
"""A card at QEMU's ivshmem socket, for tests that pull and plug it.

Its DPRAM and its heart go on while it is unplugged: whoever has the Card can
look at what the driver has left there, and plug it again. Offsets are numbers
from Documentation/hardware.rst on purpose.
"""

import mmap
import os
import secrets
import select
import socket
import struct
import threading
import time

DPRAM_SIZE = 0x10000
HOST, SLOTS, SLOT_SIZE = 0x100, 0x400, 0x400
DEVICE, CARD = 0, 1  # ivshmem peers
MAGIC = 0x4d4f4345
NO_VECTOR = 0xffffffff

# In the host block, and in a slot block
HOST_GENERATION, HOST_HEARTBEAT, READY_FOR, EVENT_VECTOR = range(0, 16, 4)
WX, RX = 0x40, 0xd0
WX_ACK, RX_ACK, SLOT_VECTOR, ATTACHED = 0x200, 0x208, 0x210, 0x214

# Results of tags, from Documentation/mock-slave-89.rst
RESULTS, RESULT_SIZE = 0o40000, 0o100


class Card:
    """A card with K numbers 1 up, or 0 to 15 if it has sixteen slots. It serves one QEMU after
    the other; vectors is what it has, the device must have at least as many."""

    def __init__(self, path, slots=16, vectors=17, serial="HOTPLUG"):
        self.path = path
        self.serial = serial
        self.numbers = list(range(16) if slots == 16 else range(1, slots + 1))
        self.vectors = vectors
        self.beating = True
        self.plugged = False
        memory = os.memfd_create("dpram")
        os.ftruncate(memory, DPRAM_SIZE)
        self.memory = memory
        self.map = mmap.mmap(memory, DPRAM_SIZE)
        # one 32-bit store for each word
        self.words = memoryview(self.map).cast("I")
        self.events = {peer: [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(vectors)]
                       for peer in (DEVICE, CARD)}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.fspath(path))
        self.listener.listen()
        self.power_up()
        for target in (self._serve, self._beat):
            threading.Thread(target=target, daemon=True).start()

    # The ivshmem server: hardware.rst, section 7

    def _serve(self):
        while True:
            connection, _ = self.listener.accept()
            with connection:
                self._introduce(connection)
                self.plugged = True
                while connection.recv(64):
                    pass
                self.plugged = False

    def _introduce(self, connection):
        def send(number, *descriptors):
            socket.send_fds(connection, [struct.pack("<q", number)], descriptors)
        send(0)
        send(DEVICE)
        send(-1, self.memory)
        for peer in (CARD, DEVICE):
            for event in self.events[peer]:
                send(peer, event)

    def _beat(self):
        while True:
            if self.beating:
                self.set(0x24, self.get(0x24) + 1)
            time.sleep(1)

    # DPRAM

    def get(self, offset):
        """A word of DPRAM."""
        return self.words[offset // 4]

    def set(self, offset, value):
        """Writes a word of DPRAM."""
        self.words[offset // 4] = value & 0xffffffff

    def host(self, offset):
        """A word of the host block."""
        return self.get(HOST + offset)

    def block(self, number):
        """Where the block of slot K number is."""
        return SLOTS + self.numbers.index(number) * SLOT_SIZE

    def power_up(self):
        """Hardware.rst, section 4.1; the magic comes last."""
        self.set(0, 0)
        generation = secrets.randbelow(0xffffffff) + 1
        header = struct.pack("<12I16s", DPRAM_SIZE, len(self.numbers), SLOTS, SLOT_SIZE, HOST, 0,
                             generation, 0, 1, 0x0c, CARD << 16, 0x01000000,
                             self.serial.encode())
        self.map[8:8 + len(header)] = header
        for index, number in enumerate(self.numbers):
            self._fill_slot(index, number)
        self.set(4, 0x10000)
        self.set(0, MAGIC)
        self.raise_vector(self.host(EVENT_VECTOR))

    def _fill_slot(self, index, number):
        block = SLOTS + index * SLOT_SIZE
        doorbell = CARD << 16 | (1 + index) % self.vectors
        head = struct.pack("<4I16s8s", number, 0x80, 0x04000407, doorbell, b"H2-ECOM100",
                           bytes.fromhex("00e062204100"))
        self.map[block:block + len(head)] = head
        for request, acknowledge in ((WX, WX_ACK), (RX, RX_ACK)):
            self.set(block + request, self.get(block + acknowledge))

    def ready(self):
        """Whether a host serves the card as it is powered up now."""
        return self.host(READY_FOR) == self.get(0x20)

    def raise_vector(self, vector):
        """Interrupts the host, unless it polls."""
        if vector != NO_VECTOR:
            os.eventfd_write(self.events[DEVICE][vector], 1)

    # Mailboxes: hardware.rst, section 6

    def _transfer(self, number, box, length, station, address, timeout):
        """Returns the result word, or None if nobody has acknowledged in time
        or before the card was unplugged."""
        block = self.block(number)
        acknowledge = WX_ACK if box == WX else RX_ACK
        bell = self.events[CARD][self.get(block + 0x0c) & 0xffff]
        rung = select.poll()
        rung.register(bell, select.POLLIN)
        self.set(block + box + 4, length << 8 | station)
        self.set(block + box + 8, address)
        sequence = (self.get(block + box) + 1) & 0xffffffff
        self.set(block + box, sequence)
        self.raise_vector(self.get(block + SLOT_VECTOR))
        deadline = time.monotonic() + timeout
        while True:
            # In this order: what is acknowledged at the last moment counts
            over = not self.plugged or time.monotonic() > deadline
            if self.get(block + acknowledge) == sequence:
                break
            if over:
                return None
            if rung.poll(50):
                try:
                    os.eventfd_read(bell)
                except BlockingIOError:
                    pass  # another slot's thread has taken it
        return self.get(block + acknowledge + 4)

    def wx(self, number, data, station=0x89, address=0, timeout=10):
        """A WX to slot K number; returns the mailbox's result word or None."""
        padded = data + bytes(-len(data) % 4)
        start = self.block(number) + 0x50
        self.map[start:start + len(padded)] = padded
        return self._transfer(number, WX, len(data), station, address, timeout)

    def rx(self, number, address, length=2, station=0x89, timeout=10):
        """An RX; returns the data, or None if it is refused or not answered."""
        if self._transfer(number, RX, length, station, address, timeout) != 0:
            return None
        start = self.block(number) + 0x220
        return bytes(self.map[start:start + length])

    def mail(self, number, tag, timeout=10):
        """Hands in a request with this tag; returns the mailbox's result word or None."""
        return self.wx(number, bytes((1, 1, tag, 0, 0, 0, 1, 0)) + b"x", timeout=timeout)

    def status(self, number, tag, timeout=10):
        """The status of a tag as the ladder program reads it, or None."""
        data = self.rx(number, RESULTS + tag * RESULT_SIZE + 1, timeout=timeout)
        return data and struct.unpack("<H", data)[0]
