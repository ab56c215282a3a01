"""Who has gone goes again: what the ledger says is done once more to rows that a backup brought back.

Blocks and restrictions come back with it. All of it may be done at any time, any number of times: whoever
signed up again after leaving stays.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import logs
from app.core.crypto import KeyRing, Unreadable
from app.domain import (
    candidate,
    consent,
    delivery,
    erasure,
    farewell,
    ledger,
    lifting,
    lookup,
    service,
    subscriber,
)
from app.domain.ledger import Entry, Reason
from app.domain.subscriber import Subscriber
from app.features.guard.watch import Watch

CHUNK = 500  # ledger entries replayed in one transaction

log = logs.get("guard")


async def replay(watch: Watch, *, everything: bool = False, now: datetime) -> int:
    """End again whoever the ledger says has gone; idempotent. Returns how many rows went.

    Blocks and restrictions too. `everything` starts at the first entry and matches other keys' as well.
    """
    ended = 0
    async with watch.database.reading() as session:
        after = 0 if everything else (await service.state(session)).replayed_seq
    while entries := await watch.book.since(after, CHUNK):
        standing = await lifting.standing(watch.book, entries, now)
        if early := [each.seq for each in entries if lifting.ahead(each, now)]:
            log.error("ledger.ahead", records=early)
        async with watch.database.unit_of_work() as session:
            for entry in standing:
                ended += await _replay_one(session, watch.ring, entry, now)
            after = entries[-1].seq
            state = await service.state(session, lock=True)
            state.replayed_seq, state.replayed_hash = after, entries[-1].hash
    if everything:
        ended += await _replay_across_keys(watch)
    if ended:
        log.warning("ledger.replayed", ended=ended)
    return ended


async def _replay_one(session: AsyncSession, ring: KeyRing, entry: Entry, now: datetime) -> int:
    if entry.reason in ledger.BLOCKS or entry.reason == Reason.LIFTED:
        await lifting.again(session, entry, now)
        return 0
    if entry.reason == Reason.ERASED:  # who had left before is known by the proof alone
        await consent.forget(session, [entry.subject], upto=entry.at)
        await lookup.forget(session, [entry.subject], upto=entry.at)
        for number in await erasure.overtake(session, [entry.subject], now=now, upto=entry.at):
            await erasure.note(session, number, "service", now)
        await candidate.forget(session, ring, [entry.subject], upto=entry.at)
    query = select(Subscriber).where(
        Subscriber.newsletter_id == UUID(hex=entry.newsletter),
        Subscriber.subject == entry.subject,
        Subscriber.confirmed_at <= entry.at,
    )
    return sum([await _again(session, ring, row, entry) for row in await session.scalars(query)])


async def _again(session: AsyncSession, ring: KeyRing, row: Subscriber, entry: Entry) -> bool:
    """Do to a row what the ledger says happened to it; True when it went."""
    if entry.reason == Reason.RESTRICTED:
        row.restricted_at = row.restricted_at or entry.at
        return False
    await session.execute(delete(Subscriber).where(Subscriber.seq == row.seq))
    await delivery.leave(session, row.id)
    if entry.reason == Reason.ERASED:
        await delivery.unlink(session, row.id)
    try:
        address = subscriber.opened(ring, row)
    except Unreadable:
        log.warning("replay.key_missing", key=row.key_id)
        return True
    if entry.reason == Reason.ERASED:
        await consent.forget(session, consent.proofs(ring, row.newsletter_id, address))
    else:
        await consent.end(session, ring, row.newsletter_id, address, at=entry.at)
    return True


async def _replay_across_keys(watch: Watch) -> int:
    """Rows and entries made under different keys: open each address once and look it up."""
    if len(watch.ring.ids) == 1:
        return 0
    ended, after = 0, 0
    while True:
        async with watch.database.unit_of_work() as session:
            query = select(Subscriber).where(Subscriber.seq > after).order_by(Subscriber.seq)
            rows = list(await session.scalars(query.limit(CHUNK)))
            if not rows:
                return ended
            for row, found in await _look_up(watch, rows):
                ended += await _again(session, watch.ring, row, found)
            after = rows[-1].seq


async def _look_up(watch: Watch, rows: list[Subscriber]) -> list[tuple[Subscriber, Entry]]:
    """What the ledger says last happened to these rows, under whatever key it was written."""
    known: dict[bytes, Subscriber] = {}
    for row in rows:
        try:
            address = subscriber.opened(watch.ring, row)
            known |= dict.fromkeys(farewell.pseudonyms(watch.ring, row.newsletter_id, address), row)
        except Unreadable:  # no mail can go to it, and it keeps no other row waiting
            log.warning("replay.key_missing", key=row.key_id)
    later: dict[int, list[Entry]] = {}
    for entry in await watch.book.of(list(known)):
        if entry.at >= known[entry.subject].confirmed_at:
            later.setdefault(known[entry.subject].seq, []).append(entry)
    # To be erased is the most that one can ask, so that goes before any other end.
    for found in later.values():
        found.sort(key=lambda entry: (entry.reason != Reason.ERASED, entry.reason == Reason.RESTRICTED))
    return [(row, later[row.seq][0]) for row in rows if row.seq in later]
