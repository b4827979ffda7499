# SPDX-License-Identifier: GPL-2.0-or-later
"""ecemailctl on a whole PC: what the engineer on site has in hand, with all of
it running and with each part of it missing."""

import contextlib
import json
import re
import socket
import subprocess
import time

from bench import BUSY, SUCCESS, error
from installed import TOOLS, WIDGET_REPORT, guest
from vm_guest import ROOT

__all__ = ["guest"]

HANGING_PORT = 2525
DEPENDENCIES = "/usr/lib/modules/$(uname -r)/modules.dep"


def prepare(bench):
    """The same beginning for each test."""
    bench.load(WIDGET_REPORT)
    bench.set(X0=0, V3000=3, V3001=4711)
    bench.begin()
    on_bus(bench)


def check(bench):
    """What holds after each test: the PC is whole again."""
    assert bench.daemon("ActiveState")["ActiveState"] == "active"
    bench.check_kernel()


def ctl(bench, *words, user=None, **options):
    """Runs ecemailctl; returns its Result, whatever its exit status."""
    command = ["ecemailctl", *words]
    if user:
        command = ["runuser", "-u", user, "--", *command]
    return bench.run(command, check=False, **options)


def ctl_json(bench, *words, user=None):
    """Exit status and the JSON that it printed."""
    result = ctl(bench, *words, "--json", user=user)
    assert result.stdout, f"ecemailctl {' '.join(words)}: {result.stderr}"
    return result.status, json.loads(result.stdout)


def on_bus(bench):
    """Waits until the daemon can be called."""
    there = bench.poll(lambda: not bench.run(
        ["busctl", "call", "org.ecemail1", "/org/ecemail1", "org.freedesktop.DBus.Peer", "Ping"],
        check=False).status, 20)
    assert there, "the daemon is not on the bus"


def finding(bench, command, name, user=None):
    """Exit status of status or doctor, and what it found of that name."""
    words = [command, "--no-probe"] if command == "doctor" else [command]
    status, report = ctl_json(bench, *words, user=user)
    found = [row for row in report["findings"] if row["check"] == name]
    assert found, f"{command} says nothing on {name}: {report['findings']}"
    return status, found[0]


def names_fault(bench, name, words, remedy, server="127.0.0.1:25"):
    """status and doctor name the fault and its remedy; explain, probe and
    history work all the same."""
    for command in "status", "doctor":
        status, row = finding(bench, command, name)
        assert status == 1 and row["verdict"] == "wrong", (command, status, row)
        assert words in row["text"] and remedy in row["remedy"], (command, row)
    text = ctl(bench, "doctor", "--no-probe")
    assert text.status == 1 and "WRONG" in text.stdout and "Begin with:" in text.stdout, text.stdout
    assert ctl(bench, "explain", "1001").status == 0
    assert ctl(bench, "probe", "--server", server).status == 0
    history = ctl(bench, "history")
    assert history.status == 0, history.stderr


@contextlib.contextmanager
def module_out(bench):
    """Without the driver in the kernel."""
    bench.run(["systemctl", "stop", "ecemaild"])
    bench.run(["rmmod", "ecom"])
    try:
        yield
    finally:
        bench.run(["/usr/lib/ecemail-bench/bind-cards"])
        bench.run(["systemctl", "start", "ecemaild"])
        on_bus(bench)


def background(bench, *words):
    """Starts ecemailctl in the guest; what it prints is in /root/out."""
    bench.run(["rm", "-f", "/root/out"])
    bench.run(["systemd-run", "-q", "--unit=ctl", "--collect",
               "-p", "StandardOutput=file:/root/out", "-p", "StandardError=inherit",
               "ecemailctl", *words])


def output_has(bench, *words, timeout=15):
    """Waits until the background's output has all these words; returns it."""
    def has():
        text = bench.run(["sh", "-c", "cat /root/out 2>/dev/null || :"]).stdout
        return all(word in text for word in words) and text
    text = bench.poll(has, timeout)
    assert text, (f"no {words} in what it printed:\n"
                  + bench.run(["sh", "-c", "tail -30 /root/out || :"]).stdout)
    return text


def test_output_cannot_be_written(bench):
    """Output that cannot be written is a failure of the command, whichever it is."""
    for command in ("status", "status --json", "doctor", "setup show K1", "history K1",
                    "metrics", "explain 20", "submit --help", "--version", "trace K1"):
        done = bench.run(["sh", "-c", f"timeout 30 ecemailctl {command} >/dev/full"], check=False)
        assert done.status == 1, (command, done.status, done.stderr)
        assert "standard output cannot be written" in done.stderr, (command, done.stderr)


