# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates for 127.0.0.1: a good one, and each way to be wrong."""

import pathlib
import shutil
import subprocess

NAMES = {"good": "IP:127.0.0.1,DNS:localhost", "expired": "IP:127.0.0.1,DNS:localhost",
         "other": "DNS:other.example"}


def openssl(*words):
    """Runs openssl, which says far too much."""
    subprocess.run(["openssl", *map(str, words)], stdin=subprocess.DEVNULL, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Certificates:
    """Files NAME.pem and NAME.key, ca.pem that has signed them, stranger.pem that has not."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        for name in "ca", "stranger":
            openssl("req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-keyout", self.key(name), "-out", self.file(name), "-days", "2",
                    "-subj", f"/CN={name}")
        for name, alternatives in NAMES.items():
            self.issue(name, alternatives, -1 if name == "expired" else 2)

    def file(self, name):
        """The certificate."""
        return self.folder / f"{name}.pem"

    def key(self, name):
        """The private key."""
        return self.folder / f"{name}.key"

    def issue(self, name, alternatives, days):
        """Has ca sign one."""
        request, extensions = self.folder / "request", self.folder / "extensions"
        extensions.write_text(f"subjectAltName={alternatives}\n", encoding="ascii")
        openssl("req", "-newkey", "rsa:2048", "-nodes",
                "-keyout", self.key(name), "-out", request, "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", request, "-CA", self.file("ca"), "-CAkey",
                self.key("ca"), "-CAcreateserial", "-days", days, "-extfile", extensions,
                "-out", self.file(name))
        # Exim reads it as its own user, OpenSMTPD refuses what others may read
        shutil.chown(self.key(name), None, "Debian-exim")
        self.key(name).chmod(0o640)
