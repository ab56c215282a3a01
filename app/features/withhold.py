"""A privacy officer takes an issue, or one block of it, away from public view, at once; or puts it back.

Nothing of the record changes: the approved text, the mail as it was sent and its hash stay as they are.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid, NotFound
from app.domain import audit, edition, staff, withheld
from app.domain.audit import Event
from app.domain.issue import Issue
from app.domain.staff import Role
from app.domain.withheld import WHOLE, Why, Withheld


async def withhold(
    session: AsyncSession, issue: Issue, place: str, why: Why, *, actor: str, now: datetime
) -> None:
    """Take it away; who is second finds it gone already, which is what they wanted."""
    person = await staff.must_be(session, actor, Role.OFFICER)
    if place not in withheld.every(await edition.whole(session, issue.id)):
        raise Invalid("an issue has no such part")
    if await session.get(Withheld, (issue.id, place)) is not None:
        return
    row = Withheld(issue_id=issue.id, place=place, reason=why, taken_by=person.name, taken_at=now)
    session.add(row)
    event = Event.ISSUE_WITHDRAWN if place == WHOLE else Event.ISSUE_BLANKED
    await audit.record(session, actor, event, about=_about(issue, place), reason=why, now=now)


async def put_back(session: AsyncSession, issue: Issue, place: str, *, actor: str, now: datetime) -> None:
    """Show it again; raises NotFound when it was not taken away."""
    await staff.must_be(session, actor, Role.OFFICER)
    row = await session.get(Withheld, (issue.id, place))
    if row is None:
        raise NotFound("that was not taken away")
    await session.delete(row)
    await audit.record(session, actor, Event.ISSUE_PUT_BACK, about=_about(issue, place), now=now)


def _about(issue: Issue, place: str) -> str:
    return f"issue {issue.id} {place}".strip()
