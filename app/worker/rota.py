"""Whose turn it is of the things that happen by themselves: once each, whichever worker comes first.

How each went is written down, and seen on the page of the service. A fault in one of them is told in the
log and tried again: it must stop neither the others nor the sending.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from app.core import logs
from app.core.database import AWAY, changed, insert_or_skip
from app.core.errors import Refused
from app.domain.service import Job
from app.worker.jobs import AGAIN, Chore, Unfinished, Worker

log = logs.get("worker")


class Rota:
    """The jobs of one worker, of which others may do their share."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._ended: dict[str, dict[str, Any]] = {}  # how jobs went, until it is written down

    async def turn(self, job: Chore) -> None:
        """Do the job if it is time and no other worker was first."""
        try:
            if job.quiet:
                await job.act(self._worker)
                return
            await self._note(job)
            if await self._claim(job):
                await self.run(job)
        except AWAY as trouble:
            log.warning("job.retry", job=job.name, trouble=type(trouble).__name__)
        except Exception as trouble:
            log.exception("job.failed", job=job.name, exc_info=trouble)

    async def _claim(self, job: Chore) -> bool:
        now, database = self._worker.clock(), self._worker.house.database
        async with database.reading() as session:
            last = await session.get(Job, job.name)
            if last is not None and not job.due(last, now):
                return False
        async with database.unit_of_work() as session:
            row = {"name": job.name, "started_at": now, "outcome": ""}
            if last is None:
                return await changed(session, insert_or_skip(session, Job).values(row)) == 1
            mine = update(Job).where(Job.name == job.name, Job.started_at == last.started_at)
            return await changed(session, mine.values(started_at=now)) == 1

    async def run(self, job: Chore) -> None:
        """Do it now, and write down how it went; raises what means that the database is away."""
        outcome, again = await self._outcome(job)
        now = self._worker.clock()
        values: dict[str, Any] = {"finished_at": now, "outcome": logs.clean(outcome)[:200]}
        if again and job.every > AGAIN:  # the start is given back: this was not the day's
            values["started_at"] = now - job.every + AGAIN
        self._ended[job.name] = values
        await self._note(job)

    async def _outcome(self, job: Chore) -> tuple[str, bool]:
        """How it went, and whether it is to be tried again soon."""
        try:
            return await job.act(self._worker), False
        except Refused as refused:
            return f"refused: {refused}", False
        except Unfinished as so_far:
            return str(so_far), True
        except AWAY as trouble:
            log.warning("job.retry", job=job.name, trouble=type(trouble).__name__)
            return f"tried again later: {type(trouble).__name__}", True
        except Exception as trouble:
            log.exception("job.failed", job=job.name, exc_info=trouble)
            return f"failed: {type(trouble).__name__}, see the log", True

    async def _note(self, job: Chore) -> None:
        """Write down how it went; later, when the database is away as well."""
        if values := self._ended.get(job.name):
            async with self._worker.house.database.unit_of_work() as session:
                await session.execute(update(Job).where(Job.name == job.name).values(values))
            del self._ended[job.name]
