"""Writing an issue in a real browser: axe finds nothing, and everything works without scripts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Dialog, FilePayload, Page, Route, expect

from app.core import commonmark
from app.domain import staff
from tests.sending import approved
from tests.web.place import SAMPLE
from tests.web.test_desk import Office, Tour, office, tour

__all__ = ["office", "tour"]

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def press(page: Page, value: str) -> None:
    """Press the first button of that value, as a person would: the block that it stands in is opened."""
    button = page.locator(f'button[value="{value}"]').first
    await button.evaluate("each => { const box = each.closest('details'); if (box) box.open = true; }")
    async with page.expect_event("framenavigated"):
        await button.click()
    await page.wait_for_load_state()


# Set and not typed: what is typed is saved by itself, and that could come before the press.
BEHIND = """() => {
    document.querySelector('#subject').value = 'Anders'
    document.querySelector('[name=version]').value = '1'
}"""


async def test_axe_finds_nothing_where_issues_are_written(tour: Tour) -> None:
    issue_id = await approved(tour.office.stage, tour.office.clock() - timedelta(days=1))
    await tour.signed_in("dana")
    await tour.go("/staff/issues")
    await tour.go(f"/staff/issues/{issue_id}")
    await tour.go(f"/staff/issues/{issue_id}/write/nl")
    await tour.go(f"/staff/issues/{issue_id}/pictures")
    for guise in ("phone", "text"):
        await tour.go(f"/staff/issues/{issue_id}/preview?as={guise}")
    await tour.go("/staff/issues/new")
    await tour.send("a new issue")
    for kind in ("article", "event", "picture", "call", "divider"):
        await press(tour.page, f"add-0-{kind}")
    await press(tour.page, "save")
    await expect(tour.page.locator("#told")).to_be_focused()
    await tour.look("what has still to be done")
    await tour.page.evaluate(BEHIND)
    await press(tour.page, "save")
    await expect(tour.page.locator("#problem")).to_be_focused()
    await tour.look("somebody else was quicker")
    one = tour.page.url.split("/write/")[0].removeprefix(tour.office.url)
    await tour.go(f"{one}/versions/nl")
    await tour.go(f"{one}/versions/nl/2")
    await tour.go(one)
    await tour.send("the other language")


async def test_an_issue_is_written_without_scripts(office: Office) -> None:
    context = await office.browser.new_context(java_script_enabled=False, locale="nl-NL")
    walk = Tour(office, await context.new_page(), "nl")
    await walk.signed_in("dana")
    page = walk.page
    await page.goto(f"{office.url}/staff/issues")
    await page.click("main a.main")
    await page.click("main button.main")
    await page.fill("#subject", "Nieuws")
    await page.keyboard.press("Enter")  # the first button of a form is the one that saves
    await page.wait_for_url("**?todo=1")
    await page.fill("#b0-markdown", "Beste lezer")
    await page.locator("summary").last.click()
    await page.locator('button[value="add-1-heading"]').click()
    await page.wait_for_url("**#block-1")
    await page.fill("#b1-text", "Agenda")
    await page.locator('button[value="up-1"]').click()
    await page.wait_for_url("**#block-0")
    await page.locator('button[value="save"]').first.click()
    await page.wait_for_url("**?todo=1")
    assert "Er ontbreekt niets meer" in await page.inner_text("#told")
    assert await page.input_value("#b0-text") == "Agenda"
    await page.fill("#b1-markdown", "Beste **lezer**")
    await page.select_option("#beside", "text")
    await page.locator('button[value="show"]').click()
    await page.frame_locator("#live iframe").locator("pre", has_text="Beste lezer").wait_for()


SHAPES = re.findall(
    r"^===== (.+)\n([\s\S]+?)\n-----\n([\s\S]+?)\n(?=\n=====|\Z)",
    (Path(__file__).parent / "copied.txt").read_text("utf-8"),
    re.MULTILINE,
)
PASTE = """(area, html) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
PICTURE = """area => {
  const data = new DataTransfer();
  data.items.add(new File(["x"], "image.png", { type: "image/png" }));
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
DROP = """place => {
  const data = new DataTransfer();
  data.items.add(new File(["x"], "foto.png", { type: "image/png" }));
  place.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


class Work:
    """An editor with scripts, at a new issue with a text and a picture."""

    def __init__(self, office: Office, walk: Tour) -> None:
        self.office, self.walk, self.page = office, walk, walk.page
        self.wrong: list[str] = []
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.wrong.append(str(fault)))

    async def begin(self) -> None:
        await self.walk.signed_in("dana")
        await self.page.goto(f"{self.office.url}/staff/issues/new")
        await self.page.click("main button.main")
        await press(self.page, "add-1-picture")


