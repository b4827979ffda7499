# SPDX-License-Identifier: GPL-2.0-or-later
"""The page for Cockpit, as the engineer goes through it: unconfigured, set up,
tested, failing, explained, traced; and with parts of the PC missing."""

import contextlib
import os
import pathlib
import time

from bench import BUSY, SUCCESS, error
from browser import Browser
from machine import ADMINISTRATOR, ENGINEER, PASSWORD, SLOT, VISITOR, Machine

HERE = pathlib.Path(__file__).resolve().parent
MARKUP = "<img src=x onerror=pwned=1>"
UNDEFINED = "-- undefined --"
SECRET = "Rosebud17"
FIRST_PICTURE_MS = 1000
TIMEOUT = 7200 if os.environ.get("ECEMAIL_LONG") else 300


class Place(Machine):
    """The guest, and the engineer's browser."""

    def __enter__(self):
        super().__enter__()
        self.browser = Browser(self.port)
        self.configure(Server=None, SenderName=None, SenderAddress=None, trace=False)
        self.on_bus()
        self.browser.login(ENGINEER, PASSWORD)
        return self

    def close(self):
        """The browser first."""
        if hasattr(self, "browser"):
            self.browser.close()
        super().close()


def guest():
    """One guest and one browser for all tests of this file."""
    return Place(program=HERE / "programs.ld", base=HERE / "three-slots.base", cards=2)


def prepare(place):
    """Begins at the module's page, with mail servers and card there."""
    place.set(X0=0, X1=0, X2=0, X3=0, V3000=3, V3001=4711)
    place.browser.run("location.hash = '#/0:K1'")
    place.browser.console()


def check(place):
    """No test leaves an error in the console, or was fooled."""
    browser = place.browser
    assert not (said := browser.console()), "the console has\n" + "\n".join(said)
    assert browser.run("return window.pwned === undefined && top.pwned === undefined")


@contextlib.contextmanager
def another(place, user, **options):
    """A second browser, with its own login."""
    browser = Browser(place.port)
    try:
        browser.login(user, PASSWORD, **options)
        yield browser
        assert not (said := browser.console()), "the console has\n" + "\n".join(said)
    finally:
        browser.close()


def trace_on(browser):
    """Switches the trace on, unless it is."""
    if "EMail Trace On" not in browser.says("#trace-until", "EMail Trace"):
        browser.press("#trace-toggle")
        browser.says("#trace-until", "EMail Trace On")


def test_unconfigured(place):
    """The module's page marks what is undefined, and leads to the E-mail Setup."""
    browser = place.browser
    text = browser.says("#module-setup", "Server", UNDEFINED, "Port: 25", "Timeout, seconds: 60")
    for field in "Server Address", "Sender Name", "Sender Address", "Cc":
        assert f"{field}: {UNDEFINED}" in text, text
    browser.says("#module-setup .problem", "Server")
    browser.says("#module-health", "24")
    assert "undefined" in browser.find("#module-setup").get_attribute("class")
    browser.says("#module-id", "set by DIP switches; switch 7 on")
    browser.says("#module-versions", "card 1.0", "ecemaild 0.", "driver 0.")
    browser.says("#module-ip", "no route")
    browser.shot("module-unconfigured")
    browser.accessible("the module's page")
    browser.press('#module-setup a[data-field="Server"]')
    browser.says("#setup-title", "E-mail Setup")
    browser.find("#field-Server")
    browser.wait(lambda: browser.driver.switch_to.active_element.get_attribute("id")
                 == "field-Server", "the field of the link has the focus")


def test_first_picture(place):
    """Loaded anew, the page is there within a second. The processor is emulated and may have
    other work: the best of some loads counts, all are told."""
    browser = place.browser
    browser.open("Module")
    times = [browser.reload() for _ in range(5)]
    while min(times) > FIRST_PICTURE_MS and len(times) < 30:
        times.append(browser.reload())
    print("# loaded and filled in", *(f"{time:.0f}" for time in times), "ms, processor emulated")
    browser.says("#module-setup", "Server Address")
    assert min(times) <= FIRST_PICTURE_MS, times


def test_errors_at_the_field(place):
    """What the daemon refuses stands at the field in its words, and nothing is stored."""
    browser = place.browser
    browser.open("E-mail Setup")
    browser.fill("#field-Port", "70000")
    browser.press("#setup-send")
    text = browser.says("#field-Port-error", "Port=70000", "allowed")
    assert browser.find("#field-Port").get_attribute("aria-invalid") == "true"
    browser.says("#setup-answer", "Nothing was changed.")
    browser.shot("setup-error")
    browser.accessible("the E-mail Setup page with an error")
    browser.press("#setup-reset")
    assert browser.find("#field-Port").get_attribute("value") == "25", text
    assert browser.text("#field-Port-error") == ""


