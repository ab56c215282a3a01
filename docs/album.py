"""Photographs every page on a phone and a desk, light and dark, to look at: `python -m docs.album FOLDER`.

Starts `bode run` with demo data in a folder of its own, lets a colleague with every role come in, and
follows each link of ours from the first pages on. Names the pages that are wider than the screen.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from html import unescape
from pathlib import Path

from playwright.sync_api import Browser, Page

from docs.pictures import bode, demonstration, reader, until
from docs.rooms import ADDRESS, PAPER, enter, lines, tick
from tests import browser

SAMPLE = Path(__file__).parent / "sample" / "weerbaar-bestuur.md"
SIZES = {"phone": 390, "desk": 1280}  # pixels wide
HIGH = 900  # of the window
HIGHEST = 3000  # of a picture: the longest page says the same on and on
PATIENCE = 120_000  # milliseconds: a busy machine deserves it
SCHEMES = ("light", "dark")
NAME = "iris"
ROLES = ("editor", "approver", "officer", "supervisor", "administrator")
FIRST = ("/nl", "/mailbox", "/staff", "/staff/sign-in", "/staff/forgotten", "/nothing")
LEADS = re.compile(r'<(?:a|iframe)\b[^>]*?\b(?:href|src)="([^"#]+)')
ODD = re.compile(r"[\w-]{25,}|\d+")  # what differs between pages of one kind: numbers, ids, tokens
ALIKE = 3  # pages of one kind: an issue that was sent, one that is planned, one that is written
NO_SIGNS = re.compile(r"[^a-z0-9]+")


def furnish(base: str, environment: dict[str, str]) -> None:
    """Something to see on every page that a command can put there."""
    reader(base)
    words = ("--newsletter", "weerbaar-bestuur")
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(lines("lezer", [PAPER] * 14))
        file.flush()
        people = ("--officer", "fatima", "--released-by", "emre")
        bode(environment, "subscribers", "import", file.name, *words, *people)
    sent = bode(environment, "issue", "list").split()[0]
    bode(environment, "issue", "approve", sent, "--approver", "emre")
    bode(environment, "issue", "send", sent)
    until(f"{base}/nl/weerbaar-bestuur/archief", r"archief/1")
    for _ in range(2):
        bode(environment, "issue", "import", str(SAMPLE), *words, "--author", "dana")
    planned = bode(environment, "issue", "list").split()[0]
    bode(environment, "issue", "approve", planned, "--approver", "emre")
    roles = [word for role in ROLES for word in ("--role", role)]
    bode(environment, "staff", "add", "--name", NAME, "--email", f"{NAME}@example.org", *roles)


def work(page: Page, base: str) -> None:
    """What a person does first: a partner's link, a request, a list, a data breach."""
    page.goto(f"{base}/staff/copy")
    page.fill("#organisation", "Vereniging van Nederlandse Gemeenten")
    page.locator("main form button.main").click()
    page.goto(f"{base}/staff/requests/new")
    page.fill("#address", ADDRESS)
    tick(page, "kind-access", "channel-letter")
    page.wait_for_selector("#ask")
    page.goto(f"{base}/staff/lists/new")
    buffer = lines("congres", [PAPER] * 9).encode()
    page.set_input_files("#file", {"name": "lijst.csv", "mimeType": "text/csv", "buffer": buffer})
    page.locator("main form button.main").click()
    page.wait_for_url(re.compile(r"/lists/[0-9a-f-]{36}"))
    page.goto(f"{base}/staff/breaches/new")
    tick(page, "nature-sent_wrong", "keys-unknown", "data-subscriber", "effect-phishing", "risk-likely")
    page.wait_for_selector("#term")


def found(page: Page, base: str, first: Iterable[str]) -> list[str]:
    """Every page of ours that a link leads to, a few of each kind; a mail is read, and is no page of ours."""
    waiting, seen, pages = list(first), set(first), []
    kinds: Counter[str] = Counter()
    while waiting:
        path = waiting.pop(0)
        answer = page.request.get(base + path, timeout=PATIENCE)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        if "data-mail" not in path and not re.search(r"/html$|/mail/|/preview/", path):
            pages.append(path)
        for each in map(unescape, LEADS.findall(answer.text())):
            way = each.removeprefix(base)
            kind = ODD.sub("x", way)
            if way.startswith("/") and not way.startswith("//") and way not in seen and kinds[kind] < ALIKE:
                kinds[kind] += 1
                seen.add(way)
                waiting.append(way)
    return sorted(pages)


def shoot(page: Page, base: str, path: str, folder: Path) -> list[str]:
    """One page in each size and each scheme; returns in which it is wider than the screen."""
    wide, name = [], NO_SIGNS.sub("-", path.casefold()[:90]).strip("-") or "front"
    for size, width in SIZES.items():
        page.set_viewport_size({"width": width, "height": HIGH})
        page.goto(base + path, wait_until="load")
        page.locator("[data-seeing]:has([data-anew][hidden])").wait_for(state="detached")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(f"{path} on a {size}")
        high = min(HIGHEST, max(HIGH, int(page.evaluate("document.documentElement.scrollHeight"))))
        page.set_viewport_size(
            {"width": width, "height": high}
        )  # a mail in its frame is drawn once it is in view
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # else a colour is half-way
            page.screenshot(path=folder / f"{size}-{scheme}" / f"{name}.png")
    return wide


def pictures(chromium: Browser, base: str, folder: Path, only: str) -> None:
    """Come in, and photograph everything, or the pages with this in their path."""
    page = enter(chromium, base, NAME)
    page.set_default_timeout(PATIENCE)
    work(page, base)
    wide: list[str] = []
    for path in (each for each in found(page, base, FIRST) if only in each):
        wide += shoot(page, base, path, folder)
        sys.stdout.write(f"{path}\n")
    sys.stdout.write("\n".join(("Wider than the screen:", *wide, "")) if wide else "No page is too wide.\n")


def main() -> None:
    """Make every picture."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path, help="where the pictures come")
    words.add_argument("--only", default="", metavar="TEXT", help="the pages with this in their path")
    asked = words.parse_args()
    with demonstration() as (base, environment), browser.opened() as chromium:
        furnish(base, environment)
        pictures(chromium, base, asked.folder, asked.only)


if __name__ == "__main__":
    main()
