"""Nothing goes out before somebody typed to how many readers, and then when the page said."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.domain.issue import State
from app.domain.newsletter import Newsletter
from app.features import schedule
from app.features.schedule import Why
from tests.cast import crowd
from tests.features.test_approve import written
from tests.sending import approved, look, looked_at
from tests.web.conftest import Site, field
from tests.web.desk import Browser
from tests.web.test_approving import at_the_desk

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)  # the first Tuesday, 10:00 in Amsterdam
NEAR = timedelta(minutes=3)


def said(html: str) -> str:
    """The words of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def ready(site: Site) -> tuple[UUID, str, Browser]:
    """An issue that everything was looked at of, its page to approve, and emre at his desk."""
    issue_id = await written(site.stage, site.clock)
    await looked_at(site.stage, issue_id, site.clock())
    return issue_id, f"/staff/issues/{issue_id}/approve", await at_the_desk(site, "emre")


async def press(site: Site, desk: Browser, path: str, page: str, **typed: str) -> tuple[int, str]:
    """Approve with what this page holds."""
    hidden = {name: field(page, name) for name in ("seen", "month")}
    answer = await desk.press(path, path, **hidden, **typed)
    return answer.status_code, answer.text


async def no_cadence(site: Site) -> None:
    async with site.house.database.unit_of_work() as db:
        (await db.get_one(Newsletter, site.stage.letter.id)).cadence = ""


async def left_out(site: Site, period: str) -> None:
    async with site.house.database.unit_of_work() as db:
        letter = await db.get_one(Newsletter, site.stage.letter.id)
        await schedule.skip(db, letter, period, Why.RECESS, actor="dana", now=site.clock())


async def test_who_approves_types_how_many_readers_and_what_was_typed_stays(site: Site) -> None:
    await crowd(site.house, site.stage.letter, 249, site.clock())
    issue_id, path, desk = await ready(site)
    page = (await site.get(path)).text
    for readers in ("", "2", "25", "honderd", "9" * 400):
        status, answer = await press(site, desk, path, page, readers=readers)
        assert (status, "Dit is niet het aantal lezers: typ 250." in answer) == (400, True)
        assert f'id="readers" name="readers" type="text" value="{readers[:20]}"' in answer
        assert 'href="#readers"' in answer
        issue = await look(site.house, issue_id)
        assert (issue.state, issue.digest, issue.period) == (State.DRAFT, None, None)
    assert (await press(site, desk, path, page, readers="249"))[0] == 303  # somebody came in the meantime
    assert (await look(site.house, issue_id)).state == State.SCHEDULED


async def test_an_approval_after_which_somebody_chooses_the_day_asks_no_number(site: Site) -> None:
    await no_cadence(site)
    issue_id, path, desk = await ready(site)
    page = (await site.get(path)).text
    assert 'name="readers"' not in page
    assert (await desk.press(path, path, seen=field(page, "seen"))).status_code == 303
    assert (await look(site.house, issue_id)).state == State.APPROVED


async def test_a_near_day_is_named_with_the_ten_minutes_on_both_pages_and_their_buttons(site: Site) -> None:
    issue_id, path, desk = await ready(site)
    plan, real = path.replace("approve", "schedule"), "op dinsdag 1 december 2026 om 10.07 uur"
    site.clock.time = DECEMBER - NEAR
    desk = await at_the_desk(site, "emre")
    page = (await site.get(path)).text
    assert f"Na uw goedkeuring gaat de mail uit {real}." in said(page)
    assert f"Keur goed: verstuur {real}" in said(page)
    assert "later dan de vaste tijd, dinsdag 1 december 2026 om 10.00 uur" in said(page)
    assert f"Dat is {real.removeprefix('op ')}." in said((await site.get(plan)).text)
    assert (await press(site, desk, path, page, readers="1"))[0] == 303
    assert f"De editie gaat uit {real}." in said((await site.get(path)).text)
    assert (await look(site.house, issue_id)).due_at == site.clock() + timedelta(minutes=10)
    await desk.press(plan, f"{plan}/stop")
    page = (await site.get(plan)).text
    assert f"Verstuur {real}" in said(page)
    assert "later dan de vaste tijd" in page
    typed = {"readers": "1", "month": field(page, "month")}
    assert (await desk.press(plan, f"{plan}/slot", **typed)).status_code == 303
    assert f"Gaat uit {real}" in said((await site.get(plan)).text)


async def test_a_day_that_is_not_near_needs_no_word_about_ten_minutes(site: Site) -> None:
    _, path, _ = await ready(site)
    page = (await site.get(path)).text
    assert "Keur goed: verstuur op dinsdag 1 december 2026 om 10.00\N{NO-BREAK SPACE}uur</button>" in page
    assert "later dan de vaste tijd" not in page


@pytest.mark.parametrize("meanwhile", ["taken", "left out", "over"])
async def test_an_issue_does_not_go_out_on_another_day_than_the_page_named(
    site: Site, meanwhile: str
) -> None:
    issue_id, path, desk = await ready(site)
    page = (await site.get(path)).text
    if meanwhile == "taken":
        await approved(site.stage, site.clock())
    elif meanwhile == "left out":
        await left_out(site, "2026-12")
    else:
        site.clock.time = DECEMBER
        desk = await at_the_desk(site, "emre")
    status, answer = await press(site, desk, path, page, readers="1")
    assert (status, "de dag die op deze pagina stond, is bezet of voorbij" in answer) == (400, True)
    assert 'value="1"' in answer
    assert "verstuur op dinsdag 5 januari 2027 om 10.00\N{NO-BREAK SPACE}uur</button>" in answer
    assert (await look(site.house, issue_id)).state == State.DRAFT
    assert (await press(site, desk, path, answer, readers="1"))[0] == 303
    assert (await look(site.house, issue_id)).period == "2027-01"


async def test_the_plan_page_keeps_to_the_day_it_named_as_well(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    plan = f"/staff/issues/{issue_id}/schedule"
    desk = await at_the_desk(site, "emre")
    await desk.press(plan, f"{plan}/stop")
    typed = {"readers": "1", "month": field((await site.get(plan)).text, "month")}
    await left_out(site, "2026-12")
    answer = await desk.press(plan, f"{plan}/slot", **typed)
    assert (answer.status_code, 'href="#readers-slot"' in answer.text) == (400, True)
    assert "5 januari 2027" in answer.text
    assert (await look(site.house, issue_id)).state == State.APPROVED


@pytest.mark.parametrize("form", ["slot", "time", "now"])
async def test_a_number_typed_wrong_stays_in_its_form(site: Site, form: str) -> None:
    plan = f"/staff/issues/{await approved(site.stage, site.clock())}/schedule"
    desk = await at_the_desk(site, "emre")
    await desk.press(plan, f"{plan}/stop")
    answer = await desk.press(plan, f"{plan}/{form}", readers="77", on="2026-11-20", at="14:30")
    assert answer.status_code == 400
    assert re.findall(r'id="(readers-\w+)" name="readers" type="text" value="77"', answer.text) == [
        f"readers-{form}"
    ]
