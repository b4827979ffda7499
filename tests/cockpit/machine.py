# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest with Debian's Cockpit and our page, as the engineer's PC has it.

The guest has no network: the browser reaches Cockpit through the bench's own
SSH connection, from a port of this machine's loopback.
"""

import json
import pathlib
import socket
import subprocess

from bench import Bench
from vm_image import cockpit_machine

HERE = pathlib.Path(__file__).resolve().parent
SLOT = "/org/ecemail1/card/0/slot/1"
SECOND = "/org/ecemail1/card/0/slot/2"
OTHER_CARD = "/org/ecemail1/card/1/slot/3"
ENGINEER, VISITOR, ADMINISTRATOR = "ann", "bob", "carol"
PASSWORD = "Widget4711!"


class Machine(Bench):
    """A Bench with Cockpit; ann is of group ecemail, bob may look, carol may become root."""

    def prepare(self, project=False):
        """Has an image of its own."""
        super().prepare(project)
        self.image = cockpit_machine()

    def __enter__(self):
        super().__enter__()
        self.install()
        self.put_file("/root/server.py", (HERE / "server.py").read_text(encoding="utf-8"))
        self.run(["sh", "-euc", f"""
            useradd --create-home --groups ecemail,systemd-journal {ENGINEER}
            useradd --create-home {VISITOR}
            useradd --create-home --groups sudo {ADMINISTRATOR}
            mkdir -p /etc/cockpit
            printf '[basic]\\ntimeout=300\\n' >/etc/cockpit/cockpit.conf
            printf '%s:{PASSWORD}\\n' {ENGINEER} {VISITOR} {ADMINISTRATOR} | chpasswd
            systemctl start cockpit.socket"""])
        self.port = self.forward(9090)
        return self

    def forward(self, port):
        """Returns the port of this machine that leads to that one of the guest's loopback."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            local = probe.getsockname()[1]
        subprocess.run(["ssh", "-F", self.state / "ssh_config", "-O", "forward",
                        "-L", f"127.0.0.1:{local}:127.0.0.1:{port}", "guest"], check=True)
        return local

    def on_bus(self):
        """Waits until both cards are on the bus."""
        for path in SLOT, OTHER_CARD:
            there = self.poll(lambda: self.run(
                ["busctl", "get-property", "org.ecemail1", path, "org.ecemail1.Slot", "Name"],
                check=False).status == 0, 60)
            assert there, f"{path} is not on the bus"

    def call(self, path, interface, method, *words):
        """What a method of the daemon's gives, by the bus, as root."""
        text = self.run(["busctl", "--json=short", "call", "org.ecemail1", path, interface, method,
                         *words]).stdout
        return json.loads(text)["data"] if text else []

    def stored(self):
        """The stored setup of the first slot, by field."""
        rows, _, _ = self.call(SLOT, "org.ecemail1.Slot", "GetSetup")
        return {row[0]: row[2] for row in rows}

    def serve(self, *words):
        """Starts server.py in the guest, which refuses in these words."""
        self.run(["sh", "-c", "systemctl stop server 2>/dev/null; systemctl reset-failed server "
                  "2>/dev/null; systemd-run -q --unit=server -p Type=notify -p NotifyAccess=all "
                  'python3 /root/server.py "$@"', "sh", *words])

    def set_setup(self, level, path=SLOT, **fields):
        """SetSetup by the bus, as root."""
        words = [word for pair in fields.items() for word in pair]
        self.call(path, "org.ecemail1.Slot", "SetSetup", "sa{ss}as", level, str(len(fields)),
                  *words, "0")

    def pull(self):
        """Takes the first card away, as far as the guest's kernel goes: QEMU 7.2 does not
        survive it when it is given this card again."""
        self.run(["sh", "-c", "echo 1 >/sys/class/ecom/ecom0s1/device/remove"])

    def plug(self):
        """Puts it in again."""
        self.run(["sh", "-c", "echo 1 >/sys/bus/pci/rescan"])
