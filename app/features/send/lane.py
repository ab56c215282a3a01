"""One connection's life: opened when there is work, kept while there is more, closed politely after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.features.send.burst import Bench, Burst
from app.features.send.stock import Item
from app.mail.smtp import Line

IDLE = 5.0  # seconds a connection waits for work before it is closed politely

# Seconds after a connection that was lost, longer each time until a copy is accepted again.
PAUSES = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True)
class Lane:
    """One connection; `open_line` gives a line, or None to stop."""

    bench: Bench
    open_line: Callable[[], Awaitable[Line | None]]
    _lost: int = 0  # connections lost since a letter was answered

    async def run(self) -> None:
        """Take work and send it until the stock is closed."""
        while (first := await self.bench.stock.take()) is not None:
            line = await self.open_line()
            if line is None:
                self.bench.release(first)
                return
            await self._use(line, first)
            if self._lost:
                await asyncio.sleep(PAUSES[min(self._lost, len(PAUSES)) - 1])

    async def _use(self, line: Line, first: Item) -> None:
        upcoming: Item | None = first
        letters = self.bench.letters
        while upcoming is not None:
            burst = Burst(self.bench, line, letters)
            await burst.over(upcoming)
            self._lost = (0 if burst.answered else self._lost) + burst.lost
            letters = burst.letters
            upcoming = await self.bench.stock.take(IDLE) if letters and line.usable else None
        await line.quit()