@pytest.fixture
async def work(office: Office) -> AsyncIterator[Work]:
    """Ends with what the browser found wrong."""
    context = await office.browser.new_context(locale="nl-NL", reduced_motion="reduce")
    at = Work(office, Tour(office, await context.new_page(), "nl"))
    await at.begin()
    yield at
    assert at.wrong == at.walk.wrong == []


async def test_what_is_pasted_is_clean_and_signs_have_buttons_and_keys(work: Work) -> None:
    area = work.page.locator("#b0-markdown")
    for name, html, text in SHAPES:
        await area.fill("")
        await area.evaluate(PASTE, html)
        assert await area.input_value() == text, name
        assert name.startswith(("signs", "Word, lists")) or "*" not in commonmark.html(text), name
    await area.fill("Ervoor")
    await area.evaluate(PASTE, "<ul><li>een</li></ul>")
    assert await area.input_value() == "Ervoor\n\n- een"
    await area.evaluate(PICTURE)
    await work.page.get_by_role("status").filter(has_text="Voeg een blok Afbeelding toe").wait_for()
    await work.page.locator("#b1-alt").evaluate(PICTURE)
    chosen = "input => input.files[0].name"
    assert await work.page.locator("input[type=file]").evaluate(chosen) == "image.png"
    await area.fill("vet")
    await area.select_text()
    await work.page.keyboard.press("Control+B")
    assert await area.input_value() == "**vet**"
    await work.page.locator(".block .signs button").last.click()
    assert await area.input_value() == "- **vet**"
    await work.page.keyboard.press("Control+Z")
    assert await area.input_value() == "**vet**"
    await work.page.locator("[data-drop]").evaluate(DROP)
    assert await work.page.locator("input[type=file]").evaluate(chosen) == "foto.png"


async def test_what_is_typed_is_saved_by_itself_and_seen_in_the_mail_beside_it(work: Work) -> None:
    page = work.page
    await page.select_option("#beside", "phone")
    async with page.expect_response(lambda answer: answer.request.method == "POST") as saved:
        await page.fill("#b0-markdown", "Een **vet** woord")
    assert (await (await saved.value).json())["version"] == 3
    await page.locator("[data-status]", has_text="Vanzelf opgeslagen").wait_for()
    await page.frame_locator("#live iframe").locator("strong", has_text="vet").wait_for()
    await work.walk.look("with scripts")
    await page.select_option("#beside", "text")
    await page.frame_locator("#live iframe").locator("pre", has_text="woord").wait_for()
    assert "?beside=text" in page.url
    await page.fill("#subject", "Met de knop")
    await press(page, "save")
    assert await page.locator("#told").count() == 1
    assert await page.input_value("#subject") == "Met de knop"
    await page.eval_on_selector("[name=version]", "field => field.value = '1'")
    await page.fill("#subject", "Nog eens")
    await page.locator("[data-status]", has_text="Druk op Opslaan om beide teksten te zien").wait_for()
    await press(page, "save")
    await expect(page.locator("#problem")).to_be_focused()
    assert await page.input_value("#subject") == "Nog eens"
    work.wrong = [each for each in work.wrong if "409" not in each]  # the browser tells of every refusal


async def test_a_chosen_picture_is_not_left_behind_unseen(work: Work) -> None:
    page, status = work.page, work.page.locator("[data-status]")
    await press(page, "add-0-picture")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    picture = (SAMPLE / "raadzaal.png").read_bytes()
    file: FilePayload = {"name": "foto.png", "mimeType": "image/png", "buffer": picture}
    await page.set_input_files("#b0-image", [file])
    await status.filter(has_text="afbeelding is nog niet opgeslagen").wait_for()
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await page.fill("#subject", "De tekst wel")
    async with page.expect_event("dialog"):
        await page.locator("nav a").first.click()
    await expect(status).to_contain_text("afbeelding is nog niet opgeslagen")
    assert await page.input_value("#subject") == "De tekst wel"
    await press(page, "save")
    async with page.expect_navigation():
        await page.locator("nav a").first.click()
    assert asked == ["beforeunload"]


