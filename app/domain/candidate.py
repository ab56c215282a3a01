"""One person of a list that waits: sealed, no subscriber yet, and nobody looks up whether they are one.

Who asks to be forgotten meanwhile is taken out at once, and the ledger keeps them out of every list with the
same yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, String, and_, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.address import Address, many
from app.core.crypto import KeyRing, Unreadable
from app.core.database import Base, UtcTime
from app.core.register import Kind, Sealed, held, kept
from app.domain import subscriber
from app.domain.roster import OPEN, REPORTED, Roster, State

_many = many()


class Candidate(Base):
    """Somebody who is to be brought in, when a second person agrees."""

    __tablename__ = "candidate"
    __table_args__ = (
        Index("ix_candidate_turn", "roster_id", "seq"),
        {
            "info": kept(
                what="You on a list that waits to be brought in",
                why="because you said yes somewhere else, and a second person must look first",
                until="until the list is brought in or refused, 14 days at most",
                length=timedelta(0),
                since="gone_at",
                through=("roster_id", "roster", "id"),
            )
        },
    )
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(Kind.TECHNICAL, "order"))
    id: Mapped[UUID] = mapped_column(
        unique=True, default=uuid4, info=held(Kind.TECHNICAL, "to which row a sealed address belongs")
    )
    roster_id: Mapped[UUID] = mapped_column(
        ForeignKey("roster.id"), info=held(Kind.TECHNICAL, "on which list")
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(Kind.READER, "which newsletter")
    )
    number: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "the line of the list"))
    content: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=held(
            Kind.ADDRESS,
            "your address, and where your yes is kept, sealed",
            Sealed("candidate", scope="newsletter_id"),
        ),
    )
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, index=True, info=held(Kind.PSEUDONYM, "to take you out when you ask")
    )
    key_id: Mapped[str] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key of the pseudonym"))
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.READER, "when you said yes"))


def values(
    ring: KeyRing, row: Roster, number: int, address: Address, at: datetime, evidence: str
) -> dict[str, Any]:
    """The columns of one person, for who adds thousands."""
    own = uuid4()
    plain = f"{address.typed}\0{evidence}".encode()
    return {
        "id": own,
        "roster_id": row.id,
        "newsletter_id": row.newsletter_id,
        "number": number,
        "content": ring.seal("candidate", plain, bound_to=_bound(own), scope=row.newsletter_id),
        **_keyed(ring, row.newsletter_id, address),
        "at": at,
    }


def _bound(candidate_id: UUID) -> str:
    return f"candidate|content|{candidate_id.hex}"


def _keyed(ring: KeyRing, newsletter_id: UUID, address: Address) -> dict[str, Any]:
    """The ledger's pseudonym: who is erased is found by it, also when the ledger is replayed."""
    subject = subscriber.pseudonym(ring, newsletter_id, address.canonical, ring.active)
    return {"key_id": ring.active, "subject": subject}


def keyed(ring: KeyRing, newsletter_id: UUID, plain: bytes) -> dict[str, Any]:
    """What else of a row is made with the key in use, from what was sealed: for a change of keys."""
    return _keyed(ring, newsletter_id, _read(plain)[0])


def opened(ring: KeyRing, row: Candidate) -> tuple[Address, str]:
    """Whose line it is, and where their yes is kept; raises Unreadable when its key is gone."""
    return _read(_plain(ring, row))


def _plain(ring: KeyRing, row: Candidate) -> bytes:
    return ring.open("candidate", row.content, bound_to=_bound(row.id), scope=row.newsletter_id)


def _read(plain: bytes) -> tuple[Address, str]:
    typed, _, evidence = plain.decode().partition("\0")
    return _many(typed), evidence


def _evidence(ring: KeyRing, row: Candidate) -> str | None:
    """Where their yes is kept; None when the line cannot be read (its key is away, or it was damaged)."""
    try:
        return _plain(ring, row).decode().partition("\0")[2]
    except Unreadable:
        return None


async def first(session: AsyncSession, row: Roster, most: int) -> list[Candidate]:
    """The next people of a list, held: who is being erased at this moment is gone or waits."""
    query = select(Candidate).where(Candidate.roster_id == row.id).order_by(Candidate.seq).limit(most)
    return list(await session.scalars(query.with_for_update()))


async def remove(session: AsyncSession, rows: Sequence[Candidate]) -> None:
    """These are dealt with."""
    await session.execute(delete(Candidate).where(Candidate.seq.in_([each.seq for each in rows])))


async def empty(session: AsyncSession, row: Roster) -> None:
    """Nobody of this list is brought in any more."""
    await session.execute(delete(Candidate).where(Candidate.roster_id == row.id))


async def waiting(session: AsyncSession, row: Roster) -> int:
    """How many people of a list are still to be dealt with."""
    query = select(func.count()).select_from(Candidate).where(Candidate.roster_id == row.id)
    return await session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list that waits says of somebody, and until when it waits at most."""

    at: datetime
    evidence: str | None  # None when the line cannot be read
    until: datetime


async def listed(session: AsyncSession, ring: KeyRing, known: Sequence[bytes]) -> list[Listed]:
    """Every line under these pseudonyms; one that cannot be read keeps nobody from seeing the rest."""
    query = select(Candidate, Roster.gone_at).join(Roster, Roster.id == Candidate.roster_id)
    found = await session.execute(query.where(Candidate.subject.in_(known)).order_by(Candidate.seq))
    return [Listed(row.at, _evidence(ring, row), until) for row, until in found]


async def forget(
    session: AsyncSession, ring: KeyRing, known: Sequence[bytes], *, upto: datetime | None = None
) -> int:
    """Take somebody out of every list, and out of what it tells of evidence; how many lines.

    A replay leaves alone a yes that is later. The lists are held before their lines, as by who brings one in.
    """
    theirs = and_(Candidate.subject.in_(known), true() if upto is None else Candidate.at <= upto)
    on = set(await session.scalars(select(Candidate.roster_id).where(theirs)))
    if not on:
        return 0
    held = select(Roster).where(Roster.id.in_(on)).order_by(Roster.id).with_for_update()
    lists = {row.id: row for row in await session.scalars(held)}
    query = select(Candidate).where(theirs, Candidate.roster_id.in_(on)).order_by(Candidate.seq)
    rows = list(await session.scalars(query))
    for row in rows:
        lists[row.roster_id].let_go(_evidence(ring, row))
    await remove(session, rows)
    return len(rows)


async def drop_all(session: AsyncSession, now: datetime) -> None:
    """After a restore nobody knows who was taken out since: whoever has the list hands it in again."""
    dropped = {"state": State.DROPPED, "closed_at": now, "gone_at": now + REPORTED, "evidence": []}
    await session.execute(update(Roster).where(Roster.state.in_(OPEN)).values(dropped))
    await session.execute(delete(Candidate))  # afterwards: nobody adds to a list that is dropped
