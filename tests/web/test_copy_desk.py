"""The tray in a real browser, from a partner's link to the block; and a language that was taken out."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.tray import TEXT
from tests.web.test_desk import Tour, office, tour

__all__ = ["office", "tour"]

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_axe_finds_nothing_on_the_way_of_a_text_from_a_partner(tour: Tour) -> None:
    page, office = tour.page, tour.office
    await tour.signed_in("dana")
    await tour.go("/staff/copy")
    await tour.send("no organisation")
    await tour.send("a link was made", organisation="Gemeente Oss")
    await expect(page.locator("#made")).to_be_focused()
    token = (await page.input_value("#url")).split("/kopij/")[1]
    path = f"/{'kopij' if tour.language == 'nl' else 'copy'}/{token}"
    await tour.go(path)
    await tour.send("an empty text", place="Oss")
    await expect(page.locator("#problem")).to_be_focused()
    await tour.send("a text was sent in", **TEXT, starts_on="2026-12-01")
    await tour.go("/staff/issues")
    await page.goto(f"{office.url}/staff/issues/new")
    async with page.expect_navigation():
        await page.click("main button.main")
    for box in await page.locator("#tray details").all():
        await box.evaluate("each => { each.open = true; }")
    await tour.look("the tray")
    async with page.expect_navigation():
        await page.locator("#tray button").first.click()
    assert await page.input_value("#b1-title") == TEXT["title"]
    await page.locator("#tray summary").first.click()
    await tour.look("a text in the issue")
    office.clock.forward(days=40)
    await tour.go(path)


# The form is sent as that of a language that the issue does not have any more.
TAKEN_OUT = "document.querySelector('form.write').action = location.pathname.replace('/nl', '/en')"


async def test_axe_finds_nothing_where_a_language_was_taken_out_meanwhile(tour: Tour) -> None:
    page = tour.page
    await tour.signed_in("dana")
    await page.goto(f"{tour.office.url}/staff/issues/new")
    async with page.expect_navigation():
        await page.click("main button.main")
    await page.fill("#subject", "News")
    await page.evaluate(TAKEN_OUT)
    async with page.expect_navigation():
        await page.locator("form.write .bar button.main").first.click()
    await expect(page.locator("#problem")).to_be_focused()
    await tour.look("a language was taken out")