def test_send(place):
    """The seed's example, sent: stored, in force, and no row is red any more."""
    browser = place.browser
    browser.open("E-mail Setup")
    for field, text in (("Server", "127.0.0.1"), ("SenderName", "Machine A-42F"),
                        ("SenderAddress", "PLC@hosteng.com"), ("Timeout", "90")):
        browser.fill(f"#field-{field}", text)
    browser.press("#setup-send")
    browser.says("#setup-answer", "Stored, and in force now.")
    browser.shot("setup")
    browser.press("#setup-back")
    browser.says("#module-setup", "Server Address: 127.0.0.1", "Machine A-42F",
                 "Timeout, seconds: 90")
    browser.says("#module-ip", "Subnet")
    browser.says("#module-health", "0, in order")
    assert "undefined" not in browser.find("#module-setup").get_attribute("class")
    assert tuple(place.press()) == (BUSY, SUCCESS)
    browser.says("#module-mails", "1 sent")
    browser.says("#module-last", "status 0, sent: yes")
    browser.shot("module")


def test_mail_by_hand(place):
    """A test mail, taken; and one without a sendee, refused and explained."""
    browser = place.browser
    browser.open("E-mail Setup")
    browser.fill("#test-to", "mark@hosteng.com")
    browser.press("#test-send")
    browser.says("#test-answer", "Success")
    place.mailbox()
    browser.fill("#test-to", "")
    browser.press("#test-send")
    browser.says("#test-answer", "Status 21", "21 No sendee", "Remedy")
    browser.shot("test-mail")


def test_ladder_changes(place):
    """What the ladder program changed stands beside what is stored, is left by Send, and
    restore takes it back."""
    browser = place.browser
    place.set(X1=1)
    assert place.poll(lambda: place.get("C2"), 30), place.get("V1541")
    browser.open("E-mail Setup")
    browser.says("#field-Cc-working", "night@hosteng.com", "changed by the ladder program")
    browser.fill("#field-Cc", "joe@acme.com")
    browser.press("#setup-send")
    browser.says("#setup-answer", "which were left as they are there: Cc")
    browser.says("#field-Cc-working", "night@hosteng.com")
    browser.shot("setup-ladder")
    browser.accessible("two levels")
    browser.press("#setup-restore")
    browser.says("#setup-answer", "The working copy is the stored setup again.")
    browser.wait(lambda: browser.text("#field-Cc-working") == "", "nothing differs")
    assert browser.find("#field-Cc").get_attribute("value") == "joe@acme.com"
    browser.press("#field-Cc-default")
    browser.says("#setup-answer", "Cc follows the site's default")
    browser.wait(lambda: browser.find("#field-Cc").get_attribute("value") == "", "Cc is undefined")


def test_failing_server(place):
    """A refused recipient: the row opens to the explanation, the server's words and the
    journal; the filter shows it alone."""
    browser = place.browser
    place.serve(f"550 5.1.1 {MARKUP} nobody here")
    place.set_setup("both", Server="127.0.0.1:2525")
    assert tuple(place.press()) == (BUSY, error(550))
    browser.open("Requests")
    browser.says("#requests-title", "Requests")
    browser.says("tbody", "Error 550, sent: no", "Success", "Widget Report")
    browser.press("tbody tr.request:first-child button")
    browser.says("tr.details td", "mailbox unavailable", "5.1.1", "Remedy", MARKUP, "127.0.0.1")
    browser.says("tr.details pre", "550")
    browser.shot("requests")
    browser.accessible("a request's explanation")
    browser.press("tbody tr.request:first-child button")
    browser.run("const one = document.getElementById('filter'); one.value = '550';"
                "one.dispatchEvent(new Event('change'));")
    assert "Success" not in browser.text("tbody")
    browser.run("const one = document.getElementById('filter'); one.value = 'all';"
                "one.dispatchEvent(new Event('change'));")


def test_markup(place):
    """No ladder program, server or user gets markup into the page."""
    browser = place.browser
    place.set_setup("both", ModuleName="<script>pwned=1</script>", SenderName=MARKUP,
                    ModuleDescription="<a href=javascript:pwned=1>")
    place.set(X2=1)
    assert place.poll(lambda: place.get("C5"), 60), "the box does not end"
    browser.open("Module")
    browser.says("#module-name", "<script>pwned=1</script>")
    browser.says("#module-setup", MARKUP)
    assert "javascript" not in browser.find("#module-description a").get_attribute("href")
    browser.open("Requests")
    browser.says("tbody", MARKUP)
    browser.press("tbody tr.request:first-child button")
    browser.says("tr.details td", MARKUP)
    browser.open("Trace")
    trace_on(browser)
    place.set(X2=0)
    place.set(X2=1)
    browser.says("#trace-log", f"Subject: {MARKUP}", "<b onclick=pwned=1>", f"5.1.1 {MARKUP}")
    browser.open("E-mail Setup")
    browser.find("#test-to")
    browser.fill("#test-to", MARKUP)
    browser.press("#test-send")
    browser.says("#test-answer", MARKUP)
    count = browser.elements()
    assert "img" not in count and "b" not in count and count["script"] <= 4, count
    place.set_setup("both", ModuleName="Barry", ModuleDescription="Rutles Drummer",
                    SenderName="Machine A-42F")


