# SPDX-License-Identifier: GPL-2.0-or-later
"""The stored setup, the working copy and the bus: who may do what, what
survives a power cut, what happens when the disk is full."""

import json
import os
import random
import re
import subprocess
import time

from bench import BUSY, SUCCESS, error
from installed import STATE, TOOLS, WIDGET_REPORT, guest
from vm_image import Failure

__all__ = ["guest"]

DEVICE = "/dev/ecom0s1"
SLOT = "/org/ecemail1/card/0/slot/1"

LONG = bool(os.environ.get("ECEMAIL_LONG"))

# Of one test, since some boot the guest again.
TIMEOUT = 3600 if LONG else 600

# In the guest: sets three fields to the same number, again and again, and says
# which number the daemon has called safe.
SETTER = """
n=0
while n=$((n+1)); busctl call org.ecemail1 %s org.ecemail1.Slot SetSetup 'sa{ss}as' both \
    3 SenderName "$n" ModuleName "$n" Group.power "n$n@x.org" 0 >/dev/null
do echo $n; done
""" % SLOT


def prepare(bench):
    """The same beginning for each test."""
    bench.load(WIDGET_REPORT)
    bench.set(X0=0, V3000=3, V3001=4711)
    bench.begin()
    wait_for_slot(bench)
    bench.run(["sync"])  # what is cut is what the test itself writes


def check(bench):
    """What holds after each test."""
    bench.check_kernel()


def busctl(bench, *words, user="root", success=True):
    """Calls busctl as a user; returns its answer, or what it complains of."""
    done = bench.run(["runuser", "-u", user, "--", "busctl", "--json=short", "--timeout=60",
                      *words], check=False)
    assert (done.status == 0) == success, f"{user}: busctl {words}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout or "null") if success else done.stderr


def call(bench, member, *arguments, interface="Slot", path=SLOT, **options):
    """Calls a method of the slot."""
    return busctl(bench, "call", "org.ecemail1", path, f"org.ecemail1.{interface}", member,
                  *arguments, **options)


def set_fields(bench, level="both", **fields):
    """SetSetup; returns the fields kept."""
    words = [word for pair in fields.items() for word in pair]
    return call(bench, "SetSetup", "sa{ss}as", level, str(len(fields)), *words, "0")["data"][0]


def fields_of(bench):
    """GetSetup: working copy, stored setup, site and origin of each field."""
    return {row[0]: row[1:] for row in call(bench, "GetSetup")["data"][0]}


def wait_for_slot(bench):
    """Until the daemon has the slot on the bus."""
    found = bench.poll(lambda: bench.run(
        ["busctl", "get-property", "org.ecemail1", SLOT, "org.ecemail1.Slot", "Name"],
        check=False).status == 0, 60)
    assert found, "the slot is not on the bus"


def reset(bench):
    """The guest's processor starts anew, in the midst of whatever it does; returns
    what tells this boot from the next."""
    boot_id = bench.run(["cat", "/proc/sys/kernel/random/boot_id"]).stdout
    qmp = bench.qmp()
    qmp.command("system_reset")
    qmp.close()
    return boot_id


