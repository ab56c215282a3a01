"""Every mail passes axe in a real browser: light and dark, on a telephone and a desk, with pictures off."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import browser
from tests.mail.mails import ALL, mail

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Mail programs take these parts of a page away or bring their own.
NOT_FOR_MAIL = ("region", "landmark-one-main", "bypass", "skip-link")
OPTIONS = {"runOnly": TAGS, "rules": {rule: {"enabled": False} for rule in NOT_FOR_MAIL}}


@pytest.fixture(scope="module")
def chromium():
    with browser.opened() as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 800])
def test_axe_finds_nothing_and_nothing_sticks_out(chromium, scheme, width):
    page = chromium.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
    faults = []
    for name, language in ALL:
        page.set_content(mail(name, language).html)
        found = Axe().run(page, options=OPTIONS).response["violations"]
        faults += [(name, language, fault["id"]) for fault in found]
        wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        faults += [(name, language, "wider than the screen")] * wider
    page.close()
    assert faults == []


def test_dark_colours_are_our_own(chromium):
    page = chromium.new_page(color_scheme="dark")
    page.set_content(mail("confirm", "nl").html)
    colour = page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor")
    page.close()
    assert colour == "rgb(27, 35, 34)"
