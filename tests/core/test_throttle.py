"""Counters against abuse: they count in windows, know nobody, and their keys are destroyed."""

from __future__ import annotations

import asyncio
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.core import throttle
from app.core.throttle import Count, Meter, Seen, Window
from app.domain.house import House
from app.features import retain
from tests.conftest import Clock

HOURLY = Meter("hourly", timedelta(hours=1))
WEEKLY = Meter("weekly", timedelta(days=7), looks_back=True)
VALUE = b"dana@example.org"


async def hit(house: House, meter: Meter, clock: Clock, value: bytes = VALUE) -> int:
    async with house.database.unit_of_work() as session:
        return await throttle.hit(session, meter, value, ring=house.ring, now=clock())


async def so_far(house: House, meter: Meter, clock: Clock) -> Seen:
    async with house.database.reading() as session:
        return await throttle.so_far(session, meter, VALUE, ring=house.ring, now=clock())


@pytest.mark.parametrize("meter", [HOURLY, WEEKLY])
async def test_each_time_counts_and_the_last_time_is_known(house: House, clock: Clock, meter: Meter) -> None:
    assert await so_far(house, meter, clock) == Seen(0, None)
    assert await hit(house, meter, clock) == 1
    clock.forward(minutes=10)
    assert await hit(house, meter, clock) == 2
    assert await so_far(house, meter, clock) == Seen(2, clock())


async def test_others_and_other_meters_count_apart(house: House, clock: Clock) -> None:
    await hit(house, HOURLY, clock)
    assert await hit(house, HOURLY, clock, b"emre@example.org") == 1
    assert await hit(house, WEEKLY, clock) == 1


async def test_a_new_window_begins_at_nothing(house: House, clock: Clock) -> None:
    clock.time = datetime(2026, 11, 16, 9, 59, 59, tzinfo=UTC)
    await hit(house, HOURLY, clock)
    clock.forward(seconds=1)
    assert await hit(house, HOURLY, clock) == 1


async def test_a_meter_that_looks_back_is_not_fooled_by_the_turn_of_the_week(
    house: House, clock: Clock
) -> None:
    clock.time = datetime(2026, 11, 15, 23, 50, tzinfo=UTC)  # a Sunday
    sunday = clock()
    await hit(house, WEEKLY, clock)
    await hit(house, WEEKLY, clock)
    clock.forward(minutes=20)
    assert await so_far(house, WEEKLY, clock) == Seen(2, sunday)
    assert await hit(house, WEEKLY, clock) == 3


async def test_a_week_without_asking_is_a_clean_slate(house: House, clock: Clock) -> None:
    await hit(house, WEEKLY, clock)
    clock.forward(days=7)
    assert await hit(house, WEEKLY, clock) == 1


async def test_weeks_begin_on_monday(house: House) -> None:
    start = WEEKLY.starts(datetime(2026, 11, 18, 12, tzinfo=UTC))
    assert start == datetime(2026, 11, 16, tzinfo=UTC)
    assert start.strftime("%A") == "Monday"


async def test_the_table_does_not_know_whom_it_counts(house: House, clock: Clock) -> None:
    await hit(house, HOURLY, clock)
    await hit(house, WEEKLY, clock)
    async with house.database.reading() as session:
        counts = list(await session.scalars(select(Count)))
    assert len({each.subject for each in counts}) == 2
    assert all(VALUE not in each.subject for each in counts)


async def test_the_same_visitor_has_another_value_in_another_window(house: House, clock: Clock) -> None:
    await hit(house, HOURLY, clock)
    clock.forward(hours=1)
    await hit(house, HOURLY, clock)
    async with house.database.reading() as session:
        assert len({each.subject for each in await session.scalars(select(Count))}) == 2
        assert len({each.secret for each in await session.scalars(select(Window))}) == 2


@pytest.mark.parametrize("meter", [HOURLY, WEEKLY])
async def test_key_and_counters_are_destroyed_when_nothing_looks_back_at_them(
    house: House, clock: Clock, meter: Meter
) -> None:
    clock.time = meter.starts(clock())
    await hit(house, meter, clock)
    for moment, left in ((2 * meter.window - timedelta(seconds=1), 1), (2 * meter.window, 0)):
        async with house.database.unit_of_work() as session:
            await retain.retain(session, now=clock() + moment)
        async with house.database.reading() as session:
            for table in (Window, Count):
                assert await session.scalar(select(func.count()).select_from(table)) == left


async def test_many_at_once_are_all_counted(house: House, clock: Clock) -> None:
    seen = await asyncio.gather(*(hit(house, HOURLY, clock) for _ in range(12)))
    assert sorted(seen) == list(range(1, 13))  # so no two pass a limit as the same one


async def test_who_was_refused_and_rolled_back_is_not_counted(house: House, clock: Clock) -> None:
    await hit(house, HOURLY, clock)
    async with house.database.unit_of_work() as session:
        await throttle.hit(session, HOURLY, VALUE, ring=house.ring, now=clock())
        await session.rollback()
    assert await hit(house, HOURLY, clock) == 2


async def test_chance_is_an_argument(house: House, clock: Clock) -> None:
    async with house.database.unit_of_work() as session:
        await throttle.hit(
            session, HOURLY, VALUE, ring=house.ring, now=clock(), random=lambda count: b"k" * count
        )
    async with house.database.reading() as session:
        (count,) = await session.scalars(select(Count))
    assert count.subject == hmac.digest(b"k" * 32, VALUE, "sha256")
