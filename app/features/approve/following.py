"""The links of an issue are looked at when somebody asks: by the worker, a few pages at a time."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import Database
from app.core.probe import Found, Prober, Trouble
from app.domain import audit, link, prose
from app.domain.audit import Event
from app.domain.issue import Issue
from app.domain.link import Look, Verdict

AT_ONCE = 6  # pages: a newsletter in half a minute, no burden to anybody, and a worker can stop soon
NOT_FOUND, GONE = 404, 410
OK, ERRORS = 200, 400

_OF_TROUBLE = {
    Trouble.NO_SUCH_HOST: Verdict.DEAD,
    Trouble.NOT_PUBLIC: Verdict.INNER,
    Trouble.NOT_SECURE: Verdict.INSECURE,
    Trouble.OTHER: Verdict.UNSURE,
}


async def ask(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> int:
    """Have the links of an issue looked at; returns how many."""
    wanted = await link.wanted(session, issue.id)
    await link.ask(session, issue.id, wanted, now)
    about, reason = f"issue {issue.id}", f"{len(wanted)} links"
    await audit.record(session, actor, Event.ISSUE_LINKS_ASKED, about=about, reason=reason, now=now)
    return len(wanted)


async def look(database: Database, prober: Prober, *, now: datetime) -> int:
    """Look at the addresses that wait, outside any transaction; returns how many."""
    async with database.reading() as session:
        waiting = await link.waiting(session, AT_ONCE)
    found = await asyncio.gather(*(prober.ask(each.address) for each in waiting))
    if found:
        async with database.unit_of_work() as session:
            for row, answer in zip(waiting, found, strict=True):
                await _keep(session, row, answer, now)
    return len(found)


async def _keep(session: AsyncSession, row: Look, answer: Found, now: datetime) -> None:
    verdict = judged(answer)
    where = answer.address if verdict is Verdict.MOVED else None
    mine = Look.issue_id == row.issue_id, Look.digest == row.digest
    await session.execute(update(Look).where(*mine).values(looked_at=now, verdict=verdict, leads_to=where))


def judged(answer: Found) -> Verdict:
    """What an answer says about a link: only a page that is surely gone counts as dead."""
    if answer.trouble is not None:
        return _OF_TROUBLE[answer.trouble]
    if answer.status in {NOT_FOUND, GONE}:
        return Verdict.DEAD
    if answer.status is None or not OK <= answer.status < ERRORS:
        return Verdict.UNSURE
    if not answer.moved:
        return Verdict.WORKS
    return Verdict.MOVED if len(answer.address) <= prose.LINK_MOST else Verdict.UNSURE
