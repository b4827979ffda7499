#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The SMTP engine beside other mailers: make bench-smtp.

All send to the same smtp-sink on loopback, in turns, so that what else the
machine does hits them alike; figures are medians of the rounds. Writes
Documentation/bench-smtp.rst and .svg.
"""

import argparse
import collections
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "Documentation" / "bench-smtp.rst"
CHART = ROOT / "Documentation" / "bench-smtp.svg"
# Mail servers of Debian that scripts/setup unpacks but does not install
MAILERS = pathlib.Path(os.environ.get("XDG_CACHE_HOME")
                       or pathlib.Path.home() / ".cache") / "ecemail" / "bench-smtp"

SESSIONS = (1, 4, 16, 64)
RECIPIENTS = (1, 20)
ROUND_TRIP_MS = 50
LIMIT_S = 60  # of one measurement, against hangs

SENDER = "plc@example.com"
HELO = "plc.example.com"
SUBJECT = "Widget Report"
BODY = "Shift # 3 made 4711 widgets. " * 4

Case = collections.namedtuple("Case", "sessions recipients port")
Result = collections.namedtuple("Result", "rate cpu_us memory_kib")
Peer = collections.namedtuple("Peer", "name kept count command sessions_max")


def addresses(case):
    return [f"user{number}@example.com" for number in range(case.recipients)]


def mail_file(folder, case):
    """The same mail as a file, for those who do not compose."""
    path = folder / f"mail-{case.recipients}"
    path.write_text(f"Date: Wed, 01 Mar 2006 10:48:30 -0500\nFrom: <{SENDER}>\n"
                    f"Subject: {SUBJECT}\nTo: {', '.join(addresses(case))}\n"
                    "Message-Id: <0123456789abcdef.1@ecemailctl.ecemail>\n"
                    "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
                    "Content-Type: text/plain; charset=us-ascii\n"
                    f"Content-Transfer-Encoding: 7bit\n\n{BODY}\n")
    return path


def ours(*options):
    def command(case, count, folder):
        del folder
        return [BUILD / "ecemailctl", "submit", "--server", f"smtp://127.0.0.1:{case.port}",
                "--helo", HELO, "--from", SENDER, "--to", ",".join(addresses(case)),
                "--subject", SUBJECT, "--body", BODY, "--count", count,
                "--sessions", case.sessions, *options]
    return command


def smtp_source(*options):
    def command(case, count, folder):
        return [MAILERS / "usr/sbin/smtp-source", "-M", HELO, "-f", SENDER, "-t", "user@example.com",
                "-S", SUBJECT, "-l", mail_file(folder, case).stat().st_size - 150,
                "-m", count, "-s", case.sessions, "-r", case.recipients, *options,
                f"127.0.0.1:{case.port}"]
    return command


def in_parallel(case, count, command):
    """@count processes, as many at a time as there are sessions."""
    words = " ".join(f"'{word}'" for word in command)
    return ["sh", "-c", f"seq {count} | xargs -P {case.sessions} -I{{}} {words}"]


def curl_transfer(case, folder):
    lines = [f"url = smtp://127.0.0.1:{case.port}/{HELO}", f"mail-from = {SENDER}",
             f"upload-file = {mail_file(folder, case)}"]
    return "\n".join(lines + [f"mail-rcpt = {address}" for address in addresses(case)])


def curl_each(case, count, folder):
    path = folder / "curl-each"
    path.write_text(curl_transfer(case, folder) + "\n")
    return in_parallel(case, count, ["curl", "-sS", "-K", path])


def curl_kept(case, count, folder):
    path = folder / "curl-kept"
    path.write_text("\nnext\n".join([curl_transfer(case, folder)] * (count // case.sessions)) + "\n")
    return in_parallel(case, case.sessions, ["curl", "-sS", "-K", path])


def msmtp(case, count, folder):
    mail = mail_file(folder, case)
    command = ["sh", "-c", f'exec msmtp -C /dev/null --host=127.0.0.1 --port={case.port} '
               f'--domain={HELO} --from={SENDER} "$@" <{mail}', "msmtp", *addresses(case)]
    return in_parallel(case, count, command)


def nullmailer(case, count, folder):
    """Into its queue, and until the queue is empty; it sends one mail at a time."""
    home = folder / "nullmailer"
    if not home.exists():
        for name in ("conf", "queue/queue", "queue/tmp", "queue/failed"):
            (home / name).mkdir(parents=True)
        os.mkfifo(home / "queue/trigger")
        (home / "protocols").symlink_to(MAILERS / "usr/lib/nullmailer")
        (home / "conf/me").write_text(HELO + "\n")
    (home / "conf/remotes").write_text(f"127.0.0.1 smtp --port={case.port}\n")
    mail = folder / "nullmailer-mail"
    mail.write_text("\n".join([SENDER, *addresses(case), "", mail_file(folder, case).read_text()]))
    return ["sh", "-c", f"""
        export NULLMAILER_TEST_PREFIX={home}
        for i in $(seq {count}); do {MAILERS}/usr/sbin/nullmailer-queue <{mail} || exit 1; done
        {MAILERS}/usr/sbin/nullmailer-send >/dev/null 2>&1 & sender=$!
        while [ -n "$(ls {home}/queue/queue)" ]; do sleep 0.01; done
        {{ kill $sender; wait $sender; }} 2>/dev/null; [ -z "$(ls {home}/queue/failed)" ]"""]


OURS = "ecemail"
ONCE = "ecemail, composed once"
SOURCE = "smtp-source"
PEERS = (
    # name, sessions kept open, mails of one measurement at 1 recipient (enough for the start of
    # the process to count little), command, most sessions
    Peer(OURS, True, 8000, ours(), 64),
    Peer(ONCE, True, 8000, ours("--compose-once"), 64),
    Peer(SOURCE, True, 8000, smtp_source("-d"), 64),
    Peer("curl", True, 640, curl_kept, 64),
    Peer(OURS, False, 8000, ours("--fresh"), 64),
    Peer(SOURCE, False, 8000, smtp_source(), 64),
    Peer(ONCE, False, 8000, ours("--fresh", "--compose-once"), 64),
    Peer("curl", False, 48, curl_each, 64),
    Peer("msmtp", False, 24, msmtp, 64),
    Peer("nullmailer", False, 24, nullmailer, 1),
)


def mails_of(peer, case, far):
    """How many, so that no measurement takes long: a far server does 20 round trips a second."""
    if far:
        return (20 if peer.kept and case.recipients == 1 else 3) * case.sessions
    return max(peer.count if case.recipients == 1 else peer.count // 4, case.sessions)


def measure(command, count, folder):
    """Of all the processes that @command starts: rate, processor time; memory of the largest."""
    memory = folder / "memory"
    words = ["/usr/bin/time", "-q", "-f", "%M", "-o", memory, *command]
    environment = dict(os.environ, LD_LIBRARY_PATH=str(MAILERS / "usr/lib/postfix"))
    begin = time.monotonic()
    process = subprocess.Popen([str(word) for word in words], env=environment,
                               stdout=subprocess.DEVNULL)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() - begin > LIMIT_S:
            process.kill()
            sys.exit(f"bench-smtp: still running after {LIMIT_S} s: {' '.join(map(str, command))}")
        time.sleep(0.001)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench-smtp: exit status {process.returncode}: {' '.join(map(str, command))}")
    return Result(count / seconds, (usage.ru_utime + usage.ru_stime) / count * 1e6,
                  int(memory.read_text()))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(port, command):
    """Starts a server and waits until it listens."""
    environment = dict(os.environ, LD_LIBRARY_PATH=str(MAILERS / "usr/lib/postfix"))
    process = subprocess.Popen([str(word) for word in command], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(500):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return process
        time.sleep(0.01)
    process.kill()
    sys.exit(f"bench-smtp: {command[0]} does not listen on port {port}")


def run_cases(cases, rounds, far, results, folder):
    for turn in range(rounds):
        for case in cases:
            print(f"bench-smtp: round {turn + 1} of {rounds}, {case.sessions} sessions, "
                  f"{case.recipients} recipients{', far' if far else ''}", file=sys.stderr)
            for peer in PEERS:
                if case.sessions > peer.sessions_max:
                    continue
                count = mails_of(peer, case, far)
                result = measure(peer.command(case, count, folder), count, folder)
                results[peer.name, peer.kept, far, case.sessions, case.recipients].append(result)


def run(rounds):
    results = collections.defaultdict(list)
    port, far_port = free_port(), free_port()
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    servers = [serve(port, [MAILERS / "usr/sbin/smtp-sink", *user, f"127.0.0.1:{port}", "256"]),
               serve(far_port, [ROOT / "tests/bench/delay.py", far_port, port, ROUND_TRIP_MS])]
    try:
        with tempfile.TemporaryDirectory(prefix="bench-smtp.") as name:
            folder = pathlib.Path(name)
            run_cases([Case(sessions, recipients, port) for sessions in SESSIONS
                       for recipients in RECIPIENTS], rounds, False, results, folder)
            run_cases([Case(sessions, recipients, far_port) for sessions in (1, 16)
                       for recipients in RECIPIENTS], rounds, True, results, folder)
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    return results


# The document

def median(results, key, field):
    values = results.get(key)
    return statistics.median(getattr(value, field) for value in values) if values else None


def number(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def table(rows):
    """Of reStructuredText; the first row is the heading."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) if not i else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
             for row in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def figures(results, field, far, recipients, sessions):
    rows = [["sessions"] + [str(n) for n in sessions]]
    for peer in PEERS:
        label = f"{peer.name}, {'kept open' if peer.kept else 'a connection each'}"
        rows.append([label] + [number(median(results, (peer.name, peer.kept, far, n, recipients),
                                             field)) for n in sessions])
    return table(rows)


