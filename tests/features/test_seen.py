"""The ledger sees how far the trail is: what nobody signed yet cannot be rewritten unseen either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from app.core import chain
from app.core.crypto import new_key
from app.core.faults import Unkeyed
from app.core.settings import Settings
from app.domain import audit, service
from app.domain.audit import Event, Record
from app.domain.house import House
from app.domain.ledger import Entry, Head, Reason
from app.features import guard, unsubscribe
from tests.backups import Backups, reopen
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.restoring import tick, watching


class Insider:
    """Somebody with the main database's password who read the code: the chain they leave fits by itself."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house, self.clock = house, clock

    async def write(self, count: int) -> None:
        async with self.house.database.unit_of_work() as session:
            for number in range(count):
                about = f"case {number}"
                await audit.record(session, "fatima", Event.ADDRESS_LOOKED_UP, about=about, now=self.clock())

    async def rewrite(self, change: Callable[[list[Record]], list[Record]]) -> None:
        """Another end of the trail, five records from its end on."""
        async with self.house.database.unit_of_work() as session:
            rows = list(await session.scalars(select(Record).order_by(Record.seq)))
            kept, end = rows[-6], [Record(**row.covered() | {"at": row.at}) for row in rows[-5:]]
            await session.execute(delete(Record).where(Record.seq > kept.seq))
            await session.execute(update(audit.Head).values(seq=kept.seq, hash=kept.hash))
            session.expire_all()
            for row in change(end):
                await chain.append(session, audit.Head, "audit", row)

    async def faults(self) -> tuple[list[str], list[str]]:
        """What the chain says by itself, and held against what the ledger saw."""
        seen = await self.house.book.seen()
        async with self.house.database.reading() as session:
            alone = await chain.verify(session, audit.CHAIN, self.house.ring)
            return alone, await audit.verify(session, self.house.ring, seen)


async def use(house: House, key_id: str) -> None:
    """Seal under this key from now on."""
    async with house.database.unit_of_work() as session:
        await service.change_key(session, key_id)
    house.ring.use(key_id)


def _edited(rows: list[Record]) -> list[Record]:
    rows[2].actor = "somebody"
    return rows


@pytest.mark.parametrize(
    "change",
    [_edited, lambda rows: rows[:2] + rows[3:], lambda rows: rows[::-1], lambda rows: rows[:2]],
    ids=["edited", "taken out", "turned round", "cut off"],
)
async def test_what_is_not_signed_yet_cannot_be_rewritten_unseen_either(
    on: Stage, clock: Clock, change: Callable[[list[Record]], list[Record]]
) -> None:
    insider = Insider(on.house, clock)
    await insider.write(6)
    await tick(on.house, clock)
    assert await insider.faults() == ([], [])
    await insider.rewrite(change)
    for _ in range(2):  # nor do time and more records cover it up
        alone, held = await insider.faults()
        assert (alone, len(held)) == ([], 1)
        assert "not the one that the ledger saw" in held[0]
        await insider.write(3)
        await tick(on.house, clock)


async def test_what_was_sealed_under_a_missing_key_cannot_be_judged_and_stays(
    on: Stage, clock: Clock
) -> None:
    insider, ring = Insider(on.house, clock), on.house.ring
    first, lost = ring.active, new_key(clock())
    ring._keys |= {lost.id: lost}
    await use(on.house, lost.id)
    await insider.write(6)
    await tick(on.house, clock)
    await use(on.house, first)
    del ring._keys[lost.id]
    await tick(on.house, clock)  # it is not taken down anew over what nobody can judge
    (fault,) = (await insider.faults())[1]
    assert isinstance(fault, Unkeyed)
    assert fault.key == lost.id
    await insider.rewrite(_edited)
    ring._keys |= {lost.id: lost}
    assert "was rewritten" in (await insider.faults())[1][0]


async def test_a_restored_trail_is_seen_from_its_own_end(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    backup = backups.take(settings)
    await Insider(on.house, clock).write(6)
    await tick(on.house, clock)
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    assert await guard.check(watching(house), now=clock())
    await tick(house, clock)
    assert await Insider(house, clock).faults() == ([], [])
    assert await house.book.seen() is not None
    await house.close()


async def test_the_ledgers_own_end_is_held_against_its_copy(
    on: Stage, clock: Clock, settings: Settings, tmp_path: Path
) -> None:
    house = await reopen(on.house, settings.model_copy(update={"ledger_copy": tmp_path / "elsewhere"}))
    async with house.database.unit_of_work() as session:
        await unsubscribe.leave(session, on.link(on.alice), ring=house.ring, book=house.book, now=clock())
    await house.book.fill(None)  # it was begun later than the ledger
    assert await house.book.verify(house.ring) == []
    async with house.book.database.unit_of_work() as session:
        (entry,) = await session.scalars(select(Entry).where(Entry.subject == on.alice.subject))
        before = await session.scalar(select(Entry.hash).where(Entry.seq == entry.seq - 1))
        entry.reason = Reason.RESTRICTED  # which ends nothing after a restore
        entry.hash = chain.next_hash(before or chain.START, entry)
        await session.execute(update(Head).values(hash=entry.hash))
    (fault,) = await house.book.verify(house.ring)
    assert "the ledger was rewritten" in fault
    await house.close()
