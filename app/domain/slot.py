"""A slot: the one moment of a month on which a newsletter goes out.

Unique by newsletter and local month and claimed by a conditional update, so that a month's issue
goes out once, however many workers there are and however often they restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from uuid import UUID

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.calendar import Period
from app.core.database import Base, UtcTime, changed, insert_or_skip
from app.core.register import Kind, held, kept
from app.core.states import check
from app.domain.newsletter import Newsletter
from app.domain.notice import PREVIEW

MONTHS_AHEAD = 24  # looked through for a free slot; more means something else is wrong


class State(StrEnum):
    """What became of a month's slot."""

    OPEN = "open"  # nobody has it yet
    CLAIMED = "claimed"  # an approved issue goes out then
    USED = "used"  # its issue has begun
    MISSED = "missed"  # nothing was approved in time; nothing was sent
    SKIPPED = "skipped"  # left out on purpose, such as a summer recess


MOVES = {
    State.OPEN: frozenset({State.CLAIMED, State.MISSED, State.SKIPPED}),
    State.CLAIMED: frozenset({State.OPEN, State.USED}),
    State.SKIPPED: frozenset({State.OPEN}),
    State.USED: frozenset(),
    State.MISSED: frozenset(),
}


class Slot(Base):
    """One month of one newsletter."""

    __tablename__ = "slot"
    __table_args__ = (
        check("state", State),
        {
            "info": kept(
                what="On which day each month's issue went out",
                why="so that each month is sent once",
                until="as long as the newsletter exists",
            )
        },
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), primary_key=True, info=held(Kind.CONTENT, "which newsletter")
    )
    period: Mapped[str] = mapped_column(String(7), primary_key=True, info=held(Kind.CONTENT, "which month"))
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.CONTENT, "the moment"))
    state: Mapped[State] = mapped_column(
        String(10), default=State.OPEN, info=held(Kind.CONTENT, "what became of it")
    )
    issue_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("issue.id"), info=held(Kind.CONTENT, "the issue that has it")
    )
    reason: Mapped[str | None] = mapped_column(String(120), info=held(Kind.CONTENT, "why it was skipped"))
    reminded: Mapped[int | None] = mapped_column(
        info=held(Kind.TECHNICAL, "the last reminder sent, in days ahead")
    )
    warned_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when it was told that nobody can approve")
    )
    prepared_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when the month's draft was made by itself")
    )


async def upcoming(session: AsyncSession, newsletter: Newsletter, now: datetime) -> list[Slot]:
    """The slots ahead up to the first free one, made where they are not there yet."""
    rhythm = newsletter.rhythm
    if rhythm is None:
        return []
    slots: list[Slot] = []
    for period, at in rhythm.upcoming(now, newsletter.zone):
        slots.append(await _of(session, newsletter.id, str(period), at))
        if slots[-1].state == State.OPEN or len(slots) >= MONTHS_AHEAD:
            break
    return slots


async def _of(session: AsyncSession, newsletter_id: UUID, period: str, at: datetime) -> Slot:
    """A month's slot as it is now; a free one follows the cadence, a claimed one keeps its moment."""
    key = (newsletter_id, period)
    found = await session.get(Slot, key, populate_existing=True)
    if found is None:
        row = {"newsletter_id": newsletter_id, "period": period, "at": at, "state": State.OPEN}
        await session.execute(insert_or_skip(session, Slot).values(row))
        found = await session.get_one(Slot, key)
    if found.at != at and found.state == State.OPEN:
        statement = update(Slot).where(
            Slot.newsletter_id == newsletter_id, Slot.period == period, Slot.state == State.OPEN
        )
        await session.execute(statement.values(at=at))
        await session.refresh(found)
    return found


@dataclass(frozen=True, slots=True)
class Free:
    """A slot that nobody has: of which month, its moment, and when an issue that takes it now goes out."""

    period: str
    at: datetime
    goes_at: datetime


def goes_at(at: datetime, now: datetime) -> datetime:
    """Who may stop an issue gets its mail ten minutes before, also when its slot is nearer."""
    return max(at, now + PREVIEW)


async def next_free(session: AsyncSession, newsletter: Newsletter, now: datetime) -> Free | None:
    """The next free slot; only looks, so that a page may ask."""
    for period, at, row in await _months(session, newsletter, now, MONTHS_AHEAD):
        if row is None or row.state == State.OPEN:
            return Free(period, at, goes_at(at, now))
    return None


