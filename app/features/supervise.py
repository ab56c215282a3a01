"""Gathers what the service did in a quarter into one signed file for the supervisor, without anybody in it.

Figures of what was done come from the trail, which nothing is erased from; terms come from the requests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.domain import LEDGER, MAIN, audit, breach, dossier, review, term
from app.domain.audit import Event, Record
from app.domain.dossier import (
    Access,
    Breaches,
    Category,
    Dossier,
    Key,
    Quarter,
    Requests,
    Restores,
    Retention,
    Trail,
)
from app.domain.lookup import Why
from app.domain.newsletter import ZONE
from app.domain.request import ENDS, Kind, Refusal, Request, State
from app.domain.review import Review
from app.domain.service import Job
from app.domain.staff import Role, Staff
from app.domain.wholeness import Wholeness

REMOVED: Final = re.compile(r"([a-z_]+) (\d+)(?=,|$)")
FULL: Final = 120  # characters of a reason: what did not fit was cut off in the middle of a figure, perhaps


class Outcome(StrEnum):
    """How a drill with a backup went."""

    PASSED = "passed"  # it was put back, and who had gone was gone again
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the file is made with: keys, and the lines of the register in somebody's language."""

    ring: KeyRing
    register: Sequence[Category]


@dataclass(frozen=True, slots=True)
class Span:
    """The moments between which a quarter lies, on the clock of the Netherlands."""

    since: datetime
    before: datetime

    @classmethod
    def of(cls, quarter: Quarter) -> Span:
        return cls(_midnight(quarter.first_on), _midnight(quarter.last_on + timedelta(days=1)))

    def has(self, at: datetime | None) -> bool:
        """Whether something happened in it."""
        return at is not None and self.since <= at < self.before


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(ZONE)).astimezone(UTC)


async def gather(
    session: AsyncSession, shelf: Shelf, quarter: Quarter, whole: Wholeness, *, now: datetime
) -> Dossier:
    """The file of a quarter, signed."""
    span = Span.of(quarter)
    return Dossier(
        quarter=str(quarter),
        first_on=quarter.first_on,
        last_on=quarter.last_on,
        made_at=now.astimezone(UTC).replace(microsecond=0),
        finished=now >= span.before,
        requests=await _requests(session, quarter, span, now),
        lookups=await _lookups(session, span),
        breaches=await _breaches(session, span),
        retention=await _retention(session, span),
        restores=await _restores(session, span),
        keys=_keys(shelf.ring, now),
        access=await _access(session, span, now),
        trail=await _trail(session, whole, span),
        held=list(shelf.register),
        key=shelf.ring.active,
        public_key=_public(shelf.ring),
    ).signed(shelf.ring, dossier.PURPOSE)


def _public(ring: KeyRing) -> str:
    return ring.signer(dossier.PURPOSE, ring.active).public_key().public_bytes_raw().hex()


async def take(session: AsyncSession, found: Dossier, *, actor: str, now: datetime) -> None:
    """That somebody took the file along is on record."""
    await audit.record(session, actor, Event.SUPERVISION_TAKEN, about=found.quarter, now=now)


async def drill(session: AsyncSession, outcome: Outcome, *, actor: str, now: datetime) -> None:
    """A backup was put back to see whether that works, most often on another machine."""
    await audit.record(session, actor, Event.RESTORE_DRILLED, about="backup", reason=outcome, now=now)


async def _requests(session: AsyncSession, quarter: Quarter, span: Span, now: datetime) -> list[Requests]:
    rows = list(await session.scalars(select(Request)))
    on = term.today(now)
    return [_kind(kind, [row for row in rows if row.kind == kind], quarter, span, on) for kind in Kind]


def _kind(kind: Kind, rows: list[Request], quarter: Quarter, span: Span, on: date) -> Requests:
    decided = [row for row in rows if span.has(row.decided_at)]
    met = [row for row in decided if row.decided_at and _in_time(row, term.today(row.decided_at))]
    waiting = [row for row in rows if row.state not in ENDS and row.decided_at is None]
    why = Counter(Refusal(row.refusal) for row in decided if row.refusal)
    return Requests(
        kind=kind,
        received=sum(quarter.first_on <= row.received_on <= quarter.last_on for row in rows),
        in_time=len(met),
        late=len(decided) - len(met) + sum(_too_late(row) for row in rows if span.has(row.closed_at)),
        extended=sum(row.delay is not None for row in decided),
        refused=dict(sorted(why.items())),
        withdrawn=sum(row.state == State.WITHDRAWN and span.has(row.closed_at) for row in rows),
        overtaken=sum(_overtaken(row) and span.has(row.closed_at) for row in rows),
        waiting=len(waiting),
        overdue=sum(row.still_since is None and row.term.left(on) < 0 for row in waiting),
    )


