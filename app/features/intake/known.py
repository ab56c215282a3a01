"""Who of a list is subscribed already, asked for no mail, or left: looked up for many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.domain import block, consent, farewell, subscriber
from app.domain.block import Block
from app.domain.book import Book
from app.domain.consent import Consent
from app.domain.service import PendingEnd
from app.domain.subscriber import Subscriber
from app.features.intake.lines import Line, Why

Values = dict[bytes, str]  # each pseudonym that an address may have, under whatever key


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some addresses of one newsletter."""

    there: set[str]
    blocked: set[str]
    ended: dict[str, datetime]

    def keeps_out(self, line: Line) -> Why | None:
        """A block holds whatever the list says; an end holds unless the yes is later."""
        who = line.address.canonical
        if who in self.blocked:
            return Why.BLOCKED
        return Why.ENDED if who in self.ended and line.at <= self.ended[who] else None


async def known(
    session: AsyncSession,
    lines: Sequence[Line],
    newsletter_id: UUID,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
) -> Known:
    """Ask the database, and the ledger; raises BookClosed when that cannot be asked."""
    addresses = {line.address.canonical: line.address for line in lines}.values()

    def under(made: Callable[[KeyRing, UUID, Address], list[bytes]]) -> Values:
        return {value: each.canonical for each in addresses for value in made(ring, newsletter_id, each)}

    indexes, blocks = under(subscriber.indexes), under(block.subjects)
    return Known(
        {indexes[each] for each in await _there(session, newsletter_id, indexes)},
        {blocks[each] for each in await _blocked(session, newsletter_id, blocks, now)},
        await _ended(session, book, under(farewell.pseudonyms), under(consent.proofs)),
    )


async def _there(session: AsyncSession, newsletter_id: UUID, indexes: Values) -> Sequence[bytes]:
    query = select(Subscriber.address_index).where(Subscriber.newsletter_id == newsletter_id)
    return (await session.scalars(query.where(Subscriber.address_index.in_(indexes)))).all()


async def _blocked(
    session: AsyncSession, newsletter_id: UUID, blocks: Values, now: datetime
) -> Sequence[bytes]:
    query = select(Block.subject).where(block.holds(newsletter_id, blocks, now))
    return (await session.scalars(query)).all()


async def _ended(session: AsyncSession, book: Book, ends: Values, proofs: Values) -> dict[str, datetime]:
    """The last end of each: in the ledger, on its way there, or in what is left of a proof."""
    waiting = select(PendingEnd.subject, PendingEnd.at).where(PendingEnd.subject.in_([*ends, *proofs]))
    withdrawn = Consent.proof.in_(proofs), Consent.event == consent.Event.WITHDRAWN
    left = select(Consent.proof, Consent.at).where(*withdrawn)
    found = [
        *(await book.ends([*ends, *proofs])).items(),
        *(await session.execute(waiting)).all(),
        *(await session.execute(left)).all(),
    ]
    last: dict[str, datetime] = {}
    for value, at in found:
        who = ends.get(value) or proofs[value]
        last[who] = max(at, last.get(who, at))
    return last
