# SPDX-License-Identifier: GPL-2.0-or-later
"""What the bench's guest is booted from: its root file system and kernels.

All of it is built once by the recipes in scripts/guest and kept in the user's
cache directory, each thing under a name that holds a hash of its inputs, so
that a changed recipe gives a new thing and never a half-changed one.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

SCRIPTS = pathlib.Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
GUEST = SCRIPTS / "guest"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME")
                     or pathlib.Path.home() / ".cache") / "ecemail"

# Debian's kernels: which installed headers belong to a name. The guest runs
# exactly the kernel that the module is built for.
STOCK_KERNELS = {
    "stock": r"6\.1\.\d+-\d+-amd64",
    "rt": r"6\.1\.\d+-\d+-rt-amd64",
    "6.12": r"6\.12\.\d+(\+deb12)?-amd64",
    "6.12-rt": r"6\.12\.\d+(\+deb12)?-rt-amd64",
}
DEBUG_SOURCE = pathlib.Path("/usr/src/linux-source-6.1.tar.xz")
KERNELS = (*STOCK_KERNELS, "debug")

# How long each recipe may take on a slow, busy machine
TIMEOUTS = {"image": 900, "packages": 900, "kernel": 300, "debug": 3600}
KEPT = 2


class Failure(Exception):
    """The bench cannot go on. The message is for the user; status is the
    exit status: 124 for a time-out, 125 for anything else."""

    def __init__(self, message, status=125):
        super().__init__(message)
        self.status = status


class Kernel:
    """A kernel to boot.

    name     as in --kernel
    release  as uname -r says it
    image    what QEMU boots
    initrd   its initramfs, or None
    disk     the file system of its modules, or None
    modules  the folder of that disk on the host, or None
    kdir     what modules are built against
    """

    def __init__(self, name, release, folder, kdir):
        def there(path):
            return path if path.exists() else None
        self.name = name
        self.release = release
        self.image = folder / "vmlinuz"
        self.initrd = there(folder / "initrd")
        self.disk = there(folder / "modules.ext4")
        self.modules = there(folder / "modules" / release)
        self.kdir = kdir


def log(message):
    """Tells the user what goes on, beside the command's own output."""
    print(f"vm: {message}", file=sys.stderr, flush=True)


def _hash(*inputs):
    """A short hash of strings and of the contents of files and folders."""
    result = hashlib.sha256()
    for item in inputs:
        if not isinstance(item, pathlib.Path):
            result.update(f"{item}\0".encode())
            continue
        files = sorted(f for f in item.rglob("*") if f.is_file()) if item.is_dir() else [item]
        for file in files:
            mode = file.stat().st_mode & 0o111
            result.update(f"{file.relative_to(item.parent)}\0{mode}\0".encode())
            result.update(file.read_bytes())
    return result.hexdigest()[:16]


@contextlib.contextmanager
def locked(path, what):
    """Holds the lock file at path; says so if that means waiting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log(f"waiting for another process that builds {what}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run_recipe(what, command, timeout):
    """Runs a recipe; its output goes to standard error."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                          start_new_session=True) as process:
        try:
            status = process.wait(timeout)
        except BaseException as reason:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(reason, subprocess.TimeoutExpired):
                raise Failure(f"building {what} took more than {timeout} s", 124) from None
            raise
    if status:
        raise Failure(f"building {what} failed with status {status}, see above")


def _cached(kind, key, what, recipe):
    """The folder CACHE/kind-key; recipe(folder) gives the command that fills
    it if it is not there. All but the newest of a kind are removed."""
    final = CACHE / f"{kind}-{key}"
    if not final.exists():
        with locked(CACHE / f"{kind}.lock", what):
            if not final.exists():
                _build(kind, final, what, recipe)
    os.utime(final)
    name = re.compile(re.escape(kind) + "-[0-9a-f]{16}")
    old = sorted((path for path in CACHE.iterdir() if name.fullmatch(path.name)),
                 key=lambda path: path.stat().st_mtime)
    for path in old[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)
    return final