def test_newcomers_session(bench):
    """From a new PC to the first mail, and to the first failure, by what the
    commands say alone; the daemon is not restarted in between."""
    bench.configure(Server=None, SenderAddress=None)
    on_bus(bench)
    pid = bench.daemon("MainPID")
    assert bench.press() == [BUSY, error(24)]

    status, row = finding(bench, "doctor", "6 E-mail setup")
    assert status == 1 and row["verdict"] == "wrong" and "Server" in row["text"], row
    assert row["remedy"].startswith("ecemailctl setup set 0:K1 Server="), row
    assert "-- undefined --" in ctl(bench, "setup", "show").stdout

    result = ctl(bench, "setup", "set", "K1", "Server=127.0.0.1")
    assert result.status == 0 and "SenderAddress" in result.stdout, result.stdout
    _, row = finding(bench, "doctor", "6 E-mail setup")
    assert "SenderAddress" in row["remedy"], row
    result = ctl(bench, "setup", "set", "K1", "SenderAddress=PLC@hosteng.com")
    assert result.status == 0 and "complete and in force" in result.stdout, result.stdout
    assert bench.press() == [BUSY, SUCCESS]
    assert len(bench.mailbox()) == 1
    assert bench.daemon("MainPID") == pid, "the daemon was restarted"

    bench.stop_postfix()
    bench.start = bench.now()
    assert bench.press() == [BUSY, error(20)]
    bench.outcomes(bench.start)
    said = ctl(bench, "explain", "20").stdout
    assert "Remedy:" in said and "that the server runs" in " ".join(said.split()), said
    said = bench.journalctl(bench.start, "-x")
    assert "A mail has failed with status 20: TCP error" in said, said
    assert "What to do: Check Server and Port of the setup, and that the server runs" in said, said
    status, report = ctl_json(bench, "doctor")
    wrong = {row["check"]: row for row in report["findings"] if row["verdict"] == "wrong"}
    assert status == 1 and set(wrong) == {"9 Error information", "Probe"}, wrong
    assert "refused" in wrong["Probe"]["text"], wrong
    last = json.loads(ctl(bench, "history", "--json", "-n", "1").stdout)
    assert (last["status"], last["detail"], last["sent"]) == (20, 10, "no"), last
    bench.start_postfix()


def test_all_is_well(bench):
    """With everything there, status and doctor find nothing wrong, and show
    the rows of the seed's main page."""
    assert bench.press() == [BUSY, SUCCESS]
    status, report = ctl_json(bench, "status")
    assert status == 0, report["findings"]
    slot, = report["slots"]
    assert slot["module"] == "H2-ECOM100" and slot["daemon"]["Sent"] == 1, slot
    assert slot["setup"]["Server"] == "127.0.0.1" and slot["network"]["interface"] == "lo", slot
    text = ctl(bench, "status").stdout
    for row in ("Module ID:", "Module name:", "Description:", "Ethernet address:", "IP setup:",
                "Versions:", "E-mail setup:", "Health:", "-- undefined --"):
        assert row in text, f"no {row} in\n{text}"
    result = ctl(bench, "doctor")
    assert result.status == 0 and "Nothing wrong found." in result.stdout, result.stdout
    for number in range(1, 11):
        assert re.search(rf"^(ok|\?) +{number} ", result.stdout, re.MULTILINE), result.stdout
    for number in (1, 7):
        assert re.search(rf"^\? +{number} ", result.stdout, re.MULTILINE), result.stdout


def test_daemon_stopped(bench):
    """The daemon is stopped; history has what was before, and who follows a trace is told."""
    assert bench.press() == [BUSY, SUCCESS]
    bench.outcomes(bench.start)
    result = bench.run(["sh", "-c", "timeout 60 ecemailctl trace K1 & sleep 5; "
                        "systemctl stop ecemaild; wait $!"], check=False)
    try:
        assert result.status == 3 and "has ended" in result.stderr, (result.status, result.stderr)
        names_fault(bench, "service", "stopped", "systemctl start ecemaild")
        assert finding(bench, "status", "slot")[1]["verdict"] == "wrong"
        last = json.loads(ctl(bench, "history", "--json", "-n", "1").stdout)
        assert last["status"] == 0 and last["slot"] == "0:K1", last
        result = ctl(bench, "status", "Barry")
        assert result.status == 2 and "while ecemaild runs" in result.stderr, result.stderr
        result = ctl(bench, "setup", "show")
        assert result.status == 3 and "systemctl status ecemaild" in result.stderr, result.stderr
    finally:
        bench.run(["systemctl", "start", "ecemaild"])


def test_daemon_failed(bench):
    """The daemon has failed."""
    drop_in = "/run/systemd/system/ecemaild.service.d/broken.conf"
    bench.put_file(drop_in, "[Service]\nExecStart=\nExecStart=/bin/false\nRestart=no\n")
    bench.run(["systemctl", "daemon-reload"])
    bench.run(["systemctl", "restart", "ecemaild"], check=False)
    try:
        names_fault(bench, "service", "failed", "journalctl -u ecemaild")
    finally:
        bench.run(["rm", drop_in])
        bench.run(["systemctl", "daemon-reload"])
        bench.run(["systemctl", "reset-failed", "ecemaild"])
        bench.run(["systemctl", "start", "ecemaild"])


