"""Word to the people who work with the service: something needs them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.domain import newsletter, outbox, staff, term
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose
from app.domain.staff import Role, Staff

EDITORIAL = (Role.EDITOR, Role.APPROVER)
PREVIEW = timedelta(minutes=10)  # before an issue goes out: long enough to see the final mail and press stop
PASSED = timedelta(minutes=1)  # its moment: no worker was there, because one looks far oftener


async def tell(
    session: AsyncSession,
    letter: Newsletter,
    template: str,
    words: dict[str, Any],
    *,
    roles: tuple[Role, ...] = EDITORIAL,
    ring: KeyRing,
    now: datetime,
) -> int:
    """Queue a mail from `templates/email/<template>` for everyone with a role; returns how many."""
    people = await staff.with_role(session, *roles)
    for person in people:
        queue(session, letter, person, template, words, ring=ring, now=now)
    return len(people)


def concerned(issue: Issue) -> tuple[Role, ...]:
    """Who hears how an issue goes: who makes issues; of a notice of a data breach also who may approve it."""
    return (*EDITORIAL, *issue.approvers) if issue.notice else EDITORIAL


async def restored(session: AsyncSession, *, ring: KeyRing, now: datetime) -> None:
    """What was done since the backup is undone: officers hear it of requests, administrators of accounts."""
    words = {"restored_on": term.today(now).isoformat()}
    await everybody(session, "restored", words, Role.OFFICER, ring=ring, now=now)
    await everybody(session, "reopened", words, Role.ADMINISTRATOR, ring=ring, now=now)


async def everybody(
    session: AsyncSession,
    template: str,
    words: dict[str, Any],
    *roles: Role,
    ring: KeyRing,
    now: datetime,
) -> int:
    """Queue a mail about the service itself for everyone with a role; returns how many."""
    people = await staff.with_role(session, *roles)
    return sum([await write(session, each, template, words, ring=ring, now=now) for each in people])


async def write(
    session: AsyncSession,
    person: Staff,
    template: str,
    words: dict[str, Any],
    *,
    ring: KeyRing,
    now: datetime,
) -> bool:
    """Queue a mail to one person about their account; False when no newsletter exists to send it for."""
    letter = next(iter(await newsletter.every(session)), None)
    if letter is not None:
        queue(session, letter, person, template, words, ring=ring, now=now)
    return letter is not None


def queue(
    session: AsyncSession,
    letter: Newsletter,
    person: Staff,
    template: str,
    words: dict[str, Any],
    *,
    ring: KeyRing,
    now: datetime,
) -> None:
    """Queue a mail to one person about a newsletter."""
    content = {
        "address": staff.opened(ring, person),
        "newsletter": letter.id.hex,
        "language": person.language,
        "template": template,
        "words": words,
    }
    outbox.write(session, ring, Purpose.STAFF, content, now)
