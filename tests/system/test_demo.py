# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/demo: shows both acts, and does not hang when a part of it dies."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

from vm_image import ROOT, image, kernel

# A part that dies is to be noticed within seconds; the rest is a busy machine.
ENDS_WITHIN = 20


def guest():
    """The demo boots a guest of its own; what that needs is built before."""
    image()
    kernel("stock")
    return contextlib.nullcontext()


def prepare(_):
    """Nothing is shared."""


def check(_):
    """Nothing is shared."""


@contextlib.contextmanager
def demo():
    """A demo that runs, its set-up of packages left out."""
    process = subprocess.Popen([ROOT / "scripts/demo_acts.py"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=dict(os.environ, PYTHONUNBUFFERED="1"))
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def children(pid):
    """Process ids and names of what a process has started, and they in turn."""
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text(encoding="ascii").split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                name = pathlib.Path(f"/proc/{child}/comm").read_text(encoding="utf-8").strip()
                found += [(int(child), name), *children(child)]
    return found


def kill_part(name):
    """Kills a part in the middle of act 1; the demo must end soon, and say why."""
    with demo() as process:
        output = ""
        for line in process.stdout:
            output += line
            if "Act 1" in line:
                break
        victims = [pid for pid, comm in children(process.pid) if comm.startswith(name)]
        assert victims, f"no {name} among {children(process.pid)}; the demo said\n{output}"
        os.kill(victims[0], signal.SIGKILL)
        began = time.monotonic()
        try:
            rest, _ = process.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the demo went on for {ENDS_WITHIN} s without {name}") from None
        seconds = time.monotonic() - began
        assert process.returncode == 1, f"exit status {process.returncode}:\n{rest}"
        assert f"demo: the bench failed: {name}" in rest, f"after {seconds:.0f} s it said\n{rest}"
        assert "Traceback" not in rest, rest


def test_demo_shows_both_acts(_):
    """The whole demo, as a newcomer starts it."""
    result = subprocess.run([ROOT / "scripts/demo"], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                            timeout=110)
    assert result.returncode == 0, f"exit status {result.returncode}:\n{result.stdout}"
    changes = re.findall(r"^ +\d+ +([01]) +([01]) +(\d+) +(?:busy|success|error)", result.stdout,
                         re.MULTILINE)
    assert changes == [("0", "0", "1"), ("1", "0", "0"), ("0", "0", "1"), ("0", "1", "20")], \
        f"{changes} in\n{result.stdout}"


def test_demo_ends_without_plcsim(_):
    """plcsim is killed: a clear message and exit 1 within seconds."""
    kill_part("plcsim")


def test_demo_ends_without_qemu(_):
    """QEMU is killed: a clear message and exit 1 within seconds."""
    kill_part("qemu")
