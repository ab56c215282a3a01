"""An issue that was handed in or approved is opened again to be changed: what was approved is void."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Refused
from app.domain import audit, slot
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.issue import Issue, State


def changeable(issue: Issue) -> bool:
    """Whether an editor may still change it: what a reader may have is as it is.

    The words of a notice of a data breach follow from its facts, which officers write.
    """
    return not issue.begun and not issue.notice and issue.state not in {State.CANCELLED, State.HELD}


async def reopen(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Make it a draft again; the approval, if any, is void and its month is free."""
    if not changeable(issue):
        raise Refused(f"issue {issue.number} is '{issue.state}' and cannot be changed any more")
    if issue.state == State.DRAFT:
        return
    if issue.digest is not None:
        await issues.void_approval(session, issue)
        await slot.release(session, issue.id)
        issue.due_at = issue.period = issue.previewed_at = None
        about = f"issue {issue.id}"
        await audit.record(session, actor, Event.ISSUE_APPROVAL_VOIDED, about=about, now=now)
    issue.move_to(State.DRAFT)
