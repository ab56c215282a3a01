"""A person decides when an issue goes out, stops it, lets it go on, or takes it back.

Each step is a move of the issue's MOVES table, on record with who did it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.calendar import Period
from app.core.crypto import KeyRing
from app.core.errors import IllegalMove, Invalid, Refused
from app.core.states import step
from app.domain import audit, delivery, edition, halt, notice, slot, staff
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.halt import Cause
from app.domain.issue import NOTICED, Issue, State
from app.domain.newsletter import Newsletter
from app.domain.notice import PREVIEW
from app.domain.slot import Slot
from app.domain.slot import State as SlotState

YEAR = timedelta(days=366)  # a date further ahead is a slip of the pen
MINUTE = timedelta(minutes=1)  # a form has no seconds: this minute has begun already


async def plan(session: AsyncSession, issue: Issue, now: datetime) -> None:
    """Give an approved issue the next free slot; without a cadence it waits for `schedule`.

    A correction waits as well, and so does the notice of a data breach: they are no month's issue, and a
    person says when they go out.
    """
    if issue.corrects_id is not None or issue.notice:
        return
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    taken = await slot.claim(session, letter, issue.id, now)
    if taken is not None:
        issue.due_at, issue.period = slot.goes_at(taken.at, now), taken.period
        issue.move_to(State.SCHEDULED)


def _must_be_approved(issue: Issue) -> None:
    if issue.state not in {State.APPROVED, State.SCHEDULED}:
        advice = "; have it approved first: bode issue approve" if not issue.begun else ""
        raise IllegalMove(f"the issue is '{issue.state}', not approved{advice}")
    if issue.digest is None:
        raise Refused("the issue has no approval; have it approved first: bode issue approve")


async def schedule(session: AsyncSession, issue: Issue, at: datetime, *, actor: str, now: datetime) -> None:
    """Send it at a chosen time instead of in the slot."""
    _must_be_approved(issue)
    if at < now - MINUTE or at > now + YEAR:
        raise Invalid("choose a time between now and a year ahead")
    await _be_of_its_month(session, issue, at, now)
    issue.due_at, issue.previewed_at = at, None
    if issue.state == State.APPROVED:
        issue.move_to(State.SCHEDULED)
    await _note(session, Event.ISSUE_SCHEDULED, issue, actor, at.isoformat(), now)


async def choose(session: AsyncSession, issue: Issue, at: datetime, *, actor: str, now: datetime) -> None:
    """What a person chooses on the page, which leaves ten minutes: colleagues can stop the final mail."""
    at = slot.goes_at(at, now) if at >= now - MINUTE else at
    await schedule(session, issue, at, actor=actor, now=now)


async def _be_of_its_month(session: AsyncSession, issue: Issue, at: datetime, now: datetime) -> None:
    """Give the slot back when the issue goes out in another month: that month's own may still come.

    A month that nobody has is this issue's then: else it would be told to be missed, though it is not.
    """
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    month = Period.of(at.astimezone(letter.zone).date())
    if issue.period and issue.period != str(month):
        await slot.release(session, issue.id)
        issue.period = None
    extra = issue.notice or issue.corrects_id is not None
    if not issue.period and not extra and await slot.take(session, letter, issue.id, month, now):
        issue.period = str(month)


async def slot_in(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Send it in the next free slot, whatever was chosen before."""
    _must_be_approved(issue)
    if issue.state == State.SCHEDULED:
        await unplan(session, issue, actor=actor, now=now)
    await plan(session, issue, now)
    if issue.due_at is None:
        raise Refused("there is no slot for this issue; choose a time")
    await _note(session, Event.ISSUE_SCHEDULED, issue, actor, f"slot {issue.period}", now)


