"""One address is looked up with a reason and a case, on record; the person can see it; no floods."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.address import parse
from app.domain import lookup
from app.domain.audit import Event, Record
from app.domain.lookup import Lookup, Why
from app.features import erase
from app.features import lookup as looking
from app.features.lookup import MOST, NoCase, Seen, TooOften
from tests.cast import ALICE, BOB, CHRIS, Stage
from tests.conftest import Clock

FATIMA = (UUID(int=7), "fatima")
CASE = "AVG-2026-17"


async def look(on: Stage, clock: Clock, address: str, number: str = CASE) -> list[Seen]:
    words: dict[str, Any] = {"officer": FATIMA, "ring": on.house.ring, "now": clock()}
    async with on.house.database.unit_of_work() as session:
        return await looking.look_up(session, parse(address), Why.QUESTION, number, **words)


async def found(on: Stage, address: str) -> list[Lookup]:
    async with on.house.database.reading() as session:
        return await lookup.of(session, lookup.subjects(on.house.ring, parse(address)))


async def test_it_tells_what_is_held_and_is_on_record_without_the_address(cast: Stage, clock: Clock) -> None:
    (alice,) = await look(cast, clock, ALICE.upper())
    assert alice.row is not None
    (chris,) = await look(cast, clock, CHRIS)
    assert (chris.row, len(chris.proofs)) == (None, 3)
    assert await look(cast, clock, BOB) == []
    async with cast.house.database.reading() as session:
        trail = await session.scalars(select(Record).where(Record.event == Event.ADDRESS_LOOKED_UP))
        assert [(each.actor, each.about, each.reason) for each in trail] == [
            ("fatima", f"case {CASE}", "question")
        ] * 3
    assert [(each.why, each.number, each.at) for each in await found(cast, ALICE)] == [
        (Why.QUESTION, CASE, clock())
    ]
    assert len(await found(cast, BOB)) == 1  # also of whom nothing was held


@pytest.mark.parametrize(
    "number", ["", "17", "avg-2026-17", "AVG-2026-17 ", "alice@example.org", "AVG-2026-alice"]
)
async def test_without_the_number_of_a_case_nothing_is_looked_up(
    cast: Stage, clock: Clock, number: str
) -> None:
    with pytest.raises(NoCase):
        await look(cast, clock, ALICE, number)
    assert await found(cast, ALICE) == []


async def test_more_in_a_day_than_work_asks_for_is_stopped(cast: Stage, clock: Clock) -> None:
    for number in range(MOST):
        await look(cast, clock, f"reader{number}@example.net")
    with pytest.raises(TooOften):
        await look(cast, clock, ALICE)
    assert await found(cast, ALICE) == []


async def test_who_is_erased_takes_the_look_ups_along(cast: Stage, clock: Clock) -> None:
    await look(cast, clock, BOB)
    words: dict[str, Any] = {"ring": cast.house.ring, "book": cast.house.book, "now": clock()}
    async with cast.house.database.unit_of_work() as session:
        await erase.erase(session, parse(BOB), actor="reader", **words)
    assert await found(cast, BOB) == []
