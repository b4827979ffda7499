# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine that has nothing of ours but the Debian packages.

Its programs, module, unit, rules and sysusers come by apt-get from build/deb;
the bench's own rule gives the card to the driver, as it does everywhere.
"""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile

from bench import SUCCESS, Bench
from vm_image import ROOT, Failure, package_machine

HERE = pathlib.Path(__file__).resolve().parent
DEVICE = "/dev/ecom0s1"
OURS = ("ecemail", "ecemail-doc", "ecom-dkms", "ecemail-plcsim", "cockpit-ecemail")
PROGRAMS = ("/usr/sbin/ecemaild", "/usr/bin/ecemailctl", "/usr/bin/plcsim",
            "/lib/systemd/system/ecemaild.service", "/usr/share/cockpit/ecemail")
# What a site has made
SITE = ("/etc/ecemail", "/var/lib/ecemail", "/etc/credstore.encrypted/ecemail-plc.cred",
        "/etc/systemd/system/ecemaild.service.d/credential-plc.conf")
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


def apt_get(machine, *words):
    """As an administrator would, who is asked nothing; a shell reads the words."""
    machine.run(["sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get -y -o "
                 f"Dpkg::Options::=--force-confold {' '.join(words)}"], timeout=INSTALL_SECONDS)


def in_guest(machine, packages, folder):
    """Puts packages into a folder of the guest."""
    with tempfile.TemporaryDirectory(prefix="ecemail-debs-") as name:
        for deb in packages:
            if "dbgsym" not in deb.name:
                shutil.copy(deb, name)
        machine.run(["mkdir", folder])
        machine.put(name, folder)


def serves(machine):
    """The slot is there, the service and the bus by themselves."""
    assert machine.poll(lambda: machine.exists(DEVICE), 60), machine.kernel_log()[-2000:]
    assert machine.poll(lambda: machine.daemon("ActiveState")["ActiveState"] == "active", 60)


def sends(machine):
    """The box's mail is delivered."""
    machine.empty_mailbox()
    assert machine.press()[-1] == SUCCESS
    return machine.mailbox()[-1]


def is_sound(machine):
    """No failed unit, and the kernel has nothing to complain of."""
    assert not machine.failed_units(), machine.failed_units()
    trouble = machine.kernel_trouble()
    assert not trouble, "\n".join(trouble)


def daemon_alone_is_installed(machine):
    """ecemail without the driver: nothing fails, and status says what is missing."""
    machine.pull()
    in_guest(machine, (ROOT / "build/deb").glob("*.deb"), "/root/debs")
    apt_get(machine, "install", "/root/debs/ecemail_*.deb")
    machine.settle(60)
    is_sound(machine)
    result = machine.run(["ecemailctl", "status"], check=False)
    assert result.status in (1, 3) and "driver" in result.stdout, result.stdout + result.stderr


def packages_install(machine):
    """apt-get install ./*.deb on a machine without a card."""
    # The kernel's modules are on a disk of their own, mounted over what the
    # headers' package has there.
    machine.run(["sh", "-c", "for headers in /usr/src/linux-headers-*-amd64; do "
                 "modules=/usr/lib/modules/${headers#/usr/src/linux-headers-} && "
                 "mkdir -p $modules && ln -sfn $headers $modules/build || exit; done"])
    apt_get(machine, "install", "/root/debs/*.deb")


def module_is_built_for_two_kernels(machine):
    """By DKMS: for the kernel that runs, and for another when it is installed."""
    other = machine.run(["sh", "-c", "cd /usr/lib/modules && ls -d *-amd64 | grep -vx $(uname -r)"]).stdout
    machine.run(["/etc/kernel/postinst.d/dkms", other.strip()], timeout=INSTALL_SECONDS)
    for release in (machine.kernel.release, other.strip()):
        built = machine.run(["modinfo", "-k", release, "-F", "filename", "ecom"]).stdout
        assert f"{release}/updates/dkms/" in built, built
    # Building for one is enough from here on: it takes minutes on an emulated processor.
    machine.run(["sh", "-c", f"rm /usr/lib/modules/{other.strip()}/build"])


