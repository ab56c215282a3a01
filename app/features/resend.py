"""A person sends an issue again, to the readers who missed it and to nobody else.

Who has it never gets it twice by this. Bytes and Message-ID are those of the first time, so that the
copy of somebody who may have it already is seen as the same mail.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import IllegalMove, Refused
from app.domain import audit, delivery
from app.domain.audit import Event
from app.domain.issue import Issue, State


async def resend(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> int:
    """Open the books again for who missed it and still wants it; returns how many that are."""
    if issue.state != State.SENT:
        raise IllegalMove(f"the issue is '{issue.state}'; only one that is sent is sent again")
    tried = await delivery.books(session, issue.id)
    again, unsure = await delivery.wait_again(session, issue, now=now)
    if not again:
        raise Refused("nobody is left who missed it and can still get it; nothing was changed")
    issue.move_to(State.SENDING)
    issue.closed_at = issue.reason = None
    issue.go_on(tried, now)
    reason = f"{again} who missed it, {unsure} of them in doubt"
    await audit.record(session, actor, Event.ISSUE_RESENT, about=f"issue {issue.id}", reason=reason, now=now)
    return again
