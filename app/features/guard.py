"""Notices by itself that a backup was put back, and makes gone people gone again before anything else.

The ledger's counter runs ahead of the main database's by at most one raise that was announced and
not settled. A database that lacks a settled value was restored: the ledger is replayed, unfinished
issues are held for a person, the outbox is dropped, and links and approvals are void (promise 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import logs
from app.core.crypto import KeyRing, Unreadable
from app.core.database import Database
from app.core.errors import BookClosed, NotReady
from app.domain import (
    answer,
    audit,
    candidate,
    consent,
    delivery,
    edition,
    erasure,
    farewell,
    ledger,
    lifting,
    lookup,
    notice,
    service,
    staff,
    subscriber,
)
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.book import Book, Farewell
from app.domain.issue import State
from app.domain.ledger import Entry, Reason
from app.domain.newsletter import Newsletter
from app.domain.service import PendingEnd
from app.domain.subscriber import Subscriber

CHUNK = 500  # ledger entries replayed in one transaction
SILENCE = timedelta(hours=24)  # after this a person is asked whether this is a restored backup

log = logs.get("guard")


@dataclass(frozen=True, slots=True)
class Watch:
    """What the guard works with."""

    database: Database
    book: Book
    ring: KeyRing


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


async def replay(watch: Watch, *, everything: bool = False, now: datetime) -> int:
    """End again whoever the ledger says has gone; idempotent. Returns how many rows went.

    Blocks and restrictions too. `everything` starts at the first entry and matches other keys' as well.
    """
    ended = 0
    async with watch.database.reading() as session:
        after = 0 if everything else (await service.state(session)).replayed_seq
    while entries := await watch.book.since(after, CHUNK):
        standing = await lifting.standing(watch.book, entries, now)
        if early := [each.seq for each in entries if lifting.ahead(each, now)]:
            log.error("ledger.ahead", records=early)
        async with watch.database.unit_of_work() as session:
            for entry in standing:
                ended += await _replay_one(session, watch.ring, entry, now)
            after = entries[-1].seq
            state = await service.state(session, lock=True)
            state.replayed_seq, state.replayed_hash = after, entries[-1].hash
    if everything:
        ended += await _replay_across_keys(watch)
    if ended:
        log.warning("ledger.replayed", ended=ended)
    return ended


async def _replay_one(session: AsyncSession, ring: KeyRing, entry: Entry, now: datetime) -> int:
    if entry.reason in ledger.BLOCKS or entry.reason == Reason.LIFTED:
        await lifting.again(session, entry, now)
        return 0
    if entry.reason == Reason.ERASED:  # who had left before is known by the proof alone
        await consent.forget(session, [entry.subject], upto=entry.at)
        await lookup.forget(session, [entry.subject], upto=entry.at)
        for number in await erasure.overtake(session, [entry.subject], now=now, upto=entry.at):
            await erasure.note(session, number, "service", now)
        await candidate.forget(session, [entry.subject], upto=entry.at)
    query = select(Subscriber).where(
        Subscriber.newsletter_id == UUID(hex=entry.newsletter),
        Subscriber.subject == entry.subject,
        Subscriber.confirmed_at <= entry.at,
    )
    return sum([await _again(session, ring, row, entry) for row in await session.scalars(query)])


async def _again(session: AsyncSession, ring: KeyRing, row: Subscriber, entry: Entry) -> bool:
    """Do to a row what the ledger says happened to it; True when it went."""
    if entry.reason == Reason.RESTRICTED:
        row.restricted_at = row.restricted_at or entry.at
        return False
    await session.execute(delete(Subscriber).where(Subscriber.seq == row.seq))
    await delivery.leave(session, row.id)
    try:
        address = subscriber.opened(ring, row)
    except Unreadable:
        log.warning("replay.key_missing", key=row.key_id)
        return True
    if entry.reason == Reason.ERASED:
        await delivery.unlink(session, row.id)
        await consent.forget(session, consent.proofs(ring, row.newsletter_id, address))
    else:
        await consent.end(session, ring, row.newsletter_id, address, at=entry.at)
    return True


async def _replay_across_keys(watch: Watch) -> int:
    """Rows and entries made under different keys: open each address once and look it up."""
    if len(watch.ring.ids) == 1:
        return 0
    ended, after = 0, 0
    while True:
        async with watch.database.unit_of_work() as session:
            query = select(Subscriber).where(Subscriber.seq > after).order_by(Subscriber.seq)
            rows = list(await session.scalars(query.limit(CHUNK)))
            if not rows:
                return ended
            for row, found in await _look_up(watch, rows):
                ended += await _again(session, watch.ring, row, found)
            after = rows[-1].seq


async def _look_up(watch: Watch, rows: list[Subscriber]) -> list[tuple[Subscriber, Entry]]:
    """What the ledger says last happened to these rows, under whatever key it was written."""
    known: dict[bytes, Subscriber] = {}
    for row in rows:
        try:
            address = subscriber.opened(watch.ring, row)
            known |= dict.fromkeys(farewell.pseudonyms(watch.ring, row.newsletter_id, address), row)
        except Unreadable:  # no mail can go to it, and it keeps no other row waiting
            log.warning("replay.key_missing", key=row.key_id)
    later: dict[int, list[Entry]] = {}
    for entry in await watch.book.of(list(known)):
        if entry.at >= known[entry.subject].confirmed_at:
            later.setdefault(known[entry.subject].seq, []).append(entry)
    # To be erased is the most that one can ask, so that goes before any other end.
    for found in later.values():
        found.sort(key=lambda entry: (entry.reason != Reason.ERASED, entry.reason == Reason.RESTRICTED))
    return [(row, later[row.seq][0]) for row in rows if row.seq in later]


async def raise_counter(watch: Watch, *, now: datetime) -> int:
    """Every ten seconds and at every issue transition: the ledger first, then the database.

    A restore is looked for first: raising would hide it.
    """
    await check(watch, now=now)
    before = await watch.book.seen()
    async with watch.database.reading() as session:
        own = (await service.state(session)).counter
        trail = await audit.see(session, watch.ring, before)
    if before is not None and trail is None:
        # what the ledger saw stays, as evidence, or until its key is back
        log.error("trail.differs", after=before.seq, key=before.key)
    value = await watch.book.announce(own, now, trail)
    async with watch.database.unit_of_work() as session:
        state = await service.state(session, lock=True)
        state.counter = max(state.counter, value)
        state.raised_at = now
    await watch.book.settle(value)
    return value


async def flush_pending(watch: Watch) -> int:
    """Write ends to the ledger that could not be written when they happened."""
    async with watch.database.unit_of_work() as session:
        query = select(PendingEnd).order_by(PendingEnd.seq).limit(CHUNK).with_for_update()
        rows = list(await session.scalars(query))
        if not rows:
            return 0
        await watch.book.write(
            [Farewell(r.newsletter_id, r.key_id, r.subject, Reason(r.reason), r.at) for r in rows]
        )
        for row in rows:
            await session.delete(row)
    return len(rows)


async def reasons(watch: Watch) -> list[str]:
    """Why the service must not serve and send now; an empty list when it may."""
    found = []
    try:
        await watch.book.counter()
    except BookClosed:
        found.append("the ledger cannot be reached")
    try:
        async with watch.database.reading() as session:
            watch.ring.use((await service.state(session)).active_key)
    except NotReady as missing:
        found += missing.reasons
    async with watch.database.reading() as session:
        pending = await session.scalar(select(func.count()).select_from(PendingEnd)) or 0
    if pending:
        found.append(f"{pending} ends wait for the ledger")
    return found
