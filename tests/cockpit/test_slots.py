# SPDX-License-Identifier: GPL-2.0-or-later
"""Three modules on two cards: a page for each, and nothing of the one on that of another."""

from bench import BUSY, SUCCESS
from machine import OTHER_CARD, SECOND, SLOT
from test_page import check, guest, prepare, trace_on

__all__ = ["check", "guest", "prepare"]

ROWS = "return [...document.querySelectorAll('tbody tr.request')].map(row => row.textContent)"


def go(browser, name, view):
    """To that slot, by its link, and to one of its pages."""
    browser.run("[...document.querySelectorAll('#slots a')]"
                ".find(link => link.textContent === arguments[0]).focus()", name)
    browser.type("\n")
    browser.says("#title", name)
    browser.open(view)


def details(browser, words):
    """Opens the row with these words; returns the journal's entries."""
    row = browser.wait(lambda: next((row for row in browser.driver.find_elements(
        "css selector", "tbody tr.request") if words in row.text), None), f"a row with {words}")
    button = row.find_element("css selector", "button")
    if button.get_attribute("aria-expanded") == "false":
        browser.run("arguments[0].click()", button)
    return browser.wait(lambda: (text := browser.text("tr.details:not([hidden]) pre")) != "…"
                        and text, "the journal's entries")


def test_navigation(place):
    """A link for each slot; each page has its own module, switches and setup."""
    browser = place.browser
    browser.open("Module")
    browser.says("#slots", "0:K1", "0:K2", "1:K3")
    for name, number in (("0:K1", 12), ("0:K2", 13), ("1:K3", 14)):
        go(browser, name, "Module")
        browser.says("#module-id", f"{number} (0x{number:x}) set by DIP switches", "switch 7 on")
        browser.says("#module-place", f"/dev/ecom{name[0]}s{name[-1]}")
        current = browser.run("return [...document.querySelectorAll('#slots a[aria-current=page]')]"
                              ".map(link => link.textContent)")
        assert current == [name], current
    browser.shot("slots")
    browser.accessible("several slots")
    browser.open("E-mail Setup")
    browser.fill("#field-SenderName", "Third")
    go(browser, "0:K2", "E-mail Setup")
    assert browser.value("#field-SenderName") != "Third"
    go(browser, "1:K3", "E-mail Setup")
    assert browser.value("#field-SenderName") == "Third"
    browser.press("#setup-send")
    browser.says("#setup-answer", "Stored")
    assert place.stored()["SenderName"] != "Third"
    rows, _, _ = place.call(OTHER_CARD, "org.ecemail1.Slot", "GetSetup")
    assert {row[0]: row[2] for row in rows}["SenderName"] == "Third"


def test_requests_of_two_slots(place):
    """Requests with the same number in two slots: each slot has its own, and each row only
    its own journal entries; those of a test mail, too."""
    browser = place.browser
    for path in SLOT, SECOND:
        place.set_setup("both", path, Server="127.0.0.1", SenderAddress="PLC@hosteng.com")
    go(browser, "0:K1", "Requests")
    place.pull()
    browser.says("#notices", "0:K1 is not there")
    browser.says("#slots", "1:K3")
    place.plug()
    place.on_bus()
    place.ctl("wait", "V1400=0", "60")
    place.ctl("wait", "V1600=0", "60")
    assert tuple(place.press()) == (BUSY, SUCCESS)
    place.set(X3=1)
    assert place.poll(lambda: place.get("C6"), 60), place.get("V1704")
    newest = [place.call(path, "org.ecemail1.Slot", "GetHistory", "u", "1")[0][0]
              for path in (SLOT, SECOND)]
    assert newest[0]["request"] == newest[1]["request"], newest
    place.call(SLOT, "org.ecemail1.Slot", "SendTestMail", "sss", "mark@hosteng.com", "By hand", "")
    for name, own, others in (("0:K1", "Widget Report", "From K2"),
                              ("0:K2", "From K2", "Widget Report")):
        go(browser, name, "Requests")
        found = details(browser, own)
        assert own in found and name in found and others not in found, found
        assert not any(others in row for row in browser.run(ROWS))
        browser.press("tr.request button[aria-expanded=true]")
    go(browser, "0:K1", "Requests")
    found = details(browser, "By hand")
    assert "By hand" in found and "Widget" not in found, found
    browser.press("tr.request button[aria-expanded=true]")


