"""The bare line to the SQLite file: all of a transaction or nothing, in turn with whoever else writes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.core.bare import Bare
from app.core.database import Database
from app.core.direct import Away

ADD = "INSERT INTO number (n) VALUES (?)"


@pytest.fixture
def url(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "numbers.db") as connection:
        connection.execute("CREATE TABLE number (n INTEGER PRIMARY KEY)")
    connection.close()
    return f"sqlite:///{tmp_path / 'numbers.db'}"


@asynccontextmanager
async def line(url: str, patience: float = 5.0) -> AsyncIterator[Bare]:
    database = Database(url, patience)
    bare = await database.bare()
    try:
        yield bare
    finally:
        await bare.close()
        await database.close()


def added(cursor: sqlite3.Cursor, *numbers: int) -> int:
    cursor.executemany(ADD, [(number,) for number in numbers])
    return cursor.rowcount


def numbers(cursor: sqlite3.Cursor) -> list[int]:
    return [row[0] for row in cursor.execute("SELECT n FROM number ORDER BY n")]


def held(url: str) -> sqlite3.Connection:
    """Somebody else who is writing."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


async def test_what_one_line_commits_the_other_reads(url: str) -> None:
    async with line(url) as one, line(url) as other:
        assert await one.run(lambda cursor: added(cursor, 1, 2)) == 2
        assert await other.run(numbers) == [1, 2]


async def test_a_transaction_that_fails_half_way_leaves_nothing_and_the_line_goes_on(url: str) -> None:
    async with line(url) as bare:
        with pytest.raises(Away, match=r"^IntegrityError$"):  # never its words: they may hold a value
            await bare.run(lambda cursor: added(cursor, 3, 3))
        assert await bare.run(numbers) == []


async def test_who_comes_second_waits_for_the_turn_and_gets_it(url: str) -> None:
    async with line(url) as bare:
        holding = held(url)
        waiting = asyncio.ensure_future(bare.run(lambda cursor: added(cursor, 1)))
        await asyncio.wait([waiting], timeout=0.1)
        assert not waiting.done()
        holding.execute("COMMIT")
        assert await waiting == 1
        holding.close()


async def test_a_turn_that_never_comes_is_not_waited_for_for_ever(url: str) -> None:
    async with line(url, patience=0.05) as bare:
        holding = held(url)
        with pytest.raises(Away, match=r"^OperationalError$"):
            await bare.run(lambda cursor: added(cursor, 1))
        holding.close()


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(Away):
        await database.bare()
    assert not (tmp_path / "none.db").exists()
    await database.close()


async def test_every_new_line_is_told_of(url: str) -> None:
    database = Database(url)
    told: list[bool] = []
    database.on_connect(lambda: told.append(True))
    bare = await database.bare()
    assert told == [True]
    await bare.close()
    await database.close()
