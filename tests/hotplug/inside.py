# SPDX-License-Identifier: GPL-2.0-or-later
"""Run in the guest: holds files of slots open, also blocked ones, and does what
the test outside asks for. Takes one JSON list a line, [FUNCTION, ARGUMENT…],
and prints one JSON object: {"value": …} or {"error": …}.

The structures are those of uapi/linux/, spelled out a second time, so that a
change of the interface by mistake shows.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import pathlib
import select
import socket
import struct
import sys
import threading
import time
import traceback

REQUEST = "=QQQIIIHBBII128s"
COMPLETE = "=Q10H94s2sI"
DEVICES = pathlib.Path("/sys/bus/pci/devices")


def ioctl_number(direction, number, layout):
    """_IOC() of asm-generic/ioctl.h."""
    return direction << 30 | struct.calcsize(layout) << 16 | 0xec << 8 | number


READ, WRITE = 2, 1
CALLS = {
    "GET_INFO": ioctl_number(READ, 0, "=18I38s2s"),
    "PROGRESS": ioctl_number(WRITE, 1, "=Q8H24s"),
    "COMPLETE": ioctl_number(WRITE, 2, COMPLETE),
    "RELEASE": ioctl_number(WRITE, 3, "=QQ"),
    "SET": ioctl_number(WRITE, 4, "=II"),
    "GET_REGISTERS": ioctl_number(READ | WRITE, 5, "=4H64H"),
    "GET_FRAMES": ioctl_number(READ, 6, "=304s"),
    "SET_REGISTERS": ioctl_number(WRITE, 7, "=4H64H"),
}


class Slot:
    """An open file of a slot, by the name that the test has given it."""

    def __init__(self, path, flags):
        self.fd = os.open(path, flags | os.O_CLOEXEC)
        self.thread = None
        self.outcome = None

    def read(self):
        """The next request as a dictionary."""
        record = struct.unpack(REQUEST, os.read(self.fd, struct.calcsize(REQUEST)))
        names = ("id", "accepted_ns", "deadline_ns", "card_generation", "host_generation",
                 "flags", "length", "command", "tag", "charges", "reserved")
        return dict(zip(names, record))

    def read_in_background(self):
        """Reads until there is something or an error, and keeps what it was."""
        def body():
            try:
                self.outcome = self.read()
            except OSError as error:
                self.outcome = errno.errorcode[error.errno]
        self.outcome = None
        self.thread = threading.Thread(target=body, daemon=True)
        self.thread.start()

    def blocked(self):
        """Whether the kernel holds the reader in read()."""
        path = f"/proc/self/task/{self.thread.native_id}/syscall"
        return pathlib.Path(path).read_text(encoding="ascii").startswith(f"0 {self.fd:#x} ")

    def call(self, name, argument=b""):
        """An ioctl; returns None or the name of its error."""
        number = CALLS[name]
        buffer = bytearray(number >> 16 & 0x3fff)
        buffer[:len(argument)] = argument
        try:
            fcntl.ioctl(self.fd, number, buffer)
        except OSError as error:
            return errno.errorcode[error.errno]
        return None

    def complete(self, request, status):
        """COMPLETE with a status and nothing more."""
        return self.call("COMPLETE", struct.pack("=QH", request, status))


files = {}


def wait_for(condition, seconds, what):
    """Waits until condition() is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what} after {seconds} s")
        time.sleep(0.02)
    return value


# Functions that the test may call


def open_slot(name, path, flags, seconds=20):
    """Opens a device that may not be there yet."""
    def attempt():
        try:
            files[name] = Slot(path, flags)
            return True
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.EBUSY):
                raise
            return False
    wait_for(attempt, seconds, f"{path} cannot be opened")


def try_open(path, flags):
    """Opens and closes; returns None or the name of the error."""
    try:
        os.close(os.open(path, flags))
    except OSError as error:
        return errno.errorcode[error.errno]
    return None


def close(name):
    """Closes a file."""
    os.close(files.pop(name).fd)


def block(name):
    """Starts a read() and waits until it is blocked."""
    files[name].read_in_background()
    wait_for(files[name].blocked, 5, f"the reader of {name} is not blocked")


def is_blocked(name):
    """Whether it still is."""
    return files[name].outcome is None and files[name].blocked()


def outcome(name, seconds):
    """What a blocked read() has come back with: a request or an error's name."""
    files[name].thread.join(seconds)
    return files[name].outcome


def read(name):
    """A request, or an error's name."""
    try:
        return files[name].read()
    except OSError as error:
        return errno.errorcode[error.errno]


def complete(name, request, status):
    """Ends a request; returns None or an error's name."""
    return files[name].complete(request, status)


