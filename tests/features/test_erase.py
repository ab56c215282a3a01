"""Being forgotten: everything of an address goes at once, and nothing else does."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from app.core.address import parse
from app.core.crypto import KeyRing, new_key
from app.domain import consent, erasure, farewell, lookup, outbox
from app.domain.audit import Event, Record
from app.domain.block import Ground
from app.domain.house import House
from app.domain.ledger import Reason
from app.domain.lookup import Why
from app.domain.outbox import Mail, Purpose
from app.domain.subscriber import Subscriber
from app.features import certify, erase
from app.features.erase import Erased
from tests.cast import ALICE, BOB, Stage, wants
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


async def test_who_is_erased_goes_also_when_the_stored_address_is_damaged(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        await session.execute(update(Subscriber).values(address=b"a broken disk"))
    assert await forget(cast, clock, ALICE) == Erased(subscriptions=1, mails=0, final=True, proofs=2)
    assert await cast.find(ALICE) is None
    assert [each.reason for each in await cast.house.book.of([cast.alice.subject])] == [Reason.ERASED]


SHORT = {"newsletter", "outbox", "pending_end", "service"}  # tables that do not grow with the readers
Said = list[tuple[str, Any]]


@contextmanager
def heard(house: House) -> Iterator[Said]:
    """Every statement that the main database is asked meanwhile, with its values."""
    said: Said = []

    def hear(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        said.append((statement, values))

    engine = house.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    yield said
    event.remove(engine, "before_cursor_execute", hear)


def read_whole(house: House, said: Said) -> set[str]:
    """Which tables these statements read from end to end, or an index of them."""
    plans = []
    with sqlite3.connect(str(house.database.url.database)) as connection:
        for statement, values in said:
            plans += connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    return {found[1] for *_, step in plans if (found := re.match(r"SCAN (\w+)", step))}


async def known_in_every_way(on: Stage, clock: Clock) -> None:
    """Alice came in with a list, was looked up, asks something, and asked for silence."""
    house, alice = on.house, parse(ALICE)
    async with house.database.unit_of_work() as session:
        kept = await consent.worded(session, "form of 2019", clock())
        words: dict[str, Any] = {"at": clock() - timedelta(days=1), "wording_id": kept}
        consent.record(session, house.ring, on.letter.id, alice, consent.Event.IMPORTED, **words)
        lookup.note(session, house.ring, alice, why=Why.QUESTION, number="V-2026-000009", now=clock())
        session.add(wants(house, on.letter, ALICE, clock()))
        tools: dict[str, Any] = {"ring": house.ring, "book": house.book, "now": clock()}
        await farewell.block_address(session, on.letter.id, alice, Ground.OBJECTION, **tools)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_one_among_a_million_is_found_by_indexes_alone(cast: Stage, clock: Clock) -> None:
    house, alice = cast.house, parse(ALICE)
    await known_in_every_way(cast, clock)
    words: dict[str, Any] = {"ring": house.ring, "now": clock()}
    with heard(house) as said:
        async with house.database.unit_of_work() as session:
            assert (await erasure.ahead(session, alice, **words)).blocks
            acts = {**words, "book": house.book, "actor": "fatima"}
            erased = await erase.unblock(session, alice, await erase.erase(session, alice, **acts), **acts)
            office = certify.Office("Bode", house.ring, house.book, 35)
            await certify.certify(session, office, alice, erased.removed, now=clock())
    assert (erased.proofs, erased.lookups, erased.requests, erased.blocks) == (3, 1, 1, 1)
    assert read_whole(house, said) - SHORT == set()