def test_bus_down(bench):
    """The bus is down; mail goes out all the same."""
    bench.run(["systemctl", "stop", "dbus.socket", "dbus.service"])
    try:
        names_fault(bench, "bus", "does not answer", "systemctl start dbus")
        assert finding(bench, "status", "service")[1]["verdict"] == "ok"
        assert bench.press() == [BUSY, SUCCESS]
        status, row = finding(bench, "status", "service", user="mark")
        assert status == 1 and row["verdict"] == "ok", row
        assert ctl(bench, "test").status == 3
    finally:
        bench.run(["systemctl", "start", "dbus.socket"])
    on_bus(bench)


def test_driver_not_built(bench):
    """There is no driver for the running kernel."""
    with module_out(bench):
        bench.run(["sh", "-c", f"cp {DEPENDENCIES} /root/dep && sed -i /ecom.ko/d {DEPENDENCIES}"])
        try:
            names_fault(bench, "driver", "was not built for the running kernel", "headers")
        finally:
            bench.run(["sh", "-c", f"cp /root/dep {DEPENDENCIES}"])


def test_driver_not_loaded(bench):
    """The driver is not loaded."""
    with module_out(bench):
        names_fault(bench, "driver", "not loaded", "modprobe ecom")
        for command in "monitor", "registers", "frames":
            result = ctl(bench, command)
            assert result.status == 3 and "not loaded" in result.stderr, (command, result.stderr)


def test_no_card(bench):
    """The driver has no card."""
    bench.run(["sh", "-c", "echo 0000:01:00.0 >/sys/bus/pci/drivers/ecom/unbind"])
    try:
        names_fault(bench, "card", "no card", "lspci")
    finally:
        bench.run(["/usr/lib/ecemail-bench/bind-cards"])
        bench.run(["systemctl", "start", "ecemaild"])


def test_no_rights(bench):
    """Somebody who is nobody special sees states and counters, and is told
    what is not for them."""
    assert bench.press() == [BUSY, SUCCESS]
    status, report = ctl_json(bench, "status", user="mark")
    assert status == 0 and report["slots"][0]["wx_accepted"] >= 1, report
    _, row = finding(bench, "doctor", "rights", user="mark")
    assert row["verdict"] == "unknown" and "adduser" in row["remedy"], row
    assert ctl(bench, "explain", "20", user="mark").status == 0
    assert ctl(bench, "probe", "--server", "127.0.0.1", user="mark").status == 0
    for words in (["history"], ["setup", "show"], ["setup", "set", "Port=26"], ["requests"],
                  ["test"], ["trace"], ["registers"], ["frames"], ["credential", "set", "x"]):
        result = ctl(bench, *words, user="mark", timeout=20)
        assert result.status == 3, (words, result.status, result.stdout)
        assert "root" in result.stderr, (words, result.stderr)
        assert "mark@hosteng.com" not in result.stdout + result.stderr, words
    bench.configure(Cc="night@hosteng.com")
    on_bus(bench)
    bench.stop_postfix()
    assert bench.press() == [BUSY, error(20)]
    bench.start_postfix()
    for words in (["systemctl", "status", "ecemaild"], ["ecemailctl", "status"],
                  ["ecemailctl", "status", "--json"], ["ecemailctl", "doctor", "--json"],
                  ["ecemailctl", "probe", "K1"], ["ecemailctl", "metrics"],
                  ["cat", "/etc/ecemail/ecemaild.conf"]):
        result = bench.run(["runuser", "-u", "mark", "--", *words], check=False)
        for secret in ("mark@hosteng.com", "night@", "Widget", "PLC@"):
            assert secret not in result.stdout + result.stderr, (words, secret, result.stdout)
    assert "status 20" in ctl(bench, "status", user="mark").stdout
    _, row = finding(bench, "doctor", "6 E-mail setup", user="mark")
    assert row["verdict"] == "unknown" and "group ecemail" in row["text"], row
    result = ctl(bench, "probe", "K1", user="mark")
    assert result.status == 3 and "--server" in result.stderr, result.stderr


def test_group_member(bench):
    """A member of group ecemail has all but the secrets."""
    bench.run(["usermod", "-aG", "ecemail", "mark"])
    try:
        assert bench.press() == [BUSY, SUCCESS]
        assert finding(bench, "doctor", "rights", user="mark")[1]["verdict"] == "ok"
        records = ctl(bench, "history", "--json", user="mark")
        assert json.loads(records.stdout)["status"] == 0, records.stdout + records.stderr
        assert ctl(bench, "setup", "set", "Timeout=61", user="mark").status == 0
        assert ctl_json(bench, "registers", "V2", "1", user="mark")[1]["words"] == [61]
        assert ctl_json(bench, "frames", user="mark")[1]["wx"]["to"] == "mark@hosteng.com"
    finally:
        bench.run(["gpasswd", "-d", "mark", "ecemail"])


