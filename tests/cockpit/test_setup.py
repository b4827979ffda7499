# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing that is typed gets lost, replaces what its author has not seen, or gets to another
module: while the daemon stops, another page is looked at, somebody else sends, cards change."""

from machine import ENGINEER
from test_page import another, check, guest, prepare

__all__ = ["check", "guest", "prepare"]

NAME = "#field-SenderName"
STORED = {"Server": "127.0.0.1", "SenderName": "Machine A-42F", "SenderAddress": "PLC@hosteng.com",
          "Timeout": "90"}

# From then on the page finds its cards in other PCI slots, when window.moved is set.
MOVED = """
let real;
Object.defineProperty(window, "cockpit", { get: () => real, set(value) {
    real = value;
    const dbus = value.dbus;
    value.dbus = (...words) => {
        const client = dbus(...words);
        const call = client.call;
        client.call = (...message) => call.apply(client, message).then(answer =>
            window.moved
                ? JSON.parse(JSON.stringify(answer).replaceAll(/pci-0000:0/g, "pci-0000:f"))
                : answer);
        return client;
    };
} });
"""


def begin(place):
    """The form, as it is stored."""
    browser = place.browser
    place.set_setup("both", **STORED)
    browser.open("Module")
    browser.press('#module-setup a[data-field="SenderName"]')
    browser.wait(lambda: browser.active() == "field-SenderName", "the field has the focus")
    stored = place.stored()["SenderName"]
    browser.run("document.getElementById('setup-reset').click()")
    browser.wait(lambda: browser.value(NAME) == stored, "the form is filled")
    return browser, stored


def test_half_filled_form(place):
    """Of a half filled form nothing gets lost by looks elsewhere, nor while the daemon is
    restarted: who types then types on."""
    browser, stored = begin(place)
    browser.fill(NAME, "half")
    browser.open("Module")
    assert browser.active() == "module-title"
    browser.says("#module-setup", stored)
    browser.open("E-mail Setup")
    assert browser.value(NAME) == "half"
    browser.click(NAME)
    place.run(["systemctl", "stop", "ecemaild"])
    browser.says("#notices", "ecemaild does not answer")
    browser.type(" a")
    browser.press("#setup-send")
    browser.says("#setup-answer", "Nothing was changed.")
    assert browser.active() == "setup-send"
    browser.click(NAME)
    place.run(["systemctl", "start", "ecemaild"])
    browser.wait(lambda: browser.text("#notices") == "", "the notice is gone")
    browser.type(" word")
    assert browser.value(NAME) == "half a word"
    place.on_bus()
    assert place.stored()["SenderName"] == stored
    browser.press("#setup-reset")
    assert browser.value(NAME) == stored


def test_typed_after_send(place):
    """What is typed between Send and its answer stays, unsent."""
    browser, stored = begin(place)
    browser.fill(NAME, "sent")
    browser.run("const field = document.getElementById('field-SenderName');"
                "document.getElementById('setup-send').click();"
                "setTimeout(() => { field.value = 'later'; }, 0);")
    browser.says("#setup-answer", "Stored")
    browser.wait(lambda: place.stored()["SenderName"] in ("sent", "later"), "it is stored")
    place.run(["sleep", "3"])
    assert browser.value(NAME) == "later"
    assert place.stored()["SenderName"] == "sent"
    place.set_setup("both", SenderName=stored)
    browser.says(f"{NAME}-meanwhile", stored)
    browser.press("#setup-reset")
    assert browser.value(NAME) == stored


def test_two_browsers(place):
    """What the one has sent is named to the other before it is replaced; what the other has
    not touched follows by itself."""
    browser, stored = begin(place)
    with another(place, ENGINEER) as second:
        second.open("E-mail Setup")
        second.wait(lambda: second.value(NAME) == stored, "the second form is filled")
        browser.fill(NAME, "first")
        browser.fill("#field-Timeout", "80")
        second.fill(NAME, "second")
        browser.press("#setup-send")
        browser.says("#setup-answer", "Stored")
        second.says(f"{NAME}-meanwhile", "Stored meanwhile by somebody else: first")
        second.wait(lambda: second.value("#field-Timeout") == "80", "the time-out follows")
        second.accessible("a field that somebody else has changed")
        second.shot("setup-meanwhile")
        second.press("#setup-send")
        second.says("#setup-answer", "Not stored yet", "Sender Name", "Send again")
        assert second.active() == "field-SenderName"
        assert place.stored()["SenderName"] == "first"
        second.press("#setup-send")
        second.says("#setup-answer", "Stored, and in force")
        second.wait(lambda: second.text(f"{NAME}-meanwhile") == "", "it is settled")
        browser.wait(lambda: browser.value(NAME) == "second", "the first form follows")


def test_another_module(place):
    """A card in another PCI slot is another module, be its name the same: the form of the
    former does not go to it, and is there again with the former."""
    browser, stored = begin(place)
    browser.driver.execute_cdp_cmd("Page.enable", {})
    script = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                                            {"source": MOVED})
    browser.open("Module")
    browser.reload()
    browser.open("E-mail Setup")
    browser.wait(lambda: browser.value(NAME) == stored, "the form is filled")
    browser.fill(NAME, "for the former")
    browser.run("window.moved = true; document.getElementById('setup-send').click()")
    browser.says("#notices", "0:K1 is another module now: pci-0000:f1:00.0-slot1", "Sender Name")
    assert place.stored()["SenderName"] == stored
    browser.wait(lambda: browser.value(NAME) == stored, "a form of its own")
    browser.accessible("the notice of another module")
    browser.run("window.moved = false")
    browser.wait(lambda: browser.value(NAME) == "for the former", "it is back")
    browser.wait(lambda: browser.text("#notices") == "", "the notice is gone")
    browser.press("#setup-reset")
    browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    browser.open("Module")
    browser.reload()


def test_unsent_form_is_not_closed(place):
    """The browser asks before it throws away a form that was not sent."""
    browser, _ = begin(place)

    def asks():
        return browser.run("return !window.dispatchEvent(new Event('beforeunload',"
                           "{ cancelable: true }))")
    assert not asks()
    browser.fill(NAME, "unsent")
    assert asks()
    browser.press("#setup-reset")
    assert not asks()


def test_site_default_by_keyboard(place):
    """Whatever a button does, the keyboard stays there, or goes to what is next."""
    browser, _ = begin(place)
    browser.fill(NAME, "Keyboard")
    browser.press("#setup-send")
    browser.says("#setup-answer", "Stored")
    assert browser.active() == "setup-send"
    browser.wait(lambda: browser.find(f"{NAME}-default"), "the way back")
    browser.press(f"{NAME}-default")
    browser.says("#setup-answer", "follows the site's default")
    assert browser.active() == "field-SenderName"
    assert place.stored()["SenderName"] == ""


def test_two_errors(place):
    """Of two errors each is told at its field, one after the other."""
    browser, _ = begin(place)
    good = {"field-Timeout": "90", "field-Cc": "joe@acme.com"}
    for field in good:
        browser.fill(f"#{field}", "nonsense @")
    while good:
        browser.press("#setup-send")
        field = browser.wait(lambda: browser.run(
            "return (document.querySelector('[aria-invalid]') || {}).id"), "an error")
        assert browser.active() == field
        assert f"{field}-error" in browser.find(f"#{field}").get_attribute("aria-describedby")
        assert "nonsense" in browser.text(f"#{field}-error")
        browser.fill(f"#{field}", good.pop(field))
        browser.run("document.querySelectorAll('[aria-invalid]').forEach(one =>"
                    "one.removeAttribute('aria-invalid'))")
    browser.press("#setup-reset")
    assert browser.value("#field-Timeout") == "90"
