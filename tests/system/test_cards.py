# SPDX-License-Identifier: GPL-2.0-or-later
"""Two cards in one PC, each with a module of the same PLC."""

import json

from bench import BUSY, SUCCESS, error
from installed import HERE, Installed
from test_programs import check, column, prepare, run_program, trigger

__all__ = ["check", "guest", "prepare"]

FIRST = "C0", "C1", "V1504"
SECOND = "C2", "C3", "V1704"

# Gives the device with that number in the firmware's table to the driver, or takes it away
BIND = """
for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/acpi_index" 2>/dev/null)" = "$1" ] || continue
    echo ecom >"$device/driver_override"
    echo "${device##*/}" >"/sys/bus/pci/drivers/ecom/$2"
done
"""


def guest():
    """One guest with both."""
    return Installed(base=HERE / "two-cards.base", cards=2)


def bind(bench, action):
    """The second card comes to the driver, or goes."""
    bench.run(["sh", "-c", BIND, "sh", "90", action])


def examined(bench, *slot):
    """The slots that doctor tells of."""
    result = bench.run(["ecemailctl", "doctor", "--no-probe", "--json", *slot], check=False)
    return {row["text"].partition(": ")[0] for row in json.loads(result.stdout)["findings"]
            if row["check"] == "slot"}


def test_two_cards(bench):
    """Modules on two cards work side by side; without its card one gets 1001, the other mails."""
    assert bench.poll(lambda: not bench.run(["test", "-e", "/dev/ecom1s2"],
                                            check=False).status, 20), "no second card"
    run_program(bench, "two-modules.ld", V3000=5)
    bench.ctl("wait", "V1600=0", "30")
    for name, outputs in (("X0", FIRST), ("X1", SECOND)):
        seen = trigger(bench, name, *outputs)
        assert seen == [BUSY, SUCCESS], f"{name}: {seen}"
    subjects = sorted(message["Subject"] for message in bench.mailbox(2))
    assert subjects == ["From K1", "From K2"], subjects

    assert examined(bench) == {"0:K1", "1:K2"}
    assert examined(bench, "0:K1") == {"0:K1"}

    bind(bench, "unbind")
    bench.ctl("wait", "V1600=1001", "30")
    seen = trigger(bench, "X1", *SECOND)
    assert column(seen, 0, 1, 2) == [BUSY, error(1001)], seen
    seen = trigger(bench, "X0", *FIRST)
    assert seen == [BUSY, SUCCESS], seen

    bind(bench, "bind")
    bench.ctl("wait", "V1600=0", "30")
    seen = trigger(bench, "X1", *SECOND)
    assert seen == [BUSY, SUCCESS], seen