def test_trace(place):
    """On, a mail's conversation in the seed's words, and off again."""
    browser = place.browser
    place.start_postfix()
    place.set_setup("both", Server="127.0.0.1")
    browser.open("Trace")
    trace_on(browser)
    assert tuple(place.press()) == (BUSY, SUCCESS)
    browser.says("#trace-log", "0:K1: Recipient: mark@hosteng.com", "Subject: Widget Report",
                 "Body: Shift # 3 made 4711 widgets", "State: 0x4 Received data: 250", "Success!")
    browser.shot("trace")
    browser.press("#trace-save")
    saved = browser.saved("emailtrace-0-K1.txt")
    assert saved == browser.run("return [...document.getElementById('trace-log').children]"
                                ".map(line => line.textContent + '\\n').join('')"), saved
    browser.accessible("the trace")
    browser.press("#trace-toggle")
    browser.says("#trace-until", "EMail Trace Off")


def test_doctor(place):
    """The ten requirements in their order, and where to begin."""
    browser = place.browser
    place.start_postfix()
    place.set_setup("both", Server="127.0.0.1")
    assert tuple(place.press()) == (BUSY, SUCCESS)
    browser.open("Doctor")
    browser.press("#doctor-run")
    browser.says("#doctor-answer", "Nothing is wrong.")
    checks = browser.run("return [...document.querySelectorAll('#doctor-findings strong')]"
                         ".map(one => one.textContent)")
    numbers = [int(check.split()[0]) for check in checks if check[0].isdigit()]
    assert numbers == list(range(1, 11)), checks
    place.stop_postfix()
    browser.press("#doctor-run")
    browser.says("#doctor-answer", "Begin with:")
    browser.says("#doctor-findings", "WRONG", "→")
    browser.shot("doctor")
    browser.accessible("the doctor's findings")
    place.start_postfix()


def test_daemon_goes(place):
    """Stopped: the page says so and why; started: it goes on by itself, with the trace, too."""
    browser = place.browser
    browser.open("Trace")
    place.run(["systemctl", "stop", "ecemaild"])
    browser.says("#notices", "ecemaild does not answer", "systemctl start ecemaild")
    browser.shot("no-daemon")
    browser.accessible("without a daemon")
    place.run(["systemctl", "start", "ecemaild"])
    browser.wait(lambda: browser.text("#notices") == "", "the notice is gone")
    trace_on(browser)
    place.press()
    browser.says("#trace-log", "Success!")
    place.run(["systemctl", "restart", "ecemaild"])
    browser.says("#trace-until", "EMail Trace Off")
    browser.open("Module")
    browser.says("#module-mails", "0 sent")


def test_card_goes(place):
    """Pulled: the page says so; plugged: it shows the slot again."""
    browser = place.browser
    browser.open("Module")
    place.pull()
    browser.says("#notices", "0:K1 is not there", "goes on by itself", "→")
    browser.shot("no-card")
    place.plug()
    place.on_bus()
    browser.wait(lambda: browser.text("#notices") == "", "the notice is gone")
    browser.says("#module-id", "set by DIP switches")


def test_visitor(place):
    """Who has no right is told so, sees states and counters, and neither names nor buttons."""
    with another(place, VISITOR) as browser:
        browser.says("#notices", "You may look, but not change anything.")
        browser.says("#module-health", "0, in order")
        text = browser.says("#module-setup", "group ecemail")
        assert "PLC@" not in text and "127.0.0.1" not in text, text
        browser.shot("visitor")
        browser.accessible("a visitor's page")
        browser.open("E-mail Setup")
        browser.says("#setup-problem", "root and members of group ecemail")
        assert not browser.run("return [...document.querySelectorAll('#view button, #view input')]"
                               ".some(one => one.checkVisibility())")
        browser.open("Requests")
        assert "mark@" not in browser.says("#requests-empty", "group ecemail")
        browser.open("Trace")
        browser.says("#trace-until", "group ecemail")