def ratios(results, key, other):
    """Round by round, since only neighbours in time have seen the same machine."""
    pairs = zip(results[key], results[other])
    return statistics.median(a.rate / b.rate for a, b in pairs)


def worst(results, key, others, far, recipients, sessions):
    return min(ratios(results, (*key, far, n, m), (*other, far, n, m))
               for n in sessions for m in recipients for other in others)


def goals(results):
    one, far = RECIPIENTS[:1], (1, 16)
    far_peers = [(SOURCE, True), ("curl", True)]
    lowest = {
        f"{ONCE}, kept open: {SOURCE}": (1.0, worst(results, (ONCE, True), [(SOURCE, True)],
                                                    False, one, SESSIONS)),
        f"{OURS}, kept open: {SOURCE}": (0.5, worst(results, (OURS, True), [(SOURCE, True)],
                                                    False, one, SESSIONS)),
        f"{ONCE}, a connection each: {SOURCE}": (0.9, worst(results, (ONCE, False), [
            (SOURCE, False)], False, one, SESSIONS)),
        f"{OURS}, a connection each: {SOURCE}": (0.9, worst(results, (OURS, False), [
            (SOURCE, False)], False, one, SESSIONS)),
        f"{OURS}, kept open: msmtp": (100, worst(results, (OURS, True), [("msmtp", False)],
                                                 False, one, SESSIONS)),
        f"{OURS}, {ROUND_TRIP_MS} ms, kept open: best peer": (
            1.8, worst(results, (OURS, True), far_peers, True, RECIPIENTS, far)),
    }
    rows = [["rate beside", "wanted", "measured"]]
    return table(rows + [[name, f"{goal:g}", f"{value:.3g}"]
                         for name, (goal, value) in lowest.items()]), lowest


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    versions = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}, ", "curl", "msmtp",
                               "libcurl4"], capture_output=True, text=True, check=True).stdout
    unpacked = ", ".join(sorted(path.stem.replace("_", " ").replace("%3a", ":")
                                for path in MAILERS.glob("*.deb")))
    return textwrap.fill(f"{os.cpu_count()} × {model}, Linux {platform.release()}, load average "
                         f"{os.getloadavg()[1]:.1f} at the end; {versions}{unpacked}", 80)


