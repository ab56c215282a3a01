"""Deletes what has been kept long enough, from the same table that the privacy page is made from.

There is no second list: every table says beside its columns how long its rows stay, and this job
reads that (promise 11).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Base, changed
from app.core.register import Kept
from app.domain import audit, consent
from app.domain.audit import Event
from app.domain.outbox import Mail

ROOM = 119  # characters of a line in the trail: one that is full was cut in the middle, once, and counts less
LEDGER = "ledger_entry"  # what the ledger lets go itself, by whole segments


async def retain(session: AsyncSession, *, now: datetime, ledger: int = 0, mails: int = 0) -> dict[str, int]:
    """Delete every row that is past its term; returns how many per table, with what the ledger let go.

    `mails` is how many were too old and have gone, each with a word to its request.
    """
    removed: dict[str, int] = {}
    evidence = await consent.outlived(session, now)
    for table in reversed(Base.metadata.sorted_tables):  # what belongs to another row goes before it
        kept: Kept = table.info["kept"]
        if kept.length is not None:
            count = await changed(session, _statement(table, kept, now))
            if count:
                removed[table.name] = count
    if gone := await consent.unneeded(session, evidence):
        removed[consent.Wording.__tablename__] = gone
    removed |= {LEDGER: ledger} if ledger else {}
    removed |= {Mail.__tablename__: removed.get(Mail.__tablename__, 0) + mails} if mails else {}
    for reason in _lines(removed):
        await audit.record(session, "service", Event.RETENTION_RUN, reason=reason, now=now)
    return removed


def _lines(removed: dict[str, int]) -> list[str]:
    """Every table with its figure, in as many lines of the trail as that takes; they share their moment."""
    lines: list[str] = []
    for told in (f"{name} {count}" for name, count in removed.items()):
        if lines and len(lines[-1]) + len(told) + len(", ") <= ROOM:
            lines[-1] += f", {told}"
        else:
            lines.append(told)
    return lines


def _statement(table: Table, kept: Kept, now: datetime) -> Any:
    assert kept.length is not None
    assert kept.since is not None
    before = now - kept.length
    if kept.through is None:
        return delete(table).where(table.c[kept.since] <= before)
    own, other_name, other_key = kept.through
    other = Base.metadata.tables[other_name]
    old = select(other.c[other_key]).where(other.c[kept.since] <= before)
    return delete(table).where(table.c[own].in_(old))
