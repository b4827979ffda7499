# SPDX-License-Identifier: GPL-2.0-or-later
"""Cards come and go by ACPI hot plugging, break, and are reset after errors, on
the debug kernel. (Not by pciehp there: in 6.1 its own locks make lockdep
complain and then stay silent for good.)"""

import contextlib
import os
import threading
import time

import kernel_gate
import storm
from card import EVENT_VECTOR, HOST_GENERATION, READY_FOR, SLOT_VECTOR
from hotplug import LONG, HotplugGuest, check, equal, prepare, wait_for, works
from life import DEVICE, Life, recovers, replugged

KERNEL = os.environ.get("KERNEL", "debug")
TIMEOUT = 7200 if LONG else 600
# What a card that is gone may cost of the log: that it is lost, and that it is back
LINES = 2

__all__ = ["check", "guest", "prepare"]


@contextlib.contextmanager
def guest():
    """One for all tests here."""
    with HotplugGuest(KERNEL) as made:
        kernel_gate.begin(made)
        yield made


def test_unplug_and_replug_by_acpiphp(guest):
    """The files of a card that is pulled end, those of its return are others."""
    life = Life(guest)
    guest.unplug(0)
    life.ended()
    life.said_goodbye()
    replugged(life)


def test_unbind_and_bind(guest):
    """The same when the driver lets the card go."""
    life = Life(guest)
    equal(guest.inside("write", "/sys/bus/pci/drivers/ecom/unbind", life.address), None)
    life.ended()
    life.said_goodbye()
    equal(guest.inside("write", "/sys/bus/pci/drivers/ecom/bind", life.address), None)
    life.returned()


def test_remove_and_rescan(guest):
    """The same when the PCI bus forgets the device and finds it again."""
    life = Life(guest)
    equal(guest.inside("write", f"/sys/bus/pci/devices/{life.address}/remove", "1"), None)
    life.ended()
    life.said_goodbye()
    equal(guest.inside("write", "/sys/bus/pci/rescan", "1"), None)
    guest.inside("bind", life.address, 60)
    life.returned()


def test_removal_of_one_card_leaves_the_other_alone(guest):
    """Its reader stays blocked, its request stays, its number stays."""
    stays = guest.new_card(slots=2, vectors=3)
    life = Life(guest)
    guest.plug(1, stays)
    guest.inside("open_slot", "beside", "/dev/ecom1s1", os.O_RDWR)
    guest.inside("block", "beside")
    guest.unplug(0)
    life.ended()
    equal(guest.inside("is_blocked", "beside"), True)
    equal(stays.mail(1, 7), 0)
    request = guest.inside("outcome", "beside", 10)
    equal(request["tag"], 7)
    replugged(life)
    equal(guest.inside("complete", "beside", request["id"], 250), None)
    equal(stays.status(1, 7), 250)
    guest.inside("close", "beside")


def test_vectors_are_shared_when_there_are_few(guest):
    """One a slot and one for the card where there are enough; all are used."""
    for vectors in (17, 3, 1):
        card = guest.new_card(slots=4, vectors=vectors)
        address = guest.plug(0, card, vectors=vectors)
        used = min(vectors, 5)
        equal(card.host(EVENT_VECTOR), 0)
        given = [card.get(card.block(number) + SLOT_VECTOR) for number in card.numbers]
        equal(given, [(index + 1) % used for index in range(4)])
        for number, vector in zip(card.numbers, given):
            before = guest.inside("interrupts", address)
            equal(len(before), used)
            equal(card.mail(number, 1), 0)
            after = guest.inside("interrupts", address)
            assert after[vector] > before[vector], (number, before, after)
            # an interrupt thread that was late belongs to vectors that are shared
            assert used < 5 or after.count(after[vector]) <= 5
        guest.unplug(0)


def test_module_stays_while_a_file_is_open(guest):
    """Neither a bound nor a pulled card lets the module go under an open file."""
    card = guest.new_card(slots=1, vectors=2)
    guest.plug(0, card)
    guest.inside("open_slot", "held", DEVICE, os.O_RDONLY)
    equal(guest.inside("remove_module"), "EAGAIN")
    guest.unplug(0)
    equal(guest.inside("remove_module"), "EAGAIN")
    guest.inside("close", "held")
    equal(guest.inside("remove_module"), None)
    guest.run(["modprobe", "ecom"])


