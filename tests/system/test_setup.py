# SPDX-License-Identifier: GPL-2.0-or-later
"""The stored setup, the working copy and the bus in a whole PC."""

import json
import time

from bench import Bench

SLOT = "/org/ecemail1/card/0/slot/1"
STATE = "/var/lib/ecemail"

TIMEOUT = 600


def guest():
    """One guest for all tests of this file, with three users."""
    class Installed(Bench):
        """A Bench with the project and an engineer, ann, and a visitor, bob."""
        def __enter__(self):
            super().__enter__()
            self.install()
            self.run(["sh", "-c", """
                for user in ann:4711 bob:4712; do
                    echo "${user%:*}:x:${user#*:}:${user#*:}::/:/bin/sh" >>/etc/passwd
                    echo "${user%:*}:x:${user#*:}:" >>/etc/group
                done
                sed -i 's/^\\(ecemail:x:[0-9]*\\):.*/\\1:ann/' /etc/group"""])
            return self
    return Installed()


def prepare(bench):
    """The same beginning for each test."""
    bench.set(X0=0, V3000=3, V3001=4711)
    bench.start_postfix()
    bench.empty_mailbox()
    bench.run(["sh", "-c", f"systemctl stop ecemaild; rm -rf {STATE}/*"])
    bench.configure()
    bench.marker = f"ecemail-test-{time.monotonic_ns()}"
    bench.run(["sh", "-c", 'echo "$1" >/dev/kmsg', "sh", bench.marker])
    bench.start = bench.now()
    wait_for_slot(bench)
    bench.run(["sync"])  # what is cut is what the test itself writes


def check(bench):
    """What holds after each test."""
    trouble = bench.kernel_trouble(bench.marker)
    assert not trouble, "the kernel log has\n" + "\n".join(trouble)


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