def test_trace(bench):
    """trace shows a mail's conversation live and leaves the trace as it was."""
    bench.configure(trace=False)
    on_bus(bench)
    background(bench, "trace", "K1")
    output_has(bench, "EMail Trace On")
    assert bench.press() == [BUSY, SUCCESS]
    output_has(bench, "Subject: Widget Report", "Sending MAIL FROM", "State: 0x8 Received data: 250",
               "Success!")
    bench.run(["systemctl", "stop", "ctl"])
    off = bench.poll(lambda: not ctl_json(bench, "status")[1]["slots"][0]["daemon"]["Trace"], 10)
    assert off, "the trace is still on"


def test_udp_viewer(bench):
    """trace --udp shows what comes to port 29298, and nothing harmful of it."""
    background(bench, "trace", "--udp")
    try:
        output_has(bench, "Monitoring UDP port: 29298 (0x7272)")
        bench.run(["python3", "-c",
                   "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto("
                   "b'Sending \\x1b[2JDATA\\nSuccess!\\n', ('127.0.0.1', 29298))"])
        text = output_has(bench, "Success!")
        assert "127.0.0.1: Sending ?[2JDATA" in text and "\x1b" not in text, text
    finally:
        bench.run(["systemctl", "stop", "ctl"])


def test_requests(bench):
    """A mail on its way, and where it is."""
    bench.run(["systemd-run", "-q", "--unit=hanging", "--collect", "python3",
               f"{TOOLS}/hanging-server.py", str(HANGING_PORT), "MAIL", "/tmp/hanging"])
    try:
        bench.poll(lambda: not bench.run(["test", "-e", "/tmp/hanging/listens"],
                                         check=False).status, 20)
        bench.configure(Port=HANGING_PORT, Timeout=15)
        on_bus(bench)
        with bench.watching() as watch:
            bench.set(X0=1)
            found = bench.poll(
                lambda: (rows := ctl_json(bench, "requests")[1]["requests"]) and rows[0]["state"] == 3
                and rows, 20)
            assert found and found[0]["subject"] == "Widget Report", found
            text = ctl(bench, "requests").stdout
            assert "mark@hosteng.com" in text and "3, naming the sender" in text, text
            assert watch.values(60)[-1] == error(13)
    finally:
        bench.run(["systemctl", "stop", "hanging"])
        bench.run(["rm", "-rf", "/tmp/hanging"])


def test_test_mail(bench):
    """A test mail goes the real way and is explained when it fails."""
    result = ctl(bench, "test", "K1", "--to", "mark@hosteng.com", "--body", "Hello")
    assert result.status == 0 and "has taken the test mail" in result.stdout, result.stdout
    message, = bench.mailbox()
    assert message["Subject"] == "Test mail", message["Subject"]
    bench.stop_postfix()
    status, outcome = ctl_json(bench, "test", "--to", "mark@hosteng.com")
    assert status == 1 and outcome["status"] == 20, outcome
    assert "Remedy:" in ctl(bench, "test", "--to", "mark@hosteng.com").stdout
    assert ctl(bench, "test").stdout.count("No sendee") == 1
    bench.start_postfix()


def test_probe_sends(bench):
    """probe talks to a real server, and with --send there is a mail."""
    status, report = ctl_json(bench, "probe", "K1", "--to", "mark@hosteng.com", "--send")
    assert status == 0 and report["sent"] == "yes", report
    steps = [step["step"] for step in report["steps"]]
    assert steps == ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "text", ".", "RSET", "VRFY",
                     "HELP", "NOOP", "QUIT"], steps
    assert len(bench.mailbox()) == 1
    text = ctl(bench, "probe", "K1").stdout
    assert "-> MAIL FROM:<PLC@hosteng.com>" in text and "names the sender" in text, text


def setup_of(bench):
    """The fields of the setup by their names."""
    return {row["field"]: row for row in ctl_json(bench, "setup", "show")[1]["fields"]}


