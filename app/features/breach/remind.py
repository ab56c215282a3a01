"""Watches the 72 hours of every breach that is not reported: word to officers and the supervisor in time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.database import changed
from app.domain import breach, newsletter, notice
from app.domain.audit import Event
from app.domain.breach import Breach, State
from app.domain.staff import Role
from app.features.breach.record import note

ROOM = "/staff/breaches"
TOLD = (Role.OFFICER, Role.SUPERVISOR)


async def remind(session: AsyncSession, *, ring: KeyRing, base_url: str, now: datetime) -> int:
    """Warn of hours that run out or have run out. Returns how many mails."""
    count = 0
    for row in await session.scalars(select(Breach).where(Breach.state == State.OPEN)):
        left = row.left(now)
        step = breach.warning(left, row.warned)
        if step is not None:
            count += await _warn(session, row, step, ring=ring, base_url=base_url, now=now)
    return count


async def _warn(
    session: AsyncSession, row: Breach, step: int, *, ring: KeyRing, base_url: str, now: datetime
) -> int:
    fresh = or_(Breach.warned.is_(None), Breach.warned > step)
    mine = update(Breach).where(Breach.id == row.id, fresh).values(warned=step)
    letter = next(iter(await newsletter.every(session)), None)
    if letter is None or not await changed(session, mine):
        return 0
    left = row.left(now)
    words = {
        "number": row.number,
        "left": left,
        "due_at": row.due_at.isoformat(),
        "room_url": f"{base_url}{ROOM}/{row.id}",
    }
    await note(session, row, Event.BREACH_WARNED, "service", f"{left} hours left", now)
    return await notice.tell(session, letter, "breach", words, roles=TOLD, ring=ring, now=now)