def _build(kind, final, what, recipe):
    """Fills a new folder and moves it to its final name when it is whole."""
    for rest in CACHE.glob(f".{kind}-tmp*"):
        shutil.rmtree(rest, ignore_errors=True)
    log(f"building {what} in {CACHE}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f".{kind}-tmp", dir=CACHE))
    folder.chmod(0o755)
    try:
        _run_recipe(what, recipe(folder), TIMEOUTS[kind.split("-")[0]])
        folder.rename(final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _debian_sources():
    """The host's own apt sources, as far as they are Debian's."""
    output = subprocess.run(
        ["apt-get", "indextargets", "--format",
         "$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        capture_output=True, text=True, check=True).stdout
    sources = [line.split("|", 1)[1] for line in output.splitlines()
               if line.startswith("Debian|") and " bookworm" in line]
    if not sources:
        raise Failure("apt knows no Debian 12 (bookworm) packages to build the guest from: "
                      "add Debian's archive to /etc/apt and run 'apt-get update'")
    return "\n".join(sources) + "\n"


def image():
    """The folder with root.ext4, id_ed25519 and known_hosts."""
    key = _hash(GUEST / "packages", GUEST / "make-image", GUEST / "root")

    def recipe(folder):
        sources = folder / "sources.list"
        sources.write_text(_debian_sources(), encoding="ascii")
        return [GUEST / "make-image", folder, sources]
    return _cached("image", key, "the guest image", recipe)


def package_root():
    """The folder with root.tar: a Debian in which packages of ours can be
    installed, with what they need and the headers of two kernels."""
    recipe = ROOT / "tests/packages/make-root"

    def command(folder):
        sources = folder / "sources.list"
        sources.write_text(_debian_sources(), encoding="ascii")
        return [recipe, folder, sources]
    return _cached("packages", _hash(recipe), "the root for package tests", command)


def package_machine(release):
    """Like image(), with what packages of ours need to build the driver for the kernel of
    that release."""
    recipe = ROOT / "tests/packages/make-machine"
    key = _hash(GUEST / "packages", GUEST / "make-image", GUEST / "root", recipe, release)

    def command(folder):
        sources = folder / "sources.list"
        sources.write_text(_debian_sources(), encoding="ascii")
        return [recipe, folder, sources, release]
    return _cached("image-packages", key, "the guest image for packages", command)


def cockpit_machine():
    """Like image(), with Debian's Cockpit."""
    recipe = ROOT / "tests/cockpit/make-machine"
    key = _hash(GUEST / "packages", GUEST / "make-image", GUEST / "root", recipe)

    def command(folder):
        sources = folder / "sources.list"
        sources.write_text(_debian_sources(), encoding="ascii")
        return [recipe, folder, sources]
    return _cached("image-cockpit", key, "the guest image for Cockpit", command)


def _natural(text):
    """Sorts 6.1.0-9 before 6.1.0-10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def _installed_release(name):
    """The newest kernel release with headers on this host for a name."""
    found = [path.parent.name for path in pathlib.Path("/lib/modules").glob("*/build")
             if re.fullmatch(STOCK_KERNELS[name], path.parent.name) and path.is_dir()]
    if not found:
        level = "vm" if name == "stock" else "check"
        raise Failure(f"no kernel headers for '{name}' in /lib/modules: "
                      f"run 'scripts/setup {level}'")
    return max(found, key=_natural)


def _debug_kernel():
    recipe = GUEST / "make-debug-kernel"
    config = GUEST / "debug.config"
    if not DEBUG_SOURCE.exists():
        raise Failure(f"no {DEBUG_SOURCE}: run 'scripts/setup check'")
    version = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "linux-source-6.1"],
        capture_output=True, text=True, check=False).stdout
    folder = _cached("debug", _hash(recipe, config, version),
                     "the debug kernel (about 6 minutes)",
                     lambda folder: [recipe, folder, DEBUG_SOURCE])
    release = (folder / "release").read_text(encoding="ascii").strip()
    return Kernel("debug", release, folder, folder / "build")


def kernel(name):
    """The Kernel of a name in KERNELS."""
    if name == "debug":
        return _debug_kernel()
    release = _installed_release(name)
    recipe = GUEST / "make-kernel"
    folder = _cached(f"kernel-{name}",
                     _hash(recipe, GUEST / "initramfs-init", release),
                     f"the guest's kernel {release}",
                     lambda folder: [recipe, folder, release])
    return Kernel(name, release, folder, pathlib.Path("/lib/modules", release, "build"))
