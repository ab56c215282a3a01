"""Everybody can use every page: axe in a real browser, in both languages, in every state.

Each page is loaded once and looked at in three guises: a small screen, a dark one, and one with
forced colours. What a page says is judged once, how it looks in every guise. Keyboard and a browser
without scripts are tried as well.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from typing import Any, NamedTuple

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright, expect

from app.core.paths import WORDS
from app.domain import session, staff
from app.domain.staff import Role
from app.mail.mailbox import Mailbox
from app.main import create_app
from app.web.doors import Kind
from app.web.links import spoken
from app.web.staff.cookies import SESSION
from tests.browser import PATIENCE, launch_options
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock
from tests.web.conftest import SLUG
from tests.web.offices import OFFICE
from tests.web.scenes import COMMON, Place, State, fill, press, public, states
from tests.web.sweeps import came, pages
from tests.web.test_mailbox import LETTER
from tests.web.underway import under_way

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUICK = {"resultTypes": ["violations"], "iframes": False, "preload": False}
EVERYTHING = {"runOnly": {"type": "tag", "values": TAGS}, **QUICK}
# The rules whose verdict depends on colours and on the width of the screen.
LOOKS = ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable"]
LOOK = {"runOnly": {"type": "rule", "values": LOOKS}, **QUICK}
RUN = "options => axe.run(document, options)"
AT_ONCE = 3  # pages: two processors, and a browser waits as much as it works


class Guise(NamedTuple):
    """How a page is looked at."""

    width: int
    media: dict[str, str]


LIGHT = {"color_scheme": "light", "forced_colors": "none"}
DARK = {"color_scheme": "dark", "forced_colors": "none"}
FORCED = {"color_scheme": "light", "forced_colors": "active"}
GUISES = {
    "nl": (Guise(320, LIGHT), Guise(1280, DARK), Guise(768, FORCED)),
    "en": (Guise(320, DARK), Guise(1280, LIGHT), Guise(768, FORCED)),
}
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """A real server on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False, ws="none")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@pytest.fixture
async def place(cast: Stage, clock: Clock, lines: StringIO) -> AsyncIterator[Place]:
    box = Mailbox()
    box.take(BOB, LETTER)
    app = create_app(cast.house, mailbox=box, clock=clock)

    @app.get("/fault")
    async def fault() -> None:
        raise RuntimeError

    async with async_playwright() as playwright, served(app) as url:
        browser = await playwright.chromium.launch(**launch_options())
        yield Place(url, cast, clock, browser)
        await browser.close()


async def judged(page: Page, language: str) -> list[str]:
    """What is wrong with a page, in every guise."""
    first, *others = GUISES[language]
    wrong = await faults(page, first, EVERYTHING)
    return wrong + [each for guise in others for each in await faults(page, guise, LOOK)]


