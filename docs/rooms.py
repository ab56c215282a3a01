"""Makes the pictures of the manuals, as two colleagues see their rooms: `python -m docs.rooms`.

Starts `bode run` with demo data in a folder of its own, lets an editor and a privacy officer come in by
their invitations, and photographs the pages on the way.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable

import pyotp
from playwright.sync_api import Browser, Page

from docs.pictures import DESK, FOLDER, bode, demonstration, get, small, until
from tests import browser

PASSWORD = "vier kluwens paarse draad"  # noqa: S105  (of a demonstration that ends with the last picture)
ADDRESS = "inwoner@example.org"
HIGH = 1600  # pixels: as far down as the words beside a picture speak of
LOW = 1400  # where less of it says enough
READERS = 214
PAPER = "inschrijflijst van het congres Weerbaar Bestuur (archiefmap 12)"
FORM = "formulier op de website van het netwerk (export in map 3)"


def _invitation(base: str, name: str) -> str:
    """The link in the mail that invited somebody."""
    for number in re.findall(r"/mailbox/\d+", until(f"{base}/mailbox", r"(?s)/mailbox/\d+.*")):
        mail = get(f"{base}{number}")
        link = re.search(rf"{base}/toegang/[\w-]+", mail)
        if link and f"{name}@" in mail:
            return link.group(0)
    raise SystemExit(f"{name} was not invited")


def enter(chromium: Browser, base: str, name: str) -> Page:
    """Choose a password and a second factor, as somebody does who is new."""
    page = chromium.new_context(viewport=DESK, locale="nl-NL").new_page()  # type: ignore[arg-type]
    page.goto(_invitation(base, name))
    key = page.inner_text(".key-text").replace(" ", "")
    page.fill("#new", PASSWORD)
    page.fill("#code", pyotp.TOTP(key).now())
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_selector(".codes, main a")
    return page


# Whatever the language of the page: a browser writes a day as people do where its own menus are from.
DUTCH_DAYS = """for (const day of document.querySelectorAll('input[type=date]')) {
  const written = day.value.split('-').reverse().join('-');
  day.type = 'text';
  day.value = written;
}"""


def _shoot(page: Page, name: str, url: str, high: int = HIGH) -> None:
    page.goto(url)
    page.locator("[data-seeing]").wait_for(state="detached")  # a page that has a mail looked at first
    page.evaluate(DUTCH_DAYS)
    height = min(high, int(page.evaluate("document.documentElement.scrollHeight")))
    page.set_viewport_size({"width": DESK["width"], "height": height})
    page.screenshot(path=FOLDER / f"{name}.png")
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.reload()
    small(FOLDER / f"{name}.png")


def _desk(page: Page, base: str, issue: str) -> None:
    here = f"{base}/staff/issues/{issue}"
    _shoot(page, "desk-issue", here)
    _shoot(page, "desk-write", f"{here}/write/nl")
    _shoot(page, "desk-preview", f"{here}/preview")
    _shoot(page, "desk-check", f"{here}/check")
    _shoot(page, "desk-plan", f"{here}/schedule")


def _copy(page: Page, base: str) -> None:
    """The form of a partner, and the room with the link to it."""
    page.goto(f"{base}/staff/copy")
    page.fill("#organisation", "Vereniging van Nederlandse Gemeenten")
    page.locator("main form button.main").click()
    _shoot(page, "copy-form", page.input_value("#url"))
    _shoot(page, "desk-copy", f"{base}/staff/copy")


def _rights(page: Page, base: str) -> None:
    _shoot(page, "rights-new", f"{base}/staff/requests/new")
    page.fill("#address", ADDRESS)
    page.check("#kind-access")
    page.check("#channel-letter")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_selector("#ask")
    _shoot(page, "rights-request", page.url)
    _shoot(page, "rights-look-up", f"{base}/staff/look-up")


def _erasure(page: Page, base: str) -> None:
    """A request to be erased, of somebody who showed who they are."""
    page.goto(f"{base}/staff/requests/new")
    page.fill("#address", ADDRESS)
    tick(page, "kind-erasure", "channel-desk")
    page.check("#ground-document")
    page.locator("section[aria-labelledby=identity] button").click()
    page.wait_for_selector("section[aria-labelledby=identity]", state="detached")
    _shoot(page, "rights-erasure", page.url, LOW)


def _complaint(page: Page, base: str) -> None:
    """Somebody wrote that they do not want our mail."""
    _shoot(page, "complaint", f"{base}/staff/complaints", LOW)


def lines(name: str, evidence: Iterable[str]) -> str:
    """A list of people who said yes elsewhere."""
    people = [
        f"{name}{number}@example.org,2026-05-{20 + number % 9},{each}" for number, each in enumerate(evidence)
    ]
    return "\n".join(("address,consented_at,evidence", *people))


def _readers(environment: dict[str, str]) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(lines("lezer", [PAPER] * READERS))
        file.flush()
        people = ("--officer", "fatima", "--released-by", "emre")
        bode(environment, "subscribers", "import", file.name, "--newsletter", "weerbaar-bestuur", *people)


def _list(page: Page, base: str) -> None:
    page.goto(f"{base}/staff/lists/new")
    buffer = lines("congres", (*[PAPER] * 11, *[FORM] * 6, "")).encode()  # and one without proof
    page.set_input_files("#file", {"name": "lijst.csv", "mimeType": "text/csv", "buffer": buffer})
    page.locator("main form button.main").click()
    page.wait_for_url(re.compile(r"/lists/[0-9a-f-]{36}"))
    _shoot(page, "list-waiting", page.url, LOW)


def _leak(page: Page, base: str) -> None:
    page.goto(f"{base}/staff/breaches/new")
    page.fill("#people", "17")
    what = ("nature-sent_wrong", "keys-unknown", "data-subscriber", "effect-known_reader", "effect-phishing")
    tick(page, *what, "measure-closed", "measure-deletion_asked", "risk-likely")
    page.wait_for_selector("#term")
    _shoot(page, "breach", page.url, LOW)


def tick(page: Page, *names: str) -> None:
    """Choose these, and send the form."""
    for name in names:
        page.check(f"#{name}")
    page.locator("main form button.main").click()


def main() -> None:
    """Make every picture anew."""
    with demonstration() as (base, environment), browser.opened() as chromium:
        issue = bode(environment, "issue", "list").split()[0]
        dana = enter(chromium, base, "dana")
        _desk(dana, base, issue)
        _copy(dana, base)
        fatima = enter(chromium, base, "fatima")
        _readers(environment)
        for show in (_rights, _erasure, _complaint, _list, _leak):
            show(fatima, base)
        _shoot(fatima, "supervision", f"{base}/staff/supervision", LOW)


if __name__ == "__main__":
    main()
