"""When somebody of the staff is away, so that a newsletter does not wait for them unseen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime, changed
from app.core.register import Kind, held, kept

KEPT: Final = timedelta(days=30)  # nobody needs to know for longer when a colleague was away


class Absence(Base):
    """One time away, from the first moment to the last; why is nobody's business."""

    __tablename__ = "absence"
    __table_args__ = {
        "info": kept(
            what="When staff are away",
            why="so that an issue does not wait for who is away",
            until="30 days after they are back",
            length=KEPT,
            since="ends_at",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the absence")
    )
    staff_id: Mapped[UUID] = mapped_column(
        ForeignKey("staff.id"), index=True, info=held(Kind.STAFF, "who is away")
    )
    starts_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "from when"))
    ends_at: Mapped[datetime] = mapped_column(UtcTime, index=True, info=held(Kind.STAFF, "until when"))


async def of(session: AsyncSession, staff_id: UUID, now: datetime) -> list[Absence]:
    """Somebody's own, now and ahead."""
    query = select(Absence).where(Absence.staff_id == staff_id, Absence.ends_at > now)
    return list(await session.scalars(query.order_by(Absence.starts_at)))


async def drop(session: AsyncSession, staff_id: UUID, absence_id: UUID) -> bool:
    """Take one of somebody's own back; False when it is not theirs or not there."""
    mine = delete(Absence).where(Absence.id == absence_id, Absence.staff_id == staff_id)
    return await changed(session, mine) == 1


async def away(session: AsyncSession, since: datetime, until: datetime) -> set[UUID]:
    """Who is away all that time, also by several absences of which each begins where another ends."""
    within = select(Absence).where(Absence.starts_at <= until, Absence.ends_at >= since)
    gone_until: dict[UUID, datetime] = {}
    for each in await session.scalars(within.order_by(Absence.starts_at)):
        known = gone_until.get(each.staff_id, since)
        if each.starts_at <= known:
            gone_until[each.staff_id] = max(known, each.ends_at)
    return {person for person, last in gone_until.items() if last >= until}