async def _months(
    session: AsyncSession, newsletter: Newsletter, now: datetime, most: int
) -> list[tuple[str, datetime, Slot | None]]:
    """The coming months by the cadence, each with what is known of it.

    Also when its moment has passed by an earlier cadence: a month that was sent is not free again.
    """
    rhythm = newsletter.rhythm
    if rhythm is None:
        return []
    coming = [(str(period), at) for period, at in islice(rhythm.upcoming(now, newsletter.zone), most)]
    here = Slot.newsletter_id == newsletter.id, Slot.period.in_([period for period, _ in coming])
    known = {row.period: row for row in await session.scalars(select(Slot).where(*here))}
    return [(period, at, known.get(period)) for period, at in coming]


async def ahead(
    session: AsyncSession, newsletter: Newsletter, now: datetime, most: int
) -> list[tuple[str, datetime, State]]:
    """The coming months: which, when, and what of them is known; only looks."""
    found = []
    for period, at, row in await _months(session, newsletter, now, most):
        kept = row is not None and row.state != State.OPEN
        found.append((period, row.at, State(row.state)) if row and kept else (period, at, State.OPEN))
    return found


async def claim(session: AsyncSession, newsletter: Newsletter, issue_id: UUID, now: datetime) -> Slot | None:
    """Take the next free slot for an issue; None when the newsletter has no cadence."""
    for _ in range(MONTHS_AHEAD):  # once more whenever somebody else was first
        slots = await upcoming(session, newsletter, now)
        if not slots:
            return None
        statement = (
            update(Slot)
            .where(
                Slot.newsletter_id == newsletter.id,
                Slot.period == slots[-1].period,
                Slot.state == State.OPEN,
            )
            .values(state=State.CLAIMED, issue_id=issue_id)
        )
        if await changed(session, statement) == 1:
            await session.refresh(slots[-1])
            return slots[-1]
    return None


async def take(
    session: AsyncSession, newsletter: Newsletter, issue_id: UUID, month: Period, now: datetime
) -> bool:
    """Take the slot of one month for an issue; False when it is not free, or its moment has passed."""
    rhythm = newsletter.rhythm
    if rhythm is None or (at := rhythm.slot(month, newsletter.zone)) <= now:
        return False
    await _of(session, newsletter.id, str(month), at)
    mine = Slot.newsletter_id == newsletter.id, Slot.period == str(month), Slot.state == State.OPEN
    values = {"state": State.CLAIMED, "issue_id": issue_id}
    return await changed(session, update(Slot).where(*mine).values(values)) == 1


async def release(session: AsyncSession, issue_id: UUID) -> None:
    """Give an issue's slot back, when it is not sent after all or at another time."""
    await session.execute(
        update(Slot)
        .where(Slot.issue_id == issue_id, Slot.state == State.CLAIMED)
        .values(state=State.OPEN, issue_id=None)
    )


async def use(session: AsyncSession, issue_id: UUID) -> None:
    """The issue of this slot has begun: nothing takes the month again."""
    await session.execute(
        update(Slot).where(Slot.issue_id == issue_id, Slot.state == State.CLAIMED).values(state=State.USED)
    )


async def reopen(session: AsyncSession, newsletter_id: UUID, period: str, now: datetime) -> bool:
    """Make a month that was left out free again; False when it was not, or its moment has passed."""
    left_out = (
        Slot.newsletter_id == newsletter_id,
        Slot.period == period,
        Slot.state == State.SKIPPED,
        Slot.at > now,
    )
    values = {"state": State.OPEN, "reason": None}
    return await changed(session, update(Slot).where(*left_out).values(values)) == 1


async def prepare(session: AsyncSession, newsletter_id: UUID, period: str, now: datetime) -> bool:
    """Whether the month's draft is still to be made: true for one who asks, and not for a month left out."""
    first = (
        Slot.newsletter_id == newsletter_id,
        Slot.period == period,
        Slot.state != State.SKIPPED,
        Slot.prepared_at.is_(None),
    )
    return await changed(session, update(Slot).where(*first).values(prepared_at=now)) == 1


async def overdue(session: AsyncSession, newsletter_id: UUID, now: datetime) -> list[Slot]:
    """Open slots whose moment has passed with nothing approved."""
    query = select(Slot).where(Slot.newsletter_id == newsletter_id, Slot.state == State.OPEN, Slot.at <= now)
    return list(await session.scalars(query))
