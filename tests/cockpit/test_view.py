# SPDX-License-Identifier: GPL-2.0-or-later
"""Every page on a phone, in light and dark, with the worst that can stand on it."""

from test_page import MARKUP, check, guest, prepare, trace_on

__all__ = ["check", "guest", "prepare"]

LONG = "W" * 60
# WCAG 2.2: a finger needs 24 by 24 pixels.
SMALL = """
return [...document.querySelectorAll('a[href], button, input, select, summary')]
    .filter(one => one.checkVisibility())
    .map(one => [one.id || one.textContent, one.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)
    .map(([name, { width, height }]) => `${name}: ${width} by ${height}`)"""
CUT = """
return [...document.querySelectorAll('#view *, header *')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.id || one.className || one.localName)"""


def look(browser, what):
    """Nothing wider than the window, nothing too small for a finger, contrast in both styles."""
    wide = browser.run("return document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{what} is {wide} pixels too wide"
    assert not (cut := browser.run(CUT)), f"{what}: beyond the edge: {cut}"
    assert not (small := browser.run(SMALL)), f"{what}: too small for a finger: {small}"
    for style in "light", "dark":
        browser.style(style)
        dark = browser.run("return document.documentElement.classList.contains('pf-theme-dark')")
        assert dark == (style == "dark")
        browser.accessible(f"{what}, 360 pixels wide, {style}")
    browser.shot(f"phone-{what}")


def fill(place):
    """Names, a server and a mail that are as bad as can be."""
    place.serve(f"550 5.1.1 {MARKUP} {LONG}")
    place.set_setup("both", Server="127.0.0.1:2525", ModuleName=LONG[:32],
                    SenderName=MARKUP + LONG[:30],
                    ModuleDescription=MARKUP, SenderAddress="PLC@hosteng.com")
    trace_on(place.browser)
    place.set(X2=1)
    assert place.poll(lambda: place.get("C5"), 60), "the box does not end"
    place.browser.says("#trace-log", LONG)


def test_phone(place):
    """At 360 pixels, with hostile names and words of 60 letters."""
    browser = place.browser
    browser.open("Trace")
    fill(place)
    browser.width(360)
    try:
        look(browser, "Trace")
        browser.press("#trace-toggle")
        browser.open("Module")
        browser.says("#module-setup", LONG[:30])
        look(browser, "Module")
        browser.open("E-mail Setup")
        browser.click("summary")
        browser.fill("#field-Cc", f"{LONG} {LONG}")
        browser.press("#setup-send")
        browser.says("#field-Cc-error", LONG[:20])
        browser.fill("#test-to", "mark@hosteng.com")
        browser.press("#test-send")
        browser.says("#test-answer", "550", "Remedy", LONG)
        look(browser, "E-mail Setup")
        browser.press("#setup-reset")
        browser.open("Requests")
        browser.press("tbody tr.request:first-child button")
        browser.says("tr.details pre", LONG)
        look(browser, "Requests")
        browser.press("tbody tr.request:first-child button")
        browser.open("Doctor")
        browser.press("#doctor-run")
        browser.says("#doctor-findings", "10 Trace")
        look(browser, "Doctor")
        place.run(["systemctl", "stop", "ecemaild"])
        browser.says("#notices", "ecemaild does not answer", "→")
        look(browser, "Notices")
    finally:
        browser.light()
        place.run(["systemctl", "start", "ecemaild"])
        place.on_bus()
        place.set_setup("both", Server="127.0.0.1", ModuleName="Barry", SenderName="Machine A-42F",
                        ModuleDescription="Rutles Drummer")


def test_screen_reader(place):
    """Each page has one first heading and no gap below it; what answers an action is a live
    region, each field has a name, and a required one says so."""
    browser = place.browser
    browser.open("Doctor")
    for view in "Module", "E-mail Setup", "Requests", "Trace", "Doctor":
        browser.open(view)
        levels = browser.run("return [...document.querySelectorAll('h1, h2, h3, h4')]"
                             ".filter(one => one.checkVisibility()).map(one => +one.localName[1])")
        assert levels[0] == 1 and levels.count(1) == 1, f"{view}: {levels}"
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels
        assert browser.run("return document.activeElement.localName") == "h2"
    browser.open("E-mail Setup")
    browser.find("#field-Server")
    for answer in "setup-answer", "test-answer", "credential-answer", "notices":
        assert browser.run("return document.getElementById(arguments[0]).getAttribute('role')",
                           answer) == "status"
    nameless = browser.run("return [...document.querySelectorAll('#view input, #view select')]"
                           ".filter(one => !one.labels.length).map(one => one.id)")
    assert not nameless, nameless
    required = browser.run("return [...document.querySelectorAll('[aria-required]')]"
                           ".map(one => one.id)")
    assert "field-Server" in required and "field-Cc" not in required, required
