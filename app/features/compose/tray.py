"""An editor takes copy that partners sent in out of the tray: into the issue, or away.

Both save what the editor has typed as well, so that no word is lost by it, and go the way of every other
save: two editors at once do not overwrite each other, and one text comes into one issue once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import audit, contribution
from app.domain.audit import Event
from app.domain.content import BLOCKS_MOST
from app.domain.contribution import Contribution
from app.domain.edition import Edition
from app.domain.issue import Issue
from app.domain.typed import Typed
from app.features.compose.desk import save


async def take(
    session: AsyncSession,
    issue: Issue,
    written: Typed,
    copy_id: UUID,
    *,
    begun_on: int | None,
    author: str,
    now: datetime,
) -> bool:
    """Save the text with this copy as a block at its end; False when a colleague was first, or it is full."""
    who: dict[str, Any] = {"author": author, "now": now}
    room = len(written.pieces) < BLOCKS_MOST
    row = await contribution.use(session, issue.newsletter_id, copy_id, issue.id, **who) if room else None
    if row is None and await _taken(session, issue, written, copy_id, author):
        return True
    whole = written.joined(row.piece) if row else written
    await save(session, issue, whole, begun_on=begun_on, **who)
    if row is not None:
        about, reason = f"copy {row.id}", f"issue {issue.id}"
        await audit.record(session, author, Event.COPY_USED, about=about, reason=reason, now=now)
    return row is not None


async def _taken(session: AsyncSession, issue: Issue, written: Typed, copy_id: UUID, author: str) -> bool:
    """Whether the same press did this already: its answer got lost, and it came again."""
    row = await session.get(Contribution, copy_id)
    if row is None or (row.issue_id, row.used_by) != (issue.id, author):
        return False
    now = await session.get(Edition, (issue.id, written.language))
    return now is not None and now.content == written.joined(row.piece).stored()


async def set_aside(
    session: AsyncSession,
    issue: Issue,
    written: Typed,
    copy_id: UUID,
    *,
    begun_on: int | None,
    author: str,
    now: datetime,
) -> None:
    """Save the text, and delete this copy."""
    await save(session, issue, written, begun_on=begun_on, author=author, now=now)
    if await contribution.remove(session, issue.newsletter_id, copy_id):
        await audit.record(session, author, Event.COPY_REMOVED, about=f"copy {copy_id}", now=now)
