"""The proof that somebody said yes, and to which words; it holds no address and no link to a row.

Append-only: retention and erasure are its only deletes. The proof is kept under a keyed pseudonym
of the address, so that only who brings the address can be matched with it (GDPR Art. 7(1)).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime, insert_or_skip
from app.core.register import Kind, held, kept
from app.core.states import check

PROOF_AFTER_END = timedelta(days=730)  # the burden of proof lies with the sender (Tw 11.7); FG decides
BATCH = 500  # texts a statement: databases have a limit to the values of one
WORDING_ID_LENGTH = 16  # hexadecimal characters of SHA-256: wordings are few


class Event(StrEnum):
    """What somebody did."""

    REQUESTED = "requested"  # filled in the form
    CONFIRMED = "confirmed"  # pressed the button behind the link
    WITHDRAWN = "withdrawn"  # left, in whatever way
    UNDONE = "undone"  # took a slip back within 15 minutes
    IMPORTED = "imported"  # said yes elsewhere, and came in with a list and its evidence


class Wording(Base):
    """An immutable copy of the exact text somebody saw when saying yes."""

    __tablename__ = "wording"
    __table_args__ = {
        "info": kept(
            what="The texts that were shown when people said yes",
            why="to show what a yes was a yes to",
            until=(
                "as long as the newsletter exists; where an earlier yes is kept, as long as a proof points "
                "to it"
            ),
        )
    }
    id: Mapped[str] = mapped_column(
        String(WORDING_ID_LENGTH), primary_key=True, info=held(Kind.CONTENT, "version of the text")
    )
    text: Mapped[str] = mapped_column(
        Text, info=held(Kind.CONTENT, "form and mail, word for word, or where an earlier yes is kept")
    )
    made_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(Kind.CONTENT, "since when this text is shown")
    )


class Consent(Base):
    """One event in the proof of a subscription."""

    __tablename__ = "consent"
    __table_args__ = (
        check("event", Event),
        Index("ix_consent_moved", "newsletter_id", "at", "event"),  # who came and went between two issues
        {
            "info": kept(
                what="Proof of your yes",
                why="the law asks the sender to prove that you said yes",
                until="two years after you leave",
                length=PROOF_AFTER_END,
                since="ended_at",
            )
        },
    )
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(Kind.TECHNICAL, "order"))
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(Kind.READER, "which newsletter")
    )
    proof: Mapped[bytes] = mapped_column(
        LargeBinary, index=True, info=held(Kind.PSEUDONYM, "to match the proof with your address")
    )
    key_id: Mapped[str] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key of the pseudonym"))
    event: Mapped[Event] = mapped_column(String(10), info=held(Kind.READER, "what you did"))
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.READER, "when"))
    wording_id: Mapped[str | None] = mapped_column(
        ForeignKey("wording.id"), index=True, info=held(Kind.READER, "the text you saw")
    )
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.READER, "when the subscription it proves ended")
    )


async def moved(
    session: AsyncSession, newsletter_id: UUID, moments: Sequence[datetime]
) -> list[tuple[int, int]]:
    """How many came and how many went between each moment and the next; a slip taken back is neither.

    One question a span: the index then has the answer, and no proof is read.
    """
    counts: list[dict[Event, int]] = []
    for since, until in pairwise(moments):
        here = Consent.newsletter_id == newsletter_id, Consent.at >= since, Consent.at < until
        query = select(Consent.event, func.count()).where(*here).group_by(Consent.event)
        counts.append({row[0]: row[1] for row in await session.execute(query)})
    return [_moved(each) for each in counts]


def _moved(counts: dict[Event, int]) -> tuple[int, int]:
    came = counts.get(Event.CONFIRMED, 0) + counts.get(Event.IMPORTED, 0)
    return came, max(0, counts.get(Event.WITHDRAWN, 0) - counts.get(Event.UNDONE, 0))


def proofs(ring: KeyRing, newsletter_id: UUID, address: Address) -> list[bytes]:
    """The pseudonyms an address may have here, the active key's first."""
    return [_proof(ring, newsletter_id, address, each) for each in ring.ids]


def proof(ring: KeyRing, newsletter_id: UUID, address: Address) -> tuple[bytes, str]:
    """The pseudonym that an address has here from now on, and its key."""
    return _proof(ring, newsletter_id, address, ring.active), ring.active


def _proof(ring: KeyRing, newsletter_id: UUID, address: Address, key_id: str) -> bytes:
    return ring.mac("proof", address.canonical.encode(), key_id=key_id, scope=newsletter_id)


