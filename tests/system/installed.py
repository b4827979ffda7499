# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest of the system tests: installed, with all that tests need in it, and
brought to the same beginning before each of them."""

import pathlib
import time

from bench import CONFIGURATION, MAILBOX, Bench
from vm_guest import ROOT

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = "/usr/local/lib"  # in the guest, readable for everybody
PROGRAMS = ROOT / "tests/plcsim/programs"
WIDGET_REPORT = PROGRAMS / "widget-report.ld"
STATE = "/var/lib/ecemail"

# ann is an engineer, bob a visitor; adduser takes seconds on an emulated processor.
USERS = """
for user in ann:4711 bob:4712; do
    echo "${user%:*}:x:${user#*:}:${user#*:}::/:/bin/sh" >>/etc/passwd
    echo "${user%:*}:x:${user#*:}:" >>/etc/group
done
sed -i 's/^\\(ecemail:x:[0-9]*\\):.*/\\1:ann/' /etc/group
"""

# One command, of few programs, as each costs a moment: nothing hangs, the mail server
# listens, the daemon starts with the configuration $2 and no other; $1 marks the kernel's
# log.
BEGIN = f"""
echo "$1" >/dev/kmsg
hanging=
[ ! -e /sys/fs/cgroup/system.slice/hanging.service ] || hanging=hanging
systemctl stop ecemaild $hanging || [ "$hanging" ] # which may have ended
rm -rf {STATE}/* {CONFIGURATION}.d/* /tmp/hanging
[ ! -e {MAILBOX} ] || : >{MAILBOX}
listens() {{ grep -q ':0019 0*:0000 0A ' /proc/net/tcp; }}
listens || systemctl start postfix postfix@-
for i in $(seq 100); do listens && break; sleep 0.1; done
listens
printf %s "$2" >{CONFIGURATION}
systemctl start ecemaild
date +%s.%6N
"""


class Installed(Bench):
    """A Bench with the project and the tools of these tests in it."""

    def __enter__(self):
        super().__enter__()
        try:
            self.install()
            for tool in ("slot.py", "hanging-server.py", "wild-bus.py"):
                self.put_file(f"{TOOLS}/{tool}", (HERE / tool).read_text(encoding="utf-8"))
            self.run(["sh", "-ec", USERS])
        except BaseException:
            self.close()
            raise
        self.loaded = self.program or WIDGET_REPORT
        self.marker = self.start = None
        return self

    def load(self, program):
        """Gives the PLC a program and puts it to RUN, unless it has it."""
        if program != self.loaded:
            self.ctl("plc", "program")
            self.ctl("download", str(program))
            self.ctl("plc", "run")
            self.loaded = program

    def begin(self, **setup):
        """The same beginning for each test, with these fields of the setup; self.start is
        the guest's time, and self.marker the line of its kernel log, from which it counts."""
        self.marker = f"ecemail-test-{time.monotonic_ns()}"
        self.start = self.run(["sh", "-ec", BEGIN, "sh", self.marker,
                               self.configuration(**setup)]).stdout.strip()

    def check_kernel(self):
        """What holds after each test."""
        trouble = self.kernel_trouble(self.marker)
        assert not trouble, "the kernel log has\n" + "\n".join(trouble)


def guest():
    """A PC with one card and one module, the widget report in its PLC: files of tests that
    have this function share it."""
    return Installed()
