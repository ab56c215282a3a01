"""The bare line to PostgreSQL: quick when all is well, and never waiting for ever when it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.core.database import Database
from app.core.direct import Away, Direct, array, numbers

WORDS = {
    b"add": "SELECT n + $2::int FROM unnest($1::bigint[]) AS n",
    b"sleep": "SELECT pg_sleep($1::float8)",
    b"wrong": "SELECT 1 / $1::int",
    b"end": "SELECT pg_terminate_backend($1::int)",
    b"me": "SELECT pg_backend_pid()",
    b"all": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
}
TRIES = 5


@asynccontextmanager
async def line(url: str, within: float = 5.0) -> AsyncIterator[Direct]:
    database = Database(url)
    direct = await database.direct(WORDS, within)
    try:
        yield direct
    finally:
        await direct.close()
        await database.close()


async def asked(direct: Direct, name: bytes, *values: bytes) -> list[int]:
    found = await direct.run(name, values)
    return [int.from_bytes(found.get_value(row, 0) or b"", "big") for row in range(found.ntuples)]


async def test_many_values_go_out_and_rows_come_back(postgres_url: str) -> None:
    async with line(postgres_url) as direct:
        assert await asked(direct, b"add", numbers([1, 2, 2**40]), b"1") == [2, 3, 2**40 + 1]
        assert await asked(direct, b"add", numbers([]), b"1") == []


async def test_a_question_larger_than_a_socket_takes_arrives_whole(postgres_url: str) -> None:
    many = list(range(300_000))
    async with line(postgres_url, 30) as direct:
        assert await asked(direct, b"add", numbers(many), b"0") == many


async def test_no_answer_in_time_ends_the_line(postgres_url: str) -> None:
    async with line(postgres_url, 0.2) as direct:
        with pytest.raises(Away, match="timeout"):
            await direct.run(b"sleep", [b"30"])
        with pytest.raises(Away, match="timeout"):
            await direct.run(b"me", [])


async def test_a_refusal_is_told_by_its_code_and_never_by_its_words(postgres_url: str) -> None:
    async with line(postgres_url) as direct:
        with pytest.raises(Away, match=r"^PostgreSQL says 22012$"):
            await direct.run(b"wrong", [b"0"])


async def test_a_line_whose_statements_cannot_be_prepared_is_hung_up(postgres_url: str) -> None:
    """A backup is being put back and its tables are not there yet: each try must not cost a connection."""
    async with line(postgres_url) as direct:
        database = Database(postgres_url)
        for _ in range(TRIES):
            with pytest.raises(Away, match="42P01"):
                await database.direct({b"early": "SELECT 1 FROM not_there_yet"})
        await database.close()
        async with asyncio.timeout(5):  # the server needs a moment to see that somebody hung up
            while await asked(direct, b"all") != [1]:
                pass


async def test_a_line_that_is_cut_off_is_noticed_at_once(postgres_url: str) -> None:
    async with line(postgres_url, 60) as direct, line(postgres_url) as other:
        (me,) = await asked(direct, b"me")
        waiting = asyncio.ensure_future(direct.run(b"sleep", [b"60"]))
        await asyncio.sleep(0)
        await other.run(b"end", [str(me).encode()])
        async with asyncio.timeout(20):
            with pytest.raises(Away):
                await waiting
            with pytest.raises(Away):
                await direct.run(b"me", [])


async def test_where_nobody_listens_there_is_no_line() -> None:
    database = Database("postgresql://bode@127.0.0.1:9/none")
    with pytest.raises(Away):
        await database.direct(WORDS)
    await database.close()


async def test_every_new_line_is_told_of(postgres_url: str) -> None:
    database = Database(postgres_url)
    told: list[bool] = []
    database.on_connect(lambda: told.append(True))
    direct = await database.direct(WORDS)
    assert told == [True]
    await direct.close()
    await database.close()


def test_words_are_kept_apart() -> None:
    assert array(['"a b"', "NULL"]) == b'{"a b",NULL}'