def booted(bench, boot_id):
    """Waits until the guest has booted since that."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        try:
            now = bench.run(["cat", "/proc/sys/kernel/random/boot_id"], timeout=10).stdout
            if now != boot_id:
                bench.settle(300)
                return
        except Failure:
            pass
        time.sleep(0.5)
    raise AssertionError("the guest does not boot after the reset")


def expect(steps, *wanted):
    """The outputs went through these values, and no others."""
    assert tuple(steps) == wanted, f"the outputs went through {steps}, not {wanted}"


def test_setup_without_restart(bench):
    """24 for want of a server; set over the bus, and the same box succeeds."""
    bench.configure(Server=None)
    wait_for_slot(bench)
    pid = bench.daemon("MainPID")
    expect(bench.press(), BUSY, error(24))
    assert call(bench, "GetSetup")["data"][1:] == [20, "Server -- undefined --"]
    assert set_fields(bench, Server="127.0.0.1") == []
    expect(bench.press(), BUSY, SUCCESS)
    assert bench.daemon("MainPID") == pid
    entry = bench.poll(lambda: bench.journal(bench.start, "ECEMAIL_AUTHOR=root (uid 0)"), 10)
    assert "Server=127.0.0.1" in entry[0]["MESSAGE"], entry


def test_who_may_what(bench):
    """Everybody sees states; what names recipients or changes a thing is for the group."""
    call(bench, "SendTestMail", "sss", "mark@hosteng.com", "secret subject", "x")
    # busctl cannot put a{qt} into JSON
    seen = bench.run(["runuser", "-u", "bob", "--", "busctl", "call", "org.ecemail1",
                      "/org/ecemail1", "org.freedesktop.DBus.ObjectManager",
                      "GetManagedObjects"]).stdout
    assert "Health" in seen and "LastStatus" in seen, seen
    seen += call(bench, "Describe", user="bob", interface="Manager",
                 path="/org/ecemail1")["data"][0]
    assert f'"{SLOT}":{{"Card":0,' in seen, seen
    assert "mark" not in seen and "secret" not in seen and "hosteng" not in seen, seen
    group_only = [("GetSetup",), ("SetSetup", "sa{ss}as", "both", "1", "Port", "26", "0"),
                  ("RestoreSetup",), ("SendTestMail", "sss", "mark@hosteng.com", "x", "y"),
                  ("ListRequests",), ("GetHistory", "u", "9"),
                  ("DescribeRequests", "u", "9"), ("SetTrace", "b", "false"),
                  ("WatchTrace", "b", "true"), ("GetRegisters", "qqq", "89", "0", "1"),
                  ("SetRegisters", "qqaq", "90", "0", "1", "7"), ("GetFrames",)]
    for words in group_only:
        text = call(bench, *words, user="bob", success=False)
        assert "denied" in text.lower(), (words, text)
        call(bench, *words, user="ann")
    for words in [("ExportSetup",), ("ImportSetup", "s", "")]:
        options = {"interface": "Manager", "path": "/org/ecemail1"}
        text = call(bench, *words, user="bob", success=False, **options)
        assert "denied" in text.lower(), (words, text)
        call(bench, *words, user="ann", **options)
    entries = bench.journal(bench.start, "ECEMAIL_AUTHOR=ann (uid 4711)")
    assert any("Port=26" in entry["MESSAGE"] for entry in entries), entries
    text = call(bench, "SetSetup", "sa{ss}as", "both", "1", "CAFile", "/tmp/mine", "0",
                user="ann", success=False)
    assert "only the site" in text, text


def test_daemon_checks_by_itself(bench):
    """A policy that lets everybody in does not let anybody do anything."""
    policy = "/etc/dbus-1/system.d/ecemail-open.conf"
    bench.put_file(policy, '<busconfig><policy context="mandatory">'
                           '<allow send_destination="org.ecemail1"/></policy></busconfig>')
    bench.run(["systemctl", "reload", "dbus"])
    try:
        text = call(bench, "SetSetup", "sa{ss}as", "both", "1", "Port", "26", "0", user="bob",
                    success=False)
        assert "denied" in text.lower(), text
        assert fields_of(bench)["Port"][0] == "25"
        call(bench, "GetSetup", user="ann")
    finally:
        bench.run(["rm", policy])
        bench.run(["systemctl", "reload", "dbus"])


def daemon_memory(bench):
    """KiB of the daemon's own."""
    pid = bench.daemon("MainPID")["MainPID"]
    text = bench.run(["grep", "RssAnon", f"/proc/{pid}/status"]).stdout
    return pid, int(text.split()[1])


def descriptors(bench, pid):
    """How many the daemon has open."""
    return len(bench.run(["ls", f"/proc/{pid}/fd"]).stdout.split())


def what_is_kept(bench):
    """The stored setups, the files of the state, the trace and the scratch file."""
    files = bench.run(["sh", "-c", f"cd {STATE} && find . -type f -exec sha256sum {{}} +"]).stdout
    text = call(bench, "ExportSetup", interface="Manager", path="/org/ecemail1")["data"]
    scratch = call(bench, "GetRegisters", "qqq", "90", "0", "64")["data"]
    return sorted(files.splitlines()), text, scratch, call(bench, "GetSetup")["data"]


def test_wild_calls(bench):
    """Whatever somebody without a right says on the bus, nothing changes, no recipient, subject
    or password comes back, and the daemon does not grow, in files open neither. 1,000 calls,
    with ECEMAIL_LONG=1 100,000."""
    count = 100000 if LONG else 1000
    seed = int(os.environ.get("ECEMAIL_SEED") or time.time_ns() % 1000000)
    expect(bench.press(), BUSY, SUCCESS)
    set_fields(bench, Cc="night@hosteng.com", **{"Group.maint": "joe@hosteng.com"})
    call(bench, "SendTestMail", "sss", "mark@hosteng.com", "secret subject", "x")

    def wild(number, seed):
        done = bench.run(["runuser", "-u", "bob", "--", "python3", f"{TOOLS}/wild-bus.py",
                          str(number), str(seed), "mark@", "night@", "joe@", "PLC@", "A-42F",
                          "secret subject", "Widget"],
                         timeout=TIMEOUT - 60, check=False)
        assert done.status == 0, f"seed {seed}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)
    wild(1000, seed)  # its heap has found its size then
    before, (pid, memory) = what_is_kept(bench), daemon_memory(bench)
    opened = descriptors(bench, pid)
    ends = wild(count, seed + 1)
    assert what_is_kept(bench) == before, f"seed {seed}: something has changed"
    now, grown = daemon_memory(bench)
    assert now == pid, f"seed {seed}: the daemon was restarted"
    assert grown <= memory + 512, f"seed {seed}: the daemon grew from {memory} to {grown} KiB"
    assert bench.poll(lambda: descriptors(bench, pid) <= opened, 20), \
        f"seed {seed}: {opened} descriptors, now {descriptors(bench, pid)}"
    assert ends["answered"] > count / 20 and ends["AccessDenied"] > count / 4, ends
    assert not bench.journal(bench.start, "ECEMAIL_AUTHOR=bob (uid 4712)")
    print(f"# seed {seed}: {ends}, {memory} KiB, then {grown} KiB", flush=True)


