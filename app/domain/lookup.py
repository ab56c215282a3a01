"""That somebody of the staff looked an address up: when, why, and for which case; never who was looked up.

It stands under a pseudonym that only who brings the address can match, so that the person can ask:
who looked me up? Erasing deletes it; that it was done stays in the trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept
from app.core.states import check

KEPT = timedelta(days=730)  # as long as the requests that most of them are for


class Why(StrEnum):
    """What an address may be looked up for; no other reason is one."""

    REQUEST = "request"  # a privacy request of this person
    QUESTION = "question"  # this person asks about their subscription
    DELIVERY = "delivery"  # the newsletter does not arrive
    COMPLAINT = "complaint"  # a complaint, by the person or the AP
    INCIDENT = "incident"  # to find out whom a data breach reached


class Lookup(Base):
    """One look at one address; of no newsletter, so that rows of two newsletters cannot be matched by it."""

    __tablename__ = "lookup"
    __table_args__ = (
        check("why", Why),
        {
            "info": kept(
                what="That your address was looked up by a privacy officer",
                why="so that you can see who looked and why",
                until="two years after the look-up",
                length=KEPT,
                since="at",
            )
        },
    )
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(Kind.TECHNICAL, "order"))
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, index=True, info=held(Kind.PSEUDONYM, "to show you who looked you up")
    )
    key_id: Mapped[str] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key of the pseudonym"))
    at: Mapped[datetime] = mapped_column(UtcTime, index=True, info=held(Kind.READER, "when"))
    why: Mapped[Why] = mapped_column(String(10), info=held(Kind.READER, "for what reason"))
    number: Mapped[str] = mapped_column(String(20), info=held(Kind.READER, "the number of the case"))


def subjects(ring: KeyRing, address: Address) -> list[bytes]:
    """The pseudonyms that an address may have here, the active key's first."""
    return [_subject(ring, address, each) for each in ring.ids]


def _subject(ring: KeyRing, address: Address, key_id: str) -> bytes:
    return ring.mac("lookup", address.canonical.encode(), key_id=key_id, scope=None)


def note(
    session: AsyncSession, ring: KeyRing, address: Address, *, why: Why, number: str, now: datetime
) -> None:
    """Put on record that an address was looked up."""
    key_id = ring.active
    subject = _subject(ring, address, key_id)
    session.add(Lookup(subject=subject, key_id=key_id, why=why, number=number, at=now))


async def of(session: AsyncSession, known: Sequence[bytes]) -> list[Lookup]:
    """Every look-up under these pseudonyms, oldest first."""
    query = select(Lookup).where(Lookup.subject.in_(known)).order_by(Lookup.at, Lookup.seq)
    return list(await session.scalars(query))


async def forget(session: AsyncSession, known: Sequence[bytes], *, upto: datetime | None = None) -> None:
    """Somebody is erased; a replay leaves alone what came later."""
    statement = delete(Lookup).where(Lookup.subject.in_(known))
    await session.execute(statement if upto is None else statement.where(Lookup.at <= upto))
