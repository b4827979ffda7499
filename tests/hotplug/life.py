# SPDX-License-Identifier: GPL-2.0-or-later
"""What a file must see of its card's end, and the next one of the card's return;
by whatever way the card goes and comes."""

import os

from card import ATTACHED, HOST_GENERATION, READY_FOR
from hotplug import POLLHUP_ERR, equal, wait_for, works

DEVICE = "/dev/ecom0s1"


class Life:
    """A card with a request done, one delivered and one queued; its slot K1 is
    open for reading and for watching, and the reader of K2 is blocked."""

    def __init__(self, guest, port=0, **options):
        self.guest, self.port = guest, port
        self.card = guest.new_card(slots=2, vectors=3, **options)
        guest.inside("listen")
        self.address = guest.plug(port, self.card)
        for name, path, flags in (("daemon", DEVICE, os.O_RDWR | os.O_NONBLOCK),
                                  ("watcher", DEVICE, os.O_RDONLY),
                                  ("reader", "/dev/ecom0s2", os.O_RDWR)):
            guest.inside("open_slot", name, path, flags)
        wait_for(lambda: self.card.get(self.card.block(1) + ATTACHED) == 1, 10, "not attached")
        works(guest, "daemon", self.card, 1, 1)
        for tag in (2, 3):
            equal(self.card.mail(1, tag), 0)
        self.delivered = guest.inside("read", "daemon")
        guest.inside("block", "reader")
        self.generation = self.card.host(HOST_GENERATION)

    def ended(self):
        """The card is gone: all files say so and do nothing else any more."""
        guest = self.guest
        equal(guest.inside("outcome", "reader", 10), "ENODEV")
        for name in ("daemon", "watcher", "reader"):
            equal(guest.inside("poll", name, 10000), POLLHUP_ERR)
            equal(guest.inside("all_calls", name), ["ENODEV"])
        guest.inside("wait_gone", DEVICE, 10)
        kinds = [event["kind"] for event in guest.inside("events", [["card_removed", 0]], 10)]
        equal(kinds[:2], ["card_added", "card_served"])
        assert "completed" in kinds and "expired" not in kinds, kinds
        equal(kinds[-2:], ["card_lost", "card_removed"])

    def said_goodbye(self):
        """The card was told that nobody serves it any more."""
        equal(self.card.host(READY_FOR), 0)

    def returned(self):
        """The card is back under the same names, the old files still open."""
        guest = self.guest
        wait_for(self.card.ready, 60, "not served")
        assert self.card.host(HOST_GENERATION) != self.generation
        guest.inside("open_slot", "new", DEVICE, os.O_RDWR | os.O_NONBLOCK)
        equal([self.card.status(1, tag) for tag in (1, 2, 3)], [33, 33, 33])
        equal(guest.inside("read", "new"), "EAGAIN")
        # closing the old files neither detaches the new one nor gives anything back
        equal(guest.inside("complete", "daemon", self.delivered["id"], 250), "ENODEV")
        works(guest, "new", self.card, 1, 2)
        for name in ("daemon", "watcher", "reader"):
            guest.inside("close", name)
        equal(self.card.get(self.card.block(1) + ATTACHED), 1)
        works(guest, "new", self.card, 1, 3)
        equal(guest.inside("all_calls", "new"), ["EAGAIN", "EINVAL", "ENOENT", "None"])
        guest.inside("close", "new")


def replugged(life):
    """The same card into the same port, powered up anew."""
    life.card.power_up()
    life.guest.inside("listen")
    life.guest.plug(life.port, life.card)
    life.guest.inside("events", [["card_added", 0], ["card_served", 0]], 10)
    life.returned()


def recovers(guest, error):
    """After an error at the port the card is there again, with its requests."""
    life = Life(guest)
    lines = guest.inject(0, error)
    assert any("device recovery successful" in line for line in lines), lines
    wait_for(life.card.ready, 10, "not served after recovery")
    equal(life.card.host(HOST_GENERATION), life.generation)
    equal(guest.inside("is_blocked", "reader"), True)
    equal([life.card.status(1, tag) for tag in (1, 2, 3)], [250, 1, 1])
    equal(guest.inside("complete", "daemon", life.delivered["id"], 250), None)
    equal(life.card.status(1, 2), 250)
    before = guest.inside("interrupts", life.address)
    equal(life.card.mail(2, 9), 0)
    equal(guest.inside("outcome", "reader", 10)["tag"], 9)
    after = guest.inside("interrupts", life.address)
    assert after[2] > before[2], (before, after)
    for name in ("daemon", "watcher", "reader"):
        guest.inside("close", name)
