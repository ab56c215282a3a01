"""One way to the database: everything or nothing, times with a zone, and errors that show no value."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, literal, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from app.core import database
from app.core.database import Database, changed, insert_or_skip, normal
from app.core.sqltime import from_now
from app.domain.house import House
from app.domain.service import Job, UsedLink
from tests.conftest import Clock

PRIVATE = "canary@example.org"


def job(name: str, at: datetime, outcome: str = "") -> Job:
    return Job(name=name, started_at=at, outcome=outcome)


async def add(house: House, *rows: Job, fails: Exception | None = None) -> None:
    async with house.database.unit_of_work() as session:
        session.add_all(rows)
        await session.flush()
        if fails is not None:
            raise fails


async def jobs(house: House) -> dict[str, Job]:
    async with house.database.reading() as session:
        return {each.name: each for each in await session.scalars(select(Job))}


async def test_a_unit_of_work_is_saved_at_its_end(house: House, clock: Clock) -> None:
    async with house.database.unit_of_work() as session:
        session.add(job("one", clock()))
        await session.flush()
        assert await jobs(house) == {}
    assert set(await jobs(house)) == {"one"}


async def test_a_failing_unit_of_work_saves_nothing(house: House, clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError):
        await add(house, job("one", clock()), job("two", clock()), fails=ZeroDivisionError())
    assert await jobs(house) == {}


async def test_one_row_that_is_refused_takes_the_others_with_it(house: House, clock: Clock) -> None:
    await add(house, job("one", clock()))
    with pytest.raises(DBAPIError):
        await add(house, job("two", clock()), job("one", clock()))
    assert set(await jobs(house)) == {"one"}


async def test_looking_saves_nothing(house: House, clock: Clock) -> None:
    async with house.database.reading() as session:
        session.add(job("one", clock()))
        await session.flush()
    assert await jobs(house) == {}


async def test_a_time_without_a_zone_is_refused(house: House, clock: Clock) -> None:
    with pytest.raises(StatementError, match="needs a zone"):
        await add(house, job("one", clock().replace(tzinfo=None)))


async def test_a_moment_comes_back_in_utc_to_the_microsecond(house: House, clock: Clock) -> None:
    amsterdam = timezone(timedelta(hours=1))
    at = clock().replace(microsecond=123456).astimezone(amsterdam)
    await add(house, job("one", at))
    found = (await jobs(house))["one"].started_at
    assert found == at
    assert found.tzinfo is UTC


async def test_an_error_shows_no_value(house: House, clock: Clock) -> None:
    await add(house, job("one", clock(), PRIVATE))
    with pytest.raises(DBAPIError) as failed:
        await add(house, job("one", clock(), PRIVATE))
    assert PRIVATE not in str(failed.value)
    assert PRIVATE not in repr(failed.value)


async def test_the_second_of_two_inserts_of_one_row_is_skipped_and_counted(
    house: House, clock: Clock
) -> None:
    row = {"hash": b"x" * 32, "gone_at": clock()}
    async with house.database.unit_of_work() as session:
        assert await changed(session, insert_or_skip(session, UsedLink).values(row)) == 1
        assert await changed(session, insert_or_skip(session, UsedLink).values(row)) == 0


async def test_writers_take_their_turn_and_none_is_lost(house: House, clock: Clock) -> None:
    await add(house, job("count", clock(), "0"))

    async def once() -> None:
        async with house.database.unit_of_work() as session:
            row = await session.get_one(Job, "count", with_for_update=True)
            await asyncio.sleep(0)
            row.outcome = str(int(row.outcome) + 1)

    await asyncio.gather(*(once() for _ in range(20)))
    assert (await jobs(house))["count"].outcome == "20"


async def test_readers_do_not_wait_for_a_writer(house: House, clock: Clock) -> None:
    async with house.database.unit_of_work() as session, asyncio.timeout(5):
        session.add(job("one", clock()))
        await session.flush()
        assert await jobs(house) == {}


async def test_the_databases_clock_compares_with_times_of_ours(house: House) -> None:
    query = select(from_now(-5) < from_now(), from_now(5) < from_now(), from_now())
    async with house.database.reading() as session:
        earlier, later, now = (await session.execute(query)).one()
    assert (earlier, later) == (True, False)
    moment = literal(now + timedelta(seconds=3600), type_=database.UtcTime())
    async with house.database.reading() as session:
        assert await session.scalar(select(moment > from_now()))
        assert not await session.scalar(select(moment > from_now(7200)))


async def test_every_new_connection_is_told(house: House) -> None:
    told: list[int] = []
    house.database.on_connect(lambda: told.append(1))
    await house.database.engine.dispose()
    async with house.database.reading() as session:
        await session.scalar(select(func.count()))
    assert told


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_embedded_database_keeps_its_word(house: House) -> None:
    async with house.database.reading() as session:
        found = [
            await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        ]
    assert found == ["wal", 2, 1, 1]


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://bode@db/bode", "postgresql+psycopg"),
        ("postgresql+psycopg://bode@db/bode", "postgresql+psycopg"),
        ("sqlite:///bode.db", "sqlite+aiosqlite"),
    ],
)
def test_a_url_gets_our_driver_however_it_is_spelled(url: str, driver: str) -> None:
    assert normal(url).drivername == driver


@pytest.mark.parametrize("url", ["postgres://bode@db/bode", "mysql://db/bode", "oracle://db"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        Database(url)
