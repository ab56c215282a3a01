"""Changes the key that everything is sealed under, a few hundred rows at a time, while the service runs.

How far it is stands in the rows themselves: each says which key it is under. So it can be killed at
any point, and goes on where it was. What has no address any more (ledger, blocks, proofs) keeps its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import crypto, register
from app.core.crypto import KeyRing, Unreadable
from app.core.database import Base, Database
from app.core.register import Sealed
from app.domain import audit, candidate, ledger, request, service, subscriber
from app.domain.audit import Event
from app.domain.book import Book
from app.domain.ledger import Entry, Reason
from app.domain.subscriber import Subscriber

BATCH = 250  # rows: a transaction of some 20 ms, which nobody who signs up or leaves notices
GAP = 0.01  # seconds between two transactions on SQLite, so that others can write too
WALKED = "walked"  # the parameter that tells which row; no column is called so
HEAD = len(crypto.head("00000000"))  # octets in front of a sealed value that tell its key

# What else of a row is made from the address, and must follow it.
ALSO: dict[str, Callable[[KeyRing, UUID, bytes], dict[str, Any]]] = {
    "subscriber": subscriber.keyed,
    "request": request.keyed,
    "candidate": candidate.keyed,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What a change of keys works with."""

    database: Database
    book: Book
    ring: KeyRing


@dataclass(frozen=True, slots=True)
class Place:
    """One column that holds sealed values."""

    table: Table
    column: str
    how: Sealed

    @property
    def cursor(self) -> ColumnElement[Any]:
        """What its rows are walked along by."""
        (found,) = self.table.primary_key.columns
        return found

    def elsewhere(self, key_id: str) -> ColumnElement[bool]:
        """Whether a row is under another key than this one; a value that was removed is under none."""
        return func.substr(self.table.c[self.column], 1, HEAD, type_=LargeBinary) != crypto.head(key_id)

    def rows(self, key_id: str, after: Any) -> Select[Any]:
        """The next rows under another key, held so that nobody ends them; who is busy is passed over."""
        scope = self.table.c[self.how.scope] if self.how.scope else literal_column("NULL")
        number, sealed = self.table.c[self.how.row].label("number"), self.table.c[self.column].label("sealed")
        query = select(self.cursor.label("at"), number, scope.label("scope"), sealed)
        query = query.where(self.elsewhere(key_id))
        if after is not None:
            query = query.where(self.cursor > after)
        return query.order_by(self.cursor).limit(BATCH).with_for_update(skip_locked=True)

    def anew(self, ring: KeyRing, row: Row[Any]) -> dict[str, Any]:
        """The values of a row under the key in use."""
        number = row.number.hex if isinstance(row.number, UUID) else row.number
        bound = f"{self.table.name}|{self.column}|{number}"
        plain = ring.open(self.how.purpose, row.sealed, bound_to=bound, scope=row.scope)
        also = ALSO[self.table.name](ring, row.scope, plain) if self.table.name in ALSO else {}
        return {self.column: ring.seal(self.how.purpose, plain, bound_to=bound, scope=row.scope), **also}


PLACES = [Place(*found) for found in register.sealed(Base.metadata)]


async def activate(session: AsyncSession, ring: KeyRing, *, actor: str, now: datetime) -> bool:
    """Seal with the key that was added last, from now on; False when that is so already."""
    key_id = ring.newest
    if not await service.change_key(session, key_id):
        return False
    await audit.record(session, actor, Event.KEY_ACTIVATED, about=f"key {key_id}", now=now)
    ring.use(key_id)
    return True


async def left(session: AsyncSession, key_id: str, *, lasting: bool = False) -> int:
    """How many sealed values are under another key; `lasting` leaves out what goes by itself soon."""
    found = 0
    for place in PLACES:
        if not lasting or place.table.info["kept"].length is None:
            query = select(func.count()).select_from(place.table).where(place.elsewhere(key_id))
            found += await session.scalar(query) or 0
    return found


async def rotate(desk: Desk, done: Callable[[int], None]) -> int:
    """Seal everything anew under the key in use; returns how many values could not be, for now.

    Goes round until a round has moved nothing. `done` is told of every batch.
    """
    key_id, moving = desk.ring.active, True
    while moving:
        moving = False
        for place in PLACES:
            async for moved in _walk(desk, place, key_id):
                moving = moving or moved > 0
                done(moved)
    async with desk.database.reading() as session:
        return await left(session, key_id)


async def _walk(desk: Desk, place: Place, key_id: str) -> AsyncIterator[int]:
    after = None
    while True:
        async with desk.database.unit_of_work() as session:
            rows = (await session.execute(place.rows(key_id, after))).all()
            moved = await _move(session, desk, place, rows)
        if not rows:
            return
        yield moved
        after = rows[-1].at
        await asyncio.sleep(0 if desk.database.postgres else GAP)


async def _move(session: AsyncSession, desk: Desk, place: Place, rows: Sequence[Row[Any]]) -> int:
    leaving = await _leaving(session, desk.book, rows) if place.table is Subscriber.__table__ else set()
    values = []
    for row in rows:
        if row.at not in leaving:
            try:
                values.append({WALKED: row.at, **_named(place.anew(desk.ring, row))})
            except Unreadable:
                continue  # counted in the end: somebody must look for the key
    if values:
        names = [name for name in values[0] if name != WALKED]
        changes: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in names}
        statement = update(place.table).where(place.cursor == bindparam(WALKED)).values(changes)
        await session.execute(statement, values)
    return len(values)


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """A parameter may not be called as its column is."""
    return {f"new_{name}": value for name, value in values.items()}


async def _leaving(session: AsyncSession, book: Book, rows: Sequence[Row[Any]]) -> set[int]:
    """Whom the ledger knows as gone, and the next replay ends: it finds them under the old key only.

    Whoever ends a row holds it before writing to the ledger, and here all are held: nobody is between.
    """
    query = select(Subscriber.seq, Subscriber.subject, Subscriber.confirmed_at, Subscriber.restricted_at)
    held = (await session.execute(query.where(Subscriber.seq.in_([row.at for row in rows])))).all()
    known: dict[bytes, Any] = {each.subject: each for each in held}
    return {known[entry.subject].seq for entry in await book.of(list(known)) if _open(entry, known)}


def _open(entry: Entry, known: dict[bytes, Any]) -> bool:
    row = known[entry.subject]
    restricted = entry.reason == Reason.RESTRICTED and row.restricted_at is not None
    return entry.at >= row.confirmed_at and entry.reason not in ledger.BLOCKS and not restricted
