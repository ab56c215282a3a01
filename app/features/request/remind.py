"""Watches every request: word to officers in time, to the supervisor when it is too late.

And word again, each week, of a mail that did not arrive, and of who was asked who they are and said nothing:
while the term stands still nothing else would.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.database import changed
from app.domain import answer, audit, request, term
from app.domain.audit import Event
from app.domain.request import UNDECIDED, Request, State
from app.features.request.identify import OPENS_FOR
from app.features.request.receive import tell


async def remind(session: AsyncSession, *, ring: KeyRing, base_url: str, now: datetime) -> int:
    """Warn of terms that end soon or have passed; one that stands still waits. Returns how many mails."""
    count, on = 0, term.today(now)
    for row in await request.unfinished(session):
        left = row.term.left(on)
        step = term.warning(left, row.warned) if row.still_since is None else None
        if step is not None:
            count += await _warn(session, row, step, left, ring=ring, base_url=base_url, now=now)
    for row in await answer.overdue(session, now):
        count += await answer.came_back(session, row, ring=ring, base_url=base_url, now=now)
    for row in await _waiting(session, now):
        what = row.lost or "silence"
        count += await answer.waits(session, row, what, ring=ring, base_url=base_url, now=now)
    return count


async def _waiting(session: AsyncSession, now: datetime) -> list[Request]:
    """Who did not get a mail, or got one whose link opens nothing any more: an officer has to act."""
    silent = and_(Request.state == State.ASKED, Request.asked_at <= now - OPENS_FOR)
    lost = and_(Request.state.in_(UNDECIDED), Request.lost.is_not(None))
    unheard = or_(Request.told_at.is_(None), Request.told_at <= now - answer.AGAIN)
    query = select(Request).where(or_(silent, lost), unheard).order_by(Request.seq)
    return list(await session.scalars(query.with_for_update(skip_locked=True)))


async def _warn(
    session: AsyncSession, row: Request, step: int, left: int, *, ring: KeyRing, base_url: str, now: datetime
) -> int:
    fresh = or_(Request.warned.is_(None), Request.warned > step)
    mine = update(Request).where(Request.seq == row.seq, fresh).values(warned=step)
    if not await changed(session, mine):
        return 0
    about, reason = f"request {row.number}", f"{left} days left"
    await audit.record(session, "service", Event.REQUEST_WARNED, about=about, reason=reason, now=now)
    return await tell(session, ring, row, base_url, now)
