#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/bench/driver.py [--short]

What the driver costs: eight cards, played by build/bench-card on this machine, and
a bare interrupt echo to compare with, in a guest with Debian's kernel. Prints TAP,
a test for each bound, and writes Documentation/bench-driver.rst. With --short it
only tries that all of it runs, with the bounds that do not depend on time, and
writes nothing. ECEMAIL_KERNEL chooses another of the guest's kernels.
"""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

# pylint: disable=wrong-import-position
from vm_guest import Guest  # noqa: E402
from vm_image import Failure, kernel  # noqa: E402

CARDS, SLOTS, VECTORS = 8, 16, 17
ECHO_INDEX = 189  # ACPI index of the echo's device; cards have 89 to 96
MEMORY = 65536
SHORT = "--short" in sys.argv
ROUNDS, SECONDS, IDLE = (50, 1, 6) if SHORT else (2000, 8, 20)
LOAD = os.getloadavg()[0]
OUTPUT = ROOT / "Documentation/bench-driver.rst"

# Unbinds or binds all cards.
BINDING = """
for device in /sys/bus/pci/devices/*; do
	index=$(cat "$device/acpi_index" 2>/dev/null) || continue
	case $index in 89 | 9[0-6]) ;; *) continue ;; esac
	echo "${device##*/}" >/sys/bus/pci/drivers/ecom/$1 || exit 1
done
udevadm settle
"""
ECHO = f"""
insmod /root/echo.ko
for device in /sys/bus/pci/devices/*; do
	[ "$(cat "$device/acpi_index" 2>/dev/null)" = {ECHO_INDEX} ] || continue
	echo ecom-echo >"$device/driver_override"
	echo "${{device##*/}}" >/sys/bus/pci/drivers_probe
	exec readlink "$device/driver"
