"""Word to editors: reminders before a slot, the final mail, and a slot that passed with nothing approved."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domain import outbox, slot
from app.domain.audit import Event, Record
from app.domain.outbox import Mail
from app.domain.slot import Slot
from app.domain.slot import State as SlotState
from app.features import remind, schedule
from app.features.schedule import Why
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import approved, change

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)  # the first Tuesday, 10:00 in Amsterdam
EDITORIAL = {"dana@example.org", "emre@example.org"}


async def reminded(on: Stage, now: datetime) -> int:
    async with on.house.database.unit_of_work() as session:
        return await remind.remind(session, ring=on.house.ring, now=now)


async def missed(on: Stage, now: datetime) -> int:
    async with on.house.database.unit_of_work() as session:
        return await remind.missed(session, ring=on.house.ring, now=now)


async def previewed(on: Stage, now: datetime) -> int:
    async with on.house.database.unit_of_work() as session:
        return await remind.preview(session, ring=on.house.ring, now=now)


async def mails(on: Stage) -> list[dict[str, Any]]:
    async with on.house.database.reading() as session:
        rows = await session.scalars(select(Mail).order_by(Mail.seq))
        return [outbox.opened(on.house.ring, each) for each in rows]


async def test_reminders_come_14_7_and_2_days_before_once_each(cast: Stage, clock: Clock) -> None:
    days: Counter[int] = Counter()
    clock.time = datetime(2026, 11, 10, tzinfo=UTC)
    while clock() < DECEMBER:
        for _ in range(2):  # the job may run twice
            days[(DECEMBER.date() - clock().date()).days] += await reminded(cast, clock())
        clock.forward(hours=3)
    assert {day: count for day, count in days.items() if count} == {14: 2, 7: 2, 2: 2}
    assert {each["address"] for each in await mails(cast)} == EDITORIAL
    assert [each["words"]["days"] for each in await mails(cast)] == [14, 14, 7, 7, 2, 2]


async def test_a_service_that_was_down_sends_the_latest_reminder_only(cast: Stage, clock: Clock) -> None:
    clock.time = DECEMBER - timedelta(days=5)
    assert await reminded(cast, clock()) == 2
    assert [each["words"]["days"] for each in await mails(cast)] == [5, 5]
    clock.time = DECEMBER - timedelta(days=1)
    assert await reminded(cast, clock()) == 2
    assert await reminded(cast, clock()) == 0


async def test_two_workers_at_once_remind_once(cast: Stage, clock: Clock) -> None:
    clock.time = DECEMBER - timedelta(days=7)
    await missed(cast, clock())
    counts = await asyncio.gather(*(reminded(cast, clock()) for _ in range(5)))
    assert sum(counts) == len(await mails(cast)) == 2


async def test_nobody_is_reminded_of_a_month_that_has_its_issue(cast: Stage, clock: Clock) -> None:
    await approved(cast, clock())
    clock.time = DECEMBER - timedelta(days=2)
    assert await reminded(cast, clock()) == 0


async def test_a_slot_with_nothing_approved_is_missed_once_and_editors_are_told(
    cast: Stage, clock: Clock
) -> None:
    assert await missed(cast, clock()) == 0
    async with cast.house.database.unit_of_work() as session:
        await slot.upcoming(session, cast.letter, DECEMBER)  # so that nobody waits for its making
    assert sum(await asyncio.gather(*(missed(cast, DECEMBER) for _ in range(5)))) == 1
    assert await missed(cast, DECEMBER + timedelta(days=1)) == 0
    found = await mails(cast)
    assert {each["address"] for each in found} == EDITORIAL
    assert [each["template"] for each in found] == ["missed"] * 2
    async with cast.house.database.reading() as session:
        assert (await session.get_one(Slot, (cast.letter.id, "2026-12"))).state == SlotState.MISSED
        on_record = select(func.count()).where(Record.event == Event.SLOT_MISSED)
        assert await session.scalar(on_record) == 1


async def test_a_slot_with_an_issue_is_not_missed(cast: Stage, clock: Clock) -> None:
    await approved(cast, clock())
    assert await missed(cast, DECEMBER) == 0
    assert await mails(cast) == []


async def test_a_skipped_month_is_not_missed_and_nobody_is_reminded_of_it(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        await schedule.skip(session, cast.letter, "2026-12", Why.RECESS, actor="dana", now=clock())
    clock.time = DECEMBER - timedelta(days=2)
    assert await reminded(cast, clock()) == 0
    assert await missed(cast, DECEMBER + timedelta(days=1)) == 0
    assert await mails(cast) == []


async def test_after_a_missed_month_the_next_issue_takes_the_next_one(cast: Stage, clock: Clock) -> None:
    await missed(cast, clock())
    await missed(cast, DECEMBER)
    clock.time = DECEMBER + timedelta(days=1)
    await approved(cast, clock())
    async with cast.house.database.reading() as session:
        assert (await session.get_one(Slot, (cast.letter.id, "2027-01"))).state == SlotState.CLAIMED


@pytest.mark.parametrize(("minutes", "count"), [(11, 0), (10, 2), (1, 2)])
async def test_colleagues_get_the_final_mail_ten_minutes_ahead(
    cast: Stage, clock: Clock, minutes: int, count: int
) -> None:
    issue_id = await approved(cast, clock())
    at = DECEMBER - timedelta(minutes=minutes)
    assert await previewed(cast, at) == count
    assert await previewed(cast, at) == 0
    assert [each["issue"] for each in await mails(cast)] == [issue_id.hex] * count


async def test_an_issue_that_was_stopped_has_no_final_mail(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    await change(cast.house, issue_id, schedule.cancel)
    assert await previewed(cast, DECEMBER) == 0
