"""When a mail that answers a privacy request has gone, the request is closed and its address let go.

When it did not arrive, the request stays open: the law still wants the person to have an answer. Of another
mail about a request that did not arrive, officers hear as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.sqltime import from_now
from app.domain import answer, audit, request
from app.domain.audit import Event
from app.domain.outbox import LIVES, Mail
from app.domain.request import Request, State


@dataclass(frozen=True, slots=True)
class Desk:
    """What telling needs."""

    ring: KeyRing
    base_url: str
    now: datetime


async def too_old(session: AsyncSession, desk: Desk) -> int:
    """What nobody took for a day goes, and its request hears of it; how many. Not what a worker has in hand.

    For who deletes what is too old: a mail that only vanished would be taken for one that arrived.
    """
    free = or_(Mail.lease_until.is_(None), Mail.lease_until < from_now())
    old = select(Mail).where(Mail.created_at <= desk.now - LIVES, free).order_by(Mail.seq)
    mails = list(await session.scalars(old.with_for_update(skip_locked=True)))
    for mail in mails:
        await session.execute(delete(Mail).where(Mail.seq == mail.seq))
        await tell(session, desk, mail, reached=False)
    return len(mails)


async def tell(session: AsyncSession, desk: Desk, mail: Mail, *, reached: bool) -> None:
    """What became of a mail about a privacy request; other mail answers nothing."""
    if (found := await answer.about(session, desk.ring, mail)) is None:
        return
    row, content = found
    if "request" in content:
        if not reached and answer.awaited(row, mail, which := content["template"]):
            await answer.lost(session, row, which, ring=desk.ring, base_url=desk.base_url, now=desk.now)
    elif row.state in answer.ON_ITS_WAY | {State.RETURNED}:
        await _answer(session, desk, mail, row, reached=reached)


async def _answer(session: AsyncSession, desk: Desk, mail: Mail, row: Request, *, reached: bool) -> None:
    if reached:
        request.close(row, State.ANSWERED, desk.now)
        about, reason = f"request {row.number}", "answered by mail"
        await audit.record(session, "service", Event.REQUEST_CLOSED, about=about, reason=reason, now=desk.now)
    elif mail.created_at == row.mailed_at:  # an earlier one is nothing to hear of: another is on its way
        await answer.came_back(session, row, ring=desk.ring, base_url=desk.base_url, now=desk.now)
