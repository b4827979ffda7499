# SPDX-License-Identifier: GPL-2.0-or-later
"""A language of its own: each text of the page between ⟦ and ⟧. What the page then shows
without them is what daemon and commands have said, or was forgotten."""

import json
import pathlib
import re
import subprocess
import tempfile

from bench import BUSY, SUCCESS
from machine import ENGINEER, SLOT
from test_page import another, check, guest, prepare
from vm_image import ROOT

__all__ = ["check", "guest", "prepare"]

PAGE = ROOT / "daemon/cockpit"
IN_GUEST = "/usr/share/cockpit/ecemail/po.de.js"
TEXTS = """
const texts = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode())
    if (walker.currentNode.parentElement.checkVisibility() &&
        !walker.currentNode.parentElement.closest('pre'))
        texts.push(walker.currentNode.textContent);
for (const one of document.querySelectorAll('*'))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label'])
        if (one.hasAttribute(name))
            texts.push(one.getAttribute(name));
for (const one of document.querySelectorAll('#test-subject, #test-body'))
    texts.push(one.defaultValue);
return texts;"""


def fake():
    """po.de.js of a translation that puts every text into brackets."""
    def bracket(match):
        text = match[2]
        return f'{match[1]}msgstr "⟦{text}⟧"'
    text = (PAGE / "po/ecemail.pot").read_text(encoding="utf-8")
    text = re.sub(r'(msgid "(.+)"\n)msgstr ""', bracket, text)
    text = re.sub(r'(msgid "(.+)"\nmsgid_plural "(.+)"\n)msgstr\[0\] ""\nmsgstr\[1\] ""',
                  r'\1msgstr[0] "⟦\2⟧"\nmsgstr[1] "⟦\3⟧"', text)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "de.po")
        path.write_text(text, encoding="utf-8")
        return subprocess.run([PAGE / "po/translate", "js", path], check=True,
                              capture_output=True, text=True).stdout


def leaves(value):
    """All texts in what a JSON text was."""
    if isinstance(value, str):
        yield from (value, *value.split(", "))
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)


def plain(text):
    """Without what differs from one time to the next, or joins two texts."""
    return re.sub(r"\d+", "0", text).strip(" :;,.→()")


def said(place):
    """All that daemon and commands say."""
    calls = [place.run(["busctl", "--json=short", "call", "org.ecemail1", *words.split()]).stdout
             for words in (
                 "/org/ecemail1 org.ecemail1.Manager ListFields",
                 f"{SLOT} org.ecemail1.Slot GetSetup",
                 f"{SLOT} org.ecemail1.Slot GetHistory u 64")]
    commands = [place.run(["runuser", "-u", ENGINEER, "--", "ecemailctl", *words.split(), "--json"],
                          check=False).stdout
                for words in ("status", "doctor 0:K1", "explain 21", "explain 0")]
    values = [json.loads(line) for text in (*calls, *commands) for line in text.splitlines()]
    heads = [f"{value['code']} {value['name']}" for value in values if "name" in value]
    # The default subject of a test mail comes back in the daemon's words.
    return {plain(part) for text in (*leaves(values), *heads, "H2-ECOM100 0:K1")
            for part in re.split("⟦[^⟦⟧]*⟧", text)}


def forgotten(browser, known):
    """Texts with words that nobody has translated or said."""
    rest = browser.run(TEXTS)
    while any("⟧" in text for text in rest):
        rest = [re.sub(r"⟦[^⟦⟧]*⟧", "\n", text) for text in rest]
    parts = {plain(part) for text in rest for part in text.split("\n")}
    return sorted(part for part in parts if re.search(r"[A-Za-z]{2}", part) and part not in known
                  and not known.issuperset(map(plain, part.split(", "))))


def test_no_word_is_left_out(place):
    """In another language all the page's own words are of it, also in answers and errors."""
    place.set_setup("both", Server="127.0.0.1", SenderAddress="PLC@hosteng.com", Timeout="90")
    assert tuple(place.press()) == (BUSY, SUCCESS)
    place.put_file(IN_GUEST, fake())
    try:
        with another(place, ENGINEER, language="de-de") as browser:
            assert browser.run("return document.documentElement.lang").startswith("de")
            browser.says("#module-setup", "127.0.0.1")
            browser.says("#module-ip", "Subnet")
            views = [link.text for link in browser.driver.find_elements("css selector", "#views a")]
            assert all(view[0] == "⟦" and view[-1] == "⟧" for view in views), views
            found = {}
            for view in views:
                browser.open(view)
                if "Setup" in view:
                    browser.find("#field-Server")
                    browser.press("#setup-send")
                    browser.press("#test-send")
                    browser.says("#test-answer", "21")
                elif "Doctor" in view:
                    browser.press("#doctor-run")
                    browser.says("#doctor-findings", "10 Trace")
                elif "Requests" in view:
                    browser.press("tbody tr.request:first-child button")
                    browser.says("tr.details", "⟦Remedy⟧")
                found[view] = forgotten(browser, said(place))
            browser.shot("words")
            assert not any(found.values()), found
            browser.driver.switch_to.default_content()
            browser.says("body", "⟦PLC e-mail⟧")
            browser.enter_frame()
    finally:
        place.run(["rm", IN_GUEST])