def nothing_fails_without_a_card(machine):
    """No failed unit; status says what is missing."""
    machine.settle(60)
    is_sound(machine)
    result = machine.run(["ecemailctl", "status"], check=False)
    assert result.status in (1, 3) and "card" in result.stdout, result.stdout + result.stderr


def card_starts_the_daemon(machine):
    """The card is plugged: slot, service and bus are there by themselves."""
    machine.plug()
    serves(machine)


def box_sends_a_mail(machine):
    """setup set, and the box's mail is delivered."""
    machine.start_postfix()
    machine.run(["ecemailctl", "setup", "set", "K1", "Server=127.0.0.1",
                 "SenderName=Machine A-42F", "SenderAddress=PLC@hosteng.com"])
    machine.set(V3000=3, V3001=4711)
    mail = sends(machine)
    assert mail["Subject"] == "Widget Report", mail["Subject"]


def cockpit_has_the_page(machine):
    """What Cockpit serves to who has logged in is the installed page, with all it loads."""
    machine.run(["sh", "-c", "useradd --create-home ann && echo ann:Widget4711! | chpasswd && "
                 "systemctl start cockpit.socket"])
    machine.put_file("/root/page.py", (HERE / "page.py").read_text(encoding="utf-8"))
    machine.run(["python3", "/root/page.py", "ann", "Widget4711!"])


def upgrade_keeps_the_setup(machine):
    """While the card is in use: the new daemon runs, and the box sends with the old setup."""
    before = machine.daemon("MainPID")
    machine.run(["sh", "-c", "echo 'Timeout=77' >>/etc/ecemail/ecemaild.conf && "
                 "echo secret | ecemailctl credential set plc"])
    with tempfile.TemporaryDirectory(prefix="ecemail-newer-") as folder:
        subprocess.run([HERE / "newer", ROOT / "build/deb", folder], check=True,
                       stdout=subprocess.DEVNULL)
        # The driver's package is upgraded in the folder of tests/packages/steps.
        in_guest(machine, (deb for deb in pathlib.Path(folder).glob("*.deb")
                           if "dkms" not in deb.name), "/root/newer")
    apt_get(machine, "install", "/root/newer/*.deb")
    assert machine.daemon("MainPID") != before
    serves(machine)
    sends(machine)
    is_sound(machine)


def reboot_changes_nothing(machine):
    """After a reboot the box sends with no further word."""
    machine.reboot()
    machine.start_postfix()
    assert machine.poll(lambda: machine.get("V1400") == 0, 120), machine.get("V1400")
    sends(machine)


def remove_keeps_the_setup(machine):
    """While the card is in use: the programs are gone, what the site has made is not."""
    apt_get(machine, "remove", *OURS)
    is_sound(machine)
    for path in PROGRAMS:
        assert not machine.exists(path), path
    for path in SITE:
        assert machine.exists(path), path
    assert "Timeout=77" in machine.run(["cat", "/etc/ecemail/ecemaild.conf"]).stdout


def reinstall_sends_again(machine):
    """Installed again, it serves the card and sends with no further word."""
    apt_get(machine, "install", "/root/debs/ecom-dkms_*.deb /root/newer/*.deb")
    serves(machine)
    assert machine.poll(lambda: machine.get("V1400") == 0, 60), machine.get("V1400")
    sends(machine)
    is_sound(machine)


def purge_leaves_a_sound_machine(machine):
    """Purged while the card is in use: no failed unit, no program, no setup, no secret."""
    apt_get(machine, "purge", *OURS)
    is_sound(machine)
    for path in (*PROGRAMS, *SITE):
        assert not machine.exists(path), path


STEPS = (daemon_alone_is_installed, packages_install, module_is_built_for_two_kernels,
         nothing_fails_without_a_card, card_starts_the_daemon, box_sends_a_mail,
         cockpit_has_the_page, upgrade_keeps_the_setup, reboot_changes_nothing,
         remove_keeps_the_setup, reinstall_sends_again, purge_leaves_a_sound_machine)



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