def test_restart_keeps_the_working_copy(bench):
    """What the ladder program has changed outlives the daemon, not the card's power."""
    bench.ctl("frame", "1", "01810700060239" + "30")
    bench.poll(lambda: fields_of(bench)["Timeout"][3] == "ladder", 20)
    assert fields_of(bench)["Timeout"] == ["90", "60", "60", "ladder"]
    assert set_fields(bench, Timeout="45") == ["Timeout"]
    bench.run(["systemctl", "kill", "-s", "KILL", "ecemaild"])
    time.sleep(1)
    wait_for_slot(bench)
    assert fields_of(bench)["Timeout"] == ["90", "45", "60", "ladder"]
    bench.ctl("plc", "off")
    bench.ctl("plc", "on")
    kept = bench.poll(lambda: fields_of(bench)["Timeout"] == ["45", "45", "60", "stored"], 60)
    assert kept, fields_of(bench)["Timeout"]


def power_cut_while_setting(bench, seconds):
    """Cuts the power some time after the first change, and looks what is left."""
    set_fields(bench, level="working", Timeout="77")
    setter = bench.popen(["sh", "-c", SETTER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    safe = int(setter.stdout.readline())
    time.sleep(seconds)
    booted(bench, reset(bench))
    setter.kill()
    for line in setter.stdout.read().split():
        safe = max(safe, int(line))
    setter.wait()
    setter.stdout.close()
    bench.run(["systemctl", "start", "ecemaild"])
    wait_for_slot(bench)
    fields = fields_of(bench)
    found = int(fields["SenderName"][0])
    assert found >= safe, f"change {safe} was called safe, {found} is there"
    assert fields["ModuleName"][0] == str(found), fields
    assert fields["Group.power"][0] == f"n{found}@x.org", fields
    assert fields["Timeout"] == ["77", "60", "60", "working"], fields["Timeout"]
    files = bench.run(["ls", STATE]).stdout.split()
    assert not [name for name in files if name.endswith(".bad")], files
    bench.start_postfix()
    set_fields(bench, Server="127.0.0.1")


def test_power_cut_early(bench):
    """The power fails while the setup is being written: it is whole, and the last one called
    safe or a later one; the working copy of the card that kept its power is there."""
    power_cut_while_setting(bench, random.uniform(0, 0.3))


def test_power_cut_late(bench):
    """Likewise, and then once more on what that has left."""
    power_cut_while_setting(bench, random.uniform(0.3, 2))


def test_power_cut_again(bench):
    """Likewise."""
    power_cut_while_setting(bench, random.uniform(0, 2))


def test_full_disk(bench):
    """Nothing can be written, for want of room or right: set says so and changes nothing,
    mail goes on."""
    bench.run(["sh", "-c", f"systemctl stop ecemaild; mount -t tmpfs -o size=16k tmpfs {STATE}; "
               f"systemctl start ecemaild; dd if=/dev/zero of={STATE}/filler bs=1k 2>/dev/null; :"])
    try:
        wait_for_slot(bench)
        text = call(bench, "SetSetup", "sa{ss}as", "both", "1", "Timeout", "45", "0",
                    success=False)
        assert "No space left" in text, text
        assert fields_of(bench)["Timeout"][0] == "60"
        bench.ctl("frame", "1", "01810700060239" + "30")
        block = bench.poll(lambda: (b := json.loads(bench.run(
            ["python3", f"{TOOLS}/slot.py", DEVICE, "registers", "89", "40700", "10"]).stdout))[1]
            not in (1, 33) and b, 20)
        assert block[1] == 25 and block[7] == 56, block
        expect(bench.press(), BUSY, SUCCESS)
        bench.run(["mount", "-o", "remount,ro", STATE])
        text = call(bench, "SetSetup", "sa{ss}as", "both", "1", "Timeout", "45", "0",
                    success=False)
        assert "Read-only file system" in text, text
        expect(bench.press(), BUSY, SUCCESS)
        bench.run(["mount", "-o", "remount,rw", STATE])
        bench.run(["rm", f"{STATE}/filler"])
        set_fields(bench, Timeout="45")
    finally:
        bench.run(["sh", "-c", f"systemctl stop ecemaild; umount {STATE}; :"])


def test_sandbox(bench):
    """As shipped, the exposure is 1.5 or less, and systemd has nothing to say to the unit."""
    text = bench.run(["systemd-analyze", "security", "--no-pager", "--threshold=15",
                      "ecemaild.service"]).stdout
    found = re.search(r"exposure level for ecemaild.service: ([0-9.]+)", text)
    assert found and float(found.group(1)) <= 1.5, text[-200:]
    done = bench.run(["systemd-analyze", "verify", "--man=no", "/lib/systemd/system/ecemaild.service"])
    said = [line for line in (done.stdout + done.stderr).splitlines() if "ecemail" in line]
    assert not said, said
