# SPDX-License-Identifier: GPL-2.0-or-later
"""A card is pulled and plugged over and over, under traffic and with readers
blocked, beside one that stays.

What "every accepted request gets exactly one final status" means here: RX says
busy until the request's one final event (completed, expired, abandoned), and
that event's status from then on; if the card goes first there is no such event,
and RX says 33 once the card is back, as of a tag never used.
"""

import threading
import time

from card import HOST_GENERATION
from hotplug import equal, wait_for

FINAL = ("completed", "expired", "abandoned")
NUMBERS = (1, 2)
BUSY, NEVER_USED = 1, 33


class Traffic(threading.Thread):
    """The ladder program of one slot: request after request, each with the next
    tag, and a look at its result."""

    def __init__(self, card, number):
        super().__init__(daemon=True)
        self.card, self.number = card, number
        self.over = False
        self.problem = None
        self.accepted = []  # (host generation, tag, statuses seen)
        self.start()

    def run(self):
        tag = 0
        try:
            while not self.over:
                if self.card.plugged and self.card.ready() and self.request(tag):
                    tag = (tag + 1) % 256
                # No faster, lest a slot has more to tell than it keeps: events would be lost
                time.sleep(0.5)
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem

    def request(self, tag):
        """One request; returns whether it was accepted."""
        generation = self.card.host(HOST_GENERATION)
        if self.card.mail(self.number, tag, timeout=20) != 0:
            return False
        equal(self.card.host(HOST_GENERATION), generation)
        statuses = [self.card.status(self.number, tag, timeout=20) for _ in range(2)]
        self.accepted.append((generation, tag, [s for s in statuses if s is not None]))
        return True


class Storm:
    """The state of a storm: see run()."""

    def __init__(self, guest):
        self.guest = guest
        self.cards = [guest.new_card(slots=2, vectors=3) for _ in range(2)]
        self.bindings = []  # host generations of card 0, in their order
        guest.inside("listen")
        # The card that stays is card 0 to the driver, the other is card 1
        guest.plug(1, self.cards[1])
        for number in NUMBERS:
            guest.inside("work", f"stays {number}", f"/dev/ecom0s{number}", 1 << 30)
            guest.inside("work", f"goes {number}", f"/dev/ecom1s{number}", 2)
        self.traffic = [Traffic(card, number) for card in self.cards for number in NUMBERS]

    def going(self):
        """The traffic of the card that goes."""
        return self.traffic[:len(NUMBERS)]

    def plug(self):
        """The card comes; what it asked before is forgotten, and only that."""
        old = {traffic.number: traffic.accepted[-5:] for traffic in self.going()}
        card = self.cards[0]
        card.power_up()
        self.guest.plug(0, card)
        self.bindings.append(card.host(HOST_GENERATION))
        return old

    def round(self, unplug):
        """The card comes, works, and goes in the middle of it."""
        before = [len(traffic.accepted) for traffic in self.traffic]
        self.plug()
        for traffic, count in zip(self.traffic, before):
            wait_for(lambda t=traffic, n=count: len(t.accepted) >= n + 2 or t.problem, 60,
                     f"a card takes no requests in K{traffic.number}")
            assert traffic.problem is None, traffic.problem
        unplug(0)

    def finish(self):
        """Ends the traffic; the results of the last round read as never used."""
        for traffic in self.going():
            traffic.over = True
            traffic.join(30)
        old = self.plug()
        for traffic in self.going():
            for _, tag, _ in old[traffic.number]:
                equal(self.cards[0].status(traffic.number, tag), NEVER_USED)
        self.guest.unplug(0)
        for traffic in self.traffic:
            traffic.over = True
            traffic.join(30)
            equal((traffic.is_alive(), traffic.problem), (False, None))
        wait_for(lambda: self.all_ended(), 10, "requests of the card that stays have not ended")
        self.guest.unplug(1)

    def all_ended(self):
        """Whether the card that stays has no request any more."""
        return all(self.cards[1].status(t.number, tag) != BUSY
                   for t in self.traffic[len(NUMBERS):] for _, tag, _ in t.accepted[-20:])


def lives(events, card):
    """Of each request of a card: binding, slot, tag -> its final events."""
    result, tags, binding = {}, {}, -1
    for event in events:
        if event["card"] != card:
            continue
        if event["kind"] == "card_added":
            binding, tags = binding + 1, {}
        elif event["kind"] == "queued":
            tags[event["slot"], event["request"]] = event["tag"]
            result.setdefault((binding, event["slot"], event["tag"]), []).append([])
        elif event["kind"] in FINAL:
            tag = tags[event["slot"], event["request"]]
            equal(tag, event["tag"])
            result[binding, event["slot"], tag][-1].append(event["status"])
    return result


def judge_going(storm, events):
    """Each request of the card that goes."""
    found = lives(events, 1)
    known = {}
    for traffic in storm.going():
        for generation, tag, statuses in traffic.accepted:
            known[storm.bindings.index(generation), traffic.number, tag] = statuses
    equal(set(found), set(known))
    for key, statuses in known.items():
        equal(len(found[key]), 1)
        final = found[key][0]
        assert len(final) <= 1, f"{key} has ended as {final}"
        assert set(statuses) <= {BUSY, *final} and statuses == sorted(statuses), (key, statuses)
    return known, found


def judge_staying(storm, events):
    """The card that stays has lost nothing and is disturbed by nothing."""
    found = lives(events, 0)
    accepted = sum(len(traffic.accepted) for traffic in storm.traffic[len(NUMBERS):])
    ended = [final for finals in found.values() for final in finals]
    equal(len(ended), accepted)
    equal([final for final in ended if len(final) != 1], [])
    kinds = [event["kind"] for event in events if event["card"] == 0 and "slot" not in event]
    equal(kinds, ["card_added", "card_served", "card_lost", "card_removed"])


def judge_workers(done):
    """No request was given out twice or ended twice, and errors say what is so."""
    for name, work in done.items():
        equal([entry for entry in work["reads"] if entry[-1] != 1], [])
        equal([entry for entry in work["ends"] if entry[-1] is not None], [])
        allowed = {"read ENODEV", "complete ENODEV", "open ENOENT", "open ENODEV", "open ENXIO"}
        assert set(work["errors"]) <= allowed, (name, work["errors"])


def run(guest, rounds, unplug):
    """So many rounds; unplug(port) takes the card out."""
    storm = Storm(guest)
    begin = time.monotonic()
    for done in range(1, rounds + 1):
        storm.round(unplug)
        if done % 20 == 0:
            print(f"# {done} removals, {time.monotonic() - begin:.0f} s", flush=True)
    storm.finish()
    names = [f"{what} {number}" for what in ("stays", "goes") for number in NUMBERS]
    done = {name: guest.inside("stop_work", name, 20) for name in names}
    events = guest.inside("events", [["card_removed", 0]], 20)
    judge_workers(done)
    judge_staying(storm, events)
    known, found = judge_going(storm, events)
    ended = sum(bool(found[key][0]) for key in known)
    print(f"# {rounds} removals: {len(known)} requests accepted by the card that went, {ended} "
          f"ended before it, {len(known) - ended} read 33", flush=True)
    assert rounds <= ended < len(known), "the storm has not tried both ends"
