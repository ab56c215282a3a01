"""What a worker asks thousands of times a second reads the rows it names, and not the whole issue."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domain.house import House
from app.features.send.claim import Wish, claim
from app.features.send.fate import Fate, Outcome
from tests import cast as people
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.byhand import in_hand
from tests.sending import approved, until

FEW, MORE = 4, 3000
NEXT = 10  # copies a connection each

GROWN = """
INSERT INTO delivery (id, issue_id, subscriber_id, state, attempts, in_doubt)
SELECT gen_random_uuid(), :issue, gen_random_uuid(), 'accepted', 1, 0 FROM generate_series(1, :more)
"""
# A look of the database's own at the table makes plans anew, and then this shows nothing.
ALONE = "ALTER TABLE delivery SET (autovacuum_enabled = false)"
READ = "SELECT sum(idx_tup_read)::int FROM pg_stat_user_indexes WHERE relname = 'delivery'"
SCANS = "SELECT sum(idx_scan)::int FROM pg_stat_user_indexes WHERE relname = 'delivery'"


async def say(house: House, statement: str, **values: object) -> None:
    async with house.database.unit_of_work() as session:
        await session.execute(text(statement), values)


async def ask(house: House, question: str) -> int:
    async with house.database.reading() as session:
        return int(await session.scalar(text(question)) or 0)


@pytest.mark.parametrize(
    "known", ["SELECT 1", "ANALYZE delivery"], ids=["never looked at", "known to be small"]
)
@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_a_plan_made_for_a_small_list_reads_no_more_of_a_large_one(
    cast: Stage, clock: Clock, known: str
) -> None:
    """The plan stays as long as the connection; begun at the issue it read all copies for each group."""
    house = cast.house
    await say(house, ALONE)
    await say(house, "TRUNCATE delivery")  # rows of earlier tests are deleted, and still in the indexes
    await people.crowd(house, cast.letter, FEW + NEXT, clock())
    issue_id: UUID = await approved(cast, clock())
    async with in_hand(house, issue_id) as (hand, pen):
        await say(house, known)
        copies = (await claim(hand, Wish(issue_id, 0, 50, "w.1", 60.0), time.monotonic() + 60)).copies
        few, rest = copies[:FEW], copies[FEW:]
        assert await pen.write([], few) == {copy.seq for copy in few}  # planned now, and kept
        await say(house, GROWN, issue=issue_id, more=MORE)
        read, scans = await ask(house, READ), await ask(house, SCANS)
        settled = [(copy, Fate(Outcome.ACCEPTED, "250")) for copy in few]
        assert await pen.write(settled, rest) == {copy.seq for copy in rest}

    async def counted() -> bool:  # a connection that ends hands in what it has counted
        return await ask(house, SCANS) >= scans + len(copies)

    await until(counted)
    assert await ask(house, READ) - read < MORE
