# SPDX-License-Identifier: GPL-2.0-or-later
"""A card without interrupts: the driver looks once a second."""

import contextlib
import os

from card import EVENT_VECTOR, HOST_HEARTBEAT, NO_VECTOR, SLOT_VECTOR
from hotplug import HotplugGuest, check, equal, prepare
from life import DEVICE, Life, replugged

KERNEL = os.environ.get("KERNEL", "stock")

__all__ = ["check", "guest", "prepare"]


@contextlib.contextmanager
def guest():
    """One for all tests here."""
    with HotplugGuest(KERNEL, append=["pci=nomsi"]) as made:
        yield made


def test_requests_by_polling(guest):
    """Everything works, each transfer by the next look at the latest."""
    card = guest.new_card(slots=2, vectors=3)
    address = guest.plug(0, card)
    equal(guest.inside("interrupts", address), [])
    vectors = [card.get(card.block(number) + SLOT_VECTOR) for number in card.numbers]
    equal([card.host(EVENT_VECTOR), *vectors], [NO_VECTOR] * 3)
    guest.inside("open_slot", "daemon", DEVICE, os.O_RDWR)
    looks = []
    for tag in range(5):
        before = card.host(HOST_HEARTBEAT)
        equal(card.mail(1, tag), 0)
        looks.append(card.host(HOST_HEARTBEAT) - before)
        request = guest.inside("read", "daemon")
        equal(guest.inside("complete", "daemon", request["id"], 250), None)
        equal(card.status(1, tag), 250)
    # the driver's heart beats once with each look
    assert sorted(looks)[2] <= 1 and max(looks) <= 2, looks
    guest.inside("close", "daemon")


def test_unplug_and_replug(guest):
    """The files of a card that is pulled end, those of its return are others."""
    life = Life(guest)
    guest.unplug(0)
    life.ended()
    life.said_goodbye()
    replugged(life)
