# SPDX-License-Identifier: GPL-2.0-or-later
"""Cards come and go by the kernel's own hot plugging (pciehp), on a stock
kernel with systemd and udev."""

import contextlib
import os

import storm
from hotplug import LONG, HotplugGuest, check, equal, prepare, works
from life import Life, recovers, replugged

KERNEL = os.environ.get("KERNEL", "stock")
TIMEOUT = 3600 if LONG else 600

__all__ = ["check", "guest", "prepare"]


@contextlib.contextmanager
def guest():
    """One for all tests here."""
    with HotplugGuest(KERNEL, native=True) as made:
        yield made


def test_two_cards_with_sixteen_slots_each(guest):
    """32 devices with the names of card and K number, links by the place, and
    events that name the right one."""
    cards = [guest.new_card(), guest.new_card()]
    places = [guest.plug(port, card) for port, card in enumerate(cards)]
    names = {f"ecom{card}s{number}": places[card] for card in range(2) for number in range(16)}
    equal(guest.inside("wait_slots", 32, 20), names)
    equal(guest.inside("wait_links", 32, 20),
          {f"pci-{place}-slot{name.split('s')[1]}": name for name, place in names.items()})
    guest.inside("listen")
    for index, card in enumerate(cards):
        for number in (0, 15):
            guest.inside("open_slot", "a", f"/dev/ecom{index}s{number}", os.O_RDWR)
            works(guest, "a", card, number, 16 * index + number)
            guest.inside("close", "a")
    seen = [(event["card"], event["slot"], event["tag"])
            for event in guest.inside("events", [["completed", 0], ["completed", 1]], 10)
            if event["kind"] == "completed"]
    equal(seen, [(0, 0, 0), (0, 15, 15), (1, 0, 16), (1, 15, 31)])
    guest.unplug(0)
    equal(guest.inside("wait_links", 16, 20),
          {f"pci-{places[1]}-slot{number}": f"ecom1s{number}" for number in range(16)})
    # the number of the first card is free again, that of the second stays
    guest.plug(2, cards[0])
    equal(guest.inside("wait_slots", 32, 20)["ecom0s3"], guest.inside("below", guest.port(2), 5))


def test_unplug_and_replug_by_pciehp(guest):
    """The files of a card that is pulled end, those of its return are others."""
    life = Life(guest)
    guest.unplug(0)
    life.ended()
    life.said_goodbye()
    replugged(life)


def test_surprise_removal(guest):
    """The same for a card that is torn out, which nobody can tell any more."""
    life = Life(guest)
    guest.push_out(0)
    life.ended()
    replugged(life)


def test_error_that_resets_the_slot(guest):
    """AER, fatal: pciehp resets the slot, which looks like removal to it."""
    recovers(guest, "MALF_TLP")


def test_storm_of_removals(guest):
    """By pciehp: twelve removals under traffic, or twenty with its button."""
    storm.run(guest, 20 if LONG else 12, guest.unplug if LONG else guest.power_off)
