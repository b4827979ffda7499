# SPDX-License-Identifier: GPL-2.0-or-later
"""A place of their own for the mail servers: name spaces of mounts, network
and processes, in which the unpacked packages lie over /usr, /etc and /var.

Inside everything is root's, and port 25 of 127.0.0.1 is free. Of the machine
nothing is changed, and when the first process ends all others do.
"""

import os
import pathlib
import subprocess
import sys

SCRATCH = pathlib.Path("/run/ecemail-servers")
# Below 1000, and those that Debian's base-passwd does not give.
USERS = {"postfix": 901, "Debian-exim": 902, "opensmtpd": 903, "opensmtpq": 904,
         "dovecot": 905, "dovenull": 906, "postbox": 907}
GROUPS = {**USERS, "postdrop": 908}


def enter(root, program, words):
    """Runs the program again, inside; does not return."""
    ids = [] if os.geteuid() == 0 else ["--map-auto", "--map-root-user"]
    os.execvp("unshare", ["unshare", *ids, "--mount", "--net", "--pid", "--fork",
                          "--kill-child", sys.executable, program, "--inside", str(root),
                          *words])


def run(*words, **options):
    """Runs a command that must succeed."""
    answer = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False, **options)
    assert not answer.returncode, f"{' '.join(map(str, words))}: {answer.stdout}"
    return answer.stdout


def overlay(root, folder):
    """Lays the packages' folder over the machine's, to be written to."""
    below = f"{root}/{folder}:" if (root / folder).is_dir() else ""
    upper, work = SCRATCH / f"{folder}.upper", SCRATCH / f"{folder}.work"
    upper.mkdir()
    work.mkdir()
    run("mount", "-t", "overlay", "overlay", "-o",
        f"lowerdir={below}/{folder},upperdir={upper},workdir={work}", f"/{folder}")


def add_users():
    """The users that the packages' scripts would make."""
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        for name, number in USERS.items():
            file.write(f"{name}:x:{number}:{number}::/nonexistent:/bin/false\n")
    with open("/etc/group", "a", encoding="utf-8") as file:
        for name, number in GROUPS.items():
            file.write(f"{name}:x:{number}:\n")


def furnish(root):
    """Makes the place; to be called inside, once."""
    run("ip", "link", "set", "lo", "up")
    run("mount", "-t", "proc", "proc", "/proc")
    run("mount", "-t", "tmpfs", "run", "/run")
    SCRATCH.mkdir()
    for folder in "usr", "etc", "var":
        overlay(root, folder)
    add_users()
    pathlib.Path("/etc/hosts").write_text("127.0.0.1 localhost bench.test\n", encoding="ascii")
    pathlib.Path("/etc/resolv.conf").write_text("", encoding="ascii")
