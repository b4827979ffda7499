# SPDX-License-Identifier: GPL-2.0-or-later
"""Is a guest's kernel content? Tests that run in a guest ask that at the end,
and report it and their own results as KTAP."""

from bench import KERNEL_TROUBLE

# Twice: an object is reported once it has been unreferenced for some seconds.
LEAKS = """
rmmod "$1" || exit 1
leaks=/sys/kernel/debug/kmemleak
[ -e $leaks ] || exit 0
echo scan >$leaks; sleep 6; echo scan >$leaks
cat $leaks
! grep -q . $leaks
"""

# The kernel's interrupt core goes on when it cannot create /proc/irq/N/node for
# want of memory, and warns when that is to be removed. Only an injected fault
# does that, and nothing in the driver can help it.
INJECTED = ("remove_proc_entry", "unregister_irq_proc")
# So does vmalloc(), where it is not told to be silent.
NO_MEMORY = "vmalloc error: size"

LINES = 100  # of what is wrong, to be shown


class Report:
    """KTAP's top level."""

    def __init__(self, count):
        self.number = 0
        self.failed = False
        print(f"KTAP version 1\n1..{count}", flush=True)

    def result(self, name, passed, lines=()):
        """One test, after what there is to say about it."""
        for line in lines:
            print(f"    # {line}")
        self.number += 1
        self.failed |= not passed
        print(f"{'ok' if passed else 'not ok'} {self.number} - {name}", flush=True)


def begin(guest):
    """Forgets what the kernel has said and lost before."""
    # udev would start the daemon each time that a slot appears
    guest.run(["sh", "-c", "! [ -d /run/systemd/system ] || "
               "systemctl mask --quiet --now --runtime ecemaild; dmesg -C; "
               "f=/sys/kernel/debug/kmemleak; [ ! -e $f ] || echo clear >$f"])


def without_injected(log):
    """The log without the warnings that injected faults draw from the kernel
    itself, each from "cut here" to "end trace", and without the line that begins
    the trace of an allocation that failed."""
    kept, warning = [], []
    failed = False
    for line in log:
        failed |= NO_MEMORY in line
        if failed and "Call Trace:" in line:
            failed = False
        elif warning or "cut here" in line:
            warning.append(line)
            if "end trace" in line:
                text = "\n".join(warning)
                if not all(word in text for word in INJECTED):
                    kept += warning
                warning = []
        else:
            kept.append(line)
    return kept + warning


def trouble(guest):
    """What the kernel's log tells of trouble, from a little before it on."""
    log = without_injected(guest.kernel_log().splitlines())
    bad = [number for number, line in enumerate(log) if KERNEL_TROUBLE.search(line)]
    return log[max(0, bad[0] - 20):bad[0] + LINES] if bad else []


def leaks(guest, module="ecom"):
    """Unloads the module; what is wrong with that, and what memory it has lost."""
    result = guest.run(["sh", "-c", LEAKS, "sh", module], check=False)
    return ([f"status {result.status}", *(result.stdout + result.stderr).splitlines()[:LINES]]
            if result.status else [])


def check(guest, report, module="ecom"):
    """Two results: by the kernel's log and, where it has it, by kmemleak."""
    log = trouble(guest)
    report.result("kernel log is clean", not log, log)
    lost = leaks(guest, module)
    report.result("no memory is lost and the module unloads", not lost, lost)
