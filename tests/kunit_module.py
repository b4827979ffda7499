# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver and its KUnit tests as one module, which runs them when it is loaded."""

import re
import shutil
import subprocess

from vm_image import ROOT, Failure

MODULE = "ecom-kunit"
SECONDS = 300
SUITES = ("ecom-dpram", "ecom-mailbox", "ecom-slot", "ecom-lifetime", "ecom-netlink")
RESULT = re.compile(r"(?P<indent> *)(?P<result>ok|not ok) \d+ (- )?(?P<name>\S+)")


def build(debug, root=ROOT):
    """Builds the module from the tree at root for a Kernel; returns its file."""
    folder = root / f"build/kunit/{debug.release}"
    for name in ("driver", "uapi/linux", "tests/kunit"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for source in (root / name).glob("*.[ch]"):
            if (folder / name / source.name).exists() and \
                    (folder / name / source.name).read_bytes() == source.read_bytes():
                continue
            shutil.copyfile(source, folder / name / source.name)
    shutil.copyfile(root / "Kbuild", folder / "Kbuild.ecom")
    shutil.copyfile(root / "tests/kunit/Kbuild", folder / "Kbuild")
    (folder / f"{MODULE}.ko").unlink(missing_ok=True)
    result = subprocess.run(["make", "-C", debug.kdir, f"M={folder}", "modules"], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    if result.returncode or "warning:" in result.stdout:
        raise Failure(f"building the tests failed:\n{result.stdout}")
    if not (folder / f"{MODULE}.ko").exists():
        raise Failure(f"the kernel {debug.release} is built without CONFIG_KUNIT")
    return folder / f"{MODULE}.ko"


def load(guest, module):
    """Loads the module, which runs its tests; returns what the kernel said."""
    guest.run(["sh", "-c", f"cat >/root/{MODULE}.ko"], text=False, input=module.read_bytes())
    guest.run(["dmesg", "-C"])
    loaded = guest.run(["insmod", f"/root/{MODULE}.ko"], check=False, timeout=SECONDS)
    log = guest.run(["dmesg", "-t"]).stdout.splitlines()
    if loaded.status:
        raise Failure("\n".join(["insmod: " + loaded.stderr.strip(), *log[-40:]]))
    return log


def suites_of(log):
    """The lines of each suite, and whether it has passed, by name."""
    found, lines = {}, []
    for line in log:
        line = line.rstrip()
        match = RESULT.match(line)
        if match and match["name"] in SUITES:
            found[match["name"]] = (match["result"] == "ok" and any(map(RESULT.match, lines)),
                                    lines)
            lines = []
        elif line.startswith("    "):
            lines.append(line)
        elif "Subtest:" in line:
            lines = []
    return found
