"""When trouble is ours and goes on, the issue pauses and people are told; resuming is their act.

Three things count. What only we can mend: a wrong password, a refused sender, refused content. Too
many mailboxes that are not there, which says that the list is wrong. And too many readers who report
the mail as unwanted. A relay that is away is waited for, and one full mailbox is nobody's fault.

Refusals and complaints are counted over all workers, from the database, and from when a person last
let the issue go on: who looked and decided is not asked again about the same. Each worker counts the refusals
it hears as well: in the seconds between two looks at the database a fast one asks for thousands of mailboxes.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import logs
from app.core.crypto import KeyRing
from app.core.database import Database
from app.core.errors import IllegalMove
from app.domain import block, delivery, edition, halt, notice
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.audit import record as note
from app.domain.halt import Cause
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.features.send.letter import Run
from app.mail.smtp import Reply

THRESHOLD = 10  # refusals in a row without one success: more would only annoy the relay
LOST_EACH = 3  # lost connections in a row, each: every one may have been a copy too many
# TR-14: beyond this receivers take us for somebody who bought the list, and refuse the rest too.
REFUSED_SHARE = 0.05
REFUSED_LEAST = 50  # with fewer the share says nothing: three of the first twenty may be chance
COMPLAINED_SHARE = 0.001  # TR-14: from here on large receivers begin to refuse
COMPLAINED_LEAST = 5  # in a small audience one reader who presses the wrong button is more than that

log = logs.get("send.breaker")


class Breaker:
    """Counts refusals that are ours, per run of an issue, since the last copy that was accepted."""

    def __init__(self) -> None:
        self._ours: Counter[Run] = Counter()
        self._lost: Counter[Run] = Counter()
        self.tripped: dict[Run, str] = {}

    def fine(self, run: Run) -> None:
        """A copy was accepted: whatever it was, it is over."""
        run.accepted += 1
        if self._ours or self._lost:
            self._ours.pop(run, None)
            self._lost.pop(run, None)

    def ours(self, run: Run, reply: Reply) -> None:
        """One more refusal that the reader is not to blame for."""
        self._ours[run] += 1
        if self._ours[run] >= THRESHOLD:
            said = f"{reply.code} {reply.enhanced or ''}".rstrip()
            self.tripped[run] = halt.told(Cause.REPLY, reply=said, stage=reply.stage)

    def refused(self, run: Run) -> None:
        """One more mailbox that is not there, or does not want it."""
        run.refused += 1
        if reason := _too_many(run.refused, run.accepted + run.refused):
            self.tripped[run] = reason

    def lost(self, run: Run, connections: int) -> None:
        """One more connection lost with a copy under way; all at once is one event, thrice is not."""
        self._lost[run] += 1
        if self._lost[run] > LOST_EACH * connections:
            self.tripped[run] = halt.told(Cause.LOST)

    def reset(self, run: Run) -> None:
        """It was seen to."""
        self._ours.pop(run, None)
        self._lost.pop(run, None)
        self.tripped.pop(run, None)


class Alarm(NamedTuple):
    """Why an issue should pause, and from when that was counted."""

    issue_id: UUID
    reason: str
    since: datetime | None


async def alarming(session: AsyncSession) -> list[Alarm]:
    """The issues going out that too many refuse or complain about, each with the reason."""
    found = []
    for issue in await issues.in_states(session, [State.SENDING]):
        books = await delivery.books(session, issue.id)
        if reason := _refused(issue, books) or await _complained(session, issue):
            found.append(Alarm(issue.id, reason, issue.going_since))
    return found


def _refused(issue: Issue, books: dict[str, int]) -> str | None:
    refused = books["refused"] - issue.refused_before
    tried = books["accepted"] + books["refused"] - issue.tried_before
    return _too_many(refused, tried)


def _too_many(refused: int, tried: int) -> str | None:
    if refused < REFUSED_LEAST or refused <= tried * REFUSED_SHARE:
        return None
    return halt.told(Cause.REFUSED, count=refused, whole=tried)


async def _complained(session: AsyncSession, issue: Issue) -> str | None:
    """Of the whole audience: readers complain long after they were sent to."""
    if issue.frozen_at is None or issue.going_since is None:
        return None
    count = await block.complaints(session, issue.newsletter_id, since=issue.going_since)
    if count < COMPLAINED_LEAST or count < issue.audience * COMPLAINED_SHARE:
        return None
    return halt.told(Cause.COMPLAINED, count=count, whole=issue.audience)


async def pause(
    database: Database,
    issue_id: UUID,
    reason: str,
    *,
    since: datetime | None,
    ring: KeyRing,
    now: datetime,
) -> None:
    """Pause the issue, put it on record, and tell editors and approvers.

    `since` is from when the trouble was counted: when a person let the issue go on after that, they
    knew of it, and it is not paused again for what is over.
    """
    async with database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        if issue.going_since == since:
            await _stop(session, issue, State.PAUSED, reason, ring=ring, now=now)


async def hold(database: Database, issue_id: UUID, reason: str, *, ring: KeyRing, now: datetime) -> None:
    """Hold the issue for a person: its bytes are not the approved ones, or cannot be signed."""
    async with database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await _stop(session, issue, State.HELD, reason, ring=ring, now=now)


STOPS = {
    State.PAUSED: (Event.ISSUE_PAUSED, "paused"),
    State.HELD: (Event.ISSUE_HELD, "paused"),
}


async def _stop(
    session: AsyncSession, issue: Issue, state: State, reason: str, *, ring: KeyRing, now: datetime
) -> None:
    event, template = STOPS[state]
    try:
        issue.move_to(state)
    except IllegalMove:
        return  # a person or another worker was first
    issue.reason = reason
    await note(session, "service", event, about=f"issue {issue.id}", reason=reason, now=now)
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    subject = await edition.subject(session, issue, letter.language)
    words = {"subject": subject, "reason": reason, "issue_id": str(issue.id), "breach": issue.notice}
    await notice.tell(session, letter, template, words, roles=notice.concerned(issue), ring=ring, now=now)
    log.error("issue.stopped", issue=str(issue.id), state=state, reason=reason)
