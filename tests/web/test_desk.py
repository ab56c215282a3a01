"""The desk in a real browser: a new colleague comes in without scripts, and axe finds nothing on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import StringIO

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright, expect
from sqlalchemy import select

from app.domain import outbox, session, staff
from app.domain.invitation import Purpose
from app.domain.outbox import Mail
from app.domain.staff import Role
from app.features import enroll
from app.features.enroll import Desk
from app.mail.mailbox import Mailbox
from app.main import create_app
from app.web.staff.cookies import SESSION
from tests.browser import PATIENCE, launch_options
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_approve import written
from tests.web.desk import PASSWORD, code
from tests.web.test_accessibility import judged, served

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


class Office:
    """The running service on plain http, as a demonstration on this machine is."""

    def __init__(self, url: str, stage: Stage, clock: Clock, browser: Chromium) -> None:
        self.url, self.stage, self.clock, self.browser = url, stage, clock, browser
        self.house = stage.house

    async def invited(self, name: str, language: str) -> str:
        """The link in the invitation of that person, who works in that language."""
        async with self.house.database.unit_of_work() as db:
            person = await staff.named(db, name)
            person.language = language
            desk = Desk("cli:test", self.url, self.house.ring, self.clock())
            await enroll.invite(db, desk, person, Purpose.INVITED)
        async with self.house.database.reading() as db:
            row = (await db.scalars(select(Mail).order_by(Mail.seq.desc()).limit(1))).one()
        return str(outbox.opened(self.house.ring, row)["words"]["access_url"])


@pytest.fixture
async def office(cast: Stage, clock: Clock, lines: StringIO) -> AsyncIterator[Office]:
    house = cast.house
    house.settings = house.settings.model_copy(update={"base_url": "http://127.0.0.1:1"})
    async with (
        async_playwright() as playwright,
        served(create_app(house, mailbox=Mailbox(), clock=clock)) as url,
    ):
        house.settings = house.settings.model_copy(update={"base_url": url})
        browser = await playwright.chromium.launch(**launch_options())
        yield Office(url, cast, clock, browser)
        await browser.close()


async def send(page: Page, **typed: str) -> None:
    """Fill in fields and press the first button of the page itself."""
    for name, value in typed.items():
        await page.fill(f"#{name}", value)
    async with page.expect_navigation():
        await page.locator("main form button[type=submit]").first.click()


async def follow(page: Page, path: str) -> None:
    async with page.expect_navigation():
        await page.locator(f'main a[href="{path}"]').first.click()


async def key(page: Page) -> str:
    return (await page.inner_text(".key-text")).replace(" ", "")


class Tour:
    """One browser in one language, and what axe found on the pages it saw."""

    def __init__(self, office: Office, page: Page, language: str) -> None:
        self.office, self.page, self.language = office, page, language
        self.wrong: list[str] = []
        page.set_default_timeout(PATIENCE)

    async def look(self, name: str) -> None:
        """What is wrong with the page that is open, in every guise, once it has looked at a mail."""
        await self.page.locator("[data-seeing]:has([data-anew][hidden])").wait_for(state="detached")
        await self.page.wait_for_load_state()
        await self.page.evaluate(Axe().axe_script)
        assert await self.page.locator("html").get_attribute("lang") == self.language
        self.wrong += [f"{name}: {each}" for each in await judged(self.page, self.language)]

    async def go(self, path: str) -> None:
        """Type an address and look at the page."""
        await self.page.goto(self.office.url + path)
        await self.look(path)

    async def send(self, name: str, /, **typed: str) -> None:
        """Fill in the form, and look at the answer."""
        await send(self.page, **typed)
        await self.look(name)

    async def signed_in(self, name: str) -> None:
        """Without the way there."""
        async with self.office.house.database.unit_of_work() as db:
            person = await staff.named(db, name)
            person.language = self.language
            token = session.begin(db, person, "Chrome", self.office.clock())
        kept = {"name": SESSION, "value": token, "url": self.office.url}
        await self.page.context.add_cookies([kept])

    async def come_in(self, name: str) -> None:
        """From the invitation to the first page."""
        await self.page.goto(await self.office.invited(name, self.language))
        await self.look("invitation")
        await self.send("invitation, wrong", new="kort", code="1")
        assert (await self.page.title()).startswith({"nl": "Fout: ", "en": "Error: "}[self.language])
        await expect(self.page.locator("#problem")).to_be_focused()
        secret = await key(self.page)
        await self.send("recovery codes", new=PASSWORD, code=code(self.office.clock, secret))
        await follow(self.page, "/staff")
        await self.look("start")


@pytest.fixture(params=["nl", "en"])
async def tour(request: pytest.FixtureRequest, office: Office) -> AsyncIterator[Tour]:
    """Ends with what axe found anywhere."""
    context = await office.browser.new_context(locale=f"{request.param}-NL", reduced_motion="reduce")
    walk = Tour(office, await context.new_page(), request.param)
    yield walk
    assert not walk.wrong, "\n".join(walk.wrong)


async def test_axe_finds_nothing_on_the_way_of_a_new_colleague(tour: Tour) -> None:
    await tour.come_in("dana")
    await tour.go("/staff/account")
    await tour.go("/staff/account/password")
    await tour.send("password, wrong", password="wrong", new="kort")
    tour.office.clock.forward(minutes=11)
    await tour.go("/staff/account/factor")  # leads to: show once more who you are
    await tour.send("who are you, wrong", proof="wrong")
    await tour.send("another second factor", proof=PASSWORD)
    await tour.send("another second factor, wrong", old="1", code="2")
    await tour.go("/staff/account/codes")
    await tour.go("/staff/people")  # not for dana
    await tour.page.goto(f"{tour.office.url}/staff")
    await tour.page.locator(".who button").click()
    await tour.page.wait_for_url("**/staff/sign-in")
    await tour.look("sign in")
    await tour.send("sign in, wrong", name="dana", password="wrong", code="000000")
    await tour.go("/staff/forgotten")
    await tour.send("asked", name="dana")


async def test_axe_finds_nothing_in_the_rooms_of_an_administrator(tour: Tour) -> None:
    await written(tour.office.stage, tour.office.clock)  # by dana, so there is something to hand over
    await tour.signed_in("ada")
    await tour.go("/staff/review")
    await tour.send("review, signed")
    await tour.go("/staff/people")
    await tour.go("/staff/people/invite")
    await tour.send("invite, wrong", name="gijs@", address="gijs")
    await follow(tour.page, "/staff/people")
    await tour.page.get_by_role("link", name="dana").click()
    await tour.look("a colleague")
    await tour.page.locator("main a.button").click()
    await tour.page.wait_for_url("**/close")
    await tour.look("closing")
    await tour.send("closing, nothing said of what is in hand")
    await tour.go("/staff/people")
    await tour.page.get_by_role("link", name="ada").click()
    await tour.page.locator("main a.button").click()
    await tour.page.wait_for_url("**/close")
    await tour.send("closing oneself")


async def test_who_has_every_role_sees_the_page_under_a_folded_list_of_rooms(tour: Tour) -> None:
    async with tour.office.house.database.unit_of_work() as db:
        (await staff.named(db, "ada")).roles = list(Role)
    await tour.signed_in("ada")
    await tour.go("/staff/people")
    await tour.page.set_viewport_size({"width": 320, "height": 780})
    room, fold = tour.page.locator('.rooms a[href="/staff/keys"]'), tour.page.locator(".rooms summary")
    await expect(fold).to_contain_text({"nl": "Mensen", "en": "People"}[tour.language])
    await expect(room).to_be_hidden()
    await fold.focus()
    await tour.page.keyboard.press("Enter")
    await expect(room).to_be_visible()
    await tour.page.keyboard.press("Enter")
    await tour.page.set_viewport_size({"width": 1280, "height": 780})
    await expect(fold).to_be_hidden()
    await expect(room).to_be_visible()


async def test_coming_in_works_without_scripts_and_by_keyboard(office: Office) -> None:
    context = await office.browser.new_context(java_script_enabled=False, locale="nl-NL")
    page = await context.new_page()
    await page.goto(await office.invited("dana", "nl"))
    secret = await key(page)
    await send(page, new=PASSWORD, code=code(office.clock, secret))
    await follow(page, "/staff")
    async with page.expect_navigation():
        await page.locator(".who button").click()
    office.clock.forward(seconds=30)
    await page.locator("#name").focus()
    for typed in ("dana", PASSWORD, code(office.clock, secret)):
        await page.keyboard.type(typed)
        await page.keyboard.press("Tab")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert "Welkom, dana" in await page.inner_text("main")
    kept = await context.cookies()
    assert {each["name"] for each in kept} == {"bode", "bode-device"}
    assert all(each["httpOnly"] and each["sameSite"] == "Lax" for each in kept)
