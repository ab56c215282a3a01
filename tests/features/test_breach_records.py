"""A data breach is about a number of records beside a number of people (GDPR Art. 33(3)(a))."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.database import Database
from app.domain import extent
from app.domain.book import Book
from app.features.breach import record
from tests.cast import Stage, join
from tests.conftest import Clock
from tests.features.test_breach import SLUG, Case


@pytest.fixture
def case(cast: Stage, clock: Clock) -> Case:
    return Case(cast, clock)


async def test_records_are_counted_beside_people_as_they_were_then(case: Case, tmp_path: Path) -> None:
    kinds = ["subscriber", "consent", "delivery", "ledger_entry"]

    async def counted() -> dict[str, int]:
        async with case.house.database.reading() as session:
            return await extent.rows(session, case.house.book, [SLUG], kinds)

    found = await counted()
    assert (found["subscriber"], found["consent"] > 1, found["delivery"]) == (1, True, 0)
    assert found["ledger_entry"] > 0  # chris has gone
    row = await case.begin(data=kinds, rows=found)
    assert (row.people, row.records, row.counted) == (1, sum(found.values()), found)
    await join(case.house, case.on.letter, "bram@example.org", case.clock())
    assert (await counted())["subscriber"] == 2
    await case.act(record.amend, case.facts(data=["subscriber"], rows=await counted()))
    assert ((await case.look()).records, (await case.look()).counted) == (1, {"subscriber": 1})
    await case.act(record.amend, case.facts(data=kinds, rows=await counted(), records=7))
    assert (await case.look()).records == 7
    gone = Database(f"sqlite:///{tmp_path}/gone/ledger.db")
    book, case.house.book = case.house.book, Book(gone, None, case.house.ring)
    assert set(await counted()) == {"subscriber", "consent", "delivery"}
    case.house.book = book