def test_request_keeps_its_row(place):
    """A row that was opened while its request was on the way tells its end, stays open, and
    keeps the keyboard; the filter stays as chosen."""
    browser = place.browser
    place.set_setup("both", Server="127.0.0.1:2526", Timeout="20")
    place.run(["systemd-run", "-q", "--unit=silent", "python3", "-c",
               "import socket, time; s = socket.create_server(('127.0.0.1', 2526));"
               "time.sleep(600)"])
    assert place.poll(lambda: place.run(["ss", "-ltnH", "sport = :2526"]).stdout, 30)
    browser.open("Requests")
    place.set(X0=1)
    browser.wait(lambda: browser.run("return document.querySelector('td.way') !== null"),
                 "it is on its way")
    browser.press("tbody tr.request:first-child button")
    browser.says("tr.details:not([hidden])", "no outcome yet")
    browser.says("tbody tr.request:first-child", "Error 12")
    browser.says("tr.details:not([hidden])", "12 ", "Remedy", "Widget Report")
    assert browser.run("return document.activeElement.getAttribute('aria-expanded')") == "true"
    browser.type("\n")
    browser.choose("#filter", "12")
    assert all("Error 12" in row.text for row in browser.driver.find_elements(
        "css selector", "tbody tr.request") if row.is_displayed())
    place.run(["systemctl", "restart", "ecemaild"])
    place.on_bus()
    browser.says("#requests-empty", "There are none.")
    assert browser.value("#filter") == "12"
    browser.choose("#filter", "all")
    place.set(X0=0)
    place.run(["systemctl", "stop", "silent"])
    place.set_setup("both", Server="127.0.0.1", Timeout="90")


def test_trace_of_a_test_mail(place):
    """The trace goes on while another page is looked at, each slot's on its own."""
    browser = place.browser
    go(browser, "0:K2", "Trace")
    go(browser, "0:K1", "Trace")
    trace_on(browser)
    browser.open("E-mail Setup")
    browser.fill("#test-to", "mark@hosteng.com")
    browser.fill("#test-subject", "Seen later")
    browser.press("#test-send")
    browser.says("#test-answer", "Success")
    assert browser.active() == "test-send"
    browser.open("Trace")
    browser.says("#trace-log", "0:K1: Subject: Seen later", "Success!")
    go(browser, "0:K2", "Trace")
    assert "Seen later" not in browser.text("#trace-log")
    go(browser, "0:K1", "Trace")
    browser.press("#trace-toggle")
    browser.says("#trace-until", "EMail Trace Off")


def test_one_of_two_cards_goes(place):
    """Who looks at the other card sees no difference but the links; the trace goes on with the
    card's return."""
    browser = place.browser
    go(browser, "0:K1", "Trace")
    go(browser, "1:K3", "Module")
    place.pull()
    browser.wait(lambda: browser.text("#slots") == "", "one slot is left")
    assert browser.text("#notices") == "" and "1:K3" in browser.text("#title")
    browser.says("#module-id", "14 (0xe)")
    place.plug()
    place.on_bus()
    browser.says("#slots", "0:K1", "0:K2", "1:K3")
    go(browser, "0:K1", "Trace")
    trace_on(browser)
    browser.run("document.getElementById('trace-log').replaceChildren()")
    place.ctl("wait", "V1400=0", "60")
    assert tuple(place.press()) == (BUSY, SUCCESS)
    browser.says("#trace-log", "Success!")
    browser.press("#trace-toggle")
    browser.says("#trace-until", "EMail Trace Off")