TEXT = """.. SPDX-License-Identifier: GPL-2.0-or-later
.. Written by make bench-smtp.

============================
The engine and other mailers
============================

``make bench-smtp`` has ``ecemailctl submit``, which is the daemon's engine without
device and daemon, and other mailers send the same short mail to the same
``smtp-sink`` on loopback, in turns. Figures are medians of {rounds} rounds. Ratios
are medians of each round's own, since neighbours in time have seen the same machine.

{machine}

Far above a load of the number of processors, which client and server share, the
rates say little and the processor time more.

curl's command and msmtp take a process for each mail, or curl one for each
session; as many run at a time as there are sessions. nullmailer queues mails on
disk and sends one after the other. smtp-source composes nothing and sends one
fixed text; "composed once" is ours doing the same.

With a connection for each mail ours says QUIT along with the end of data, which
RFC 2920 allows; smtp-source pipelines nothing and waits for each reply. Without
that a mail took a fifth more processor time. By callgrind, 103,000 of the 157,000
instructions of a mail composed anew are spent in libcurl and what it calls, and
18,000 in the composing.

.. figure:: bench-smtp.svg

   Mails a second, 1 recipient; below at a round trip of {round_trip} ms

What is wanted
==============

The lowest of all numbers of sessions, 1 recipient; far: 1 and 20 recipients.

{goals}

Mails a second
==============

1 recipient:

{rate_1}

20 recipients:

{rate_20}

Processor time per mail, µs
============================

Of all processes of the mailer together, 1 recipient:

{cpu}

Peak memory, KiB
================

Resident, of the mailer's largest process, shared libraries included, 1 recipient:

{memory}

Far server
==========

Mails a second, all sessions together, through a proxy (``tests/bench/delay.py``)
that makes each round trip take {round_trip} ms, apart from the one that opens a TCP
connection. Kept open, with PIPELINING, ours takes two round trips for a mail
whatever the number of recipients.

1 recipient:

{far_1}

20 recipients:

{far_20}
"""


