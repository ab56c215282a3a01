"""Counts how often something was asked, without knowing by whom.

A counter is keyed by HMAC under a random key that lives only as long as its window; when the window
ends the key is destroyed and nobody, the operator included, can say whose counters those were. While
it lives it is sealed: it lies beside its counters, and who takes a dump must not be able to guess.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crypto import KeyRing, Random
from app.core.database import Base, UtcTime, insert_or_skip, inserting
from app.core.register import Kind, Sealed, held, kept

SECRET_BYTES = 32


class Window(Base):
    """A stretch of time with its own random key."""

    __tablename__ = "throttle_window"
    __table_args__ = {
        "info": kept(
            what="Keys of the counters against abuse",
            why="so that counters cannot be matched with an address or network afterwards",
            until="until its window and the next have ended",
            length=timedelta(0),
            since="gone_at",
        )
    }
    id: Mapped[str] = mapped_column(
        String(40), primary_key=True, info=held(Kind.TECHNICAL, "what is counted and from when")
    )
    secret: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.TECHNICAL, "random key of this window, sealed", Sealed("throttle"))
    )
    gone_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when key and counters are destroyed")
    )


class Count(Base):
    """How often one keyed subject was seen in a window."""

    __tablename__ = "throttle_count"
    __table_args__ = {
        "info": kept(
            what="Counters against abuse",
            why="so that nobody is flooded with mail through our form",
            until="until its window and the next have ended",
            length=timedelta(0),
            since="gone_at",
            through=("window_id", "throttle_window", "id"),
        )
    }
    window_id: Mapped[str] = mapped_column(
        ForeignKey("throttle_window.id", ondelete="CASCADE"),
        primary_key=True,
        info=held(Kind.TECHNICAL, "the window this belongs to"),
    )
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, info=held(Kind.PSEUDONYM, "who is counted, keyed")
    )
    count: Mapped[int] = mapped_column(info=held(Kind.READER, "how often"))
    last_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.READER, "the last time"))


@dataclass(frozen=True, slots=True)
class Meter:
    """What is counted, and over how long a window."""

    name: str
    window: timedelta
    looks_back: bool = False  # whether the window before counts too, while its last hit is recent

    def starts(self, now: datetime) -> datetime:
        """The start of the window that `now` falls in."""
        epoch = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, so that weeks are calendar weeks
        return epoch + ((now - epoch) // self.window) * self.window


@dataclass(frozen=True, slots=True)
class Seen:
    """A count, and when it happened before."""

    count: int
    before_at: datetime | None


async def _window(
    session: AsyncSession, ring: KeyRing, meter: Meter, start: datetime, random: Random
) -> Window:
    key = f"{meter.name}:{start:%Y%m%dT%H%M}"
    found = await session.get(Window, key)
    if found is None:
        secret = ring.seal("throttle", random(SECRET_BYTES), bound_to=_bound(key))
        fresh = {"id": key, "secret": secret, "gone_at": start + 2 * meter.window}
        await session.execute(insert_or_skip(session, Window).values(fresh))
        found = await session.get_one(Window, key)
    return found


def _bound(window_id: str) -> str:
    return f"throttle_window|secret|{window_id}"


def _subject(ring: KeyRing, window: Window, value: bytes) -> bytes:
    secret = ring.open("throttle", window.secret, bound_to=_bound(window.id))
    return hmac.digest(secret, value, "sha256")


async def so_far(session: AsyncSession, meter: Meter, value: bytes, *, ring: KeyRing, now: datetime) -> Seen:
    """How often it was until now, and when last; counts nothing."""
    key = f"{meter.name}:{meter.starts(now):%Y%m%dT%H%M}"
    current = await session.get(Window, key)
    mine = await _counted(session, ring, current, value) if current else None
    old = await _before(session, ring, meter, value, now) if meter.looks_back else None
    counts = [each for each in (old, mine) if each]
    last = max((each.last_at for each in counts), default=None)
    return Seen(sum(each.count for each in counts), last)


async def hit(
    session: AsyncSession,
    meter: Meter,
    value: bytes,
    *,
    ring: KeyRing,
    now: datetime,
    random: Random = os.urandom,
) -> Seen:
    """Count once more and return how often it was, this time included."""
    before = await so_far(session, meter, value, ring=ring, now=now)
    current = await _window(session, ring, meter, meter.starts(now), random)
    await _raise(session, current, _subject(ring, current, value), now)
    return Seen(before.count + 1, before.before_at)


async def _before(
    session: AsyncSession, ring: KeyRing, meter: Meter, value: bytes, now: datetime
) -> Count | None:
    start = meter.starts(now) - meter.window
    window = await session.get(Window, f"{meter.name}:{start:%Y%m%dT%H%M}")
    found = await _counted(session, ring, window, value) if window else None
    return found if found and found.last_at > now - meter.window else None


async def _counted(session: AsyncSession, ring: KeyRing, window: Window, value: bytes) -> Count | None:
    subject = _subject(ring, window, value)
    query = select(Count).where(Count.window_id == window.id, Count.subject == subject)
    return (await session.scalars(query.execution_options(populate_existing=True))).first()


async def _raise(session: AsyncSession, window: Window, subject: bytes, now: datetime) -> None:
    row = {"window_id": window.id, "subject": subject, "count": 1, "last_at": now}
    statement = inserting(session, Count).values(row)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["window_id", "subject"],
            set_={"count": Count.count + 1, "last_at": now},
        )
    )