def test_setup_levels(bench):
    """set, --stored, --working, restore and --unset do what they say."""
    assert ctl(bench, "setup", "set", "Port=2500", "Timeout=90").status == 0
    fields = setup_of(bench)
    assert (fields["Port"]["working"], fields["Port"]["from"]) == ("2500", "stored"), fields["Port"]
    assert ctl(bench, "setup", "set", "Port=2600", "--working").status == 0
    assert ctl(bench, "setup", "set", "Timeout=91", "--stored").status == 0
    fields = setup_of(bench)
    assert fields["Port"]["working"] == "2600" and fields["Port"]["stored"] == "2500", fields
    assert fields["Timeout"]["working"] == "90" and fields["Timeout"]["stored"] == "91", fields
    assert ctl(bench, "setup", "restore", "K1").status == 0
    fields = setup_of(bench)
    assert (fields["Port"]["working"], fields["Timeout"]["working"]) == ("2500", "91"), fields
    assert ctl(bench, "setup", "set", "--unset", "Port").status == 0
    assert setup_of(bench)["Port"]["working"] == "25"
    for words, named in ((["Port=0"], "Port"), (["Colour=red"], "Colour"),
                         (["Port=25", "SenderAddress=me"], "SenderAddress")):
        result = ctl(bench, "setup", "set", *words)
        assert result.status == 1 and named in result.stderr, (words, result.stderr)
        assert "GDBus" not in result.stderr, result.stderr
    assert ctl(bench, "setup", "set", "Port").status == 2
    status, said = ctl_json(bench, "setup", "set", "TLS=implicit", "--stored")
    assert (status, said["problem"], said["kept"]) == (0, "", []), said
    fields = setup_of(bench)
    assert (fields["Port"]["working"], fields["Port"]["stored"]) == ("25", "465"), fields["Port"]
    assert bench.press() == [BUSY, SUCCESS]
    assert ctl(bench, "setup", "set", "--unset", "TLS").status == 0


def test_setup_text(bench):
    """edit, export and import."""
    bench.put_file("/root/editor", "#!/bin/sh\nsed -i 's/^#*Port=.*/Port=2500/' \"$1\"\n")
    bench.run(["chmod", "755", "/root/editor"])
    result = bench.run(["env", "EDITOR=/root/editor", "ecemailctl", "setup", "edit"], check=False)
    assert result.status == 0 and setup_of(bench)["Port"]["stored"] == "2500", result.stdout
    result = bench.run(["env", "EDITOR=true", "ecemailctl", "setup", "edit"])
    assert "Nothing was changed." in result.stdout, result.stdout
    assert ctl(bench, "setup", "set", "SenderName=").status == 0
    result = bench.run(["env", "EDITOR=cat", "ecemailctl", "setup", "edit"])
    assert "\nSenderName=\n" in result.stdout, result.stdout
    result = bench.run(["env", "EDITOR=sed -i /^SenderName=/d", "ecemailctl", "setup", "edit"])
    assert setup_of(bench)["SenderName"]["stored"] == "Machine A-42F", result.stdout
    text = ctl(bench, "setup", "export").stdout
    assert "Port=2500" in text, text
    bench.put_file("/root/setup.txt", text.replace("2500", "2700"))
    result = ctl(bench, "setup", "import", "/root/setup.txt")
    assert result.status == 0 and "slot1" in result.stdout, result.stdout + result.stderr
    assert setup_of(bench)["Port"]["stored"] == "2700"
    result = ctl(bench, "setup", "import", "-", input="rubbish")
    assert result.status == 1 and setup_of(bench)["Port"]["stored"] == "2700", result.stderr
    bench.run(["sh", "-c", "{ sed s/2700/2800/ /root/setup.txt; printf '\\0'; } >/root/damaged.txt"])
    result = ctl(bench, "setup", "import", "/root/damaged.txt")
    assert result.status == 2 and setup_of(bench)["Port"]["stored"] == "2700", result.stderr
    assert "Server" in ctl(bench, "setup", "fields").stdout
    cc = ", ".join(f"name{number}@hosteng.com" for number in range(9))
    assert ctl(bench, "setup", "set", f"Cc={cc}").status == 0
    shown = bench.run(["script", "-qc", "stty cols 60; ecemailctl setup show", "/dev/null"],
                      check=False).stdout
    assert "name8@" in shown, shown
    assert max(map(len, shown.splitlines())) <= 60, shown


def test_credential(bench):
    """A secret goes to the daemon and cannot be read anywhere."""
    secret = "hunter2-is-no-password"
    result = ctl(bench, "credential", "set", "plc", input=secret + "\n")
    assert result.status == 0 and "Credential=plc" in result.stdout, result.stdout + result.stderr
    assert secret not in result.stdout + result.stderr
    found = bench.run(["sh", "-c", f"grep -rls {secret} /etc /var/lib/ecemail || :"]).stdout
    assert not found, f"the secret is in {found}"
    assert bench.daemon("ActiveState")["ActiveState"] == "active"
    shown = bench.run(["systemd-creds", "decrypt", "--name=plc",
                       "/etc/credstore.encrypted/ecemail-plc.cred", "-"]).stdout
    assert shown.strip() == secret, shown
    assert ctl(bench, "credential", "set", "../x", input="x\n").status == 2
    result = ctl(bench, "credential", "set", "plc", input="x" * 4096 + "\n")
    assert result.status == 2 and "too long" in result.stderr, result.stderr
    bench.run(["rm", "/etc/systemd/system/ecemaild.service.d/credential-plc.conf"])
    bench.run(["systemctl", "daemon-reload"])


