"""Planning an issue by browser: a typed number, ten minutes ahead, and a button that stops it in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.domain import house as houses
from app.domain import issue as issues
from app.domain import outbox
from app.domain.audit import Event, Record
from app.domain.issue import State
from app.domain.newsletter import Newsletter
from app.domain.outbox import Mail, Purpose
from app.domain.slot import Slot
from app.domain.slot import State as SlotState
from app.features import remind
from app.web.staff.issue import counting
from tests.cast import crowd
from tests.sending import approved, books, let_go, look, reached, until, working
from tests.web.conftest import Site, field
from tests.web.desk import Browser, straight_in
from tests.web.test_approving import at_the_desk

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


EDGES = (("0001-01-01", "00:00"), ("9999-12-31", "23:59"))  # of the calendar


async def planned(site: Site) -> tuple[UUID, str, Browser]:
    """An approved issue in its slot, its page to plan, and emre at his desk."""
    issue_id = await approved(site.stage, site.clock())
    return issue_id, f"/staff/issues/{issue_id}/schedule", await at_the_desk(site, "emre")


async def test_another_time_asks_for_the_number_of_readers(site: Site) -> None:
    issue_id, path, desk = await planned(site)
    typed = {"on": "2026-11-20", "at": "14:30"}
    answer = await desk.press(path, f"{path}/time", **typed, readers="2")
    assert (answer.status_code, "niet het aantal lezers: typ 1" in answer.text) == (400, True)
    assert 'value="2026-11-20"' in answer.text
    for wrong in ({"on": "31-31"}, {"at": "25"}, {"on": "2026-11-01"}, {"on": "2028-11-01"}):
        assert (await desk.press(path, f"{path}/time", **{**typed, **wrong}, readers="1")).status_code == 400
    for on, at in EDGES:
        answer = await desk.press(path, f"{path}/time", **{**typed, "on": on, "at": at}, readers="1")
        assert (answer.status_code, f'value="{on}"' in answer.text) == (400, True)
    for on, at in (("2026-11-20", "14:30"), ("20-11-2026", "14.30"), ("20 november 2026", "14:30")):
        answer = await desk.press(path, f"{path}/time", on=on, at=at, readers="1")
        issue = await look(site.house, issue_id)
        assert (answer.status_code, issue.due_at) == (303, datetime(2026, 11, 20, 13, 30, tzinfo=UTC))
    assert issue.state == State.SCHEDULED


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("typed", "readers", "right"),
    [
        ("1", 1, True),
        ("2", 1, False),
        ("99", 100, True),
        ("98", 100, False),
        ("12.345", 12345, True),
        ("12,345", 12345, True),
        ("12 345", 12345, True),
        ("12\u00a0345", 12345, True),
        ("1.234,567", 1234567, False),
        ("1.2", 12, False),
        ("-1", 1, False),
        ("\u0661", 1, False),
        ("", 0, False),
        ("9" * 5000, 1, False),
    ],
)
def test_the_number_of_readers_is_typed_as_people_write_it(typed: str, readers: int, right: bool) -> None:
    assert counting.right(typed, readers) is right


async def test_who_chooses_this_very_minute_leaves_colleagues_ten(site: Site) -> None:
    issue_id, path, desk = await planned(site)
    here = site.clock().astimezone(ZoneInfo("Europe/Amsterdam"))
    typed = {"on": f"{here:%Y-%m-%d}", "at": f"{here:%H:%M}", "readers": "1"}
    assert (await desk.press(path, f"{path}/time", **typed)).status_code == 303
    assert (await look(site.house, issue_id)).due_at == site.clock() + timedelta(minutes=10)


async def test_an_hour_that_the_clock_skips_is_told_with_the_first_one_after_it(site: Site) -> None:
    issue_id, path, desk = await planned(site)
    before = await look(site.house, issue_id)
    for at in ("02:00", "02:30", "02:59"):
        answer = await desk.press(path, f"{path}/time", on="2027-03-28", at=at, readers="1")
        assert (answer.status_code, 'href="#at"' in answer.text) == (400, True)
        assert "Dit uur bestaat niet: die nacht gaat de klok een uur vooruit." in answer.text
        assert (
            "Het eerste moment daarna is zondag 28 maart 2027 om 03.00\N{NO-BREAK SPACE}uur." in answer.text
        )
        assert (f'value="{at}"' in answer.text, 'value="2027-03-28"' in answer.text) == (True, True)
    assert (await look(site.house, issue_id)).due_at == before.due_at
    for at, due in (("01:59", "00:59"), ("03:00", "01:00")):
        answer = await desk.press(path, f"{path}/time", on="2027-03-28", at=at, readers="1")
        assert answer.status_code == 303
        assert f"{(await look(site.house, issue_id)).due_at:%H:%M}" == due


@pytest.mark.parametrize("now", [datetime(2026, 10, 24, 12, tzinfo=UTC)])
async def test_of_an_hour_that_comes_twice_it_is_told_which(site: Site, now: datetime) -> None:
    site.clock.time = now
    issue_id, path, desk = await planned(site)
    for at, twice in (("01:59", False), ("02:00", True), ("02:59", True), ("03:00", False)):
        answer = await desk.press(path, f"{path}/time", on="2026-10-25", at=at, readers="1")
        assert answer.status_code == 303
        shown = (await site.get(path)).text
        assert ("gaat de eerste keer uit, voordat de klok teruggaat" in shown) is twice
    async with site.house.database.unit_of_work() as db:
        (await issues.get(db, issue_id)).due_at = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert "gaat de tweede keer uit, nadat de klok is teruggegaan" in (await site.get(path)).text


async def test_of_an_hour_that_has_come_once_the_second_time_can_be_chosen(site: Site) -> None:
    site.clock.time = datetime(2026, 10, 25, 1, 5, tzinfo=UTC)  # 02:05 for the second time
    issue_id, path, desk = await planned(site)
    answer = await desk.press(path, f"{path}/time", on="2026-10-25", at="02:30", readers="1")
    due = (await look(site.house, issue_id)).due_at
    assert (answer.status_code, due) == (303, datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    answer = await desk.press(path, f"{path}/time", on="2026-10-25", at="01:30", readers="1")
    assert answer.status_code == 400


async def test_now_is_in_ten_minutes_and_the_final_mail_comes_at_once(site: Site) -> None:
    issue_id, path, desk = await planned(site)
    assert (await desk.press(path, f"{path}/now", readers="")).status_code == 400
    assert (await desk.press(path, f"{path}/now", readers="1")).status_code == 303
    issue = await look(site.house, issue_id)
    assert issue.due_at == site.clock() + timedelta(minutes=10)
    async with site.house.database.unit_of_work() as db:
        assert await remind.preview(db, ring=site.house.ring, now=site.clock()) == 2
    async with site.house.database.reading() as db:
        mails = [outbox.opened(site.house.ring, each) for each in await db.scalars(select(Mail))]
    assert {each["purpose"] for each in mails} == {Purpose.FINAL}


async def test_what_is_stopped_before_it_begins_keeps_its_approval_and_can_take_the_slot_again(
    site: Site,
) -> None:
    issue_id, path, desk = await planned(site)
    assert (await desk.press(path, f"{path}/stop")).status_code == 303
    issue = await look(site.house, issue_id)
    assert (issue.state, issue.due_at, issue.digest is not None) == (State.APPROVED, None, True)
    async with site.house.database.reading() as db:
        assert (await db.get_one(Slot, (site.stage.letter.id, "2026-12"))).state == SlotState.OPEN
        assert await db.scalar(select(Record.actor).where(Record.event == Event.ISSUE_UNPLANNED)) == "emre"
    for typed in ({}, {"readers": "2", "shown": "2"}):
        answer = await desk.press(path, f"{path}/slot", **typed)
        assert (answer.status_code, 'href="#readers-slot"' in answer.text) == (400, True)
    assert (await desk.press(path, f"{path}/slot", readers="1")).status_code == 303
    assert (await look(site.house, issue_id)).period == "2026-12"
    assert (await desk.press(path, f"{path}/cancel", number="7")).status_code == 400
    assert (await desk.press(path, f"{path}/cancel", number="1")).status_code == 303
    assert (await look(site.house, issue_id)).state == State.CANCELLED
    for button, typed in (("stop", {}), ("time", {"readers": "7"}), ("cancel", {"number": "7"})):
        late = await desk.press("/staff", f"{path}/{button}", **typed)  # a form that is not there any more
        assert (late.status_code, late.headers["location"]) == (303, path)
    assert (await look(site.house, issue_id)).state == State.CANCELLED


async def test_the_stop_button_halts_an_issue_that_is_going_out(site: Site) -> None:
    site.clock.time = houses.now()
    issue_id, path, desk = await planned(site)
    await crowd(site.house, site.stage.letter, 60, site.clock())
    async with site.house.database.unit_of_work() as db:
        (await db.get_one(Newsletter, site.stage.letter.id)).pace = 20
    await desk.press(path, f"{path}/now", readers="61")
    async with site.house.database.unit_of_work() as db:
        (await issues.get(db, issue_id)).due_at = site.clock()  # ten minutes later

    async def some() -> bool:
        return (await books(site.house, issue_id))["accepted"] > 0

    async with working(site.house, site.box):
        await until(some)
        assert (await desk.press(path, f"{path}/stop")).status_code == 303
        await let_go(site.house)
        stopped = await books(site.house, issue_id)
        assert stopped["waiting"] > 0
        assert (await look(site.house, issue_id)).state == State.PAUSED
        assert "Gestopt" in (await site.get(path)).text
        assert (await desk.press(path, f"{path}/go")).status_code == 303
        await reached(site.house, issue_id, State.SENT)
    assert (await books(site.house, issue_id))["accepted"] == 61


async def test_a_month_is_left_out_for_a_reason_from_the_list(site: Site) -> None:
    await planned(site)
    page = "/staff/slots/weerbaar-bestuur"
    desk = await at_the_desk(site, "dana")
    answer = await desk.press(page, page, period="2027-02", why="zin in")
    assert (answer.status_code, 'href="#why-1"' in answer.text) == (400, True)
    assert '<option value="2027-02" selected>' in answer.text  # the month that was chosen stays
    assert (await desk.press(page, page, period="2026-12", why="recess")).status_code == 400  # has an issue
    assert (await desk.press(page, page, period="2027-01", why="recess")).status_code == 303
    assert "overgeslagen" in (await site.get(page)).text
    assert (await desk.press(page, f"{page}/back", period="2027-01")).status_code == 303
    assert (await desk.press(page, f"{page}/back", period="2027-01")).status_code == 400
    assert (await desk.press(page, page, period="2027-01", why="recess")).status_code == 303
    await straight_in(site, site.client, "joost")  # sees it and changes nothing
    shown = (await site.get(page)).text
    assert "Sla een maand over" not in shown
    assert "Toch niet overslaan" not in shown


async def test_staff_say_when_they_are_away(site: Site) -> None:
    desk = await at_the_desk(site, "emre")
    page = "/staff/absence"
    wrong = await desk.press(page, page, first="2026-11-20", last="2026-11-19")
    assert (wrong.status_code, 'value="2026-11-20"' in wrong.text) == (400, True)
    for day in ("x", *(on for on, _ in EDGES)):
        assert (await desk.press(page, page, first="2026-11-20", last=day)).status_code == 400
    assert (await desk.press(page, page, first="20-11-2026", last="21 november 2026")).status_code == 303
    shown = (await site.get(page)).text
    assert "20 november 2026 tot en met 21 november 2026" in shown
    assert (await desk.press(page, f"{page}/back", absence="x")).status_code == 400
    assert (await desk.press(page, f"{page}/back", absence=field(shown, "absence"))).status_code == 303
    assert "U bent afwezig" not in (await site.get(page)).text
