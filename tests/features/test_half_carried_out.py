"""Everything stops while a request to be erased is carried out, after each line that the ledger has."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

import pytest

from app.core.address import parse
from app.domain import consent, lookup, request, subscriber
from app.domain.book import Book, Farewell
from app.domain.certificate import Certificate
from app.domain.newsletter import Newsletter
from app.domain.request import Kind, Request, State
from app.features import certify, erase, guard
from app.features.certify import Verdict
from app.features.request import settle
from app.features.request.settle import Way
from tests.cast import Stage, join
from tests.conftest import Clock
from tests.features.restoring import watching
from tests.features.test_lookup import look
from tests.features.test_request import Office

LINES = 5  # that erasing writes here: an end and a proof for each of two newsletters, and the look-ups


class Killed(Exception):
    """The process is gone: the main database never hears of it."""


class LastLine(Book):
    """A ledger that has a line for good, just before everything stops."""

    def __init__(self, book: Book, left: int) -> None:
        super().__init__(book.database, book.copy.path, book.copy.ring)
        self._left = left

    async def write(self, farewells: Sequence[Farewell]) -> None:
        await super().write(farewells)
        self._left -= 1
        if not self._left:
            raise Killed


async def carry_out(office: Office, row: Request, book: Book) -> Certificate:
    """What the officer's button does, in its one transaction."""
    house, now = office.house, office.clock()
    async with house.database.unit_of_work() as session:
        found = await request.by_id(session, row.id, lock=True)
        address = request.opened(house.ring, found)
        erased = await erase.erase(
            session, address, ring=house.ring, book=book, actor="fatima", now=now, request=row.id
        )
        seal = certify.Office("Netwerk Weerbaar Bestuur", house.ring, book, 35)
        proof = await certify.certify(session, seal, address, erased.removed, now=now)
        await settle.carry_out(session, office.desk, found, Way.MAIL)
    return proof


async def left(office: Office, letters: list[Newsletter], name: str) -> list[str]:
    """What is still held of somebody, in any newsletter."""
    ring, address, found = office.house.ring, parse(name), []
    async with office.house.database.reading() as session:
        for letter in letters:
            there = await subscriber.find(session, ring, letter.id, address)
            found += [f"a subscription to {letter.slug}"] if there else []
            known = consent.proofs(ring, letter.id, address)
            found += ["a proof" for _ in await consent.of(session, known)]
            found += ["a request" for _ in await request.of(session, known)]
        found += ["a look-up" for _ in await lookup.of(session, lookup.subjects(ring, address))]
    return found


async def test_wherever_it_stops_the_request_stays_open_and_is_carried_out_in_the_end(
    cast: Stage, clock: Clock
) -> None:
    office, house = Office(cast, clock), cast.house
    async with house.database.unit_of_work() as session:
        words = {name: getattr(cast.letter, name) for name in ("sender_name", "sender_address", "language")}
        other = Newsletter(id=uuid4(), slug="tweede", title="Tweede", cadence="", created_at=clock(), **words)
        session.add(other)
    letters = [cast.letter, other]
    for line in range(1, LINES + 1):
        name = f"vergeten{line}@example.org"
        for letter in letters:
            await join(house, letter, name, clock())
        await look(cast, clock, name)
        clock.forward(minutes=1)
        row = await office.known(Kind.ERASURE, name)
        with pytest.raises(Killed):
            await carry_out(office, row, LastLine(house.book, line))
        clock.forward(minutes=1)
        await guard.replay(watching(house), now=clock())
        assert (await office.look(row)).state == State.KNOWN, line  # nobody was answered yet
        assert (await left(office, letters, name) == ["a request"]) == (line == LINES), line

        proof = await carry_out(office, row, house.book)
        assert (await office.look(row)).state == State.DONE
        assert await left(office, letters, name) == []
        tools = {"ring": house.ring, "book": house.book, "backup_days": 35, "now": clock()}
        assert await certify.check(proof, **tools) == Verdict.WHOLE
        assert [each["address"] for each in await office.mails() if each.get("answers") == row.id.hex] == [
            name
        ]
        assert await guard.replay(watching(house), everything=True, now=clock()) == 0
    assert await house.book.verify(house.ring) == []
