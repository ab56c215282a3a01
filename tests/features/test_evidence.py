"""Where an earlier yes is kept may say who somebody is: it goes with the last proof that points to it."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import parse
from app.domain import consent
from app.domain.consent import Consent, Wording
from app.features import erase, guard, retain
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.restoring import watching
from tests.features.test_intake import HEAD, bring_in

OWN, SHARED = "card signed by J. Jansen of Ons Dorp", "sign-up sheet in folder 3"
LISTED = HEAD + "".join(
    f"{name}@example.net,2024-05-31,{where}\n"
    for name, where in (("jan", OWN), ("kim", SHARED), ("lou", SHARED))
)


@pytest.fixture
async def on(cast: Stage, clock: Clock) -> Stage:
    """Three came in with a list; two of them on one sheet."""
    assert (await bring_in(cast, LISTED, clock())).added == 3
    return cast


async def kept(on: Stage) -> set[str]:
    """Which evidence is still there."""
    async with on.house.database.reading() as session:
        return {*await session.scalars(select(Wording.text))} & {OWN, SHARED}


async def gone(on: Stage, clock: Clock, name: str) -> None:
    words = {"ring": on.house.ring, "book": on.house.book, "now": clock()}
    async with on.house.database.unit_of_work() as session:
        await erase.erase(session, parse(f"{name}@example.net"), actor="fatima", **words)


async def test_who_is_erased_takes_evidence_along_that_nobody_else_needs(on: Stage, clock: Clock) -> None:
    async with on.house.database.reading() as session:
        before = {*await session.scalars(select(Wording.text))} - {OWN, SHARED}
    assert await kept(on) == {OWN, SHARED}
    await gone(on, clock, "jan")
    await gone(on, clock, "kim")
    assert await kept(on) == {SHARED}
    await gone(on, clock, "lou")
    assert await kept(on) == set()
    async with on.house.database.reading() as session:
        assert {*await session.scalars(select(Wording.text))} == before  # the words of our own form stay


async def test_a_backup_that_is_put_back_keeps_no_evidence_of_who_was_erased(on: Stage, clock: Clock) -> None:
    async with on.house.database.reading() as session:
        rows = [*await session.scalars(select(Consent).where(Consent.event == consent.Event.IMPORTED))]
        texts = [*await session.scalars(select(Wording).where(Wording.text == OWN))]
        mine = [each for each in rows if each.wording_id == texts[0].id]
    await gone(on, clock, "jan")
    async with on.house.database.unit_of_work() as session:  # as a backup of before has it
        await _again(session, texts, mine)
    assert OWN in await kept(on)
    await guard.replay(watching(on.house), everything=True, now=clock())
    assert OWN not in await kept(on)


async def _again(session: AsyncSession, *groups: list[Wording] | list[Consent]) -> None:
    for each in (row for group in groups for row in group):
        columns = {column.key: getattr(each, column.key) for column in inspect(type(each)).columns}
        session.add(type(each)(**columns))
        await session.flush()


async def test_evidence_goes_with_the_proof_that_was_kept_for_two_years(on: Stage, clock: Clock) -> None:
    house = on.house
    async with house.database.unit_of_work() as session:
        for name in ("jan", "kim"):
            await consent.end(session, house.ring, on.letter.id, parse(f"{name}@example.net"), at=clock())
    clock.forward(days=730, seconds=-1)
    async with house.database.unit_of_work() as session:
        assert "wording" not in await retain.retain(session, now=clock())
    clock.forward(seconds=1)
    async with house.database.unit_of_work() as session:
        assert (await retain.retain(session, now=clock()))["wording"] == 1
    assert await kept(on) == {SHARED}


def test_whether_a_proof_points_to_a_text_is_found_along_an_index() -> None:
    """Erasing one among a million looks at no other proof; the database looks as well, for the key."""
    indexed = {tuple(each.columns.keys()) for each in Consent.__table__.indexes}  # type: ignore[attr-defined]
    assert ("wording_id",) in indexed