def poll(name, milliseconds):
    """The events that poll() reports."""
    poller = select.poll()
    poller.register(files[name].fd, select.POLLIN)
    ready = poller.poll(milliseconds)
    return ready[0][1] if ready else 0


def all_calls(name):
    """What read() and every ioctl give on a file: a set of errors, as a list."""
    slot = files[name]
    got = {slot.call(call) for call in CALLS}
    # with arguments that are right but for the card
    got.add(slot.call("SET", struct.pack("=II", 60, 0)))
    got.add(slot.call("GET_REGISTERS", struct.pack("=4H", 0x89, 0, 1, 0)))
    result = read(name)
    return sorted(map(str, got | {result if isinstance(result, str) else "a request"}))


def write(path, text):
    """Writes an attribute; returns None or an error's name."""
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        return errno.errorcode[error.errno]
    return None


def read_text(path):
    """Reads an attribute."""
    return pathlib.Path(path).read_text(encoding="utf-8").strip()


def wait_text(path, text, seconds):
    """Waits until an attribute reads so."""
    wait_for(lambda: read_text(path) == text, seconds, f"{path} is not \"{text}\"")


def exists(path):
    """Whether there is such a file."""
    return os.path.lexists(path)


def wait_gone(path, seconds):
    """Waits until a file is gone."""
    wait_for(lambda: not os.path.lexists(path), seconds, f"{path} is still there")


def slots():
    """Name of each slot's device and the PCI device that it is below."""
    folder = pathlib.Path("/sys/class/ecom")
    return {path.name: os.path.realpath(path / "device").rsplit("/", 1)[1]
            for path in folder.iterdir()} if folder.exists() else {}


def links():
    """The links of /dev/ecom/by-path and what they name."""
    folder = pathlib.Path("/dev/ecom/by-path")
    return {path.name: os.path.basename(os.path.realpath(path))
            for path in folder.iterdir()} if folder.exists() else {}


def wait_slots(count, seconds):
    """slots(), once there are as many."""
    wait_for(lambda: len(slots()) == count, seconds, f"not {count} slots")
    return slots()


def wait_links(count, seconds):
    """links(), once there are as many."""
    wait_for(lambda: len(links()) == count, seconds, f"not {count} links")
    return links()


def below(port, seconds):
    """The PCI address of the card below a root port, once it has come."""
    def card():
        for path in sorted((DEVICES / port).glob("????:??:??.?")):
            if (path / "device").exists():
                return path.name
        return None
    return wait_for(card, seconds, f"no device has come below {port}")


def bind(address, seconds):
    """Gives a device to the driver, once the kernel has wholly added it."""
    def bound():
        write(DEVICES / address / "driver_override", "ecom")
        if not (DEVICES / address / "driver").exists():
            write("/sys/bus/pci/drivers/ecom/bind", address)
        # A probe before the device has its memory fails, and takes the link away again
        with contextlib.suppress(FileNotFoundError):
            return os.readlink(DEVICES / address / "driver").endswith("/ecom")
        return False
    wait_for(bound, seconds, f"{address} cannot be bound")


def interrupts(address):
    """How often each of a device's MSI-X vectors has been raised."""
    folder = DEVICES / address / "msi_irqs"
    numbers = sorted(map(int, os.listdir(folder))) if folder.exists() else []
    lines = pathlib.Path("/proc/interrupts").read_text(encoding="ascii").splitlines()
    columns = len(lines[0].split())
    counts = {int(words[0][:-1]): sum(map(int, words[1:columns + 1]))
              for words in map(str.split, lines[1:]) if words[-1] == "ecom"}
    return [counts[number] for number in numbers]


def remove_module():
    """delete_module(2) of ecom; returns None or an error's name."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(176, b"ecom", os.O_NONBLOCK):
        return errno.errorcode[ctypes.get_errno()]
    return None


# The kernel's log

kmsg = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
os.lseek(kmsg, 0, os.SEEK_END)


def log():
    """What the kernel has said since the last time."""
    lines = []
    while True:
        try:
            record = os.read(kmsg, 8192).decode(errors="replace")
            lines.append(record.split(";", 1)[1].splitlines()[0])
        except BlockingIOError:
            return lines
        except BrokenPipeError:
            lines.append("(lines of the log are lost)")


# Events of the netlink family

KINDS = (None, "card_added", "card_removed", "card_served", "card_lost", "queued", "delivered",
         "requeued", "progress", "completed", "expired", "abandoned", "wx_busy", "wx_refused")
CONTROL, EVENT_NAMES = 0x10, {1: "sequence", 2: "kind", 4: "card", 5: "slot", 6: "request",
                              7: "tag", 9: "status"}


def attributes(data):
    """Netlink attributes: number and content."""
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3fff, data[4:length]
        data = data[(length + 3) & ~3:]


def resolve(sock):
    """The number of the family's multicast group."""
    name = b"ecom\0\0\0\0"
    body = struct.pack("=BBHHH", 3, 1, 0, 4 + 5, 2) + name
    sock.send(struct.pack("=IHHII", 16 + len(body), CONTROL, 1, 1, 0) + body)
    found = dict(attributes(sock.recv(65536)[20:]))
    groups = dict(attributes(next(iter(dict(attributes(found[7])).values()))))
    return struct.unpack("=I", groups[2])[0]