def test_metrics(bench):
    """Both readers of such text take it, and it counts."""
    assert bench.press() == [BUSY, SUCCESS]
    bench.outcomes(bench.start)
    folder = "/var/lib/prometheus/node-exporter"
    bench.run(["sh", "-c", f"mkdir -p {folder} && ecemailctl metrics >{folder}/ecemail.prom.new && "
               f"mv {folder}/ecemail.prom.new {folder}/ecemail.prom"])
    text = bench.run(["cat", f"{folder}/ecemail.prom"]).stdout
    for module in "openmetrics.parser", "parser":
        read = (f"import sys\nfrom prometheus_client.{module} import text_string_to_metric_families"
                " as parse\nfor f in parse(sys.stdin.read()):\n for s in f.samples:\n"
                "  print(s.name, sorted(s.labels.items()), float(s.value))\n")
        samples = subprocess.run(["/usr/bin/python3", "-c", read], input=text, text=True,
                                 capture_output=True, check=True).stdout
        for wanted in ("ecemail_health [('slot', '0:K1')] 0.0",
                       "ecemail_requests_total [('slot', '0:K1'), ('status', '0')] 1.0",
                       "ecemail_daemon_running [] 1.0",
                       "ecemail_duration_seconds [('quantile', '0.5'), ('slot', '0:K1')]"):
            assert wanted in samples, f"{module}: no {wanted} in\n{samples}"


def test_completion(bench):
    """Words of commands, options, slots, names of modules and fields."""
    bench.configure(ModuleName="Wrap per 3")
    on_bus(bench)
    bench.put_file("/root/complete", """
        . /usr/share/bash-completion/completions/ecemailctl
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ecemailctl; printf '%s\\n' "${COMPREPLY[@]}"
        """)
    for words, wanted in ((["do"], "doctor"), (["status", ""], "K1"), (["status", "0:"], "0:K1"),
                          (["status", "Wra"], r"Wrap\ per\ 3"), (["probe", "--se"], "--send"),
                          (["status", r"Wrap\ p"], r"Wrap\ per\ 3"), (["setup", "se"], "set"),
                          (["setup", "set", "Sender"], "SenderAddress=")):
        said = bench.run(["bash", "/root/complete", "ecemailctl", *words]).stdout
        assert wanted in said.splitlines(), (words, said)


# Every command with a slot, by the module's name; trace, monitor: until it is stopped
BY_NAME = (
    ["status", "Barry"], ["doctor", "--no-probe", "Barry"], ["setup", "show", "Barry"],
    ["setup", "set", "Barry", "Timeout=61"], ["setup", "restore", "Barry"],
    ["test", "Barry", "--to", "mark@hosteng.com"], ["history", "Barry"], ["requests", "Barry"],
    ["probe", "Barry"], ["registers", "Barry", "V1", "2"], ["registers", "Barry"],
    ["frames", "Barry"])
# … and those that have none
BY_ITSELF = (["explain", "550", "5.1.1", "VRFY"], ["setup", "fields"], ["setup", "export"],
             ["metrics"], ["submit", "--server", "smtp://127.0.0.1", "--from", "a@hosteng.com", "--to",
              "mark@hosteng.com"])


def test_slots_by_name_and_json(bench):
    """Each command takes the module's name for a slot and prints JSON; each line of it is an
    object by itself."""
    bench.configure(ModuleName="Barry")
    on_bus(bench)
    assert bench.press() == [BUSY, SUCCESS]
    bench.outcomes(bench.start)
    for words in BY_NAME + BY_ITSELF:
        result = ctl(bench, *words, "--json")
        assert result.status == 0 and result.stdout, (words, result.status, result.stderr)
        for line in result.stdout.splitlines():
            assert isinstance(json.loads(line), dict), (words, line)
        if words in BY_NAME:
            result = ctl(bench, *("Larry" if word == "Barry" else word for word in words))
            assert result.status == 2 and "there is no slot 'Larry', but 0:K1" in result.stderr, (
                words, result.status, result.stderr)
    for words, wanted in ((["monitor", "Barry"], '"event"'), (["trace", "Barry"], '"Success!"')):
        background(bench, *words, "--json")
        try:
            output_has(bench, "{")
            assert bench.press() == [BUSY, SUCCESS]
            text = output_has(bench, wanted)
            assert all(isinstance(json.loads(line), dict) for line in text.splitlines()), text
        finally:
            bench.run(["systemctl", "stop", "ctl"])