def breaks(guest, broken, mended):
    """While a card cannot be read it counts as gone, says so once, and keeps
    its requests for its return."""
    life = Life(guest)
    trouble = f"/sys/bus/pci/devices/{life.address}/ecom_trouble"
    guest.inside("log")
    broken(life)
    guest.inside("wait_text", trouble, "magic", 10)
    guest.inside("events", [["card_lost", 0]], 10)
    # Doorbells, ticks and calls: none of them may write a line each
    for _ in range(50):
        life.card.raise_vector(0)
        life.card.raise_vector(1)
        guest.inside("all_calls", "watcher")
    time.sleep(2.5)
    equal(guest.inside("is_blocked", "reader"), True)
    mended(life)
    guest.inside("wait_text", trouble, "none", 10)
    lines = [line for line in guest.inside("log") if "ecom" in line]
    assert 1 <= len(lines) <= LINES, lines
    equal(life.card.host(HOST_GENERATION), life.generation)
    equal([life.card.status(1, tag) for tag in (1, 2, 3)], [250, 1, 1])
    equal(guest.inside("complete", "daemon", life.delivered["id"], 250), None)
    request = guest.inside("read", "daemon")
    equal(request["tag"], 3)
    equal(guest.inside("complete", "daemon", request["id"], 250), None)
    equal([life.card.status(1, tag) for tag in (2, 3)], [250, 250])
    equal(life.card.mail(2, 1), 0)
    equal(guest.inside("outcome", "reader", 10)["tag"], 1)
    for name in ("daemon", "watcher", "reader"):
        guest.inside("close", name)


def filled(byte):
    """A card whose DPRAM reads as this byte everywhere, and the way back."""
    saved = []

    def broken(life):
        # its heart must not beat into the pattern
        life.card.beating = False
        time.sleep(0.1)
        saved.append(bytes(life.card.map))
        life.card.map[:] = bytes((byte,)) * len(life.card.map)

    def mended(life):
        life.card.map[4:] = saved[0][4:]
        life.card.map[:4] = saved[0][:4]
        life.card.beating = True
    return broken, mended


def test_dpram_of_all_ones(guest):
    """As of a card that has left the bus."""
    breaks(guest, *filled(0xff))


def test_dpram_of_all_zeros(guest):
    """As of a card that has lost its power."""
    breaks(guest, *filled(0))


def test_memory_decode_off(guest):
    """A card that does not answer to its addresses."""
    def command(value):
        return lambda life: guest.run(["setpci", "-s", life.address, f"COMMAND={value}:2"])
    breaks(guest, command("0"), command("2"))


def test_error_that_needs_no_reset(guest):
    """AER, not fatal: the card goes on, without a reset."""
    recovers(guest, "COMP_ABORT")


def test_error_that_resets_the_bus(guest):
    """AER, fatal: the bus is reset and the card's configuration restored. Twice,
    as what is restored must have been saved again."""
    recovers(guest, "MALF_TLP")
    guest.tidy()
    recovers(guest, "MALF_TLP")


def test_storm_of_removals(guest):
    """Eight removals under traffic, or 480: nothing lost, nothing doubled."""
    storm.run(guest, 480 if LONG else 8, guest.unplug)


def test_no_memory_is_lost(guest):
    """The module unloads, and kmemleak finds nothing of all the tests above."""
    leaks = guest.run(["sh", "-c", kernel_gate.LEAKS, "sh", "ecom"], check=False, timeout=400)
    equal((leaks.status, leaks.stdout + leaks.stderr), (0, ""))
    guest.run(["modprobe", "ecom"])


def test_reboot_with_outstanding_requests(guest):
    """The card is told; after it, the requests' results read as never used."""
    life = Life(guest)
    goodbyes = []

    def watch():
        wait_for(lambda: life.card.host(READY_FOR) == 0, 400, "no goodbye")
        goodbyes.append(life.card.host(HOST_GENERATION))
    threading.Thread(target=watch, daemon=True).start()
    # By the kernel alone: the files stay open to the end
    guest.reboot(command=["sh", "-c", "(sleep 0.5; busybox reboot -f) >/dev/null 2>&1 &"])
    # from the old driver, not from the start of the new one
    equal(goodbyes, [life.generation])
    guest.start_inside()
    guest.inside("bind", guest.inside("below", guest.port(0), 20), 20)
    wait_for(life.card.ready, 20, "not served after the reboot")
    assert life.card.host(HOST_GENERATION) != life.generation
    equal([life.card.status(1, tag) for tag in (1, 2, 3)], [33, 33, 33])
    guest.inside("open_slot", "daemon", DEVICE, os.O_RDWR)
    works(guest, "daemon", life.card, 1, 1)
    guest.inside("close", "daemon")