def test_credential(place):
    """Set with root's rights, which are enough for all else, too; nothing shows it again, no
    command line, no bus and no journal."""
    with another(place, ADMINISTRATOR, superuser=True) as browser:
        browser.says("#module-setup", "Server Address: 127.0.0.1")
        browser.open("E-mail Setup")
        browser.fill("#credential-name", "../x")
        browser.fill("#credential-secret", SECRET)
        browser.press("#credential-set")
        browser.says("#credential-answer", "It was not set.", "../x")
        browser.fill("#credential-name", "plc")
        place.run(["systemd-run", "-q", "--unit=spy", "sh", "-c",
                   "busctl monitor >/run/spy.bus & while :; do cat /proc/[0-9]*/cmdline; "
                   "sleep 0.2; done >/run/spy.words 2>&1"])
        assert browser.find("#credential-secret").get_attribute("value") == SECRET
        browser.press("#credential-set")
        browser.says("#credential-answer", "The daemon has it.")
        assert SECRET not in browser.driver.page_source
        assert browser.find("#credential-secret").get_attribute("value") == ""
    place.run(["systemctl", "stop", "spy"])
    found = place.run(["ls", "/etc/credstore.encrypted"]).stdout
    assert "plc" in found, found
    place.run(["sh", "-c", "grep -aq credential /run/spy.words && grep -aq ecemail1 /run/spy.bus"])
    found = place.run(["sh", "-c", f"journalctl -a >/run/spy.journal; grep -alr {SECRET} "
                       "/run/spy.* /var/log || :"]).stdout
    assert not found, f"the secret is in {found}"
    place.on_bus()


def tab_through(browser):
    """Presses Tab as often as there are links, buttons and fields; returns those, and where
    it came by, by their places in the document."""
    wanted = browser.run("""
        return [...document.querySelectorAll('a[href], button, input, select, summary')]
            .filter(one => one.checkVisibility() && !one.disabled)
            .map((one, place) => one.dataset.place = place);""")
    browser.run("document.querySelector('[data-place=\"0\"]').focus()")
    reached = []
    for _ in range(2 * len(wanted)):
        place = browser.run("return document.activeElement.dataset.place")
        if place is not None:
            reached.append(int(place))
        if place == str(wanted[-1]):
            break
        browser.type("\t")
    browser.run("document.querySelectorAll('[data-place]')"
                ".forEach(one => one.removeAttribute('data-place'))")
    return wanted, reached


def test_keyboard(place):
    """Tab alone reaches every link, button and field of each page, in their order."""
    browser = place.browser
    for view in "Module", "E-mail Setup", "Requests", "Trace", "Doctor":
        browser.open(view)
        if view == "E-mail Setup":
            browser.find("#field-Server")
            browser.click("summary")
        # Rows may come and go meanwhile.
        browser.wait(lambda: len(set(map(str, tab_through(browser)))) == 1,
                     f"Tab goes through {view}")
        if view == "E-mail Setup":
            browser.click("summary")


def test_long_run(place):
    """A request every second, for an hour with ECEMAIL_LONG: the page shows as many as the
    daemon keeps, and neither grows nor lags: the later half costs what the earlier one did. Nor
    does Cockpit's bridge in the PC, which keeps what it has had of dictionaries."""
    browser = place.browser
    count = 1800 if os.environ.get("ECEMAIL_LONG") else 15
    browser.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    browser.open("Requests")

    def cost():
        browser.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        bridges = place.run(["ps", "-C", "cockpit-bridge", "-o", "rss="]).stdout.split()
        return {"bridge": sum(map(int, bridges)), **{
            one["name"]: one["value"] for one in
            browser.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]}}

    def mails(count, pause):
        place.run(["sh", "-c", 'for i in $(seq "$1"); do sleep "$2" & busctl call org.ecemail1 '
                   '"$3" org.ecemail1.Slot SendTestMail sss "" nobody "$i" >/dev/null; wait; done',
                   "sh", str(count), str(pause), SLOT], timeout=count * (pause + 5))
        time.sleep(5)
        assert browser.elements()["tr"] == 2 * 64 + 1, browser.elements()
        return cost()
    mails(70, 0)
    begin, middle, end = cost(), mails(count, 1), mails(count, 1)
    for name in "Nodes", "JSEventListeners", "JSHeapUsedSize", "TaskDuration", "bridge":
        print(f"# {name}: {begin[name]:g}, {middle[name]:g}, {end[name]:g}")
    earlier, later = (then["TaskDuration"] - before["TaskDuration"]
                      for before, then in ((begin, middle), (middle, end)))
    assert later < 1.5 * earlier, f"the page worked {earlier} s, then {later} s"
    # 800 KiB for each mail, were the history dictionaries; 125, were the picture
    assert end["bridge"] < middle["bridge"] + 2000 + 4 * count, \
        f"Cockpit's bridge: {middle['bridge']} KiB, then {end['bridge']} KiB"
    assert end["JSHeapUsedSize"] < begin["JSHeapUsedSize"] + 2000000, (begin, end)
    assert end["Nodes"] < 1.1 * begin["Nodes"], (begin, end)
    assert end["JSEventListeners"] < 1.1 * begin["JSEventListeners"], (begin, end)