def flood(bench, count):
    """So many frames that the driver refuses, each an event."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(20)
        control.connect(str(bench.state / "plcsim.ctl"))
        for _ in range(count):
            control.sendall(b"frame 1 02010000\n")
            answer = control.recv(4096)
            assert answer.startswith(b"error: SP error"), answer


def drops(bench, pid):
    """How many netlink messages a process has lost: its sockets have its number as port."""
    rows = [line.split() for line in
            bench.run(["cat", "/proc/net/netlink"]).stdout.splitlines()[1:]]
    return sum(int(row[8]) for row in rows if row[1] == "16" and int(row[2]) & 0x3fffff == int(pid))


def slot_timeout(bench):
    """Of the working copy, in seconds."""
    return int(bench.run(["busctl", "get-property", "org.ecemail1", "/org/ecemail1/card/0/slot/1",
                          "org.ecemail1.Slot", "Timeout"]).stdout.split()[1])


def test_events_are_lost(bench):
    """More events than a socket holds (ENOBUFS): monitor says so and shows what is, the daemon
    finds out by itself that the card was powered up meanwhile, and gives up what the ladder
    program had changed."""
    bench.ctl("frame", "1", "01810700060239" + "30")  # ECEMSUP, a time-out of 90 s
    assert bench.poll(lambda: slot_timeout(bench) == 90, 20), slot_timeout(bench)
    bench.ctl("scan", "time", "1")
    background(bench, "monitor")
    output_has(bench, "0:K1")
    pid = bench.daemon("MainPID")["MainPID"]
    generation = bench.run(["sh", "-c", "cat /sys/bus/pci/drivers/ecom/0*/ecom_generation"]).stdout
    assert drops(bench, pid) == 0
    try:
        bench.run(["systemctl", "kill", "-s", "STOP", "ctl", "ecemaild"])
        flood(bench, 400)
        bench.ctl("card", "reset")
        time.sleep(3)
        assert drops(bench, pid) > 0, "nothing was lost"
    finally:
        bench.ctl("scan", "time", "10")
        bench.run(["systemctl", "kill", "-s", "CONT", "ctl", "ecemaild"])
    try:
        text = output_has(bench, "-- events were lost; cards and slots as they are now:")
        assert "0:K1 H2-ECOM100" in text.rpartition("-- events were lost")[2], text
        flood(bench, 1)
        text = output_has(bench, "frame refused")
    finally:
        bench.run(["systemctl", "stop", "ctl"])
    now = bench.run(["sh", "-c", "cat /sys/bus/pci/drivers/ecom/0*/ecom_generation"]).stdout
    assert now != generation
    found = bench.poll(lambda: slot_timeout(bench) == 60, 20)
    assert found, "the daemon has not noticed the card's power-up"
    assert bench.daemon("MainPID")["MainPID"] == pid, "the daemon was restarted"
    bench.ctl("wait", "V1400=0", "20")
    assert bench.press() == [BUSY, SUCCESS]


def here(*words):
    """Runs the ecemailctl of this tree on this machine."""
    return subprocess.run([ROOT / "build/ecemailctl", *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=20, check=False)


def completed(*words):
    """What bash would offer for the last of the words."""
    script = (f'PATH={ROOT}/build:$PATH; . {ROOT}/daemon/ctl/ecemailctl.bash; COMP_WORDS=("$@"); '
              'COMP_CWORD=$(($# - 1)); _ecemailctl; printf "%s\\n" "${COMPREPLY[@]}"')
    return set(subprocess.run(["bash", "-c", script, "bash", "ecemailctl", *words],
                              capture_output=True, text=True, check=True).stdout.split())


def test_help(_):
    """By the program's own help: each command has help with an example, options, --json; each
    is completed, and so are its words; a wrong command line is 2, help is 0, and the help's exit
    statuses are those of the document."""
    text = here("--help").stdout
    commands = re.findall(r"^  ([a-z]+) ", text.partition("Commands:")[2].partition("\n\n")[0],
                          re.MULTILINE)
    assert len(commands) == 15 and completed("") == set(commands), commands
    document = (ROOT / "Documentation/ecemailctl.rst").read_text(encoding="utf-8")
    for status in "0 done", "1 not in order", "2 wrong command", "3 cannot be known":
        assert status in " ".join(text.split()), status
    for status in "0     done", "1     it is not in order", "2     the command", "3     cannot be":
        assert f"\n{status}" in document, status
    for command in commands:
        assert f"``{command}``" in document or f"\n{command}\n" in document, command
        result = here(command, "--help")
        options = set(re.findall(r"--[a-z-]+", result.stdout))
        assert result.returncode == 0 and "--json" in options, (command, result.stdout)
        assert command == "submit" or f"  ecemailctl {command}" in result.stdout, result.stdout
        assert completed(command, "--") == options, (command, options)
        for wrong in ["--no-such"], ["no", "such", "words"]:
            result = here(command, *wrong)
            known = 3 if command == "registers" and len(wrong) > 1 else 2
            assert result.returncode == known and result.stderr and not result.stdout, (
                command, wrong, result)
    assert here().returncode == 2 and here("no-such").returncode == 2
    assert here("--version").returncode == 0
    words = here("setup", "no-such").stderr.partition("wants ")[2].partition(", not")[0]
    assert completed("setup", "") == set(re.findall("[a-z]+", words)) - {"or"}, words
    assert completed("credential", "") == {"set"}


DROP_IN = "/run/systemd/system/ecemaild.service.d/allowed.conf"


def allow_addresses(bench, *addresses):
    """Holds the daemon to them by the drop-in that the document has; to any without."""
    text = "[Service]\nIPAddressDeny=any\n" + "".join(
        f"IPAddressAllow={address}\n" for address in addresses)
    if addresses:
        bench.put_file(DROP_IN, text)
    else:
        bench.run(["rm", "-f", DROP_IN])
    bench.run(["systemctl", "daemon-reload"])
    bench.run(["systemctl", "restart", "ecemaild"])
    on_bus(bench)


def test_address_allow_list(bench):
    """With the documented drop-in the daemon reaches the server that it names, and no other;
    bus, journal and driver go on as ever."""
    bench.configure(Timeout=5)
    try:
        allow_addresses(bench, "127.0.0.1")
        assert bench.press() == [BUSY, SUCCESS]
        assert ctl(bench, "setup", "set", "Timeout=4").status == 0
        allow_addresses(bench, "192.0.2.1")
        seen = bench.press()
        assert seen in ([BUSY, error(20)], [BUSY, error(11)]), seen
    finally:
        allow_addresses(bench)
    assert bench.press() == [BUSY, SUCCESS]


def wait_for_status_text(bench, begin):
    """Waits until systemctl status says so; returns all that it says. A text that has changed
    soon after another comes up to five seconds later."""
    seen = []

    def has_come():
        seen.append(bench.daemon("StatusText")["StatusText"])
        return seen[-1].startswith(begin)
    assert bench.poll(has_come, 10), seen
    return seen[-1]


def test_service(bench):
    """systemctl: status has counts and the last error; reload applies a changed setup, and says
    why it keeps the old one; started without a card it is active, says so, and takes the card
    when it comes. By the journal's fields an outcome is found; no text of a mail is in it."""
    assert bench.press() == [BUSY, SUCCESS]
    bench.stop_postfix()
    assert bench.press() == [BUSY, error(20)]
    bench.start_postfix()
    text = wait_for_status_text(bench, "1 slot; 1 mail sent, 1 failed; last error: ")
    assert "status 20" in text, text
    pid = bench.daemon("MainPID")
    bench.configure(restart=False, trace=False, SenderName="Reloaded")
    bench.run(["systemctl", "reload", "ecemaild"])
    assert bench.press() == [BUSY, SUCCESS]
    assert "Reloaded" in bench.mailbox(2)[-1]["From"]
    bench.configure(restart=False, trace=False, Port="none")
    bench.run(["systemctl", "reload", "ecemaild"])
    said = bench.poll(lambda: [entry["MESSAGE"] for entry in bench.journal(bench.start)
                               if "stays in force" in entry["MESSAGE"]], 10)
    assert said and "Port=none" in said[0] and "1 to 65535" in said[0], said
    _, row = finding(bench, "doctor", "configuration")
    assert row["verdict"] == "wrong" and "Port=none" in row["text"], row
    start = bench.now()
    assert bench.press() == [BUSY, SUCCESS]
    assert bench.daemon("MainPID") == pid, "the daemon was restarted"
    bench.outcomes(start)
    found = bench.journal(bench.start, "ECEMAIL_SLOT=1", "ECEMAIL_STATUS=20")
    assert len(found) == 1 and "refused" in found[0]["MESSAGE"], found
    assert "widgets" not in bench.journalctl(start, "-o", "json", "-p", "info")

    bench.configure(restart=False)
    bench.run(["systemctl", "stop", "ecemaild"])
    bench.run(["sh", "-c", "echo 0000:01:00.0 >/sys/bus/pci/drivers/ecom/unbind"])
    try:
        bench.run(["systemctl", "start", "ecemaild"])
        assert bench.daemon("SubState")["SubState"] == "running"
        wait_for_status_text(bench, "no slot yet, waiting for a card")
        pid = bench.daemon("MainPID")
        for subject in "The e-mail daemon stops", "The e-mail daemon has started":
            assert bench.poll(lambda words=subject: words in bench.journalctl(start, "-x"), 10)
    finally:
        bench.run(["/usr/lib/ecemail-bench/bind-cards"])
    bench.ctl("wait", "V1400=0", "30")
    assert bench.press() == [BUSY, SUCCESS]
    assert bench.daemon("MainPID") == pid, "the daemon was restarted"
    wait_for_status_text(bench, "1 slot; 1 mail sent, 0 failed")
