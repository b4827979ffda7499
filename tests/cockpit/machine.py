# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest with Debian's Cockpit and our page, as the engineer's PC has it.

The guest has no network: the browser reaches Cockpit through the bench's own
SSH connection, from a port of this machine's loopback.
"""

import pathlib
import socket
import subprocess

from bench import Bench
from vm_image import cockpit_machine

HERE = pathlib.Path(__file__).resolve().parent
SLOT = "/org/ecemail1/card/0/slot/1"
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
        """Waits until the slot is on the bus."""
        there = self.poll(lambda: self.run(
            ["busctl", "get-property", "org.ecemail1", SLOT, "org.ecemail1.Slot", "Name"],
            check=False).status == 0, 60)
        assert there, "the slot is not on the bus"

    def serve(self, *words):
        """Starts server.py in the guest, which refuses in these words."""
        self.run(["sh", "-c", "systemctl stop server 2>/dev/null; systemctl reset-failed server "
                  "2>/dev/null; systemd-run -q --unit=server -p Type=notify -p NotifyAccess=all "
                  'python3 /root/server.py "$@"', "sh", *words])

    def set_setup(self, level, **fields):
        """SetSetup by the bus, as root."""
        words = [word for pair in fields.items() for word in pair]
        self.run(["busctl", "call", "org.ecemail1", SLOT, "org.ecemail1.Slot", "SetSetup",
                  "sa{ss}as", level, str(len(fields)), *words, "0"])

    def pull(self):
        """Takes the card away, as far as the guest's kernel goes: QEMU 7.2 does not survive it
        when it is given this card again."""
        self.run(["sh", "-c", 'for card in /sys/bus/pci/drivers/ecom/0000:*; do '
                              'echo 1 >"$card/remove"; done'])

    def plug(self):
        """Puts it in again."""
        self.run(["sh", "-c", "echo 1 >/sys/bus/pci/rescan"])
