"""That somebody of the staff is signed in, on one browser, until they leave or time is up.

The browser has a random text; here is only its hash, so a stolen table opens nothing. Ending a row ends
the session at once, on every machine.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept
from app.domain.staff import Staff

IDLE: Final = timedelta(minutes=30)  # ASVS 7.3.1: a forgotten browser in a town hall
ABSOLUTE: Final = timedelta(hours=12)  # ASVS 7.3.2: a working day, also for who never stops
FRESH: Final = timedelta(minutes=10)  # for what weighs more: long enough to read a page twice
NOTED_EVERY: Final = timedelta(minutes=1)  # a click a second need not be a write a second
TOKEN_BYTES: Final = 32  # 256 bits: nobody guesses, so a plain hash is enough (ASVS 11.5.1)


class Stay(Base):
    """One browser in which somebody is signed in."""

    __tablename__ = "session"
    __table_args__ = {
        "info": kept(
            what="Who is signed in",
            why="so that staff need not sign in for every page, and can be signed out",
            until="until they sign out, 12 hours at most",
            length=ABSOLUTE,
            since="created_at",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.STAFF, "identifies the session")
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, unique=True, info=held(Kind.TECHNICAL, "hash of what the browser keeps")
    )
    staff_id: Mapped[UUID] = mapped_column(
        ForeignKey("staff.id"), index=True, info=held(Kind.STAFF, "whose session it is")
    )
    browser: Mapped[str] = mapped_column(String(20), info=held(Kind.STAFF, "which browser, by its brand"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when they signed in"))
    seen_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when they last did something, to the minute")
    )
    proved_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when they last showed a password or code")
    )

    def lives(self, now: datetime) -> bool:
        """Whether it still counts."""
        return now < self.created_at + ABSOLUTE and now < self.seen_at + IDLE

    def fresh(self, now: datetime) -> bool:
        """Whether they showed who they are a moment ago."""
        return now < self.proved_at + FRESH


def hash_of(token: str) -> bytes:
    """What is kept of a random text."""
    return hashlib.sha256(token.encode()).digest()


def begin(session: AsyncSession, person: Staff, browser: str, now: datetime) -> str:
    """Sign somebody in; returns what their browser is to keep. Always a new one (ASVS 7.2.4)."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        Stay(
            hash=hash_of(token),
            staff_id=person.id,
            browser=browser,
            created_at=now,
            seen_at=now,
            proved_at=now,
        )
    )
    return token


async def begin_anew(session: AsyncSession, before: str, person: Staff, browser: str, now: datetime) -> str:
    """The same in a browser that had a session, whoever's that was: it ends, and nobody goes on in it."""
    await drop(session, before)
    return begin(session, person, browser, now)


async def find(session: AsyncSession, token: str, now: datetime) -> tuple[Stay, Staff] | None:
    """Whose session this is; None when it ended, by time or by anybody, or the account is closed."""
    query = select(Stay, Staff).join(Staff, Staff.id == Stay.staff_id)
    row = (await session.execute(query.where(Stay.hash == hash_of(token)))).one_or_none()
    if row is None or row[1].disabled_at is not None or not row[0].lives(now):
        return None
    return row[0], row[1]


async def whose(session: AsyncSession, token: str) -> UUID | None:
    """Whose session it is or was, as long as it is still known here; this opens nothing."""
    return await session.scalar(select(Stay.staff_id).where(Stay.hash == hash_of(token)))


async def note(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """They did something just now."""
    await session.execute(update(Stay).where(Stay.id == session_id).values(seen_at=now))


async def renew(session: AsyncSession, session_id: UUID) -> str:
    """Another text for the browser; the old one opens nothing any more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await session.execute(update(Stay).where(Stay.id == session_id).values(hash=hash_of(token)))
    return token


async def drop(session: AsyncSession, token: str) -> None:
    """End the session that this browser had, whoever's it was."""
    await session.execute(delete(Stay).where(Stay.hash == hash_of(token)))


async def prove(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    """They showed again who they are."""
    values = {"seen_at": now, "proved_at": now}
    await session.execute(update(Stay).where(Stay.id == session_id).values(values))


async def of(session: AsyncSession, staff_id: UUID, now: datetime) -> list[Stay]:
    """Where somebody is signed in, newest first."""
    query = select(Stay).where(Stay.staff_id == staff_id).order_by(Stay.created_at.desc())
    return [each for each in await session.scalars(query) if each.lives(now)]


async def end(session: AsyncSession, staff_id: UUID, session_id: UUID | None = None) -> None:
    """Sign somebody out: of one session, or of all."""
    query = delete(Stay).where(Stay.staff_id == staff_id)
    await session.execute(query if session_id is None else query.where(Stay.id == session_id))


async def end_others(session: AsyncSession, staff_id: UUID, but: UUID) -> None:
    """Sign somebody out everywhere but here."""
    await session.execute(delete(Stay).where(Stay.staff_id == staff_id, Stay.id != but))


async def end_all(session: AsyncSession) -> None:
    """Sign everybody out: a backup knows sessions that were ended since it was made."""
    await session.execute(delete(Stay))
