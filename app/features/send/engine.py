"""All connections of one worker, and what each reply means for the copy and for the issue.

Stops at SIGTERM by letting every connection finish the one message it has under way; what was
claimed and not sent is released, so that nobody has to wait for a lease.
"""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import UUID

from app.core import logs
from app.core.crypto import KeyMissing
from app.domain import halt
from app.domain.halt import Cause
from app.features.send.breaker import Breaker
from app.features.send.burst import Bench
from app.features.send.fate import Fate, Outcome
from app.features.send.journal import Journal, Term
from app.features.send.lane import Lane
from app.features.send.press import Press
from app.features.send.runs import Runs
from app.features.send.stock import Item, Stock
from app.features.send.supply import Supply
from app.features.send.tools import Tools
from app.mail.judge import Verdict, judge
from app.mail.smtp import Line, Reply, Stage, Trouble

LOST = "lost"  # instead of a code: the connection went before the reply came

log = logs.get("send.engine")


class Engine:
    """Sends until `stop` is called."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stock = Stock(tools.batch // 2)
        term = Term(tools.lease, tools.span)
        self._journal = Journal(tools.database, term, tools.fresh, tools.compare, tools.dead)
        self._breaker = Breaker()
        self._runs = Runs(tools.patience, tools.hostname, tools.signer, tools.bounce_domain)
        self._press = Press(self._stock, tools.ring, tools.connections)
        self._supply = Supply(tools, self._stock, self._journal, self._runs, self._breaker)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish what is under way and end."""
        self._stopping.set()
        self._stock.low.set()

    async def run(self) -> None:
        """Work until stopped; every connection is closed when this returns."""
        writing = asyncio.create_task(self._journal.run())
        bench = Bench(
            self._stock,
            self._journal,
            self._press,
            self._judged,
            self._unopened,
            self._unmade,
            self._tools.letters,
        )
        lanes = [asyncio.create_task(Lane(bench, self._open).run()) for _ in range(self._tools.connections)]
        for lane in lanes:
            lane.add_done_callback(self._notice)
        writing.add_done_callback(partial(self._unwritten, lanes))
        await self._supply.run(self._stopping)
        await asyncio.wait(lanes)
        for rest in self._stock.close():  # what a connection gave back at its end
            bench.release(rest)
        if not writing.done():
            await asyncio.gather(*lanes)
        self._journal.close()
        await writing
        self._press.close()

    def _notice(self, lane: asyncio.Task[None]) -> None:
        """A connection that ends by an error of ours ends the worker, so that somebody looks."""
        if not lane.cancelled() and lane.exception() is not None:
            self.stop()

    def _unwritten(self, lanes: list[asyncio.Task[None]], writing: asyncio.Task[None]) -> None:
        """Without the journal no mark is ever answered: who waits for one would wait for ever."""
        if not self._stopping.is_set():
            log.error("journal.failed", trouble=type(writing.exception()).__name__)
        self.stop()
        for lane in lanes:
            lane.cancel()

    async def _open(self) -> Line | None:
        while not self._stopping.is_set():
            try:
                return await self._tools.dialer.open(self._stopping)
            except Trouble as trouble:
                self._blame(trouble)
                log.warning("relay.trouble", stage=trouble.stage, reason=trouble.reason)
        return None

    def _blame(self, trouble: Trouble) -> None:
        """A relay that says no for good at the door (a wrong password) pauses what goes out."""
        if trouble.reply is not None and trouble.for_good:
            for run in self._runs.active:
                self._breaker.ours(run, trouble.reply)

    def _judged(self, item: Item, reply: Reply | None) -> Fate:
        if reply is None:
            self._breaker.lost(item.run, self._tools.connections)
            return self._later(item, LOST, Outcome.DOUBT)
        verdict = judge(reply)
        code = f"{reply.code} {reply.enhanced or ''}".strip()
        if verdict is Verdict.ACCEPTED:
            self._breaker.fine(item.run)
            return Fate(Outcome.ACCEPTED, code)
        if verdict in {Verdict.REFUSED, Verdict.DEAD}:
            self._breaker.refused(item.run)
            ends = UUID(bytes=item.copy.subscriber) if verdict is Verdict.DEAD else None
            return Fate(Outcome.REFUSED, code, ends=ends)
        if verdict is Verdict.OURS:
            self._breaker.ours(item.run, reply)
        return self._later(item, code)

    def _unopened(self, item: Item, trouble: Trouble) -> Fate:
        """Nothing of it has left: what was said of a letter was said of the one before it."""
        reply = trouble.reply
        return (
            self._later(item, LOST)
            if reply is None or reply.stage is Stage.BODY
            else self._judged(item, reply)
        )

    def _unmade(self, item: Item, trouble: Exception) -> Fate:
        """A copy that cannot be made is given up; but a key that is not here is brought back by a person."""
        if not isinstance(trouble, KeyMissing):
            return Fate(Outcome.GIVEN_UP, type(trouble).__name__)
        self._runs.unfit[item.run.issue_id] = halt.told(Cause.KEY, key=trouble.key_id)
        return Fate(Outcome.RELEASED)

    def _later(self, item: Item, code: str, outcome: Outcome = Outcome.AGAIN) -> Fate:
        patience = item.run.patience
        age = (self._tools.clock() - item.run.since).total_seconds()
        if patience.exhausted(age, item.copy.attempts):
            return Fate(Outcome.GIVEN_UP, code, doubt=outcome is Outcome.DOUBT)
        return Fate(outcome, code, patience.pause(item.copy.attempts))
