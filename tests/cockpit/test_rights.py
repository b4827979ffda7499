# SPDX-License-Identifier: GPL-2.0-or-later
"""Rights that come and go while the page is open: Cockpit's administrative access."""

from machine import ADMINISTRATOR, PASSWORD
from test_page import another, check, guest, prepare

__all__ = ["check", "guest", "prepare"]


def access(browser, dialog, button, password=None):
    """Goes through the shell's dialog, and back into the page."""
    browser.driver.switch_to.default_content()
    browser.click("#super-user-indicator button")
    browser.says(".pf-c-modal-box", dialog)
    if password:
        browser.fill(".pf-c-modal-box input[type=password]", password)
    browser.run("[...document.querySelectorAll('.pf-c-modal-box button')]"
                ".find(one => one.textContent === arguments[0]).click()", button)
    browser.wait(lambda: not browser.text(".pf-c-modal-box"), "the dialog is closed")
    browser.enter_frame()


def test_rights_come_and_go(place):
    """Who becomes root may change the setup at once; who is no longer root is told so, and sees
    no recipient any more."""
    place.set_setup("both", Server="127.0.0.1", SenderName="Machine A-42F",
                    SenderAddress="PLC@hosteng.com", Timeout="90")
    place.press()
    with another(place, ADMINISTRATOR) as browser:
        browser.says("#notices", "You may look, but not change anything.")
        browser.open("E-mail Setup")
        browser.says("#setup-problem", "root and members of group ecemail")
        access(browser, "Switch to administrative access", "Authenticate", PASSWORD)
        browser.wait(lambda: browser.text("#notices") == "", "the notice is gone")
        browser.wait(lambda: browser.value("#field-Timeout") == "90", "the form is filled")
        browser.fill("#field-Timeout", "85")
        browser.press("#setup-send")
        browser.says("#setup-answer", "Stored")
        assert place.stored()["Timeout"] == "85"
        browser.open("Requests")
        browser.says("tbody", "mark@hosteng.com")
        access(browser, "Switch to limited access", "Limit access")
        browser.says("#notices", "You may look, but not change anything.")
        browser.says("#requests-empty", "group ecemail")
        assert "mark@" not in browser.run("return document.body.textContent")
