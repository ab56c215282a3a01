"""Finds issues that go out, keeps the connections supplied with copies, and closes the books.

One look at every issue at a time: freeze more of its audience, claim when the stock runs low, drop what
was stopped, and close what has come to its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from uuid import UUID

from app.core import logs
from app.core.database import AWAY
from app.core.patience import at_most
from app.domain import delivery
from app.domain.issue import State, in_states
from app.features.send import breaker, close, freeze, postgres, sqlite
from app.features.send.breaker import Breaker
from app.features.send.claim import Hand, Wish, claim, reserve
from app.features.send.fate import Fate, Outcome
from app.features.send.journal import Journal
from app.features.send.letter import Run
from app.features.send.runs import Runs
from app.features.send.stock import Item, Stock
from app.features.send.tools import Tools

PACED_SECONDS = 2.0  # a slow newsletter claims this much ahead, so that a stop is felt at once
POLL = 0.2  # seconds between looks for new work: "send" reaches the relay within a second
SEARCH_SHARE = 10  # a search that found nothing is repeated after ten times its length: a tenth of the time
SEARCH_PAUSE = 2.0  # seconds, but not later: what was slow once may be a disk that stood still for a moment
ROUND_SECONDS = 30.0  # a round of milliseconds (a million books: seconds) that takes longer hangs
WHO = 16  # characters of a worker's random name in that of a lease, which has 32: no two are alike


log = logs.get("send.supply")


class Supply:
    """Fills the stock until stopped."""

    def __init__(self, tools: Tools, stock: Stock, journal: Journal, runs: Runs, breaker: Breaker) -> None:
        self._tools = tools
        self._stock = stock
        self._journal = journal
        self._runs = runs
        self._breaker = breaker
        self._hand: Hand = (postgres.Hand if tools.database.postgres else sqlite.Hand)(tools.database)
        self._numbers = itertools.count(1)
        self._cursors: dict[UUID, int] = {}
        self._rest: dict[UUID, float] = {}  # until when a search of a whole issue is not repeated

    async def run(self, stopping: asyncio.Event) -> None:
        """Look again and again; what was not drawn from the stock is released at the end."""
        while not stopping.is_set():
            busy = False
            try:
                busy = await at_most(ROUND_SECONDS, self._round())
            except AWAY as trouble:
                log.warning("supply.retry", trouble=type(trouble).__name__)
            if not busy:
                await self._until_low()
        self._release(self._stock.close())
        await self._hand.close()

    async def _until_low(self) -> None:
        """Rest until the stock runs low, a while has passed, or all is to stop."""
        self._stock.low.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stock.low.wait(), POLL)

    async def _round(self) -> bool:
        """Look at every issue that goes out; True when there was work to do."""
        if self._tools.fresh():
            await self._tools.compare()
        await self._trip()
        async with self._tools.database.reading() as session:
            sending = await in_states(session, [State.SENDING])
            stopping = await in_states(session, [State.CANCELLED])
            runs = await self._runs.refresh(session, sending)
        await self._hold_unfit()
        self._drop_stopped({run.issue_id for run in runs})
        while late := self._stock.missed():
            await self._put(late[0].run, late)
        busy = False
        unfrozen = {issue.id for issue in sending if issue.frozen_at is None}
        for run in runs:
            busy = await self._served(run, unfrozen=run.issue_id in unfrozen) or busy
        for issue in stopping:
            if issue.begun and issue.closed_at is None:
                await self._close(issue.id, cancelled=True)
        return busy

    async def _served(self, run: Run, *, unfrozen: bool) -> bool:
        """What one issue needs; its trouble is not that of the others."""
        try:
            frozen = unfrozen and await self._freeze(run)
            return await self._advance(run, frozen=frozen)
        except AWAY as trouble:
            log.warning("supply.retry", issue=str(run.issue_id), trouble=type(trouble).__name__)
            return False

    async def _advance(self, run: Run, *, frozen: bool) -> bool:
        """Claim more of an issue, and close its books when there is no more; True: go on at once."""
        enough = min(self._stock.enough, self._most(run) - 1)
        if self._stock.of(run) > enough or time.monotonic() < self._rest.get(run.issue_id, 0.0):
            return frozen
        begun = time.monotonic()
        cursor = self._cursors.setdefault(run.issue_id, 0)
        if await self._claim(run, cursor):
            return True
        if not frozen:
            self._cursors[run.issue_id] = 0
            if cursor == 0:
                await self._search_failed(run, time.monotonic() - begun)
        return frozen or cursor > 0

    async def _search_failed(self, run: Run, seconds: float) -> None:
        """From its first reader to its last there is nothing to claim: the end, or others have the rest."""
        if not self._stock.of(run):
            await self._close(run.issue_id)
        self._rest[run.issue_id] = time.monotonic() + min(SEARCH_SHARE * seconds, SEARCH_PAUSE)

    async def _freeze(self, run: Run) -> bool:
        async with self._tools.database.unit_of_work() as session:
            return await freeze.freeze(session, run.issue_id, now=self._tools.clock())

    def _most(self, run: Run) -> int:
        """How many copies a claim takes: of a slow newsletter only what leaves soon."""
        return (
            self._tools.batch
            if run.pace is None
            else max(1, min(self._tools.batch, int(run.pace * PACED_SECONDS)))
        )

    async def _claim(self, run: Run, after: int) -> int:
        await self._hand.open()
        if self._tools.fresh():
            await self._tools.compare()
        begun = time.monotonic()
        name = f"{self._tools.owner[:WHO]}.{next(self._numbers)}"
        wish = Wish(run.issue_id, after, self._most(run), name, self._tools.lease)
        claimed = await claim(self._hand, wish, begun + self._tools.span)
        if claimed.lease.left:
            self._cursors[run.issue_id] = claimed.lease.last
            self._journal.hold(claimed.lease)
        for row in claimed.gone:
            self._journal.settle(row, Fate(Outcome.GONE))
        await self._put(run, [Item(run, copy, 0.0) for copy in claimed.copies])
        return len(claimed.copies) + len(claimed.gone)

    async def _put(self, run: Run, items: list[Item]) -> None:
        """Each gets its moment, which is reserved for it among all workers; without one it is anybody's."""
        try:
            wait = await self._wait(run, len(items))
        except AWAY:
            self._release(items)
            raise
        first = self._stock.clock() + wait  # without a pace: after what was claimed earlier
        for at, item in enumerate(items):
            item.not_before = first + (at / run.pace if run.pace else 0.0)
        self._stock.put(items)

    async def _wait(self, run: Run, count: int) -> float:
        if run.pace is None or not count:
            return 0.0
        async with self._tools.database.unit_of_work() as session:
            return await reserve(session, run.issue_id, count, run.pace)

    async def _close(self, issue_id: UUID, *, cancelled: bool = False) -> None:
        async with self._tools.database.unit_of_work() as session:
            await close.sweep(session, issue_id)
            if cancelled:
                await delivery.give_up_rest(session, issue_id)
            now = self._tools.clock()
            closed = await close.close(session, issue_id, now=now)
            if closed:
                await close.tell(session, issue_id, ring=self._tools.ring(), now=now)
        if closed:
            self._tools.moved()

    async def _trip(self) -> None:
        for run, reason in list(self._breaker.tripped.items()):
            ring, now = self._tools.ring(), self._tools.clock()
            await breaker.pause(
                self._tools.database, run.issue_id, reason, since=run.since, ring=ring, now=now
            )
            self._breaker.reset(run)
            self._tools.moved()

    async def _hold_unfit(self) -> None:
        while self._runs.unfit:
            ring, now = self._tools.ring(), self._tools.clock()
            issue_id, reason = self._runs.unfit.popitem()
            await breaker.hold(self._tools.database, issue_id, reason, ring=ring, now=now)
            self._tools.moved()

    def _drop_stopped(self, going: set[UUID]) -> None:
        for issue_id in [each for each in self._cursors if each not in going]:
            self._release(self._stock.remove(issue_id))
            del self._cursors[issue_id]
            self._rest.pop(issue_id, None)

    def _release(self, items: list[Item]) -> None:
        for item in items:
            self._journal.settle(item.copy, Fate(Outcome.RELEASED))
