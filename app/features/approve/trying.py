"""A test mail to oneself or to the colleagues of the desk, marked as a test in its subject."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import TooMany
from app.domain import audit, notice, outbox, staff, trial
from app.domain.audit import Event
from app.domain.issue import Issue
from app.domain.outbox import LIVES, Purpose
from app.domain.staff import Staff
from app.domain.trial import Trial
from app.features.approve.compiling import press
from app.features.approve.steps import Desk

MARK = "[Test] "  # the same word in both languages, before everything else


async def attempt(session: AsyncSession, issue: Issue, desk: Desk, *, everybody: bool) -> int:
    """Queue it in each language there is a text in; returns to how many people.

    Raises Refused when it cannot be made, and TooMany after many rounds in a day.
    """
    if await trial.lately(session, issue.id, desk.now) >= trial.A_DAY:
        raise TooMany("this issue was tried often enough for a day", LIVES)
    people = await _people(session, desk.actor, everybody=everybody)
    made = await press(session, issue, base_url=desk.base_url, mark=MARK, own_only=True)
    for language, compiled in made.items():
        row = Trial(
            id=uuid4(),
            issue_id=issue.id,
            language=language,
            compiled=compiled.to_bytes(),
            created_at=desk.now,
        )
        session.add(row)
        for person in people:
            _queue(session, issue, row, person, desk)
    about, reason = f"issue {issue.id}", f"to {len(people)}"
    await audit.record(session, desk.actor, Event.ISSUE_TRIED, about=about, reason=reason, now=desk.now)
    return len(people)


async def _people(session: AsyncSession, name: str, *, everybody: bool) -> list[Staff]:
    if everybody:
        return await staff.with_role(session, *notice.EDITORIAL)
    return [await staff.named(session, name)]


def _queue(session: AsyncSession, issue: Issue, row: Trial, person: Staff, desk: Desk) -> None:
    content = {
        "address": staff.opened(desk.ring, person),
        "newsletter": issue.newsletter_id.hex,
        "language": row.language,
        "trial": row.id.hex,
    }
    outbox.write(session, desk.ring, Purpose.TRIAL, content, desk.now)
