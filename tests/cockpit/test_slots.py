# SPDX-License-Identifier: GPL-2.0-or-later
"""Three modules on two cards: a page for each, and nothing of the one on that of another."""

from machine import OTHER_CARD
from test_page import check, guest, prepare

__all__ = ["check", "guest", "prepare"]


def go(browser, name, view):
    """To that slot, by its link, and to one of its pages."""
    browser.run("[...document.querySelectorAll('#slots a')]"
                ".find(link => link.textContent === arguments[0]).focus()", name)
    browser.type("\n")
    browser.says("#title", name)
    browser.open(view)


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
