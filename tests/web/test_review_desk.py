"""Checking and approving in a real browser: axe finds nothing, and a phone without scripts will do."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from app.domain import house as houses
from app.domain import issue as issues
from app.domain.issue import State
from app.domain.newsletter import Newsletter
from app.features import schedule
from app.features.approve import submit
from app.features.send.start import start
from app.mail.mailbox import Mailbox
from tests.cast import crowd
from tests.features.test_approve import edit, written
from tests.sending import TEXT, approved, change, look, looked_at, send, working
from tests.web.desk import PASSWORD, code, enrolled
from tests.web.test_counting import DECEMBER, NEAR
from tests.web.test_desk import Office, Tour, office, tour
from tests.web.test_desk import send as filled_in

__all__ = ["office", "tour"]

UNSEEN = "\ufeff"  # takes no room on a screen, and a screen reader says nothing

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def press(tour: Tour, name: str, form: str) -> None:
    """Press the button of the form that is sent to a path that ends so, and look at the answer."""
    async with tour.page.expect_event("framenavigated"):
        await tour.page.locator(f'form[action$="{form}"] button').first.click()
    await tour.page.wait_for_load_state()
    await tour.look(name)


async def stays(tour: Tour, path: str) -> None:
    """What became of a button stays while the browser looks at the mail: who has read it loads the page."""
    script = "**/seeing.js*"
    await tour.page.route(script, lambda each: each.abort())  # else it has looked before the press
    await tour.page.goto(tour.office.url + path)
    await tour.page.unroute(script)
    await press(tour, "a test", "/test")
    assert await tour.page.locator("#done").is_visible()
    async with tour.page.expect_event("framenavigated"):
        await tour.page.locator("[data-anew] a").click()
    await tour.look("loaded anew")
    assert await tour.page.locator("[data-seeing], #done").count() == 0


async def test_axe_finds_nothing_where_an_issue_is_checked_and_approved(tour: Tour) -> None:
    text = TEXT.replace("verwijzing naar meer uitleg", "hier").replace(
        "uitleg)", f"uitleg) en [x](https://bit.ly/x) en [{UNSEEN}](https://example.org/leeg)"
    )
    stage, clock = tour.office.stage, tour.office.clock
    issue_id = await written(stage, clock, text)
    check, approve = f"/staff/issues/{issue_id}/check", f"/staff/issues/{issue_id}/approve"
    await tour.signed_in("dana")
    await stays(tour, approve)
    await tour.go(check)
    no_words = {"nl": "Een link heeft geen woorden", "en": "A link has no words"}[tour.language]
    told = await tour.page.inner_text("main")
    assert no_words in told
    assert "https://example.org/leeg" in told  # where it leads, because it has no words to find it by
    await press(tour, "links are looked at", "/links")
    await tour.go(approve)
    await press(tour, "blocked", "/ask")
    await edit(stage, issue_id, clock, TEXT)
    await tour.go(approve)
    await press(tour, "asked", "/ask")
    assert (await look(stage.house, issue_id)).state == State.IN_REVIEW


async def test_axe_finds_nothing_where_a_colleague_decides(tour: Tour) -> None:
    stage, clock = tour.office.stage, tour.office.clock
    issue_id = await written(stage, clock)
    async with stage.house.database.unit_of_work() as db:
        await submit(db, await issues.get(db, issue_id), actor="dana", now=clock())
    approve = f"/staff/issues/{issue_id}/approve"
    await tour.signed_in("emre")
    await tour.go(approve)
    await press(tour, "sent back, wrong", "/return")
    await tour.page.fill("#remark", "Korter")
    await press(tour, "sent back", "/return")
    await edit(stage, issue_id, clock, TEXT.replace("alinea", "zin"))
    await tour.go(approve)
    await tour.page.fill("#readers", "2")
    await press(tour, "not looked at", "/approve")
    await edit(stage, issue_id, clock, TEXT.replace("alinea", "regel"))
    await press(tour, "the mail changed since it was read", "/approve")
    await expect(tour.page.locator("#problem")).to_be_focused()
    await looked_at(stage, issue_id, clock())  # the links: this browser has seen to the mail
    await press(tour, "approved, wrong", "/approve")
    await tour.page.fill("#readers", "1")
    await press(tour, "approved", "/approve")
    assert (await look(stage.house, issue_id)).state == State.SCHEDULED


async def test_axe_finds_nothing_where_an_issue_is_planned(tour: Tour) -> None:
    stage, clock = tour.office.stage, tour.office.clock
    issue_id = await approved(stage, clock())
    plan = f"/staff/issues/{issue_id}/schedule"
    clock.time = DECEMBER - NEAR
    await tour.signed_in("emre")
    await tour.go(plan)
    await press(tour, "planned, wrong", "/time")
    await press(tour, "stopped; its day is near", "/stop")
    await press(tour, "in its slot, wrong", "/slot")
    await approved(stage, clock())  # a colleague's
    await tour.page.fill("#readers-slot", "1")
    await press(tour, "that day is taken", "/slot")
    await expect(tour.page.locator("#problem")).to_be_focused()
    await press(tour, "in its slot", "/slot")
    await tour.go(f"/staff/issues/{issue_id}/progress")
    await tour.go(plan)
    await tour.page.fill("#number", "1")
    await press(tour, "cancelled", "/cancel")
    await tour.go("/staff/absence")
    await press(tour, "absence, wrong", "/absence")
    await tour.go("/staff/slots/weerbaar-bestuur")
    await press(tour, "left out, wrong", "/slots/weerbaar-bestuur")


async def at_a_phone(office: Office, name: str) -> Page:
    """Somebody who was enrolled before signs in, on a phone whose browser runs no scripts."""
    await enrolled(office, name)
    phone = {"width": 390, "height": 844}
    context = await office.browser.new_context(java_script_enabled=False, viewport=phone, locale="nl-NL")
    page = await context.new_page()
    await page.goto(f"{office.url}/staff/sign-in")
    await filled_in(page, name=name, password=PASSWORD, code=code(office.clock))
    assert f"Welkom, {name}" in await page.inner_text("main")
    return page


async def push(page: Page, form: str) -> None:
    """Press the button of the form that is sent to a path that ends so."""
    async with page.expect_navigation():
        await page.locator(f'main form[action$="{form}"] button').click()


async def test_signing_in_reading_approving_and_stopping_work_on_a_phone_without_scripts(
    office: Office,
) -> None:
    issue_id = await written(office.stage, office.clock)
    page = await at_a_phone(office, "emre")
    await page.goto(f"{office.url}/staff/issues/{issue_id}")
    await page.locator(f'main a[href$="{issue_id}/approve"]').click()
    assert (
        await page.frame_locator("iframe >> nth=0").locator("h2").first.inner_text()
        == "Dit stuk gaat over iets"
    )
    await page.fill("#readers", "1")
    await push(page, f"{issue_id}/approve")
    told = await page.inner_text("main")
    assert "Uw browser" not in told
    assert "Er is nog niet gekeken of iedereen deze mail kan lezen" in told
    assert "Sta scripts toe of vraag een collega" in told
    await looked_at(office.stage, issue_id, office.clock())  # dana has opened it
    await push(page, f"{issue_id}/approve")
    await page.locator("#state").wait_for()
    assert (await look(office.house, issue_id)).state == State.SCHEDULED
    await page.goto(f"{office.url}/staff/issues/{issue_id}/schedule")
    await push(page, "/stop")
    assert (await look(office.house, issue_id)).state == State.APPROVED
    await send(office.house, issue_id)
    async with office.house.database.unit_of_work() as db:
        await start(db, ring=office.house.ring, now=houses.now())
    await page.goto(f"{office.url}/staff/issues/{issue_id}/progress")
    await push(page, "/stop")
    assert (await look(office.house, issue_id)).state == State.PAUSED
    assert "Er gaat niets weg" in await page.inner_text("main")


async def test_who_follows_an_issue_sees_it_go_out_without_loading_the_page_again(office: Office) -> None:
    office.clock.time = houses.now()
    issue_id = await approved(office.stage, office.clock())
    await crowd(office.house, office.stage.letter, 30, office.clock())
    async with office.house.database.unit_of_work() as db:
        (await db.get_one(Newsletter, office.stage.letter.id)).pace = 20
    context = await office.browser.new_context(locale="nl-NL", reduced_motion="reduce")
    walk = Tour(office, await context.new_page(), "nl")
    await walk.signed_in("dana")
    await walk.page.goto(f"{office.url}/staff/issues/{issue_id}/progress")
    async with working(office.house, Mailbox()):
        await send(office.house, issue_id)
        await walk.page.locator("[data-number=accepted]", has_text="31").wait_for()
        await walk.page.locator("main:not(:has([data-live]))").wait_for()  # it ended, and the page is another
        assert await walk.page.inner_text("[data-number=state]") == "Verzonden"
    await walk.look("sent")
    assert walk.wrong == []


async def test_who_follows_an_issue_that_a_colleague_stops_reads_why_and_has_no_stop_button(
    office: Office,
) -> None:
    office.clock.time = houses.now()
    issue_id = await approved(office.stage, office.clock())
    await send(office.house, issue_id)
    async with office.house.database.unit_of_work() as db:
        await start(db, ring=office.house.ring, now=houses.now())
    context = await office.browser.new_context(locale="nl-NL", reduced_motion="reduce")
    walk = Tour(office, await context.new_page(), "nl")
    await walk.signed_in("dana")
    await walk.page.goto(f"{office.url}/staff/issues/{issue_id}/progress")
    stop = walk.page.locator("form[action$='/schedule/stop']")
    assert await stop.count() == 1
    await change(office.house, issue_id, schedule.pause)
    await walk.page.locator("#why").wait_for()
    assert await stop.count() == 0
    assert walk.wrong == []
