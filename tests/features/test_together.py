"""Two issues go out at the same time: neither waits for the other, and one newsletter has one pace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.domain import house as houses
from app.domain.house import House
from app.domain.issue import State
from app.domain.newsletter import Newsletter
from app.features.send.claim import reserve
from app.features.send.start import start
from tests import cast as people
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import approved, books, over, reached, send, until, working
from tests.servers.smtp import Server

PACE = 20
CROWD = 600  # at that pace it takes half a minute: longer than a test waits for anything


@pytest.fixture
async def other(cast: Stage, clock: Clock) -> Stage:
    """A second newsletter with one reader; the first has a crowd, and both have a pace."""
    words = {"slug": "ander-nieuws", "title": "Ander Nieuws", "sender_name": "Ander Netwerk"}
    house, sender = cast.house, {"sender_address": "ander@example.org", "language": "nl", "cadence": ""}
    letter = Newsletter(id=uuid4(), pace=PACE, created_at=clock(), **words, **sender)
    async with house.database.unit_of_work() as session:
        session.add(letter)
        (await session.merge(cast.letter)).pace = PACE
    await people.crowd(house, cast.letter, CROWD, clock())
    return replace(cast, letter=letter, alice=await people.join(house, letter, people.ALICE, clock()))


async def test_a_second_newsletter_does_not_wait_until_the_first_is_done(
    cast: Stage, other: Stage, clock: Clock
) -> None:
    large, small = await approved(cast, clock()), await approved(other, clock())
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, large)

        async def begun() -> bool:
            return server.received.counts["letters"] > 0

        await until(begun)
        await send(cast.house, small)
        await reached(cast.house, small, State.SENT)
        assert (await books(cast.house, large))["waiting"] > 0


async def test_two_issues_of_one_newsletter_share_its_pace(cast: Stage, clock: Clock) -> None:
    house, both = cast.house, [await approved(cast, clock()) for _ in range(2)]
    for each in both:
        await send(house, each)
    async with house.database.unit_of_work() as session:
        assert len(await start(session, ring=house.ring, now=houses.now())) == 2
    waits = []
    for each in (*both, *both):
        async with house.database.unit_of_work() as session:
            waits.append(await reserve(session, each, PACE * 10, PACE))
    assert waits == pytest.approx([0, 10, 20, 30], abs=5)


@asynccontextmanager
async def refusing(house: House, issue_id: UUID) -> AsyncIterator[None]:
    """The database takes no copy of this issue, whatever is tried."""
    if house.database.postgres:
        begin = f"ALTER TABLE delivery ADD CONSTRAINT odd CHECK (issue_id <> '{issue_id}') NOT VALID"
        end = "ALTER TABLE delivery DROP CONSTRAINT odd"
    else:
        begin = f"""CREATE TRIGGER odd BEFORE INSERT ON delivery WHEN new.issue_id = '{issue_id.hex}'
            BEGIN SELECT raise(ABORT, 'odd'); END"""
        end = "DROP TRIGGER odd"
    async with house.database.unit_of_work() as session:
        await session.execute(text(begin))
    try:
        yield
    finally:
        async with house.database.unit_of_work() as session:
            await session.execute(text(end))


async def test_an_issue_that_the_database_refuses_keeps_no_other_waiting(
    cast: Stage, other: Stage, clock: Clock
) -> None:
    odd, fine = await approved(cast, clock()), await approved(other, clock())
    async with Server() as server, working(over(cast.house, server.url)):
        async with refusing(cast.house, odd):
            await send(cast.house, odd)
            await send(cast.house, fine)
            await reached(cast.house, fine, State.SENT)
            assert (await books(cast.house, odd))["accepted"] == 0

        async def goes() -> bool:
            return (await books(cast.house, odd))["accepted"] > 0

        await until(goes)