def write_document(results, rounds):
    far = (1, 16)
    goal_table, lowest = goals(results)
    DOCUMENT.write_text(TEXT.format(
        rounds=rounds, machine=machine(), round_trip=ROUND_TRIP_MS, goals=goal_table,
        rate_1=figures(results, "rate", False, 1, SESSIONS),
        rate_20=figures(results, "rate", False, 20, SESSIONS),
        cpu=figures(results, "cpu_us", False, 1, SESSIONS),
        memory=figures(results, "memory_kib", False, 1, SESSIONS),
        far_1=figures(results, "rate", True, 1, far),
        far_20=figures(results, "rate", True, 20, far)), encoding="utf-8")
    return goal_table, lowest


def data_block(results, name, far, sessions):
    """A gnuplot data block: a line per peer, a column per number of sessions."""
    lines = [f"${name} << END"]
    for peer in PEERS:
        label = f"{peer.name}, {'kept' if peer.kept else 'each'}"
        rates = [median(results, (peer.name, peer.kept, far, n, 1), "rate") for n in sessions]
        lines.append(" ".join([f'"{label}"'] + [f"{rate:.2f}" if rate else "NaN"
                                                for rate in rates]))
    return "\n".join(lines + ["END", ""])


def draw_chart(results):
    def bars(name, sessions):
        return ", ".join(f"${name} using {i + 2}:xtic(1) title '{n} session{'s'[:n > 1]}'"
                         for i, n in enumerate(sessions))
    script = (data_block(results, "near", False, SESSIONS) + data_block(results, "far", True, (1, 16))
              + f"""set terminal svg size 900,760 dynamic font 'sans-serif,12' background 'white'
set output '{CHART}'
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.8 noborder
set logscale y
set grid ytics
set xtics rotate by -18 nomirror
set key top right
set ylabel 'mails a second'
set multiplot layout 2,1
set title 'loopback'
plot {bars('near', SESSIONS)}
set title 'round trip of {ROUND_TRIP_MS} ms'
plot {bars('far', (1, 16))}
unset multiplot
""")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    head, rest = CHART.read_text(encoding="utf-8").split("\n", 1)
    CHART.write_text(f"{head}\n<!-- SPDX-License-Identifier: GPL-2.0-or-later -->\n{rest}",
                     encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="folder that ecemailctl is in")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    global BUILD
    BUILD = arguments.build.resolve()
    for tool in ("curl", "msmtp", "gnuplot", "time"):
        if not shutil.which(tool):
            sys.exit(f"bench-smtp: no {tool} here: run scripts/setup bench")
    results = run(arguments.rounds)
    goal_table, lowest = write_document(results, arguments.rounds)
    draw_chart(results)
    print(goal_table)
    missed = [name for name, (goal, value) in lowest.items() if value < goal]
    sys.exit(f"bench-smtp: not reached: {'; '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()
