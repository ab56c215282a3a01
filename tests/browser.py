"""A real browser for tests: the system's Chromium, driven without downloading one.

`python -m tests.browser` makes sure that there is one; root on Debian or Ubuntu gets it installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright import async_api, sync_api
from playwright.sync_api import Browser, sync_playwright

LIGHT = "chromium-headless-shell"  # the same pages and scripts without windows: half the work
NAMES = (LIGHT, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends")
PATIENCE = 120_000  # milliseconds for what should come at once; machines are shared
sync_api.expect.set_options(timeout=PATIENCE)
async_api.expect.set_options(timeout=PATIENCE)
ARGUMENTS = [
    "--no-sandbox",  # its sandbox needs rights that containers and root do not have
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # A test's browser visits loopback and calls nobody at home.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """The path of the system's Chromium."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure() -> str:
    """The path of Chromium, installed first if we may."""
    return find() or _install()


def prepared() -> str:
    """The path of the lightest Chromium that may be had here."""
    may = os.geteuid() == 0 and shutil.which("apt-get")
    return _install() if may and not shutil.which(LIGHT) else ensure()


def _install() -> str:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(
            "The browser tests need Chromium. Install it (Debian: apt-get install chromium), then try again."
        )
    _apt("apt-get", "update", "--quiet")
    for package in (LIGHT, "chromium"):  # not every release has the light one
        if _apt(*INSTALL, package) and (found := find()):
            return found
    return find() or sys.exit("Chromium cannot be installed; try: apt-get install chromium")


def _apt(*command: str) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=quiet, stdout=sys.stderr).returncode == 0


def launch_options() -> dict[str, object]:
    """What `playwright.chromium.launch(...)` is told, here and by asynchronous tests."""
    return {"executable_path": ensure(), "args": ARGUMENTS}


@contextlib.contextmanager
def opened() -> Iterator[Browser]:
    """A browser, closed again at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        try:
            yield browser
        finally:
            browser.close()


if __name__ == "__main__":
    print(prepared())  # noqa: T201  this is its answer
