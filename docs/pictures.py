"""Makes the pictures of the documentation, from the service itself: `python -m docs.pictures`.

Starts `bode run` with demo data in a folder of its own, signs somebody up, sends the sample issue to
the local mailbox, and photographs what a reader sees.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from PIL import Image

from tests import browser
from tests.journeys.service import free_port

FOLDER = Path(__file__).parent / "pictures"
BODE = str(Path(sys.executable).with_name("bode"))
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1100, "height": 900}
MAIL = {"width": 680, "height": 1000}
COLOURS = 96  # enough for flat pages, and the files stay small
READER = "lezer@example.org"


def _get(url: str, form: dict[str, str] | None = None) -> str:
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data=body)) as answer:  # noqa: S310
        return str(answer.read().decode())


def _until(url: str, what: str) -> str:
    """Wait for a page to say something."""
    for _ in range(600):
        try:
            page = _get(url)
        except OSError:
            page = ""
        if found := re.search(what, page):
            return found.group(0)
        time.sleep(0.1)
    raise SystemExit(f"{url} never said {what}")


def _small(path: Path) -> None:
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


def _shoot(chromium: object, name: str, url: str, size: dict[str, int], **look: object) -> None:
    page = chromium.new_page(viewport=size, **look)  # type: ignore[attr-defined]
    page.goto(url)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()
    _small(FOLDER / f"{name}.png")


def _reader(base: str) -> None:
    """Sign somebody up and press the button in the mail."""
    _get(f"{base}/nl/weerbaar-bestuur", {"address": READER})
    mail = _until(f"{base}/mailbox", r"/mailbox/\d+")
    _get(_until(f"{base}{mail}", rf"{base}/bevestigen/[\w-]+"), {})


def _newsletter(base: str) -> str:
    """Find the newsletter among the mails that were caught."""
    while True:
        for number in re.findall(r"/mailbox/\d+", _get(f"{base}/mailbox")):
            if "List-Unsubscribe:" in _get(f"{base}{number}/raw"):
                return f"{base}{number}"
        time.sleep(0.1)


def _send(environment: dict[str, str]) -> None:
    (issue,) = json.loads(_bode(environment, "issue", "list", "--json"))
    _bode(environment, "issue", "approve", issue["id"], "--approver", "emre")
    _bode(environment, "issue", "send", issue["id"])


def _bode(environment: dict[str, str], *words: str) -> str:
    return subprocess.run([BODE, *words], env=environment, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Make every picture anew."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "BODE_DATA_DIR": folder, "BODE_BASE_URL": base}
        service = subprocess.Popen([BODE, "run", "--port", str(port)], env=environment)
        try:
            _until(f"{base}/health/ready", "true")
            _reader(base)
            _send(environment)
            newsletter = _newsletter(base)
            with browser.opened() as chromium:
                _shoot(chromium, "signup", f"{base}/nl/weerbaar-bestuur", PHONE)
                _shoot(chromium, "signup-desk", f"{base}/nl/weerbaar-bestuur", DESK)
                _shoot(chromium, "signup-dark", f"{base}/en/weerbaar-bestuur", PHONE, color_scheme="dark")
                _shoot(chromium, "newsletter", f"{newsletter}/html", MAIL)
        finally:
            service.terminate()
            service.wait()


if __name__ == "__main__":
    main()