done
exit 1
"""
# Unreferenced memory is given back late, and what frees it frees more.
MEMINFO = ("udevadm settle; for again in 1 2 3; do sync; echo 3 >/proc/sys/vm/drop_caches; "
           "sleep 1; done; cat /proc/meminfo")
COUNTED = ("Slab", "VmallocUsed", "Percpu", "PageTables")
EVENTS = ("workqueue/workqueue_execute_start", "workqueue/workqueue_execute_end",
          "irq/irq_handler_entry", "irq/irq_handler_exit")
TRACE = f"""
cd /sys/kernel/tracing && echo 0 >tracing_on && echo mono >trace_clock && echo 8192 >buffer_size_kb
echo >trace
for event in {' '.join(EVENTS)}; do echo 1 >events/$event/enable; done
echo 1 >tracing_on; sleep {IDLE}; echo 0 >tracing_on
echo 0 >events/enable
cat trace
"""


class Device:
    """The memory and the vectors of an ivshmem device, and its server."""

    def __init__(self, folder, number):
        self.path = os.path.join(folder, f"card{number}")
        self.memory = os.memfd_create("dpram")
        os.ftruncate(self.memory, MEMORY)
        # by peer: 0 the device, 1 the card
        self.vectors = [[os.eventfd(0) for _ in range(VECTORS)] for _ in range(2)]
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def numbers(self):
        """What bench-card wants to know."""
        return [self.memory, *self.vectors[1], *self.vectors[0]]

    def _serve(self):
        connection, _ = self.listener.accept()
        for number, descriptor in [(0, None), (0, None), (-1, self.memory),
                                   *((peer, fd) for peer in (1, 0) for fd in self.vectors[peer])]:
            socket.send_fds(connection, [struct.pack("<q", number)],
                            [] if descriptor is None else [descriptor])
        while connection.recv(64):
            pass


class Cards:
    """build/bench-card with its devices; the last of them is the echo's."""

    def __init__(self, folder):
        self.devices = [Device(folder, number) for number in range(CARDS + 1)]
        numbers = [number for device in self.devices for number in device.numbers()]
        self.process = subprocess.Popen(
            [ROOT / "build/bench-card", *map(str, numbers)], pass_fds=numbers, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        """Ends the cards."""
        self.process.kill()
        self.process.wait()

    def command(self, text):
        """Gives a command; returns the words of its answer."""
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer or answer.startswith("failed"):
            raise Failure(f"bench-card: {text}: {answer.strip() or 'it has ended'}")
        return answer.split()


def more_devices(paths):
    """QEMU's arguments for the devices behind the first."""
    words = []
    indexes = [*range(90, 90 + CARDS - 1), ECHO_INDEX]
    for number, (path, index) in enumerate(zip(paths, indexes), 31):
        words += ["-device", f"pcie-root-port,id=rp{number},chassis={number},slot={number}",
                  "-chardev", f"socket,id=card{number},path={path}",
                  "-device", f"ivshmem-doorbell,chardev=card{number},vectors={VECTORS},"
                  f"bus=rp{number},acpi-index={index}"]
    return words


def build_echo(for_kernel):
    """The echo module's file."""
    folder = ROOT / f"build/echo/{for_kernel.release}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("echo.c", "Kbuild"):
        shutil.copy2(ROOT / "tests/bench" / name, folder)
    result = subprocess.run(["make", "-C", for_kernel.kdir, f"M={folder}", "modules"], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode or "warning:" in result.stdout:
        raise Failure(f"building the echo module failed:\n{result.stdout}")
    return folder / "echo.ko"


def put(guest, source, name):
    """Copies a file into the guest's /root."""
    guest.run(["sh", "-c", f"cat >/root/{name} && chmod +x /root/{name}"], text=False,
              input=source.read_bytes())


def binding(guest, action):
    """All cards: "bind" or "unbind"."""
    guest.run(["sh", "-c", BINDING, "sh", action])


@contextlib.contextmanager
def daemon(guest):
    """bench-daemon on all slots."""
    with guest.popen(["sh", "-c", "exec /root/bench-daemon /dev/ecom[0-9]*"],
                     stdout=subprocess.PIPE, text=True) as process:
        if process.stdout.readline() != "ready\n":
            raise Failure("bench-daemon did not start")
        try:
            yield
        finally:
            guest.run(["pkill", "-x", "bench-daemon"])


def measure_latency(cards):
    """Medians in µs of echo, acknowledge and whole request."""
    cards.command("latency 20")
    values = [int(word) / 1000 for word in cards.command(f"latency {ROUNDS}")]
    return [statistics.median(values[kind::3]) for kind in range(3)]


def measure_frames(cards):
    """Frames a second, and the slowest slot's share of the mean, by slots."""
    result = {}
    for active in (1, SLOTS, CARDS * SLOTS):
        counts = [int(word) for word in cards.command(f"frames {active} {SECONDS}")]
        result[active] = (sum(counts) / SECONDS, min(counts) / max(statistics.mean(counts), 1e-9))
    return result


def used_memory(guest):
    """KiB of kernel memory that a driver's objects can be in."""
    text = guest.run(["sh", "-c", MEMINFO]).stdout
    return sum(int(re.search(rf"^{name}: +(\d+) kB", text, re.M)[1]) for name in COUNTED)


def bound_memory(guest):
    """KiB that binding all cards takes: the median of three times, for what else
    goes on in the guest takes and gives back memory, too."""
    taken = []
    for _ in range(3):
        without = used_memory(guest)
        binding(guest, "bind")
        taken.append(used_memory(guest) - without)
        binding(guest, "unbind")
    return statistics.median(taken)


def measure_memory(guest, cards):
    """KiB for each slot, and for each card beside its slots."""
    binding(guest, "unbind")
    # the first binding leaves behind for ever what later ones use again
    binding(guest, "bind")
    binding(guest, "unbind")
    full = bound_memory(guest)
    cards.command("power 1")
    single = bound_memory(guest)
    cards.command(f"power {SLOTS}")
    binding(guest, "bind")
    slot = (full - single) / (CARDS * (SLOTS - 1))
    return slot, single / CARDS - slot


def measure_idle(guest):
    """Wake-ups a second and µs of processor time a second, for each card."""
    time.sleep(3)
    trace = guest.run(["sh", "-c", TRACE], timeout=IDLE + 60).stdout
    count, busy, began = 0, 0.0, {}
    line = re.compile(r"\s*(\S+)\s+\[\d+\]\s+\S+\s+([\d.]+): (\w+): (.*)")
    for match in map(line.match, trace.splitlines()):
        if not match:
            continue
        task, at, event, text = match[1], float(match[2]), match[3], match[4]
        if (event == "workqueue_execute_start" and "[ecom]" in text) or \
                (event == "irq_handler_entry" and re.search(r"name=ecom\b(?!-)", text)):
            began[task] = at
            count += 1
        elif event.endswith(("_end", "_exit")) and task in began:
            busy += at - began.pop(task)
    if not count:
        raise Failure("the trace of an idle minute shows nothing of the driver, not its ticks")
    return count / IDLE / CARDS, busy * 1e6 / IDLE / CARDS


def measure(guest, cards):
    """All figures, by name."""
    with daemon(guest):
        echo, acknowledge, whole = measure_latency(cards)
        print(f"# echo {echo:.1f} µs, acknowledge {acknowledge:.1f} µs, whole {whole:.1f} µs",
              flush=True)
        frames = measure_frames(cards)
        print(f"# frames: {frames}", flush=True)
    wakeups, busy = measure_idle(guest)
    slot, card = measure_memory(guest, cards)
    return {"echo": echo, "acknowledge": acknowledge, "whole": whole, "frames": frames,
            "slot": slot, "card": card, "wakeups": wakeups, "busy": busy}


def bounds(m):
    """Name, figure, bound and whether it holds, of each test."""
    share = min(share for _, share in m["frames"].values())
    timing = [
        ("WX to acknowledge, times the echo", m["acknowledge"] / m["echo"], "≤ 2.0",
         m["acknowledge"] <= 2.0 * m["echo"]),
        ("WX to final status by RX, times the echo", m["whole"] / m["echo"], "≤ 5.0",
         m["whole"] <= 5.0 * m["echo"]),
        ("slowest slot, share of the mean", share, "≥ 0.5", share >= 0.5),
    ]
    return ([] if SHORT else timing) + [
        ("memory for each slot, KiB", m["slot"], "≤ 64", 0 < m["slot"] <= 64),
        ("wake-ups a second for each idle card", m["wakeups"], "≤ 2", m["wakeups"] <= 2),
    ]


TEXT = """\
.. SPDX-License-Identifier: GPL-2.0-or-later

=========================
What the driver costs
=========================

Written by ``make bench-driver``; do not edit.

Kernel {release}, QEMU TCG, 2 cores, as host and as guest. {cards} cards with
{slots} slots each are played by a process on the host (``build/bench-card``), so
that interrupts (MSI-X) and doorbells are real; the PC's processor is emulated,
and times in µs mean nothing for another machine. What counts are the ratios: each
round has one of each kind, so that what disturbs one disturbs them all. A bare
interrupt handler that rings back (``tests/bench/echo.c``) is the measure. The
host's load average was {load:.1f} at the beginning: what else runs there takes more
from the driver's threads and the daemon than from the echo.

===========================================  ==========  ==========
\\                                            measured    bound
===========================================  ==========  ==========
{rows}
===========================================  ==========  ==========

Medians of {rounds} rounds: echo {echo:.0f} µs; WX to acknowledge {acknowledge:.0f} µs;
WX, ``read()``, ``COMPLETE`` and the first RX that shows the final status {whole:.0f} µs,
with a daemon that ends each request at once. The acknowledge comes from an
interrupt thread, the echo from the interrupt itself. From WX to final status there
are at least two exchanges with the card, and a third when the first RX still finds
the request busy.

============  ===================  ==========================
slots busy    frames a second      slowest slot, of the mean
============  ===================  ==========================
{frames}
============  ===================  ==========================

All slots send as fast as they are answered, for {seconds} s; 16 slots are two of each
card. A frame counts when it has been accepted; one that finds the queue full is
repeated and does not count.

Memory is what binding takes of slab, vmalloc (which holds the stacks of the
interrupt threads, one a card), per-cpu memory and page tables: {slot:.1f} KiB for each
slot, {card:.1f} KiB for each card beside its slots.

Idle means that all cards are served and nobody sends, over {idle} s: {wakeups:.2f}
wake-ups a second for each card and {busy:.0f} µs of processor time a second. A wake-up
is a work item or an interrupt handler of the driver that ran; one tick a second
sees to heartbeats and lost doorbells.
"""


def write(release, m, results):
    """Documentation/bench-driver.rst."""
    rows = "\n".join(f"{name:<43}  {figure:<10.2f}  {bound}" for name, figure, bound, _ in results)
    frames = "\n".join(f"{active:<12}  {rate:<19.0f}  {share:.2f}"
                       for active, (rate, share) in m["frames"].items())
    OUTPUT.write_text(TEXT.format(**{**m, "frames": frames}, release=release, rows=rows,
                                  cards=CARDS, slots=SLOTS, rounds=ROUNDS, seconds=SECONDS,
                                  idle=IDLE, load=LOAD), encoding="utf-8")


def bench():
    """Runs all of it; returns the exit status."""
    found = kernel(os.environ.get("ECEMAIL_KERNEL", "stock"))
    echo = build_echo(found)
    subprocess.run(["make", "-s", "-C", ROOT, "build/bench-card", "build/bench-daemon"],
                   stdout=sys.stderr, check=True)
    with tempfile.TemporaryDirectory() as folder:
        cards = Cards(folder)
        try:
            cards.command(f"power {SLOTS}")
            paths = [device.path for device in cards.devices]
            with Guest(kernel=found.name, card=paths[0], qemu=more_devices(paths[1:])) as guest:
                # the daemon of the bench takes its place
                guest.run(["systemctl", "mask", "--runtime", "ecemaild"])
                guest.install()
                put(guest, echo, "echo.ko")
                put(guest, ROOT / "build/bench-daemon", "bench-daemon")
                guest.run(["sh", "-c", ECHO])
                figures = measure(guest, cards)
                guest.shutdown()
        finally:
            cards.close()
    return report(found.release, figures)


def report(release, figures):
    """TAP, and the document; returns the exit status."""
    results = bounds(figures)
    print(f"1..{len(results)}")
    for name in ("echo", "acknowledge", "whole", "card", "busy", "frames"):
        print(f"# {name}: {figures[name]}")
    for number, (name, figure, bound, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}: {figure:.2f}, {bound}")
    if not SHORT:
        write(release, figures, results)
    return 0 if all(good for *_, good in results) else 1


def main():
    """Returns the exit status."""
    if sys.argv[1:] not in ([], ["--short"]):
        print(__doc__, file=sys.stderr)
        return 2
    print("TAP version 13", flush=True)
    try:
        return bench()
    except Failure as failure:
        print(f"Bail out! {failure}")
        return failure.status


if __name__ == "__main__":
    sys.exit(main())
