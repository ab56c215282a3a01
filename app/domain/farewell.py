"""How a subscription ends, whatever the cause: the ledger first, then everything else at once.

The address is deleted in the same transaction, and mail that was not handed over is not handed over
any more (promise 5). If the ledger cannot be reached the end still succeeds, through a pending row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.errors import BookClosed, NotReady
from app.domain import (
    block,
    candidate,
    consent,
    delivery,
    erasure,
    ledger,
    lookup,
    request,
    service,
    subscriber,
)
from app.domain.block import Ground
from app.domain.book import Book, Farewell
from app.domain.ledger import Reason
from app.domain.service import PendingEnd
from app.domain.subscriber import Subscriber


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended: enough to take a slip back, kept nowhere but in the page."""

    subscriber_id: UUID
    address: Address
    newsletter_id: UUID
    language: str
    confirmed_at: datetime
    paused_until: datetime | None
    restricted_at: datetime | None
    at: datetime
    final: bool  # whether the ledger has it


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went with a proof; `final` is False while the ledger could not be reached."""

    final: bool
    proofs: int
    requests: int
    overtaken: list[str]  # the numbers of requests that were still open


async def end(
    session: AsyncSession,
    row: Subscriber,
    reason: Reason,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
    known: Address | None = None,
) -> Ended | None:
    """End one subscription; None when another request was first. Raises Unreadable, see `end_unopened`.

    `known` is the address by which somebody found the row: then a damaged one need not be read.
    """
    address = known or subscriber.opened(ring, row)
    at = _moment(row, now)
    final = await _gone(session, row, reason, at, book)
    if final is None:
        return None
    await consent.end(session, ring, row.newsletter_id, address, at=at)
    return Ended(
        subscriber_id=row.id,
        address=address,
        newsletter_id=row.newsletter_id,
        language=row.language,
        confirmed_at=row.confirmed_at,
        paused_until=row.paused_until,
        restricted_at=row.restricted_at,
        at=at,
        final=final,
    )


async def end_unopened(
    session: AsyncSession, row: Subscriber, reason: Reason, *, book: Book, now: datetime
) -> bool | None:
    """The same without the address: leaving and erasing work also when its octets are damaged (promise 5).

    Whether the ledger has it; None when another request was first. The proof of the yes stays as it is: who
    leaves and cannot be read has one that nobody finds, and who is erased loses it another way.
    """
    return await _gone(session, row, reason, _moment(row, now), book)


def _moment(row: Subscriber, now: datetime) -> datetime:
    """The moment that the ledger gets: never before the yes, or a replay would pass it by."""
    return max(ledger.moment(now), ledger.moment(row.confirmed_at))


async def _gone(
    session: AsyncSession, row: Subscriber, reason: Reason, at: datetime, book: Book
) -> bool | None:
    """Whether the ledger has it; None when another was first."""
    gone = delete(Subscriber).where(Subscriber.seq == row.seq)
    # As it was at its end: a change of keys may have passed since the row was read.
    last = (await session.execute(gone.returning(Subscriber.key_id, Subscriber.subject))).first()
    if last is None:
        return None
    final = await write(session, book, Farewell(row.newsletter_id, last.key_id, last.subject, reason, at))
    await delivery.leave(session, row.id)
    return final


async def restrict(session: AsyncSession, row: Subscriber, *, book: Book, now: datetime) -> None:
    """Keep an address and use it for nothing (GDPR Art. 18); a restored backup must not forget it."""
    at = _moment(row, now)
    first = Subscriber.seq == row.seq, Subscriber.restricted_at.is_(None)
    held = update(Subscriber).where(*first).values(restricted_at=at)
    last = (await session.execute(held.returning(Subscriber.key_id, Subscriber.subject))).first()
    if last is not None:
        farewell = Farewell(row.newsletter_id, last.key_id, last.subject, Reason.RESTRICTED, at)
        await write(session, book, farewell)


async def note(
    session: AsyncSession,
    newsletter_id: UUID,
    address: Address,
    reason: Reason,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
) -> bool:
    """Put on record that links of an address are void, where there is no subscription to end.

    Whether the ledger has it.
    """
    subject = subscriber.pseudonym(ring, newsletter_id, address.canonical, ring.active)
    return await write(
        session, book, Farewell(newsletter_id, ring.active, subject, reason, ledger.moment(now))
    )


async def block_address(
    session: AsyncSession,
    newsletter_id: UUID,
    address: Address,
    ground: Ground,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
) -> None:
    """Block an address: first in the ledger, from which a replay puts it back.

    There it has the block's own pseudonym: no other would let the replay find the address again.
    """
    subject, key_id = block.subject(ring, newsletter_id, address)
    at = ledger.moment(now)
    await write(session, book, Farewell(newsletter_id, key_id, subject, Reason(ground), at))
    await block.put(session, newsletter_id, (subject, key_id), ground, at)


async def forget_proof(
    session: AsyncSession,
    newsletter_id: UUID,
    address: Address,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
    but: UUID | None = None,
) -> Forgotten:
    """Delete the proof of an address, and all else that is kept under its pseudonym.

    Who left before is known to the ledger by the proof's own pseudonym: there is no row to find it by.
    `but` is the request to be erased itself, which must still be answered.
    """
    known = consent.proofs(ring, newsletter_id, address)
    proofs, asked = await consent.of(session, known), await request.of(session, known)
    held = {(each.key_id, each.proof) for each in proofs}
    held |= {(each.key_id, each.subject) for each in asked if each.subject}
    if proofs:
        await consent.forget(session, known)
    overtaken = await erasure.overtake(session, known, now=now, but=but) if asked else []
    at, final = ledger.moment(now), True
    for key_id, proof in sorted(held):
        farewell = Farewell(newsletter_id, key_id, proof, Reason.ERASED, at)
        final = await write(session, book, farewell) and final
    lines = sum(each.at < at for each in proofs)  # without the line that tells of this very end
    return Forgotten(final, lines, sum(each.id != but for each in asked), overtaken)


async def forget_lookups(
    session: AsyncSession, newsletter_id: UUID, address: Address, *, ring: KeyRing, book: Book, now: datetime
) -> tuple[int, bool]:
    """Delete that an address was looked up: how often, and whether the ledger has it.

    A look-up is of no newsletter; the ledger's lines stand in the name of any.
    """
    known, at, final = lookup.subjects(ring, address), ledger.moment(now), True
    rows = await lookup.of(session, known)
    if rows:
        await lookup.forget(session, known)
    for key_id, subject in sorted({(each.key_id, each.subject) for each in rows}):
        farewell = Farewell(newsletter_id, key_id, subject, Reason.ERASED, at)
        final = await write(session, book, farewell) and final
    return len(rows), final


async def forget_candidate(
    session: AsyncSession, newsletter_id: UUID, address: Address, *, ring: KeyRing, book: Book, now: datetime
) -> tuple[int, bool]:
    """Take an address out of lists that wait: how many lines, and whether the ledger has it.

    With the ledger's entry the same list stays without this address when it is handed in again.
    """
    lines = await candidate.forget(session, ring, pseudonyms(ring, newsletter_id, address))
    if not lines:
        return 0, True
    subject = subscriber.pseudonym(ring, newsletter_id, address.canonical, ring.active)
    at = ledger.moment(now)
    return lines, await write(session, book, Farewell(newsletter_id, ring.active, subject, Reason.ERASED, at))


async def write(session: AsyncSession, book: Book, farewell: Farewell) -> bool:
    """Put one line in the ledger; False when it waits in the main database until the ledger is back."""
    try:
        await book.write([farewell])
    except BookClosed:
        session.add(
            PendingEnd(
                newsletter_id=farewell.newsletter_id,
                key_id=farewell.key_id,
                subject=farewell.subject,
                reason=farewell.reason,
                at=farewell.at,
            )
        )
        return False
    return True


def pseudonyms(ring: KeyRing, newsletter_id: UUID, address: Address) -> list[bytes]:
    """Every value under which the ledger may know an address of this newsletter."""
    return [subscriber.pseudonym(ring, newsletter_id, address.canonical, each) for each in ring.ids]


async def void_since(
    session: AsyncSession,
    newsletter_id: UUID,
    address: Address,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
) -> datetime | None:
    """The moment before which links of this address are void: its last end, or a block.

    Raises NotReady when the ledger cannot be asked.
    """
    subjects = pseudonyms(ring, newsletter_id, address)
    try:
        last = await book.last_end(subjects)
    except BookClosed:
        raise NotReady(["the ledger cannot be reached"]) from None
    query = select(PendingEnd.at).where(PendingEnd.subject.in_(subjects))
    moments = [*await session.scalars(query), (await service.state(session)).void_before, last]
    known = block.subjects(ring, newsletter_id, address)
    blocked = await block.active(session, newsletter_id, known, now=now)
    if blocked is not None:
        moments.append(blocked.at)
    return max((each for each in moments if each is not None), default=None)