async def soon(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Send it now, which leaves ten minutes: colleagues get the final mail at once and can stop it."""
    await schedule(session, issue, now + PREVIEW, actor=actor, now=now)


async def unplan(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Take an approved issue out of the calendar; its approval stays, its month is free again."""
    if issue.state != State.SCHEDULED:
        raise IllegalMove(f"the issue is '{issue.state}' and is not planned")
    await slot.release(session, issue.id)
    issue.due_at = issue.period = issue.previewed_at = None
    issue.move_to(State.APPROVED)
    await _note(session, Event.ISSUE_UNPLANNED, issue, actor, "by hand", now)


async def stop(session: AsyncSession, issue: Issue, *, actor: str, ring: KeyRing, now: datetime) -> None:
    """The stop button: nothing leaves from this moment, whether it had begun or was about to.

    Whoever sees that something is wrong may stop the notice of a data breach as well. Officers decide what
    becomes of it, and hear of it at once: else it would stand still for as long as nobody looked.
    """
    step = unplan if issue.state == State.SCHEDULED else pause
    await step(session, issue, actor=actor, now=now)
    if issue.notice:
        await _tell(session, issue, actor=actor, ring=ring, now=now)


async def _tell(session: AsyncSession, issue: Issue, *, actor: str, ring: KeyRing, now: datetime) -> None:
    """Who may let a notice go on hears that a colleague stopped it."""
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    words = {
        "subject": await edition.subject(session, issue, letter.language),
        "reason": halt.told(Cause.HAND),
        "issue_id": str(issue.id),
        "breach": True,
        "who": actor,
    }
    for person in await staff.with_role(session, *NOTICED):
        if person.name != actor:
            notice.queue(session, letter, person, "paused", words, ring=ring, now=now)


async def send_now(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Make it due now; in the month of its slot it keeps that, so that the month is not sent twice."""
    _must_be_approved(issue)
    await _be_of_its_month(session, issue, now, now)
    issue.due_at = now
    issue.previewed_at = now  # nobody has ten minutes to stop it: the command is break-glass
    if issue.state == State.APPROVED:
        issue.move_to(State.SCHEDULED)
    await _note(session, Event.ISSUE_SCHEDULED, issue, actor, "now", now)


async def pause(
    session: AsyncSession, issue: Issue, *, actor: str, reason: str = "by hand", now: datetime
) -> None:
    """Stop an issue that is going out: nothing more is handed over from this moment."""
    issue.move_to(State.PAUSED)
    issue.reason = reason
    await _note(session, Event.ISSUE_PAUSED, issue, actor, reason, now)


async def resume(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Let a paused issue go on, or decide about a held one.

    A held issue that had begun goes on with the same bytes; one that had not is a draft again and
    needs a new approval, because approvals from before a restore are void.
    """
    if issue.state == State.SCHEDULED:  # MOVES allows it, to who begins an issue at its moment
        raise IllegalMove("the issue goes out by itself at its time; what is paused or held can go on")
    if issue.state == State.SENT:  # MOVES allows it, to who sends again
        raise IllegalMove("the issue is sent; to send again to who missed it: bode issue resend")
    if issue.state == State.HELD and not issue.begun:
        await issues.void_approval(session, issue)
        await slot.release(session, issue.id)
        issue.due_at = issue.period = issue.previewed_at = None
        issue.move_to(State.DRAFT)
    else:
        issue.move_to(State.SENDING)
        issue.go_on(await delivery.books(session, issue.id), now)
    issue.reason = None
    await _note(session, Event.ISSUE_RESUMED, issue, actor, f"now {issue.state}", now)


async def cancel(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Send it to nobody else. Who has it keeps it; the books say how many."""
    issue.move_to(State.CANCELLED)
    issue.closed_at = None if issue.begun else now
    await slot.release(session, issue.id)
    await delivery.give_up_waiting(session, issue.id)
    await _note(session, Event.ISSUE_CANCELLED, issue, actor, "by hand", now)


class Why(StrEnum):
    """Why a month is left out, chosen from a list."""

    RECESS = "recess"  # the councils are on holiday
    NO_NEWS = "no news"
    MERGED = "merged"  # with the month before or after


async def skip(
    session: AsyncSession, letter: Newsletter, period: str, why: Why, *, actor: str, now: datetime
) -> None:
    """Leave a month out on purpose: it is not missed then, and nobody is reminded."""
    rhythm = letter.rhythm
    if rhythm is None:
        raise Refused("this newsletter has no cadence, so there is no month to skip")
    try:
        month = Period.parse(period)
    except ValueError:
        raise Invalid("name the month as in 2026-08") from None
    found = await session.get(Slot, (letter.id, str(month)))
    if found is None:
        at = rhythm.slot(month, letter.zone)
        found = Slot(newsletter_id=letter.id, period=str(month), at=at, state=SlotState.OPEN)
        session.add(found)
    if found.at <= now:
        raise Refused(f"the slot of {month} has passed")
    found.state = step(slot.MOVES, SlotState(found.state), SlotState.SKIPPED)
    found.reason = why
    about = f"{letter.slug} {month}"
    await audit.record(session, actor, Event.SLOT_SKIPPED, about=about, reason=why, now=now)


async def put_back(
    session: AsyncSession, letter: Newsletter, period: str, *, actor: str, now: datetime
) -> None:
    """A month was not to be left out after all: it is free again, until its moment has passed."""
    if not await slot.reopen(session, letter.id, period, now):
        raise Refused("that month is not left out, or has passed")
    about = f"{letter.slug} {period}"
    await audit.record(session, actor, Event.SLOT_REOPENED, about=about, now=now)


async def _note(
    session: AsyncSession, event: Event, issue: Issue, actor: str, reason: str, now: datetime
) -> None:
    await audit.record(session, actor, event, about=f"issue {issue.id}", reason=reason, now=now)
