# SPDX-License-Identifier: GPL-2.0-or-later
"""The driver as it is given a card and watched: the examples of
Documentation/driver.rst, and the events and dumps as the kernel's own netlink
client reads them."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import time

from bench import BUSY, SUCCESS
from installed import WIDGET_REPORT, guest
from vm_image import CACHE, ROOT

__all__ = ["guest"]

DOCUMENT = ROOT / "Documentation/driver.rst"
SPECIFICATION = ROOT / "Documentation/netlink/ecom.yaml"
SOURCE = pathlib.Path("/usr/src/linux-source-6.12.tar.xz")
CLIENT = "linux-source-6.12/tools/net/ynl"
# Debian's python3-yaml, which has no part that must be compiled
YAML = pathlib.Path("/usr/lib/python3/dist-packages/yaml")
LISTEN_SECONDS = 30


def client():
    """The folder with the kernel's netlink client, unpacked once."""
    state = SOURCE.stat()
    folder = CACHE / f"ynl-{state.st_size}-{int(state.st_mtime)}"
    if not folder.exists():
        fresh = tempfile.mkdtemp(dir=CACHE)
        files = [f"{CLIENT}/{name}" for name in
                 ("cli.py", "lib/__init__.py", "lib/nlspec.py", "lib/ynl.py")]
        subprocess.run(["tar", "-xJf", SOURCE, "-C", fresh, "--strip-components=4",
                        "--occurrence=1", *files], check=True)
        shutil.copytree(YAML, pathlib.Path(fresh) / "yaml",
                        ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        try:
            os.rename(fresh, folder)
        except OSError:
            shutil.rmtree(fresh)
    return folder


def prepare(bench):
    """The same beginning for each test, with the client in the guest."""
    if bench.run(["test", "-e", "/root/ecom.yaml"], check=False).status:
        bench.run(["mkdir", "-p", "/root/ynl"])
        bench.put(client(), "/root/ynl")
        bench.put_file("/root/ecom.yaml", SPECIFICATION.read_text(encoding="utf-8"))
    bench.load(WIDGET_REPORT)
    bench.set(X0=0, V3000=3, V3001=4711)
    bench.begin()


def check(bench):
    """What holds after each test."""
    bench.check_kernel()


def ynl(*words):
    """A call of the client in the guest."""
    return ["python3", "/root/ynl/cli.py", "--spec", "/root/ecom.yaml", "--no-schema",
            "--output-json", *words]


def send_a_mail(bench):
    """Has the ladder program send one, and waits for its end."""
    steps = tuple(bench.press())
    assert steps == (BUSY, SUCCESS), steps


def blocks_of(section):
    """The literal blocks of a section of driver.rst."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"\n{section}\n")[2]
    return [re.sub("^    ", "", block, flags=re.M)
            for block in re.findall(r"::\n\n((?:    .*\n|\n)+)", text)]


def worked_example():
    """The commands of the example, before and after the mail, and its output."""
    lines = "".join(blocks_of("6.1 Tracepoints")[:2]).splitlines()
    commands = [line[2:] for line in lines if line.startswith("# ")]
    split = next(i for i, line in enumerate(commands) if "trace" in line.split()[1:])
    return commands[:split], commands[split:], [line for line in lines if ": ecom_" in line]


def changes(lines):
    """What happened, by name and in order. Chance: how often the box asks with RX, and
    whether the server's answers to MAIL, RCPT and DATA come together."""
    found = []
    for line in lines:
        match = re.search(r": (ecom_\w+): \S+ (\w+)(?:.* state=(\d+))?", line)
        if match and match[2] != "RX" and not (match[2] == "progress" and match[3] in "45"):
            found.append(" ".join(filter(None, match.groups())))
    return found


def test_worked_example_of_the_tracepoints(bench):
    """The commands in driver.rst give what driver.rst shows."""
    before, after, shown = worked_example()
    bench.run(["sh", "-ec", "\n".join(before)])
    send_a_mail(bench)
    output = bench.run(["sh", "-ec", "\n".join([*before[:1], *after])]).stdout.splitlines()
    assert changes(output)[:2] == ["ecom_request queued 0", "ecom_mailbox WX"], output
    assert sorted(changes(output)) == sorted(changes(shown)), \
        "\n".join(["driver.rst has", *shown, "but it was", *output])


def test_netlink_dumps_by_the_specification(bench):
    """The kernel's client reads both dumps with ecom.yaml."""
    card, = json.loads(bench.run(ynl("--dump", "card-get")).stdout)
    assert (card["index"], card["slots"], card["serial"]) == (0, 1, "PLCSIM-0001"), card
    assert re.fullmatch(r"0000:\w\w:00\.0", card["pci"]) and "trouble" not in card, card
    slot, = json.loads(bench.run(ynl("--dump", "slot-get")).stdout)
    wanted = {"card": 0, "number": 1, "name": "ecom0s1", "module": "H2-ECOM100", "attached": 1,
              "queue-depth": 16, "queue-used": 0}
    assert {name: slot[name] for name in wanted} == wanted, slot


def test_netlink_events_by_the_specification(bench):
    """The kernel's client subscribes with ecom.yaml and sees a mail go out."""
    command = ynl("--subscribe", "events", "--sleep", str(LISTEN_SECONDS))
    listener = bench.popen(["sh", "-c", f"echo began; exec {shlex.join(command)}"],
                           stdout=subprocess.PIPE, text=True)
    with listener:
        assert listener.stdout.readline() == "began\n"
        time.sleep(LISTEN_SECONDS / 3)
        send_a_mail(bench)
        output, _ = listener.communicate(timeout=3 * LISTEN_SECONDS)
    assert listener.returncode == 0, output
    events = [event["msg"] for event in json.loads(output)]
    kinds = [event["kind"] for event in events]
    assert kinds[:2] == ["request-queued", "request-delivered"], kinds
    assert set(kinds[2:-1]) <= {"request-progress"} and kinds[-1] == "request-completed", kinds
    numbers = [event["sequence"] for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers
    assert events[-1]["status"] == 0 and events[-1]["sent"] == 2, events[-1]


# Takes the card back, and forgets whose it was.
TAKE_BACK = """
echo "$1" >/sys/bus/pci/drivers/ecom/unbind
echo >"/sys/bus/pci/devices/$1/driver_override"
test ! -e "/sys/bus/pci/devices/$1/driver"
"""


def give_card(bench, commands, place):
    """Gives the card to the driver by the document's commands, and sends a mail."""
    commands = commands.replace("0000:01:00.0", place).replace("VENDOR DEVICE", "1af4 1110")
    bench.run(["sh", "-ec", TAKE_BACK, "sh", place])
    bench.run(["sh", "-ec", commands])
    driver = bench.run(["readlink", f"/sys/bus/pci/devices/{place}/driver"]).stdout
    assert driver.strip().endswith("/ecom"), driver
    bench.poll(lambda: bench.daemon("SubState")["SubState"] == "running", 20)
    send_a_mail(bench)


def test_card_given_by_place_and_by_identity(bench):
    """Both ways of driver.rst give the driver a card, whose mails go out."""
    by_place, by_identity = blocks_of("1. To give it a card")[:2]
    device = bench.run(["readlink", "-f", "/sys/class/ecom/ecom0s1/device"]).stdout
    place = device.strip().rpartition("/")[2]
    give_card(bench, by_identity, place)
    bench.run(["sh", "-c", "echo 1af4 1110 >/sys/bus/pci/drivers/ecom/remove_id"])
    give_card(bench, by_place, place)
