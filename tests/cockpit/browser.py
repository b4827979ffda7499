# SPDX-License-Identifier: GPL-2.0-or-later
"""Headless Chromium at the page within Cockpit's shell."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import (NoSuchElementException, StaleElementReferenceException,
                                        WebDriverException)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from vm_image import CACHE, ROOT, Failure

FRAME = "cockpit1:localhost/ecemail"
SHOTS = ROOT / "build/test/cockpit"
AXE = "axe-core@4.14.1"
# Emulated processors are slow.
PATIENCE = 60
# Cockpit's own, which it says of every page in a browser of today
KNOWN = ("Permissions-Policy", "favicon")


def axe_source():
    """The accessibility checker, from npm, kept in the cache."""
    path = CACHE / f"{AXE}.js"
    if not path.exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", "--silent", AXE], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            subprocess.run(["tar", "-xzf", next(pathlib.Path(folder).glob("*.tgz"))], cwd=folder,
                           check=True)
            shutil.move(pathlib.Path(folder) / "package/axe.min.js", path)
    return path.read_text(encoding="utf-8")


class Browser:
    """One browser, one user."""

    def __init__(self, port, width=1200, height=1000):
        for program in "chromium", "chromedriver":
            if not shutil.which(program):
                raise Failure(f"no {program}: run 'scripts/setup browser'")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--lang=en", "--force-prefers-reduced-motion",
                     "--js-flags=--expose-gc", f"--window-size={width},{height}"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")),
                                       options=options)
        self.driver.set_script_timeout(PATIENCE)
        self.downloads = pathlib.Path(tempfile.mkdtemp(prefix="ecemail-downloads-"))
        self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {
            "behavior": "allow", "downloadPath": str(self.downloads)})
        self.base = f"http://127.0.0.1:{port}"
        self.folder = SHOTS
        self.folder.mkdir(parents=True, exist_ok=True)

    def close(self):
        """Ends it."""
        self.driver.quit()
        shutil.rmtree(self.downloads)

    # Waiting

    def wait(self, condition, what, timeout=PATIENCE):
        """Waits until condition() is true; returns its value."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with contextlib.suppress(NoSuchElementException, StaleElementReferenceException):
                if value := condition():
                    return value
            time.sleep(0.1)
        self.shot("failed")
        raise AssertionError(f"not within {timeout} s: {what}. The page says:\n{self.text()}\n"
                             + "\n".join(self.console()))

    def find(self, selector):
        """The element, once it is shown."""
        def shown():
            found = self.driver.find_element(By.CSS_SELECTOR, selector)
            return found if found.is_displayed() else None
        return self.wait(shown, f"{selector} is shown")

    def value(self, selector):
        """What stands in a field."""
        return self.find(selector).get_attribute("value")

    def active(self):
        """Id or text of what has the keyboard."""
        return self.run("const one = document.activeElement; return one.id || one.textContent")

    def text(self, selector="body"):
        """The text of an element, empty without one."""
        with contextlib.suppress(NoSuchElementException, WebDriverException):
            return self.driver.find_element(By.CSS_SELECTOR, selector).text
        return ""

    def says(self, selector, *words, timeout=PATIENCE):
        """Waits until the element's text has these words; returns it."""
        return self.wait(lambda: (text := self.text(selector)) and
                         all(word in text for word in words) and text,
                         f"{selector} says {words}", timeout)

    # Acting

    def login(self, user, password, superuser=False, language=None):
        """To the page, within the shell."""
        self.driver.get(f"{self.base}/ecemail")
        self.find("#login-user-input").send_keys(user)
        # The login page first asks whether somebody is logged in: 401
        self.console()
        self.driver.find_element(By.ID, "login-password-input").send_keys(password)
        self.driver.execute_script("localStorage.setItem(arguments[0], arguments[1])",
                                   f"superuser:{user}", "any" if superuser else "none")
        self.driver.find_element(By.ID, "login-button").click()
        self.enter_frame()
        if language:
            self.speak(language)

    def speak(self, language):
        """As the shell's menu of languages does."""
        self.driver.switch_to.default_content()
        self.run("document.cookie = `CockpitLang=${arguments[0]}; path=/`;"
                 "localStorage.setItem('cockpit.lang', arguments[0]);", language)
        self.driver.refresh()
        self.enter_frame()

    def enter_frame(self):
        """From the shell into the page."""
        def entered():
            self.driver.switch_to.default_content()
            frame = self.driver.find_element(By.CSS_SELECTOR, f'iframe[name="{FRAME}"]')
            self.driver.switch_to.frame(frame)
            return self.driver.find_element(By.CSS_SELECTOR, "#views a")
        self.wait(entered, "the page is in its frame", 3 * PATIENCE)

    def open(self, view):
        """Goes to one of the slot's pages, by its link."""
        links = {link.text: link for link in
                 self.driver.find_elements(By.CSS_SELECTOR, "#views a")}
        links[view].click()
        self.says("#view h2", view)

    def fill(self, selector, text):
        """Types into a field."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def choose(self, selector, value):
        """Chooses of a list."""
        self.run("arguments[0].value = arguments[1];"
                 "arguments[0].dispatchEvent(new Event('change'));", self.find(selector), value)

    def type(self, text):
        """Types wherever the keyboard is."""
        self.driver.switch_to.active_element.send_keys(text)

    def click(self, selector):
        """Clicks."""
        self.find(selector).click()

    def press(self, selector):
        """By the keyboard alone."""
        self.driver.execute_script("arguments[0].focus()", self.find(selector))
        self.driver.switch_to.active_element.send_keys("\n")

    def width(self, pixels, height=800):
        """The window of a phone, or of a screen."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def light(self):
        """The window as it was at first."""
        self.style("auto")
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def style(self, name):
        """light, dark or auto, as the shell's menu would set it."""
        self.run("window.dispatchEvent(new CustomEvent('cockpit-style',"
                 "{ detail: { style: arguments[0] } }))", name)

    def saved(self, name):
        """The text of a file that the page has saved."""
        path = self.downloads / name
        self.wait(path.exists, f"{name} is saved")
        return path.read_text(encoding="utf-8")

    def run(self, script, *arguments):
        """JavaScript in the page."""
        return self.driver.execute_script(script, *arguments)

    def reload(self):
        """Loads the page anew in its frame; returns the milliseconds to its first picture."""
        self.driver.switch_to.default_content()
        milliseconds = self.driver.execute_async_script("""
            const [name, done] = arguments;
            const frame = document.querySelector(`iframe[name="${name}"]`);
            const old = frame.contentDocument;
            const begin = performance.now();
            frame.contentWindow.location.reload();
            const timer = setInterval(() => {
                const page = frame.contentDocument;
                const value = page && page !== old && page.querySelector('#module-setup .value');
                if (value && value.textContent) {
                    clearInterval(timer);
                    done(performance.now() - begin);
                }
            }, 10);""", FRAME)
        self.enter_frame()
        return milliseconds

    # Judging

    def shot(self, name):
        """A screenshot."""
        with contextlib.suppress(WebDriverException):
            self.driver.save_screenshot(str(self.folder / f"{name}.png"))

    def console(self):
        """What went wrong by the console, since it was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")
                and not any(word in entry["message"] for word in KNOWN)]

    def accessible(self, what):
        """axe-core finds nothing in the page as it is."""
        self.run(axe_source())
        violations = self.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            axe.run(document).then(result => done(result.violations.map(violation =>
                `${violation.id} (${violation.impact}): ` +
                violation.nodes.map(node => node.html.slice(0, 200)).join(' | '))),
                problem => done([String(problem)]));""")
        assert not violations, f"{what}: axe-core says\n" + "\n".join(violations)

    def elements(self):
        """How many elements there are of each kind."""
        return json.loads(self.run("""
            const count = {};
            for (const one of document.querySelectorAll('*'))
                count[one.localName] = (count[one.localName] || 0) + 1;
            return JSON.stringify(count);"""))
