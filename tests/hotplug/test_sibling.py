# SPDX-License-Identifier: GPL-2.0-or-later
"""A card that shares its place with a function that has no driver: when one of
them reports an error, the kernel does not say that it is over."""

import contextlib
import os
import time

from hotplug import HotplugGuest, check, equal, prepare
from life import Life

TIMEOUT = 600

__all__ = ["check", "guest", "prepare"]


class SiblingGuest(HotplugGuest):
    """Each card is function 0 of a device, beside one that is only there for tests."""

    def add(self, name, port, **device):
        super().add(f"{name}.sibling", port, driver="pci-testdev", addr="0.1", multifunction=True)
        del device["acpi-index"]
        super().add(name, port, addr="0.0", multifunction=True, **device)


@contextlib.contextmanager
def guest():
    """One for all tests here."""
    with SiblingGuest(os.environ.get("KERNEL", "debug")) as made:
        yield made


def test_error_without_recovery(guest):
    """AER, not fatal, and the kernel gives up: the card goes on all the same."""
    life = Life(guest)
    lines = guest.inject(0, "COMP_ABORT")
    assert any("device recovery failed" in line for line in lines), lines
    time.sleep(3)
    place = f"/sys/bus/pci/devices/{life.address}"
    equal(guest.inside("read_text", f"{place}/ecom_trouble"), "none")
    equal(life.card.ready(), True)
    equal(life.card.mail(2, 9), 0)
    equal(guest.inside("outcome", "reader", 10)["tag"], 9)
