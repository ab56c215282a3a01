"""A colleague at a real browser in the editors' room: the way in, and what was wrong with the pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pyotp
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests import browser
from tests.journeys.hands import Hands
from tests.journeys.service import Service, links, read, until
from tests.web.desk import PASSWORD
from tests.web.test_accessibility import EVERYTHING, RUN

STEP = 30  # seconds that a code counts
WIDER = "document.documentElement.scrollWidth > innerWidth"


def mailed(service: Service, name: str, part: str) -> str:
    """The path of the link with this in it that somebody of the staff got by mail; waits for it."""

    def found() -> str | None:
        letters = service.mail.letters(f"{name}@example.org")
        every = (link for each in letters for link in links(read(each)))
        return next((link for link in every if part in link), None)

    return urlsplit(until(found, f"a mail to {name} with {part}")).path


class Colleague:
    """One person, one browser; `wrong` is what axe, the screen and the page's own policy complain of."""

    def __init__(
        self, service: Service, chromium: Browser, name: str, hands: Callable[[Page], Hands], **window: Any
    ) -> None:
        self.service, self.name = service, name
        context = chromium.new_context(locale="nl-NL", reduced_motion="reduce", **window)
        context.set_default_timeout(browser.PATIENCE)
        self.page = context.new_page()
        self.hands = hands(self.page)
        self.app = pyotp.TOTP(pyotp.random_base32())  # another one from the invitation on
        self.wrong: list[str] = []
        self.page.on("pageerror", lambda fault: self.wrong.append(str(fault)))
        self.page.on("console", self._said)

    def _said(self, line: Any) -> None:
        if "Content Security Policy" in line.text:
            self.wrong.append(line.text)

    def go(self, path: str) -> None:
        """Type an address, and wait while the page has a mail looked at by itself and is loaded again."""
        self.page.goto(self.service.base + path)
        self._settled()

    def look(self, place: str, *words: str) -> None:
        """The page has these words, and axe and a screen of this size find nothing wrong with it."""
        self._settled()
        text = self.page.inner_text("main")
        assert all(each in text for each in words), (place, words, text)
        self.page.evaluate(Axe().axe_script)
        found = self.page.evaluate(RUN, EVERYTHING)["violations"]
        self.wrong += [f"{place}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
        if self.page.evaluate(WIDER):
            self.wrong.append(f"{place}: wider than the screen")

    def _settled(self) -> None:
        self.page.locator("[data-seeing]").wait_for(state="detached")
        self.page.wait_for_load_state()

    def come_in(self) -> None:
        """From the invitation in the mail to the first page, with a password and a second factor."""
        self.go(mailed(self.service, self.name, "/toegang/"))
        self.look("invitation", "Uw tweede factor")
        self.app = pyotp.TOTP(self.page.inner_text(".key-text").replace(" ", ""))
        self.hands.write("#new", PASSWORD)
        self.hands.write("#code", self.app.now())
        self.hands.press("main button.main")
        self.look("recovery codes", "Uw herstelcodes")
        self.hands.press("main a.main")
        self.look("start", f"Welkom, {self.name}")

    def sign_out_and_in(self) -> None:
        """With the code that the app shows next: the last one counts only once."""
        self.hands.press(".who button")
        self.look("sign in", "Inloggen")
        self.hands.write("#name", self.name)
        self.hands.write("#password", PASSWORD)
        self.hands.write("#code", self.app.at(time.time() + STEP))
        self.hands.press("main button.main")
        self.look("start again", f"Welkom, {self.name}")
