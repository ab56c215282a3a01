"""Makes the pictures of the documentation, from the service itself: `python -m docs.pictures`.

Starts `bode run` with demo data in a folder of its own, signs somebody up, sends the sample issue to
the local mailbox, and photographs what a reader sees.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests import browser
from tests.journeys.service import free_port

FOLDER = Path(__file__).parent / "pictures"
BODE = str(Path(sys.executable).with_name("bode"))
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1100, "height": 900}
MAIL = {"width": 680, "height": 1000}
COLOURS = 96  # enough for flat pages, and the files stay small
ROUNDS = 3  # of choosing them: a small patch, as the seal in our mark, else gets another colour
READER = "lezer@example.org"


def get(url: str, form: dict[str, str] | None = None) -> str:
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data=body)) as answer:  # noqa: S310
        return str(answer.read().decode())


def until(url: str, what: str) -> str:
    """Wait for a page to say something."""
    for _ in range(600):
        try:
            page = get(url)
        except OSError:
            page = ""
        if found := re.search(what, page):
            return found.group(0)
        time.sleep(0.1)
    raise SystemExit(f"{url} never said {what}")


def small(path: Path) -> None:
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS, kmeans=ROUNDS).save(path, optimize=True)


def _shoot(chromium: object, name: str, url: str, size: dict[str, int], **look: object) -> None:
    page = chromium.new_page(viewport=size, **look)  # type: ignore[attr-defined]
    page.goto(url)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()
    small(FOLDER / f"{name}.png")


def reader(base: str) -> None:
    """Sign somebody up and press the button in the mail."""
    get(f"{base}/nl/weerbaar-bestuur", {"address": READER})
    mail = until(f"{base}/mailbox", rf'/mailbox/\d+(?=">.*{READER})')
    get(until(f"{base}{mail}", rf"{base}/bevestigen/[\w-]+"), {})


def _newsletter(base: str) -> str:
    """Find the newsletter among the mails that were caught."""
    while True:
        for number in re.findall(r"/mailbox/\d+", get(f"{base}/mailbox")):
            if "List-Unsubscribe:" in get(f"{base}{number}/raw"):
                return f"{base}{number}"
        time.sleep(0.1)


def _send(environment: dict[str, str]) -> None:
    (issue,) = json.loads(bode(environment, "issue", "list", "--json"))
    bode(environment, "issue", "approve", issue["id"], "--approver", "emre")
    bode(environment, "issue", "send", issue["id"])


def bode(environment: dict[str, str], *words: str) -> str:
    return subprocess.run([BODE, *words], env=environment, check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def demonstration() -> Iterator[tuple[str, dict[str, str]]]:
    """A service with demo data: where it is, and what a command needs to speak to it."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "BODE_DATA_DIR": folder, "BODE_BASE_URL": base}
        service = subprocess.Popen([BODE, "run", "--port", str(port)], env=environment)
        try:
            until(f"{base}/health/ready", "true")
            yield base, environment
        finally:
            service.terminate()
            service.wait()


def main() -> None:
    """Make every picture anew."""
    with demonstration() as (base, environment):
        reader(base)
        _send(environment)
        newsletter = _newsletter(base)
        with browser.opened() as chromium:
            _shoot(chromium, "signup", f"{base}/nl/weerbaar-bestuur", PHONE)
            _shoot(chromium, "signup-desk", f"{base}/nl/weerbaar-bestuur", DESK)
            _shoot(chromium, "signup-dark", f"{base}/en/weerbaar-bestuur", PHONE, color_scheme="dark")
            _shoot(chromium, "newsletter", f"{newsletter}/html", MAIL)


if __name__ == "__main__":
    main()