def _overtaken(row: Request) -> bool:
    """What was decided already counts as that, also when its answer never left."""
    return row.state == State.OVERTAKEN and row.decided_at is None


def _too_late(row: Request) -> bool:
    """Its days had passed when an erasure ended it."""
    return _overtaken(row) and row.closed_at is not None and not _in_time(row, term.today(row.closed_at))


def _in_time(row: Request, decided_on: date) -> bool:
    """The day that the law moves the last one to counts."""
    return decided_on <= row.term.moved(decided_on)


async def _recorded(session: AsyncSession, span: Span, event: Event) -> list[Record]:
    query = select(Record).where(Record.event == event, Record.at >= span.since, Record.at < span.before)
    return list(await session.scalars(query.order_by(Record.seq)))


async def _lookups(session: AsyncSession, span: Span) -> dict[Why, int]:
    found = Counter(each.reason for each in await _recorded(session, span, Event.ADDRESS_LOOKED_UP))
    return {why: found[why] for why in Why}


async def _breaches(session: AsyncSession, span: Span) -> Breaches:
    rows = [each for each in await breach.every(session) if span.has(each.aware_at)]
    reported = [each for each in rows if each.reported_at is not None]
    in_time = sum(each.reported_at <= each.due_at for each in reported if each.reported_at)  # as known now
    waiting = sum(each.state == breach.State.OPEN for each in rows)
    return Breaches(
        known=len(rows),
        in_time=in_time,
        late=len(reported) - in_time,
        unreported=len(rows) - len(reported) - waiting,
        open=waiting,
        told=sum([await breach.told(session, each) for each in rows]),
    )


async def _retention(session: AsyncSession, span: Span) -> Retention:
    runs = await _recorded(session, span, Event.RETENTION_RUN)
    removed: Counter[str] = Counter()
    for run in runs:
        for table, count in _whole(run.reason):
            removed[table] += int(count)
    job, known = await session.get(Job, "retain"), {*MAIN.tables, *LEDGER.tables}
    return Retention(
        runs=len({run.at for run in runs}),  # one that removed much has several lines
        removed={table: removed[table] for table in sorted(removed) if table in known},
        last_run_at=job.finished_at if job else None,
    )


def _whole(reason: str) -> list[tuple[str, str]]:
    found = REMOVED.findall(reason)
    return found if len(reason) < FULL else found[:-1]


async def _restores(session: AsyncSession, span: Span) -> Restores:
    drills = await _recorded(session, span, Event.RESTORE_DRILLED)
    return Restores(
        noticed_at=[each.at for each in await _recorded(session, span, Event.RESTORE_NOTICED)],
        drills_passed=[each.at for each in drills if each.reason == Outcome.PASSED],
        drills_failed=[each.at for each in drills if each.reason == Outcome.FAILED],
    )


def _keys(ring: KeyRing, now: datetime) -> list[Key]:
    keys: list[Key] = []
    for each in ring.describe():
        made = datetime.fromisoformat(each["created_at"])
        state: Any = each["state"]
        keys.append(Key(id=each["id"], made_on=term.today(made), days=max((now - made).days, 0), state=state))
    return keys


async def _access(session: AsyncSession, span: Span, now: datetime) -> Access:
    people = list(await session.scalars(select(Staff).where(Staff.disabled_at.is_(None))))
    signed = list(await session.scalars(select(Review.at).order_by(Review.at)))
    return Access(
        accounts=len(people),
        roles={role: sum(each.has(role) for each in people) for role in Role},
        reviewed_at=[at for at in signed if span.has(at)],
        last_review_at=signed[-1] if signed else None,
        review_due=await review.due(session, now),
    )


async def _trail(session: AsyncSession, whole: Wholeness, span: Span) -> Trail:
    query = select(func.count()).where(Record.at >= span.since, Record.at < span.before)
    return Trail(
        records=await session.scalar(query) or 0,
        trail_whole=whole.trail.verdict,
        ledger_whole=whole.ledger.verdict,
    )
