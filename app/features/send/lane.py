"""One connection at work: the body of one copy and the envelope of the next leave together.

The order is the point:
1. the envelope of B leaves (with the body of A before it, when A is marked);
2. A's reply goes to the journal at once;
3. B is marked on disk, in the same commit as A's reply or a later one;
4. only then does B's body leave, if the lease still holds. If the mark does not come back the
   connection is cut, never closed with a dot, because a lone dot delivers an empty mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.core.crypto import Unreadable
from app.features.send.fate import Fate, Outcome
from app.features.send.journal import Journal
from app.features.send.letter import Ready
from app.features.send.press import Press
from app.features.send.stock import Item, Stock
from app.mail.compiled import BadValue
from app.mail.smtp import BadEnvelope, Line, Reply, Trouble

IDLE = 5.0  # seconds a connection waits for work before it is closed politely

# Seconds after a connection that was lost, longer each time until a copy is accepted again.
PAUSES = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)

Judged = Callable[[Item, Reply | None], Fate]


@dataclass(slots=True)
class Lane:
    """One connection; `judged` turns a reply (None: it was lost) into a fate.

    `open_line` gives a line, or None to stop.
    """

    stock: Stock
    journal: Journal
    judged: Judged
    open_line: Callable[[], Awaitable[Line | None]]
    press: Press
    _item: Item | None = None  # marked on disk; its body leaves next
    _ready: Ready | None = None
    _lost: int = 0  # connections lost since a copy was accepted

    async def run(self) -> None:
        """Take work and send it until the stock is closed."""
        while (first := await self.stock.take()) is not None:
            line = await self.open_line()
            if line is None:
                self._release(first)
                return
            await self._use(line, first)
            if self._lost:
                await asyncio.sleep(PAUSES[min(self._lost, len(PAUSES)) - 1])

    async def _use(self, line: Line, first: Item) -> None:
        upcoming: Item | None = first
        try:
            while upcoming is not None or self._item is not None:
                if upcoming is not None and upcoming.copy.lease.over:
                    self._release(upcoming)
                    upcoming = None
                upcoming = await self._step(line, upcoming)
        except Trouble:
            self._lost += 1
            line.abort()
        await line.quit()

    async def _step(self, line: Line, upcoming: Item | None) -> Item | None:
        """One round trip; returns what to send next on this connection."""
        ready = await self._prepared(upcoming) if upcoming is not None else None
        upcoming = upcoming if ready is not None else None
        if self._item is not None and self._item.copy.lease.over:
            self._not_sent(upcoming)
            line.abort()
            return None
        if ready is not None or self._item is not None:
            await self._exchange(line, upcoming, ready)
        if not line.usable:
            return None
        if self._item is not None:
            return self.stock.take_now()
        return await self.stock.take(IDLE)

    async def _prepared(self, item: Item) -> Ready | None:
        try:
            return await self.press.ready(item)
        except (Unreadable, BadEnvelope, BadValue) as trouble:
            code = type(trouble).__name__
            self.journal.settle(item.copy, Fate(Outcome.GIVEN_UP, code))
            return None

    async def _exchange(self, line: Line, upcoming: Item | None, ready: Ready | None) -> None:
        current, body = self._item, self._ready.body if self._ready else None
        try:
            line.put(body, ready.envelope if ready else None, stuffed=True)
        except Trouble:
            self._not_sent(upcoming)
            raise
        self._item = self._ready = None
        if current is not None:
            await self._learn(line, current, upcoming)
        if upcoming is not None and ready is not None:
            await self._open(line, upcoming, ready)

    async def _learn(self, line: Line, current: Item, upcoming: Item | None) -> None:
        try:
            reply = await line.fate()
        except Trouble:
            self.journal.settle(current.copy, self.judged(current, None))
            if upcoming is not None:
                self.stock.put_back(upcoming)
            raise
        self._lost = 0
        self.journal.settle(current.copy, self.judged(current, reply))

    async def _open(self, line: Line, upcoming: Item, ready: Ready) -> None:
        try:
            reply = await line.opened()
        except Trouble:
            self.stock.put_back(upcoming)
            raise
        if not reply.go_ahead:
            self.journal.settle(upcoming.copy, self.judged(upcoming, reply))
        elif await self.journal.mark(upcoming.copy):
            self._item, self._ready = upcoming, ready
        else:
            line.abort()

    def _not_sent(self, upcoming: Item | None) -> None:
        """Nothing has left: what was marked is free again, what was next goes back."""
        if self._item is not None:
            self._release(self._item)
        self._item = self._ready = None
        if upcoming is not None:
            self.stock.put_back(upcoming)

    def _release(self, item: Item) -> None:
        self.journal.settle(item.copy, Fate(Outcome.RELEASED))
