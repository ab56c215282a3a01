"""What the service knows of itself: its counter, its active key, its jobs, and links already used."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime, changed, dialect_of, insert_or_skip
from app.core.register import Kind, held, kept

LINK_LIVES = timedelta(days=7)  # a holiday week: people confirm when they are back
KEY_LOCK = 0x626F6465  # PostgreSQL's lock on which key is in use; any number that is nobody else's


class Service(Base):
    """The one row that tells a restored database from one that simply stopped."""

    __tablename__ = "service"
    __table_args__ = {
        "info": kept(
            what="The service's own state",
            why="to notice a restored backup and to know the active key",
            until="as long as the service exists",
        )
    }
    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=held(Kind.TECHNICAL, "always 1")
    )
    active_key: Mapped[str] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key that seals now"))
    counter: Mapped[int] = mapped_column(default=0, info=held(Kind.TECHNICAL, "raised after the ledger's"))
    raised_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when the counter was raised last")
    )
    replayed_seq: Mapped[int] = mapped_column(
        default=0, info=held(Kind.TECHNICAL, "how far the ledger was replayed")
    )
    replayed_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=held(Kind.TECHNICAL, "what the ledger had there, to see when it is another one")
    )
    void_before: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "links made before a restore are void")
    )
    restored_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when a restore was noticed last")
    )


class PendingEnd(Base):
    """An end that could not be written to the ledger yet."""

    __tablename__ = "pending_end"
    __table_args__ = {
        "info": kept(
            what="An end on its way to the ledger",
            why="leaving works also when the ledger cannot be reached",
            until="until the ledger has it, as a rule a minute",
        )
    }
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(Kind.TECHNICAL, "order"))
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(Kind.READER, "which newsletter")
    )
    key_id: Mapped[str] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key of the pseudonym"))
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.PSEUDONYM, "which subscription or address")
    )
    reason: Mapped[str] = mapped_column(String(10), info=held(Kind.READER, "why"))
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.READER, "when"))


class UsedLink(Base):
    """A confirmation link that was used, known by a hash, until it would have expired."""

    __tablename__ = "used_link"
    __table_args__ = {
        "info": kept(
            what="Links that were used",
            why="so that a confirmation link works once",
            until="until the link would have expired, 7 days",
            length=timedelta(0),
            since="gone_at",
        )
    }
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, info=held(Kind.TECHNICAL, "hash of the link's random number")
    )
    gone_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when the link would have expired")
    )


class Job(Base):
    """When each thing that happens by itself happened last, and how it went."""

    __tablename__ = "job"
    __table_args__ = {
        "info": kept(what="When jobs ran", why="to see that they run", until="as long as the service exists")
    }
    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=held(Kind.TECHNICAL, "which job"))
    started_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "last start"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "last end"))
    outcome: Mapped[str] = mapped_column(
        String(200), default="", info=held(Kind.TECHNICAL, "how it went, in numbers")
    )


async def state(session: AsyncSession, *, lock: bool = False) -> Service:
    """The service's own row, which the first start makes."""
    return await session.get_one(Service, 1, with_for_update=True if lock else None)


async def ensure(session: AsyncSession, active_key: str) -> bool:
    """Make the service's row at the first start of an empty database; True when it was."""
    if await session.get(Service, 1) is not None:
        return False
    row = {"id": 1, "active_key": active_key, "counter": 0, "replayed_seq": 0}
    return await changed(session, insert_or_skip(session, Service).values(row)) == 1


async def hold_key(session: AsyncSession, ring: KeyRing) -> None:
    """Whoever adds a subscriber does this first: the key in use then stays until the transaction ends.

    An address is unique under one key only. Nobody can add it under another meanwhile, and whoever
    looks it up after this finds what was added under the key before.
    """
    if dialect_of(session) == "postgresql":  # on SQLite there is one writer at a time
        await session.execute(select(func.pg_advisory_xact_lock_shared(KEY_LOCK)))
    ring.use(await _active_key(session))


async def change_key(session: AsyncSession, key_id: str) -> bool:
    """Make this key the one that seals, when nobody adds a subscriber; False when it was already."""
    if dialect_of(session) == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(KEY_LOCK)))
    other = update(Service).where(Service.active_key != key_id)
    return await changed(session, other.values(active_key=key_id)) == 1


async def _active_key(session: AsyncSession) -> str:
    """Read it past what the session remembers."""
    return (await session.execute(select(Service.active_key))).scalar_one()


async def was_used(session: AsyncSession, nonce: str) -> bool:
    """Whether the link with this random number was used before."""
    return await session.get(UsedLink, hashlib.sha256(nonce.encode()).digest()) is not None


async def use_link(session: AsyncSession, nonce: str, *, issued_at: datetime) -> bool:
    """Remember that this link is used; False when it was before, also a moment ago."""
    hashed = hashlib.sha256(nonce.encode()).digest()
    row = {"hash": hashed, "gone_at": issued_at + LINK_LIVES}
    return await changed(session, insert_or_skip(session, UsedLink).values(row)) == 1