async def test_a_text_waits_for_the_service_and_for_who_typed_it(work: Work) -> None:
    page, status = work.page, work.page.locator("[data-status]")
    await page.clock.install()
    await page.reload()
    await page.route("**/write/nl", lambda route: route.fulfill(status=502), times=1)
    await page.fill("#subject", "Even weg")
    await status.filter(has_text="probeert het opnieuw").wait_for()
    await page.clock.fast_forward(10_000)
    await status.filter(has_text="Vanzelf opgeslagen").wait_for()
    await page.context.clear_cookies()
    await page.fill("#subject", "Van dana")
    await status.filter(has_text="u bent uitgelogd").wait_for()
    async with work.office.house.database.unit_of_work() as db:
        (await staff.named(db, "ada")).roles = [staff.Role.EDITOR]
    await work.walk.signed_in("ada")  # a colleague, in another tab
    await page.evaluate("window.dispatchEvent(new Event('focus'))")
    await status.filter(has_text="iemand anders ingelogd").wait_for()
    await page.locator('button[value="save"]').first.click()
    assert await page.input_value("#subject") == "Van dana"
    await work.walk.signed_in("dana")
    await page.evaluate("window.dispatchEvent(new Event('focus'))")
    await status.filter(has_text="Vanzelf opgeslagen").wait_for()
    told = ("403", "502", "is sandboxed")  # a browser tells of refusals, and that our clock is in no frame
    work.wrong = [each for each in work.wrong if not any(word in each for word in told)]


async def test_a_save_whose_answer_got_lost_is_no_quarrel_with_oneself(work: Work) -> None:
    page, status = work.page, work.page.locator("[data-status]")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.clock.install()
    await page.reload()
    for lost, typed, pressed in (("Aangekomen", "En verder", False), ("Ook gekomen", "En klaar", True)):
        await page.route("**/write/nl", lose, times=1)
        await page.fill("#subject", lost)
        await status.filter(has_text="probeert het opnieuw").wait_for()
        await page.fill("#subject", typed)
        if pressed:
            await press(page, "save")
            assert await page.locator("#told").count() == 1
        else:
            await page.clock.fast_forward(10_000)
            await status.filter(has_text="Vanzelf opgeslagen").wait_for()
    await page.reload()
    assert await page.input_value("#subject") == "En klaar"
    told = (
        "ERR_FAILED",
        "is sandboxed",
    )  # a browser tells of what got lost, and that our clock is in no frame
    work.wrong = [each for each in work.wrong if not any(word in each for word in told)]


async def test_who_was_signed_out_loses_no_word(work: Work) -> None:
    page, status = work.page, work.page.locator("[data-status]")
    await page.context.clear_cookies()
    await page.fill("#subject", "Niet kwijt")
    await status.filter(has_text="u bent uitgelogd").wait_for()
    await page.locator('button[value="save"]').first.click()  # would lead to the sign-in
    await work.walk.signed_in("dana")  # in another tab
    await page.evaluate("window.dispatchEvent(new Event('focus'))")
    await status.filter(has_text="Vanzelf opgeslagen").wait_for()
    await page.reload()
    assert await page.input_value("#subject") == "Niet kwijt"
    await page.context.clear_cookies()
    await page.fill("#subject", "Ook niet kwijt")
    await press(page, "save")  # sooner than the page saves by itself
    await work.walk.look("signed out with a text")
    await work.walk.signed_in("dana")
    await page.locator("input[name=unsent]").evaluate("each => each.form.action = '/staff/unsent'")
    async with page.expect_navigation():
        await page.locator("main form button").first.click()
    await work.walk.look("what was typed is still here")
    async with page.expect_navigation():
        await page.locator("main form button").first.click()
    assert await page.input_value("#subject") == "Ook niet kwijt"
    work.wrong = [each for each in work.wrong if "403" not in each]  # the browser tells of every refusal
