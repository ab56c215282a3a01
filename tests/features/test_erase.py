"""Being forgotten: everything of an address goes at once, and nothing else does."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.core.address import parse
from app.core.crypto import KeyRing, new_key
from app.domain import consent, outbox
from app.domain.audit import Event, Record
from app.domain.outbox import Mail, Purpose
from app.features import erase
from app.features.erase import Erased
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock


async def forget(on: Stage, clock: Clock, address: str) -> Erased:
    house = on.house
    async with house.database.unit_of_work() as session:
        return await erase.erase(
            session, parse(address), ring=house.ring, book=house.book, actor="fatima", now=clock()
        )


async def queue(on: Stage, clock: Clock, address: str, ring: KeyRing | None = None) -> None:
    content = {"address": address, "newsletter": on.letter.id.hex, "language": "nl"}
    async with on.house.database.unit_of_work() as session:
        outbox.write(session, ring or on.house.ring, Purpose.ASK, content, clock())


async def queued(on: Stage) -> int:
    async with on.house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Mail)) or 0


async def test_row_proof_and_waiting_mail_go_and_the_ledger_remembers(cast: Stage, clock: Clock) -> None:
    for address in (ALICE, ALICE.upper(), BOB):
        await queue(cast, clock, address)
    assert await forget(cast, clock, ALICE) == Erased(subscriptions=1, mails=2, final=True, proofs=2)
    assert await cast.find(ALICE) is None
    assert await queued(cast) == 1
    async with cast.house.database.reading() as session:
        known = consent.proofs(cast.house.ring, cast.letter.id, parse(ALICE))
        assert await consent.of(session, known) == []
    assert await cast.house.book.last_end([cast.alice.subject]) is not None


async def test_erasing_who_is_not_there_is_no_error_and_on_record_too(cast: Stage, clock: Clock) -> None:
    assert await forget(cast, clock, BOB) == Erased(subscriptions=0, mails=0, final=True)
    async with cast.house.database.reading() as session:
        found = list(await session.scalars(select(Record).where(Record.event == Event.SUBSCRIBER_ERASED)))
    assert [(each.actor, each.reason) for each in found] == [("fatima", "final")]


@pytest.mark.parametrize("poison", ["a key that is gone", "no address"])
async def test_a_mail_that_nobody_can_open_keeps_nobody_from_being_erased(
    cast: Stage, clock: Clock, poison: str
) -> None:
    stranger = KeyRing([new_key(clock())]) if poison == "a key that is gone" else None
    await queue(cast, clock, "nobody", stranger)
    assert (await forget(cast, clock, ALICE)).subscriptions == 1
    assert await cast.find(ALICE) is None