async def faults(page: Page, guise: Guise, options: dict[str, Any]) -> list[str]:
    """What axe and a small screen find wrong."""
    await page.set_viewport_size({"width": guise.width, "height": 900})
    await page.emulate_media(**guise.media)
    found = (await page.evaluate(RUN, options))["violations"]
    wrong = [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("wider than the screen")
    return [f"{guise.width} {guise.media}: {each}" for each in wrong]


async def looked_at(place: Place, state: State, language: str) -> list[str]:
    """One state in all its guises, and whether it asked anything of anyone else."""
    name, path, act = state
    context = await place.browser.new_context(locale=f"{language}-NL", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    try:
        await page.goto(place.url + path)
        if act is not None:
            await act(page)
        await page.evaluate(Axe().axe_script)
        assert await page.locator("html").get_attribute("lang") == language
        place.seen.add(page.url.removeprefix(place.url))
        wrong = await judged(page, language)
        wrong += [f"asks {each}" for each in asked if not each.startswith((place.url, "data:"))]
        wrong += [f"sets {each}" for each in await context.cookies()]
    except Exception as trouble:  # noqa: BLE001  (the name of the state belongs to it)
        wrong = [repr(trouble)[:600]]
    finally:
        await context.close()
    return [f"{language}, {name}: {each}" for each in wrong]


def unseen(place: Place, language: str) -> list[str]:
    """Pages for readers in this language that no state of ours came to."""
    ours = [each for each in pages() if each.kind is not Kind.STAFF and spoken(each.path) == language]
    # What staff and partners come to is looked at elsewhere, as in test_copy_desk.py.
    others = ("/staff", f"/{WORDS['access'][language]}/", f"/{WORDS['copy'][language]}/")
    return [each.path for each in ours if not each.path.startswith(others) and not came(each, place.seen)]


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_axe_finds_nothing_on_any_page(place: Place, language: str) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(state: State) -> list[str]:
        async with gate:
            return await looked_at(place, state, language)

    everything = [*public(language), *await states(place, language), *COMMON]
    # The order of pressing matters for one reader's own page, so what acts on it comes by itself.
    own = [each for each in everything if each[0].startswith(("my data", "address"))]
    others = [each for each in everything if each not in own]
    found = await asyncio.gather(*map(one, others))
    found += [await one(each) for each in own]
    wrong = [each for several in found for each in several]
    assert not wrong, "\n".join(wrong)
    assert unseen(place, language) == []


async def judged_in_turn(place: Place, page: Page, every: list[State], language: str) -> list[str]:
    """What is wrong in any of these states, that one person comes to."""
    wrong = []
    for name, path, act in every:
        await page.goto(place.url + path)
        if act is not None:
            await act(page)
        await page.evaluate(Axe().axe_script)
        wrong += [f"{name}: {each}" for each in await judged(page, language)]
    return wrong


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_axe_finds_nothing_in_the_officers_rooms(place: Place, language: str) -> None:
    house = place.stage.house
    house.settings = house.settings.model_copy(update={"base_url": place.url})  # no TLS here: a plain cookie
    async with house.database.unit_of_work() as db:
        fatima = await staff.named(db, "fatima")
        fatima.language, fatima.roles = language, [Role.OFFICER, Role.SUPERVISOR, Role.EDITOR]
        token = session.begin(db, fatima, "Chromium", place.clock())
    await place.published()
    await place.on_hold()
    context = await place.browser.new_context(reduced_motion="reduce")
    await context.add_cookies([{"name": SESSION, "value": token, "url": place.url}])
    page = await context.new_page()
    wrong = await judged_in_turn(place, page, OFFICE, language)
    wrong += await judged_in_turn(place, page, await under_way(place, language), language)
    assert not wrong, "\n".join(wrong)


async def test_axe_would_find_what_is_wrong(place: Place) -> None:
    page = await place.browser.new_page()
    await page.goto(f"{place.url}/nl/{SLUG}")
    await page.eval_on_selector("main label", "label => label.remove()")
    await page.evaluate(Axe().axe_script)
    assert any("label" in each for each in await judged(page, "nl"))


async def test_signing_up_works_with_the_keyboard_only(place: Place) -> None:
    page = await place.browser.new_page()
    await page.goto(f"{place.url}/nl/{SLUG}")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.locator("#address")).to_be_focused()
    await page.keyboard.type("wrong")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert (await page.title()).startswith("Fout: ")
    await expect(page.locator("#problem")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#address")).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.type(BOB)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "U bent nog niet aangemeld" in await page.inner_text("main")


async def test_everything_works_without_scripts(place: Place) -> None:
    context = await place.browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{place.url}/nl/{SLUG}")
    await fill(page, BOB)
    assert "U bent nog niet aangemeld" in await page.inner_text("main")
    await page.goto(f"{place.url}/bevestigen/{place.asked('nl')}")
    await press(page)
    assert "U bent aangemeld" in await page.inner_text("main")
    await page.goto(f"{place.url}/afmelden/{place.stage.link(place.stage.alice)}")
    await press(page)
    await press(page)
    assert await place.stage.find(ALICE) is not None


async def test_a_letter_shows_in_its_frame_and_its_links_leave_it(place: Place) -> None:
    page = await place.browser.new_page()
    await page.goto(f"{place.url}/mailbox/1")
    frame = page.frame_locator("iframe.letter")
    await frame.locator("img").wait_for(state="attached")
