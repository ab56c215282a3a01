"""Who is away: two weeks before a slot it is told, once, that no second person can approve."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from app.core.errors import Invalid
from app.domain import absence, staff
from app.domain import issue as issues
from app.domain.audit import Event, Record
from app.domain.staff import Role
from app.features import absent, remind
from app.features.retain import retain
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_approve import written
from tests.features.test_remind import mails

TOLD = {"dana@example.org", "ada@example.org"}


async def away(on: Stage, clock: Clock, name: str, first: date, last: date) -> None:
    async with on.house.database.unit_of_work() as session:
        person = await staff.named(session, name)
        await absent.note(session, person, first, last, zone=on.letter.zone, now=clock())


async def warned(on: Stage, at: datetime) -> int:
    async with on.house.database.unit_of_work() as session:
        return await remind.alone(session, ring=on.house.ring, now=at)


async def roles(on: Stage, name: str, *given: Role) -> None:
    async with on.house.database.unit_of_work() as session:
        (await staff.named(session, name)).roles = list(given)


NEAR = datetime(2026, 11, 17, 9, tzinfo=UTC)  # fourteen days before the slot of December


async def test_who_is_away_all_week_cannot_approve_and_that_is_told_once(cast: Stage, clock: Clock) -> None:
    assert await warned(cast, NEAR) == 0
    await away(cast, clock, "emre", date(2026, 11, 20), date(2026, 12, 10))
    assert await warned(cast, clock()) == 0  # fifteen days before
    assert await warned(cast, NEAR) == 2
    assert await warned(cast, NEAR) == 0
    assert {each["address"] for each in await mails(cast)} == TOLD
    assert {each["template"] for each in await mails(cast)} == {"alone"}


async def test_two_absences_that_follow_each_other_are_one(cast: Stage, clock: Clock) -> None:
    await away(cast, clock, "emre", date(2026, 11, 28), date(2026, 12, 10))
    await away(cast, clock, "emre", date(2026, 11, 20), date(2026, 11, 26))
    assert await warned(cast, NEAR) == 0  # the 27th is a day at work
    await away(cast, clock, "emre", date(2026, 11, 27), date(2026, 11, 27))
    assert await warned(cast, NEAR) == 2


async def test_a_day_at_work_in_the_last_week_is_enough(cast: Stage, clock: Clock) -> None:
    await away(cast, clock, "emre", date(2026, 11, 17), date(2026, 11, 29))
    assert await warned(cast, NEAR) == 0


async def test_the_notice_of_a_data_breach_is_no_issue_that_an_approver_could_approve(
    cast: Stage, clock: Clock
) -> None:
    await away(cast, clock, "dana", date(2026, 11, 20), date(2026, 12, 10))
    issue_id = await written(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        (await issues.get(session, issue_id)).notice = True
    assert await warned(cast, NEAR) == 2  # emre is there, and nobody who writes an issue


async def test_one_person_with_both_roles_is_not_two(cast: Stage, clock: Clock) -> None:
    await roles(cast, "dana", Role.EDITOR, Role.APPROVER)
    await roles(cast, "emre", Role.EDITOR)
    assert await warned(cast, NEAR) == 0  # emre may write, and dana approve
    await written(cast, clock)  # but dana does write
    assert await warned(cast, NEAR) == 3


async def test_a_draft_that_stands_ready_is_not_a_second_person(cast: Stage, clock: Clock) -> None:
    await roles(cast, "dana", Role.EDITOR, Role.APPROVER)
    await roles(cast, "emre", Role.APPROVER)
    await away(cast, clock, "emre", date(2026, 11, 20), date(2026, 12, 10))
    issue_id = await written(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        (await issues.get(session, issue_id)).author = staff.BY_ITSELF
    assert await warned(cast, NEAR) == 2


async def test_days_must_be_meant_are_on_record_and_go(cast: Stage, clock: Clock) -> None:
    for first, last in (
        (date(2026, 11, 20), date(2026, 11, 19)),
        (date(2026, 11, 1), date(2026, 11, 2)),
        (date(2026, 11, 20), date(2028, 1, 1)),
        (date(2028, 1, 1), date(2028, 1, 2)),
    ):
        with pytest.raises(Invalid):
            await away(cast, clock, "emre", first, last)
    await away(cast, clock, "emre", date(2026, 11, 16), date(2026, 11, 16))
    async with cast.house.database.unit_of_work() as session:
        emre, dana = [await staff.named(session, each) for each in ("emre", "dana")]
        (row,) = await absence.of(session, emre.id, clock())
        await absent.take_back(session, dana, row.id, now=clock())  # it is not hers
        assert await absence.of(session, emre.id, clock())
        about = select(Record.reason).where(Record.event == Event.STAFF_AWAY)
        assert list(await session.scalars(about)) == ["2026-11-16 to 2026-11-16"]
    clock.forward(days=40)
    async with cast.house.database.unit_of_work() as session:
        assert (await retain(session, now=clock()))["absence"] == 1
