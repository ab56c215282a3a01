"""Slots: one a month, claimed once, and never moved once somebody has it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domain import slot
from app.domain.house import House
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.domain.slot import Slot, State
from tests.cast import Stage
from tests.conftest import Clock

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)  # the first Tuesday, 10:00 in Amsterdam
JANUARY = datetime(2027, 1, 5, 9, tzinfo=UTC)


async def drafts(on: Stage, clock: Clock, count: int) -> list[UUID]:
    """Issues to claim slots for."""
    async with on.house.database.unit_of_work() as session:
        made = [
            Issue(newsletter_id=on.letter.id, number=number, author="dana", created_at=clock())
            for number in range(1, count + 1)
        ]
        session.add_all(made)
        await session.flush()
        return [each.id for each in made]


async def claim(on: Stage, issue_id: UUID, now: datetime) -> Slot | None:
    async with on.house.database.unit_of_work() as session:
        letter = await session.get_one(Newsletter, on.letter.id)
        return await slot.claim(session, letter, issue_id, now)


async def slots(house: House) -> list[Slot]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(Slot).order_by(Slot.period)))


async def test_an_issue_takes_the_next_free_month(cast: Stage, clock: Clock) -> None:
    taken = [await claim(cast, issue_id, clock()) for issue_id in await drafts(cast, clock, 2)]
    assert [(each.period, each.at) for each in taken if each] == [("2026-12", DECEMBER), ("2027-01", JANUARY)]


async def test_on_the_moment_itself_the_slot_has_passed(cast: Stage, clock: Clock) -> None:
    (issue_id,) = await drafts(cast, clock, 1)
    taken = await claim(cast, issue_id, DECEMBER)
    assert taken is not None
    assert taken.at == JANUARY


@pytest.mark.parametrize("known", [False, True], ids=["nobody looked before", "the slot is on record"])
async def test_many_editors_at_once_never_get_the_same_month(cast: Stage, clock: Clock, known: bool) -> None:
    issues = await drafts(cast, clock, 5)
    if known:
        async with cast.house.database.unit_of_work() as session:
            await slot.upcoming(session, cast.letter, clock())
    taken = await asyncio.gather(*(claim(cast, issue_id, clock()) for issue_id in issues))
    assert sorted(each.period for each in taken if each) == [
        "2026-12",
        "2027-01",
        "2027-02",
        "2027-03",
        "2027-04",
    ]
    assert {each.issue_id for each in await slots(cast.house)} >= set(issues)


async def test_a_slot_that_is_given_back_is_the_next_one_taken(cast: Stage, clock: Clock) -> None:
    first, second, third = await drafts(cast, clock, 3)
    await claim(cast, first, clock())
    await claim(cast, second, clock())
    async with cast.house.database.unit_of_work() as session:
        await slot.release(session, first)
    taken = await claim(cast, third, clock())
    assert taken is not None
    assert taken.at == DECEMBER


async def test_a_used_slot_is_not_given_back(cast: Stage, clock: Clock) -> None:
    (issue_id,) = await drafts(cast, clock, 1)
    await claim(cast, issue_id, clock())
    async with cast.house.database.unit_of_work() as session:
        await slot.use(session, issue_id)
    async with cast.house.database.unit_of_work() as session:
        await slot.release(session, issue_id)
    (used,) = [each for each in await slots(cast.house) if each.issue_id]
    assert used.state == State.USED


async def test_another_cadence_moves_free_slots_and_leaves_claimed_ones(cast: Stage, clock: Clock) -> None:
    first, second = await drafts(cast, clock, 2)
    await claim(cast, first, clock())
    async with cast.house.database.unit_of_work() as session:
        letter = await session.get_one(Newsletter, cast.letter.id)
        await slot.upcoming(session, letter, clock())
        letter.cadence = "day 15 14:00"
    taken = await claim(cast, second, clock())
    assert taken is not None
    assert taken.at == datetime(2027, 1, 15, 13, tzinfo=UTC)
    claimed = (await slots(cast.house))[0]
    assert (claimed.period, claimed.at, claimed.issue_id) == ("2026-12", DECEMBER, first)


async def test_a_month_that_was_sent_is_not_sent_again_on_a_later_day(cast: Stage, clock: Clock) -> None:
    first, second = await drafts(cast, clock, 2)
    await claim(cast, first, clock())
    async with cast.house.database.unit_of_work() as session:
        await slot.use(session, first)
        (await session.get_one(Newsletter, cast.letter.id)).cadence = "day 28 10:00"
    later = DECEMBER + timedelta(days=1)
    async with cast.house.database.reading() as session:
        letter = await session.get_one(Newsletter, cast.letter.id)
        free = await slot.next_free(session, letter, later)
        months = await slot.ahead(session, letter, later, 2)
    taken = await claim(cast, second, later)
    assert taken is not None
    assert taken.period == "2027-01"
    assert free is not None
    assert free.period == taken.period
    assert [(period, state) for period, _, state in months] == [
        ("2026-12", slot.State.USED),
        ("2027-01", slot.State.OPEN),
    ]


@pytest.mark.parametrize(
    ("now", "at"),
    [
        (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 2, 9, tzinfo=UTC)),  # winter: UTC+1
        (datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 4, 6, 8, tzinfo=UTC)),  # summer: UTC+2
    ],
)
async def test_ten_in_the_morning_stays_ten_in_the_morning_in_summer(
    cast: Stage, clock: Clock, now: datetime, at: datetime
) -> None:
    (issue_id,) = await drafts(cast, clock, 1)
    taken = await claim(cast, issue_id, now)
    assert taken is not None
    assert taken.at == at
    assert taken.at.astimezone(cast.letter.zone).hour == 10


async def test_without_a_cadence_there_is_no_slot(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        (await session.get_one(Newsletter, cast.letter.id)).cadence = ""
    (issue_id,) = await drafts(cast, clock, 1)
    assert await claim(cast, issue_id, clock()) is None
    assert await slots(cast.house) == []
