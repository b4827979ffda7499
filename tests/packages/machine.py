# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine that has nothing of ours but the Debian packages.

Its programs, module, unit, rules and sysusers come by apt-get from build/deb;
the bench's own rule gives the card to the driver, as it does everywhere.
"""
import contextlib
import pathlib
import tempfile

from bench import SUCCESS, Bench
from vm_image import ROOT, Failure, package_machine

DEVICE = "/dev/ecom0s1"
# DKMS compiles on an emulated processor.
INSTALL_SECONDS = 1200


class Machine(Bench):
    """The guest, whose card is pulled and plugged by QEMU."""

    def prepare(self, project=False):
        """Has an image of its own."""
        super().prepare(project)
        self.image = package_machine(self.kernel.release)

    def pull(self):
        """Takes the card away."""
        with contextlib.closing(self.qmp()) as qmp:
            qmp.command("device_del", id="card0")
            qmp.wait_event("DEVICE_DELETED", 60)
            # The connection stays otherwise, and the card takes no second one.
            qmp.command("chardev-remove", id="card")

    def plug(self):
        """Puts it in again."""
        with contextlib.closing(self.qmp()) as qmp:
            qmp.command("chardev-add", id="again", backend={
                "type": "socket", "data": {"server": False, "addr": {
                    "type": "unix", "data": {"path": str(self.state / "card")}}}})
            qmp.command("device_add", driver="ivshmem-doorbell", id="card0", chardev="again",
                        vectors=17, bus="rp1", **{"acpi-index": 89})

    def exists(self, path):
        """Whether there is such a file."""
        return self.run(["test", "-e", path], check=False).status == 0

    def failed_units(self):
        """What systemd has not been able to start."""
        return self.run(["systemctl", "--failed", "--plain", "--no-legend"]).stdout


def packages_install(machine):
    """apt-get install ./*.deb on a machine without a card."""
    machine.pull()
    with tempfile.TemporaryDirectory(prefix="ecemail-debs-") as folder:
        for deb in (ROOT / "build/deb").glob("*.deb"):
            if "dbgsym" not in deb.name:
                (pathlib.Path(folder) / deb.name).write_bytes(deb.read_bytes())
        machine.run(["mkdir", "/root/debs"])
        machine.put(folder, "/root/debs")
    # The kernel's modules are on a disk of their own, mounted over what the
    # headers' package has there.
    machine.run(["sh", "-c", "ln -sfn /usr/src/linux-headers-$(uname -r) "
                 "/usr/lib/modules/$(uname -r)/build"])
    machine.run(["sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get install -y /root/debs/*.deb"],
                timeout=INSTALL_SECONDS)
    built = machine.run(["modinfo", "-F", "filename", "ecom"]).stdout
    assert "/updates/dkms/" in built, built


def nothing_fails_without_a_card(machine):
    """No failed unit; status says what is missing."""
    machine.settle(60)
    result = machine.run(["ecemailctl", "status"], check=False)
    assert result.status in (1, 3) and "card" in result.stdout, result.stdout + result.stderr


def card_starts_the_daemon(machine):
    """The card is plugged: slot, service and bus are there by themselves."""
    machine.plug()
    assert machine.poll(lambda: machine.exists(DEVICE), 60), machine.kernel_log()[-2000:]
    assert machine.poll(lambda: machine.daemon("ActiveState")["ActiveState"] == "active", 60)


def box_sends_a_mail(machine):
    """setup set, and the box's mail is delivered."""
    machine.start_postfix()
    machine.run(["ecemailctl", "setup", "set", "K1", "Server=127.0.0.1",
                 "SenderName=Machine A-42F", "SenderAddress=PLC@hosteng.com"])
    machine.set(V3000=3, V3001=4711)
    assert machine.press()[-1] == SUCCESS
    mail = machine.mailbox()[-1]
    assert mail["Subject"] == "Widget Report", mail["Subject"]


def reboot_changes_nothing(machine):
    """After a reboot the box sends with no further word."""
    machine.reboot()
    machine.start_postfix()
    assert machine.poll(lambda: machine.get("V1400") == 0, 120), machine.get("V1400")
    machine.empty_mailbox()
    assert machine.press()[-1] == SUCCESS
    machine.mailbox()


def purge_leaves_a_sound_machine(machine):
    """Purged while the card is in use: no failed unit, no program, no setup."""
    machine.run(["sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get purge -y "
                 "ecemail ecemail-doc ecom-dkms ecemail-plcsim cockpit-ecemail"], timeout=300)
    assert not machine.failed_units(), machine.failed_units()
    for path in ("/usr/sbin/ecemaild", "/etc/ecemail", "/var/lib/ecemail"):
        assert not machine.exists(path), path
    trouble = machine.kernel_trouble()
    assert not trouble, "\n".join(trouble)


STEPS = (packages_install, nothing_fails_without_a_card, card_starts_the_daemon,
         box_sends_a_mail, reboot_changes_nothing, purge_leaves_a_sound_machine)


def run(first):
    """Prints the results, numbered from that one on; returns whether all were good."""
    with Machine() as machine:
        for number, step in enumerate(STEPS, first):
            try:
                step(machine)
            except (AssertionError, Failure) as reason:
                print("\n".join(f"# {line}" for line in str(reason).splitlines()[-40:]))
                print(f"not ok {number} - machine: {step.__name__}", flush=True)
                return False
            print(f"ok {number} - machine: {step.__name__}", flush=True)
    return True
