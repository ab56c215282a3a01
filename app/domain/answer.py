"""A mail to who made a privacy request that did not arrive: the request stays open, and officers hear of it.

A mailbox that refuses, a relay of ours that was away for a day, or an outbox that a restore emptied: the law
wants the person to have an answer all the same, by post or by another mail. So it is with the mail that asks
who it is, and with the word that it takes longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing, Unreadable
from app.core.errors import NotFound
from app.domain import audit, notice, outbox, request
from app.domain.audit import Event
from app.domain.newsletter import Newsletter
from app.domain.outbox import Mail
from app.domain.request import UNDECIDED, Channel, Kind, Request, State
from app.domain.staff import Role

ON_ITS_WAY: Final = frozenset({State.DONE, State.REFUSED})
LOST_AFTER: Final = outbox.LIVES + timedelta(hours=1)  # no mail waits for longer than it lives
AGAIN: Final = timedelta(days=7)  # between two words to officers about one answer


async def overdue(session: AsyncSession, now: datetime) -> list[Request]:
    """Whose answer can be on its way no more, and of which officers have not heard this week."""
    lost = and_(Request.state.in_(ON_ITS_WAY), Request.mailed_at <= now - LOST_AFTER)
    waits = and_(Request.state == State.RETURNED, Request.told_at <= now - AGAIN)
    query = select(Request).where(or_(lost, waits)).order_by(Request.seq)
    return list(await session.scalars(query.with_for_update(skip_locked=True)))


async def came_back(
    session: AsyncSession, row: Request, *, ring: KeyRing, base_url: str, now: datetime
) -> int:
    """It did not arrive; returns how many officers are told."""
    if copied(row):
        request.close(row, State.UNREACHED, now)
        about, reason = f"request {row.number}", "the answer could not be delivered"
        await audit.record(session, "service", Event.REQUEST_CLOSED, about=about, reason=reason, now=now)
        return 0
    if row.state != State.RETURNED:
        row.move_to(State.RETURNED)
        about, reason = f"request {row.number}", "the answer did not arrive"
        await audit.record(session, "service", Event.REQUEST_RETURNED, about=about, reason=reason, now=now)
    return await waits(session, row, "answer", ring=ring, base_url=base_url, now=now)


def copied(row: Request) -> bool:
    """Whether the person had this answer on screen: who erases themselves gets the mail beside it, once.

    There is nobody to write to, so it would only keep the address.
    """
    return row.kind == Kind.ERASURE and row.channel == Channel.LINK


async def lost(
    session: AsyncSession, row: Request, which: str, *, ring: KeyRing, base_url: str, now: datetime
) -> int:
    """A mail before the answer did not arrive; returns how many officers are told."""
    row.lost = which
    about, reason = f"request {row.number}", f"the mail did not arrive: {which}"
    await audit.record(session, "service", Event.REQUEST_RETURNED, about=about, reason=reason, now=now)
    return await waits(session, row, which, ring=ring, base_url=base_url, now=now)


async def about(session: AsyncSession, ring: KeyRing, mail: Mail) -> tuple[Request, dict[str, Any]] | None:
    """The request that a mail is about, and what the mail says; most mails are about none."""
    try:
        content = outbox.opened(ring, mail)
        named = content.get("answers") or content.get("request")
        return (await request.by_id(session, UUID(named), lock=True), content) if named else None
    except (Unreadable, NotFound):
        return None


def awaited(row: Request, mail: Mail, which: str) -> bool:
    """Whether a mail before the answer still matters; one that was mailed again since does not."""
    waits = row.state == State.ASKED and row.asked_at == mail.created_at
    return waits if which == "identity" else row.state in UNDECIDED


async def drop(session: AsyncSession, ring: KeyRing, now: datetime) -> None:
    """A restore empties the outbox: of each mail about a request officers hear, at the next look at terms.

    An answer that was on its way is missed a day later by itself.
    """
    for mail in await session.scalars(select(Mail).order_by(Mail.seq)):
        found = await about(session, ring, mail)
        if found and "request" in found[1] and awaited(found[0], mail, found[1]["template"]):
            row, which = found[0], found[1]["template"]
            row.lost, row.told_at = which, None
            words = {"about": f"request {row.number}", "reason": f"a restore dropped the mail: {which}"}
            await audit.record(session, "service", Event.REQUEST_RETURNED, **words, now=now)
    await outbox.drop_all(session)


async def waits(
    session: AsyncSession, row: Request, what: str, *, ring: KeyRing, base_url: str, now: datetime
) -> int:
    """Word to officers of what the person waits for; how many are told."""
    row.told_at = now
    letter = await session.get_one(Newsletter, row.newsletter_id)
    words = {"number": row.number, "what": what, "room_url": f"{base_url}/staff/requests/{row.id}"}
    return await notice.tell(session, letter, "unreached", words, roles=(Role.OFFICER,), ring=ring, now=now)
