"""Counts how often something was asked, without knowing by whom.

A counter is keyed by HMAC under a random key that lives only as long as its window; when the window
ends the key is destroyed and nobody, the operator included, can say whose counters those were. While
it lives it is sealed: it lies beside its counters, and who takes a dump must not be able to guess.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, select, tuple_
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
    """A count, and when it was last."""

    count: int
    last_at: datetime | None


async def _windows(session: AsyncSession, meters: Sequence[Meter], now: datetime) -> dict[str, Window]:
    """The windows that count now, by their names: the ones we are in, and perhaps those before."""
    names = [name for meter in meters for name in (_now(meter, now), *_before(meter, now))]
    found = await session.scalars(select(Window).where(Window.id.in_(names)))
    return {each.id: each for each in found}


async def _opened(
    session: AsyncSession, ring: KeyRing, meter: Meter, now: datetime, random: Random
) -> Window:
    name = _now(meter, now)
    secret = ring.seal("throttle", random(SECRET_BYTES), bound_to=_bound(name))
    fresh = {"id": name, "secret": secret, "gone_at": meter.starts(now) + 2 * meter.window}
    await session.execute(insert_or_skip(session, Window).values(fresh))
    return await session.get_one(Window, name)


def _now(meter: Meter, now: datetime) -> str:
    return _name(meter, meter.starts(now))


def _before(meter: Meter, now: datetime) -> tuple[str, ...]:
    """The window before, where that counts too."""
    return (_name(meter, meter.starts(now) - meter.window),) if meter.looks_back else ()


def _name(meter: Meter, start: datetime) -> str:
    return f"{meter.name}:{start:%Y%m%dT%H%M}"


def _bound(window_id: str) -> str:
    return f"throttle_window|secret|{window_id}"


def _subject(ring: KeyRing, window: Window, value: bytes) -> bytes:
    secret = ring.open("throttle", window.secret, bound_to=_bound(window.id))
    return hmac.digest(secret, value, "sha256")


async def so_far(session: AsyncSession, meter: Meter, value: bytes, *, ring: KeyRing, now: datetime) -> Seen:
    """How often it was until now, and when last; counts nothing."""
    windows = await _windows(session, [meter], now)
    counts = await _counted(session, ring, meter, list(windows.values()), value, now)
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
) -> int:
    """Count once more and return how often it was, this time included."""
    windows = await _windows(session, [meter], now)
    before = [windows[each] for each in _before(meter, now) if each in windows]
    earlier = await _counted(session, ring, meter, before, value, now)
    (mine,) = await _raise(session, ring, {meter: value}, windows, now, random)
    return mine + sum(each.count for each in earlier)


async def hits(
    session: AsyncSession, values: dict[Meter, bytes], *, ring: KeyRing, now: datetime
) -> list[int]:
    """Count several that do not look back, together; returns how often each was, in their order."""
    windows = await _windows(session, list(values), now)
    return await _raise(session, ring, values, windows, now, os.urandom)


async def _counted(
    session: AsyncSession,
    ring: KeyRing,
    meter: Meter,
    windows: list[Window],
    value: bytes,
    now: datetime,
) -> list[Count]:
    """What was counted in these windows, as far back as the meter looks."""
    if not windows:
        return []
    who = [(each.id, _subject(ring, each, value)) for each in windows]
    query = select(Count).where(tuple_(Count.window_id, Count.subject).in_(who))
    found = await session.scalars(query.execution_options(populate_existing=True))
    current = _now(meter, now)
    return [each for each in found if each.window_id == current or each.last_at > now - meter.window]


async def _raise(
    session: AsyncSession,
    ring: KeyRing,
    values: dict[Meter, bytes],
    windows: dict[str, Window],
    now: datetime,
    random: Random,
) -> list[int]:
    """One more for each of these; what each is then."""
    rows = []
    for meter, value in values.items():
        window = windows.get(_now(meter, now)) or await _opened(session, ring, meter, now, random)
        rows.append({"window_id": window.id, "subject": _subject(ring, window, value)})
    statement = inserting(session, Count).values([{**each, "count": 1, "last_at": now} for each in rows])
    raised = statement.on_conflict_do_update(
        index_elements=["window_id", "subject"],
        set_={"count": Count.count + 1, "last_at": now},
    )
    columns = Count.__table__.c
    told = await session.execute(raised.returning(columns.window_id, columns["count"]))
    counts = dict(told.all())
    return [counts[each["window_id"]] for each in rows]
