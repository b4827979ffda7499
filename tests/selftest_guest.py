# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest with a card that does nothing, in which the kernel selftests play the
card themselves."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from vm_guest import Guest
from vm_image import ROOT

# Older ones cannot run a test by name.
SOURCE = pathlib.Path("/usr/src/linux-source-6.12.tar.xz")
HARNESS = ("lib.mk", "kselftest.h", "kselftest_harness.h")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
OUTPUT = ROOT / "build/selftests"


def harness():
    """The folder with the kernel's selftest rules, unpacked once."""
    state = SOURCE.stat()
    folder = CACHE / f"ecemail/kselftest-{state.st_size}-{int(state.st_mtime)}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = tempfile.mkdtemp(dir=folder.parent)
        prefix = "linux-source-6.12/tools/testing/selftests/"
        subprocess.run(["tar", "-xJf", SOURCE, "-C", fresh, "--strip-components=4",
                        "--occurrence=1", *(prefix + name for name in HARNESS)], check=True)
        try:
            os.rename(fresh, folder)
        except OSError:
            shutil.rmtree(fresh)
    return folder


def build():
    """Builds the programs."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["make", "-s", "-C", ROOT / "tests/selftests", f"KSELFTEST={harness()}",
                    f"OUTPUT={OUTPUT}"], check=True, stdout=sys.stderr)


@contextlib.contextmanager
def selftest_guest(kernel):
    """A booted guest, which is shut down or killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "card")
        with subprocess.Popen([ROOT / "tests/selftests/idle-card", socket]) as card:
            try:
                while not os.path.exists(socket) and card.poll() is None:
                    time.sleep(0.05)
                with Guest(kernel=kernel, card=socket) as guest:
                    yield guest
            finally:
                card.terminate()


def put_program(guest, name):
    """Puts one of the programs into the guest's /root."""
    guest.run(["sh", "-c", f"cat >/root/{name} && chmod +x /root/{name}"], text=False,
              input=(OUTPUT / name).read_bytes())