class Listener:
    """Collects events; numbers that do not follow are an error."""

    def __init__(self):
        self.seen = []
        self.problem = None
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((0, 0))
        # SOL_NETLINK, NETLINK_ADD_MEMBERSHIP
        self.socket.setsockopt(270, 1, resolve(self.socket))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        """Until the first error."""
        try:
            while True:
                self.keep(self.socket.recv(65536))
        except (OSError, ValueError) as error:
            self.problem = f"{type(error).__name__}: {error}"

    def keep(self, message):
        """One event."""
        event = {name: int.from_bytes(content, "little")
                 for kind, content in attributes(message[20:])
                 if (name := EVENT_NAMES.get(kind))}
        event["kind"] = KINDS[event["kind"]]
        if self.seen and event["sequence"] != self.seen[-1]["sequence"] + 1:
            raise ValueError(f"event {event} after {self.seen[-1]}")
        self.seen.append(event)


listeners = []


def listen():
    """Collects events from now on."""
    listeners.append(Listener())


def events(wanted, seconds):
    """The events since listen(), once there is one of each wanted [kind, card]."""
    listener = listeners[-1]

    def all_there():
        seen = [[event["kind"], event["card"]] for event in listener.seen]
        return listener.problem or all(each in seen for each in wanted)
    try:
        wait_for(all_there, seconds, f"not each of {wanted}")
    except TimeoutError as error:
        raise TimeoutError(f"{error}, but {listener.seen}") from None
    if listener.problem:
        raise OSError(listener.problem)
    return listener.seen


# A daemon that serves slots by itself, for the storms

class Worker:
    """Opens a slot whenever it is there, reads blocking, and ends each request
    but those whose number is a multiple of keep."""

    def __init__(self, path, keep):
        self.path = path
        self.keep = keep
        self.over = False
        self.reads = {}  # (host generation, request) -> how often
        self.ends = {}  # (host generation, request) -> tag, status
        self.errors = set()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        """Until told to stop."""
        while not self.over:
            try:
                slot = Slot(self.path, os.O_RDWR)
            except OSError as error:
                self.errors.add("open " + errno.errorcode[error.errno])
                time.sleep(0.02)
                continue
            try:
                while not self.over:
                    self.serve(slot, slot.read())
            except OSError as error:
                self.errors.add("read " + errno.errorcode[error.errno])
                # the old file stays open beside the new card for a while
                threading.Timer(1, os.close, (slot.fd,)).start()

    def serve(self, slot, request):
        """One request."""
        key = request["host_generation"], request["id"]
        self.reads[key] = self.reads.get(key, 0) + 1
        if request["id"] % self.keep == 0:
            return
        error = slot.complete(request["id"], 200 + request["tag"])
        if error is None:
            self.ends[key] = (request["tag"], 200 + request["tag"], self.ends.get(key))
        else:
            self.errors.add("complete " + error)


workers = {}


def work(name, path, keep):
    """Starts a Worker."""
    workers[name] = Worker(path, keep)


def stop_work(name, seconds):
    """Ends it, once its slot is gone or has a request; returns what it has done."""
    worker = workers.pop(name)
    worker.over = True
    worker.thread.join(seconds)
    if worker.thread.is_alive():
        raise TimeoutError(f"the reader of {worker.path} is stuck")
    return {"reads": [[*key, count] for key, count in worker.reads.items()],
            "ends": [[*key, *end] for key, end in worker.ends.items()],
            "errors": sorted(worker.errors)}


def forget():
    """Ends what a test has left behind; the cards are out already."""
    for worker in workers.values():
        worker.over = True
    workers.clear()
    for name in list(files):
        close(name)


def main():
    """Answers until its input ends."""
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            answer = {"value": globals()[name](*arguments)}
        except Exception as error:  # pylint: disable=broad-except
            answer = {"error": f"{type(error).__name__}: {error}\n{traceback.format_exc()}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