async def worded(session: AsyncSession, text: str, now: datetime) -> str:
    """Keep the exact text shown, once, and return its version."""
    wording_id = _version(text)
    if await session.get(Wording, wording_id) is None:
        row = {"id": wording_id, "text": text, "made_at": now}
        await session.execute(insert_or_skip(session, Wording).values(row))  # two may be first
    return wording_id


async def worded_many(session: AsyncSession, texts: set[str], now: datetime) -> dict[str, str]:
    """Keep many texts, and return the version of each."""
    versions = {text: _version(text) for text in texts}
    rows = [{"id": version, "text": text, "made_at": now} for text, version in versions.items()]
    await session.execute(insert_or_skip(session, Wording), rows)
    return versions


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:WORDING_ID_LENGTH]


def record(
    session: AsyncSession,
    ring: KeyRing,
    newsletter_id: UUID,
    address: Address,
    event: Event,
    *,
    at: datetime,
    wording_id: str | None = None,
) -> Consent:
    """Add an event to the proof of an address."""
    row = Consent(**values(ring, newsletter_id, address, event, at=at, wording_id=wording_id))
    session.add(row)
    return row


def values(
    ring: KeyRing,
    newsletter_id: UUID,
    address: Address,
    event: Event,
    *,
    at: datetime,
    wording_id: str | None = None,
) -> dict[str, Any]:
    """The columns of such an event, for who adds thousands."""
    key_id = ring.active
    return {
        "newsletter_id": newsletter_id,
        "proof": _proof(ring, newsletter_id, address, key_id),
        "key_id": key_id,
        "event": event,
        "at": at,
        "wording_id": wording_id,
    }


async def of(session: AsyncSession, known: Sequence[bytes]) -> list[Consent]:
    """All events under these pseudonyms, oldest first."""
    query = select(Consent).where(Consent.proof.in_(known)).order_by(Consent.at, Consent.seq)
    return list(await session.scalars(query))


async def end(
    session: AsyncSession, ring: KeyRing, newsletter_id: UUID, address: Address, *, at: datetime
) -> None:
    """Note the withdrawal and start the clock after which the proof goes."""
    rows = await of(session, proofs(ring, newsletter_id, address))
    record(session, ring, newsletter_id, address, Event.WITHDRAWN, at=at).ended_at = at
    for row in rows:
        row.ended_at = row.ended_at or at  # an earlier subscription's proof keeps its own clock


async def reopen(session: AsyncSession, known: Sequence[bytes], *, ended_at: datetime) -> None:
    """Somebody took a slip back: the proof stays again while the subscription does."""
    for row in await of(session, known):
        if row.ended_at == ended_at:
            row.ended_at = None


async def forget(session: AsyncSession, known: Sequence[bytes], *, upto: datetime | None = None) -> None:
    """Delete a proof, because the person asked to be erased; a replay leaves alone what came later.

    Where the yes was kept that came in with a list goes with the last proof that points to it.
    """
    statement = delete(Consent).where(Consent.proof.in_(known))
    statement = statement if upto is None else statement.where(Consent.at <= upto)
    gone = await session.execute(statement.returning(Consent.event, Consent.wording_id))
    await unneeded(session, {row[1] for row in gone if row[0] == Event.IMPORTED and row[1]})


async def outlived(session: AsyncSession, now: datetime) -> set[str]:
    """Where an earlier yes is kept, of proofs that have been kept long enough and go now."""
    old = Consent.event == Event.IMPORTED, Consent.ended_at <= now - PROOF_AFTER_END
    return {each for each in await session.scalars(select(Consent.wording_id).where(*old).distinct()) if each}


async def unneeded(session: AsyncSession, wordings: set[str]) -> int:
    """Delete of these texts what no proof points to any more: evidence may say who somebody is.

    The words of our own form stay: they are about nobody. Returns how many went.
    """
    left = [each for each in sorted(wordings) if not await _needed(session, each)]
    for batch in (left[at : at + BATCH] for at in range(0, len(left), BATCH)):
        await session.execute(delete(Wording).where(Wording.id.in_(batch)))
    return len(left)


async def _needed(session: AsyncSession, wording_id: str) -> bool:
    """Whether a proof points to it; one look along an index, however many do."""
    query = select(Consent.seq).where(Consent.wording_id == wording_id).limit(1)
    return await session.scalar(query) is not None
