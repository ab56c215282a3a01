"""Who was erased gets a signed certificate; anybody who holds one can have it checked.

It is made in the moment of erasing, from what was removed and from the ledger's own entries. While the
ledger is away a reader gets a sealed link with which to come back for it: all it needs is in there, and
nothing of it is kept here. A check looks at the signature and at the ledger; it needs no address, and gives
none away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import Address, parse
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import BookClosed, LinkProblem
from app.domain import (
    block,
    certificate,
    consent,
    erasure,
    farewell,
    ledger,
    lookup,
    newsletter,
    service,
    term,
)
from app.domain.book import Book
from app.domain.certificate import Certificate, Place, Removed
from app.domain.ledger import Reason
from app.domain.newsletter import Newsletter
from app.domain.service import PendingEnd

RECEIPT: Final = "receipt"
OPENS_FOR: Final = timedelta(days=30)  # a ledger is away for minutes; people come back after their holiday


@dataclass(frozen=True, slots=True)
class Office:
    """In whose name, with which keys and ledger, and how long a backup can be."""

    issuer: str
    ring: KeyRing
    book: Book
    backup_days: int


async def certify(
    session: AsyncSession, office: Office, address: Address, removed: Removed, *, now: datetime
) -> Certificate:
    """The certificate of what was erased at this moment; raises BookClosed while the ledger lacks a line."""
    places = await _places(session, office, address, removed, now)
    blocks = await erasure.blocks(session, address, ring=office.ring, now=now)
    salt, key_id = certificate.new_salt(), office.ring.active
    return Certificate(
        issuer=office.issuer[: certificate.LONGEST_NAME],
        erased_at=certificate.moment(now),
        removed=removed,
        blocks_stay=len(blocks),
        backups_until=term.today(now) + timedelta(days=office.backup_days),
        ledger=places,
        salt=salt,
        mark=certificate.mark(office.ring, key_id, salt, address),
        key=key_id,
    ).signed(office.ring, certificate.PURPOSE)


async def _places(
    session: AsyncSession, office: Office, address: Address, removed: Removed, now: datetime
) -> list[Place]:
    known = lookup.subjects(office.ring, address)
    for letter in await newsletter.every(session):
        known += farewell.pseudonyms(office.ring, letter.id, address)
        known += consent.proofs(office.ring, letter.id, address)
        known += block.subjects(office.ring, letter.id, address) if removed.blocks else []
    if await session.scalar(select(PendingEnd.seq).where(PendingEnd.subject.in_(known)).limit(1)) is not None:
        raise BookClosed("a line of this erasure waits for the ledger")
    at = ledger.moment(now)
    fresh = [
        entry
        for entry in await office.book.of(known)
        if (entry.reason == Reason.ERASED and entry.at >= at)
        or (entry.reason == Reason.LIFTED and entry.at == at)  # one of later is by another button
    ]
    return [Place(number=entry.seq, hash=entry.hash.hex()) for entry in fresh[: certificate.MOST_ENTRIES]]


def receipt(ring: KeyRing, letter: Newsletter, address: Address, removed: Removed, now: datetime) -> str:
    """What a reader comes back with who was erased while the ledger was away."""
    counts = [getattr(removed, name) for name in Removed.model_fields]
    content = {"a": address.typed, "n": letter.id.hex, "i": now.isoformat(), "r": counts}
    return tokens.seal(ring, RECEIPT, content)


async def collect(
    session: AsyncSession, text: str, *, ring: KeyRing, book: Book, backup_days: int, now: datetime
) -> Certificate:
    """The certificate that waited; raises LinkProblem, or BookClosed while the ledger still lacks a line.

    After a restore nobody knows whether the lines that waited ever came: then there is none.
    """
    try:
        content = tokens.unseal(ring, RECEIPT, text)
    except Unreadable:
        raise LinkProblem("broken") from None
    letter, at = await session.get(Newsletter, UUID(content["n"])), datetime.fromisoformat(content["i"])
    if letter is None:
        raise LinkProblem("broken")
    if now > at + OPENS_FOR:
        raise LinkProblem("expired", slug=letter.slug)
    void_before = (await service.state(session)).void_before
    if void_before is not None and at <= void_before:
        raise LinkProblem("void", slug=letter.slug)
    # A count that came later than the link was none then.
    removed = Removed(**dict(zip(Removed.model_fields, content["r"], strict=False)))
    office = Office(letter.sender_name, ring, book, backup_days)
    found = await certify(session, office, parse(content["a"]), removed, now=at)
    if not found.ledger:  # let go: no backup needs the lines any more
        raise LinkProblem("expired", slug=letter.slug)
    return found


class Verdict(StrEnum):
    """What a check of a certificate says."""

    WHOLE = "whole"  # signed by us, and the ledger has its entries
    PRUNED = "pruned"  # signed by us; the ledger has let these entries go, no backup needs them any more
    MISSING = "missing"  # signed by us, and the ledger lacks a line that a backup may need, or has another
    FORGED = "forged"  # not signed by us, or changed since


async def check(found: Certificate, *, ring: KeyRing, book: Book, backup_days: int, now: datetime) -> Verdict:
    """Hold a certificate against the key and the ledger; raises BookClosed when the ledger is away.

    A line that is gone was let go in order only once no backup can need it: before that it is missing.
    """
    if not found.genuine(ring):
        return Verdict.FORGED
    verdict = Verdict.WHOLE
    for each in found.ledger:
        there, first = await book.place(each.number)
        if there is not None and there.hex() == each.hash:
            continue
        gone = there is None and (first is None or each.number < first)
        if gone and _needless(found, backup_days, now):
            verdict = Verdict.PRUNED
        elif not await book.moved(each.number, bytes.fromhex(each.hash)):
            return Verdict.MISSING
    return verdict


def _needless(found: Certificate, backup_days: int, now: datetime) -> bool:
    """Whether no backup can hold any more what was erased, as it was set then or is set now."""
    until = min(found.backups_until, term.today(found.erased_at) + timedelta(days=backup_days))
    return term.today(now) > until + ledger.MARGIN
