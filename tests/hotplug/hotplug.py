# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest whose cards come and go, and what its tests share.

    with HotplugGuest() as guest:
        card = guest.plug(0, Card(…))
        guest.inside("open_slot", "a", "/dev/ecom0s1", os.O_RDWR)
"""

import json
import os
import pathlib
import select
import subprocess
import time

from bench import KERNEL_TROUBLE
from card import Card
from vm_guest import Guest
from vm_image import Failure

HERE = pathlib.Path(__file__).resolve().parent
PORTS = 4
LONG = "ECEMAIL_LONG" in os.environ
POLLHUP_ERR = select.POLLHUP | select.POLLERR
NATIVE = ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")


def equal(got, wanted):
    """An assertion that shows both sides."""
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def wait_for(condition, seconds, what):
    """Waits until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} after {seconds} s"
        time.sleep(0.02)
    return value


class HotplugGuest(Guest):
    """A guest without a card and with root ports to plug some into.

    native  hot plugging by the kernel's pciehp rather than by acpiphp
    """

    def __init__(self, kernel, native=False, append=()):
        qemu = [*(NATIVE if native else ())]
        for port in range(PORTS):
            qemu += ["-device", f"pcie-root-port,id=port{port},chassis={10 + port},"
                                f"slot={10 + port},addr={self.port(port)[-4:]}"]
        super().__init__(kernel=kernel, card="none", qemu=qemu, append=append, boot_timeout=400)
        self.plugged = {}  # port -> QEMU's name of the device in it, vectors
        self.plugs = 0
        self.control = self.process = None
        self.nothing, self.silent = os.eventfd(0), 0

    @staticmethod
    def port(number):
        """PCI address of a root port in the guest."""
        return f"0000:00:{0x10 + number:02x}.0"

    def __enter__(self):
        super().__enter__()
        try:
            self.install()
            self.start_inside()
            self.control = self.qmp()
        except BaseException:
            self.close()
            raise
        return self

    # What runs in the guest

    def start_inside(self):
        """Starts inside.py; also anew, after a reboot."""
        self.run(["sh", "-c", "modprobe ecom; ! [ -d /run/systemd/system ] || "
                  "systemctl mask --now --runtime ecemaild; cat >/root/inside.py"],
                 input=(HERE / "inside.py").read_bytes())
        self.process = self.popen(["python3", "-u", "/root/inside.py"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.inside("log")

    def inside(self, function, *arguments):
        """Calls a function of inside.py."""
        self.process.stdin.write(json.dumps([function, *arguments]).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failure(self.failure() or "inside.py has ended in the guest")
        answer = json.loads(line)
        assert "error" not in answer, f"{function}{arguments}: {answer['error']}"
        return answer["value"]

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        super().close()

    # Cards

    def plug(self, port, card, vectors=17):
        """Plugs a card, waits until it is bound and served; returns its PCI
        address."""
        self.plugs += 1
        name = f"card{self.plugs}"
        self.control.command("chardev-add", id=f"socket.{name}", backend={
            "type": "socket", "data": {"server": False, "addr": {
                "type": "unix", "data": {"path": os.fspath(card.path)}}}})
        self.add(name, port, driver="ivshmem-doorbell", chardev=f"socket.{name}",
                 vectors=vectors, **{"acpi-index": 90 + port})
        self.plugged[port] = name, card.vectors
        address = self.inside("below", self.port(port), 60)
        self.inside("bind", address, 60)
        wait_for(card.ready, 60, f"{address} is not served")
        return address

    def add(self, name, port, **device):
        """Adds the card's device to QEMU."""
        self.control.command("device_add", id=name, bus=f"port{port}", **device)

    def unplug(self, port):
        """Asks the guest for the card and waits until it has let go."""
        self.control.command("device_del", id=self.plugged[port][0])
        self.unplugged(port)

    def unplugged(self, port, seconds=60):
        """Waits until the card is out of its socket."""
        name, vectors = self.plugged.pop(port)
        deadline = time.monotonic() + seconds
        while self.control.wait_event("DEVICE_DELETED", max(1, deadline - time.monotonic())
                                      ).get("device") != name:
            pass
        self.control.command("chardev-remove", id=f"socket.{name}")
        # an eventfd for each vector and direction, the socket, the memory
        self.occupy(2 * vectors + 2)

    def occupy(self, count):
        """Keeps QEMU 7.2 alive: when an ivshmem device goes, its eventfds are
        closed but still waited for, and whatever gets their numbers next calls
        into what has been freed. So descriptors that stay silent get them, once
        QEMU has also closed the memory, which it does twice, later."""
        time.sleep(0.2)
        for _ in range(count):
            self.silent += 1
            self.control.getfd(self.nothing, f"silent{self.silent}")

    def push_out(self, port):
        """Takes the card out without asking the guest."""
        # Power and its indicator off, and on again before pciehp may look
        for control in ("0700:0720", "0120:0720"):
            self.run(["setpci", "-s", self.port(port), f"CAP_EXP+18.w={control}"])
        self.unplugged(port)
        # A second later pciehp has switched both off by itself, and whatever is
        # in the socket at this moment QEMU takes for unplugged
        wait_for(lambda: self.slot_control(port) & 0x0700 == 0x0700, 60,
                 "pciehp has not switched the socket off")

    def slot_control(self, port):
        """A root port's Slot Control register."""
        return int(self.run(["setpci", "-s", self.port(port), "CAP_EXP+18.w"]).stdout, 16)

    def power_off(self, port):
        """Has pciehp let go of the card, without its five seconds of thought."""
        equal(self.inside("write", f"/sys/bus/pci/slots/{10 + port}/power", "0"), None)
        self.unplugged(port)

    def inject(self, port, error):
        """Has a root port report an error by AER, and waits for the kernel's
        recovery to end; returns what the kernel has said."""
        self.inside("log")
        said = self.control.command("human-monitor-command", **{
            "command-line": f"pcie_aer_inject_error port{port} {error}"})
        assert said.startswith("OK"), said
        lines = []
        wait_for(lambda: lines.extend(self.inside("log"))
                 or any("device recovery" in line for line in lines), 30,
                 f"no recovery after {error}: {lines}")
        return lines

    def new_card(self, **options):
        """A new card, which is not plugged yet."""
        number = len(list(self.state.glob("hotplug.*")))
        return Card(self.state / f"hotplug.{number}", **options)

    # What each test begins and ends with

    def tidy(self):
        """Takes all cards out; nothing of the test before is left."""
        for port in list(self.plugged):
            self.unplug(port)
        self.inside("forget")
        equal(self.inside("slots"), {})
        self.inside("log")

    def content(self):
        """Whether the kernel has told of no trouble since the last look."""
        log = self.inside("log")
        bad = [line for line in log if KERNEL_TROUBLE.search(line)]
        assert not bad, "\n".join(["the kernel's log:", *log])


def works(guest, name, card, number, tag):
    """A request goes in, is read from an open file and ends; its status comes out."""
    equal(card.mail(number, tag), 0)
    request = guest.inside("read", name)
    assert isinstance(request, dict) and request["tag"] == tag, request
    equal(guest.inside("complete", name, request["id"], 250), None)
    equal(card.status(number, tag), 250)
    return request


def prepare(guest):
    """Before each test."""
    guest.tidy()


def check(guest):
    """After each test: is the kernel content?"""
    guest.content()
