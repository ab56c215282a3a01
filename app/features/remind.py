"""Word before and after a slot: reminders while nothing is approved, the final mail, a missed slot.

With nothing approved at the slot nothing is sent, the editors are told, and the slot is on record as
missed, once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.database import changed
from app.domain import absence, audit, eyes, newsletter, notice, outbox, slot, staff
from app.domain.audit import Event
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose
from app.domain.slot import Slot
from app.domain.slot import State as SlotState
from app.domain.staff import Role

ALONE_AHEAD = timedelta(days=14)  # time to find somebody
APPROVING = timedelta(days=7)  # before a slot: who is there on one of these days can approve
DAYS_AHEAD = (14, 7, 2)  # time to write, time to ask a colleague, time to hurry


async def missed(session: AsyncSession, *, ring: KeyRing, now: datetime) -> int:
    """Record slots that passed with nothing approved; returns how many."""
    count = 0
    for letter in await newsletter.every(session):
        await slot.upcoming(session, letter, now)  # the next one is on record before its moment
        for each in await slot.overdue(session, letter.id, now):
            count += await _miss(session, letter, each, ring=ring, now=now)
    return count


async def _miss(
    session: AsyncSession, letter: Newsletter, each: Slot, *, ring: KeyRing, now: datetime
) -> int:
    statement = (
        update(Slot)
        .where(
            Slot.newsletter_id == letter.id,
            Slot.period == each.period,
            Slot.state == SlotState.OPEN,
            Slot.at <= now,
        )
        .values(state=SlotState.MISSED)
    )
    if not await changed(session, statement):
        return 0
    about = f"{letter.slug} {each.period}"
    await audit.record(session, "service", Event.SLOT_MISSED, about=about, now=now)
    words = {"slot": each.at.isoformat()}
    await notice.tell(session, letter, "missed", words, ring=ring, now=now)
    return 1


async def remind(session: AsyncSession, *, ring: KeyRing, now: datetime) -> int:
    """Remind editors of the next open slot, 14, 7 and 2 days before; returns how many mails."""
    count = 0
    for letter in await newsletter.every(session):
        ahead = [s for s in await slot.upcoming(session, letter, now) if s.state == SlotState.OPEN]
        for each in ahead[:1]:
            count += await _remind(session, letter, each, ring=ring, now=now)
    return count


async def alone(session: AsyncSession, *, ring: KeyRing, now: datetime) -> int:
    """Two weeks before a slot: a warning when no second person can approve; returns how many mails."""
    count = 0
    for letter in await newsletter.every(session):
        for each in (await slot.upcoming(session, letter, now))[-1:]:
            near = each.state == SlotState.OPEN and each.warned_at is None and each.at - now <= ALONE_AHEAD
            if near and not await _two(session, letter, each.at, now):
                count += await _warn(session, letter, each, ring=ring, now=now)
    return count


async def _two(session: AsyncSession, letter: Newsletter, at: datetime, now: datetime) -> bool:
    """Whether somebody can write and somebody else approve: each is there on a day of the last week."""
    away = await absence.away(session, max(now, at - APPROVING), at)
    there = [each for each in await staff.with_role(session, *notice.EDITORIAL) if each.id not in away]
    approvers = {each.name for each in there if each.has(Role.APPROVER)}
    open_ones = Issue.newsletter_id == letter.id, Issue.state.in_((State.DRAFT, State.IN_REVIEW))
    ours = Issue.author != staff.BY_ITSELF, Issue.notice.is_(False)  # a notice is not written here
    rows = await session.scalars(select(Issue).where(*open_ones, *ours))
    written = [await eyes.writers(session, each) for each in rows]
    if not written:  # a draft that stands ready is still to be written by somebody
        written = [{each.name} for each in there if each.has(Role.EDITOR)]
    return any(eyes.allowed(approvers, wrote) for wrote in written)


async def _warn(
    session: AsyncSession, letter: Newsletter, each: Slot, *, ring: KeyRing, now: datetime
) -> int:
    mine = Slot.newsletter_id == letter.id, Slot.period == each.period, Slot.warned_at.is_(None)
    if not await changed(session, update(Slot).where(*mine).values(warned_at=now)):
        return 0
    words = {"slot": each.at.isoformat()}
    told = (Role.EDITOR, Role.ADMINISTRATOR)
    return await notice.tell(session, letter, "alone", words, roles=told, ring=ring, now=now)


async def _remind(
    session: AsyncSession, letter: Newsletter, each: Slot, *, ring: KeyRing, now: datetime
) -> int:
    left = (each.at.astimezone(letter.zone).date() - now.astimezone(letter.zone).date()).days
    step = next((days for days in reversed(DAYS_AHEAD) if left <= days), None)
    if step is None or (each.reminded is not None and each.reminded <= step):
        return 0
    fresh = Slot.reminded.is_(None) | (Slot.reminded > step)
    statement = update(Slot).where(Slot.newsletter_id == letter.id, Slot.period == each.period, fresh)
    if not await changed(session, statement.values(reminded=step)):
        return 0
    words = {"slot": each.at.isoformat(), "days": left}
    return await notice.tell(session, letter, "reminder", words, ring=ring, now=now)


async def preview(session: AsyncSession, *, ring: KeyRing, now: datetime) -> int:
    """Ten minutes before an issue: the final mail to editors and approvers; returns how many.

    Whoever may approve a notice of a data breach gets that as well. An issue whose moment passed unseen
    waits until `start` has given it another.
    """
    query = select(Issue).where(
        Issue.state == State.SCHEDULED,
        Issue.previewed_at.is_(None),
        Issue.due_at.between(now - notice.PASSED, now + notice.PREVIEW),
    )
    count = 0
    for issue in await session.scalars(query):
        statement = (
            update(Issue).where(Issue.id == issue.id, Issue.previewed_at.is_(None)).values(previewed_at=now)
        )
        if await changed(session, statement):
            count += await _preview(session, issue, ring=ring, now=now)
    return count


async def _preview(session: AsyncSession, issue: Issue, *, ring: KeyRing, now: datetime) -> int:
    people = await staff.with_role(session, *notice.concerned(issue))
    for person in people:
        content = {
            "address": staff.opened(ring, person),
            "newsletter": issue.newsletter_id.hex,
            "language": person.language,
            "issue": issue.id.hex,
        }
        outbox.write(session, ring, Purpose.FINAL, content, now)
    return len(people)
