# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages unpacked into a cache folder, without installing them.

Two mail servers cannot be installed side by side, and nobody wants one of them
to start on their machine for a test. What they need and this machine lacks is
unpacked, too.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache",
                     "ecemail")
PACKAGES = ("postfix", "exim4-daemon-light", "opensmtpd", "dovecot-submissiond",
            "libsasl2-modules", "nullmailer", "python3-aiosmtpd")


def lacking():
    """What of the packages is not installed: a set of name=version."""
    found = set()
    for package in PACKAGES:  # apart, since they conflict
        answer = subprocess.run(
            ["apt-get", "-s", "--no-install-recommends", "install", package],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "LC_ALL": "C"})
        if answer.returncode:
            raise SystemExit(f"servers: apt-get knows no {package}; run apt-get update: "
                             f"{answer.stderr.strip()}")
        for line in answer.stdout.splitlines():
            words = line.split()
            if words[0:1] == ["Inst"]:
                version = next(word for word in words[2:] if word.startswith("("))
                found.add(f"{words[1]}={version[1:]}")
    return found


def unpack(wanted, folder):
    """Downloads the packages and unpacks them into the folder."""
    with tempfile.TemporaryDirectory(prefix="servers.", dir=CACHE) as place:
        subprocess.run(["apt-get", "-q=2", "download", *sorted(wanted)], cwd=place, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for archive in sorted(pathlib.Path(place).glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", archive, f"{place}/root"], check=True)
        os.replace(f"{place}/root", folder)


def unpacked():
    """The folder with the packages in it; filled anew if others have been installed since."""
    CACHE.mkdir(parents=True, exist_ok=True)
    status = os.stat("/var/lib/dpkg/status")
    state = f"{PACKAGES} {status.st_size} {status.st_mtime_ns}"
    folder = CACHE / f"servers-{hashlib.sha256(state.encode()).hexdigest()[:16]}"
    with open(CACHE / "servers.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            for old in CACHE.glob("servers-*"):
                shutil.rmtree(old)
            unpack(lacking(), folder)
    return folder
