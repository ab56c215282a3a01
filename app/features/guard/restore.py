"""Notices by itself that a backup was put back, and stops everything that must not go on from there.

The ledger's counter runs ahead of the main database's by at most one raise that was announced and
not settled. A database that lacks a settled value was restored: the ledger is replayed, unfinished
issues are held for a person, the outbox is dropped, links and approvals are void, and staff sign in
anew (promise 7).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import logs
from app.core.crypto import KeyRing
from app.domain import answer, audit, candidate, edition, invitation, notice, service, staff
from app.domain import issue as issues
from app.domain import session as sessions
from app.domain.audit import Event
from app.domain.issue import State
from app.domain.newsletter import Newsletter
from app.features.guard.replay import replay
from app.features.guard.watch import Watch

SILENCE = timedelta(hours=24)  # after this a person is asked whether this is a restored backup

log = logs.get("guard")


async def check(watch: Watch, *, now: datetime) -> bool:
    """Compare the counters, recover if this is a restored backup, and replay what is new.

    True when a restore was noticed. Raises BookClosed when the ledger cannot be asked.
    """
    other = await _caught_up(watch, now)
    if restored := await _restored(watch):
        await _recover(watch, now)
    await replay(watch, everything=restored or other, now=now)
    return restored


async def _caught_up(watch: Watch, now: datetime) -> bool:
    """Whether the ledger had lost entries, and got those back that its copy has; it is on record."""
    async with watch.database.reading() as session:
        state = await service.state(session)
    added, lost = await watch.book.catch_up(state.replayed_seq, state.replayed_hash)
    if added + lost:
        about = f"{added} put back, {lost} lost"
        log.error("ledger.caught_up", what=about)
        async with watch.database.unit_of_work() as session:
            await audit.record(session, "service", Event.LEDGER_CAUGHT_UP, about=about, now=now)
    return added + lost > 0


async def _restored(watch: Watch) -> bool:
    settled = max((await watch.book.counter())[1], watch.book.copied_counter())
    async with watch.database.reading() as session:
        state = await service.state(session)
    watch.ring.use(state.active_key)
    return state.counter < settled


async def _recover(watch: Watch, now: datetime) -> None:
    async with watch.database.unit_of_work() as session:
        state = await service.state(session, lock=True)
        announced, settled, _ = await watch.book.counter()
        if state.counter >= max(settled, watch.book.copied_counter()):
            return  # another process noticed first
        state.restored_at = state.void_before = now
        state.counter = max(announced, watch.book.copied_counter())
        await answer.drop(session, watch.ring, now)
        await candidate.drop_all(session, now)
        await sessions.end_all(session)
        await invitation.void_all(session)
        await audit.record(session, "service", Event.RESTORE_NOTICED, now=now)
        await watch.book.look_anew()
        await notice.restored(session, ring=watch.ring, now=now)
        await hold(session, "restored", ring=watch.ring, now=now)
    log.error("restore.noticed", counter=settled)


async def silent(watch: Watch, *, now: datetime) -> bool:
    """At start: after a day of silence nobody can tell a restored snapshot from a long stop.

    Everything approved or under way waits for a person then, who is asked.
    """
    async with watch.database.unit_of_work() as session:
        state = await service.state(session, lock=True)
        if state.raised_at is None or now - state.raised_at <= SILENCE:
            return False
        state.raised_at = now
        await hold(session, "silence", ring=watch.ring, now=now)
        return True


async def hold(session: AsyncSession, reason: str, *, ring: KeyRing, now: datetime) -> int:
    """Hold every unfinished issue for a person and void approvals of what had not begun."""
    held: dict[UUID, list[str]] = {}
    for issue in await issues.in_states(session, issues.UNFINISHED):
        if issue.state == State.HELD or (reason == "silence" and not issue.digest):
            continue
        issue.move_to(State.HELD)
        issue.reason = reason
        if not issue.begun:
            await issues.void_approval(session, issue)
        about = f"issue {issue.id}"
        await audit.record(session, "service", Event.ISSUE_HELD, about=about, reason=reason, now=now)
        letter = await session.get_one(Newsletter, issue.newsletter_id)
        subject = await edition.subject(session, issue, letter.language)
        held.setdefault(issue.newsletter_id, []).append(subject)
    for newsletter_id, subjects in held.items():
        letter = await session.get_one(Newsletter, newsletter_id)
        words = {"subjects": subjects, "why": reason}
        roles = (*notice.EDITORIAL, staff.Role.OFFICER)
        await notice.tell(session, letter, "held", words, roles=roles, ring=ring, now=now)
    return sum(len(subjects) for subjects in held.values())
